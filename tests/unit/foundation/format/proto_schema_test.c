/* Protocol Buffers schemas: text, descriptors and records. The descriptors are protoc's own of the texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "foundation/base/base64.h"
#include "foundation/format/proto_schema.h"
#include "foundation/format/proto_wire.h"

#include <cmocka.h>

static const char order_text[] = "syntax = \"proto3\";\n"
                                 "package shop.v1;\n"
                                 "\n"
                                 "import \"google/protobuf/timestamp.proto\";\n"
                                 "\n"
                                 "option java_package = \"org.shop\";\n"
                                 "option java_multiple_files = true;\n"
                                 "\n"
                                 "message Order {\n"
                                 "  reserved 20, 30 to 35, 40 to max;\n"
                                 "  reserved \"old\", \"older\";\n"
                                 "\n"
                                 "  option deprecated = true;\n"
                                 "\n"
                                 "  int64 id = 1;\n"
                                 "  optional string note = 2 [json_name = \"remark\"];\n"
                                 "  repeated Item items = 3;\n"
                                 "  map<string, Item> by_name = 4;\n"
                                 "  google.protobuf.Timestamp made_at = 5;\n"
                                 "  State state = 6;\n"
                                 "  repeated int32 some_numbers = 7 [packed = false];\n"
                                 "\n"
                                 "  oneof payment {\n"
                                 "    string card = 8;\n"
                                 "    Cash cash = 9;\n"
                                 "  }\n"
                                 "\n"
                                 "  message Item {\n"
                                 "    string name = 1;\n"
                                 "    double price = 2 [deprecated = true];\n"
                                 "  }\n"
                                 "  message Cash {\n"
                                 "    uint32 cents = 1;\n"
                                 "  }\n"
                                 "  enum State {\n"
                                 "    option allow_alias = true;\n"
                                 "\n"
                                 "    NEW = 0;\n"
                                 "    OPEN = 0;\n"
                                 "    PAID = 1 [deprecated = true];\n"
                                 "    LOST = -1;\n"
                                 "  }\n"
                                 "}\n"
                                 "\n"
                                 "service Shop {\n"
                                 "  rpc Buy (Order) returns (stream Order) {\n"
                                 "    option idempotency_level = IDEMPOTENT;\n"
                                 "  }\n"
                                 "}\n";
static const char order_descriptor[] =
    "CgdhLnByb3RvEgdzaG9wLnYxGh9nb29nbGUvcHJvdG9idWYvdGltZXN0YW1wLnByb3RvIvoECgVPcmRlchIOCgJpZBgBIAEoA1IC"
    "aWQSGQoEbm90ZRgCIAEoCUgBUgZyZW1hcmuIAQESKQoFaXRlbXMYAyADKAsyEy5zaG9wLnYxLk9yZGVyLkl0ZW1SBWl0ZW1zEjMK"
    "B2J5X25hbWUYBCADKAsyGi5zaG9wLnYxLk9yZGVyLkJ5TmFtZUVudHJ5UgZieU5hbWUSMwoHbWFkZV9hdBgFIAEoCzIaLmdvb2ds"
    "ZS5wcm90b2J1Zi5UaW1lc3RhbXBSBm1hZGVBdBIqCgVzdGF0ZRgGIAEoDjIULnNob3AudjEuT3JkZXIuU3RhdGVSBXN0YXRlEiUK"
    "DHNvbWVfbnVtYmVycxgHIAMoBUICEABSC3NvbWVOdW1iZXJzEhQKBGNhcmQYCCABKAlIAFIEY2FyZBIpCgRjYXNoGAkgASgLMhMu"
    "c2hvcC52MS5PcmRlci5DYXNoSABSBGNhc2gaTgoLQnlOYW1lRW50cnkSEAoDa2V5GAEgASgJUgNrZXkSKQoFdmFsdWUYAiABKAsy"
    "Ey5zaG9wLnYxLk9yZGVyLkl0ZW1SBXZhbHVlOgI4ARo0CgRJdGVtEhIKBG5hbWUYASABKAlSBG5hbWUSGAoFcHJpY2UYAiABKAFC"
    "AhgBUgVwcmljZRocCgRDYXNoEhQKBWNlbnRzGAEgASgNUgVjZW50cyI/CgVTdGF0ZRIHCgNORVcQABIICgRPUEVOEAASDAoEUEFJ"
    "RBABGgIIARIRCgRMT1NUEP///////////wEaAhABOgIYAUIJCgdwYXltZW50QgcKBV9ub3RlSgQIFBAVSgQIHhAkSggIKBCAgICA"
    "AlIDb2xkUgVvbGRlcjI0CgRTaG9wEiwKA0J1eRIOLnNob3AudjEuT3JkZXIaDi5zaG9wLnYxLk9yZGVyIgOQAgIwAUIMCghvcmcu"
    "c2hvcFABYgZwcm90bzM=";
static const char thing_text[] = "syntax = \"proto2\";\n"
                                 "package old;\n"
                                 "\n"
                                 "message Thing {\n"
                                 "  required string name = 1 [default = \"a\\\"b\\n\"];\n"
                                 "  optional int32 count = 2 [default = -5];\n"
                                 "  optional Kind kind = 3 [default = SECOND];\n"
                                 "  repeated group Part = 4 {\n"
                                 "    optional bool whole = 1;\n"
                                 "  }\n"
                                 "\n"
                                 "  extensions 100 to 199;\n"
                                 "\n"
                                 "  enum Kind {\n"
                                 "    FIRST = 1;\n"
                                 "    SECOND = 2;\n"
                                 "  }\n"
                                 "}\n"
                                 "\n"
                                 "extend Thing {\n"
                                 "  optional sint64 more = 100;\n"
                                 "}\n";
static const char thing_descriptor[] =
    "CgdiLnByb3RvEgNvbGQi0QEKBVRoaW5nEhgKBG5hbWUYASACKAk6BGEiYgpSBG5hbWUSGAoFY291bnQYAiABKAU6Ai01UgVjb3Vu"
    "dBIrCgRraW5kGAMgASgOMg8ub2xkLlRoaW5nLktpbmQ6BlNFQ09ORFIEa2luZBIjCgRwYXJ0GAQgAygKMg8ub2xkLlRoaW5nLlBh"
    "cnRSBHBhcnQaHAoEUGFydBIUCgV3aG9sZRgBIAEoCFIFd2hvbGUiHQoES2luZBIJCgVGSVJTVBABEgoKBlNFQ09ORBACKgUIZBDI"
    "AToeCgRtb3JlEgoub2xkLlRoaW5nGGQgASgSUgRtb3Jl";

static void expect_text(const char *schema, const char *expected) {
    struct text text = TEXT_EMPTY;
    struct error error = {0};
    if (proto_canonical(view_of(schema), &text, &error) != 0)
        fail_msg("%s", error.message);
    assert_string_equal(text_string(&text), expected);
    text_free(&text);
}

static void expect_descriptor(const char *schema, const char *path, const char *expected) {
    struct text text = TEXT_EMPTY;
    struct error error = {0};
    if (proto_serialize(view_of(schema), view_of(path), &text, &error) != 0)
        fail_msg("%s", error.message);
    assert_string_equal(text_string(&text), expected);
    text_free(&text);
}

static void expect_wrong_sized(struct view schema, const char *message) {
    struct arena arena = ARENA_EMPTY;
    struct error error = {0};
    assert_null(proto_parse(schema, &arena, &error));
    assert_string_equal(error.message, message);
    arena_free(&arena);
}

static void expect_wrong(const char *schema, const char *message) {
    expect_wrong_sized(view_of(schema), message);
}

/* --- text --- */

