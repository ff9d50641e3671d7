/* The Connect worker with the datagen connector, between our broker and our registry. */
#include "server/connect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/kafka.h"
#include "client/registry.h"
#include "foundation/base/file.h"
#include "foundation/base/memory.h"
#include "foundation/format/inspect.h"
#include "lab/customer.h"
#include "lab/topics.h"
#include "server/broker.h"
#include "server/registry.h"

enum { LONG_MS = 10000, WAIT_MS = 20000 };

struct scene {
    char folder[64], log[96];
    struct broker *broker;
    struct registry_server *registry;
    struct connect_server *connect;
    struct http_server *http;
    struct http_client *client;
    struct properties *properties;
    struct profile *profile;
    struct http_answer answer;
    struct error error;
};

static void start_connect(struct scene *scene) {
    struct connect_server_options options = {
        .profile = scene->profile, .http = scene->http, .http_client = scene->client, .address = "127.0.0.1"};
    scene->connect = connect_server_start(&options, &scene->error);
    if (!scene->connect)
        fail_msg("%s", scene->error.message);
}

static void renew_profile(struct scene *scene, const char *name, const char *scheme, uint16_t port) {
    char address[64];
    snprintf(address, sizeof address, "%s127.0.0.1:%u", scheme, port);
    properties_set(scene->properties, name, address);
    profile_release(scene->profile);
    scene->profile = profile_from_properties("scene", scene->properties, 0, &scene->error);
    assert_non_null(scene->profile);
}

static int set_up(void **state) {
    struct scene *scene = memory_zero(1, sizeof *scene);
    snprintf(scene->folder, sizeof scene->folder, "/tmp/connect-datagen-XXXXXX");
    assert_non_null(mkdtemp(scene->folder));
    snprintf(scene->log, sizeof scene->log, "%s/log", scene->folder);
    scene->properties = properties_new();
    scene->http = http_server_new(&scene->error);
    scene->client = http_client_new(&scene->error);
    assert_non_null(scene->client);
    struct broker_options broker = {.folder = scene->log, .address = "127.0.0.1"};
    scene->broker = broker_start(&broker, &scene->error);
    if (!scene->broker)
        fail_msg("%s", scene->error.message);
    renew_profile(scene, "bootstrap.servers", "", broker_port(scene->broker));
    struct registry_server_options registry = {.profile = scene->profile, .http = scene->http, .address = "127.0.0.1"};
    scene->registry = registry_server_start(&registry, &scene->error);
    if (!scene->registry)
        fail_msg("%s", scene->error.message);
    renew_profile(scene, "schema.registry.url", "http://", registry_server_port(scene->registry));
    start_connect(scene);
    *state = scene;
    return 0;
}

static int tear_down(void **state) {
    struct scene *scene = *state;
    http_answer_free(&scene->answer);
    connect_server_stop(scene->connect);
    registry_server_stop(scene->registry);
    http_client_free(scene->client);
    http_server_free(scene->http);
    broker_stop(scene->broker);
    profile_release(scene->profile);
    properties_free(scene->properties);
    file_remove_tree(scene->folder, NULL);
    memory_free(scene);
    return 0;
}

static const char *ask(struct scene *scene, const char *method, const char *path, const char *body, int status) {
    char url[300];
    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", connect_server_port(scene->connect), path);
    struct http_request request = {.method = method, .url = url, .body = view_of(body)};
    http_answer_free(&scene->answer);
    if (http_client_send(scene->client, &request, &scene->answer, &scene->error) != 0)
        fail_msg("%s %s: %s", method, path, scene->error.message);
    if (scene->answer.status != status)
        fail_msg("%s %s: status %d, %s", method, path, scene->answer.status, text_string(&scene->answer.body));
    return text_string(&scene->answer.body);
}

static void expect_words(struct scene *scene, const char *method, const char *path, const char *body, int status,
                         const char *words) {
    const char *answer = ask(scene, method, path, body, status);
    if (!strstr(answer, words))
        fail_msg("%s %s: '%s' is not in %s", method, path, words, answer);
}

static void wait_for(struct scene *scene, const char *path, const char *words) {
    int64_t end = clock_monotonic_ms() + WAIT_MS;
    while (!strstr(ask(scene, "GET", path, NULL, 200), words)) {
        if (clock_monotonic_ms() > end)
            fail_msg("GET %s: '%s' never came, last answer %s", path, words, text_string(&scene->answer.body));
        usleep(5000);
    }
}

