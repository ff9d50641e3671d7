/* The check of a record batch and the opening of its records, every compression. Input: a byte of settings, then a
 * batch (its checksum is put right unless the settings say otherwise). */
#include "foundation/base/memory.h"
#include "fuzz/fuzz.h"
#include "server/broker/codec.h"
#include "server/broker/records.h"

enum { LEAVES_CHECKSUM = 1, PACKED_ALONE = 2, RECORDS_MOST = 100000 };

/* A codec alone, without a batch around it; what it unpacks can be packed again. */
static void unpack(int codec, struct view packed) {
    struct text plain = TEXT_EMPTY, again = TEXT_EMPTY, same = TEXT_EMPTY;
    if (codec_unpack(codec, packed, &plain) && plain.size < 1 << 16) {
        struct view view = {text_string(&plain), plain.size};
        if (!codec_pack(codec, view, &again) || !codec_unpack(codec, text_view(&again), &same) ||
            same.size != view.size || (view.size && memcmp(same.data, view.data, view.size) != 0))
            fuzz_broken("what was packed comes back as it was");
    }
    text_free(&plain);
    text_free(&again);
    text_free(&same);
}

/* Keeps what can be read, as compaction does; the batch made of it must be whole. */
static void rebuild(struct view batch, const struct batch_header *header) {
    struct records records;
    struct record record;
    struct batch_header made, checked;
    struct text out = TEXT_EMPTY;
    struct batch_builder builder = {.header = header, .base_timestamp = header->base_timestamp};
    size_t size;
    records_open(&records, batch, header);
    while (builder.count < RECORDS_MOST && records_next(&records, &record))
        if (record.key.data)
            batch_builder_add(&builder, &record);
    bool broken = records.reader.broken;
    records_close(&records);
    bool empty = builder.count == 0;
    batch_builder_finish(&builder, &out, &made);
    if (!broken && !empty && batch_check(text_view(&out), &checked, &size) != BATCH_GOOD)
        fuzz_broken("a batch made of good records is good");
    text_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = fuzz_input(data, size);
    uint8_t settings = fuzz_byte(&input);
    struct view bytes = fuzz_rest(&input);
    char *batch = fuzz_copy(bytes);
    struct view view = {batch, bytes.size};
    struct batch_header header;
    size_t whole = 0;
    if (settings & PACKED_ALONE) {
        unpack(settings >> 2 & 7, view);
    } else {
        if (!(settings & LEAVES_CHECKSUM) && view.size >= BATCH_HEADER) {
            batch_header_read(view, &header);
            if (header.length >= BATCH_HEADER - BATCH_FRAME && (size_t)header.length <= view.size - BATCH_FRAME)
                batch_set_crc(batch, (size_t)header.length + BATCH_FRAME);
        }
        if (batch_check(view, &header, &whole) == BATCH_GOOD) {
            int64_t offset, timestamp;
            view.size = whole;
            records_find_time(view, &header, header.base_timestamp, 0, &offset, &timestamp);
            if (records_check(view, &header, settings & 4) == RECORDS_GOOD)
                rebuild(view, &header);
        }
    }
    memory_free(batch);
    return 0;
}
