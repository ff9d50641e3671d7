/* The registry's memory is what the records of `_schemas` say, whoever wrote them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/registry/private.h"

/* In single quotes, for reading; value NULL: a tombstone. */
static void apply(struct store *store, const char *key, const char *value) {
    struct text texts[2] = {TEXT_EMPTY, TEXT_EMPTY};
    const char *const quoted[2] = {key, value};
    for (int i = 0; i < 2; i++)
        for (const char *at = quoted[i]; at && *at; at++)
            text_append_char(&texts[i], *at == '\'' ? '"' : *at);
    subject_store_apply(store, text_view(&texts[0]), value ? text_view(&texts[1]) : (struct view){0});
    text_free(&texts[0]);
    text_free(&texts[1]);
}

#define KEY(subject, version) "{'keytype':'SCHEMA','subject':'" subject "','version':" version ",'magic':1}"
#define SCHEMA(id) "{'id':" id ",'schema':'true'}"
#define CLEAR(subject) "{'keytype':'CLEAR_SUBJECT','subject':" subject ",'magic':0}"

static void expect_versions(const struct store *store, const char *name, const char *expected) {
    const struct stored_subject *subject = store_subject(store, name);
    struct text found = TEXT_EMPTY;
    for (size_t i = 0; subject && i < subject->versions.count; i++)
        text_append_format(&found, "%s%d%s", i ? " " : "", (int)subject->versions.items[i].version,
                           subject->versions.items[i].deleted ? "-" : "");
    assert_string_equal(text_string(&found), expected);
    text_free(&found);
}

static void versions_are_in_order_whatever_order_they_come_in(void **state) {
    (void)state;
    struct store store = {0};
    apply(&store, KEY("b", "3"), SCHEMA("7"));
    apply(&store, KEY("b", "1"), SCHEMA("5"));
    apply(&store, KEY("a", "1"), SCHEMA("6"));
    expect_versions(&store, "b", "1 3");
    assert_int_equal(subject_latest(store_subject(&store, "b"), false)->id, 7);
    assert_string_equal(store.subjects.items[0]->name, "a");
    assert_int_equal(store.last_id, 7);
    subject_store_free(&store);
}

static void the_last_record_of_a_version_counts_and_a_tombstone_ends_it(void **state) {
    (void)state;
    struct store store = {0};
    apply(&store, KEY("a", "1"), SCHEMA("1"));
    apply(&store, KEY("a", "2"), SCHEMA("2"));
    apply(&store, KEY("a", "1"), "{'id':1,'schema':'true','deleted':true}");
    expect_versions(&store, "a", "1- 2");
    apply(&store, KEY("a", "1"), NULL);
    expect_versions(&store, "a", "2");
    apply(&store, KEY("a", "2"), NULL);
    assert_null(store_subject(&store, "a"));
    assert_int_equal(store.last_id, 2); /* ids are not given twice */
    subject_store_free(&store);
}

static void a_deleted_subject_is_one_up_to_the_version_that_its_record_names(void **state) {
    (void)state;
    struct store store = {0};
    apply(&store, KEY("a", "1"), SCHEMA("1"));
    apply(&store, KEY("a", "2"), SCHEMA("2"));
    apply(&store, KEY("a", "3"), SCHEMA("3"));
    apply(&store, "{'keytype':'DELETE_SUBJECT','subject':'a','magic':0}", "{'subject':'a','version':2}");
    expect_versions(&store, "a", "1- 2- 3");
    apply(&store, "{'keytype':'DELETE_SUBJECT','subject':'a','magic':0}", NULL);
    expect_versions(&store, "a", "1- 2- 3");
    subject_store_free(&store);
}

static void clearing_takes_away_what_is_deleted_of_one_subject_or_of_all(void **state) {
    (void)state;
    struct store store = {0};
    apply(&store, KEY("a", "1"), "{'id':1,'schema':'true','deleted':true}");
    apply(&store, KEY("a", "2"), SCHEMA("2"));
    apply(&store, KEY("b", "1"), "{'id':3,'schema':'true','deleted':true}");
    apply(&store, KEY("c", "1"), "{'id':4,'schema':'true','deleted':true}");
    apply(&store, "{'keytype':'CLEAR_SUBJECT','magic':0}", "{}"); /* of whom? */
    apply(&store, CLEAR("'a'"), NULL);
    expect_versions(&store, "a", "1- 2");
    apply(&store, CLEAR("'a'"), "{'subject':'a'}");
    expect_versions(&store, "a", "2");
    expect_versions(&store, "b", "1-");
    apply(&store, CLEAR("null"), "{'subject':null}");
    expect_versions(&store, "a", "2");
    assert_null(store_subject(&store, "b"));
    assert_null(store_subject(&store, "c"));
    subject_store_free(&store);
}