static int64_t records_in(struct scene *scene, const char *topic) {
    int64_t low = 0, high = 0;
    struct kafka_admin *admin = kafka_admin_new(scene->profile, &scene->error);
    if (kafka_admin_watermarks(admin, topic, 0, LONG_MS, &low, &high, &scene->error) != 0)
        fail_msg("%s", scene->error.message);
    kafka_admin_free(admin);
    return high;
}

static struct kafka_consumer *receive_one(struct scene *scene, const char *topic, int64_t offset,
                                          struct kafka_message *message) {
    struct kafka_consumer_options options = {.offset_reset = "error"};
    struct kafka_partition start = {.topic = topic, .offset = offset};
    struct kafka_consumer *consumer = kafka_consumer_new(scene->profile, &options, &scene->error);
    assert_int_equal(kafka_consumer_assign(consumer, &start, 1, &scene->error), 0);
    assert_int_equal(kafka_consumer_receive(consumer, message, 1, LONG_MS, &scene->error), 1);
    return consumer;
}

/* "KEY|JSON" of the record at this offset. */
static void read_record(struct scene *scene, const char *topic, int64_t offset, struct text *out) {
    struct kafka_message message;
    const char *how;
    int32_t id = 0;
    struct kafka_consumer *consumer = receive_one(scene, topic, offset, &message);
    struct registry_client *registry = registry_client_new(scene->profile, scene->client, &scene->error);
    struct schema_source schemas = registry_client_source(registry);
    text_append(out, message.key);
    text_append_char(out, '|');
    if (inspect_to_json(message.value, &schemas, out, &how, &id, &scene->error) != 0)
        fail_msg("%s", scene->error.message);
    assert_string_equal(how, "AVRO");
    kafka_consumer_release(consumer);
    kafka_consumer_free(consumer);
    registry_client_free(registry);
}

#define CREATE                                                                                                         \
    "{\"name\":\"CDC_Postgresql\",\"config\":{\"connector.class\":\"datagen\",\"quickstart\":\"customers\",\"seed\":"  \
    "\"7\","                                                                                                           \
    "\"count\":\"20\",\"tasks.max\":\"1\"}}"
#define STATUS "/connectors/CDC_Postgresql/status"
#define OFFSETS "/connectors/CDC_Postgresql/offsets"

static void the_snapshot_writes_each_customer_as_the_cdc_connector_would(void **state) {
    struct scene *scene = *state;
    struct customers customers;
    struct text record = TEXT_EMPTY, expected = TEXT_EMPTY;
    struct registry_schema schema;
    expect_words(scene, "POST", "/connectors", CREATE, 201, "\"name\":\"CDC_Postgresql\"},\"tasks\":[{\"connector\":");
    wait_for(scene, OFFSETS, "\"snapshot\":\"done\"");
    assert_int_equal(records_in(scene, LAB_TOPIC_CUSTOMERS), 20);
    customers_make(&customers, 7, 20);
    text_append_format(
        &expected,
        "Struct{credit_card_number=%s}|{\"credit_card_number\":\"%s\",\"customer_id\":\"%s\",\"customer_email\":\"%s\","
        "\"avg_spending_amount\":%d,\"__deleted\":\"false\"}",
        customers.items[19].card, customers.items[19].card, customers.items[19].id, customers.items[19].email,
        customers.items[19].average);
    read_record(scene, LAB_TOPIC_CUSTOMERS, 19, &record);
    assert_string_equal(text_string(&record), text_string(&expected));
    struct registry_client *registry = registry_client_new(scene->profile, scene->client, &scene->error);
    assert_int_equal(registry_client_latest(registry, "cdc.public.customers-value", &schema, &scene->error), 0);
    assert_string_equal(schema.text, lab_customer_schema());
    registry_schema_free(&schema);
    registry_client_free(registry);
    expect_words(scene, "GET", STATUS, NULL, 200, "\"tasks\":[{\"id\":0,\"state\":\"RUNNING\"");
    expect_words(scene, "GET", "/connectors/CDC_Postgresql/topics", NULL, 200,
                 "{\"CDC_Postgresql\":{\"topics\":[\"cdc.public.customers\"]}}");
    customers_free(&customers);
    text_free(&record);
    text_free(&expected);
}

