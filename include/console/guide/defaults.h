/* The shipped step files, compiled in; read the same way as a person's own. */
#pragma once

#include <stddef.h>

struct guide_defaults_row {
    const char *name; /* "01-log-in.step" */
    const char *text;
    size_t size;
};
extern const struct guide_defaults_row guide_defaults[];
extern const size_t guide_defaults_count;
