/* Record batches as a client would make them, for the broker's tests. */
#pragma once

#include <stdio.h>

#include "foundation/base/text.h"
#include "server/broker/batch_header.h"
#include "server/broker/codec.h"
#include "server/broker/cursor.h"

struct sample { /* a record; NULL is null */
    const char *key, *value;
    int64_t timestamp;
};
struct sample_batch {
    const struct sample *records;
    int32_t count;
    int64_t producer_id; /* -1: none */
    int16_t producer_epoch;
    int32_t base_sequence;
    int codec;
};

static inline void sample_zigzag(struct text *out, int64_t number) {
    uint64_t left = ((uint64_t)number << 1) ^ (uint64_t)(number >> 63);
    for (; left >= 0x80; left >>= 7)
        write_int8(out, (int8_t)(left | 0x80));
    write_int8(out, (int8_t)left);
}

static inline void sample_string(struct text *out, const char *string) {
    sample_zigzag(out, string ? (int64_t)strlen(string) : -1);
    if (string)
        text_append_string(out, string);
}

/* Replaces what out holds. */
static inline void sample_batch(struct text *out, const struct sample_batch *batch, struct batch_header *header) {
    struct text records = TEXT_EMPTY, packed = TEXT_EMPTY;
    *header = (struct batch_header){.magic = 2,
                                    .attributes = (int16_t)batch->codec,
                                    .last_offset_delta = batch->count - 1,
                                    .base_timestamp = batch->records[0].timestamp,
                                    .max_timestamp = -1,
                                    .producer_id = batch->producer_id,
                                    .producer_epoch = batch->producer_epoch,
                                    .base_sequence = batch->base_sequence,
                                    .record_count = batch->count};
    for (int32_t i = 0; i < batch->count; i++) {
        struct text record = TEXT_EMPTY;
        write_int8(&record, 0);
        sample_zigzag(&record, batch->records[i].timestamp - header->base_timestamp);
        sample_zigzag(&record, i);
        sample_string(&record, batch->records[i].key);
        sample_string(&record, batch->records[i].value);
        sample_zigzag(&record, 0);
        sample_zigzag(&records, (int64_t)record.size);
        text_append(&records, text_view(&record));
        text_free(&record);
        if (batch->records[i].timestamp > header->max_timestamp)
            header->max_timestamp = batch->records[i].timestamp;
    }
    codec_pack(batch->codec, text_view(&records), &packed);
    header->length = (int32_t)(BATCH_HEADER - BATCH_FRAME + packed.size);
    text_clear(out);
    batch_header_write(out, header);
    text_append(out, text_view(&packed));
    batch_set_crc(out->data, out->size);
    size_t size = 0;
    batch_check(text_view(out), header, &size);
    text_free(&records);
    text_free(&packed);
}
