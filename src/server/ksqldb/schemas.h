/* The schema registry as the engine sees it. Engine thread only; calls block it. */
#pragma once

#include "client/registry.h"
#include "ksql/engine/engine.h"

struct schemas {
    struct registry_client *client; /* NULL: the profile names no registry; every call says so */
    struct schema_source source;
    struct engine_schemas table;
};
int schemas_open(struct schemas *schemas, const struct profile *profile, struct http_client *http, struct error *error);
void schemas_close(struct schemas *schemas);
