/* What the engine knows after a restart: state, output, statements, topics and schemas. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "ksql/language/split.h"
#include "sql/engine_scene.h"

#include <cmocka.h>

static void a_restart_after_a_commit_goes_on_and_counts_nothing_twice(void **state) {
    (void)state;
    struct scene *scene = set_up(false);
    must_run(scene, counting);
    put(scene, "in", "a", "{\"V\":1}", 10);
    put(scene, "in", "a", "{\"V\":2}", 20);
    pump(scene);
    commit(scene);
    restart(scene, counting);
    assert_int_equal(count(scene, "T"), 2);
    put(scene, "in", "a", "{\"V\":3}", 30);
    pump(scene);
    assert_string_equal(last_value(scene, "T"), "{\"N\":3,\"TOTAL\":6}");
    assert_int_equal(count(scene, "T"), 3);
    tear_down(scene);
}

static void a_crash_repeats_output_since_the_last_commit_but_counts_stay_exact(void **state) {
    (void)state;
    struct scene *scene = set_up(false);
    must_run(scene, counting);
    put(scene, "in", "a", "{\"V\":1}", 10);
    pump(scene);
    commit(scene);
    put(scene, "in", "a", "{\"V\":2}", 20);
    put(scene, "in", "a", "{\"V\":3}", 30);
    pump(scene);
    assert_int_equal(count(scene, "T"), 3);
    restart(scene, counting);
    assert_int_equal(count(scene, "T"), 5);
    assert_string_equal(value_at(scene, "T", 3), "{\"N\":2,\"TOTAL\":3}");
    assert_string_equal(last_value(scene, "T"), "{\"N\":3,\"TOTAL\":6}");
    tear_down(scene);
}

static void the_whole_state_alone_stands_for_all_records_before_it(void **state) {
    (void)state;
    struct scene *scene = set_up(false);
    struct text whole = TEXT_EMPTY;
    must_run(scene, counting);
    put(scene, "in", "a", "{\"V\":1}", 10);
    put(scene, "in", "b", "{\"V\":5}", 10);
    pump(scene);
    commit(scene);
    assert_int_equal(engine_whole_state(scene->engine, VIEW("CTAS_T_0"), &whole, &scene->error), 0);
    scene->world.memory.forget(&scene->world, VIEW("CTAS_T_0"));
    scene->world.memory.save(&scene->world, VIEW("CTAS_T_0"), text_view(&whole), NULL);
    restart(scene, counting);
    put(scene, "in", "b", "{\"V\":6}", 30);
    pump(scene);
    assert_string_equal(last_value(scene, "T"), "{\"N\":2,\"TOTAL\":11}");
    assert_int_equal(ask(scene, "SELECT N FROM T WHERE K = 'a';"), 0);
    assert_string_equal(text_string(&scene->rows), "1\n");
    text_free(&whole);
    tear_down(scene);
}

static void changes_larger_than_a_record_are_kept_in_parts_and_count_only_when_whole(void **state) {
    (void)state;
    struct scene *scene = set_up(true);
    char key[256], value[32];
    must_run(scene, counting);
    for (int i = 0; i < 4000; i++) {
        snprintf(key, sizeof key, "%0200d", i);
        snprintf(value, sizeof value, "{\"V\":%d}", i);
        put(scene, "in", key, value, 10);
    }
    pump(scene);
    commit(scene);
    assert_true(scene->world.saved.count > 2);
    for (size_t i = 0; i < scene->world.saved.count; i++)
        assert_true(scene->world.saved.items[i].size < 1000000);
    /* a part of a save that was cut short by a kill */
    scene->world.memory.save(&scene->world, VIEW("CTAS_T_0"), VIEW("\2\1garbage"), NULL);
    restart(scene, counting);
    assert_int_equal(ask(scene, "SELECT COUNT(*) AS N FROM T;"), -1);
    put(scene, "in", key, "{\"V\":1}", 30);
    pump(scene);
    commit(scene);
    assert_string_equal(last_value(scene, "T"), "{\"N\":2,\"TOTAL\":4000}");
    restart(scene, counting);
    put(scene, "in", key, "{\"V\":1}", 40);
    pump(scene);
    commit(scene);
    assert_string_equal(last_value(scene, "T"), "{\"N\":3,\"TOTAL\":4001}");
    tear_down(scene);
}

