/* Table-table by primary key: a change of either side looks the other side's row up and is joined with it, now and as
 * it was before. The right table's source keeps its rows; so does the left one, or this operator for what joins below.
 */
#include <string.h>

#include "ksql/operator/private.h"

struct sides {
    const struct store *left, *right;
};

static bool left_is_source(const struct stage *stage) {
    return stage->step->below->kind == STEP_SOURCE;
}

static void start(struct stage *stage) {
    if (!left_is_source(stage))
        operator_store(stage, 1, schema_count(stage->step->below->schema));
}

static void stop(struct stage *stage) {
    memory_free(stage->state);
}

static const struct sides *sides_of(struct stage *stage) {
    if (stage->state != NULL)
        return stage->state;
    struct sides *sides = memory_zero(1, sizeof *sides);
    sides->right = operator_store_of(stage->task, stage->step->right);
    sides->left = left_is_source(stage) ? operator_store_of(stage->task, stage->step->below) : stage->store;
    stage->state = sides;
    return sides;
}

/* Left and right NULL: that side has no row. The key stands in both key columns. */
static struct value *joined(const struct stage *stage, const struct value *left, const struct value *right,
                            struct value key, struct arena *arena) {
    size_t left_count = schema_count(stage->step->below->schema), all = schema_count(stage->step->schema);
    struct value *values = arena_zero(arena, all * sizeof *values);
    if (left != NULL)
        memcpy(values, left, left_count * sizeof *values);
    if (right != NULL)
        memcpy(values + left_count, right, (all - left_count - 1) * sizeof *values);
    values[all - 1] = key;
    return values;
}

static struct value *deleted(const struct stage *stage, struct value key, struct arena *arena) {
    struct value *values = joined(stage, NULL, NULL, key, arena);
    values[stage->step->join.left_key->index] = key;
    values[schema_count(stage->step->below->schema) + stage->step->join.right_key->index] = key;
    return values;
}

static void keep_left(struct stage *stage, const struct row *row, struct value key) {
    if (left_is_source(stage))
        return;
    if (row->tombstone)
        store_remove(stage->store, &key, row->window_start);
    else
        store_put(stage->store, &key, row->window_start, row->window_end, row->timestamp, row->values);
}

/* False: nothing is to be said about it. */
static bool join_row(struct stage *stage, struct row *row, struct value key, const struct stored *partner,
                     bool from_right, struct arena *arena) {
    enum join_kind kind = stage->step->join.kind;
    bool keeps_self = kind == JOIN_OUTER || kind == (from_right ? JOIN_RIGHT : JOIN_LEFT);
    bool keeps_other = kind == JOIN_OUTER || kind == (from_right ? JOIN_LEFT : JOIN_RIGHT);
    if (partner == NULL && (!keeps_self || (row->tombstone && row->old == NULL)))
        return false;
    const struct value *other = partner == NULL ? NULL : partner->values;
    const struct value *own = row->tombstone ? NULL : row->values, *before = row->old;
    bool now = (own != NULL && other != NULL) || (own != NULL && keeps_self) || (other != NULL && keeps_other);
    bool then = (before != NULL && other != NULL) || (before != NULL && keeps_self) || (other != NULL && keeps_other);
    row->old = !then        ? NULL
               : from_right ? joined(stage, other, before, key, arena)
                            : joined(stage, before, other, key, arena);
    row->tombstone = !now;
    row->values = !now         ? deleted(stage, key, arena)
                  : from_right ? joined(stage, other, own, key, arena)
                               : joined(stage, own, other, key, arena);
    row->key_null = false;
    if (partner != NULL && partner->timestamp > row->timestamp)
        row->timestamp = partner->timestamp;
    return true;
}

static void run(struct stage *stage, struct batch *rows, bool from_right) {
    const struct sides *sides = sides_of(stage);
    const struct step_join *join = &stage->step->join;
    size_t kept = 0;
    for (size_t i = 0; i < rows->count; i++) {
        struct row *row = &rows->rows[i];
        struct value key = evaluate(from_right ? join->right_key : join->left_key, row->values, &rows->arena,
                                    &stage->task->options.log);
        if (value_is_null(key))
            continue;
        if (!from_right)
            keep_left(stage, row, key);
        const struct stored *partner =
            store_get(from_right ? sides->left : sides->right, &key, join->windowed ? row->window_start : 0);
        if (join_row(stage, row, key, partner, from_right, &rows->arena))
            rows->rows[kept++] = *row;
    }
    rows->count = kept;
    rows->schema = stage->step->schema;
    operator_emit(stage, rows);
}

const struct operator_kind operator_join_tables = {.kind = STEP_JOIN_TABLES, .run = run, .start = start, .stop = stop};
