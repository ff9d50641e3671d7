/* COALESCE, IFNULL, NULLIF, AS_VALUE: the first look at NULLs, the last only names a copy. */
#include "ksql/function/family.h"

static int first_not_null(const struct function_call *call, const struct value *arguments, struct arena *arena,
                          struct value *result, struct error *error) {
    (void)arena, (void)error;
    for (size_t i = 0; i < call->argument_count; i++)
        if (!value_is_null(arguments[i])) {
            *result = arguments[i];
            break;
        }
    return 0;
}

static int null_if_equal(const struct function_call *call, const struct value *arguments, struct arena *arena,
                         struct value *result, struct error *error) {
    (void)call, (void)arena, (void)error;
    if (!value_is_null(arguments[0]) && (value_is_null(arguments[1]) || !value_equal(arguments[0], arguments[1])))
        *result = arguments[0];
    return 0;
}

static const struct function_signature coalesce_signatures[] = {
    {.parameters = {{PARAMETER_SAME, "first"}, {PARAMETER_SAME, "other"}},
     .variadic = true,
     .evaluate = first_not_null,
     .nulls = true},
    {.parameters = {{PARAMETER_SAME, "first"}}, .evaluate = first_not_null, .nulls = true},
};
static const struct function_signature if_null_signatures[] = {
    {.parameters = {{PARAMETER_SAME, "expression"}, {PARAMETER_SAME, "altValue"}},
     .evaluate = first_not_null,
     .nulls = true},
};
static const struct function_signature null_if_signatures[] = {
    {.parameters = {{PARAMETER_SAME, "expr1"}, {PARAMETER_SAME, "expr2"}}, .evaluate = null_if_equal, .nulls = true},
};
static const struct function_signature as_value_signatures[] = {
    {.parameters = {{PARAMETER_ANY, "keyColumn"}}, .evaluate = first_not_null, .nulls = true},
};

static const struct function functions[] = {
    {"COALESCE", FUNCTION_SCALAR, "CONDITIONAL", "The first argument that is not NULL.",
     FAMILY_SIGNATURES(coalesce_signatures), .shown = "COALESCE"},
    {"IFNULL", FUNCTION_SCALAR, "CONDITIONAL", "The first argument, or the second when the first is NULL.",
     FAMILY_SIGNATURES(if_null_signatures)},
    {"NULLIF", FUNCTION_SCALAR, "CONDITIONAL", "NULL when both arguments are equal, else the first.",
     FAMILY_SIGNATURES(null_if_signatures)},
    {"AS_VALUE", FUNCTION_SCALAR, "OTHER", "Copies a key column into the value.",
     FAMILY_SIGNATURES(as_value_signatures)},
};
const struct function_family function_family_conditional = {functions, FAMILY_COUNT(functions)};
