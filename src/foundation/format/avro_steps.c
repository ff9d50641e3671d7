#include "foundation/format/avro_steps.h"

#include <string.h>

#include "foundation/base/utf8.h"

enum { NOT_NULLABLE = 0xff, LONGEST_NUMBER = 10 };

struct avro_step {
    const struct avro_field *field;
    const struct sql_type *type; /* NULL: the field is passed over, and written as null */
    int column;
    uint8_t tag;                       /* of the values it takes; VALUE_NULL: it takes none */
    uint8_t null_branch, value_branch; /* as they stand in the bytes */
};

static uint8_t tag_of(const struct avro_node *node, const struct sql_type *type) {
    if (node->logical != AVRO_PLAIN)
        return VALUE_NULL;
    switch (type->base) {
    case SQL_BOOLEAN:
        return node->kind == AVRO_KIND_BOOLEAN ? VALUE_BOOLEAN : VALUE_NULL;
    case SQL_INTEGER:
        return node->kind == AVRO_KIND_INT ? VALUE_INTEGER : VALUE_NULL;
    case SQL_BIGINT:
        return node->kind == AVRO_KIND_LONG ? VALUE_BIGINT : VALUE_NULL;
    case SQL_DOUBLE:
        return node->kind == AVRO_KIND_DOUBLE ? VALUE_DOUBLE : VALUE_NULL;
    case SQL_STRING:
        return node->kind == AVRO_KIND_STRING ? VALUE_STRING : VALUE_NULL;
    default:
        return VALUE_NULL;
    }
}

static struct avro_step step_of(const struct avro_field *field, int column, const struct sql_type *type) {
    struct avro_step step = {.field = field, .type = type, .column = column, .null_branch = NOT_NULLABLE};
    const struct avro_node *node = field->type;
    if (!type)
        return step;
    if (node->kind == AVRO_KIND_UNION) {
        if (node->count != 2 ||
            (node->branches[0]->kind == AVRO_KIND_NULL) == (node->branches[1]->kind == AVRO_KIND_NULL))
            return step;
        bool first = node->branches[0]->kind == AVRO_KIND_NULL;
        step.null_branch = first ? 0 : 2;
        step.value_branch = first ? 2 : 0;
        node = node->branches[first ? 1 : 0];
    }
    step.tag = tag_of(node, type);
    return step;
}

const struct avro_step *avro_steps(const struct avro_node *record, const int *map, const struct column *columns,
                                   struct arena *arena) {
    struct avro_step *steps = arena_allocate(arena, (record->count + 1) * sizeof *steps);
    for (size_t i = 0; i < record->count; i++)
        steps[i] = step_of(&record->fields[i], map[i], map[i] >= 0 ? columns[map[i]].type : NULL);
    return steps;
}

static inline bool read_long(const char **from, const char *end, int64_t *number) {
    const char *at = *from;
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 63 && at < end; shift += 7) {
        uint64_t byte = (unsigned char)*at++;
        value |= (byte & 0x7f) << shift;
        if (byte < 0x80) {
            *number = (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
            *from = at;
            return true;
        }
    }
    return false;
}

/* false leaves the reader where it was. */
static inline bool read_plain(const struct avro_step *step, struct avro_reader *reader, struct value *value) {
    const char *at = reader->at, *end = reader->end;
    int64_t number;
    if (step->tag == VALUE_NULL)
        return false;
    if (step->null_branch != NOT_NULLABLE) {
        if (at == end)
            return false;
        uint8_t branch = (uint8_t)*at++;
        if (branch == step->null_branch) {
            *value = value_null();
            reader->at = at;
            return true;
        }
        if (branch != step->value_branch)
            return false;
    }
    switch (step->tag) {
    case VALUE_STRING:
        if (!read_long(&at, end, &number) || number < 0 || number > end - at ||
            !utf8_valid((struct view){at, (size_t)number}))
            return false;
        *value = value_string((struct view){at, (size_t)number});
        at += number;
        break;
    case VALUE_BIGINT:
        if (!read_long(&at, end, &number))
            return false;
        *value = value_bigint(number);
        break;
    case VALUE_INTEGER:
        if (!read_long(&at, end, &number) || number < INT32_MIN || number > INT32_MAX)
            return false;
        *value = value_integer((int32_t)number);
        break;
    case VALUE_DOUBLE: {
        double real;
        if (end - at < (ptrdiff_t)sizeof real)
            return false;
        memcpy(&real, at, sizeof real);
        *value = value_double(real);
        at += sizeof real;
        break;
    }
    default:
        if (at == end || (unsigned char)*at > 1)
            return false;
        *value = value_boolean(*at++ != 0);
    }
    reader->at = at;
    return true;
}

int avro_steps_read(const struct avro_step *steps, size_t count, struct avro_reader *reader, struct value *values) {
    struct value ignored;
    for (const struct avro_step *step = steps; step < steps + count; step++) {
        struct value *value = step->type ? &values[step->column] : &ignored;
        if (!read_plain(step, reader, value) && avro_format_read(reader, step->field->type, step->type, value) != 0)
            return error_wrap(reader->error, "field %.*s", VIEW_ARGS(step->field->name));
    }
    return 0;
}

static inline char *write_long(char *at, int64_t number) {
    uint64_t value = (uint64_t)number << 1 ^ (uint64_t)(number >> 63);
    for (; value >= 0x80; value >>= 7)
        *at++ = (char)(value | 0x80);
    *at++ = (char)value;
    return at;
}

/* false: nothing was written. */
static inline bool write_plain(const struct avro_step *step, struct value value, struct text *out) {
    bool nullable = step->null_branch != NOT_NULLABLE;
    if (value.tag != step->tag && !(value.tag == VALUE_NULL && nullable && step->type))
        return false;
    size_t most = LONGEST_NUMBER + 2 + (value.tag == VALUE_STRING ? value.size : 0);
    if (out->size + most > out->capacity)
        text_reserve(out, most);
    char *at = out->data + out->size;
    if (nullable)
        *at++ = (char)(value.tag == VALUE_NULL ? step->null_branch : step->value_branch);
    switch (value.tag) {
    case VALUE_NULL:
        if (!nullable)
            return false;
        break;
    case VALUE_STRING:
        at = write_long(at, value.size);
        if (value.size)
            memcpy(at, value.bytes, value.size);
        at += value.size;
        break;
    case VALUE_DOUBLE:
        memcpy(at, &value.real, sizeof value.real);
        at += sizeof value.real;
        break;
    case VALUE_BOOLEAN:
        *at++ = (char)value.boolean;
        break;
    default:
        at = write_long(at, value.integer);
    }
    *at = '\0';
    out->size = (size_t)(at - out->data);
    return true;
}

int avro_steps_write(const struct avro_step *steps, size_t count, const struct value *values, struct text *out,
                     struct error *error) {
    for (const struct avro_step *step = steps; step < steps + count; step++) {
        struct value value = step->type ? values[step->column] : value_null();
        if (!write_plain(step, value, out) && avro_field_write(step->field, step->type, value, out, error) != 0)
            return error_wrap(error, "field %.*s", VIEW_ARGS(step->field->name));
    }
    return 0;
}
