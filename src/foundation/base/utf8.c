#include "foundation/base/utf8.h"

size_t utf8_decode(struct view bytes, uint32_t *code_point) {
    const unsigned char *at = (const unsigned char *)bytes.data;
    if (bytes.size == 0)
        return 0;
    if (at[0] < 0x80) {
        *code_point = at[0];
        return 1;
    }
    size_t size = at[0] >= 0xc2 && at[0] <= 0xdf   ? 2
                  : (at[0] & 0xf0) == 0xe0         ? 3
                  : at[0] >= 0xf0 && at[0] <= 0xf4 ? 4
                                                   : 0;
    if (size == 0 || bytes.size < size)
        return 0;
    uint32_t code = at[0] & (0xffu >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (at[i] & 0x3f);
    }
    if ((size == 3 && code < 0x800) || (size == 4 && (code < 0x10000 || code > 0x10ffff)) ||
        (code >= 0xd800 && code <= 0xdfff))
        return 0;
    *code_point = code;
    return size;
}

size_t utf8_encode(uint32_t code, char out[4]) {
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

/* Most text is ASCII: eight bytes at a time are passed over while none has its high bit set. */
static struct view after_ascii(struct view bytes) {
    while (bytes.size >= 8) {
        uint64_t word;
        memcpy(&word, bytes.data, 8);
        if (word & 0x8080808080808080u)
            break;
        bytes.data += 8;
        bytes.size -= 8;
    }
    while (bytes.size && (unsigned char)*bytes.data < 0x80) {
        bytes.data++;
        bytes.size--;
    }
    return bytes;
}

bool utf8_valid(struct view bytes) {
    for (bytes = after_ascii(bytes); bytes.size; bytes = after_ascii(bytes)) {
        uint32_t code;
        size_t size = utf8_decode(bytes, &code);
        if (size == 0)
            return false;
        bytes.data += size;
        bytes.size -= size;
    }
    return true;
}

size_t utf8_length(struct view bytes) {
    size_t length = 0;
    while (bytes.size) {
        uint32_t code;
        size_t size = utf8_decode(bytes, &code);
        size = size ? size : 1;
        bytes.data += size;
        bytes.size -= size;
        length++;
    }
    return length;
}

struct range {
    uint32_t first, last;
};

/* Unicode: combining marks and other characters without a width, then wide ones (East Asian Width W and F, emoji). */
static const struct range narrowest[] = {
    {0x00ad, 0x00ad},   {0x0300, 0x036f},   {0x0483, 0x0489},   {0x0591, 0x05bd},   {0x05bf, 0x05bf},
    {0x05c1, 0x05c2},   {0x05c4, 0x05c5},   {0x05c7, 0x05c7},   {0x0610, 0x061a},   {0x064b, 0x065f},
    {0x0670, 0x0670},   {0x06d6, 0x06dc},   {0x06df, 0x06e4},   {0x06e7, 0x06e8},   {0x06ea, 0x06ed},
    {0x0711, 0x0711},   {0x0730, 0x074a},   {0x07a6, 0x07b0},   {0x07eb, 0x07f3},   {0x0816, 0x082d},
    {0x0859, 0x085b},   {0x08d3, 0x0902},   {0x093a, 0x093a},   {0x093c, 0x093c},   {0x0941, 0x0948},
    {0x094d, 0x094d},   {0x0951, 0x0957},   {0x0962, 0x0963},   {0x0981, 0x0981},   {0x09bc, 0x09bc},
    {0x09c1, 0x09c4},   {0x09cd, 0x09cd},   {0x0a01, 0x0a02},   {0x0a3c, 0x0a3c},   {0x0a41, 0x0a51},
    {0x0a70, 0x0a71},   {0x0abc, 0x0abc},   {0x0ac1, 0x0ac8},   {0x0acd, 0x0acd},   {0x0b3c, 0x0b3c},
    {0x0b4d, 0x0b4d},   {0x0bcd, 0x0bcd},   {0x0c4d, 0x0c4d},   {0x0ccd, 0x0ccd},   {0x0d4d, 0x0d4d},
    {0x0e31, 0x0e31},   {0x0e34, 0x0e3a},   {0x0e47, 0x0e4e},   {0x0eb1, 0x0eb1},   {0x0eb4, 0x0ebc},
    {0x0ec8, 0x0ecd},   {0x0f35, 0x0f39},   {0x0f71, 0x0f84},   {0x102d, 0x1037},   {0x1039, 0x103a},
    {0x1160, 0x11ff},   {0x135d, 0x135f},   {0x17b4, 0x17b5},   {0x17b7, 0x17bd},   {0x17c6, 0x17c6},
    {0x17c9, 0x17d3},   {0x180b, 0x180e},   {0x1ab0, 0x1ace},   {0x1dc0, 0x1dff},   {0x200b, 0x200f},
    {0x202a, 0x202e},   {0x2060, 0x2064},   {0x2066, 0x206f},   {0x20d0, 0x20f0},   {0x302a, 0x302d},
    {0x3099, 0x309a},   {0xa66f, 0xa672},   {0xa806, 0xa806},   {0xa8e0, 0xa8f1},   {0xabe5, 0xabe5},
    {0xfb1e, 0xfb1e},   {0xfe00, 0xfe0f},   {0xfe20, 0xfe2f},   {0xfeff, 0xfeff},   {0xfff9, 0xfffb},
    {0x101fd, 0x101fd}, {0x1d167, 0x1d169}, {0x1d17b, 0x1d182}, {0xe0001, 0xe007f}, {0xe0100, 0xe01ef},
};
static const struct range wide[] = {
    {0x1100, 0x115f},   {0x231a, 0x231b},   {0x2329, 0x232a},   {0x23e9, 0x23ec},   {0x23f0, 0x23f0},
    {0x23f3, 0x23f3},   {0x25fd, 0x25fe},   {0x2614, 0x2615},   {0x2648, 0x2653},   {0x267f, 0x267f},
    {0x2693, 0x2693},   {0x26a1, 0x26a1},   {0x26aa, 0x26ab},   {0x26bd, 0x26be},   {0x26c4, 0x26c5},
    {0x26ce, 0x26ce},   {0x26d4, 0x26d4},   {0x26ea, 0x26ea},   {0x26f2, 0x26f3},   {0x26f5, 0x26f5},
    {0x26fa, 0x26fa},   {0x26fd, 0x26fd},   {0x2705, 0x2705},   {0x270a, 0x270b},   {0x2728, 0x2728},
    {0x274c, 0x274c},   {0x274e, 0x274e},   {0x2753, 0x2755},   {0x2757, 0x2757},   {0x2795, 0x2797},
    {0x27b0, 0x27b0},   {0x27bf, 0x27bf},   {0x2b1b, 0x2b1c},   {0x2b50, 0x2b50},   {0x2b55, 0x2b55},
    {0x2e80, 0x303e},   {0x3041, 0x33ff},   {0x3400, 0x4dbf},   {0x4e00, 0x9fff},   {0xa000, 0xa4cf},
    {0xa960, 0xa97f},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe10, 0xfe19},   {0xfe30, 0xfe6f},
    {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x16fe0, 0x18aff}, {0x1b000, 0x1b2ff}, {0x1f004, 0x1f004},
    {0x1f0cf, 0x1f0cf}, {0x1f18e, 0x1f18e}, {0x1f191, 0x1f19a}, {0x1f200, 0x1f320}, {0x1f32d, 0x1f335},
    {0x1f337, 0x1f37c}, {0x1f37e, 0x1f393}, {0x1f3a0, 0x1f3ca}, {0x1f3cf, 0x1f3d3}, {0x1f3e0, 0x1f3f0},
    {0x1f3f4, 0x1f3f4}, {0x1f3f8, 0x1f43e}, {0x1f440, 0x1f440}, {0x1f442, 0x1f4fc}, {0x1f4ff, 0x1f53d},
    {0x1f54b, 0x1f54e}, {0x1f550, 0x1f567}, {0x1f57a, 0x1f57a}, {0x1f595, 0x1f596}, {0x1f5a4, 0x1f5a4},
    {0x1f5fb, 0x1f64f}, {0x1f680, 0x1f6c5}, {0x1f6cc, 0x1f6cc}, {0x1f6d0, 0x1f6d2}, {0x1f6d5, 0x1f6d7},
    {0x1f6dd, 0x1f6df}, {0x1f6eb, 0x1f6ec}, {0x1f6f4, 0x1f6fc}, {0x1f7e0, 0x1f7eb}, {0x1f90c, 0x1f93a},
    {0x1f93c, 0x1f945}, {0x1f947, 0x1f9ff}, {0x1fa70, 0x1faff}, {0x20000, 0x2fffd}, {0x30000, 0x3fffd},
};

