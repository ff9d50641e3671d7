#include "ksql/analysis/private.h"

#include <strings.h>

void scope_free(struct scope *scope) {
    vector_free(&scope->columns);
}

static void add(struct scope *scope, struct view alias, struct view name, const struct sql_type *type, size_t index,
                bool key, bool pseudo) {
    struct scope_column column = {alias, name, type, index, key, pseudo};
    vector_push(&scope->columns, column);
}

size_t scope_add_source(struct scope *scope, struct view alias, const struct source *source, size_t index) {
    const struct schema *schema = source->schema;
    for (size_t i = 0; i < schema_count(schema); i++)
        add(scope, alias, schema->columns[i].name, schema->columns[i].type, index++, i < schema->key_count, false);
    add(scope, alias, VIEW("ROWTIME"), &sql_bigint, index++, false, true);
    add(scope, alias, VIEW("ROWPARTITION"), &sql_integer, index++, false, true);
    add(scope, alias, VIEW("ROWOFFSET"), &sql_bigint, index++, false, true);
    if (source->format.window.kind != WINDOW_NONE) {
        add(scope, alias, VIEW("WINDOWSTART"), &sql_bigint, index++, false, true);
        add(scope, alias, VIEW("WINDOWEND"), &sql_bigint, index++, false, true);
    }
    scope->source_count++;
    return index;
}

const struct scope_column *scope_find(const struct scope *scope, struct view source, struct view name) {
    for (size_t i = 0; i < scope->columns.count; i++) {
        const struct scope_column *column = &scope->columns.items[i];
        if (view_equal(column->source, source) && view_equal(column->name, name))
            return column;
    }
    return NULL;
}

size_t scope_count(const struct scope *scope, struct view name) {
    size_t count = 0;
    for (size_t i = 0; i < scope->columns.count; i++)
        count += view_equal(scope->columns.items[i].name, name);
    return count;
}

void grouping_free(struct grouping *grouping) {
    vector_free(&grouping->calls);
    vector_free(&grouping->aggregates);
}

bool name_is(struct view name, const char *word) {
    return view_equal(name, view_of(word));
}

bool name_is_window_bound(struct view name) {
    return name_is(name, "WINDOWSTART") || name_is(name, "WINDOWEND");
}

bool name_is_pseudo(struct view name) {
    return name_is(name, "ROWTIME") || name_is(name, "ROWPARTITION") || name_is(name, "ROWOFFSET") ||
           name_is_window_bound(name);
}

static bool children_equal(const struct node *a, const struct node *b) {
    if (a->child_count != b->child_count)
        return false;
    for (size_t i = 0; i < a->child_count; i++)
        if (!node_equal(a->children[i], b->children[i]))
            return false;
    return true;
}

static bool types_equal(const struct type_node *a, const struct type_node *b) {
    if (a == NULL || b == NULL)
        return a == b;
    if (!view_equal(a->name, b->name) || a->precision != b->precision || a->scale != b->scale ||
        a->part_count != b->part_count)
        return false;
    for (size_t i = 0; i < a->part_count; i++)
        if (!types_equal(a->parts[i], b->parts[i]) ||
            (a->field_names != NULL && !view_equal(a->field_names[i], b->field_names[i])))
            return false;
    return true;
}

bool node_equal(const struct node *a, const struct node *b) {
    bool text_matters = a->kind != NODE_CALL;
    return a->kind == b->kind && view_equal(a->name, b->name) && view_equal(a->qualifier, b->qualifier) &&
           (!text_matters || view_equal(a->text, b->text)) && a->flag == b->flag && a->negated == b->negated &&
           types_equal(a->type, b->type) && children_equal(a, b);
}

bool node_is_aggregate_call(const struct node *node) {
    if (node->kind != NODE_CALL)
        return false;
    const struct function *function = function_find(node->name);
    return function != NULL && function->kind == FUNCTION_AGGREGATE;
}

bool node_has_aggregate(const struct node *node) {
    if (node_is_aggregate_call(node))
        return true;
    for (size_t i = 0; i < node->child_count; i++)
        if (node_has_aggregate(node->children[i]))
            return true;
    return false;
}

static struct view keep(struct arena *arena, struct text *text) {
    struct view view = arena_copy_view(arena, text_view(text));
    text_free(text);
    return view;
}

struct view node_text(struct arena *arena, const struct node *node) {
    struct text text = TEXT_EMPTY;
    print_expression(&text, node);
    return keep(arena, &text);
}

static const struct node *bare(const struct binder *binder, const struct node *node) {
    struct node *copy = arena_allocate(binder->arena, sizeof *copy);
    *copy = *node;
    copy->qualified = false;
    if (node->kind == NODE_COLUMN && node->qualified && binder->scope->source_count > 1)
        copy->name =
            view_of(arena_format(binder->arena, "%.*s_%.*s", VIEW_ARGS(node->qualifier), VIEW_ARGS(node->name)));
    const struct node **children = arena_allocate(binder->arena, (node->child_count + 1) * sizeof *children);
    for (size_t i = 0; i < node->child_count; i++)
        children[i] = bare(binder, node->children[i]);
    copy->children = children;
    return copy;
}

struct view binder_text(const struct binder *binder, const struct node *node) {
    return node_text(binder->arena, bare(binder, node));
}

struct view type_text(struct arena *arena, const struct sql_type *type) {
    struct text text = TEXT_EMPTY;
    if (type == NULL)
        text_append_string(&text, "null");
    else
        sql_type_print(&text, type);
    return keep(arena, &text);
}

struct view columns_text(struct arena *arena, const struct column *columns, size_t count, bool key) {
    struct text text = TEXT_EMPTY;
    struct schema schema = {columns, key ? count : 0, key ? 0 : count};
    text_append_char(&text, '[');
    schema_print(&text, &schema, "KEY");
    text_append_char(&text, ']');
    return keep(arena, &text);
}
