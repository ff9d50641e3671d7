/* The shipped key file, compiled in; read the same way as a person's own. */
#pragma once

#include <stddef.h>

struct command_defaults_row {
    const char *name; /* "default.keys" */
    const char *text;
    size_t size;
};
extern const struct command_defaults_row command_defaults[];
extern const size_t command_defaults_count;
