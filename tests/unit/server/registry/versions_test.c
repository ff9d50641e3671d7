/* Versions and ids as they come, are deleted and are brought by an import; levels and modes beside them. */
#include "unit/server/registry/scene.h"

#include "client/journal.h"

static void a_version_that_is_deleted_is_seen_by_those_who_ask_for_it(void **state) {
    struct scene *scene = *state;
    registered(scene, "seen-value", CUST);
    registered(scene, "seen-value", CUST_MORE);
    expect(scene, "DELETE", "/subjects/seen-value/versions/2", NULL, 200, "2");
    expect(scene, "GET", "/subjects/seen-value/versions/latest", NULL, 200, NULL);
    assert_non_null(strstr(text_string(&scene->answer.body), "\"version\":1,"));
    expect(scene, "GET", "/subjects/seen-value/versions/latest?deleted=true", NULL, 200, NULL);
    assert_non_null(strstr(text_string(&scene->answer.body), "\"version\":2,"));
    expect(scene, "GET", "/subjects/seen-value/versions", NULL, 200, "[1]");
    expect(scene, "GET", "/subjects/seen-value/versions?deleted=TRUE", NULL, 200, "[1,2]");
    expect(scene, "GET", "/subjects/seen-value/versions?deleted=no", NULL, 200, "[1]");
    expect_fault(scene, "GET", "/subjects/seen-value/versions/2/schema", NULL, 404, 40402, "Version 2 not found.");
    expect(scene, "GET", "/subjects/seen-value/versions/2/schema?deleted=true", NULL, 200, NULL);
    expect_fault(scene, "GET", "/subjects/seen-value/versions/2/referencedby", NULL, 404, 40402, "Version 2");
    expect_fault(scene, "GET", "/subjects/seen-value/versions/2147483648", NULL, 422, 42202, "not a valid version");
    expect_fault(scene, "GET", "/subjects/seen-value/versions/0", NULL, 422, 42202, "not a valid version");
    expect(scene, "DELETE", "/subjects/seen-value", NULL, 200, "[1]"); /* what went before goes not again */
}

static void the_latest_version_is_deleted_by_either_of_its_names(void **state) {
    struct scene *scene = *state;
    registered(scene, "minus-value", CUST);
    registered(scene, "minus-value", CUST_MORE);
    expect(scene, "DELETE", "/subjects/minus-value/versions/-1", NULL, 200, "2");
    expect(scene, "DELETE", "/subjects/minus-value/versions/-1", NULL, 200, "1");
}

static void with_its_last_version_a_subject_loses_level_and_mode(void **state) {
    struct scene *scene = *state;
    registered(scene, "last-version", CUST);
    registered(scene, "last-version", CUST_MORE);
    expect(scene, "PUT", "/config/last-version", "{\"compatibility\":\"FULL\"}", 200, NULL);
    expect(scene, "PUT", "/mode/last-version", "{\"mode\":\"READWRITE\"}", 200, NULL);
    expect(scene, "DELETE", "/subjects/last-version/versions/1", NULL, 200, "1");
    expect(scene, "GET", "/config/last-version", NULL, 200, "{\"compatibilityLevel\":\"FULL\"}");
    expect(scene, "DELETE", "/subjects/last-version/versions/2", NULL, 200, "2");
    expect_fault(scene, "GET", "/config/last-version", NULL, 404, 40408, "does not have");
    expect_fault(scene, "GET", "/mode/last-version", NULL, 404, 40409, "does not have");
}

