/* LATEST_BY_OFFSET, EARLIEST_BY_OFFSET of one value or of the last, first n as an array. Rows come in offset order; the
 * second slot keeps which they were of all that came, so that two sessions that become one know whose came first. */
#include "ksql/function/family.h"

static void offset_init(const struct function_call *call, struct value *state) {
    (void)call;
    state[0] = value_null();
    state[1] = value_bigint(0); /* no row was taken; the value of one may be NULL */
}

static struct value arrival(const struct function_call *call) {
    int64_t *arrivals = call->context == NULL ? NULL : call->context->arrivals;
    return value_bigint(arrivals == NULL ? 1 : ++*arrivals);
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
        state[1] = arrival(call);
    }
    return 0;
}

static int earliest(const struct function_call *call, struct value *state, const struct value *arguments,
                    struct arena *arena, struct error *error) {
    return state[1].integer != 0 ? 0 : latest(call, state, arguments, arena, error);
}

static int later_of(const struct function_call *call, struct value *state, const struct value *later,
                    struct arena *arena, struct error *error) {
    (void)call, (void)arena, (void)error;
    if (later[1].integer != 0 && later[1].integer >= state[1].integer)
        memcpy(state, later, 2 * sizeof *state);
    return 0;
}

static int earlier_of(const struct function_call *call, struct value *state, const struct value *later,
                      struct arena *arena, struct error *error) {
    (void)call, (void)arena, (void)error;
    if (later[1].integer != 0 && (state[1].integer == 0 || later[1].integer < state[1].integer))
        memcpy(state, later, 2 * sizeof *state);
    return 0;
}

/* --- of n values: the state is the array itself, beside it their arrivals --- */

enum { VALUES_MOST = 10000 };

static void list_init(const struct function_call *call, struct value *state) {
    (void)call;
    state[0] = state[1] = (struct value){.tag = VALUE_ARRAY};
}

static const struct sql_type *list_type(const struct function_call *call, struct arena *arena, struct error *error) {
    struct value n = call->constants[1];
    if (value_is_null(n) && call->argument_types[1] != NULL) /* the binder says which expression that is */
        return sql_type_array(arena, call->argument_types[0] == NULL ? &sql_string : call->argument_types[0]);
    if (value_is_null(n) || n.integer < 1 || n.integer > VALUES_MOST) {
        error_set(error, ERROR_INVALID, "%s: the number of values must be a literal between 1 and %d",
                  call->function->name, VALUES_MOST);
        return NULL;
    }
    return sql_type_array(arena, call->argument_types[0] == NULL ? &sql_string : call->argument_types[0]);
}

static bool counts_of_list(const struct function_call *call, const struct value *arguments) {
    bool ignores_nulls = call->argument_count < 3 || value_is_null(arguments[2]) || arguments[2].boolean;
    return !ignores_nulls || !value_is_null(arguments[0]);
}

static void append(struct value *state, struct value value, size_t from, struct arena *arena) {
    struct value *items = arena_allocate(arena, (state->size + 1) * sizeof *items);
    for (size_t i = from; i < state->size; i++)
        items[i - from] = state->items[i];
    items[state->size - from] = value;
    state->size = (uint32_t)(state->size - from + 1);
    state->items = items;
}

static int latest_n(const struct function_call *call, struct value *state, const struct value *arguments,
                    struct arena *arena, struct error *error) {
    (void)error;
    bool full = state[0].size >= call->constants[1].integer;
    if (counts_of_list(call, arguments)) {
        append(&state[0], arguments[0], full, arena);
        append(&state[1], arrival(call), full, arena);
    }
    return 0;
}

static int earliest_n(const struct function_call *call, struct value *state, const struct value *arguments,
                      struct arena *arena, struct error *error) {
    (void)error;
    if (counts_of_list(call, arguments) && state[0].size < call->constants[1].integer) {
        append(&state[0], arguments[0], 0, arena);
        append(&state[1], arrival(call), 0, arena);
    }
    return 0;
}

