#include "ksql/operator/task.h"

#include <string.h>

#include "foundation/base/memory.h"
#include "ksql/operator/private.h"

static const struct operator_kind *const kinds[] = {
    &operator_source,      &operator_filter,       &operator_flatten,      &operator_project,  &operator_join,
    &operator_join_tables, &operator_join_foreign, &operator_join_streams, &operator_aggregate};

struct store *operator_store(struct stage *stage, size_t key_count, size_t value_count) {
    stage->store = store_new(key_count, value_count, stage->task->options.journal);
    return stage->store;
}

const struct store *operator_store_of(const struct task *task, const struct step *step) {
    for (size_t i = 0; i < task->operators.count; i++)
        if (task->operators.items[i]->step == step)
            return task->operators.items[i]->store;
    return NULL;
}

static struct stage *build(struct task *task, const struct step *step, struct stage *above, bool right) {
    const struct operator_kind *kind = NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i]->kind == step->kind)
            kind = kinds[i];
    if (kind == NULL) /* STEP_SINK: the engine's own, it writes what comes out */
        return build(task, step->below, above, right);
    struct stage *stage = memory_zero(1, sizeof *stage);
    *stage = (struct stage){.kind = kind, .step = step, .task = task, .above = above, .right = right};
    vector_push(&task->operators, stage);
    if (kind->start != NULL)
        kind->start(stage);
    if (step->kind == STEP_SOURCE)
        vector_push(&task->sources, stage);
    if (step->below != NULL)
        build(task, step->below, stage, false);
    if (step->right != NULL)
        build(task, step->right, stage, true);
    return stage;
}

static const struct step *top_step(const struct plan *plan) {
    return plan->root->kind == STEP_SINK ? plan->root->below : plan->root;
}

struct task *task_new(const struct task_options *options) {
    struct task *task = memory_zero(1, sizeof *task);
    task->options = *options;
    plan_hold(options->plan);
    task->spare = batch_new();
    build(task, options->plan->root, NULL, false);
    const struct schema *schema = top_step(options->plan)->schema;
    if (options->keep_result)
        task->result = store_new(schema->key_count, schema->value_count, options->journal);
    return task;
}

void task_free(struct task *task) {
    if (task == NULL)
        return;
    for (size_t i = 0; i < task->operators.count; i++) {
        struct stage *stage = task->operators.items[i];
        if (stage->kind->stop != NULL)
            stage->kind->stop(stage);
        store_free(stage->store);
        batch_free(stage->own);
        memory_free(stage);
    }
    vector_free(&task->operators);
    vector_free(&task->sources);
    store_free(task->result);
    batch_free(task->spare);
    plan_release(task->options.plan);
    memory_free(task);
}

size_t task_source_count(const struct task *task) {
    return task->sources.count;
}

const struct step *task_source(const struct task *task, size_t index) {
    return task->sources.items[index]->step;
}

static void keep_result(struct task *task, const struct batch *rows) {
    const struct schema *schema = top_step(task->options.plan)->schema;
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->rows[i];
        if (row->tombstone)
            store_remove(task->result, row->values, row->window_start);
        else
            store_put(task->result, row->values, row->window_start, row->window_end, row->timestamp,
                      row->values + schema->key_count);
    }
}

void operator_emit(struct stage *stage, struct batch *rows) {
    if (rows->count == 0)
        return;
    if (stage->above != NULL) {
        stage->above->kind->run(stage->above, rows, stage->right);
        return;
    }
    struct task *task = stage->task;
    if (task->result != NULL)
        keep_result(task, rows);
    task->options.out(task->options.context, rows);
}

void operator_emit_batch(struct stage *stage) {
    if (stage->own == NULL || stage->own->count == 0)
        return;
    stage->own->schema = stage->step->schema;
    operator_emit(stage, stage->own);
    batch_reset(stage->own, stage->step->schema);
}

struct batch *operator_batch(struct stage *stage) {
    if (stage->own == NULL) {
        stage->own = batch_new();
        batch_reset(stage->own, stage->step->schema);
    }
    if (stage->own->count == BATCH_ROWS)
        operator_emit_batch(stage);
    return stage->own;
}

void task_feed(struct task *task, size_t source, struct batch *rows) {
    struct stage *stage = task->sources.items[source];
    stage->kind->run(stage, rows, false);
}

/* From the sources up: what a lower one hands out may make an upper one keep something. */
void task_flush(struct task *task) {
    for (size_t i = task->operators.count; i-- > 0;) {
        struct stage *stage = task->operators.items[i];
        if (stage->kind->flush != NULL)
            stage->kind->flush(stage);
    }
}

bool task_waiting(const struct task *task) {
    for (size_t i = 0; i < task->operators.count; i++)
        if (task->operators.items[i]->kind->waiting != NULL &&
            task->operators.items[i]->kind->waiting(task->operators.items[i]))
            return true;
    return false;
}

const struct store *task_result(const struct task *task) {
    return task->result;
}

static struct store *store_at(const struct task *task, size_t index) {
    if (index < task->operators.count)
        return task->operators.items[index]->store;
    return index == task->operators.count ? task->result : NULL;
}

/* A section a store: its number, the size of what follows, the changes. */
static void take(const struct task *task, bool all, struct text *out) {
    for (size_t i = 0; i <= task->operators.count; i++) {
        struct store *store = store_at(task, i);
        uint32_t head[2] = {(uint32_t)i, 0};
        if (store == NULL)
            continue;
        size_t begin = out->size, body;
        text_append_bytes(out, head, sizeof head);
        body = out->size;
        if (all)
            store_take_all(store, out);
        else
            store_take_changes(store, out);
        head[1] = (uint32_t)(out->size - body);
        if (head[1] == 0)
            out->size = begin;
        else
            memcpy(out->data + begin, head, sizeof head);
    }
}

void task_take_changes(struct task *task, struct text *out) {
    take(task, false, out);
}

void task_take_all(const struct task *task, struct text *out) {
    take(task, true, out);
}

int task_apply(struct task *task, struct view changes, struct error *error) {
    while (changes.size != 0) {
        uint32_t head[2];
        if (changes.size < sizeof head)
            return error_set(error, ERROR_CORRUPT, "state: a section is cut off");
        memcpy(head, changes.data, sizeof head);
        changes = (struct view){changes.data + sizeof head, changes.size - sizeof head};
        struct store *store = store_at(task, head[0]);
        if (store == NULL || head[1] > changes.size)
            return error_set(error, ERROR_CORRUPT, "state: a section of store %u with %u bytes does not fit this query",
                             head[0], head[1]);
        struct view part = {changes.data, head[1]};
        changes = (struct view){changes.data + head[1], changes.size - head[1]};
        while (part.size != 0)
            if (store_apply(store, &part, error) != 0)
                return -1;
    }
    /* what was replayed is no news */
    struct text forgotten = TEXT_EMPTY;
    task_take_changes(task, &forgotten);
    text_free(&forgotten);
    return 0;
}
