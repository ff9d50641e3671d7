/* SESSION windows and EMIT FINAL on a server: what one commit hands out, what a restart brings back, what a pull query
 * sees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "sql/engine_scene.h"

#include <cmocka.h>

static const char sessions[] = "CREATE STREAM S (K STRING KEY, V INT) WITH (KAFKA_TOPIC='in', VALUE_FORMAT='JSON');"
                               "CREATE TABLE T AS SELECT K, SUM(V) AS N FROM S WINDOW SESSION (5 SECONDS) GROUP BY K;";
static const char passing[] =
    "CREATE STREAM S (K STRING KEY, V INT) WITH (KAFKA_TOPIC='in', VALUE_FORMAT='JSON');"
    "CREATE TABLE T AS SELECT K, SUM(V) AS N FROM S WINDOW SESSION (5 SECONDS) GROUP BY K HAVING SUM(V) > 3;";

static struct scene *set_up_with(const char *statements) {
    struct scene *scene = set_up(true);
    must_run(scene, statements);
    return scene;
}

static void read_value(struct scene *scene, const char *key, int value, int64_t timestamp) {
    put(scene, "in", key, arena_format(&scene->arena, "{\"V\":%d}", value), timestamp);
    pump(scene);
}

static long long take_time(const struct world_record *record, size_t from_end) {
    uint64_t time = 0;
    for (size_t i = 0; i < 8; i++)
        time = time << 8 | (unsigned char)record->key[record->key_size - from_end + i];
    return (long long)time;
}

/* "a 0-2000 {...} " of every record since the last call; a key ends with end and start. */
static const char *written(struct scene *scene) {
    struct text told = TEXT_EMPTY;
    struct world_topic *topic = world_topic(&scene->world, VIEW("T"));
    static const char gone[] = "gone";
    for (size_t i = 0; i < topic->records.count; i++) {
        struct world_record *record = &topic->records.items[i];
        if (record->input)
            continue; /* told before */
        record->input = true;
        text_append_format(&told, "%.*s %lld-%lld %s, ", (int)record->key_size - 16, record->key, take_time(record, 8),
                           take_time(record, 16), record->value == NULL ? gone : record->value);
        assert_int_equal(record->timestamp, take_time(record, 16));
    }
    const char *kept = arena_format(&scene->arena, "%s", text_string(&told));
    text_free(&told);
    return kept;
}

static const char *pulled(struct scene *scene, const char *text) {
    if (ask(scene, text) != 0)
        fail_msg("%s", scene->error.message);
    return text_string(&scene->rows);
}

static void a_session_that_grows_within_one_commit_goes_out_once(void **state) {
    (void)state;
    struct scene *scene = set_up_with(sessions);
    read_value(scene, "a", 1, 1000);
    read_value(scene, "a", 2, 3000);
    read_value(scene, "a", 4, 2000);
    assert_string_equal(written(scene), "");
    commit(scene);
    assert_string_equal(written(scene), "a 1000-3000 {\"N\":7}, ");
    commit(scene);
    assert_string_equal(written(scene), "");
    tear_down(scene);
}

static void only_a_window_that_was_handed_out_is_taken_back(void **state) {
    (void)state;
    struct scene *scene = set_up_with(sessions);
    read_value(scene, "a", 1, 1000);
    commit(scene);
    assert_string_equal(written(scene), "a 1000-1000 {\"N\":1}, ");
    read_value(scene, "a", 2, 3000);
    read_value(scene, "a", 4, 6000);
    commit(scene);
    assert_string_equal(written(scene), "a 1000-1000 gone, a 1000-6000 {\"N\":7}, ");
    read_value(scene, "a", 8, 2000); /* within: the window stays */
    commit(scene);
    assert_string_equal(written(scene), "a 1000-6000 {\"N\":15}, ");
    tear_down(scene);
}

static void a_session_changed_and_then_outgrown_in_one_commit_is_taken_back_once(void **state) {
    (void)state;
    struct scene *scene = set_up_with(sessions);
    read_value(scene, "a", 1, 1000);
    read_value(scene, "a", 1, 4000);
    read_value(scene, "a", 1, 20000);
    commit(scene);
    written(scene);
    read_value(scene, "a", 2, 2000);
    read_value(scene, "a", 4, 9000);
    read_value(scene, "a", 8, 14000);
    read_value(scene, "a", 16, 16000);
    commit(scene);
    assert_string_equal(written(scene), "a 1000-4000 gone, a 20000-20000 gone, a 1000-20000 {\"N\":33}, ");
    tear_down(scene);
}

static void having_hears_of_what_it_let_through_last(void **state) {
    (void)state;
    struct scene *scene = set_up_with(passing);
    read_value(scene, "a", 2, 1000);
    read_value(scene, "a", 1, 3000);
    commit(scene);
    assert_string_equal(written(scene), "");
    read_value(scene, "a", 2, 2000);
    commit(scene);
    assert_string_equal(written(scene), "a 1000-3000 {\"N\":5}, ");
    read_value(scene, "a", -9, 2500); /* it does not pass any more, then it is another window */
    read_value(scene, "a", 1, 7000);
    commit(scene);
    assert_string_equal(written(scene), "a 1000-3000 gone, ");
    tear_down(scene);
}

