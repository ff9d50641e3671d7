/* How a registry is told of a difference between two schemas: "PATH: RULE: what it is", a line each. */
#pragma once

#include <stdarg.h>

#include "foundation/base/text.h"

/* reasons NULL: only their number matters. */
void difference_append(struct text *reasons, const char *path, const char *format, va_list arguments);
