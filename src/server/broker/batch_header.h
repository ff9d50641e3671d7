/* The 61 bytes in front of a record batch, format v2 (Kafka protocol guide, "Record Batch"). Records stay opaque. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "foundation/base/text.h"

enum {
    BATCH_HEADER = 61,
    BATCH_FRAME = 12,   /* base offset and length: outside of `length` */
    BATCH_CRC_FROM = 21 /* what the checksum covers */
};
enum {
    BATCH_TRANSACTIONAL = 0x10,
    BATCH_CONTROL = 0x20,
    BATCH_CODEC = 0x07,
    BATCH_LOG_APPEND_TIME = 0x08,
    BATCH_DELETE_HORIZON = 0x40
};

struct batch_header {
    int64_t base_offset;
    int32_t length; /* of what follows the frame */
    int8_t magic;
    uint32_t crc;
    int16_t attributes;
    int32_t last_offset_delta;
    int64_t base_timestamp, max_timestamp;
    int64_t producer_id;
    int16_t producer_epoch;
    int32_t base_sequence;
    int32_t record_count;
};

/* False when there are fewer bytes than a header. */
bool batch_header_read(struct view bytes, struct batch_header *header);
/* Whole batch at the front of bytes: length fits, magic 2, CRC right, counts plausible. *size is its size. */
enum batch_check { BATCH_GOOD, BATCH_SHORT, BATCH_OLD_FORMAT, BATCH_DAMAGED };
enum batch_check batch_check(struct view bytes, struct batch_header *header, size_t *size);
void batch_set_base_offset(char *batch, int64_t offset);
void batch_set_leader_epoch(char *batch, int32_t epoch); /* outside of the CRC, like the offset */
void batch_set_crc(char *batch, size_t size);            /* anew over the whole batch */
/* Every record of the batch carries the time of the append (message.timestamp.type=LogAppendTime). */
void batch_set_append_time(char *batch, size_t size, struct batch_header *header, int64_t now_ms);
void batch_header_write(struct text *out, const struct batch_header *header); /* leader epoch 0 */
