/* Operators: one for each step of the plan, linked upwards from the sources. Each takes a batch, changes it in place or
 * makes another, and hands it to the one above. Kinds are rows of a table in task.c. */
#pragma once

#include "foundation/base/memory.h"
#include "foundation/base/vector.h"
#include "ksql/operator/task.h"

struct stage;
struct operator_kind {
    enum step_kind kind;
    /* from_right: the batch came up the right side of a join. */
    void (*run)(struct stage *stage, struct batch *rows, bool from_right);
    void (*flush)(struct stage *stage); /* NULL: keeps nothing back */
    bool (*waiting)(const struct stage *stage);
    void (*start)(struct stage *stage); /* NULL: needs no state */
    void (*stop)(struct stage *stage);
};
struct stage {
    const struct operator_kind *kind;
    const struct step *step;
    struct task *task;
    struct stage *above; /* NULL: the top */
    bool right;          /* stands at the right side of the one above */
    struct store *store; /* NULL: keeps no rows */
    void *state;         /* the kind's own */
    struct batch *own;   /* of rows that it makes; NULL = none yet */
};
struct task {
    struct task_options options;
    VECTOR(struct stage *) operators;
    VECTOR(struct stage *) sources;
    struct store *result;
    struct batch *spare; /* for what aggregates hand out */
};

extern const struct operator_kind operator_source, operator_filter, operator_flatten, operator_project, operator_join,
    operator_join_tables, operator_join_foreign, operator_join_streams, operator_aggregate;
/* To the stage above, or out of the task. */
void operator_emit(struct stage *stage, struct batch *rows);
/* A batch for rows that the operator makes, with room for one more; emit_batch hands on what is left in it. */
struct batch *operator_batch(struct stage *stage);
void operator_emit_batch(struct stage *stage);
/* What another step keeps: a join finds its sources' rows so. */
const struct store *operator_store_of(const struct task *task, const struct step *step);
struct store *operator_store(struct stage *stage, size_t key_count, size_t value_count);
