/* Text to scalars, as the formats and CAST read it. False: not such a text. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "foundation/base/text.h"

bool decimal_parse(struct view text, int precision, int scale,
                   __int128 *number);                /* HALF_UP to the scale; false: no number or too large */
bool date_parse(struct view text, int64_t *days);    /* 2026-03-14 */
bool time_parse(struct view text, int64_t *ms);      /* 12:04[:31[.204]] */
bool timestamp_parse(struct view text, int64_t *ms); /* 2026-03-14T12:04:31.204[zone] */
/* 2026, 2026-03, 2026-03-14, 2026-03-14T12:04:31.204, each with an optional zone; what is missing is the least. */
bool timestamp_parse_partial(struct view text, int64_t *ms);
