/* The projection: stars expanded, items bound, keys found in it and put in front. */
#include <stdlib.h>
#include <string.h>

#include "ksql/analysis/building.h"

const struct node *building_column_node(struct building *building, struct view source, struct view name) {
    struct node *node = arena_zero(building->arena, sizeof *node);
    node->kind = NODE_COLUMN;
    node->line = building->query->line;
    node->column = building->query->column;
    node->qualifier = source;
    node->name = name;
    node->qualified = true;
    return node;
}

static bool is_partition_column(const struct building *building, const struct node *node) {
    for (size_t i = 0; i < building->query->partition_by_count; i++)
        if (node_equal(building->query->partition_by[i], node))
            return true;
    return false;
}

static void add_item(struct building *building, const struct node *node, struct view name, size_t position,
                     bool from_star) {
    struct item item = {.node = node, .name = name, .position = position, .from_star = from_star};
    vector_push(&building->items, item);
}

static void add_column(struct building *building, const struct scope_column *column, size_t position) {
    const struct node *node = building_column_node(building, column->source, column->name);
    struct view name = column->name;
    if (building_joins(building))
        name = view_of(arena_format(building->arena, "%.*s_%.*s", VIEW_ARGS(column->source), VIEW_ARGS(column->name)));
    add_item(building, node, name, position, true);
}

static void add_bounds(struct building *building, struct view alias, size_t position) {
    bool wanted = building->plan->windowed && !building->persistent && !building->aggregated;
    for (size_t i = 0; wanted && i < building->scope.columns.count; i++) {
        const struct scope_column *column = &building->scope.columns.items[i];
        if (name_is_window_bound(column->name) && view_equal(column->source, alias))
            add_item(building, building_column_node(building, alias, column->name), column->name, position, true);
    }
}

/* An expression that PARTITION BY makes a key is named like the field it takes. */
static struct view partition_name(struct building *building, const struct node *node, int *next) {
    const struct scope_column *column =
        node->kind == NODE_COLUMN ? scope_find(&building->scope, node->qualifier, node->name) : NULL;
    if (column != NULL)
        return column->name;
    if (node->kind == NODE_FIELD && scope_count(&building->scope, node->name) == 0)
        return node->name;
    if (node->kind != NODE_FIELD)
        return view_of(arena_format(building->arena, "KSQL_COL_%d", (*next)++));
    struct view name;
    int number = 1;
    do
        name = view_of(arena_format(building->arena, "%.*s_%d", VIEW_ARGS(node->name), number++));
    while (scope_count(&building->scope, name) != 0);
    return name;
}

/* Keys, window bounds (not into sinks), values; PARTITION BY moves the old keys behind the values and brings its own
 * expressions along. */
static void expand_source(struct building *building, struct view alias, size_t position) {
    const struct scope *scope = &building->scope;
    bool inside = building->partitioned && building_joins(building); /* system columns are columns there */
    for (int pass = 0; pass < 3; pass++) {
        bool keys = building->partitioned ? pass == 2 : pass == 0, pseudo = inside && pass == 1;
        for (size_t i = 0; i < scope->columns.count; i++) {
            const struct scope_column *column = &scope->columns.items[i];
            bool wanted = pseudo ? column->pseudo : !column->pseudo && column->key == keys && pass != 1;
            if (wanted && view_equal(column->source, alias))
                add_column(building, column, position);
        }
        if (keys)
            add_bounds(building, alias, position);
    }
}

static void expand_partitions(struct building *building, size_t position) {
    int next = 0;
    for (size_t i = 0; building->partitioned && i < building->query->partition_by_count; i++) {
        const struct node *node = building->query->partition_by[i];
        const struct scope_column *column =
            node->kind == NODE_COLUMN ? scope_find(&building->scope, node->qualifier, node->name) : NULL;
        if (node->kind != NODE_NULL && (column == NULL || column->pseudo))
            add_item(building, node, partition_name(building, node, &next), position, true);
    }
}

/* A window bound without a name of its own. */
static bool stays_in_key(const struct building *building, const struct select_item *item) {
    return item->expression->kind == NODE_COLUMN && name_is_window_bound(item->expression->name) &&
           building->query->window.kind != TREE_NO_WINDOW && name_is_pseudo(item->alias) && !building_joins(building);
}

static int check_functions(struct building *building, const struct node *node) {
    struct binder binder = building_binder(building, false, "SELECT");
    if (node->kind == NODE_CALL && function_find(node->name) == NULL)
        return bind_no_function(&binder, node);
    for (size_t i = 0; i < node->child_count; i++)
        if (check_functions(building, node->children[i]) != 0)
            return -1;
    return 0;
}

