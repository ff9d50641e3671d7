#include "foundation/format/avro_read.h"

#include <string.h>

#include "foundation/base/utf8.h"
#include "foundation/format/formats.h"

enum { DEPTH_MOST = 64 };

struct avro_reader avro_reader_of(struct view bytes, struct arena *arena, struct error *error) {
    return (struct avro_reader){bytes.data, bytes.data, bytes.data + bytes.size, arena, error, 0};
}

int avro_wrong(struct avro_reader *reader, const char *what) {
    return error_set(reader->error, ERROR_CORRUPT, "Avro, byte %zu: %s", (size_t)(reader->at - reader->start), what);
}

bool avro_read_long(struct avro_reader *reader, int64_t *number) {
    uint64_t value = 0;
    for (int shift = 0; shift < 64 && reader->at < reader->end; shift += 7) {
        unsigned char byte = (unsigned char)*reader->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *number = (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
            return true;
        }
    }
    return false;
}

static bool take(struct avro_reader *reader, int64_t size, struct view *bytes) {
    if (size < 0 || size > reader->end - reader->at)
        return false;
    *bytes = (struct view){reader->at, (size_t)size};
    reader->at += size;
    return true;
}

int avro_read_end(struct avro_reader *reader) {
    return reader->at == reader->end ? 0 : avro_wrong(reader, "more bytes after the value");
}

static int mismatch(struct avro_reader *reader, const struct avro_node *node, const struct sql_type *type) {
    return error_set(reader->error, ERROR_CORRUPT, "Avro, byte %zu: a %s is no %s",
                     (size_t)(reader->at - reader->start), avro_kind_name(node->kind), sql_base_name(type->base));
}

static int whole_number(struct avro_reader *reader, const struct avro_node *node, int64_t number,
                        const struct sql_type *type, struct value *value) {
    switch (type->base) {
    case SQL_INTEGER:
        if (number < INT32_MIN || number > INT32_MAX)
            return mismatch(reader, node, type);
        *value = value_integer((int32_t)number);
        return 0;
    case SQL_BIGINT:
        *value = value_bigint(number);
        return 0;
    case SQL_DOUBLE:
        *value = value_double((double)number);
        return 0;
    case SQL_DATE:
        *value = (struct value){.tag = VALUE_DATE, .integer = number};
        return 0;
    case SQL_TIME:
        *value = (struct value){.tag = VALUE_TIME, .integer = node->logical == AVRO_TIME_US ? number / 1000 : number};
        return 0;
    case SQL_TIMESTAMP:
        *value = (struct value){.tag = VALUE_TIMESTAMP,
                                .integer = node->logical == AVRO_TIMESTAMP_US ? number / 1000 : number};
        return 0;
    case SQL_STRING: {
        char *text = arena_format(reader->arena, "%lld", (long long)number);
        *value = value_string(view_of(text));
        return 0;
    }
    default:
        return mismatch(reader, node, type);
    }
}

static int raw_bytes(struct avro_reader *reader, const struct avro_node *node, struct view bytes,
                     const struct sql_type *type, struct value *value) {
    if (type->base == SQL_DECIMAL) {
        __int128 *decimal = arena_allocate(reader->arena, sizeof *decimal);
        if (!decimal_from_bytes(bytes, decimal))
            return mismatch(reader, node, type);
        *value = (struct value){.tag = VALUE_DECIMAL, .decimal = decimal};
    } else if (type->base == SQL_STRING) {
        if (!utf8_valid(bytes))
            return avro_wrong(reader, "a string is not UTF-8");
        *value = value_string(bytes);
    } else if (type->base == SQL_BYTES) {
        *value = value_bytes(bytes);
    } else {
        return mismatch(reader, node, type);
    }
    return 0;
}

/* Blocks of an array or map: a count (negative: a size in bytes follows), items, a zero at the end. */
static int read_block(struct avro_reader *reader, int64_t *count) {
    int64_t bytes;
    if (!avro_read_long(reader, count))
        return avro_wrong(reader, "a list is cut off");
    if (*count < 0) {
        if (*count == INT64_MIN || !avro_read_long(reader, &bytes))
            return avro_wrong(reader, "a list is cut off");
        *count = -*count;
    }
    return 0;
}

