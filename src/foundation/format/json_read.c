#include "foundation/format/json_read.h"

#include <math.h>
#include <string.h>

#include "foundation/base/number.h"
#include "foundation/format/formats.h"
#include "foundation/format/json_scan.h"

struct json_reader json_reader_of(struct view text, struct arena *arena, struct error *error) {
    return (struct json_reader){text.data, text.data, text.data + text.size, arena, error, 0};
}

int json_read_end(struct json_reader *reader) {
    json_skip_space(reader);
    return reader->at == reader->end ? 0 : json_wrong(reader, "more text after the value");
}

static int mismatch(struct json_reader *reader, const struct sql_type *type) {
    return error_set(reader->error, ERROR_CORRUPT, "JSON, byte %zu: no %s there", (size_t)(reader->at - reader->start),
                     sql_base_name(type->base));
}

/* Most numbers, each digit looked at once: few digits, perhaps a point, no exponent. What it leaves alone
 * json_scan_number and number_from read, or name what is wrong. */
static bool read_short_number(struct json_reader *reader, const struct sql_type *type, struct value *value) {
    const char *at = reader->at, *end = reader->end;
    bool negative = *at == '-';
    uint64_t digits = 0;
    size_t scale = 0;
    const char *first = at += negative;
    for (; at < end && *at >= '0' && *at <= '9'; at++)
        digits = digits * 10 + (uint64_t)(*at - '0');
    size_t count = (size_t)(at - first);
    if (count == 0 || count > NUMBER_EXACT_DIGITS || (*first == '0' && count > 1))
        return false;
    if (at < end && *at == '.' && type->base == SQL_DOUBLE) {
        const char *point = at++;
        for (; at < end && *at >= '0' && *at <= '9'; at++)
            digits = digits * 10 + (uint64_t)(*at - '0');
        scale = (size_t)(at - point) - 1;
        if (scale == 0 || count + scale > NUMBER_EXACT_DIGITS)
            return false;
    }
    if (at < end && (*at == '.' || *at == 'e' || *at == 'E'))
        return false;
    int64_t whole = negative ? -(int64_t)digits : (int64_t)digits;
    switch (type->base) {
    case SQL_INTEGER:
        if (whole < INT32_MIN || whole > INT32_MAX)
            return false;
        *value = value_integer((int32_t)whole);
        break;
    case SQL_BIGINT:
        *value = value_bigint(whole);
        break;
    case SQL_DOUBLE:
        *value = value_double(scale && negative ? -number_from_digits(digits, scale)
                              : scale           ? number_from_digits(digits, scale)
                                                : (double)whole);
        break;
    default:
        return false;
    }
    reader->at = at;
    return true;
}

static bool number_from(struct json_reader *reader, struct view text, bool integral, const struct sql_type *type,
                        struct value *value) {
    int64_t whole;
    double real;
    switch (type->base) {
    case SQL_INTEGER:
    case SQL_BIGINT:
    case SQL_DATE:
    case SQL_TIME:
    case SQL_TIMESTAMP: {
        if (!(integral && view_to_int64(text, &whole))) {
            if (!view_to_double(text, &real) || !(real >= -9.2e18 && real <= 9.2e18))
                return false;
            whole = (int64_t)real;
        }
        if (type->base == SQL_INTEGER && (whole < INT32_MIN || whole > INT32_MAX))
            return false;
        static const uint8_t tags[] = {[SQL_INTEGER] = VALUE_INTEGER,
                                       [SQL_BIGINT] = VALUE_BIGINT,
                                       [SQL_DATE] = VALUE_DATE,
                                       [SQL_TIME] = VALUE_TIME,
                                       [SQL_TIMESTAMP] = VALUE_TIMESTAMP};
        *value = (struct value){.tag = tags[type->base], .integer = whole};
        return true;
    }
    case SQL_DOUBLE:
        if (integral && text.size < 16 && view_to_int64(text, &whole))
            real = (double)whole;
        else if (!view_to_double(text, &real))
            return false;
        *value = value_double(real);
        return true;
    case SQL_DECIMAL: {
        __int128 *decimal = arena_allocate(reader->arena, sizeof *decimal);
        if (!decimal_parse(text, type->precision, type->scale, decimal))
            return false;
        *value = (struct value){.tag = VALUE_DECIMAL, .decimal = decimal};
        return true;
    }
    case SQL_STRING:
        *value = value_string(text);
        return true;
    default:
        return false;
    }
}

