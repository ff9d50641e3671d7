#include "foundation/value/type.h"

const struct sql_type sql_boolean = {.base = SQL_BOOLEAN}, sql_integer = {.base = SQL_INTEGER},
                      sql_bigint = {.base = SQL_BIGINT}, sql_double = {.base = SQL_DOUBLE},
                      sql_string = {.base = SQL_STRING}, sql_bytes = {.base = SQL_BYTES}, sql_date = {.base = SQL_DATE},
                      sql_time = {.base = SQL_TIME}, sql_timestamp = {.base = SQL_TIMESTAMP};

const struct sql_type *sql_type_decimal(struct arena *arena, int precision, int scale) {
    struct sql_type *type = arena_zero(arena, sizeof *type);
    *type = (struct sql_type){.base = SQL_DECIMAL, .precision = precision, .scale = scale};
    return type;
}

const struct sql_type *sql_type_array(struct arena *arena, const struct sql_type *element) {
    struct sql_type *type = arena_zero(arena, sizeof *type);
    *type = (struct sql_type){.base = SQL_ARRAY, .element = element};
    return type;
}

const struct sql_type *sql_type_map(struct arena *arena, const struct sql_type *key, const struct sql_type *element) {
    struct sql_type *type = arena_zero(arena, sizeof *type);
    *type = (struct sql_type){.base = SQL_MAP, .key = key, .element = element};
    return type;
}

const struct sql_type *sql_type_struct(struct arena *arena, const struct sql_field *fields, size_t count) {
    struct sql_type *type = arena_zero(arena, sizeof *type);
    struct sql_field *copy = arena_allocate(arena, count * sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i] = (struct sql_field){arena_copy_view(arena, fields[i].name), fields[i].type};
    *type = (struct sql_type){.base = SQL_STRUCT, .fields = copy, .field_count = count};
    return type;
}

const struct sql_type *sql_type_copy(struct arena *arena, const struct sql_type *type) {
    static const struct sql_type *const plain[] = {
        [SQL_BOOLEAN] = &sql_boolean, [SQL_INTEGER] = &sql_integer, [SQL_BIGINT] = &sql_bigint,
        [SQL_DOUBLE] = &sql_double,   [SQL_STRING] = &sql_string,   [SQL_BYTES] = &sql_bytes,
        [SQL_DATE] = &sql_date,       [SQL_TIME] = &sql_time,       [SQL_TIMESTAMP] = &sql_timestamp,
        [SQL_STRUCT] = NULL};
    if (!type)
        return NULL;
    if (plain[type->base])
        return plain[type->base];
    if (type->base == SQL_DECIMAL)
        return sql_type_decimal(arena, type->precision, type->scale);
    if (type->base == SQL_ARRAY)
        return sql_type_array(arena, sql_type_copy(arena, type->element));
    if (type->base == SQL_MAP)
        return sql_type_map(arena, sql_type_copy(arena, type->key), sql_type_copy(arena, type->element));
    struct sql_field *fields = arena_allocate(arena, type->field_count * sizeof *fields);
    for (size_t i = 0; i < type->field_count; i++)
        fields[i] = (struct sql_field){type->fields[i].name, sql_type_copy(arena, type->fields[i].type)};
    return sql_type_struct(arena, fields, type->field_count);
}

bool sql_type_equal(const struct sql_type *a, const struct sql_type *b) {
    if (a == b)
        return true;
    if (!a || !b || a->base != b->base)
        return false;
    switch (a->base) {
    case SQL_DECIMAL:
        return a->precision == b->precision && a->scale == b->scale;
    case SQL_ARRAY:
        return sql_type_equal(a->element, b->element);
    case SQL_MAP:
        return sql_type_equal(a->key, b->key) && sql_type_equal(a->element, b->element);
    case SQL_STRUCT:
        if (a->field_count != b->field_count)
            return false;
        for (size_t i = 0; i < a->field_count; i++)
            if (!view_equal(a->fields[i].name, b->fields[i].name) ||
                !sql_type_equal(a->fields[i].type, b->fields[i].type))
                return false;
        return true;
    default:
        return true;
    }
}

bool sql_type_is_number(const struct sql_type *type) {
    return type && (type->base == SQL_INTEGER || type->base == SQL_BIGINT || type->base == SQL_DOUBLE ||
                    type->base == SQL_DECIMAL);
}

const char *sql_base_name(enum sql_base base) {
    static const char *const names[] = {
        [SQL_BOOLEAN] = "BOOLEAN", [SQL_INTEGER] = "INTEGER",     [SQL_BIGINT] = "BIGINT", [SQL_DOUBLE] = "DOUBLE",
        [SQL_DECIMAL] = "DECIMAL", [SQL_STRING] = "STRING",       [SQL_BYTES] = "BYTES",   [SQL_DATE] = "DATE",
        [SQL_TIME] = "TIME",       [SQL_TIMESTAMP] = "TIMESTAMP", [SQL_ARRAY] = "ARRAY",   [SQL_MAP] = "MAP",
        [SQL_STRUCT] = "STRUCT"};
    return names[base];
}

void sql_type_print(struct text *out, const struct sql_type *type) {
    text_append_string(out, sql_base_name(type->base));
    switch (type->base) {
    case SQL_DECIMAL:
        text_append_format(out, "(%d, %d)", type->precision, type->scale);
        break;
    case SQL_ARRAY:
    case SQL_MAP:
        text_append_char(out, '<');
        if (type->base == SQL_MAP) {
            sql_type_print(out, type->key);
            text_append_string(out, ", ");
        }
        sql_type_print(out, type->element);
        text_append_char(out, '>');
        break;
    case SQL_STRUCT:
        text_append_char(out, '<');
        for (size_t i = 0; i < type->field_count; i++) {
            text_append_format(out, "%s`%.*s` ", i ? ", " : "", VIEW_ARGS(type->fields[i].name));
            sql_type_print(out, type->fields[i].type);
        }
        text_append_char(out, '>');
        break;
    default:
        break;
    }
}