struct gathered {
    struct value *items;
    size_t count, capacity;
};

static struct value *gather(struct avro_reader *reader, struct gathered *gathered, size_t more) {
    if (gathered->count + more > gathered->capacity) {
        size_t capacity = gathered->capacity ? gathered->capacity * 2 : 8;
        struct value *items = arena_allocate(reader->arena, capacity * sizeof *items);
        if (gathered->count)
            memcpy(items, gathered->items, gathered->count * sizeof *items);
        gathered->items = items;
        gathered->capacity = capacity;
    }
    struct value *at = &gathered->items[gathered->count];
    gathered->count += more;
    return at;
}

static int read_list(struct avro_reader *reader, const struct avro_node *node, const struct sql_type *type,
                     struct value *value) {
    struct gathered gathered = {0};
    bool entries = node->kind == AVRO_KIND_ARRAY && node->map_entries && (!type || type->base == SQL_MAP);
    bool wanted = type && (node->kind == AVRO_KIND_MAP || entries ? type->base == SQL_MAP : type->base == SQL_ARRAY);
    if (type && !wanted)
        return mismatch(reader, node, type);
    for (;;) {
        int64_t count = 0;
        if (read_block(reader, &count) != 0)
            return -1;
        if (count == 0)
            break;
        for (int64_t i = 0; i < count; i++) {
            const char *before = reader->at;
            struct value ignored[2], *to = wanted ? gather(reader, &gathered, type->base == SQL_MAP ? 2 : 1) : ignored;
            int result;
            if (entries) {
                result = avro_format_read(reader, node->items->fields[0].type, wanted ? type->key : NULL, &to[0]);
                if (result == 0)
                    result =
                        avro_format_read(reader, node->items->fields[1].type, wanted ? type->element : NULL, &to[1]);
            } else if (node->kind == AVRO_KIND_MAP) {
                int64_t size;
                struct view key;
                if (!avro_read_long(reader, &size) || !take(reader, size, &key))
                    return avro_wrong(reader, "a map's key is cut off");
                if (wanted && !utf8_valid(key))
                    return avro_wrong(reader, "a map's key is not UTF-8");
                if (wanted)
                    to[0] = value_string(key);
                result = avro_format_read(reader, node->items, wanted ? type->element : NULL, &to[1]);
            } else {
                result = avro_format_read(reader, node->items, wanted ? type->element : NULL, &to[0]);
            }
            if (result != 0)
                return -1;
            if (reader->at == before && count > 1 << 20)
                return avro_wrong(reader, "a list of a million nothings"); /* null items take no bytes */
        }
    }
    if (wanted) {
        bool map = type->base == SQL_MAP;
        *value = (struct value){.tag = map ? VALUE_MAP : VALUE_ARRAY,
                                .size = (uint32_t)(map ? gathered.count / 2 : gathered.count),
                                .items = gathered.items};
    }
    return 0;
}

static int read_struct(struct avro_reader *reader, const struct avro_node *node, const struct sql_type *type,
                       struct value *value) {
    struct value *items = NULL;
    if (type && type->base != SQL_STRUCT)
        return mismatch(reader, node, type);
    if (type) {
        items = arena_allocate(reader->arena, type->field_count * sizeof *items);
        columns_clear(items, type->field_count);
    }
    for (size_t i = 0; i < node->count; i++) {
        struct value ignored;
        size_t at = 0;
        while (type && at < type->field_count && !view_equal_ignoring_case(type->fields[at].name, node->fields[i].name))
            at++;
        bool wanted = type && at < type->field_count;
        if (avro_format_read(reader, node->fields[i].type, wanted ? type->fields[at].type : NULL,
                             wanted ? &items[at] : &ignored) != 0)
            return -1;
    }
    if (type)
        *value = (struct value){.tag = VALUE_STRUCT, .size = (uint32_t)type->field_count, .items = items};
    return 0;
}

