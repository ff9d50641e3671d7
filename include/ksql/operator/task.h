/* A plan at work: rows of its sources in, rows of its top step out. The plan is read-only and shared, all that changes
 * lives here. One thread. */
#pragma once

#include "foundation/value/batch.h"
#include "ksql/analysis/plan.h"
#include "ksql/operator/evaluate.h"
#include "ksql/operator/store.h"

struct task;
struct task_options {
    struct plan *plan; /* held */
    /* Rows of the top step (the step below STEP_SINK): lent for the call. */
    void (*out)(void *context, struct batch *rows);
    void *context;
    struct processing_log log;
    bool coalesce;    /* aggregates keep their changes until task_flush */
    bool journal;     /* state changes are kept for task_take_changes */
    bool keep_result; /* table results are kept by key, for pull queries */
};
struct task *task_new(const struct task_options *options);
void task_free(struct task *task);

size_t task_source_count(const struct task *task);
const struct step *task_source(const struct task *task, size_t index); /* a STEP_SOURCE */
/* Rows as the source step lays them out: columns, then pseudo columns filled in. The batch is used up: rows go and
 * change on their way. */
void task_feed(struct task *task, size_t source, struct batch *rows);
/* Hands out what aggregates kept back. */
void task_flush(struct task *task);
bool task_waiting(const struct task *task); /* flush would hand something out */

/* The kept result: rows of the top step by key; NULL when it is not kept. */
const struct store *task_result(const struct task *task);

void task_take_changes(struct task *task, struct text *out); /* since the last time; also forgets them */
void task_take_all(const struct task *task, struct text *out);
int task_apply(struct task *task, struct view changes, struct error *error);
