#include "ksql/function/cast.h"

#include <ctype.h>
#include <math.h>

#include "foundation/base/number.h"
#include "foundation/value/parse.h"

__int128 decimal_power(int digits) {
    __int128 power = 1;
    while (digits-- > 0)
        power *= 10;
    return power;
}

bool decimal_rescale(__int128 number, int from_scale, int to_scale, int precision, __int128 *result) {
    bool negative = number < 0;
    unsigned __int128 size = negative ? -(unsigned __int128)number : (unsigned __int128)number;
    if (to_scale >= from_scale) {
        unsigned __int128 by = (unsigned __int128)decimal_power(to_scale - from_scale);
        if (__builtin_mul_overflow(size, by, &size))
            return false;
    } else {
        unsigned __int128 by = (unsigned __int128)decimal_power(from_scale - to_scale);
        size = size / by + (size % by >= by - by / 2 ? 1 : 0);
    }
    if (size >= (unsigned __int128)decimal_power(precision < 38 ? precision : 38))
        return false;
    *result = negative ? -(__int128)size : (__int128)size;
    return true;
}

double decimal_real(__int128 number, int scale) {
    return (double)((long double)number / powl(10.0L, scale));
}

bool cast_boolean_text(struct view text, bool *result) {
    static const struct {
        const char *word;
        bool value;
    } words[] = {{"TRUE", true}, {"YES", true}, {"FALSE", false}, {"NO", false}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text.size != 0 && text.size <= strlen(words[i].word) &&
            view_equal_ignoring_case(text, (struct view){words[i].word, text.size})) {
            *result = words[i].value;
            return true;
        }
    return false;
}

static bool is_text(enum sql_base base) {
    return base == SQL_STRING;
}

static bool is_number(enum sql_base base) {
    return base == SQL_INTEGER || base == SQL_BIGINT || base == SQL_DOUBLE || base == SQL_DECIMAL;
}

/* Fields that both have must go. */
static bool struct_allowed(const struct sql_type *from, const struct sql_type *to) {
    for (size_t i = 0; i < to->field_count; i++)
        for (size_t j = 0; j < from->field_count; j++)
            if (view_equal(to->fields[i].name, from->fields[j].name) &&
                !cast_allowed(from->fields[j].type, to->fields[i].type))
                return false;
    return true;
}

bool cast_allowed(const struct sql_type *from, const struct sql_type *to) {
    if (from == NULL || sql_type_equal(from, to) || is_text(to->base))
        return true;
    if (is_number(to->base))
        return is_number(from->base) || is_text(from->base);
    switch (to->base) {
    case SQL_BOOLEAN:
        return is_text(from->base);
    case SQL_DATE:
    case SQL_TIME:
        return is_text(from->base) || from->base == SQL_TIMESTAMP;
    case SQL_TIMESTAMP:
        return is_text(from->base) || from->base == SQL_DATE;
    case SQL_ARRAY:
        return from->base == SQL_ARRAY && cast_allowed(from->element, to->element);
    case SQL_MAP:
        return from->base == SQL_MAP && cast_allowed(from->key, to->key) && cast_allowed(from->element, to->element);
    case SQL_STRUCT:
        return from->base == SQL_STRUCT && struct_allowed(from, to);
    default:
        return false;
    }
}

static int refuse(struct value value, const struct sql_type *from, const struct sql_type *to, struct error *error) {
    struct text shown = TEXT_EMPTY, type = TEXT_EMPTY;
    value_print(&shown, value, from);
    sql_type_print(&type, to);
    error_set(error, ERROR_INVALID, "Cannot cast '%s' to %s", text_string(&shown), text_string(&type));
    text_free(&shown);
    text_free(&type);
    return -1;
}

static int to_text(const struct sql_type *from, struct value value, struct arena *arena, struct value *result) {
    struct text text = TEXT_EMPTY;
    char digits[NUMBER_MAX];
    if (value.tag == VALUE_DOUBLE)
        text_append_bytes(&text, digits, number_write_java_double(digits, value.real));
    else
        value_print(&text, value, from);
    *result = value_string(arena_copy_view(arena, text_view(&text)));
    text_free(&text);
    return 0;
}

