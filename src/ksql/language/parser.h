/* The parser's hands: tokens with look-ahead, names, errors in ksqlDB's words. Private to language. */
#pragma once

#include "foundation/base/arena.h"
#include "foundation/base/vector.h"
#include "ksql/language/parse.h"
#include "ksql/language/print.h"
#include "ksql/language/token.h"

struct parser {
    struct arena *arena;
    struct token *tokens; /* ends with TOKEN_END */
    size_t count, at;
    struct view text;
    struct error *error;
    int depth; /* of nested expressions and types */
};
enum { PARSER_DEPTH = 200 };

int parser_start(struct parser *parser, struct arena *arena, struct view text, int line, int column,
                 struct error *error);
static inline const struct token *parser_peek(const struct parser *parser, size_t ahead) {
    size_t at = parser->at + ahead;
    return &parser->tokens[at < parser->count ? at : parser->count - 1];
}
static inline const struct token *parser_token(const struct parser *parser) {
    return parser_peek(parser, 0);
}
static inline bool parser_is(const struct parser *parser, const char *word) {
    return token_is(parser_token(parser), word);
}
bool parser_is_pair(const struct parser *parser, const char *first, const char *second);
bool parser_take(struct parser *parser, const char *word); /* true when it was there */
int parser_expect(struct parser *parser, const char *word);
/* The current token does not fit; `expecting` as ksqlDB lists it: "';'" or "{',', 'FROM'}"; NULL: "at or near". */
int parser_refuse(struct parser *parser, const char *expecting);
int parser_refuse_reserved(struct parser *parser); /* a reserved keyword where a name is due */
bool parser_at_name(const struct parser *parser);
int parser_name(struct parser *parser, struct view *name); /* identifier */
int parser_string(struct parser *parser, struct view *string);
int parser_integer(struct parser *parser, int64_t *number); /* with a sign */
bool parser_enter(struct parser *parser);                   /* one level deeper; false with the error when too deep */
static inline void parser_leave(struct parser *parser) {
    parser->depth--;
}

/* expression.c */
const struct node *parser_expression(struct parser *parser);       /* boolean */
const struct node *parser_value_expression(struct parser *parser); /* without predicates */
const struct node *parser_literal(struct parser *parser);

/* type.c */
const struct type_node *parser_type(struct parser *parser);
bool parser_duration_unit(struct view word, int64_t *ms);
int parser_duration(struct parser *parser, struct tree_duration *duration);

/* query.c */
const struct query *parser_query(struct parser *parser);
int parser_source_name(struct parser *parser, struct view *name);

typedef VECTOR(const struct node *) node_list;
const struct node *const *parser_keep(struct parser *parser, node_list *list); /* into the arena; frees the list */
