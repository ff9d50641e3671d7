/* The families that function.c looks through, and what their rows share. */
#pragma once

#include "ksql/function/function.h"

struct function_family {
    const struct function *functions;
    size_t count;
};

extern const struct function_family function_family_string, function_family_math, function_family_time,
    function_family_conditional, function_family_aggregate, function_family_offset;

#define FAMILY_COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define FAMILY_SIGNATURES(rows) .signatures = (rows), .signature_count = FAMILY_COUNT(rows)
/* Bound on what one call may make of one row: LPAD, RPAD, REPLACE, CONCAT. */
enum { FUNCTION_STRING_MAX = 64 * 1024 * 1024 };
