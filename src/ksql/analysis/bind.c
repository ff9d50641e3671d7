#include <string.h>

#include "ksql/analysis/private.h"
#include "ksql/function/cast.h"

struct expression *bind_new(struct binder *binder, enum expression_kind kind, const struct sql_type *type,
                            size_t argument_count) {
    struct expression *expression = arena_zero(binder->arena, sizeof *expression);
    expression->kind = kind;
    expression->type = type;
    expression->arguments = arena_zero(binder->arena, (argument_count + 1) * sizeof *expression->arguments);
    expression->argument_count = argument_count;
    return expression;
}

const struct expression *bind_column(struct binder *binder, size_t index, const struct sql_type *type) {
    struct expression *column = bind_new(binder, EXPRESSION_COLUMN, type, 0);
    column->index = index;
    return column;
}

const struct expression *bind_constant(struct binder *binder, const struct sql_type *type, struct value value) {
    struct expression *literal = bind_new(binder, EXPRESSION_LITERAL, type, 0);
    literal->literal = value_copy(binder->arena, value);
    return literal;
}

const struct expression *bind_cast(struct binder *binder, const struct expression *expression,
                                   const struct sql_type *type) {
    if (expression->type != NULL && sql_type_equal(expression->type, type))
        return expression;
    if (expression->kind == EXPRESSION_LITERAL) {
        struct value value;
        if (cast_value(expression->type, type, expression->literal, binder->arena, &value, NULL) == 0)
            return bind_constant(binder, type, value);
    }
    struct expression *cast = bind_new(binder, EXPRESSION_CAST, type, 1);
    bind_arguments(cast)[0] = expression;
    return cast;
}

int bind_unresolved(struct binder *binder, const struct node *node) {
    struct view name = node_text(binder->arena, node);
    const char *hint =
        strcmp(binder->clause, "PARTITION BY") == 0
            ? arena_format(binder->arena,
                           " '%.*s' must be a column in the source schema since PARTITION BY is applied on the input.",
                           VIEW_ARGS(name))
            : "";
    return error_set_at(binder->error, ERROR_INVALID, node->line, node->column,
                        "Line: %d, Col: %d: %s column '%.*s' cannot be resolved.%s", node->line, node->column,
                        binder->clause, VIEW_ARGS(name), hint);
}

static const struct expression *variable(struct binder *binder, const struct node *node) {
    size_t depth = 0;
    for (const struct lambda_frame *frame = binder->lambdas; frame != NULL; frame = frame->outer, depth++)
        for (size_t i = 0; i + 1 < frame->lambda->child_count; i++)
            if (view_equal(frame->lambda->children[i]->name, node->name)) {
                struct expression *expression = bind_new(binder, EXPRESSION_VARIABLE, frame->types[i], 0);
                expression->index = i;
                expression->depth = depth;
                return expression;
            }
    bind_unresolved(binder, node);
    return NULL;
}

static const struct expression *column(struct binder *binder, const struct node *node) {
    if (node->flag)
        return variable(binder, node);
    struct grouping *grouping = binder->grouping;
    bool outside = grouping != NULL && !binder->in_aggregate;
    if (outside && name_is_window_bound(node->name) && grouping->windowed && !grouping->bounds_hidden)
        return bind_column(binder, grouping->key_count + name_is(node->name, "WINDOWEND"), &sql_bigint);
    const struct scope_column *found = scope_find(binder->scope, node->qualifier, node->name);
    if (found != NULL && !outside)
        return bind_column(binder, found->index, found->type);
    if (found != NULL || name_is_window_bound(node->name) || strcmp(binder->clause, "INSERT VALUES") == 0)
        error_set_at(binder->error, ERROR_INVALID, node->line, node->column, "Unknown column %.*s.",
                     VIEW_ARGS(binder_text(binder, node)));
    else
        bind_unresolved(binder, node);
    return NULL;
}

static const struct sql_type *decimal_of(struct arena *arena, const struct sql_type *type) {
    if (type->base == SQL_DECIMAL)
        return type;
    return sql_type_decimal(arena, type->base == SQL_INTEGER ? 10 : 19, 0);
}

static int greater(int a, int b) {
    return a > b ? a : b;
}

