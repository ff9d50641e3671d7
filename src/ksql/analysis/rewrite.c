/* What ksqlDB's AstSanitizer does: columns get the name of their source, items without a name get one. */
#include <string.h>

#include "ksql/analysis/private.h"

static int ambiguous(struct rewriter *rewriter, const struct node *node) {
    struct text could = TEXT_EMPTY;
    for (size_t i = 0; i < rewriter->scope->columns.count; i++) {
        const struct scope_column *column = &rewriter->scope->columns.items[i];
        if (!view_equal(column->name, node->name))
            continue;
        if (could.size != 0)
            text_append_string(&could, " or ");
        text_append_format(&could, "%.*s.%.*s", VIEW_ARGS(column->source), VIEW_ARGS(column->name));
    }
    error_set_at(rewriter->error, ERROR_INVALID, node->line, node->column,
                 "Exception while preparing statement: Line: %d, Col: %d: Column '%.*s' is ambiguous. Could be %s.",
                 node->line, node->column, VIEW_ARGS(node->name), text_string(&could));
    text_free(&could);
    return -1;
}

/* The parser of ksqlDB refuses names that are no source's before anything else is looked at. */
static int check_qualifiers(struct rewriter *rewriter, const struct node *node) {
    bool known = !node->qualified || node->kind != NODE_COLUMN;
    for (size_t i = 0; !known && i < rewriter->scope->columns.count; i++)
        known = view_equal(rewriter->scope->columns.items[i].source, node->qualifier);
    if (!known)
        return error_set_at(rewriter->error, ERROR_INVALID, node->line, node->column,
                            "Failed to prepare statement: '%.*s' is not a valid stream/table name or alias.",
                            VIEW_ARGS(node->qualifier));
    for (size_t i = 0; i < node->child_count; i++)
        if (check_qualifiers(rewriter, node->children[i]) != 0)
            return -1;
    return 0;
}

static int check_list(struct rewriter *rewriter, const struct node *const *nodes, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (nodes[i] != NULL && check_qualifiers(rewriter, nodes[i]) != 0)
            return -1;
    return 0;
}

static int check_query(struct rewriter *rewriter, const struct query *query) {
    for (size_t i = 0; i < query->join_count; i++)
        if (check_list(rewriter, &query->joins[i].condition, 1) != 0)
            return -1;
    for (size_t i = 0; i < query->item_count; i++)
        if (check_list(rewriter, &query->items[i].expression, 1) != 0)
            return -1;
    return check_list(rewriter, &query->where, 1) != 0 ||
                   check_list(rewriter, query->group_by, query->group_by_count) != 0 ||
                   check_list(rewriter, query->partition_by, query->partition_by_count) != 0 ||
                   check_list(rewriter, &query->having, 1) != 0
               ? -1
               : 0;
}

static int qualify(struct rewriter *rewriter, struct node *node) {
    const struct scope *scope = rewriter->scope;
    size_t count = node->qualified ? 0 : scope_count(scope, node->name);
    if (count > 1)
        return ambiguous(rewriter, node);
    for (size_t i = 0; count == 1 && i < scope->columns.count; i++)
        if (view_equal(scope->columns.items[i].name, node->name)) {
            node->qualifier = scope->columns.items[i].source;
            node->qualified = true;
        }
    return 0;
}

static bool is_parameter(const struct rewriter *rewriter, struct view name) {
    for (const struct lambda_scope *scope = rewriter->lambdas; scope != NULL; scope = scope->outer)
        for (size_t i = 0; i + 1 < scope->lambda->child_count; i++)
            if (view_equal(scope->lambda->children[i]->name, name))
                return true;
    return false;
}

/* Parameters stay as they are, the body sees them. */
static const struct node *rewrite_lambda(struct rewriter *rewriter, const struct node *node) {
    struct node *copy = arena_allocate(rewriter->arena, sizeof *copy);
    const struct node **children = arena_allocate(rewriter->arena, node->child_count * sizeof *children);
    struct lambda_scope inner = {node, rewriter->lambdas};
    *copy = *node;
    copy->children = children;
    memcpy(children, node->children, node->child_count * sizeof *children);
    rewriter->lambdas = &inner;
    children[node->child_count - 1] = rewrite_node(rewriter, node->children[node->child_count - 1]);
    rewriter->lambdas = inner.outer;
    return children[node->child_count - 1] == NULL ? NULL : copy;
}

/* DAY as an argument may be a column of that name. */
static void unit_or_column(struct rewriter *rewriter, struct node *node) {
    char *upper = arena_copy_bytes(rewriter->arena, node->text.data, node->text.size);
    for (size_t i = 0; i < node->text.size; i++)
        upper[i] = (char)(upper[i] >= 'a' && upper[i] <= 'z' ? upper[i] - 32 : upper[i]);
    struct view name = {upper, node->text.size};
    node->text = name;
    if (scope_count(rewriter->scope, name) == 0)
        return;
    node->kind = NODE_COLUMN;
    node->name = name;
    node->flag = false;
}

