/* The rows of the format table, one file each, and what they share. */
#pragma once

#include "foundation/base/base64.h"
#include "foundation/format/format.h"
#include "foundation/value/parse.h"

extern const struct format format_avro, format_json, format_json_sr, format_kafka, format_none, format_delimited;

/* Copies the columns of one side into the codec's own arena. */
struct column *columns_copy(struct arena *arena, const struct column *columns, size_t count);
void columns_clear(struct value *values, size_t count); /* all NULL */
/* As ksqlDB lists them in its messages: `A` STRING KEY, `B` BIGINT KEY */
void columns_print(struct text *out, const struct column *columns, size_t count, bool are_keys);
/* Upper case as ksqlDB names inferred columns, or as it is. */
struct view name_for_column(struct arena *arena, struct view name, bool keep_case);

/* --- decimals --- */
enum { DECIMAL_DIGITS = 38 };
bool decimal_from_bytes(struct view bytes, __int128 *number); /* big-endian two's complement, as Avro */
size_t decimal_to_bytes(__int128 number, char bytes[17]);     /* shortest */
/* Maps of JSON and AVRO have texts for keys. */
bool maps_have_text_keys(const struct column *columns, size_t count);