static void a_restart_goes_on_without_the_snapshot(void **state) {
    struct scene *scene = *state;
    ask(scene, "POST", "/connectors", CREATE, 201);
    wait_for(scene, OFFSETS, "\"snapshot\":\"done\"");
    connect_server_stop(scene->connect);
    start_connect(scene);
    assert_string_equal(ask(scene, "GET", "/connectors", NULL, 200), "[\"CDC_Postgresql\"]");
    expect_words(scene, "GET", STATUS, NULL, 200, "\"state\":\"RUNNING\"");
    expect_words(scene, "GET", "/connectors/CDC_Postgresql/config", NULL, 200, "\"seed\":\"7\"");
    /* A change of somebody comes only after the snapshot would have come. */
    ask(scene, "PUT", "/connectors/CDC_Postgresql/config",
        "{\"connector.class\":\"datagen\",\"seed\":\"7\",\"count\":\"20\",\"max.interval\":\"1\"}", 200);
    wait_for(scene, OFFSETS, "\"changes\":3");
    ask(scene, "PUT", "/connectors/CDC_Postgresql/pause", NULL, 202);
    const char *changes = strstr(ask(scene, "GET", OFFSETS, NULL, 200), "\"changes\":");
    assert_int_equal(records_in(scene, LAB_TOPIC_CUSTOMERS), 20 + atol(changes + 10));
}

static void a_paused_connector_stays_paused_over_a_restart_and_resumes(void **state) {
    struct scene *scene = *state;
    ask(scene, "POST", "/connectors", CREATE, 201);
    wait_for(scene, OFFSETS, "\"snapshot\":\"done\"");
    ask(scene, "PUT", "/connectors/CDC_Postgresql/pause", NULL, 202);
    connect_server_stop(scene->connect);
    start_connect(scene);
    expect_words(scene, "GET", STATUS, NULL, 200, "\"tasks\":[{\"id\":0,\"state\":\"PAUSED\"");
    ask(scene, "PUT", "/connectors/CDC_Postgresql/resume", NULL, 202);
    expect_words(scene, "GET", STATUS, NULL, 200, "\"tasks\":[{\"id\":0,\"state\":\"RUNNING\"");
    expect_words(scene, "DELETE", OFFSETS, NULL, 400, "must be in the STOPPED state");
    ask(scene, "PUT", "/connectors/CDC_Postgresql/stop", NULL, 204);
    expect_words(scene, "GET", STATUS, NULL, 200, "\"state\":\"STOPPED\"");
    expect_words(scene, "GET", STATUS, NULL, 200, "\"tasks\":[]");
    ask(scene, "DELETE", OFFSETS, NULL, 200);
    assert_string_equal(ask(scene, "GET", OFFSETS, NULL, 200), "{\"offsets\":[]}");
}

static void a_deleted_connector_made_again_brings_its_snapshot_again(void **state) {
    struct scene *scene = *state;
    ask(scene, "POST", "/connectors", CREATE, 201);
    wait_for(scene, OFFSETS, "\"snapshot\":\"done\"");
    ask(scene, "DELETE", "/connectors/CDC_Postgresql", NULL, 204);
    expect_words(scene, "GET", STATUS, NULL, 404, "No status found for connector CDC_Postgresql");
    connect_server_stop(scene->connect);
    start_connect(scene);
    assert_string_equal(ask(scene, "GET", "/connectors?expand=status&expand=info", NULL, 200), "{}");
    ask(scene, "POST", "/connectors", CREATE, 201);
    wait_for(scene, OFFSETS, "\"snapshot\":\"done\"");
    assert_int_equal(records_in(scene, LAB_TOPIC_CUSTOMERS), 40);
}

