/* Functions of DOUBLE, the sign of numbers, and the distance of two places. */
#include <math.h>

#include "foundation/base/random.h"
#include "ksql/function/family.h"

#define REAL(name, expression)                                                                                         \
    SCALAR(name) {                                                                                                     \
        double x = arguments[0].real;                                                                                  \
        *result = value_double(expression);                                                                            \
        return 0;                                                                                                      \
    }
#define REAL_OF_TWO(name, expression)                                                                                  \
    SCALAR(name) {                                                                                                     \
        double x = arguments[0].real, y = arguments[1].real;                                                           \
        *result = value_double(expression);                                                                            \
        return 0;                                                                                                      \
    }

static const double pi = 3.14159265358979323846;

REAL(square_root, sqrt(x))
REAL(cube_root, cbrt(x))
REAL(natural_logarithm, log(x))
REAL(exponential, exp(x))
REAL(sine, sin(x))
REAL(cosine, cos(x))
REAL(tangent, tan(x))
REAL(cotangent, 1 / tan(x))
REAL(arc_sine, asin(x))
REAL(arc_cosine, acos(x))
REAL(arc_tangent, atan(x))
REAL(hyperbolic_sine, sinh(x))
REAL(hyperbolic_cosine, cosh(x))
REAL(hyperbolic_tangent, tanh(x))
REAL(degrees, x * 180 / pi)
REAL(radians, x / 180 * pi)
REAL_OF_TWO(arc_tangent_of_two, atan2(x, y))
REAL_OF_TWO(power, pow(x, y))
REAL_OF_TWO(logarithm_to_base, x <= 0 || x == 1 ? NAN : log(y) / log(x))

SCALAR(circle) {
    *result = value_double(pi);
    return 0;
}

SCALAR(chance) {
    *result = value_double((double)(random_system_seed() >> 11) * 0x1p-53);
    return 0;
}

SCALAR(sign_of_real) {
    double x = arguments[0].real;
    *result = value_integer((x > 0) - (x < 0));
    return 0;
}

SCALAR(sign_of_whole) {
    int64_t x = arguments[0].integer;
    *result = value_integer((x > 0) - (x < 0));
    return 0;
}

/* Great-circle distance; the unit begins with MI or KM. */
SCALAR(distance) {
    double radius = 6371, in[4];
    if (call->argument_count > 4 && !value_is_null(arguments[4])) {
        struct view unit = value_view(arguments[4]);
        struct view start = {unit.data, unit.size < 2 ? unit.size : 2};
        if (view_equal_ignoring_case(start, VIEW("MI")))
            radius = 3959;
        else if (!view_equal_ignoring_case(start, VIEW("KM")))
            return error_set(error, ERROR_INVALID,
                             "GEO_DISTANCE function units must be one of KM, MILES or an abbreviation of them: %.*s",
                             VIEW_ARGS(unit));
    }
    for (size_t i = 0; i < 4; i++)
        in[i] = arguments[i].real;
    if (fabs(in[0]) > 90 || fabs(in[2]) > 90 || fabs(in[1]) > 180 || fabs(in[3]) > 180)
        return error_set(error, ERROR_INVALID,
                         "valid latitude values for GEO_DISTANCE function are in the range of -90 to 90, longitudes of "
                         "-180 to 180 decimal degrees");
    double lat1 = in[0] / 180 * pi, lat2 = in[2] / 180 * pi, up = (in[2] - in[0]) / 180 * pi,
           along = (in[3] - in[1]) / 180 * pi;
    double a = sin(up / 2) * sin(up / 2) + sin(along / 2) * sin(along / 2) * cos(lat1) * cos(lat2);
    *result = value_double(radius * 2 * asin(sqrt(a)));
    return 0;
}

#define REAL_ROWS(name, function)                                                                                      \
    static const struct function_signature name[] = {SIGNATURE(&sql_double, function, TAKES(DOUBLE, "value"))}