static void levels_and_modes_come_and_go_and_a_subjects_goes_first(void **state) {
    (void)state;
    struct store store = {0};
    assert_string_equal(store_level(&store, "a"), "BACKWARD");
    assert_string_equal(store_mode(&store, "a"), "READWRITE");
    apply(&store, "{'keytype':'CONFIG','subject':null,'magic':0}", "{'compatibilityLevel':'NONE'}");
    apply(&store, "{'keytype':'CONFIG','subject':'a','magic':0}", "{'compatibilityLevel':'FULL'}");
    apply(&store, "{'keytype':'MODE','subject':null,'magic':0}", "{'mode':'READONLY'}");
    apply(&store, "{'keytype':'MODE','subject':'a','magic':0}", "{'mode':'IMPORT'}");
    assert_string_equal(store_level(&store, "a"), "FULL");
    assert_string_equal(store_level(&store, "b"), "NONE");
    assert_string_equal(store_mode(&store, "a"), "IMPORT");
    assert_string_equal(store_mode(&store, "b"), "READONLY");
    apply(&store, "{'keytype':'CONFIG','subject':'a','magic':0}", NULL);
    apply(&store, "{'keytype':'MODE','subject':'a','magic':0}", NULL);
    assert_string_equal(store_level(&store, "a"), "NONE");
    assert_string_equal(store_mode(&store, "a"), "READONLY");
    assert_null(store_subject(&store, "a")); /* there is nothing else of it */
    apply(&store, "{'keytype':'CONFIG','subject':null,'magic':0}", NULL);
    apply(&store, "{'keytype':'MODE','subject':null,'magic':0}", NULL);
    assert_string_equal(store_level(&store, NULL), "BACKWARD");
    assert_string_equal(store_mode(&store, NULL), "READWRITE");
    subject_store_free(&store);
}

static void what_is_not_understood_changes_nothing(void **state) {
    (void)state;
    struct store store = {0};
    apply(&store, KEY("a", "1"), SCHEMA("1"));
    static const char *const records[][2] = {
        {"no json", "{}"},
        {"", NULL},
        {"{'keytype':'CONTEXT','tenant':'default','context':'.x','magic':0}", "{}"},
        {"{'keytype':'NOOP','magic':0}", NULL},
        {"{'magic':0}", "{}"},
        {KEY("a", "1"), "no json"}, /* no tombstone */
        {KEY("a", "1"), "[]"},
        {KEY("a", "0"), SCHEMA("2")},
        {KEY("a", "-1"), SCHEMA("2")},
        {KEY("a", "2147483648"), SCHEMA("2")},
        {KEY("a", "2"), SCHEMA("0")},
        {KEY("a", "2"), SCHEMA("2147483648")},
        {KEY("a", "2"), "{'id':2}"},
        {"{'keytype':'SCHEMA','version':2,'magic':1}", SCHEMA("2")},
        {"{'keytype':'DELETE_SUBJECT','magic':0}", "{'version':1}"},
    };
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        apply(&store, records[i][0], records[i][1]);
        expect_versions(&store, "a", "1");
        assert_int_equal(store.subjects.count, 1);
    }
    assert_int_equal(store.last_id, 1);
    subject_store_free(&store);
}

static void a_record_has_a_type_references_and_what_is_kept_for_clients(void **state) {
    (void)state;
    struct store store = {0};
    apply(&store, KEY("a", "1"),
          "{'id':1,'schema':'true','schemaType':'JSON','references':[{'name':'n','subject':'s','version':2}],"
          "'metadata':{'tags':{}},'ruleSet':null}");
    apply(&store, KEY("a", "2"), SCHEMA("2"));
    const struct stored_schema *one = store_by_id(&store, 1), *two = store_by_id(&store, 2);
    assert_string_equal(one->type, "JSON");
    assert_string_equal(one->references, "[{\"name\":\"n\",\"subject\":\"s\",\"version\":2}]");
    assert_string_equal(one->extras, "\"metadata\":{\"tags\":{}}");
    assert_string_equal(two->type, "AVRO");
    assert_string_equal(two->references, "");
    subject_store_free(&store);
}

