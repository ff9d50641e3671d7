#include "console/ui/fields.h"

#include <stdint.h>

#include "foundation/base/utf8.h"

static struct view skip(struct view rest, size_t count) {
    return (struct view){rest.data + count, rest.size - count};
}

static struct view skip_blanks(struct view rest) {
    while (rest.size && strchr(" \t\r\n", rest.data[0]))
        rest = skip(rest, 1);
    return rest;
}

static size_t string_size(struct view rest) { /* with both quotes */
    size_t at = 1;
    while (at < rest.size && rest.data[at] != '"')
        at += rest.data[at] == '\\' ? 2 : 1;
    return at < rest.size ? at + 1 : rest.size;
}

/* The value at the front, nested ones whole. */
static size_t value_size(struct view rest) {
    size_t at = 0;
    int depth = 0;
    while (at < rest.size) {
        char c = rest.data[at];
        if (c == '"') {
            bool whole = at == 0;
            at += string_size(skip(rest, at));
            if (whole)
                return at;
            continue;
        }
        if (depth == 0 && strchr(",}]", c))
            return at;
        depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
        at++;
        if (depth == 0 && (c == '}' || c == ']'))
            return at;
    }
    return at;
}

static bool read_hex(struct view digits, uint32_t *value) {
    *value = 0;
    for (size_t i = 0; i < 4; i++) {
        const char *found =
            i < digits.size && digits.data[i] ? strchr("0123456789abcdef0123456789ABCDEF", digits.data[i]) : NULL;
        if (!found)
            return false;
        *value = *value * 16 + (uint32_t)(found - "0123456789abcdef0123456789ABCDEF") % 16;
    }
    return true;
}

static void append_unescaped(struct view inner, struct text *out) {
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    while (inner.size) {
        uint32_t unit, low;
        char bytes[4];
        const char *known;
        if (inner.data[0] != '\\' || inner.size < 2) {
            text_append_char(out, inner.data[0]);
            inner = skip(inner, 1);
        } else if (inner.data[1] == 'u' && read_hex(skip(inner, 2), &unit)) {
            inner = skip(inner, 6);
            if (unit >= 0xD800 && unit < 0xDC00 && inner.size >= 6 && inner.data[0] == '\\' && inner.data[1] == 'u' &&
                read_hex(skip(inner, 2), &low) && low >= 0xDC00 && low < 0xE000) {
                unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                inner = skip(inner, 6);
            }
            text_append_bytes(out, bytes, utf8_encode(unit >= 0xD800 && unit < 0xE000 ? 0xFFFD : unit, bytes));
        } else {
            known = inner.data[1] ? strchr(from, inner.data[1]) : NULL;
            text_append_char(out, known ? to[known - from] : inner.data[1]);
            inner = skip(inner, 2);
        }
    }
}

static const char *type_of(struct view value) {
    switch (value.size ? value.data[0] : ' ') {
    case '"':
        return "string";
    case '{':
        return "object";
    case '[':
        return "array";
    case 't':
    case 'f':
        return "boolean";
    case 'n':
        return "null";
    default:
        return value.size && !memchr(value.data, '.', value.size) && !memchr(value.data, 'e', value.size) ? "integer"
                                                                                                          : "number";
    }
}

bool json_field_next(struct view *rest, struct json_field *field) {
    struct view at = skip_blanks(*rest);
    *field = (struct json_field){0};
    if (at.size == 0 || (at.data[0] != '{' && at.data[0] != ','))
        return false;
    at = skip_blanks(skip(at, 1));
    if (at.size == 0 || at.data[0] != '"')
        return false;
    size_t size = string_size(at);
    append_unescaped((struct view){at.data + 1, size >= 2 ? size - 2 : 0}, &field->name);
    at = skip_blanks(skip(at, size));
    if (at.size == 0 || at.data[0] != ':') {
        json_field_free(field);
        return false;
    }
    at = skip_blanks(skip(at, 1));
    struct view value = view_trim((struct view){at.data, value_size(at)});
    field->type = type_of(value);
    if (value.size >= 2 && value.data[0] == '"')
        append_unescaped((struct view){value.data + 1, value.size - 2}, &field->value);
    else
        text_append(&field->value, value);
    *rest = skip(at, value_size(at));
    return true;
}

void json_field_free(struct json_field *field) {
    text_free(&field->name);
    text_free(&field->value);
}

static void new_line(struct text *out, int depth) {
    text_append_char(out, '\n');
    for (int i = 0; i < depth && i < 40; i++)
        text_append_string(out, "  ");
}

void json_indent(struct view text, struct text *out) {
    int depth = 0;
    while ((text = skip_blanks(text)).size) {
        char c = text.data[0];
        size_t size = c == '"' ? string_size(text) : 1;
        struct view behind = skip_blanks(skip(text, 1));
        if (c == '}' || c == ']') {
            depth -= depth > 0;
            new_line(out, depth);
        }
        text_append_bytes(out, text.data, size);
        if ((c == '{' || c == '[') && behind.size && (behind.data[0] == '}' || behind.data[0] == ']')) {
            text_append_char(out, behind.data[0]);
            text = skip(behind, 1);
            continue;
        }
        if (c == '{' || c == '[')
            new_line(out, ++depth);
        else if (c == ',')
            new_line(out, depth);
        else if (c == ':')
            text_append_char(out, ' ');
        text = skip(text, size);
    }
    text_append_char(out, '\n');
}
