/* The services between our own servers: what they post, what they make, and that nothing foreign is touched. */
#include "console/service/service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "client/connect.h"
#include "client/kafka.h"
#include "client/registry.h"
#include "console/model/event.h"
#include "console/service/service_private.h"
#include "foundation/base/file.h"
#include "foundation/format/format.h"
#include "foundation/format/framing.h"
#include "lab/topics.h"
#include "server/embedded.h"

enum { PATIENCE_MS = 60000, ASK_MS = 10000 };

struct stage {
    char folder[64];
    struct embedded *embedded;
    struct profile *profile;
    struct http_client *http;
    struct mailbox *events;
    struct services *services;
    struct model *model;
    struct kafka_admin *admin;
    struct error error;
    /* of the tail */
    uint64_t shown, told_skipped;
    /* of rates: monotonic times of the last looks */
    int64_t looks[8];
    size_t look_count;
    char last[512]; /* message */
};

static void see(struct stage *stage, const struct message *message) {
    if (message->kind == &event_tail_kind) {
        const struct event_tail *event = (const struct event_tail *)message;
        stage->shown += event->count;
        for (size_t i = 0; i < event->count; i++)
            stage->told_skipped += event->rows[i]->skipped_before;
    } else if (message->kind == &event_rates_kind && stage->look_count < 8) {
        stage->looks[stage->look_count++] = clock_monotonic_ms();
    } else if (message->kind == &event_message_kind) {
        snprintf(stage->last, sizeof stage->last, "%s", ((const struct event_message *)message)->text);
    }
}

static void turn(struct stage *stage) {
    struct message *message = mailbox_receive(stage->events, 20);
    for (; message; message = mailbox_receive(stage->events, 0)) {
        see(stage, message);
        model_apply(stage->model, message, clock_wall_ms(NULL));
        message_free(message);
    }
}

/* Waits for a condition over `stage`; fails with the last message when it never comes. */
#define UNTIL(condition)                                                                                               \
    do {                                                                                                               \
        int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;                                                         \
        while (!(condition)) {                                                                                         \
            turn(stage);                                                                                               \
            if (clock_monotonic_ms() > until_ms)                                                                       \
                fail_msg("never: %s; last message: %s", #condition, stage->last);                                      \
        }                                                                                                              \
    } while (0)

static bool said(const struct stage *stage, const char *words) {
    for (size_t i = 0; i < stage->model->messages.count; i++)
        if (strstr(stage->model->messages.items[i].text, words))
            return true;
    return false;
}

static void ask(struct stage *stage, enum service_id service, enum request_verb verb, const char *text, double number,
                int64_t count) {
    struct request *request = request_new(service, verb, text);
    request->number = number;
    request->count = count;
    services_send(stage->services, request);
}

static void start_services(struct stage *stage, unsigned mask) {
    struct service_context context = {.events = stage->events,
                                      .profile = stage->profile,
                                      .http = stage->http,
                                      .seed = 7,
                                      .folder = stage->folder,
                                      .deferred_tail = true};
    stage->services = services_start(&context, mask, &stage->error);
    assert_non_null(stage->services);
}

static int set_up(void **state) {
    struct stage *stage = memory_zero(1, sizeof *stage);
    snprintf(stage->folder, sizeof stage->folder, "/tmp/services-XXXXXX");
    assert_non_null(mkdtemp(stage->folder));
    struct embedded_options options = EMBEDDED_OPTIONS_INIT;
    options.memory = true;
    stage->embedded = embedded_start(&options, &stage->error);
    if (!stage->embedded)
        fail_msg("%s", stage->error.message);
    stage->profile = embedded_profile(stage->embedded);
    stage->http = http_client_new(&stage->error);
    stage->events = mailbox_new(1024);
    stage->model = model_new();
    stage->admin = kafka_admin_new(stage->profile, &stage->error);
    assert_non_null(stage->admin);
    *state = stage;
    return 0;
}

static int tear_down(void **state) {
    struct stage *stage = *state;
    services_stop(stage->services, 5000);
    kafka_admin_free(stage->admin);
    model_free(stage->model);
    mailbox_free(stage->events);
    http_client_free(stage->http);
    profile_release(stage->profile);
    embedded_stop(stage->embedded);
    file_remove_tree(stage->folder, NULL);
    memory_free(stage);
    return 0;
}

static int64_t end_of(struct stage *stage, const char *topic) {
    int64_t low = 0, high = -1;
    kafka_admin_watermarks(stage->admin, topic, 0, ASK_MS, &low, &high, NULL);
    return high;
}

static bool topic_exists(struct stage *stage, const char *topic) {
    int32_t partitions = 0;
    return kafka_admin_topic_partitions(stage->admin, topic, ASK_MS, &partitions, NULL) == 0;
}

static bool ledger_has(struct stage *stage, const char *kind, const char *name) {
    size_t count = 0;
    bool found = false;
    struct ledger_entry *entries = ledger_read(stage->folder, &count);
    for (size_t i = 0; i < count; i++)
        found = found || (strcmp(entries[i].kind, kind) == 0 && strcmp(entries[i].name, name) == 0);
    ledger_free(entries, count);
    return found;
}

/* --- producer --- */

static void bring_customers(struct stage *stage) {
    ask(stage, SERVICE_CONNECTOR, REQUEST_CREATE, NULL, 0, 0);
    UNTIL(said(stage, "Connector CDC_Postgresql created"));
    UNTIL(end_of(stage, LAB_TOPIC_CUSTOMERS) == 100);
    ask(stage, SERVICE_TOPICS, REQUEST_WORKSHOP, NULL, 0, 0);
    UNTIL(said(stage, "Subject fraudulent_transactions-value registered"));
}

enum {
    MAKERS = 1 << SERVICE_CONNECTOR | 1 << SERVICE_TOPICS | 1 << SERVICE_PRODUCER | 1 << SERVICE_DETECTOR |
             1 << SERVICE_CLEANUP
};

static void what_the_producer_says_it_sent_is_in_the_topic(void **state) {
    static const double rates[] = {0.2, 1, 100, -1};
    struct stage *stage = *state;
    start_services(stage, MAKERS);
    bring_customers(stage);
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        uint64_t before = stage->model->producer.acknowledged;
        ask(stage, SERVICE_PRODUCER, REQUEST_START, NULL, rates[i], 0);
        UNTIL(stage->model->producer.acknowledged > before);
        ask(stage, SERVICE_PRODUCER, REQUEST_STOP, NULL, 0, 0);
        UNTIL(!stage->model->producer.running);
        assert_int_equal(stage->model->producer.sent, stage->model->producer.acknowledged);
        assert_int_equal(end_of(stage, LAB_TOPIC_TRANSACTIONS), stage->model->producer.acknowledged);
    }
    assert_int_equal(stage->model->producer.failed, 0);
}

