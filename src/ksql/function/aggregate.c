/* COUNT, SUM, AVG, MIN, MAX. Sums start at 0, skip NULLs, and wrap like Java's. */
#include "ksql/function/cast.h"
#include "ksql/function/family.h"

static struct value plus(struct value a, struct value b, bool minus) {
    uint64_t right = minus ? 0u - (uint64_t)b.integer : (uint64_t)b.integer;
    switch (a.tag) {
    case VALUE_INTEGER:
        return value_integer((int32_t)((uint32_t)a.integer + (uint32_t)right));
    case VALUE_DOUBLE:
        return value_double(minus ? a.real - b.real : a.real + b.real);
    default:
        return value_bigint((int64_t)((uint64_t)a.integer + right));
    }
}

static void count_init(const struct function_call *call, struct value *state) {
    (void)call;
    state[0] = value_bigint(0);
}

static int count_step(const struct function_call *call, struct value *state, const struct value *arguments,
                      int64_t step) {
    if (call->argument_count == 0 || !value_is_null(arguments[0]))
        state[0].integer += step;
    return 0;
}

static int count_update(const struct function_call *call, struct value *state, const struct value *arguments,
                        struct arena *arena, struct error *error) {
    (void)arena, (void)error;
    return count_step(call, state, arguments, 1);
}

static int count_undo(const struct function_call *call, struct value *state, const struct value *arguments,
                      struct arena *arena, struct error *error) {
    (void)arena, (void)error;
    return count_step(call, state, arguments, -1);
}

static int sum_merge(const struct function_call *call, struct value *state, const struct value *later,
                     struct arena *arena, struct error *error) {
    (void)arena, (void)error;
    for (size_t i = 0; i < call->signature->aggregate->slots; i++)
        state[i] = plus(state[i], later[i], false);
    return 0;
}

static void sum_init(const struct function_call *call, struct value *state) {
    enum sql_base base = call->parameter_types[0] ? call->parameter_types[0]->base : SQL_BIGINT;
    state[0] = base == SQL_INTEGER ? value_integer(0) : base == SQL_DOUBLE ? value_double(0) : value_bigint(0);
}

static int sum_update(const struct function_call *call, struct value *state, const struct value *arguments,
                      struct arena *arena, struct error *error) {
    (void)call, (void)arena, (void)error;
    if (!value_is_null(arguments[0]))
        state[0] = plus(state[0], arguments[0], false);
    return 0;
}

static int sum_undo(const struct function_call *call, struct value *state, const struct value *arguments,
                    struct arena *arena, struct error *error) {
    (void)call, (void)arena, (void)error;
    if (!value_is_null(arguments[0]))
        state[0] = plus(state[0], arguments[0], true);
    return 0;
}

/* --- DECIMAL: the sum has the type of what is summed, a sum beyond it ends the query --- */

static void decimal_init(const struct function_call *call, struct value *state) {
    static const __int128 zero;
    (void)call;
    state[0] = (struct value){.tag = VALUE_DECIMAL, .decimal = &zero};
}

static int decimal_add(const struct function_call *call, struct value *state, struct value value, bool minus,
                       struct arena *arena, struct error *error) {
    if (value_is_null(value))
        return 0;
    const struct sql_type *type = call->result_type;
    __int128 *sum = arena_allocate(arena, sizeof *sum), by = minus ? -*value.decimal : *value.decimal, checked;
    *sum = *state[0].decimal + by;
    if (!decimal_rescale(*sum, type->scale, type->scale, type->precision, &checked)) {
        struct text shown = TEXT_EMPTY;
        value_print(&shown, (struct value){.tag = VALUE_DECIMAL, .decimal = sum}, type);
        error_set(
            error, ERROR_INVALID,
            "Exception caught in process. Numeric field overflow: A field with precision %d and scale %d must round "
            "to an absolute value less than 10^%d. Got %s",
            type->precision, type->scale, type->precision - type->scale, text_string(&shown));
        text_free(&shown);
        if (error != NULL)
            error->fatal = true;
        return -1;
    }
    state[0].decimal = sum;
    return 0;
}

static int decimal_update(const struct function_call *call, struct value *state, const struct value *arguments,
                          struct arena *arena, struct error *error) {
    return decimal_add(call, state, arguments[0], false, arena, error);
}

static int decimal_undo(const struct function_call *call, struct value *state, const struct value *arguments,
                        struct arena *arena, struct error *error) {
    return decimal_add(call, state, arguments[0], true, arena, error);
}

static int decimal_merge(const struct function_call *call, struct value *state, const struct value *later,
                         struct arena *arena, struct error *error) {
    return decimal_add(call, state, later[0], false, arena, error);
}

static void average_init(const struct function_call *call, struct value *state) {
    sum_init(call, state);
    state[1] = value_bigint(0);
}

static int average_update(const struct function_call *call, struct value *state, const struct value *arguments,
                          struct arena *arena, struct error *error) {
    state[1].integer += !value_is_null(arguments[0]);
    return sum_update(call, state, arguments, arena, error);
}

