/* STDDEV_SAMP, STDDEV_SAMPLE, CORRELATION. The state is a list of sums. */
#include <math.h>

#include "ksql/function/family.h"

static void init(const struct function_call *call, struct value *state) {
    static const struct value zeros[6] = {[0 ... 5] = {.tag = VALUE_DOUBLE, .real = 0}};
    (void)call;
    state[0] = function_list(zeros, 6);
}

static int add(struct value *state, const double *by, size_t count, double sign, struct arena *arena) {
    struct value *sums = (struct value *)arena_copy_bytes(arena, state[0].items, 6 * sizeof *sums);
    for (size_t i = 0; i < count; i++)
        sums[i].real += sign * by[i];
    state[0] = function_list(sums, 6);
    return 0;
}

/* --- deviation: count, mean and squared distances by Welford's step, which can be taken back --- */

static int step(struct value *state, double x, double sign, struct arena *arena) {
    const struct value *old = state[0].items;
    double n = old[0].real + sign, mean = old[1].real, squares = old[2].real;
    double next = n == 0 ? 0 : mean + sign * (x - mean) / n;
    double by[3] = {sign, next - mean, n == 0 ? -squares : sign * (x - mean) * (x - next)};
    return add(state, by, 3, 1, arena);
}

static int deviation_update(const struct function_call *call, struct value *state, const struct value *arguments,
                            struct arena *arena, struct error *error) {
    (void)call, (void)error;
    return value_is_null(arguments[0]) ? 0 : step(state, arguments[0].real, 1, arena);
}

static int deviation_undo(const struct function_call *call, struct value *state, const struct value *arguments,
                          struct arena *arena, struct error *error) {
    (void)call, (void)error;
    return value_is_null(arguments[0]) ? 0 : step(state, arguments[0].real, -1, arena);
}

static int deviation_merge(const struct function_call *call, struct value *state, const struct value *later,
                           struct arena *arena, struct error *error) {
    (void)call, (void)error;
    const struct value *a = state[0].items, *b = later[0].items;
    double n = a[0].real + b[0].real, distance = b[1].real - a[1].real;
    if (b[0].real == 0)
        return 0;
    double by[3] = {b[0].real, distance * b[0].real / n, b[2].real + distance * distance * a[0].real * b[0].real / n};
    return add(state, by, 3, 1, arena);
}

static struct value variance(const struct function_call *call, const struct value *state, struct arena *arena) {
    (void)call, (void)arena;
    const struct value *sums = state[0].items;
    return value_double(sums[0].real < 2 ? 0 : sums[2].real / (sums[0].real - 1));
}

static struct value deviation(const struct function_call *call, const struct value *state, struct arena *arena) {
    struct value result = variance(call, state, arena);
    result.real = sqrt(result.real);
    return result;
}

/* --- correlation: n, sums of x, y, xx, yy, xy --- */

static int pair(struct value *state, const struct value *arguments, double sign, struct arena *arena) {
    if (value_is_null(arguments[0]) || value_is_null(arguments[1]))
        return 0;
    double x = arguments[0].real, y = arguments[1].real, by[6] = {1, x, y, x * x, y * y, x * y};
    return add(state, by, 6, sign, arena);
}

static int correlation_update(const struct function_call *call, struct value *state, const struct value *arguments,
                              struct arena *arena, struct error *error) {
    (void)call, (void)error;
    return pair(state, arguments, 1, arena);
}

static int correlation_undo(const struct function_call *call, struct value *state, const struct value *arguments,
                            struct arena *arena, struct error *error) {
    (void)call, (void)error;
    return pair(state, arguments, -1, arena);
}

static int correlation_merge(const struct function_call *call, struct value *state, const struct value *later,
                             struct arena *arena, struct error *error) {
    (void)call, (void)error;
    double by[6];
    for (size_t i = 0; i < 6; i++)
        by[i] = later[0].items[i].real;
    return add(state, by, 6, 1, arena);
}

static struct value correlation(const struct function_call *call, const struct value *state, struct arena *arena) {
    (void)call, (void)arena;
    const struct value *s = state[0].items;
    double n = s[0].real;
    double together = n * s[5].real - s[1].real * s[2].real;
    double alone = sqrt(n * s[3].real - s[1].real * s[1].real) * sqrt(n * s[4].real - s[2].real * s[2].real);
    return value_double(together / alone);
}

static const struct aggregate samp = {1, init, deviation_update, deviation_undo, deviation_merge, variance, true};
static const struct aggregate sample = {1, init, deviation_update, deviation_undo, deviation_merge, deviation, true};
static const struct aggregate correlate = {1,           init, correlation_update, correlation_undo, correlation_merge,
                                           correlation, true};

static const struct function_signature samp_rows[] = {
    {.parameters = {TAKES(DOUBLE, "val")}, .returns = &sql_double, .aggregate = &samp},
};
static const struct function_signature sample_rows[] = {
    {.parameters = {TAKES(DOUBLE, "val")}, .returns = &sql_double, .aggregate = &sample},
};
static const struct function_signature correlation_rows[] = {
    {.parameters = {TAKES(DOUBLE, "x"), TAKES(DOUBLE, "y")},
     .returns = &sql_double,
     .aggregate = &correlate,
     .values = 2},
};

static const struct function functions[] = {
    {"STDDEV_SAMP", FUNCTION_AGGREGATE, "AGGREGATE",
     "The sample variance: an older name that ksqlDB keeps. Use STDDEV_SAMPLE for the deviation.",
     FAMILY_SIGNATURES(samp_rows)},
    {"STDDEV_SAMPLE", FUNCTION_AGGREGATE, "AGGREGATE", "The standard deviation of the sample.",
     FAMILY_SIGNATURES(sample_rows)},
    {"CORRELATION", FUNCTION_AGGREGATE, "AGGREGATE", "How closely two values go together, from -1 to 1.",
     FAMILY_SIGNATURES(correlation_rows)},
};
const struct function_family function_family_statistics = {functions, FAMILY_COUNT(functions)};
