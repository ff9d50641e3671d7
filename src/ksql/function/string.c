/* UCASE, LCASE, LEN, TRIM, CONCAT, SUBSTRING. Positions and lengths count code points. */
#include "foundation/base/utf8.h"
#include "ksql/function/family.h"

/* ASCII, Latin-1, Greek and Cyrillic move by a fixed distance; other letters stay as they are, so no locale is needed.
 */
uint32_t function_letter_case(uint32_t letter, bool upper) {
    uint32_t low = upper ? letter : letter + 0x20;
    bool pair = (low >= 'a' && low <= 'z') || (low >= 0xE0 && low <= 0xFE && low != 0xF7) ||
                (low >= 0x3B1 && low <= 0x3C9 && low != 0x3C2) || (low >= 0x430 && low <= 0x44F);
    return !pair ? letter : upper ? letter - 0x20 : low;
}

static struct value with_case(struct view text, bool upper, struct arena *arena) {
    char *out = arena_allocate(arena, text.size + 1);
    size_t size = 0;
    while (text.size) {
        uint32_t letter;
        size_t length = utf8_decode(text, &letter);
        if (length)
            size += utf8_encode(function_letter_case(letter, upper), out + size);
        else
            out[size++] = *text.data;
        length += !length;
        text = (struct view){text.data + length, text.size - length};
    }
    return value_string((struct view){out, size});
}

static int upper_case(const struct function_call *call, const struct value *arguments, struct arena *arena,
                      struct value *result, struct error *error) {
    (void)call, (void)error;
    *result = with_case(value_view(arguments[0]), true, arena);
    return 0;
}

static int lower_case(const struct function_call *call, const struct value *arguments, struct arena *arena,
                      struct value *result, struct error *error) {
    (void)call, (void)error;
    *result = with_case(value_view(arguments[0]), false, arena);
    return 0;
}

static int length_of(const struct function_call *call, const struct value *arguments, struct arena *arena,
                     struct value *result, struct error *error) {
    (void)call, (void)arena, (void)error;
    struct view view = value_view(arguments[0]);
    *result = value_integer((int32_t)(arguments[0].tag == VALUE_BYTES ? view.size : utf8_length(view)));
    return 0;
}

/* As Java's String.trim: everything up to U+0020 goes. */
static int trim(const struct function_call *call, const struct value *arguments, struct arena *arena,
                struct value *result, struct error *error) {
    (void)call, (void)arena, (void)error;
    struct view view = value_view(arguments[0]);
    while (view.size && (unsigned char)view.data[0] <= ' ')
        view = (struct view){view.data + 1, view.size - 1};
    while (view.size && (unsigned char)view.data[view.size - 1] <= ' ')
        view.size--;
    *result = value_string(view);
    return 0;
}

/* NULLs are left out; all NULL makes an empty value. */
static int concat(const struct function_call *call, const struct value *arguments, struct arena *arena,
                  struct value *result, struct error *error) {
    size_t size = 0, at = 0;
    for (size_t i = 0; i < call->argument_count; i++)
        size += value_is_null(arguments[i]) ? 0 : arguments[i].size;
    if (size > FUNCTION_STRING_MAX)
        return error_set(error, ERROR_INVALID, "CONCAT would make a value of %zu bytes; at most %d are allowed", size,
                         FUNCTION_STRING_MAX);
    char *out = arena_allocate(arena, size + 1);
    for (size_t i = 0; i < call->argument_count; i++)
        if (!value_is_null(arguments[i]) && arguments[i].size) {
            memcpy(out + at, arguments[i].bytes, arguments[i].size);
            at += arguments[i].size;
        }
    struct view view = {out, size};
    *result = call->result_type->base == SQL_BYTES ? value_bytes(view) : value_string(view);
    return 0;
}

static struct view skip(struct view view, int64_t count, bool bytes) {
    while (count-- > 0 && view.size) {
        uint32_t letter;
        size_t length = bytes ? 1 : utf8_decode(view, &letter);
        length += !length;
        view = (struct view){view.data + length, view.size - length};
    }
    return view;
}

