/* The compressions of record batches: gzip, snappy (raw and xerial's framing), lz4 frames, zstd. Any thread. */
#pragma once

#include <stdbool.h>

#include "foundation/base/text.h"

enum { CODEC_NONE, CODEC_GZIP, CODEC_SNAPPY, CODEC_LZ4, CODEC_ZSTD }; /* as a batch's attributes number them */
enum { CODEC_UNPACKED_MOST = 256 << 20 };
/* Appends to out. False: damaged, unknown, or larger than the bound. */
bool codec_unpack(int codec, struct view packed, struct text *out);
bool codec_pack(int codec, struct view plain, struct text *out);
