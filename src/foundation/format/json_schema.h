/* JSON Schema as Confluent's converters write and read it (ksqlDB registers oneOf null, connect.index, connect.type).
 */
#pragma once

#include "foundation/format/format.h"

int json_schema_text(const struct column *columns, size_t count, const struct codec_options *options, struct text *out,
                     struct error *error);
int json_schema_infer(struct view schema, bool keep_case, const struct codec_options *options, struct arena *arena,
                      struct column **columns, size_t *count, struct error *error);
