#include "foundation/format/proto_wire.h"

struct proto_reader proto_reader_of(struct view bytes) {
    return (struct proto_reader){.at = bytes.data, .end = bytes.data + bytes.size};
}

static uint64_t read_varint(struct proto_reader *reader) {
    uint64_t number = 0;
    for (int shift = 0; shift < 70; shift += 7) {
        if (reader->at == reader->end)
            break;
        unsigned char byte = (unsigned char)*reader->at++;
        if (shift < 64)
            number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return number;
    }
    reader->broken = true;
    return 0;
}

static void skip(struct proto_reader *reader, uint64_t size, struct view *bytes) {
    if (size > (uint64_t)(reader->end - reader->at)) {
        reader->broken = true;
        return;
    }
    *bytes = (struct view){reader->at, (size_t)size};
    reader->at += size;
}

static uint64_t read_fixed(struct proto_reader *reader, size_t size) {
    struct view bytes = VIEW("");
    uint64_t number = 0;
    skip(reader, size, &bytes);
    for (size_t i = bytes.size; i-- > 0;)
        number = number << 8 | (unsigned char)bytes.data[i];
    return number;
}

uint64_t proto_read_value(struct proto_reader *reader, enum proto_wire wire) {
    return wire == PROTO_FIXED64   ? read_fixed(reader, 8)
           : wire == PROTO_FIXED32 ? read_fixed(reader, 4)
                                   : read_varint(reader);
}

bool proto_read(struct proto_reader *reader) {
    if (reader->broken || reader->at == reader->end)
        return false;
    uint64_t tag = read_varint(reader);
    reader->field = (int32_t)(tag >> 3 & INT32_MAX);
    reader->wire = (enum proto_wire)(tag & 7);
    reader->number = 0;
    reader->bytes = VIEW("");
    if (reader->wire == PROTO_BYTES)
        skip(reader, read_varint(reader), &reader->bytes);
    else if (reader->wire == PROTO_VARINT || reader->wire == PROTO_FIXED64 || reader->wire == PROTO_FIXED32)
        reader->number = proto_read_value(reader, reader->wire);
    else
        reader->broken = true;
    reader->broken = reader->broken || reader->field == 0;
    return !reader->broken;
}

static void put_varint(struct text *out, uint64_t number) {
    for (; number >= 0x80; number >>= 7)
        text_append_char(out, (char)(number | 0x80));
    text_append_char(out, (char)number);
}

void proto_put_number(struct text *out, int32_t field, uint64_t number) {
    put_varint(out, (uint64_t)field << 3 | PROTO_VARINT);
    put_varint(out, number);
}

void proto_put_bytes(struct text *out, int32_t field, struct view bytes) {
    put_varint(out, (uint64_t)field << 3 | PROTO_BYTES);
    put_varint(out, bytes.size);
    text_append(out, bytes);
}
