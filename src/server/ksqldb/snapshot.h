/* A query's whole state in a local file, so that a restart reads only the end of its changelog. A file that is cut,
 * changed or from another Kafka does not count: the changelog has everything. */
#pragma once

#include "foundation/base/error.h"
#include "foundation/base/text.h"

struct snapshot {
    int64_t offset;     /* of the changelog: what comes before it is in here */
    struct text record; /* as engine_whole_state gave it */
};
/* cluster: id of the Kafka that the changelog is on. Written beside, then renamed; 0600. */
int snapshot_write(const char *path, struct view cluster, int64_t offset, struct view record, struct error *error);
/* ERROR_NOT_FOUND, ERROR_CORRUPT, ERROR_CONFLICT (of another Kafka). The caller frees snapshot->record. */
int snapshot_read(const char *path, struct view cluster, struct snapshot *snapshot, struct error *error);
