/* GREATEST and LEAST of several values; NULLs are left out. */
#include "ksql/function/cast.h"
#include "ksql/function/family.h"

static int pick(const struct function_call *call, const struct value *arguments, int sign, struct arena *arena,
                struct value *result, struct error *error) {
    for (size_t i = 0; i < call->argument_count; i++) {
        struct value value = arguments[i];
        if (value.tag == VALUE_DECIMAL &&
            cast_value(call->argument_types[i], call->result_type, value, arena, &value, error) != 0)
            return -1;
        if (!value_is_null(value) && (value_is_null(*result) || value_compare(value, *result) * sign > 0))
            *result = value;
    }
    return 0;
}

SCALAR(greatest) {
    return pick(call, arguments, 1, arena, result, error);
}

SCALAR(least) {
    return pick(call, arguments, -1, arena, result, error);
}

/* The DECIMAL that holds them all. */
static const struct sql_type *widest(const struct function_call *call, struct arena *arena, struct error *error) {
    int whole = 0, scale = 0;
    (void)error;
    for (size_t i = 0; i < call->argument_count; i++) {
        const struct sql_type *type = call->argument_types[i];
        if (type == NULL)
            continue;
        scale = type->scale > scale ? type->scale : scale;
        whole = type->precision - type->scale > whole ? type->precision - type->scale : whole;
    }
    return sql_type_decimal(arena, whole + scale > 38 ? 38 : whole + scale < 1 ? 1 : whole + scale, scale);
}

#define EXTREME(type, kind, function) VARIADIC(type, function, TAKES(kind, "val"))
#define EXTREMES(function)                                                                                             \
    EXTREME(&sql_integer, INTEGER, function), EXTREME(&sql_bigint, BIGINT, function),                                  \
        EXTREME(&sql_double, DOUBLE, function),                                                                        \
        {.parameters = {TAKES(DECIMAL, "val")},                                                                        \
         .resolve = widest,                                                                                            \
         .evaluate = function,                                                                                         \
         .variadic = true,                                                                                             \
         .nulls = true},                                                                                               \
        EXTREME(&sql_string, STRING, function), EXTREME(&sql_bytes, BYTES, function),                                  \
        EXTREME(&sql_date, DATE, function), EXTREME(&sql_time, TIME, function),                                        \
        EXTREME(&sql_timestamp, TIMESTAMP, function)
static const struct function_signature greatest_rows[] = {EXTREMES(greatest)};
static const struct function_signature least_rows[] = {EXTREMES(least)};

static const struct function functions[] = {
    {"GREATEST", FUNCTION_SCALAR, "MATHEMATICAL", "The greatest of the values that are not NULL.",
     FAMILY_SIGNATURES(greatest_rows), .picky = true},
    {"LEAST", FUNCTION_SCALAR, "MATHEMATICAL", "The smallest of the values that are not NULL.",
     FAMILY_SIGNATURES(least_rows), .picky = true},
};
const struct function_family function_family_extreme = {functions, FAMILY_COUNT(functions)};
