/* The projection: stars expanded, items bound, keys found in it and put in front. */
#include <string.h>

#include "ksql/analysis/building.h"

static const struct node *column_node(struct building *building, struct view source, struct view name) {
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
    const struct node *node = column_node(building, column->source, column->name);
    struct view name = column->name;
    if (building->right != NULL)
        name = view_of(arena_format(building->arena, "%.*s_%.*s", VIEW_ARGS(column->source), VIEW_ARGS(column->name)));
    add_item(building, node, name, position, true);
}

static void add_bounds(struct building *building, struct view alias, size_t position) {
    bool wanted = building->plan->windowed && !building->persistent && !building->aggregated;
    for (size_t i = 0; wanted && i < building->scope.columns.count; i++) {
        const struct scope_column *column = &building->scope.columns.items[i];
        if (name_is_window_bound(column->name) && view_equal(column->source, alias))
            add_item(building, column_node(building, alias, column->name), column->name, position, true);
    }
}

/* Keys, window bounds (not into sinks), values; PARTITION BY moves the old keys behind the values and brings its own
 * expressions along. */
static void expand_source(struct building *building, struct view alias, size_t position) {
    const struct scope *scope = &building->scope;
    for (int pass = 0; pass < 2; pass++) {
        bool keys = building->partitioned ? pass == 1 : pass == 0;
        for (size_t i = 0; i < scope->columns.count; i++) {
            const struct scope_column *column = &scope->columns.items[i];
            if (!column->pseudo && column->key == keys && view_equal(column->source, alias))
                add_column(building, column, position);
        }
        if (keys)
            add_bounds(building, alias, position);
    }
    int next = 0;
    for (size_t i = 0; building->partitioned && i < building->query->partition_by_count; i++) {
        const struct node *node = building->query->partition_by[i];
        const struct scope_column *column =
            node->kind == NODE_COLUMN ? scope_find(scope, node->qualifier, node->name) : NULL;
        if (node->kind == NODE_NULL || (column != NULL && !column->pseudo))
            continue;
        struct view name =
            column != NULL ? column->name : view_of(arena_format(building->arena, "KSQL_COL_%d", next++));
        add_item(building, node, name, position, true);
    }
}

/* A window bound without a name of its own. */
static bool stays_in_key(const struct building *building, const struct select_item *item) {
    bool windowed = building->query->window.kind != TREE_NO_WINDOW || building->plan->windowed;
    return item->expression->kind == NODE_COLUMN && name_is_window_bound(item->expression->name) && windowed &&
           name_is_pseudo(item->alias) && building->right == NULL;
}

int building_check_names(struct building *building) {
    const struct query *query = building->query;
    for (size_t i = 0; building->persistent && i < query->item_count; i++) {
        const struct select_item *item = &query->items[i];
        if (item->expression != NULL && item->expression->kind == NODE_COLUMN && name_is_pseudo(item->alias) &&
            !stays_in_key(building, item))
            return error_set_at(building->error, ERROR_INVALID, item->line, item->column,
                                "Reserved column name in select: `%.*s`. Please remove or alias the column.",
                                VIEW_ARGS(item->alias));
    }
    return 0;
}

int building_expand(struct building *building) {
    const struct query *query = building->query;
    for (size_t i = 0; i < query->item_count; i++) {
        const struct select_item *item = &query->items[i];
        if (item->all_fields)
            return error_set_at(building->error, ERROR_UNSUPPORTED, item->line, item->column,
                                "Line: %d, Col: %d: ->* is not supported here yet: name the fields", item->line,
                                item->column);
        if (item->expression != NULL) {
            if (!building->persistent || !stays_in_key(building, item))
                add_item(building, item->expression, item->alias, i, false);
            continue;
        }
        struct view left = building->left_relation.alias, right = building->right_relation.alias;
        bool all = item->star_of.size == 0;
        if (!all && !view_equal(item->star_of, left) && !(building->right != NULL && view_equal(item->star_of, right)))
            return error_set_at(building->error, ERROR_INVALID, item->line, item->column,
                                "Failed to prepare statement: '%.*s' is not a valid stream/table name or alias.",
                                VIEW_ARGS(item->star_of));
        if (all || view_equal(item->star_of, left))
            expand_source(building, left, i);
        if (building->right != NULL && (all || view_equal(item->star_of, right)))
            expand_source(building, right, i);
    }
    return 0;
}

