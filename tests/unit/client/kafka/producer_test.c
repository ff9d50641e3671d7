#include "mock.h"

struct outcome {
    size_t acknowledged, failed;
    int32_t partition[64];
    int64_t offset[64];
    void *opaque[64];
    struct error last;
};

static void remember(void *context, const struct kafka_delivery *delivery) {
    struct outcome *outcome = context;
    if (delivery->error) {
        outcome->failed++;
        outcome->last = *delivery->error;
        return;
    }
    size_t i = outcome->acknowledged++ % 64;
    outcome->partition[i] = delivery->partition;
    outcome->offset[i] = delivery->offset;
    outcome->opaque[i] = delivery->opaque;
}

static struct kafka_producer *producer_on(struct mock *mock, struct outcome *outcome, const char *name,
                                          const char *value) {
    struct properties *overrides = properties_new();
    if (name)
        properties_set(overrides, name, value);
    struct kafka_producer *producer = kafka_producer_new(mock->profile, overrides, remember, outcome, &mock->error);
    properties_free(overrides);
    return producer;
}

static void a_record_is_acknowledged_with_its_partition_offset_and_opaque(void **state) {
    struct mock *mock = *state;
    const char *topic = mock_topic(mock, 1);
    struct outcome outcome = {0};
    struct kafka_producer *producer = producer_on(mock, &outcome, NULL, NULL);
    assert_non_null(producer);
    int tag = 0;
    struct kafka_record record = {
        .topic = topic, .partition = -1, .key = VIEW("k"), .value = VIEW("v"), .opaque = &tag};
    assert_int_equal(kafka_producer_send(producer, &record, &mock->error), 0);
    assert_int_equal(kafka_producer_send(producer, &record, &mock->error), 0);
    assert_int_equal(kafka_producer_flush(producer, 5000, &mock->error), 0);
    assert_int_equal(outcome.acknowledged, 2);
    assert_int_equal(outcome.partition[0], 0);
    assert_int_equal(outcome.offset[0], 0);
    assert_int_equal(outcome.offset[1], 1);
    assert_ptr_equal(outcome.opaque[0], &tag);
    assert_int_equal(kafka_producer_waiting(producer), 0);
    kafka_producer_free(producer);
}

static void a_key_decides_the_partition_as_java_does(void **state) {
    struct mock *mock = *state;
    const char *topic = mock_topic(mock, 3);
    struct outcome outcome = {0};
    struct kafka_producer *producer = producer_on(mock, &outcome, NULL, NULL);
    static const char *const keys[] = {"5031 9467 5978 2983", "2406 6715 6269 4560", "a", "foobar", "21"};
    for (size_t i = 0; i < 5; i++) {
        struct kafka_record record = {
            .topic = topic, .partition = -1, .key = view_of(keys[i]), .opaque = (void *)keys[i]};
        assert_int_equal(kafka_producer_send(producer, &record, &mock->error), 0);
    }
    assert_int_equal(kafka_producer_flush(producer, 5000, &mock->error), 0);
    assert_int_equal(outcome.acknowledged, 5);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(outcome.partition[i], kafka_partition_for(view_of(outcome.opaque[i]), 3));
    kafka_producer_free(producer);
}

static void a_given_partition_wins_over_the_key(void **state) {
    struct mock *mock = *state;
    const char *topic = mock_topic(mock, 3);
    struct outcome outcome = {0};
    struct kafka_producer *producer = producer_on(mock, &outcome, NULL, NULL);
    for (int32_t partition = 0; partition < 3; partition++) {
        struct kafka_record record = {.topic = topic, .partition = partition, .key = VIEW("same")};
        assert_int_equal(kafka_producer_send(producer, &record, &mock->error), 0);
        assert_int_equal(kafka_producer_flush(producer, 5000, &mock->error), 0);
        assert_int_equal(outcome.partition[partition], partition);
    }
    kafka_producer_free(producer);
}