/* The name of a system column may neither be given to something else nor go into a sink. */
int building_check_names(struct building *building) {
    const struct query *query = building->query;
    for (size_t i = 0; i < query->item_count; i++) {
        const struct select_item *item = &query->items[i];
        if (item->expression != NULL && check_functions(building, item->expression) != 0)
            return -1;
        if (item->expression == NULL || !name_is_pseudo(item->alias) || stays_in_key(building, item))
            continue;
        bool itself = item->expression->kind == NODE_COLUMN && view_equal(item->expression->name, item->alias);
        if (!itself)
            return error_set_at(building->error, ERROR_INVALID, item->line, item->column,
                                "`%.*s` is a reserved column name. You cannot use it as an alias for a column.",
                                VIEW_ARGS(item->alias));
        if (building->persistent)
            return error_set_at(building->error, ERROR_INVALID, item->line, item->column,
                                "Reserved column name in select: `%.*s`. Please remove or alias the column.",
                                VIEW_ARGS(item->alias));
    }
    return 0;
}

static void expand_star(struct building *building, struct view of, size_t position) {
    bool all = of.size == 0;
    if (all && building->synthetic) {
        const struct scope_column *key = &building->scope.columns.items[building->scope.columns.count - 1];
        struct node *node = arena_zero(building->arena, sizeof *node);
        *node = (struct node){.kind = NODE_COLUMN, .name = key->name, .qualifier = key->source};
        add_item(building, node, key->name, position, true);
    }
    for (size_t i = 0; i < building->sources.count; i++) {
        struct view alias = building->sources.items[i].relation.alias;
        if (all || view_equal(of, alias))
            expand_source(building, alias, position);
    }
    expand_partitions(building, position);
}

/* expression->*: a column a field, named like it. */
static int expand_fields(struct building *building, const struct node *base, size_t position) {
    struct binder binder = building_binder(building, false, "SELECT");
    const struct expression *expression = bind_node(&binder, base);
    if (expression == NULL)
        return -1;
    if (expression->type == NULL || expression->type->base != SQL_STRUCT)
        return error_set_at(building->error, ERROR_INVALID, base->line, base->column,
                            "Cannot resolve '%.*s->*': only a STRUCT has fields, this is %.*s",
                            VIEW_ARGS(binder_text(&binder, base)),
                            VIEW_ARGS(type_text(building->arena, expression->type)));
    for (size_t i = 0; i < expression->type->field_count; i++) {
        struct node *node = arena_zero(building->arena, sizeof *node);
        const struct node **child = arena_allocate(building->arena, sizeof *child);
        child[0] = base;
        *node = (struct node){.kind = NODE_FIELD,
                              .line = base->line,
                              .column = base->column,
                              .name = expression->type->fields[i].name,
                              .children = child,
                              .child_count = 1};
        add_item(building, node, node->name, position, false);
    }
    return 0;
}

int building_expand(struct building *building) {
    const struct query *query = building->query;
    for (size_t i = 0; i < query->item_count; i++) {
        const struct select_item *item = &query->items[i];
        if (item->all_fields) {
            if (expand_fields(building, item->expression, i) != 0)
                return -1;
            continue;
        }
        if (item->expression != NULL) {
            if (!building->persistent || !stays_in_key(building, item))
                add_item(building, item->expression, item->alias, i, false);
            continue;
        }
        if (item->star_of.size != 0 && building_relation(building, item->star_of) == NULL)
            return error_set_at(building->error, ERROR_INVALID, item->line, item->column,
                                "Failed to prepare statement: '%.*s' is not a valid stream/table name or alias.",
                                VIEW_ARGS(item->star_of));
        expand_star(building, item->star_of, i);
    }
    return 0;
}

static int bind_items(struct building *building, struct flattening *flattening) {
    struct binder binder = building_binder(building, building->aggregated, "SELECT");
    binder.flattening = building->aggregated ? NULL : flattening;
    for (size_t i = 0; i < building->items.count; i++) {
        struct item *item = &building->items.items[i];
        bool key = is_partition_column(building, item->node);
        binder.clause = key && item->from_star ? "PARTITION BY" : "SELECT";
        if ((item->expression = bind_node(&binder, item->node)) == NULL)
            return -1;
        if (item->expression->type == NULL)
            return error_set_at(
                building->error, ERROR_INVALID, item->node->line, item->node->column,
                "Can't infer a type of null. Please explicitly cast it to a required type, e.g. CAST(null AS "
                "VARCHAR).");
    }
    /* PARTITION BY columns that are not there are named with a hint, whether they were selected or not */
    binder.clause = "PARTITION BY";
    for (size_t i = 0; building->partitioned && i < building->query->partition_by_count; i++)
        if (bind_node(&binder, building->query->partition_by[i]) == NULL)
            return -1;
    return 0;
}

