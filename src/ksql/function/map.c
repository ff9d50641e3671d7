/* MAP_KEYS, MAP_VALUES, MAP_UNION, AS_MAP, ENTRIES. */
#include <stdlib.h>

#include "ksql/function/family.h"

SCALAR(keys) {
    struct value *items = arena_allocate(arena, ((size_t)arguments[0].size + 1) * sizeof *items);
    for (size_t i = 0; i < arguments[0].size; i++)
        items[i] = arguments[0].items[2 * i];
    *result = function_list(items, arguments[0].size);
    return 0;
}

SCALAR(values) {
    struct value *items = arena_allocate(arena, ((size_t)arguments[0].size + 1) * sizeof *items);
    for (size_t i = 0; i < arguments[0].size; i++)
        items[i] = arguments[0].items[2 * i + 1];
    *result = function_list(items, arguments[0].size);
    return 0;
}

static void put(struct value *items, size_t *count, struct value key, struct value value) {
    size_t at = 0;
    while (at < *count && !value_equal(items[2 * at], key))
        at++;
    items[2 * at] = key;
    items[2 * at + 1] = value;
    *count += at == *count;
}

/* Of a key that both have the second map's value counts. */
SCALAR(unite) {
    struct value a = arguments[0], b = arguments[1];
    if (value_is_null(a) || value_is_null(b)) {
        *result = value_is_null(a) ? b : a;
        return 0;
    }
    struct value *items = arena_allocate(arena, 2 * ((size_t)a.size + b.size + 1) * sizeof *items);
    size_t count = 0;
    for (size_t i = 0; i < a.size; i++)
        put(items, &count, a.items[2 * i], a.items[2 * i + 1]);
    for (size_t i = 0; i < b.size; i++)
        put(items, &count, b.items[2 * i], b.items[2 * i + 1]);
    *result = (struct value){.tag = VALUE_MAP, .size = (uint32_t)count, .items = items};
    return 0;
}

SCALAR(map_of_lists) {
    struct value a = arguments[0], b = arguments[1];
    size_t pairs = a.size < b.size ? a.size : b.size, count = 0;
    struct value *items = arena_allocate(arena, 2 * (pairs + 1) * sizeof *items);
    for (size_t i = 0; i < pairs; i++)
        put(items, &count, a.items[i], b.items[i]);
    *result = (struct value){.tag = VALUE_MAP, .size = (uint32_t)count, .items = items};
    return 0;
}

static int by_key(const void *a, const void *b) {
    return value_compare(((const struct value *)a)->items[0], ((const struct value *)b)->items[0]);
}

SCALAR(entries) {
    size_t count = arguments[0].size;
    struct value *items = arena_allocate(arena, (count + 1) * sizeof *items);
    for (size_t i = 0; i < count; i++)
        items[i] = (struct value){.tag = VALUE_STRUCT, .size = 2, .items = &arguments[0].items[2 * i]};
    if (arguments[1].boolean)
        qsort(items, count, sizeof *items, by_key);
    *result = function_list(items, count);
    return 0;
}

static const struct sql_type *key_list(const struct function_call *call, struct arena *arena, struct error *error) {
    (void)error;
    return sql_type_array(arena, call->argument_types[0] == NULL ? &sql_string : call->argument_types[0]->key);
}

static const struct sql_type *value_list(const struct function_call *call, struct arena *arena, struct error *error) {
    (void)error;
    return sql_type_array(arena, call->argument_types[0] == NULL ? &sql_string : call->argument_types[0]->element);
}

static const struct sql_type *map_type(const struct function_call *call, struct arena *arena, struct error *error) {
    (void)error;
    return sql_type_map(arena, &sql_string,
                        call->argument_types[1] == NULL ? &sql_string : call->argument_types[1]->element);
}

static const struct sql_type *entry_list(const struct function_call *call, struct arena *arena, struct error *error) {
    const struct sql_type *map = call->argument_types[0];
    if (map == NULL || map->key->base != SQL_STRING) {
        error_set(error, ERROR_INVALID, "ENTRIES takes a MAP with STRING keys");
        return NULL;
    }
    struct sql_field fields[2] = {{VIEW("K"), &sql_string}, {VIEW("V"), map->element}};
    struct sql_field *kept = (struct sql_field *)arena_copy_bytes(arena, fields, sizeof fields);
    return sql_type_array(arena, sql_type_struct(arena, kept, 2));
}

static const struct function_signature keys_rows[] = {
    {.parameters = {TAKES(MAP, "input")}, .resolve = key_list, .evaluate = keys},
};
static const struct function_signature values_rows[] = {
    {.parameters = {TAKES(MAP, "input")}, .resolve = value_list, .evaluate = values},
};
static const struct function_signature union_rows[] = {
    {.parameters = {TAKES(MAP_SAME, "map1"), TAKES(MAP_SAME, "map2")}, .evaluate = unite, .nulls = true},
};
static const struct function_signature as_map_rows[] = {
    {.parameters = {TAKES(ARRAY_STRING, "keys"), TAKES(ARRAY, "values")},
     .resolve = map_type,
     .evaluate = map_of_lists},
};
static const struct function_signature entries_rows[] = {
    {.parameters = {TAKES(MAP, "map"), TAKES(BOOLEAN, "sorted")}, .resolve = entry_list, .evaluate = entries},
};

static const struct function functions[] = {
    {"MAP_KEYS", FUNCTION_SCALAR, "MAP", "The keys of a map.", FAMILY_SIGNATURES(keys_rows)},
    {"MAP_VALUES", FUNCTION_SCALAR, "MAP", "The values of a map.", FAMILY_SIGNATURES(values_rows)},
    {"MAP_UNION", FUNCTION_SCALAR, "MAP", "The entries of both maps, the second's where both have one.",
     FAMILY_SIGNATURES(union_rows)},
    {"AS_MAP", FUNCTION_SCALAR, "MAP", "A map out of keys and values.", FAMILY_SIGNATURES(as_map_rows)},
    {"ENTRIES", FUNCTION_SCALAR, "MAP", "The entries of a map as structs of K and V.", FAMILY_SIGNATURES(entries_rows)},
};
const struct function_family function_family_map = {functions, FAMILY_COUNT(functions)};