static void a_partition_that_is_not_there_is_refused_by_name(void **state) {
    struct mock *mock = *state;
    const char *topic = mock_topic(mock, 1);
    struct outcome outcome = {0};
    struct kafka_producer *producer = producer_on(mock, &outcome, NULL, NULL);
    struct kafka_record record = {.topic = topic, .partition = 9, .value = VIEW("v")};
    assert_int_equal(kafka_producer_send(producer, &record, &mock->error), -1);
    assert_int_equal(mock->error.code, ERROR_NOT_FOUND);
    assert_non_null(strstr(mock->error.message, topic));
    assert_non_null(strstr(mock->error.message, "no such partition"));
    kafka_producer_free(producer);
}

static void a_full_queue_says_busy_and_loses_nothing(void **state) {
    struct mock *mock = *state;
    const char *topic = mock_topic(mock, 1);
    struct outcome outcome = {0};
    struct kafka_producer *producer = producer_on(mock, &outcome, "queue.buffering.max.messages", "10");
    size_t sent = 0, refused = 0;
    for (int i = 0; i < 200; i++) {
        struct kafka_record record = {.topic = topic, .partition = 0, .value = VIEW("v")};
        while (kafka_producer_send(producer, &record, &mock->error)) {
            assert_int_equal(mock->error.code, ERROR_BUSY);
            assert_true(mock->error.retriable);
            refused++;
            kafka_producer_poll(producer, 100);
        }
        sent++;
    }
    assert_int_equal(kafka_producer_flush(producer, 5000, &mock->error), 0);
    assert_int_equal(outcome.acknowledged, sent);
    assert_true(refused > 0);
    kafka_producer_free(producer);
}

static void a_record_larger_than_allowed_is_refused_at_once(void **state) {
    struct mock *mock = *state;
    const char *topic = mock_topic(mock, 1);
    struct outcome outcome = {0};
    struct kafka_producer *producer = producer_on(mock, &outcome, "message.max.bytes", "1000");
    char *big = memory_zero(1, 5000);
    struct kafka_record record = {.topic = topic, .partition = 0, .value = {big, 5000}};
    assert_int_equal(kafka_producer_send(producer, &record, &mock->error), -1);
    assert_int_equal(mock->error.code, ERROR_INVALID);
    assert_non_null(strstr(mock->error.message, "message.max.bytes"));
    memory_free(big);
    kafka_producer_free(producer);
}

