/* Opens a batch's records: for look-up by time. gzip, snappy (raw and xerial), lz4 and zstd; the unpacked size is bounded. */
#pragma once

#include "foundation/base/error.h"
#include "server/broker/batch_header.h"

enum { RECORDS_UNPACKED_MOST = 256 << 20 };
/* First record of the batch with timestamp >= time and offset >= least. A batch that cannot be opened answers with its first
 * offset and its largest time: near, never wrong by more than a batch. */
int records_find_time(struct view batch, const struct batch_header *header, int64_t time, int64_t least, int64_t *offset,
                      int64_t *timestamp);