static int string_from(struct json_reader *reader, struct view text, const struct sql_type *type, struct value *value) {
    struct view bytes;
    int64_t number;
    switch (type->base) {
    case SQL_STRING:
        *value = value_string(text);
        return 0;
    case SQL_BYTES:
        if (!base64_decode(reader->arena, text, &bytes))
            return mismatch(reader, type);
        *value = value_bytes(bytes);
        return 0;
    case SQL_DATE:
        if (date_parse(text, &number)) {
            *value = (struct value){.tag = VALUE_DATE, .integer = number};
            return 0;
        }
        break;
    case SQL_TIME:
        if (time_parse(text, &number)) {
            *value = (struct value){.tag = VALUE_TIME, .integer = number};
            return 0;
        }
        break;
    case SQL_TIMESTAMP:
        if (timestamp_parse(text, &number)) {
            *value = (struct value){.tag = VALUE_TIMESTAMP, .integer = number};
            return 0;
        }
        break;
    case SQL_BOOLEAN:
    case SQL_ARRAY:
    case SQL_MAP:
    case SQL_STRUCT:
        return mismatch(reader, type);
    default:
        break;
    }
    struct view trimmed = view_trim(text);
    bool integral = !memchr(trimmed.data ? trimmed.data : "", '.', trimmed.size) &&
                    !memchr(trimmed.data ? trimmed.data : "", 'e', trimmed.size);
    return number_from(reader, trimmed, integral, type, value) ? 0 : mismatch(reader, type);
}

/* Lists of unknown length are gathered in growing pieces of the arena. */
struct gathered {
    struct value *items;
    size_t count, capacity;
};

static struct value *gather(struct json_reader *reader, struct gathered *gathered) {
    if (gathered->count == gathered->capacity) {
        size_t capacity = gathered->capacity ? gathered->capacity * 2 : 8;
        struct value *items = arena_allocate(reader->arena, capacity * sizeof *items);
        if (gathered->count)
            memcpy(items, gathered->items, gathered->count * sizeof *items);
        gathered->items = items;
        gathered->capacity = capacity;
    }
    return &gathered->items[gathered->count++];
}

static int read_array(struct json_reader *reader, const struct sql_type *type, struct value *value) {
    struct gathered gathered = {0};
    if (!json_take(reader, ']')) {
        do {
            struct value item;
            if (json_read_value(reader, type->element, &item) != 0)
                return -1;
            *gather(reader, &gathered) = item;
        } while (json_take(reader, ','));
        if (!json_take(reader, ']'))
            return json_wrong(reader, "a comma or the end of the list is missing");
    }
    *value = (struct value){.tag = VALUE_ARRAY, .size = (uint32_t)gathered.count, .items = gathered.items};
    return 0;
}

static int read_map(struct json_reader *reader, const struct sql_type *type, struct value *value) {
    struct gathered gathered = {0};
    if (!json_take(reader, '}')) {
        do {
            struct view name;
            struct value key, item;
            if (!json_take(reader, '"') || json_scan_string(reader, &name) != 0 || !json_take(reader, ':'))
                return json_wrong(reader, "a field's name is missing");
            if (string_from(reader, name, type->key, &key) != 0 || json_read_value(reader, type->element, &item) != 0)
                return -1;
            *gather(reader, &gathered) = key;
            *gather(reader, &gathered) = item;
        } while (json_take(reader, ','));
        if (!json_take(reader, '}'))
            return json_wrong(reader, "a comma or the end of the object is missing");
    }
    *value = (struct value){.tag = VALUE_MAP, .size = (uint32_t)gathered.count / 2, .items = gathered.items};
    return 0;
}

static int read_fields(struct json_reader *reader, const struct column *columns, size_t count, size_t *next,
                       struct value *values);

static int read_struct(struct json_reader *reader, const struct sql_type *type, struct value *value) {
    struct value *items = arena_allocate(reader->arena, type->field_count * sizeof *items);
    _Static_assert(sizeof(struct sql_field) == sizeof(struct column), "fields and columns have one shape");
    size_t next = 0;
    columns_clear(items, type->field_count);
    if (read_fields(reader, (const struct column *)type->fields, type->field_count, &next, items) != 0)
        return -1;
    *value = (struct value){.tag = VALUE_STRUCT, .size = (uint32_t)type->field_count, .items = items};
    return 0;
}

