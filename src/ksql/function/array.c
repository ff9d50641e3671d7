/* ARRAY_LENGTH, ARRAY_CONTAINS, ARRAY_MAX, ARRAY_MIN, ARRAY_SORT, ARRAY_JOIN, ARRAY_REMOVE, ARRAY_CONCAT, SLICE,
 * GENERATE_SERIES. */
#include <stdlib.h>

#include "ksql/function/cast.h"
#include "ksql/function/family.h"

SCALAR(length) {
    if (!value_is_null(arguments[0]))
        *result = value_integer((int32_t)arguments[0].size);
    return 0;
}

/* Numbers of one kind are told apart by their type; 1 in ARRAY<BIGINT> is a BIGINT here. */
static bool contains(struct value array, struct value item) {
    for (size_t i = 0; i < array.size; i++)
        if (value_is_null(item) ? value_is_null(array.items[i])
                                : !value_is_null(array.items[i]) && value_equal(array.items[i], item))
            return true;
    return false;
}

SCALAR(contains_item) {
    if (!value_is_null(arguments[0]))
        *result = value_boolean(contains(arguments[0], arguments[1]));
    else
        *result = value_boolean(false);
    return 0;
}

static int extreme(const struct value *arguments, int sign, struct value *result) {
    for (size_t i = 0; i < arguments[0].size; i++) {
        struct value item = arguments[0].items[i];
        if (!value_is_null(item) && (value_is_null(*result) || value_compare(item, *result) * sign > 0))
            *result = item;
    }
    return 0;
}

SCALAR(greatest) {
    return extreme(arguments, 1, result);
}

SCALAR(smallest) {
    return extreme(arguments, -1, result);
}

static int ascending(const void *a, const void *b) {
    struct value x = *(const struct value *)a, y = *(const struct value *)b;
    if (value_is_null(x) || value_is_null(y)) /* NULLs last */
        return value_is_null(x) - value_is_null(y);
    return value_compare(x, y);
}

static int descending(const void *a, const void *b) {
    struct value x = *(const struct value *)a, y = *(const struct value *)b;
    if (value_is_null(x) || value_is_null(y))
        return value_is_null(x) - value_is_null(y);
    return value_compare(y, x);
}

static struct value *copy_items(struct value array, struct arena *arena) {
    struct value *items = arena_allocate(arena, ((size_t)array.size + 1) * sizeof *items);
    if (array.size != 0)
        memcpy(items, array.items, array.size * sizeof *items);
    return items;
}

SCALAR(sort) {
    bool down = false;
    if (call->argument_count > 1) {
        struct view order = value_view(arguments[1]);
        down = view_equal_ignoring_case(order, VIEW("DESC")) || view_equal_ignoring_case(order, VIEW("DESCENDING"));
        if (!down && !view_equal_ignoring_case(order, VIEW("ASC")) &&
            !view_equal_ignoring_case(order, VIEW("ASCENDING")))
            return 0;
    }
    struct value *items = copy_items(arguments[0], arena);
    qsort(items, arguments[0].size, sizeof *items, down ? descending : ascending);
    *result = function_list(items, arguments[0].size);
    return 0;
}

/* A NULL list is NULL, a NULL element the word null, a NULL separator nothing. */
SCALAR(join) {
    struct text out = TEXT_EMPTY;
    struct view separator = call->argument_count < 2      ? VIEW(",")
                            : value_is_null(arguments[1]) ? VIEW("")
                                                          : value_view(arguments[1]);
    if (value_is_null(arguments[0]))
        return 0;
    for (size_t i = 0; i < arguments[0].size; i++) {
        struct value text;
        if (i != 0)
            text_append(&out, separator);
        if (value_is_null(arguments[0].items[i])) {
            text_append_string(&out, "null");
            continue;
        }
        if (cast_value(call->argument_types[0]->element, &sql_string, arguments[0].items[i], arena, &text, error) !=
            0) {
            text_free(&out);
            return -1;
        }
        text_append(&out, value_view(text));
    }
    *result = function_text(arena, &out);
    return 0;
}

