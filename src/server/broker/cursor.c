#include "server/broker/cursor.h"

static uint64_t take(struct reader *reader, size_t size) {
    uint64_t number = 0;
    if (reader->broken || (size_t)(reader->end - reader->at) < size) {
        reader->broken = true;
        return 0;
    }
    for (size_t i = 0; i < size; i++)
        number = number << 8 | (unsigned char)reader->at[i];
    reader->at += size;
    return number;
}

int8_t read_int8(struct reader *reader) {
    return (int8_t)take(reader, 1);
}

int16_t read_int16(struct reader *reader) {
    return (int16_t)take(reader, 2);
}

int32_t read_int32(struct reader *reader) {
    return (int32_t)take(reader, 4);
}

int64_t read_int64(struct reader *reader) {
    return (int64_t)take(reader, 8);
}

struct view read_sized(struct reader *reader, int64_t size) {
    if (size < 0 || reader->broken)
        return (struct view){0};
    if (size > reader->end - reader->at) {
        reader->broken = true;
        return (struct view){0};
    }
    struct view view = {reader->at, (size_t)size};
    reader->at += size;
    return view;
}

static uint32_t read_varint(struct reader *reader) {
    uint32_t number = 0;
    for (int shift = 0; shift < 35; shift += 7) {
        uint8_t byte = (uint8_t)read_int8(reader);
        number |= (uint32_t)(byte & 0x7f) << (shift < 32 ? shift : 31);
        if (byte < 0x80)
            return number;
    }
    reader->broken = true;
    return 0;
}

struct view read_string(struct reader *reader) {
    int64_t size = reader->flexible ? (int64_t)read_varint(reader) - 1 : read_int16(reader);
    if (size > STRING_MOST) /* what could not be said again where a length has two bytes */
        reader->broken = true;
    return read_sized(reader, size);
}

struct view read_bytes(struct reader *reader) {
    return read_sized(reader, reader->flexible ? (int64_t)read_varint(reader) - 1 : read_int32(reader));
}

const unsigned char *read_uuid(struct reader *reader) {
    static const unsigned char zero[UUID_SIZE];
    struct view view = read_sized(reader, UUID_SIZE);
    return view.data ? (const unsigned char *)view.data : zero;
}

void read_tags(struct reader *reader) {
    for (uint32_t count = reader->flexible ? read_varint(reader) : 0; count > 0 && !reader->broken; count--) {
        read_varint(reader);
        read_sized(reader, read_varint(reader));
    }
}

int32_t read_array(struct reader *reader, size_t least) {
    int64_t count = reader->flexible ? (int64_t)read_varint(reader) - 1 : read_int32(reader);
    if (count < 0)
        return -1;
    if (reader->flexible && least > 1)
        least = 1; /* lengths shrink to a byte */
    if (reader->broken || (uint64_t)count > (size_t)(reader->end - reader->at) / (least ? least : 1)) {
        reader->broken = true;
        return 0;
    }
    return (int32_t)count;
}

static void put(struct text *out, uint64_t number, size_t size) {
    char bytes[8];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(number >> (8 * (size - 1 - i)));
    text_append_bytes(out, bytes, size);
}

void write_int8(struct text *out, int8_t number) {
    put(out, (uint8_t)number, 1);
}

void write_int16(struct text *out, int16_t number) {
    put(out, (uint16_t)number, 2);
}

void write_int32(struct text *out, int32_t number) {
    put(out, (uint32_t)number, 4);
}

void write_int64(struct text *out, int64_t number) {
    put(out, (uint64_t)number, 8);
}

void write_view(struct text *out, struct view view) {
    write_int16(out, view.data ? (int16_t)view.size : -1);
    if (view.data)
        text_append(out, view);
}

void write_string(struct text *out, const char *string) {
    write_view(out, view_of(string));
}

void write_bytes(struct text *out, struct view bytes) {
    write_int32(out, bytes.data ? (int32_t)bytes.size : -1);
    if (bytes.data)
        text_append(out, bytes);
}

void write_varint(struct text *out, uint32_t number) {
    while (number >= 0x80) {
        write_int8(out, (int8_t)(number | 0x80));
        number >>= 7;
    }
    write_int8(out, (int8_t)number);
}

void set_int32(struct text *out, size_t position, int32_t number) {
    for (int i = 0; i < 4; i++)
        out->data[position + (size_t)i] = (char)((uint32_t)number >> (24 - 8 * i));
}