static int average_undo(const struct function_call *call, struct value *state, const struct value *arguments,
                        struct arena *arena, struct error *error) {
    state[1].integer -= !value_is_null(arguments[0]);
    return sum_undo(call, state, arguments, arena, error);
}

static struct value average_result(const struct function_call *call, const struct value *state, struct arena *arena) {
    (void)call, (void)arena;
    double sum = state[0].tag == VALUE_DOUBLE ? state[0].real : (double)state[0].integer;
    return value_double(state[1].integer ? sum / (double)state[1].integer : 0);
}

static void extreme_init(const struct function_call *call, struct value *state) {
    (void)call;
    state[0] = value_null();
}

static int keep_smaller(const struct function_call *call, struct value *state, const struct value *given,
                        struct arena *arena, struct error *error) {
    (void)call, (void)arena, (void)error;
    if (!value_is_null(given[0]) && (value_is_null(state[0]) || value_compare(given[0], state[0]) < 0))
        state[0] = given[0];
    return 0;
}

static int keep_greater(const struct function_call *call, struct value *state, const struct value *given,
                        struct arena *arena, struct error *error) {
    (void)call, (void)arena, (void)error;
    if (!value_is_null(given[0]) && (value_is_null(state[0]) || value_compare(given[0], state[0]) > 0))
        state[0] = given[0];
    return 0;
}

static const struct aggregate count = {1, count_init, count_update, count_undo, sum_merge, NULL, false};
static const struct aggregate sum = {1, sum_init, sum_update, sum_undo, sum_merge, NULL, false};
static const struct aggregate decimal_sum = {1, decimal_init, decimal_update, decimal_undo, decimal_merge, NULL, false};
static const struct aggregate average = {2,   average_init, average_update, average_undo, sum_merge, average_result,
                                         true};
static const struct aggregate smallest = {1, extreme_init, keep_smaller, NULL, keep_smaller, NULL, false};
static const struct aggregate greatest = {1, extreme_init, keep_greater, NULL, keep_greater, NULL, false};

static const struct function_signature count_signatures[] = {
    {.returns = &sql_bigint, .aggregate = &count},
    {.parameters = {{PARAMETER_ANY, "val"}}, .returns = &sql_bigint, .aggregate = &count},
};
static const struct function_signature sum_signatures[] = {
    {.parameters = {{PARAMETER_DOUBLE, "val1"}}, .returns = &sql_double, .aggregate = &sum},
    {.parameters = {{PARAMETER_INTEGER, "val1"}}, .returns = &sql_integer, .aggregate = &sum},
    {.parameters = {{PARAMETER_BIGINT, "val1"}}, .returns = &sql_bigint, .aggregate = &sum},
    {.parameters = {{PARAMETER_DECIMAL, "val1"}}, .aggregate = &decimal_sum},
};
static const struct function_signature average_signatures[] = {
    {.parameters = {{PARAMETER_DOUBLE, "val1"}}, .returns = &sql_double, .aggregate = &average},
    {.parameters = {{PARAMETER_INTEGER, "val1"}}, .returns = &sql_double, .aggregate = &average},
    {.parameters = {{PARAMETER_BIGINT, "val1"}}, .returns = &sql_double, .aggregate = &average},
};
#define EXTREME_ROW(parameter, state)                                                                                  \
    { .parameters = {{PARAMETER_##parameter, "val1"}}, .aggregate = &state }
#define EXTREME_ROWS(state)                                                                                            \
    EXTREME_ROW(INTEGER, state), EXTREME_ROW(BIGINT, state), EXTREME_ROW(DOUBLE, state), EXTREME_ROW(DECIMAL, state),  \
        EXTREME_ROW(STRING, state), EXTREME_ROW(BYTES, state), EXTREME_ROW(DATE, state), EXTREME_ROW(TIME, state),     \
        EXTREME_ROW(TIMESTAMP, state)
static const struct function_signature smallest_signatures[] = {EXTREME_ROWS(smallest)};
static const struct function_signature greatest_signatures[] = {EXTREME_ROWS(greatest)};

static const struct function functions[] = {
    {"COUNT", FUNCTION_AGGREGATE, "AGGREGATE", "Number of rows, or of values that are not NULL.",
     FAMILY_SIGNATURES(count_signatures)},
    {"SUM", FUNCTION_AGGREGATE, "AGGREGATE", "The sum of the values.", FAMILY_SIGNATURES(sum_signatures)},
    {"AVG", FUNCTION_AGGREGATE, "AGGREGATE", "The mean of the values.", FAMILY_SIGNATURES(average_signatures)},
    {"MIN", FUNCTION_AGGREGATE, "AGGREGATE", "The smallest value.", FAMILY_SIGNATURES(smallest_signatures)},
    {"MAX", FUNCTION_AGGREGATE, "AGGREGATE", "The greatest value.", FAMILY_SIGNATURES(greatest_signatures)},
};
const struct function_family function_family_aggregate = {functions, FAMILY_COUNT(functions)};
