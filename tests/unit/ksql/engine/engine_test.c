/* The engine over topics in memory: what a commit hands out, what is read, what statements leave behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sql/engine_scene.h"

#include <cmocka.h>

static void updates_of_one_key_within_a_commit_interval_go_out_once(void **state) {
    (void)state;
    struct scene *scene = set_up(true);
    must_run(scene, counting);
    for (int i = 0; i < 5; i++)
        put(scene, "in", "a", "{\"V\":1}", 10 + i);
    put(scene, "in", "b", "{\"V\":7}", 20);
    pump(scene);
    assert_int_equal(count(scene, "T"), 0);
    assert_true(engine_dirty(scene->engine));
    commit(scene);
    assert_int_equal(count(scene, "T"), 2);
    assert_string_equal(value_at(scene, "T", 0), "{\"N\":5,\"TOTAL\":5}");
    assert_string_equal(value_at(scene, "T", 1), "{\"N\":1,\"TOTAL\":7}");
    assert_false(engine_dirty(scene->engine));
    tear_down(scene);
}

static void a_broker_that_refuses_writes_costs_no_row(void **state) {
    (void)state;
    struct scene *scene = set_up(true);
    must_run(scene, counting);
    put(scene, "in", "a", "{\"V\":1}", 10);
    pump(scene);
    commit(scene);
    scene->world.refuses_writes = true;
    put(scene, "in", "a", "{\"V\":2}", 20);
    pump(scene);
    assert_int_not_equal(engine_commit(scene->engine, &scene->error), 0);
    assert_int_not_equal(engine_commit(scene->engine, &scene->error), 0);
    scene->world.refuses_writes = false;
    for (int i = 0; i < 3; i++) {
        engine_commit(scene->engine, &scene->error);
        pump(scene);
    }
    assert_string_equal(last_value(scene, "T"), "{\"N\":2,\"TOTAL\":3}");
    tear_down(scene);
}

static void a_broker_that_stays_away_for_several_tries_costs_no_row_and_no_query(void **state) {
    (void)state;
    struct scene *scene = set_up(true);
    struct engine_query_info info;
    must_run(scene, counting);
    put(scene, "in", "a", "{\"V\":1}", 10);
    pump(scene);
    commit(scene);
    scene->world.refuses_writes = scene->world.refuses_reads = true;
    put(scene, "in", "a", "{\"V\":2}", 20);
    pump(scene);
    for (int i = 0; i < 10; i++)
        engine_commit(scene->engine, &scene->error);
    assert_true(engine_query_at(scene->engine, 0, &info));
    assert_int_equal(info.state, ENGINE_RUNNING);
    scene->world.refuses_writes = scene->world.refuses_reads = false;
    for (int i = 0; i < 40; i++) {
        engine_commit(scene->engine, &scene->error);
        pump(scene);
    }
    assert_string_equal(last_value(scene, "T"), "{\"N\":2,\"TOTAL\":3}");
    tear_down(scene);
}

static void a_topic_that_cannot_be_read_makes_an_error_until_it_can_be_read_again(void **state) {
    (void)state;
    struct scene *scene = set_up(true);
    struct engine_query_info info;
    struct error gone = {0};
    must_run(scene, counting);
    put(scene, "in", "a", "{\"V\":1}", 10);
    pump(scene);
    commit(scene);
    error_set(&gone, ERROR_NOT_FOUND, "topic in does not exist");
    engine_reader_failed(scene->engine, scene->world.readers.items[0].number, &gone);
    assert_true(engine_query_at(scene->engine, 0, &info));
    assert_int_equal(info.state, ENGINE_ERROR);
    assert_string_equal(info.error->message, "topic in does not exist");
    put(scene, "in", "a", "{\"V\":2}", 20);
    assert_true(engine_dirty(scene->engine));
    for (int i = 0; i < 3; i++) {
        engine_commit(scene->engine, &scene->error);
        pump(scene);
    }
    assert_true(engine_query_at(scene->engine, 0, &info));
    assert_int_equal(info.state, ENGINE_RUNNING);
    assert_string_equal(last_value(scene, "T"), "{\"N\":2,\"TOTAL\":3}");
    tear_down(scene);
}

static void a_record_that_does_not_decode_is_counted_named_and_left_out(void **state) {
    (void)state;
    struct scene *scene = set_up(false);
    struct engine_query_info info;
    must_run(scene, counting);
    put(scene, "in", "a", "{\"V\":", 10);
    put(scene, "in", "a", "{\"V\":4}", 20);
    pump(scene);
    assert_string_equal(last_value(scene, "T"), "{\"N\":1,\"TOTAL\":4}");
    assert_true(engine_query_at(scene->engine, 0, &info));
    assert_int_equal(info.errors, 1);
    assert_int_equal(info.rows_in, 2);
    assert_non_null(strstr(info.error->message, "in, partition 0, offset 0: the value does not decode as JSON"));
    tear_down(scene);
}

static void a_backlog_of_a_join_is_read_in_the_order_of_its_times(void **state) {
    (void)state;
    struct scene *scene = set_up(false);
    world_add_topic(&scene->world, "customers", 1);
    put(scene, "in", "k", "{\"CARD\":\"1\",\"V\":10}", 100);
    put(scene, "in", "k", "{\"CARD\":\"1\",\"V\":20}", 300);
    put(scene, "customers", "1", "{\"NAME\":\"old\"}", 50);
    put(scene, "customers", "1", "{\"NAME\":\"new\"}", 200);
    must_run(scene,
             "CREATE STREAM S (CARD STRING, V INT) WITH (KAFKA_TOPIC='in', VALUE_FORMAT='JSON');"
             "CREATE TABLE C (ID STRING PRIMARY KEY, NAME STRING) WITH (KAFKA_TOPIC='customers', VALUE_FORMAT='JSON');"
             "CREATE STREAM J AS SELECT S.CARD, S.V, C.NAME AS NAME FROM S JOIN C ON S.CARD = C.ID;");
    pump(scene);
    assert_int_equal(count(scene, "J"), 2);
    assert_string_equal(value_at(scene, "J", 0), "{\"V\":10,\"NAME\":\"old\"}");
    assert_string_equal(value_at(scene, "J", 1), "{\"V\":20,\"NAME\":\"new\"}");
    tear_down(scene);
}

static void pause_stops_reading_and_resume_misses_nothing(void **state) {
    (void)state;
    struct scene *scene = set_up(false);
    must_run(scene, counting);
    put(scene, "in", "a", "{\"V\":1}", 10);
    pump(scene);
    must_run(scene, "PAUSE CTAS_T_0;");
    assert_true(view_equal(scene->outcome.message, VIEW("Query paused.")));
    put(scene, "in", "a", "{\"V\":2}", 20);
    pump(scene);
    assert_int_equal(count(scene, "T"), 1);
    must_run(scene, "RESUME CTAS_T_0;");
    pump(scene);
    assert_string_equal(last_value(scene, "T"), "{\"N\":2,\"TOTAL\":3}");
    tear_down(scene);
}

static void a_source_that_others_read_is_not_dropped(void **state) {
    (void)state;
    struct scene *scene = set_up(false);
    must_run(scene, counting);
    assert_int_not_equal(run(scene, "DROP STREAM S;"), 0);
    assert_string_equal(scene->error.message,
                        "Cannot drop S.\nThe following streams and/or tables read from this source: "
                        "[T].\nYou need to drop them before dropping S.");
    must_run(scene, "DROP TABLE T; DROP STREAM S;");
    assert_true(view_equal(scene->outcome.message, VIEW("Source `S` (topic: in) was dropped.")));
    tear_down(scene);
}

static void terminate_keeps_the_sink_and_forgets_the_state(void **state) {
    (void)state;
    struct scene *scene = set_up(false);
    must_run(scene, counting);
    put(scene, "in", "a", "{\"V\":1}", 10);
    pump(scene);
    commit(scene);
    assert_int_not_equal(scene->world.saved.count, 0);
    must_run(scene, "TERMINATE CTAS_T_0;");
    assert_int_equal(scene->world.saved.count, 0);
    assert_non_null(catalog_find(engine_catalog(scene->engine), VIEW("T")));
    assert_int_not_equal(run(scene, "TERMINATE CTAS_T_0;"), 0);
    assert_string_equal(scene->error.message, "Unknown queryId: CTAS_T_0");
    tear_down(scene);
}

static void a_statement_that_fails_leaves_no_source_and_no_query(void **state) {
    (void)state;
    struct scene *scene = set_up(false);
    struct engine_query_info info;
    must_run(scene, "CREATE STREAM S (K STRING KEY, V INT) WITH (KAFKA_TOPIC='in', VALUE_FORMAT='JSON');");
    assert_int_not_equal(run(scene, "CREATE STREAM X AS SELECT K, NOPE FROM S;"), 0);
    assert_null(catalog_find(engine_catalog(scene->engine), VIEW("X")));
    assert_false(engine_query_at(scene->engine, 0, &info));
    tear_down(scene);
}

static void what_is_not_supported_is_refused_by_its_name(void **state) {
    (void)state;
    struct scene *scene = set_up(false);
    must_run(scene, counting);
    assert_int_not_equal(
        run(scene, "CREATE TABLE X AS SELECT K, COUNT(*) AS N FROM S WINDOW SESSION (1 SECOND) GROUP BY K EMIT FINAL;"),
        0);
    assert_int_equal(scene->error.code, ERROR_UNSUPPORTED);
    assert_non_null(strstr(scene->error.message, "EMIT FINAL"));
    tear_down(scene);
}

static void a_sandbox_sees_what_the_script_would_make_and_changes_nothing(void **state) {
    (void)state;
    struct scene *scene = set_up(false);
    struct engine *sandbox = engine_sandbox(scene->engine);
    assert_int_equal(run_as(scene, sandbox,
                            "CREATE STREAM A (K STRING KEY, V INT) WITH (KAFKA_TOPIC='fresh', PARTITIONS=1, "
                            "VALUE_FORMAT='AVRO'); CREATE STREAM B AS SELECT * FROM A; CREATE STREAM C WITH "
                            "(KAFKA_TOPIC='B', VALUE_FORMAT='AVRO');",
                            false),
                     0);
    assert_null(world_topic(&scene->world, VIEW("fresh")));
    assert_int_equal(scene->world.registered.count, 0);
    assert_null(catalog_find(engine_catalog(scene->engine), VIEW("A")));
    engine_free(sandbox);
    tear_down(scene);
}

static void if_not_exists_and_if_exists_say_what_is_there_and_do_nothing(void **state) {
    (void)state;
    struct scene *scene = set_up(false);
    must_run(scene, counting);
    must_run(scene, "CREATE STREAM IF NOT EXISTS S (A INT) WITH (KAFKA_TOPIC='in', VALUE_FORMAT='JSON');");
    assert_true(scene->outcome.existed);
    must_run(scene, "DROP STREAM IF EXISTS NOPE;");
    assert_true(scene->outcome.existed);
    assert_int_not_equal(run(scene, "DROP STREAM NOPE;"), 0);
    assert_string_equal(scene->error.message, "Stream NOPE does not exist.");
    assert_int_not_equal(run(scene, "DROP STREAM T;"), 0);
    assert_string_equal(scene->error.message, "Incompatible data source type is table, but statement was DROP stream");
    tear_down(scene);
}

static void insert_values_writes_what_a_producer_would(void **state) {
    (void)state;
    struct scene *scene = set_up(false);
    must_run(scene, "CREATE STREAM S (K STRING KEY, V BIGINT, D DOUBLE) WITH (KAFKA_TOPIC='in', VALUE_FORMAT='JSON');"
                    "INSERT INTO S (K, V, ROWTIME) VALUES ('a', 1 + 2, 1234);"
                    "INSERT INTO S VALUES ('b', -5, 2);");
    const struct world_topic *topic = world_topic(&scene->world, VIEW("in"));
    assert_int_equal(topic->records.items[0].timestamp, 1234);
    assert_string_equal(topic->records.items[0].value, "{\"V\":3,\"D\":null}");
    assert_string_equal(topic->records.items[1].key, "b");
    assert_string_equal(topic->records.items[1].value, "{\"V\":-5,\"D\":2.0}");
    assert_int_not_equal(run(scene, "INSERT INTO S VALUES ('a', 'text', 1);"), 0);
    assert_non_null(strstr(scene->error.message, "Expected type BIGINT for field `V` but got STRING('text')"));
    assert_int_not_equal(run(scene, "INSERT INTO S (K, NOPE) VALUES ('a', 1);"), 0);
    assert_non_null(strstr(scene->error.message, "`NOPE`"));
    assert_int_not_equal(run(scene, "INSERT INTO NOPE VALUES (1);"), 0);
    tear_down(scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(updates_of_one_key_within_a_commit_interval_go_out_once),
        cmocka_unit_test(a_broker_that_refuses_writes_costs_no_row),
        cmocka_unit_test(a_broker_that_stays_away_for_several_tries_costs_no_row_and_no_query),
        cmocka_unit_test(a_topic_that_cannot_be_read_makes_an_error_until_it_can_be_read_again),
        cmocka_unit_test(a_record_that_does_not_decode_is_counted_named_and_left_out),
        cmocka_unit_test(a_backlog_of_a_join_is_read_in_the_order_of_its_times),
        cmocka_unit_test(pause_stops_reading_and_resume_misses_nothing),
        cmocka_unit_test(a_source_that_others_read_is_not_dropped),
        cmocka_unit_test(terminate_keeps_the_sink_and_forgets_the_state),
        cmocka_unit_test(a_statement_that_fails_leaves_no_source_and_no_query),
        cmocka_unit_test(what_is_not_supported_is_refused_by_its_name),
        cmocka_unit_test(a_sandbox_sees_what_the_script_would_make_and_changes_nothing),
        cmocka_unit_test(if_not_exists_and_if_exists_say_what_is_there_and_do_nothing),
        cmocka_unit_test(insert_values_writes_what_a_producer_would),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
