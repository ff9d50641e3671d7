#include "foundation/base/crc32c.h"

#include <string.h>

/* Nibble table: small, const, and only used where the processor has no instruction. */
static const uint32_t nibbles[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

static uint32_t by_table(uint32_t crc, const unsigned char *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        crc = crc >> 4 ^ nibbles[crc & 15];
        crc = crc >> 4 ^ nibbles[crc & 15];
    }
    return crc;
}

#if defined(__x86_64__)
/* The instruction takes 3 cycles and a new one may begin in each, so three lanes run side by side. The first two are
 * moved behind the others' bytes by a multiplication with x^(8 * bytes - 33) modulo the polynomial, bits reflected. */
enum { LANE = 256 };
static const uint64_t past_two_lanes = 0xdd7e3b0c, past_one_lane = 0xb9e02b86;

static uint64_t word_at(const unsigned char *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

__attribute__((target("sse4.2,pclmul"))) static uint64_t times(uint64_t crc, uint64_t factor) {
    typedef long long pair __attribute__((vector_size(16)));
    return (uint64_t)__builtin_ia32_pclmulqdq128((pair){(long long)crc}, (pair){(long long)factor}, 0)[0];
}

__attribute__((target("sse4.2,pclmul"))) static uint64_t by_lanes(uint64_t first, const unsigned char *bytes) {
    uint64_t second = 0, third = 0;
    for (size_t i = 0; i < LANE - 8; i += 8) {
        first = __builtin_ia32_crc32di(first, word_at(bytes + i));
        second = __builtin_ia32_crc32di(second, word_at(bytes + LANE + i));
        third = __builtin_ia32_crc32di(third, word_at(bytes + 2 * LANE + i));
    }
    first = __builtin_ia32_crc32di(first, word_at(bytes + LANE - 8));
    second = __builtin_ia32_crc32di(second, word_at(bytes + 2 * LANE - 8));
    uint64_t last = word_at(bytes + 3 * LANE - 8);
    return __builtin_ia32_crc32di(third, last ^ times(first, past_two_lanes) ^ times(second, past_one_lane));
}

__attribute__((target("sse4.2,pclmul"))) static uint32_t by_instruction(uint32_t crc, const unsigned char *bytes,
                                                                        size_t size) {
    uint64_t wide = crc;
    for (; size >= 3 * LANE; size -= 3 * LANE, bytes += 3 * LANE)
        wide = by_lanes(wide, bytes);
    for (; size >= 8; size -= 8, bytes += 8)
        wide = __builtin_ia32_crc32di(wide, word_at(bytes));
    crc = (uint32_t)wide;
    for (; size; size--, bytes++)
        crc = __builtin_ia32_crc32qi(crc, *bytes);
    return crc;
}
#endif

uint32_t crc32c(uint32_t crc, const void *bytes, size_t size) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul"))
        return ~by_instruction(~crc, bytes, size);
#endif
    return ~by_table(~crc, bytes, size);
}
