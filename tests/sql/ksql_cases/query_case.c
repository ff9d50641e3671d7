/* A query case: statements through the engine, inputs one at a time, outputs compared per topic. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "case.h"
#include "ksql/language/parse.h"
#include "ksql/language/split.h"

struct scene {
    const json_t *test;
    struct world world;
    struct engine *engine;
    struct properties *properties;
    struct text *difference;
    struct arena arena;
};

static const char *text_at(const json_t *object, const char *name) {
    return json_string_value(json_object_get(object, name));
}

static int fail(struct scene *scene, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int fail(struct scene *scene, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    text_append_format_v(scene->difference, format, arguments);
    va_end(arguments);
    return -1;
}

/* --- stage --- */

static void register_side(struct scene *scene, const json_t *topic, bool is_key) {
    const json_t *schema = json_object_get(topic, is_key ? "keySchema" : "valueSchema");
    const char *format = text_at(topic, is_key ? "keyFormat" : "valueFormat");
    const json_t *id = json_object_get(topic, is_key ? "keySchemaId" : "valueSchemaId");
    if (schema == NULL || json_is_null(schema))
        return;
    char *text = json_is_string(schema) ? memory_copy_string(json_string_value(schema))
                                        : json_dumps(schema, JSON_COMPACT | JSON_ENCODE_ANY);
    world_register(&scene->world, text_at(topic, "name"), is_key,
                   format == NULL || strcmp(format, "AVRO") == 0 ? "AVRO"
                   : strncmp(format, "JSON", 4) == 0             ? "JSON"
                                                                 : "PROTOBUF",
                   text, (int32_t)json_integer_value(id));
    memory_free(text);
}

static const struct node *property(const struct statement *statement, const char *name) {
    for (size_t i = 0; i < statement->property_count; i++)
        if (view_equal(statement->properties[i].name, view_of(name)))
            return statement->properties[i].value;
    return NULL;
}

/* Topics that CREATE STREAM and CREATE TABLE name are there before the case begins. */
static void topic_of_statement(struct scene *scene, const struct statement *statement) {
    const struct node *topic = property(statement, "KAFKA_TOPIC"), *partitions = property(statement, "PARTITIONS");
    int64_t count = 4;
    if ((statement->kind != STATEMENT_CREATE_STREAM && statement->kind != STATEMENT_CREATE_TABLE) || topic == NULL)
        return;
    if (partitions != NULL)
        view_to_int64(partitions->text, &count);
    world_add_topic(&scene->world, arena_format(&scene->arena, "%.*s", VIEW_ARGS(topic->text)), (int)count);
}

static void set_stage(struct scene *scene) {
    size_t at;
    json_t *item;
    json_array_foreach(json_object_get(scene->test, "topics"), at, item) {
        const char *name = json_is_string(item) ? json_string_value(item) : text_at(item, "name");
        const json_t *partitions = json_object_get(item, "partitions");
        world_add_topic(&scene->world, name, partitions == NULL ? 1 : (int)json_integer_value(partitions))->replicas =
            json_object_get(item, "replicas") == NULL ? 1 : (int)json_integer_value(json_object_get(item, "replicas"));
        register_side(scene, item, true);
        register_side(scene, item, false);
    }
    json_array_foreach(json_object_get(scene->test, "statements"), at, item) {
        struct statement *statement;
        if (parse_statement(&scene->arena, view_of(json_string_value(item)), 1, 1, &statement, NULL) == 0)
            topic_of_statement(scene, statement);
    }
    json_array_foreach(json_object_get(scene->test, "inputs"), at, item)
        world_add_topic(&scene->world, text_at(item, "topic"), 4);
}

static void make_engine(struct scene *scene) {
    const char *name;
    json_t *value;
    struct engine_options options = {
        .topics = &scene->world.topics, .schemas = &scene->world.schemas, .wrap_single_values = true};
    scene->properties = properties_new();
    properties_set(scene->properties, "auto.offset.reset", "earliest");
    json_object_foreach((json_t *)(uintptr_t)json_object_get(scene->test, "properties"), name, value) {
        char *text = json_is_string(value) ? memory_copy_string(json_string_value(value))
                                           : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        properties_set(scene->properties, name, text);
        memory_free(text);
    }
    options.default_key_format = properties_get(scene->properties, "ksql.persistence.default.format.key");
    options.default_value_format = properties_get(scene->properties, "ksql.persistence.default.format.value");
    const char *wrap = properties_get(scene->properties, "ksql.persistence.wrap.single.values");
    options.wrap_single_values = wrap == NULL || strcmp(wrap, "false") != 0;
    scene->engine = engine_new(&options);
}

