/* Schemas of both kinds: check and canonical text, compatibility with an older one, columns out of them, a schema out
 * of those columns. Input: a byte (0 Avro, 1 JSON Schema; the rest the level), the newer schema, NUL, the older one. */
#include "foundation/base/arena.h"
#include "foundation/base/memory.h"
#include "foundation/format/format.h"
#include "foundation/format/inspect.h"
#include "fuzz/fuzz.h"

static void check(struct view type, struct view schema) {
    struct text canonical = TEXT_EMPTY, again = TEXT_EMPTY;
    struct error error = {0};
    if (schema_text_check(type, schema, &canonical, &error) == 0) {
        if (schema_text_check(type, text_view(&canonical), &again, &error) != 0)
            fuzz_broken("the canonical text of a schema is a schema");
        if (!view_equal(text_view(&canonical), text_view(&again)))
            fuzz_broken("the canonical text of a canonical text is itself");
    }
    text_free(&canonical);
    text_free(&again);
}

static void infer(const struct format *format, struct view schema, bool keep_case) {
    struct arena arena = ARENA_EMPTY;
    struct codec_options options = {0};
    struct column *columns = NULL;
    size_t count = 0;
    struct text text = TEXT_EMPTY;
    struct error error = {0};
    if (format->infer(schema, keep_case, &options, &arena, &columns, &count, &error) == 0 && count > 0 &&
        format->check(columns, count, &options, &error) == 0 &&
        format->schema_text(columns, count, &options, &text, &error) == 0) {
        struct text canonical = TEXT_EMPTY;
        /* may be refused: a type within itself is spelled out to the depth that is taken */
        schema_text_check(view_of(format->registry_type), text_view(&text), &canonical, &error);
        text_free(&canonical);
    }
    text_free(&text);
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = fuzz_input(data, size);
    uint8_t settings = fuzz_byte(&input);
    const struct format *format = format_find(settings & 1 ? VIEW("JSON_SR") : VIEW("AVRO"));
    struct view newer = fuzz_until(&input, '\0'), older = fuzz_rest(&input);
    struct view type = view_of(format->registry_type);
    char *new_copy = fuzz_copy(newer), *old_copy = fuzz_copy(older);
    struct text reasons = TEXT_EMPTY;
    struct error error = {0};
    newer.data = new_copy;
    older.data = old_copy;
    check(type, newer);
    infer(format, newer, settings & 8);
    compatibility_check(type, newer, older, (enum compatibility)((settings >> 1 & 3) % 3), &reasons, &error);
    text_clear(&reasons);
    if (newer.size && compatibility_check(type, newer, newer, COMPATIBILITY_FULL, &reasons, &error) == 1)
        fuzz_broken("a schema is compatible with itself");
    text_free(&reasons);
    memory_free(new_copy);
    memory_free(old_copy);
    return 0;
}
