#include <string.h>

#include "foundation/format/avro_read.h"
#include "foundation/format/formats.h"

void avro_write_long(struct text *out, int64_t number) {
    uint64_t value = (uint64_t)number << 1 ^ (uint64_t)(number >> 63);
    char bytes[10];
    size_t size = 0;
    while (value >= 0x80) {
        bytes[size++] = (char)(value | 0x80);
        value >>= 7;
    }
    bytes[size++] = (char)value;
    text_append_bytes(out, bytes, size);
}

static int mismatch(const struct avro_node *node, struct value value, struct error *error) {
    static const char *const tags[] = {"NULL",  "BOOLEAN", "INTEGER", "BIGINT",    "DOUBLE", "DECIMAL", "STRING",
                                       "BYTES", "DATE",    "TIME",    "TIMESTAMP", "ARRAY",  "MAP",     "STRUCT"};
    return error_set(error, ERROR_INVALID, "Avro: the registered schema has a %s where a %s is to be written",
                     avro_kind_name(node->kind), tags[value.tag]);
}

static bool fits(const struct avro_node *node, struct value value) {
    switch (node->kind) {
    case AVRO_KIND_NULL:
        return value.tag == VALUE_NULL;
    case AVRO_KIND_BOOLEAN:
        return value.tag == VALUE_BOOLEAN;
    case AVRO_KIND_INT:
        return value.tag == VALUE_INTEGER || value.tag == VALUE_DATE || value.tag == VALUE_TIME;
    case AVRO_KIND_LONG:
        return value.tag == VALUE_BIGINT || value.tag == VALUE_INTEGER || value.tag == VALUE_TIMESTAMP ||
               value.tag == VALUE_TIME;
    case AVRO_KIND_FLOAT:
    case AVRO_KIND_DOUBLE:
        return value.tag == VALUE_DOUBLE || value.tag == VALUE_INTEGER || value.tag == VALUE_BIGINT;
    case AVRO_KIND_BYTES:
    case AVRO_KIND_FIXED:
        return value.tag == VALUE_BYTES || value.tag == VALUE_DECIMAL;
    case AVRO_KIND_STRING:
    case AVRO_KIND_ENUM:
        return value.tag == VALUE_STRING;
    case AVRO_KIND_RECORD:
        return value.tag == VALUE_STRUCT;
    case AVRO_KIND_ARRAY:
        return node->map_entries ? value.tag == VALUE_MAP || value.tag == VALUE_ARRAY : value.tag == VALUE_ARRAY;
    case AVRO_KIND_MAP:
        return value.tag == VALUE_MAP;
    case AVRO_KIND_UNION:
        return true;
    }
    return false;
}

static void write_bytes(struct text *out, struct view bytes) {
    avro_write_long(out, (int64_t)bytes.size);
    text_append(out, bytes);
}

static bool holds_null(const struct avro_node *node) {
    bool holds = node->kind == AVRO_KIND_NULL;
    for (size_t i = 0; node->kind == AVRO_KIND_UNION && i < node->count; i++)
        holds |= node->branches[i]->kind == AVRO_KIND_NULL;
    return holds;
}

int avro_field_write(const struct avro_field *field, const struct sql_type *type, struct value value, struct text *out,
                     struct error *error) {
    if (value.tag != VALUE_NULL || !field->fallback.data || holds_null(field->type))
        return avro_format_write(field->type, type, value, out, error);
    text_append(out, field->fallback);
    return 0;
}

static int write_struct(const struct avro_node *node, const struct sql_type *type, struct value value, struct text *out,
                        struct error *error) {
    for (size_t i = 0; i < node->count; i++) {
        size_t at = 0;
        while (type && at < type->field_count && !view_equal_ignoring_case(type->fields[at].name, node->fields[i].name))
            at++;
        bool have = type && at < type->field_count;
        if (avro_field_write(&node->fields[i], have ? type->fields[at].type : NULL,
                             have ? value.items[at] : value_null(), out, error) != 0)
            return -1;
    }
    return 0;
}

