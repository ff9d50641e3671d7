/* WHERE and HAVING. Streams: rows pass or go. Tables: a row that passed before and does not now becomes a tombstone;
 * one that never passed is not heard of. */
#include "ksql/operator/private.h"

static bool passes(const struct stage *stage, const struct value *values, struct batch *rows) {
    return values != NULL && evaluate_true(stage->step->condition, values, &rows->arena, &stage->task->options.log);
}

static void run(struct stage *stage, struct batch *rows, bool from_right) {
    (void)from_right;
    size_t kept = 0;
    for (size_t i = 0; i < rows->count; i++) {
        struct row *row = &rows->rows[i];
        bool now = !row->tombstone && passes(stage, row->values, rows);
        bool before = stage->step->table && passes(stage, row->old, rows);
        if (!before)
            row->old = NULL;
        if (!now && !before)
            continue;
        row->tombstone = !now;
        rows->rows[kept++] = *row;
    }
    rows->count = kept;
    operator_emit(stage, rows);
}

const struct operator_kind operator_filter = {.kind = STEP_FILTER, .run = run};
