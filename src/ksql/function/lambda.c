/* TRANSFORM, FILTER, REDUCE: functions that call a lambda for every element. NULL collections stay NULL. */
#include "ksql/function/family.h"

static size_t element_parameters(const struct sql_type *collection, const struct sql_type **parameters, size_t from) {
    if (collection == NULL || (collection->base != SQL_ARRAY && collection->base != SQL_MAP))
        return 0;
    size_t count = from;
    if (collection->base == SQL_MAP)
        parameters[count++] = collection->key;
    parameters[count++] = collection->element;
    return count;
}

static size_t of_array(const struct sql_type *const *types, size_t at, const struct sql_type **parameters) {
    (void)at;
    return types[0] != NULL && types[0]->base == SQL_ARRAY ? element_parameters(types[0], parameters, 0) : 0;
}

static size_t of_map(const struct sql_type *const *types, size_t at, const struct sql_type **parameters) {
    (void)at;
    return types[0] != NULL && types[0]->base == SQL_MAP ? element_parameters(types[0], parameters, 0) : 0;
}

/* The state comes first. */
static size_t of_fold(const struct sql_type *const *types, size_t at, const struct sql_type **parameters) {
    (void)at;
    parameters[0] = types[1];
    return types[1] == NULL ? 0 : element_parameters(types[0], parameters, 1);
}

static int transform_array(const struct function_call *call, const struct value *arguments,
                           const struct function_lambda *lambdas, struct arena *arena, struct value *result,
                           struct error *error) {
    (void)call, (void)error;
    if (value_is_null(arguments[0]))
        return 0;
    struct value *items = arena_allocate(arena, ((size_t)arguments[0].size + 1) * sizeof *items);
    for (size_t i = 0; i < arguments[0].size; i++)
        items[i] = lambdas[1].apply(lambdas[1].context, &arguments[0].items[i], arena);
    *result = function_list(items, arguments[0].size);
    return 0;
}

static int transform_map(const struct function_call *call, const struct value *arguments,
                         const struct function_lambda *lambdas, struct arena *arena, struct value *result,
                         struct error *error) {
    (void)call, (void)error;
    if (value_is_null(arguments[0]))
        return 0;
    struct value *items = arena_allocate(arena, 2 * ((size_t)arguments[0].size + 1) * sizeof *items);
    size_t count = 0;
    for (size_t i = 0; i < arguments[0].size; i++) {
        const struct value *pair = &arguments[0].items[2 * i];
        struct value key = lambdas[1].apply(lambdas[1].context, pair, arena);
        for (size_t j = 0; j < count; j++)
            if (value_equal(items[2 * j], key))
                return error_set(error, ERROR_INVALID, "TRANSFORM gives one key to two entries of the map");
        items[2 * count] = key;
        items[2 * count++ + 1] = lambdas[2].apply(lambdas[2].context, pair, arena);
    }
    *result = (struct value){.tag = VALUE_MAP, .size = (uint32_t)count, .items = items};
    return 0;
}

static int filter(const struct function_call *call, const struct value *arguments,
                  const struct function_lambda *lambdas, struct arena *arena, struct value *result,
                  struct error *error) {
    (void)call, (void)error;
    if (value_is_null(arguments[0]))
        return 0;
    size_t width = arguments[0].tag == VALUE_MAP ? 2 : 1, count = 0;
    struct value *items = arena_allocate(arena, width * ((size_t)arguments[0].size + 1) * sizeof *items);
    for (size_t i = 0; i < arguments[0].size; i++) {
        const struct value *item = &arguments[0].items[width * i];
        struct value passes = lambdas[1].apply(lambdas[1].context, item, arena);
        if (!value_is_null(passes) && passes.boolean)
            memcpy(&items[width * count++], item, width * sizeof *items);
    }
    *result = arguments[0];
    result->size = (uint32_t)count;
    result->items = items;
    return 0;
}