static int to_whole(const struct sql_type *from, const struct sql_type *to, struct value value, struct value *result,
                    struct error *error) {
    int64_t whole = 0;
    if (value.tag == VALUE_DOUBLE) {
        double real = trunc(value.real); /* Java's narrowing: saturates, NaN is 0 */
        double low = to->base == SQL_INTEGER ? -2147483648.0 : -9223372036854775808.0, high = -low;
        whole = isnan(real)    ? 0
                : real < low   ? (int64_t)low
                : real >= high ? (to->base == SQL_INTEGER ? INT32_MAX : INT64_MAX)
                               : (int64_t)real;
    } else if (value.tag == VALUE_DECIMAL) {
        __int128 number = *value.decimal / decimal_power(from->scale);
        if (number > INT64_MAX || number < INT64_MIN)
            return refuse(value, from, to, error);
        whole = (int64_t)number;
    } else if (value.tag == VALUE_STRING) {
        double real;
        struct view text = view_trim(value_view(value));
        if (!view_to_int64(text, &whole)) {
            if (!view_to_double(text, &real) || !(fabs(real) < 9.2e18))
                return refuse(value, from, to, error);
            whole = (int64_t)real;
        }
    } else {
        whole = value.integer;
    }
    if (to->base == SQL_BIGINT) {
        *result = value_bigint(whole);
        return 0;
    }
    if (value.tag == VALUE_STRING && (whole > INT32_MAX || whole < INT32_MIN))
        return refuse(value, from, to, error);
    *result = value_integer((int32_t)(uint32_t)(uint64_t)whole);
    return 0;
}

static int to_real(const struct sql_type *from, const struct sql_type *to, struct value value, struct value *result,
                   struct error *error) {
    double real;
    if (value.tag == VALUE_DOUBLE)
        real = value.real;
    else if (value.tag == VALUE_DECIMAL)
        real = decimal_real(*value.decimal, from->scale);
    else if (value.tag != VALUE_STRING)
        real = (double)value.integer;
    else if (!view_to_double(view_trim(value_view(value)), &real))
        return refuse(value, from, to, error);
    *result = value_double(real);
    return 0;
}

static int to_decimal(const struct sql_type *from, const struct sql_type *to, struct value value, struct arena *arena,
                      struct value *result, struct error *error) {
    __int128 *number = arena_allocate(arena, sizeof *number);
    char digits[NUMBER_MAX];
    bool fits;
    if (value.tag == VALUE_DECIMAL)
        fits = decimal_rescale(*value.decimal, from->scale, to->scale, to->precision, number);
    else if (value.tag == VALUE_DOUBLE)
        fits = decimal_parse((struct view){digits, number_write_double(digits, value.real)}, to->precision, to->scale,
                             number);
    else if (value.tag == VALUE_STRING)
        fits = decimal_parse(view_trim(value_view(value)), to->precision, to->scale, number);
    else
        fits = decimal_rescale(value.integer, 0, to->scale, to->precision, number);
    if (!fits) {
        struct text shown = TEXT_EMPTY;
        value_print(&shown, value, from);
        error_set(error, ERROR_INVALID,
                  "Numeric field overflow: A field with precision %d and scale %d must round to an absolute value less "
                  "than 10^%d. Got %s",
                  to->precision, to->scale, to->precision - to->scale, text_string(&shown));
        text_free(&shown);
        return -1;
    }
    *result = (struct value){.tag = VALUE_DECIMAL, .decimal = number};
    return 0;
}

static int64_t floor_days(int64_t ms) {
    return ms / 86400000 - (ms % 86400000 < 0);
}

