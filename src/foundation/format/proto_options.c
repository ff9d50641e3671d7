#include "foundation/format/proto_options.h"

#include "foundation/format/proto_wire.h"

static const char *const type_names[] = {NULL,      "double",   "float",    "int64",  "uint64", "int32", "fixed64",
                                         "fixed32", "bool",     "string",   NULL,     NULL,     "bytes", "uint32",
                                         NULL,      "sfixed32", "sfixed64", "sint32", "sint64"};
enum { TYPE_COUNT = sizeof type_names / sizeof *type_names, MAP_ENTRY = 7 };

/* --- options: those of descriptor.proto; `words` of an enum by number, from `first` on --- */

static const struct option_row {
    enum proto_option_of of;
    int32_t field;
    const char *name;
    char kind; /* 'b' bool, 's' string, 'e' enum */
    int first;
    const char *words;
} option_rows[] = {
    {PROTO_OF_FILE, 1, "java_package", 's', 0, NULL},
    {PROTO_OF_FILE, 8, "java_outer_classname", 's', 0, NULL},
    {PROTO_OF_FILE, 9, "optimize_for", 'e', 1, "SPEED CODE_SIZE LITE_RUNTIME"},
    {PROTO_OF_FILE, 10, "java_multiple_files", 'b', 0, NULL},
    {PROTO_OF_FILE, 11, "go_package", 's', 0, NULL},
    {PROTO_OF_FILE, 16, "cc_generic_services", 'b', 0, NULL},
    {PROTO_OF_FILE, 17, "java_generic_services", 'b', 0, NULL},
    {PROTO_OF_FILE, 18, "py_generic_services", 'b', 0, NULL},
    {PROTO_OF_FILE, 20, "java_generate_equals_and_hash", 'b', 0, NULL},
    {PROTO_OF_FILE, 23, "deprecated", 'b', 0, NULL},
    {PROTO_OF_FILE, 27, "java_string_check_utf8", 'b', 0, NULL},
    {PROTO_OF_FILE, 31, "cc_enable_arenas", 'b', 0, NULL},
    {PROTO_OF_FILE, 36, "objc_class_prefix", 's', 0, NULL},
    {PROTO_OF_FILE, 37, "csharp_namespace", 's', 0, NULL},
    {PROTO_OF_FILE, 39, "swift_prefix", 's', 0, NULL},
    {PROTO_OF_FILE, 40, "php_class_prefix", 's', 0, NULL},
    {PROTO_OF_FILE, 41, "php_namespace", 's', 0, NULL},
    {PROTO_OF_FILE, 44, "php_metadata_namespace", 's', 0, NULL},
    {PROTO_OF_FILE, 45, "ruby_package", 's', 0, NULL},
    {PROTO_OF_MESSAGE, 1, "message_set_wire_format", 'b', 0, NULL},
    {PROTO_OF_MESSAGE, 2, "no_standard_descriptor_accessor", 'b', 0, NULL},
    {PROTO_OF_MESSAGE, 3, "deprecated", 'b', 0, NULL},
    {PROTO_OF_MESSAGE, 11, "deprecated_legacy_json_field_conflicts", 'b', 0, NULL},
    {PROTO_OF_FIELD, 1, "ctype", 'e', 0, "STRING CORD STRING_PIECE"},
    {PROTO_OF_FIELD, 2, "packed", 'b', 0, NULL},
    {PROTO_OF_FIELD, 3, "deprecated", 'b', 0, NULL},
    {PROTO_OF_FIELD, 5, "lazy", 'b', 0, NULL},
    {PROTO_OF_FIELD, 6, "jstype", 'e', 0, "JS_NORMAL JS_STRING JS_NUMBER"},
    {PROTO_OF_FIELD, 10, "weak", 'b', 0, NULL},
    {PROTO_OF_FIELD, 15, "unverified_lazy", 'b', 0, NULL},
    {PROTO_OF_FIELD, 16, "debug_redact", 'b', 0, NULL},
    {PROTO_OF_ENUM, 2, "allow_alias", 'b', 0, NULL},
    {PROTO_OF_ENUM, 3, "deprecated", 'b', 0, NULL},
    {PROTO_OF_CONSTANT, 1, "deprecated", 'b', 0, NULL},
    {PROTO_OF_CONSTANT, 3, "debug_redact", 'b', 0, NULL},
    {PROTO_OF_SERVICE, 33, "deprecated", 'b', 0, NULL},
    {PROTO_OF_RPC, 33, "deprecated", 'b', 0, NULL},
    {PROTO_OF_RPC, 34, "idempotency_level", 'e', 0, "IDEMPOTENCY_UNKNOWN NO_SIDE_EFFECTS IDEMPOTENT"},
};
enum { OPTION_ROWS = sizeof option_rows / sizeof *option_rows };

struct view proto_quoted(struct arena *arena, struct view bytes) {
    struct text text = TEXT_EMPTY;
    text_append_char(&text, '"');
    for (size_t i = 0; i < bytes.size; i++) {
        unsigned char c = (unsigned char)bytes.data[i];
        if (c == '"' || c == '\\')
            text_append_format(&text, "\\%c", c);
        else if (c < ' ' || c == 0x7f)
            text_append_format(&text, "\\%03o", c);
        else
            text_append_char(&text, (char)c);
    }
    text_append_char(&text, '"');
    struct view copy = arena_copy_view(arena, text_view(&text));
    text_free(&text);
    return copy;
}

