/* The hot path allocates nothing per record once it is warm: a join and a window, read, evaluated, written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "ksql/engine/engine.h"
#include "ksql/language/parse.h"
#include "ksql/language/split.h"
#include "support/allocations.h"

#include <cmocka.h>

#ifdef COUNTS_ALLOCATIONS

enum { RECORDS = 256, CARDS = 50, ROUNDS = 20 };

struct scene {
    struct engine *engine;
    uint64_t readers[4]; /* in the order of opening */
    size_t reader_count, written;
    int64_t offset;
    struct engine_record records[RECORDS];
    char texts[RECORDS][128];
    struct engine_topics topics;
    struct engine_schemas schemas;
    struct schema_source source;
};

static int describe(void *context, struct view topic, struct topic_facts *facts, struct error *error) {
    (void)context, (void)topic, (void)error;
    *facts = (struct topic_facts){1, 1};
    return 0;
}
static int open_reader(void *context, uint64_t reader, struct view topic, int64_t *offsets, int64_t *ends,
                       size_t partitions, struct error *error) {
    struct scene *scene = context;
    (void)topic, (void)partitions, (void)error;
    offsets[0] = ends[0] = 0;
    scene->readers[scene->reader_count++] = reader;
    return 0;
}
static void close_reader(void *context, uint64_t reader) {
    (void)context, (void)reader;
}
static int write_record(void *context, struct view topic, const struct engine_record *record, struct error *error) {
    (void)topic, (void)record, (void)error;
    ((struct scene *)context)->written++;
    return 0;
}
static int latest(void *context, struct view topic, bool is_key, int32_t id, struct arena *arena,
                  struct schema_facts *facts, struct error *error) {
    (void)context, (void)topic, (void)is_key, (void)id, (void)arena, (void)facts;
    return error_set(error, ERROR_NOT_FOUND, "no schema");
}
static int enter(void *context, struct view topic, bool is_key, const char *type, struct view text, int32_t *id,
                 struct error *error) {
    (void)context, (void)topic, (void)is_key, (void)type, (void)text, (void)error;
    *id = 7;
    return 0;
}
static int by_id(void *context, int32_t id, struct view *text, struct view *type, struct error *error) {
    (void)context, (void)text, (void)type;
    return error_set(error, ERROR_NOT_FOUND, "no schema %d", id);
}

static void run(struct scene *scene, const char *text) {
    struct arena arena = ARENA_EMPTY;
    struct view rest = view_of(text);
    struct split split;
    struct error error = {0};
    int line = 1, column = 1;
    while (split_next(&rest, &line, &column, &split)) {
        struct statement *statement;
        struct engine_outcome outcome;
        struct engine_request request = {.number = -1};
        if (parse_statement(&arena, split.statement, split.line, split.column, &statement, &error) != 0 ||
            engine_execute(scene->engine, statement, &request, &arena, &outcome, &error) != 0)
            fail_msg("%s", error.message);
    }
    arena_free(&arena);
}

static void set_up(struct scene *scene, bool coalesce, const char *query) {
    *scene = (struct scene){.written = 0};
    scene->source = (struct schema_source){scene, by_id};
    scene->topics = (struct engine_topics){
        .context = scene, .describe = describe, .open = open_reader, .close = close_reader, .write = write_record};
    scene->schemas =
        (struct engine_schemas){.context = scene, .latest = latest, .enter = enter, .source = &scene->source};
    scene->engine = engine_new(&(struct engine_options){
        .topics = &scene->topics, .schemas = &scene->schemas, .wrap_single_values = true, .coalesce = coalesce});
    run(scene, "CREATE STREAM T (CARD STRING, AMOUNT INT, PLACE STRING) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');"
               "CREATE TABLE C (ID STRING PRIMARY KEY, NAME STRING) WITH (KAFKA_TOPIC='c', VALUE_FORMAT='JSON');");
    run(scene, query);
}

/* The same cards come again and again, as in a window that fills. */
static void feed(struct scene *scene, size_t reader, bool keyed, int round) {
    for (int i = 0; i < RECORDS; i++) {
        char *text = scene->texts[i];
        int key = snprintf(text, 32, "%04d 1111 2222 3333", i % CARDS);
        int size = snprintf(text + 32, sizeof scene->texts[i] - 32,
                            "{\"CARD\":\"%04d 1111 2222 3333\",\"AMOUNT\":%d,\"PLACE\":\"Oslo\",\"NAME\":\"n%d\"}",
                            i % CARDS, 100 + (i + round) % 900, i % CARDS);
        scene->records[i] = (struct engine_record){.offset = scene->offset, .timestamp = 1000 + scene->offset};
        scene->offset++;
        scene->records[i].key = keyed ? (struct view){text, (size_t)key} : (struct view){0};
        scene->records[i].value = (struct view){text + 32, (size_t)size};
    }
    engine_feed(scene->engine, scene->readers[reader], scene->records, RECORDS);
    engine_run(scene->engine);
    engine_commit(scene->engine, NULL);
}

static void check_rounds(struct scene *scene, size_t reader) {
    for (int round = 0; round < ROUNDS; round++)
        feed(scene, reader, false, round);
    size_t before = allocations;
    for (int round = 0; round < ROUNDS; round++)
        feed(scene, reader, false, round);
    assert_int_equal(allocations - before, 0);
    assert_true(scene->written != 0);
    engine_free(scene->engine);
}

static void a_stream_table_join_allocates_nothing_per_record(void **state) {
    (void)state;
    struct scene scene;
    set_up(&scene, true,
           "CREATE STREAM J WITH (VALUE_FORMAT='JSON_SR') AS SELECT T.CARD, UCASE(T.PLACE) AS PLACE, T.AMOUNT * 2 AS "
           "TWICE, C.NAME AS NAME FROM T JOIN C ON T.CARD = C.ID WHERE T.AMOUNT > 1;");
    feed(&scene, 1, true, 0);
    check_rounds(&scene, 0);
}

static const char windowed[] = "CREATE TABLE W WITH (KEY_FORMAT='AVRO', VALUE_FORMAT='JSON_SR') AS SELECT CARD, PLACE, "
                               "COUNT(*) AS N, SUM(AMOUNT) AS "
                               "TOTAL, AVG(AMOUNT) AS A, TIMESTAMPTOSTRING(WINDOWSTART, 'yyyy-MM-dd HH:mm:ss Z') AS S "
                               "FROM T WINDOW TUMBLING (SIZE 1 "
                               "HOUR) GROUP BY CARD, PLACE;";

static void a_window_whose_updates_are_coalesced_allocates_nothing_per_record(void **state) {
    (void)state;
    struct scene scene;
    set_up(&scene, true, windowed);
    check_rounds(&scene, 0);
}

static void a_window_whose_updates_all_go_out_allocates_nothing_per_record(void **state) {
    (void)state;
    struct scene scene;
    set_up(&scene, false, windowed);
    check_rounds(&scene, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_table_join_allocates_nothing_per_record),
        cmocka_unit_test(a_window_whose_updates_are_coalesced_allocates_nothing_per_record),
        cmocka_unit_test(a_window_whose_updates_all_go_out_allocates_nothing_per_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
int main(void) {
    puts("allocations are counted in the plain build only");
    return 0;
}
#endif