/* Positions from 1; negative ones count from the end; 0 is taken for 1; beyond either end is clamped. */
static int substring(const struct function_call *call, const struct value *arguments, struct arena *arena,
                     struct value *result, struct error *error) {
    (void)arena, (void)error;
    struct view view = value_view(arguments[0]);
    bool bytes = arguments[0].tag == VALUE_BYTES;
    int64_t length = (int64_t)(bytes ? view.size : utf8_length(view)), start = arguments[1].integer;
    start = start < 0 ? (start + length > 0 ? start + length : 0) : start > 0 ? start - 1 : 0;
    view = skip(view, start, bytes);
    if (call->argument_count > 2) {
        struct view rest = skip(view, arguments[2].integer, bytes);
        view.size -= rest.size;
    }
    *result = bytes ? value_bytes(view) : value_string(view);
    return 0;
}

static const struct function_signature upper_signatures[] = {
    {.parameters = {{PARAMETER_STRING, "str"}}, .returns = &sql_string, .evaluate = upper_case},
};
static const struct function_signature lower_signatures[] = {
    {.parameters = {{PARAMETER_STRING, "str"}}, .returns = &sql_string, .evaluate = lower_case},
};
static const struct function_signature length_signatures[] = {
    {.parameters = {{PARAMETER_STRING, "input"}}, .returns = &sql_integer, .evaluate = length_of},
    {.parameters = {{PARAMETER_BYTES, "input"}}, .returns = &sql_integer, .evaluate = length_of},
};
static const struct function_signature trim_signatures[] = {
    {.parameters = {{PARAMETER_STRING, "input"}}, .returns = &sql_string, .evaluate = trim},
};
static const struct function_signature concat_signatures[] = {
    {.parameters = {{PARAMETER_STRING, "input"}},
     .variadic = true,
     .returns = &sql_string,
     .evaluate = concat,
     .nulls = true},
    {.parameters = {{PARAMETER_BYTES, "input"}},
     .variadic = true,
     .returns = &sql_bytes,
     .evaluate = concat,
     .nulls = true},
};
static const struct function_signature substring_signatures[] = {
    {.parameters = {{PARAMETER_STRING, "str"}, {PARAMETER_INTEGER, "pos"}},
     .returns = &sql_string,
     .evaluate = substring},
    {.parameters = {{PARAMETER_STRING, "str"}, {PARAMETER_INTEGER, "pos"}, {PARAMETER_INTEGER, "length"}},
     .returns = &sql_string,
     .evaluate = substring},
    {.parameters = {{PARAMETER_BYTES, "bytes"}, {PARAMETER_INTEGER, "pos"}},
     .returns = &sql_bytes,
     .evaluate = substring},
    {.parameters = {{PARAMETER_BYTES, "bytes"}, {PARAMETER_INTEGER, "pos"}, {PARAMETER_INTEGER, "length"}},
     .returns = &sql_bytes,
     .evaluate = substring},
};

static const struct function functions[] = {
    {"UCASE", FUNCTION_SCALAR, "STRING", "The text in capitals.", FAMILY_SIGNATURES(upper_signatures)},
    {"LCASE", FUNCTION_SCALAR, "STRING", "The text in small letters.", FAMILY_SIGNATURES(lower_signatures)},
    {"LEN", FUNCTION_SCALAR, "STRING", "Number of characters or bytes.", FAMILY_SIGNATURES(length_signatures)},
    {"TRIM", FUNCTION_SCALAR, "STRING", "The text without white space around it.", FAMILY_SIGNATURES(trim_signatures)},
    {"CONCAT", FUNCTION_SCALAR, "STRING", "All arguments one after the other, without the NULL ones.",
     FAMILY_SIGNATURES(concat_signatures)},
    {"SUBSTRING", FUNCTION_SCALAR, "STRING", "A part of the text, from a position that counts from 1.",
     FAMILY_SIGNATURES(substring_signatures)},
};
const struct function_family function_family_string = {functions, FAMILY_COUNT(functions)};