const struct sql_type *common_number(struct arena *arena, const struct sql_type *a, const struct sql_type *b) {
    if (a->base == SQL_DOUBLE || b->base == SQL_DOUBLE)
        return &sql_double;
    if (a->base != SQL_DECIMAL && b->base != SQL_DECIMAL)
        return a->base == SQL_BIGINT || b->base == SQL_BIGINT ? &sql_bigint : &sql_integer;
    const struct sql_type *x = decimal_of(arena, a), *y = decimal_of(arena, b);
    int scale = greater(x->scale, y->scale), whole = greater(x->precision - x->scale, y->precision - y->scale);
    return sql_type_decimal(arena, whole + scale > 38 ? 38 : whole + scale, scale);
}

/* Precision and scale of decimal results: SQL Server's rules, as ksqlDB's DecimalUtil has them. */
static const struct sql_type *decimal_result(struct arena *arena, char sign, const struct sql_type *a,
                                             const struct sql_type *b) {
    int p1 = a->precision, s1 = a->scale, p2 = b->precision, s2 = b->scale, precision, scale;
    switch (sign) {
    case '*':
        precision = p1 + p2 + 1;
        scale = s1 + s2;
        break;
    case '/':
        precision = p1 - s1 + s2 + greater(6, s1 + p2 + 1);
        scale = greater(6, s1 + p2 + 1);
        break;
    case '%':
        scale = greater(s1, s2);
        precision = (p1 - s1 < p2 - s2 ? p1 - s1 : p2 - s2) + scale;
        break;
    default:
        scale = greater(s1, s2);
        precision = scale + greater(p1 - s1, p2 - s2) + 1;
        break;
    }
    if (precision > 38)
        precision = 38;
    return sql_type_decimal(arena, precision, scale > precision ? precision : scale);
}

static const struct expression *concatenate(struct binder *binder, const struct expression *left,
                                            const struct expression *right) {
    struct expression *call = bind_new(binder, EXPRESSION_CALL, &sql_string, 2);
    bind_arguments(call)[0] = left;
    bind_arguments(call)[1] = right;
    /* unlike CONCAT, + with a NULL is NULL: the evaluation of the two is told apart by the kind ARITHMETIC */
    call->kind = EXPRESSION_ARITHMETIC;
    call->arithmetic = ARITHMETIC_ADD;
    return call;
}

static void refuse_arithmetic(struct binder *binder, const struct node *node, const struct sql_type *a,
                              const struct sql_type *b) {
    struct view text = binder_text(binder, node);
    if (a == NULL || b == NULL)
        error_set_at(binder->error, ERROR_INVALID, node->line, node->column,
                     "Error processing expression: %.*s. Arithmetic on types %.*s and %.*s are not supported.",
                     VIEW_ARGS(text), VIEW_ARGS(type_text(binder->arena, a)), VIEW_ARGS(type_text(binder->arena, b)));
    else
        error_set_at(binder->error, ERROR_INVALID, node->line, node->column,
                     "Error processing expression: %.*s. Unsupported arithmetic types. %s %s", VIEW_ARGS(text),
                     sql_base_name(a->base), sql_base_name(b->base));
}

static const struct expression *arithmetic(struct binder *binder, const struct node *node) {
    const struct expression *left = bind_node(binder, node->children[0]);
    const struct expression *right = left == NULL ? NULL : bind_node(binder, node->children[1]);
    if (right == NULL)
        return NULL;
    char sign = node->text.data[0];
    const struct sql_type *a = left->type, *b = right->type;
    if (sign == '+' && a != NULL && b != NULL && a->base == SQL_STRING && b->base == SQL_STRING)
        return concatenate(binder, left, right);
    if (a == NULL || b == NULL || !sql_type_is_number(a) || !sql_type_is_number(b)) {
        refuse_arithmetic(binder, node, a, b);
        return NULL;
    }
    const struct sql_type *type = common_number(binder->arena, a, b);
    if (type->base == SQL_DECIMAL) {
        a = decimal_of(binder->arena, a);
        b = decimal_of(binder->arena, b);
        type = decimal_result(binder->arena, sign, a, b);
    } else {
        a = b = type;
    }
    struct expression *expression = bind_new(binder, EXPRESSION_ARITHMETIC, type, 2);
    bind_arguments(expression)[0] = bind_cast(binder, left, a);
    bind_arguments(expression)[1] = bind_cast(binder, right, b);
    expression->arithmetic = sign == '+'   ? ARITHMETIC_ADD
                             : sign == '-' ? ARITHMETIC_SUBTRACT
                             : sign == '*' ? ARITHMETIC_MULTIPLY
                             : sign == '/' ? ARITHMETIC_DIVIDE
                                           : ARITHMETIC_MODULUS;
    return expression;
}