static bool option_value(struct arena *arena, const struct option_row *row, const struct proto_reader *reader,
                         struct view *value) {
    if ((row->kind == 's') != (reader->wire == PROTO_BYTES))
        return false;
    if (row->kind == 's') {
        *value = proto_quoted(arena, reader->bytes);
        return true;
    }
    if (row->kind == 'b') {
        *value = view_of(reader->number ? "true" : "false");
        return true;
    }
    struct view words = view_of(row->words);
    for (uint64_t i = (uint64_t)row->first; view_split(&words, ' ', value); i++)
        if (i == reader->number)
            return true;
    return false;
}

int proto_options_read(enum proto_option_of of, struct view bytes, struct arena *arena, struct proto_option **options,
                       bool *map_entry, struct error *error) {
    struct proto_reader reader = proto_reader_of(bytes);
    while (*options)
        options = &(*options)->next;
    while (proto_read(&reader)) {
        size_t i = 0;
        if (of == PROTO_OF_MESSAGE && reader.field == MAP_ENTRY) {
            *map_entry = reader.number != 0;
            continue;
        }
        while (i < OPTION_ROWS && (option_rows[i].of != of || option_rows[i].field != reader.field))
            i++;
        struct proto_option *option = arena_zero(arena, sizeof *option);
        if (i == OPTION_ROWS || !option_value(arena, &option_rows[i], &reader, &option->value))
            return error_set(error, ERROR_UNSUPPORTED,
                             "Protobuf descriptor: the option of number %d is a custom one, which is not read from a "
                             "descriptor; register the .proto text",
                             (int)reader.field);
        option->name = view_of(option_rows[i].name);
        *options = option;
        options = &option->next;
    }
    return reader.broken ? error_set(error, ERROR_INVALID, "Protobuf descriptor: options are cut off") : 0;
}

static bool enum_number(const struct option_row *row, struct view value, uint64_t *number) {
    struct view words = view_of(row->words), word;
    for (*number = (uint64_t)row->first; view_split(&words, ' ', &word); ++*number)
        if (view_equal(word, value))
            return true;
    return false;
}

static bool write_option(const struct option_row *row, struct view value, struct text *out) {
    struct arena arena = ARENA_EMPTY;
    uint64_t number = view_equal(value, VIEW("true"));
    bool good = row->kind == 's'   ? value.size >= 2 && (*value.data == '"' || *value.data == '\'')
                : row->kind == 'b' ? number || view_equal(value, VIEW("false"))
                                   : enum_number(row, value, &number);
    if (good && row->kind == 's')
        proto_put_bytes(out, row->field, proto_unquoted(&arena, value));
    else if (good)
        proto_put_number(out, row->field, number);
    arena_free(&arena);
    return good;
}

int proto_options_write(enum proto_option_of of, const struct proto_option *options, struct text *out,
                        struct error *error) {
    for (; options; options = options->next) {
        size_t i = 0;
        if (of == PROTO_OF_FIELD &&
            (view_equal(options->name, VIEW("json_name")) || view_equal(options->name, VIEW("default"))))
            continue;
        while (i < OPTION_ROWS && (option_rows[i].of != of || !view_equal(options->name, view_of(option_rows[i].name))))
            i++;
        if (i == OPTION_ROWS || !write_option(&option_rows[i], options->value, out))
            return error_set(
                error, ERROR_UNSUPPORTED,
                "Protobuf: the option %.*s is a custom one, which is not written into a descriptor; ask for "
                "the .proto text",
                VIEW_ARGS(options->name));
    }
    return 0;
}

/* --- names and values --- */

const char *proto_scalar_of(int64_t type) {
    return type > 0 && type < TYPE_COUNT ? type_names[type] : NULL;
}

int proto_scalar_number(struct view name) {
    for (int i = 0; i < TYPE_COUNT; i++)
        if (type_names[i] && view_equal(name, view_of(type_names[i])))
            return i;
    return 0;
}

static size_t unescape(const char *from, size_t left, struct text *out) {
    static const char letters[] = "abfnrtv\\'\"?", bytes[] = "\a\b\f\n\r\t\v\\'\"?";
    const char *found = memchr(letters, *from, sizeof letters - 1);
    unsigned code = 0;
    size_t size = 0;
    if (found) {
        text_append_char(out, bytes[found - letters]);
        return 1;
    }
    if (*from == 'x' || *from == 'X') {
        for (size = 1; size < 3 && size < left; size++) {
            char c = from[size];
            unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                             : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                             : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
                                                    : 16;
            if (digit > 15)
                break;
            code = code * 16 + digit;
        }
    } else {
        for (; size < 3 && size < left && from[size] >= '0' && from[size] <= '7'; size++)
            code = code * 8 + (unsigned)(from[size] - '0');
    }
    text_append_char(out, size ? (char)code : *from);
    return size ? size : 1;
}

struct view proto_unquoted(struct arena *arena, struct view value) {
    struct text text = TEXT_EMPTY;
    char quote = '\0';
    for (size_t i = 0; i < value.size; i++) {
        char c = value.data[i];
        if (!quote)
            quote = c == '"' || c == '\'' ? c : '\0';
        else if (c == quote)
            quote = '\0';
        else if (c == '\\' && i + 1 < value.size)
            i += unescape(value.data + i + 1, value.size - i - 1, &text);
        else
            text_append_char(&text, c);
    }
    struct view copy = arena_copy_view(arena, text_view(&text));
    text_free(&text);
    return copy;
}

struct view proto_json_name(struct arena *arena, struct view name) {
    char *copy = arena_copy_bytes(arena, name.data, name.size);
    size_t size = 0;
    bool up = false;
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] == '_') {
            up = true;
            continue;
        }
        char c = name.data[i];
        copy[size++] = up && c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
        up = false;
    }
    return (struct view){copy, size};
}
