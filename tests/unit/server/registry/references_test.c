/* Schemas that refer to others: what is found, what stands for it, and what is refused. */
#include "unit/server/registry/scene.h"

#define REFERENCE(name, subject, version) "{\"name\":\"" name "\",\"subject\":\"" subject "\",\"version\":" version "}"
#define AVRO(text, references) "{\"schema\":\"" text "\",\"references\":[" references "]}"
#define JSON(text, references) "{\"schemaType\":\"JSON\",\"schema\":\"" text "\",\"references\":[" references "]}"
#define PROTO(text, references) "{\"schemaType\":\"PROTOBUF\",\"schema\":\"" text "\",\"references\":[" references "]}"
#define RECORD(head, fields) "{\\\"type\\\":\\\"record\\\"," head ",\\\"fields\\\":[" fields "]}"
#define FIELD(name, type) "{\\\"name\\\":\\\"" name "\\\",\\\"type\\\":" type "}"
#define NAME(name) "\\\"name\\\":\\\"" name "\\\""

static void expect_text(struct scene *scene, const char *words) {
    if (!strstr(text_string(&scene->answer.body), words))
        fail_msg("'%s' is not in %s", words, text_string(&scene->answer.body));
}

static void what_is_referred_to_may_refer_on(void **state) {
    struct scene *scene = *state;
    char path[80];
    registered(scene, "far-a", AVRO(RECORD(NAME("far.A"), FIELD("x", "\\\"int\\\"")), ""));
    registered(scene, "far-b", AVRO(RECORD(NAME("far.B"), FIELD("a", "\\\"A\\\"")), REFERENCE("far.A", "far-a", "1")));
    int id = registered(scene, "far-c",
                        AVRO(RECORD(NAME("far.C"), FIELD("b", "\\\"far.B\\\"") "," FIELD("a", "\\\"far.A\\\"")),
                             REFERENCE("far.B", "far-b", "-1")));
    snprintf(path, sizeof path, "/schemas/ids/%d/schema?format=resolved", id);
    expect(scene, "GET", path, NULL, 200, NULL);
    expect_text(scene, "\"type\":{\"type\":\"record\",\"name\":\"far.B\",\"fields\":[{\"name\":\"a\",\"type\":{"
                       "\"type\":\"record\",\"name\":\"far.A\",\"fields\":[");
    expect_text(scene, "{\"name\":\"a\",\"type\":\"far.A\"}]}");
    snprintf(path, sizeof path, "/schemas/ids/%d/schema", id);
    expect(scene, "GET", path, NULL, 200, NULL);
    expect_text(scene, "{\"name\":\"b\",\"type\":\"far.B\"}");
}

static void an_avro_name_without_a_namespace_is_found_and_keeps_to_itself(void **state) {
    struct scene *scene = *state;
    registered(scene, "bare-town", AVRO(RECORD(NAME("Town"), FIELD("x", "\\\"int\\\"")), ""));
    const char *buyer =
        AVRO(RECORD(NAME("bare.Buyer"), FIELD("home", "\\\"Town\\\"") "," FIELD("work", "\\\"Town\\\"")),
             REFERENCE("Town", "bare-town", "1"));
    char path[80];
    snprintf(path, sizeof path, "/schemas/ids/%d/schema?format=resolved", registered(scene, "bare-buyer", buyer));
    expect(scene, "GET", path, NULL, 200, NULL);
    expect_text(scene, "\"namespace\":\"\"");
}

static void an_own_definition_goes_before_one_that_is_referred_to(void **state) {
    struct scene *scene = *state;
    registered(scene, "own-town", AVRO(RECORD(NAME("own.Town"), FIELD("x", "\\\"int\\\"")), ""));
    registered(
        scene, "own-buyer",
        AVRO(RECORD(NAME("own.Buyer"), FIELD("home", RECORD(NAME("Town"), FIELD("y", "\\\"string\\\""))) "," FIELD(
                                           "work", "\\\"Town\\\"")),
             REFERENCE("own.Town", "own-town", "1")));
}

