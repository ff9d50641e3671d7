/* The registry over librdkafka's mock cluster: what its REST answers, and what it finds again after a restart. */
#include "unit/server/registry/scene.h"

static void the_same_text_has_the_same_id_under_every_subject(void **state) {
    struct scene *scene = *state;
    int id = registered(scene, "same-a", CUST);
    assert_int_equal(registered(scene, "same-a", CUST), id);
    assert_int_equal(registered(scene, "same-a", CUST_SPACED), id);
    assert_int_equal(registered(scene, "same-b", CUST), id);
    expect(scene, "GET", "/subjects/same-a/versions", NULL, 200, "[1]");
    char path[60];
    snprintf(path, sizeof path, "/schemas/ids/%d/subjects", id);
    expect(scene, "GET", path, NULL, 200, NULL);
    assert_non_null(strstr(text_string(&scene->answer.body), "\"same-a\",\"same-b\""));
}

static void a_version_is_answered_with_its_text_and_json_names_its_type(void **state) {
    struct scene *scene = *state;
    char expected[300];
    int id = registered(scene, "get-value", JSON_ANY);
    snprintf(expected, sizeof expected,
             "{\"subject\":\"get-value\",\"version\":1,\"id\":%d,\"schemaType\":\"JSON\",\"schema\":\"{\\\"title\\\":"
             "\\\"R\\\","
             "\\\"type\\\":\\\"object\\\"}\"}",
             id);
    expect(scene, "GET", "/subjects/get-value/versions/latest", NULL, 200, expected);
    expect(scene, "GET", "/subjects/get-value/versions/1", NULL, 200, expected);
    expect(scene, "POST", "/subjects/get-value", JSON_ANY, 200, expected);
    expect(scene, "GET", "/subjects/get-value/versions/1/schema", NULL, 200, "{\"title\":\"R\",\"type\":\"object\"}");
}

static void an_avro_schema_is_answered_without_a_type(void **state) {
    struct scene *scene = *state;
    char path[60];
    snprintf(path, sizeof path, "/schemas/ids/%d", registered(scene, "avro-value", CUST));
    expect(scene, "GET", path, NULL, 200, CUST);
}

static void look_up_minds_the_order_of_members_of_json_only_and_not_with_normalize(void **state) {
    struct scene *scene = *state;
    const char *one = "{\"schemaType\":\"JSON\",\"schema\":\"{\\\"title\\\":\\\"R\\\",\\\"type\\\":\\\"object\\\"}\"}";
    const char *other =
        "{\"schemaType\":\"JSON\",\"schema\":\"{\\\"type\\\":\\\"object\\\",\\\"title\\\":\\\"R\\\"}\"}";
    registered(scene, "order-value", one);
    expect_fault(scene, "POST", "/subjects/order-value", other, 404, 40403, "Schema not found");
    expect(scene, "POST", "/subjects/order-value?normalize=true", other, 200, NULL);
    int id = registered(scene, "order-avro", CUST);
    expect(scene, "POST", "/subjects/order-avro", CUST_REORDERED, 200, NULL);
    assert_int_equal(registered(scene, "order-avro", CUST_REORDERED), id);
}

static void a_type_in_braces_is_the_type(void **state) {
    struct scene *scene = *state;
    int id =
        registered(scene, "plain-value", "{\"schema\":\"{\\\"type\\\":\\\"array\\\",\\\"items\\\":\\\"int\\\"}\"}");
    assert_int_equal(
        registered(scene, "plain-value",
                   "{\"schema\":\"{\\\"items\\\":{\\\"type\\\":\\\"int\\\"},\\\"type\\\":\\\"array\\\"}\"}"),
        id);
    expect(scene, "GET", "/subjects/plain-value/versions", NULL, 200, "[1]");
}

static void the_first_schema_of_a_subject_is_compatible(void **state) {
    struct scene *scene = *state;
    expect(scene, "POST", "/compatibility/subjects/first-value/versions/latest", CUST, 200, "{\"is_compatible\":true}");
    expect(scene, "POST", "/compatibility/subjects/first-value/versions", CUST, 200, "{\"is_compatible\":true}");
    expect_fault(scene, "POST", "/compatibility/subjects/first-value/versions/1", CUST, 404, 40401, "first-value");
    expect_fault(scene, "POST", "/compatibility/subjects/%3A.ctx%3Aa/versions/latest", CUST, 422, 42208, "contexts");
}

