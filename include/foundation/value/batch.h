/* Up to BATCH_ROWS rows of one schema on their way through operators. A batch of one gives the same result.
 *
 * Values borrow from the arena, or from record bytes that outlive the batch's pass. One owner, one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "foundation/base/arena.h"
#include "foundation/value/schema.h"
#include "foundation/value/value.h"

enum { BATCH_ROWS = 1024 };

struct header {
    struct view name;
    struct view value; /* data NULL = null */
};

struct row {
    struct value *values;             /* schema_count of them, keys first; values after a tombstone are NULL */
    const struct value *old;          /* tables: the row that this one replaces; NULL = none, or not kept */
    int64_t timestamp;                /* record time, ms */
    int64_t offset;                   /* of the source record; -1 = none */
    int32_t partition;                /* of the source record; -1 = none */
    bool tombstone;                   /* table delete or null record value: value columns are meaningless */
    bool key_null;                    /* the record had no key */
    int64_t window_start, window_end; /* ms; both 0 when not windowed */
    const struct header *headers;
    uint32_t header_count;
};
struct batch {
    struct arena arena;
    const struct schema *schema;
    size_t count;
    struct row rows[BATCH_ROWS];
};

struct batch *batch_new(void);
void batch_free(struct batch *batch);
void batch_reset(struct batch *batch, const struct schema *schema); /* keeps memory */
/* Next row with NULL values, offset and partition -1; NULL when full. */
struct row *batch_add(struct batch *batch);
