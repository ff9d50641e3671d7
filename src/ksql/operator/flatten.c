/* Table functions: each gives an array, a row goes out for every element of the longest, NULL where another is shorter.
 * A row whose arrays are all empty or NULL does not go out. */
#include <string.h>

#include "ksql/operator/private.h"

static void start(struct stage *stage) {
    stage->state = batch_new();
}

static void stop(struct stage *stage) {
    batch_free(stage->state);
}

static void hand_on(struct stage *stage) {
    struct batch *out = stage->state;
    out->schema = stage->step->schema;
    operator_emit(stage, out);
    batch_reset(out, NULL);
}

static void flatten(struct stage *stage, struct row *row, struct batch *rows) {
    const struct step *step = stage->step;
    struct batch *out = stage->state;
    size_t count = step->expression_count, base = schema_count(step->schema) - count, most = 0;
    struct value *arrays = arena_allocate(&rows->arena, (count + 1) * sizeof *arrays);
    for (size_t i = 0; i < count; i++) {
        arrays[i] = evaluate(step->expressions[i], row->values, &rows->arena, &stage->task->options.log);
        if (!value_is_null(arrays[i]) && arrays[i].size > most)
            most = arrays[i].size;
    }
    for (size_t j = 0; j < most; j++) {
        if (out->count == BATCH_ROWS)
            hand_on(stage);
        out->schema = NULL;
        struct row *next = batch_add(out);
        *next = *row;
        next->values = arena_allocate(&out->arena, schema_count(step->schema) * sizeof *next->values);
        memcpy(next->values, row->values, base * sizeof *next->values);
        for (size_t i = 0; i < count; i++)
            next->values[base + i] =
                !value_is_null(arrays[i]) && j < arrays[i].size ? arrays[i].items[j] : value_null();
    }
}

static void run(struct stage *stage, struct batch *rows, bool from_right) {
    (void)from_right;
    for (size_t i = 0; i < rows->count; i++)
        if (!rows->rows[i].tombstone)
            flatten(stage, &rows->rows[i], rows);
    if (((struct batch *)stage->state)->count != 0)
        hand_on(stage);
}

const struct operator_kind operator_flatten = {.kind = STEP_FLATTEN, .run = run, .start = start, .stop = stop};