/* Both lists in the order of their arrivals, then the last or the first n of them. */
static int merge_lists(const struct function_call *call, struct value *state, const struct value *later, bool last,
                       struct arena *arena) {
    size_t left = state[0].size, right = later[0].size, total = left + right, most = (size_t)call->constants[1].integer;
    struct value *items = arena_allocate(arena, (total + 1) * sizeof *items);
    struct value *arrivals = arena_allocate(arena, (total + 1) * sizeof *arrivals);
    for (size_t i = 0, a = 0, b = 0; i < total; i++) {
        bool from_left = b == right || (a < left && state[1].items[a].integer <= later[1].items[b].integer);
        items[i] = from_left ? state[0].items[a] : later[0].items[b];
        arrivals[i] = from_left ? state[1].items[a++] : later[1].items[b++];
    }
    size_t count = total < most ? total : most, from = last ? total - count : 0;
    state[0] = function_list(items + from, count);
    state[1] = function_list(arrivals + from, count);
    return 0;
}

static int merge_latest(const struct function_call *call, struct value *state, const struct value *later,
                        struct arena *arena, struct error *error) {
    (void)error;
    return merge_lists(call, state, later, true, arena);
}

static int merge_earliest(const struct function_call *call, struct value *state, const struct value *later,
                          struct arena *arena, struct error *error) {
    (void)error;
    return merge_lists(call, state, later, false, arena);
}

static const struct aggregate latest_list = {2, list_init, latest_n, NULL, merge_latest, NULL, true};
static const struct aggregate earliest_list = {2, list_init, earliest_n, NULL, merge_earliest, NULL, true};
static const struct aggregate latest_value = {2, offset_init, latest, NULL, later_of, NULL, true};
static const struct aggregate earliest_value = {2, offset_init, earliest, NULL, earlier_of, NULL, true};

static const struct function_signature latest_signatures[] = {
    {.parameters = {{PARAMETER_ANY, "val"}}, .aggregate = &latest_value},
    {.parameters = {{PARAMETER_ANY, "val"}, {PARAMETER_BOOLEAN, "ignoreNulls"}}, .aggregate = &latest_value},
    {.parameters = {{PARAMETER_ANY, "val"}, {PARAMETER_INTEGER, "latestN"}},
     .resolve = list_type,
     .aggregate = &latest_list},
    {.parameters = {{PARAMETER_ANY, "val"}, {PARAMETER_INTEGER, "latestN"}, {PARAMETER_BOOLEAN, "ignoreNulls"}},
     .resolve = list_type,
     .aggregate = &latest_list},
};
static const struct function_signature earliest_signatures[] = {
    {.parameters = {{PARAMETER_ANY, "val"}}, .aggregate = &earliest_value},
    {.parameters = {{PARAMETER_ANY, "val"}, {PARAMETER_BOOLEAN, "ignoreNulls"}}, .aggregate = &earliest_value},
    {.parameters = {{PARAMETER_ANY, "val"}, {PARAMETER_INTEGER, "earliestN"}},
     .resolve = list_type,
     .aggregate = &earliest_list},
    {.parameters = {{PARAMETER_ANY, "val"}, {PARAMETER_INTEGER, "earliestN"}, {PARAMETER_BOOLEAN, "ignoreNulls"}},
     .resolve = list_type,
     .aggregate = &earliest_list},
};

static const struct function functions[] = {
    {"LATEST_BY_OFFSET", FUNCTION_AGGREGATE, "AGGREGATE", "The value of the row that came last.",
     FAMILY_SIGNATURES(latest_signatures)},
    {"EARLIEST_BY_OFFSET", FUNCTION_AGGREGATE, "AGGREGATE", "The value of the row that came first.",
     FAMILY_SIGNATURES(earliest_signatures)},
};
const struct function_family function_family_offset = {functions, FAMILY_COUNT(functions)};
