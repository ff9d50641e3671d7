/* Opens a batch's records, and makes batches of records that are kept: for look-up by time, compaction and the checks
 * that Kafka makes of single records. Any thread. */
#pragma once

#include <stdbool.h>

#include "foundation/base/text.h"
#include "server/broker/batch_header.h"
#include "server/broker/cursor.h"

struct record {
    int64_t offset, timestamp;
    struct view key, value; /* data NULL: null */
    int8_t attributes;
    struct view body; /* offset delta and all after it, as encoded */
};
struct records {
    const struct batch_header *header; /* lent */
    struct text unpacked;
    struct reader reader; /* broken: the batch is damaged */
    int32_t left;
};
/* False when the batch cannot be unpacked. records_close in any case. */
bool records_open(struct records *records, struct view batch, const struct batch_header *header);
bool records_next(struct records *records, struct record *record);
void records_close(struct records *records);

/* First record of the batch with timestamp >= time and offset >= least; *offset -1: none. A batch that cannot be opened
 * answers with its first offset and its largest time: near, never wrong by more than a batch. */
void records_find_time(struct view batch, const struct batch_header *header, int64_t time, int64_t least,
                       int64_t *offset, int64_t *timestamp);
/* Whether each record can be read and, when keys are asked for, has one. */
enum records_check { RECORDS_GOOD, RECORDS_DAMAGED, RECORDS_WITHOUT_KEY };
enum records_check records_check(struct view batch, const struct batch_header *header, bool keys);

/* A batch like the old one, with some of its records: producer's numbers, offsets and compression stay. */
struct batch_builder {
    const struct batch_header *header; /* of the old batch */
    int64_t
        base_timestamp; /* what times are relative to; with `horizon` the time at which tombstones may go (KIP-534) */
    bool horizon;
    struct text records;
    int64_t max_timestamp;
    int32_t count;
};
void batch_builder_add(struct batch_builder *builder, const struct record *record);
/* Appends the finished batch to out and frees what the builder holds. *header: the new batch's. */
void batch_builder_finish(struct batch_builder *builder, struct text *out, struct batch_header *header);
/* An uncompressed batch of one record without a producer; replaces what out holds. A value of size 0 is null. */
void batch_of_one(struct text *out, struct view key, struct view value, int64_t timestamp, struct batch_header *header);
