/* Table-table by a foreign key: a column of the left table holds the right table's key. A left row looks its partner
 * up; a right row finds the left rows that name it by an index, which is made from the left table's kept rows. */
#include <string.h>

#include "ksql/operator/private.h"
#include "multimap.h"

struct foreign {
    const struct store *left, *right;
    struct multimap *index; /* right key to left keys */
};

static size_t left_keys(const struct stage *stage) {
    return stage->step->below->schema->key_count;
}

static struct value foreign_key(const struct stage *stage, const struct value *left, struct arena *arena) {
    return left == NULL ? value_null() : evaluate(stage->step->join.left_key, left, arena, &stage->task->options.log);
}

static struct foreign *open(struct stage *stage) {
    if (stage->state != NULL)
        return stage->state;
    struct foreign *foreign = memory_zero(1, sizeof *foreign);
    struct arena arena = ARENA_EMPTY;
    const struct stored *row;
    foreign->left = operator_store_of(stage->task, stage->step->below);
    foreign->right = operator_store_of(stage->task, stage->step->right);
    foreign->index = multimap_new(1, left_keys(stage));
    for (size_t at = 0; (row = store_next(foreign->left, &at)) != NULL;) {
        struct value key = foreign_key(stage, row->values, &arena);
        if (!value_is_null(key))
            multimap_add(foreign->index, &key, row->key);
        arena_reset(&arena);
    }
    arena_free(&arena);
    stage->state = foreign;
    return foreign;
}

static void stop(struct stage *stage) {
    struct foreign *foreign = stage->state;
    if (foreign != NULL)
        multimap_free(foreign->index);
    memory_free(foreign);
}

static struct value *joined(const struct stage *stage, const struct value *left, const struct value *right,
                            struct arena *arena) {
    size_t left_count = schema_count(stage->step->below->schema), all = schema_count(stage->step->schema);
    struct value *values = arena_zero(arena, all * sizeof *values);
    for (size_t i = 0; i < left_count; i++)
        values[i] = value_copy(arena, left[i]);
    for (size_t i = left_count; right != NULL && i + 1 < all; i++)
        values[i] = value_copy(arena, right[i - left_count]);
    return values;
}

/* left NULL, or without a partner in an inner join: the row goes. */
static void emit(struct stage *stage, const struct value *key, const struct value *left, const struct value *right,
                 const struct value *old_left, const struct value *old_right, int64_t timestamp) {
    bool keeps = stage->step->join.kind == JOIN_LEFT;
    struct batch *out = operator_batch(stage);
    struct row *row = batch_add(out);
    row->timestamp = timestamp;
    row->tombstone = left == NULL || (right == NULL && !keeps);
    if (!row->tombstone) {
        row->values = joined(stage, left, right, &out->arena);
    } else {
        row->values = arena_zero(&out->arena, schema_count(stage->step->schema) * sizeof *row->values);
        for (size_t i = 0; i < left_keys(stage); i++)
            row->values[i] = value_copy(&out->arena, key[i]);
    }
    if (old_left != NULL && (old_right != NULL || keeps))
        row->old = joined(stage, old_left, old_right, &out->arena);
}

static const struct stored *partner_of(const struct foreign *foreign, struct value key) {
    return value_is_null(key) ? NULL : store_get(foreign->right, &key, 0);
}

static void left_row(struct stage *stage, struct foreign *foreign, const struct row *row, struct arena *arena) {
    bool keeps = stage->step->join.kind == JOIN_LEFT;
    const struct value *now = row->tombstone ? NULL : row->values;
    struct value key = foreign_key(stage, now, arena), before = foreign_key(stage, row->old, arena);
    if (!value_is_null(before))
        multimap_remove(foreign->index, &before, row->values);
    if (!value_is_null(key))
        multimap_add(foreign->index, &key, row->values);
    const struct stored *partner = partner_of(foreign, key), *last = partner_of(foreign, before);
    bool had = row->old != NULL && (keeps || !value_is_null(before));
    if (!had && (now == NULL || (partner == NULL && !keeps)))
        return;
    int64_t timestamp = partner != NULL && partner->timestamp > row->timestamp ? partner->timestamp : row->timestamp;
    emit(stage, row->values, now, partner == NULL ? NULL : partner->values, row->old,
         last == NULL ? NULL : last->values, timestamp);
}

static void right_row(struct stage *stage, struct foreign *foreign, const struct row *row) {
    struct span span = multimap_get(foreign->index, row->values);
    for (size_t i = 0; i < span.count; i++) {
        const struct value *key = &span.values[i * left_keys(stage)];
        const struct stored *left = store_get(foreign->left, key, 0);
        if (left != NULL)
            emit(stage, key, left->values, row->tombstone ? NULL : row->values, left->values, row->old,
                 left->timestamp > row->timestamp ? left->timestamp : row->timestamp);
    }
}

static void run(struct stage *stage, struct batch *rows, bool from_right) {
    struct foreign *foreign = open(stage);
    for (size_t i = 0; i < rows->count; i++)
        if (from_right)
            right_row(stage, foreign, &rows->rows[i]);
        else
            left_row(stage, foreign, &rows->rows[i], &rows->arena);
    operator_emit_batch(stage);
}

const struct operator_kind operator_join_foreign = {.kind = STEP_JOIN_FOREIGN, .run = run, .stop = stop};