static void records_are_written_as_other_registries_read_them(void **state) {
    (void)state;
    struct text key = TEXT_EMPTY, value = TEXT_EMPTY;
    char type[] = "JSON", schema_text[] = "true", none[] = "";
    const struct stored_schema schema = {
        .id = 5, .version = 2, .type = type, .text = schema_text, .references = none, .extras = none};
    record_schema_key(&key, "a", 2);
    record_schema(&value, "a", &schema);
    assert_string_equal(text_string(&key), "{\"keytype\":\"SCHEMA\",\"subject\":\"a\",\"version\":2,\"magic\":1}");
    assert_string_equal(text_string(&value), "{\"subject\":\"a\",\"version\":2,\"id\":5,\"schemaType\":\"JSON\","
                                             "\"schema\":\"true\",\"deleted\":false}");
    text_clear(&key);
    text_clear(&value);
    record_delete_subject(&key, &value, "a", 2);
    assert_string_equal(text_string(&key), "{\"keytype\":\"DELETE_SUBJECT\",\"subject\":\"a\",\"magic\":0}");
    assert_string_equal(text_string(&value), "{\"subject\":\"a\",\"version\":2}");
    text_clear(&key);
    text_clear(&value);
    record_clear_subject(&key, &value, NULL);
    assert_string_equal(text_string(&key), "{\"keytype\":\"CLEAR_SUBJECT\",\"subject\":null,\"magic\":0}");
    assert_string_equal(text_string(&value), "{\"subject\":null}");
    text_clear(&key);
    text_clear(&value);
    record_setting_key(&key, "MODE", NULL);
    record_setting(&value, "mode", "READONLY");
    assert_string_equal(text_string(&key), "{\"keytype\":\"MODE\",\"subject\":null,\"magic\":0}");
    assert_string_equal(text_string(&value), "{\"mode\":\"READONLY\"}");
    text_free(&key);
    text_free(&value);
}

/* --- what another registry left, beside a schema that comes in --- */

static void read_candidate(struct candidate *candidate, const struct store *store, const char *body) {
    struct http_reply reply = {.status = 200};
    if (!candidate_read(candidate, store, view_of(body), &reply))
        fail_msg("%s", text_string(&reply.body));
    text_free(&reply.body);
}

static void a_level_that_nobody_knows_is_the_default(void **state) {
    (void)state;
    struct store store = {0};
    struct candidate candidate = {0};
    struct text reasons = TEXT_EMPTY;
    apply(&store, KEY("a", "1"), "{'id':1,'schema':'\\'int\\''}");
    read_candidate(&candidate, &store, "{\"schema\":\"\\\"string\\\"\"}");
    assert_false(compatible(&store, "SIDEWAYS", store_subject(&store, "a"), &candidate, NULL, &reasons));
    assert_non_null(strstr(text_string(&reasons), "TYPE_MISMATCH: int was written"));
    candidate_free(&candidate);
    text_free(&reasons);
    subject_store_free(&store);
}

static void a_protobuf_text_of_another_registry_is_the_one_that_it_says(void **state) {
    (void)state;
    struct store store = {0};
    struct candidate candidate = {0};
    apply(&store, KEY("a", "1"),
          "{'id':1,'schemaType':'PROTOBUF','schema':'syntax = \\'proto3\\';  message A {int32 a = 1;} // theirs'}");
    read_candidate(&candidate, &store,
                   "{\"schemaType\":\"PROTOBUF\",\"schema\":\"syntax=\\\"proto3\\\"; message A { int32 a = 1; }\"}");
    assert_true(candidate_same(&candidate, store_by_id(&store, 1), true));
    assert_false(candidate_same(&candidate, store_by_id(&store, 1), false));
    candidate_free(&candidate);
    subject_store_free(&store);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_are_in_order_whatever_order_they_come_in),
        cmocka_unit_test(the_last_record_of_a_version_counts_and_a_tombstone_ends_it),
        cmocka_unit_test(a_deleted_subject_is_one_up_to_the_version_that_its_record_names),
        cmocka_unit_test(clearing_takes_away_what_is_deleted_of_one_subject_or_of_all),
        cmocka_unit_test(levels_and_modes_come_and_go_and_a_subjects_goes_first),
        cmocka_unit_test(what_is_not_understood_changes_nothing),
        cmocka_unit_test(a_record_has_a_type_references_and_what_is_kept_for_clients),
        cmocka_unit_test(records_are_written_as_other_registries_read_them),
        cmocka_unit_test(a_level_that_nobody_knows_is_the_default),
        cmocka_unit_test(a_protobuf_text_of_another_registry_is_the_one_that_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
