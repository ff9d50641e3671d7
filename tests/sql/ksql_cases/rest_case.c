/* A REST case: statements, inputs and queries through our own servers, a fresh set a case, over real sockets. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "case.h"
#include "client/kafka.h"
#include "client/registry.h"
#include "foundation/base/mailbox.h"
#include "foundation/net/http_client.h"
#include "scene.h"
#include "server/embedded.h"

enum { QUIET_MS = 200, PATIENCE_MS = 6000, SOME_MS = 20 };

struct stand {
    struct scene scene;
    struct embedded *servers;
    struct profile *profile;
    struct http_client *http;
    struct kafka_admin *admin;
    struct registry_client *registry;
    json_t *answers; /* of the statements and queries so far */
    int status;      /* of the last answer that was an error; 0 = none */
    json_t *fault;
};

static void pause_ms(int64_t ms) {
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static int trouble(struct stand *stand, const char *what, const struct error *error) {
    return scene_fail(&stand->scene, "%s: %s", what, error->message);
}

/* --- stage --- */

static int tell_registry(struct stand *stand, const char *method, const char *path, json_t *body) {
    static const struct http_header header = {"Content-Type", "application/vnd.schemaregistry.v1+json"};
    struct http_answer answer = {0};
    struct error error = {0};
    char *text = json_dumps(body, JSON_COMPACT);
    struct http_request request = {
        .method = method,
        .url = arena_format(&stand->scene.arena, "%s%s", profile_get(stand->profile, "schema.registry.url"), path),
        .headers = &header,
        .header_count = 1,
        .body = view_of(text),
        .timeout_ms = PATIENCE_MS,
    };
    int status = http_client_send(stand->http, &request, &answer, &error);
    if (status != 0)
        trouble(stand, path, &error);
    else if (answer.status >= 400)
        status = scene_fail(&stand->scene, "%s: status %d: %.*s", path, answer.status, (int)answer.body.size,
                            answer.body.data);
    http_answer_free(&answer);
    memory_free(text);
    json_decref(body);
    return status;
}

/* A case that names ids has them: they are imported. */
static int import(struct stand *stand, const struct world_schema *schema) {
    const char *subject = arena_format(&stand->scene.arena, "/mode/%s?force=true", schema->subject);
    const char *versions = arena_format(&stand->scene.arena, "/subjects/%s/versions", schema->subject);
    return tell_registry(stand, "PUT", subject, json_pack("{s:s}", "mode", "IMPORT")) != 0 ||
                   tell_registry(stand, "POST", versions,
                                 json_pack("{s:s, s:s, s:i, s:i}", "schema", schema->text, "schemaType", schema->type,
                                           "id", (int)schema->id, "version", 1)) != 0 ||
                   tell_registry(stand, "PUT", subject, json_pack("{s:s}", "mode", "READWRITE")) != 0
               ? -1
               : 0;
}

static bool names_ids(const struct stand *stand) {
    size_t at;
    json_t *topic;
    json_array_foreach(json_object_get(stand->scene.test, "topics"), at, topic) {
        if (json_object_get(topic, "valueSchemaId") != NULL || json_object_get(topic, "keySchemaId") != NULL)
            return true;
    }
    return false;
}

static int make_topics(struct stand *stand) {
    struct error error = {0};
    const struct world *world = &stand->scene.world;
    for (size_t i = 0; i < world->all.count; i++)
        if (kafka_admin_create_topic(stand->admin, world->all.items[i]->name, 1, -1, NULL, 5000, &error) != 0)
            return trouble(stand, world->all.items[i]->name, &error);
    for (size_t i = 0; i < world->registered.count; i++) {
        struct world_schema *schema = &world->registered.items[i];
        if (names_ids(stand)) {
            if (import(stand, schema) != 0)
                return -1;
        } else if (registry_client_register(stand->registry, schema->subject, schema->type, view_of(schema->text),
                                            &schema->id, &error) != 0)
            return trouble(stand, schema->subject, &error);
    }
    return 0;
}

static int set_up(struct stand *stand) {
    struct embedded_options options = EMBEDDED_OPTIONS_INIT;
    struct error error = {0};
    options.servers = EMBEDDED_BROKER | EMBEDDED_REGISTRY | EMBEDDED_KSQLDB;
    options.memory = true;
    stand->answers = json_array();
    if ((stand->servers = embedded_start(&options, &error)) == NULL)
        return trouble(stand, "servers", &error);
    stand->profile = embedded_profile(stand->servers);
    stand->http = http_client_new(&error);
    stand->admin = kafka_admin_new(stand->profile, &error);
    stand->registry = registry_client_new(stand->profile, stand->http, &error);
    if (stand->http == NULL || stand->admin == NULL || stand->registry == NULL)
        return trouble(stand, "clients", &error);
    scene_set_stage(&stand->scene);
    scene_make_engine(&stand->scene);
    properties_set(stand->scene.properties, "ksql.streams.cache.max.bytes.buffering", "0"); /* as the peer's harness */
    return make_topics(stand);
}

static void tear_down(struct stand *stand) {
    json_decref(stand->answers);
    json_decref(stand->fault);
    registry_client_free(stand->registry);
    kafka_admin_free(stand->admin);
    http_client_free(stand->http);
    profile_release(stand->profile);
    embedded_stop(stand->servers);
    engine_free(stand->scene.engine);
    world_free(&stand->scene.world);
    properties_free(stand->scene.properties);
    arena_free(&stand->scene.arena);
}

/* --- asking --- */

static char *request_body(const struct stand *stand, const char *statement) {
    json_t *properties = json_object();
    for (size_t i = 0; i < properties_count(stand->scene.properties); i++) {
        const char *name, *value;
        properties_at(stand->scene.properties, i, &name, &value);
        json_object_set_new(properties, name, json_string(value));
    }
    json_t *body = json_pack("{s:s, s:o}", "ksql", statement, "streamsProperties", properties);
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    return text;
}

static void keep_fault(struct stand *stand, int status, struct view body) {
    stand->status = status;
    json_decref(stand->fault);
    stand->fault = json_loadb(body.data, body.size, JSON_DECODE_ANY, NULL);
}

static struct http_request request_for(const struct stand *stand, const char *path, struct view body) {
    static const struct http_header headers[] = {{"Content-Type", "application/vnd.ksql.v1+json"},
                                                 {"Accept", "application/vnd.ksql.v1+json"}};
    struct arena *arena = (struct arena *)(uintptr_t)&stand->scene.arena;
    return (struct http_request){
        .method = "POST",
        .url = arena_format(arena, "%s%s", profile_get(stand->profile, "ksqldb.url"), path),
        .headers = headers,
        .header_count = 2,
        .body = body,
        .timeout_ms = PATIENCE_MS,
    };
}

/* Gives 1 when the server refused. */
static int execute(struct stand *stand, const char *statement) {
    struct http_answer answer = {0};
    struct error error = {0};
    char *body = request_body(stand, statement);
    struct http_request request = request_for(stand, "/ksql", view_of(body));
    int status = http_client_send(stand->http, &request, &answer, &error);
    if (status != 0) {
        trouble(stand, statement, &error);
    } else if (answer.status >= 400) {
        keep_fault(stand, answer.status, text_view(&answer.body));
        status = 1;
    } else {
        size_t at;
        json_t *entity, *entities = json_loadb(answer.body.data, answer.body.size, 0, NULL);
        json_array_foreach(entities, at, entity)
            json_array_append_new(stand->answers, json_pack("{s:O}", "admin", entity));
        json_decref(entities);
    }
    http_answer_free(&answer);
    memory_free(body);
    return status;
}

/* A stream of rows: pieces come on the client's thread. */
struct piece {
    struct message message;
    struct text bytes;
    int status;
    bool ended;
};
static void piece_free(struct message *message) {
    text_free(&((struct piece *)message)->bytes);
    memory_free(message);
}
static const struct message_kind piece_kind = {"piece", MAILBOX_WAIT, piece_free};

static void post(void *context, int status, struct view bytes, bool ended) {
    struct piece *piece = memory_zero(1, sizeof *piece);
    piece->message.kind = &piece_kind;
    piece->status = status;
    piece->ended = ended;
    text_append(&piece->bytes, bytes);
    mailbox_send(context, &piece->message);
}
static void on_started(void *context, int status, const char *content_type) {
    (void)content_type;
    post(context, status, (struct view){0}, false);
}
static void on_data(void *context, struct view bytes) {
    post(context, 0, bytes, false);
}
static void on_ended(void *context, const struct error *error) {
    (void)error;
    post(context, 0, (struct view){0}, true);
}

struct answer {
    struct text bytes;
    int status;
    bool ended;
};

static size_t count_rows(const struct text *bytes) {
    size_t rows = 0;
    for (size_t i = 0; i < bytes->size; i++)
        rows += bytes->data[i] == '\n';
    return rows;
}

/* Until the end, or until so many items have come and it is quiet. */
static void collect(struct mailbox *mailbox, struct answer *answer, size_t wanted, int64_t patience_ms) {
    int64_t deadline = clock_monotonic_ms() + patience_ms;
    while (!answer->ended && clock_monotonic_ms() < deadline) {
        bool enough = count_rows(&answer->bytes) >= wanted;
        struct piece *piece = (struct piece *)mailbox_receive(mailbox, enough ? QUIET_MS : SOME_MS);
        if (piece == NULL && enough)
            return;
        if (piece == NULL)
            continue;
        if (piece->status != 0)
            answer->status = piece->status;
        answer->ended |= piece->ended;
        text_append(&answer->bytes, text_view(&piece->bytes));
        message_free(&piece->message);
    }
}

/* One item a line: "[{...},", "{...},", "{...}]". */
static json_t *rows_of(struct view body) {
    json_t *rows = json_array();
    struct view line;
    while (view_split(&body, '\n', &line)) {
        line = view_trim(line);
        if (line.size != 0 && line.data[0] == '[')
            line = (struct view){line.data + 1, line.size - 1};
        json_t *row = json_loadb(line.data, line.size, JSON_DISABLE_EOF_CHECK, NULL);
        if (json_is_object(row))
            json_array_append(rows, row);
        json_decref(row);
    }
    return rows;
}

static int produce_inputs(struct stand *stand);

static int query(struct stand *stand, const char *statement, const json_t *expected) {
    const json_t *conditions = json_object_get(stand->scene.test, "inputConditions");
    bool first = json_is_true(json_object_get(conditions, "waitForActivePushQuery"));
    struct mailbox *mailbox = mailbox_new(1024);
    struct answer answer = {.status = 0};
    char *body = request_body(stand, statement);
    struct http_request request = request_for(stand, "/query", view_of(body));
    struct http_stream_handler handler = {mailbox, on_started, on_data, on_ended};
    struct http_stream *stream = http_stream_open(stand->http, &request, handler);
    int status = 0;
    if (first) {
        collect(mailbox, &answer, 1, PATIENCE_MS);
        status = produce_inputs(stand);
    }
    if (status == 0)
        collect(mailbox, &answer, json_array_size(expected), PATIENCE_MS);
    http_stream_close(stream);
    if (answer.status >= 400) {
        keep_fault(stand, answer.status, text_view(&answer.bytes));
        status = 1;
    } else if (status == 0) {
        json_array_append_new(stand->answers, json_pack("{s:o}", "query", rows_of(text_view(&answer.bytes))));
    }
    text_free(&answer.bytes);
    mailbox_close(mailbox);
    mailbox_free(mailbox);
    memory_free(body);
    return status;
}

/* --- inputs --- */

static int produce_inputs(struct stand *stand) {
    struct error error = {0};
    struct kafka_producer *producer = kafka_producer_new(stand->profile, NULL, NULL, NULL, &error);
    size_t at;
    json_t *input;
    int status = producer == NULL ? trouble(stand, "producer", &error) : 0;
    json_array_foreach(json_object_get(stand->scene.test, "inputs"), at, input) {
        struct scene_record record;
        if (status != 0 || (status = scene_read_input(&stand->scene, input, &record)) != 0)
            break;
        struct kafka_record sent = {.topic = record.topic,
                                    .key = record.key,
                                    .value = record.value,
                                    .timestamp = record.timestamp == 0 ? 1 : record.timestamp};
        if (kafka_producer_send(producer, &sent, &error) != 0 || kafka_producer_flush(producer, 5000, &error) != 0)
            status = trouble(stand, record.topic, &error);
        scene_record_free(&record);
    }
    kafka_producer_free(producer);
    return status;
}

/* Ids of schemas are the registry's, not those of the stage. */
static void learn_schemas(struct stand *stand) {
    struct world *world = &stand->scene.world;
    for (size_t i = 0; i < world->registered.count; i++) {
        struct registry_schema schema = {0};
        if (registry_client_latest(stand->registry, world->registered.items[i].subject, &schema, NULL) == 0) {
            world->registered.items[i].id = schema.id;
            registry_schema_free(&schema);
        }
    }
}

static int64_t records_everywhere(struct stand *stand) {
    struct kafka_cluster cluster = {0};
    int64_t sum = 0;
    if (kafka_admin_cluster(stand->admin, 5000, &cluster, NULL) != 0)
        return -1;
    for (size_t i = 0; i < cluster.topic_count; i++)
        for (int32_t j = 0; j < cluster.topics[i].partitions; j++) {
            int64_t low, high;
            if (kafka_admin_watermarks(stand->admin, cluster.topics[i].name, j, 5000, &low, &high, NULL) == 0)
                sum += high;
        }
    kafka_cluster_free(&cluster);
    return sum;
}

/* Queries have read their inputs when no topic grows any more: longer than a commit interval. */
static void settle(struct stand *stand) {
    int64_t deadline = clock_monotonic_ms() + PATIENCE_MS, since = clock_monotonic_ms(), before = -2;
    while (clock_monotonic_ms() < deadline && clock_monotonic_ms() - since < QUIET_MS) {
        int64_t now = records_everywhere(stand);
        if (now != before)
            since = clock_monotonic_ms();
        before = now;
        pause_ms(SOME_MS);
    }
}

static int read_outputs(struct stand *stand) {
    const json_t *outputs = json_object_get(stand->scene.test, "outputs");
    struct error error = {0};
    size_t at;
    json_t *output;
    json_array_foreach(outputs, at, output) {
        struct world_topic *topic = world_add_topic(&stand->scene.world, scene_text(output, "topic"), 1);
        int64_t low, high = 0;
        if (topic->records.count != 0)
            continue;
        struct kafka_consumer_options options = {.offset_reset = "earliest"};
        struct kafka_consumer *consumer = kafka_consumer_new(stand->profile, &options, &error);
        struct kafka_partition partition = {topic->name, 0, KAFKA_EARLIEST};
        if (consumer == NULL || kafka_admin_watermarks(stand->admin, topic->name, 0, 5000, &low, &high, &error) != 0 ||
            kafka_consumer_assign(consumer, &partition, 1, &error) != 0) {
            kafka_consumer_free(consumer);
            return trouble(stand, topic->name, &error);
        }
        while ((int64_t)topic->records.count < high) {
            struct kafka_message messages[64];
            int count = kafka_consumer_receive(consumer, messages, 64, 5000, &error);
            if (count <= 0)
                break;
            for (int i = 0; i < count; i++)
                world_append(topic, messages[i].timestamp, messages[i].key, messages[i].value, false);
            kafka_consumer_release(consumer);
        }
        kafka_consumer_free(consumer);
    }
    return 0;
}

/* --- comparing --- */

static bool is_query(const char *statement) {
    while (*statement == ' ' || *statement == '\n' || *statement == '(')
        statement++;
    return strncasecmp(statement, "SELECT", 6) == 0 || strncasecmp(statement, "PRINT", 5) == 0;
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Rows of a table come in the order of the peer's partitions and hashes: ours is another. */
static json_t *sorted(const json_t *rows) {
    VECTOR(char *) texts = {0};
    json_t *result = json_array(), *row;
    size_t at;
    json_array_foreach(rows, at, row) {
        if (json_object_get(row, "row") == NULL)
            json_array_append(result, row);
        else
            vector_push(&texts, json_dumps(row, JSON_COMPACT | JSON_SORT_KEYS));
    }
    if (texts.count != 0)
        qsort(texts.items, texts.count, sizeof *texts.items, by_text);
    for (size_t i = 0; i < texts.count; i++) {
        json_array_append_new(result, json_loads(texts.items[i], 0, NULL));
        free(texts.items[i]);
    }
    vector_free(&texts);
    return result;
}

static int check_answer(struct stand *stand, const json_t *expected, size_t index) {
    const json_t *actual = json_array_get(stand->answers, index);
    char path[64];
    snprintf(path, sizeof path, "responses[%zu]", index);
    if (json_object_get(expected, "queryProto") != NULL)
        return scene_fail(&stand->scene, "%s: protobuf rows are not asked for", path);
    if (actual == NULL)
        return scene_fail(&stand->scene, "%s: expected, got no answer", path);
    const json_t *wanted = json_object_get(expected, "query"), *got = json_object_get(actual, "query");
    if (wanted == NULL || got == NULL)
        return json_contains(expected, actual, path, stand->scene.difference) ? 0 : -1;
    if (json_array_size(wanted) != json_array_size(got))
        return json_contains(wanted, got, path, stand->scene.difference) ? 0 : -1;
    json_t *first = sorted(wanted), *second = sorted(got);
    bool same = json_contains(first, second, path, stand->scene.difference);
    json_decref(first);
    json_decref(second);
    return same ? 0 : -1;
}

static int check_fault(struct stand *stand, const json_t *expected) {
    const char *message = scene_text(expected, "message"), *got = scene_text(stand->fault, "message");
    const json_t *status = json_object_get(expected, "status");
    if (stand->status == 0)
        return scene_fail(&stand->scene, "expected an error: %s", message == NULL ? "" : message);
    if (json_is_integer(status) && json_integer_value(status) != stand->status)
        return scene_fail(&stand->scene, "expected status %lld, got %d: %s", (long long)json_integer_value(status),
                          stand->status, got == NULL ? "" : got);
    if (message != NULL && (got == NULL || strstr(got, message) == NULL))
        return scene_fail(&stand->scene, "expected the error \"%s\", got \"%s\"", message, got == NULL ? "" : got);
    return 0;
}

static int perform(struct stand *stand) {
    const json_t *statements = json_object_get(stand->scene.test, "statements");
    const json_t *responses = json_object_get(stand->scene.test, "responses");
    const json_t *expected_error = json_object_get(stand->scene.test, "expectedError");
    bool waits =
        json_is_true(json_object_get(json_object_get(stand->scene.test, "inputConditions"), "waitForActivePushQuery"));
    size_t at = 0, index;
    json_t *expected;
    int status = 0;
    if (set_up(stand) != 0)
        return -1;
    for (; status == 0 && at < json_array_size(statements); at++) {
        const char *statement = json_string_value(json_array_get(statements, at));
        if (is_query(statement))
            break;
        struct error ignored = {0};
        scene_run_statement(&stand->scene, statement, 1, &ignored); /* so that inputs know their columns */
        status = execute(stand, statement);
    }
    learn_schemas(stand);
    if (status == 0 && !waits)
        status = produce_inputs(stand);
    if (status == 0)
        settle(stand);
    for (; status == 0 && at < json_array_size(statements); at++) {
        const char *statement = json_string_value(json_array_get(statements, at));
        const json_t *next = json_array_get(responses, json_array_size(stand->answers));
        status =
            is_query(statement) ? query(stand, statement, json_object_get(next, "query")) : execute(stand, statement);
    }
    if (status < 0)
        return -1;
    if (expected_error != NULL)
        return check_fault(stand, expected_error);
    if (status != 0) {
        const char *message = scene_text(stand->fault, "message");
        return scene_fail(&stand->scene, "status %d: %s", stand->status, message == NULL ? "no message" : message);
    }
    json_array_foreach(responses, index, expected) {
        if (check_answer(stand, expected, index) != 0)
            return -1;
    }
    return read_outputs(stand) != 0 ? -1 : scene_check_outputs(&stand->scene);
}

int rest_case_run(const struct case_run *run, struct text *difference) {
    struct stand stand = {.scene = {.test = run->test, .difference = difference}};
    world_init(&stand.scene.world);
    int status = perform(&stand);
    tear_down(&stand);
    return status;
}
