/* Tokens of SQL text. Views borrow the text; positions as ksqlDB's messages give them: lines from 1, columns from 1. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "foundation/base/error.h"
#include "foundation/base/text.h"

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,     /* keyword or unquoted identifier: the parser decides by the place it stands in */
    TOKEN_QUOTED,   /* "name" or `name`: text without the outer quotes, inner doubled quotes not yet undone */
    TOKEN_STRING,   /* 'text': the same */
    TOKEN_INTEGER,  /* digits */
    TOKEN_DECIMAL,  /* digits with a point */
    TOKEN_FLOAT,    /* with an exponent */
    TOKEN_VARIABLE, /* ${NAME}: text is NAME */
    TOKEN_SYMBOL,   /* one of ( ) [ ] , ; . + - * / % = < > <= >= <> != || -> => := */
};

struct token {
    enum token_kind kind;
    char quote;       /* TOKEN_QUOTED: which quote */
    struct view text; /* without quotes */
    struct view raw;  /* as written */
    int line, column;
};

struct lexer {
    const char *at, *end;
    int line, column;
};

void lexer_start(struct lexer *lexer, struct view text);
/* Passes space and comments, then takes one token; TOKEN_END at the end, again and again. ERROR_INVALID with position
 * for a quote or comment that is not closed and for a character that begins no token. */
int lexer_next(struct lexer *lexer, struct token *token, struct error *error);
bool token_is(const struct token *token, const char *word_or_symbol); /* words in any case; never a quoted name */
