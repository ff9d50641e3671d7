#include "foundation/base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "foundation/base/memory.h"
#include "foundation/base/number.h"
#include "foundation/base/utf8.h"

bool view_equal(struct view a, struct view b) {
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool view_equal_ignoring_case(struct view a, struct view b) {
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (lower(a.data[i]) != lower(b.data[i]))
            return false;
    return true;
}

int view_compare(struct view a, struct view b) {
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common ? memcmp(a.data, b.data, common) : 0;
    return order ? order : a.size < b.size ? -1 : a.size > b.size;
}

bool view_starts_with(struct view view, struct view prefix) {
    return view.size >= prefix.size && (prefix.size == 0 || memcmp(view.data, prefix.data, prefix.size) == 0);
}

bool view_ends_with(struct view view, struct view suffix) {
    return view.size >= suffix.size &&
           (suffix.size == 0 || memcmp(view.data + view.size - suffix.size, suffix.data, suffix.size) == 0);
}

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

struct view view_trim(struct view view) {
    while (view.size && is_space(view.data[0])) {
        view.data++;
        view.size--;
    }
    while (view.size && is_space(view.data[view.size - 1]))
        view.size--;
    return view;
}

bool view_split(struct view *rest, char separator, struct view *piece) {
    if (rest->data == NULL || rest->size == 0)
        return false;
    const char *found = memchr(rest->data, separator, rest->size);
    size_t size = found ? (size_t)(found - rest->data) : rest->size;
    *piece = (struct view){rest->data, size};
    size_t used = found ? size + 1 : size;
    rest->data += used;
    rest->size -= used;
    return true;
}

bool view_to_int64(struct view view, int64_t *number) {
    bool negative = view.size && view.data[0] == '-';
    size_t at = view.size && (view.data[0] == '-' || view.data[0] == '+') ? 1 : 0;
    uint64_t value = 0, limit = negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX;
    if (at == view.size)
        return false;
    for (; at < view.size; at++) {
        unsigned digit = (unsigned)(unsigned char)view.data[at] - '0';
        if (digit > 9 || value > (limit - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *number = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

/* What most numbers look like: few digits, perhaps a sign and a point. */
static bool exact_double(struct view view, double *number) {
    const char *at = view.data, *end = at + view.size, *point = NULL;
    bool negative = *at == '-';
    uint64_t digits = 0;
    if (view.size > NUMBER_EXACT_DIGITS)
        return false;
    for (at += negative; at < end; at++) {
        unsigned digit = (unsigned)(unsigned char)*at - '0';
        if (digit <= 9)
            digits = digits * 10 + digit;
        else if (*at == '.' && !point)
            point = at;
        else
            return false;
    }
    if (view.size == (size_t)negative + (point != NULL))
        return false;
    double magnitude = number_from_digits(digits, point ? (size_t)(end - point - 1) : 0);
    *number = negative ? -magnitude : magnitude;
    return true;
}

bool view_to_double(struct view view, double *number) {
    char buffer[64], *end, *copy = buffer;
    if (view.size == 0 || is_space(view.data[0]))
        return false;
    if (exact_double(view, number))
        return true;
    if (view.size >= sizeof buffer)
        copy = memory_allocate(view.size + 1);
    memcpy(copy, view.data, view.size);
    copy[view.size] = '\0';
    double value = strtod(copy, &end);
    bool whole = end == copy + view.size;
    if (copy != buffer)
        memory_free(copy);
    if (whole)
        *number = value;
    return whole;
}

uint64_t view_hash(struct view view) {
    uint64_t hash = 0x9e3779b97f4a7c15u ^ view.size;
    const char *at = view.data;
    size_t left = view.size;
    for (; left >= 8; left -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        hash = (hash ^ word) * 0xff51afd7ed558ccdu;
        hash ^= hash >> 32;
    }
    uint64_t word = 0;
    if (left)
        memcpy(&word, at, left);
    hash = (hash ^ word) * 0xc4ceb9fe1a85ec53u;
    hash ^= hash >> 29;
    hash *= 0x94d049bb133111ebu;
    return hash ^ hash >> 32;
}

const char *text_string(const struct text *text) {
    return text->data ? text->data : "";
}

void text_reserve(struct text *text, size_t more) {
    size_t needed = text->size + more + 1;
    if (needed <= text->capacity)
        return;
    size_t capacity = text->capacity * 2 > needed ? text->capacity * 2 : needed < 32 ? 32 : needed;
    text->data = memory_resize(text->data, capacity, 1);
    text->capacity = capacity;
    text->data[text->size] = '\0';
}

void text_append_string(struct text *text, const char *string) {
    if (string)
        text_append_bytes(text, string, strlen(string));
}

void text_append_format_v(struct text *text, const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    if (size > 0) {
        text_reserve(text, (size_t)size);
        vsnprintf(text->data + text->size, (size_t)size + 1, format, again);
        text->size += (size_t)size;
    }
    va_end(again);
}

void text_append_format(struct text *text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    text_append_format_v(text, format, arguments);
    va_end(arguments);
}

/* No byte of the eight that a JSON string must escape, or that may be no UTF-8 (Hacker's Delight, finding a zero byte).
 */
static bool is_plain_word(const char *at) {
    const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
    uint64_t word;
    memcpy(&word, at, 8);
    uint64_t quote = word ^ ones * '"', backslash = word ^ ones * '\\';
    return !((((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) | ((word - ones * 0x20) & ~word) | word) &
             highs);
}

/* Copies the bytes at the front that are shown as they are, eight at a time; the last eight may overlap those before
 * them. */
static size_t copy_plain_json(char *to, struct view view) {
    size_t at = 0;
    for (; view.size - at >= 8; at += 8) {
        if (!is_plain_word(view.data + at))
            return at;
        memcpy(to + at, view.data + at, 8);
    }
    if (at == 0 || !is_plain_word(view.data + view.size - 8))
        return at;
    memcpy(to + view.size - 8, view.data + view.size - 8, 8);
    return view.size;
}

void text_append_json(struct text *text, struct view view) {
    static const char hex[] = "0123456789abcdef";
    text_reserve(text, view.size + 2);
    text->data[text->size++] = '"';
    size_t from = copy_plain_json(text->data + text->size, view);
    text->size += from;
    for (size_t i = from; i < view.size; i++) {
        unsigned char c = (unsigned char)view.data[i];
        if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\')
            continue;
        if (c >= 0x80) {
            uint32_t code;
            size_t size = utf8_decode((struct view){view.data + i, view.size - i}, &code);
            if (size) {
                i += size - 1;
                continue;
            }
        }
        text_append_bytes(text, view.data + from, i - from);
        from = i + 1;
        if (c >= 0x80) { /* no text: JSON is UTF-8 whatever came in */
            text_append_bytes(text, "\xef\xbf\xbd", 3);
            continue;
        }
        const char *name = c == '"'    ? "\\\""
                           : c == '\\' ? "\\\\"
                           : c == '\n' ? "\\n"
                           : c == '\r' ? "\\r"
                           : c == '\t' ? "\\t"
                           : c == '\b' ? "\\b"
                           : c == '\f' ? "\\f"
                                       : NULL;
        if (name) {
            text_append_bytes(text, name, 2);
        } else {
            char escaped[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
            text_append_bytes(text, escaped, sizeof escaped);
        }
    }
    text_append_bytes(text, view.data + from, view.size - from);
    text_append_char(text, '"');
}

void text_clear(struct text *text) {
    text->size = 0;
    if (text->data)
        text->data[0] = '\0';
}

void text_free(struct text *text) {
    memory_free(text->data);
    *text = TEXT_EMPTY;
}

char *text_take(struct text *text) {
    char *data = text->data ? text->data : memory_copy_string("");
    *text = TEXT_EMPTY;
    return data;
}
