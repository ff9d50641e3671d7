/* One run of a case: fills *difference and gives -1 when it fails. */
#pragma once

#include <jansson.h>

#include "foundation/base/text.h"

struct case_run {
    const json_t *test; /* with {FORMAT} and {CONFIG} put in */
    const char *format; /* "-" when the case has none */
};
int query_case_run(const struct case_run *run, struct text *difference);
int rest_case_run(const struct case_run *run, struct text *difference); /* through the server */

/* Expected against actual: numbers by value, doubles to 1e-6. Gives false with a path and both sides in *difference. */
bool json_matches(const json_t *expected, const json_t *actual, const char *path, struct text *difference);
/* Every member of the expected object must match; the actual one may have more. */
bool json_contains(const json_t *expected, const json_t *actual, const char *path, struct text *difference);
