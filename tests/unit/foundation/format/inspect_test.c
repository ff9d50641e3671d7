/* Records of any writer as JSON, by the schema their id names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "foundation/format/inspect.h"

/* Ids: 1 a record of a map and a wide decimal, 2 a JSON Schema, 3 PROTOBUF, 4 a registry that does not answer; others
 * unknown. */
static int by_id(void *context, int32_t id, struct view *text, struct view *type, struct error *error) {
    (void)context;
    *type = id == 1 ? VIEW("AVRO") : id == 2 ? VIEW("JSON") : VIEW("PROTOBUF");
    *text = id == 1 ? VIEW("{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"m\",\"type\":{\"type\":\"map\","
                           "\"values\":\"int\"}},"
                           "{\"name\":\"d\",\"type\":{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":900,"
                           "\"scale\":800}}]}")
            : id == 3 ? VIEW("syntax = \"proto3\"; message A { int32 a = 1; message In { string s = 1; } }")
                      : VIEW("{\"type\":\"object\"}");
    if (id == 4)
        return error_set(error, ERROR_UNREACHABLE, "registry at 127.0.0.1:1 does not answer");
    return id <= 3 ? 0 : error_set(error, ERROR_NOT_FOUND, "schema %d not found", (int)id);
}

static void expect(struct view bytes, const char *how, int32_t id, const char *json) {
    struct schema_source source = {NULL, by_id};
    struct text out = TEXT_EMPTY;
    struct error error = {0};
    const char *named = NULL;
    int32_t found = -1;
    if (inspect_to_json(bytes, &source, &out, &named, &found, &error) != 0)
        fail_msg("%s", error.message);
    assert_string_equal(named, how);
    assert_int_equal(found, id);
    assert_string_equal(text_string(&out), json);
    text_free(&out);
}

static void expect_error(struct view bytes, enum error_code code, const char *part) {
    struct schema_source source = {NULL, by_id};
    struct text out = TEXT_EMPTY;
    struct error error = {0};
    const char *named = NULL;
    int32_t found;
    assert_int_not_equal(inspect_to_json(bytes, &source, &out, &named, &found, &error), 0);
    assert_int_equal(error.code, code);
    assert_non_null(strstr(error.message, part));
    assert_non_null(named);
    text_free(&out);
}

static void framed_records_are_shown_by_their_schema(void **state) {
    (void)state;
    expect(VIEW("\0\0\0\0\1\2\2a\xe\0\0"), "AVRO", 1, "{\"m\":{\"a\":7}}"); /* no column can hold 900 digits */
    expect(VIEW("\0\0\0\0\2{\"a\":1}"), "JSON_SR", 2, "{\"a\":1}");
    expect(VIEW("\0\0\0\0\3\0\x08\7"), "PROTOBUF", 3, "{\"a\":7}");
    expect(VIEW("\0\0\0\0\3\4\0\0\x0a\1x"), "PROTOBUF", 3, "{\"s\":\"x\"}"); /* A.In: two indexes */
}

static void unframed_records_are_json_text_or_bytes(void **state) {
    (void)state;
    expect(VIEW("{\"a\": 1}"), "JSON", 0, "{\"a\": 1}");
    expect(VIEW("Warning: \"x\""), "STRING", 0, "\"Warning: \\\"x\\\"\"");
    expect(VIEW(""), "STRING", 0, "\"\"");
    expect((struct view){0}, "STRING", 0, "\"\"");
    expect(VIEW("\xff\xfe"), "BYTES", 0, "\"//4=\"");
    expect(VIEW("\0\0\0\0\x63xx"), "BYTES", 0, "\"AAAAAGN4eA==\""); /* an id that no schema has */
}

static void damaged_and_unknown_frames_are_errors_that_say_so(void **state) {
    (void)state;
    expect_error(VIEW("\0\0\0\0\1\2\2a"), ERROR_CORRUPT, "cut off");
    expect_error(VIEW("\0\0\0\0\1\0\0more"), ERROR_CORRUPT, "more bytes");
    expect_error(VIEW("\0\0\0\0\1\2\2\xff\xe\0\0"), ERROR_CORRUPT, "a map's key is not UTF-8");
    expect_error(VIEW("\0\0\0\0\2{"), ERROR_CORRUPT, "says JSON");
    expect_error(VIEW("\0\0\0\0\3\0\x0a"), ERROR_CORRUPT, "the payload is no A of its PROTOBUF schema");
    expect_error(VIEW("\0\0\0\0\3"), ERROR_CORRUPT, "the payload is no message of its PROTOBUF schema");
    expect_error(VIEW("\0\0\0\0\4x"), ERROR_UNREACHABLE, "does not answer");
}

static void canonical_text_has_no_spaces_and_what_does_not_parse_has_none(void **state) {
    (void)state;
    struct text canonical = TEXT_EMPTY;
    struct error error = {0};
    assert_int_equal(schema_text_check(VIEW("AVRO"), VIEW(" { \"type\" : \"int\" } "), &canonical, &error), 0);
    assert_string_equal(text_string(&canonical), "{\"type\":\"int\"}");
    text_clear(&canonical);
    assert_int_equal(schema_text_check(VIEW(""), VIEW(" string "), &canonical, &error), 0);
    assert_string_equal(text_string(&canonical), "\"string\"");
    assert_int_not_equal(schema_text_check(VIEW("AVRO"), VIEW("{\"type\":\"nix\"}"), &canonical, &error), 0);
    assert_int_equal(error.code, ERROR_INVALID);
    assert_int_not_equal(schema_text_check(VIEW("JSON"), VIEW("7"), &canonical, &error), 0);
    assert_int_equal(error.code, ERROR_INVALID);
    assert_int_not_equal(schema_text_check(VIEW("PROTOBUF"), VIEW("x"), &canonical, &error), 0);
    assert_int_equal(error.code, ERROR_INVALID);
    assert_int_not_equal(schema_text_check(VIEW("THRIFT"), VIEW("x"), &canonical, &error), 0);
    assert_int_equal(error.code, ERROR_UNSUPPORTED);
    text_free(&canonical);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(framed_records_are_shown_by_their_schema),
        cmocka_unit_test(unframed_records_are_json_text_or_bytes),
        cmocka_unit_test(damaged_and_unknown_frames_are_errors_that_say_so),
        cmocka_unit_test(canonical_text_has_no_spaces_and_what_does_not_parse_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
