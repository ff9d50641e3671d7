/* JSON and JSON_SR: the same text, the latter framed with the id of a registered JSON Schema. */
#include <string.h>

#include "foundation/base/memory.h"
#include "foundation/format/formats.h"
#include "foundation/format/framing.h"
#include "foundation/format/json_read.h"
#include "foundation/format/json_schema.h"

struct json_codec {
    struct codec codec;
    struct arena arena;
    struct json_columns columns;
    struct view *openings; /* `{"A":`, `,"B":`, each with room for whole words */
    bool framed, unwrapped;
    int32_t schema_id;
};

static int decode(struct codec *base, struct view bytes, struct arena *arena, struct value *values,
                  struct error *error) {
    struct json_codec *codec = (struct json_codec *)base;
    columns_clear(values, codec->columns.count);
    if (!bytes.data)
        return 0;
    if (codec->framed) {
        int32_t id;
        if (!framing_read(bytes, &id, &bytes))
            return error_set(error, ERROR_CORRUPT, "JSON_SR: the bytes do not begin with a schema id");
    }
    struct json_reader reader = json_reader_of(bytes, arena, error);
    int result = codec->unwrapped ? json_read_value(&reader, codec->columns.columns[0].type, &values[0])
                                  : json_read_record(&reader, &codec->columns, values);
    if (result == 0)
        result = json_read_end(&reader);
    if (result != 0)
        columns_clear(values, codec->columns.count);
    return result;
}

enum { WORD = 16 };

/* Whole words: a name is too short for a call. */
static void append_opening(struct text *out, struct view opening) {
    text_reserve(out, opening.size + WORD);
    for (size_t at = 0; at < opening.size; at += WORD)
        memcpy(out->data + out->size + at, opening.data + at, WORD);
    out->size += opening.size;
}

static int encode(struct codec *base, const struct value *values, struct text *out, struct error *error) {
    (void)error;
    struct json_codec *codec = (struct json_codec *)base;
    if (codec->framed)
        framing_write(out, codec->schema_id);
    if (codec->unwrapped) {
        value_print_record(out, values[0], codec->columns.columns[0].type);
        return 0;
    }
    for (size_t i = 0; i < codec->columns.count; i++) {
        append_opening(out, codec->openings[i]);
        value_print_record(out, values[i], codec->columns.columns[i].type);
    }
    if (codec->columns.count == 0)
        text_append_char(out, '{');
    text_append_char(out, '}');
    return 0;
}

static void set_schema_id(struct codec *base, int32_t id) {
    ((struct json_codec *)base)->schema_id = id;
}

static void codec_done(struct codec *base) {
    arena_free(&((struct json_codec *)base)->arena);
    memory_free(base);
}

static int check(const struct column *columns, size_t count, const struct codec_options *options, struct error *error) {
    if (!maps_have_text_keys(columns, count))
        return error_set(error, ERROR_INVALID, "JSON only supports MAP types with STRING keys");
    if (options->unwrapped && count != 1)
        return error_set(error, ERROR_INVALID, "only a single column can be unwrapped");
    return 0;
}

static struct view *openings(struct arena *arena, const struct column *columns, size_t count) {
    struct view *all = arena_allocate(arena, (count + 1) * sizeof *all);
    struct text text = TEXT_EMPTY;
    for (size_t i = 0; i < count; i++) {
        text_clear(&text);
        text_append_char(&text, i ? ',' : '{');
        text_append_json(&text, columns[i].name);
        text_append_char(&text, ':');
        char *copy = arena_allocate(arena, text.size + WORD);
        memset(copy, 0, text.size + WORD);
        memcpy(copy, text.data, text.size);
        all[i] = (struct view){copy, text.size};
    }
    text_free(&text);
    return all;
}

static struct codec *compile(const struct format *format, const struct column *columns, size_t count,
                             const struct codec_options *options, struct error *error) {
    if (format->check(columns, count, options, error) != 0)
        return NULL;
    struct json_codec *codec = memory_zero(1, sizeof *codec);
    codec->codec = (struct codec){format, decode, encode, set_schema_id, codec_done};
    enum { GAPS_MOST = 256 }; /* what comes behind them is looked up by name */
    size_t gap_room = 2 * count + 8 < GAPS_MOST ? 2 * count + 8 : GAPS_MOST;
    codec->columns = (struct json_columns){
        .columns = columns_copy(&codec->arena, columns, count),
        .count = count,
        .gaps = arena_allocate(&codec->arena, gap_room * sizeof(struct json_gap)),
        .gap_room = gap_room,
    };
    codec->openings = openings(&codec->arena, codec->columns.columns, count);
    codec->framed = format->flags & FORMAT_REGISTRY;
    codec->unwrapped = options->unwrapped;
    codec->schema_id = options->schema_id;
    return &codec->codec;
}

static struct codec *compile_json(const struct column *columns, size_t count, const struct codec_options *options,
                                  struct schema_source *schemas, struct error *error) {
    (void)schemas;
    return compile(&format_json, columns, count, options, error);
}

static struct codec *compile_json_sr(const struct column *columns, size_t count, const struct codec_options *options,
                                     struct schema_source *schemas, struct error *error) {
    (void)schemas; /* the text names its fields: what the writer's schema adds is checked by the registry */
    return compile(&format_json_sr, columns, count, options, error);
}

const struct format format_json = {
    .name = "JSON",
    .flags = FORMAT_MULTI_COLUMN | FORMAT_NESTED | FORMAT_KEY | FORMAT_VALUE | FORMAT_WRAP | FORMAT_UNWRAP,
    .help = "JSON text, no schema registered",
    .check = check,
    .compile = compile_json,
};

const struct format format_json_sr = {
    .name = "JSON_SR",
    .registry_type = "JSON",
    .flags = FORMAT_REGISTRY | FORMAT_INFERS | FORMAT_MULTI_COLUMN | FORMAT_NESTED | FORMAT_KEY | FORMAT_VALUE |
             FORMAT_WRAP | FORMAT_UNWRAP,
    .help = "JSON text behind the id of its JSON Schema in the registry",
    .check = check,
    .compile = compile_json_sr,
    .schema_text = json_schema_text,
    .infer = json_schema_infer,
};
