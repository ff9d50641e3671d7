#include "ksql/language/token.h"

#include <ctype.h>

void lexer_start(struct lexer *lexer, struct view text) {
    *lexer = (struct lexer){text.data, text.data + text.size, 1, 1};
}

static char peek(const struct lexer *lexer, size_t ahead) {
    return (size_t)(lexer->end - lexer->at) > ahead ? lexer->at[ahead] : '\0';
}

static void step(struct lexer *lexer) {
    if (*lexer->at == '\n') {
        lexer->line++;
        lexer->column = 1;
    } else if (((unsigned char)*lexer->at & 0xc0) != 0x80) { /* characters count, not bytes */
        lexer->column++;
    }
    lexer->at++;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_word(char c) {
    return isalnum((unsigned char)c) || c == '_' || c == '@';
}

static int pass_space(struct lexer *lexer, struct error *error) {
    while (lexer->at < lexer->end) {
        char c = *lexer->at;
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            step(lexer);
        } else if (c == '-' && peek(lexer, 1) == '-') {
            while (lexer->at < lexer->end && *lexer->at != '\n')
                step(lexer);
        } else if (c == '/' && peek(lexer, 1) == '*') {
            int line = lexer->line, column = lexer->column;
            step(lexer);
            step(lexer);
            while (lexer->at < lexer->end && !(*lexer->at == '*' && peek(lexer, 1) == '/'))
                step(lexer);
            if (lexer->at == lexer->end)
                return error_set_at(error, ERROR_INVALID, line, column,
                                    "line %d:%d: Syntax Error\ncomment is not closed: add */", line, column);
            step(lexer);
            step(lexer);
        } else {
            break;
        }
    }
    return 0;
}

static int take_quoted(struct lexer *lexer, struct token *token, struct error *error) {
    char quote = *lexer->at;
    step(lexer);
    const char *start = lexer->at;
    for (;;) {
        if (lexer->at == lexer->end)
            return error_set_at(error, ERROR_INVALID, token->line, token->column,
                                "line %d:%d: Syntax Error\nquote is not closed: add %c", token->line, token->column,
                                quote);
        if (*lexer->at == quote) {
            if (peek(lexer, 1) != quote)
                break;
            step(lexer);
        }
        step(lexer);
    }
    token->kind = quote == '\'' ? TOKEN_STRING : TOKEN_QUOTED;
    token->quote = quote;
    token->text = (struct view){start, (size_t)(lexer->at - start)};
    step(lexer);
    return 0;
}

static void pass_digits(struct lexer *lexer) {
    while (is_digit(peek(lexer, 0)))
        step(lexer);
}

/* A number, unless letters follow: identifiers may begin with a digit. */
static void take_number(struct lexer *lexer, struct token *token) {
    token->kind = TOKEN_INTEGER;
    pass_digits(lexer);
    if (peek(lexer, 0) == '.') {
        token->kind = TOKEN_DECIMAL;
        step(lexer);
        pass_digits(lexer);
    }
    size_t sign = peek(lexer, 1) == '+' || peek(lexer, 1) == '-';
    if ((peek(lexer, 0) == 'e' || peek(lexer, 0) == 'E') && is_digit(peek(lexer, 1 + sign))) {
        token->kind = TOKEN_FLOAT;
        for (size_t i = 0; i <= sign; i++)
            step(lexer);
        pass_digits(lexer);
    }
    if (token->kind == TOKEN_INTEGER && is_word(peek(lexer, 0))) {
        token->kind = TOKEN_WORD;
        while (is_word(peek(lexer, 0)))
            step(lexer);
    }
}

static int take_variable(struct lexer *lexer, struct token *token, struct error *error) {
    step(lexer);
    step(lexer);
    const char *start = lexer->at;
    while (is_word(peek(lexer, 0)))
        step(lexer);
    if (peek(lexer, 0) != '}' || lexer->at == start)
        return error_set_at(error, ERROR_INVALID, token->line, token->column,
                            "line %d:%d: a variable is written ${NAME}", token->line, token->column);
    token->kind = TOKEN_VARIABLE;
    token->text = (struct view){start, (size_t)(lexer->at - start)};
    step(lexer);
    return 0;
}

static size_t symbol_size(const struct lexer *lexer) {
    static const char *const pairs[] = {"<=", ">=", "<>", "!=", "||", "->", "=>", ":="};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (peek(lexer, 0) == pairs[i][0] && peek(lexer, 1) == pairs[i][1])
            return 2;
    char c = peek(lexer, 0);
    return c && strchr("()[],;.+-*/%=<>", c) ? 1 : 0;
}

int lexer_next(struct lexer *lexer, struct token *token, struct error *error) {
    if (pass_space(lexer, error))
        return -1;
    const char *start = lexer->at;
    *token = (struct token){.kind = TOKEN_END, .raw = {start, 0}, .line = lexer->line, .column = lexer->column};
    if (lexer->at == lexer->end)
        return 0;
    char c = *start;
    if (c == '\'' || c == '"' || c == '`') {
        if (take_quoted(lexer, token, error))
            return -1;
    } else if (c == '$' && peek(lexer, 1) == '{') {
        if (take_variable(lexer, token, error))
            return -1;
    } else if (is_digit(c) || (c == '.' && is_digit(peek(lexer, 1)))) {
        take_number(lexer, token);
    } else if (is_word(c)) {
        token->kind = TOKEN_WORD;
        while (is_word(peek(lexer, 0)))
            step(lexer);
    } else {
        size_t size = symbol_size(lexer);
        if (!size)
            return error_set_at(error, ERROR_INVALID, token->line, token->column,
                                "line %d:%d: no SQL begins with this character", token->line, token->column);
        token->kind = TOKEN_SYMBOL;
        for (size_t i = 0; i < size; i++)
            step(lexer);
    }
    token->raw = (struct view){start, (size_t)(lexer->at - start)};
    if (!token->text.data)
        token->text = token->raw;
    return 0;
}

bool token_is(const struct token *token, const char *word_or_symbol) {
    return (token->kind == TOKEN_WORD || token->kind == TOKEN_SYMBOL) &&
           view_equal_ignoring_case(token->text, view_of(word_or_symbol));
}
