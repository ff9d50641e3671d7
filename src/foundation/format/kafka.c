/* KAFKA: Kafka's own serialisers. One column: INT and BIGINT big-endian, DOUBLE IEEE big-endian, STRING UTF-8, BYTES as
 * is. */
#include <string.h>

#include "foundation/base/memory.h"
#include "foundation/base/utf8.h"
#include "foundation/format/formats.h"

struct kafka_codec {
    struct codec codec;
    enum sql_base base;
    bool empty; /* no column at all */
};

static uint64_t read_big(struct view bytes) {
    uint64_t number = 0;
    for (size_t i = 0; i < bytes.size; i++)
        number = number << 8 | (unsigned char)bytes.data[i];
    return number;
}

static void write_big(struct text *out, uint64_t number, int size) {
    char bytes[8];
    for (int i = 0; i < size; i++)
        bytes[i] = (char)(number >> (8 * (size - 1 - i)));
    text_append_bytes(out, bytes, (size_t)size);
}

static int wrong_size(size_t wanted, struct view bytes, struct error *error) {
    return error_set(error, ERROR_CORRUPT, "KAFKA: %zu bytes expected, %zu came", wanted, bytes.size);
}

static int decode(struct codec *base, struct view bytes, struct arena *arena, struct value *values,
                  struct error *error) {
    (void)arena;
    struct kafka_codec *codec = (struct kafka_codec *)base;
    if (codec->empty)
        return 0;
    values[0] = value_null();
    if (!bytes.data)
        return 0;
    switch (codec->base) {
    case SQL_INTEGER:
        if (bytes.size != 4)
            return wrong_size(4, bytes, error);
        values[0] = value_integer((int32_t)(uint32_t)read_big(bytes));
        return 0;
    case SQL_BIGINT:
        if (bytes.size != 8)
            return wrong_size(8, bytes, error);
        values[0] = value_bigint((int64_t)read_big(bytes));
        return 0;
    case SQL_DOUBLE: {
        double real;
        if (bytes.size != 8)
            return wrong_size(8, bytes, error);
        uint64_t bits = read_big(bytes);
        memcpy(&real, &bits, sizeof real);
        values[0] = value_double(real);
        return 0;
    }
    case SQL_STRING:
        if (!utf8_valid(bytes))
            return error_set(error, ERROR_CORRUPT, "KAFKA: the text is not UTF-8");
        values[0] = value_string(bytes);
        return 0;
    default:
        values[0] = value_bytes(bytes);
        return 0;
    }
}

static int encode(struct codec *base, const struct value *values, struct text *out, struct error *error) {
    (void)error;
    struct kafka_codec *codec = (struct kafka_codec *)base;
    if (codec->empty || value_is_null(values[0]))
        return 0;
    switch (values[0].tag) {
    case VALUE_INTEGER:
        write_big(out, (uint64_t)values[0].integer, 4);
        break;
    case VALUE_BIGINT:
        write_big(out, (uint64_t)values[0].integer, 8);
        break;
    case VALUE_DOUBLE: {
        uint64_t bits;
        memcpy(&bits, &values[0].real, sizeof bits);
        write_big(out, bits, 8);
        break;
    }
    default:
        text_append(out, value_view(values[0]));
    }
    return 0;
}

static void done(struct codec *base) {
    memory_free(base);
}

static int check(const struct column *columns, size_t count, const struct codec_options *options, struct error *error) {
    if (count > 1) {
        struct text list = TEXT_EMPTY;
        columns_print(&list, columns, count, options->is_key);
        error_set(error, ERROR_INVALID, "The 'KAFKA' format only supports a single field. Got: [%s]",
                  text_string(&list));
        text_free(&list);
        return -1;
    }
    if (count == 0)
        return 0;
    enum sql_base base = columns[0].type->base;
    if (base != SQL_INTEGER && base != SQL_BIGINT && base != SQL_DOUBLE && base != SQL_STRING && base != SQL_BYTES)
        return error_set(error, ERROR_INVALID, "The 'KAFKA' format does not support type '%s'", sql_base_name(base));
    return 0;
}

static struct codec *compile(const struct column *columns, size_t count, const struct codec_options *options,
                             struct schema_source *schemas, struct error *error) {
    (void)schemas;
    if (check(columns, count, options, error) != 0)
        return NULL;
    struct kafka_codec *codec = memory_zero(1, sizeof *codec);
    codec->codec = (struct codec){&format_kafka, decode, encode, NULL, done};
    codec->empty = count == 0;
    codec->base = count ? columns[0].type->base : SQL_STRING;
    return &codec->codec;
}

const struct format format_kafka = {
    .name = "KAFKA",
    .flags = FORMAT_KEY | FORMAT_VALUE | FORMAT_UNWRAP,
    .help = "Kafka's own serialisers, one column",
    .check = check,
    .compile = compile,
};
