/* Rows under named columns, printed as a table whose columns are sized from the data, as JSON objects, or as CSV
 * (RFC 4180). Rows come as the text of one JSON array, so numbers keep every digit the server sent. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "foundation/base/text.h"

enum sql_format { SQL_TABLE, SQL_JSON, SQL_CSV };

struct sheet_options {
    enum sql_format format;
    FILE *out;
    int columns; /* of the terminal: a table that is wider is printed one field a line; 0 = no terminal */
    bool blanks; /* NULL and '' are left blank: for lists of a server, not for data */
};
struct sheet;
/* right: which columns stand at the right edge of their column. Both lists are copied. */
struct sheet *sheet_new(const struct sheet_options *options, const char *const *names, const bool *right, size_t count);
/* In a table rows are kept until sheet_flush; later ones are printed at once and may still widen their columns. */
void sheet_row(struct sheet *sheet, struct view json_array);
size_t sheet_count(const struct sheet *sheet);
void sheet_flush(struct sheet *sheet);
void sheet_free(struct sheet *sheet); /* flushes; accepts NULL */

/* The next item of a JSON array or the next "name":value of an object, as written; `rest` begins behind the bracket. */
bool json_next(struct view *rest, struct view *item);
/* What a string, number, boolean or nested value says to a reader; *null for null. */
void json_plain(struct view item, struct text *out, bool *null);
/* One line that cannot harm a terminal. */
void sheet_line(FILE *out, struct view line);
