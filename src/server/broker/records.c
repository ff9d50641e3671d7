#include "server/broker/records.h"

#include <lz4frame.h>
#include <snappy-c.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "foundation/base/memory.h"
#include "server/broker/cursor.h"

enum { PIECE = 64 * 1024, CODEC_NONE = 0, CODEC_GZIP, CODEC_SNAPPY, CODEC_LZ4, CODEC_ZSTD };

static bool room(const struct text *out, size_t more) {
    return out->size + more <= RECORDS_UNPACKED_MOST;
}

static bool unpack_gzip(struct view packed, struct text *out) {
    z_stream stream = {0};
    int state = inflateInit2(&stream, 15 + 32);
    stream.next_in = (unsigned char *)(uintptr_t)packed.data;
    stream.avail_in = (unsigned)packed.size;
    while (state == Z_OK && room(out, PIECE)) {
        text_reserve(out, PIECE);
        stream.next_out = (unsigned char *)out->data + out->size;
        stream.avail_out = PIECE;
        state = inflate(&stream, Z_NO_FLUSH);
        out->size += PIECE - stream.avail_out;
        if (state == Z_OK && stream.avail_in == 0 && stream.avail_out == PIECE)
            break;
    }
    inflateEnd(&stream);
    return state == Z_STREAM_END;
}

static bool unpack_snappy_block(struct view packed, struct text *out) {
    size_t size;
    if (snappy_uncompressed_length(packed.data, packed.size, &size) != SNAPPY_OK || !room(out, size))
        return false;
    text_reserve(out, size);
    if (snappy_uncompress(packed.data, packed.size, out->data + out->size, &size) != SNAPPY_OK)
        return false;
    out->size += size;
    return true;
}

/* Java clients frame snappy as xerial's stream: a magic, two versions, then blocks with their size in front. */
static bool unpack_snappy(struct view packed, struct text *out) {
    static const char magic[8] = {(char)0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0};
    if (packed.size < 16 || memcmp(packed.data, magic, sizeof magic) != 0)
        return unpack_snappy_block(packed, out);
    struct reader reader = {packed.data + 16, packed.data + packed.size, false};
    while (reader.at < reader.end) {
        struct view block = read_bytes(&reader);
        if (reader.broken || !block.data || !unpack_snappy_block(block, out))
            return false;
    }
    return true;
}

static bool unpack_lz4(struct view packed, struct text *out) {
    LZ4F_dctx *context;
    size_t left = 1;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)))
        return false;
    while (left && packed.size && room(out, PIECE)) {
        size_t in = packed.size, made = PIECE;
        text_reserve(out, PIECE);
        left = LZ4F_decompress(context, out->data + out->size, &made, packed.data, &in, NULL);
        if (LZ4F_isError(left))
            break;
        out->size += made;
        packed = (struct view){packed.data + in, packed.size - in};
        if (in == 0 && made == 0)
            break;
    }
    LZ4F_freeDecompressionContext(context);
    return left == 0;
}

static bool unpack_zstd(struct view packed, struct text *out) {
    ZSTD_DStream *stream = ZSTD_createDStream();
    ZSTD_inBuffer in = {packed.data, packed.size, 0};
    size_t left = 1;
    while (stream && in.pos < in.size && room(out, PIECE)) {
        text_reserve(out, PIECE);
        ZSTD_outBuffer made = {out->data + out->size, PIECE, 0};
        left = ZSTD_decompressStream(stream, &made, &in);
        if (ZSTD_isError(left))
            break;
        out->size += made.pos;
    }
    while (stream && left && !ZSTD_isError(left) && room(out, PIECE)) { /* what the decoder still holds */
        text_reserve(out, PIECE);
        ZSTD_outBuffer made = {out->data + out->size, PIECE, 0};
        left = ZSTD_decompressStream(stream, &made, &in);
        if (ZSTD_isError(left) || made.pos == 0)
            break;
        out->size += made.pos;
    }
    ZSTD_freeDStream(stream);
    return left == 0;
}

static bool unpack(int codec, struct view packed, struct text *out) {
    switch (codec) {
    case CODEC_GZIP:
        return unpack_gzip(packed, out);
    case CODEC_SNAPPY:
        return unpack_snappy(packed, out);
    case CODEC_LZ4:
        return unpack_lz4(packed, out);
    case CODEC_ZSTD:
        return unpack_zstd(packed, out);
    default:
        return false;
    }
}

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

int records_find_time(struct view batch, const struct batch_header *header, int64_t time, int64_t least, int64_t *offset,
                      int64_t *timestamp) {
    struct view records = {batch.data + BATCH_HEADER, batch.size - BATCH_HEADER};
    struct text unpacked = TEXT_EMPTY;
    int codec = header->attributes & BATCH_CODEC;
    bool opened = codec == CODEC_NONE || unpack(codec, records, &unpacked);
    if (codec != CODEC_NONE && opened)
        records = text_view(&unpacked);
    struct reader reader = {records.data, records.data + records.size, !opened};
    bool append_time = header->attributes & BATCH_LOG_APPEND_TIME;
    *offset = -1;
    for (int32_t i = 0; i < header->record_count && !reader.broken; i++) {
        int64_t length = read_zigzag(&reader);
        if (reader.broken || length < 0 || length > reader.end - reader.at) {
            reader.broken = true;
            break;
        }
        struct reader record = {reader.at, reader.at + length, false};
        reader.at += length;
        read_int8(&record);
        int64_t at = append_time ? header->max_timestamp : header->base_timestamp + read_zigzag(&record);
        if (append_time)
            read_zigzag(&record);
        int64_t own = header->base_offset + read_zigzag(&record);
        if (!record.broken && at >= time && own >= least) {
            *offset = own;
            *timestamp = at;
            break;
        }
    }
    if (reader.broken) {
        *offset = header->base_offset > least ? header->base_offset : least;
        *timestamp = header->max_timestamp;
    }
    text_free(&unpacked);
    return 0;
}
