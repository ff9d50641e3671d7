/* The families that function.c looks through, and what their rows share. */
#pragma once

#include "ksql/function/function.h"

struct function_family {
    const struct function *functions;
    size_t count;
};

extern const struct function_family function_family_string, function_family_text, function_family_mask,
    function_family_bytes, function_family_regex, function_family_url, function_family_math, function_family_rounding,
    function_family_extreme, function_family_time, function_family_calendar, function_family_array, function_family_set,
    function_family_map, function_family_lambda, function_family_json, function_family_conditional,
    function_family_aggregate, function_family_offset, function_family_collect, function_family_top,
    function_family_statistics, function_family_table;

#define FAMILY_COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define FAMILY_SIGNATURES(rows) .signatures = (rows), .signature_count = FAMILY_COUNT(rows)
/* The head of a row's evaluate; what it does not need may stay unused. */
#define SCALAR(name)                                                                                                   \
    static int name(__attribute__((unused)) const struct function_call *call,                                          \
                    __attribute__((unused)) const struct value *arguments,                                             \
                    __attribute__((unused)) struct arena *arena, __attribute__((unused)) struct value *result,         \
                    __attribute__((unused)) struct error *error)
/* {SIGNATURE(&sql_string, evaluate, TAKES(STRING, "str"), ...)} */
#define TAKES(kind, name)                                                                                              \
    { PARAMETER_##kind, name }
#define SIGNATURE(type, function, ...)                                                                                 \
    { .parameters = {__VA_ARGS__}, .returns = (type), .evaluate = (function) }
#define VARIADIC(type, function, ...)                                                                                  \
    { .parameters = {__VA_ARGS__}, .returns = (type), .evaluate = (function), .variadic = true, .nulls = true }

uint32_t function_letter_case(uint32_t letter, bool upper); /* string.c */

/* Bound on what one call may make of one row: LPAD, RPAD, REPLACE, CONCAT. */
enum { FUNCTION_STRING_MAX = 64 * 1024 * 1024, FUNCTION_ITEMS_MAX = 4 * 1024 * 1024 };

/* Texts that functions build, kept in the arena. */
static inline struct value function_text(struct arena *arena, struct text *text) {
    struct view kept = arena_copy_view(arena, text_view(text));
    text_free(text);
    return value_string(kept);
}
static inline struct value function_list(const struct value *items, size_t count) {
    return (struct value){.tag = VALUE_ARRAY, .size = (uint32_t)count, .items = items};
}
