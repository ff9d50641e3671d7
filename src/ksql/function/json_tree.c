#include "json_tree.h"

#include <string.h>

#include "foundation/base/utf8.h"
#include "foundation/base/vector.h"

enum { DEPTH_MOST = 200 };
struct reader {
    struct view text;
    size_t at;
    int depth;
    struct arena *arena;
    struct error *error;
};

static int refuse(struct reader *r) {
    return error_set(r->error, ERROR_INVALID, "Invalid JSON format near character %zu", r->at + 1);
}

static char peek(const struct reader *r) {
    return r->at < r->text.size ? r->text.data[r->at] : '\0';
}

static void pass_space(struct reader *r) {
    while (peek(r) == ' ' || peek(r) == '\t' || peek(r) == '\n' || peek(r) == '\r')
        r->at++;
}

static bool take(struct reader *r, const char *word) {
    size_t size = strlen(word);
    if (r->text.size - r->at < size || memcmp(r->text.data + r->at, word, size) != 0)
        return false;
    r->at += size;
    return true;
}

static bool hex4(struct reader *r, uint32_t *unit) {
    *unit = 0;
    for (int i = 0; i < 4; i++, r->at++) {
        char c = peek(r), low = (char)(c | 0x20);
        int digit = c >= '0' && c <= '9' ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
        if (digit < 0)
            return false;
        *unit = *unit << 4 | (uint32_t)digit;
    }
    return true;
}

static bool escape(struct reader *r, char *out, size_t *size) {
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char sign = peek(r);
    const char *found = sign == '\0' ? NULL : strchr(from, sign);
    uint32_t unit, low;
    r->at++;
    if (found != NULL) {
        out[(*size)++] = to[found - from];
        return true;
    }
    if (sign != 'u' || !hex4(r, &unit))
        return false;
    if (unit >= 0xD800 && unit < 0xDC00 && take(r, "\\u") && hex4(r, &low))
        unit = 0x10000 + ((unit - 0xD800) << 10) + ((low - 0xDC00) & 0x3FF);
    *size += utf8_encode(unit, out + *size);
    return true;
}

/* After the opening quote. */
static int read_text(struct reader *r, struct view *text) {
    const char *end = r->text.data + r->text.size, *begin = r->text.data + r->at;
    const char *quote = begin;
    while (quote < end && *quote != '"' && *quote != '\\' && (unsigned char)*quote >= ' ')
        quote++;
    if (quote < end && *quote == '"') { /* nothing to undo */
        *text = (struct view){begin, (size_t)(quote - begin)};
        r->at += text->size + 1;
        return 0;
    }
    char *out = arena_allocate(r->arena, (size_t)(end - begin) + 4);
    size_t size = 0;
    while (r->at < r->text.size && peek(r) != '"') {
        char c = r->text.data[r->at++];
        if ((unsigned char)c < ' ' || (c == '\\' && !escape(r, out, &size)))
            return refuse(r);
        if (c != '\\')
            out[size++] = c;
    }
    *text = (struct view){out, size};
    return take(r, "\"") ? 0 : refuse(r);
}

static int read_number(struct reader *r, struct json *json) {
    size_t begin = r->at, digits = 0;
    take(r, "-");
    size_t first = r->at;
    while (peek(r) >= '0' && peek(r) <= '9')
        r->at++, digits++;
    if (digits == 0 || (digits > 1 && r->text.data[first] == '0'))
        return refuse(r);
    if (take(r, ".")) {
        for (digits = 0; peek(r) >= '0' && peek(r) <= '9'; r->at++)
            digits++;
        if (digits == 0)
            return refuse(r);
    }
    if (peek(r) == 'e' || peek(r) == 'E') {
        r->at++;
        if (peek(r) == '+' || peek(r) == '-')
            r->at++;
        for (digits = 0; peek(r) >= '0' && peek(r) <= '9'; r->at++)
            digits++;
        if (digits == 0)
            return refuse(r);
    }
    json->kind = JSON_NUMBER;
    json->text = (struct view){r->text.data + begin, r->at - begin};
    return 0;
}

static int read_value(struct reader *r, struct json *json);

static int read_items(struct reader *r, struct json *json, bool object) {
    VECTOR(struct json) items = {0};
    const char *close = object ? "}" : "]";
    int status = ++r->depth > DEPTH_MOST ? refuse(r) : 0;
    pass_space(r);
    if (status == 0 && !take(r, close)) {
        do {
            struct json item = {0};
            struct view name = {0};
            pass_space(r);
            if (object) {
                status = take(r, "\"") ? read_text(r, &name) : refuse(r);
                pass_space(r);
                if (status == 0 && !take(r, ":"))
                    status = refuse(r);
            }
            if (status == 0)
                status = read_value(r, &item);
            item.name = name;
            vector_push(&items, item);
            pass_space(r);
        } while (status == 0 && take(r, ","));
        if (status == 0 && !take(r, close))
            status = refuse(r);
    }
    r->depth--;
    json->kind = object ? JSON_OBJECT : JSON_ARRAY;
    json->count = items.count;
    if (items.count != 0)
        json->items = (const struct json *)arena_copy_bytes(r->arena, items.items, items.count * sizeof *items.items);
    vector_free(&items);
    return status;
}

static int read_value(struct reader *r, struct json *json) {
    pass_space(r);
    if (take(r, "{"))
        return read_items(r, json, true);
    if (take(r, "["))
        return read_items(r, json, false);
    if (take(r, "\"")) {
        json->kind = JSON_STRING;
        return read_text(r, &json->text);
    }
    if (take(r, "true"))
        json->kind = JSON_TRUE;
    else if (take(r, "false"))
        json->kind = JSON_FALSE;
    else if (take(r, "null"))
        json->kind = JSON_NULL;
    else
        return read_number(r, json);
    return 0;
}

static const struct json *read_text_of(struct view text, bool whole, struct arena *arena, struct error *error) {
    struct reader reader = {.text = text, .arena = arena, .error = error};
    struct json *json = arena_zero(arena, sizeof *json);
    if (read_value(&reader, json) != 0)
        return NULL;
    pass_space(&reader);
    if (whole && reader.at != text.size) {
        refuse(&reader);
        return NULL;
    }
    return json;
}

const struct json *json_read(struct view text, struct arena *arena, struct error *error) {
    return read_text_of(text, true, arena, error);
}

const struct json *json_read_first(struct view text, struct arena *arena, struct error *error) {
    return read_text_of(text, false, arena, error);
}

void json_print(struct text *out, const struct json *json) {
    static const char *const words[] = {"null", "true", "false"};
    bool object = json->kind == JSON_OBJECT;
    switch (json->kind) {
    case JSON_STRING:
        text_append_json(out, json->text);
        return;
    case JSON_NUMBER:
        text_append(out, json->text);
        return;
    case JSON_ARRAY:
    case JSON_OBJECT:
        text_append_char(out, object ? '{' : '[');
        for (size_t i = 0; i < json->count; i++) {
            if (i != 0)
                text_append_char(out, ',');
            if (object) {
                text_append_json(out, json->items[i].name);
                text_append_char(out, ':');
            }
            json_print(out, &json->items[i]);
        }
        text_append_char(out, object ? '}' : ']');
        return;
    default:
        text_append_string(out, words[json->kind]);
    }
}
