/* ABS, CEIL, FLOOR, ROUND, TRUNC over all numbers. */
#include <math.h>

#include "foundation/base/number.h"
#include "foundation/value/parse.h"
#include "ksql/function/cast.h"
#include "ksql/function/family.h"

enum direction { UP, DOWN, NEAREST, TO_ZERO };

static struct value decimal(__int128 number, struct arena *arena) {
    __int128 *kept = arena_allocate(arena, sizeof *kept);
    *kept = number;
    return (struct value){.tag = VALUE_DECIMAL, .decimal = kept};
}

/* To a number of decimals, which may be negative; the scale stays. NEAREST: half goes up, of negative numbers too. */
static bool round_decimal(__int128 number, int scale, int64_t decimals, enum direction direction, __int128 *result) {
    *result = number;
    if (decimals >= scale)
        return true;
    if (scale - decimals > 38) {
        *result = 0;
        return true;
    }
    __int128 step = decimal_power((int)(scale - decimals)), rest = number % step, whole = number - rest;
    __int128 size = rest < 0 ? -rest : rest;
    if (direction == UP && rest > 0)
        whole += step;
    else if (direction == DOWN && rest < 0)
        whole -= step;
    else if (direction == NEAREST && (rest < 0 ? size > step - size : size >= step - size))
        whole += rest < 0 ? -step : step;
    *result = whole;
    return true;
}

/* Two's complement on purpose: Java's Math.abs of the smallest number is itself. */
SCALAR(absolute) {
    *result = arguments[0];
    if (result->tag == VALUE_DOUBLE)
        result->real = fabs(result->real);
    else if (result->tag == VALUE_DECIMAL)
        *result = *arguments[0].decimal < 0 ? decimal(-*arguments[0].decimal, arena) : arguments[0];
    else if (result->tag == VALUE_INTEGER && result->integer < 0)
        result->integer = (int32_t)(0u - (uint32_t)result->integer);
    else if (result->integer < 0)
        result->integer = (int64_t)(0u - (uint64_t)result->integer);
    return 0;
}

SCALAR(itself) {
    *result = arguments[0];
    return 0;
}

SCALAR(ceiling) {
    *result = value_double(ceil(arguments[0].real));
    return 0;
}

SCALAR(floor_of) {
    *result = value_double(floor(arguments[0].real));
    return 0;
}

static int whole_decimal(const struct function_call *call, const struct value *arguments, enum direction direction,
                         int64_t decimals, struct arena *arena, struct value *result, struct error *error) {
    const struct sql_type *from = call->argument_types[0], *to = call->result_type;
    __int128 number;
    if (!round_decimal(*arguments[0].decimal, from->scale, decimals, direction, &number) ||
        !decimal_rescale(number, from->scale, to->scale, to->precision, &number))
        return error_set(error, ERROR_INVALID, "Numeric field overflow: the result does not fit DECIMAL(%d, %d)",
                         to->precision, to->scale);
    *result = decimal(number, arena);
    return 0;
}

SCALAR(decimal_ceiling) {
    return whole_decimal(call, arguments, UP, 0, arena, result, error);
}

SCALAR(decimal_floor) {
    return whole_decimal(call, arguments, DOWN, 0, arena, result, error);
}

SCALAR(decimal_round) {
    int64_t decimals = call->argument_count > 1 ? arguments[1].integer : 0;
    return whole_decimal(call, arguments, NEAREST, decimals, arena, result, error);
}

SCALAR(decimal_truncate) {
    int64_t decimals = call->argument_count > 1 ? arguments[1].integer : 0;
    return whole_decimal(call, arguments, TO_ZERO, decimals, arena, result, error);
}

static struct value saturated(double whole) {
    return value_bigint(isnan(whole) ? 0 : whole >= 0x1p63 ? INT64_MAX : whole < -0x1p63 ? INT64_MIN : (int64_t)whole);
}

/* As Java's Math.round: half goes up, NaN is 0, what does not fit is the nearest BIGINT. */
SCALAR(real_round) {
    double number = arguments[0].real, whole = floor(number);
    *result = saturated(number - whole >= 0.5 ? whole + 1 : whole);
    return 0;
}

SCALAR(real_truncate) {
    *result = saturated(trunc(arguments[0].real));
    return 0;
}