static void subjects_of_every_context_are_those_of_the_one_there_is(void **state) {
    struct scene *scene = *state;
    registered(scene, "listed-value", CUST);
    expect(scene, "GET", "/subjects?subjectPrefix=:*:", NULL, 200, NULL);
    assert_non_null(strstr(text_string(&scene->answer.body), "\"listed-value\""));
    expect(scene, "GET", "/subjects?subjectPrefix=:.ctx:", NULL, 200, "[]");
}

static void an_incompatible_schema_is_refused_and_the_reason_is_told(void **state) {
    struct scene *scene = *state;
    registered(scene, "fits-value", CUST);
    expect(scene, "POST", "/compatibility/subjects/fits-value/versions/latest", CUST_MORE, 200,
           "{\"is_compatible\":true}");
    expect(scene, "POST", "/compatibility/subjects/fits-value/versions/latest", CUST_MUST, 200,
           "{\"is_compatible\":false}");
    expect(scene, "POST", "/compatibility/subjects/fits-value/versions?verbose=true", CUST_MUST, 200, NULL);
    assert_non_null(strstr(text_string(&scene->answer.body), "must"));
    expect_fault(scene, "POST", "/subjects/fits-value/versions", CUST_MUST, 409, 409,
                 "incompatible with an earlier schema for subject \\\"fits-value\\\"");
    registered(scene, "fits-value", CUST_MORE);
    expect(scene, "GET", "/subjects/fits-value/versions", NULL, 200, "[1,2]");
}

static void a_schema_of_another_type_is_incompatible(void **state) {
    struct scene *scene = *state;
    registered(scene, "type-value", CUST);
    expect_fault(scene, "POST", "/subjects/type-value/versions", JSON_ANY, 409, 409, "of type AVRO");
}

static void the_level_of_a_subject_goes_before_the_global_one(void **state) {
    struct scene *scene = *state;
    registered(scene, "level-value", CUST);
    expect(scene, "GET", "/config", NULL, 200, "{\"compatibilityLevel\":\"BACKWARD\"}");
    expect_fault(scene, "GET", "/config/level-value", NULL, 404, 40408, "does not have subject-level compatibility");
    expect(scene, "GET", "/config/level-value?defaultToGlobal=true", NULL, 200,
           "{\"compatibilityLevel\":\"BACKWARD\"}");
    expect(scene, "PUT", "/config/level-value", "{\"compatibility\":\"none\"}", 200, "{\"compatibility\":\"NONE\"}");
    registered(scene, "level-value", CUST_MUST);
    expect(scene, "DELETE", "/config/level-value", NULL, 200, "{\"compatibilityLevel\":\"NONE\"}");
    expect_fault(scene, "PUT", "/config", "{\"compatibility\":\"SIDEWAYS\"}", 422, 42203,
                 "Invalid compatibility level");
}

static void the_global_level_and_mode_count_where_a_subject_has_none(void **state) {
    struct scene *scene = *state;
    registered(scene, "global-value", CUST);
    expect(scene, "PUT", "/config", "{\"compatibility\":\"NONE\"}", 200, "{\"compatibility\":\"NONE\"}");
    expect(scene, "GET", "/config", NULL, 200, "{\"compatibilityLevel\":\"NONE\"}");
    registered(scene, "global-value", CUST_MUST);
    expect(scene, "DELETE", "/config", NULL, 200, "{\"compatibilityLevel\":\"NONE\"}");
    expect(scene, "GET", "/config", NULL, 200, "{\"compatibilityLevel\":\"BACKWARD\"}");
    expect_fault(scene, "GET", "/mode/global-value", NULL, 404, 40409, "does not have subject-level mode");
    expect(scene, "GET", "/mode/global-value?defaultToGlobal=true", NULL, 200, "{\"mode\":\"READWRITE\"}");
    expect(scene, "PUT", "/mode", "{\"mode\":\"READONLY\"}", 200, "{\"mode\":\"READONLY\"}");
    expect_fault(scene, "POST", "/subjects/global-value/versions", CUST_MORE, 422, 42205, "read-only mode");
    expect_fault(scene, "DELETE", "/subjects/global-value/versions/1", NULL, 422, 42205, "read-only mode");
    expect(scene, "DELETE", "/mode", NULL, 200, "{\"mode\":\"READONLY\"}");
    expect(scene, "DELETE", "/subjects/global-value/versions/1", NULL, 200, "1");
    expect_fault(scene, "PUT", "/mode", "{\"mode\":\"FORWARD\"}", 422, 42205, "Mode FORWARD is not");
    expect_fault(scene, "PUT", "/config/%3A.s%3Aa", "{\"compatibility\":\"NONE\"}", 422, 42208, "contexts");
    expect_fault(scene, "PUT", "/mode/%3A.s%3Aa", "{\"mode\":\"READONLY\"}", 422, 42208, "contexts");
}