static void who_uses_an_id_is_told_once_and_of_deleted_ones_when_asked(void **state) {
    struct scene *scene = *state;
    char path[80];
    const char *schema = "{\"schema\":\"{\\\"type\\\":\\\"fixed\\\",\\\"name\\\":\\\"U\\\",\\\"size\\\":3}\"}";
    int id = registered(scene, "uses-a", schema);
    registered(scene, "uses-b", schema);
    snprintf(path, sizeof path, "/schemas/ids/%d/subjects", id);
    expect(scene, "GET", path, NULL, 200, "[\"uses-a\",\"uses-b\"]");
    expect(scene, "DELETE", "/subjects/uses-b", NULL, 200, "[1]");
    expect(scene, "GET", path, NULL, 200, "[\"uses-a\"]");
    snprintf(path, sizeof path, "/schemas/ids/%d/versions?deleted=true", id);
    expect(scene, "GET", path, NULL, 200,
           "[{\"subject\":\"uses-a\",\"version\":1},{\"subject\":\"uses-b\",\"version\":1}]");
    snprintf(path, sizeof path, "/schemas/ids/%d/versions", id);
    expect(scene, "GET", path, NULL, 200, "[{\"subject\":\"uses-a\",\"version\":1}]");
    snprintf(path, sizeof path, "/schemas/ids/%d/subjects?subject=uses-b&deleted=true", id);
    expect(scene, "GET", path, NULL, 200, "[\"uses-b\"]");
    snprintf(path, sizeof path, "/schemas/ids/%d/schema", id);
    expect(scene, "GET", path, NULL, 200, "{\"type\":\"fixed\",\"name\":\"U\",\"size\":3}");
    /* an import may bring it as two versions of one subject */
    expect(scene, "PUT", "/mode/uses-twice", "{\"mode\":\"IMPORT\"}", 200, NULL);
    for (int version = 1; version <= 2; version++) {
        struct text body = TEXT_EMPTY;
        text_append(&body, (struct view){CUST_MUST, sizeof CUST_MUST - 2});
        text_append_format(&body, ",\"id\":600%d,\"version\":%d}", version, version);
        registered(scene, "uses-twice", text_string(&body));
        text_free(&body);
    }
    expect(scene, "GET", "/schemas/ids/6001/subjects", NULL, 200, "[\"uses-twice\"]");
    expect(scene, "GET", "/schemas/ids/6002/versions", NULL, 200, "[{\"subject\":\"uses-twice\",\"version\":2}]");
}

static void a_setting_that_is_none_is_refused(void **state) {
    struct scene *scene = *state;
    expect_fault(scene, "PUT", "/config/no-setting", "{}", 422, 42203, "Invalid compatibility level");
    expect_fault(scene, "PUT", "/config/no-setting", "{\"compatibility\":7}", 422, 42203, "Invalid compatibility");
    expect_fault(scene, "PUT", "/config/no-setting", "{\"compatibility\":", 400, 400, "The body is not JSON");
    expect_fault(scene, "PUT", "/mode/no-setting", "{}", 422, 42204, "Invalid mode");
    expect_fault(scene, "PUT", "/mode/no-setting", "", 400, 400, "The body is not JSON");
    expect_fault(scene, "DELETE", "/config/no-setting", NULL, 404, 40401, "Subject 'no-setting' not found.");
    expect_fault(scene, "DELETE", "/mode/no-setting", NULL, 404, 40401, "Subject 'no-setting' not found.");
}

static void a_read_only_subject_keeps_its_level(void **state) {
    struct scene *scene = *state;
    expect(scene, "PUT", "/config/still-value", "{\"compatibility\":\"FULL\"}", 200, NULL);
    expect(scene, "PUT", "/mode/still-value", "{\"mode\":\"READONLY\"}", 200, NULL);
    expect_fault(scene, "PUT", "/config/still-value", "{\"compatibility\":\"NONE\"}", 422, 42205, "read-only mode");
    expect_fault(scene, "DELETE", "/config/still-value", NULL, 422, 42205, "Subject still-value is in read-only mode");
    expect(scene, "GET", "/config/still-value", NULL, 200, "{\"compatibilityLevel\":\"FULL\"}");
    expect(scene, "PUT", "/mode/still-value", "{\"mode\":\"READWRITE\"}", 200, NULL); /* it can be left */
    expect(scene, "PUT", "/config/still-value", "{\"compatibility\":\"NONE\"}", 200, NULL);
    expect(scene, "DELETE", "/config/still-value", NULL, 200, "{\"compatibilityLevel\":\"NONE\"}");
    expect(scene, "PUT", "/mode", "{\"mode\":\"READONLY\"}", 200, NULL);
    expect_fault(scene, "PUT", "/config", "{\"compatibility\":\"NONE\"}", 422, 42205, "read-only mode");
    expect(scene, "DELETE", "/mode", NULL, 200, NULL);
}

/* --- imports --- */

static int brought(struct scene *scene, const char *subject, const char *schema, const char *more) {
    struct text body = TEXT_EMPTY;
    text_append(&body, (struct view){schema, strlen(schema) - 1});
    text_append_format(&body, ",%s}", more);
    int id = registered(scene, subject, text_string(&body));
    text_free(&body);
    return id;
}

