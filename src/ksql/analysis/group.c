/* GROUP BY: windows, what may stand beside aggregates, the aggregate step and HAVING. */
#include <string.h>

#include "ksql/analysis/building.h"

void building_materialise(struct building *building) {
    struct step *step = building->top;
    while (step->below != NULL)
        step = (struct step *)(uintptr_t)step->below;
    if (step->table && step->kind == STEP_SOURCE)
        step->source.materialise = true;
}

static const struct node *aggregate_in(const struct node *node) {
    if (node_is_aggregate_call(node))
        return node;
    for (size_t i = 0; i < node->child_count; i++) {
        const struct node *found = aggregate_in(node->children[i]);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static const struct node *first_aggregate(const struct query *query) {
    const struct node *found = NULL;
    for (size_t i = 0; found == NULL && i < query->item_count; i++)
        if (query->items[i].expression != NULL)
            found = aggregate_in(query->items[i].expression);
    return found == NULL && query->having != NULL ? aggregate_in(query->having) : found;
}

bool query_aggregates(const struct query *query) {
    return first_aggregate(query) != NULL;
}

/* --- windows --- */

static int check_window(struct building *building, const struct window *window) {
    if (window->size <= 0)
        return error_set(building->error, ERROR_INVALID, "Window size must be larger than zero.");
    if (window->kind != WINDOW_SESSION && (window->advance <= 0 || window->advance > window->size))
        return error_set(building->error, ERROR_INVALID,
                         "Window advancement interval should be more than zero and less than window duration.");
    if (window->retention >= 0 && window->retention < window->size + (window->grace > 0 ? window->grace : 0))
        return error_set(building->error, ERROR_INVALID,
                         "The retention must be at least the window size plus the grace period: %lld ms < %lld ms",
                         (long long)window->retention,
                         (long long)(window->size + (window->grace > 0 ? window->grace : 0)));
    return 0;
}

static int window_of(struct building *building, struct window *window) {
    const struct window_clause *clause = &building->query->window;
    *window = (struct window){(enum window_kind)clause->kind, clause->size.ms, clause->size.ms, -1, -1};
    if (clause->kind == TREE_NO_WINDOW)
        return 0;
    if (clause->kind == TREE_HOPPING)
        window->advance = clause->advance.ms;
    if (clause->grace.unit.size != 0)
        window->grace = clause->grace.ms;
    if (clause->retention.unit.size != 0)
        window->retention = clause->retention.ms;
    if (check_window(building, window) != 0)
        return -1;
    bool final = building->query->emit == EMIT_FINAL;
    if (final && window->grace < 0) { /* who waits for the end waits no longer; what is kept is the usual day */
        window->grace = 0;
        if (window->retention < 0)
            window->retention = window->size < 86400000 ? 86400000 : window->size;
    }
    /* 24 hours are what Kafka Streams granted before grace could be named (KIP-633). */
    if (window->grace < 0)
        window->grace = window->size < 86400000 ? 86400000 - window->size : 0;
    if (window->retention < 0)
        window->retention = window->size + window->grace;
    return 0;
}

static bool windowed(const struct building *building) {
    return building->query->window.kind != TREE_NO_WINDOW;
}

static const struct node *window_bound_in(const struct node *node) {
    if (node->kind == NODE_COLUMN && name_is_window_bound(node->name) && !node->qualified)
        return node;
    for (size_t i = 0; i < node->child_count; i++) {
        const struct node *found = window_bound_in(node->children[i]);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static int refuse_bound(struct building *building, const struct node *node) {
    const struct node *bound = windowed(building) ? window_bound_in(node) : NULL;
    if (bound == NULL)
        return 0;
    return error_set_at(building->error, ERROR_INVALID, bound->line, bound->column,
                        "Window bounds column %.*s can only be used in the SELECT clause of windowed aggregations and "
                        "can not be passed to aggregate functions.\nSee "
                        "https://github.com/confluentinc/ksql/issues/4397",
                        VIEW_ARGS(bound->name));
}

/* --- what may stand beside aggregates --- */

static int check_calls(struct building *building, const struct node *node, const struct node *outer) {
    bool aggregate = node_is_aggregate_call(node);
    if (aggregate && outer != NULL)
        return error_set_at(building->error, ERROR_INVALID, node->line, node->column,
                            "Aggregate functions can not be nested: %.*s(%.*s())", VIEW_ARGS(outer->name),
                            VIEW_ARGS(node->name));
    if (aggregate && refuse_bound(building, node) != 0)
        return -1;
    for (size_t i = 0; i < node->child_count; i++)
        if (check_calls(building, node->children[i], aggregate ? node : outer) != 0)
            return -1;
    return 0;
}

static bool is_group_key(const struct building *building, const struct node *node) {
    for (size_t i = 0; i < building->query->group_by_count; i++)
        if (node_equal(building->query->group_by[i], node))
            return true;
    return false;
}

/* The first column that is neither grouped nor inside an aggregate. */
static const struct node *ungrouped_in(const struct building *building, const struct node *node) {
    if (is_group_key(building, node) || node_is_aggregate_call(node))
        return NULL;
    if (node->kind == NODE_COLUMN)
        return (name_is_window_bound(node->name) && windowed(building)) || node->flag ? NULL : node;
    size_t first = node->kind == NODE_LAMBDA ? node->child_count - 1 : 0;
    for (size_t i = first; i < node->child_count; i++) {
        const struct node *found = ungrouped_in(building, node->children[i]);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static int check_items(struct building *building) {
    for (size_t i = 0; i < building->items.count; i++)
        if (check_calls(building, building->items.items[i].node, NULL) != 0)
            return -1;
    return 0;
}

static int check_keys(struct building *building) {
    const struct query *query = building->query;
    for (size_t i = 0; i < query->group_by_count; i++) {
        const struct node *node = query->group_by[i], *call = aggregate_in(node);
        if (call != NULL)
            return error_set_at(building->error, ERROR_INVALID, node->line, node->column,
                                "GROUP BY does not support aggregate functions: %.*s is an aggregate function.",
                                VIEW_ARGS(call->name));
        if (refuse_bound(building, node) != 0)
            return -1;
        for (size_t j = 0; j < i; j++)
            if (node_equal(query->group_by[j], node))
                return error_set_at(building->error, ERROR_INVALID, node->line, node->column,
                                    "Duplicate GROUP BY expression: %.*s", VIEW_ARGS(node_text(building->arena, node)));
    }
    return 0;
}

static int refuse_ungrouped(struct building *building) {
    struct text names = TEXT_EMPTY;
    struct binder binder = building_binder(building, true, "SELECT");
    for (size_t i = 0; i < building->items.count; i++) {
        const struct node *node = building->items.items[i].node;
        if (ungrouped_in(building, node) == NULL)
            continue;
        struct view name = binder_text(&binder, node);
        text_append_format(&names, "%s%.*s", names.size != 0 ? ", " : "", VIEW_ARGS(name));
    }
    int status = 0;
    if (names.size != 0)
        status = error_set(
            building->error, ERROR_INVALID,
            "Non-aggregate SELECT expression(s) not part of GROUP BY: %s\nEither add the column(s) to the GROUP BY or "
            "remove them from the SELECT.",
            text_string(&names));
    text_free(&names);
    return status;
}

static int check_having(struct building *building) {
    const struct node *having = building->query->having;
    const struct node *column = having == NULL ? NULL : ungrouped_in(building, having);
    struct binder binder = building_binder(building, true, "HAVING");
    if (column == NULL)
        return 0;
    return error_set(
        building->error, ERROR_INVALID,
        "Non-aggregate HAVING expression not part of GROUP BY: %.*s\nConsider switching the HAVING clause to "
        "a WHERE clause before the GROUP BY.",
        VIEW_ARGS(binder_text(&binder, column)));
}

/* Without GROUP BY all rows are one group; that is for queries that nobody keeps. */
static int check_grouped(struct building *building) {
    const struct node *call = first_aggregate(building->query);
    if (building->query->grouped || !building->persistent)
        return 0;
    struct binder binder = building_binder(building, true, "SELECT");
    struct view text = binder_text(&binder, call);
    if (call->child_count == 0)
        text = view_of(arena_format(building->arena, "%.*s(ROWTIME)", VIEW_ARGS(call->name)));
    enum statement_kind kind = building->statement->kind;
    return error_set_at(building->error, ERROR_INVALID, call->line, call->column,
                        "%s does not support aggregate function [%.*s] without a GROUP BY clause.",
                        kind == STATEMENT_CREATE_STREAM_AS  ? "CREATE STREAM AS SELECT statement"
                        : kind == STATEMENT_CREATE_TABLE_AS ? "CREATE TABLE AS SELECT statement"
                                                            : "INSERT INTO statement",
                        VIEW_ARGS(text));
}

/* In the order of ksqlDB's aggregate analyzer. */
static int check_rules(struct building *building) {
    const struct query *query = building->query;
    if (query->grouped && query->group_by_count == 0)
        return error_set(building->error, ERROR_INVALID, "GROUP BY requires at least one expression");
    if (check_items(building) != 0 || check_keys(building) != 0)
        return -1;
    if (query->having != NULL &&
        (refuse_bound(building, query->having) != 0 || check_calls(building, query->having, NULL) != 0))
        return -1;
    if (!query_aggregates(query))
        return error_set(building->error, ERROR_INVALID,
                         "GROUP BY requires aggregate functions in either the SELECT or HAVING clause.");
    if (refuse_ungrouped(building) != 0 || check_having(building) != 0)
        return -1;
    return check_grouped(building);
}

/* --- the step --- */

static const struct schema *aggregate_rows(struct building *building) {
    const struct grouping *grouping = &building->grouping;
    size_t bounds = grouping->windowed ? 2 : 0;
    size_t count = grouping->key_count + bounds + 1 + grouping->aggregates.count, at = 0;
    struct column *columns = arena_zero(building->arena, count * sizeof *columns);
    for (size_t i = 0; i < grouping->key_count; i++, at++)
        columns[at] =
            (struct column){view_of(arena_format(building->arena, "KSQL_KEY_%zu", i)), grouping->key_types[i]};
    if (bounds != 0) {
        columns[at++] = (struct column){VIEW("WINDOWSTART"), &sql_bigint};
        columns[at++] = (struct column){VIEW("WINDOWEND"), &sql_bigint};
    }
    columns[at++] = (struct column){VIEW("ROWTIME"), &sql_bigint};
    for (size_t i = 0; i < grouping->aggregates.count; i++, at++)
        columns[at] = (struct column){view_of(arena_format(building->arena, "KSQL_AGG_VARIABLE_%zu", i)),
                                      grouping->aggregates.items[i].call->result_type};
    struct schema *schema = arena_zero(building->arena, sizeof *schema);
    *schema = (struct schema){columns, grouping->key_count, count - grouping->key_count};
    return schema;
}

/* "A, B and C" */
static void list_calls(const struct grouping *grouping, struct text *names, size_t *count) {
    const char *last = NULL;
    *count = 0;
    for (size_t i = 0; i < grouping->aggregates.count; i++) {
        const struct function_call *call = grouping->aggregates.items[i].call;
        if (aggregate_can_undo(call))
            continue;
        if (last != NULL)
            text_append_format(names, "%s%s", *count > 1 ? ", " : "", last);
        last = call->function->name;
        ++*count;
    }
    if (last != NULL)
        text_append_format(names, "%s%s", *count > 1 ? " and " : "", last);
}

static int check_undo(struct building *building) {
    struct text names = TEXT_EMPTY;
    size_t count = 0;
    if (!building->top->table)
        return 0;
    list_calls(&building->grouping, &names, &count);
    int status = 0;
    if (count != 0)
        status =
            error_set(building->error, ERROR_INVALID,
                      "The aggregation function%s %s cannot be applied to a table source, only to a stream source.",
                      count > 1 ? "s" : "", text_string(&names));
    text_free(&names);
    return status;
}

/* Two sessions become one when a row comes between them. */
static int check_merge(struct building *building, const struct window *window) {
    for (size_t i = 0; window->kind == WINDOW_SESSION && i < building->grouping.aggregates.count; i++) {
        const struct function_call *call = building->grouping.aggregates.items[i].call;
        if (!aggregate_can_merge(call))
            return error_set(
                building->error, ERROR_UNSUPPORTED,
                "The aggregation function %s cannot be applied to SESSION windows: use TUMBLING or HOPPING.",
                call->function->name);
    }
    return 0;
}

/* The state of aggregates lies in the format of the left-most source's values. */
static int check_state(struct building *building) {
    if (!name_is(building->left->format.value_format, "DELIMITED"))
        return 0;
    for (size_t i = 0; i < building->grouping.aggregates.count; i++)
        if (building->grouping.aggregates.items[i].call->signature->aggregate->nested)
            return error_set(
                building->error, ERROR_INVALID,
                "One of the functions used in the statement has an intermediate type that the value format "
                "can not handle. Please remove the function or change the format.\nConsider up-voting "
                "https://github.com/confluentinc/ksql/issues/3950, which will resolve this limitation");
    return 0;
}

static int bind_keys(struct building *building, const struct expression ***keys, const struct sql_type ***types) {
    struct query *query = building->query;
    struct binder binder = building_binder(building, false, "GROUP BY");
    size_t count = query->group_by_count;
    *keys = arena_zero(building->arena, (count + 1) * sizeof **keys);
    *types = arena_zero(building->arena, (count + 1) * sizeof **types);
    for (size_t i = 0; i < count; i++) {
        if (((*keys)[i] = bind_node(&binder, query->group_by[i])) == NULL)
            return -1;
        (*types)[i] = (*keys)[i]->type == NULL ? &sql_string : (*keys)[i]->type;
    }
    return 0;
}

/* Keys are bound to the rows below; select items and HAVING to the rows of the aggregate step, which is made when all
 * aggregate calls are known. */
int building_group(struct building *building) {
    struct query *query = building->query;
    struct grouping *grouping = &building->grouping;
    const struct expression **keys, *having = NULL;
    const struct sql_type **types;
    struct window window;
    if (building_expand(building) != 0 || check_rules(building) != 0 || bind_keys(building, &keys, &types) != 0 ||
        window_of(building, &window) != 0)
        return -1;
    *grouping = (struct grouping){.keys = query->group_by,
                                  .key_types = types,
                                  .key_count = query->group_by_count,
                                  .windowed = window.kind != WINDOW_NONE,
                                  .bounds_hidden = building_joins(building)};
    building->group_keys = query->group_by;
    building->group_key_count = query->group_by_count;
    if (window.kind != WINDOW_NONE && building->top->table)
        return error_set(building->error, ERROR_INVALID, "WINDOW clause is only supported for streams.");
    struct step *below = building->top;
    struct binder binder = building_binder(building, true, "HAVING");
    if (building_bind_items(building) != 0 ||
        (query->having != NULL && (having = bind_condition(&binder, query->having)) == NULL) ||
        check_undo(building) != 0 || check_merge(building, &window) != 0 || check_state(building) != 0)
        return -1;
    building_materialise(building);
    struct step *step = building_step(building, STEP_AGGREGATE, aggregate_rows(building));
    step->aggregate = (struct step_aggregate){
        .keys = keys,
        .key_count = query->group_by_count,
        .aggregates = (const struct aggregate_column *)arena_copy_bytes(building->arena, grouping->aggregates.items,
                                                                        grouping->aggregates.count *
                                                                            sizeof *grouping->aggregates.items),
        .aggregate_count = grouping->aggregates.count,
        .window = window,
        .over_table = below->table,
        .final = query->emit == EMIT_FINAL,
    };
    step->table = true;
    building->plan->windowed = window.kind != WINDOW_NONE;
    if (having != NULL)
        building_step(building, STEP_FILTER, step->schema)->condition = having;
    return 0;
}