static int to_moment(const struct sql_type *from, const struct sql_type *to, struct value value, struct value *result,
                     struct error *error) {
    int64_t number = 0;
    bool right = true;
    struct view text = value.tag == VALUE_STRING ? view_trim(value_view(value)) : (struct view){0};
    enum value_tag tag = to->base == SQL_DATE ? VALUE_DATE : to->base == SQL_TIME ? VALUE_TIME : VALUE_TIMESTAMP;
    switch (to->base) {
    case SQL_DATE:
        if (value.tag == VALUE_TIMESTAMP) {
            number = floor_days(value.integer);
        } else if (!(right = date_parse(text, &number))) {
            right = timestamp_parse(text, &number) || timestamp_parse_partial(text, &number);
            number = floor_days(number);
        }
        break;
    case SQL_TIME:
        if (value.tag == VALUE_TIMESTAMP)
            number = value.integer % 86400000 + (value.integer % 86400000 < 0 ? 86400000 : 0);
        else
            right = time_parse(text, &number);
        break;
    default:
        if (value.tag == VALUE_DATE) {
            number = value.integer * 86400000;
        } else if (!(right = timestamp_parse(text, &number))) {
            right = timestamp_parse_partial(text, &number);
        }
        break;
    }
    if (!right)
        return refuse(value, from, to, error);
    *result = (struct value){.tag = (uint8_t)tag, .integer = number};
    return 0;
}

static const struct sql_field *field_of(const struct sql_type *type, struct view name, size_t *at) {
    for (*at = 0; *at < type->field_count; ++*at)
        if (view_equal(type->fields[*at].name, name))
            return &type->fields[*at];
    return NULL;
}

/* Fields by name; what is not there is NULL. */
static int to_struct(const struct sql_type *from, const struct sql_type *to, struct value value, struct arena *arena,
                     struct value *result, struct error *error) {
    struct value *items = arena_zero(arena, (to->field_count + 1) * sizeof *items);
    for (size_t i = 0; i < to->field_count; i++) {
        size_t at;
        const struct sql_field *field = field_of(from, to->fields[i].name, &at);
        if (field != NULL && cast_value(field->type, to->fields[i].type, value.items[at], arena, &items[i], error) != 0)
            return -1;
    }
    *result = (struct value){.tag = VALUE_STRUCT, .size = (uint32_t)to->field_count, .items = items};
    return 0;
}

static int to_collection(const struct sql_type *from, const struct sql_type *to, struct value value,
                         struct arena *arena, struct value *result, struct error *error) {
    bool map = to->base == SQL_MAP;
    size_t count = (size_t)value.size * (map ? 2 : 1);
    struct value *items = arena_allocate(arena, (count + 1) * sizeof *items);
    for (size_t i = 0; i < count; i++) {
        bool key = map && i % 2 == 0;
        if (cast_value(key ? from->key : from->element, key ? to->key : to->element, value.items[i], arena, &items[i],
                       error) != 0)
            return -1;
    }
    *result = value;
    result->items = items;
    return 0;
}

int cast_value(const struct sql_type *from, const struct sql_type *to, struct value value, struct arena *arena,
               struct value *result, struct error *error) {
    *result = value_null();
    if (value_is_null(value))
        return 0;
    if (from != NULL && sql_type_equal(from, to)) {
        *result = value;
        return 0;
    }
    if (!cast_allowed(from, to))
        return refuse(value, from, to, error);
    bool boolean;
    switch (to->base) {
    case SQL_STRING:
        return to_text(from, value, arena, result);
    case SQL_INTEGER:
    case SQL_BIGINT:
        return to_whole(from, to, value, result, error);
    case SQL_DOUBLE:
        return to_real(from, to, value, result, error);
    case SQL_DECIMAL:
        return to_decimal(from, to, value, arena, result, error);
    case SQL_BOOLEAN:
        /* Java's Boolean.parseBoolean is not it: what is neither yes nor no is false */
        *result = value_boolean(cast_boolean_text(view_trim(value_view(value)), &boolean) && boolean);
        return 0;
    case SQL_DATE:
    case SQL_TIME:
    case SQL_TIMESTAMP:
        return to_moment(from, to, value, result, error);
    case SQL_STRUCT:
        return to_struct(from, to, value, arena, result, error);
    default:
        return to_collection(from, to, value, arena, result, error);
    }
}
