/* One SQL value in 16 bytes: a tag and a scalar, or a view into the record's bytes or the batch's arena.
 *
 * NULL is a tag, never a sentinel. Values borrow: who keeps one beyond the batch copies it (value_copy into an
 * arena, or value_own for state). Any thread, no hidden state. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "foundation/base/arena.h"
#include "foundation/base/text.h"
#include "foundation/value/type.h"

enum value_tag {
    VALUE_NULL = 0,
    VALUE_BOOLEAN,   /* boolean */
    VALUE_INTEGER,   /* integer (32 bit range) */
    VALUE_BIGINT,    /* integer */
    VALUE_DOUBLE,    /* real */
    VALUE_DECIMAL,   /* decimal: 128-bit integer in the arena, scale in the type */
    VALUE_STRING,    /* bytes + size, UTF-8 */
    VALUE_BYTES,     /* bytes + size */
    VALUE_DATE,      /* integer: days */
    VALUE_TIME,      /* integer: ms of the day */
    VALUE_TIMESTAMP, /* integer: ms */
    VALUE_ARRAY,     /* items + size */
    VALUE_MAP,       /* items: key, value, key, value...; size = pairs; insertion order */
    VALUE_STRUCT,    /* items: one per field of the type; size = fields */
};

struct value {
    uint32_t tag;
    uint32_t size; /* bytes, items, pairs or fields */
    union {
        bool boolean;
        int64_t integer;
        double real;
        const char *bytes;
        const struct value *items;
        const __int128 *decimal;
    };
};
_Static_assert(sizeof(struct value) == 16, "a value is 16 bytes");

static inline bool value_is_null(struct value v) {
    return v.tag == VALUE_NULL;
}
/* All members are named in these: gcc 12 then stores them where they go. A member left out makes it build the value on
 * the stack and copy it in one piece, which waits for the stores (some 12 cycles a value). */
static inline struct value value_whole(enum value_tag tag, int64_t number) {
    return (struct value){.tag = tag, .size = 0, .integer = number};
}
static inline struct value value_null(void) {
    return value_whole(VALUE_NULL, 0);
}
static inline struct value value_boolean(bool b) {
    return (struct value){.tag = VALUE_BOOLEAN, .size = 0, .boolean = b};
}
static inline struct value value_integer(int32_t i) {
    return value_whole(VALUE_INTEGER, i);
}
static inline struct value value_bigint(int64_t i) {
    return value_whole(VALUE_BIGINT, i);
}
static inline struct value value_double(double d) {
    return (struct value){.tag = VALUE_DOUBLE, .size = 0, .real = d};
}
static inline struct value value_string(struct view v) {
    return (struct value){.tag = VALUE_STRING, .size = (uint32_t)v.size, .bytes = v.data};
}
static inline struct value value_bytes(struct view v) {
    return (struct value){.tag = VALUE_BYTES, .size = (uint32_t)v.size, .bytes = v.data};
}
static inline struct view value_view(struct value v) {
    return (struct view){v.bytes, v.size};
}

/* Same type on both sides. NULLs are equal to each other here and sort first; SQL's three-valued logic is the engine's.
 */
bool value_equal(struct value a, struct value b);
int value_compare(struct value a, struct value b);
uint64_t value_hash(struct value v);
struct value value_copy(struct arena *arena, struct value v); /* deep */
struct value value_own(struct value v);                       /* deep, on the heap; value_disown frees */
void value_disown(struct value *v);
/* Debug and display text, ksqlDB's spelling (NULL as null, strings bare). The type gives scales and field names; may be
 * NULL. */
void value_print(struct text *out, struct value v, const struct sql_type *type);
/* JSON as ksqlDB's REST answers write it. */
void value_print_json(struct text *out, struct value v, const struct sql_type *type);
/* As its JSON format writes records: dates and times are numbers. */
void value_print_record(struct text *out, struct value v, const struct sql_type *type);
/* Compact self-describing bytes for state, snapshots and changelogs, and back (values borrow from *bytes and arena). */
void value_pack(struct text *out, struct value v);
int value_unpack(struct view *bytes, struct arena *arena, struct value *v); /* 0, or -1 when damaged */
