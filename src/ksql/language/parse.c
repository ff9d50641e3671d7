#include "ksql/language/parse.h"

#include <ctype.h>

#include "ksql/language/parser.h"

static int properties(struct parser *parser, struct statement *statement) {
    VECTOR(struct property) list = {0};
    int status = parser_expect(parser, "(");
    if (status == 0) {
        do {
            const struct token *token = parser_token(parser);
            struct property property = {.line = token->line, .column = token->column};
            status = token->kind == TOKEN_STRING ? parser_string(parser, &property.name)
                                                 : parser_name(parser, &property.name);
            if (status != 0 || (status = parser_expect(parser, "=")) != 0)
                break;
            property.written = property.name;
            char *upper = arena_copy_bytes(parser->arena, property.name.data, property.name.size);
            for (size_t i = 0; i < property.name.size; i++)
                upper[i] = (char)toupper((unsigned char)upper[i]);
            property.name.data = upper;
            if ((property.value = parser_literal(parser)) == NULL) {
                status = -1;
                break;
            }
            vector_push(&list, property);
        } while (parser_take(parser, ","));
    }
    if (status == 0 && !parser_take(parser, ")"))
        status = parser_refuse(parser, "{',', ')'}");
    statement->property_count = list.count;
    if (list.count != 0)
        statement->properties =
            (const struct property *)arena_copy_bytes(parser->arena, list.items, list.count * sizeof *list.items);
    vector_free(&list);
    return status;
}

static int column_mark(struct parser *parser, struct element *element, bool is_table) {
    if (parser_is_pair(parser, "PRIMARY", "KEY")) {
        parser->at += 2;
        element->mark = MARK_PRIMARY_KEY;
    } else if (parser_take(parser, "KEY")) {
        element->mark = MARK_KEY;
    } else if (parser_take(parser, "HEADERS")) {
        element->mark = MARK_HEADERS;
    } else if (parser_take(parser, "HEADER")) {
        element->mark = MARK_HEADER;
        if (parser_expect(parser, "(") != 0 || parser_string(parser, &element->header) != 0 ||
            parser_expect(parser, ")") != 0)
            return -1;
    }
    bool wrong = is_table ? element->mark == MARK_KEY : element->mark == MARK_PRIMARY_KEY;
    if (!wrong)
        return 0;
    return error_set_at(
        parser->error, ERROR_INVALID, element->line, element->column,
        is_table ? "Line: %d, Col: %d: Column `%.*s` is a 'KEY' column: please use 'PRIMARY KEY' for tables.\n"
                   "Tables have PRIMARY KEYs, which are unique and NON NULL.\n"
                   "Streams have KEYs, which have no uniqueness or NON NULL constraints."
                 : "Line: %d, Col: %d: Column `%.*s` is a 'PRIMARY KEY' column: please use 'KEY' for streams.\n"
                   "Tables have PRIMARY KEYs, which are unique and NON NULL.\n"
                   "Streams have KEYs, which have no uniqueness or NON NULL constraints.",
        element->line, element->column, VIEW_ARGS(element->name));
}

static int one_element(struct parser *parser, struct element *element, bool is_table) {
    const struct token *token = parser_token(parser);
    *element = (struct element){.line = token->line, .column = token->column};
    if (parser_name(parser, &element->name) != 0)
        return -1;
    if ((element->type = parser_type(parser)) == NULL)
        return -1;
    return column_mark(parser, element, is_table);
}

static int elements(struct parser *parser, struct statement *statement, bool parentheses) {
    VECTOR(struct element) list = {0};
    int status = parentheses ? parser_expect(parser, "(") : 0;
    if (status == 0) {
        do {
            struct element element;
            if (!parentheses) {
                if ((status = parser_expect(parser, "ADD")) != 0)
                    break;
                parser_take(parser, "COLUMN");
            }
            status = one_element(parser, &element, statement->is_table);
            vector_push(&list, element);
        } while (status == 0 && parser_take(parser, ","));
    }
    if (status == 0 && parentheses && !parser_take(parser, ")"))
        status = parser_refuse(parser, "{',', ')'}");
    statement->has_elements = true;
    statement->element_count = list.count;
    if (list.count != 0)
        statement->elements =
            (const struct element *)arena_copy_bytes(parser->arena, list.items, list.count * sizeof *list.items);
    vector_free(&list);
    return status;
}

