/* Rows of a sink to records of its topic. */
#include "ksql/engine/private.h"
#include "ksql/function/pattern.h"

static int register_side(struct engine *engine, const struct step *sink, const struct source *side, bool is_key,
                         struct codec *codec, struct error *error) {
    const struct engine_schemas *schemas = engine->options.schemas;
    const struct format *format = codec->format;
    const struct schema *schema = side->schema;
    struct codec_options options = source_codec_options(side, is_key);
    size_t count = is_key ? schema->key_count : schema->value_count;
    if ((format->flags & FORMAT_REGISTRY) == 0 || count == 0)
        return 0;
    struct text text = TEXT_EMPTY;
    int32_t id = 0;
    int status = format->schema_text(schema->columns + (is_key ? 0 : schema->key_count), count, &options, &text, error);
    if (status == 0)
        status = schemas->enter(schemas->context, sink->sink.topic, is_key, format->registry_type, text_view(&text),
                                &id, error);
    if (status == 0)
        codec_set_schema_id(codec, id);
    text_free(&text);
    return status;
}

/* *_SCHEMA_ID: records follow that schema, which is registered already. */
static int named_schema(struct engine *engine, const struct source *side, bool is_key, struct codec_options *options,
                        struct error *error) {
    struct schema_source *schemas = engine->options.schemas->source;
    struct view type;
    options->schema_id = is_key ? side->format.key_schema_id : side->format.value_schema_id;
    return options->schema_id == 0
               ? 0
               : schemas->by_id(schemas->context, options->schema_id, &options->writer_schema, &type, error);
}

static struct codec *side_codec(struct engine *engine, const struct step *sink, const struct source *side, bool is_key,
                                struct error *error) {
    const struct schema *schema = side->schema;
    struct codec_options options = source_codec_options(side, is_key);
    const struct format *format = format_find(is_key ? side->format.key_format : side->format.value_format);
    size_t count = is_key ? schema->key_count : schema->value_count;
    if ((format->flags & FORMAT_REGISTRY) != 0 && count != 0 &&
        named_schema(engine, side, is_key, &options, error) != 0)
        return NULL;
    struct codec *codec = format->compile(schema->columns + (is_key ? 0 : schema->key_count), count, &options,
                                          engine->options.schemas->source, error);
    if (codec != NULL && options.schema_id == 0 && register_side(engine, sink, side, is_key, codec, error) != 0) {
        codec_free(codec);
        return NULL;
    }
    return codec;
}

int output_start(struct engine *engine, struct output *output, const struct step *sink, struct error *error) {
    struct source side = {
        .name = sink->sink.name, .topic = sink->sink.topic, .format = sink->sink.format, .schema = sink->schema};
    /* "AvroKey" names come from the sink */
    output->sink = sink;
    output->zone = engine->functions.zone;
    output->unwraps =
        !view_equal(side.format.value_format, VIEW("DELIMITED")) && format_unwraps(&side.format, side.schema, false);
    if ((output->key = side_codec(engine, sink, &side, true, error)) == NULL ||
        (output->value = side_codec(engine, sink, &side, false, error)) == NULL)
        return -1;
    return 0;
}

void output_stop(struct output *output) {
    codec_free(output->key);
    codec_free(output->value);
    text_free(&output->key_bytes);
    text_free(&output->value_bytes);
    *output = (struct output){0};
}

static void append_time(struct text *out, int64_t time) {
    for (int shift = 56; shift >= 0; shift -= 8)
        text_append_char(out, (char)((uint64_t)time >> shift));
}

static bool all_null(const struct value *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!value_is_null(values[i]))
            return false;
    return true;
}

static int row_time(const struct output *output, const struct row *row, int64_t *timestamp, struct error *error) {
    const struct step_sink *sink = &output->sink->sink;
    *timestamp = row->timestamp;
    if (sink->timestamp_index < 0 || row->tombstone)
        return 0;
    struct value value = row->values[sink->timestamp_index];
    if (value.tag == VALUE_STRING && sink->timestamp_format.size != 0) {
        if (pattern_parse(sink->timestamp_format, value_view(value), output->zone, timestamp, error) != 0)
            return -1;
    } else if (value.tag == VALUE_BIGINT || value.tag == VALUE_TIMESTAMP) {
        *timestamp = value.integer;
    } else {
        return error_set(error, ERROR_INVALID, "the TIMESTAMP column of %.*s is NULL", VIEW_ARGS(sink->name));
    }
    if (*timestamp < 0)
        return error_set(error, ERROR_INVALID, "the TIMESTAMP column of %.*s is before 1970: %lld",
                         VIEW_ARGS(sink->name), (long long)*timestamp);
    return 0;
}

int output_encode(struct output *output, const struct row *row, struct engine_record *record, struct error *error) {
    const struct step *sink = output->sink;
    size_t keys = sink->schema->key_count;
    *record = (struct engine_record){.partition = -1};
    text_clear(&output->key_bytes);
    text_clear(&output->value_bytes);
    if (row_time(output, row, &record->timestamp, error) != 0)
        return -1;
    /* a single column that is NULL is a null key; several are a record of NULLs unless the source had no key at all */
    if (keys != 0 && !((keys == 1 || row->key_null) && all_null(row->values, keys))) {
        if (codec_encode(output->key, row->values, &output->key_bytes, error) != 0)
            return -1;
        if (sink->sink.format.window.kind != WINDOW_NONE) {
            if (sink->sink.format.window.kind == WINDOW_SESSION)
                append_time(&output->key_bytes, row->window_end);
            append_time(&output->key_bytes, row->window_start);
        }
        text_reserve(&output->key_bytes, 1);
        record->key = text_view(&output->key_bytes);
    }
    bool bare = output->unwraps && value_is_null(row->values[keys]);
    if (!row->tombstone && !bare) {
        if (codec_encode(output->value, row->values + keys, &output->value_bytes, error) != 0)
            return -1;
        text_reserve(&output->value_bytes, 1);
        record->value = text_view(&output->value_bytes);
    }
    return 0;
}

int output_write(struct engine *engine, const struct output *output, const struct engine_record *record,
                 struct error *error) {
    const struct engine_topics *topics = engine->options.topics;
    return topics->write(topics->context, output->sink->sink.topic, record, error);
}
