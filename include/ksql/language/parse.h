/* Parser of ksqlDB's grammar (SqlBase.g4): text to raw tree. Complete: statements that the engine refuses parse too, so
 * that it refuses them by name. */
#pragma once

#include "foundation/base/arena.h"
#include "foundation/base/error.h"
#include "ksql/language/tree.h"

/* Session variables: the value of ${name}, false when there is none. */
struct variables {
    void *context;
    bool (*find)(void *context, struct view name, struct view *value);
};

/* One statement of a script that begins at line, column (from split_next). The tree borrows `text` and the arena.
 * Errors carry ksqlDB's text: "line 1:8: Syntax Error\nExpecting ..." with line and column set. */
int parse_statement(struct arena *arena, struct view text, int line, int column, struct statement **statement,
                    struct error *error);
/* An expression on its own: tests, and REST inserts. */
int parse_expression(struct arena *arena, struct view text, const struct node **node, struct error *error);
/* Puts variables in: ${name} outside of nothing, quotes too, as ksqlDB does. The text grows in *out. */
void parse_substitute(struct view text, const struct variables *variables, struct text *out);
/* The line of `script` that an error's position names, for "Statement: ..." lines. */
struct view parse_line_of(struct view script, int line);
