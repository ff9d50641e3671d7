/* The engine over topics in memory: what survives a restart, what a commit hands out, what statements leave behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "foundation/base/memory.h"
#include "ksql/language/parse.h"
#include "ksql/language/split.h"
#include "sql/ksql_cases/world.h"

#include <cmocka.h>

struct scene {
    struct world world;
    struct engine *engine;
    struct arena arena;
    struct engine_outcome outcome;
    struct error error;
    struct text rows; /* what push and pull queries gave, a line a row */
    bool ended, ended_by_limit;
    bool coalesce;
};

static void start_engine(struct scene *scene) {
    struct engine_options options = {.topics = &scene->world.topics,
                                     .schemas = &scene->world.schemas,
                                     .memory = &scene->world.memory,
                                     .wrap_single_values = true,
                                     .coalesce = scene->coalesce};
    scene->engine = engine_new(&options);
}

static struct scene *set_up(bool coalesce) {
    struct scene *scene = memory_zero(1, sizeof *scene);
    scene->coalesce = coalesce;
    world_init(&scene->world);
    world_add_topic(&scene->world, "in", 1);
    start_engine(scene);
    return scene;
}

static void tear_down(struct scene *scene) {
    engine_free(scene->engine);
    world_free(&scene->world);
    arena_free(&scene->arena);
    text_free(&scene->rows);
    memory_free(scene);
}

static int run_as(struct scene *scene, struct engine *engine, const char *text, bool replay) {
    struct properties *properties = properties_new();
    struct view rest = view_of(text);
    struct split split;
    int line = 1, column = 1, status = 0;
    properties_set(properties, "auto.offset.reset", "earliest");
    while (status == 0 && split_next(&rest, &line, &column, &split)) {
        struct statement *statement;
        struct engine_request request = {.properties = properties, .number = -1, .replay = replay, .hold = replay};
        status = parse_statement(&scene->arena, split.statement, split.line, split.column, &statement, &scene->error);
        if (status == 0)
            status = engine_execute(engine, statement, &request, &scene->arena, &scene->outcome, &scene->error);
    }
    properties_free(properties);
    return status;
}

static int run(struct scene *scene, const char *text) {
    return run_as(scene, scene->engine, text, false);
}

static void must_run(struct scene *scene, const char *text) {
    if (run(scene, text) != 0)
        fail_msg("%s", scene->error.message);
}

static void put(struct scene *scene, const char *topic, const char *key, const char *value, int64_t timestamp) {
    world_append(world_topic(&scene->world, view_of(topic)), timestamp, view_of(key), view_of(value), true);
}

static void pump(struct scene *scene) {
    world_pump(&scene->world, scene->engine);
}

static void commit(struct scene *scene) {
    if (engine_commit(scene->engine, &scene->error) != 0)
        fail_msg("%s", scene->error.message);
    pump(scene);
}

/* The process dies without a commit and a new one replays the statements. */
static void restart(struct scene *scene, const char *statements) {
    engine_free(scene->engine);
    vector_clear(&scene->world.readers);
    start_engine(scene);
    if (run_as(scene, scene->engine, statements, true) != 0)
        fail_msg("%s", scene->error.message);
    engine_start(scene->engine);
    pump(scene);
}

static size_t count(const struct scene *scene, const char *topic) {
    return world_topic(&scene->world, view_of(topic))->records.count;
}

static const char *value_at(const struct scene *scene, const char *topic, size_t index) {
    const struct world_topic *found = world_topic(&scene->world, view_of(topic));
    assert_true(index < found->records.count);
    return found->records.items[index].value;
}

static const char *last_value(const struct scene *scene, const char *topic) {
    assert_true(count(scene, topic) > 0);
    return value_at(scene, topic, count(scene, topic) - 1);
}

static bool note_rows(void *context, const struct plan *plan, const struct batch *rows) {
    struct scene *scene = context;
    for (size_t i = 0; i < rows->count; i++) {
        for (size_t j = 0; j < schema_count(plan->root->schema); j++) {
            if (j != 0)
                text_append_char(&scene->rows, '|');
            value_print(&scene->rows, rows->rows[i].values[j], plan->root->schema->columns[j].type);
        }
        text_append_string(&scene->rows, rows->rows[i].tombstone ? " gone\n" : "\n");
    }
    return true;
}

static void note_end(void *context, bool limit, const struct error *error) {
    struct scene *scene = context;
    assert_null(error);
    scene->ended = true;
    scene->ended_by_limit = limit;
}

static int ask(struct scene *scene, const char *text) {
    struct statement *statement;
    struct engine_request request = {.number = -1};
    struct engine_results results = {scene, note_rows, note_end};
    struct plan *plan = NULL;
    char id[128];
    scene->ended = scene->ended_by_limit = false;
    text_clear(&scene->rows);
    int status = parse_statement(&scene->arena, view_of(text), 1, 1, &statement, &scene->error);
    if (status == 0)
        status = engine_select(scene->engine, statement, &request, results, id, &plan, &scene->error);
    plan_release(plan);
    return status;
}

static const char counting[] = "CREATE STREAM S (K STRING KEY, V INT) WITH (KAFKA_TOPIC='in', VALUE_FORMAT='JSON');"
                               "CREATE TABLE T AS SELECT K, COUNT(*) AS N, SUM(V) AS TOTAL FROM S GROUP BY K;";

/* --- restarts --- */

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

/* --- commits --- */

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

/* --- reading --- */

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

/* --- statements --- */

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

/* --- results --- */

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
        cmocka_unit_test(a_restart_after_a_commit_goes_on_and_counts_nothing_twice),
        cmocka_unit_test(a_crash_repeats_output_since_the_last_commit_but_counts_stay_exact),
        cmocka_unit_test(the_whole_state_alone_stands_for_all_records_before_it),
        cmocka_unit_test(changes_larger_than_a_record_are_kept_in_parts_and_count_only_when_whole),
        cmocka_unit_test(damaged_state_stops_the_query_with_a_reason_and_spares_the_others),
        cmocka_unit_test(a_query_whose_state_was_not_loaded_is_resumed_with_it_or_not_at_all),
        cmocka_unit_test(statements_come_back_from_what_they_were_rewritten_to),
        cmocka_unit_test(a_replay_brings_back_no_topic_and_no_schema_that_went_since),
        cmocka_unit_test(a_sink_topic_that_went_meanwhile_is_made_again_when_its_query_starts),
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
        cmocka_unit_test(a_push_query_hands_rows_on_and_ends_at_its_limit),
        cmocka_unit_test(a_pull_query_reads_the_kept_rows_of_a_table),
        cmocka_unit_test(a_pull_query_on_a_stream_ends_where_the_topic_ended),
        cmocka_unit_test(a_pull_query_on_an_empty_stream_ends_at_once),
        cmocka_unit_test(a_table_without_a_query_is_not_pulled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