static void a_schema_is_compared_with_the_version_that_is_asked_for(void **state) {
    struct scene *scene = *state;
    const char *again = "/compatibility/subjects/chosen-value/versions/1?verbose=true";
    expect(scene, "PUT", "/config/chosen-value", "{\"compatibility\":\"NONE\"}", 200, NULL);
    registered(scene, "chosen-value", CUST);
    registered(scene, "chosen-value", CUST_MUST);
    expect(scene, "PUT", "/config/chosen-value", "{\"compatibility\":\"BACKWARD\"}", 200, NULL);
    expect(scene, "POST", "/compatibility/subjects/chosen-value/versions/latest", CUST_MUST, 200,
           "{\"is_compatible\":true}");
    expect(scene, "POST", again, CUST_MUST, 200, NULL);
    assert_non_null(strstr(text_string(&scene->answer.body), "\"is_compatible\":false,\"messages\":[\"/must: READER"));
    expect_fault(scene, "POST", "/compatibility/subjects/chosen-value/versions/9", CUST, 404, 40402, "Version 9");
}

static void a_subject_is_deleted_softly_before_it_is_deleted_for_ever(void **state) {
    struct scene *scene = *state;
    registered(scene, "gone-value", CUST);
    registered(scene, "gone-value", CUST_MORE);
    registered(scene, "gone-not", CUST);
    expect(scene, "PUT", "/config/gone-value", "{\"compatibility\":\"FULL\"}", 200, NULL);
    expect(scene, "PUT", "/mode/gone-value", "{\"mode\":\"READWRITE\"}", 200, NULL);
    expect_fault(scene, "DELETE", "/subjects/gone-value?permanent=true", NULL, 404, 40405, "was not deleted first");
    expect(scene, "DELETE", "/subjects/gone-value", NULL, 200, "[1,2]");
    expect_fault(scene, "GET", "/subjects/gone-value/versions", NULL, 404, 40401, "Subject 'gone-value' not found.");
    expect(scene, "GET", "/subjects/gone-value/versions?deleted=true", NULL, 200, "[1,2]");
    expect(scene, "GET", "/subjects?subjectPrefix=gone", NULL, 200, "[\"gone-not\"]");
    expect(scene, "GET", "/subjects?subjectPrefix=gone&deleted=true", NULL, 200, "[\"gone-not\",\"gone-value\"]");
    expect(scene, "GET", "/subjects?subjectPrefix=gone&deletedOnly=true", NULL, 200, "[\"gone-value\"]");
    expect_fault(scene, "GET", "/config/gone-value", NULL, 404, 40408, "does not have"); /* none for its successor */
    expect_fault(scene, "GET", "/mode/gone-value", NULL, 404, 40409, "does not have");
    expect_fault(scene, "POST", "/subjects/gone-value", CUST, 404, 40401, "not found");
    expect(scene, "POST", "/subjects/gone-value?deleted=true", CUST, 200, NULL);
    expect_fault(scene, "DELETE", "/subjects/gone-value", NULL, 404, 40404, "was soft deleted");
    expect(scene, "DELETE", "/subjects/gone-value?permanent=true", NULL, 200, "[1,2]");
    expect(scene, "GET", "/subjects?subjectPrefix=gone&deleted=true", NULL, 200, "[\"gone-not\"]");
    registered(scene, "gone-value", CUST);
    expect(scene, "GET", "/subjects/gone-value/versions", NULL, 200, "[1]");
}

static void a_version_is_deleted_softly_before_it_is_deleted_for_ever(void **state) {
    struct scene *scene = *state;
    registered(scene, "part-value", CUST);
    registered(scene, "part-value", CUST_MORE);
    expect_fault(scene, "DELETE", "/subjects/part-value/versions/1?permanent=true", NULL, 404, 40407,
                 "was not deleted first");
    expect(scene, "DELETE", "/subjects/part-value/versions/1", NULL, 200, "1");
    expect_fault(scene, "DELETE", "/subjects/part-value/versions/1", NULL, 404, 40406, "was soft deleted");
    expect_fault(scene, "GET", "/subjects/part-value/versions/1", NULL, 404, 40402, "Version 1 not found.");
    expect(scene, "GET", "/subjects/part-value/versions/1?deleted=true", NULL, 200, NULL);
    expect(scene, "GET", "/subjects/part-value/versions?deletedOnly=true", NULL, 200, "[1]");
    expect_fault(scene, "POST", "/subjects/part-value", CUST, 404, 40403, "Schema not found");
    expect(scene, "POST", "/subjects/part-value?deleted=true", CUST, 200, NULL);
    expect(scene, "DELETE", "/subjects/part-value/versions/1?permanent=true", NULL, 200, "1");
    expect(scene, "DELETE", "/subjects/part-value/versions/latest", NULL, 200, "2");
}

