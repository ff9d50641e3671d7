/* Protocol Buffers schemas: text or a descriptor to the kept text and back, names resolved, two schemas compared;
 * records shown. Input: a byte (bit 0 a descriptor instead of text, bit 1 a record of the schema below), the schema; of
 * a text, behind a NUL, what it refers to (PATH NUL TEXT ...). */
#include "foundation/base/memory.h"
#include "foundation/base/utf8.h"
#include "foundation/format/proto_schema.h"
#include "fuzz/fuzz.h"

/* The kept text of the kept text is itself; empty: refused. */
static void keep(struct view schema, struct text *kept) {
    struct text again = TEXT_EMPTY;
    struct error error = {0};
    text_clear(kept);
    if (proto_canonical(schema, kept, &error) != 0) {
        text_clear(kept);
    } else if (proto_canonical(text_view(kept), &again, &error) != 0 ||
               !view_equal(text_view(kept), text_view(&again))) {
        if (kept->size)
            fuzz_broken("the kept text of a kept text is itself");
    }
    text_free(&again);
}

/* What can be written as a descriptor is read as a schema in which nothing differs. */
static void serialize(struct view schema) {
    struct arena arena = ARENA_EMPTY;
    struct text bytes = TEXT_EMPTY, text = TEXT_EMPTY;
    struct error error = {0};
    const struct proto_file *file = proto_parse(schema, &arena, &error);
    if (file && proto_compare(file, file, NULL) != 0)
        fuzz_broken("a schema is compatible with itself");
    if (file && !file->next && proto_to_descriptor(file, VIEW("x"), &bytes, &error) == 0 &&
        proto_descriptor_to_text(text_view(&bytes), &text, &error) == 0) {
        const struct proto_file *again = proto_parse(text_view(&text), &arena, &error);
        if (!again || proto_compare(file, again, NULL) != 0 || proto_compare(again, file, NULL) != 0)
            fuzz_broken("a descriptor is the schema that it was made of");
    }
    text_free(&bytes);
    text_free(&text);
    arena_free(&arena);
}

static const char everything[] =
    "syntax = \"proto3\"; import \"google/protobuf/timestamp.proto\"; import \"google/protobuf/wrappers.proto\"; "
    "message A { "
    "int32 i = 1; sint64 s = 2; uint64 u = 3; double d = 4; float f = 5; bool b = 6; string t = 7; bytes y = 8; E e = "
    "9; "
    "repeated int32 many = 10; map<string, int32> m = 11; A inner = 12; google.protobuf.Timestamp at = 13; "
    "google.protobuf.StringValue w = 14; oneof o { fixed32 x = 15; } } enum E { ZERO = 0; ONE = 1; }";

static void show(struct view record) {
    struct arena arena = ARENA_EMPTY;
    struct text json = TEXT_EMPTY;
    struct error error = {0};
    const struct proto_file *file = proto_parse(VIEW(everything), &arena, &error);
    if (!file)
        fuzz_broken("the schema is one");
    else if (proto_to_json(file, record, &json, &error) != 0 && json.size)
        fuzz_broken("what is not shown leaves nothing behind");
    else if (json.size && !utf8_valid(text_view(&json)))
        fuzz_broken("what is shown is UTF-8");
    text_free(&json);
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = fuzz_input(data, size);
    uint8_t settings = fuzz_byte(&input);
    struct view rest = fuzz_rest(&input);
    char *copy = fuzz_copy(rest);
    struct text kept = TEXT_EMPTY, text = TEXT_EMPTY;
    struct error error = {0};
    rest.data = copy;
    if (settings & 2) {
        show(rest);
    } else if (!(settings & 1)) {
        keep(rest, &kept);
        serialize(rest);
    } else if (proto_descriptor_to_text(rest, &text, &error) == 0) {
        keep(text_view(&text), &kept);
        serialize(text_view(&kept));
    }
    text_free(&kept);
    text_free(&text);
    memory_free(copy);
    return 0;
}
