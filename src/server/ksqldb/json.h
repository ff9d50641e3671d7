/* JSON answers piece by piece: commas come by themselves. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "foundation/base/text.h"

void put_comma(struct text *out); /* unless something was just opened */
void put_open(struct text *out, char bracket);
void put_key(struct text *out, const char *name);
void put_item(struct text *out, struct view string);
/* "name": value */
void put_string(struct text *out, const char *name, struct view string);
void put_optional(struct text *out, const char *name, struct view string); /* empty: null */
void put_number(struct text *out, const char *name, int64_t number);
void put_bool(struct text *out, const char *name, bool value);
void put_raw(struct text *out, const char *name, const char *json);
