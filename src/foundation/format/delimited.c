/* DELIMITED: columns in order, apart by a delimiter, quoted where needed (RFC 4180). Scalars only. */
#include <string.h>

#include "foundation/base/memory.h"
#include "foundation/base/number.h"
#include "foundation/base/utf8.h"
#include "foundation/format/formats.h"

struct delimited_codec {
    struct codec codec;
    struct arena arena;
    const struct column *columns;
    size_t count;
    char delimiter;
};

static bool read_field(struct arena *arena, struct view *rest, char delimiter, struct view *field, bool *quoted,
                       bool *more) {
    *quoted = rest->size && rest->data[0] == '"';
    *more = false;
    if (*quoted) {
        char *text = arena_allocate(arena, rest->size);
        size_t size = 0, at = 1;
        for (;; at++) {
            if (at >= rest->size)
                return false;
            if (rest->data[at] == '"') {
                if (at + 1 < rest->size && rest->data[at + 1] == '"')
                    at++;
                else
                    break;
            }
            text[size++] = rest->data[at];
        }
        at++;
        if (at < rest->size && rest->data[at] != delimiter)
            return false;
        *more = at < rest->size;
        *field = (struct view){text, size};
        at += *more;
        *rest = (struct view){rest->data + at, rest->size - at};
        return true;
    }
    const char *end = rest->size ? memchr(rest->data, delimiter, rest->size) : NULL;
    size_t size = end ? (size_t)(end - rest->data) : rest->size;
    *field = (struct view){rest->data, size};
    *more = end != NULL;
    *rest = (struct view){rest->data + size + *more, rest->size - size - *more};
    return true;
}

static bool convert(struct arena *arena, struct view field, const struct sql_type *type, struct value *value) {
    struct view trimmed = view_trim(field), bytes;
    int64_t number;
    double real;
    switch (type->base) {
    case SQL_STRING:
        *value = value_string(field);
        return true;
    case SQL_BOOLEAN:
        *value = value_boolean(view_equal_ignoring_case(trimmed, VIEW("true")));
        return true;
    case SQL_INTEGER:
        if (!view_to_int64(trimmed, &number) || number < INT32_MIN || number > INT32_MAX)
            return false;
        *value = value_integer((int32_t)number);
        return true;
    case SQL_BIGINT:
        *value = value_bigint(0);
        return view_to_int64(trimmed, &value->integer);
    case SQL_DOUBLE:
        if (!view_to_double(trimmed, &real))
            return false;
        *value = value_double(real);
        return true;
    case SQL_DECIMAL: {
        __int128 *decimal = arena_allocate(arena, sizeof *decimal);
        *value = (struct value){.tag = VALUE_DECIMAL, .decimal = decimal};
        return decimal_parse(trimmed, type->precision, type->scale, decimal);
    }
    case SQL_BYTES:
        if (!base64_decode(arena, trimmed, &bytes))
            return false;
        *value = value_bytes(bytes);
        return true;
    case SQL_DATE:
    case SQL_TIME:
    case SQL_TIMESTAMP: /* days or milliseconds as a number */
        if (!view_to_int64(trimmed, &number))
            return false;
        *value = (struct value){.tag = type->base == SQL_DATE   ? VALUE_DATE
                                       : type->base == SQL_TIME ? VALUE_TIME
                                                                : VALUE_TIMESTAMP,
                                .integer = number};
        return true;
    default:
        return false;
    }
}

static int decode(struct codec *base, struct view bytes, struct arena *arena, struct value *values,
                  struct error *error) {
    struct delimited_codec *codec = (struct delimited_codec *)base;
    columns_clear(values, codec->count);
    if (!bytes.data)
        return 0;
    size_t count = 0;
    bool more = true;
    for (struct view rest = bytes; more; count++) {
        struct view field;
        bool quoted;
        if (!read_field(arena, &rest, codec->delimiter, &field, &quoted, &more)) {
            columns_clear(values, codec->count);
            return error_set(error, ERROR_CORRUPT, "DELIMITED: a quote of column %zu does not close", count + 1);
        }
        if (count >= codec->count || (field.size == 0 && !quoted))
            continue;
        if (codec->columns[count].type->base == SQL_STRING && !utf8_valid(field)) {
            columns_clear(values, codec->count);
            return error_set(error, ERROR_CORRUPT, "DELIMITED: column %.*s is not UTF-8",
                             VIEW_ARGS(codec->columns[count].name));
        }
        if (!convert(arena, field, codec->columns[count].type, &values[count])) {
            columns_clear(values, codec->count);
            return error_set(error, ERROR_CORRUPT, "DELIMITED: column %.*s is no %s",
                             VIEW_ARGS(codec->columns[count].name), sql_base_name(codec->columns[count].type->base));
        }
    }
    if (count != codec->count) {
        columns_clear(values, codec->count);
        return error_set(error, ERROR_CORRUPT, "DELIMITED: unexpected field count, csvFields:%zu schemaFields:%zu",
                         count, codec->count);
    }
    return 0;
}

