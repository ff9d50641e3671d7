#include "foundation/format/json_scan.h"

#include <string.h>

#include "foundation/base/utf8.h"

int json_wrong(struct json_reader *reader, const char *what) {
    return error_set(reader->error, ERROR_CORRUPT, "JSON, byte %zu: %s", (size_t)(reader->at - reader->start), what);
}

static bool hex4(const char *at, uint32_t *code) {
    *code = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return false;
        *code = *code << 4 | (uint32_t)digit;
    }
    return true;
}

/* From the first backslash on: unescape into the arena; never longer than the text. */
static int read_escaped(struct json_reader *reader, const char *from, struct view *out) {
    const char *close = reader->at;
    while (close < reader->end && *close != '"')
        close += *close == '\\' && close + 1 < reader->end ? 2 : 1;
    if (close >= reader->end)
        return json_wrong(reader, "a string does not end");
    char *text = arena_allocate(reader->arena, (size_t)(close - from) + 1);
    size_t size = (size_t)(reader->at - from);
    memcpy(text, from, size);
    while (reader->at < close) {
        char c = *reader->at++;
        if ((unsigned char)c < 0x20)
            return json_wrong(reader, "a control character inside a string");
        if (c != '\\') {
            text[size++] = c;
            continue;
        }
        c = *reader->at++;
        static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
        const char *found = c ? strchr(letters, c) : NULL;
        if (found) {
            text[size++] = meant[found - letters];
            continue;
        }
        uint32_t code, low;
        if (c != 'u' || close - reader->at < 4 || !hex4(reader->at, &code))
            return json_wrong(reader, "an unknown escape inside a string");
        reader->at += 4;
        if (code >= 0xd800 && code < 0xdc00 && close - reader->at >= 6 && reader->at[0] == '\\' &&
            reader->at[1] == 'u' && hex4(reader->at + 2, &low) && low >= 0xdc00 && low < 0xe000) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            reader->at += 6;
        } else if (code >= 0xd800 && code < 0xe000) {
            code = 0xfffd; /* half a pair is no character */
        }
        size += utf8_encode(code, text + size);
    }
    reader->at = close + 1;
    *out = (struct view){text, size};
    return utf8_valid(*out) ? 0 : json_wrong(reader, "a string is not UTF-8");
}

/* A byte of the word is a quote, a backslash, a control character or no ASCII: the lowest high bit that is set is in
 * the first such byte (Hacker's Delight, finding a zero byte). */
static uint64_t special(uint64_t word) {
    const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
    uint64_t quote = word ^ ones * '"', backslash = word ^ ones * '\\';
    return ((quote - ones) | (backslash - ones) | (word - ones * 0x20) | word) & highs;
}

static const char *after_plain(const char *at, const char *end) {
    for (uint64_t word; end - at >= 8; at += 8) {
        memcpy(&word, at, 8);
        uint64_t found = special(word);
        if (found)
            return at + __builtin_ctzll(found) / 8;
    }
    while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20 && (unsigned char)*at < 0x80)
        at++;
    return at;
}

/* After the opening quote. ASCII without escapes is borrowed after one look at each byte. */
int json_scan_string(struct json_reader *reader, struct view *out) {
    const char *from = reader->at, *at = after_plain(from, reader->end);
    bool ascii = true;
    for (; at < reader->end; at++) {
        unsigned char c = (unsigned char)*at;
        if (c == '"') {
            *out = (struct view){from, (size_t)(at - from)};
            reader->at = at + 1;
            return ascii || utf8_valid(*out) ? 0 : json_wrong(reader, "a string is not UTF-8");
        }
        if (c == '\\') {
            reader->at = at;
            return read_escaped(reader, from, out);
        }
        if (c < 0x20) {
            reader->at = at;
            return json_wrong(reader, "a control character inside a string");
        }
        ascii = ascii && c < 0x80;
    }
    return json_wrong(reader, "a string does not end");
}
static int skip_items(struct json_reader *reader, char close, bool named) {
    if (++reader->depth > JSON_DEPTH_MOST)
        return json_wrong(reader, "nested too deeply");
    if (!json_take(reader, close)) {
        do {
            struct view name;
            if (named && (!json_take(reader, '"') || json_scan_string(reader, &name) != 0 || !json_take(reader, ':')))
                return json_wrong(reader, "a field's name is missing");
            if (json_scan_value(reader) != 0)
                return -1;
        } while (json_take(reader, ','));
        if (!json_take(reader, close))
            return json_wrong(reader, "a comma or the end of the list is missing");
    }
    reader->depth--;
    return 0;
}

bool json_take_word(struct json_reader *reader, const char *word, size_t size) {
    if ((size_t)(reader->end - reader->at) < size || memcmp(reader->at, word, size) != 0)
        return false;
    reader->at += size;
    return true;
}

/* The lexeme of a number as JSON defines it. */
int json_scan_number(struct json_reader *reader, struct view *lexeme, bool *integral) {
    const char *at = reader->at, *end = reader->end;
    *integral = true;
    if (at < end && *at == '-')
        at++;
    if (at >= end || *at < '0' || *at > '9')
        return json_wrong(reader, "a value is missing");
    if (*at == '0' && at + 1 < end && at[1] >= '0' && at[1] <= '9')
        return json_wrong(reader, "a number begins with 0");
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    if (at < end && *at == '.') {
        *integral = false;
        at++;
        if (at >= end || *at < '0' || *at > '9')
            return json_wrong(reader, "a digit is missing after the point");
        while (at < end && *at >= '0' && *at <= '9')
            at++;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        *integral = false;
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        if (at >= end || *at < '0' || *at > '9')
            return json_wrong(reader, "an exponent without digits");
        while (at < end && *at >= '0' && *at <= '9')
            at++;
    }
    *lexeme = (struct view){reader->at, (size_t)(at - reader->at)};
    reader->at = at;
    return 0;
}

int json_scan_value(struct json_reader *reader) {
    struct view ignored;
    bool integral;
    json_skip_space(reader);
    if (reader->at >= reader->end)
        return json_wrong(reader, "a value is missing");
    switch (*reader->at) {
    case '"':
        reader->at++;
        return json_scan_string(reader, &ignored);
    case '{':
        reader->at++;
        return skip_items(reader, '}', true);
    case '[':
        reader->at++;
        return skip_items(reader, ']', false);
    case 't':
        return json_take_word(reader, "true", 4) ? 0 : json_wrong(reader, "an unknown word");
    case 'f':
        return json_take_word(reader, "false", 5) ? 0 : json_wrong(reader, "an unknown word");
    case 'n':
        return json_take_word(reader, "null", 4) ? 0 : json_wrong(reader, "an unknown word");
    default:
        return json_scan_number(reader, &ignored, &integral);
    }
}