/* KsqlStatementException: the message, then the statement as far as it was rewritten. */
static void name_statement(struct error *error, struct view statement) {
    struct view bare = view_trim(statement);
    char message[sizeof error->message];
    if (bare.size != 0 && bare.data[bare.size - 1] == ';')
        bare.size--;
    snprintf(message, sizeof message, "%s", error->message);
    snprintf(error->message, sizeof error->message, "%.*s\nStatement: %.*s;", 1000, message,
             (int)(bare.size < 1000 ? bare.size : 1000), bare.data);
}

/* The peer's harness names the statement before the sink's topic was put into it. */
static struct view without_topic(struct scene *scene, const struct statement *statement, struct view text) {
    const char *with = NULL, *as = NULL;
    if (statement->property_count == 0 && statement->query != NULL) {
        with = memmem(text.data, text.size, " WITH (", 7);
        as = with == NULL ? NULL : memmem(with, text.size - (size_t)(with - text.data), ") AS SELECT", 11);
    }
    if (as == NULL)
        return text;
    return view_of(arena_format(&scene->arena, "%.*s%.*s", (int)(with - text.data), text.data,
                                (int)(text.data + text.size - as - 1), as + 1));
}

static int run_statement(struct scene *scene, const char *text, int line, struct error *error) {
    struct view rest = view_of(text);
    struct split split;
    int column = 1;
    while (split_next(&rest, &line, &column, &split)) {
        struct statement *statement;
        struct engine_outcome outcome;
        struct engine_request request = {.properties = scene->properties, .number = -1};
        if (parse_statement(&scene->arena, split.statement, split.line, split.column, &statement, error) != 0) {
            name_statement(error, split.statement);
            return -1;
        }
        if (statement->kind == STATEMENT_SET)
            properties_set(scene->properties, arena_format(&scene->arena, "%.*s", VIEW_ARGS(statement->name)),
                           arena_format(&scene->arena, "%.*s", VIEW_ARGS(statement->text)));
        else if (engine_execute(scene->engine, statement, &request, &scene->arena, &outcome, error) != 0) {
            name_statement(error, without_topic(scene, statement, outcome.rewritten));
            return -1;
        }
    }
    return 0;
}

/* --- records --- */

static const struct source *source_over(const struct scene *scene, const char *topic) {
    const struct source *source, *found = NULL;
    for (size_t i = 0; (source = catalog_at(engine_catalog(scene->engine), i)) != NULL; i++)
        if (view_equal(source->topic, view_of(topic)) && (found == NULL || source->made_by.size != 0))
            found = source;
    return found;
}

static struct side side_of(const struct scene *scene, const char *topic, bool is_key) {
    const struct source *source = source_over(scene, topic);
    struct side side = {.format = VIEW("JSON"), .schema = world_latest(&scene->world, view_of(topic), is_key)};
    size_t at;
    json_t *item;
    if (is_key)
        side.format = VIEW("KAFKA");
    if (source != NULL) {
        const struct schema *schema = source->schema;
        side.format = is_key ? source->format.key_format : source->format.value_format;
        side.count = is_key ? schema->key_count : schema->value_count;
        if (side.count == 1)
            side.type = schema->columns[is_key ? 0 : schema->key_count].type;
    }
    json_array_foreach(json_object_get(scene->test, "topics"), at, item) {
        const char *format = text_at(item, is_key ? "keyFormat" : "valueFormat");
        if (source == NULL && format != NULL && strcmp(text_at(item, "name"), topic) == 0)
            side.format = view_of(format);
    }
    return side;
}

static void append_window(struct text *key, const json_t *window) {
    int64_t times[2] = {json_integer_value(json_object_get(window, "end")),
                        json_integer_value(json_object_get(window, "start"))};
    bool session = strcasecmp(text_at(window, "type"), "session") == 0;
    for (int i = session ? 0 : 1; i < 2; i++)
        for (int shift = 56; shift >= 0; shift -= 8)
            text_append_char(key, (char)((uint64_t)times[i] >> shift));
}