const struct node *rewrite_node(struct rewriter *rewriter, const struct node *node) {
    if (node->kind == NODE_LAMBDA)
        return rewrite_lambda(rewriter, node);
    struct node *copy = arena_allocate(rewriter->arena, sizeof *copy);
    *copy = *node;
    if (node->kind == NODE_STRING && node->flag)
        unit_or_column(rewriter, copy);
    if (copy->kind == NODE_COLUMN && !copy->qualified && is_parameter(rewriter, copy->name))
        copy->flag = true;
    else if (copy->kind == NODE_COLUMN && qualify(rewriter, copy) != 0)
        return NULL;
    const struct node **children = arena_allocate(rewriter->arena, (node->child_count + 1) * sizeof *children);
    for (size_t i = 0; i < node->child_count; i++)
        if ((children[i] = rewrite_node(rewriter, node->children[i])) == NULL)
            return NULL;
    copy->children = children;
    return copy;
}

static int rewrite_list(struct rewriter *rewriter, const struct node *const **nodes, size_t count) {
    const struct node **copy = arena_allocate(rewriter->arena, (count + 1) * sizeof *copy);
    for (size_t i = 0; i < count; i++)
        if ((copy[i] = rewrite_node(rewriter, (*nodes)[i])) == NULL)
            return -1;
    *nodes = copy;
    return 0;
}

static bool taken(const struct rewriter *rewriter, const struct query *query, struct view name) {
    if (scope_count(rewriter->scope, name) != 0)
        return true;
    for (size_t i = 0; i < query->item_count; i++)
        if (view_equal(query->items[i].alias, name))
            return true;
    return false;
}

static struct view generated(struct rewriter *rewriter, const struct query *query, const char *stem, int *next) {
    struct view name;
    do {
        name = view_of(arena_format(rewriter->arena, "%s_%d", stem, (*next)++));
    } while (taken(rewriter, query, name));
    return name;
}

static struct view alias_for(struct rewriter *rewriter, const struct query *query, const struct node *node, int *next) {
    if (node->kind == NODE_COLUMN) {
        if (node->qualified && scope_count(rewriter->scope, node->name) > 1)
            return view_of(
                arena_format(rewriter->arena, "%.*s_%.*s", VIEW_ARGS(node->qualifier), VIEW_ARGS(node->name)));
        return node->name;
    }
    if (node->kind == NODE_FIELD) {
        if (!taken(rewriter, query, node->name))
            return node->name;
        int number = 1;
        return generated(rewriter, query, arena_copy_bytes(rewriter->arena, node->name.data, node->name.size), &number);
    }
    return generated(rewriter, query, "KSQL_COL", next);
}

int rewrite_query(struct rewriter *rewriter, const struct query *query, bool persistent, struct query **rewritten) {
    if (check_query(rewriter, query) != 0)
        return -1;
    struct query *copy = arena_allocate(rewriter->arena, sizeof *copy);
    *copy = *query;
    struct select_item *items = arena_allocate(rewriter->arena, (query->item_count + 1) * sizeof *items);
    memcpy(items, query->items, query->item_count * sizeof *items);
    copy->items = items;
    int next = 0;
    for (size_t i = 0; i < query->item_count; i++) {
        struct select_item *item = &items[i];
        if (item->expression == NULL)
            continue;
        if ((item->expression = rewrite_node(rewriter, item->expression)) == NULL)
            return -1;
        if (item->alias.size == 0 && !item->all_fields)
            item->alias = alias_for(rewriter, copy, item->expression, &next);
    }
    struct join *joins = arena_allocate(rewriter->arena, (query->join_count + 1) * sizeof *joins);
    for (size_t i = 0; i < query->join_count; i++) {
        joins[i] = query->joins[i];
        if ((joins[i].condition = rewrite_node(rewriter, joins[i].condition)) == NULL)
            return -1;
    }
    copy->joins = joins;
    if (query->where != NULL && (copy->where = rewrite_node(rewriter, query->where)) == NULL)
        return -1;
    if (query->having != NULL && (copy->having = rewrite_node(rewriter, query->having)) == NULL)
        return -1;
    if (rewrite_list(rewriter, &copy->group_by, query->group_by_count) != 0 ||
        rewrite_list(rewriter, &copy->partition_by, query->partition_by_count) != 0)
        return -1;
    if (persistent && copy->emit == EMIT_NONE)
        copy->emit = EMIT_CHANGES;
    *rewritten = copy;
    return 0;
}
