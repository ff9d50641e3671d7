/* Protocol Buffers' wire format, as far as descriptors need it: protobuf.dev/programming-guides/encoding. */
#pragma once

#include "foundation/base/text.h"

enum proto_wire { PROTO_VARINT = 0, PROTO_FIXED64 = 1, PROTO_BYTES = 2, PROTO_FIXED32 = 5 };

struct proto_reader {
    const char *at, *end;
    bool broken; /* what is read is no message */
    int32_t field;
    enum proto_wire wire;
    uint64_t number;   /* of all but PROTO_BYTES */
    struct view bytes; /* of PROTO_BYTES */
};

struct proto_reader proto_reader_of(struct view bytes);
bool proto_read(struct proto_reader *reader); /* the next field; false at the end, or broken */
/* One value without a field before it: of packed fields, and of what stands in front of a message. */
uint64_t proto_read_value(struct proto_reader *reader, enum proto_wire wire);

void proto_put_number(struct text *out, int32_t field, uint64_t number);
void proto_put_bytes(struct text *out, int32_t field, struct view bytes);
