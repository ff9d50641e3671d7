#include "mock.h"

enum { MOST = 100 };

struct heard {
    size_t troubles, assignments, partitions;
    struct error last;
};

static void hear_trouble(void *context, const struct error *error) {
    struct heard *heard = context;
    heard->troubles++;
    heard->last = *error;
}

static void hear_assigned(void *context, size_t partitions) {
    struct heard *heard = context;
    heard->assignments++;
    heard->partitions = partitions;
}

static void produce(struct mock *mock, const struct kafka_record *records, size_t count) {
    struct kafka_producer *producer = kafka_producer_new(mock->profile, NULL, NULL, NULL, &mock->error);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(kafka_producer_send(producer, &records[i], &mock->error), 0);
    assert_int_equal(kafka_producer_flush(producer, 5000, &mock->error), 0);
    kafka_producer_free(producer);
}

static void produce_numbered(struct mock *mock, const char *topic, int first, int count) {
    for (int i = 0; i < count; i++) {
        char text[16];
        int size = snprintf(text, sizeof text, "%d", first + i);
        struct kafka_record record = {.topic = topic, .partition = 0, .value = {text, (size_t)size}};
        produce(mock, &record, 1);
    }
}

static struct kafka_consumer *consumer_of(struct mock *mock, const char *group, const char *reset,
                                          struct heard *heard) {
    struct properties *overrides = properties_new();
    properties_set(overrides, "fetch.wait.max.ms", "20"); /* the mock does not wake up for new records */
    struct kafka_consumer_options options = {.group = group,
                                             .offset_reset = reset,
                                             .overrides = overrides,
                                             .assigned = hear_assigned,
                                             .trouble = hear_trouble,
                                             .context = heard};
    struct kafka_consumer *consumer = kafka_consumer_new(mock->profile, &options, &mock->error);
    properties_free(overrides);
    assert_non_null(consumer);
    return consumer;
}

static void assign_at(struct mock *mock, struct kafka_consumer *consumer, const char *topic, int64_t offset) {
    struct kafka_partition partition = {topic, 0, offset};
    assert_int_equal(kafka_consumer_assign(consumer, &partition, 1, &mock->error), 0);
}

/* Receives until a message comes or five seconds have passed. */
static int receive_some(struct mock *mock, struct kafka_consumer *consumer, struct kafka_message *messages,
                        size_t most) {
    int64_t deadline = clock_monotonic_ms() + 5000;
    int count = 0;
    while (!count && clock_monotonic_ms() < deadline)
        count = kafka_consumer_receive(consumer, messages, most, 200, &mock->error);
    return count;
}

static void what_was_sent_is_received_with_key_value_time_and_headers(void **state) {
    struct mock *mock = *state;
    const char *topic = mock_topic(mock, 1);
    struct header headers[] = {{VIEW("trace"), VIEW("abc")}, {VIEW("nothing"), {NULL, 0}}};
    struct kafka_record sent = {.topic = topic,
                                .partition = 0,
                                .key = VIEW("key"),
                                .value = VIEW("value"),
                                .timestamp = 1700000000123,
                                .headers = headers,
                                .header_count = 2};
    produce(mock, &sent, 1);
    struct heard heard = {0};
    struct kafka_consumer *consumer = consumer_of(mock, NULL, "earliest", &heard);
    assign_at(mock, consumer, topic, KAFKA_EARLIEST);
    struct kafka_message messages[MOST];
    assert_int_equal(receive_some(mock, consumer, messages, MOST), 1);
    assert_string_equal(messages[0].topic, topic);
    assert_int_equal(messages[0].partition, 0);
    assert_int_equal(messages[0].offset, 0);
    assert_int_equal(messages[0].timestamp, 1700000000123);
    assert_true(view_equal(messages[0].key, VIEW("key")));
    assert_true(view_equal(messages[0].value, VIEW("value")));
    assert_int_equal(messages[0].header_count, 2);
    assert_true(view_equal(messages[0].headers[0].name, VIEW("trace")));
    assert_true(view_equal(messages[0].headers[0].value, VIEW("abc")));
    assert_true(view_equal(messages[0].headers[1].name, VIEW("nothing")));
    assert_null(messages[0].headers[1].value.data);
    assert_int_equal(heard.troubles, 0);
    kafka_consumer_release(consumer);
    kafka_consumer_free(consumer);
}