static void damaged_state_stops_the_query_with_a_reason_and_spares_the_others(void **state) {
    (void)state;
    struct scene *scene = set_up(false);
    struct engine_query_info info;
    must_run(scene, counting);
    put(scene, "in", "a", "{\"V\":1}", 10);
    pump(scene);
    commit(scene);
    scene->world.memory.save(&scene->world, VIEW("CTAS_T_0"), VIEW("\1\377\377\377\377"), NULL);
    restart(scene, counting);
    assert_true(engine_query_find(scene->engine, VIEW("ctas_t_0"), &info));
    assert_int_equal(info.state, ENGINE_ERROR);
    assert_string_equal(info.error->message, "CTAS_T_0: a record of its kept state is cut off");
    tear_down(scene);
}

static void a_query_whose_state_was_not_loaded_is_resumed_with_it_or_not_at_all(void **state) {
    (void)state;
    struct scene *scene = set_up(false);
    struct engine_query_info info;
    struct text whole = TEXT_EMPTY;
    must_run(scene, counting);
    put(scene, "in", "a", "{\"V\":1}", 10);
    pump(scene);
    commit(scene);
    scene->world.memory.save(&scene->world, VIEW("CTAS_T_0"), VIEW("\1\377\377\377\377"), NULL);
    restart(scene, counting);
    assert_int_not_equal(engine_whole_state(scene->engine, VIEW("CTAS_T_0"), &whole, &scene->error), 0);
    assert_int_not_equal(run(scene, "RESUME CTAS_T_0;"), 0);
    assert_string_equal(scene->error.message, "CTAS_T_0: a record of its kept state is cut off");
    assert_true(engine_query_find(scene->engine, VIEW("CTAS_T_0"), &info));
    assert_int_equal(info.state, ENGINE_ERROR);
    put(scene, "in", "a", "{\"V\":2}", 20);
    pump(scene);
    commit(scene);
    assert_int_equal(count(scene, "T"), 1);
    struct world_saved *damaged = &scene->world.saved.items[--scene->world.saved.count];
    memory_free(damaged->query);
    memory_free(damaged->record);
    must_run(scene, "RESUME CTAS_T_0;");
    pump(scene);
    assert_string_equal(last_value(scene, "T"), "{\"N\":2,\"TOTAL\":3}");
    assert_int_equal(engine_whole_state(scene->engine, VIEW("CTAS_T_0"), &whole, &scene->error), 0);
    text_free(&whole);
    tear_down(scene);
}

