#include "foundation/format/format.h"

#include "foundation/format/formats.h"

const struct format *const formats[] = {&format_avro,      &format_json, &format_json_sr, &format_kafka, &format_none,
                                        &format_delimited, NULL};

const struct format *format_find(struct view name) {
    for (size_t i = 0; formats[i]; i++)
        if (view_equal_ignoring_case(view_of(formats[i]->name), name))
            return formats[i];
    return NULL;
}

int codec_decode(struct codec *codec, struct view bytes, struct arena *arena, struct value *values,
                 struct error *error) {
    return codec->decode(codec, bytes, arena, values, error);
}

int codec_encode(struct codec *codec, const struct value *values, struct text *out, struct error *error) {
    return codec->encode(codec, values, out, error);
}

void codec_set_schema_id(struct codec *codec, int32_t id) {
    if (codec->set_schema_id)
        codec->set_schema_id(codec, id);
}

void codec_free(struct codec *codec) {
    if (codec)
        codec->free(codec);
}