static void null_and_empty_stay_apart(void **state) {
    struct mock *mock = *state;
    const char *topic = mock_topic(mock, 1);
    struct kafka_record sent[] = {
        {.topic = topic, .partition = 0, .key = VIEW("k"), .value = {NULL, 0}},
        {.topic = topic, .partition = 0, .key = {NULL, 0}, .value = VIEW("")},
    };
    produce(mock, sent, 2);
    struct kafka_consumer *consumer = consumer_of(mock, NULL, "earliest", &(struct heard){0});
    assign_at(mock, consumer, topic, KAFKA_EARLIEST);
    struct kafka_message messages[MOST];
    int count = 0;
    while (count < 2) {
        int more = receive_some(mock, consumer, messages, 1);
        assert_int_equal(more, 1);
        if (messages[0].offset == 0) {
            assert_true(view_equal(messages[0].key, VIEW("k")));
            assert_null(messages[0].value.data);
        } else {
            assert_null(messages[0].key.data);
            assert_non_null(messages[0].value.data);
            assert_int_equal(messages[0].value.size, 0);
        }
        count += more;
    }
    kafka_consumer_free(consumer);
}

static void the_first_record_is_handed_out_without_waiting_for_a_full_batch(void **state) {
    struct mock *mock = *state;
    const char *topic = mock_topic(mock, 1);
    produce_numbered(mock, topic, 0, 1);
    struct kafka_consumer *consumer = consumer_of(mock, NULL, "earliest", &(struct heard){0});
    assign_at(mock, consumer, topic, KAFKA_EARLIEST);
    struct kafka_message messages[MOST];
    int64_t before = clock_monotonic_ms();
    assert_int_equal(kafka_consumer_receive(consumer, messages, MOST, 20000, &mock->error), 1);
    assert_true(clock_monotonic_ms() - before < 10000);
    kafka_consumer_free(consumer);
}

static void an_empty_topic_gives_nothing_within_the_time_out(void **state) {
    struct mock *mock = *state;
    const char *topic = mock_topic(mock, 1);
    struct heard heard = {0};
    struct kafka_consumer *consumer = consumer_of(mock, NULL, "earliest", &heard);
    assign_at(mock, consumer, topic, KAFKA_EARLIEST);
    struct kafka_message messages[MOST];
    assert_int_equal(kafka_consumer_receive(consumer, messages, MOST, 50, &mock->error), 0);
    assert_int_equal(heard.troubles, 0);
    kafka_consumer_free(consumer);
}

static void an_assignment_starts_at_the_offset_asked_for(void **state) {
    struct mock *mock = *state;
    const char *topic = mock_topic(mock, 1);
    produce_numbered(mock, topic, 0, 5);
    struct kafka_consumer *consumer = consumer_of(mock, NULL, "earliest", &(struct heard){0});
    assign_at(mock, consumer, topic, 3);
    struct kafka_message messages[MOST];
    assert_true(receive_some(mock, consumer, messages, MOST) > 0);
    assert_int_equal(messages[0].offset, 3);
    assert_true(view_equal(messages[0].value, VIEW("3")));
    kafka_consumer_free(consumer);
}

static void a_group_goes_on_where_it_committed(void **state) {
    struct mock *mock = *state;
    const char *topic = mock_topic(mock, 1);
    produce_numbered(mock, topic, 0, 4);
    struct heard heard = {0};
    struct kafka_message messages[MOST];
    struct kafka_consumer *consumer = consumer_of(mock, "readers", "latest", &heard);
    assign_at(mock, consumer, topic, KAFKA_EARLIEST);
    assert_true(receive_some(mock, consumer, messages, 1) > 0);
    assert_int_equal(messages[0].offset, 0);
    struct kafka_partition next = {topic, 0, 2};
    assert_int_equal(kafka_consumer_commit(consumer, &next, 1, &mock->error), 0);
    assert_int_equal(kafka_consumer_commit(consumer, NULL, 0, &mock->error), 0);
    kafka_consumer_free(consumer);

    consumer = consumer_of(mock, "readers", "latest", &heard);
    assign_at(mock, consumer, topic, KAFKA_COMMITTED);
    assert_true(receive_some(mock, consumer, messages, 1) > 0);
    assert_int_equal(messages[0].offset, 2);
    kafka_consumer_free(consumer);
}

