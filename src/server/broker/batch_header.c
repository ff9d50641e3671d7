#include "server/broker/batch_header.h"

#include "foundation/base/crc32c.h"
#include "server/broker/cursor.h"

enum { CRC_FROM = 21, LENGTH_LEAST = BATCH_HEADER - BATCH_FRAME };

bool batch_header_read(struct view bytes, struct batch_header *header) {
    struct reader reader = {bytes.data, bytes.data + bytes.size, false};
    header->base_offset = read_int64(&reader);
    header->length = read_int32(&reader);
    read_int32(&reader); /* leader epoch */
    header->magic = read_int8(&reader);
    header->crc = (uint32_t)read_int32(&reader);
    header->attributes = read_int16(&reader);
    header->last_offset_delta = read_int32(&reader);
    header->base_timestamp = read_int64(&reader);
    header->max_timestamp = read_int64(&reader);
    header->producer_id = read_int64(&reader);
    header->producer_epoch = read_int16(&reader);
    header->base_sequence = read_int32(&reader);
    header->record_count = read_int32(&reader);
    return !reader.broken;
}

enum batch_check batch_check(struct view bytes, struct batch_header *header, size_t *size) {
    if (bytes.size >= 17 && bytes.data[16] >= 0 && bytes.data[16] < 2)
        return BATCH_OLD_FORMAT;
    if (!batch_header_read(bytes, header))
        return BATCH_SHORT;
    if (header->magic != 2 || header->length < LENGTH_LEAST)
        return BATCH_DAMAGED;
    *size = (size_t)header->length + BATCH_FRAME;
    if (*size > bytes.size)
        return BATCH_SHORT;
    if (header->last_offset_delta < 0 || header->record_count < 0 || crc32c(0, bytes.data + CRC_FROM, *size - CRC_FROM) != header->crc)
        return BATCH_DAMAGED;
    return BATCH_GOOD;
}

static void put(char *at, uint64_t number, int size) {
    for (int i = 0; i < size; i++)
        at[i] = (char)(number >> (8 * (size - 1 - i)));
}

void batch_set_base_offset(char *batch, int64_t offset) {
    put(batch, (uint64_t)offset, 8);
}

void batch_set_leader_epoch(char *batch, int32_t epoch) {
    put(batch + 12, (uint32_t)epoch, 4);
}
