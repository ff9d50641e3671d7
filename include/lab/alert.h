/* The sentence that an alert record carries, and its parser: labels in order, any white space between, text before
 * them, numbers without grouping. Reads our own records and those of the workshop's Python detector. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "foundation/base/text.h"

struct alert {
    char card[40], email[128];
    int64_t total, average, count;
    char window_start[40], window_end[40];
};
void alert_print(const struct alert *alert, struct text *out);
bool alert_parse(struct view text, struct alert *alert); /* false: show the text as it is */