static int if_clause(struct parser *parser, bool negative, bool *flag) {
    if (!parser_is(parser, "IF") ||
        !(token_is(parser_peek(parser, 1), "NOT") || token_is(parser_peek(parser, 1), "EXISTS")))
        return 0;
    parser->at++;
    *flag = true;
    if (negative && parser_expect(parser, "NOT") != 0)
        return -1;
    return parser_expect(parser, "EXISTS");
}

static int create_source(struct parser *parser, struct statement *statement) {
    statement->is_table = parser_is(parser, "TABLE");
    statement->kind = statement->is_table ? STATEMENT_CREATE_TABLE : STATEMENT_CREATE_STREAM;
    parser->at++;
    if (if_clause(parser, true, &statement->if_not_exists) != 0)
        return -1;
    if (!parser_at_name(parser))
        return parser_refuse(parser, NULL);
    if (parser_source_name(parser, &statement->name) != 0)
        return -1;
    if (parser_is(parser, "(") && elements(parser, statement, true) != 0)
        return -1;
    if (parser_take(parser, "WITH") && properties(parser, statement) != 0)
        return -1;
    if (statement->has_elements || statement->source || !parser_take(parser, "AS"))
        return 0;
    statement->kind = statement->is_table ? STATEMENT_CREATE_TABLE_AS : STATEMENT_CREATE_STREAM_AS;
    return (statement->query = parser_query(parser)) == NULL ? -1 : 0;
}

static int create_type(struct parser *parser, struct statement *statement) {
    statement->kind = STATEMENT_CREATE_TYPE;
    if (if_clause(parser, true, &statement->if_not_exists) != 0 || parser_name(parser, &statement->name) != 0 ||
        parser_expect(parser, "AS") != 0)
        return -1;
    return (statement->type = parser_type(parser)) == NULL ? -1 : 0;
}

static int create_connector(struct parser *parser, struct statement *statement) {
    statement->kind = STATEMENT_CREATE_CONNECTOR;
    statement->text = parser_token(parser)->text;
    parser->at += 2;
    if (if_clause(parser, true, &statement->if_not_exists) != 0 || parser_name(parser, &statement->name) != 0 ||
        parser_expect(parser, "WITH") != 0)
        return -1;
    return properties(parser, statement);
}

static int parse_create(struct parser *parser, struct statement *statement) {
    if (parser_is_pair(parser, "OR", "REPLACE")) {
        parser->at += 2;
        statement->or_replace = true;
    }
    if ((parser_is(parser, "SINK") || parser_is(parser, "SOURCE")) && token_is(parser_peek(parser, 1), "CONNECTOR"))
        return create_connector(parser, statement);
    if (parser_take(parser, "TYPE"))
        return create_type(parser, statement);
    if (parser_is(parser, "SOURCE") &&
        (token_is(parser_peek(parser, 1), "STREAM") || token_is(parser_peek(parser, 1), "TABLE"))) {
        parser->at++;
        statement->source = true;
    }
    if (!parser_is(parser, "STREAM") && !parser_is(parser, "TABLE"))
        return parser_refuse(parser, NULL);
    return create_source(parser, statement);
}

static int parse_drop(struct parser *parser, struct statement *statement) {
    if (parser_take(parser, "TYPE")) {
        statement->kind = STATEMENT_DROP_TYPE;
    } else if (parser_take(parser, "CONNECTOR")) {
        statement->kind = STATEMENT_DROP_CONNECTOR;
    } else if (parser_is(parser, "STREAM") || parser_is(parser, "TABLE")) {
        statement->is_table = parser_is(parser, "TABLE");
        statement->kind = statement->is_table ? STATEMENT_DROP_TABLE : STATEMENT_DROP_STREAM;
        parser->at++;
    } else {
        return parser_refuse(parser, "{'STREAM', 'TABLE', 'TYPE', 'CONNECTOR'}");
    }
    if (if_clause(parser, false, &statement->if_exists) != 0 || parser_name(parser, &statement->name) != 0)
        return -1;
    bool source = statement->kind == STATEMENT_DROP_STREAM || statement->kind == STATEMENT_DROP_TABLE;
    if (source && parser_take(parser, "DELETE")) {
        statement->delete_topic = true;
        return parser_expect(parser, "TOPIC");
    }
    return 0;
}

