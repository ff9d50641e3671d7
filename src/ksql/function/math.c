/* ABS, CEIL, FLOOR, ROUND to whole numbers, SQRT, LN, EXP over INTEGER, BIGINT, DOUBLE. */
#include <math.h>

#include "ksql/function/family.h"

/* Two's complement on purpose: Java's Math.abs of the smallest number is itself. */
static int absolute(const struct function_call *call, const struct value *arguments, struct arena *arena,
                    struct value *result, struct error *error) {
    (void)call, (void)arena, (void)error;
    *result = arguments[0];
    if (result->tag == VALUE_DOUBLE)
        result->real = fabs(result->real);
    else if (result->tag == VALUE_INTEGER && result->integer < 0)
        result->integer = (int32_t)(0u - (uint32_t)result->integer);
    else if (result->integer < 0)
        result->integer = (int64_t)(0u - (uint64_t)result->integer);
    return 0;
}

static int itself(const struct function_call *call, const struct value *arguments, struct arena *arena,
                  struct value *result, struct error *error) {
    (void)call, (void)arena, (void)error;
    *result = arguments[0];
    return 0;
}

static int ceiling(const struct function_call *call, const struct value *arguments, struct arena *arena,
                   struct value *result, struct error *error) {
    (void)call, (void)arena, (void)error;
    *result = value_double(ceil(arguments[0].real));
    return 0;
}

static int floor_of(const struct function_call *call, const struct value *arguments, struct arena *arena,
                    struct value *result, struct error *error) {
    (void)call, (void)arena, (void)error;
    *result = value_double(floor(arguments[0].real));
    return 0;
}

/* As Java's Math.round: half goes up, NaN is 0, what does not fit is the nearest BIGINT. */
static int round_to_whole(const struct function_call *call, const struct value *arguments, struct arena *arena,
                          struct value *result, struct error *error) {
    (void)call, (void)arena, (void)error;
    double number = arguments[0].real, whole = floor(number);
    if (number - whole >= 0.5)
        whole += 1;
    *result = value_bigint(isnan(number)     ? 0
                           : whole >= 0x1p63 ? INT64_MAX
                           : whole < -0x1p63 ? INT64_MIN
                                             : (int64_t)whole);
    return 0;
}

static int square_root(const struct function_call *call, const struct value *arguments, struct arena *arena,
                       struct value *result, struct error *error) {
    (void)call, (void)arena, (void)error;
    *result = value_double(sqrt(arguments[0].real));
    return 0;
}

static int logarithm(const struct function_call *call, const struct value *arguments, struct arena *arena,
                     struct value *result, struct error *error) {
    (void)call, (void)arena, (void)error;
    *result = value_double(log(arguments[0].real));
    return 0;
}

static int exponential(const struct function_call *call, const struct value *arguments, struct arena *arena,
                       struct value *result, struct error *error) {
    (void)call, (void)arena, (void)error;
    *result = value_double(exp(arguments[0].real));
    return 0;
}

static const struct function_signature abs_signatures[] = {
    {.parameters = {{PARAMETER_INTEGER, "val"}}, .returns = &sql_integer, .evaluate = absolute},
    {.parameters = {{PARAMETER_BIGINT, "val"}}, .returns = &sql_bigint, .evaluate = absolute},
    {.parameters = {{PARAMETER_DOUBLE, "val"}}, .returns = &sql_double, .evaluate = absolute},
};
static const struct function_signature ceil_signatures[] = {
    {.parameters = {{PARAMETER_INTEGER, "val"}}, .returns = &sql_integer, .evaluate = itself},
    {.parameters = {{PARAMETER_BIGINT, "val"}}, .returns = &sql_bigint, .evaluate = itself},
    {.parameters = {{PARAMETER_DOUBLE, "val"}}, .returns = &sql_double, .evaluate = ceiling},
};
static const struct function_signature floor_signatures[] = {
    {.parameters = {{PARAMETER_INTEGER, "val"}}, .returns = &sql_integer, .evaluate = itself},
    {.parameters = {{PARAMETER_BIGINT, "val"}}, .returns = &sql_bigint, .evaluate = itself},
    {.parameters = {{PARAMETER_DOUBLE, "val"}}, .returns = &sql_double, .evaluate = floor_of},
};
static const struct function_signature round_signatures[] = {
    {.parameters = {{PARAMETER_INTEGER, "val"}}, .returns = &sql_integer, .evaluate = itself},
    {.parameters = {{PARAMETER_BIGINT, "val"}}, .returns = &sql_bigint, .evaluate = itself},
    {.parameters = {{PARAMETER_DOUBLE, "val"}}, .returns = &sql_bigint, .evaluate = round_to_whole},
};
static const struct function_signature sqrt_signatures[] = {
    {.parameters = {{PARAMETER_DOUBLE, "value"}}, .returns = &sql_double, .evaluate = square_root},
};
static const struct function_signature ln_signatures[] = {
    {.parameters = {{PARAMETER_DOUBLE, "value"}}, .returns = &sql_double, .evaluate = logarithm},
};
static const struct function_signature exp_signatures[] = {
    {.parameters = {{PARAMETER_DOUBLE, "exponent"}}, .returns = &sql_double, .evaluate = exponential},
};

static const struct function functions[] = {
    {"ABS", FUNCTION_SCALAR, "MATHEMATICAL", "The number without its sign.", FAMILY_SIGNATURES(abs_signatures)},
    {"CEIL", FUNCTION_SCALAR, "MATHEMATICAL", "The next whole number upwards.", FAMILY_SIGNATURES(ceil_signatures)},
    {"FLOOR", FUNCTION_SCALAR, "MATHEMATICAL", "The next whole number downwards.", FAMILY_SIGNATURES(floor_signatures)},
    {"ROUND", FUNCTION_SCALAR, "MATHEMATICAL", "The nearest whole number, halves upwards.",
     FAMILY_SIGNATURES(round_signatures)},
    {"SQRT", FUNCTION_SCALAR, "MATHEMATICAL", "The square root.", FAMILY_SIGNATURES(sqrt_signatures)},
    {"LN", FUNCTION_SCALAR, "MATHEMATICAL", "The natural logarithm.", FAMILY_SIGNATURES(ln_signatures)},
    {"EXP", FUNCTION_SCALAR, "MATHEMATICAL", "e to the power of the argument.", FAMILY_SIGNATURES(exp_signatures)},
};
const struct function_family function_family_math = {functions, FAMILY_COUNT(functions)};
