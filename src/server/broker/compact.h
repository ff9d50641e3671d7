/* Compaction: of several records with one key the latest stays, a tombstone for as long as `delete.retention.ms` after
 * its first compaction (KIP-534). Works on copies of closed segments, which never change, and writes new files beside
 * them; the partition takes them over. Any thread. */
#pragma once

#include "foundation/base/error.h"
#include "server/broker/segment.h"

struct compaction_result { /* a new segment for the old ones first..last, complete and on the disk at path */
    int64_t first, last;
    char *path;
    struct segment segment;
};
struct compaction {
    char *folder;
    VECTOR(struct segment) segments; /* closed ones, oldest first, with descriptors of their own and no index */
    int64_t dirty_from;              /* what is before was compacted already */
    int64_t segment_bytes;           /* small segments are put together up to this */
    int64_t now_ms, delete_retention_ms;
    size_t keys_most; /* bounds memory: about 32 bytes each */
    VECTOR(struct compaction_result) results;
    int64_t clean_until;   /* afterwards: what is before is compacted */
    int64_t kept, dropped; /* records */
};
enum { COMPACTION_KEYS_MOST = 4 << 20 };

/* Adds a copy of a closed segment. */
int compaction_add(struct compaction *compaction, const struct segment *segment, struct error *error);
/* Fills results; when it fails nothing is left of them. */
int compaction_run(struct compaction *compaction, struct error *error);
/* Results that were not taken over are removed. */
void compaction_free(struct compaction *compaction);