static void what_cannot_be_taken_is_refused_by_name(void **state) {
    struct scene *scene = *state;
    const char *path = "/subjects/bad-value/versions";
    expect_fault(scene, "POST", path, "not json", 400, 400, "The body is not JSON");
    expect_fault(scene, "POST", path, "{\"nothing\":1}", 422, 42201, "no field 'schema'");
    expect_fault(scene, "POST", path, "{\"schema\":\"{\\\"type\\\":\\\"nonsense\\\"}\"}", 422, 42201,
                 "Invalid schema of type AVRO");
    expect_fault(scene, "POST", path, "{\"schemaType\":\"JSON\",\"schema\":\"{not json\"}", 422, 42201,
                 "Invalid schema of type JSON");
    expect_fault(scene, "POST", path, "{\"schemaType\":\"PROTOBUF\",\"schema\":\"x y\"}", 422, 42201,
                 "Invalid schema of type PROTOBUF, details: Protobuf, line 1, column 1: message");
    expect_fault(scene, "POST", path, "{\"schemaType\":\"PROTOBUF\",\"schema\":\"x\"}", 422, 42201,
                 "Invalid schema of type PROTOBUF, details: Protobuf descriptor: this is no FileDescriptorProto, nor "
                 ".proto text");
    expect_fault(scene, "POST", path, "{\"schemaType\":\"THRIFTX\",\"schema\":\"x\"}", 422, 42201, "THRIFTX");
    expect_fault(scene, "POST", path,
                 "{\"schema\":\"\\\"int\\\"\",\"references\":[{\"name\":\"a\",\"subject\":\"b\",\"version\":1}]}", 422,
                 42201, "No schema reference found for subject");
    expect_fault(scene, "POST", path, "{\"schema\":\"\\\"int\\\"\",\"references\":[{\"name\":\"a\"}]}", 422, 42201,
                 "reference 1 lacks a name, a subject or a version");
    expect_fault(scene, "POST", path, "{\"schema\":\"\\\"int\\\"\",\"schemaTagsToAdd\":[{\"a\":1}]}", 422, 42201,
                 "'schemaTagsToAdd' is not supported");
    expect_fault(scene, "POST", "/subjects/%3A.staging%3Aa-value/versions", CUST, 422, 42208,
                 "contexts are not supported");
    expect_fault(scene, "GET", "/subjects/bad-value/versions", NULL, 404, 40401, "Subject 'bad-value' not found.");
    expect_fault(scene, "GET", "/schemas/ids/99999", NULL, 404, 40403, "Schema 99999 not found");
    expect_fault(scene, "GET", "/schemas/ids/x", NULL, 404, 40403, "Schema x not found");
    registered(scene, "ok-value", CUST);
    expect_fault(scene, "GET", "/subjects/ok-value/versions/abc", NULL, 422, 42202, "'abc' is not a valid version id");
    expect_fault(scene, "GET", "/subjects/ok-value/versions/99", NULL, 404, 40402, "Version 99 not found.");
    expect_fault(scene, "GET", "/nowhere", NULL, 404, 404, "HTTP 404 Not Found");
    expect_fault(scene, "PUT", "/mode", "{\"mode\":\"READONLY_OVERRIDE\"}", 422, 42205,
                 "Mode READONLY_OVERRIDE is not");
    expect_fault(scene, "PUT", "/mode", "{\"mode\":\"ODD\"}", 422, 42204, "Invalid mode");
}

static void a_read_only_subject_takes_no_new_schema(void **state) {
    struct scene *scene = *state;
    registered(scene, "mode-value", CUST);
    expect(scene, "PUT", "/mode/mode-value", "{\"mode\":\"READONLY\"}", 200, "{\"mode\":\"READONLY\"}");
    expect_fault(scene, "POST", "/subjects/mode-value/versions", CUST_MORE, 422, 42205, "read-only mode");
    expect_fault(scene, "DELETE", "/subjects/mode-value", NULL, 422, 42205, "read-only mode");
    registered(scene, "mode-value", CUST);
    expect(scene, "DELETE", "/mode/mode-value", NULL, 200, "{\"mode\":\"READONLY\"}");
    registered(scene, "mode-value", CUST_MORE);
}