static void a_broker_that_refuses_a_record_is_told_in_the_delivery(void **state) {
    struct mock *mock = *state;
    const char *topic = mock_topic(mock, 1);
    struct outcome outcome = {0};
    struct kafka_producer *producer = producer_on(mock, &outcome, "enable.idempotence", "false");
    rd_kafka_mock_push_request_errors(mock->cluster, 0 /* Produce */, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    struct kafka_record record = {.topic = topic, .partition = 0, .value = VIEW("v")};
    assert_int_equal(kafka_producer_send(producer, &record, &mock->error), 0);
    assert_int_equal(kafka_producer_flush(producer, 5000, &mock->error), 0);
    assert_int_equal(outcome.failed, 1);
    assert_int_equal(outcome.last.code, ERROR_DENIED);
    assert_non_null(strstr(outcome.last.message, topic));
    kafka_producer_free(producer);
}

static void a_dead_broker_leaves_the_record_waiting_and_flush_says_so(void **state) {
    struct mock *mock = *state;
    const char *topic = mock_topic(mock, 1);
    struct outcome outcome = {0};
    struct profile *dead = mock_dead_profile();
    struct kafka_producer *producer = kafka_producer_new(dead, NULL, remember, &outcome, &mock->error);
    assert_non_null(producer);
    struct kafka_record record = {.topic = topic, .partition = 0, .value = VIEW("v")};
    assert_int_equal(kafka_producer_send(producer, &record, &mock->error), 0);
    assert_int_equal(kafka_producer_waiting(producer), 1);
    assert_int_equal(kafka_producer_flush(producer, 50, &mock->error), -1);
    assert_int_equal(mock->error.code, ERROR_UNREACHABLE);
    assert_non_null(strstr(mock->error.message, "1 records not yet acknowledged"));
    assert_non_null(strstr(mock->error.message, "Connection refused"));
    kafka_producer_free(producer);
    assert_int_equal(outcome.failed, 1);
    assert_int_equal(outcome.last.code, ERROR_CLOSED);
    profile_release(dead);
}

static void a_wrong_override_is_named_and_a_secret_stays_unsaid(void **state) {
    struct mock *mock = *state;
    assert_null(producer_on(mock, NULL, "linger.ms", "soon"));
    assert_int_equal(mock->error.code, ERROR_INVALID);
    assert_non_null(strstr(mock->error.message, "linger.ms=soon"));
    assert_null(producer_on(mock, NULL, "security.protocol", "carrier-pigeon"));
    assert_non_null(strstr(mock->error.message, "security.protocol"));
    assert_null(producer_on(mock, NULL, "sasl.kerberos.min.time.before.relogin", "-7"));
    struct kafka_producer *producer = producer_on(mock, NULL, "client.dns.lookup.unheard.of", "x");
    assert_non_null(producer); /* unknown names are skipped */
    kafka_producer_free(producer);
}

static void fewer_acknowledgements_turn_idempotence_off_instead_of_failing(void **state) {
    struct mock *mock = *state;
    const char *topic = mock_topic(mock, 1);
    struct outcome outcome = {0};
    struct kafka_producer *producer = producer_on(mock, &outcome, "acks", "1");
    assert_non_null(producer);
    struct kafka_record record = {.topic = topic, .partition = 0, .value = VIEW("v")};
    assert_int_equal(kafka_producer_send(producer, &record, &mock->error), 0);
    assert_int_equal(kafka_producer_flush(producer, 5000, &mock->error), 0);
    assert_int_equal(outcome.acknowledged, 1);
    kafka_producer_free(producer);
}

static void a_profile_without_an_address_is_refused_with_what_to_add(void **state) {
    struct mock *mock = *state;
    struct properties *none = properties_new();
    struct profile *profile = profile_from_properties("empty", none, 0, NULL);
    assert_null(kafka_producer_new(profile, NULL, NULL, NULL, &mock->error));
    assert_int_equal(mock->error.code, ERROR_INVALID);
    assert_non_null(strstr(mock->error.message, "bootstrap.servers"));
    profile_release(profile);
    properties_free(none);
}

static void free_accepts_null(void **state) {
    (void)state;
    kafka_producer_free(NULL);
    kafka_consumer_free(NULL);
    kafka_admin_free(NULL);
    kafka_cluster_free(NULL);
    kafka_groups_free(NULL, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_acknowledged_with_its_partition_offset_and_opaque),
        cmocka_unit_test(a_key_decides_the_partition_as_java_does),
        cmocka_unit_test(a_given_partition_wins_over_the_key),
        cmocka_unit_test(a_partition_that_is_not_there_is_refused_by_name),
        cmocka_unit_test(a_full_queue_says_busy_and_loses_nothing),
        cmocka_unit_test(a_record_larger_than_allowed_is_refused_at_once),
        cmocka_unit_test(a_broker_that_refuses_a_record_is_told_in_the_delivery),
        cmocka_unit_test(a_dead_broker_leaves_the_record_waiting_and_flush_says_so),
        cmocka_unit_test(a_wrong_override_is_named_and_a_secret_stays_unsaid),
        cmocka_unit_test(fewer_acknowledgements_turn_idempotence_off_instead_of_failing),
        cmocka_unit_test(a_profile_without_an_address_is_refused_with_what_to_add),
        cmocka_unit_test(free_accepts_null),
    };
    return cmocka_run_group_tests(tests, mock_start, mock_stop);
}
