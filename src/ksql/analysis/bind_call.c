/* Calls: functions looked up, their arguments bound; calls of aggregates are noted in the grouping. */
#include <string.h>

#include "ksql/analysis/private.h"

static const struct expression *aggregate_call(struct binder *binder, const struct node *node,
                                               const struct function_call *call,
                                               const struct expression *const *arguments) {
    struct grouping *grouping = binder->grouping;
    size_t base = grouping->key_count + (grouping->windowed ? 2 : 0) + 1;
    for (size_t i = 0; i < grouping->calls.count; i++)
        if (node_equal(grouping->calls.items[i], node))
            return bind_column(binder, base + i, call->result_type);
    struct aggregate_column column = {call, arguments, call->argument_count};
    vector_push(&grouping->calls, node);
    vector_push(&grouping->aggregates, column);
    return bind_column(binder, base + grouping->calls.count - 1, call->result_type);
}

int bind_no_function(struct binder *binder, const struct node *node) {
    return error_set_at(binder->error, ERROR_NOT_FOUND, node->line, node->column,
                        "Can't find any functions with the name '%.*s'", VIEW_ARGS(node->name));
}

/* Aggregates without arguments count or take the row's time: COUNT(*) is COUNT(ROWTIME). */
static const struct expression *row_time(struct binder *binder) {
    if (binder->scope->source_count > 1) /* either side's may be missing */
        return bind_constant(binder, &sql_bigint, value_bigint(0));
    for (size_t i = 0; i < binder->scope->columns.count; i++)
        if (name_is(binder->scope->columns.items[i].name, "ROWTIME"))
            return bind_column(binder, binder->scope->columns.items[i].index, &sql_bigint);
    return NULL;
}

const struct expression *bind_call(struct binder *binder, const struct node *node) {
    const struct function *function = function_find(node->name);
    if (function == NULL) {
        bind_no_function(binder, node);
        return NULL;
    }
    bool aggregate = function->kind == FUNCTION_AGGREGATE;
    if (aggregate && (binder->grouping == NULL || binder->in_aggregate)) {
        if (binder->in_aggregate) {
            error_set_at(binder->error, ERROR_INVALID, node->line, node->column,
                         "Aggregate functions can not be nested: %.*s", VIEW_ARGS(binder_text(binder, node)));
            return NULL;
        }
        bind_no_function(binder, node);
        return NULL;
    }
    bool implicit = aggregate && node->child_count == 0;
    size_t count = implicit ? 1 : node->child_count;
    const struct expression **arguments = arena_zero(binder->arena, (count + 1) * sizeof *arguments);
    const struct sql_type **types = arena_zero(binder->arena, (count + 1) * sizeof *types);
    struct value *constants = arena_zero(binder->arena, (count + 1) * sizeof *constants);
    bool was = binder->in_aggregate;
    for (size_t i = 0; i < count; i++) {
        binder->in_aggregate = was || aggregate;
        if (!implicit && node->children[i]->kind == NODE_LAMBDA) {
            error_set_at(binder->error, ERROR_UNSUPPORTED, node->line, node->column,
                         "Line: %d, Col: %d: lambda functions are not supported here yet", node->line, node->column);
            binder->in_aggregate = was;
            return NULL;
        }
        arguments[i] = implicit ? row_time(binder) : bind_node(binder, node->children[i]);
        binder->in_aggregate = was;
        if (arguments[i] == NULL)
            return NULL;
        types[i] = arguments[i]->type;
        if (arguments[i]->kind == EXPRESSION_LITERAL)
            constants[i] = arguments[i]->literal;
    }
    /* aggregates are shown by their name, scalars as ksqlDB's registry lists them */
    struct view shown = node->name;
    if (!aggregate) {
        char *lower = arena_copy_bytes(binder->arena, node->name.data, node->name.size);
        for (size_t i = 0; i < node->name.size; i++)
            lower[i] = (char)(lower[i] >= 'A' && lower[i] <= 'Z' ? lower[i] + 32 : lower[i]);
        shown.data = lower;
    }
    struct function_call *bound;
    if (function_bind(function, shown, types, constants, count, binder->analysis->settings->functions, binder->arena,
                      &bound, binder->error) != 0)
        return NULL;
    if (aggregate)
        return aggregate_call(binder, node, bound, arguments);
    struct expression *expression = bind_new(binder, EXPRESSION_CALL, bound->result_type, count);
    memcpy(bind_arguments(expression), arguments, count * sizeof *arguments);
    expression->call = bound;
    return expression;
}
