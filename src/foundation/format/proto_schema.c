#include "foundation/format/proto_schema.h"

#include "foundation/base/base64.h"

const struct proto_file *proto_parse(struct view text, struct arena *arena, struct error *error) {
    struct proto_file *first = NULL, **end = &first;
    struct view path = VIEW(""), piece;
    for (size_t i = 0; view_split(&text, '\0', &piece); i++) {
        if (i % 2 == 1) {
            path = piece;
            continue;
        }
        *end = proto_parse_file(piece, arena, error);
        if (!*end) {
            if (path.size)
                error_wrap(error, "%.*s", VIEW_ARGS(path));
            return NULL;
        }
        (*end)->path = path;
        end = &(*end)->next;
    }
    if (!first) {
        error_set(error, ERROR_INVALID, "Protobuf: the text is empty");
        return NULL;
    }
    return proto_resolve(first, arena, error) == 0 ? first : NULL;
}

/* Base64 has none of the characters without which there is no .proto text. */
static bool is_base64(struct view text) {
    for (size_t i = 0; i < text.size; i++)
        if (strchr(" \t\r\n{}\";", text.data[i]))
            return false;
    return text.size != 0;
}

int proto_canonical(struct view schema, struct text *out, struct error *error) {
    struct arena arena = ARENA_EMPTY;
    struct text described = TEXT_EMPTY;
    struct view text = view_trim(schema), bytes;
    int result = 0;
    if (is_base64(text) && base64_decode(&arena, text, &bytes)) {
        result = proto_descriptor_to_text(bytes, &described, error);
        text = text_view(&described);
    }
    struct proto_file *file = result == 0 ? proto_parse_file(text, &arena, error) : NULL;
    if (file)
        proto_print(out, file);
    text_free(&described);
    arena_free(&arena);
    return file ? 0 : -1;
}

int proto_serialize(struct view schema, struct view path, struct text *out, struct error *error) {
    struct arena arena = ARENA_EMPTY;
    struct text bytes = TEXT_EMPTY;
    const struct proto_file *file = proto_parse(schema, &arena, error);
    int result = file ? proto_to_descriptor(file, path, &bytes, error) : -1;
    if (result == 0)
        base64_encode(out, text_view(&bytes));
    text_free(&bytes);
    arena_free(&arena);
    return result;
}
