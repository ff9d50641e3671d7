/* Push and pull queries: which rows they give and when they end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sql/engine_scene.h"

#include <cmocka.h>

static void a_push_query_hands_rows_on_and_ends_at_its_limit(void **state) {
    (void)state;
    struct scene *scene = set_up(false);
    struct engine_query_info info;
    must_run(scene, "CREATE STREAM S (K STRING KEY, V INT) WITH (KAFKA_TOPIC='in', VALUE_FORMAT='JSON');");
    assert_int_equal(ask(scene, "SELECT K, V * 2 AS W FROM S WHERE V > 1 EMIT CHANGES LIMIT 2;"), 0);
    put(scene, "in", "a", "{\"V\":1}", 10);
    put(scene, "in", "b", "{\"V\":2}", 20);
    pump(scene);
    assert_string_equal(text_string(&scene->rows), "b|4\n");
    assert_false(scene->ended);
    put(scene, "in", "c", "{\"V\":3}", 30);
    put(scene, "in", "d", "{\"V\":4}", 40);
    pump(scene);
    assert_string_equal(text_string(&scene->rows), "b|4\nc|6\n");
    assert_true(scene->ended_by_limit);
    assert_false(engine_query_at(scene->engine, 0, &info));
    tear_down(scene);
}

static void a_pull_query_reads_the_kept_rows_of_a_table(void **state) {
    (void)state;
    struct scene *scene = set_up(false);
    must_run(scene, "CREATE STREAM S (K STRING KEY, V INT) WITH (KAFKA_TOPIC='in', VALUE_FORMAT='JSON');"
                    "CREATE TABLE T AS SELECT K, COUNT(*) AS N FROM S WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY K;");
    put(scene, "in", "b", "{\"V\":1}", 1000);
    put(scene, "in", "a", "{\"V\":1}", 11000);
    put(scene, "in", "a", "{\"V\":1}", 2000);
    pump(scene);
    assert_int_equal(ask(scene, "SELECT K, WINDOWSTART, N FROM T;"), 0);
    assert_string_equal(text_string(&scene->rows), "a|0|1\na|10000|1\nb|0|1\n");
    assert_int_equal(ask(scene, "SELECT N FROM T WHERE K = 'a' AND WINDOWSTART >= 10000 LIMIT 5;"), 0);
    assert_string_equal(text_string(&scene->rows), "1\n");
    assert_true(scene->ended);
    assert_int_equal(ask(scene, "SELECT * FROM T LIMIT 0;"), 0);
    assert_string_equal(text_string(&scene->rows), "");
    tear_down(scene);
}

static void a_pull_query_on_a_stream_ends_where_the_topic_ended(void **state) {
    (void)state;
    struct scene *scene = set_up(false);
    must_run(scene, "CREATE STREAM S (K STRING KEY, V INT) WITH (KAFKA_TOPIC='in', VALUE_FORMAT='JSON');");
    put(scene, "in", "a", "{\"V\":1}", 10);
    put(scene, "in", "b", "{\"V\":2}", 20);
    assert_int_equal(ask(scene, "SELECT V FROM S;"), 0);
    pump(scene);
    assert_string_equal(text_string(&scene->rows), "1\n2\n");
    assert_true(scene->ended);
    assert_false(scene->ended_by_limit);
    tear_down(scene);
}

static void a_table_without_a_query_is_not_pulled(void **state) {
    (void)state;
    struct scene *scene = set_up(false);
    must_run(scene, "CREATE TABLE C (ID STRING PRIMARY KEY, V INT) WITH (KAFKA_TOPIC='in', VALUE_FORMAT='JSON');");
    assert_int_not_equal(ask(scene, "SELECT * FROM C;"), 0);
    assert_non_null(strstr(scene->error.message, "The `C` table isn't queryable."));
    tear_down(scene);
}

static void a_pull_query_on_an_empty_stream_ends_at_once(void **state) {
    (void)state;
    struct scene *scene = set_up(false);
    must_run(scene, "CREATE STREAM S (K STRING KEY, V INT) WITH (KAFKA_TOPIC='in', VALUE_FORMAT='JSON');");
    assert_int_equal(ask(scene, "SELECT V FROM S;"), 0);
    engine_run(scene->engine);
    assert_true(scene->ended);
    tear_down(scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_push_query_hands_rows_on_and_ends_at_its_limit),
        cmocka_unit_test(a_pull_query_reads_the_kept_rows_of_a_table),
        cmocka_unit_test(a_pull_query_on_a_stream_ends_where_the_topic_ended),
        cmocka_unit_test(a_table_without_a_query_is_not_pulled),
        cmocka_unit_test(a_pull_query_on_an_empty_stream_ends_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
