/* Reading and writing Kafka's wire types through a cursor that cannot overrun: after the first short read every further
 * read gives zero and `broken` stays set. Protocol: kafka.apache.org/protocol, "Protocol Primitive Types". Flexible
 * versions of a request (KIP-482) have lengths as varints, one more than they are, and tagged fields behind each
 * structure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "foundation/base/text.h"

enum { UUID_SIZE = 16, STRING_MOST = INT16_MAX };

struct reader {
    const char *at, *end;
    bool broken;
    bool flexible;
};

int8_t read_int8(struct reader *reader);
int16_t read_int16(struct reader *reader);
int32_t read_int32(struct reader *reader);
int64_t read_int64(struct reader *reader);
struct view read_string(struct reader *reader);              /* null: data NULL; longer than STRING_MOST: broken */
struct view read_bytes(struct reader *reader);               /* null: data NULL */
struct view read_sized(struct reader *reader, int64_t size); /* `size` bytes; below 0: null */
/* Lent; sixteen zero bytes when there are fewer. */
const unsigned char *read_uuid(struct reader *reader);
void read_tags(struct reader *reader); /* passes over the tagged fields of a flexible version; else nothing is read */
/* Count of an array whose items take at least `least` bytes each; -1 for null. A count that cannot be true breaks the
 * reader. */
int32_t read_array(struct reader *reader, size_t least);

void write_int8(struct text *out, int8_t number);
void write_int16(struct text *out, int16_t number);
void write_int32(struct text *out, int32_t number);
void write_int64(struct text *out, int64_t number);
void write_string(struct text *out, const char *string); /* NULL: null */
void write_view(struct text *out, struct view view);     /* data NULL: null string */
void write_bytes(struct text *out, struct view bytes);   /* data NULL: null bytes */
void write_varint(struct text *out, uint32_t number);    /* unsigned, flexible versions */
void set_int32(struct text *out, size_t position, int32_t number);
