/* State that a server keeps in compacted topics of one partition: read to the end at start, then written through. One
 * owner, one thread; every call blocks it. */
#pragma once

#include <stddef.h>

#include "client/profile.h"
#include "foundation/base/error.h"
#include "foundation/base/text.h"

struct journal;
struct journal_options {
    const struct profile *profile;
    const char *const
        *topics; /* strings must outlive the journal; made when absent: 1 partition, cleanup.policy=compact */
    size_t topic_count;
    int timeout_ms; /* of each step; 0 = 10 s */
    /* Each record, per topic in order, during journal_open only. value.data NULL = tombstone; both lent. */
    void (*apply)(void *context, const char *topic, struct view key, struct view value);
    void *context;
};
/* NULL with ERROR_CONFLICT when a topic has more than one partition, since order would be lost. */
struct journal *journal_open(const struct journal_options *options, struct error *error);
/* Returns after the record was acknowledged. value.data NULL writes a tombstone. After an error the record may or may
 * not have been kept. */
int journal_write(struct journal *journal, const char *topic, struct view key, struct view value, struct error *error);
void journal_close(struct journal *journal); /* accepts NULL */