static void what_is_kept_has_no_comments_and_one_layout(void **state) {
    (void)state;
    expect_text("/* one */ syntax='proto3' ; // two\nmessage  A{int32 a=1;string b = 0x2 ;;}message B{}",
                "syntax = \"proto3\";\n\nmessage A {\n  int32 a = 1;\n  string b = 2;\n}\nmessage B {\n}\n");
    expect_text("message A { optional int32 a = 010; }", "message A {\n  optional int32 a = 8;\n}\n");
    expect_text(order_text, order_text);
    expect_text(thing_text, thing_text);
}

static void what_is_kept_is_kept_the_same_again(void **state) {
    (void)state;
    static const char *const texts[] = {
        "edition = \"2023\";\n\nimport public \"a.proto\";\nimport weak \"b.proto\";\n\noption features.field_presence "
        "= "
        "EXPLICIT;\noption (my.option).part = { a: 1 b: [2, -3] };\n\nmessage A {\n  reserved gone;\n\n  .x.Y y = 1 "
        "[(my.field) = true, lazy = true];\n}\n",
        "message message {\n  optional message option = 1;\n  repeated map reserved = 2;\n}\nmessage map {\n}\n",
        "message A {\n  oneof o {\n    option (mine) = 1;\n\n    int32 a = 1;\n  }\n\n  extend A {\n    optional int32 "
        "x = 2;\n  }\n}\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_text(texts[i], texts[i]);
}

static void a_wrong_text_is_refused_with_its_place(void **state) {
    (void)state;
    expect_wrong("", "Protobuf: the text is empty");
    expect_wrong("message A {", "Protobuf, line 1, column 12: a name is expected, the text ends here");
    expect_wrong("nonsense", "Protobuf, line 1, column 1: message, enum, import, package, option, extend or service is "
                             "expected, not nonsense");
    expect_wrong("syntax = \"proto4\";", "Protobuf, line 1, column 10: the syntax is \"proto2\" or \"proto3\"");
    expect_wrong("message A {\n  int32 a 1;\n}", "Protobuf, line 2, column 11: '=' is expected, not 1");
    expect_wrong("message A { int32 a = 0; }",
                 "Protobuf, line 1, column 23: the number of a field is a whole number from 1 to 536870911");
    expect_wrong("message A { int32 a = 536870912; }",
                 "Protobuf, line 1, column 23: the number of a field is a whole number from 1 to 536870911");
    expect_wrong("message A { int32 a = 19001; }",
                 "Protobuf, line 1, column 23: the numbers 19000 to 19999 are Protobuf's own");
    expect_wrong("message A { int32 a = 19000; }",
                 "Protobuf, line 1, column 23: the numbers 19000 to 19999 are Protobuf's own");
    expect_wrong("message A { int32 a = 19999; }",
                 "Protobuf, line 1, column 23: the numbers 19000 to 19999 are Protobuf's own");
    expect_text("message A { optional int32 a = 18999; optional int32 b = 20000; }",
                "message A {\n  optional int32 a = 18999;\n  optional int32 b = 20000;\n}\n");
    expect_wrong("message A { oneof o { map<int32, int32> a = 1; } }",
                 "Protobuf, line 1, column 23: a map has no label and is no part of a oneof");
    expect_wrong("message A { map<float, int32> a = 1; }",
                 "Protobuf, line 1, column 17: the keys of a map are whole numbers, bool or string, not float");
    expect_wrong("message A { repeated map<int32, int32> a = 1; }",
                 "Protobuf, line 1, column 22: a map has no label and is no part of a oneof");
    expect_wrong("message A { oneof o { optional int32 a = 1; } }",
                 "Protobuf, line 1, column 23: a field of a oneof has no label");
    expect_wrong("message A { /* ", "Protobuf, line 1, column 13: the comment has no end");
    expect_wrong("option a = \"b\n;", "Protobuf, line 1, column 12: the string has no end");
    expect_wrong("message A { int32 a = 1; } #", "Protobuf, line 1, column 28: this character means nothing here");
    expect_wrong("package .a;", "Protobuf, line 1, column 9: a name is expected, not .");
    expect_wrong("option a = };", "Protobuf, line 1, column 12: nothing was opened that '}' could close");
}

static void a_text_with_a_zero_byte_is_none(void **state) {
    (void)state;
    struct text text = TEXT_EMPTY;
    struct error error = {0};
    assert_int_not_equal(proto_canonical(VIEW("message A {}\0message B {}"), &text, &error), 0);
    assert_string_equal(error.message, "Protobuf: there is a NUL in the text");
    text_free(&text);
}

static void messages_are_nested_only_so_deep(void **state) {
    (void)state;
    struct text text = TEXT_EMPTY;
    struct arena arena = ARENA_EMPTY;
    struct error error = {0};
    for (int i = 0; i < 5000; i++)
        text_append_string(&text, "message A {");
    assert_null(proto_parse(text_view(&text), &arena, &error));
    assert_non_null(strstr(error.message, "messages are nested more than 64 deep"));
    text_clear(&text);
    for (int i = 0; i < 100; i++) /* beside each other there may be more */
        text_append_format(&text, "message A%d {}", i);
    assert_non_null(proto_parse(text_view(&text), &arena, &error));
    text_free(&text);
    arena_free(&arena);
}

static void numbers_and_names_are_used_once(void **state) {
    (void)state;
    expect_wrong("message A { optional int32 a = 1; oneof o { int32 b = 1; } }",
                 "Protobuf: A: a and b have the same number");
    expect_wrong("message A { optional int32 a = 1; optional int32 a = 2; }",
                 "Protobuf: A: a and a have the same name");
    expect_wrong("package p; message A {} enum A { B = 0; }", "Protobuf: p.A is defined twice");
    expect_wrong("enum A { B = 0; C = 0; }", "Protobuf: A: B and C have the same number");
    expect_wrong("enum A {}", "Protobuf: the enum A has no constant");
    expect_wrong("syntax = \"proto3\"; enum A { B = 1; }", "Protobuf: the enum A: in proto3 the first constant is 0");
    expect_wrong("syntax = \"proto3\"; message A { required int32 a = 1; }",
                 "Protobuf: A.a: proto3 has no required fields");
    expect_wrong("syntax = \"proto3\"; message A { repeated group B = 1 {} }",
                 "Protobuf: A.B: proto3 has no groups; use a message");
    expect_wrong("message A { oneof o {} }", "Protobuf: the oneof A.o has no field");
}

/* --- what is named --- */

static void types_are_found_from_the_inside_out(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct error error = {0};
    const struct proto_file *file = proto_parse(
        VIEW("package a.b; message M { message N {} optional N x = 1; optional b.T y = 2; optional .a.b.T z = "
             "3; optional T.N w = 4; } message T { message N {} }"),
        &arena, &error);
    if (!file)
        fail_msg("%s", error.message);
    static const char *const found[] = {"a.b.M.N", "a.b.T", "a.b.T", "a.b.T.N"};
    const struct proto_field *field = file->types->fields;
    for (size_t i = 0; i < 4; i++, field = field->next)
        assert_true(view_equal(field->target->full_name, view_of(found[i])));
    file = proto_parse(VIEW("message N {} message M { message N {} optional N x = 1; optional .N y = 2; message P { "
                            "optional N z = 1; } }"),
                       &arena, &error);
    assert_non_null(file);
    field = file->types->next->fields;
    assert_true(view_equal(field->target->full_name, VIEW("M.N")));
    assert_true(view_equal(field->next->target->full_name, VIEW("N")));
    assert_true(view_equal(file->types->next->types->next->fields->target->full_name, VIEW("M.N")));
    arena_free(&arena);
    expect_wrong("message A { optional B b = 1; }",
                 "Protobuf: A.b is of type B, which is not defined here nor in what is imported");
    expect_wrong("message A { message B { optional C c = 1; } }",
                 "Protobuf: A.B.c is of type C, which is not defined here nor in what is imported");
    expect_wrong("extend A { optional int32 b = 1; }",
                 "Protobuf: what is extended, A, is not defined here nor in what is imported");
    expect_wrong("enum E { A = 0; } service S { rpc Get (E) returns (E); }", "Protobuf: S.Get: E is no message");
}

static void imports_are_references_or_known_to_everybody(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct error error = {0};
    static const char two[] =
        "import \"other.proto\"; message A { optional o.B b = 1; }\0other.proto\0package o; message B {}";
    if (!proto_parse(VIEW(two), &arena, &error))
        fail_msg("%s", error.message);
    if (!proto_parse(VIEW("import \"google/protobuf/any.proto\"; message A { optional google.protobuf.Any a = 1; }"),
                     &arena, &error))
        fail_msg("%s", error.message);
    arena_free(&arena);
    expect_wrong("import \"other.proto\"; message A {}",
                 "Protobuf: the import \"other.proto\" is no reference of this schema: register it and name it there");
    static const char broken[] = "import \"o.proto\";\0o.proto\0message {";
    expect_wrong_sized(VIEW(broken), "o.proto: Protobuf, line 1, column 9: a name is expected, not {");
}

static void everybody_has_what_google_and_confluent_bring(void **state) {
    (void)state;
    static const char *const known[][2] = {{"google/protobuf/any.proto", "google.protobuf.Any"},
                                           {"google/protobuf/api.proto", "google.protobuf.Method"},
                                           {"google/protobuf/descriptor.proto", "google.protobuf.FieldOptions"},
                                           {"google/protobuf/duration.proto", "google.protobuf.Duration"},
                                           {"google/protobuf/empty.proto", "google.protobuf.Empty"},
                                           {"google/protobuf/field_mask.proto", "google.protobuf.FieldMask"},
                                           {"google/protobuf/source_context.proto", "google.protobuf.SourceContext"},
                                           {"google/protobuf/struct.proto", "google.protobuf.Struct"},
                                           {"google/protobuf/timestamp.proto", "google.protobuf.Timestamp"},
                                           {"google/protobuf/type.proto", "google.protobuf.EnumValue"},
                                           {"google/protobuf/wrappers.proto", "google.protobuf.BytesValue"},
                                           {"google/type/calendar_period.proto", "google.type.CalendarPeriod"},
                                           {"google/type/color.proto", "google.type.Color"},
                                           {"google/type/date.proto", "google.type.Date"},
                                           {"google/type/datetime.proto", "google.type.TimeZone"},
                                           {"google/type/dayofweek.proto", "google.type.DayOfWeek"},
                                           {"google/type/decimal.proto", "google.type.Decimal"},
                                           {"google/type/expr.proto", "google.type.Expr"},
                                           {"google/type/fraction.proto", "google.type.Fraction"},
                                           {"google/type/interval.proto", "google.type.Interval"},
                                           {"google/type/latlng.proto", "google.type.LatLng"},
                                           {"google/type/localized_text.proto", "google.type.LocalizedText"},
                                           {"google/type/money.proto", "google.type.Money"},
                                           {"google/type/month.proto", "google.type.Month"},
                                           {"google/type/phone_number.proto", "google.type.PhoneNumber"},
                                           {"google/type/postal_address.proto", "google.type.PostalAddress"},
                                           {"google/type/quaternion.proto", "google.type.Quaternion"},
                                           {"google/type/timeofday.proto", "google.type.TimeOfDay"},
                                           {"confluent/meta.proto", "confluent.Meta"},
                                           {"confluent/type/decimal.proto", "confluent.type.Decimal"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct arena arena = ARENA_EMPTY;
        struct error error = {0};
        if (!proto_parse(view_of(arena_format(&arena, "import \"%s\"; message A { optional %s a = 1; }", known[i][0],
                                              known[i][1])),
                         &arena, &error))
            fail_msg("%s", error.message);
        arena_free(&arena);
    }
}

/* --- descriptors --- */

static void a_text_becomes_the_descriptor_that_protoc_makes_of_it(void **state) {
    (void)state;
    expect_descriptor(order_text, "a.proto", order_descriptor);
    expect_descriptor(thing_text, "b.proto", thing_descriptor);
}

static void a_descriptor_becomes_text_that_means_the_same(void **state) {
    (void)state;
    struct text text = TEXT_EMPTY;
    struct error error = {0};
    if (proto_canonical(view_of(order_descriptor), &text, &error) != 0)
        fail_msg("%s", error.message);
    assert_non_null(strstr(text_string(&text), "  .google.protobuf.Timestamp made_at = 5;\n"));
    assert_non_null(strstr(text_string(&text), "  map<string, .shop.v1.Order.Item> by_name = 4;\n"));
    assert_non_null(strstr(text_string(&text), "  optional string note = 2 [json_name = \"remark\"];\n"));
    assert_non_null(strstr(text_string(&text), "  reserved 40 to max;\n"));
    expect_descriptor(text_string(&text), "a.proto", order_descriptor);
    text_free(&text);
}

static void what_a_descriptor_would_lose_is_refused_by_name(void **state) {
    (void)state;
    struct text text = TEXT_EMPTY;
    struct error error = {0};
    assert_int_not_equal(proto_canonical(view_of(thing_descriptor), &text, &error), 0);
    assert_int_equal(error.code, ERROR_UNSUPPORTED);
    assert_string_equal(error.message,
                        "Protobuf descriptor: groups are not read from a descriptor; register the .proto text");
    /* name "x", options { 50000: 1 } */
    assert_int_not_equal(proto_descriptor_to_text(VIEW("\x0a\x01x\x42\x04\x80\xb5\x18\x01"), &text, &error), 0);
    assert_string_equal(error.message, "Protobuf descriptor: the option of number 50000 is a custom one, which is not "
                                       "read from a descriptor; register the .proto text");
    assert_int_not_equal(proto_serialize(VIEW("option (mine) = 1;"), VIEW("x"), &text, &error), 0);
    assert_string_equal(error.message, "Protobuf: the option (mine) is a custom one, which is not written into a "
                                       "descriptor; ask for the .proto text");
    assert_int_equal(text.size, 0);
    text_free(&text);
}

/* Names out of a descriptor go through text: none of them can bring a statement of its own. */
static void a_name_that_is_none_is_refused(void **state) {
    (void)state;
    struct text text = TEXT_EMPTY;
    struct error error = {0};
    static const char bytes[] = "\x0a\x01x\x22\x0d\x0a\x0bi {} enum E {";
    struct text encoded = TEXT_EMPTY;
    base64_encode(&encoded, (struct view){bytes, sizeof bytes - 1});
    assert_int_not_equal(proto_canonical(text_view(&encoded), &text, &error), 0);
    assert_int_equal(error.code, ERROR_INVALID);
    text_free(&encoded);
    text_free(&text);
}

static void damaged_descriptors_are_errors_and_never_more(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct view whole;
    assert_true(base64_decode(&arena, view_of(order_descriptor), &whole));
    for (size_t i = 0; i < whole.size; i++) {
        struct text text = TEXT_EMPTY;
        char *copy = arena_copy_bytes(&arena, whole.data, whole.size);
        proto_descriptor_to_text((struct view){copy, i}, &text, NULL);
        for (int bit = 0; bit < 8; bit++) {
            copy[i] = (char)(whole.data[i] ^ (1 << bit));
            proto_descriptor_to_text((struct view){copy, whole.size}, &text, NULL);
        }
        text_free(&text);
    }
    arena_free(&arena);
}

/* --- records --- */

static const char everything[] =
    "syntax = \"proto3\"; import \"google/protobuf/timestamp.proto\"; import \"google/protobuf/wrappers.proto\"; "
    "message A { int32 i = 1; sint64 s = 2; uint64 u = 3; "
    "double d = 4; float f = 5; bool b = 6; string t = 7; bytes y = 8; E e = 9; repeated int32 many = 10; map<string, "
    "int32> m "
    "= 11; A inner = 12; google.protobuf.Timestamp at = 13; google.protobuf.StringValue w = 14; oneof o { fixed32 x = "
    "15; } } enum E { ZERO = 0; ONE = 1; }";

static void expect_shown(struct view message, const char *expected) {
    struct arena arena = ARENA_EMPTY;
    struct error error = {0};
    struct text payload = TEXT_EMPTY, json = TEXT_EMPTY;
    const struct proto_file *file = proto_parse(VIEW(everything), &arena, &error);
    if (!file)
        fail_msg("%s", error.message);
    text_append_char(&payload, '\0');
    text_append(&payload, message);
    int result = proto_to_json(file, text_view(&payload), &json, &error);
    assert_string_equal(result == 0 ? text_string(&json) : error.message, expected);
    arena_free(&arena);
    text_free(&payload);
    text_free(&json);
}

static void a_record_is_shown_as_its_schema_says(void **state) {
    (void)state;
    expect_shown(VIEW(""), "{}");
    expect_shown(
        VIEW("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x10\x03\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
        "{\"i\":-1,\"s\":-2,\"u\":18446744073709551615}");
    expect_shown(VIEW("\x21\0\0\0\0\0\0\xf8\x3f\x2d\xcd\xcc\xcc\x3d\x30\x01\x3a\x02hi\x42\x01\xff\x48\x01"),
                 "{\"d\":1.5,\"f\":0.1,\"b\":true,\"t\":\"hi\",\"y\":\"/w==\",\"e\":\"ONE\"}");
    expect_shown(VIEW("\x52\x02\x01\x02\x50\x03\x5a\x05\x0a\x01k\x10\x07\x5a\x03\x0a\x01z"),
                 "{\"many\":[1,2,3],\"m\":{\"k\":7,\"z\":0}}");
    expect_shown(
        VIEW("\x62\x02\x08\x05\x6a\x0c\x08\xc0\xee\xd6\xcd\x06\x10\x80\xca\xb5\xee\x01\x72\x03\x0a\x01w\x7d\x09\0\0\0"),
        "{\"inner\":{\"i\":5},\"at\":\"2026-03-14T19:30:08.500000000Z\",\"w\":\"w\",\"x\":9}");
    expect_shown(VIEW("\x08\x01\x08\x02\x48\x63"), "{\"i\":2,\"e\":99}"); /* the last one counts; no such constant */
    expect_shown(VIEW("\xa0\x06\x07\xa2\x06\x01x"), "{\"#100\":[7,\"eA==\"]}");
}

static void bytes_of_another_message_are_refused(void **state) {
    (void)state;
    expect_shown(VIEW("\x08"), "the payload is no A of its PROTOBUF schema");
    expect_shown(VIEW("\x0a\x01x"), "the payload is no int32 of its PROTOBUF schema");
    expect_shown(VIEW("\x62\x02\x08"), "the payload is no A of its PROTOBUF schema");
    expect_shown(VIEW("\x52\x01\xff"), "the payload is no int32 of its PROTOBUF schema");
    struct text deep = TEXT_EMPTY, more = TEXT_EMPTY;
    for (int i = 0; i < 200; i++) {
        text_clear(&more);
        proto_put_bytes(&more, 12, deep.data ? text_view(&deep) : VIEW(""));
        text_clear(&deep);
        text_append(&deep, text_view(&more));
    }
    expect_shown(text_view(&deep), "the payload's messages are nested more than 64 deep");
    text_free(&deep);
    text_free(&more);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_has_no_comments_and_one_layout),
        cmocka_unit_test(what_is_kept_is_kept_the_same_again),
        cmocka_unit_test(a_wrong_text_is_refused_with_its_place),
        cmocka_unit_test(a_text_with_a_zero_byte_is_none),
        cmocka_unit_test(messages_are_nested_only_so_deep),
        cmocka_unit_test(numbers_and_names_are_used_once),
        cmocka_unit_test(types_are_found_from_the_inside_out),
        cmocka_unit_test(imports_are_references_or_known_to_everybody),
        cmocka_unit_test(everybody_has_what_google_and_confluent_bring),
        cmocka_unit_test(a_text_becomes_the_descriptor_that_protoc_makes_of_it),
        cmocka_unit_test(a_descriptor_becomes_text_that_means_the_same),
        cmocka_unit_test(what_a_descriptor_would_lose_is_refused_by_name),
        cmocka_unit_test(a_name_that_is_none_is_refused),
        cmocka_unit_test(damaged_descriptors_are_errors_and_never_more),
        cmocka_unit_test(a_record_is_shown_as_its_schema_says),
        cmocka_unit_test(bytes_of_another_message_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
