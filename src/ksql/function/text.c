/* CHR, CONCAT_WS, ELT, FIELD, INITCAP, INSTR, LPAD, RPAD, REPLACE, SPLIT, SPLIT_TO_MAP, UUID. */
#include "foundation/base/random.h"
#include "foundation/base/utf8.h"
#include "ksql/function/family.h"

static struct value code_point(uint32_t point, struct arena *arena) {
    char *out = arena_allocate(arena, 8);
    bool valid = point <= 0x10FFFF && !(point >= 0xD800 && point < 0xE000);
    return valid ? value_string((struct view){out, utf8_encode(point, out)}) : value_null();
}

SCALAR(chr_of_number) {
    int64_t point = arguments[0].integer;
    *result = point < 0 || point > 0x10FFFF ? value_null() : code_point((uint32_t)point, arena);
    return 0;
}

static int hex_digit(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool take_unit(struct view *text, uint32_t *unit) {
    *unit = 0;
    if (text->size < 6 || text->data[0] != '\\' || text->data[1] != 'u')
        return false;
    for (size_t i = 2; i < 6; i++) {
        int digit = hex_digit(text->data[i]);
        if (digit < 0)
            return false;
        *unit = *unit << 4 | (uint32_t)digit;
    }
    *text = (struct view){text->data + 6, text->size - 6};
    return true;
}

/* \u0041, or two such units for characters beyond the first plane. */
SCALAR(chr_of_text) {
    struct view text = value_view(arguments[0]);
    uint32_t high, low;
    if (!take_unit(&text, &high))
        return 0;
    if (high >= 0xD800 && high < 0xDC00 && take_unit(&text, &low) && low >= 0xDC00 && low < 0xE000)
        high = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    if (text.size == 0)
        *result = code_point(high, arena);
    return 0;
}

SCALAR(concat_with) {
    bool bytes = call->result_type->base == SQL_BYTES, any = false;
    struct text out = TEXT_EMPTY;
    if (value_is_null(arguments[0]))
        return 0;
    for (size_t i = 1; i < call->argument_count; i++) {
        if (value_is_null(arguments[i]))
            continue;
        if (any)
            text_append(&out, value_view(arguments[0]));
        any = true;
        text_append(&out, value_view(arguments[i]));
        if (out.size > FUNCTION_STRING_MAX) {
            text_free(&out);
            return error_set(error, ERROR_INVALID, "CONCAT_WS would make a value of more than %d bytes",
                             FUNCTION_STRING_MAX);
        }
    }
    *result = function_text(arena, &out);
    result->tag = bytes ? VALUE_BYTES : VALUE_STRING;
    return 0;
}

SCALAR(element_of) {
    int64_t at = value_is_null(arguments[0]) ? 0 : arguments[0].integer;
    if (at >= 1 && at < (int64_t)call->argument_count)
        *result = arguments[at];
    return 0;
}

SCALAR(field_of) {
    *result = value_integer(0);
    for (size_t i = 1; !value_is_null(arguments[0]) && i < call->argument_count; i++)
        if (!value_is_null(arguments[i]) && value_equal(arguments[0], arguments[i])) {
            *result = value_integer((int32_t)i);
            break;
        }
    return 0;
}

/* The first letter of each word large, the others small; words stand apart by white space. */
SCALAR(initial_capitals) {
    struct view text = value_view(arguments[0]);
    char *out = arena_allocate(arena, text.size + 1);
    size_t size = 0;
    for (bool first = true; text.size != 0;) {
        uint32_t letter;
        size_t length = utf8_decode(text, &letter);
        if (length == 0)
            out[size++] = *text.data, length = 1;
        else
            size += utf8_encode(function_letter_case(letter, first), out + size);
        first = letter == ' ' || (letter >= 9 && letter <= 13);
        text = (struct view){text.data + length, text.size - length};
    }
    *result = value_string((struct view){out, size});
    return 0;
}

static size_t letter_size(struct view text) {
    uint32_t letter;
    size_t length = utf8_decode(text, &letter);
    return length == 0 ? 1 : length;
}

/* Positions of characters; the occurrence-th match from a position on, or before it when that is negative. */
SCALAR(position_of) {
    struct view text = value_view(arguments[0]), part = value_view(arguments[1]);
    int64_t from = call->argument_count > 2 ? arguments[2].integer : 1;
    int64_t wanted = call->argument_count > 3 ? arguments[3].integer : 1;
    int64_t count = (int64_t)utf8_length(text), at = 1, found = 0, seen = 0;
    if (from < 0)
        from = count + from + 1;
    bool backwards = call->argument_count > 2 && arguments[2].integer < 0;
    for (struct view rest = text; wanted > 0; at++) {
        bool match = view_starts_with(rest, part);
        if (match && !backwards && at >= from && ++seen == wanted) {
            found = at;
            break;
        }
        if (match && backwards && at <= from)
            seen++;
        if (rest.size == 0)
            break;
        size_t length = letter_size(rest);
        rest = (struct view){rest.data + length, rest.size - length};
    }
    if (backwards && seen >= wanted && wanted > 0) { /* the wanted-th from the end */
        int64_t skip = seen - wanted;
        at = 1;
        for (struct view rest = text; found == 0; at++) {
            if (view_starts_with(rest, part) && skip-- == 0)
                found = at;
            size_t length = rest.size == 0 ? 0 : letter_size(rest);
            rest = (struct view){rest.data + length, rest.size - length};
        }
    }
    *result = value_integer((int32_t)found);
    return 0;
}

static struct view first_letters(struct view text, size_t count, bool bytes) {
    struct view rest = text;
    for (; count > 0 && rest.size != 0; count--) {
        size_t length = bytes ? 1 : letter_size(rest);
        rest = (struct view){rest.data + length, rest.size - length};
    }
    return (struct view){text.data, text.size - rest.size};
}

static int pad(const struct function_call *call, const struct value *arguments, bool left, struct arena *arena,
               struct value *result, struct error *error) {
    bool bytes = arguments[0].tag == VALUE_BYTES;
    struct view text = value_view(arguments[0]), padding = value_view(arguments[2]);
    int64_t wanted = arguments[1].integer;
    if (wanted < 0 || padding.size == 0)
        return 0;
    size_t length = bytes ? text.size : utf8_length(text), step = bytes ? padding.size : utf8_length(padding);
    if ((uint64_t)wanted * 4 > FUNCTION_STRING_MAX)
        return error_set(error, ERROR_INVALID, "%s would make a value of %lld characters; at most %d are allowed",
                         call->function->name, (long long)wanted, FUNCTION_STRING_MAX / 4);
    struct text out = TEXT_EMPTY;
    size_t missing = (size_t)wanted > length ? (size_t)wanted - length : 0;
    if (!left)
        text_append(&out, first_letters(text, (size_t)wanted, bytes));
    for (size_t rest = missing; rest > 0;) {
        size_t part = rest < step ? rest : step;
        text_append(&out, first_letters(padding, part, bytes));
        rest -= part;
    }
    if (left)
        text_append(&out, first_letters(text, (size_t)wanted, bytes));
    *result = function_text(arena, &out);
    result->tag = bytes ? VALUE_BYTES : VALUE_STRING;
    return 0;
}

SCALAR(pad_left) {
    return pad(call, arguments, true, arena, result, error);
}

SCALAR(pad_right) {
    return pad(call, arguments, false, arena, result, error);
}

SCALAR(replace) {
    struct view text = value_view(arguments[0]), old = value_view(arguments[1]), new = value_view(arguments[2]);
    struct text out = TEXT_EMPTY;
    while (text.size != 0 || old.size == 0) {
        bool match = view_starts_with(text, old);
        if (match)
            text_append(&out, new);
        if (text.size == 0)
            break;
        size_t length = match && old.size != 0 ? old.size : 1;
        if (!match || old.size == 0)
            text_append(&out, (struct view){text.data, length});
        text = (struct view){text.data + length, text.size - length};
        if (out.size > FUNCTION_STRING_MAX) {
            text_free(&out);
            return error_set(error, ERROR_INVALID, "REPLACE would make a value of more than %d bytes",
                             FUNCTION_STRING_MAX);
        }
    }
    *result = function_text(arena, &out);
    return 0;
}

static bool split_off(struct view *rest, struct view delimiter, struct view *piece) {
    for (size_t i = 0; i + delimiter.size <= rest->size; i++)
        if (memcmp(rest->data + i, delimiter.data, delimiter.size) == 0) {
            *piece = (struct view){rest->data, i};
            *rest = (struct view){rest->data + i + delimiter.size, rest->size - i - delimiter.size};
            return true;
        }
    *piece = *rest;
    return false;
}

/* An empty delimiter takes the text apart into its characters; of an empty text there is always one piece. */
SCALAR(split) {
    struct view rest = value_view(arguments[0]), delimiter = value_view(arguments[1]), piece;
    bool bytes = arguments[0].tag == VALUE_BYTES;
    struct value *items = arena_allocate(arena, (rest.size + 1) * sizeof *items);
    size_t count = 0;
    if (delimiter.size == 0 && rest.size != 0) {
        while (rest.size != 0) {
            piece = (struct view){rest.data, bytes ? 1 : letter_size(rest)};
            items[count++] = bytes ? value_bytes(piece) : value_string(piece);
            rest = (struct view){rest.data + piece.size, rest.size - piece.size};
        }
    } else {
        bool more;
        do {
            more = delimiter.size != 0 && split_off(&rest, delimiter, &piece);
            piece = delimiter.size != 0 ? piece : rest;
            items[count++] = bytes ? value_bytes(piece) : value_string(piece);
        } while (more);
    }
    *result = function_list(items, count);
    return 0;
}

/* What stands behind a second delimiter of a pair belongs to neither. */
SCALAR(split_to_map) {
    struct view rest = value_view(arguments[0]), entry, key, entry_value, entries = value_view(arguments[1]),
                pair = value_view(arguments[2]);
    if (entries.size == 0 || pair.size == 0)
        return 0;
    struct value *items = arena_allocate(arena, (2 * rest.size + 2) * sizeof *items);
    size_t count = 0;
    for (bool more = true; more;) {
        more = split_off(&rest, entries, &entry);
        if (!split_off(&entry, pair, &key))
            continue;
        split_off(&entry, pair, &entry_value);
        size_t at = 0;
        while (at < count && !view_equal(value_view(items[2 * at]), key))
            at++;
        items[2 * at] = value_string(key);
        items[2 * at + 1] = value_string(entry_value);
        count += at == count;
    }
    *result = (struct value){.tag = VALUE_MAP, .size = (uint32_t)count, .items = items};
    return 0;
}

static struct value uuid_text(const unsigned char bytes[16], struct arena *arena) {
    static const char digits[] = "0123456789abcdef";
    char *out = arena_allocate(arena, 36);
    size_t at = 0;
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            out[at++] = '-';
        out[at++] = digits[bytes[i] >> 4];
        out[at++] = digits[bytes[i] & 15];
    }
    return value_string((struct view){out, at});
}

