/* SELECT: push queries run like the others and hand their rows to a handler; pull queries over a table run once over
 * the rows that the query which made it keeps. */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "ksql/engine/private.h"

static bool is_table(const struct engine *engine, const struct statement *statement) {
    const struct source *source = catalog_find(engine->catalog, statement->query->from.name);
    return source != NULL && source->kind == SOURCE_TABLE && statement->query->join_count == 0;
}

static int start_query(struct engine *engine, const char *id, struct plan *plan, const struct engine_request *request,
                       struct engine_results results, bool bounded, struct error *error) {
    struct job *job = job_new(engine, id, plan, request->properties, false, error);
    if (job == NULL)
        return -1;
    job->results = results;
    job->bounded = bounded;
    job->finished = plan->limit == 0;
    if (bounded)
        properties_set(job->properties, "auto.offset.reset", "earliest");
    if (job_open(job, error) != 0) {
        job_free(job);
        return -1;
    }
    const struct step *step = plan->root;
    vector_push(&engine->queries, job);
    for (; step != NULL; step = step->below) {
        if (step->kind == STEP_SOURCE)
            catalog_link(engine->catalog, step->source.name, view_of(id), false);
        if (step->right != NULL)
            catalog_link(engine->catalog, step->right->source.name, view_of(id), false);
    }
    return 0;
}

/* --- pull queries over tables --- */

struct pull {
    struct engine_results results;
    const struct plan *plan;
    int64_t limit;
    bool enough;
    bool failed;
    struct error error;
};

static void pull_out(void *context, struct batch *rows) {
    struct pull *pull = context;
    if (pull->enough)
        return;
    if (pull->limit >= 0 && (int64_t)rows->count > pull->limit)
        rows->count = (size_t)pull->limit;
    if (pull->limit >= 0)
        pull->limit -= (int64_t)rows->count;
    if (rows->count != 0 && !pull->results.rows(pull->results.context, pull->plan, rows))
        pull->enough = true;
    pull->enough |= pull->limit == 0;
}

static int by_key(const void *a, const void *b, void *count) {
    const struct stored *left = *(const struct stored *const *)a, *right = *(const struct stored *const *)b;
    for (size_t i = 0; i < *(const size_t *)count; i++) {
        int order = value_compare(left->key[i], right->key[i]);
        if (order != 0)
            return order;
    }
    return (left->window_start > right->window_start) - (left->window_start < right->window_start);
}

static void lay_out(struct batch *batch, const struct schema *schema, const struct stored *stored, size_t own,
                    bool windowed) {
    struct row *row = batch_add(batch);
    for (size_t i = 0; i < schema->key_count; i++)
        row->values[i] = stored->key[i];
    for (size_t i = schema->key_count; i < own; i++)
        row->values[i] = stored->values[i - schema->key_count];
    row->timestamp = stored->timestamp;
    row->window_start = stored->window_start;
    row->window_end = stored->window_end;
    row->values[own] = value_bigint(stored->timestamp);
    if (windowed) {
        row->values[own + 3] = value_bigint(stored->window_start);
        row->values[own + 4] = value_bigint(stored->window_end);
    }
}

static void feed_rows(struct task *task, const struct store *store) {
    const struct step *step = task_source(task, 0);
    bool windowed = step->source.format.window.kind != WINDOW_NONE;
    size_t own = schema_count(step->schema) - (windowed ? 5 : 3), keys = step->schema->key_count;
    VECTOR(const struct stored *) rows = {0};
    const struct stored *row;
    for (size_t at = 0; (row = store_next(store, &at)) != NULL;)
        vector_push(&rows, row);
    if (rows.count != 0)
        qsort_r(rows.items, rows.count, sizeof *rows.items, by_key, &keys);
    struct batch *batch = batch_new();
    for (size_t i = 0; i < rows.count;) {
        batch_reset(batch, step->schema);
        for (; i < rows.count && batch->count < BATCH_ROWS; i++)
            lay_out(batch, step->schema, rows.items[i], own, windowed);
        task_feed(task, 0, batch);
    }
    batch_free(batch);
    vector_free(&rows);
}

static void pull_trouble(void *context, const struct error *error) {
    struct pull *pull = context;
    pull->failed = true;
    pull->error = *error;
}

static int pull_table(struct engine *engine, const struct source *source, struct plan *plan,
                      struct engine_results results, struct error *error) {
    const struct job *maker = job_find(engine, source->made_by);
    if (maker == NULL || maker->task == NULL || task_result(maker->task) == NULL)
        return error_set(error, ERROR_CONFLICT,
                         "Pull queries on %.*s need the query that makes it, %.*s, which does not run any more",
                         VIEW_ARGS(source->name), VIEW_ARGS(source->made_by));
    struct pull pull = {.results = results, .plan = plan, .limit = plan->limit};
    struct task *task =
        task_new(&(struct task_options){.plan = plan, .out = pull_out, .context = &pull, .log = {&pull, pull_trouble}});
    if (plan->limit != 0)
        feed_rows(task, task_result(maker->task));
    task_free(task);
    results.ended(results.context, pull.limit == 0, NULL);
    return 0;
}

int engine_select(struct engine *engine, const struct statement *statement, const struct engine_request *request,
                  struct engine_results results, char id[128], struct plan **plan, struct error *error) {
    struct arena arena = ARENA_EMPTY;
    struct analysis analysis = engine_analysis(engine, &arena);
    struct analysis_settings settings = *analysis.settings;
    const char *scans =
        request->properties == NULL ? NULL : properties_get(request->properties, "ksql.query.pull.table.scan.enabled");
    struct query_definition definition;
    settings.no_table_scans = scans != NULL && strcasecmp(scans, "false") == 0;
    analysis.settings = &settings;
    bool push = statement->query->emit != EMIT_NONE, table = is_table(engine, statement);
    if (!push && table)
        snprintf(id, 128, "query_%lld", (long long)clock_wall_ms(engine->options.clock));
    else
        snprintf(id, 128, "transient_%.*s_%llu",
                 90 < statement->query->from.alias.size ? 90 : (int)statement->query->from.alias.size,
                 statement->query->from.alias.data, (unsigned long long)++engine->next_transient);
    int status = push ? analyse_query(&analysis, statement, id, &definition, error)
                      : analyse_pull(&analysis, statement, id, &definition, error);
    if (status == 0 && engine->sandbox)
        plan_release(definition.plan);
    else if (status == 0) {
        *plan = plan_hold(definition.plan);
        status = !push && table ? pull_table(engine, definition.reads[0], definition.plan, results, error)
                                : start_query(engine, id, definition.plan, request, results, !push, error);
        if (status != 0) {
            plan_release(*plan);
            *plan = NULL;
        }
        plan_release(definition.plan);
    }
    arena_free(&arena);
    return status;
}

bool engine_query_close(struct engine *engine, struct view id) {
    struct job *job = job_find(engine, id);
    if (job == NULL || !job->push)
        return false;
    job_remove(job, false);
    return true;
}
