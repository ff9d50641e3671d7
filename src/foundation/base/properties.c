#include "foundation/base/properties.h"

#include <string.h>
#include <strings.h>

#include "foundation/base/file.h"
#include "foundation/base/memory.h"
#include "foundation/base/utf8.h"
#include "foundation/base/vector.h"

struct property {
    char *name, *value;
    int line;
};
struct properties {
    VECTOR(struct property) items;
};

struct properties *properties_new(void) {
    return memory_zero(1, sizeof(struct properties));
}

void properties_free(struct properties *properties) {
    if (!properties)
        return;
    for (size_t i = 0; i < properties->items.count; i++) {
        memory_free(properties->items.items[i].name);
        memory_free(properties->items.items[i].value);
    }
    vector_free(&properties->items);
    memory_free(properties);
}

struct properties *properties_copy(const struct properties *properties) {
    struct properties *copy = properties_new();
    for (size_t i = 0; i < properties->items.count; i++) {
        const struct property *from = &properties->items.items[i];
        vector_push(&copy->items,
                    (struct property){memory_copy_string(from->name), memory_copy_string(from->value), from->line});
    }
    return copy;
}

static struct property *find(const struct properties *properties, const char *name) {
    for (size_t i = 0; i < properties->items.count; i++)
        if (strcmp(properties->items.items[i].name, name) == 0)
            return &properties->items.items[i];
    return NULL;
}

static void set(struct properties *properties, struct view name, struct view value, int line) {
    struct text name_text = TEXT_EMPTY, value_text = TEXT_EMPTY;
    text_append(&name_text, name);
    text_append(&value_text, value);
    struct property *old = find(properties, text_string(&name_text));
    if (old) {
        memory_free(old->value);
        old->value = text_take(&value_text);
        old->line = line;
        text_free(&name_text);
        return;
    }
    vector_push(&properties->items, (struct property){text_take(&name_text), text_take(&value_text), line});
}

/* Java's reader unescapes \t \n \r \f, \uXXXX and drops the backslash before anything else. */
static void unescape(struct text *out, struct view from) {
    for (size_t i = 0; i < from.size; i++) {
        if (from.data[i] != '\\' || i + 1 == from.size) {
            text_append_char(out, from.data[i]);
            continue;
        }
        char c = from.data[++i];
        if (c == 'u' && i + 4 < from.size) {
            uint32_t code = 0;
            bool hex = true;
            for (size_t j = 1; j <= 4; j++) {
                char digit = from.data[i + j];
                uint32_t value = digit >= '0' && digit <= '9'   ? (uint32_t)(digit - '0')
                                 : digit >= 'a' && digit <= 'f' ? (uint32_t)(digit - 'a' + 10)
                                 : digit >= 'A' && digit <= 'F' ? (uint32_t)(digit - 'A' + 10)
                                                                : 16;
                hex = hex && value < 16;
                code = code * 16 + value;
            }
            if (hex) {
                char bytes[4];
                text_append_bytes(out, bytes, utf8_encode(code, bytes));
                i += 4;
                continue;
            }
        }
        text_append_char(out, c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c == 'f' ? '\f' : c);
    }
}

static bool continues(struct view line) {
    size_t slashes = 0;
    while (slashes < line.size && line.data[line.size - 1 - slashes] == '\\')
        slashes++;
    return slashes % 2 == 1;
}

static int parse_line(struct properties *properties, struct view line, const char *file, int number,
                      struct error *error) {
    size_t end = 0;
    while (end < line.size && line.data[end] != '=' && line.data[end] != ':' && line.data[end] != ' ' &&
           line.data[end] != '\t')
        end += line.data[end] == '\\' && end + 1 < line.size ? 2 : 1;
    struct view name = {line.data, end};
    struct view value = view_trim((struct view){line.data + end, line.size - end});
    if (value.size && (value.data[0] == '=' || value.data[0] == ':'))
        value = view_trim((struct view){value.data + 1, value.size - 1});
    else if (end == line.size || (line.data[end] != '=' && line.data[end] != ':'))
        return error_set_at(error, ERROR_INVALID, number, 0, "%s:%d: `%.*s` has no value: a line reads name=value",
                            file, number, (int)(name.size < 60 ? name.size : 60), name.data);
    if (name.size == 0)
        return error_set_at(error, ERROR_INVALID, number, 0, "%s:%d: a line reads name=value, the name is missing",
                            file, number);
    struct text plain_name = TEXT_EMPTY, plain_value = TEXT_EMPTY;
    unescape(&plain_name, name);
    unescape(&plain_value, value);
    set(properties, text_view(&plain_name), text_view(&plain_value), number);
    text_free(&plain_name);
    text_free(&plain_value);
    return 0;
}

