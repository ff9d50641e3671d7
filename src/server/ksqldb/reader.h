/* One topic read by a thread and a consumer of its own; its records come in blocks to the engine thread's inbox. At
 * most READER_BLOCKS of them are on their way: then the thread waits until the engine thread has worked one off. */
#pragma once

#include "client/profile.h"
#include "foundation/base/mailbox.h"
#include "ksql/engine/engine.h"

enum { READER_BLOCKS = 4, READER_RECORDS = 1024 };

struct reader;
struct reader_options {
    struct profile *profile; /* held */
    struct mailbox *inbox;
    uint64_t number, serial; /* come back with every block */
    struct view topic;
    const int64_t *offsets; /* where to begin, one a partition */
    size_t partitions;
};

/* What comes to the inbox. */
struct reader_block {
    struct message message;
    uint64_t number, serial;
    struct engine_record *records; /* in the arena, as are their bytes */
    size_t count;
    struct arena arena;
};
/* Last: the thread is about to end, reader_join does not wait. A code when the topic cannot be read any more. */
struct reader_end {
    struct message message;
    uint64_t number, serial;
    struct error error;
};
extern const struct message_kind reader_block_kind, reader_end_kind;

struct reader *reader_start(const struct reader_options *options);
void reader_more(struct reader *reader); /* one block was worked off */
void reader_hold(struct reader *reader, bool held);
void reader_stop(struct reader *reader); /* asks; its end comes as a message, unless the inbox is closed */
void reader_join(struct reader *reader); /* waits and frees */