SCALAR(random_uuid) {
    unsigned char bytes[16];
    uint64_t halves[2] = {random_system_seed(), random_system_seed()};
    memcpy(bytes, halves, sizeof bytes);
    bytes[6] = (unsigned char)((bytes[6] & 0x0F) | 0x40);
    bytes[8] = (unsigned char)((bytes[8] & 0x3F) | 0x80);
    *result = uuid_text(bytes, arena);
    return 0;
}

SCALAR(uuid_of_bytes) {
    if (arguments[0].size == 16)
        *result = uuid_text((const unsigned char *)arguments[0].bytes, arena);
    return 0;
}

static const struct sql_type string_array = {.base = SQL_ARRAY, .element = &sql_string};
static const struct sql_type bytes_array = {.base = SQL_ARRAY, .element = &sql_bytes};
static const struct sql_type string_map = {.base = SQL_MAP, .key = &sql_string, .element = &sql_string};

static const struct function_signature chr_rows[] = {
    SIGNATURE(&sql_string, chr_of_number, TAKES(INTEGER, "decimalCode")),
    SIGNATURE(&sql_string, chr_of_text, TAKES(STRING, "utf16Code")),
};
static const struct function_signature concat_ws_rows[] = {
    VARIADIC(&sql_string, concat_with, TAKES(STRING, "separator"), TAKES(STRING, "input")),
    VARIADIC(&sql_bytes, concat_with, TAKES(BYTES, "separator"), TAKES(BYTES, "input")),
};
static const struct function_signature elt_rows[] = {
    VARIADIC(&sql_string, element_of, TAKES(INTEGER, "n"), TAKES(STRING, "args")),
};
static const struct function_signature field_rows[] = {
    VARIADIC(&sql_integer, field_of, TAKES(STRING, "str"), TAKES(STRING, "args")),
};
static const struct function_signature initcap_rows[] = {
    SIGNATURE(&sql_string, initial_capitals, TAKES(STRING, "str")),
};
static const struct function_signature instr_rows[] = {
    SIGNATURE(&sql_integer, position_of, TAKES(STRING, "str"), TAKES(STRING, "substring")),
    SIGNATURE(&sql_integer, position_of, TAKES(STRING, "str"), TAKES(STRING, "substring"), TAKES(INTEGER, "position")),
    SIGNATURE(&sql_integer, position_of, TAKES(STRING, "str"), TAKES(STRING, "substring"), TAKES(INTEGER, "position"),
              TAKES(INTEGER, "occurrence")),
};
#define PAD_ROWS(function)                                                                                             \
    SIGNATURE(&sql_string, function, TAKES(STRING, "input"), TAKES(INTEGER, "targetLen"), TAKES(STRING, "padding")),   \
        SIGNATURE(&sql_bytes, function, TAKES(BYTES, "input"), TAKES(INTEGER, "targetLen"), TAKES(BYTES, "padding"))
