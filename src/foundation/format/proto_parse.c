/* .proto text to a tree: one function a production of the language. */
#include <stdarg.h>

#include "foundation/format/proto_schema.h"
#include "foundation/format/proto_token.h"

enum { NESTED_MOST = 64, LARGEST_NUMBER = 536870911 };

struct parser {
    struct proto_scanner scanner;
    struct arena *arena;
    struct error *error;
    int depth;
};

/* Lists are made back to front and turned round when their owner ends: a schema of many fields costs no more each. */
#define list_push(first, item)                                                                                         \
    do {                                                                                                               \
        (item)->next = (first);                                                                                        \
        (first) = (item);                                                                                              \
    } while (0)
#define list_reverse(first)                                                                                            \
    do {                                                                                                               \
        __typeof__(first) list_rest = (first), list_made = NULL, list_each;                                            \
        while ((list_each = list_rest)) {                                                                              \
            list_rest = list_each->next;                                                                               \
            list_push(list_made, list_each);                                                                           \
        }                                                                                                              \
        (first) = list_made;                                                                                           \
    } while (0)

static int fail(struct parser *parser, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int fail(struct parser *parser, const char *format, ...) {
    struct proto_scanner *scanner = &parser->scanner;
    struct text text = TEXT_EMPTY;
    va_list arguments;
    va_start(arguments, format);
    if (scanner->kind == PROTO_WRONG)
        text_append_string(&text, scanner->wrong);
    else
        text_append_format_v(&text, format, arguments);
    va_end(arguments);
    error_set_at(parser->error, ERROR_INVALID, scanner->word_line, scanner->word_column,
                 "Protobuf, line %d, column %d: %s", scanner->word_line, scanner->word_column, text_string(&text));
    text_free(&text);
    return -1;
}

static int fail_expected(struct parser *parser, const char *what) {
    if (parser->scanner.kind == PROTO_END)
        return fail(parser, "%s is expected, the text ends here", what);
    return fail(parser, "%s is expected, not %.*s", what,
                (int)(parser->scanner.word.size > 40 ? 40 : parser->scanner.word.size), parser->scanner.word.data);
}

static bool take(struct parser *parser, const char *word) {
    if (!proto_at(&parser->scanner, word))
        return false;
    proto_next(&parser->scanner);
    return true;
}

static int expect(struct parser *parser, const char *word) {
    if (take(parser, word))
        return 0;
    char what[8] = {'\'', word[0], '\'', '\0'};
    return fail_expected(parser, what);
}

static int take_name(struct parser *parser, struct view *name) {
    if (parser->scanner.kind != PROTO_NAME)
        return fail_expected(parser, "a name");
    *name = parser->scanner.word;
    proto_next(&parser->scanner);
    return 0;
}

/* a.b.c, or .a.b.c */
static int take_full_name(struct parser *parser, struct view *name) {
    struct text text = TEXT_EMPTY;
    int result = 0;
    do {
        if (proto_at(&parser->scanner, ".")) {
            text_append_char(&text, '.');
            proto_next(&parser->scanner);
        }
        struct view part = {0};
        if ((result = take_name(parser, &part)) == 0)
            text_append(&text, part);
    } while (result == 0 && proto_at(&parser->scanner, "."));
    *name = arena_copy_view(parser->arena, text_view(&text));
    text_free(&text);
    return result;
}

/* The text between the quotes; escapes stay as they are. */
static int take_string(struct parser *parser, struct view *string) {
    if (parser->scanner.kind != PROTO_STRING)
        return fail_expected(parser, "a string");
    *string = (struct view){parser->scanner.word.data + 1, parser->scanner.word.size - 2};
    proto_next(&parser->scanner);
    return 0;
}

static bool digits_to_number(struct view word, int64_t *number) {
    int base = 10;
    size_t at = 0;
    if (word.size > 2 && word.data[0] == '0' && (word.data[1] == 'x' || word.data[1] == 'X'))
        base = 16, at = 2;
    else if (word.size > 1 && word.data[0] == '0')
        base = 8, at = 1;
    *number = 0;
    for (; at < word.size; at++) {
        char c = word.data[at];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : 99;
        if (digit >= base || *number > INT32_MAX)
            return false;
        *number = *number * base + digit;
    }
    return true;
}

static int take_integer(struct parser *parser, int64_t least, int64_t most, const char *what, int32_t *number) {
    struct proto_scanner before = parser->scanner;
    bool minus = take(parser, "-");
    int64_t value;
    if (parser->scanner.kind != PROTO_NUMBER || !digits_to_number(parser->scanner.word, &value)) {
        if (parser->scanner.kind != PROTO_NUMBER)
            return fail_expected(parser, what);
        return fail(parser, "%s is a whole number from %lld to %lld", what, (long long)least, (long long)most);
    }
    value = minus ? -value : value;
    if (value < least || value > most) {
        parser->scanner = before;
        return fail(parser, "%s is a whole number from %lld to %lld", what, (long long)least, (long long)most);
    }
    *number = (int32_t)value;
    proto_next(&parser->scanner);
    return 0;
}

static int take_field_number(struct parser *parser, int32_t *number) {
    struct proto_scanner before = parser->scanner;
    if (take_integer(parser, 1, LARGEST_NUMBER, "the number of a field", number) != 0)
        return -1;
    if (*number < 19000 || *number > 19999)
        return 0;
    parser->scanner = before;
    return fail(parser, "the numbers 19000 to 19999 are Protobuf's own");
}

/* --- options --- */

/* Words as they are, one blank between them, up to one of `ends` outside of brackets. */
static int take_words(struct parser *parser, const char *ends, struct view *words) {
    struct text text = TEXT_EMPTY;
    int depth = 0, result = 0;
    while (result == 0) {
        const struct proto_scanner *scanner = &parser->scanner;
        char symbol = scanner->kind == PROTO_SYMBOL ? *scanner->word.data : '\0';
        if (scanner->kind == PROTO_END || scanner->kind == PROTO_WRONG) {
            result = fail_expected(parser, "the end of what is written here");
        } else if (depth == 0 && symbol && strchr(ends, symbol)) {
            break;
        } else {
            depth += symbol == '{' || symbol == '[' || symbol == '(';
            depth -= symbol == '}' || symbol == ']' || symbol == ')';
            if (depth < 0) {
                result = fail(parser, "nothing was opened that '%c' could close", symbol);
                break;
            }
            char before = text.size ? text.data[text.size - 1] : '(';
            bool tight = (symbol && strchr(".,:)]", symbol)) || strchr("(-[", before) ||
                         (before == '.' && scanner->kind != PROTO_NUMBER);
            if (!tight)
                text_append_char(&text, ' ');
            text_append(&text, scanner->word);
            proto_next(&parser->scanner);
        }
    }
    if (result == 0 && text.size == 0)
        result = fail_expected(parser, "a value");
    *words = arena_copy_view(parser->arena, text_view(&text));
    text_free(&text);
    return result;
}

/* java_package, (mine.option), (mine).part */
static int take_option_name(struct parser *parser, struct view *name) {
    struct text text = TEXT_EMPTY;
    int result = 0;
    do {
        struct view part = {0};
        bool custom = take(parser, "(");
        result = custom ? take_full_name(parser, &part) : take_name(parser, &part);
        if (result == 0 && custom)
            result = expect(parser, ")");
        text_append_format(&text, custom ? "%s(%.*s)" : "%s%.*s", text.size ? "." : "", VIEW_ARGS(part));
    } while (result == 0 && take(parser, "."));
    *name = arena_copy_view(parser->arena, text_view(&text));
    text_free(&text);
    return result;
}

static int take_option(struct parser *parser, const char *ends, struct proto_option **options) {
    struct proto_option *option = arena_zero(parser->arena, sizeof *option);
    if (take_option_name(parser, &option->name) != 0 || expect(parser, "=") != 0 ||
        take_words(parser, ends, &option->value) != 0)
        return -1;
    list_push(*options, option);
    return 0;
}

/* option NAME = VALUE; */
static int take_option_statement(struct parser *parser, struct proto_option **options) {
    return take_option(parser, ";", options) != 0 || expect(parser, ";") != 0 ? -1 : 0;
}

/* [NAME = VALUE, ...], or nothing */
static int take_option_list(struct parser *parser, struct proto_option **options) {
    if (!take(parser, "["))
        return 0;
    do
        if (take_option(parser, ",]", options) != 0)
            return -1;
    while (take(parser, ","));
    list_reverse(*options);
    return expect(parser, "]");
}

/* --- fields --- */

static int take_body(struct parser *parser, struct proto_type *type);

static int take_map(struct parser *parser, struct proto_field *field) {
    static const char *const keys[] = {"int32",   "int64",   "uint32",   "uint64",   "sint32", "sint64",
                                       "fixed32", "fixed64", "sfixed32", "sfixed64", "bool",   "string"};
    struct proto_scanner before = parser->scanner;
    bool good = false;
    if (expect(parser, "<") != 0)
        return -1;
    before = parser->scanner;
    if (take_name(parser, &field->key) != 0)
        return -1;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        good = good || view_equal(field->key, view_of(keys[i]));
    if (!good) {
        parser->scanner = before;
        return fail(parser, "the keys of a map are whole numbers, bool or string, not %.*s", VIEW_ARGS(field->key));
    }
    return expect(parser, ",") != 0 || take_full_name(parser, &field->type) != 0 || expect(parser, ">") != 0 ? -1 : 0;
}

static int take_group(struct parser *parser, struct proto_field *field) {
    if (take_name(parser, &field->name) != 0 || expect(parser, "=") != 0 ||
        take_field_number(parser, &field->number) != 0 || take_option_list(parser, &field->options) != 0)
        return -1;
    field->group = arena_zero(parser->arena, sizeof *field->group);
    field->group->name = field->type = field->name;
    field->group->is_group = true;
    return take_body(parser, field->group);
}

static int take_field(struct parser *parser, const struct proto_oneof *oneof, struct proto_field **fields) {
    static const char *const labels[] = {NULL, "optional", "required", "repeated"};
    struct proto_field *field = arena_zero(parser->arena, sizeof *field);
    struct proto_scanner before = parser->scanner;
    field->oneof = oneof;
    for (size_t i = 1; i < sizeof labels / sizeof *labels && !field->label; i++)
        if (take(parser, labels[i]))
            field->label = (enum proto_label)i;
    list_push(*fields, field);
    if (oneof && field->label) {
        parser->scanner = before;
        return fail(parser, "a field of a oneof has no label");
    }
    if (take(parser, "group"))
        return take_group(parser, field);
    before = parser->scanner;
    bool is_map = take(parser, "map");
    if (is_map && !proto_at(&parser->scanner, "<")) { /* a message of that name */
        parser->scanner = before;
        is_map = false;
    }
    if (is_map && (field->label || oneof)) {
        parser->scanner = before;
        return fail(parser, "a map has no label and is no part of a oneof");
    }
    if ((is_map ? take_map(parser, field) : take_full_name(parser, &field->type)) != 0 ||
        take_name(parser, &field->name) != 0 || expect(parser, "=") != 0 ||
        take_field_number(parser, &field->number) != 0 || take_option_list(parser, &field->options) != 0)
        return -1;
    return expect(parser, ";");
}

static int take_oneof(struct parser *parser, struct proto_type *type) {
    struct proto_oneof *oneof = arena_zero(parser->arena, sizeof *oneof);
    if (take_name(parser, &oneof->name) != 0 || expect(parser, "{") != 0)
        return -1;
    list_push(type->oneofs, oneof);
    while (!take(parser, "}")) {
        int result = take(parser, ";")        ? 0
                     : take(parser, "option") ? take_option_statement(parser, &oneof->options)
                                              : take_field(parser, oneof, &oneof->fields);
        if (result != 0)
            return -1;
    }
    list_reverse(oneof->options);
    list_reverse(oneof->fields);
    return 0;
}

static int take_extend(struct parser *parser, struct proto_extend **extends) {
    struct proto_extend *extend = arena_zero(parser->arena, sizeof *extend);
    if (take_full_name(parser, &extend->type) != 0 || expect(parser, "{") != 0)
        return -1;
    list_push(*extends, extend);
    while (!take(parser, "}"))
        if (!take(parser, ";") && take_field(parser, NULL, &extend->fields) != 0)
            return -1;
    list_reverse(extend->fields);
    return 0;
}

/* reserved 2, 4 to 6, "name"; extensions 100 to max [declaration = {...}]; nobody looks into them: kept as text */
static int take_ranges(struct parser *parser, struct proto_option **ranges) {
    struct proto_option *range = arena_zero(parser->arena, sizeof *range);
    if (take_words(parser, ";", &range->value) != 0)
        return -1;
    list_push(*ranges, range);
    return expect(parser, ";");
}

/* --- types --- */

static int take_constant(struct parser *parser, struct proto_type *type) {
    struct proto_field *constant = arena_zero(parser->arena, sizeof *constant);
    if (take_name(parser, &constant->name) != 0 || expect(parser, "=") != 0 ||
        take_integer(parser, INT32_MIN, INT32_MAX, "the number of a constant", &constant->number) != 0 ||
        take_option_list(parser, &constant->options) != 0)
        return -1;
    list_push(type->fields, constant);
    return expect(parser, ";");
}

static int take_type(struct parser *parser, bool is_enum, struct proto_type **types) {
    struct proto_type *type = arena_zero(parser->arena, sizeof *type);
    type->is_enum = is_enum;
    if (take_name(parser, &type->name) != 0)
        return -1;
    list_push(*types, type);
    return take_body(parser, type);
}

/* `word` begins a statement of its own and is no field's type: a name follows. */
static bool begins(struct parser *parser, const char *word) {
    struct proto_scanner before = parser->scanner;
    if (!take(parser, word))
        return false;
    if (parser->scanner.kind == PROTO_NAME || proto_at(&parser->scanner, "(") || proto_at(&parser->scanner, "."))
        return true;
    parser->scanner = before;
    return false;
}

/* `reserved` and `extensions` are followed by a number or a string, or, since editions, by a name and no number. */
static bool begins_ranges(struct parser *parser, const char *word) {
    struct proto_scanner before = parser->scanner;
    if (!take(parser, word))
        return false;
    struct proto_scanner after = parser->scanner;
    bool ranges = after.kind == PROTO_NUMBER || after.kind == PROTO_STRING || proto_at(&after, "-");
    if (after.kind == PROTO_NAME) {
        proto_next(&parser->scanner);
        ranges = proto_at(&parser->scanner, ",") || proto_at(&parser->scanner, ";");
    }
    parser->scanner = ranges ? after : before;
    return ranges;
}

static int take_member(struct parser *parser, struct proto_type *type) {
    if (take(parser, ";"))
        return 0;
    if (begins_ranges(parser, "reserved"))
        return take_ranges(parser, &type->reserved);
    if (begins(parser, "option"))
        return take_option_statement(parser, &type->options);
    if (type->is_enum)
        return take_constant(parser, type);
    if (begins(parser, "message"))
        return take_type(parser, false, &type->types);
    if (begins(parser, "enum"))
        return take_type(parser, true, &type->types);
    if (begins(parser, "oneof"))
        return take_oneof(parser, type);
    if (begins(parser, "extend"))
        return take_extend(parser, &type->extends);
    if (begins_ranges(parser, "extensions"))
        return take_ranges(parser, &type->extensions);
    return take_field(parser, NULL, &type->fields);
}

static int take_body(struct parser *parser, struct proto_type *type) {
    if (++parser->depth > NESTED_MOST)
        return fail(parser, "messages are nested more than %d deep", NESTED_MOST);
    if (expect(parser, "{") != 0)
        return -1;
    while (!take(parser, "}"))
        if (take_member(parser, type) != 0)
            return -1;
    list_reverse(type->fields);
    list_reverse(type->oneofs);
    list_reverse(type->types);
    list_reverse(type->extends);
    list_reverse(type->options);
    list_reverse(type->reserved);
    list_reverse(type->extensions);
    parser->depth--;
    return 0;
}

/* --- services --- */

static int take_rpc_side(struct parser *parser, struct view *type, bool *streams) {
    if (expect(parser, "(") != 0)
        return -1;
    *streams = begins(parser, "stream");
    return take_full_name(parser, type) != 0 ? -1 : expect(parser, ")");
}

static int take_rpc(struct parser *parser, struct proto_service *service) {
    struct proto_rpc *rpc = arena_zero(parser->arena, sizeof *rpc);
    if (take_name(parser, &rpc->name) != 0 || take_rpc_side(parser, &rpc->input, &rpc->input_streams) != 0)
        return -1;
    if (!take(parser, "returns"))
        return fail_expected(parser, "'returns'");
    if (take_rpc_side(parser, &rpc->output, &rpc->output_streams) != 0)
        return -1;
    list_push(service->rpcs, rpc);
    if (!take(parser, "{"))
        return expect(parser, ";");
    while (!take(parser, "}"))
        if (!take(parser, ";") && (!take(parser, "option") ? fail_expected(parser, "'option'")
                                                           : take_option_statement(parser, &rpc->options)) != 0)
            return -1;
    list_reverse(rpc->options);
    take(parser, ";");
    return 0;
}

static int take_service(struct parser *parser, struct proto_file *file) {
    struct proto_service *service = arena_zero(parser->arena, sizeof *service);
    if (take_name(parser, &service->name) != 0 || expect(parser, "{") != 0)
        return -1;
    list_push(file->services, service);
    while (!take(parser, "}")) {
        int result = take(parser, ";")        ? 0
                     : take(parser, "rpc")    ? take_rpc(parser, service)
                     : take(parser, "option") ? take_option_statement(parser, &service->options)
                                              : fail_expected(parser, "'rpc' or 'option'");
        if (result != 0)
            return -1;
    }
    list_reverse(service->rpcs);
    list_reverse(service->options);
    return 0;
}

/* --- the file --- */

static int take_import(struct parser *parser, struct proto_file *file) {
    struct proto_import *import = arena_zero(parser->arena, sizeof *import);
    if (proto_at(&parser->scanner, "public") || proto_at(&parser->scanner, "weak")) {
        import->how = parser->scanner.word;
        proto_next(&parser->scanner);
    }
    if (take_string(parser, &import->path) != 0)
        return -1;
    list_push(file->imports, import);
    return expect(parser, ";");
}

static int take_version(struct parser *parser, bool is_syntax, struct view *version) {
    struct proto_scanner before = parser->scanner;
    if (expect(parser, "=") != 0)
        return -1;
    before = parser->scanner;
    if (take_string(parser, version) != 0)
        return -1;
    if (is_syntax && !view_equal(*version, VIEW("proto2")) && !view_equal(*version, VIEW("proto3"))) {
        parser->scanner = before;
        return fail(parser, "the syntax is \"proto2\" or \"proto3\"");
    }
    return expect(parser, ";");
}

static int take_statement(struct parser *parser, struct proto_file *file) {
    if (take(parser, ";"))
        return 0;
    if (take(parser, "import"))
        return take_import(parser, file);
    if (take(parser, "package"))
        return proto_at(&parser->scanner, ".")               ? fail_expected(parser, "a name")
               : take_full_name(parser, &file->package) != 0 ? -1
                                                             : expect(parser, ";");
    if (take(parser, "option"))
        return take_option_statement(parser, &file->options);
    if (take(parser, "message"))
        return take_type(parser, false, &file->types);
    if (take(parser, "enum"))
        return take_type(parser, true, &file->types);
    if (take(parser, "extend"))
        return take_extend(parser, &file->extends);
    if (take(parser, "service"))
        return take_service(parser, file);
    return fail_expected(parser, "message, enum, import, package, option, extend or service");
}

struct proto_file *proto_parse_file(struct view text, struct arena *arena, struct error *error) {
    struct parser parser = {.arena = arena, .error = error};
    struct proto_file *file = arena_zero(arena, sizeof *file);
    proto_scan(&parser.scanner, text.data ? text : VIEW(""));
    int result = 0;
    if (text.size && memchr(text.data, '\0', text.size))
        result = error_set(error, ERROR_INVALID, "Protobuf: there is a NUL in the text");
    else if (take(&parser, "syntax"))
        result = take_version(&parser, true, &file->syntax);
    else if (take(&parser, "edition"))
        result = take_version(&parser, false, &file->edition);
    while (result == 0 && parser.scanner.kind != PROTO_END)
        result = take_statement(&parser, file);
    list_reverse(file->imports);
    list_reverse(file->options);
    list_reverse(file->types);
    list_reverse(file->extends);
    list_reverse(file->services);
    return result == 0 ? file : NULL;
}