static void an_old_version_is_compared_with_what_it_referred_to(void **state) {
    struct scene *scene = *state;
    registered(scene, "old-town", AVRO(RECORD(NAME("old.Town"), FIELD("x", "\\\"int\\\"")), ""));
    registered(scene, "old-buyer",
               AVRO(RECORD(NAME("old.Buyer"), FIELD("home", "\\\"Town\\\"")), REFERENCE("old.Town", "old-town", "1")));
    registered(scene, "old-buyer",
               AVRO(RECORD(NAME("old.Buyer"), FIELD("home", RECORD(NAME("Town"), FIELD("x", "\\\"long\\\"")))), ""));
    expect_fault(scene, "POST", "/subjects/old-buyer/versions",
                 AVRO(RECORD(NAME("old.Buyer"), FIELD("home", RECORD(NAME("Town"), FIELD("x", "\\\"string\\\"")))), ""),
                 409, 409, "/home/x: TYPE_MISMATCH: long was written");
}

/* town.json#/definitions/name -> #/definitions/text -> code.json: a text */
static void a_json_reference_leads_through_fragments_and_files(void **state) {
    struct scene *scene = *state;
    registered(scene, "code.json", JSON("{\\\"type\\\":\\\"string\\\"}", ""));
    registered(scene, "chain-town.json",
               JSON("{\\\"definitions\\\":{\\\"name\\\":{\\\"$ref\\\":\\\"#/definitions/text\\\"},\\\"text\\\":"
                    "{\\\"$ref\\\":\\\"code.json\\\"}}}",
                    REFERENCE("code.json", "code.json", "1")));
    registered(scene, "chain-value",
               JSON("{\\\"properties\\\":{\\\"town\\\":{\\\"$ref\\\":\\\"town.json#/definitions/name\\\"}}}",
                    REFERENCE("town.json", "chain-town.json", "1")));
    const char *path = "/compatibility/subjects/chain-value/versions/latest?verbose=true";
    expect(scene, "POST", path, JSON("{\\\"properties\\\":{\\\"town\\\":{\\\"type\\\":\\\"integer\\\"}}}", ""), 200,
           "{\"is_compatible\":false,\"messages\":[\"#/properties/town: TYPE_CHANGED: string is no longer allowed\"]}");
    expect(scene, "POST", path, JSON("{\\\"properties\\\":{\\\"town\\\":{\\\"type\\\":\\\"string\\\"}}}", ""), 200,
           "{\"is_compatible\":true,\"messages\":[]}");
}

static void of_one_protobuf_path_the_nearest_file_counts(void **state) {
    struct scene *scene = *state;
    expect(scene, "PUT", "/config/near-part", "{\"compatibility\":\"NONE\"}", 200, NULL);
    registered(scene, "near-part", PROTO("message Old { optional int32 n = 1; }", ""));
    registered(scene, "near-middle",
               PROTO("import \\\"part.proto\\\"; message Middle { optional Old o = 1; }",
                     REFERENCE("part.proto", "near-part", "1")));
    registered(scene, "near-part",
               PROTO("message Old { optional int32 n = 1; } message New { optional int32 n = 1; }", ""));
    registered(scene, "near-value",
               PROTO("import \\\"part.proto\\\"; import \\\"middle.proto\\\"; message A { optional New n = 1; optional "
                     "Middle m = 2; }",
                     REFERENCE("part.proto", "near-part", "2") "," REFERENCE("middle.proto", "near-middle", "1")));
}

static void a_subject_is_kept_while_any_of_its_versions_is_referred_to(void **state) {
    struct scene *scene = *state;
    registered(scene, "held", AVRO(RECORD(NAME("Held"), FIELD("x", "\\\"int\\\"")), ""));
    registered(scene, "held", AVRO(RECORD(NAME("Held"), FIELD("x", "\\\"long\\\"")), ""));
    registered(scene, "not-held", AVRO(RECORD(NAME("Held"), FIELD("x", "\\\"long\\\"")), ""));
    int id = registered(scene, "holder",
                        AVRO(RECORD(NAME("Holder"), FIELD("h", "\\\"Held\\\"")), REFERENCE("Held", "held", "2")));
    char list[20];
    snprintf(list, sizeof list, "[%d]", id);
    expect(scene, "GET", "/subjects/held/versions/2/referencedby", NULL, 200, list);
    expect(scene, "GET", "/subjects/held/versions/1/referencedby", NULL, 200, "[]");
    expect(scene, "GET", "/subjects/not-held/versions/1/referencedby", NULL, 200, "[]");
    expect_fault(scene, "DELETE", "/subjects/held", NULL, 422, 42206, "subject=held,version=2");
    expect_fault(scene, "DELETE", "/subjects/held/versions/2", NULL, 422, 42206, "One or more references exist");
    expect(scene, "DELETE", "/subjects/held/versions/1", NULL, 200, "1");
    expect(scene, "DELETE", "/subjects/not-held", NULL, 200, "[1]");
    expect(scene, "DELETE", "/subjects/holder", NULL, 200, "[1]");
    expect(scene, "DELETE", "/subjects/held", NULL, 200, "[2]");
}