static void what_is_wrong_in_a_configuration_is_named(void **state) {
    struct scene *scene = *state;
    const char *validate = "/connector-plugins/datagen/config/validate";
    expect_words(scene, "PUT", validate, "{\"connector.class\":\"datagen\",\"quickstart\":\"customers\"}", 200,
                 "\"error_count\":0");
    expect_words(scene, "PUT", validate, "{\"connector.class\":\"datagen\",\"count\":\"x\"}", 200,
                 "Invalid value x for configuration count: Not a number of type INT");
    expect_words(scene, "PUT", validate, "{\"connector.class\":\"datagen\",\"count\":\"0\"}", 200,
                 "Value must be between 1 and 1000000");
    expect_words(scene, "PUT", validate, "{\"connector.class\":\"datagen\",\"quickstart\":\"users\"}", 200,
                 "String must be one of: customers");
    expect_words(scene, "PUT", validate, "{\"connector.class\":\"datagen\",\"customers.file\":\"/no/such.csv\"}", 200,
                 "/no/such.csv");
    expect_words(scene, "PUT", validate, "{\"connector.class\":\"datagen\",\"customer.file\":\"a.csv\"}", 200,
                 "Unknown configuration \\\"customer.file\\\"");
    expect_words(scene, "PUT", "/connector-plugins/NoSuch/config/validate", "{\"connector.class\":\"datagen\"}", 400,
                 "Included connector type datagen does not match request type NoSuch");
    expect_words(scene, "POST", "/connectors",
                 "{\"name\":\"x\",\"config\":{\"connector.class\":\"datagen\",\"odd\":\"1\"}}", 400,
                 "Unknown configuration \\\"odd\\\"");
    expect_words(scene, "POST", "/connectors", "{\"name\":\"x\",\"config\":{\"connector.class\":\"no.such.Class\"}}",
                 400, "which name matches no.such.Class, available connectors are: datagen");
    expect_words(scene, "POST", "/connectors",
                 "{\"name\":\"x\",\"config\":{\"connector.class\":\"datagen\",\"name\":\"y\"}}", 400,
                 "Connector name configuration (y) doesn't match connector name in the URL (x)");
    expect_words(scene, "POST", "/connectors", "{\"name\":\"x\"}", 400, "no object 'config'");
    expect_words(scene, "POST", "/connectors", "{nope", 400, "not JSON");
    assert_string_equal(ask(scene, "GET", "/connectors", NULL, 200), "[]");
}

static void an_unknown_connector_is_answered_in_the_words_of_the_call(void **state) {
    struct scene *scene = *state;
    expect_words(scene, "GET", "/connectors/nope", NULL, 404,
                 "{\"error_code\":404,\"message\":\"Connector nope not found\"}");
    expect_words(scene, "GET", "/connectors/nope/status", NULL, 404, "No status found for connector nope");
    expect_words(scene, "PUT", "/connectors/nope/pause", NULL, 404, "Unknown connector nope");
    expect_words(scene, "POST", "/connectors/nope/restart", NULL, 404, "Unknown connector: nope");
    expect_words(scene, "DELETE", "/connectors/nope", NULL, 404, "Connector nope not found");
    expect_words(scene, "GET", "/nowhere", NULL, 404, "{\"error_code\":404,\"message\":\"HTTP 404 Not Found\"}");
    ask(scene, "POST", "/connectors", CREATE, 201);
    expect_words(scene, "POST", "/connectors", CREATE, 409, "Connector CDC_Postgresql already exists");
    expect_words(scene, "POST", "/connectors/CDC_Postgresql/restart?includeTasks=true", NULL, 202,
                 "\"state\":\"RESTARTING\"");
    ask(scene, "POST", "/connectors/CDC_Postgresql/restart", NULL, 204);
    expect_words(scene, "GET", "/connector-plugins", NULL, 200, "[{\"class\":\"datagen\",\"type\":\"source\"");
}

static void some_settings_are_changed_and_the_others_stay(void **state) {
    struct scene *scene = *state;
    const char *config = "/connectors/CDC_Postgresql/config";
    ask(scene, "POST", "/connectors", CREATE, 201);
    expect_words(scene, "PATCH", config, "{\"count\":\"7\"}", 200, "\"count\":\"7\"");
    expect_words(scene, "GET", config, NULL, 200, "\"connector.class\":\"datagen\"");
    expect_words(scene, "PATCH", config, "{\"count\":\"x\"}", 400, "Not a number");
    ask(scene, "PATCH", config, "{\"count\":null}", 200);
    assert_null(strstr(ask(scene, "GET", config, NULL, 200), "\"count\""));
    expect_words(scene, "PATCH", "/connectors/nope/config", "{}", 404, "Connector nope not found");
}

