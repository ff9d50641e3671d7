/* Schemas that refer to others (by name, subject and version): what they mean when they stand alone, with what they
 * refer to put inside. Checks and comparisons work on that; stored and answered is the text as it came. */
#pragma once

#include <jansson.h>

#include "foundation/base/error.h"
#include "server/registry/store.h"

/* references: a JSON array of {name, subject, version}; NULL or empty: out is the text itself. ERROR_NOT_FOUND when one
 * is not registered, ERROR_INVALID when it is malformed. */
int schema_stand_alone(const struct store *store, const char *type, const char *text, const char *references,
                       struct text *out, struct error *error);
/* Compact JSON of the references in a body's field, in their order; empty when there are none. */
int references_read(const json_t *field, struct text *out, struct error *error);
bool references_name(const char *references, const char *subject, int32_t version);
