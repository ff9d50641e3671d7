/* Comparisons: what may stand beside what, and which side gives way. */

#include "foundation/value/parse.h"
#include "ksql/analysis/private.h"
#include "ksql/function/cast.h"

bool is_moment_column(const struct expression *expression, const struct node *node) {
    return expression->type != NULL && expression->type->base == SQL_BIGINT && node->kind == NODE_COLUMN &&
           (name_is(node->name, "ROWTIME") || name_is_window_bound(node->name));
}

int bind_moment_text(struct binder *binder, const struct node *node, int64_t *ms) {
    if (timestamp_parse_partial(node->text, ms))
        return 0;
    return error_set_at(binder->error, ERROR_INVALID, node->line, node->column,
                        "Failed to parse timestamp '%.*s'\nRequired format is: \"yyyy-MM-dd'T'HH:mm:ss.SSS\", with an "
                        "optional numeric 4-digit timezone, for example: '2020-05-26T23:59:58.000' or with tz: "
                        "'2020-05-26T23:59:58.000+0200'. A trailing 'Z' instead of tz indicates the zero UTC offset. "
                        "Partials are also supported, for example \"2020-05-26\"",
                        VIEW_ARGS(node->text));
}

/* Two sides of a comparison, made to one type. -1 with the error set. */
static int agree(struct binder *binder, const struct node *whole, const char *operator, const struct node * left_node,
                 const struct node *right_node, const struct expression **left, const struct expression **right) {
    int64_t ms;
    struct node literal = {.kind = NODE_INTEGER};
    if (is_moment_column(*left, left_node) && right_node->kind == NODE_STRING) {
        if (bind_moment_text(binder, right_node, &ms) != 0)
            return -1;
        literal.text = view_of(arena_format(binder->arena, "%lld", (long long)ms));
        *right = bind_cast(binder, bind_literal(binder, &literal), &sql_bigint);
        return 0;
    }
    if (is_moment_column(*right, right_node) && left_node->kind == NODE_STRING) {
        if (bind_moment_text(binder, left_node, &ms) != 0)
            return -1;
        literal.text = view_of(arena_format(binder->arena, "%lld", (long long)ms));
        *left = bind_cast(binder, bind_literal(binder, &literal), &sql_bigint);
        return 0;
    }
    const struct sql_type *a = (*left)->type, *b = (*right)->type;
    if (left_node->kind == NODE_NULL || right_node->kind == NODE_NULL) {
        struct view x = left_node->kind == NODE_NULL ? VIEW("NULL") : binder_text(binder, left_node);
        struct view y = right_node->kind == NODE_NULL ? VIEW("NULL") : binder_text(binder, right_node);
        return error_set_at(binder->error, ERROR_INVALID, whole->line, whole->column,
                            "Comparison with NULL not supported: %.*s %.*s %.*s\nUse 'IS [NOT] NULL' instead.",
                            VIEW_ARGS(x), VIEW_ARGS(whole->text), VIEW_ARGS(y));
    }
    if (a == NULL || b == NULL)
        return 0;
    if (sql_type_is_number(a) && sql_type_is_number(b)) {
        const struct sql_type *type = common_number(binder->arena, a, b);
        *left = bind_cast(binder, *left, type);
        *right = bind_cast(binder, *right, type);
        return 0;
    }
    bool moments =
        (a->base >= SQL_DATE && a->base <= SQL_TIMESTAMP) || (b->base >= SQL_DATE && b->base <= SQL_TIMESTAMP);
    if (moments && (a->base == SQL_STRING || b->base == SQL_STRING)) {
        *left = bind_cast(binder, *left, a->base == SQL_STRING ? b : a);
        *right = bind_cast(binder, *right, b->base == SQL_STRING ? a : b);
        return 0;
    }
    if (moments && cast_allowed(a, b) && a->base != b->base) {
        *left = bind_cast(binder, *left, &sql_timestamp);
        *right = bind_cast(binder, *right, &sql_timestamp);
        return 0;
    }
    if (sql_type_equal(a, b))
        return 0;
    return error_set_at(binder->error, ERROR_INVALID, whole->line, whole->column,
                        "Cannot compare %.*s (%.*s) to %.*s (%.*s) with %s.", VIEW_ARGS(binder_text(binder, left_node)),
                        VIEW_ARGS(type_text(binder->arena, a)), VIEW_ARGS(binder_text(binder, right_node)),
                        VIEW_ARGS(type_text(binder->arena, b)), operator);
}