static int reduce(const struct function_call *call, const struct value *arguments,
                  const struct function_lambda *lambdas, struct arena *arena, struct value *result,
                  struct error *error) {
    (void)call, (void)error;
    struct value parameters[3] = {arguments[1]};
    size_t width = arguments[0].tag == VALUE_MAP ? 2 : 1;
    if (value_is_null(arguments[1]))
        return 0;
    for (size_t i = 0; !value_is_null(arguments[0]) && i < arguments[0].size; i++) {
        memcpy(&parameters[1], &arguments[0].items[width * i], width * sizeof *parameters);
        parameters[0] = lambdas[2].apply(lambdas[2].context, parameters, arena);
    }
    *result = parameters[0];
    return 0;
}

static const struct sql_type *list_type(const struct function_call *call, struct arena *arena, struct error *error) {
    (void)error;
    return sql_type_array(arena, call->argument_types[1] == NULL ? &sql_string : call->argument_types[1]);
}

static const struct sql_type *map_type(const struct function_call *call, struct arena *arena, struct error *error) {
    (void)error;
    return sql_type_map(arena, call->argument_types[1] == NULL ? &sql_string : call->argument_types[1],
                        call->argument_types[2] == NULL ? &sql_string : call->argument_types[2]);
}

static const struct sql_type *filtered(const struct function_call *call, struct arena *arena, struct error *error) {
    (void)arena;
    if (call->argument_types[1] == NULL || call->argument_types[1]->base == SQL_BOOLEAN)
        return call->argument_types[0];
    error_set(error, ERROR_INVALID, "FILTER needs a lambda that gives a BOOLEAN, not %s",
              sql_base_name(call->argument_types[1]->base));
    return NULL;
}

static const struct sql_type *reduced(const struct function_call *call, struct arena *arena, struct error *error) {
    (void)arena;
    if (call->argument_types[2] == NULL || sql_type_equal(call->argument_types[1], call->argument_types[2]))
        return call->argument_types[1];
    struct text state = TEXT_EMPTY, body = TEXT_EMPTY;
    sql_type_print(&state, call->argument_types[1]);
    sql_type_print(&body, call->argument_types[2]);
    error_set(error, ERROR_INVALID, "REDUCE begins with %s, its lambda gives %s: cast one of them", text_string(&state),
              text_string(&body));
    text_free(&state);
    text_free(&body);
    return NULL;
}

#define LAMBDAS(parameters_, resolution, function, ...)                                                                \
    {                                                                                                                  \
        .parameters = {__VA_ARGS__}, .lambda = (parameters_), .resolve = (resolution), .evaluate_with = (function),    \
        .nulls = true                                                                                                  \
    }
static const struct function_signature transform_rows[] = {
    LAMBDAS(of_array, list_type, transform_array, TAKES(ARRAY, "array"), TAKES(LAMBDA, "lambda")),
    LAMBDAS(of_map, map_type, transform_map, TAKES(MAP, "map"), TAKES(LAMBDA, "keyLambda"),
            TAKES(LAMBDA, "valueLambda")),
};
static const struct function_signature filter_rows[] = {
    LAMBDAS(of_array, filtered, filter, TAKES(ARRAY, "array"), TAKES(LAMBDA, "lambda")),
    LAMBDAS(of_map, filtered, filter, TAKES(MAP, "map"), TAKES(LAMBDA, "lambda")),
};
static const struct function_signature reduce_rows[] = {
    LAMBDAS(of_fold, reduced, reduce, TAKES(ARRAY, "array"), TAKES(ANY, "state"), TAKES(LAMBDA, "lambda")),
    LAMBDAS(of_fold, reduced, reduce, TAKES(MAP, "map"), TAKES(ANY, "state"), TAKES(LAMBDA, "lambda")),
};

static const struct function functions[] = {
    {"TRANSFORM", FUNCTION_SCALAR, "LAMBDA", "Every element, or every key and value, as lambdas make it.",
     FAMILY_SIGNATURES(transform_rows)},
    {"FILTER", FUNCTION_SCALAR, "LAMBDA", "The elements for which a lambda is true.", FAMILY_SIGNATURES(filter_rows)},
    {"REDUCE", FUNCTION_SCALAR, "LAMBDA", "One value out of all elements, starting with a state.",
     FAMILY_SIGNATURES(reduce_rows)},
};
const struct function_family function_family_lambda = {functions, FAMILY_COUNT(functions)};