static void offsets_are_changed_only_while_it_is_stopped(void **state) {
    struct scene *scene = *state;
    const char *path = "/connectors/CDC_Postgresql/offsets";
    ask(scene, "POST", "/connectors", CREATE, 201);
    wait_for(scene, path, "\"offset\":{");
    struct text body = TEXT_EMPTY;
    text_append_string(&body, ask(scene, "GET", path, NULL, 200));
    expect_words(scene, "PATCH", path, text_string(&body), 400, "must be in the STOPPED state");
    ask(scene, "PUT", "/connectors/CDC_Postgresql/stop", NULL, 204);
    expect_words(scene, "PATCH", path, text_string(&body), 200, "altered successfully");
    assert_string_equal(ask(scene, "GET", path, NULL, 200), text_string(&body));
    expect_words(scene, "PATCH", path, "{\"offsets\":[{\"partition\":{\"odd\":1},\"offset\":{}}]}", 400,
                 "of the partition");
    expect_words(scene, "PATCH", path, "{\"offsets\":[]}", 400, "one entry");
    expect_words(scene, "DELETE", path, NULL, 200, "reset successfully");
    assert_string_equal(ask(scene, "GET", path, NULL, 200), "{\"offsets\":[]}");
    text_free(&body);
}

static void an_offset_that_nobody_comes_to_does_not_keep_it_from_being_stopped(void **state) {
    struct scene *scene = *state;
    ask(scene, "POST", "/connectors", CREATE, 201);
    ask(scene, "PUT", "/connectors/CDC_Postgresql/stop", NULL, 204);
    ask(scene, "PATCH", OFFSETS,
        "{\"offsets\":[{\"partition\":{\"quickstart\":\"customers\"},\"offset\":{\"snapshot\":\"done\",\"changes\":"
        "9000000000000000000}}]}",
        200);
    ask(scene, "PUT", "/connectors/CDC_Postgresql/resume", NULL, 202);
    ask(scene, "PUT", "/connectors/CDC_Postgresql/stop", NULL, 204);
    ask(scene, "DELETE", "/connectors/CDC_Postgresql", NULL, 204);
}

/* A connector whose file of customers is made, and goes away before it runs. */
static void create_without_its_file(struct scene *scene, const char *more) {
    char path[120];
    struct text body = TEXT_EMPTY;
    snprintf(path, sizeof path, "%s/customers.csv", scene->folder);
    struct view csv =
        VIEW("customer_id,customer_email,avg_spending_amount,credit_card_number\nc1,a@example.com,10,4111\n");
    assert_int_equal(file_write_atomic(path, csv, 0600, &scene->error), 0);
    text_append_format(&body,
                       "{\"name\":\"CDC_Postgresql\",\"initial_state\":\"STOPPED\",\"config\":{\"connector.class\":"
                       "\"datagen\",\"customers.file\":\"%s\"%s}}",
                       path, more);
    ask(scene, "POST", "/connectors", text_string(&body), 201);
    text_free(&body);
    snprintf(path, sizeof path, "%s/away.csv", scene->folder);
    char from[120];
    snprintf(from, sizeof from, "%s/customers.csv", scene->folder);
    assert_int_equal(rename(from, path), 0);
    ask(scene, "PUT", "/connectors/CDC_Postgresql/resume", NULL, 202);
}

static void bring_its_file_back(const struct scene *scene) {
    char from[120], to[120];
    snprintf(from, sizeof from, "%s/away.csv", scene->folder);
    snprintf(to, sizeof to, "%s/customers.csv", scene->folder);
    assert_int_equal(rename(from, to), 0);
}

static void a_failed_connector_says_why_and_the_worker_and_the_others_go_on(void **state) {
    struct scene *scene = *state;
    create_without_its_file(scene, "");
    wait_for(scene, STATUS, "\"tasks\":[{\"id\":0,\"state\":\"FAILED\"");
    wait_for(scene, STATUS, "customers.csv"); /* the trace names the file */
    expect_words(scene, "GET", "/connectors/CDC_Postgresql/tasks/0/status", NULL, 200, "\"trace\":\"");
    ask(scene, "POST", "/connectors",
        "{\"name\":\"other\",\"config\":{\"connector.class\":\"datagen\",\"kafka.topic\":\"others\",\"count\":\"3\"}}",
        201);
    wait_for(scene, "/connectors/other/offsets", "\"snapshot\":\"done\"");
    usleep(700000); /* nobody asked for another start */
    wait_for(scene, STATUS, "\"state\":\"FAILED\"");
    /* a restart of the connector alone leaves its task; one of what failed starts it, and fails again without the file
     */
    expect_words(scene, "POST", "/connectors/other/restart?includeTasks=true&onlyFailed=true", NULL, 202, "RUNNING");
    expect_words(scene, "POST", "/connectors/CDC_Postgresql/restart?includeTasks=true&onlyFailed=true", NULL, 202,
                 "RESTARTING");
    wait_for(scene, STATUS, "\"state\":\"FAILED\"");
    bring_its_file_back(scene);
    ask(scene, "POST", "/connectors/CDC_Postgresql/restart?onlyFailed=true", NULL, 202);
    wait_for(scene, STATUS, "\"state\":\"FAILED\""); /* without includeTasks the failed task stays */
    ask(scene, "POST", "/connectors/CDC_Postgresql/restart?includeTasks=true&onlyFailed=true", NULL, 202);
    wait_for(scene, OFFSETS, "\"snapshot\":\"done\"");
    wait_for(scene, STATUS, "\"tasks\":[{\"id\":0,\"state\":\"RUNNING\"");
    assert_null(strstr(ask(scene, "GET", STATUS, NULL, 200), "trace"));
}