REAL_ROWS(sqrt_rows, square_root);
REAL_ROWS(cbrt_rows, cube_root);
REAL_ROWS(ln_rows, natural_logarithm);
REAL_ROWS(exp_rows, exponential);
REAL_ROWS(sin_rows, sine);
REAL_ROWS(cos_rows, cosine);
REAL_ROWS(tan_rows, tangent);
REAL_ROWS(cot_rows, cotangent);
REAL_ROWS(asin_rows, arc_sine);
REAL_ROWS(acos_rows, arc_cosine);
REAL_ROWS(atan_rows, arc_tangent);
REAL_ROWS(sinh_rows, hyperbolic_sine);
REAL_ROWS(cosh_rows, hyperbolic_cosine);
REAL_ROWS(tanh_rows, hyperbolic_tangent);
REAL_ROWS(degrees_rows, degrees);
REAL_ROWS(radians_rows, radians);
static const struct function_signature log_rows[] = {
    SIGNATURE(&sql_double, natural_logarithm, TAKES(DOUBLE, "value")),
    SIGNATURE(&sql_double, logarithm_to_base, TAKES(DOUBLE, "base"), TAKES(DOUBLE, "value")),
};
static const struct function_signature atan2_rows[] = {
    SIGNATURE(&sql_double, arc_tangent_of_two, TAKES(DOUBLE, "y"), TAKES(DOUBLE, "x")),
};
static const struct function_signature power_rows[] = {
    SIGNATURE(&sql_double, power, TAKES(DOUBLE, "base"), TAKES(DOUBLE, "exponent")),
};
static const struct function_signature pi_rows[] = {{.returns = &sql_double, .evaluate = circle}};
static const struct function_signature random_rows[] = {{.returns = &sql_double, .evaluate = chance}};
static const struct function_signature sign_rows[] = {
    SIGNATURE(&sql_integer, sign_of_whole, TAKES(INTEGER, "value")),
    SIGNATURE(&sql_integer, sign_of_whole, TAKES(BIGINT, "value")),
    SIGNATURE(&sql_integer, sign_of_real, TAKES(DOUBLE, "value")),
};
#define PLACES TAKES(DOUBLE, "lat1"), TAKES(DOUBLE, "lon1"), TAKES(DOUBLE, "lat2"), TAKES(DOUBLE, "lon2")
static const struct function_signature distance_rows[] = {
    SIGNATURE(&sql_double, distance, PLACES),
    SIGNATURE(&sql_double, distance, PLACES, TAKES(STRING, "units")),
};

#define ROW(name, help, rows)                                                                                          \
    { name, FUNCTION_SCALAR, "MATHEMATICAL", help, FAMILY_SIGNATURES(rows) }
static const struct function functions[] = {
    ROW("SQRT", "The square root.", sqrt_rows),
    ROW("CBRT", "The cube root.", cbrt_rows),
    ROW("LN", "The natural logarithm.", ln_rows),
    ROW("LOG", "The logarithm, natural unless a base comes first.", log_rows),
    ROW("EXP", "e to the power of the argument.", exp_rows),
    ROW("POWER", "A number to the power of another.", power_rows),
    ROW("SIN", "The sine of an angle in radians.", sin_rows),
    ROW("COS", "The cosine of an angle in radians.", cos_rows),
    ROW("TAN", "The tangent of an angle in radians.", tan_rows),
    ROW("COT", "The cotangent of an angle in radians.", cot_rows),
    ROW("ASIN", "The angle with this sine.", asin_rows),
    ROW("ACOS", "The angle with this cosine.", acos_rows),
    ROW("ATAN", "The angle with this tangent.", atan_rows),
    ROW("ATAN2", "The angle of the point (x, y), y first.", atan2_rows),
    ROW("SINH", "The hyperbolic sine.", sinh_rows),
    ROW("COSH", "The hyperbolic cosine.", cosh_rows),
    ROW("TANH", "The hyperbolic tangent.", tanh_rows),
    ROW("DEGREES", "Radians as degrees.", degrees_rows),
    ROW("RADIANS", "Degrees as radians.", radians_rows),
    ROW("PI", "The circle's number.", pi_rows),
    ROW("RANDOM", "A random number from 0 up to 1.", random_rows),
    ROW("SIGN", "-1, 0 or 1.", sign_rows),
    {"GEO_DISTANCE", FUNCTION_SCALAR, "OTHER", "Distance of two places given by latitude and longitude, in km.",
     FAMILY_SIGNATURES(distance_rows)},
};
const struct function_family function_family_math = {functions, FAMILY_COUNT(functions)};
