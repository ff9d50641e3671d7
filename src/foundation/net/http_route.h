/* Patterns of routes: "/subjects/{subject}/versions". A segment in braces fits one segment that is not empty. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "foundation/base/text.h"

enum { PARAMETERS = 6 };
struct parameter {
    const char *name; /* in the pattern, up to '}' */
    char *value;      /* decoded */
};
/* path: as it came, escapes and all. When it fits the parameters replace those that were there. */
bool http_route_fits(const char *pattern, const char *path, struct parameter parameters[PARAMETERS], size_t *count);
const char *http_route_parameter(const struct parameter *parameters, size_t count, const char *name); /* NULL: none */
void http_route_free(struct parameter *parameters, size_t count);