static void without_its_topic_the_producer_does_not_start_and_says_what_makes_it(void **state) {
    struct stage *stage = *state;
    start_services(stage, MAKERS);
    ask(stage, SERVICE_PRODUCER, REQUEST_START, NULL, 1, 0);
    UNTIL(said(stage, "The topic transactions does not exist: t c (`topic create workshop`) makes it"));
    assert_false(stage->model->producer.running);
    ask(stage, SERVICE_PRODUCER, REQUEST_ONE, NULL, 0, 0);
    ask(stage, SERVICE_PRODUCER, REQUEST_BURST, NULL, 0, 3);
    UNTIL(services_pending(stage->services) == 0);
    assert_int_equal(stage->model->producer.sent, 0);
    assert_false(topic_exists(stage, LAB_TOPIC_TRANSACTIONS));
    ask(stage, SERVICE_TOPICS, REQUEST_WORKSHOP, NULL, 0, 0); /* asked for at once, it waits for the topic */
    ask(stage, SERVICE_PRODUCER, REQUEST_START, NULL, 1, 0);
    UNTIL(stage->model->producer.acknowledged > 0);
}

static void a_rate_is_kept_over_its_time(void **state) {
    struct stage *stage = *state;
    start_services(stage, MAKERS);
    bring_customers(stage);
    ask(stage, SERVICE_PRODUCER, REQUEST_CHANCE, NULL, 0, 0);
    int64_t began = clock_monotonic_ms();
    ask(stage, SERVICE_PRODUCER, REQUEST_START, NULL, 100, 0);
    UNTIL(stage->model->producer.acknowledged >= 200);
    int64_t took = clock_monotonic_ms() - began;
    assert_true(took >= 1900); /* never faster; slower only when the machine is */
}