static void statements_come_back_from_what_they_were_rewritten_to(void **state) {
    (void)state;
    static const char *const statements[] = {
        "CREATE STREAM S (K STRING KEY, card STRING, V INT, `quoted` STRING) WITH (KAFKA_TOPIC='in', "
        "VALUE_FORMAT='AVRO');",
        "CREATE STREAM R AS SELECT * FROM S PARTITION BY card;",
        "CREATE TABLE C (ID STRING PRIMARY KEY) WITH (KAFKA_TOPIC='R', VALUE_FORMAT='AVRO');",
        "CREATE STREAM J WITH (VALUE_FORMAT='JSON_SR') AS SELECT s.CARD AS CARD, s.V + 1 AS W, c.QUOTED AS `q'q`, "
        "CASE WHEN "
        "s.V BETWEEN 1 AND 5 THEN 'low' ELSE 'hi''gh' END AS L FROM S s INNER JOIN C c ON s.CARD = c.ID WHERE s.V IN "
        "(1, 2) "
        "OR s.CARD LIKE 'a%' AND NOT s.V IS NULL;",
        "CREATE TABLE T WITH (KEY_FORMAT='AVRO', PARTITIONS=2) AS SELECT CARD, L, COUNT(*) AS N, CAST(SUM(W) AS "
        "STRING) AS "
        "TOTAL, TIMESTAMPTOSTRING(WINDOWSTART, 'yyyy ''x''') AS B FROM J WINDOW HOPPING (SIZE 10 SECONDS, ADVANCE BY 5 "
        "SECONDS, GRACE PERIOD 1 HOUR) GROUP BY CARD, L HAVING COUNT(*) > 1;",
        "CREATE TYPE A AS STRUCT<x INT, `y` ARRAY<STRING>>;"};
    struct scene *scene = set_up(false);
    struct text script = TEXT_EMPTY, again = TEXT_EMPTY;
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        must_run(scene, statements[i]);
        text_append(&script, scene->outcome.rewritten);
    }
    restart(scene, text_string(&script));
    struct view rest = text_view(&script);
    struct split split;
    int line = 1, column = 1;
    engine_free(scene->engine);
    start_engine(scene);
    while (split_next(&rest, &line, &column, &split)) {
        struct text one = TEXT_EMPTY;
        text_append(&one, split.statement);
        assert_int_equal(run_as(scene, scene->engine, text_string(&one), true), 0);
        text_append(&again, scene->outcome.rewritten);
        text_free(&one);
    }
    assert_string_equal(text_string(&again), text_string(&script));
    assert_int_not_equal(run(scene, "CREATE STREAM X (A INT) WITH (KAFKA_TOPIC='in', VALUE_FORMAT='JSON', "
                                    "CLEANUP_POLICY='delete');"),
                         0);
    text_free(&script);
    text_free(&again);
    tear_down(scene);
}

static void a_replay_brings_back_no_topic_and_no_schema_that_went_since(void **state) {
    (void)state;
    static const char script[] =
        "CREATE STREAM S (K STRING KEY, V INT) WITH (KAFKA_TOPIC='gone', PARTITIONS=1, VALUE_FORMAT='AVRO');"
        "CREATE TABLE T WITH (VALUE_FORMAT='AVRO') AS SELECT K, COUNT(*) AS N FROM S GROUP BY K;"
        "DROP TABLE T DELETE TOPIC; DROP STREAM S;";
    struct scene *scene = set_up(false);
    restart(scene, script);
    assert_null(world_topic(&scene->world, VIEW("gone")));
    assert_null(world_topic(&scene->world, VIEW("T")));
    assert_int_equal(scene->world.registered.count, 0);
    assert_null(catalog_at(engine_catalog(scene->engine), 0));
    tear_down(scene);
}

static void a_sink_topic_that_went_meanwhile_is_made_again_when_its_query_starts(void **state) {
    (void)state;
    struct scene *scene = set_up(false);
    must_run(scene, counting);
    put(scene, "in", "a", "{\"V\":1}", 10);
    pump(scene);
    commit(scene);
    scene->world.topics.remove(&scene->world, VIEW("T"), NULL);
    restart(scene, counting);
    put(scene, "in", "a", "{\"V\":1}", 20);
    pump(scene);
    assert_string_equal(last_value(scene, "T"), "{\"N\":2,\"TOTAL\":2}");
    tear_down(scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_restart_after_a_commit_goes_on_and_counts_nothing_twice),
        cmocka_unit_test(a_crash_repeats_output_since_the_last_commit_but_counts_stay_exact),
        cmocka_unit_test(the_whole_state_alone_stands_for_all_records_before_it),
        cmocka_unit_test(changes_larger_than_a_record_are_kept_in_parts_and_count_only_when_whole),
        cmocka_unit_test(damaged_state_stops_the_query_with_a_reason_and_spares_the_others),
        cmocka_unit_test(a_query_whose_state_was_not_loaded_is_resumed_with_it_or_not_at_all),
        cmocka_unit_test(statements_come_back_from_what_they_were_rewritten_to),
        cmocka_unit_test(a_replay_brings_back_no_topic_and_no_schema_that_went_since),
        cmocka_unit_test(a_sink_topic_that_went_meanwhile_is_made_again_when_its_query_starts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
