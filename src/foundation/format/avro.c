/* AVRO: framed records; decoded by each writer's schema, encoded by the registered one or our own. */
#include <string.h>

#include "foundation/base/memory.h"
#include "foundation/base/vector.h"
#include "foundation/format/avro_steps.h"
#include "foundation/format/formats.h"
#include "foundation/format/framing.h"

struct writer { /* a schema id seen in records */
    int32_t id;
    const struct avro_node *node;
    const struct avro_step *steps; /* NULL when the root is no record */
};
struct avro_codec {
    struct codec codec;
    struct arena arena;
    const struct column *columns;
    size_t count;
    bool unwrapped;
    int32_t schema_id;
    struct schema_source *schemas;
    VECTOR(struct writer) writers;
    size_t latest;               /* writer of the last record */
    const struct avro_node *own; /* what is written */
    const struct avro_step *own_steps;
};

static const struct avro_step *steps_of(struct avro_codec *codec, const struct avro_node *node) {
    if (node->kind != AVRO_KIND_RECORD)
        return NULL;
    int *map = arena_allocate(&codec->arena, (node->count + 1) * sizeof *map);
    for (size_t i = 0; i < node->count; i++) {
        map[i] = -1;
        for (size_t j = 0; j < codec->count; j++)
            if (view_equal(codec->columns[j].name, node->fields[i].name))
                map[i] = (int)j;
        for (size_t j = 0; map[i] < 0 && j < codec->count; j++)
            if (view_equal_ignoring_case(codec->columns[j].name, node->fields[i].name))
                map[i] = (int)j;
    }
    return avro_steps(node, map, codec->columns, &codec->arena);
}

static const struct writer *writer_of(struct avro_codec *codec, int32_t id, struct error *error) {
    if (codec->latest < codec->writers.count && codec->writers.items[codec->latest].id == id)
        return &codec->writers.items[codec->latest];
    for (size_t i = 0; i < codec->writers.count; i++) {
        if (codec->writers.items[i].id == id) {
            codec->latest = i;
            return &codec->writers.items[i];
        }
    }
    struct view text, type;
    if (!codec->schemas || !codec->schemas->by_id) {
        error_set(error, ERROR_NOT_FOUND, "AVRO: no registry to ask for schema id %d", id);
        return NULL;
    }
    if (codec->schemas->by_id(codec->schemas->context, id, &text, &type, error) != 0)
        return NULL;
    if (type.size && !view_equal(type, VIEW("AVRO"))) {
        error_set(error, ERROR_CORRUPT, "AVRO: schema id %d is of type %.*s", id, VIEW_ARGS(type));
        return NULL;
    }
    const struct avro_node *node = avro_schema_parse(text, &codec->arena, error);
    if (!node)
        return NULL;
    codec->latest = codec->writers.count;
    vector_push(&codec->writers, (struct writer){id, node, steps_of(codec, node)});
    return &codec->writers.items[codec->latest];
}

static int decode(struct codec *base, struct view bytes, struct arena *arena, struct value *values,
                  struct error *error) {
    struct avro_codec *codec = (struct avro_codec *)base;
    int32_t id;
    columns_clear(values, codec->count);
    if (!bytes.data)
        return 0;
    if (!framing_read(bytes, &id, &bytes))
        return error_set(error, ERROR_CORRUPT, "AVRO: the bytes do not begin with a schema id");
    const struct writer *writer = writer_of(codec, id, error);
    if (!writer)
        return -1;
    struct avro_reader reader = avro_reader_of(bytes, arena, error);
    int result;
    if (writer->steps && !codec->unwrapped)
        result = avro_steps_read(writer->steps, writer->node->count, &reader, values);
    else if (codec->count == 1)
        result = avro_format_read(&reader, writer->node, codec->columns[0].type, &values[0]);
    else
        result = error_set(error, ERROR_CORRUPT, "AVRO: schema id %d is a %s, %zu columns are to be read", id,
                           avro_kind_name(writer->node->kind), codec->count);
    if (result == 0)
        result = avro_read_end(&reader);
    if (result != 0)
        columns_clear(values, codec->count);
    return result;
}

static int encode(struct codec *base, const struct value *values, struct text *out, struct error *error) {
    struct avro_codec *codec = (struct avro_codec *)base;
    framing_write(out, codec->schema_id);
    if (!codec->own_steps || codec->unwrapped)
        return avro_format_write(codec->own, codec->columns[0].type, values[0], out, error);
    return avro_steps_write(codec->own_steps, codec->own->count, values, out, error);
}

static void set_schema_id(struct codec *base, int32_t id) {
    ((struct avro_codec *)base)->schema_id = id;
}

static void done(struct codec *base) {
    struct avro_codec *codec = (struct avro_codec *)base;
    vector_free(&codec->writers);
    arena_free(&codec->arena);
    memory_free(codec);
}

static bool is_name(struct view name) {
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(i && c >= '0' && c <= '9'))
            return false;
    }
    return name.size > 0;
}

static int check(const struct column *columns, size_t count, const struct codec_options *options, struct error *error) {
    (void)options;
    if (!maps_have_text_keys(columns, count))
        return error_set(error, ERROR_INVALID, "Avro only supports MAPs with STRING keys");
    for (size_t i = 0; i < count; i++)
        if (!is_name(columns[i].name))
            return error_set(error, ERROR_INVALID,
                             "Schema is not compatible with Avro: Illegal initial character: %.*s",
                             VIEW_ARGS(columns[i].name));
    return 0;
}

static struct codec *compile(const struct column *columns, size_t count, const struct codec_options *options,
                             struct schema_source *schemas, struct error *error) {
    struct avro_codec *codec = memory_zero(1, sizeof *codec);
    struct text text = TEXT_EMPTY;
    codec->codec = (struct codec){&format_avro, decode, encode, set_schema_id, done};
    codec->columns = columns_copy(&codec->arena, columns, count);
    codec->count = count;
    codec->unwrapped = options->unwrapped;
    codec->schema_id = options->schema_id;
    codec->schemas = schemas;
    if (options->writer_schema.size)
        text_append(&text, options->writer_schema);
    else
        avro_schema_text(columns, count, options, &text, error);
    codec->own = avro_schema_parse(text_view(&text), &codec->arena, error);
    text_free(&text);
    if (!codec->own) {
        done(&codec->codec);
        return NULL;
    }
    codec->own_steps = steps_of(codec, codec->own);
    return &codec->codec;
}

const struct format format_avro = {
    .name = "AVRO",
    .registry_type = "AVRO",
    .flags = FORMAT_REGISTRY | FORMAT_INFERS | FORMAT_MULTI_COLUMN | FORMAT_NESTED | FORMAT_KEY | FORMAT_VALUE |
             FORMAT_WRAP | FORMAT_UNWRAP,
    .help = "Avro binary behind the id of its schema in the registry",
    .check = check,
    .compile = compile,
    .schema_text = avro_schema_text,
    .infer = avro_schema_infer,
};