static const struct expression *sign(struct binder *binder, const struct node *node) {
    const struct expression *child = bind_node(binder, node->children[0]);
    if (child == NULL || node->text.data[0] == '+')
        return child;
    if (child->type == NULL || !sql_type_is_number(child->type)) {
        struct view text = binder_text(binder, node);
        error_set_at(binder->error, ERROR_INVALID, node->line, node->column,
                     "Error processing expression: %.*s. Unsupported arithmetic types. %s", VIEW_ARGS(text),
                     child->type == NULL ? "null" : sql_base_name(child->type->base));
        return NULL;
    }
    struct expression *expression = bind_new(binder, EXPRESSION_NEGATE, child->type, 1);
    bind_arguments(expression)[0] = child;
    return expression;
}

static int type_error(struct binder *binder, const struct node *node, const struct sql_type *type) {
    struct view text = binder_text(binder, node), name = type_text(binder->arena, type);
    return error_set_at(binder->error, ERROR_INVALID, node->line, node->column,
                        "Type error in %s expression: Should evaluate to boolean but is %.*s (%.*s) instead.",
                        binder->clause, VIEW_ARGS(text), VIEW_ARGS(name));
}

/* What is found while a condition's type is worked out; code is generated later. */
static void name_clause(struct binder *binder) {
    const char *message = binder->error == NULL ? "" : binder->error->message;
    if (strncmp(message, "Invalid Predicate: ", 19) != 0 && strncmp(message, "Type error in ", 14) != 0 &&
        strncmp(message, "Line: ", 6) != 0)
        error_wrap(binder->error, "Error in %s expression", binder->clause);
}

int bind_invalid(struct binder *binder) {
    bool condition = strcmp(binder->clause, "WHERE") == 0 || strcmp(binder->clause, "HAVING") == 0;
    const char *what = condition                                     ? "Predicate"
                       : strcmp(binder->clause, "GROUP BY") == 0     ? "Group By"
                       : strcmp(binder->clause, "PARTITION BY") == 0 ? "Partition By"
                       : strcmp(binder->clause, "JOIN ON") == 0      ? "Join"
                                                                     : "Select";
    if (strcmp(binder->clause, "INSERT VALUES") == 0)
        return -1;
    return error_wrap(binder->error, "Invalid %s", what);
}

const struct expression *bind_condition(struct binder *binder, const struct node *node) {
    const struct expression *expression = bind_node(binder, node);
    if (expression == NULL) {
        name_clause(binder);
        return NULL;
    }
    if (expression->type != NULL && expression->type->base != SQL_BOOLEAN) {
        type_error(binder, node, expression->type);
        return NULL;
    }
    return expression;
}

static const struct expression *logic(struct binder *binder, const struct node *node, enum logic_operator operator) {
    struct expression *expression = bind_new(binder, EXPRESSION_LOGIC, &sql_boolean, node->child_count);
    expression->logic = operator;
    for (size_t i = 0; i < node->child_count; i++) {
        const struct expression *child = bind_node(binder, node->children[i]);
        if (child == NULL)
            return NULL;
        if (child->type != NULL && child->type->base != SQL_BOOLEAN) {
            type_error(binder, node, child->type);
            return NULL;
        }
        bind_arguments(expression)[i] = child;
    }
    return expression;
}

/* Simple CASE is rewritten to searched: CASE x WHEN 1 becomes WHEN x = 1. */
static const struct node *case_searched(struct binder *binder, const struct node *operand, const struct node *wanted) {
    struct node *compare = arena_zero(binder->arena, sizeof *compare);
    const struct node **sides = arena_allocate(binder->arena, 2 * sizeof *sides);
    sides[0] = operand;
    sides[1] = wanted;
    *compare = (struct node){.kind = NODE_COMPARE,
                             .line = wanted->line,
                             .column = wanted->column,
                             .text = VIEW("="),
                             .children = sides,
                             .child_count = 2};
    return compare;
}

static const struct expression *case_when(struct binder *binder, const struct node *node,
                                          const struct node *condition) {
    const struct expression *bound = bind_node(binder, condition);
    if (bound == NULL || bound->type == NULL || bound->type->base == SQL_BOOLEAN)
        return bound;
    struct view name = type_text(binder->arena, bound->type);
    struct view text = binder_text(binder, condition);
    error_set_at(binder->error, ERROR_INVALID, node->line, node->column,
                 "WHEN operand type should be boolean.\nType for '%.*s' is %.*s", VIEW_ARGS(text), VIEW_ARGS(name));
    return NULL;
}

