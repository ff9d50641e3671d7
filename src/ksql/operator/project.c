/* The projection, and with it the new key of PARTITION BY. Rows without a value keep what their key gives. */
#include "ksql/operator/private.h"

static bool only_columns(const struct expression *expression) {
    return expression->kind == EXPRESSION_COLUMN || expression->kind == EXPRESSION_LITERAL;
}

static struct value *project(struct stage *stage, const struct value *from, bool key_only, struct batch *rows) {
    const struct step *step = stage->step;
    struct value *values = arena_allocate(&rows->arena, (step->expression_count + 1) * sizeof *values);
    size_t keys = step->schema->key_count;
    for (size_t i = 0; i < step->expression_count; i++) {
        bool skip = key_only && (i >= keys || !only_columns(step->expressions[i]));
        values[i] = skip ? value_null() : evaluate(step->expressions[i], from, &rows->arena, &stage->task->options.log);
    }
    return values;
}

static void run(struct stage *stage, struct batch *rows, bool from_right) {
    (void)from_right;
    for (size_t i = 0; i < rows->count; i++) {
        struct row *row = &rows->rows[i];
        row->values = project(stage, row->values, row->tombstone, rows);
        if (row->old != NULL)
            row->old = project(stage, row->old, false, rows);
    }
    rows->schema = stage->step->schema;
    operator_emit(stage, rows);
}

const struct operator_kind operator_project = {.kind = STEP_PROJECT, .run = run};
