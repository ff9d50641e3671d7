#include <float.h>
#include <math.h>

#include "ksql/language/parser.h"

static struct node *make(struct parser *parser, enum node_kind kind, const struct token *at) {
    struct node *node = arena_zero(parser->arena, sizeof *node);
    node->kind = kind;
    node->line = at->line;
    node->column = at->column;
    return node;
}

static struct node *with(struct parser *parser, struct node *node, size_t count, const struct node *a,
                         const struct node *b, const struct node *c) {
    const struct node *children[] = {a, b, c};
    for (size_t i = 0; i < count; i++)
        if (children[i] == NULL)
            return NULL;
    const struct node **kept = arena_allocate(parser->arena, count * sizeof *kept);
    memcpy(kept, children, count * sizeof *kept);
    node->children = kept;
    node->child_count = count;
    return node;
}

static const struct node *leave(struct parser *parser, const struct node *node) {
    parser_leave(parser);
    return node;
}

static const struct node *number_literal(struct parser *parser) {
    const struct token *first = parser_token(parser);
    bool negative = parser_take(parser, "-");
    const struct token *token = parser_token(parser);
    enum node_kind kind = token->kind == TOKEN_INTEGER   ? NODE_INTEGER
                          : token->kind == TOKEN_DECIMAL ? NODE_DECIMAL
                                                         : NODE_FLOAT;
    struct node *node = make(parser, kind, first);
    if (negative) {
        char *text = arena_allocate(parser->arena, token->text.size + 1);
        text[0] = '-';
        memcpy(text + 1, token->text.data, token->text.size);
        node->text = (struct view){text, token->text.size + 1};
    } else {
        node->text = token->text;
    }
    int64_t whole;
    double real;
    const char *wrong = kind == NODE_INTEGER && !view_to_int64(node->text, &whole) ? "Invalid numeric literal"
                        : kind == NODE_FLOAT && (!view_to_double(node->text, &real) || !(fabs(real) <= DBL_MAX))
                            ? "Number overflows DOUBLE"
                            : NULL;
    if (wrong != NULL) { /* ksqlDB counts one column more here */
        error_set_at(parser->error, ERROR_INVALID, token->line, token->column,
                     "Failed to prepare statement: line %d:%d: %s: %.*s", token->line, token->column + 1, wrong,
                     VIEW_ARGS(node->text));
        return NULL;
    }
    parser->at++;
    return node;
}

static bool at_number(const struct parser *parser, size_t ahead) {
    enum token_kind kind = parser_peek(parser, ahead)->kind;
    return kind == TOKEN_INTEGER || kind == TOKEN_DECIMAL || kind == TOKEN_FLOAT;
}

const struct node *parser_literal(struct parser *parser) {
    const struct token *token = parser_token(parser);
    if (at_number(parser, 0) || (parser_is(parser, "-") && at_number(parser, 1)))
        return number_literal(parser);
    struct node *node = NULL;
    if (parser_is(parser, "NULL")) {
        node = make(parser, NODE_NULL, token);
    } else if (parser_is(parser, "TRUE") || parser_is(parser, "FALSE")) {
        node = make(parser, NODE_BOOLEAN, token);
        node->flag = parser_is(parser, "TRUE");
    } else if (token->kind == TOKEN_STRING) {
        node = make(parser, NODE_STRING, token);
        return parser_string(parser, &node->text) == 0 ? node : NULL;
    } else if (token->kind == TOKEN_VARIABLE) {
        node = make(parser, NODE_STRING, token);
        node->text = token->raw;
    } else {
        parser_refuse(parser, NULL);
        return NULL;
    }
    parser->at++;
    return node;
}

static int expression_list(struct parser *parser, node_list *list) {
    do {
        const struct node *node = parser_expression(parser);
        if (node == NULL)
            return -1;
        vector_push(list, node);
    } while (parser_take(parser, ","));
    return 0;
}

static const struct node *finish(struct parser *parser, struct node *node, node_list *list, int status) {
    if (status != 0) {
        vector_free(list);
        return NULL;
    }
    node->child_count = list->count;
    node->children = parser_keep(parser, list);
    return node;
}