static void a_connector_that_is_to_be_started_again_is_when_its_reason_is_gone(void **state) {
    struct scene *scene = *state;
    create_without_its_file(scene, ",\"errors.retry.timeout\":\"-1\",\"errors.retry.delay.max.ms\":\"500\"");
    wait_for(scene, STATUS, "\"tasks\":[{\"id\":0,\"state\":\"RESTARTING\"");
    wait_for(scene, STATUS, "customers.csv");
    bring_its_file_back(scene);
    wait_for(scene, OFFSETS, "\"snapshot\":\"done\"");
    wait_for(scene, STATUS, "\"tasks\":[{\"id\":0,\"state\":\"RUNNING\"");
    assert_int_equal(records_in(scene, LAB_TOPIC_CUSTOMERS), 1);
}

static void one_that_may_be_started_again_for_a_while_fails_when_that_is_over(void **state) {
    struct scene *scene = *state;
    create_without_its_file(scene, ",\"errors.retry.timeout\":\"1500\",\"errors.retry.delay.max.ms\":\"400\"");
    wait_for(scene, STATUS, "\"state\":\"RESTARTING\"");
    wait_for(scene, STATUS, "\"tasks\":[{\"id\":0,\"state\":\"FAILED\"");
    ask(scene, "PUT", "/connectors/CDC_Postgresql/stop", NULL, 204);
    assert_non_null(strstr(ask(scene, "GET", STATUS, NULL, 200), "\"tasks\":[]"));
    ask(scene, "DELETE", "/connectors/CDC_Postgresql", NULL, 204);
}

static void one_that_waits_for_its_next_start_can_be_stopped_and_deleted(void **state) {
    struct scene *scene = *state;
    create_without_its_file(scene, ",\"errors.retry.timeout\":\"-1\"");
    wait_for(scene, STATUS, "\"state\":\"RESTARTING\"");
    ask(scene, "PUT", "/connectors/CDC_Postgresql/pause", NULL, 202);
    wait_for(scene, STATUS, "\"tasks\":[{\"id\":0,\"state\":\"PAUSED\"");
    ask(scene, "PUT", "/connectors/CDC_Postgresql/resume", NULL, 202);
    wait_for(scene, STATUS, "\"state\":\"RESTARTING\"");
    ask(scene, "DELETE", "/connectors/CDC_Postgresql", NULL, 204);
    expect_words(scene, "GET", STATUS, NULL, 404, "No status found for connector CDC_Postgresql");
}

/* 300, 600, 1200 ms: three starts fit into 3 s; waits of one length would be ten. Each is four records in the topic. */
static void each_wait_for_the_next_start_is_longer_than_the_one_before(void **state) {
    struct scene *scene = *state;
    create_without_its_file(scene, ",\"errors.retry.timeout\":\"3000\"");
    wait_for(scene, STATUS, "\"tasks\":[{\"id\":0,\"state\":\"FAILED\"");
    assert_in_range(records_in(scene, "connect-status"), 6, 26);
}

/* The last value of a key in one of the worker's topics: "gone" for a tombstone, "" when there is none. */
static void read_kept(struct scene *scene, const char *topic, const char *key, struct text *out) {
    int64_t end = records_in(scene, topic);
    text_clear(out);
    text_append_string(out, "");
    for (int64_t offset = 0; offset < end; offset++) {
        struct kafka_message message;
        struct kafka_consumer *consumer = receive_one(scene, topic, offset, &message);
        if (view_equal(message.key, view_of(key))) {
            text_clear(out);
            text_append(out, message.value.data ? message.value : VIEW("gone"));
        }
        kafka_consumer_release(consumer);
        kafka_consumer_free(consumer);
    }
}