static void a_pause_stops_the_records_and_a_resume_lets_them_on(void **state) {
    struct mock *mock = *state;
    const char *topic = mock_topic(mock, 1);
    produce_numbered(mock, topic, 0, 1);
    struct kafka_consumer *consumer = consumer_of(mock, NULL, "earliest", &(struct heard){0});
    assign_at(mock, consumer, topic, KAFKA_EARLIEST);
    struct kafka_message messages[MOST];
    assert_int_equal(receive_some(mock, consumer, messages, MOST), 1);
    assert_int_equal(kafka_consumer_pause(consumer, true, &mock->error), 0);
    produce_numbered(mock, topic, 1, 1);
    assert_int_equal(kafka_consumer_receive(consumer, messages, MOST, 300, &mock->error), 0);
    assert_int_equal(kafka_consumer_pause(consumer, false, &mock->error), 0);
    assert_int_equal(receive_some(mock, consumer, messages, MOST), 1);
    assert_int_equal(messages[0].offset, 1);
    kafka_consumer_free(consumer);
}

static void an_offset_beyond_the_end_stops_a_consumer_that_must_not_skip(void **state) {
    struct mock *mock = *state;
    const char *topic = mock_topic(mock, 1);
    produce_numbered(mock, topic, 0, 1);
    struct heard heard = {0};
    struct kafka_consumer *consumer = consumer_of(mock, NULL, "error", &heard);
    assign_at(mock, consumer, topic, 500);
    struct kafka_message messages[MOST];
    assert_int_equal(receive_some(mock, consumer, messages, MOST), -1);
    assert_int_equal(mock->error.code, ERROR_NOT_FOUND);
    assert_true(mock->error.fatal);
    assert_non_null(strstr(mock->error.message, topic));
    assert_int_equal(heard.troubles, 1);
    assert_int_equal(kafka_consumer_receive(consumer, messages, MOST, 0, &mock->error), -1); /* and stays stopped */
    kafka_consumer_free(consumer);
}

static void a_dead_broker_is_reported_as_trouble_that_may_pass(void **state) {
    struct mock *mock = *state;
    const char *topic = mock_topic(mock, 1);
    struct profile *alive = mock->profile;
    struct heard heard = {0};
    mock->profile = mock_dead_profile();
    struct kafka_consumer *consumer = consumer_of(mock, NULL, "earliest", &heard);
    assign_at(mock, consumer, topic, KAFKA_EARLIEST);
    struct kafka_message messages[MOST];
    int64_t deadline = clock_monotonic_ms() + 5000;
    while (!heard.troubles && clock_monotonic_ms() < deadline)
        assert_int_equal(kafka_consumer_receive(consumer, messages, MOST, 50, &mock->error), 0);
    assert_true(heard.troubles > 0);
    assert_int_equal(heard.last.code, ERROR_UNREACHABLE);
    assert_true(heard.last.retriable);
    assert_false(heard.last.fatal);
    kafka_consumer_free(consumer);
    profile_release(mock->profile);
    mock->profile = alive;
}

static void what_needs_a_group_is_refused_without_one(void **state) {
    struct mock *mock = *state;
    const char *topic = mock_topic(mock, 1);
    struct kafka_consumer *consumer = consumer_of(mock, NULL, "earliest", &(struct heard){0});
    assert_int_equal(kafka_consumer_subscribe(consumer, &topic, 1, &mock->error), -1);
    assert_int_equal(mock->error.code, ERROR_INVALID);
    struct kafka_partition partition = {topic, 0, KAFKA_COMMITTED};
    assert_int_equal(kafka_consumer_assign(consumer, &partition, 1, &mock->error), -1);
    assert_int_equal(mock->error.code, ERROR_INVALID);
    partition.offset = 1;
    assert_int_equal(kafka_consumer_commit(consumer, &partition, 1, &mock->error), -1);
    assert_int_equal(mock->error.code, ERROR_INVALID);
    partition.offset = -5;
    assert_int_equal(kafka_consumer_assign(consumer, &partition, 1, &mock->error), -1);
    assert_non_null(strstr(mock->error.message, "-5 is no offset"));
    kafka_consumer_free(consumer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_sent_is_received_with_key_value_time_and_headers),
        cmocka_unit_test(null_and_empty_stay_apart),
        cmocka_unit_test(the_first_record_is_handed_out_without_waiting_for_a_full_batch),
        cmocka_unit_test(an_empty_topic_gives_nothing_within_the_time_out),
        cmocka_unit_test(an_assignment_starts_at_the_offset_asked_for),
        cmocka_unit_test(a_group_goes_on_where_it_committed),
        cmocka_unit_test(a_pause_stops_the_records_and_a_resume_lets_them_on),
        cmocka_unit_test(an_offset_beyond_the_end_stops_a_consumer_that_must_not_skip),
        cmocka_unit_test(a_dead_broker_is_reported_as_trouble_that_may_pass),
        cmocka_unit_test(what_needs_a_group_is_refused_without_one),
    };
    return cmocka_run_group_tests(tests, mock_start, mock_stop);
}