static int read_union(struct avro_reader *reader, const struct avro_node *node, const struct sql_type *type,
                      struct value *value) {
    int64_t branch;
    size_t others = 0;
    if (!avro_read_long(reader, &branch) || branch < 0 || (uint64_t)branch >= node->count)
        return avro_wrong(reader, "a union has no such branch");
    const struct avro_node *chosen = node->branches[branch];
    for (size_t i = 0; i < node->count; i++)
        others += node->branches[i]->kind != AVRO_KIND_NULL;
    if (!type || others <= 1 || type->base != SQL_STRUCT || chosen->kind == AVRO_KIND_NULL)
        return avro_format_read(reader, chosen, type, value);
    /* a union of many is a struct with one field set */
    struct value *items = arena_allocate(reader->arena, type->field_count * sizeof *items);
    columns_clear(items, type->field_count);
    struct view name = chosen->name.size ? chosen->name : view_of(avro_kind_name(chosen->kind));
    for (size_t i = 0; i < type->field_count; i++) {
        if (!view_equal_ignoring_case(type->fields[i].name, name))
            continue;
        if (avro_format_read(reader, chosen, type->fields[i].type, &items[i]) != 0)
            return -1;
        *value = (struct value){.tag = VALUE_STRUCT, .size = (uint32_t)type->field_count, .items = items};
        return 0;
    }
    *value = value_null();
    return avro_format_read(reader, chosen, NULL, NULL);
}

static int read_any(struct avro_reader *reader, const struct avro_node *node, const struct sql_type *type,
                    struct value *value) {
    int64_t number;
    struct view bytes;
    switch (node->kind) {
    case AVRO_KIND_NULL:
        if (type)
            *value = value_null();
        return 0;
    case AVRO_KIND_BOOLEAN:
        if (!take(reader, 1, &bytes) || (unsigned char)bytes.data[0] > 1)
            return avro_wrong(reader, "no boolean");
        if (type && type->base != SQL_BOOLEAN)
            return mismatch(reader, node, type);
        if (type)
            *value = value_boolean(bytes.data[0] != 0);
        return 0;
    case AVRO_KIND_INT:
    case AVRO_KIND_LONG:
        if (!avro_read_long(reader, &number))
            return avro_wrong(reader, "a number is cut off");
        return type ? whole_number(reader, node, number, type, value) : 0;
    case AVRO_KIND_FLOAT:
    case AVRO_KIND_DOUBLE: {
        double real;
        float single;
        bool narrow = node->kind == AVRO_KIND_FLOAT;
        if (!take(reader, narrow ? 4 : 8, &bytes))
            return avro_wrong(reader, "a number is cut off");
        if (narrow) {
            memcpy(&single, bytes.data, 4);
            real = (double)single;
        } else {
            memcpy(&real, bytes.data, 8);
        }
        if (type && type->base != SQL_DOUBLE)
            return mismatch(reader, node, type);
        if (type)
            *value = value_double(real);
        return 0;
    }
    case AVRO_KIND_BYTES:
    case AVRO_KIND_STRING:
        if (!avro_read_long(reader, &number) || !take(reader, number, &bytes))
            return avro_wrong(reader, "a text is cut off");
        return type ? raw_bytes(reader, node, bytes, type, value) : 0;
    case AVRO_KIND_FIXED:
        if (!take(reader, (int64_t)node->count, &bytes))
            return avro_wrong(reader, "a fixed is cut off");
        return type ? raw_bytes(reader, node, bytes, type, value) : 0;
    case AVRO_KIND_ENUM:
        if (!avro_read_long(reader, &number) || number < 0 || (uint64_t)number >= node->count)
            return avro_wrong(reader, "an enum has no such symbol");
        if (type && type->base != SQL_STRING)
            return mismatch(reader, node, type);
        if (type)
            *value = value_string(node->symbols[number]);
        return 0;
    case AVRO_KIND_RECORD:
        return read_struct(reader, node, type, value);
    case AVRO_KIND_ARRAY:
    case AVRO_KIND_MAP:
        return read_list(reader, node, type, value);
    case AVRO_KIND_UNION:
        return read_union(reader, node, type, value);
    }
    return avro_wrong(reader, "unknown type");
}

int avro_format_read(struct avro_reader *reader, const struct avro_node *node, const struct sql_type *type,
                     struct value *value) {
    if (++reader->depth > DEPTH_MOST)
        return avro_wrong(reader, "nested too deeply");
    int result = read_any(reader, node, type, value);
    reader->depth--;
    return result;
}