static void expect_kept(struct scene *scene, const char *topic, const char *key, const char *words) {
    struct text kept = TEXT_EMPTY;
    int64_t end = clock_monotonic_ms() + WAIT_MS;
    for (read_kept(scene, topic, key, &kept); !strstr(text_string(&kept), words); read_kept(scene, topic, key, &kept)) {
        if (clock_monotonic_ms() > end)
            fail_msg("%s of %s: '%s' is not in '%s'", key, topic, words, text_string(&kept));
        usleep(5000);
    }
    text_free(&kept);
}

static void what_the_worker_knows_is_in_its_topics_and_goes_with_the_connector(void **state) {
    static const char one[] = "status-connector-CDC_Postgresql", task[] = "status-task-CDC_Postgresql-0",
                      written[] = "status-topic-" LAB_TOPIC_CUSTOMERS ":connector-CDC_Postgresql";
    struct scene *scene = *state;
    ask(scene, "POST", "/connectors", CREATE, 201);
    wait_for(scene, OFFSETS, "\"snapshot\":\"done\"");
    expect_kept(scene, "connect-status", one, "\"state\":\"RUNNING\"");
    expect_kept(scene, "connect-status", task, "\"state\":\"RUNNING\"");
    expect_kept(scene, "connect-status", written, "\"connector\":\"CDC_Postgresql\",\"task\":0");
    ask(scene, "PUT", "/connectors/CDC_Postgresql/stop", NULL, 204);
    expect_kept(scene, "connect-status", one, "\"state\":\"STOPPED\"");
    expect_kept(scene, "connect-status", task, "gone");
    connect_server_stop(scene->connect);
    start_connect(scene);
    expect_words(scene, "GET", STATUS, NULL, 200, "\"state\":\"STOPPED\"");
    ask(scene, "DELETE", "/connectors/CDC_Postgresql", NULL, 204);
    expect_kept(scene, "connect-configs", "connector-CDC_Postgresql", "gone");
    expect_kept(scene, "connect-configs", "target-state-CDC_Postgresql", "gone");
    expect_kept(scene, "connect-status", one, "gone");
    expect_kept(scene, "connect-status", task, "gone");
    expect_kept(scene, "connect-status", written, "gone");
    expect_words(scene, "GET", "/connectors", NULL, 200, "[]");
}

static void there_is_one_task_and_a_stopped_connector_has_none(void **state) {
    struct scene *scene = *state;
    ask(scene, "POST", "/connectors", CREATE, 201);
    wait_for(scene, OFFSETS, "\"snapshot\":\"done\"");
    expect_words(scene, "GET", "/connectors/CDC_Postgresql/tasks/0/status", NULL, 200, "\"state\":\"RUNNING\"");
    ask(scene, "GET", "/connectors/CDC_Postgresql/tasks/1/status", NULL, 404);
    ask(scene, "POST", "/connectors/CDC_Postgresql/tasks/1/restart", NULL, 404);
    ask(scene, "PUT", "/connectors/CDC_Postgresql/stop", NULL, 204);
    ask(scene, "GET", "/connectors/CDC_Postgresql/tasks/0/status", NULL, 404);
    expect_words(scene, "PATCH", OFFSETS, "{\"offsets\":[{\"partition\":{\"server\":\"postgres\"},\"offset\":7}]}", 400,
                 "offset");
    expect_words(scene, "POST", "/connectors",
                 "{\"name\":\"x\",\"initial_state\":\"ODD\",\"config\":{\"connector.class\":\"datagen\"}}", 400,
                 "initial_state ODD is none of RUNNING, PAUSED, STOPPED");
    expect_words(scene, "POST", "/connectors",
                 "{\"name\":\"x\",\"config\":{\"connector.class\":\"datagen\",\"count\":[1]}}", 400,
                 "Setting count is not a text");
    expect_words(scene, "GET", "/health", NULL, 200, "\"status\":\"healthy\"");
    assert_null(strstr(ask(scene, "GET", "/", NULL, 200), "\"kafka_cluster_id\":\"\""));
}

static void loggers_are_refused_by_name(void **state) {
    struct scene *scene = *state;
    expect_words(scene, "GET", "/admin/loggers", NULL, 501, "Loggers cannot be listed or changed here");
    expect_words(scene, "PUT", "/admin/loggers/root", "{\"level\":\"DEBUG\"}", 501, "Loggers");
}

