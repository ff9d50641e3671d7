/* Trees back to text, as ksqlDB's SqlFormatter and ExpressionFormatter spell them. */
#pragma once

#include "ksql/language/tree.h"

void print_expression(struct text *out, const struct node *node);
void print_type(struct text *out, const struct type_node *type);
void print_name(struct text *out, struct view name);     /* with back-ticks only when it needs them */
void print_string(struct text *out, struct view string); /* quoted, quotes doubled */
/* "SELECT\n  A.X X,\n..." of a query whose items are all named. */
void print_query(struct text *out, const struct query *query);
bool print_is_keyword(struct view word);    /* reserved: cannot be a name without quotes */
const char *print_keyword_at(size_t index); /* all of those, for completion; NULL after the last */
