/* Times to texts and back. */
#include "ksql/function/family.h"
#include "ksql/function/pattern.h"

static int timestamp_to_string(const struct function_call *call, const struct value *arguments, struct arena *arena,
                               struct value *result, struct error *error) {
    const char *zone = call->context && call->context->zone ? call->context->zone : "UTC";
    if (call->argument_count > 2)
        zone = arena_copy_bytes(arena, arguments[2].bytes, arguments[2].size);
    struct view text;
    if (pattern_format(value_view(arguments[1]), arguments[0].integer, zone, arena, &text, error) != 0)
        return error_wrap(error, "TIMESTAMPTOSTRING");
    *result = value_string(text);
    return 0;
}

static const struct function_signature to_string_signatures[] = {
    {.parameters = {{PARAMETER_BIGINT, "epochMilli"}, {PARAMETER_STRING, "formatPattern"}},
     .returns = &sql_string,
     .evaluate = timestamp_to_string},
    {.parameters = {{PARAMETER_BIGINT, "epochMilli"},
                    {PARAMETER_STRING, "formatPattern"},
                    {PARAMETER_STRING, "timeZone"}},
     .returns = &sql_string,
     .evaluate = timestamp_to_string},
};

static const struct function functions[] = {
    {"TIMESTAMPTOSTRING", FUNCTION_SCALAR, "DATE / TIME", "Milliseconds since 1970 as a text.",
     FAMILY_SIGNATURES(to_string_signatures)},
};
const struct function_family function_family_time = {functions, FAMILY_COUNT(functions)};
