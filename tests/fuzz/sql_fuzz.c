/* Scripts of statements: split, parsed, analysed and run by the engine over topics in memory. Input: the script. */
#include "foundation/base/arena.h"
#include "foundation/base/memory.h"
#include "fuzz/fuzz.h"
#include "ksql/engine/engine.h"
#include "ksql/language/parse.h"
#include "ksql/language/print.h"
#include "ksql/language/split.h"
#include "sql/ksql_cases/world.h"

enum { STATEMENTS_MOST = 12 };

static const char prelude[] =
    "CREATE STREAM S (K STRING KEY, I INTEGER, L BIGINT, D DOUBLE, B BOOLEAN, C DECIMAL(6, 2), T TIMESTAMP, Y BYTES,"
    " A ARRAY<STRING>, M MAP<STRING, BIGINT>, R STRUCT<X INTEGER, Z STRING>) WITH (KAFKA_TOPIC='s', "
    "VALUE_FORMAT='JSON');"
    "CREATE TABLE U (K STRING PRIMARY KEY, N STRING, V BIGINT) WITH (KAFKA_TOPIC='u', VALUE_FORMAT='JSON');";
static const char *const records[] = {
    "{\"I\":1,\"L\":-5,\"D\":1.5,\"B\":true,\"C\":12.34,\"T\":1773500000000,\"Y\":\"AAEC\",\"A\":[\"a\",\"b\"],"
    "\"M\":{\"x\":1},\"R\":{\"X\":3,\"Z\":\"z\"}}",
    "{\"I\":2147483647,\"L\":9223372036854775807,\"D\":1e308,\"B\":null,\"C\":-9999.99,\"T\":-1,\"Y\":\"\",\"A\":[],"
    "\"M\":{},\"R\":null}",
    "{}"};

struct stage {
    struct world world;
    struct clock clock;
    struct engine *engine;
};

static bool no_rows(void *context, const struct plan *plan, const struct batch *rows) {
    (void)context, (void)plan, (void)rows;
    return true;
}

static void ended(void *context, bool limit, const struct error *error) {
    (void)context, (void)limit, (void)error;
}

static void run_statement(struct stage *stage, struct split split) {
    struct arena arena = ARENA_EMPTY;
    struct statement *statement;
    struct error error = {0};
    struct engine_request request = {.number = -1};
    if (parse_statement(&arena, split.statement, split.line, split.column, &statement, &error) == 0) {
        struct engine_outcome outcome = {0};
        if (statement->kind == STATEMENT_QUERY) {
            char id[128];
            struct plan *plan = NULL;
            struct engine_results results = {stage, no_rows, ended};
            if (engine_select(stage->engine, statement, &request, results, id, &plan, &error) == 0) {
                engine_run(stage->engine);
                world_pump(&stage->world, stage->engine);
            }
            plan_release(plan);
        } else {
            struct engine *sandbox = engine_sandbox(stage->engine);
            if (engine_execute(sandbox, statement, &request, &arena, &outcome, &error) == 0)
                engine_execute(stage->engine, statement, &request, &arena, &outcome, &error);
            engine_free(sandbox);
        }
    }
    arena_free(&arena);
}

static void run_script(struct stage *stage, struct view script) {
    struct split split;
    int line = 1, column = 1;
    for (int i = 0; i < STATEMENTS_MOST && split_next(&script, &line, &column, &split); i++)
        run_statement(stage, split);
    engine_run(stage->engine);
    world_pump(&stage->world, stage->engine);
    struct error error = {0};
    engine_commit(stage->engine, &error);
}

static void open_stage(struct stage *stage) {
    world_init(&stage->world);
    clock_fix(&stage->clock, 1773500000000);
    struct world_topic *s = world_add_topic(&stage->world, "s", 1), *u = world_add_topic(&stage->world, "u", 1);
    for (size_t i = 0; i < sizeof records / sizeof *records; i++)
        world_append(s, 1773500000000 + (int64_t)i, VIEW("k"), view_of(records[i]), true);
    world_append(u, 1773500000000, VIEW("k"), VIEW("{\"N\":\"n\",\"V\":4}"), true);
    struct engine_options options = {.clock = &stage->clock,
                                     .default_key_format = "KAFKA",
                                     .default_value_format = "JSON",
                                     .default_partitions = 1,
                                     .wrap_single_values = true,
                                     .topics = &stage->world.topics,
                                     .schemas = &stage->world.schemas,
                                     .memory = &stage->world.memory};
    stage->engine = engine_new(&options);
    run_script(stage, view_of(prelude));
}

/* An expression's text is that of an equal expression. */
static void print(struct view text) {
    struct arena arena = ARENA_EMPTY;
    struct text first = TEXT_EMPTY, second = TEXT_EMPTY;
    const struct node *node;
    struct error error = {0};
    if (parse_expression(&arena, text, &node, &error) == 0) {
        print_expression(&first, node);
        if (parse_expression(&arena, text_view(&first), &node, &error) != 0)
            fuzz_broken("a printed expression is an expression");
        print_expression(&second, node);
        if (!view_equal(text_view(&first), text_view(&second)))
            fuzz_broken("an expression printed twice is the same");
    }
    text_free(&first);
    text_free(&second);
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct stage stage = {0};
    char *copy = fuzz_copy((struct view){(const char *)data, size});
    open_stage(&stage);
    run_script(&stage, (struct view){copy, size});
    print((struct view){copy, size});
    engine_free(stage.engine);
    world_free(&stage.world);
    memory_free(copy);
    return 0;
}
