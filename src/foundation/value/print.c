/* Values as text: for people, and as JSON the way ksqlDB's answers spell it. */
#include <math.h>
#include <string.h>

#include "foundation/base/base64.h"
#include "foundation/base/clock.h"
#include "foundation/base/number.h"
#include "foundation/value/value.h"

static void print_decimal(struct text *out, const __int128 *decimal, int scale) {
    char digits[40];
    int count = 0;
    __int128 number;
    memcpy(&number, decimal, sizeof number);
    unsigned __int128 magnitude = number < 0 ? 0 - (unsigned __int128)number : (unsigned __int128)number;
    do
        digits[count++] = (char)('0' + (int)(magnitude % 10));
    while ((magnitude /= 10) != 0);
    if (number < 0)
        text_append_char(out, '-');
    for (int at = count > scale ? count - 1 : scale; at >= 0; at--) {
        text_append_char(out, at < count ? digits[at] : '0');
        if (at == scale && scale > 0)
            text_append_char(out, '.');
    }
}

/* Java's calendar ends at the year 999,999,999; what lies beyond is shown as the number it is. */
static bool is_beyond(struct text *out, int64_t number, int64_t lowest, int64_t highest) {
    char digits[NUMBER_MAX];
    if (number >= lowest && number <= highest)
        return false;
    text_append_bytes(out, digits, number_write_int64(digits, number));
    return true;
}

static void print_date(struct text *out, int64_t days) {
    int year, month, day;
    if (is_beyond(out, days, -365243219162, 365241780471))
        return;
    clock_civil_from_days(days, &year, &month, &day);
    text_append_format(out, "%04d-%02d-%02d", year, month, day);
}

/* HH:mm, with seconds and milliseconds only when there are any, as Java's LocalTime spells it. */
static void print_time(struct text *out, int64_t ms) {
    if (is_beyond(out, ms, 0, 86399999))
        return;
    text_append_format(out, "%02d:%02d", (int)(ms / 3600000), (int)(ms / 60000 % 60));
    if (ms % 60000)
        text_append_format(out, ":%02d", (int)(ms / 1000 % 60));
    if (ms % 1000)
        text_append_format(out, ".%03d", (int)(ms % 1000));
}

static void print_timestamp(struct text *out, int64_t ms) {
    int64_t days = ms / 86400000 - (ms % 86400000 < 0), rest = ms % 86400000 + (ms % 86400000 < 0 ? 86400000 : 0);
    print_date(out, days);
    text_append_format(out, "T%02d:%02d:%02d.%03d", (int)(rest / 3600000), (int)(rest / 60000 % 60),
                       (int)(rest / 1000 % 60), (int)(rest % 1000));
}

static const struct sql_type *item_type(const struct sql_type *type, uint32_t tag, size_t index) {
    if (!type)
        return NULL;
    if (tag == VALUE_STRUCT)
        return index < type->field_count ? type->fields[index].type : NULL;
    return tag == VALUE_MAP && index % 2 == 0 ? type->key : type->element;
}

/* A number was written behind the text, where there was room for it. */
static void end_number(struct text *out, size_t size) {
    out->size += size;
    out->data[out->size] = '\0';
}

static void print_scalar(struct text *out, struct value v, const struct sql_type *type) {
    switch (v.tag) {
    case VALUE_NULL:
        text_append(out, VIEW("null"));
        break;
    case VALUE_BOOLEAN:
        text_append(out, v.boolean ? VIEW("true") : VIEW("false"));
        break;
    case VALUE_DOUBLE:
        text_reserve(out, NUMBER_MAX);
        end_number(out, number_write_java_double(out->data + out->size, v.real));
        break;
    case VALUE_DECIMAL:
        print_decimal(out, v.decimal, type ? type->scale : 0);
        break;
    case VALUE_DATE:
        print_date(out, v.integer);
        break;
    case VALUE_TIME:
        print_time(out, v.integer);
        break;
    case VALUE_TIMESTAMP:
        print_timestamp(out, v.integer);
        break;
    case VALUE_BYTES:
        base64_encode(out, value_view(v));
        break;
    case VALUE_STRING:
        text_append(out, value_view(v));
        break;
    default:
        text_reserve(out, NUMBER_MAX);
        end_number(out, number_write_int64(out->data + out->size, v.integer));
    }
}

