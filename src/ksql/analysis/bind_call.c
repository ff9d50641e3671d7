/* Calls: functions looked up, their arguments bound; calls of aggregates are noted in the grouping. */
#include <string.h>

#include "ksql/analysis/private.h"
#include "ksql/function/cast.h"

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

struct call { /* on its way to a bound one */
    const struct expression **arguments;
    const struct sql_type **types;
    struct value *constants;
    size_t *parameters; /* of a lambda; 0 = a value */
    size_t count;
};

static struct call new_call(struct binder *binder, size_t count) {
    return (struct call){arena_zero(binder->arena, (count + 1) * sizeof(struct expression *)),
                         arena_zero(binder->arena, (count + 1) * sizeof(struct sql_type *)),
                         arena_zero(binder->arena, (count + 1) * sizeof(struct value)),
                         arena_zero(binder->arena, (count + 1) * sizeof(size_t)), count};
}

static int bind_values(struct binder *binder, const struct node *node, struct call *call, bool aggregate) {
    bool was = binder->in_aggregate, implicit = aggregate && node->child_count == 0;
    for (size_t i = 0; i < call->count; i++) {
        if (!implicit && node->children[i]->kind == NODE_LAMBDA) {
            call->parameters[i] = node->children[i]->child_count - 1;
            continue;
        }
        binder->in_aggregate = was || aggregate;
        call->arguments[i] = implicit ? row_time(binder) : bind_node(binder, node->children[i]);
        binder->in_aggregate = was;
        if (call->arguments[i] == NULL)
            return -1;
        call->types[i] = call->arguments[i]->type;
        if (call->arguments[i]->kind == EXPRESSION_LITERAL)
            call->constants[i] = call->arguments[i]->literal;
    }
    return 0;
}

/* Types of parameters follow from the values beside, the type of the body from those. */
static int bind_lambdas(struct binder *binder, const struct node *node, const struct function *function,
                        struct call *call) {
    const struct function_signature *signature = NULL;
    for (size_t i = 0; i < call->count; i++) {
        if (call->parameters[i] == 0)
            continue;
        if (signature == NULL)
            signature = function_with_lambdas(function, call->types, call->parameters, call->count);
        if (signature == NULL)
            return error_set_at(binder->error, ERROR_INVALID, node->line, node->column,
                                "Function '%s' does not accept the lambda %.*s here, or the values beside it",
                                function->name, VIEW_ARGS(binder_text(binder, node->children[i])));
        struct lambda_frame frame = {.lambda = node->children[i], .outer = binder->lambdas};
        signature->lambda(call->types, i, frame.types);
        struct expression *lambda = bind_new(binder, EXPRESSION_LAMBDA, NULL, 1);
        binder->lambdas = &frame;
        const struct expression *body = bind_node(binder, frame.lambda->children[call->parameters[i]]);
        binder->lambdas = frame.outer;
        if (body == NULL)
            return -1;
        bind_arguments(lambda)[0] = body;
        lambda->type = body->type;
        call->arguments[i] = lambda;
        call->types[i] = body->type;
    }
    return 0;
}

/* As ksqlDB's registry lists them: aggregates by their name, the others mostly in small letters. */
static struct view shown(struct binder *binder, const struct function *function) {
    struct view name = view_of(function->shown == NULL ? function->name : function->shown);
    if (function->shown != NULL || function->kind == FUNCTION_AGGREGATE)
        return name;
    char *lower = arena_copy_bytes(binder->arena, name.data, name.size);
    for (size_t i = 0; i < name.size; i++)
        lower[i] = (char)(lower[i] >= 'A' && lower[i] <= 'Z' ? lower[i] + 32 : lower[i]);
    return (struct view){lower, name.size};
}

static int check_aggregate(struct binder *binder, const struct node *node) {
    if (binder->in_aggregate)
        return error_set_at(binder->error, ERROR_INVALID, node->line, node->column,
                            "Aggregate functions can not be nested: %.*s", VIEW_ARGS(binder_text(binder, node)));
    return binder->grouping == NULL && node->child_count == 0 ? bind_no_function(binder, node) : 0;
}

