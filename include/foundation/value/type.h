/* SQL types of ksqlDB: immutable trees that live in an arena or are the shared constants below. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "foundation/base/arena.h"
#include "foundation/base/text.h"

enum sql_base {
    SQL_BOOLEAN,
    SQL_INTEGER,
    SQL_BIGINT,
    SQL_DOUBLE,
    SQL_DECIMAL,
    SQL_STRING,
    SQL_BYTES,
    SQL_DATE,      /* days since 1970 */
    SQL_TIME,      /* milliseconds of the day */
    SQL_TIMESTAMP, /* milliseconds since 1970, UTC */
    SQL_ARRAY,
    SQL_MAP,
    SQL_STRUCT,
};

struct sql_type;
struct sql_field {
    struct view name;
    const struct sql_type *type;
};
struct sql_type {
    enum sql_base base;
    int precision, scale;           /* DECIMAL */
    const struct sql_type *key;     /* MAP */
    const struct sql_type *element; /* ARRAY, MAP */
    const struct sql_field *fields; /* STRUCT */
    size_t field_count;
};

extern const struct sql_type sql_boolean, sql_integer, sql_bigint, sql_double, sql_string, sql_bytes, sql_date,
    sql_time, sql_timestamp;

const struct sql_type *sql_type_decimal(struct arena *arena, int precision, int scale);
const struct sql_type *sql_type_array(struct arena *arena, const struct sql_type *element);
const struct sql_type *sql_type_map(struct arena *arena, const struct sql_type *key, const struct sql_type *element);
const struct sql_type *sql_type_struct(struct arena *arena, const struct sql_field *fields, size_t count);
const struct sql_type *sql_type_copy(struct arena *arena, const struct sql_type *type); /* deep */
bool sql_type_equal(const struct sql_type *a, const struct sql_type *b);
bool sql_type_is_number(const struct sql_type *type); /* INTEGER, BIGINT, DOUBLE, DECIMAL */
/* As ksqlDB prints it: "BIGINT", "DECIMAL(4, 2)", "ARRAY<STRING>", "STRUCT<`A` INTEGER>". */
void sql_type_print(struct text *out, const struct sql_type *type);
const char *sql_base_name(enum sql_base base);
