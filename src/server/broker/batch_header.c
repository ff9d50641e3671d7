#include "server/broker/batch_header.h"

#include "foundation/base/crc32c.h"
#include "server/broker/cursor.h"

enum { LENGTH_LEAST = BATCH_HEADER - BATCH_FRAME, EPOCH_AT = 12, CRC_AT = 17, ATTRIBUTES_AT = 21, MAX_TIME_AT = 35 };

bool batch_header_read(struct view bytes, struct batch_header *header) {
    struct reader reader = {.at = bytes.data, .end = bytes.data + bytes.size};
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
    if (header->last_offset_delta < 0 || header->record_count < 0 ||
        crc32c(0, bytes.data + BATCH_CRC_FROM, *size - BATCH_CRC_FROM) != header->crc)
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
    put(batch + EPOCH_AT, (uint32_t)epoch, 4);
}

void batch_set_crc(char *batch, size_t size) {
    put(batch + CRC_AT, crc32c(0, batch + BATCH_CRC_FROM, size - BATCH_CRC_FROM), 4);
}

void batch_set_append_time(char *batch, size_t size, struct batch_header *header, int64_t now_ms) {
    header->attributes = (int16_t)(header->attributes | BATCH_LOG_APPEND_TIME);
    header->max_timestamp = now_ms;
    put(batch + ATTRIBUTES_AT, (uint16_t)header->attributes, 2);
    put(batch + MAX_TIME_AT, (uint64_t)now_ms, 8);
    batch_set_crc(batch, size);
}

void batch_header_write(struct text *out, const struct batch_header *header) {
    write_int64(out, header->base_offset);
    write_int32(out, header->length);
    write_int32(out, 0);
    write_int8(out, header->magic);
    write_int32(out, (int32_t)header->crc);
    write_int16(out, header->attributes);
    write_int32(out, header->last_offset_delta);
    write_int64(out, header->base_timestamp);
    write_int64(out, header->max_timestamp);
    write_int64(out, header->producer_id);
    write_int16(out, header->producer_epoch);
    write_int32(out, header->base_sequence);
    write_int32(out, header->record_count);
}
