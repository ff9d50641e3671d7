/* What a registry asks of a schema beyond that it can be read: names, defaults and symbols of Avro, keywords of JSON
 * Schema. Schemas that are in use already are read without it. Any thread. */
#pragma once

#include <jansson.h>

#include "foundation/format/avro_schema.h"

/* node: what the same text was parsed to. ERROR_INVALID says what is wrong. */
int avro_schema_check(json_t *schema, const struct avro_node *node, struct error *error);
int json_schema_check(json_t *schema, struct error *error);