int json_read_value(struct json_reader *reader, const struct sql_type *type, struct value *value) {
    struct view text;
    bool integral;
    json_skip_space(reader);
    if (reader->at >= reader->end)
        return json_wrong(reader, "a value is missing");
    const char *from = reader->at;
    switch (*reader->at) {
    case '"':
        reader->at++;
        return json_scan_string(reader, &text) != 0 ? -1 : string_from(reader, text, type, value);
    case 'n':
        if (!json_take_word(reader, "null", 4))
            return json_wrong(reader, "an unknown word");
        *value = value_null();
        return 0;
    case 't':
    case 'f': {
        bool truth = *reader->at == 't';
        if (!(truth ? json_take_word(reader, "true", 4) : json_take_word(reader, "false", 5)))
            return json_wrong(reader, "an unknown word");
        if (type->base == SQL_STRING)
            *value = value_string(truth ? VIEW("true") : VIEW("false"));
        else if (type->base == SQL_BOOLEAN)
            *value = value_boolean(truth);
        else
            return mismatch(reader, type);
        return 0;
    }
    case '{':
    case '[': {
        bool object = *reader->at == '{';
        if (type->base == SQL_STRING) { /* a container read as text is its text */
            if (json_scan_value(reader) != 0)
                return -1;
            *value = value_string((struct view){from, (size_t)(reader->at - from)});
            return 0;
        }
        if (!(object ? type->base == SQL_MAP || type->base == SQL_STRUCT : type->base == SQL_ARRAY))
            return mismatch(reader, type);
        if (++reader->depth > JSON_DEPTH_MOST)
            return json_wrong(reader, "nested too deeply");
        reader->at++;
        int result = !object                 ? read_array(reader, type, value)
                     : type->base == SQL_MAP ? read_map(reader, type, value)
                                             : read_struct(reader, type, value);
        reader->depth--;
        return result;
    }
    default:
        if (read_short_number(reader, type, value))
            return 0;
        if (json_scan_number(reader, &text, &integral) != 0)
            return -1;
        return number_from(reader, text, integral, type, value) ? 0 : mismatch(reader, type);
    }
}

/* Exact name first, then ignoring case: the peer upper-cases names that were not quoted. */
static size_t find_column(const struct column *columns, size_t count, size_t next, struct view name) {
    if (next < count && view_equal(columns[next].name, name))
        return next;
    for (size_t i = 0; i < count; i++)
        if (view_equal(columns[i].name, name))
            return i;
    if (next < count && view_equal_ignoring_case(columns[next].name, name))
        return next;
    for (size_t i = 0; i < count; i++)
        if (view_equal_ignoring_case(columns[i].name, name))
            return i;
    return count;
}

static int read_fields(struct json_reader *reader, const struct column *columns, size_t count, size_t *next,
                       struct value *values) {
    if (json_take(reader, '}'))
        return 0;
    do {
        struct view name;
        if (!json_take(reader, '"') || json_scan_string(reader, &name) != 0 || !json_take(reader, ':'))
            return json_wrong(reader, "a field's name is missing");
        size_t at = find_column(columns, count, *next, name);
        if (at < count) {
            if (json_read_value(reader, columns[at].type, &values[at]) != 0)
                return error_wrap(reader->error, "field %.*s", VIEW_ARGS(columns[at].name));
            *next = at + 1;
        } else if (json_scan_value(reader) != 0) {
            return -1;
        }
    } while (json_take(reader, ','));
    return json_take(reader, '}') ? 0 : json_wrong(reader, "a comma or the end of the object is missing");
}

static bool take_gap(struct json_reader *reader, const struct json_gap *gap) {
    if ((size_t)(reader->end - reader->at) < gap->size || memcmp(reader->at, gap->text, gap->size) != 0)
        return false;
    reader->at += gap->size;
    return true;
}

static void learn_gap(struct json_columns *record, size_t field, struct view text, size_t column) {
    if (field >= record->gap_room || field > record->gap_count || text.size > sizeof record->gaps->text)
        return;
    struct json_gap *gap = &record->gaps[field];
    memcpy(gap->text, text.data, text.size);
    gap->size = (uint8_t)text.size;
    gap->column = (int32_t)column;
    if (field == record->gap_count)
        record->gap_count++;
}

int json_read_record(struct json_reader *reader, struct json_columns *record, struct value *values) {
    json_skip_space(reader);
    if (json_take_word(reader, "null", 4))
        return 0;
    if (reader->at >= reader->end || *reader->at != '{')
        return json_wrong(reader, "a record is an object");
    size_t next = 0;
    for (size_t field = 0;; field++) {
        size_t at;
        if (field < record->gap_count && take_gap(reader, &record->gaps[field])) {
            at = (size_t)record->gaps[field].column;
        } else {
            struct view name;
            const char *from = reader->at;
            if (field == 0) {
                reader->at++;
                if (json_take(reader, '}'))
                    return 0;
            } else if (!json_take(reader, ',')) {
                break;
            }
            if (!json_take(reader, '"') || json_scan_string(reader, &name) != 0 || !json_take(reader, ':'))
                return json_wrong(reader, "a field's name is missing");
            json_skip_space(reader);
            at = find_column(record->columns, record->count, next, name);
            learn_gap(record, field, (struct view){from, (size_t)(reader->at - from)}, at);
        }
        if (at == record->count) {
            if (json_scan_value(reader) != 0)
                return -1;
        } else if (json_read_value(reader, record->columns[at].type, &values[at]) != 0) {
            return error_wrap(reader->error, "field %.*s", VIEW_ARGS(record->columns[at].name));
        } else {
            next = at + 1;
        }
    }
    return json_take(reader, '}') ? 0 : json_wrong(reader, "a comma or the end of the object is missing");
}