static void the_rate_is_told_from_its_first_second_on_and_never_above_what_was_asked_for(void **state) {
    struct stage *stage = *state;
    start_services(stage, MAKERS);
    bring_customers(stage);
    ask(stage, SERVICE_PRODUCER, REQUEST_CHANCE, NULL, 0, 0);
    ask(stage, SERVICE_PRODUCER, REQUEST_START, NULL, 100, 0);
    UNTIL(stage->model->producer.actual > 0);
    assert_in_range(stage->model->producer.acknowledged, 1, 290); /* 100 a second: a span of 3 s is not over */
    assert_true(stage->model->producer.actual <= 101);
}

static void bursts_and_single_transactions_have_the_card_and_amount_asked_for(void **state) {
    struct stage *stage = *state;
    start_services(stage, MAKERS);
    bring_customers(stage);
    ask(stage, SERVICE_PRODUCER, REQUEST_BURST, "5031 9467 5978 2983", 0, 5);
    UNTIL(said(stage, "Burst sent: 5 transactions of one card"));
    ask(stage, SERVICE_PRODUCER, REQUEST_ONE, "5031 9467 5978 2983", 0, 4711);
    UNTIL(said(stage, "amount 4711."));
    assert_int_equal(end_of(stage, LAB_TOPIC_TRANSACTIONS), 6);
    ask(stage, SERVICE_PRODUCER, REQUEST_BURST, NULL, 0, 100000);
    UNTIL(said(stage, "A burst has at most 1000 transactions"));
    assert_int_equal(end_of(stage, LAB_TOPIC_TRANSACTIONS), 6);
}

/* --- tail and rates --- */

static void a_tail_that_cannot_keep_up_says_how_many_rows_it_passed_over(void **state) {
    struct stage *stage = *state;
    start_services(stage, MAKERS | 1 << SERVICE_TAIL);
    bring_customers(stage);
    ask(stage, SERVICE_PRODUCER, REQUEST_START, NULL, -1, 0);
    UNTIL(stage->model->producer.acknowledged > 20000);
    ask(stage, SERVICE_PRODUCER, REQUEST_STOP, NULL, 0, 0);
    UNTIL(!stage->model->producer.running);
    struct request *request = request_new(SERVICE_TAIL, REQUEST_TAIL, LAB_TOPIC_TRANSACTIONS);
    request->more = memory_copy_string("earliest");
    services_send(stage->services, request);
    uint64_t all = stage->model->producer.acknowledged;
    UNTIL(model_find_tail(stage->model, LAB_TOPIC_TRANSACTIONS) &&
          model_find_tail(stage->model, LAB_TOPIC_TRANSACTIONS)->received == all);
    const struct model_tail *tail = model_find_tail(stage->model, LAB_TOPIC_TRANSACTIONS);
    assert_true(tail->skipped > 0);
    assert_int_equal(tail->skipped, stage->told_skipped);
    assert_int_equal(tail->skipped + stage->shown, all);
    assert_int_equal(tail->undecodable, 0);
    assert_true(model_tail_at(tail, tail->count - 1)->is_transaction);
}

static void a_tail_of_a_topic_that_comes_later_waits_for_it(void **state) {
    struct stage *stage = *state;
    start_services(stage, MAKERS | 1 << SERVICE_TAIL);
    ask(stage, SERVICE_TAIL, REQUEST_TAIL, LAB_TOPIC_TRANSACTIONS, 0, 0);
    UNTIL(model_find_tail(stage->model, LAB_TOPIC_TRANSACTIONS));
    bring_customers(stage);
    ask(stage, SERVICE_PRODUCER, REQUEST_BURST, NULL, 0, 3);
    UNTIL(model_find_tail(stage->model, LAB_TOPIC_TRANSACTIONS)->received == 3);
}

static void rates_are_looked_up_once_a_second_and_count_exactly(void **state) {
    struct stage *stage = *state;
    start_services(stage, MAKERS | 1 << SERVICE_RATES | 1 << SERVICE_WATCH);
    bring_customers(stage);
    ask(stage, SERVICE_PRODUCER, REQUEST_BURST, NULL, 0, 500);
    UNTIL(said(stage, "Burst sent: 500"));
    UNTIL(model_find_topic(stage->model, LAB_TOPIC_TRANSACTIONS) &&
          model_find_topic(stage->model, LAB_TOPIC_TRANSACTIONS)->high == 500);
    UNTIL(stage->look_count >= 4);
    assert_true(stage->looks[3] - stage->looks[0] >= 2500); /* four looks, three seconds apart */
}

/* --- detector --- */