int properties_parse(struct properties *properties, struct view text, const char *file, struct error *error) {
    struct text joined = TEXT_EMPTY;
    struct view line;
    int number = 0, started = 0, result = 0;
    if (view_starts_with(text, VIEW("\xef\xbb\xbf")))
        text = (struct view){text.data + 3, text.size - 3};
    while (result == 0 && view_split(&text, '\n', &line)) {
        number++;
        if (line.size && line.data[line.size - 1] == '\r')
            line.size--;
        struct view trimmed = view_trim(line);
        if (memchr(line.data, '\0', line.size)) {
            result = error_set_at(error, ERROR_INVALID, number, 0, "%s:%d: not a text file", file, number);
            break;
        }
        if (joined.size == 0) {
            if (trimmed.size == 0 || trimmed.data[0] == '#' || trimmed.data[0] == '!')
                continue;
            started = number;
        }
        bool more = continues(trimmed);
        text_append(&joined, (struct view){trimmed.data, trimmed.size - more});
        if (more && text.size)
            continue;
        result = parse_line(properties, text_view(&joined), file, started, error);
        text_clear(&joined);
    }
    text_free(&joined);
    return result;
}

int properties_read(struct properties *properties, const char *path, struct error *error) {
    struct text text = TEXT_EMPTY;
    int result = file_read(path, &text, error);
    if (result == 0)
        result = properties_parse(properties, text_view(&text), path, error);
    text_free(&text);
    return result;
}

static void escape(struct text *out, const char *from, bool is_name) {
    for (size_t i = 0; from[i]; i++) {
        char c = from[i];
        if (c == '\n' || c == '\r' || c == '\t') {
            text_append_format(out, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
            continue;
        }
        if (c == '\\' || (is_name && (c == '=' || c == ':' || c == ' ')) ||
            (i == 0 && (c == ' ' || c == '#' || c == '!')))
            text_append_char(out, '\\');
        text_append_char(out, c);
    }
}

int properties_write(const struct properties *properties, const char *path, struct error *error) {
    struct text text = TEXT_EMPTY;
    for (size_t i = 0; i < properties->items.count; i++) {
        escape(&text, properties->items.items[i].name, true);
        text_append_char(&text, '=');
        escape(&text, properties->items.items[i].value, false);
        text_append_char(&text, '\n');
    }
    int result = file_write_atomic(path, text_view(&text), 0600, error);
    text_free(&text);
    return result;
}

const char *properties_get(const struct properties *properties, const char *name) {
    const struct property *found = find(properties, name);
    return found ? found->value : NULL;
}

const char *properties_get_or(const struct properties *properties, const char *name, const char *otherwise) {
    const char *value = properties_get(properties, name);
    return value ? value : otherwise;
}

void properties_set(struct properties *properties, const char *name, const char *value) {
    set(properties, view_of(name), view_of(value), 0);
}

bool properties_remove(struct properties *properties, const char *name) {
    struct property *found = find(properties, name);
    if (!found)
        return false;
    memory_free(found->name);
    memory_free(found->value);
    vector_remove(&properties->items, (size_t)(found - properties->items.items));
    return true;
}

size_t properties_count(const struct properties *properties) {
    return properties->items.count;
}

void properties_at(const struct properties *properties, size_t index, const char **name, const char **value) {
    *name = properties->items.items[index].name;
    *value = properties->items.items[index].value;
}

int properties_line(const struct properties *properties, const char *name) {
    const struct property *found = find(properties, name);
    return found ? found->line : 0;
}

bool properties_is_secret(const char *name) {
    size_t size = strlen(name);
    static const char ending[] = "user.info";
    return strcasestr(name, "password") || strcasestr(name, "secret") || strcasestr(name, "jaas.config") ||
           (size >= sizeof ending - 1 && strcasecmp(name + size - (sizeof ending - 1), ending) == 0);
}
