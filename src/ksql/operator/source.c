/* Sources: tables drop rows without a key and, when something above needs it, keep their rows so that changes carry
 * what they replace. */
#include <string.h>

#include "ksql/operator/private.h"

static void start(struct stage *stage) {
    if (stage->step->source.materialise)
        operator_store(stage, stage->step->schema->key_count, schema_count(stage->step->schema));
}

static struct value *copy_row(struct arena *arena, const struct value *values, size_t count) {
    struct value *copy = arena_allocate(arena, count * sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i] = value_copy(arena, values[i]);
    return copy;
}

static void run(struct stage *stage, struct batch *rows, bool from_right) {
    (void)from_right;
    size_t kept = 0, count = schema_count(stage->step->schema);
    if (stage->step->source.kind == SOURCE_TABLE) {
        for (size_t i = 0; i < rows->count; i++) {
            struct row *row = &rows->rows[i];
            if (row->key_null)
                continue;
            if (stage->store != NULL) {
                const struct stored *old = store_get(stage->store, row->values, row->window_start);
                if (old != NULL)
                    row->old = copy_row(&rows->arena, old->values, count);
                if (row->tombstone)
                    store_remove(stage->store, row->values, row->window_start);
                else
                    store_put(stage->store, row->values, row->window_start, row->window_end, row->timestamp,
                              row->values);
            }
            rows->rows[kept++] = *row;
        }
        rows->count = kept;
    }
    operator_emit(stage, rows);
}

const struct operator_kind operator_source = {.kind = STEP_SOURCE, .run = run, .start = start};
