#include "client/journal.h"

#include "unit/client/kafka/mock.h"

struct seen {
    struct text lines; /* "TOPIC KEY=VALUE\n" */
};

static void note(void *context, const char *topic, struct view key, struct view value) {
    struct seen *seen = context;
    text_append_format(&seen->lines, "%s %.*s=%.*s\n", topic, VIEW_ARGS(key), value.data ? (int)value.size : 4,
                       value.data ? value.data : "NULL");
}

static struct journal *open_journal(struct mock *mock, const char *const *topics, size_t count, struct seen *seen) {
    struct journal_options options = {
        .profile = mock->profile, .topics = topics, .topic_count = count, .apply = note, .context = seen};
    return journal_open(&options, &mock->error);
}

static void what_was_written_is_read_in_order_at_the_next_start(void **state) {
    struct mock *mock = *state;
    struct seen seen = {0};
    const char *topics[] = {"first", "second"};
    rd_kafka_mock_topic_create(mock->cluster, "first", 1, 1);
    rd_kafka_mock_topic_create(mock->cluster, "second", 1, 1);
    struct journal *journal = open_journal(mock, topics, 2, &seen);
    assert_non_null(journal);
    assert_string_equal(text_string(&seen.lines), "");
    assert_int_equal(journal_write(journal, "second", VIEW("c"), VIEW("3"), &mock->error), 0);
    assert_int_equal(journal_write(journal, "first", VIEW("a"), VIEW("1"), &mock->error), 0);
    assert_int_equal(journal_write(journal, "first", VIEW("a"), (struct view){0}, &mock->error), 0);
    journal_close(journal);
    journal = open_journal(mock, topics, 2, &seen);
    assert_non_null(journal);
    assert_string_equal(text_string(&seen.lines), "first a=1\nfirst a=NULL\nsecond c=3\n");
    journal_close(journal);
    text_free(&seen.lines);
}

static void a_topic_of_two_partitions_is_refused_since_order_would_be_lost(void **state) {
    struct mock *mock = *state;
    const char *topics[] = {mock_topic(mock, 2)};
    assert_null(open_journal(mock, topics, 1, NULL));
    assert_int_equal(mock->error.code, ERROR_CONFLICT);
    assert_non_null(strstr(mock->error.message, "has 2 partitions"));
}

static void a_kafka_that_does_not_answer_is_an_error_within_the_time_out(void **state) {
    (void)state;
    struct error error = {0};
    const char *topics[] = {"first"};
    struct profile *dead = mock_dead_profile();
    struct journal_options options = {
        .profile = dead, .topics = topics, .topic_count = 1, .timeout_ms = 200, .apply = note};
    int64_t started = clock_monotonic_ms();
    assert_null(journal_open(&options, &error));
    assert_true(error.code == ERROR_UNREACHABLE || error.code == ERROR_TIMEOUT);
    assert_true(clock_monotonic_ms() - started < 5000);
    profile_release(dead);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read_in_order_at_the_next_start),
        cmocka_unit_test(a_topic_of_two_partitions_is_refused_since_order_would_be_lost),
        cmocka_unit_test(a_kafka_that_does_not_answer_is_an_error_within_the_time_out),
    };
    return cmocka_run_group_tests(tests, mock_start, mock_stop);
}
