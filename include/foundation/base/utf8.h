/* UTF-8: decode, validate, width in terminal columns, safe display. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "foundation/base/text.h"

/* Length of the sequence at data (1..4) with its code point, or 0 when invalid or cut. */
size_t utf8_decode(struct view bytes, uint32_t *code_point);
size_t utf8_encode(uint32_t code_point, char out[4]);
bool utf8_valid(struct view bytes);
size_t utf8_length(struct view bytes);  /* code points; an invalid byte counts one */
int utf8_width_of(uint32_t code_point); /* 0 combining, 1, 2 wide; -1 control */
int utf8_width(struct view bytes);      /* columns of text as utf8_display would show it */
/* Appends text that cannot harm a terminal: control as <1B>, bidi override as <U+202E>, invalid byte as <FF>. */
void utf8_display(struct text *out, struct view bytes);
/* Longest prefix of at most `columns` columns that does not split a letter and its marks; its width in *width. */
size_t utf8_fit(struct view bytes, int columns, int *width);