static const struct node *case_expression(struct parser *parser) {
    struct node *node = make(parser, NODE_CASE, parser_token(parser));
    parser->at++;
    node_list list = {0};
    int status = 0;
    if (!parser_is(parser, "WHEN")) {
        const struct node *operand = parser_value_expression(parser);
        node->flag = true;
        if (operand == NULL)
            return NULL;
        vector_push(&list, operand);
        if (!parser_is(parser, "WHEN")) {
            status = parser_refuse(parser, "'WHEN'");
            return finish(parser, node, &list, status);
        }
    }
    while (status == 0 && parser_take(parser, "WHEN")) {
        const struct node *condition = parser_expression(parser);
        const struct node *result =
            condition != NULL && parser_expect(parser, "THEN") == 0 ? parser_expression(parser) : NULL;
        if (result == NULL) {
            status = -1;
        } else {
            vector_push(&list, condition);
            vector_push(&list, result);
        }
    }
    if (status == 0 && parser_take(parser, "ELSE")) {
        const struct node *result = parser_expression(parser);
        node->negated = true;
        if (result == NULL)
            status = -1;
        else
            vector_push(&list, result);
    }
    if (status == 0)
        status = parser_expect(parser, "END");
    return finish(parser, node, &list, status);
}

static const struct node *cast_expression(struct parser *parser) {
    struct node *node = make(parser, NODE_CAST, parser_token(parser));
    parser->at++;
    if (parser_expect(parser, "(") != 0)
        return NULL;
    const struct node *child = parser_expression(parser);
    if (child == NULL || parser_expect(parser, "AS") != 0 || (node->type = parser_type(parser)) == NULL ||
        parser_expect(parser, ")") != 0)
        return NULL;
    return with(parser, node, 1, child, NULL, NULL);
}

/* ARRAY[a, b], MAP(k := v), STRUCT(f := v) */
static const struct node *constructor(struct parser *parser, enum node_kind kind) {
    struct node *node = make(parser, kind, parser_token(parser));
    parser->at += 2;
    const char *close = kind == NODE_ARRAY ? "]" : ")";
    node_list list = {0};
    VECTOR(struct view) names = {0};
    int status = 0;
    if (!parser_is(parser, close)) {
        do {
            struct view name = {0};
            const struct node *child = NULL;
            if (kind == NODE_STRUCT) {
                if ((status = parser_name(parser, &name)) != 0 || (status = parser_expect(parser, ":=")) != 0)
                    break;
                vector_push(&names, name);
            }
            child = parser_expression(parser);
            if (child != NULL && kind == NODE_MAP) {
                vector_push(&list, child);
                child = parser_expect(parser, ":=") == 0 ? parser_expression(parser) : NULL;
            }
            if (child == NULL) {
                status = -1;
                break;
            }
            vector_push(&list, child);
        } while (parser_take(parser, ","));
    }
    if (status == 0)
        status = parser_expect(parser, close);
    if (names.count != 0)
        node->names =
            (const struct view *)arena_copy_bytes(parser->arena, names.items, names.count * sizeof *names.items);
    vector_free(&names);
    return finish(parser, node, &list, status);
}

static bool at_lambda(const struct parser *parser) {
    if (token_is(parser_peek(parser, 1), "=>"))
        return true;
    if (!parser_is(parser, "("))
        return false;
    size_t ahead = 1;
    while (parser_peek(parser, ahead)->kind == TOKEN_WORD && token_is(parser_peek(parser, ahead + 1), ","))
        ahead += 2;
    return parser_peek(parser, ahead)->kind == TOKEN_WORD && token_is(parser_peek(parser, ahead + 1), ")") &&
           token_is(parser_peek(parser, ahead + 2), "=>");
}

static const struct node *lambda(struct parser *parser) {
    struct node *node = make(parser, NODE_LAMBDA, parser_token(parser));
    node_list list = {0};
    bool many = parser_take(parser, "(");
    int status = 0;
    do {
        struct node *parameter = make(parser, NODE_COLUMN, parser_token(parser));
        status = parser_name(parser, &parameter->name);
        vector_push(&list, parameter);
    } while (status == 0 && many && parser_take(parser, ","));
    if (status == 0 && many)
        status = parser_expect(parser, ")");
    if (status == 0)
        status = parser_expect(parser, "=>");
    const struct node *body = status == 0 ? parser_expression(parser) : NULL;
    if (body == NULL)
        status = -1;
    else
        vector_push(&list, body);
    return finish(parser, node, &list, status);
}

static const struct node *call(struct parser *parser) {
    struct node *node = make(parser, NODE_CALL, parser_token(parser));
    if (parser_name(parser, &node->name) != 0)
        return NULL;
    node->text = parser->tokens[parser->at - 1].raw;
    parser->at++;
    if (parser_is_pair(parser, "*", ")")) {
        parser->at += 2;
        node->flag = true;
        return node;
    }
    node_list list = {0};
    int status = 0;
    if (!parser_is(parser, ")")) {
        do {
            int64_t ms;
            const struct node *argument;
            const struct token *token = parser_token(parser);
            if (token->kind == TOKEN_WORD && parser_duration_unit(token->text, &ms) &&
                (token_is(parser_peek(parser, 1), ",") || token_is(parser_peek(parser, 1), ")"))) {
                struct node *unit = make(parser, NODE_STRING, token);
                unit->text = token->text;
                unit->flag = true;
                parser->at++;
                argument = unit;
            } else {
                argument = at_lambda(parser) ? lambda(parser) : parser_expression(parser);
            }
            if (argument == NULL) {
                status = -1;
                break;
            }
            vector_push(&list, argument);
        } while (parser_take(parser, ","));
    }
    if (status == 0 && !parser_take(parser, ")"))
        status = parser_refuse(parser, NULL);
    return finish(parser, node, &list, status);
}