/* By the digits that the number is written with, as BigDecimal.valueOf does. */
static int by_digits(const struct value *arguments, enum direction direction, struct value *result) {
    char digits[NUMBER_MAX];
    __int128 number;
    enum { SCALE = 18 };
    double real = arguments[0].real;
    int64_t decimals = arguments[1].integer;
    *result = arguments[0];
    size_t size = number_write_double(digits, real);
    if (!isfinite(real) || decimals > 17 || fabs(real) >= 1e19 ||
        !decimal_parse((struct view){digits, size}, 38, SCALE, &number) ||
        !round_decimal(number, SCALE, decimals, direction, &number))
        return 0;
    *result = value_double(decimal_real(number, SCALE));
    return 0;
}

SCALAR(real_round_to) {
    return by_digits(arguments, NEAREST, result);
}

SCALAR(real_truncate_to) {
    return by_digits(arguments, TO_ZERO, result);
}

/* Without decimals the whole part is what is left of the type. */
static const struct sql_type *whole_type(const struct function_call *call, struct arena *arena, struct error *error) {
    (void)error;
    const struct sql_type *type = call->argument_types[0];
    int precision = type->precision - type->scale;
    return sql_type_decimal(arena, precision < 1 ? 1 : precision, 0);
}

#define WHOLE_ROWS(function)                                                                                           \
    SIGNATURE(&sql_integer, itself, TAKES(INTEGER, "val")), SIGNATURE(&sql_bigint, itself, TAKES(BIGINT, "val")),      \
        SIGNATURE(&sql_double, function, TAKES(DOUBLE, "val"))
static const struct function_signature abs_rows[] = {
    SIGNATURE(&sql_integer, absolute, TAKES(INTEGER, "val")),
    SIGNATURE(&sql_bigint, absolute, TAKES(BIGINT, "val")),
    SIGNATURE(&sql_double, absolute, TAKES(DOUBLE, "val")),
    SIGNATURE(NULL, absolute, TAKES(DECIMAL, "val")),
};
static const struct function_signature ceil_rows[] = {
    WHOLE_ROWS(ceiling),
    SIGNATURE(NULL, decimal_ceiling, TAKES(DECIMAL, "val")),
};
static const struct function_signature floor_rows[] = {
    WHOLE_ROWS(floor_of),
    SIGNATURE(NULL, decimal_floor, TAKES(DECIMAL, "val")),
};
#define ROUND_ROWS(real, real_to, decimal)                                                                             \
    SIGNATURE(&sql_bigint, real, TAKES(DOUBLE, "val")),                                                                \
        SIGNATURE(&sql_double, real_to, TAKES(DOUBLE, "val"), TAKES(INTEGER, "decimalPlaces")),                        \
        SIGNATURE(&sql_integer, itself, TAKES(INTEGER, "val")), SIGNATURE(&sql_bigint, itself, TAKES(BIGINT, "val")),  \
        {.parameters = {TAKES(DECIMAL, "val")}, .resolve = whole_type, .evaluate = decimal},                           \
        SIGNATURE(NULL, decimal, TAKES(DECIMAL, "val"), TAKES(INTEGER, "decimalPlaces"))
static const struct function_signature round_rows[] = {ROUND_ROWS(real_round, real_round_to, decimal_round)};
static const struct function_signature trunc_rows[] = {ROUND_ROWS(real_truncate, real_truncate_to, decimal_truncate)};

static const struct function functions[] = {
    {"ABS", FUNCTION_SCALAR, "MATHEMATICAL", "The number without its sign.", FAMILY_SIGNATURES(abs_rows)},
    {"CEIL", FUNCTION_SCALAR, "MATHEMATICAL", "The next whole number upwards.", FAMILY_SIGNATURES(ceil_rows)},
    {"FLOOR", FUNCTION_SCALAR, "MATHEMATICAL", "The next whole number downwards.", FAMILY_SIGNATURES(floor_rows)},
    {"ROUND", FUNCTION_SCALAR, "MATHEMATICAL", "The nearest number with so many decimals, none unless they are given.",
     FAMILY_SIGNATURES(round_rows)},
    {"TRUNC", FUNCTION_SCALAR, "MATHEMATICAL", "Cut off after so many decimals, none unless they are given.",
     FAMILY_SIGNATURES(trunc_rows)},
};
const struct function_family function_family_rounding = {functions, FAMILY_COUNT(functions)};
