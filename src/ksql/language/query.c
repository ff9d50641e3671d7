#include "ksql/language/parser.h"

#include <ctype.h>

int parser_source_name(struct parser *parser, struct view *name) {
    const struct token *token = parser_token(parser);
    if (parser_name(parser, name) != 0)
        return -1;
    for (size_t i = 0; i < name->size; i++) {
        unsigned char c = (unsigned char)name->data[i];
        if (!isalnum(c) && c != '_' && c != '-')
            return error_set_at(parser->error, ERROR_INVALID, token->line, token->column,
                                "Illegal argument at Line: %d, Col: %d. Source names may only contain alphanumeric "
                                "values, '_' or '-'. Got: '%.*s'",
                                token->line, token->column, VIEW_ARGS(*name));
    }
    return 0;
}

static int relation(struct parser *parser, struct relation *relation) {
    const struct token *token = parser_token(parser);
    relation->line = token->line;
    relation->column = token->column;
    if (parser_source_name(parser, &relation->name) != 0)
        return -1;
    relation->alias = relation->name;
    bool as = parser_take(parser, "AS");
    /* EMIT CHANGES and PARTITION BY begin clauses, a lone EMIT is an alias: the grammar decides by what follows. */
    bool clause = parser_is_pair(parser, "EMIT", "CHANGES") || parser_is_pair(parser, "EMIT", "FINAL") ||
                  parser_is_pair(parser, "PARTITION", "BY");
    if (as || (parser_at_name(parser) && !clause))
        return parser_source_name(parser, &relation->alias);
    return 0;
}

static int grace_period(struct parser *parser, struct tree_duration *grace) {
    return parser_expect(parser, "PERIOD") != 0 ? -1 : parser_duration(parser, grace);
}

static int within(struct parser *parser, struct within *within) {
    struct tree_duration before = {0}, after = {0}, grace = {0};
    within->given = true;
    within->grace = -1;
    if (parser_take(parser, "(")) {
        if (parser_duration(parser, &before) != 0 || parser_expect(parser, ",") != 0 ||
            parser_duration(parser, &after) != 0 || parser_expect(parser, ")") != 0)
            return -1;
    } else if (parser_duration(parser, &before) != 0) {
        return -1;
    } else {
        after = before;
    }
    within->before = before.ms;
    within->after = after.ms;
    if (parser_take(parser, "GRACE")) {
        if (grace_period(parser, &grace) != 0)
            return -1;
        within->grace = grace.ms;
    }
    return 0;
}

static bool at_join(const struct parser *parser) {
    return parser_is(parser, "INNER") || parser_is(parser, "FULL") || parser_is(parser, "LEFT") ||
           parser_is(parser, "RIGHT") || parser_is(parser, "JOIN");
}

static int join(struct parser *parser, struct join *join) {
    const struct token *token = parser_token(parser);
    *join = (struct join){.line = token->line, .column = token->column};
    if (parser_take(parser, "FULL"))
        join->kind = TREE_OUTER;
    else if (parser_take(parser, "LEFT"))
        join->kind = TREE_LEFT;
    else if (parser_take(parser, "RIGHT"))
        join->kind = TREE_RIGHT;
    else
        parser_take(parser, "INNER");
    if (join->kind != TREE_INNER)
        parser_take(parser, "OUTER");
    if (parser_expect(parser, "JOIN") != 0 || relation(parser, &join->right) != 0)
        return -1;
    if (parser_take(parser, "WITHIN") && within(parser, &join->within) != 0)
        return -1;
    if (parser_expect(parser, "ON") != 0)
        return -1;
    join->condition = parser_expression(parser);
    return join->condition == NULL ? -1 : 0;
}

static int joins(struct parser *parser, struct query *query) {
    VECTOR(struct join) list = {0};
    int status = 0;
    while (status == 0 && at_join(parser)) {
        struct join one;
        status = join(parser, &one);
        vector_push(&list, one);
    }
    query->join_count = list.count;
    if (list.count != 0)
        query->joins =
            (const struct join *)arena_copy_bytes(parser->arena, list.items, list.count * sizeof *list.items);
    vector_free(&list);
    return status;
}

static int window(struct parser *parser, struct window_clause *window) {
    /* An old grammar named windows; the name is read and forgotten, as ksqlDB does. */
    if (parser_at_name(parser) && !parser_is(parser, "SESSION"))
        parser->at++;
    if (parser_take(parser, "TUMBLING"))
        window->kind = TREE_TUMBLING;
    else if (parser_take(parser, "HOPPING"))
        window->kind = TREE_HOPPING;
    else if (parser_take(parser, "SESSION"))
        window->kind = TREE_SESSION;
    else
        return parser_refuse(parser, "{'TUMBLING', 'HOPPING', 'SESSION'}");
    if (parser_expect(parser, "(") != 0)
        return -1;
    if (window->kind != TREE_SESSION && parser_expect(parser, "SIZE") != 0)
        return -1;
    if (parser_duration(parser, &window->size) != 0)
        return -1;
    if (window->kind == TREE_HOPPING &&
        (parser_expect(parser, ",") != 0 || parser_expect(parser, "ADVANCE") != 0 || parser_expect(parser, "BY") != 0 ||
         parser_duration(parser, &window->advance) != 0))
        return -1;
    while (parser_take(parser, ",")) {
        if (window->retention.unit.size == 0 && window->grace.unit.size == 0 && parser_take(parser, "RETENTION")) {
            if (parser_duration(parser, &window->retention) != 0)
                return -1;
        } else if (window->grace.unit.size == 0 && parser_take(parser, "GRACE")) {
            if (grace_period(parser, &window->grace) != 0)
                return -1;
        } else {
            return parser_refuse(parser, "{'RETENTION', 'GRACE'}");
        }
    }
    return parser_expect(parser, ")");
}