static int insert_columns(struct parser *parser, struct statement *statement) {
    VECTOR(struct view) names = {0};
    int status;
    do {
        struct view name = {0};
        status = parser_name(parser, &name);
        vector_push(&names, name);
    } while (status == 0 && parser_take(parser, ","));
    statement->column_count = names.count;
    statement->columns =
        (const struct view *)arena_copy_bytes(parser->arena, names.items, names.count * sizeof *names.items);
    vector_free(&names);
    return status != 0 ? status : parser_expect(parser, ")");
}

static int insert_values(struct parser *parser, struct statement *statement) {
    statement->kind = STATEMENT_INSERT_VALUES;
    if (parser_take(parser, "(") && insert_columns(parser, statement) != 0)
        return -1;
    if (parser_expect(parser, "VALUES") != 0 || parser_expect(parser, "(") != 0)
        return -1;
    node_list list = {0};
    int status = 0;
    if (!parser_is(parser, ")")) {
        do {
            const struct node *node = parser_value_expression(parser);
            if (node == NULL) {
                status = -1;
                break;
            }
            vector_push(&list, node);
        } while (parser_take(parser, ","));
    }
    if (status == 0)
        status = parser_expect(parser, ")");
    statement->value_count = list.count;
    statement->values = parser_keep(parser, &list);
    return status;
}

static int parse_insert(struct parser *parser, struct statement *statement) {
    if (parser_expect(parser, "INTO") != 0 || parser_source_name(parser, &statement->name) != 0)
        return -1;
    statement->kind = STATEMENT_INSERT_INTO;
    if (parser_is(parser, "(") || parser_is(parser, "VALUES"))
        return insert_values(parser, statement);
    if (parser_take(parser, "WITH") && properties(parser, statement) != 0)
        return -1;
    return (statement->query = parser_query(parser)) == NULL ? -1 : 0;
}

static int parse_list(struct parser *parser, struct statement *statement) {
    static const struct {
        const char *words[2], *text;
        bool extended;
    } lists[] = {{{"PROPERTIES"}, "PROPERTIES", false},
                 {{"ALL", "TOPICS"}, "ALL TOPICS", true},
                 {{"TOPICS"}, "TOPICS", true},
                 {{"STREAMS"}, "STREAMS", true},
                 {{"TABLES"}, "TABLES", true},
                 {{"FUNCTIONS"}, "FUNCTIONS", false},
                 {{"SOURCE", "CONNECTORS"}, "SOURCE CONNECTORS", false},
                 {{"SINK", "CONNECTORS"}, "SINK CONNECTORS", false},
                 {{"CONNECTORS"}, "CONNECTORS", false},
                 {{"CONNECTOR", "PLUGINS"}, "CONNECTOR PLUGINS", false},
                 {{"TYPES"}, "TYPES", false},
                 {{"VARIABLES"}, "VARIABLES", false},
                 {{"QUERIES"}, "QUERIES", true}};
    statement->kind = STATEMENT_LIST;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        bool two = lists[i].words[1] != NULL;
        if (two ? parser_is_pair(parser, lists[i].words[0], lists[i].words[1]) : parser_is(parser, lists[i].words[0])) {
            parser->at += two ? 2 : 1;
            statement->text = view_of(lists[i].text);
            statement->extended = lists[i].extended && parser_take(parser, "EXTENDED");
            return 0;
        }
    }
    return parser_refuse(parser, NULL);
}

static int parse_describe(struct parser *parser, struct statement *statement) {
    if (parser_is(parser, "STREAMS") || (parser_is(parser, "TABLES") && !token_is(parser_peek(parser, 1), "."))) {
        statement->kind = STATEMENT_DESCRIBE_ALL;
        statement->text = parser_is(parser, "STREAMS") ? VIEW("STREAMS") : VIEW("TABLES");
        parser->at++;
        statement->extended = parser_take(parser, "EXTENDED");
        return 0;
    }
    bool named = parser_peek(parser, 1)->kind == TOKEN_WORD || parser_peek(parser, 1)->kind == TOKEN_QUOTED;
    if (parser_is(parser, "FUNCTION") && named) {
        parser->at++;
        statement->kind = STATEMENT_DESCRIBE_FUNCTION;
        return parser_name(parser, &statement->name);
    }
    if (parser_take(parser, "CONNECTOR")) {
        statement->kind = STATEMENT_DESCRIBE_CONNECTOR;
        return parser_name(parser, &statement->name);
    }
    statement->kind = STATEMENT_DESCRIBE;
    if (parser_source_name(parser, &statement->name) != 0)
        return -1;
    statement->extended = parser_take(parser, "EXTENDED");
    return 0;
}