SCALAR(remove_item) {
    if (value_is_null(arguments[0]))
        return 0;
    struct value *items = arena_allocate(arena, ((size_t)arguments[0].size + 1) * sizeof *items);
    size_t count = 0;
    for (size_t i = 0; i < arguments[0].size; i++) {
        struct value item = arguments[0].items[i];
        bool same = value_is_null(item) || value_is_null(arguments[1])
                        ? value_is_null(item) && value_is_null(arguments[1])
                        : value_equal(item, arguments[1]);
        if (!same)
            items[count++] = item;
    }
    *result = function_list(items, count);
    return 0;
}

SCALAR(concat) {
    struct value a = arguments[0], b = arguments[1];
    if (value_is_null(a) || value_is_null(b)) {
        *result = value_is_null(a) ? b : a;
        return 0;
    }
    struct value *items = arena_allocate(arena, ((size_t)a.size + b.size + 1) * sizeof *items);
    if (a.size != 0)
        memcpy(items, a.items, a.size * sizeof *items);
    if (b.size != 0)
        memcpy(items + a.size, b.items, b.size * sizeof *items);
    *result = function_list(items, (size_t)a.size + b.size);
    return 0;
}

/* From and to, both inclusive and from 1. */
SCALAR(slice) {
    int64_t count = arguments[0].size, from = arguments[1].integer - 1, to = arguments[2].integer;
    if (from < 0 || from > to || from > count)
        return error_set(error, ERROR_INVALID, "SLICE: %lld to %lld is no part of a list of %lld",
                         (long long)arguments[1].integer, (long long)to, (long long)count);
    to = to > count ? count : to;
    *result = function_list(arguments[0].items + from, (size_t)(to - from));
    return 0;
}

SCALAR(series) {
    int64_t from = arguments[0].integer, to = arguments[1].integer;
    int64_t step = call->argument_count > 2 ? arguments[2].integer : from <= to ? 1 : -1;
    if (step == 0)
        return error_set(error, ERROR_INVALID, "GENERATE_SERIES step cannot be zero");
    if ((to > from && step < 0) || (to < from && step > 0))
        return error_set(error, ERROR_INVALID, "GENERATE_SERIES step has wrong sign");
    uint64_t distance = from < to ? (uint64_t)to - (uint64_t)from : (uint64_t)from - (uint64_t)to;
    uint64_t count = distance / (step < 0 ? 0 - (uint64_t)step : (uint64_t)step) + 1;
    if (count > FUNCTION_ITEMS_MAX)
        return error_set(error, ERROR_INVALID, "GENERATE_SERIES would make %llu items; at most %d are allowed",
                         (unsigned long long)count, FUNCTION_ITEMS_MAX);
    struct value *items = arena_allocate(arena, (size_t)count * sizeof *items);
    bool wide = call->result_type->element->base == SQL_BIGINT;
    for (size_t i = 0; i < count; i++) {
        int64_t number = (int64_t)((uint64_t)from + (uint64_t)step * i);
        items[i] = wide ? value_bigint(number) : value_integer((int32_t)number);
    }
    *result = function_list(items, (size_t)count);
    return 0;
}

static const struct sql_type *element_type(const struct function_call *call, struct arena *arena, struct error *error) {
    (void)arena, (void)error;
    return call->argument_types[0] == NULL ? &sql_string : call->argument_types[0]->element;
}

static const struct sql_type *list_of_first(const struct function_call *call, struct arena *arena,
                                            struct error *error) {
    (void)error;
    for (size_t i = 0; i < call->argument_count; i++)
        if (call->argument_types[i] != NULL)
            return call->argument_types[i];
    return sql_type_array(arena, &sql_string);
}

