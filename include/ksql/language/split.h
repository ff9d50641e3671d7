/* Scripts into statements: at `;`, outside of quotes and comments. Text stays where it is. */
#pragma once

#include <stdbool.h>

#include "foundation/base/text.h"

struct split {
    struct view statement; /* without white space and comments in front, with its `;` */
    bool complete;         /* ended by `;` */
    char open;        /* what is not closed when incomplete: ' " ` ( or * for a comment; 0 = only the `;` is missing */
    int line, column; /* of the statement's first character, or of what is not closed; from 1 */
};
/* Takes the next statement off the front of *text; false when nothing but space and comments is left. *line and *column
 * go on with the text: begin with 1, 1. */
bool split_next(struct view *text, int *line, int *column, struct split *split);
/* First word of a statement, in capitals: "SELECT". Empty when there is none. */
void split_first_word(struct view statement, char word[32]);
