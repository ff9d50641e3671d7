/* Confluent wire format: byte 0, schema id big-endian, payload (docs: Schema Registry "Wire format"). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "foundation/base/text.h"

enum { FRAMING_SIZE = 5 };
bool framing_read(struct view bytes, int32_t *schema_id, struct view *payload); /* false: not framed */
void framing_write(struct text *out, int32_t schema_id);
