/* LATEST_BY_OFFSET, EARLIEST_BY_OFFSET of one value. Rows come in offset order. No merge: two sessions do not tell
 * which row came first. */
#include "ksql/function/family.h"

static void offset_init(const struct function_call *call, struct value *state) {
    (void)call;
    state[0] = value_null();
    state[1] = value_boolean(false); /* a row was taken; its value may be NULL */
}

static bool counts(const struct function_call *call, const struct value *arguments) {
    bool ignores_nulls = call->argument_count < 2 || value_is_null(arguments[1]) || arguments[1].boolean;
    return !ignores_nulls || !value_is_null(arguments[0]);
}

static int latest(const struct function_call *call, struct value *state, const struct value *arguments,
                  struct arena *arena, struct error *error) {
    (void)arena, (void)error;
    if (counts(call, arguments)) {
        state[0] = arguments[0];
        state[1].boolean = true;
    }
    return 0;
}

static int earliest(const struct function_call *call, struct value *state, const struct value *arguments,
                    struct arena *arena, struct error *error) {
    return state[1].boolean ? 0 : latest(call, state, arguments, arena, error);
}

static const struct aggregate latest_value = {2, offset_init, latest, NULL, NULL, NULL};
static const struct aggregate earliest_value = {2, offset_init, earliest, NULL, NULL, NULL};

static const struct function_signature latest_signatures[] = {
    {.parameters = {{PARAMETER_ANY, "val"}}, .aggregate = &latest_value},
    {.parameters = {{PARAMETER_ANY, "val"}, {PARAMETER_BOOLEAN, "ignoreNulls"}}, .aggregate = &latest_value},
};
static const struct function_signature earliest_signatures[] = {
    {.parameters = {{PARAMETER_ANY, "val"}}, .aggregate = &earliest_value},
    {.parameters = {{PARAMETER_ANY, "val"}, {PARAMETER_BOOLEAN, "ignoreNulls"}}, .aggregate = &earliest_value},
};

static const struct function functions[] = {
    {"LATEST_BY_OFFSET", FUNCTION_AGGREGATE, "AGGREGATE", "The value of the row that came last.",
     FAMILY_SIGNATURES(latest_signatures)},
    {"EARLIEST_BY_OFFSET", FUNCTION_AGGREGATE, "AGGREGATE", "The value of the row that came first.",
     FAMILY_SIGNATURES(earliest_signatures)},
};
const struct function_family function_family_offset = {functions, FAMILY_COUNT(functions)};