static bool in_ranges(uint32_t code, const struct range *ranges, size_t count) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (code > ranges[middle].last)
            low = middle + 1;
        else if (code < ranges[middle].first)
            high = middle;
        else
            return true;
    }
    return false;
}

int utf8_width_of(uint32_t code) {
    if (code < 0x20 || (code >= 0x7f && code < 0xa0))
        return -1;
    if (code < 0x300)
        return code == 0xad ? 0 : 1;
    if (in_ranges(code, narrowest, sizeof narrowest / sizeof *narrowest))
        return 0;
    return in_ranges(code, wide, sizeof wide / sizeof *wide) ? 2 : 1;
}

static bool is_override(uint32_t code) {
    return (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code == 0x200e ||
           code == 0x200f || code == 0x061c;
}

/* How one step of text is shown: bytes taken, columns needed, spelled out as a mark when it could harm. */
static size_t step(struct view bytes, uint32_t *code, int *columns, bool *spelled) {
    size_t size = utf8_decode(bytes, code);
    if (size == 0) {
        *code = (unsigned char)bytes.data[0];
        *spelled = true;
        *columns = 4;
        return 1;
    }
    int width = utf8_width_of(*code);
    *spelled = width < 0 || is_override(*code);
    *columns = width < 0 ? 4 : *spelled ? 8 : width;
    return size;
}

int utf8_width(struct view bytes) {
    int width = 0;
    while (bytes.size) {
        uint32_t code;
        int columns;
        bool spelled;
        size_t size = step(bytes, &code, &columns, &spelled);
        width += columns;
        bytes.data += size;
        bytes.size -= size;
    }
    return width;
}

void utf8_display(struct text *out, struct view bytes) {
    while (bytes.size) {
        uint32_t code;
        int columns;
        bool spelled;
        size_t size = step(bytes, &code, &columns, &spelled);
        if (spelled)
            text_append_format(out, columns == 4 ? "<%02X>" : "<U+%04X>", code);
        else
            text_append_bytes(out, bytes.data, size);
        bytes.data += size;
        bytes.size -= size;
    }
}

size_t utf8_fit(struct view bytes, int columns, int *width) {
    size_t fitted = 0;
    int used = 0;
    while (bytes.size) {
        uint32_t code;
        int needed;
        bool spelled;
        size_t size = step(bytes, &code, &needed, &spelled);
        if (used + needed > columns)
            break;
        used += needed;
        fitted += size;
        bytes.data += size;
        bytes.size -= size;
    }
    if (width)
        *width = used;
    return fitted;
}
