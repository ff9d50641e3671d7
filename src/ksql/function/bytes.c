/* Bytes and texts that stand for them: ENCODE, TO_BYTES, FROM_BYTES, MD5, numbers out of bytes. */
#include "foundation/base/base64.h"
#include "foundation/base/utf8.h"
#include "ksql/function/family.h"
#include "md5.h"

enum encoding { HEX, UTF8, ASCII, BASE64, ENCODINGS };

static enum encoding encoding_of(struct value name) {
    static const char *const names[] = {"hex", "utf8", "ascii", "base64"};
    enum encoding at = HEX;
    while (at < ENCODINGS && !view_equal_ignoring_case(value_view(name), view_of(names[at])))
        at++;
    return at;
}

static int unknown(struct error *error) {
    return error_set(error, ERROR_INVALID, "Supported input and output encodings are: hex, utf8, ascii and base64");
}

static int digit_of(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Plain digits, 0x41, x'41', X'41'; an odd number has a zero in front. */
static bool bytes_of_hex(struct view text, bool prefixes, struct arena *arena, struct view *bytes) {
    if (prefixes && view_starts_with(text, VIEW("0x")))
        text = (struct view){text.data + 2, text.size - 2};
    else if (prefixes && text.size >= 3 && (text.data[0] | 0x20) == 'x' && text.data[1] == '\'' &&
             text.data[text.size - 1] == '\'')
        text = (struct view){text.data + 2, text.size - 3};
    char *out = arena_allocate(arena, text.size / 2 + 1);
    size_t size = 0, odd = text.size % 2;
    if (odd && !prefixes)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        int digit = digit_of(text.data[i]);
        if (digit < 0)
            return false;
        if ((i + odd) % 2 == 0)
            out[size] = (char)(digit << 4);
        else
            out[size] = (char)((odd && i == 0 ? 0 : out[size]) | digit), size++;
    }
    *bytes = (struct view){out, size};
    return true;
}

/* Characters that ASCII does not have become question marks, as Java's encoder makes them. */
static struct view ascii_of(struct view text, struct arena *arena) {
    char *out = arena_allocate(arena, text.size + 1);
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte < 0x80)
            out[size++] = (char)byte;
        else if ((byte & 0xC0) != 0x80)
            out[size++] = '?';
    }
    return (struct view){out, size};
}

static bool bytes_of(struct view text, enum encoding encoding, bool prefixes, struct arena *arena, struct view *bytes) {
    if (encoding == HEX)
        return bytes_of_hex(text, prefixes, arena, bytes);
    if (encoding == BASE64)
        return base64_decode(arena, text, bytes);
    *bytes = encoding == ASCII ? ascii_of(text, arena) : text;
    return true;
}

static struct value text_of(struct view bytes, enum encoding encoding, bool capitals, struct arena *arena) {
    const char *digits = capitals ? "0123456789ABCDEF" : "0123456789abcdef";
    struct text out = TEXT_EMPTY;
    for (size_t i = 0; i < bytes.size && (encoding == HEX || encoding == ASCII); i++) {
        unsigned char byte = (unsigned char)bytes.data[i];
        if (encoding == HEX) {
            text_append_char(&out, digits[byte >> 4]);
            text_append_char(&out, digits[byte & 15]);
        } else if (byte < 0x80) {
            text_append_char(&out, (char)byte);
        } else {
            text_append_string(&out, "\xEF\xBF\xBD"); /* as Java's decoder replaces what is no ASCII */
        }
    }
    if (encoding == BASE64)
        base64_encode(&out, bytes);
    if (encoding == UTF8)
        text_append(&out, bytes);
    return function_text(arena, &out);
}

SCALAR(encode) {
    enum encoding from = encoding_of(arguments[1]), to = encoding_of(arguments[2]);
    struct view bytes;
    if (from == ENCODINGS || to == ENCODINGS)
        return unknown(error);
    if (!bytes_of(value_view(arguments[0]), from, true, arena, &bytes))
        return error_set(error, ERROR_INVALID, "ENCODE: the text is not %s", from == HEX ? "hex" : "base64");
    *result = text_of(bytes, to, false, arena);
    if (!utf8_valid(value_view(*result)))
        return error_set(error, ERROR_INVALID, "ENCODE: the bytes are not UTF-8");
    return 0;
}

SCALAR(to_bytes) {
    enum encoding from = encoding_of(arguments[1]);
    struct view bytes;
    if (from == ENCODINGS)
        return unknown(error);
    if (!bytes_of(value_view(arguments[0]), from, false, arena, &bytes))
        return error_set(error, ERROR_INVALID, "TO_BYTES: the text is not %s", from == HEX ? "hex" : "base64");
    *result = value_bytes(bytes);
    return 0;
}