static int feed_input(struct scene *scene, const json_t *input) {
    const char *topic = text_at(input, "topic");
    struct side key_side = side_of(scene, topic, true), value_side = side_of(scene, topic, false);
    struct text key = TEXT_EMPTY, value = TEXT_EMPTY;
    bool has_key, has_value;
    struct error error = {0};
    int status = 0;
    text_reserve(&key, 1);
    text_reserve(&value, 1);
    if (bytes_from_json(&key_side, json_object_get(input, "key"), &key, &has_key, &error) != 0 ||
        bytes_from_json(&value_side, json_object_get(input, "value"), &value, &has_value, &error) != 0)
        status = fail(scene, "input of %s cannot be written: %s", topic, error.message);
    const json_t *window = json_object_get(input, "window");
    if (status == 0 && json_is_object(window) && has_key)
        append_window(&key, window);
    if (status == 0)
        world_append(
            world_topic(&scene->world, view_of(topic)), json_integer_value(json_object_get(input, "timestamp")),
            has_key ? text_view(&key) : (struct view){0}, has_value ? text_view(&value) : (struct view){0}, true);
    text_free(&key);
    text_free(&value);
    world_pump(&scene->world, scene->engine);
    return status;
}

static int64_t take_time(struct view *key) {
    uint64_t time = 0;
    if (key->size < 8)
        return -1;
    for (size_t i = 0; i < 8; i++)
        time = time << 8 | (unsigned char)key->data[key->size - 8 + i];
    key->size -= 8;
    return (int64_t)time;
}

static int check_window(struct scene *scene, const json_t *window, struct view *key, const char *path) {
    bool session = strcasecmp(text_at(window, "type"), "session") == 0;
    long long start = json_integer_value(json_object_get(window, "start")),
              end = json_integer_value(json_object_get(window, "end"));
    long long got_start = take_time(key), got_end = session ? take_time(key) : end;
    if (start != got_start || end != got_end)
        return fail(scene, "%s.window: expected %lld-%lld, got %lld-%lld", path, start, end, got_start, got_end);
    return 0;
}

static int check_hex(struct scene *scene, const json_t *expected, const struct world_record *record, const char *path) {
    const char *hex = text_at(expected, "rawKeyHex");
    struct text got = TEXT_EMPTY;
    int status = 0;
    if (hex == NULL || record->key == NULL)
        return 0;
    for (size_t i = 0; i < record->key_size; i++)
        text_append_format(&got, "%02x", (unsigned char)record->key[i]);
    /* ids of another registry: bytes 1 to 4 differ */
    bool framed = record->key_size > 5 && record->key[0] == 0 && strncmp(hex, "00", 2) == 0;
    if (strlen(hex) != got.size || strcasecmp(hex + (framed ? 10 : 0), text_string(&got) + (framed ? 10 : 0)) != 0)
        status = fail(scene, "%s.rawKeyHex: expected %s, got %s", path, hex, text_string(&got));
    text_free(&got);
    return status;
}

static int check_side(struct scene *scene, const char *topic, bool is_key, const json_t *expected, struct view bytes,
                      const char *path) {
    struct side side = side_of(scene, topic, is_key);
    struct error error = {0};
    char below[512];
    snprintf(below, sizeof below, "%s.%s", path, is_key ? "key" : "value");
    json_t *null = json_null(), *actual = bytes_to_json(&side, &scene->world, bytes, &error);
    if (actual == NULL)
        return fail(scene, "%s: %s", below, error.message);
    /* a case may write a record of one column as the bare value */
    const json_t *wanted = expected == NULL ? null : expected;
    bool same = json_matches(wanted, actual, below, scene->difference);
    json_decref(actual);
    return same ? 0 : -1;
}

static int check_output(struct scene *scene, const json_t *expected, const struct world_record *record,
                        const char *path) {
    const char *topic = text_at(expected, "topic");
    const json_t *window = json_object_get(expected, "window"), *timestamp = json_object_get(expected, "timestamp");
    struct view key = record->key == NULL ? (struct view){0} : (struct view){record->key, record->key_size};
    struct view value = record->value == NULL ? (struct view){0} : (struct view){record->value, record->value_size};
    if (check_hex(scene, expected, record, path) != 0 ||
        (json_is_object(window) && check_window(scene, window, &key, path) != 0) ||
        check_side(scene, topic, true, json_object_get(expected, "key"), key, path) != 0 ||
        check_side(scene, topic, false, json_object_get(expected, "value"), value, path) != 0)
        return -1;
    if (timestamp != NULL && json_integer_value(timestamp) != record->timestamp)
        return fail(scene, "%s.timestamp: expected %lld, got %lld", path, (long long)json_integer_value(timestamp),
                    (long long)record->timestamp);
    return 0;
}

static const struct world_record *nth_output(const struct world_topic *topic, size_t index) {
    for (size_t i = 0; topic != NULL && i < topic->records.count; i++)
        if (!topic->records.items[i].input && index-- == 0)
            return &topic->records.items[i];
    return NULL;
}

/* An output of a topic that inputs are written to counts the inputs, too, as the peer's harness reads the whole topic.
 */