static void write_feature(struct stage *stage, struct kafka_producer *producer, const char *card, int64_t count,
                          int64_t total) {
    static const char key_schema[] =
        "{\"type\":\"record\",\"name\":\"FeatureSetKey\",\"namespace\":\"io.confluent.ksql.avro_schemas\",\"fields\":["
        "{\"name\":\"CREDIT_CARD_NUMBER\",\"type\":[\"null\",\"string\"],\"default\":null},"
        "{\"name\":\"CUSTOMER_EMAIL\",\"type\":[\"null\",\"string\"],\"default\":null},"
        "{\"name\":\"AVERAGE_SPENDING_AMOUNT\",\"type\":[\"null\",\"int\"],\"default\":null}]}";
    static const char value_schema[] =
        "{\"type\":\"object\",\"properties\":{\"TRANSACTION_COUNT\":{\"type\":\"integer\"}}}";
    static const struct column columns[] = {{{"CREDIT_CARD_NUMBER", 18}, &sql_string},
                                            {{"CUSTOMER_EMAIL", 14}, &sql_string},
                                            {{"AVERAGE_SPENDING_AMOUNT", 23}, &sql_integer}};
    struct registry_client *registry = registry_client_new(stage->profile, stage->http, &stage->error);
    int32_t key_id = 0, value_id = 0;
    assert_int_equal(
        registry_client_register(registry, "FEATURE_SET-key", "AVRO", view_of(key_schema), &key_id, &stage->error), 0);
    assert_int_equal(registry_client_register(registry, "FEATURE_SET-value", "JSON", view_of(value_schema), &value_id,
                                              &stage->error),
                     0);
    struct codec_options options = {.full_name = VIEW("io.confluent.ksql.avro_schemas.FeatureSetKey"),
                                    .writer_schema = view_of(key_schema)};
    struct schema_source schemas = registry_client_source(registry);
    struct codec *codec = format_find(VIEW("AVRO"))->compile(columns, 3, &options, &schemas, &stage->error);
    assert_non_null(codec);
    codec_set_schema_id(codec, key_id);
    struct value values[3] = {value_string(view_of(card)), value_string(VIEW("a@example.com")), value_integer(1000)};
    struct text key = TEXT_EMPTY, value = TEXT_EMPTY;
    assert_int_equal(codec_encode(codec, values, &key, &stage->error), 0);
    for (int i = 7; i >= 0; i--)
        text_append_char(&key, (char)(INT64_C(1795420800000) >> (8 * i)));
    framing_write(&value, value_id);
    text_append_format(
        &value,
        "{\"TRANSACTION_COUNT\":%lld,\"TOTAL_AMOUNT\":%lld,\"WINDOW_START\":\"2026-11-23 08:00:00 +0000\","
        "\"WINDOW_END\":\"2026-11-23 08:05:00 +0000\"}",
        (long long)count, (long long)total);
    struct kafka_record record = {
        .topic = LAB_TOPIC_FEATURES, .partition = 0, .key = text_view(&key), .value = text_view(&value)};
    assert_int_equal(kafka_producer_send(producer, &record, &stage->error), 0);
    assert_int_equal(kafka_producer_flush(producer, ASK_MS, &stage->error), 0);
    text_free(&key);
    text_free(&value);
    codec_free(codec);
    registry_client_free(registry);
}

static int64_t committed(struct stage *stage) {
    int64_t offset = -1;
    kafka_admin_group_offset(stage->admin, LAB_DETECTOR_GROUP, LAB_TOPIC_FEATURES, 0, ASK_MS, &offset, NULL);
    return offset;
}

