/* Records of every format into columns and back. Input: a byte that chooses the format, a byte of settings, the record
 * (framed with schema 1 for formats of the registry). What could be read must be written and read again as it was. */
#include "foundation/base/arena.h"
#include "foundation/base/memory.h"
#include "foundation/format/format.h"
#include "foundation/format/framing.h"
#include "fuzz/fuzz.h"

enum { COLUMNS_MOST = 12 };
enum { IS_KEY = 1, UNWRAPPED = 2, NESTED = 4 };

struct stage {
    struct arena arena, record;
    struct column columns[COLUMNS_MOST];
    size_t count;
    struct text schema;
    const struct format *format;
    struct schema_source source;
    struct codec *codec;
};

static int by_id(void *context, int32_t id, struct view *text, struct view *type, struct error *error) {
    struct stage *stage = context;
    if (id != 1)
        return error_set(error, ERROR_NOT_FOUND, "schema %d not found", (int)id);
    *text = text_view(&stage->schema);
    *type = view_of(stage->format->registry_type ? stage->format->registry_type : "AVRO");
    return 0;
}

static void add(struct stage *stage, const char *name, const struct sql_type *type) {
    stage->columns[stage->count++] = (struct column){view_of(name), type};
}

static void choose_columns(struct stage *stage, uint8_t settings) {
    struct arena *arena = &stage->arena;
    const struct sql_type *scalars[] = {
        &sql_bigint, &sql_string, &sql_double, &sql_boolean, &sql_bytes, &sql_timestamp, sql_type_decimal(arena, 10, 3),
        &sql_integer};
    if (settings & UNWRAPPED || !(stage->format->flags & FORMAT_MULTI_COLUMN)) {
        add(stage, "ONE",
            settings & NESTED && stage->format->flags & FORMAT_NESTED ? sql_type_array(arena, &sql_string)
                                                                      : scalars[settings >> 3 & 7]);
        return;
    }
    static const char *const names[] = {"L", "S", "D", "B", "Y", "T", "M", "I"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(stage->format->name, "DELIMITED") != 0 || scalars[i] != &sql_boolean)
            add(stage, names[i], scalars[i]);
    if (settings & NESTED && stage->format->flags & FORMAT_NESTED) {
        struct sql_field *fields = arena_zero(arena, sizeof *fields * 2);
        fields[0] = (struct sql_field){VIEW("X"), &sql_date};
        fields[1] = (struct sql_field){VIEW("Y"), sql_type_map(arena, &sql_string, &sql_time)};
        add(stage, "R", sql_type_struct(arena, fields, 2));
        add(stage, "A", sql_type_array(arena, sql_type_array(arena, &sql_bigint)));
    }
}

static bool open_stage(struct stage *stage, uint8_t chosen, uint8_t settings) {
    size_t formats_count = 0;
    while (formats[formats_count])
        formats_count++;
    stage->format = formats[chosen % formats_count];
    choose_columns(stage, settings);
    struct codec_options options = {.is_key = settings & IS_KEY, .unwrapped = settings & UNWRAPPED, .schema_id = 1};
    struct error error = {0};
    if (stage->format->schema_text &&
        stage->format->schema_text(stage->columns, stage->count, &options, &stage->schema, &error) != 0)
        return false;
    stage->source = (struct schema_source){stage, by_id};
    stage->codec = stage->format->compile(stage->columns, stage->count, &options, &stage->source, &error);
    return stage->codec != NULL;
}

static void come_back(struct stage *stage, const struct value *values) {
    struct text bytes = TEXT_EMPTY;
    struct value again[COLUMNS_MOST];
    struct error error = {0};
    if (codec_encode(stage->codec, values, &bytes, &error) == 0) {
        struct view record = bytes.data ? text_view(&bytes) : (struct view){"", 0};
        if (codec_decode(stage->codec, record, &stage->record, again, &error) != 0)
            fuzz_broken("what was written can be read");
        for (size_t i = 0; i < stage->count && strcmp(stage->format->name, "DELIMITED") != 0; i++)
            if (!value_equal(values[i], again[i]) && !(values[i].tag == VALUE_DOUBLE && again[i].tag == VALUE_NULL))
                fuzz_broken("what was written is read as it was");
    }
    text_free(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = fuzz_input(data, size);
    struct stage stage = {0};
    struct value values[COLUMNS_MOST];
    struct error error = {0};
    uint8_t chosen = fuzz_byte(&input), settings = fuzz_byte(&input);
    struct view bytes = fuzz_rest(&input);
    if (open_stage(&stage, chosen, settings)) {
        char *copy = fuzz_copy(bytes);
        if (codec_decode(stage.codec, (struct view){copy, bytes.size}, &stage.record, values, &error) == 0)
            come_back(&stage, values);
        memory_free(copy);
        codec_free(stage.codec);
    }
    text_free(&stage.schema);
    arena_free(&stage.record);
    arena_free(&stage.arena);
    return 0;
}
