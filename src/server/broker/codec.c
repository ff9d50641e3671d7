#include "server/broker/codec.h"

#include <limits.h>
#include <lz4frame.h>
#include <snappy-c.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "foundation/base/memory.h"
#include "server/broker/cursor.h"

enum { PIECE = 64 * 1024 };

static bool room(const struct text *out, size_t more) {
    return out->size + more <= CODEC_UNPACKED_MOST;
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
    struct reader reader = {.at = packed.data + 16, .end = packed.data + packed.size};
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

bool codec_unpack(int codec, struct view packed, struct text *out) {
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

static bool pack_gzip(struct view plain, struct text *out) {
    z_stream stream = {0};
    if (plain.size > UINT_MAX ||
        deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    text_reserve(out, deflateBound(&stream, plain.size));
    stream.next_in = (unsigned char *)(uintptr_t)plain.data;
    stream.avail_in = (unsigned)plain.size;
    stream.next_out = (unsigned char *)out->data + out->size;
    stream.avail_out = (unsigned)(out->capacity - out->size - 1);
    bool good = deflate(&stream, Z_FINISH) == Z_STREAM_END;
    if (good)
        out->size += stream.total_out;
    deflateEnd(&stream);
    return good;
}

static bool pack_snappy(struct view plain, struct text *out) {
    size_t size = snappy_max_compressed_length(plain.size);
    text_reserve(out, size);
    if (snappy_compress(plain.data, plain.size, out->data + out->size, &size) != SNAPPY_OK)
        return false;
    out->size += size;
    return true;
}

static bool pack_lz4(struct view plain, struct text *out) {
    size_t bound = LZ4F_compressFrameBound(plain.size, NULL);
    text_reserve(out, bound);
    size_t made = LZ4F_compressFrame(out->data + out->size, bound, plain.data, plain.size, NULL);
    if (LZ4F_isError(made))
        return false;
    out->size += made;
    return true;
}

static bool pack_zstd(struct view plain, struct text *out) {
    size_t bound = ZSTD_compressBound(plain.size);
    text_reserve(out, bound);
    size_t made = ZSTD_compress(out->data + out->size, bound, plain.data, plain.size, 3);
    if (ZSTD_isError(made))
        return false;
    out->size += made;
    return true;
}

bool codec_pack(int codec, struct view plain, struct text *out) {
    switch (codec) {
    case CODEC_NONE:
        text_append(out, plain);
        return true;
    case CODEC_GZIP:
        return pack_gzip(plain, out);
    case CODEC_SNAPPY:
        return pack_snappy(plain, out);
    case CODEC_LZ4:
        return pack_lz4(plain, out);
    case CODEC_ZSTD:
        return pack_zstd(plain, out);
    default:
        return false;
    }
}
