/* A record's plain fields, one step each: what a schema and the columns say is settled once, not per record.
 *
 * A step takes what nearly every field is: a primitive (or a union of null and one) of its column's own type. What it
 * does not take, and all that is wrong, avro_format_read and avro_format_write handle and name. */
#pragma once

#include "foundation/format/avro_read.h"

struct avro_step;

/* One per field of the record, in the arena; map[i] is the column of field i, -1 none. */
const struct avro_step *avro_steps(const struct avro_node *record, const int *map, const struct column *columns,
                                   struct arena *arena);
int avro_steps_read(const struct avro_step *steps, size_t count, struct avro_reader *reader, struct value *values);
int avro_steps_write(const struct avro_step *steps, size_t count, const struct value *values, struct text *out,
                     struct error *error);