static int resource_name(struct parser *parser, struct view *name) {
    const struct token *token = parser_token(parser);
    if (token->kind == TOKEN_STRING)
        return parser_string(parser, name);
    if (parser_name(parser, name) != 0)
        return -1;
    if (token->kind == TOKEN_WORD) /* topics keep their case */
        *name = token->raw;
    return 0;
}

static int parse_print(struct parser *parser, struct statement *statement) {
    statement->kind = STATEMENT_PRINT;
    if (resource_name(parser, &statement->name) != 0)
        return -1;
    /* topic names with dots and dashes are commonly written without quotes: named, not guessed at */
    if (parser_take(parser, "FROM")) {
        if (parser_expect(parser, "BEGINNING") != 0)
            return -1;
        statement->from_beginning = true;
    }
    if ((parser_take(parser, "INTERVAL") || parser_take(parser, "SAMPLE")) &&
        parser_integer(parser, &statement->interval) != 0)
        return -1;
    return parser_take(parser, "LIMIT") ? parser_integer(parser, &statement->limit) : 0;
}

static int query_or_all(struct parser *parser, struct statement *statement, enum statement_kind kind) {
    statement->kind = kind;
    return parser_take(parser, "ALL") ? 0 : parser_name(parser, &statement->name);
}

static int string_or_variable(struct parser *parser, struct view *string) {
    if (parser_token(parser)->kind == TOKEN_VARIABLE) {
        *string = parser_token(parser)->raw;
        parser->at++;
        return 0;
    }
    return parser_string(parser, string);
}

static int parse_set(struct parser *parser, struct statement *statement) {
    statement->kind = STATEMENT_SET;
    if (string_or_variable(parser, &statement->name) != 0 || parser_expect(parser, "=") != 0)
        return -1;
    return string_or_variable(parser, &statement->text);
}

static int parse_define(struct parser *parser, struct statement *statement) {
    statement->kind = STATEMENT_DEFINE;
    if (parser_name(parser, &statement->name) != 0 || parser_expect(parser, "=") != 0)
        return -1;
    return parser_string(parser, &statement->text);
}

static int parse_alter(struct parser *parser, struct statement *statement) {
    if (parser_take(parser, "SYSTEM")) {
        statement->kind = STATEMENT_ALTER_SYSTEM;
        if (parser_string(parser, &statement->name) != 0 || parser_expect(parser, "=") != 0)
            return -1;
        return parser_string(parser, &statement->text);
    }
    statement->kind = STATEMENT_ALTER_SOURCE;
    statement->is_table = parser_is(parser, "TABLE");
    if (!parser_take(parser, "STREAM") && !parser_take(parser, "TABLE"))
        return parser_refuse(parser, "{'STREAM', 'TABLE', 'SYSTEM'}");
    if (parser_source_name(parser, &statement->name) != 0)
        return -1;
    return elements(parser, statement, false);
}

static int parse_assert(struct parser *parser, struct statement *statement) {
    if (parser_is_pair(parser, "NOT", "EXISTS")) {
        parser->at += 2;
        statement->if_exists = true;
    }
    if (parser_take(parser, "TOPIC")) {
        statement->kind = STATEMENT_ASSERT_TOPIC;
        if (resource_name(parser, &statement->name) != 0)
            return -1;
        if (parser_take(parser, "WITH") && properties(parser, statement) != 0)
            return -1;
    } else if (parser_take(parser, "SCHEMA")) {
        statement->kind = STATEMENT_ASSERT_SCHEMA;
        if (parser_take(parser, "SUBJECT") && resource_name(parser, &statement->name) != 0)
            return -1;
        if (parser_take(parser, "ID") && parser_integer(parser, &statement->limit) != 0)
            return -1;
    } else {
        return parser_refuse(parser, NULL);
    }
    struct tree_duration timeout = {0};
    if (!parser_take(parser, "TIMEOUT"))
        return 0;
    if (parser_duration(parser, &timeout) != 0)
        return -1;
    statement->timeout_ms = timeout.ms;
    return 0;
}

static int parse_one(struct parser *parser, struct statement *statement);

