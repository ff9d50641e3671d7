/* JSON text to typed values by the target's type: one pass, strings borrowed, no allocation but the arena's.
 * Coercions are those of ksqlDB's JSON format: numbers and booleans to STRING, numeric text to numbers, objects to
 * their text. */
#pragma once

#include "foundation/format/format.h"

enum { JSON_DEPTH_MOST = 64 }; /* objects and arrays inside each other */

struct json_reader {
    const char *start, *at, *end;
    struct arena *arena;
    struct error *error;
    int depth;
};

/* Producers keep the order and the spelling of their fields: what stood between two values of the last record,
 * `, "amount": `, most likely stands there again, and then one comparison finds the column. */
struct json_gap {
    char text[58];
    uint8_t size;
    int32_t column; /* count of columns: no column, the value is passed over */
};
struct json_columns {
    const struct column *columns;
    size_t count;
    struct json_gap *gaps; /* before field i of a record; room for gap_room of them, gap_count learned */
    size_t gap_room, gap_count;
};

struct json_reader json_reader_of(struct view text, struct arena *arena, struct error *error);
/* Reads one value of the type; nothing but white space may follow when `whole`. 0, or -1 with the offset in the error.
 */
int json_read_value(struct json_reader *reader, const struct sql_type *type, struct value *value);
int json_read_record(struct json_reader *reader, struct json_columns *columns, struct value *values);
int json_read_end(struct json_reader *reader);