static const struct node *primary_start(struct parser *parser) {
    const struct token *token = parser_token(parser);
    if (parser_is(parser, "CASE"))
        return case_expression(parser);
    if (parser_is_pair(parser, "CAST", "("))
        return cast_expression(parser);
    if (parser_is_pair(parser, "ARRAY", "["))
        return constructor(parser, NODE_ARRAY);
    if (parser_is_pair(parser, "MAP", "("))
        return constructor(parser, NODE_MAP);
    if (parser_is_pair(parser, "STRUCT", "("))
        return constructor(parser, NODE_STRUCT);
    if (parser_take(parser, "(")) {
        const struct node *node = parser_expression(parser);
        return node != NULL && parser_expect(parser, ")") == 0 ? node : NULL;
    }
    if (parser_at_name(parser)) {
        if (token_is(parser_peek(parser, 1), "("))
            return call(parser);
        if (parser_peek(parser, 1)->kind == TOKEN_STRING && token->kind == TOKEN_WORD) {
            struct node *node = make(parser, NODE_TYPED, token);
            return parser_name(parser, &node->name) == 0 && parser_string(parser, &node->text) == 0 ? node : NULL;
        }
        struct node *node = make(parser, NODE_COLUMN, token);
        if (parser_name(parser, &node->name) != 0)
            return NULL;
        if (parser_is(parser, ".") && !token_is(parser_peek(parser, 1), "*")) {
            parser->at++;
            node->qualifier = node->name;
            node->qualified = true;
            if (parser_name(parser, &node->name) != 0)
                return NULL;
        }
        return node;
    }
    if (token->kind == TOKEN_WORD && !parser_is(parser, "NULL") && !parser_is(parser, "TRUE") &&
        !parser_is(parser, "FALSE")) {
        parser_refuse_reserved(parser);
        return NULL;
    }
    return parser_literal(parser);
}

static const struct node *primary(struct parser *parser) {
    const struct node *node = primary_start(parser);
    while (node != NULL) {
        const struct token *token = parser_token(parser);
        if (parser_take(parser, "[")) {
            const struct node *index = parser_value_expression(parser);
            if (index == NULL || parser_expect(parser, "]") != 0)
                return NULL;
            node = with(parser, make(parser, NODE_SUBSCRIPT, token), 2, node, index, NULL);
        } else if (parser_is(parser, "->") && !token_is(parser_peek(parser, 1), "*")) {
            parser->at++;
            struct node *field = make(parser, NODE_FIELD, token);
            if (parser_name(parser, &field->name) != 0)
                return NULL;
            node = with(parser, field, 1, node, NULL, NULL);
        } else {
            return node;
        }
    }
    return NULL;
}

static const struct node *unary(struct parser *parser) {
    const struct token *token = parser_token(parser);
    if ((parser_is(parser, "-") && !at_number(parser, 1)) || parser_is(parser, "+")) {
        if (!parser_enter(parser))
            return NULL;
        struct node *sign = make(parser, NODE_SIGN, token);
        sign->text = token->text;
        parser->at++;
        return leave(parser, with(parser, sign, 1, unary(parser), NULL, NULL));
    }
    const struct node *node = primary(parser);
    while (node != NULL && parser_is_pair(parser, "AT", "TIME")) {
        const struct token *at = parser_token(parser);
        parser->at += 2;
        struct node *zone = make(parser, NODE_STRING, parser_token(parser));
        struct node *shifted = make(parser, NODE_CALL, at);
        shifted->name = shifted->text = VIEW("AT TIME ZONE");
        if (parser_expect(parser, "ZONE") != 0 || parser_string(parser, &zone->text) != 0)
            return NULL;
        node = with(parser, shifted, 2, node, zone, NULL);
    }
    return node;
}

static int level_of(const struct parser *parser) {
    if (parser_is(parser, "*") || parser_is(parser, "/") || parser_is(parser, "%"))
        return 3;
    if (parser_is(parser, "+") || parser_is(parser, "-"))
        return 2;
    return parser_is(parser, "||") ? 1 : 0;
}

