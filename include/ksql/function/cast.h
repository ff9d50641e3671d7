/* CAST as ksqlDB does it, and the decimal arithmetic that needs the same rescaling. Pure, any thread. */
#pragma once

#include <stdbool.h>

#include "foundation/base/arena.h"
#include "foundation/base/error.h"
#include "foundation/value/type.h"
#include "foundation/value/value.h"

bool cast_allowed(const struct sql_type *from, const struct sql_type *to);
/* NULL stays NULL. Non-zero with *result NULL when the value does not fit: 'abc' AS INTEGER. The result may borrow. */
int cast_value(const struct sql_type *from, const struct sql_type *to, struct value value, struct arena *arena,
               struct value *result, struct error *error);
/* ksqlDB's words for boolean texts: beginnings of true, yes, false, no, t/f, y/n in any case. */
bool cast_boolean_text(struct view text, bool *result);

bool decimal_rescale(__int128 number, int from_scale, int to_scale, int precision, __int128 *result); /* HALF_UP */
double decimal_real(__int128 number, int scale);
/* 10^digits; digits 0..38 */
__int128 decimal_power(int digits);