#define ADDRESS                                                                                                        \
    "{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"Address\\\",\\\"namespace\\\":\\\"shop\\\","          \
    "\\\"fields\\\":"                                                                                                  \
    "[{\\\"name\\\":\\\"town\\\",\\\"type\\\":\\\"string\\\"}]}\"}"
#define BUYER(version, more)                                                                                           \
    "{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"Buyer\\\",\\\"namespace\\\":\\\"shop\\\","            \
    "\\\"fields\\\":"                                                                                                  \
    "[{\\\"name\\\":\\\"home\\\",\\\"type\\\":\\\"Address\\\"},{\\\"name\\\":\\\"work\\\",\\\"type\\\":[\\\"null\\\"," \
    "\\\"shop.Address\\\"]}" more                                                                                      \
    "]}\",\"references\":[{\"name\":\"shop.Address\",\"subject\":\"address\",\"version\":" version "}]}"

static void an_avro_schema_may_refer_to_another_and_is_compared_with_it_inside(void **state) {
    struct scene *scene = *state;
    registered(scene, "address", ADDRESS);
    int id = registered(scene, "buyer", BUYER("1", ""));
    char path[64], list[32];
    snprintf(path, sizeof path, "/schemas/ids/%d", id);
    expect(scene, "GET", path, NULL, 200, NULL);
    assert_non_null(strstr(text_string(&scene->answer.body),
                           "\"references\":[{\"name\":\"shop.Address\",\"subject\":\"address\",\"version\":1}]"));
    assert_int_equal(registered(scene, "buyer", BUYER("1", "")), id);
    snprintf(list, sizeof list, "[%d]", id);
    expect(scene, "GET", "/subjects/address/versions/1/referencedby", NULL, 200, list);
    assert_int_equal(registered(scene, "buyer-too", BUYER("1", "")), id); /* one schema, told once */
    expect(scene, "GET", "/subjects/address/versions/1/referencedby", NULL, 200, list);
    expect(scene, "DELETE", "/subjects/buyer-too", NULL, 200, "[1]");
    expect_fault(scene, "DELETE", "/subjects/address/versions/1", NULL, 422, 42206, "One or more references exist");
    expect_fault(scene, "DELETE", "/subjects/address", NULL, 422, 42206, "subject=address,version=1");
    expect_fault(scene, "POST", "/subjects/buyer/versions", BUYER("2", ""), 422, 42201, "No schema reference found");
    /* the new address has a field without a default: the buyer that refers to it cannot read old ones */
    expect(scene, "PUT", "/config/address", "{\"compatibility\":\"NONE\"}", 200, NULL);
    registered(scene, "address",
               "{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"Address\\\",\\\"namespace\\\":\\\"shop\\\","
               "\\\"fields\\\":[{\\\"name\\\":\\\"town\\\",\\\"type\\\":\\\"string\\\"},{\\\"name\\\":\\\"code\\\","
               "\\\"type\\\":\\\"int\\\"}]}\"}");
    expect_fault(scene, "POST", "/subjects/buyer/versions", BUYER("2", ""), 409, 409, "code");
    expect(scene, "DELETE", "/subjects/buyer", NULL, 200, "[1]");
    expect(scene, "GET", "/subjects/address/versions/1/referencedby", NULL, 200, "[]");
    expect(scene, "DELETE", "/subjects/address", NULL, 200, "[1,2]");
    expect_fault(scene, "POST", "/subjects/buyer/versions", BUYER("1", ""), 422, 42201, "No schema reference found");
}

static void a_json_schema_may_refer_to_another(void **state) {
    struct scene *scene = *state;
    registered(scene, "town.json", "{\"schemaType\":\"JSON\",\"schema\":\"{\\\"type\\\":\\\"string\\\"}\"}");
    registered(scene, "house-value",
               "{\"schemaType\":\"JSON\",\"schema\":\"{\\\"type\\\":\\\"object\\\",\\\"properties\\\":{\\\"town\\\":"
               "{\\\"$ref\\\":\\\"town.json\\\"}}}\",\"references\":[{\"name\":\"town.json\",\"subject\":\"town.json\","
               "\"version\":1}]}");
    /* a town that is a number is another type than the one referred to */
    expect_fault(scene, "POST", "/subjects/house-value/versions",
                 "{\"schemaType\":\"JSON\",\"schema\":\"{\\\"type\\\":\\\"object\\\",\\\"properties\\\":{\\\"town\\\":"
                 "{\\\"type\\\":\\\"integer\\\"}}}\"}",
                 409, 409, "town");
    expect_fault(
        scene, "POST", "/subjects/lost-value/versions",
        "{\"schemaType\":\"JSON\",\"schema\":\"{\\\"$ref\\\":\\\"a\\\"}\",\"references\":[{\"name\":\"a\",\"subject\":"
        "\"nowhere\",\"version\":1}]}",
        422, 42201, "No schema reference found for subject \\\"nowhere\\\"");
}

