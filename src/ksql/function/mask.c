/* MASK and its parts: letters and digits replaced, everything or some characters from one end. */
#include "foundation/base/utf8.h"
#include "ksql/function/family.h"

struct masker {
    struct view upper, lower, digit, other; /* empty: such characters stay */
};

static struct view mask_of(const struct function_call *call, const struct value *arguments, size_t at,
                           const char *fallback) {
    if (at >= call->argument_count)
        return view_of(fallback);
    return value_is_null(arguments[at]) ? (struct view){0} : value_view(arguments[at]);
}

static struct masker masker_of(const struct function_call *call, const struct value *arguments, size_t first) {
    return (struct masker){mask_of(call, arguments, first, "X"), mask_of(call, arguments, first + 1, "x"),
                           mask_of(call, arguments, first + 2, "n"), mask_of(call, arguments, first + 3, "-")};
}

static void put(struct text *out, const struct masker *masker, struct view letter, uint32_t code) {
    bool upper = code != function_letter_case(code, false), lower = code != function_letter_case(code, true);
    bool digit = code >= '0' && code <= '9';
    struct view mask = upper ? masker->upper : lower ? masker->lower : digit ? masker->digit : masker->other;
    text_append(out, mask.size == 0 ? letter : mask);
}

/* Masks the characters from `from` up to, without, `to`. */
static struct value mask(struct view text, const struct masker *masker, int64_t from, int64_t to, struct arena *arena) {
    struct text out = TEXT_EMPTY;
    for (int64_t at = 0; text.size != 0; at++) {
        uint32_t code = 0;
        size_t length = utf8_decode(text, &code);
        length += length == 0;
        struct view letter = {text.data, length};
        if (at >= from && at < to)
            put(&out, masker, letter, code);
        else
            text_append(&out, letter);
        text = (struct view){text.data + length, text.size - length};
    }
    return function_text(arena, &out);
}

SCALAR(mask_all) {
    if (value_is_null(arguments[0]))
        return 0;
    struct masker masker = masker_of(call, arguments, 1);
    *result = mask(value_view(arguments[0]), &masker, 0, INT64_MAX, arena);
    return 0;
}

static int mask_part(const struct function_call *call, const struct value *arguments, bool left, bool keeps,
                     struct arena *arena, struct value *result, struct error *error) {
    if (value_is_null(arguments[0]))
        return 0;
    if (value_is_null(arguments[1]) || arguments[1].integer < 0)
        return error_set(error, ERROR_INVALID,
                         "function %s requires a non-negative number of characters to mask or skip",
                         call->function->name);
    struct masker masker = masker_of(call, arguments, 2);
    struct view text = value_view(arguments[0]);
    int64_t count = arguments[1].integer, length = (int64_t)utf8_length(text);
    int64_t edge = left ? count : length - count; /* between both parts */
    bool first = left != keeps;                   /* the part before the edge is masked */
    *result = mask(text, &masker, first ? 0 : edge, first ? edge : INT64_MAX, arena);
    return 0;
}

SCALAR(mask_left) {
    return mask_part(call, arguments, true, false, arena, result, error);
}

SCALAR(mask_right) {
    return mask_part(call, arguments, false, false, arena, result, error);
}

SCALAR(keep_left) {
    return mask_part(call, arguments, true, true, arena, result, error);
}

SCALAR(keep_right) {
    return mask_part(call, arguments, false, true, arena, result, error);
}

#define MASKS TAKES(STRING, "upper"), TAKES(STRING, "lower"), TAKES(STRING, "digit"), TAKES(STRING, "other")
#define WITH_NULLS(function, ...)                                                                                      \
    { .parameters = {__VA_ARGS__}, .returns = &sql_string, .evaluate = (function), .nulls = true }
static const struct function_signature mask_rows[] = {
    WITH_NULLS(mask_all, TAKES(STRING, "input")),
    WITH_NULLS(mask_all, TAKES(STRING, "input"), MASKS),
};
#define PART_ROWS(function)                                                                                            \
    WITH_NULLS(function, TAKES(STRING, "input"), TAKES(INTEGER, "numChars")),                                          \
        WITH_NULLS(function, TAKES(STRING, "input"), TAKES(INTEGER, "numChars"), MASKS)
static const struct function_signature mask_left_rows[] = {PART_ROWS(mask_left)};
static const struct function_signature mask_right_rows[] = {PART_ROWS(mask_right)};
static const struct function_signature keep_left_rows[] = {PART_ROWS(keep_left)};
static const struct function_signature keep_right_rows[] = {PART_ROWS(keep_right)};

static const struct function functions[] = {
    {"MASK", FUNCTION_SCALAR, "STRING", "Letters, digits and other characters replaced by X, x, n and -.",
     FAMILY_SIGNATURES(mask_rows)},
    {"MASK_LEFT", FUNCTION_SCALAR, "STRING", "The first characters masked.", FAMILY_SIGNATURES(mask_left_rows)},
    {"MASK_RIGHT", FUNCTION_SCALAR, "STRING", "The last characters masked.", FAMILY_SIGNATURES(mask_right_rows)},
    {"MASK_KEEP_LEFT", FUNCTION_SCALAR, "STRING", "All but the first characters masked.",
     FAMILY_SIGNATURES(keep_left_rows)},
    {"MASK_KEEP_RIGHT", FUNCTION_SCALAR, "STRING", "All but the last characters masked.",
     FAMILY_SIGNATURES(keep_right_rows)},
};
const struct function_family function_family_mask = {functions, FAMILY_COUNT(functions)};