/* *type: what the arms before had, NULL when none had one. */
static const struct expression *case_then(struct binder *binder, const struct node *node, const struct node *result,
                                          const struct sql_type **type) {
    const struct expression *bound = bind_node(binder, result);
    if (bound == NULL)
        return NULL;
    if (*type != NULL && bound->type != NULL && !sql_type_equal(*type, bound->type)) {
        struct view previous = type_text(binder->arena, *type), now = type_text(binder->arena, bound->type);
        error_set_at(binder->error, ERROR_INVALID, node->line, node->column,
                     "Invalid Case expression. Type for all 'THEN' clauses should be the same.\nTHEN expression '%.*s' "
                     "has type: %.*s.\nPrevious THEN expression(s) type: %.*s.",
                     VIEW_ARGS(binder_text(binder, result)), VIEW_ARGS(now), VIEW_ARGS(previous));
        return NULL;
    }
    if (*type == NULL)
        *type = bound->type;
    return bound;
}

static const struct expression *case_else(struct binder *binder, const struct node *node,
                                          const struct sql_type **type) {
    const struct expression *bound = bind_node(binder, node->children[node->child_count - 1]);
    if (bound == NULL)
        return NULL;
    if (*type != NULL && bound->type != NULL && !sql_type_equal(*type, bound->type)) {
        struct view then = type_text(binder->arena, *type), other = type_text(binder->arena, bound->type);
        error_set_at(binder->error, ERROR_INVALID, node->line, node->column,
                     "Invalid Case expression. Type for the default clause should be the same as for 'THEN' "
                     "clauses.\nTHEN type: %.*s.\nDEFAULT type: %.*s.",
                     VIEW_ARGS(then), VIEW_ARGS(other));
        return NULL;
    }
    if (*type == NULL)
        *type = bound->type;
    return bound;
}

static const struct expression *case_expression(struct binder *binder, const struct node *node) {
    size_t first = node->flag ? 1 : 0, arms = (node->child_count - first) / 2;
    struct expression *expression = bind_new(binder, EXPRESSION_CASE, NULL, node->child_count - first);
    const struct expression **arguments = bind_arguments(expression);
    expression->has_else = node->negated;
    const struct sql_type *type = NULL;
    for (size_t i = 0; i < arms; i++) {
        const struct node *condition = node->children[first + 2 * i], *result = node->children[first + 2 * i + 1];
        if (node->flag)
            condition = case_searched(binder, node->children[0], condition);
        if ((arguments[2 * i] = case_when(binder, node, condition)) == NULL ||
            (arguments[2 * i + 1] = case_then(binder, node, result, &type)) == NULL)
            return NULL;
    }
    if (node->negated && (arguments[2 * arms] = case_else(binder, node, &type)) == NULL)
        return NULL;
    if (type == NULL) {
        error_set_at(binder->error, ERROR_INVALID, node->line, node->column,
                     "Invalid Case expression. All case branches have a NULL type.");
        return NULL;
    }
    expression->type = type;
    return expression;
}

static const struct expression *cast(struct binder *binder, const struct node *node) {
    const struct expression *child = bind_node(binder, node->children[0]);
    const struct sql_type *type;
    if (child == NULL || analyse_type(binder->analysis, node->type, &type, binder->error) != 0)
        return NULL;
    type = sql_type_copy(binder->arena, type);
    if (!cast_allowed(child->type, type)) {
        error_set_at(binder->error, ERROR_INVALID, node->line, node->column, "Cast of %.*s to %.*s is not supported",
                     VIEW_ARGS(type_text(binder->arena, child->type)), VIEW_ARGS(type_text(binder->arena, type)));
        bind_invalid(binder);
        return NULL;
    }
    return bind_cast(binder, child, type);
}

