/* CRC-32C (Castagnoli) as Kafka's record batches use it; hardware instruction when there is one. */
#pragma once

#include <stddef.h>
#include <stdint.h>

uint32_t crc32c(uint32_t crc, const void *bytes, size_t size); /* start with 0 */