/* GREATEST and LEAST read a text among dates or times as one of those. */
static int read_texts(struct binder *binder, const struct node *node, struct call *call) {
    const struct sql_type *wanted = NULL;
    for (size_t i = 0; wanted == NULL && i < call->count; i++) {
        const struct sql_type *type = call->types[i];
        bool time = type != NULL && (type->base == SQL_DATE || type->base == SQL_TIME || type->base == SQL_TIMESTAMP);
        wanted = time ? type : NULL;
    }
    for (size_t i = 0; wanted != NULL && i < call->count; i++) {
        struct value value;
        if (call->types[i] == NULL || call->types[i]->base != SQL_STRING ||
            call->arguments[i]->kind != EXPRESSION_LITERAL)
            continue;
        if (cast_value(call->types[i], wanted, call->constants[i], binder->arena, &value, binder->error) != 0)
            return error_set_at(binder->error, ERROR_INVALID, node->line, node->column,
                                "%.*s: %.*s cannot be read as a %s", VIEW_ARGS(node->name),
                                VIEW_ARGS(binder_text(binder, node->children[i])), sql_base_name(wanted->base));
        call->arguments[i] = bind_constant(binder, wanted, value);
        call->types[i] = wanted;
        call->constants[i] = value;
    }
    return 0;
}

/* Aggregates take their settings as literals, so that the groups of a query agree. */
static int check_literals(struct binder *binder, const struct node *node, const struct function_call *call) {
    for (size_t i = 1; i < call->argument_count; i++)
        if (i >= call->signature->values && value_is_null(call->constants[i]))
            return error_set_at(binder->error, ERROR_INVALID, node->line, node->column,
                                "Parameter %zu passed to function %s must be a literal constant, but was expression: "
                                "'%.*s'",
                                i + 1, call->function->name, VIEW_ARGS(binder_text(binder, node->children[i])));
    return 0;
}

static const struct expression *table_call(struct binder *binder, const struct node *node,
                                           const struct expression *expression) {
    struct flattening *flattening = binder->flattening;
    const struct sql_type *type = expression->type->element;
    for (size_t i = 0; i < flattening->nodes.count; i++)
        if (flattening->nodes.items[i] == node)
            return bind_column(binder, flattening->base + i, type);
    vector_push(&flattening->nodes, node);
    vector_push(&flattening->calls, expression);
    return bind_column(binder, flattening->base + flattening->nodes.count - 1, type);
}

const struct expression *bind_call(struct binder *binder, const struct node *node) {
    const struct function *function = function_find(node->name);
    struct function_call *bound;
    if (function == NULL) {
        bind_no_function(binder, node);
        return NULL;
    }
    bool aggregate = function->kind == FUNCTION_AGGREGATE, table = function->kind == FUNCTION_TABLE;
    if ((aggregate && check_aggregate(binder, node) != 0) ||
        (table && binder->flattening == NULL && bind_no_function(binder, node) != 0))
        return NULL;
    struct call call = new_call(binder, aggregate && node->child_count == 0 ? 1 : node->child_count);
    if (bind_values(binder, node, &call, aggregate) != 0 ||
        (aggregate && binder->grouping == NULL && bind_no_function(binder, node) != 0) ||
        (function->picky && read_texts(binder, node, &call) != 0) || bind_lambdas(binder, node, function, &call) != 0 ||
        function_bind(function, shown(binder, function), call.types, call.constants, call.count,
                      binder->analysis->settings->functions, binder->arena, &bound, binder->error) != 0)
        return NULL;
    if (aggregate)
        return check_literals(binder, node, bound) != 0 ? NULL : aggregate_call(binder, node, bound, call.arguments);
    struct expression *expression = bind_new(binder, EXPRESSION_CALL, bound->result_type, call.count);
    memcpy(bind_arguments(expression), call.arguments, call.count * sizeof *call.arguments);
    expression->call = bound;
    return table ? table_call(binder, node, expression) : expression;
}
