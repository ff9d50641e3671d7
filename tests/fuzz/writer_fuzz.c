/* Records by their writer's schema, both from outside: columns are inferred from the schema, the record is read into
 * them, and shown as the inspector shows it. Input: a byte (0 Avro, 1 JSON Schema), the schema, NUL, the payload. */
#include "foundation/base/arena.h"
#include "foundation/base/memory.h"
#include "foundation/format/format.h"
#include "foundation/format/framing.h"
#include "foundation/format/inspect.h"
#include "fuzz/fuzz.h"

struct stage {
    const struct format *format;
    struct view schema;
};

static int by_id(void *context, int32_t id, struct view *text, struct view *type, struct error *error) {
    const struct stage *stage = context;
    if (id != 1)
        return error_set(error, ERROR_NOT_FOUND, "schema %d not found", (int)id);
    *text = stage->schema;
    *type = view_of(stage->format->registry_type);
    return 0;
}

static void read_record(const struct stage *stage, struct schema_source *source, struct view record) {
    struct arena arena = ARENA_EMPTY, each = ARENA_EMPTY;
    struct codec_options options = {.schema_id = 1, .writer_schema = stage->schema};
    struct column *columns = NULL;
    size_t count = 0;
    struct error error = {0};
    if (stage->format->infer(stage->schema, true, &options, &arena, &columns, &count, &error) == 0 && count > 0 &&
        stage->format->check(columns, count, &options, &error) == 0) {
        struct codec *codec = stage->format->compile(columns, count, &options, source, &error);
        if (codec) {
            struct value *values = arena_zero(&arena, sizeof *values * count);
            struct text bytes = TEXT_EMPTY;
            if (codec_decode(codec, record, &each, values, &error) == 0)
                codec_encode(codec, values, &bytes, &error);
            text_free(&bytes);
            codec_free(codec);
        }
    }
    arena_free(&each);
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = fuzz_input(data, size);
    struct stage stage = {.format = format_find(fuzz_byte(&input) & 1 ? VIEW("JSON_SR") : VIEW("AVRO"))};
    struct view schema = fuzz_until(&input, '\0');
    struct schema_source source = {&stage, by_id};
    struct text framed = TEXT_EMPTY, json = TEXT_EMPTY;
    struct error error = {0};
    const char *how;
    int32_t id;
    char *schema_copy = fuzz_copy(schema);
    stage.schema = (struct view){schema_copy, schema.size};
    framing_write(&framed, 1);
    text_append(&framed, fuzz_rest(&input));
    char *record = fuzz_copy(text_view(&framed));
    read_record(&stage, &source, (struct view){record, framed.size});
    inspect_to_json((struct view){record, framed.size}, &source, &json, &how, &id, &error);
    text_clear(&json);
    inspect_to_json((struct view){record + FRAMING_SIZE, framed.size - FRAMING_SIZE}, &source, &json, &how, &id,
                    &error);
    text_free(&json);
    text_free(&framed);
    memory_free(record);
    memory_free(schema_copy);
    return 0;
}
