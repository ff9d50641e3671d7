/* The stage of the engine's own tests: an engine over topics in memory (world.h), driven by statements. A failed step
 * fails the test that took it. One thread. */
#ifndef FRAUDSCOPE_TESTS_SQL_ENGINE_SCENE_H
#define FRAUDSCOPE_TESTS_SQL_ENGINE_SCENE_H

#include "sql/ksql_cases/world.h"

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

/* A stream S of topic `in` and the table T that counts and sums it by key: query CTAS_T_0. */
extern const char counting[];

/* With one topic, `in`, of one partition; `coalesce`: updates of a key go out once a commit, as the server sets it. */
struct scene *set_up(bool coalesce);
void tear_down(struct scene *scene);

/* The statements of `text` through `engine`, each up to the first that fails (scene->error); `replay`: as a start does.
 */
int run_as(struct scene *scene, struct engine *engine, const char *text, bool replay);
int run(struct scene *scene, const char *text);
void must_run(struct scene *scene, const char *text);

void put(struct scene *scene, const char *topic, const char *key, const char *value, int64_t timestamp);
void pump(struct scene *scene);
void commit(struct scene *scene); /* and pumps what it wrote */

/* A new engine that knows no statement; the one before is gone. */
void start_engine(struct scene *scene);

/* The process dies without a commit and a new one replays the statements. */
void restart(struct scene *scene, const char *statements);

size_t count(const struct scene *scene, const char *topic);
const char *value_at(const struct scene *scene, const char *topic, size_t index);
const char *last_value(const struct scene *scene, const char *topic);

/* Starts a push or pull query: rows come to scene->rows, a line a row, columns between |; its end to scene->ended. */
int ask(struct scene *scene, const char *text);

#endif
