/* The projection, and with it the new key of PARTITION BY. Rows without a value keep what their key gives. */
#include "ksql/operator/private.h"

static bool is_key_column(const struct step *below, size_t at) {
    size_t keys = below->schema->key_count;
    if (below->kind == STEP_AGGREGATE && below->aggregate.window.kind != WINDOW_NONE)
        return at < keys + 2;
    bool bounds = below->kind == STEP_SOURCE && below->source.format.window.kind != WINDOW_NONE;
    return at < keys || (bounds && at + 2 >= schema_count(below->schema)) || below->right != NULL;
}

/* Of a record without a value only its key and its window are known; ksqlDB takes ROWTIME for a part of the value. Rows
 * of joined tables that go have nothing but their key. */
static bool from_key(const struct step *below, const struct expression *expression) {
    while (below->kind == STEP_FILTER || below->kind == STEP_FLATTEN)
        below = below->below;
    if (expression->kind == EXPRESSION_COLUMN)
        return is_key_column(below, expression->index);
    for (size_t i = 0; i < expression->argument_count; i++)
        if (!from_key(below, expression->arguments[i]))
            return false;
    return true;
}

static struct value *project(struct stage *stage, const struct value *from, bool key_only, struct batch *rows) {
    const struct step *step = stage->step;
    struct value *values = arena_allocate(&rows->arena, (step->expression_count + 1) * sizeof *values);
    for (size_t i = 0; i < step->expression_count; i++) {
        bool skip = key_only && !from_key(step->below, step->expressions[i]);
        values[i] = skip ? value_null() : evaluate(step->expressions[i], from, &rows->arena, &stage->task->options.log);
    }
    return values;
}

/* A key that goes through as it was stays null where the record had none; one that is made here has columns. */
static bool keeps_key(const struct step *step) {
    size_t keys = step->schema->key_count;
    bool kept = keys == step->below->schema->key_count;
    for (size_t i = 0; kept && i < keys; i++)
        kept = step->expressions[i]->kind == EXPRESSION_COLUMN && step->expressions[i]->index < keys;
    return kept;
}

static void run(struct stage *stage, struct batch *rows, bool from_right) {
    (void)from_right;
    bool kept = keeps_key(stage->step);
    for (size_t i = 0; i < rows->count; i++) {
        struct row *row = &rows->rows[i];
        row->values = project(stage, row->values, row->tombstone, rows);
        row->key_null &= kept;
        if (row->old != NULL)
            row->old = project(stage, row->old, false, rows);
    }
    rows->schema = stage->step->schema;
    operator_emit(stage, rows);
}

const struct operator_kind operator_project = {.kind = STEP_PROJECT, .run = run};
