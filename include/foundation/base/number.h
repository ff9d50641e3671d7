/* Number printing without printf on hot paths. Buffers are the caller's, no NUL is written, length is returned. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "foundation/base/text.h"

#define NUMBER_MAX 40
/* Of up to 15 digits, with `scale` of them (at most 22) behind the point, the double that is meant: both are exact as
 * doubles, so one division rounds once (W. Clinger, "How to Read Floating Point Numbers Accurately", 1990). */
enum { NUMBER_EXACT_DIGITS = 15 };
double number_from_digits(uint64_t digits, size_t scale);

size_t number_write_int64(char out[NUMBER_MAX], int64_t number);
/* Shortest digits that read back the same (Schubfach, with an exact-cents path in front); JSON number syntax as Java's
 * Double.toString spells it is number_write_java_double. NaN and infinities come as Java's words.
 * Of equally short ones the closest; Java keeps two digits where one would do if they are closer: 4.9E-324. */
size_t number_write_double(char out[NUMBER_MAX], double number);
size_t number_write_java_double(char out[NUMBER_MAX], double number); /* "1.0", "1.0E10", "NaN", "Infinity" */
