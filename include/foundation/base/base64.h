/* Base64 of RFC 4648, with padding. */
#pragma once

#include <stdbool.h>

#include "foundation/base/arena.h"
#include "foundation/base/text.h"

void base64_encode(struct text *out, struct view bytes);
/* False: another character than those of the alphabet. Padding may be missing. */
bool base64_decode(struct arena *arena, struct view text, struct view *bytes);
