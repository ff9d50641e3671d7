/* Stream-table: a stream's row looks its partner up and goes on, a table's row only changes what is found from then on.
 */
#include <string.h>

#include "ksql/operator/private.h"

static void run(struct stage *stage, struct batch *rows, bool from_right) {
    if (from_right)
        return;
    if (stage->state == NULL)
        stage->state = (void *)(uintptr_t)operator_store_of(stage->task, stage->step->right);
    const struct store *table = stage->state;
    const struct step_join *join = &stage->step->join;
    size_t left = schema_count(stage->step->below->schema), all = schema_count(stage->step->schema), kept = 0;
    for (size_t i = 0; i < rows->count; i++) {
        struct row *row = &rows->rows[i];
        if (row->tombstone)
            continue;
        struct value key = evaluate(join->left_key, row->values, &rows->arena, &stage->task->options.log);
        const struct stored *partner =
            value_is_null(key) ? NULL : store_get(table, &key, join->windowed ? row->window_start : 0);
        if (partner == NULL && (join->kind == JOIN_INNER || value_is_null(key)))
            continue;
        struct value *values = arena_allocate(&rows->arena, all * sizeof *values);
        memcpy(values, row->values, left * sizeof *values);
        for (size_t j = left; j + 1 < all; j++)
            values[j] = partner == NULL ? value_null() : partner->values[j - left];
        values[all - 1] = key;
        row->values = values;
        rows->rows[kept++] = *row;
    }
    rows->count = kept;
    rows->schema = stage->step->schema;
    operator_emit(stage, rows);
}

const struct operator_kind operator_join = {.kind = STEP_JOIN, .run = run};
