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
    if (bytes)
        *bytes = (struct view){reader->at, (size_t)size};
    reader->at += size;
}

bool proto_read(struct proto_reader *reader) {
    if (reader->broken || reader->at == reader->end)
        return false;
    uint64_t tag = read_varint(reader);
    reader->field = (int32_t)(tag >> 3 & INT32_MAX);
    reader->wire = (enum proto_wire)(tag & 7);
    reader->number = 0;
    reader->bytes = VIEW("");
    switch (reader->wire) {
    case PROTO_VARINT:
        reader->number = read_varint(reader);
        break;
    case PROTO_FIXED64:
        skip(reader, 8, NULL);
        break;
    case PROTO_FIXED32:
        skip(reader, 4, NULL);
        break;
    case PROTO_BYTES:
        skip(reader, read_varint(reader), &reader->bytes);
        break;
    default:
        reader->broken = true;
    }
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
