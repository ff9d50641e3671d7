/* The shipped themes, compiled in; read the same way as a person's own. */
#pragma once

#include <stddef.h>

struct ui_defaults_row {
    const char *name; /* "dark.theme" */
    const char *text;
    size_t size;
};
extern const struct ui_defaults_row ui_defaults[];
extern const size_t ui_defaults_count;