static void the_detector_alerts_what_breaks_the_rule_commits_and_passes_over_what_it_cannot_read(void **state) {
    struct stage *stage = *state;
    start_services(stage, MAKERS | 1 << SERVICE_ALERTS);
    bring_customers(stage);
    assert_int_equal(kafka_admin_create_topic(stage->admin, LAB_TOPIC_FEATURES, 1, -1, NULL, ASK_MS, &stage->error), 0);
    struct kafka_producer *producer = kafka_producer_new(stage->profile, NULL, NULL, NULL, &stage->error);
    write_feature(stage, producer, "1111", 1, 90000); /* one transaction only */
    write_feature(stage, producer, "2222", 2, 1000);  /* not more than the average */
    write_feature(stage, producer, "3333", 2, 1001);
    struct kafka_record garbage = {
        .topic = LAB_TOPIC_FEATURES, .partition = 0, .key = VIEW("x"), .value = VIEW("garbage")};
    assert_int_equal(kafka_producer_send(producer, &garbage, &stage->error), 0);
    write_feature(stage, producer, "4444", 9, 9999);
    ask(stage, SERVICE_DETECTOR, REQUEST_START, NULL, 0, 0);
    UNTIL(committed(stage) == 5);
    UNTIL(stage->model->alerts.count == 2 && stage->model->detector.read == 5);
    assert_string_equal(stage->model->alerts.items[0].card, "3333");
    assert_string_equal(stage->model->alerts.items[1].card, "4444");
    assert_int_equal(stage->model->detector.undecodable, 1);
    assert_int_equal(end_of(stage, LAB_TOPIC_ALERTS), 2);
    UNTIL(said(stage, "FEATURE_SET offset 3"));
    /* once more from the beginning, with another rule */
    ask(stage, SERVICE_DETECTOR, REQUEST_RULE, NULL, 0, 3);
    ask(stage, SERVICE_DETECTOR, REQUEST_REWIND, "earliest", 0, 0);
    UNTIL(end_of(stage, LAB_TOPIC_ALERTS) == 3 && committed(stage) == 5);
    ask(stage, SERVICE_DETECTOR, REQUEST_STOP, NULL, 0, 0);
    UNTIL(said(stage, "Detector stopped."));
    write_feature(stage, producer, "5555", 9, 9999);
    ask(stage, SERVICE_DETECTOR, REQUEST_REWIND, "latest", 0, 0);
    UNTIL(committed(stage) == 6);
    assert_int_equal(end_of(stage, LAB_TOPIC_ALERTS), 3);
    kafka_producer_free(producer);
}

/* --- clean-up --- */

static void clean_up_takes_what_the_lab_made_and_leaves_the_rest(void **state) {
    struct stage *stage = *state;
    struct registry_client *registry = registry_client_new(stage->profile, stage->http, &stage->error);
    int32_t id = 0;
    assert_int_equal(kafka_admin_create_topic(stage->admin, "foreign", 1, -1, NULL, ASK_MS, &stage->error), 0);
    assert_int_equal(kafka_admin_create_topic(stage->admin, LAB_TOPIC_ALERTS, 1, -1, NULL, ASK_MS, &stage->error), 0);
    assert_int_equal(registry_client_register(registry, "fraudulent_transactions-value", "AVRO",
                                              view_of(lab_alert_schema()), &id, &stage->error),
                     0);
    start_services(stage, MAKERS);
    ask(stage, SERVICE_TOPICS, REQUEST_CREATE, "foreign", 0, 1);
    UNTIL(said(stage, "Topic foreign exists already"));
    ask(stage, SERVICE_CONNECTOR, REQUEST_CREATE, NULL, 0, 0);
    UNTIL(said(stage, "Connector CDC_Postgresql created"));
    ask(stage, SERVICE_TOPICS, REQUEST_WORKSHOP, NULL, 0, 0);
    UNTIL(said(stage, "fraudulent_transactions-value is registered already"));
    ask(stage, SERVICE_PRODUCER, REQUEST_START, NULL, 100, 0);
    ask(stage, SERVICE_DETECTOR, REQUEST_START, NULL, 0, 0);
    UNTIL(stage->model->producer.acknowledged > 10 && said(stage, "Detector started"));
    assert_true(ledger_has(stage, "topic", "transactions") && ledger_has(stage, "connector", "CDC_Postgresql"));
    assert_false(ledger_has(stage, "topic", "foreign") || ledger_has(stage, "topic", "fraudulent_transactions") ||
                 ledger_has(stage, "subject", "fraudulent_transactions-value"));
    ask(stage, SERVICE_CLEANUP, REQUEST_CLEANUP, NULL, 0, 0);
    UNTIL(said(stage, "things of the lab are gone"));
    assert_true(topic_exists(stage, "foreign") && topic_exists(stage, LAB_TOPIC_ALERTS));
    assert_false(topic_exists(stage, LAB_TOPIC_TRANSACTIONS) || topic_exists(stage, LAB_TOPIC_CUSTOMERS));
    char **subjects;
    size_t count;
    assert_int_equal(registry_client_subjects(registry, &subjects, &count, &stage->error), 0);
    assert_int_equal(count, 1);
    registry_subjects_free(subjects, count);
    struct ledger_entry *left = ledger_read(stage->folder, &count);
    assert_int_equal(count, 0);
    ledger_free(left, count);
    ask(stage, SERVICE_CLEANUP, REQUEST_CLEANUP, NULL, 0, 0);
    UNTIL(said(stage, "The ledger is empty"));
    registry_client_free(registry);
}

