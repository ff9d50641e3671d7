#include "md5.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static uint32_t rotate(uint32_t word, int by) {
    return word << by | word >> (32 - by);
}

static void block(uint32_t state[4], const unsigned char bytes[64]) {
    static const int shifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    uint32_t words[16], a = state[0], b = state[1], c = state[2], d = state[3];
    for (int i = 0; i < 16; i++)
        words[i] = (uint32_t)bytes[4 * i] | (uint32_t)bytes[4 * i + 1] << 8 | (uint32_t)bytes[4 * i + 2] << 16 |
                   (uint32_t)bytes[4 * i + 3] << 24;
    for (int i = 0; i < 64; i++) {
        int round = i / 16;
        uint32_t f = round == 0   ? (b & c) | (~b & d)
                     : round == 1 ? (d & b) | (~d & c)
                     : round == 2 ? b ^ c ^ d
                                  : c ^ (b | ~d);
        int at = round == 0 ? i : round == 1 ? (5 * i + 1) % 16 : round == 2 ? (3 * i + 5) % 16 : 7 * i % 16;
        uint32_t constant = (uint32_t)(int64_t)(fabs(sin(i + 1)) * 4294967296.0);
        uint32_t next = b + rotate(a + f + constant + words[at], shifts[round][i % 4]);
        a = d, d = c, c = b, b = next;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
}

void md5_hex(struct view bytes, char digest[33]) {
    static const char digits[] = "0123456789abcdef";
    uint32_t state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    unsigned char tail[128] = {0};
    size_t whole = bytes.size / 64 * 64, rest = bytes.size - whole, size = rest < 56 ? 64 : 128;
    for (size_t at = 0; at < whole; at += 64)
        block(state, (const unsigned char *)bytes.data + at);
    if (rest != 0)
        memcpy(tail, bytes.data + whole, rest);
    tail[rest] = 0x80;
    for (size_t i = 0; i < 8; i++)
        tail[size - 8 + i] = (unsigned char)((uint64_t)bytes.size * 8 >> (8 * i));
    for (size_t at = 0; at < size; at += 64)
        block(state, tail + at);
    for (size_t i = 0; i < 16; i++) {
        unsigned char byte = (unsigned char)(state[i / 4] >> (8 * (i % 4)));
        digest[2 * i] = digits[byte >> 4];
        digest[2 * i + 1] = digits[byte & 15];
    }
    digest[32] = '\0';
}