static const struct expression *subscript(struct binder *binder, const struct node *node) {
    const struct expression *base = bind_node(binder, node->children[0]);
    const struct expression *index = base == NULL ? NULL : bind_node(binder, node->children[1]);
    if (index == NULL)
        return NULL;
    bool array = base->type != NULL && base->type->base == SQL_ARRAY;
    bool map = base->type != NULL && base->type->base == SQL_MAP;
    if (!array && !map) {
        error_set_at(binder->error, ERROR_INVALID, node->line, node->column,
                     "Line: %d, Col: %d: %.*s is %.*s: only ARRAY and MAP have elements", node->line, node->column,
                     VIEW_ARGS(binder_text(binder, node->children[0])),
                     VIEW_ARGS(type_text(binder->arena, base->type)));
        return NULL;
    }
    bool fits = index->type != NULL && (array ? index->type->base == SQL_INTEGER || index->type->base == SQL_BIGINT
                                              : sql_type_equal(index->type, base->type->key));
    if (!fits) {
        error_set_at(binder->error, ERROR_INVALID, node->line, node->column,
                     "Line: %d, Col: %d: the index of %.*s must be %.*s, not %.*s", node->line, node->column,
                     VIEW_ARGS(type_text(binder->arena, base->type)),
                     VIEW_ARGS(array ? VIEW("INTEGER") : type_text(binder->arena, base->type->key)),
                     VIEW_ARGS(type_text(binder->arena, index->type)));
        return NULL;
    }
    struct expression *expression = bind_new(binder, EXPRESSION_SUBSCRIPT, base->type->element, 2);
    bind_arguments(expression)[0] = base;
    bind_arguments(expression)[1] = index;
    return expression;
}

static const struct expression *field(struct binder *binder, const struct node *node) {
    const struct expression *base = bind_node(binder, node->children[0]);
    if (base == NULL)
        return NULL;
    if (base->type == NULL || base->type->base != SQL_STRUCT) {
        error_set_at(binder->error, ERROR_INVALID, node->line, node->column, "Expected STRUCT type, got: %.*s",
                     VIEW_ARGS(type_text(binder->arena, base->type)));
        return NULL;
    }
    for (size_t i = 0; i < base->type->field_count; i++)
        if (view_equal(base->type->fields[i].name, node->name)) {
            struct expression *expression = bind_new(binder, EXPRESSION_FIELD, base->type->fields[i].type, 1);
            bind_arguments(expression)[0] = base;
            expression->index = i;
            return expression;
        }
    error_set_at(binder->error, ERROR_INVALID, node->line, node->column, "Could not find field '%.*s' in '%.*s'.",
                 VIEW_ARGS(node->name), VIEW_ARGS(binder_text(binder, node->children[0])));
    return NULL;
}

static const struct expression *struct_constructor(struct binder *binder, const struct node *node) {
    struct expression *expression = bind_new(binder, EXPRESSION_STRUCT, NULL, node->child_count);
    struct sql_field *fields = arena_zero(binder->arena, (node->child_count + 1) * sizeof *fields);
    for (size_t i = 0; i < node->child_count; i++) {
        const struct expression *value = bind_node(binder, node->children[i]);
        if (value == NULL)
            return NULL;
        for (size_t j = 0; j < i; j++)
            if (view_equal(node->names[j], node->names[i])) {
                error_set_at(binder->error, ERROR_INVALID, node->line, node->column,
                             "Duplicate field names found in STRUCT: '%.*s'", VIEW_ARGS(binder_text(binder, node)));
                return NULL;
            }
        bind_arguments(expression)[i] = value;
        fields[i] = (struct sql_field){node->names[i], value->type == NULL ? &sql_string : value->type};
    }
    expression->type = sql_type_struct(binder->arena, fields, node->child_count);
    return expression;
}

static const struct expression *no_elements(struct binder *binder, const struct node *node, const char *what) {
    error_set_at(binder->error, ERROR_INVALID, node->line, node->column,
                 "%s (see https://github.com/confluentinc/ksql/issues/4239). As a workaround, you may cast a NULL "
                 "value to the desired type.",
                 what);
    return NULL;
}

static const struct expression *constructor(struct binder *binder, const struct node *node) {
    bool map = node->kind == NODE_MAP;
    struct expression *expression = bind_new(binder, map ? EXPRESSION_MAP : EXPRESSION_ARRAY, NULL, node->child_count);
    const struct expression **arguments = bind_arguments(expression);
    const struct sql_type *key = NULL, *type;
    if (node->child_count == 0) {
        error_set_at(binder->error, ERROR_INVALID, node->line, node->column,
                     map ? "Map constructor cannot be empty. Please supply at least one key value pair (see "
                           "https://github.com/confluentinc/ksql/issues/4239)."
                         : "Array constructor cannot be empty. Please supply at least one element (see "
                           "https://github.com/confluentinc/ksql/issues/4239).");
        return NULL;
    }
    if (!map) {
        if (bind_list(binder, node->children, arguments, node->child_count, 1, &type) != 0)
            return NULL;
        if (type == NULL)
            return no_elements(binder, node, "Cannot construct an array with all NULL elements");
        expression->type = sql_type_array(binder->arena, type);
        return expression;
    }
    if (bind_list(binder, node->children, arguments, node->child_count, 2, &key) != 0 ||
        bind_list(binder, node->children + 1, arguments + 1, node->child_count - 1, 2, &type) != 0)
        return NULL;
    if (key == NULL || type == NULL)
        return no_elements(binder, node,
                           key == NULL ? "Cannot construct a map with all NULL keys"
                                       : "Cannot construct a map with all NULL values");
    expression->type = sql_type_map(binder->arena, key, type);
    return expression;
}