/* --- PROTOBUF --- */

/* name "default", message A { int32 a = 1; }, proto3; as protoc's clients send it */
#define PROTO_DESCRIPTOR "CgdkZWZhdWx0IhEKAUESDAoBYRgBIAEoBVIBYWIGcHJvdG8z"
#define PROTO_KEPT "syntax = \\\"proto3\\\";\\n\\nmessage A {\\n  int32 a = 1;\\n}\\n"
#define PROTO_BODY(text) "{\"schemaType\":\"PROTOBUF\",\"schema\":\"" text "\"}"

static void a_protobuf_schema_is_one_as_text_and_as_descriptor(void **state) {
    struct scene *scene = *state;
    char path[64], expected[300];
    int id = registered(scene, "proto-value", PROTO_BODY("syntax=\\\"proto3\\\"; message A { int32 a=1; } // mine"));
    assert_int_equal(registered(scene, "proto-value", PROTO_BODY(PROTO_DESCRIPTOR)), id);
    assert_int_equal(registered(scene, "other-proto-value", PROTO_BODY(PROTO_KEPT)), id);
    snprintf(path, sizeof path, "/schemas/ids/%d", id);
    expect(scene, "GET", path, NULL, 200, "{\"schemaType\":\"PROTOBUF\",\"schema\":\"" PROTO_KEPT "\"}");
    snprintf(path, sizeof path, "/schemas/ids/%d?format=serialized", id);
    expect(scene, "GET", path, NULL, 200, "{\"schemaType\":\"PROTOBUF\",\"schema\":\"" PROTO_DESCRIPTOR "\"}");
    snprintf(expected, sizeof expected,
             "{\"subject\":\"proto-value\",\"version\":1,\"id\":%d,\"schemaType\":\"PROTOBUF\",\"schema\":\"%s\"}", id,
             PROTO_DESCRIPTOR);
    expect(scene, "GET", "/subjects/proto-value/versions/latest?format=serialized", NULL, 200, expected);
    expect(scene, "POST", "/subjects/proto-value?format=serialized", PROTO_BODY(PROTO_KEPT), 200, expected);
    expect(scene, "GET", "/schemas/types", NULL, 200, "[\"JSON\",\"PROTOBUF\",\"AVRO\"]");
}

static void a_protobuf_schema_that_breaks_its_readers_is_refused(void **state) {
    struct scene *scene = *state;
    registered(scene, "broken-proto-value", PROTO_BODY(PROTO_KEPT));
    expect_fault(scene, "POST", "/subjects/broken-proto-value/versions",
                 PROTO_BODY("message A { optional string a = 1; }"), 409, 409, "#/A/1: FIELD_SCALAR_KIND_CHANGED");
    expect(scene, "POST", "/compatibility/subjects/broken-proto-value/versions/latest?verbose=true",
           PROTO_BODY("message B {}"), 200, "{\"is_compatible\":false,\"messages\":[\"#/A: MESSAGE_REMOVED: A\"]}");
    expect_fault(scene, "POST", "/subjects/broken-proto-value/versions", CUST, 409, 409, "type PROTOBUF");
}

static void a_protobuf_schema_imports_what_it_refers_to(void **state) {
    struct scene *scene = *state;
    int64_t parts = registered(scene, "part.proto", PROTO_BODY("package p; message Part { optional int32 n = 1; }"));
    assert_true(parts > 0);
    static const char whole[] = "{\"schemaType\":\"PROTOBUF\",\"schema\":\"import \\\"part.proto\\\"; import "
                                "\\\"google/protobuf/timestamp.proto\\\"; "
                                "message Whole { optional p.Part part = 1; optional google.protobuf.Timestamp at = 2; "
                                "}\",\"references\":[{\"name\":"
                                "\"part.proto\",\"subject\":\"part.proto\",\"version\":1}]}";
    registered(scene, "whole-value", whole);
    expect(scene, "GET", "/subjects/part.proto/versions/1/referencedby", NULL, 200, NULL);
    expect_fault(scene, "DELETE", "/subjects/part.proto/versions/1", NULL, 422, 42206, "");
    expect_fault(scene, "POST", "/subjects/lone-value/versions", PROTO_BODY("import \\\"part.proto\\\";"), 422, 42201,
                 "the import \\\"part.proto\\\" is no reference of this schema");
    expect_fault(scene, "POST", "/subjects/lone-value/versions", PROTO_BODY("message A { optional B b = 1; }"), 422,
                 42201, "A.b is of type B, which is not defined here nor in what is imported");
}

