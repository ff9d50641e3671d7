/* NONE: no columns; whatever the bytes are, they are not read. */
#include "foundation/base/memory.h"
#include "foundation/format/formats.h"

static int decode(struct codec *base, struct view bytes, struct arena *arena, struct value *values,
                  struct error *error) {
    (void)base, (void)bytes, (void)arena, (void)values, (void)error;
    return 0;
}

static int encode(struct codec *base, const struct value *values, struct text *out, struct error *error) {
    (void)base, (void)values, (void)out, (void)error;
    return 0;
}

static void done(struct codec *base) {
    memory_free(base);
}

static int check(const struct column *columns, size_t count, const struct codec_options *options, struct error *error) {
    if (count == 0)
        return 0;
    struct text list = TEXT_EMPTY;
    columns_print(&list, columns, count, options->is_key);
    error_set(error, ERROR_INVALID, "The 'NONE' format can only be used when no columns are defined. Got: [%s]",
              text_string(&list));
    text_free(&list);
    return -1;
}

static struct codec *compile(const struct column *columns, size_t count, const struct codec_options *options,
                             struct schema_source *schemas, struct error *error) {
    (void)schemas;
    if (check(columns, count, options, error) != 0)
        return NULL;
    struct codec *codec = memory_zero(1, sizeof *codec);
    *codec = (struct codec){&format_none, decode, encode, NULL, done};
    return codec;
}

const struct format format_none = {
    .name = "NONE",
    .flags = FORMAT_MULTI_COLUMN | FORMAT_NESTED | FORMAT_KEY | FORMAT_VALUE,
    .help = "no columns, the bytes are not read",
    .check = check,
    .compile = compile,
};