SCALAR(from_bytes) {
    enum encoding to = encoding_of(arguments[1]);
    if (to == ENCODINGS)
        return unknown(error);
    *result = text_of(value_view(arguments[0]), to, true, arena);
    return utf8_valid(value_view(*result)) ? 0 : error_set(error, ERROR_INVALID, "FROM_BYTES: the bytes are not UTF-8");
}

SCALAR(md5) {
    char digest[33];
    md5_hex(value_view(arguments[0]), digest);
    *result = value_string((struct view){arena_copy_bytes(arena, digest, 32), 32});
    return 0;
}

/* Big-endian unless 'LITTLE_ENDIAN' is asked for; the number of bytes must be right. */
static int number_of(const struct function_call *call, const struct value *arguments, size_t size, uint64_t *number,
                     struct error *error) {
    bool little = false;
    if (call->argument_count > 1) {
        little = view_equal_ignoring_case(value_view(arguments[1]), VIEW("LITTLE_ENDIAN"));
        if (!little && !view_equal_ignoring_case(value_view(arguments[1]), VIEW("BIG_ENDIAN")))
            return error_set(error, ERROR_INVALID, "Byte order must be BIG_ENDIAN or LITTLE_ENDIAN");
    }
    if (arguments[0].size != size)
        return error_set(error, ERROR_INVALID, "Number of bytes must be equal to %zu, but found %u", size,
                         arguments[0].size);
    *number = 0;
    for (size_t i = 0; i < size; i++)
        *number = *number << 8 | (unsigned char)arguments[0].bytes[little ? size - 1 - i : i];
    return 0;
}

SCALAR(integer_of_bytes) {
    uint64_t number;
    if (number_of(call, arguments, 4, &number, error) != 0)
        return -1;
    *result = value_integer((int32_t)(uint32_t)number);
    return 0;
}

SCALAR(bigint_of_bytes) {
    uint64_t number;
    if (number_of(call, arguments, 8, &number, error) != 0)
        return -1;
    *result = value_bigint((int64_t)number);
    return 0;
}

SCALAR(double_of_bytes) {
    uint64_t number;
    double real;
    if (number_of(call, arguments, 8, &number, error) != 0)
        return -1;
    memcpy(&real, &number, sizeof real);
    *result = value_double(real);
    return 0;
}

static const struct function_signature encode_rows[] = {
    SIGNATURE(&sql_string, encode, TAKES(STRING, "str"), TAKES(STRING, "inputEncoding"),
              TAKES(STRING, "outputEncoding")),
};
static const struct function_signature to_bytes_rows[] = {
    SIGNATURE(&sql_bytes, to_bytes, TAKES(STRING, "string"), TAKES(STRING, "encoding")),
};
static const struct function_signature from_bytes_rows[] = {
    SIGNATURE(&sql_string, from_bytes, TAKES(BYTES, "bytes"), TAKES(STRING, "encoding")),
};
static const struct function_signature md5_rows[] = {SIGNATURE(&sql_string, md5, TAKES(STRING, "s"))};
#define NUMBER_ROWS(type, function)                                                                                    \
    SIGNATURE(type, function, TAKES(BYTES, "value")),                                                                  \
        SIGNATURE(type, function, TAKES(BYTES, "value"), TAKES(STRING, "byteOrder"))
static const struct function_signature integer_rows[] = {NUMBER_ROWS(&sql_integer, integer_of_bytes)};
static const struct function_signature bigint_rows[] = {NUMBER_ROWS(&sql_bigint, bigint_of_bytes)};
static const struct function_signature double_rows[] = {NUMBER_ROWS(&sql_double, double_of_bytes)};

static const struct function functions[] = {
    {"ENCODE", FUNCTION_SCALAR, "STRING", "A text in one of hex, utf8, ascii, base64 put into another of them.",
     FAMILY_SIGNATURES(encode_rows)},
    {"TO_BYTES", FUNCTION_SCALAR, "STRING", "The bytes that a text in hex, utf8, ascii or base64 stands for.",
     FAMILY_SIGNATURES(to_bytes_rows)},
    {"FROM_BYTES", FUNCTION_SCALAR, "STRING", "Bytes as a text in hex, utf8, ascii or base64.",
     FAMILY_SIGNATURES(from_bytes_rows)},
    {"MD5", FUNCTION_SCALAR, "STRING", "The MD5 digest of a text, in hex.", FAMILY_SIGNATURES(md5_rows)},
    {"INT_FROM_BYTES", FUNCTION_SCALAR, "CONVERSIONS", "Four bytes as a number.", FAMILY_SIGNATURES(integer_rows)},
    {"BIGINT_FROM_BYTES", FUNCTION_SCALAR, "CONVERSIONS", "Eight bytes as a number.", FAMILY_SIGNATURES(bigint_rows)},
    {"DOUBLE_FROM_BYTES", FUNCTION_SCALAR, "CONVERSIONS", "Eight bytes as a number.", FAMILY_SIGNATURES(double_rows)},
};
const struct function_family function_family_bytes = {functions, FAMILY_COUNT(functions)};
