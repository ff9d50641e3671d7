/* Records of cases between JSON and bytes, by libraries that are not ours: jansson and avro-c. */
#pragma once

#include <jansson.h>

#include "world.h"

struct side {
    struct view format;
    const struct sql_type *type; /* KAFKA, unwrapped: of the one column; NULL = not known */
    size_t count;                /* columns */
    const struct world_schema *schema;
    struct view delimiter;
};
/* spec NULL or JSON null: null bytes (false in *present). */
int bytes_from_json(const struct side *side, const json_t *spec, struct text *bytes, bool *present,
                    struct error *error);
/* A new reference. */
json_t *bytes_to_json(const struct side *side, const struct world *world, struct view bytes, struct error *error);