void value_print(struct text *out, struct value v, const struct sql_type *type) {
    if (v.tag == VALUE_ARRAY || v.tag == VALUE_MAP || v.tag == VALUE_STRUCT) {
        size_t count = v.tag == VALUE_MAP ? (size_t)v.size * 2 : v.size;
        text_append_char(out, v.tag == VALUE_ARRAY ? '[' : '{');
        for (size_t i = 0; i < count; i++) {
            if (i && (v.tag != VALUE_MAP || i % 2 == 0))
                text_append_string(out, ", ");
            if (v.tag == VALUE_STRUCT && type && i < type->field_count)
                text_append_format(out, "%.*s=", VIEW_ARGS(type->fields[i].name));
            value_print(out, v.items[i], item_type(type, v.tag, i));
            if (v.tag == VALUE_MAP && i % 2 == 0)
                text_append_char(out, '=');
        }
        text_append_char(out, v.tag == VALUE_ARRAY ? ']' : '}');
        return;
    }
    print_scalar(out, v, type);
}

/* JSON knows text keys only. No scalar but text needs escaping, so only nested keys cost a buffer. */
static void print_json_key(struct text *out, struct value key, const struct sql_type *type) {
    if (key.tag == VALUE_STRING) {
        text_append_json(out, value_view(key));
    } else if (key.tag == VALUE_ARRAY || key.tag == VALUE_MAP || key.tag == VALUE_STRUCT) {
        struct text nested = TEXT_EMPTY;
        value_print(&nested, key, type);
        text_append_json(out, text_view(&nested));
        text_free(&nested);
    } else {
        text_append_char(out, '"');
        print_scalar(out, key, type);
        text_append_char(out, '"');
    }
}

static void print_json(struct text *out, struct value v, const struct sql_type *type, bool numbers) {
    switch (v.tag) {
    case VALUE_ARRAY:
    case VALUE_MAP:
    case VALUE_STRUCT: {
        size_t count = v.tag == VALUE_MAP ? (size_t)v.size * 2 : v.size;
        text_append_char(out, v.tag == VALUE_ARRAY ? '[' : '{');
        for (size_t i = 0; i < count; i++) {
            if (i && (v.tag != VALUE_MAP || i % 2 == 0))
                text_append_char(out, ',');
            if (v.tag == VALUE_STRUCT) {
                text_append_json(out, type && i < type->field_count ? type->fields[i].name : (struct view){0});
                text_append_char(out, ':');
            }
            if (v.tag == VALUE_MAP && i % 2 == 0) {
                print_json_key(out, v.items[i], item_type(type, v.tag, i));
                text_append_char(out, ':');
            } else {
                print_json(out, v.items[i], item_type(type, v.tag, i), numbers);
            }
        }
        text_append_char(out, v.tag == VALUE_ARRAY ? ']' : '}');
        break;
    }
    case VALUE_STRING:
        text_append_json(out, value_view(v));
        break;
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_TIMESTAMP:
        if (numbers) {
            print_scalar(out, value_bigint(v.integer), NULL);
            break;
        }
        __attribute__((fallthrough));
    case VALUE_BYTES:
        text_append_char(out, '"');
        print_scalar(out, v, type);
        text_append_char(out, '"');
        break;
    case VALUE_DOUBLE:
        if (isnan(v.real) || isinf(v.real)) { /* no JSON number: Jackson writes them as text */
            text_append_char(out, '"');
            print_scalar(out, v, type);
            text_append_char(out, '"');
            break;
        }
        print_scalar(out, v, type);
        break;
    default:
        print_scalar(out, v, type);
    }
}

void value_print_json(struct text *out, struct value v, const struct sql_type *type) {
    print_json(out, v, type, false);
}

void value_print_record(struct text *out, struct value v, const struct sql_type *type) {
    print_json(out, v, type, true);
}
