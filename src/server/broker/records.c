#include "server/broker/records.h"

#include "foundation/base/crc32c.h"
#include "foundation/base/memory.h"
#include "server/broker/codec.h"

static int64_t read_zigzag(struct reader *reader) {
    uint64_t number = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        uint8_t byte = (uint8_t)read_int8(reader);
        number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return (int64_t)(number >> 1) ^ -(int64_t)(number & 1);
    }
    reader->broken = true;
    return 0;
}

static void write_zigzag(struct text *out, int64_t number) {
    uint64_t left = ((uint64_t)number << 1) ^ (uint64_t)(number >> 63);
    while (left >= 0x80) {
        write_int8(out, (int8_t)(left | 0x80));
        left >>= 7;
    }
    write_int8(out, (int8_t)left);
}

static struct view read_field(struct reader *reader) {
    return read_sized(reader, read_zigzag(reader));
}

bool records_open(struct records *records, struct view batch, const struct batch_header *header) {
    struct view packed = {batch.data + BATCH_HEADER, batch.size - BATCH_HEADER};
    int codec = header->attributes & BATCH_CODEC;
    *records = (struct records){.header = header, .left = header->record_count};
    bool opened = codec == CODEC_NONE || codec_unpack(codec, packed, &records->unpacked);
    if (codec != CODEC_NONE && opened)
        packed = text_view(&records->unpacked);
    records->reader = (struct reader){.at = packed.data, .end = packed.data + packed.size, .broken = !opened};
    return opened;
}

void records_close(struct records *records) {
    text_free(&records->unpacked);
}

bool records_next(struct records *records, struct record *record) {
    struct reader *reader = &records->reader;
    if (records->left <= 0 || reader->broken)
        return false;
    records->left--;
    struct view whole = read_field(reader);
    struct reader inner = {.at = whole.data, .end = whole.data + whole.size, .broken = reader->broken || !whole.data};
    *record = (struct record){.attributes = read_int8(&inner)};
    int64_t time_delta = read_zigzag(&inner);
    record->timestamp = records->header->attributes & BATCH_LOG_APPEND_TIME
                            ? records->header->max_timestamp
                            : (int64_t)((uint64_t)records->header->base_timestamp + (uint64_t)time_delta);
    record->body = (struct view){inner.at, (size_t)(inner.end - inner.at)};
    record->offset = (int64_t)((uint64_t)records->header->base_offset + (uint64_t)read_zigzag(&inner));
    record->key = read_field(&inner);
    record->value = read_field(&inner);
    reader->broken = reader->broken || inner.broken;
    return !reader->broken;
}

void records_find_time(struct view batch, const struct batch_header *header, int64_t time, int64_t least,
                       int64_t *offset, int64_t *timestamp) {
    struct records records;
    struct record record;
    *offset = *timestamp = -1;
    records_open(&records, batch, header);
    while (records_next(&records, &record)) {
        if (record.timestamp >= time && record.offset >= least) {
            *offset = record.offset;
            *timestamp = record.timestamp;
            break;
        }
    }
    if (records.reader.broken) {
        *offset = header->base_offset > least ? header->base_offset : least;
        *timestamp = header->max_timestamp;
    }
    records_close(&records);
}

enum records_check records_check(struct view batch, const struct batch_header *header, bool keys) {
    struct records records;
    struct record record;
    enum records_check check = RECORDS_GOOD;
    records_open(&records, batch, header);
    while (check == RECORDS_GOOD && records_next(&records, &record))
        if (keys && !record.key.data)
            check = RECORDS_WITHOUT_KEY;
    if (records.reader.broken)
        check = RECORDS_DAMAGED;
    records_close(&records);
    return check;
}

/* --- making batches --- */

void batch_builder_add(struct batch_builder *builder, const struct record *record) {
    struct text inner = TEXT_EMPTY;
    write_int8(&inner, record->attributes);
    write_zigzag(&inner, (int64_t)((uint64_t)record->timestamp - (uint64_t)builder->base_timestamp)); /* read so too */
    text_append(&inner, record->body);
    write_zigzag(&builder->records, (int64_t)inner.size);
    text_append(&builder->records, text_view(&inner));
    text_free(&inner);
    if (builder->count == 0 || record->timestamp > builder->max_timestamp)
        builder->max_timestamp = record->timestamp;
    builder->count++;
}

void batch_builder_finish(struct batch_builder *builder, struct text *out, struct batch_header *header) {
    const struct batch_header *old = builder->header;
    size_t from = out->size;
    struct text packed = TEXT_EMPTY;
    int codec = old->attributes & BATCH_CODEC;
    if (!codec_pack(codec, (struct view){text_string(&builder->records), builder->records.size}, &packed)) {
        text_clear(&packed);
        text_append(&packed, text_view(&builder->records));
        codec = CODEC_NONE;
    }
    *header = *old;
    header->attributes = (int16_t)((old->attributes & ~(BATCH_CODEC | BATCH_DELETE_HORIZON)) | codec |
                                   (builder->horizon ? BATCH_DELETE_HORIZON : 0));
    header->length = (int32_t)(BATCH_HEADER - BATCH_FRAME + packed.size);
    header->base_timestamp = builder->base_timestamp;
    if (!(old->attributes & BATCH_LOG_APPEND_TIME))
        header->max_timestamp = builder->max_timestamp;
    header->record_count = builder->count;
    batch_header_write(out, header);
    text_append(out, text_view(&packed));
    batch_set_crc(out->data + from, out->size - from);
    header->crc = crc32c(0, out->data + from + BATCH_CRC_FROM, out->size - from - BATCH_CRC_FROM);
    text_free(&packed);
    text_free(&builder->records);
}

void batch_of_one(struct text *out, struct view key, struct view value, int64_t timestamp,
                  struct batch_header *header) {
    struct text inner = TEXT_EMPTY, records = TEXT_EMPTY;
    write_int8(&inner, 0);
    write_zigzag(&inner, 0); /* time and offset are the batch's */
    write_zigzag(&inner, 0);
    write_zigzag(&inner, (int64_t)key.size);
    text_append(&inner, key);
    write_zigzag(&inner, value.size ? (int64_t)value.size : -1);
    text_append(&inner, value);
    write_zigzag(&inner, 0); /* headers */
    write_zigzag(&records, (int64_t)inner.size);
    text_append(&records, text_view(&inner));
    *header = (struct batch_header){.length = (int32_t)(BATCH_HEADER - BATCH_FRAME + records.size),
                                    .magic = 2,
                                    .base_timestamp = timestamp,
                                    .max_timestamp = timestamp,
                                    .producer_id = -1,
                                    .producer_epoch = -1,
                                    .base_sequence = -1,
                                    .record_count = 1};
    text_clear(out);
    batch_header_write(out, header);
    text_append(out, text_view(&records));
    batch_set_crc(out->data, out->size);
    text_free(&inner);
    text_free(&records);
}
