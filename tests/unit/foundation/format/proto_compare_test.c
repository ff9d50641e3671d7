/* Which changes of a Protocol Buffers schema break its readers, and what is said of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "foundation/format/inspect.h"
#include "foundation/format/proto_schema.h"

static void expect_difference(const char *older, const char *newer, const char *expected) {
    struct arena arena = ARENA_EMPTY;
    struct error error = {0};
    struct text reasons = TEXT_EMPTY;
    const struct proto_file *before = proto_parse(view_of(older), &arena, &error);
    const struct proto_file *now = before ? proto_parse(view_of(newer), &arena, &error) : NULL;
    if (!now)
        fail_msg("%s", error.message);
    int found = proto_compare(before, now, &reasons);
    assert_string_equal(text_string(&reasons), expected ? expected : "");
    assert_int_equal(found != 0, expected != NULL);
    arena_free(&arena);
    text_free(&reasons);
}

/* The same in one message. */
static void expect_change(const char *older, const char *newer, const char *expected) {
    char before[400], now[400];
    static const char around[] =
        "syntax = \"proto3\"; message A { %s } message B { int32 x = 1; } message C {} enum E { Z = 0; }";
    snprintf(before, sizeof before, around, older);
    snprintf(now, sizeof now, around, newer);
    expect_difference(before, now, expected);
}

/* The same, with the rule alone. */
static void expect_reason(const char *older, const char *newer, const char *rule) {
    struct text before = TEXT_EMPTY, now = TEXT_EMPTY, reasons = TEXT_EMPTY;
    struct error error = {0};
    static const char around[] = "syntax = \"proto3\"; message A { %s } enum E { Z = 0; }";
    text_append_format(&before, around, older);
    text_append_format(&now, around, newer);
    int found = compatibility_check(VIEW("PROTOBUF"), text_view(&now), text_view(&before), COMPATIBILITY_BACKWARD,
                                    &reasons, &error);
    if (found != (rule != NULL) || (rule && !strstr(text_string(&reasons), rule)))
        fail_msg("%s after %s: %d %s%s", newer, older, found, text_string(&reasons), error.message);
    text_free(&before);
    text_free(&now);
    text_free(&reasons);
}

static void fields_may_come_go_and_be_renamed(void **state) {
    (void)state;
    expect_change("int32 a = 1;", "int32 a = 1; string b = 2;", NULL);
    expect_change("int32 a = 1; string b = 2;", "int32 a = 1;", NULL);
    expect_change("int32 a = 1;", "int32 renamed = 1;", NULL);
    expect_change("int32 a = 1;", "repeated int32 a = 1;", NULL);
}

static void scalars_are_read_within_their_group(void **state) {
    (void)state;
    expect_change("int32 a = 1;", "int64 a = 1;", NULL);
    expect_change("bool a = 1;", "uint32 a = 1;", NULL);
    expect_change("E a = 1;", "int32 a = 1;", NULL);
    expect_change("string a = 1;", "bytes a = 1;", NULL);
    expect_difference(/* an enum of an import that everybody knows is one too */
                      "import \"google/protobuf/struct.proto\"; message A { optional google.protobuf.NullValue a = 1; "
                      "}",
                      "message A { optional int32 a = 1; }", NULL);
    expect_change("fixed32 a = 1;", "sfixed32 a = 1;", NULL);
    expect_change(
        "int32 a = 1;", "string a = 1;",
        "#/A/1: FIELD_SCALAR_KIND_CHANGED: int32 (general number) cannot be read as string (string or bytes)\n");
    expect_change(
        "int32 a = 1;", "sint32 a = 1;",
        "#/A/1: FIELD_SCALAR_KIND_CHANGED: int32 (general number) cannot be read as sint32 (signed number)\n");
    expect_change("float a = 1;", "double a = 1;",
                  "#/A/1: FIELD_SCALAR_KIND_CHANGED: float (float) cannot be read as double (double)\n");
}

static void every_scalar_is_read_as_the_others_of_its_group_and_as_no_other(void **state) {
    (void)state;
    static const struct {
        const char *type;
        int group;
    } scalars[] = {{"int32", 1},   {"int64", 1},    {"uint32", 1}, {"uint64", 1}, {"bool", 1},    {"E", 1},
                   {"sint32", 2},  {"sint64", 2},   {"string", 3}, {"bytes", 3},  {"fixed32", 4}, {"sfixed32", 4},
                   {"fixed64", 5}, {"sfixed64", 5}, {"float", 6},  {"double", 7}};
    for (size_t i = 0; i < sizeof scalars / sizeof *scalars; i++)
        for (size_t j = 0; j < sizeof scalars / sizeof *scalars; j++) {
            char older[40], newer[40];
            snprintf(older, sizeof older, "%s a = 1;", scalars[i].type);
            snprintf(newer, sizeof newer, "%s a = 1;", scalars[j].type);
            expect_reason(older, newer, scalars[i].group == scalars[j].group ? NULL : "FIELD_SCALAR_KIND_CHANGED");
        }
}