static int parse_explain(struct parser *parser, struct statement *statement) {
    statement->kind = STATEMENT_EXPLAIN;
    static const char *const starts[] = {"SELECT", "CREATE", "INSERT"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (parser_is(parser, starts[i])) {
            struct statement *inner = arena_zero(parser->arena, sizeof *inner);
            const struct token *first = parser_token(parser);
            const char *end = statement->written.data + statement->written.size;
            *inner = (struct statement){.written = {first->raw.data, (size_t)(end - first->raw.data)},
                                        .line = first->line,
                                        .column = first->column,
                                        .limit = -1,
                                        .interval = -1,
                                        .timeout_ms = -1};
            statement->inner = inner;
            return parse_one(parser, inner);
        }
    return parser_name(parser, &statement->name);
}

static int parse_terminate(struct parser *parser, struct statement *statement) {
    return query_or_all(parser, statement, STATEMENT_TERMINATE);
}
static int parse_pause(struct parser *parser, struct statement *statement) {
    return query_or_all(parser, statement, STATEMENT_PAUSE);
}
static int parse_resume(struct parser *parser, struct statement *statement) {
    return query_or_all(parser, statement, STATEMENT_RESUME);
}
static int parse_unset(struct parser *parser, struct statement *statement) {
    statement->kind = STATEMENT_UNSET;
    return string_or_variable(parser, &statement->name);
}
static int parse_undefine(struct parser *parser, struct statement *statement) {
    statement->kind = STATEMENT_UNDEFINE;
    return parser_name(parser, &statement->name);
}
static int parse_select(struct parser *parser, struct statement *statement) {
    parser->at--;
    statement->kind = STATEMENT_QUERY;
    return (statement->query = parser_query(parser)) == NULL ? -1 : 0;
}

static const struct {
    const char *word;
    int (*parse)(struct parser *parser, struct statement *statement);
} starts[] = {
    {"SELECT", parse_select},     {"CREATE", parse_create}, {"INSERT", parse_insert},
    {"DESCRIBE", parse_describe}, {"PRINT", parse_print},   {"EXPLAIN", parse_explain},
    {"SHOW", parse_list},         {"LIST", parse_list},     {"TERMINATE", parse_terminate},
    {"PAUSE", parse_pause},       {"RESUME", parse_resume}, {"DROP", parse_drop},
    {"SET", parse_set},           {"UNSET", parse_unset},   {"DEFINE", parse_define},
    {"UNDEFINE", parse_undefine}, {"ALTER", parse_alter},   {"ASSERT", parse_assert},
};

static size_t distance(struct view a, const char *b) {
    enum { MOST = 32 };
    size_t n = a.size < MOST ? a.size : MOST, m = strlen(b), row[MOST + 1];
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t change = corner + (toupper((unsigned char)a.data[i - 1]) != b[j - 1]);
            corner = row[j];
            size_t best = row[j] + 1 < row[j - 1] + 1 ? row[j] + 1 : row[j - 1] + 1;
            row[j] = change < best ? change : best;
        }
    }
    return row[m] + (a.size - n);
}

static int unknown_statement(struct parser *parser) {
    const struct token *token = parser_token(parser);
    const char *nearest = starts[0].word;
    for (size_t i = 1; i < sizeof starts / sizeof *starts; i++)
        if (distance(token->raw, starts[i].word) < distance(token->raw, nearest))
            nearest = starts[i].word;
    return error_set_at(parser->error, ERROR_INVALID, token->line, token->column,
                        "line %d:%d: Syntax Error\nUnknown statement '%.*s'\nDid you mean '%s'?", token->line,
                        token->column, VIEW_ARGS(token->raw), nearest);
}

static int parse_one(struct parser *parser, struct statement *statement) {
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (parser_take(parser, starts[i].word))
            return starts[i].parse(parser, statement);
    return unknown_statement(parser);
}

int parse_statement(struct arena *arena, struct view text, int line, int column, struct statement **out,
                    struct error *error) {
    struct parser parser;
    struct statement *statement = arena_zero(arena, sizeof *statement);
    if (parser_start(&parser, arena, text, line, column, error) != 0)
        return -1;
    *statement = (struct statement){
        .written = text, .line = line, .column = column, .limit = -1, .interval = -1, .timeout_ms = -1};
    if (parse_one(&parser, statement) != 0 || parser_expect(&parser, ";") != 0)
        return -1;
    *out = statement;
    return 0;
}

int parse_expression(struct arena *arena, struct view text, const struct node **node, struct error *error) {
    struct parser parser;
    if (parser_start(&parser, arena, text, 1, 1, error) != 0 || (*node = parser_expression(&parser)) == NULL)
        return -1;
    return parser_token(&parser)->kind == TOKEN_END ? 0 : parser_refuse(&parser, NULL);
}