static const struct expression *compare(struct binder *binder, enum compare_operator operator,
                                        const struct expression * left, const struct expression *right) {
    struct expression *expression = bind_new(binder, EXPRESSION_COMPARE, &sql_boolean, 2);
    expression->compare = operator;
    bind_arguments(expression)[0] = left;
    bind_arguments(expression)[1] = right;
    return expression;
}

const struct expression *bind_comparison(struct binder *binder, const struct node *node) {
    static const struct {
        const char *sign, *name;
        enum compare_operator operator;
    } operators[] = {{"=", "EQUAL", COMPARE_EQUAL},          {"<>", "NOT_EQUAL", COMPARE_UNEQUAL},
                     {"<", "LESS_THAN", COMPARE_LESS},       {"<=", "LESS_THAN_OR_EQUAL", COMPARE_LESS_EQUAL},
                     {">", "GREATER_THAN", COMPARE_GREATER}, {">=", "GREATER_THAN_OR_EQUAL", COMPARE_GREATER_EQUAL}};
    size_t at = 0;
    bool distinct = node->kind == NODE_DISTINCT;
    while (!distinct && !name_is(node->text, operators[at].sign))
        at++;
    const struct expression *left = bind_node(binder, node->children[0]);
    const struct expression *right = left == NULL ? NULL : bind_node(binder, node->children[1]);
    const char *name = !distinct ? operators[at].name : node->negated ? "IS_NOT_DISTINCT_FROM" : "IS_DISTINCT_FROM";
    if (right == NULL || agree(binder, node, name, node->children[0], node->children[1], &left, &right) != 0)
        return NULL;
    bool orders = !distinct && operators[at].operator!= COMPARE_EQUAL && operators[at].operator!= COMPARE_UNEQUAL;
    if (orders && left->type != NULL && (left->type->base == SQL_BOOLEAN || left->type->base >= SQL_ARRAY)) {
        error_set_at(binder->error, ERROR_INVALID, node->line, node->column,
                     "Cannot compare %.*s (%.*s) to %.*s (%.*s) with %s.",
                     VIEW_ARGS(binder_text(binder, node->children[0])), VIEW_ARGS(type_text(binder->arena, left->type)),
                     VIEW_ARGS(binder_text(binder, node->children[1])),
                     VIEW_ARGS(type_text(binder->arena, right->type)), name);
        return NULL;
    }
    if (!distinct)
        return compare(binder, operators[at].operator, left, right);
    struct expression *expression = bind_new(binder, EXPRESSION_DISTINCT, &sql_boolean, 2);
    expression->negated = node->negated;
    bind_arguments(expression)[0] = left;
    bind_arguments(expression)[1] = right;
    return expression;
}

/* value >= low AND value <= high, each side agreeing with the value on its own. */
const struct expression *bind_between(struct binder *binder, const struct node *node) {
    const struct expression *sides[2];
    static const enum compare_operator operators[] = {COMPARE_GREATER_EQUAL, COMPARE_LESS_EQUAL};
    static const char *const names[] = {"GREATER_THAN_OR_EQUAL", "LESS_THAN_OR_EQUAL"};
    for (size_t i = 0; i < 2; i++) {
        const struct expression *value = bind_node(binder, node->children[0]);
        const struct expression *bound = value == NULL ? NULL : bind_node(binder, node->children[i + 1]);
        if (bound == NULL ||
            agree(binder, node, names[i], node->children[0], node->children[i + 1], &value, &bound) != 0)
            return NULL;
        sides[i] = compare(binder, operators[i], value, bound);
    }
    struct expression *both = bind_new(binder, EXPRESSION_LOGIC, &sql_boolean, 2);
    both->logic = LOGIC_AND;
    bind_arguments(both)[0] = sides[0];
    bind_arguments(both)[1] = sides[1];
    if (!node->negated)
        return both;
    struct expression *negation = bind_new(binder, EXPRESSION_LOGIC, &sql_boolean, 1);
    negation->logic = LOGIC_NOT;
    bind_arguments(negation)[0] = both;
    return negation;
}

const struct expression *bind_in(struct binder *binder, const struct node *node) {
    struct expression *expression = bind_new(binder, EXPRESSION_IN, &sql_boolean, node->child_count);
    const struct sql_type *type;
    if (bind_list(binder, node->children, bind_arguments(expression), node->child_count, 1, &type) != 0) {
        bind_invalid(binder);
        return NULL;
    }
    expression->negated = node->negated;
    return expression;
}