int building_bind_items(struct building *building) {
    struct binder binder = building_binder(building, building->aggregated, "SELECT");
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

struct keys {
    const struct node **nodes;
    size_t count;
    const char *word; /* "key column", "grouping expression" */
    bool qualified;   /* as messages name them */
};

static struct keys keys_of(struct building *building) {
    struct keys keys = {.word = "key column"};
    const struct schema *schema = building->left->schema;
    if (building->aggregated) {
        keys.word = "grouping expression";
        keys.count = building->group_key_count;
        keys.nodes = (const struct node **)(uintptr_t)building->group_keys;
        keys.qualified = building->right != NULL;
    } else if (building->partitioned) {
        keys.word = "partitioning expression";
        keys.qualified = true;
        keys.nodes = (const struct node **)(uintptr_t)building->query->partition_by;
        keys.count = keys.nodes[0]->kind == NODE_NULL ? 0 : building->query->partition_by_count;
    } else {
        keys.count = schema->key_count;
        keys.nodes = arena_zero(building->arena, (keys.count + 1) * sizeof *keys.nodes);
        for (size_t i = 0; i < keys.count; i++)
            keys.nodes[i] = column_node(building, building->left_relation.alias, schema->columns[i].name);
    }
    return keys;
}

static struct view key_text(struct building *building, const struct keys *keys, size_t at) {
    return keys->qualified ? node_text(building->arena, keys->nodes[at])
                           : node_text_bare(building->arena, keys->nodes[at]);
}

static int key_missing(struct building *building, const struct keys *keys, const char *joiner) {
    struct text names = TEXT_EMPTY, example = TEXT_EMPTY;
    bool join = strcmp(joiner, " or ") == 0;
    for (size_t i = 0; i < keys->count; i++) {
        struct view name = key_text(building, keys, i);
        text_append_format(&names, "%s%.*s", i == 0 ? "" : i + 1 == keys->count ? joiner : ", ", VIEW_ARGS(name));
        if (!join || i == 0)
            text_append_format(&example, "%s%.*s", i == 0 ? "" : ", ", VIEW_ARGS(name));
    }
    error_set(
        building->error, ERROR_INVALID,
        "Key missing from projection (ie, SELECT). \nThe query used to build `%.*s` must include the %s%s %s in its "
        "projection (eg, SELECT %s...).",
        VIEW_ARGS(building->statement->name), keys->word, keys->count > 1 ? "s" : "", text_string(&names),
        text_string(&example));
    text_free(&names);
    text_free(&example);
    return -1;
}

static int key_twice(struct building *building, const struct keys *keys, size_t key) {
    struct text names = TEXT_EMPTY;
    bool grouped = building->aggregated;
    for (size_t i = 0; i < building->items.count; i++) {
        const struct item *item = &building->items.items[i];
        if (!node_equal(item->node, keys->nodes[key]))
            continue;
        text_append_format(&names, grouped ? "%s`%.*s`" : "%s%.*s", names.size == 0 ? "" : " and ",
                           VIEW_ARGS(item->name));
    }
    struct view name = node_text_bare(building->arena, keys->nodes[key]);
    if (grouped)
        error_set(building->error, ERROR_INVALID, "The projection contains a key column more than once: %s.",
                  text_string(&names));
    else
        error_set(building->error, ERROR_INVALID,
                  "The projection contains a key column (`%.*s`) more than once, aliased as: %s.", VIEW_ARGS(name),
                  text_string(&names));
    text_free(&names);
    return -1;
}

/* Index of the item that is the key, -1 when it is missing, -2 when it is there twice. */
static long find_key(const struct building *building, const struct node *key) {
    long found = -1;
    for (size_t i = 0; i < building->items.count; i++) {
        if (!node_equal(building->items.items[i].node, key))
            continue;
        if (found >= 0)
            return -2;
        found = (long)i;
    }
    return found;
}

/* The join's key: the first of its two expressions that the projection has, left first. */
static int join_key(struct building *building, size_t *order, size_t *count) {
    const struct node *nodes[] = {building->left_key, building->right_key};
    struct keys keys = {nodes, 2, "join expression", true};
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < building->items.count; j++)
            if (nodes[i]->kind == NODE_COLUMN && node_equal(building->items.items[j].node, nodes[i])) {
                order[0] = j;
                *count = 1;
                return 0;
            }
    }
    return key_missing(building, &keys, " or ");
}

static int find_keys(struct building *building, size_t *order, size_t *count) {
    if (building->right != NULL && !building->aggregated && !building->partitioned)
        return join_key(building, order, count);
    struct keys keys = keys_of(building);
    for (size_t i = 0; i < keys.count; i++) {
        long at = find_key(building, keys.nodes[i]);
        if (at == -1)
            return key_missing(building, &keys, " and ");
        if (at == -2)
            return key_twice(building, &keys, i);
        order[i] = (size_t)at;
    }
    *count = keys.count;
    return 0;
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

/* A projected row is the row of the sink: keys in the order of their clause, then the values in the order written. */
int building_project(struct building *building) {
    size_t count = building->items.count, key_count = 0, at = 0;
    size_t *order = arena_zero(building->arena, (count + 2) * sizeof *order);
    bool *used = arena_zero(building->arena, count + 1);
    if (building->persistent) {
        size_t *keys =
            arena_zero(building->arena, (count + building->group_key_count + building->query->partition_by_count +
                                         building->left->schema->key_count + 2) *
                                            sizeof *keys);
        if (find_keys(building, keys, &key_count) != 0)
            return -1;
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
    bool table = building_table(building);
    struct step *step = building_step(building, STEP_PROJECT, schema);
    step->expressions = expressions;
    step->expression_count = count;
    step->table = table;
    building->plan->key_marks = building->pull ? marks : NULL;
    return 0;
}
