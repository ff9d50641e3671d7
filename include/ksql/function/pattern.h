/* Times by patterns of Java's DateTimeFormatter: y u M d D E a h H m s S n X x Z z V and 'text'. Letters that are not
 * there are refused by name, so that no row gets a wrong text. Pure, any thread. */
#pragma once

#include <stdint.h>

#include "foundation/base/arena.h"
#include "foundation/base/error.h"

/* zone: IANA name. The text lies in the arena. */
int pattern_format(struct view pattern, int64_t utc_ms, const char *zone, struct arena *arena, struct view *text,
                   struct error *error);
/* Missing parts: 1970, first of the month, midnight; missing zone: `zone`. */
int pattern_parse(struct view pattern, struct view text, const char *zone, int64_t *utc_ms, struct error *error);
/* The same of a text that goes on behind what the pattern asks for. */
int pattern_parse_front(struct view pattern, struct view text, const char *zone, int64_t *utc_ms, struct error *error);