/* A list in parentheses, or expressions of which the first begins with one: what follows the closing one decides. */
static bool at_list(const struct parser *parser) {
    if (!parser_is(parser, "("))
        return false;
    int depth = 0;
    bool comma = token_is(parser_peek(parser, 1), ")");
    for (size_t ahead = 0;; ahead++) {
        const struct token *token = parser_peek(parser, ahead);
        if (token->kind == TOKEN_END)
            return false;
        if (token_is(token, "("))
            depth++;
        else if (token_is(token, ")") && --depth == 0)
            return comma;
        else if (token_is(token, ",") && depth == 1)
            comma = true;
    }
}

static const struct node *const *expressions(struct parser *parser, size_t *count) {
    node_list list = {0};
    bool list_form = at_list(parser) && parser_take(parser, "(");
    bool failed = false;
    if (!(list_form && parser_is(parser, ")"))) {
        do {
            const struct node *node = parser_value_expression(parser);
            if (node == NULL) {
                failed = true;
                break;
            }
            vector_push(&list, node);
        } while (parser_take(parser, ","));
    }
    if (!failed && list_form && parser_expect(parser, ")") != 0)
        failed = true;
    if (failed) {
        vector_free(&list);
        return NULL;
    }
    *count = list.count;
    return parser_keep(parser, &list);
}

static int select_item(struct parser *parser, struct select_item *item) {
    const struct token *token = parser_token(parser);
    *item = (struct select_item){.line = token->line, .column = token->column};
    if (parser_take(parser, "*"))
        return 0;
    if (token_is(parser_peek(parser, 1), ".") && token_is(parser_peek(parser, 2), "*")) {
        if (parser_name(parser, &item->star_of) != 0)
            return -1;
        parser->at += 2;
        return 0;
    }
    if ((item->expression = parser_expression(parser)) == NULL)
        return -1;
    if (parser_is_pair(parser, "->", "*")) {
        parser->at += 2;
        item->all_fields = true;
        return 0;
    }
    if (parser_take(parser, "AS") || parser_at_name(parser))
        return parser_name(parser, &item->alias);
    return 0;
}

static int select_items(struct parser *parser, struct query *query) {
    VECTOR(struct select_item) items = {0};
    int status;
    do {
        struct select_item item;
        status = select_item(parser, &item);
        vector_push(&items, item);
    } while (status == 0 && parser_take(parser, ","));
    query->item_count = items.count;
    query->items =
        (const struct select_item *)arena_copy_bytes(parser->arena, items.items, items.count * sizeof *items.items);
    vector_free(&items);
    return status;
}

static int clauses(struct parser *parser, struct query *query) {
    if (parser_take(parser, "WINDOW") && window(parser, &query->window) != 0)
        return -1;
    if (parser_take(parser, "WHERE") && (query->where = parser_expression(parser)) == NULL)
        return -1;
    if (parser_is_pair(parser, "GROUP", "BY")) {
        parser->at += 2;
        query->grouped = true;
        if ((query->group_by = expressions(parser, &query->group_by_count)) == NULL)
            return -1;
    }
    if (parser_is_pair(parser, "PARTITION", "BY")) {
        parser->at += 2;
        query->partitioned = true;
        if ((query->partition_by = expressions(parser, &query->partition_by_count)) == NULL)
            return -1;
    }
    if (parser_take(parser, "HAVING") && (query->having = parser_expression(parser)) == NULL)
        return -1;
    if (parser_is_pair(parser, "EMIT", "CHANGES"))
        query->emit = EMIT_CHANGES;
    else if (parser_is_pair(parser, "EMIT", "FINAL"))
        query->emit = EMIT_FINAL;
    if (query->emit != EMIT_NONE)
        parser->at += 2;
    if (!parser_take(parser, "LIMIT"))
        return 0;
    if (parser_integer(parser, &query->limit) != 0)
        return -1;
    query->limit = query->limit < 0 ? 0 : query->limit; /* as ksqlDB: a negative one is reached at once */
    return 0;
}

const struct query *parser_query(struct parser *parser) {
    struct query *query = arena_zero(parser->arena, sizeof *query);
    query->limit = -1;
    query->line = parser_token(parser)->line;
    query->column = parser_token(parser)->column;
    if (parser_expect(parser, "SELECT") != 0 || select_items(parser, query) != 0)
        return NULL;
    if (!parser_take(parser, "FROM")) {
        parser_refuse(parser, "{',', 'FROM'}");
        return NULL;
    }
    if (relation(parser, &query->from) != 0 || joins(parser, query) != 0 || clauses(parser, query) != 0)
        return NULL;
    if (query->limit < -1)
        query->limit = 0;
    return query;
}