static void a_restart_knows_the_sessions_and_takes_back_what_was_handed_out_before_it(void **state) {
    (void)state;
    struct scene *scene = set_up_with(sessions);
    read_value(scene, "a", 1, 1000);
    read_value(scene, "a", 2, 9000);
    read_value(scene, "b", 64, 9000);
    commit(scene);
    written(scene);
    read_value(scene, "a", 4, 5000); /* read, not committed: it is read again */
    restart(scene, sessions);
    commit(scene);
    assert_string_equal(written(scene), "a 1000-1000 gone, a 9000-9000 gone, a 1000-9000 {\"N\":7}, ");
    restart(scene, sessions);
    read_value(scene, "a", 8, 13000);
    commit(scene);
    assert_string_equal(written(scene), "a 1000-9000 gone, a 1000-13000 {\"N\":15}, ");
    tear_down(scene);
}

static void a_pull_query_sees_the_sessions_that_are(void **state) {
    (void)state;
    struct scene *scene = set_up_with(sessions);
    read_value(scene, "a", 1, 1000);
    read_value(scene, "a", 2, 9000);
    read_value(scene, "b", 64, 9000);
    commit(scene);
    assert_string_equal(pulled(scene, "SELECT K, WINDOWSTART, WINDOWEND, N FROM T WHERE K = 'a';"),
                        "a|1000|1000|1\na|9000|9000|2\n");
    read_value(scene, "a", 4, 5000);
    commit(scene);
    assert_string_equal(pulled(scene, "SELECT K, WINDOWSTART, WINDOWEND, N FROM T WHERE K = 'a';"), "a|1000|9000|7\n");
    assert_string_equal(pulled(scene, "SELECT N FROM T WHERE K = 'a' AND WINDOWEND < 9000;"), "");
    restart(scene, sessions);
    assert_string_equal(pulled(scene, "SELECT K, WINDOWEND, N FROM T;"), "a|9000|7\nb|9000|64\n");
    tear_down(scene);
}

static void sessions_go_when_their_retention_has_passed(void **state) {
    (void)state;
    struct scene *scene = set_up_with(sessions);
    const int64_t day = 86400000;
    read_value(scene, "a", 1, 1000);
    commit(scene);
    read_value(scene, "b", 1, 2 * day);
    commit(scene);
    read_value(scene, "b", 1, 4 * day);
    commit(scene);
    assert_string_equal(pulled(scene, "SELECT K, WINDOWSTART FROM T;"), "b|345600000\n");
    written(scene);
    read_value(scene, "a", 1, 1000); /* closed long ago */
    commit(scene);
    assert_string_equal(written(scene), "");
    tear_down(scene);
}

static const char final_rows[] =
    "CREATE STREAM S (K STRING KEY, V INT) WITH (KAFKA_TOPIC='in', VALUE_FORMAT='JSON');"
    "CREATE TABLE T AS SELECT K, SUM(V) AS N FROM S WINDOW TUMBLING (SIZE 5 SECONDS, GRACE PERIOD 1 SECOND) GROUP BY K "
    "EMIT FINAL;";

static void a_restart_hands_out_no_final_row_twice_and_none_too_early(void **state) {
    (void)state;
    struct scene *scene = set_up_with(final_rows);
    struct world_topic *topic = world_topic(&scene->world, VIEW("T"));
    read_value(scene, "a", 1, 1000);
    read_value(scene, "a", 2, 5500);
    commit(scene);
    assert_int_equal(topic->records.count, 0);
    restart(scene, final_rows);
    read_value(scene, "a", 4, 4900); /* within the grace, which a restart does not forget */
    read_value(scene, "a", 8, 6000);
    commit(scene);
    assert_int_equal(topic->records.count, 1);
    assert_string_equal(topic->records.items[0].value, "{\"N\":5}");
    restart(scene, final_rows);
    read_value(scene, "a", 16, 4900); /* too late */
    read_value(scene, "a", 32, 11000);
    commit(scene);
    assert_int_equal(topic->records.count, 2);
    assert_string_equal(topic->records.items[1].value, "{\"N\":10}");
    assert_string_equal(pulled(scene, "SELECT K, WINDOWSTART, N FROM T;"), "a|0|5\na|5000|10\n");
    tear_down(scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_that_grows_within_one_commit_goes_out_once),
        cmocka_unit_test(only_a_window_that_was_handed_out_is_taken_back),
        cmocka_unit_test(a_session_changed_and_then_outgrown_in_one_commit_is_taken_back_once),
        cmocka_unit_test(having_hears_of_what_it_let_through_last),
        cmocka_unit_test(a_restart_knows_the_sessions_and_takes_back_what_was_handed_out_before_it),
        cmocka_unit_test(a_pull_query_sees_the_sessions_that_are),
        cmocka_unit_test(sessions_go_when_their_retention_has_passed),
        cmocka_unit_test(a_restart_hands_out_no_final_row_twice_and_none_too_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
