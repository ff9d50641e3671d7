/* Rows as ksqlDB's protobuf media type has them: a message of the columns, in base64. */
#pragma once

#include "foundation/value/schema.h"
#include "foundation/value/value.h"
#include "server/ksqldb/fault.h"

/* 406 with the name of the column whose type has no such form here. */
int protobuf_check(const struct schema *schema, struct fault *fault);
void protobuf_schema(struct text *out, const struct schema *schema); /* text of a .proto file */
void protobuf_row(struct text *out, const struct schema *schema, const struct value *values);