static const struct node *binary(struct parser *parser, int lowest) {
    const struct node *left = unary(parser);
    while (left != NULL) {
        int level = level_of(parser);
        if (level == 0 || level < lowest)
            return left;
        const struct token *token = parser_token(parser);
        parser->at++;
        const struct node *right = binary(parser, level + 1);
        struct node *node = make(parser, level == 1 ? NODE_CALL : NODE_ARITHMETIC, token);
        node->text = token->text;
        if (level == 1)
            node->name = node->text = VIEW("CONCAT");
        node->line = left->line;
        node->column = left->column;
        left = with(parser, node, 2, left, right, NULL);
    }
    return NULL;
}

const struct node *parser_value_expression(struct parser *parser) {
    if (!parser_enter(parser))
        return NULL;
    return leave(parser, binary(parser, 1));
}

static const struct node *in_list(struct parser *parser, struct node *node, const struct node *value) {
    node_list list = {0};
    vector_push(&list, value);
    int status = parser_expect(parser, "(");
    if (status == 0)
        status = expression_list(parser, &list);
    if (status == 0)
        status = parser_expect(parser, ")");
    return finish(parser, node, &list, status);
}

static const struct node *is_predicate(struct parser *parser, struct node *node, const struct node *value) {
    node->negated = parser_take(parser, "NOT");
    if (parser_take(parser, "NULL")) {
        node->kind = NODE_IS_NULL;
        return with(parser, node, 1, value, NULL, NULL);
    }
    if (!parser_take(parser, "DISTINCT")) {
        parser_refuse(parser, node->negated ? "{'DISTINCT', 'NULL'}" : "{'DISTINCT', 'NOT', 'NULL'}");
        return NULL;
    }
    node->kind = NODE_DISTINCT;
    return parser_expect(parser, "FROM") == 0 ? with(parser, node, 2, value, parser_value_expression(parser), NULL)
                                              : NULL;
}

static const struct node *predicated(struct parser *parser) {
    const struct node *value = parser_value_expression(parser);
    if (value == NULL)
        return NULL;
    const struct token *token = parser_token(parser);
    struct node *node = make(parser, NODE_COMPARE, token);
    node->line = value->line;
    node->column = value->column;
    static const char *const comparisons[] = {"=", "<>", "!=", "<", "<=", ">", ">="};
    for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++)
        if (token->kind == TOKEN_SYMBOL && parser_take(parser, comparisons[i])) {
            node->text = i == 2 ? VIEW("<>") : view_of(comparisons[i]);
            return with(parser, node, 2, value, parser_value_expression(parser), NULL);
        }
    if (parser_take(parser, "IS"))
        return is_predicate(parser, node, value);
    node->negated = parser_take(parser, "NOT");
    if (parser_take(parser, "BETWEEN")) {
        node->kind = NODE_BETWEEN;
        const struct node *low = parser_value_expression(parser);
        if (low == NULL || parser_expect(parser, "AND") != 0)
            return NULL;
        return with(parser, node, 3, value, low, parser_value_expression(parser));
    }
    if (parser_take(parser, "IN")) {
        node->kind = NODE_IN;
        return in_list(parser, node, value);
    }
    if (parser_take(parser, "LIKE")) {
        node->kind = NODE_LIKE;
        const struct node *pattern = parser_value_expression(parser);
        if (pattern == NULL || (parser_take(parser, "ESCAPE") && parser_string(parser, &node->text) != 0))
            return NULL;
        return with(parser, node, 2, value, pattern, NULL);
    }
    if (node->negated) {
        parser_refuse(parser, "{'IN', 'BETWEEN', 'LIKE'}");
        return NULL;
    }
    return value;
}

static const struct node *negation(struct parser *parser) {
    const struct token *token = parser_token(parser);
    if (!parser_take(parser, "NOT"))
        return predicated(parser);
    if (!parser_enter(parser))
        return NULL;
    return leave(parser, with(parser, make(parser, NODE_NOT, token), 1, negation(parser), NULL, NULL));
}

static const struct node *conjunction(struct parser *parser) {
    const struct node *left = negation(parser);
    while (left != NULL && parser_take(parser, "AND")) {
        struct node *node = make(parser, NODE_AND, parser_token(parser));
        node->line = left->line;
        node->column = left->column;
        left = with(parser, node, 2, left, negation(parser), NULL);
    }
    return left;
}

const struct node *parser_expression(struct parser *parser) {
    if (!parser_enter(parser))
        return NULL;
    const struct node *left = conjunction(parser);
    while (left != NULL && parser_take(parser, "OR")) {
        struct node *node = make(parser, NODE_OR, parser_token(parser));
        node->line = left->line;
        node->column = left->column;
        left = with(parser, node, 2, left, conjunction(parser), NULL);
    }
    return leave(parser, left);
}