static void kinds_and_named_types_stay(void **state) {
    (void)state;
    expect_change("B a = 1;", "int32 a = 1;", "#/A/1: FIELD_KIND_CHANGED: it was a message, now it is a scalar\n");
    expect_change("B a = 1;", "C a = 1;", "#/A/1: FIELD_NAMED_TYPE_CHANGED: it was a B, now it is a C\n");
    expect_change("map<string, B> a = 1;", "repeated B a = 1;",
                  "#/A/1: FIELD_KIND_CHANGED: it was a map, now it is a message\n");
    expect_change("map<string, int32> a = 1;", "map<string, int64> a = 1;", NULL);
    expect_change("map<string, int32> a = 1;", "map<int32, int32> a = 1;",
                  "#/A/1: FIELD_SCALAR_KIND_CHANGED: keys of string cannot be read as int32\n");
    expect_change("map<string, B> a = 1;", "map<string, int32> a = 1;",
                  "#/A/1: FIELD_KIND_CHANGED: it was a message, now it is a scalar\n");
    expect_change("map<string, B> a = 1;", "map<string, C> a = 1;",
                  "#/A/1: FIELD_NAMED_TYPE_CHANGED: it was a B, now it is a C\n");
}

static void oneofs_may_grow_and_take_one_field_in(void **state) {
    (void)state;
    expect_change("oneof o { int32 a = 1; }", "oneof o { int32 a = 1; int32 b = 2; }", NULL);
    expect_change("int32 a = 1;", "oneof o { int32 a = 1; }", NULL);
    expect_change("oneof o { int32 a = 1; int32 b = 2; }", "int32 a = 1; int32 b = 2;", NULL);
    expect_change("oneof o { int32 a = 1; int32 b = 2; } int32 c = 3;", "int32 c = 3;", NULL);
    expect_change("oneof o { int32 a = 1; int32 b = 2; }", "oneof o { int32 a = 1; }",
                  "#/A/2: ONEOF_FIELD_REMOVED: b of oneof o\n");
    expect_change("int32 a = 1; int32 b = 2;", "oneof o { int32 a = 1; int32 b = 2; }",
                  "#/A/o: MULTIPLE_FIELDS_MOVED_TO_ONEOF: 2 fields that could be set together exclude each other\n");
    expect_change("int32 a = 1; oneof o { int32 b = 2; }", "oneof o { int32 a = 1; int32 b = 2; }",
                  "#/A/o: FIELD_MOVED_TO_EXISTING_ONEOF: a field that could be set with the others excludes them\n");
    expect_change(
        "oneof o { int32 a = 1; }", "oneof renamed { string a = 1; }",
        "#/A/1: FIELD_SCALAR_KIND_CHANGED: int32 (general number) cannot be read as string (string or bytes)\n");
}

static void messages_stay_and_enums_may_go(void **state) {
    (void)state;
    expect_difference("message A {} enum E { X = 0; }", "message B {} message A {}", NULL);
    expect_difference("message A {} message B {}", "message A {}", "#/B: MESSAGE_REMOVED: B\n");
    expect_difference("message A {} message B {}", "message A {} enum B { X = 0; }", "#/B: MESSAGE_REMOVED: B\n");
    expect_difference("message A { message B {} }", "message A {}", "#/A/B: MESSAGE_REMOVED: A.B\n");
    expect_difference(
        "message A { message B { optional int32 x = 1; } }", "message A { message B { optional string x = 1; } }",
        "#/A/B/1: FIELD_SCALAR_KIND_CHANGED: int32 (general number) cannot be read as string (string or bytes)\n");
    expect_difference("package p; message A { optional B b = 1; } message B {}",
                      "package q; message A { optional B b = 1; } message B {}", /* the same B of another package */
                      "#: PACKAGE_CHANGED: it was 'p', now it is 'q'\n");
    expect_difference("package p; message A {}", "package q; message A {}",
                      "#: PACKAGE_CHANGED: it was 'p', now it is 'q'\n");
}

static void required_fields_neither_come_nor_go(void **state) {
    (void)state;
    expect_difference("message A { required int32 a = 1; }", "message A {}", "#/A/1: REQUIRED_FIELD_REMOVED: a\n");
    expect_difference("message A {}", "message A { required int32 a = 1; }", "#/A/1: REQUIRED_FIELD_ADDED: a\n");
    /* a label is no type: Confluent's registry looks at neither */
    expect_difference("message A { optional int32 a = 1; }", "message A { required int32 a = 1; }", NULL);
    expect_difference("message A { required int32 a = 1; }", "message A { optional int32 a = 1; }", NULL);
}

static void what_is_imported_is_compared_where_it_is_used(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct error error = {0};
    struct text reasons = TEXT_EMPTY;
    static const char older[] =
        "import \"o\"; message A { optional B b = 1; }\0o\0message B { optional B again = 1; optional int32 x = 2; }";
    static const char newer[] =
        "import \"o\"; message A { optional B b = 1; }\0o\0message B { optional B again = 1; optional string x = 2; }";
    const struct proto_file *before = proto_parse(VIEW(older), &arena, &error),
                            *now = proto_parse(VIEW(newer), &arena, &error);
    assert_non_null(before);
    assert_non_null(now);
    assert_int_equal(proto_compare(before, now, &reasons), 1);
    assert_string_equal(text_string(&reasons),
                        "#/A/1/2: FIELD_SCALAR_KIND_CHANGED: int32 (general number) cannot be read as "
                        "string (string or bytes)\n");
    assert_int_equal(proto_compare(before, before, NULL), 0);
    arena_free(&arena);
    text_free(&reasons);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_may_come_go_and_be_renamed),
        cmocka_unit_test(scalars_are_read_within_their_group),
        cmocka_unit_test(every_scalar_is_read_as_the_others_of_its_group_and_as_no_other),
        cmocka_unit_test(kinds_and_named_types_stay),
        cmocka_unit_test(oneofs_may_grow_and_take_one_field_in),
        cmocka_unit_test(messages_stay_and_enums_may_go),
        cmocka_unit_test(required_fields_neither_come_nor_go),
        cmocka_unit_test(what_is_imported_is_compared_where_it_is_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