static void metadata_and_rules_are_kept_for_the_clients(void **state) {
    struct scene *scene = *state;
    struct text body = TEXT_EMPTY;
    text_append(&body, (struct view){CUST, sizeof CUST - 2});
    text_append_string(
        &body, ",\"metadata\":{\"properties\":{\"owner\":\"me\"}},\"ruleSet\":{\"domainRules\":[{\"name\":\"r\"}]}}");
    int plain = registered(scene, "ruled-value", CUST), ruled = registered(scene, "ruled-value", text_string(&body));
    assert_int_not_equal(plain, ruled);
    expect(scene, "GET", "/subjects/ruled-value/versions/2", NULL, 200, NULL);
    assert_non_null(strstr(text_string(&scene->answer.body), "\"metadata\":{\"properties\":{\"owner\":\"me\"}}"));
    assert_non_null(strstr(text_string(&scene->answer.body), "\"ruleSet\":{\"domainRules\":[{\"name\":\"r\"}]}"));
    text_free(&body);
}

static void an_import_brings_its_own_ids_and_versions(void **state) {
    struct scene *scene = *state;
    struct text body = TEXT_EMPTY;
    text_append(&body, (struct view){CUST, sizeof CUST - 2});
    text_append_string(&body, ",\"id\":777,\"version\":5}");
    expect_fault(scene, "POST", "/subjects/brought-value/versions", text_string(&body), 422, 42205,
                 "not in import mode");
    expect(scene, "PUT", "/mode/brought-value", "{\"mode\":\"IMPORT\"}", 200, "{\"mode\":\"IMPORT\"}");
    expect_fault(scene, "POST", "/subjects/brought-value/versions", CUST, 422, 42205, "an id must be given");
    assert_int_equal(registered(scene, "brought-value", text_string(&body)), 777);
    expect(scene, "GET", "/subjects/brought-value/versions", NULL, 200, "[5]");
    text_clear(&body);
    text_append(&body, (struct view){CUST_MORE, sizeof CUST_MORE - 2});
    text_append_string(&body, ",\"id\":777}");
    expect_fault(scene, "POST", "/subjects/brought-value/versions", text_string(&body), 422, 42205,
                 "Overwrite new schema");
    expect(scene, "DELETE", "/mode/brought-value", NULL, 200, NULL);
    assert_true(registered(scene, "fixed-value",
                           "{\"schema\":\"{\\\"type\\\":\\\"fixed\\\",\\\"name\\\":\\\"F\\\",\\\"size\\\":7}\"}") >
                777);
    expect_fault(scene, "PUT", "/mode/brought-value", "{\"mode\":\"IMPORT\"}", 422, 42205,
                 "Cannot import since found existing");
    expect(scene, "PUT", "/mode/brought-value?force=true", "{\"mode\":\"IMPORT\"}", 200, "{\"mode\":\"IMPORT\"}");
    text_clear(&body);
    text_append(&body, (struct view){CUST_MORE, sizeof CUST_MORE - 2});
    text_append_string(&body, ",\"id\":800,\"version\":5}");
    expect_fault(scene, "POST", "/subjects/brought-value/versions", text_string(&body), 422, 42205,
                 "has a version 5 already");
    expect(scene, "DELETE", "/mode/brought-value", NULL, 200, "{\"mode\":\"IMPORT\"}");
    text_free(&body);
}

static void an_empty_reference_within_what_is_referred_to_is_answered(void **state) {
    struct scene *scene = *state;
    registered(scene, "nothing.json",
               "{\"schemaType\":\"JSON\",\"schema\":\"{\\\"properties\\\":{\\\"a\\\":{\\\"$ref\\\":\\\"\\\"}}}\"}");
    registered(scene, "refers-to-nothing",
               "{\"schemaType\":\"JSON\",\"schema\":\"{\\\"$ref\\\":\\\"n\\\"}\",\"references\":[{\"name\":\"n\","
               "\"subject\":\"nothing.json\",\"version\":1}]}");
}

static void an_id_that_no_number_holds_is_refused(void **state) {
    struct scene *scene = *state;
    expect_fault(scene, "POST", "/subjects/huge/versions", "{\"schema\":\"\\\"int\\\"\",\"id\":4294967303}", 422, 42201,
                 "'id' is above");
    expect_fault(scene, "POST", "/subjects/huge/versions",
                 "{\"schema\":\"\\\"int\\\"\",\"id\":1,\"version\":2147483648}", 422, 42201, "'version' is above");
}

