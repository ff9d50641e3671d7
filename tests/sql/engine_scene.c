#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "foundation/base/memory.h"
#include "ksql/language/parse.h"
#include "ksql/language/split.h"
#include "sql/engine_scene.h"

#include <cmocka.h>

const char counting[] = "CREATE STREAM S (K STRING KEY, V INT) WITH (KAFKA_TOPIC='in', VALUE_FORMAT='JSON');"
                        "CREATE TABLE T AS SELECT K, COUNT(*) AS N, SUM(V) AS TOTAL FROM S GROUP BY K;";

void start_engine(struct scene *scene) {
    struct engine_options options = {.topics = &scene->world.topics,
                                     .schemas = &scene->world.schemas,
                                     .memory = &scene->world.memory,
                                     .wrap_single_values = true,
                                     .coalesce = scene->coalesce};
    scene->engine = engine_new(&options);
}

struct scene *set_up(bool coalesce) {
    struct scene *scene = memory_zero(1, sizeof *scene);
    scene->coalesce = coalesce;
    world_init(&scene->world);
    world_add_topic(&scene->world, "in", 1);
    start_engine(scene);
    return scene;
}

void tear_down(struct scene *scene) {
    engine_free(scene->engine);
    world_free(&scene->world);
    arena_free(&scene->arena);
    text_free(&scene->rows);
    memory_free(scene);
}

int run_as(struct scene *scene, struct engine *engine, const char *text, bool replay) {
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

int run(struct scene *scene, const char *text) {
    return run_as(scene, scene->engine, text, false);
}

void must_run(struct scene *scene, const char *text) {
    if (run(scene, text) != 0)
        fail_msg("%s", scene->error.message);
}

void put(struct scene *scene, const char *topic, const char *key, const char *value, int64_t timestamp) {
    world_append(world_topic(&scene->world, view_of(topic)), timestamp, view_of(key), view_of(value), true);
}

void pump(struct scene *scene) {
    world_pump(&scene->world, scene->engine);
}

void commit(struct scene *scene) {
    if (engine_commit(scene->engine, &scene->error) != 0)
        fail_msg("%s", scene->error.message);
    pump(scene);
}

void restart(struct scene *scene, const char *statements) {
    engine_free(scene->engine);
    vector_clear(&scene->world.readers);
    start_engine(scene);
    if (run_as(scene, scene->engine, statements, true) != 0)
        fail_msg("%s", scene->error.message);
    engine_start(scene->engine);
    pump(scene);
}

size_t count(const struct scene *scene, const char *topic) {
    return world_topic(&scene->world, view_of(topic))->records.count;
}

const char *value_at(const struct scene *scene, const char *topic, size_t index) {
    const struct world_topic *found = world_topic(&scene->world, view_of(topic));
    assert_true(index < found->records.count);
    return found->records.items[index].value;
}

const char *last_value(const struct scene *scene, const char *topic) {
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

int ask(struct scene *scene, const char *text) {
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
