/* Values as compact bytes for state, snapshots and changelogs: a tag, then a varint or the bytes. */
#include <string.h>

#include "foundation/value/value.h"

enum { DEPTH_MOST = 128 }; /* more than any format nests: what was packed can be unpacked */

static void pack_varint(struct text *out, uint64_t number) {
    char bytes[10];
    size_t count = 0;
    while (number >= 0x80) {
        bytes[count++] = (char)(number | 0x80);
        number >>= 7;
    }
    bytes[count++] = (char)number;
    text_append_bytes(out, bytes, count);
}

static uint64_t zigzag(int64_t number) {
    return (uint64_t)number << 1 ^ (uint64_t)(number >> 63);
}

void value_pack(struct text *out, struct value v) {
    text_append_char(out, (char)v.tag);
    switch (v.tag) {
    case VALUE_NULL:
        break;
    case VALUE_BOOLEAN:
        text_append_char(out, (char)v.boolean);
        break;
    case VALUE_DOUBLE:
        text_append_bytes(out, &v.real, sizeof v.real);
        break;
    case VALUE_DECIMAL:
        text_append_bytes(out, v.decimal, sizeof *v.decimal);
        break;
    case VALUE_STRING:
    case VALUE_BYTES:
        pack_varint(out, v.size);
        text_append(out, value_view(v));
        break;
    case VALUE_ARRAY:
    case VALUE_MAP:
    case VALUE_STRUCT:
        pack_varint(out, v.size);
        for (size_t i = 0; i < (v.tag == VALUE_MAP ? (size_t)v.size * 2 : v.size); i++)
            value_pack(out, v.items[i]);
        break;
    default:
        pack_varint(out, zigzag(v.integer));
    }
}

static bool take(struct view *bytes, size_t size, const char **data) {
    if (bytes->size < size)
        return false;
    *data = bytes->data;
    bytes->data += size;
    bytes->size -= size;
    return true;
}

static bool take_varint(struct view *bytes, uint64_t *number) {
    *number = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        const char *byte;
        if (!take(bytes, 1, &byte))
            return false;
        *number |= (uint64_t)(*byte & 0x7f) << shift;
        if (!(*byte & 0x80))
            return true;
    }
    return false;
}

/* Each item takes at least one byte, so all counts together are at most the bytes: `budget` keeps damaged ones from
 * asking for more memory than that. */
static int unpack(struct view *bytes, struct arena *arena, struct value *v, size_t *budget, int depth) {
    const char *data;
    uint64_t number = 0;
    if (depth > DEPTH_MOST || !take(bytes, 1, &data))
        return -1;
    *v = (struct value){.tag = (uint8_t)*data};
    switch (v->tag) {
    case VALUE_NULL:
        return 0;
    case VALUE_BOOLEAN:
        if (!take(bytes, 1, &data) || (unsigned char)*data > 1)
            return -1;
        v->boolean = *data != 0;
        return 0;
    case VALUE_DOUBLE:
        if (!take(bytes, sizeof v->real, &data))
            return -1;
        memcpy(&v->real, data, sizeof v->real);
        return 0;
    case VALUE_DECIMAL: {
        if (!take(bytes, sizeof *v->decimal, &data))
            return -1;
        __int128 *copy = arena_allocate(arena, sizeof *copy);
        memcpy(copy, data, sizeof *copy);
        v->decimal = copy;
        return 0;
    }
    case VALUE_STRING:
    case VALUE_BYTES:
        if (!take_varint(bytes, &number) || number > UINT32_MAX || !take(bytes, (size_t)number, &data))
            return -1;
        v->size = (uint32_t)number;
        v->bytes = data;
        return 0;
    case VALUE_ARRAY:
    case VALUE_MAP:
    case VALUE_STRUCT: {
        if (!take_varint(bytes, &number) || number > UINT32_MAX)
            return -1;
        size_t count = (size_t)number * (v->tag == VALUE_MAP ? 2 : 1);
        if (count > bytes->size || count > *budget)
            return -1;
        *budget -= count;
        struct value *items = arena_allocate(arena, count * sizeof *items);
        for (size_t i = 0; i < count; i++)
            if (unpack(bytes, arena, &items[i], budget, depth + 1) != 0)
                return -1;
        v->size = (uint32_t)number;
        v->items = items;
        return 0;
    }
    case VALUE_INTEGER:
    case VALUE_BIGINT:
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_TIMESTAMP:
        if (!take_varint(bytes, &number))
            return -1;
        v->integer = (int64_t)(number >> 1) ^ -(int64_t)(number & 1);
        return v->tag == VALUE_INTEGER && v->integer != (int32_t)v->integer ? -1 : 0;
    default:
        return -1;
    }
}

int value_unpack(struct view *bytes, struct arena *arena, struct value *v) {
    size_t budget = bytes->size;
    return unpack(bytes, arena, v, &budget, 0);
}