static const struct world_record *nth_record(const struct scene *scene, const char *topic, size_t index) {
    return nth_output(world_topic(&scene->world, view_of(topic)), index);
}

static int check_outputs(struct scene *scene) {
    const json_t *outputs = json_object_get(scene->test, "outputs");
    size_t at, before;
    json_t *expected, *earlier;
    json_array_foreach(outputs, at, expected) {
        const char *topic = text_at(expected, "topic");
        size_t index = 0;
        char path[512];
        json_array_foreach(outputs, before, earlier) {
            if (before >= at)
                break;
            index += strcmp(text_at(earlier, "topic"), topic) == 0;
        }
        snprintf(path, sizeof path, "%s[%zu]", topic, index);
        const struct world_record *record = nth_record(scene, topic, index);
        if (record == NULL) {
            char *dumped = json_dumps(expected, JSON_COMPACT);
            fail(scene, "%s: expected %s, got no record", path, dumped);
            memory_free(dumped);
            return -1;
        }
        if (check_output(scene, expected, record, path) != 0)
            return -1;
    }
    json_array_foreach(outputs, at, expected) {
        const char *topic = text_at(expected, "topic");
        size_t count = 0;
        json_array_foreach(outputs, before, earlier) count += strcmp(text_at(earlier, "topic"), topic) == 0;
        if (nth_record(scene, topic, count) != NULL)
            return fail(scene, "%s: %zu records expected, there are more", topic, count);
    }
    return 0;
}

/* --- what the case says about sources and topics afterwards --- */

static void plain_schema(struct text *out, const char *schema) {
    for (const char *at = schema; *at != '\0'; at++) {
        if (*at == '`' || *at == ' ')
            continue;
        if (strncmp(at, "PRIMARY KEY", 11) == 0)
            at += 8;
        if (strncmp(at, "VARCHAR", 7) == 0 || strncmp(at, "STRING", 6) == 0) {
            text_append_string(out, "STRING");
            at += (*at == 'V' ? 7 : 6) - 1;
        } else if (strncmp(at, "INTEGER", 7) == 0 ||
                   (strncmp(at, "INT", 3) == 0 && (at[3] == '\0' || strchr(",> K)", at[3])))) {
            text_append_string(out, "INT");
            at += (strncmp(at, "INTEGER", 7) == 0 ? 7 : 3) - 1;
        } else {
            text_append_char(out, *at);
        }
    }
}

/* Columns by name: the peer's order is that of a hash table where a JSON schema gives none, ours is the document's. */
static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool same_columns(const char *wanted, const char *got) {
    char *sides[2] = {memory_copy_string(wanted), memory_copy_string(got)};
    VECTOR(char *) columns[2] = {{0}, {0}};
    for (int i = 0; i < 2; i++) {
        char *rest = sides[i], *column;
        while ((column = strsep(&rest, ",")) != NULL)
            vector_push(&columns[i], column);
        qsort(columns[i].items, columns[i].count, sizeof(char *), by_text);
    }
    bool same = columns[0].count == columns[1].count;
    for (size_t j = 0; same && j < columns[0].count; j++)
        same = strcmp(columns[0].items[j], columns[1].items[j]) == 0;
    for (int i = 0; i < 2; i++) {
        vector_free(&columns[i]);
        memory_free(sides[i]);
    }
    return same;
}

static bool order_is_free(const struct source *source) {
    return source->made_by.size == 0 && view_equal(source->format.value_format, VIEW("JSON_SR"));
}

static int check_source(struct scene *scene, const json_t *expected) {
    const char *name = text_at(expected, "name"), *schema = text_at(expected, "schema"),
               *type = text_at(expected, "type");
    const struct source *source = catalog_find(engine_catalog(scene->engine), view_of(name));
    if (source == NULL)
        return fail(scene, "source %s: expected, not there", name);
    if ((strcasecmp(type, "table") == 0) != (source->kind == SOURCE_TABLE))
        return fail(scene, "source %s: expected a %s", name, type);
    struct text wanted = TEXT_EMPTY, got = TEXT_EMPTY, printed = TEXT_EMPTY;
    int status = 0;
    if (schema != NULL) {
        schema_print(&printed, source->schema, "KEY");
        plain_schema(&wanted, schema);
        plain_schema(&got, text_string(&printed));
        bool same = order_is_free(source) ? same_columns(text_string(&wanted), text_string(&got))
                                          : strcmp(text_string(&wanted), text_string(&got)) == 0;
        if (!same && strchr(schema, '{') == NULL) /* the recordings spell nested types as JSON */
            status = fail(scene, "schema of %s: expected %s, got %s", name, schema, text_string(&printed));
    }
    for (int i = 0; status == 0 && i < 2; i++) {
        const json_t *format = json_object_get(expected, i == 0 ? "keyFormat" : "valueFormat");
        struct view actual = i == 0 ? source->format.key_format : source->format.value_format;
        const char *text = json_is_object(format) ? text_at(format, "format") : json_string_value(format);
        if (text != NULL && !view_equal_ignoring_case(view_of(text), actual))
            status = fail(scene, "format of %s: expected %s, got %.*s", name, text, VIEW_ARGS(actual));
    }
    text_free(&wanted);
    text_free(&got);
    text_free(&printed);
    return status;
}

