/* JSON text to typed values by the target's type: one pass, strings borrowed, no allocation but the arena's.
 * Coercions are those of ksqlDB's JSON format: numbers and booleans to STRING, numeric text to numbers, objects to their text. */
#pragma once

#include "foundation/format/format.h"

struct json_reader {
    const char *start, *at, *end;
    struct arena *arena;
    struct error *error;
    int depth;
};

/* Columns of one record, with what helps to find them fast. */
struct json_columns {
    const struct column *columns;
    size_t count;
    size_t next; /* column expected next: producers keep their order */
};

struct json_reader json_reader_of(struct view text, struct arena *arena, struct error *error);
/* Reads one value of the type; nothing but white space may follow when `whole`. 0, or -1 with the offset in the error. */
int json_read_value(struct json_reader *reader, const struct sql_type *type, struct value *value);
int json_read_record(struct json_reader *reader, struct json_columns *columns, struct value *values);
int json_read_end(struct json_reader *reader);
