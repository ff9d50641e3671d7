#include "ksql/language/parser.h"

#include <ctype.h>
#include <string.h>

int parser_start(struct parser *parser, struct arena *arena, struct view text, int line, int column,
                 struct error *error) {
    *parser = (struct parser){.arena = arena, .text = text, .error = error};
    struct lexer lexer;
    lexer_start(&lexer, text);
    lexer.line = line;
    lexer.column = column;
    VECTOR(struct token) tokens = {0};
    struct token token;
    do {
        if (lexer_next(&lexer, &token, error) != 0) {
            vector_free(&tokens);
            return -1;
        }
        vector_push(&tokens, token);
    } while (token.kind != TOKEN_END);
    parser->count = tokens.count;
    parser->tokens = arena_allocate(arena, tokens.count * sizeof *tokens.items);
    memcpy(parser->tokens, tokens.items, tokens.count * sizeof *tokens.items);
    vector_free(&tokens);
    return 0;
}

bool parser_is_pair(const struct parser *parser, const char *first, const char *second) {
    return parser_is(parser, first) && token_is(parser_peek(parser, 1), second);
}

bool parser_take(struct parser *parser, const char *word) {
    if (!parser_is(parser, word))
        return false;
    parser->at++;
    return true;
}

static struct view shown(const struct token *token) {
    return token->kind == TOKEN_END ? VIEW("<EOF>") : token->raw;
}

int parser_refuse(struct parser *parser, const char *expecting) {
    const struct token *token = parser_token(parser);
    if (expecting != NULL)
        return error_set_at(parser->error, ERROR_INVALID, token->line, token->column,
                            "line %d:%d: Syntax Error\nExpecting %s", token->line, token->column, expecting);
    return error_set_at(parser->error, ERROR_INVALID, token->line, token->column,
                        "line %d:%d: Syntax Error\nSyntax error at or near '%.*s' at line %d:%d", token->line,
                        token->column, VIEW_ARGS(shown(token)), token->line, token->column);
}

int parser_refuse_reserved(struct parser *parser) {
    const struct token *token = parser_token(parser);
    if (token->kind != TOKEN_WORD || !print_is_keyword(token->text))
        return parser_refuse(parser, NULL);
    return error_set_at(
        parser->error, ERROR_INVALID, token->line, token->column,
        "line %d:%d: Syntax Error\n\"%.*s\" is a reserved keyword and it can't be used as an identifier. "
        "You can use it as an identifier by escaping it as '%.*s' ",
        token->line, token->column, VIEW_ARGS(token->raw), VIEW_ARGS(token->raw));
}

int parser_expect(struct parser *parser, const char *word) {
    if (parser_take(parser, word))
        return 0;
    const struct token *token = parser_token(parser);
    if (strcmp(word, "(") == 0 || (strcmp(word, ")") == 0 && token_is(token, ",")))
        return error_set_at(parser->error, ERROR_INVALID, token->line, token->column,
                            "line %d:%d: Syntax Error\nmissing '%s' at '%.*s'", token->line, token->column, word,
                            VIEW_ARGS(shown(token)));
    char expecting[64];
    size_t size = strlen(word);
    memcpy(expecting + 1, word, size);
    expecting[0] = expecting[size + 1] = '\'';
    expecting[size + 2] = '\0';
    return parser_refuse(parser, expecting);
}

bool parser_at_name(const struct parser *parser) {
    const struct token *token = parser_token(parser);
    switch (token->kind) {
    case TOKEN_QUOTED:
    case TOKEN_VARIABLE:
        return true;
    case TOKEN_WORD:
        return !print_is_keyword(token->text);
    default:
        return false;
    }
}

static struct view undouble(struct arena *arena, struct view text, char quote) {
    if (text.size == 0 || memchr(text.data, quote, text.size) == NULL)
        return text;
    char *out = arena_allocate(arena, text.size);
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        out[size++] = text.data[i];
        if (text.data[i] == quote)
            i++;
    }
    return (struct view){out, size};
}

int parser_name(struct parser *parser, struct view *name) {
    if (!parser_at_name(parser))
        return parser_refuse_reserved(parser);
    const struct token *token = parser_token(parser);
    parser->at++;
    if (token->kind == TOKEN_QUOTED) {
        *name = undouble(parser->arena, token->text, token->quote);
        return 0;
    }
    char *upper = arena_copy_bytes(parser->arena, token->raw.data, token->raw.size);
    for (size_t i = 0; i < token->raw.size; i++)
        upper[i] = (char)toupper((unsigned char)upper[i]);
    *name = (struct view){upper, token->raw.size};
    return 0;
}

int parser_string(struct parser *parser, struct view *string) {
    const struct token *token = parser_token(parser);
    if (token->kind != TOKEN_STRING)
        return parser_refuse(parser, "STRING");
    parser->at++;
    *string = undouble(parser->arena, token->text, '\'');
    return 0;
}

int parser_integer(struct parser *parser, int64_t *number) {
    bool negative = parser_take(parser, "-");
    const struct token *token = parser_token(parser);
    if (token->kind != TOKEN_INTEGER)
        return parser_refuse(parser, "{DECIMAL_VALUE, FLOATING_POINT_VALUE, INTEGER_VALUE}");
    if (!view_to_int64(token->text, number))
        return error_set_at(parser->error, ERROR_INVALID, token->line, token->column,
                            "line %d:%d: Invalid numeric literal: %.*s", token->line, token->column,
                            VIEW_ARGS(token->text));
    parser->at++;
    if (negative)
        *number = -*number;
    return 0;
}

bool parser_enter(struct parser *parser) {
    if (++parser->depth <= PARSER_DEPTH)
        return true;
    const struct token *token = parser_token(parser);
    error_set_at(parser->error, ERROR_INVALID, token->line, token->column,
                 "line %d:%d: Syntax Error\nExpression is nested more than %d deep", token->line, token->column,
                 PARSER_DEPTH);
    return false;
}

const struct node *const *parser_keep(struct parser *parser, node_list *list) {
    const struct node **kept = arena_allocate(parser->arena, (list->count + 1) * sizeof *kept);
    if (list->count != 0)
        memcpy(kept, list->items, list->count * sizeof *kept);
    vector_free(list);
    return kept;
}

struct view parse_line_of(struct view script, int line) {
    struct view rest = script, piece = {0};
    for (int at = 0; at < line; at++)
        if (!view_split(&rest, '\n', &piece))
            return (struct view){0};
    return piece;
}

void parse_substitute(struct view text, const struct variables *variables, struct text *out) {
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '$' && i + 1 < text.size && text.data[i + 1] == '{') {
            const char *end = memchr(text.data + i, '}', text.size - i);
            struct view value;
            if (end != NULL &&
                variables->find(variables->context, (struct view){text.data + i + 2, (size_t)(end - text.data) - i - 2},
                                &value)) {
                text_append(out, value);
                i = (size_t)(end - text.data);
                continue;
            }
        }
        text_append_char(out, text.data[i]);
    }
}