static void references_that_cannot_be_followed_are_refused_by_name(void **state) {
    struct scene *scene = *state;
    registered(scene, "wrong-avro", AVRO("\\\"int\\\"", ""));
    expect_fault(scene, "POST", "/subjects/wrong/versions",
                 JSON("{\\\"$ref\\\":\\\"a\\\"}", REFERENCE("a", "wrong-avro", "1")), 422, 42201,
                 "the reference a is of type AVRO, not JSON");
    expect_fault(scene, "POST", "/subjects/wrong/versions",
                 "{\"schema\":\"\\\"int\\\"\",\"references\":\"wrong-avro\"}", 422, 42201, "'references' is no list");
    /* two whose names are each other's texts */
    registered(scene, "wrong-name", AVRO("\\\"N\\\"", REFERENCE("N", "wrong-avro", "1")));
    expect_fault(scene, "POST", "/subjects/wrong/versions", AVRO("\\\"N\\\"", REFERENCE("N", "wrong-name", "1")), 422,
                 42201, "Invalid schema of type AVRO");
}

/* Each refers to the one before, TIMES times. */
static void register_chain(struct scene *scene, const char *prefix, int length, int times, const char *words) {
    char path[80], previous[40] = "";
    for (int i = 0; i <= length; i++) {
        struct text body = TEXT_EMPTY;
        text_append_string(&body, "{\"schemaType\":\"JSON\",\"schema\":\"{}\",\"references\":[");
        for (int j = 0; i > 0 && j < times; j++)
            text_append_format(&body, "%s{\"name\":\"r%d\",\"subject\":\"%s\",\"version\":1}", j ? "," : "", j,
                               previous);
        text_append_string(&body, "]}");
        snprintf(previous, sizeof previous, "%s-%d", prefix, i);
        snprintf(path, sizeof path, "/subjects/%s/versions", previous);
        if (i < length)
            registered(scene, previous, text_string(&body));
        else
            expect_fault(scene, "POST", path, text_string(&body), 422, 42201, words);
        text_free(&body);
    }
}

static void references_are_followed_so_far_and_no_farther(void **state) {
    struct scene *scene = *state;
    register_chain(scene, "deep", 18, 1, "references lead more than 16 deep");
    register_chain(scene, "many", 7, 2, "more than 200 schemas are referred to");
}

static void the_server_says_who_it_is(void **state) {
    struct scene *scene = *state;
    expect(scene, "GET", "/", NULL, 200, "{}");
    expect(scene, "GET", "/contexts", NULL, 200, "[\".\"]");
    expect(scene, "GET", "/v1/metadata/id", NULL, 200,
           "{\"scope\":{\"path\":[],\"clusters\":{\"schema-registry-cluster\":\"schema-registry\"}},"
           "\"id\":\"schema-registry\"}");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_referred_to_may_refer_on),
        cmocka_unit_test(an_avro_name_without_a_namespace_is_found_and_keeps_to_itself),
        cmocka_unit_test(an_own_definition_goes_before_one_that_is_referred_to),
        cmocka_unit_test(an_old_version_is_compared_with_what_it_referred_to),
        cmocka_unit_test(a_json_reference_leads_through_fragments_and_files),
        cmocka_unit_test(of_one_protobuf_path_the_nearest_file_counts),
        cmocka_unit_test(a_subject_is_kept_while_any_of_its_versions_is_referred_to),
        cmocka_unit_test(references_that_cannot_be_followed_are_refused_by_name),
        cmocka_unit_test(references_are_followed_so_far_and_no_farther),
        cmocka_unit_test(the_server_says_who_it_is),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