static int write_list(const struct avro_node *node, const struct sql_type *type, struct value value, struct text *out,
                      struct error *error) {
    bool map = value.tag == VALUE_MAP;
    if (value.size)
        avro_write_long(out, value.size);
    for (uint32_t i = 0; i < value.size; i++) {
        const struct sql_type *element = type ? type->element : NULL;
        if (map && node->kind == AVRO_KIND_MAP) {
            if (value.items[2 * i].tag != VALUE_STRING)
                return mismatch(node, value.items[2 * i], error);
            write_bytes(out, value_view(value.items[2 * i]));
            if (avro_format_write(node->items, element, value.items[2 * i + 1], out, error) != 0)
                return -1;
        } else if (map) {
            if (avro_format_write(node->items->fields[0].type, type ? type->key : NULL, value.items[2 * i], out,
                                  error) != 0 ||
                avro_format_write(node->items->fields[1].type, element, value.items[2 * i + 1], out, error) != 0)
                return -1;
        } else if (avro_format_write(node->items, element, value.items[i], out, error) != 0) {
            return -1;
        }
    }
    avro_write_long(out, 0);
    return 0;
}

int avro_format_write(const struct avro_node *node, const struct sql_type *type, struct value value, struct text *out,
                      struct error *error) {
    if (!fits(node, value))
        return mismatch(node, value, error);
    switch (node->kind) {
    case AVRO_KIND_NULL:
        return 0;
    case AVRO_KIND_BOOLEAN:
        text_append_char(out, (char)value.boolean);
        return 0;
    case AVRO_KIND_INT:
    case AVRO_KIND_LONG:
        avro_write_long(out, node->logical == AVRO_TIME_US || node->logical == AVRO_TIMESTAMP_US ? value.integer * 1000
                                                                                                 : value.integer);
        return 0;
    case AVRO_KIND_FLOAT: {
        float single = value.tag == VALUE_DOUBLE ? (float)value.real : (float)value.integer;
        text_append_bytes(out, &single, sizeof single);
        return 0;
    }
    case AVRO_KIND_DOUBLE: {
        double real = value.tag == VALUE_DOUBLE ? value.real : (double)value.integer;
        text_append_bytes(out, &real, sizeof real);
        return 0;
    }
    case AVRO_KIND_BYTES:
    case AVRO_KIND_FIXED: {
        char buffer[17];
        struct view bytes = value.tag == VALUE_BYTES ? value_view(value)
                                                     : (struct view){buffer, decimal_to_bytes(*value.decimal, buffer)};
        if (node->kind == AVRO_KIND_BYTES) {
            write_bytes(out, bytes);
            return 0;
        }
        if (value.tag == VALUE_DECIMAL) { /* sign fills up to the fixed size */
            for (size_t i = bytes.size; i < node->count; i++)
                text_append_char(out, *value.decimal < 0 ? (char)0xff : 0);
        } else if (bytes.size != node->count) {
            return mismatch(node, value, error);
        }
        text_append(out, bytes);
        return 0;
    }
    case AVRO_KIND_STRING:
        write_bytes(out, value_view(value));
        return 0;
    case AVRO_KIND_ENUM:
        for (size_t i = 0; i < node->count; i++) {
            if (view_equal(node->symbols[i], value_view(value))) {
                avro_write_long(out, (int64_t)i);
                return 0;
            }
        }
        return mismatch(node, value, error);
    case AVRO_KIND_RECORD:
        return write_struct(node, type, value, out, error);
    case AVRO_KIND_ARRAY:
    case AVRO_KIND_MAP:
        return write_list(node, type, value, out, error);
    case AVRO_KIND_UNION:
        for (size_t i = 0; i < node->count; i++) {
            if (fits(node->branches[i], value)) {
                avro_write_long(out, (int64_t)i);
                return avro_format_write(node->branches[i], type, value, out, error);
            }
        }
        return mismatch(node, value, error);
    }
    return -1;
}
