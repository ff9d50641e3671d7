#include "foundation/base/base64.h"

#include <stdint.h>

static const char base64_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct text *out, struct view bytes) {
    for (size_t i = 0; i < bytes.size; i += 3) {
        uint32_t word = 0;
        size_t left = bytes.size - i < 3 ? bytes.size - i : 3;
        for (size_t j = 0; j < 3; j++)
            word = word << 8 | (j < left ? (unsigned char)bytes.data[i + j] : 0);
        for (size_t j = 0; j < 4; j++)
            text_append_char(out, j <= left ? base64_letters[word >> (18 - 6 * j) & 63] : '=');
    }
}

bool base64_decode(struct arena *arena, struct view text, struct view *bytes) {
    char *out = arena_allocate(arena, text.size / 4 * 3 + 4);
    size_t size = 0;
    uint32_t word = 0;
    int bits = 0;
    while (text.size && text.data[text.size - 1] == '=')
        text.size--;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        int six = c >= 'A' && c <= 'Z'   ? c - 'A'
                  : c >= 'a' && c <= 'z' ? c - 'a' + 26
                  : c >= '0' && c <= '9' ? c - '0' + 52
                  : c == '+'             ? 62
                  : c == '/'             ? 63
                                         : -1;
        if (six < 0)
            return false;
        word = word << 6 | (uint32_t)six;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out[size++] = (char)(word >> bits);
        }
    }
    *bytes = (struct view){out, size};
    return true;
}