static void a_connector_that_somebody_else_made_stays(void **state) {
    struct stage *stage = *state;
    struct connect_client *connect = connect_client_new(stage->profile, stage->http, &stage->error);
    struct properties *config = properties_new();
    properties_set(config, "connector.class", "datagen");
    properties_set(config, "quickstart", "customers");
    properties_set(config, "kafka.topic", "others");
    assert_int_equal(connect_client_create(connect, LAB_CONNECTOR, config, &stage->error), 0);
    properties_free(config);
    start_services(stage, MAKERS);
    ask(stage, SERVICE_CONNECTOR, REQUEST_CREATE, NULL, 0, 0);
    UNTIL(said(stage, "Connector CDC_Postgresql exists already"));
    assert_false(ledger_has(stage, "connector", LAB_CONNECTOR));
    assert_false(ledger_has(stage, "topic", LAB_TOPIC_CUSTOMERS));
    connect_client_free(connect);
}

/* What a kill between the line in the ledger and the making leaves: a name that was never made. */
static void a_clean_up_goes_on_after_a_kill_at_any_point(void **state) {
    struct stage *stage = *state;
    char *path = file_join(stage->folder, "ledger");
    assert_int_equal(kafka_admin_create_topic(stage->admin, "made", 1, -1, NULL, ASK_MS, &stage->error), 0);
    assert_int_equal(file_write_atomic(path,
                                       VIEW("+topic never made\n+connector never\n+subject never-value\n+group never\n"
                                            "+topic made\n+topic was there\n-topic was there\n+topic cu"),
                                       0600, &stage->error),
                     0);
    memory_free(path);
    start_services(stage, MAKERS);
    ask(stage, SERVICE_CLEANUP, REQUEST_CLEANUP, NULL, 0, 0);
    UNTIL(said(stage, "Clean-up: 5 things of the lab are gone"));
    assert_false(topic_exists(stage, "made"));
}

/* --- watch --- */

static void a_server_that_is_away_is_tried_after_one_two_and_four_seconds(void **state) {
    struct stage *stage = *state;
    struct properties *properties = properties_new();
    properties_set(properties, "bootstrap.servers", profile_get(stage->profile, "bootstrap.servers"));
    properties_set(properties, "connect.url", "http://127.0.0.1:1");
    profile_release(stage->profile);
    stage->profile = profile_from_properties("half", properties, 0, &stage->error);
    properties_free(properties);
    start_services(stage, 1 << SERVICE_WATCH);
    const struct model_server *kafka = &stage->model->servers[SERVER_KAFKA],
                              *connect = &stage->model->servers[SERVER_CONNECT];
    static const int64_t waits[] = {1000, 2000, 4000};
    int64_t last = 0;
    for (int i = 0; i < 3; i++) {
        UNTIL(connect->state == SERVER_DOWN && connect->retry_ms != last);
        assert_non_null(strstr(connect->error, "127.0.0.1"));
        assert_in_range(connect->retry_ms - connect->observed_ms, waits[i] - 500, waits[i]);
        last = connect->retry_ms;
    }
    assert_int_equal(kafka->state, SERVER_READY);
    assert_true(clock_wall_ms(NULL) - kafka->observed_ms < 3000); /* the one that is away delays no other */
    ask(stage, SERVICE_WATCH, REQUEST_PROBE, NULL, 0, 0);
    UNTIL(connect->retry_ms != last); /* asked for, it is tried at once */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_the_producer_says_it_sent_is_in_the_topic),
        TEST(without_its_topic_the_producer_does_not_start_and_says_what_makes_it),
        TEST(a_rate_is_kept_over_its_time),
        TEST(the_rate_is_told_from_its_first_second_on_and_never_above_what_was_asked_for),
        TEST(bursts_and_single_transactions_have_the_card_and_amount_asked_for),
        TEST(a_tail_that_cannot_keep_up_says_how_many_rows_it_passed_over),
        TEST(a_tail_of_a_topic_that_comes_later_waits_for_it),
        TEST(rates_are_looked_up_once_a_second_and_count_exactly),
        TEST(the_detector_alerts_what_breaks_the_rule_commits_and_passes_over_what_it_cannot_read),
        TEST(clean_up_takes_what_the_lab_made_and_leaves_the_rest),
        TEST(a_connector_that_somebody_else_made_stays),
        TEST(a_clean_up_goes_on_after_a_kill_at_any_point),
        TEST(a_server_that_is_away_is_tried_after_one_two_and_four_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
