/* One partition's log: segments, oldest first, and the state of its idempotent producers. Broker thread.
 * What append has returned is in the file (write before acknowledge). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "foundation/base/error.h"
#include "foundation/base/text.h"
#include "server/broker/batch_header.h"
#include "server/broker/producers.h"

struct clock;
struct partition;
struct segment;
struct partition_limits {
    int64_t segment_bytes, segment_ms; /* a new segment begins at this size, or age when there is something in it */
    bool sync;                         /* a closed segment is on the disk */
    const struct clock *clock;         /* NULL = real */
};
/* What is believed of the files. Closed segments never change: as long as the system did not go down with the program,
 * an index that fits its file vouches for it. */
enum partition_trust {
    TRUST_NOTHING, /* the machine may have gone down: every batch is checked */
    TRUST_CLOSED,  /* the program was killed: the last segment is checked */
    TRUST_ALL      /* it stopped cleanly: only ends are looked at */
};
/* folder: LOG/TOPIC-PARTITION, made when missing. checked(bytes) reports progress; may be NULL. A torn tail is cut. */
struct partition *partition_open(const char *folder, enum partition_trust trust,
                                 void (*checked)(void *context, int64_t bytes), void *context, struct error *error);
void partition_close(struct partition *partition, bool clean); /* clean: writes index and producers' snapshot */
void partition_set_limits(struct partition *partition, const struct partition_limits *limits);
const char *partition_folder(const struct partition *partition);

int64_t partition_start_offset(const struct partition *partition);
int64_t
partition_end_offset(const struct partition *partition); /* next to be given = high watermark: there is one replica */
int64_t partition_bytes(const struct partition *partition);
/* Largest timestamp and its offset; -1 and -1 without records. */
void partition_newest(const struct partition *partition, int64_t *timestamp, int64_t *offset);
struct producers *partition_producers(struct partition *partition);

/* Appends one checked batch; its base offset and leader epoch are rewritten in place. *offset: first one given. */
int partition_append(struct partition *partition, char *batch, size_t size, const struct batch_header *header,
                     int64_t *offset, struct error *error);
/* Forces what was written to the disk. When that fails nobody knows what is there: the partition takes nothing more
 * until the next start has looked. */
int partition_sync(struct partition *partition, struct error *error);
bool partition_has_failed(
    const struct partition *partition); /* then nothing of it may be acknowledged, not even again */
/* Whole batches from the one that holds `offset` on, at most `most` bytes but at least one batch. 0 or an error. */
int partition_read(const struct partition *partition, int64_t offset, size_t most, struct text *out,
                   struct error *error);
/* First record with a timestamp >= time: looks into batches, compressed ones too. offset -1: none. */
int partition_find_time(const struct partition *partition, int64_t time, int64_t *offset, int64_t *timestamp,
                        struct error *error);

/* Moves the start forward and removes whole segments below it. */
int partition_trim(struct partition *partition, int64_t start_offset, struct error *error);
/* Removes the oldest segments past these limits (-1 = none). An active segment that is too old as a whole is closed
 * first. */
int partition_retain(struct partition *partition, int64_t bytes, int64_t oldest_ms, struct error *error);
/* Closes the active segment when it is older than segment_ms. */
int partition_roll_if_old(struct partition *partition, int64_t now_ms, struct error *error);

/* --- for compaction --- */
size_t partition_closed_count(const struct partition *partition);
const struct segment *partition_closed(const struct partition *partition, size_t at); /* lent until the next change */
/* What is before that offset was compacted since the start; only a hint, 0 at first. */
int64_t partition_clean_until(const struct partition *partition);
void partition_set_clean_until(struct partition *partition, int64_t offset);
/* Puts a cleaned segment, whole and on the disk at `path`, in the place of the closed segments first..last (by base
 * offset; its own base is `first`). A crash in between is settled at the next start. ERROR_CONFLICT when those segments
 * are not there any more. */
int partition_replace(struct partition *partition, int64_t first, int64_t last, const char *path,
                      struct segment *cleaned, struct error *error);