static int flatten(struct building *building, const struct flattening *flattening) {
    const struct schema *below = building->top->schema;
    size_t count = flattening->calls.count, base = flattening->base;
    if (building->top->table)
        return error_set(building->error, ERROR_INVALID, "Table source is not supported with table functions");
    struct column *columns = arena_zero(building->arena, (base + count) * sizeof *columns);
    const struct expression **calls = arena_zero(building->arena, count * sizeof *calls);
    memcpy(columns, below->columns, base * sizeof *columns);
    for (size_t i = 0; i < count; i++) {
        calls[i] = flattening->calls.items[i];
        columns[base + i] =
            (struct column){view_of(arena_format(building->arena, "KSQL_SYNTH_%zu", i)), calls[i]->type->element};
    }
    struct schema *schema = arena_zero(building->arena, sizeof *schema);
    *schema = (struct schema){columns, below->key_count, base + count - below->key_count};
    struct step *step = building_step(building, STEP_FLATTEN, schema);
    step->expressions = calls;
    step->expression_count = count;
    return 0;
}

int building_bind_items(struct building *building) {
    struct flattening flattening = {.base = schema_count(building->top->schema)};
    int status = bind_items(building, &flattening);
    if (status == 0 && flattening.calls.count != 0)
        status = flatten(building, &flattening);
    vector_free(&flattening.nodes);
    vector_free(&flattening.calls);
    return status;
}

static int check_duplicates(struct building *building, const struct schema *schema) {
    for (size_t i = 0; i < schema_count(schema); i++)
        for (size_t j = 0; j < i; j++) {
            if (!view_equal(schema->columns[i].name, schema->columns[j].name))
                continue;
            struct view type = type_text(building->arena, schema->columns[i].type);
            return error_set(building->error, ERROR_INVALID, "Duplicate %s columns found in schema: `%.*s` %.*s%s",
                             i < schema->key_count ? "key" : "value", VIEW_ARGS(schema->columns[i].name),
                             VIEW_ARGS(type), i < schema->key_count ? " KEY" : "");
        }
    return 0;
}

static int by_place(const void *a, const void *b) {
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* INSERT INTO: numbers that are written out become DECIMALs where the sink has them. */
static void fit_literals(struct building *building, struct column *columns, const struct expression **expressions,
                         size_t count) {
    const struct source *sink = building->statement->kind == STATEMENT_INSERT_INTO
                                    ? catalog_find(building->analysis->catalog, building->statement->name)
                                    : NULL;
    struct binder binder = building_binder(building, false, "SELECT");
    if (sink == NULL || schema_count(sink->schema) != count)
        return;
    for (size_t i = 0; i < count; i++) {
        const struct sql_type *type = sink->schema->columns[i].type;
        if (expressions[i]->kind != EXPRESSION_LITERAL || type->base != SQL_DECIMAL ||
            !sql_type_is_number(expressions[i]->type))
            continue;
        const struct expression *cast = bind_cast(&binder, expressions[i], sql_type_copy(building->arena, type));
        if (cast->kind == EXPRESSION_LITERAL) {
            expressions[i] = cast;
            columns[i].type = cast->type;
        }
    }
}

/* A projected row is the row of the sink: keys in the order of their clause, then the values in the order written. */
int building_project(struct building *building, const struct with_properties *with) {
    size_t count = building->items.count, key_count = 0, at = 0;
    size_t *order = arena_zero(building->arena, (count + 2) * sizeof *order);
    bool *used = arena_zero(building->arena, count + 1);
    if (building->persistent) {
        size_t *keys =
            arena_zero(building->arena, (count + building->group_key_count + building->query->partition_by_count +
                                         building->left->schema->key_count + 2) *
                                            sizeof *keys);
        if (building_find_keys(building, with, keys, &key_count) != 0)
            return -1;
        if (building->analysis->settings->keys_as_projected)
            qsort(keys, key_count, sizeof *keys, by_place);
        for (size_t i = 0; i < key_count; i++) {
            order[at++] = keys[i];
            used[keys[i]] = true;
        }
        if (count == key_count)
            return error_set(building->error, ERROR_INVALID, "The projection contains no value columns.");
    }
    for (size_t i = 0; i < count; i++)
        if (!used[i])
            order[at++] = i;
    struct column *columns = arena_zero(building->arena, (count + 1) * sizeof *columns);
    const struct expression **expressions = arena_zero(building->arena, (count + 1) * sizeof *expressions);
    bool *marks = arena_zero(building->arena, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct item *item = &building->items.items[order[i]];
        columns[i] = (struct column){item->name, item->expression->type};
        expressions[i] = item->expression;
        const struct scope_column *column = item->node->kind == NODE_COLUMN
                                                ? scope_find(&building->scope, item->node->qualifier, item->node->name)
                                                : NULL;
        marks[i] = column != NULL && (column->key || name_is_window_bound(column->name));
    }
    struct schema *schema = arena_zero(building->arena, sizeof *schema);
    *schema = (struct schema){columns, key_count, count - key_count};
    if (check_duplicates(building, schema) != 0)
        return -1;
    fit_literals(building, columns, expressions, count);
    if (building->persistent && building_check_timestamp(building, with) != 0)
        return -1;
    bool table = building_table(building);
    struct step *step = building_step(building, STEP_PROJECT, schema);
    step->expressions = expressions;
    step->expression_count = count;
    step->table = table;
    building->plan->key_marks = building->pull ? marks : NULL;
    return 0;
}