static void a_subject_with_a_slash_and_a_blank_is_found(void **state) {
    struct scene *scene = *state;
    registered(scene, "a%2Fb%20c-value", CUST);
    expect(scene, "GET", "/subjects?subjectPrefix=a%2F", NULL, 200, "[\"a/b c-value\"]");
    expect(scene, "GET", "/subjects/a%2Fb%20c-value/versions", NULL, 200, "[1]");
}

static void after_a_restart_everything_is_as_it_was(void **state) {
    struct scene *scene = *state;
    struct text subjects = TEXT_EMPTY, kept = TEXT_EMPTY;
    registered(scene, "kept-value", CUST);
    registered(scene, "kept-value", CUST_MORE);
    registered(scene, "dead-value", CUST);
    expect(scene, "DELETE", "/subjects/dead-value", NULL, 200, "[1]");
    expect(scene, "PUT", "/config/kept-value", "{\"compatibility\":\"FULL\"}", 200, NULL);
    expect(scene, "PUT", "/mode/kept-value", "{\"mode\":\"READONLY\"}", 200, NULL);
    int last = registered(scene, "last-value", "{\"schema\":\"\\\"long\\\"\"}");
    expect(scene, "GET", "/subjects?deleted=true", NULL, 200, NULL);
    text_append(&subjects, text_view(&scene->answer.body));
    expect(scene, "GET", "/subjects/kept-value/versions/2", NULL, 200, NULL);
    text_append(&kept, text_view(&scene->answer.body));
    registry_server_stop(scene->registry);
    start(scene);
    expect(scene, "GET", "/subjects?deleted=true", NULL, 200, text_string(&subjects));
    expect(scene, "GET", "/subjects/kept-value/versions/2", NULL, 200, text_string(&kept));
    expect(scene, "GET", "/config/kept-value", NULL, 200, "{\"compatibilityLevel\":\"FULL\"}");
    expect(scene, "GET", "/mode/kept-value", NULL, 200, "{\"mode\":\"READONLY\"}");
    expect_fault(scene, "GET", "/subjects/dead-value/versions", NULL, 404, 40401, "not found");
    assert_int_equal(registered(scene, "next-value", "{\"schema\":\"\\\"bytes\\\"\"}"), last + 1);
    text_free(&subjects);
    text_free(&kept);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_text_has_the_same_id_under_every_subject),
        cmocka_unit_test(a_version_is_answered_with_its_text_and_json_names_its_type),
        cmocka_unit_test(an_avro_schema_is_answered_without_a_type),
        cmocka_unit_test(look_up_minds_the_order_of_members_of_json_only_and_not_with_normalize),
        cmocka_unit_test(a_type_in_braces_is_the_type),
        cmocka_unit_test(the_first_schema_of_a_subject_is_compatible),
        cmocka_unit_test(subjects_of_every_context_are_those_of_the_one_there_is),
        cmocka_unit_test(an_incompatible_schema_is_refused_and_the_reason_is_told),
        cmocka_unit_test(a_schema_of_another_type_is_incompatible),
        cmocka_unit_test(the_level_of_a_subject_goes_before_the_global_one),
        cmocka_unit_test(the_global_level_and_mode_count_where_a_subject_has_none),
        cmocka_unit_test(a_schema_is_compared_with_the_version_that_is_asked_for),
        cmocka_unit_test(a_subject_is_deleted_softly_before_it_is_deleted_for_ever),
        cmocka_unit_test(a_version_is_deleted_softly_before_it_is_deleted_for_ever),
        cmocka_unit_test(what_cannot_be_taken_is_refused_by_name),
        cmocka_unit_test(a_read_only_subject_takes_no_new_schema),
        cmocka_unit_test(an_avro_schema_may_refer_to_another_and_is_compared_with_it_inside),
        cmocka_unit_test(a_json_schema_may_refer_to_another),
        cmocka_unit_test(a_protobuf_schema_is_one_as_text_and_as_descriptor),
        cmocka_unit_test(a_protobuf_schema_that_breaks_its_readers_is_refused),
        cmocka_unit_test(a_protobuf_schema_imports_what_it_refers_to),
        cmocka_unit_test(metadata_and_rules_are_kept_for_the_clients),
        cmocka_unit_test(an_import_brings_its_own_ids_and_versions),
        cmocka_unit_test(an_empty_reference_within_what_is_referred_to_is_answered),
        cmocka_unit_test(an_id_that_no_number_holds_is_refused),
        cmocka_unit_test(a_subject_with_a_slash_and_a_blank_is_found),
        cmocka_unit_test(after_a_restart_everything_is_as_it_was),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
