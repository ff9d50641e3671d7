#include "server/ksqldb/protobuf.h"

#include <string.h>

enum wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2 };
static const struct {
    enum sql_base base;
    const char *name;
    enum wire wire;
} types[] = {
    {SQL_BOOLEAN, "bool", WIRE_VARINT},   {SQL_INTEGER, "int32", WIRE_VARINT}, {SQL_BIGINT, "int64", WIRE_VARINT},
    {SQL_DOUBLE, "double", WIRE_FIXED64}, {SQL_STRING, "string", WIRE_BYTES},  {SQL_BYTES, "bytes", WIRE_BYTES},
};
enum { TYPES = sizeof types / sizeof *types };

static size_t find(const struct sql_type *type) {
    size_t i = 0;
    while (i < TYPES && types[i].base != type->base)
        i++;
    return i;
}

int protobuf_check(const struct schema *schema, struct fault *fault) {
    struct text type = TEXT_EMPTY;
    for (size_t i = 0; i < schema_count(schema); i++) {
        if (find(schema->columns[i].type) < TYPES)
            continue;
        sql_type_print(&type, schema->columns[i].type);
        fault_set(fault, FAULT_NOT_ACCEPTABLE,
                  "Column %.*s is of type %s, which application/vnd.ksql.v1+protobuf cannot carry here: ask for "
                  "application/vnd.ksql.v1+json",
                  VIEW_ARGS(schema->columns[i].name), text_string(&type));
        text_free(&type);
        return -1;
    }
    return 0;
}

void protobuf_schema(struct text *out, const struct schema *schema) {
    text_append_string(out, "syntax = \"proto3\";\n\nmessage ConnectDefault1 {\n");
    for (size_t i = 0; i < schema_count(schema); i++)
        text_append_format(out, "  %s %.*s = %zu;\n", types[find(schema->columns[i].type)].name,
                           VIEW_ARGS(schema->columns[i].name), i + 1);
    text_append_string(out, "}\n");
}

static void put_varint(struct text *out, uint64_t number) {
    for (; number > 127; number >>= 7)
        text_append_char(out, (char)(number | 128));
    text_append_char(out, (char)number);
}

/* Fields with their default value are not written, as proto3 has it; NULL is none either. */
static void put_field(struct text *out, size_t number, const struct sql_type *type, struct value value) {
    enum wire wire = types[find(type)].wire;
    uint64_t bits = type->base == SQL_BOOLEAN ? value.boolean : (uint64_t)value.integer;
    if (value_is_null(value) || (wire == WIRE_BYTES ? value.size == 0 : bits == 0))
        return;
    put_varint(out, number << 3 | wire);
    if (wire == WIRE_VARINT) {
        put_varint(out, bits);
    } else if (wire == WIRE_FIXED64) {
        memcpy(&bits, &value.real, sizeof bits);
        for (int shift = 0; shift < 64; shift += 8)
            text_append_char(out, (char)(bits >> shift));
    } else {
        put_varint(out, value.size);
        text_append(out, value_view(value));
    }
}

static void put_base64(struct text *out, struct view bytes) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < bytes.size; i += 3) {
        size_t left = bytes.size - i;
        uint32_t group = (uint32_t)(unsigned char)bytes.data[i] << 16;
        if (left > 1)
            group |= (uint32_t)(unsigned char)bytes.data[i + 1] << 8;
        if (left > 2)
            group |= (unsigned char)bytes.data[i + 2];
        text_append_char(out, digits[group >> 18]);
        text_append_char(out, digits[group >> 12 & 63]);
        text_append_char(out, left > 1 ? digits[group >> 6 & 63] : '=');
        text_append_char(out, left > 2 ? digits[group & 63] : '=');
    }
}

void protobuf_row(struct text *out, const struct schema *schema, const struct value *values) {
    struct text message = TEXT_EMPTY;
    for (size_t i = 0; i < schema_count(schema); i++)
        put_field(&message, i + 1, schema->columns[i].type, values[i]);
    put_base64(out, text_view(&message));
    text_free(&message);
}
