#include <string.h>

#include "foundation/base/clock.h"
#include "foundation/format/formats.h"

struct column *columns_copy(struct arena *arena, const struct column *columns, size_t count) {
    struct column *copy = arena_allocate(arena, count * sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i] = (struct column){arena_copy_view(arena, columns[i].name), sql_type_copy(arena, columns[i].type)};
    return copy;
}

void columns_clear(struct value *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        values[i] = value_null();
}

void columns_print(struct text *out, const struct column *columns, size_t count, bool are_keys) {
    for (size_t i = 0; i < count; i++) {
        text_append_format(out, "%s`%.*s` ", i ? ", " : "", VIEW_ARGS(columns[i].name));
        sql_type_print(out, columns[i].type);
        if (are_keys)
            text_append_string(out, " KEY");
    }
}

struct view name_for_column(struct arena *arena, struct view name, bool keep_case) {
    char *copy = arena_copy_bytes(arena, name.data, name.size);
    for (size_t i = 0; !keep_case && i < name.size; i++)
        if (copy[i] >= 'a' && copy[i] <= 'z')
            copy[i] = (char)(copy[i] - 32);
    return (struct view){copy, name.size};
}

bool decimal_from_bytes(struct view bytes, __int128 *number) {
    if (bytes.size == 0 || bytes.size > 16)
        return false;
    unsigned __int128 value = bytes.data[0] < 0 ? ~(unsigned __int128)0 : 0;
    for (size_t i = 0; i < bytes.size; i++)
        value = value << 8 | (unsigned char)bytes.data[i];
    *number = (__int128)value;
    return true;
}

size_t decimal_to_bytes(__int128 number, char bytes[17]) {
    size_t size = 1;
    while (size < 16) {
        __int128 rest = number >> (8 * size - 1);
        if (rest == 0 || rest == -1)
            break;
        size++;
    }
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(number >> (8 * (size - 1 - i)));
    return size;
}

static bool text_keys(const struct sql_type *type) {
    if (type->base == SQL_MAP && type->key->base != SQL_STRING)
        return false;
    if ((type->base == SQL_MAP || type->base == SQL_ARRAY) && !text_keys(type->element))
        return false;
    for (size_t i = 0; type->base == SQL_STRUCT && i < type->field_count; i++)
        if (!text_keys(type->fields[i].type))
            return false;
    return true;
}

bool maps_have_text_keys(const struct column *columns, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!text_keys(columns[i].type))
            return false;
    return true;
}