static int check_topic(struct scene *scene, const json_t *expected) {
    const char *name = text_at(expected, "name");
    const struct world_topic *topic = world_topic(&scene->world, view_of(name));
    if (name[0] == '_')
        return 0; /* internal ones are the peer's own */
    if (topic == NULL)
        return fail(scene, "topic %s: expected, not there", name);
    const json_t *partitions = json_object_get(expected, "partitions");
    if (json_is_integer(partitions) && json_integer_value(partitions) != topic->partitions)
        return fail(scene, "topic %s: expected %lld partitions, got %d", name,
                    (long long)json_integer_value(partitions), topic->partitions);
    for (int i = 0; i < 2; i++) {
        const json_t *schema = json_object_get(expected, i == 0 ? "keySchema" : "valueSchema");
        const char *format = text_at(expected, i == 0 ? "keyFormat" : "valueFormat");
        if (schema == NULL || json_is_null(schema) || (format != NULL && strncmp(format, "PROTOBUF", 8) == 0))
            continue;
        const struct world_schema *registered = world_latest(&scene->world, view_of(name), i == 0);
        json_t *actual = registered == NULL ? NULL : json_loads(registered->text, JSON_DECODE_ANY, NULL);
        bool same = actual != NULL && json_equal(schema, actual);
        if (!same) {
            char *wanted = json_dumps(schema, JSON_ENCODE_ANY | JSON_COMPACT);
            fail(scene, "%s schema of %s: expected %s, got %s", i == 0 ? "key" : "value", name, wanted,
                 registered == NULL ? "none" : registered->text);
            memory_free(wanted);
        }
        json_decref(actual);
        if (!same)
            return -1;
    }
    return 0;
}

static int check_post(struct scene *scene) {
    const json_t *post = json_object_get(scene->test, "post");
    const json_t *topics = json_object_get(post, "topics");
    size_t at;
    json_t *item;
    json_array_foreach(json_object_get(post, "sources"), at, item) {
        if (check_source(scene, item) != 0)
            return -1;
    }
    json_array_foreach(json_is_array(topics) ? topics : json_object_get(topics, "topics"), at, item) {
        if (check_topic(scene, item) != 0)
            return -1;
    }
    return 0;
}

/* --- a run --- */

static int check_error(struct scene *scene, const json_t *expected, int status, const struct error *error) {
    const char *message = text_at(expected, "message");
    if (status == 0)
        return fail(scene, "expected an error: %s", message == NULL ? text_at(expected, "type") : message);
    if (message != NULL && strstr(error->message, message) == NULL)
        return fail(scene, "expected the error \"%s\", got \"%s\"", message, error->message);
    return 0;
}

static int perform(struct scene *scene) {
    const json_t *expected_error = json_object_get(scene->test, "expectedException");
    struct error error = {0};
    size_t at;
    json_t *item;
    int status = 0;
    set_stage(scene);
    make_engine(scene);
    json_array_foreach(json_object_get(scene->test, "statements"), at, item) {
        status = run_statement(scene, json_string_value(item), (int)at + 1, &error);
        if (status != 0)
            break;
    }
    if (status != 0 && expected_error == NULL)
        return fail(scene, "%s", error.message);
    if (expected_error != NULL)
        return check_error(scene, expected_error, status, &error);
    world_pump(&scene->world, scene->engine);
    json_array_foreach(json_object_get(scene->test, "inputs"), at, item) {
        if (feed_input(scene, item) != 0)
            return -1;
    }
    if (check_outputs(scene) != 0)
        return -1;
    return check_post(scene);
}

int query_case_run(const struct case_run *run, struct text *difference) {
    struct scene scene = {.test = run->test, .difference = difference};
    world_init(&scene.world);
    int status = perform(&scene);
    engine_free(scene.engine);
    world_free(&scene.world);
    properties_free(scene.properties);
    arena_free(&scene.arena);
    return status;
}