static const struct sql_type integer_array = {.base = SQL_ARRAY, .element = &sql_integer};
static const struct sql_type bigint_array = {.base = SQL_ARRAY, .element = &sql_bigint};

#define OPEN(function, type, resolution, ...)                                                                          \
    { .parameters = {__VA_ARGS__}, .returns = (type), .resolve = (resolution), .evaluate = (function), .nulls = true }
#define STRICT(function, resolution, ...)                                                                              \
    { .parameters = {__VA_ARGS__}, .resolve = (resolution), .evaluate = (function) }
static const struct function_signature length_rows[] = {OPEN(length, &sql_integer, NULL, TAKES(ARRAY, "array"))};
static const struct function_signature contains_rows[] = {
    OPEN(contains_item, &sql_boolean, NULL, TAKES(ARRAY_SAME, "array"), TAKES(SAME, "val")),
};
static const struct function_signature max_rows[] = {STRICT(greatest, element_type, TAKES(ARRAY, "array"))};
static const struct function_signature min_rows[] = {STRICT(smallest, element_type, TAKES(ARRAY, "array"))};
static const struct function_signature sort_rows[] = {
    STRICT(sort, list_of_first, TAKES(ARRAY, "array")),
    STRICT(sort, list_of_first, TAKES(ARRAY, "array"), TAKES(STRING, "direction")),
};
static const struct function_signature join_rows[] = {
    OPEN(join, &sql_string, NULL, TAKES(ARRAY, "array")),
    OPEN(join, &sql_string, NULL, TAKES(ARRAY, "array"), TAKES(STRING, "delimiter")),
};
static const struct function_signature remove_rows[] = {
    OPEN(remove_item, NULL, list_of_first, TAKES(ARRAY_SAME, "array"), TAKES(SAME, "element")),
};
static const struct function_signature concat_rows[] = {
    OPEN(concat, NULL, list_of_first, TAKES(ARRAY_SAME, "left"), TAKES(ARRAY_SAME, "right")),
};
static const struct function_signature slice_rows[] = {
    STRICT(slice, list_of_first, TAKES(ARRAY, "in"), TAKES(INTEGER, "from"), TAKES(INTEGER, "to")),
};
static const struct function_signature series_rows[] = {
    SIGNATURE(&integer_array, series, TAKES(INTEGER, "start"), TAKES(INTEGER, "end")),
    SIGNATURE(&bigint_array, series, TAKES(BIGINT, "start"), TAKES(BIGINT, "end")),
    SIGNATURE(&integer_array, series, TAKES(INTEGER, "start"), TAKES(INTEGER, "end"), TAKES(INTEGER, "step")),
    SIGNATURE(&bigint_array, series, TAKES(BIGINT, "start"), TAKES(BIGINT, "end"), TAKES(INTEGER, "step")),
};

#define ROW(name, help, rows)                                                                                          \
    { name, FUNCTION_SCALAR, "ARRAY", help, FAMILY_SIGNATURES(rows) }
static const struct function functions[] = {
    ROW("ARRAY_LENGTH", "Number of elements.", length_rows),
    ROW("ARRAY_CONTAINS", "Whether a value is an element.", contains_rows),
    ROW("ARRAY_MAX", "The greatest element.", max_rows),
    ROW("ARRAY_MIN", "The smallest element.", min_rows),
    ROW("ARRAY_SORT", "The elements in order, NULLs last; 'DESC' turns it round.", sort_rows),
    ROW("ARRAY_JOIN", "The elements as one text, a comma between them unless a delimiter is given.", join_rows),
    ROW("ARRAY_REMOVE", "The elements without those of a value.", remove_rows),
    ROW("ARRAY_CONCAT", "The elements of both.", concat_rows),
    ROW("SLICE", "The elements from one place to another, both from 1.", slice_rows),
    ROW("GENERATE_SERIES", "Numbers from one to another.", series_rows),
};
const struct function_family function_family_array = {functions, FAMILY_COUNT(functions)};
