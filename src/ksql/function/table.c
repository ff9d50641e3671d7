/* Table functions: every row gives as many rows as the array has elements. */
#include "ksql/function/family.h"

SCALAR(explode) {
    *result = arguments[0];
    return 0;
}

/* All 2^n subsets of the values, others NULL; values that are NULL already are not taken apart. */
SCALAR(cube) {
    enum { MOST = 16 };
    size_t count = arguments[0].size, free = 0, rows = 0;
    for (size_t i = 0; i < count; i++)
        free += !value_is_null(arguments[0].items[i]);
    if (count > MOST)
        return error_set(error, ERROR_INVALID, "CUBE_EXPLODE takes %d elements at most, %zu were given", MOST, count);
    struct value *lists = arena_allocate(arena, ((size_t)1 << free) * sizeof *lists);
    for (size_t mask = 0; count != 0 && mask < (size_t)1 << free; mask++) {
        struct value *items = arena_allocate(arena, count * sizeof *items);
        size_t bit = free;
        for (size_t i = 0; i < count; i++) {
            bool null = value_is_null(arguments[0].items[i]);
            bool kept = !null && (mask >> (bit - 1) & 1) != 0;
            bit -= !null;
            items[i] = kept ? arguments[0].items[i] : value_null();
        }
        lists[rows++] = function_list(items, count);
    }
    *result = function_list(lists, rows);
    return 0;
}

static const struct sql_type *list_of_lists(const struct function_call *call, struct arena *arena,
                                            struct error *error) {
    (void)error;
    return sql_type_array(arena, call->argument_types[0]);
}

static const struct function_signature explode_rows[] = {SIGNATURE(NULL, explode, TAKES(ARRAY, "array"))};
static const struct function_signature cube_rows[] = {
    {.parameters = {TAKES(ARRAY, "columns")}, .resolve = list_of_lists, .evaluate = cube},
};

static const struct function functions[] = {
    {"EXPLODE", FUNCTION_TABLE, "TABLE", "A row for every element of an array.", FAMILY_SIGNATURES(explode_rows)},
    {"CUBE_EXPLODE", FUNCTION_TABLE, "TABLE", "A row for every subset of the columns.", FAMILY_SIGNATURES(cube_rows)},
};
const struct function_family function_family_table = {functions, FAMILY_COUNT(functions)};