static bool is_alphanumeric(unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* As commons-csv quotes: what would be read otherwise, and the first field unless it begins with a letter or digit. */
static bool needs_quotes(struct view field, bool first, char delimiter) {
    if (field.size == 0)
        return first;
    if (first && !is_alphanumeric((unsigned char)field.data[0]))
        return true;
    return field.data[0] <= '#' || memchr(field.data, delimiter, field.size) || memchr(field.data, '"', field.size) ||
           memchr(field.data, '\n', field.size) || memchr(field.data, '\r', field.size) ||
           (unsigned char)field.data[field.size - 1] <= ' ';
}

static int encode(struct codec *base, const struct value *values, struct text *out, struct error *error) {
    (void)error;
    struct delimited_codec *codec = (struct delimited_codec *)base;
    for (size_t i = 0; i < codec->count; i++) {
        char number[NUMBER_MAX];
        if (i)
            text_append_char(out, codec->delimiter);
        if (value_is_null(values[i]))
            continue;
        size_t from = out->size;
        if (values[i].tag == VALUE_DATE || values[i].tag == VALUE_TIME || values[i].tag == VALUE_TIMESTAMP)
            text_append_bytes(out, number, number_write_int64(number, values[i].integer));
        else
            value_print(out, values[i], codec->columns[i].type);
        struct view field = {out->data + from, out->size - from};
        if (!needs_quotes(field, i == 0, codec->delimiter))
            continue;
        struct text quoted = TEXT_EMPTY;
        text_append_char(&quoted, '"');
        for (size_t j = 0; j < field.size; j++) {
            if (field.data[j] == '"')
                text_append_char(&quoted, '"');
            text_append_char(&quoted, field.data[j]);
        }
        text_append_char(&quoted, '"');
        out->size = from;
        text_append(out, text_view(&quoted));
        text_free(&quoted);
    }
    return 0;
}

static void done(struct codec *base) {
    arena_free(&((struct delimited_codec *)base)->arena);
    memory_free(base);
}

static int check(const struct column *columns, size_t count, const struct codec_options *options, struct error *error) {
    (void)options;
    for (size_t i = 0; i < count; i++) {
        enum sql_base base = columns[i].type->base;
        if (base == SQL_ARRAY || base == SQL_MAP || base == SQL_STRUCT)
            return error_set(error, ERROR_INVALID, "The 'DELIMITED' format does not support type '%s', column: `%.*s`",
                             sql_base_name(base), VIEW_ARGS(columns[i].name));
    }
    return 0;
}

static bool delimiter_of(struct view text, char *delimiter) {
    *delimiter = ',';
    if (text.size == 0)
        return true;
    if (view_equal_ignoring_case(text, VIEW("SPACE")))
        *delimiter = ' ';
    else if (view_equal_ignoring_case(text, VIEW("TAB")))
        *delimiter = '\t';
    else if (text.size == 1)
        *delimiter = text.data[0];
    else
        return false;
    return true;
}

static struct codec *compile(const struct column *columns, size_t count, const struct codec_options *options,
                             struct schema_source *schemas, struct error *error) {
    (void)schemas;
    char delimiter;
    if (check(columns, count, options, error) != 0)
        return NULL;
    if (!delimiter_of(options->delimiter, &delimiter)) {
        error_set(error, ERROR_INVALID,
                  "Invalid delimiter value: '%.*s'. Delimiter must be a single character or TAB,SPACE",
                  VIEW_ARGS(options->delimiter));
        return NULL;
    }
    struct delimited_codec *codec = memory_zero(1, sizeof *codec);
    codec->codec = (struct codec){&format_delimited, decode, encode, NULL, done};
    codec->columns = columns_copy(&codec->arena, columns, count);
    codec->count = count;
    codec->delimiter = delimiter;
    return &codec->codec;
}

const struct format format_delimited = {
    .name = "DELIMITED",
    .flags = FORMAT_MULTI_COLUMN | FORMAT_KEY | FORMAT_VALUE | FORMAT_UNWRAP,
    .help = "columns in order, apart by a delimiter",
    .check = check,
    .compile = compile,
};