static const struct function_signature lpad_rows[] = {PAD_ROWS(pad_left)};
static const struct function_signature rpad_rows[] = {PAD_ROWS(pad_right)};
static const struct function_signature replace_rows[] = {
    SIGNATURE(&sql_string, replace, TAKES(STRING, "str"), TAKES(STRING, "oldStr"), TAKES(STRING, "newStr")),
};
static const struct function_signature split_rows[] = {
    SIGNATURE(&string_array, split, TAKES(STRING, "string"), TAKES(STRING, "delimiter")),
    SIGNATURE(&bytes_array, split, TAKES(BYTES, "bytes"), TAKES(BYTES, "delimiter")),
};
static const struct function_signature split_to_map_rows[] = {
    SIGNATURE(&string_map, split_to_map, TAKES(STRING, "input"), TAKES(STRING, "entryDelimiter"),
              TAKES(STRING, "kvDelimiter")),
};
static const struct function_signature uuid_rows[] = {
    {.returns = &sql_string, .evaluate = random_uuid},
    SIGNATURE(&sql_string, uuid_of_bytes, TAKES(BYTES, "bytes")),
};

static const struct function functions[] = {
    {"CHR", FUNCTION_SCALAR, "STRING", "The character of a code point, or of its escape \\uXXXX.",
     FAMILY_SIGNATURES(chr_rows)},
    {"CONCAT_WS", FUNCTION_SCALAR, "STRING", "All arguments that are not NULL, with the first between them.",
     FAMILY_SIGNATURES(concat_ws_rows)},
    {"ELT", FUNCTION_SCALAR, "STRING", "The n-th of the texts, NULL when there is none.", FAMILY_SIGNATURES(elt_rows)},
    {"FIELD", FUNCTION_SCALAR, "STRING", "The place of the first text among the others, 0 when it is none of them.",
     FAMILY_SIGNATURES(field_rows)},
    {"INITCAP", FUNCTION_SCALAR, "STRING", "Every word with a capital.", FAMILY_SIGNATURES(initcap_rows)},
    {"INSTR", FUNCTION_SCALAR, "STRING", "Where a text begins in another, 0 when it does not.",
     FAMILY_SIGNATURES(instr_rows)},
    {"LPAD", FUNCTION_SCALAR, "STRING", "Filled up on the left, or cut, to a length.", FAMILY_SIGNATURES(lpad_rows)},
    {"RPAD", FUNCTION_SCALAR, "STRING", "Filled up on the right, or cut, to a length.", FAMILY_SIGNATURES(rpad_rows)},
    {"REPLACE", FUNCTION_SCALAR, "STRING", "Every occurrence of a text replaced by another.",
     FAMILY_SIGNATURES(replace_rows)},
    {"SPLIT", FUNCTION_SCALAR, "STRING", "The pieces between delimiters.", FAMILY_SIGNATURES(split_rows)},
    {"SPLIT_TO_MAP", FUNCTION_SCALAR, "STRING", "Pairs of a text as a map.", FAMILY_SIGNATURES(split_to_map_rows)},
    {"UUID", FUNCTION_SCALAR, "STRING", "A random UUID, or that of 16 bytes.", FAMILY_SIGNATURES(uuid_rows)},
};
const struct function_family function_family_text = {functions, FAMILY_COUNT(functions)};
