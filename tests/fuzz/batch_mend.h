/* Damaged batches whose checksums are right: otherwise none would get past them. */
#pragma once

#include <stddef.h>

#include "server/broker/batch_header.h"

/* Whatever looks like a whole batch in the bytes gets the checksum that fits it. */
static inline void mend_checksums(char *bytes, size_t size) {
    for (size_t at = 0; size >= BATCH_HEADER && at <= size - BATCH_HEADER; at++) {
        struct batch_header header;
        batch_header_read((struct view){bytes + at, size - at}, &header);
        if (header.magic != 2 || header.length < BATCH_HEADER - BATCH_FRAME ||
            (size_t)header.length > size - at - BATCH_FRAME)
            continue;
        batch_set_crc(bytes + at, (size_t)header.length + BATCH_FRAME);
        at += (size_t)header.length + BATCH_FRAME - 1;
    }
}