static const struct expression *like(struct binder *binder, const struct node *node) {
    struct expression *expression = bind_new(binder, EXPRESSION_LIKE, &sql_boolean, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct expression *child = bind_node(binder, node->children[i]);
        if (child == NULL)
            return NULL;
        if (child->type != NULL && child->type->base != SQL_STRING) {
            error_set_at(binder->error, ERROR_INVALID, node->line, node->column,
                         "Line: %d, Col: %d: LIKE needs STRING on both sides, %.*s is %.*s", node->line, node->column,
                         VIEW_ARGS(binder_text(binder, node->children[i])),
                         VIEW_ARGS(type_text(binder->arena, child->type)));
            return NULL;
        }
        bind_arguments(expression)[i] = child;
    }
    if (node->text.size > 1) {
        error_set_at(binder->error, ERROR_INVALID, node->line, node->column,
                     "Expected single character escape but got: %.*s", VIEW_ARGS(node->text));
        return NULL;
    }
    expression->negated = node->negated;
    expression->escape = node->text.size == 1 ? (unsigned char)node->text.data[0] : 0;
    return expression;
}

static const struct expression *is_null(struct binder *binder, const struct node *node) {
    const struct expression *child = bind_node(binder, node->children[0]);
    if (child == NULL)
        return NULL;
    struct expression *expression = bind_new(binder, EXPRESSION_IS_NULL, &sql_boolean, 1);
    bind_arguments(expression)[0] = child;
    expression->negated = node->negated;
    return expression;
}

/* After GROUP BY, an expression that is a grouping one is its column. */
static const struct expression *grouped(struct binder *binder, const struct node *node) {
    struct grouping *grouping = binder->grouping;
    if (grouping == NULL || binder->in_aggregate)
        return NULL;
    for (size_t i = 0; i < grouping->key_count; i++)
        if (node_equal(grouping->keys[i], node))
            return bind_column(binder, i, grouping->key_types[i]);
    return NULL;
}

const struct expression *bind_node(struct binder *binder, const struct node *node) {
    const struct expression *key = grouped(binder, node);
    if (key != NULL)
        return key;
    switch (node->kind) {
    case NODE_NULL:
    case NODE_BOOLEAN:
    case NODE_INTEGER:
    case NODE_DECIMAL:
    case NODE_FLOAT:
    case NODE_STRING:
        return bind_literal(binder, node);
    case NODE_TYPED:
        return bind_typed_literal(binder, node);
    case NODE_COLUMN:
        return column(binder, node);
    case NODE_FIELD:
        return field(binder, node);
    case NODE_SUBSCRIPT:
        return subscript(binder, node);
    case NODE_CALL:
        return bind_call(binder, node);
    case NODE_COMPARE:
    case NODE_DISTINCT:
        return bind_comparison(binder, node);
    case NODE_AND:
        return logic(binder, node, LOGIC_AND);
    case NODE_OR:
        return logic(binder, node, LOGIC_OR);
    case NODE_NOT:
        return logic(binder, node, LOGIC_NOT);
    case NODE_ARITHMETIC:
        return arithmetic(binder, node);
    case NODE_SIGN:
        return sign(binder, node);
    case NODE_CASE:
        return case_expression(binder, node);
    case NODE_CAST:
        return cast(binder, node);
    case NODE_BETWEEN:
        return bind_between(binder, node);
    case NODE_IN:
        return bind_in(binder, node);
    case NODE_LIKE:
        return like(binder, node);
    case NODE_IS_NULL:
        return is_null(binder, node);
    case NODE_ARRAY:
    case NODE_MAP:
        return constructor(binder, node);
    case NODE_STRUCT:
        return struct_constructor(binder, node);
    case NODE_LAMBDA:
        break;
    }
    error_set_at(binder->error, ERROR_UNSUPPORTED, node->line, node->column,
                 "Line: %d, Col: %d: lambda functions are not supported here yet", node->line, node->column);
    return NULL;
}
