/* What queries keep beyond a restart: a changelog topic each, one record a commit, and a local snapshot of the whole
 * now and then. Engine thread only. */
#pragma once

#include "foundation/base/map.h"
#include "server/ksqldb/topics.h"

struct kept;
struct memory {
    const struct profile *profile;
    struct topics *topics;
    const char *folder; /* NULL: changelogs only */
    const char *service_id, *cluster_id;
    struct map *kept; /* by query id */
    struct engine_memory table;
};
void memory_open(struct memory *memory);
void memory_close(struct memory *memory);
/* After a commit: writes the snapshots that are due, or with `all` those of every query that changed. */
void memory_snapshot(struct memory *memory, struct engine *engine, bool all);
/* "_confluent-ksql-<service id>query_<id>", the name of a query's group and the beginning of its topics'. */
void memory_group(struct text *out, const char *service_id, struct view query_id);