static void expect_not_brought(struct scene *scene, const char *subject, const char *schema, const char *more,
                               int status, int code, const char *words) {
    struct text body = TEXT_EMPTY;
    char path[80];
    snprintf(path, sizeof path, "/subjects/%s/versions", subject);
    text_append(&body, (struct view){schema, strlen(schema) - 1});
    text_append_format(&body, ",%s}", more);
    expect_fault(scene, "POST", path, text_string(&body), status, code, words);
    text_free(&body);
}

#define FIXED(size) "{\"schema\":\"{\\\"type\\\":\\\"fixed\\\",\\\"name\\\":\\\"I\\\",\\\"size\\\":" size "}\"}"

static void an_id_is_of_one_schema_and_may_be_brought_to_many_subjects(void **state) {
    struct scene *scene = *state;
    expect(scene, "PUT", "/mode/import-a", "{\"mode\":\"IMPORT\"}", 200, NULL);
    expect(scene, "PUT", "/mode/import-b", "{\"mode\":\"IMPORT\"}", 200, NULL);
    assert_int_equal(brought(scene, "import-a", FIXED("1"), "\"id\":7001"), 7001);
    assert_int_equal(brought(scene, "import-b", FIXED("1"), "\"id\":7001"), 7001);
    assert_int_equal(brought(scene, "import-b", FIXED("2"), "\"id\":6999"), 6999); /* nothing is compared */
    expect_not_brought(scene, "import-b", FIXED("3"), "\"id\":7001", 422, 42205, "Overwrite new schema with id 7001");
    assert_int_equal(brought(scene, "import-a", FIXED("1"), "\"id\":7002"), 7002); /* and there under another id */
    expect(scene, "GET", "/subjects/import-a/versions", NULL, 200, "[1,2]");
    assert_int_equal(brought(scene, "import-a", FIXED("1"), "\"id\":7002"), 7002);
    expect(scene, "GET", "/subjects/import-a/versions", NULL, 200, "[1,2]");
    expect(scene, "PUT", "/mode/import-a", "{\"mode\":\"IMPORT\"}", 200, NULL); /* it is already */
    expect(scene, "DELETE", "/subjects/import-b/versions/2", NULL, 200, "2");
    expect_not_brought(scene, "import-b", FIXED("4"), "\"id\":7004,\"version\":2", 422, 42205, "a version 2 already");
    assert_true(registered(scene, "import-not", FIXED("5")) > 7002); /* though 6999 came last */
}

static void outside_of_an_import_neither_id_nor_version_is_taken(void **state) {
    struct scene *scene = *state;
    int id = registered(scene, "plain-value", FIXED("6"));
    char same[40];
    snprintf(same, sizeof same, "\"id\":%d", id);
    assert_int_equal(brought(scene, "plain-value", FIXED("6"), same), id); /* it is so */
    expect_not_brought(scene, "plain-value", FIXED("6"), "\"id\":8000", 422, 42205, "is not in import mode");
    expect_not_brought(scene, "plain-value", FIXED("7"), "\"id\":8000", 422, 42205, "is not in import mode");
    expect_not_brought(scene, "plain-other", FIXED("6"), "\"version\":3", 422, 42205, "is not in import mode");
    expect(scene, "GET", "/subjects/plain-value/versions", NULL, 200, "[1]");
}

static void an_import_begins_where_nothing_lives_and_clears_what_is_deleted(void **state) {
    struct scene *scene = *state;
    registered(scene, "clear-value", CUST);
    registered(scene, "clear-other", CUST);
    expect(scene, "DELETE", "/subjects/clear-other", NULL, 200, "[1]");
    expect_fault(scene, "PUT", "/mode/clear-value", "{\"mode\":\"IMPORT\"}", 422, 42205, "Cannot import since found");
    expect_fault(scene, "PUT", "/mode", "{\"mode\":\"IMPORT\"}", 422, 42205, "Cannot import since found");
    expect(scene, "DELETE", "/subjects/clear-value", NULL, 200, "[1]");
    expect(scene, "PUT", "/mode/clear-value", "{\"mode\":\"IMPORT\"}", 200, NULL);
    expect_fault(scene, "GET", "/subjects/clear-value/versions?deleted=true", NULL, 404, 40401, "not found");
    expect(scene, "GET", "/subjects/clear-other/versions?deleted=true", NULL, 200, "[1]");
    brought(scene, "clear-value", FIXED("7"), "\"id\":9001,\"version\":1");
    registry_server_stop(scene->registry);
    start(scene);
    expect(scene, "GET", "/subjects/clear-value/versions?deleted=true", NULL, 200, "[1]");
    expect(scene, "GET", "/schemas/ids/9001/versions", NULL, 200, "[{\"subject\":\"clear-value\",\"version\":1}]");
}

