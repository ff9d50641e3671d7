/* The filter language: words must all occur (lower case ignores case, a capital makes it exact), /re/ is a regular
 * expression, `!` negates, amount>5000 card:5031* loc:Oslo age<30s test fields. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "foundation/base/error.h"
#include "foundation/base/text.h"

enum { FILTER_UNKNOWN = -1 };
struct filter_row {
    struct view text, card, location; /* without data: the row has none */
    int64_t amount, age_ms;           /* FILTER_UNKNOWN: none */
};
struct filter;
/* NULL with the error when a term is wrong. Empty text is a filter that all rows pass. */
struct filter *filter_new(struct view text, struct error *error);
void filter_free(struct filter *filter);
const char *filter_text(const struct filter *filter);                         /* "" for NULL */
bool filter_has_age(const struct filter *filter);                             /* its answer changes with time */
bool filter_match(const struct filter *filter, const struct filter_row *row); /* NULL passes all */