/* Writes what the worker finds when it starts; any client of the broker may. */
static void keep(struct scene *scene, const char *topic, const char *key, const char *value) {
    struct kafka_producer *producer = kafka_producer_new(scene->profile, NULL, NULL, NULL, &scene->error);
    struct kafka_record record = {.topic = topic, .key = view_of(key), .value = view_of(value)};
    assert_int_equal(kafka_producer_send(producer, &record, &scene->error), 0);
    assert_int_equal(kafka_producer_flush(producer, WAIT_MS, &scene->error), 0);
    kafka_producer_free(producer);
}

static void a_kept_configuration_that_is_wrong_fails_and_says_why(void **state) {
    struct scene *scene = *state;
    connect_server_stop(scene->connect);
    keep(scene, "connect-configs", "connector-none",
         "{\"properties\":{\"connector.class\":\"datagen\",\"count\":\"0\"}}");
    keep(scene, "connect-offsets", "[\"none\",{\"quickstart\":\"customers\"}]",
         "{\"snapshot\":\"done\",\"changes\":4}");
    keep(scene, "connect-configs", "connector-many",
         "{\"properties\":{\"connector.class\":\"datagen\",\"count\":\"-1\",\"errors.retry.delay.max.ms\":\"-7\","
         "\"errors.retry.timeout\":\"400\"}}");
    keep(scene, "connect-configs", "connector-odd",
         "{\"properties\":{\"connector.class\":\"datagen\",\"cuont\":\"1\"}}");
    start_connect(scene);
    wait_for(scene, "/connectors/none/status",
             "Invalid value 0 for configuration count: Value must be between 1 and 1000000");
    wait_for(scene, "/connectors/many/status", "\"tasks\":[{\"id\":0,\"state\":\"FAILED\"");
    expect_words(
        scene, "GET", "/connectors/many/status", NULL, 200,
        "Invalid value -7 for configuration errors.retry.delay.max.ms: Value must be between 1 and 2147483647");
    wait_for(scene, "/connectors/odd/status", "the connector datagen has no such setting");
}

/* Such a connector was left by another program: its class is not known, its secrets are kept all the same. */
static void secrets_are_masked_in_every_answer(void **state) {
    struct scene *scene = *state;
    connect_server_stop(scene->connect);
    keep(scene, "connect-configs", "connector-old",
         "{\"properties\":{\"connector.class\":\"old.Class\",\"name\":\"old\",\"database.password\":\"hunter2\"}}");
    start_connect(scene);
    static const char *const paths[] = {"/connectors/old", "/connectors/old/config", "/connectors?expand=info",
                                        "/connectors/old/tasks", "/connectors/old/status"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        assert_null(strstr(ask(scene, "GET", paths[i], NULL, 200), "hunter2"));
        assert_true(i == 4 || strstr(text_string(&scene->answer.body), "\"database.password\":\"********\""));
    }
    expect_words(scene, "POST", "/connectors",
                 "{\"name\":\"new\",\"config\":{\"connector.class\":\"datagen\",\"database.password\":\"********\"}}",
                 400, "database.password is the mask that answers show");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_snapshot_writes_each_customer_as_the_cdc_connector_would, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_restart_goes_on_without_the_snapshot, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_paused_connector_stays_paused_over_a_restart_and_resumes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_deleted_connector_made_again_brings_its_snapshot_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_wrong_in_a_configuration_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(some_settings_are_changed_and_the_others_stay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(offsets_are_changed_only_while_it_is_stopped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_offset_that_nobody_comes_to_does_not_keep_it_from_being_stopped, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_failed_connector_says_why_and_the_worker_and_the_others_go_on, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_connector_that_is_to_be_started_again_is_when_its_reason_is_gone, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(one_that_may_be_started_again_for_a_while_fails_when_that_is_over, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(one_that_waits_for_its_next_start_can_be_stopped_and_deleted, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(loggers_are_refused_by_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_the_worker_knows_is_in_its_topics_and_goes_with_the_connector, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(there_is_one_task_and_a_stopped_connector_has_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_wait_for_the_next_start_is_longer_than_the_one_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_kept_configuration_that_is_wrong_fails_and_says_why, set_up, tear_down),
        cmocka_unit_test_setup_teardown(secrets_are_masked_in_every_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_unknown_connector_is_answered_in_the_words_of_the_call, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