static void heard(void *context, const char *topic, struct view key, struct view value) {
    (void)context, (void)topic, (void)key, (void)value;
}

static void what_another_registry_wrote_is_read_at_the_start(void **state) {
    struct scene *scene = *state;
    static const char *const topics[] = {"_schemas"};
    const struct journal_options options = {
        .profile = scene->mock->profile, .topics = topics, .topic_count = 1, .apply = heard};
    registry_server_stop(scene->registry);
    struct journal *journal = journal_open(&options, &scene->error);
    assert_non_null(journal);
    for (int version = 1; version <= 2; version++) { /* one id as two versions, which ours would not write */
        struct text key = TEXT_EMPTY;
        text_append_format(&key, "{\"keytype\":\"SCHEMA\",\"subject\":\"other-value\",\"version\":%d,\"magic\":1}",
                           version);
        assert_int_equal(journal_write(journal, "_schemas", text_view(&key),
                                       VIEW("{\"subject\":\"other-value\",\"id\":9050,\"schema\":\"\\\"int\\\"\"}"),
                                       &scene->error),
                         0);
        text_free(&key);
    }
    journal_close(journal);
    start(scene);
    expect(scene, "GET", "/subjects/other-value/versions", NULL, 200, "[1,2]");
    expect(scene, "GET", "/schemas/ids/9050/subjects", NULL, 200, "[\"other-value\"]");
    expect(scene, "GET", "/schemas/ids/9050/versions", NULL, 200,
           "[{\"subject\":\"other-value\",\"version\":1},{\"subject\":\"other-value\",\"version\":2}]");
}

static void what_kafka_did_not_keep_is_not_there_and_its_id_is_not_given_again(void **state) {
    struct scene *scene = *state;
    int id = registered(scene, "kept-a", FIXED("8"));
    rd_kafka_mock_push_request_errors(scene->mock->cluster, 0 /* Produce */, 1, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    expect_fault(scene, "POST", "/subjects/kept-b/versions", FIXED("9"), 500, 50001, "could not be kept in Kafka");
    expect_fault(scene, "GET", "/subjects/kept-b/versions", NULL, 404, 40401, "not found");
    assert_int_equal(registered(scene, "kept-b", FIXED("10")), id + 2);
}

static void when_the_last_number_is_taken_it_is_said(void **state) {
    struct scene *scene = *state;
    expect(scene, "PUT", "/mode/end-value", "{\"mode\":\"IMPORT\"}", 200, NULL);
    brought(scene, "end-value", FIXED("11"), "\"id\":9100,\"version\":2147483647");
    expect_not_brought(scene, "end-value", FIXED("12"), "\"id\":9101", 500, 50001, "The last version is taken");
    brought(scene, "end-other", FIXED("12"), "\"id\":-1"); /* elsewhere there are versions left */
    expect(scene, "PUT", "/mode/end-third", "{\"mode\":\"IMPORT\"}", 200, NULL);
    brought(scene, "end-third", FIXED("13"), "\"id\":2147483647");
    expect_fault(scene, "POST", "/subjects/end-fourth/versions", FIXED("14"), 500, 50001, "The last id is taken");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_version_that_is_deleted_is_seen_by_those_who_ask_for_it),
        cmocka_unit_test(the_latest_version_is_deleted_by_either_of_its_names),
        cmocka_unit_test(with_its_last_version_a_subject_loses_level_and_mode),
        cmocka_unit_test(who_uses_an_id_is_told_once_and_of_deleted_ones_when_asked),
        cmocka_unit_test(a_setting_that_is_none_is_refused),
        cmocka_unit_test(a_read_only_subject_keeps_its_level),
        cmocka_unit_test(an_id_is_of_one_schema_and_may_be_brought_to_many_subjects),
        cmocka_unit_test(outside_of_an_import_neither_id_nor_version_is_taken),
        cmocka_unit_test(an_import_begins_where_nothing_lives_and_clears_what_is_deleted),
        cmocka_unit_test(what_another_registry_wrote_is_read_at_the_start),
        cmocka_unit_test(what_kafka_did_not_keep_is_not_there_and_its_id_is_not_given_again),
        cmocka_unit_test(when_the_last_number_is_taken_it_is_said), /* the last: there are no ids after it */
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
