#include "client/registry.h"

#include "foundation/base/thread.h"
#include "unit/client/fake_service.h"

static const char avro[] = "{\"type\":\"record\",\"name\":\"Cust\",\"fields\":[{\"name\":\"id\",\"type\":\"string\"}]}";
/* As a registry answers it: the schema is a string inside JSON. */
#define AVRO_IN_JSON                                                                                                   \
    "{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"Cust\\\",\\\"fields\\\":[{\\\"name\\\":\\\"id\\\",\\\"type\\\":"    \
    "\\\"string\\\"}]}"

static struct registry_client *client_on(struct fake *fake) {
    struct registry_client *client = registry_client_new(fake->profile, fake->http, &fake->error);
    assert_non_null(client);
    return client;
}

static void subjects_are_listed(void **state) {
    struct fake *fake = *state;
    fake_on(fake, "GET", "/subjects", 200, "[\"transactions-value\",\"FEATURE_SET-key\"]");
    struct registry_client *client = client_on(fake);
    char **subjects;
    size_t count;
    assert_int_equal(registry_client_subjects(client, &subjects, &count, &fake->error), 0);
    fake_expect(fake, "GET", "/subjects", "");
    assert_int_equal(count, 2);
    assert_string_equal(subjects[1], "FEATURE_SET-key");
    registry_subjects_free(subjects, count);
    registry_client_free(client);
}

static void a_ping_tells_the_latency(void **state) {
    struct fake *fake = *state;
    fake_on(fake, "GET", "/subjects", 200, "[]");
    struct registry_client *client = client_on(fake);
    int64_t latency = 0;
    assert_int_equal(registry_client_ping(client, &latency, &fake->error), 0);
    assert_true(latency > 0);
    registry_client_free(client);
}

static void the_latest_version_of_avro_has_no_type_in_the_answer(void **state) {
    struct fake *fake = *state;
    fake_on(fake, "GET", "/subjects/cust-value/versions/latest", 200,
            "{\"subject\":\"cust-value\",\"version\":2,\"id\":7,\"schema\":\"" AVRO_IN_JSON "\"}");
    struct registry_client *client = client_on(fake);
    struct registry_schema schema;
    assert_int_equal(registry_client_latest(client, "cust-value", &schema, &fake->error), 0);
    fake_expect(fake, "GET", "/subjects/cust-value/versions/latest", "");
    assert_int_equal(schema.id, 7);
    assert_int_equal(schema.version, 2);
    assert_string_equal(schema.subject, "cust-value");
    assert_string_equal(schema.type, "AVRO");
    assert_string_equal(schema.text, avro);
    registry_schema_free(&schema);
    registry_client_free(client);
}

static void a_missing_subject_is_not_found_in_the_registrys_words(void **state) {
    struct fake *fake = *state;
    fake_on(fake, "GET", "/subjects/nope/versions/latest", 404,
            "{\"error_code\":40401,\"message\":\"Subject 'nope' not found.\"}");
    struct registry_client *client = client_on(fake);
    struct registry_schema schema;
    assert_int_equal(registry_client_latest(client, "nope", &schema, &fake->error), -1);
    assert_int_equal(fake->error.code, ERROR_NOT_FOUND);
    assert_string_equal(fake->error.message, "Subject 'nope' not found.");
    assert_null(schema.text);
    registry_client_free(client);
}

static void registering_leaves_the_type_out_for_avro_and_asks_once_only(void **state) {
    struct fake *fake = *state;
    fake_on(fake, "POST", "/subjects/cust-value/versions", 200, "{\"id\":3}");
    struct registry_client *client = client_on(fake);
    int32_t id;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(registry_client_register(client, "cust-value", "AVRO", view_of(avro), &id, &fake->error), 0);
        assert_int_equal(id, 3);
    }
    assert_int_equal(fake_requests(fake), 1);
    fake_expect(fake, "POST", "/subjects/cust-value/versions", "{\"schema\":\"" AVRO_IN_JSON "\"}");
    assert_string_equal(text_string(&fake->content_type), "application/vnd.schemaregistry.v1+json");
    registry_client_free(client);
}

static void registering_json_names_its_type(void **state) {
    struct fake *fake = *state;
    fake_on(fake, "POST", "/subjects/transactions-value/versions", 200, "{\"id\":1}");
    struct registry_client *client = client_on(fake);
    int32_t id;
    assert_int_equal(registry_client_register(client, "transactions-value", "JSON", VIEW("{\"type\":\"object\"}"), &id,
                                              &fake->error),
                     0);
    fake_expect(fake, "POST", "/subjects/transactions-value/versions",
                "{\"schemaType\":\"JSON\",\"schema\":\"{\\\"type\\\":\\\"object\\\"}\"}");
    registry_client_free(client);
}

static void an_incompatible_schema_is_a_conflict_and_is_asked_again(void **state) {
    struct fake *fake = *state;
    fake_on(fake, "POST", "/subjects/s/versions", 409,
            "{\"error_code\":409,\"message\":\"Schema being registered is incompatible with an earlier schema\"}");
    struct registry_client *client = client_on(fake);
    int32_t id;
    assert_int_equal(registry_client_register(client, "s", "AVRO", view_of(avro), &id, &fake->error), -1);
    assert_int_equal(fake->error.code, ERROR_CONFLICT);
    assert_non_null(strstr(fake->error.message, "registering a schema for s: Schema being registered is incompatible"));
    fake_forget(fake);
    fake_on(fake, "POST", "/subjects/s/versions", 422, "{\"error_code\":42201,\"message\":\"Invalid schema\"}");
    assert_int_equal(registry_client_register(client, "s", "AVRO", VIEW("{"), &id, &fake->error), -1);
    assert_int_equal(fake->error.code, ERROR_INVALID);
    registry_client_free(client);
}

static void a_subject_is_deleted_softly_then_for_good_and_forgotten(void **state) {
    struct fake *fake = *state;
    fake_on(fake, "DELETE", "/subjects/a b/c-value", 200, "[1,2]");
    fake_on(fake, "POST", "/subjects/a b/c-value/versions", 200, "{\"id\":3}");
    struct registry_client *client = client_on(fake);
    int32_t id;
    assert_int_equal(registry_client_register(client, "a b/c-value", "AVRO", view_of(avro), &id, &fake->error), 0);
    assert_int_equal(registry_client_delete_subject(client, "a b/c-value", false, &fake->error), 0);
    fake_expect(fake, "DELETE", "/subjects/a b/c-value", "");
    assert_string_equal(text_string(&fake->permanent), "(none)");
    assert_int_equal(registry_client_delete_subject(client, "a b/c-value", true, &fake->error), 0);
    assert_string_equal(text_string(&fake->permanent), "true");
    size_t before = fake_requests(fake);
    assert_int_equal(registry_client_register(client, "a b/c-value", "AVRO", view_of(avro), &id, &fake->error), 0);
    assert_int_equal(fake_requests(fake), before + 1);
    registry_client_free(client);
}

static void a_schema_by_id_is_asked_for_once(void **state) {
    struct fake *fake = *state;
    fake_on(fake, "GET", "/schemas/ids/3", 200,
            "{\"schemaType\":\"JSON\",\"schema\":\"{\\\"type\\\":\\\"object\\\"}\"}");
    struct registry_client *client = client_on(fake);
    struct schema_source source = registry_client_source(client);
    struct view text, type, again;
    assert_int_equal(source.by_id(source.context, 3, &text, &type, &fake->error), 0);
    assert_true(view_equal(text, VIEW("{\"type\":\"object\"}")));
    assert_true(view_equal(type, VIEW("JSON")));
    fake_expect(fake, "GET", "/schemas/ids/3", "");
    assert_int_equal(source.by_id(source.context, 3, &again, &type, &fake->error), 0);
    assert_ptr_equal(again.data, text.data);
    assert_int_equal(fake_requests(fake), 1);
    registry_client_free(client);
}

static void an_unknown_id_is_not_asked_for_by_every_record(void **state) {
    struct fake *fake = *state;
    fake_on(fake, "GET", "/schemas/ids/99", 404, "{\"error_code\":40403,\"message\":\"Schema 99 not found\"}");
    struct registry_client *client = client_on(fake);
    struct schema_source source = registry_client_source(client);
    struct view text, type;
    for (int i = 0; i < 50; i++) {
        error_clear(&fake->error);
        assert_int_equal(source.by_id(source.context, 99, &text, &type, &fake->error), -1);
        assert_int_equal(fake->error.code, ERROR_NOT_FOUND);
        assert_string_equal(fake->error.message, "schema id 99: Schema 99 not found");
        assert_null(text.data);
    }
    assert_int_equal(fake_requests(fake), 1);
    registry_client_free(client);
}

static void a_schema_that_refers_to_others_is_refused_by_name(void **state) {
    struct fake *fake = *state;
    fake_on(fake, "GET", "/schemas/ids/4", 200,
            "{\"schema\":\"\\\"string\\\"\",\"references\":[{\"name\":\"a\",\"subject\":\"b\",\"version\":1}]}");
    struct registry_client *client = client_on(fake);
    struct schema_source source = registry_client_source(client);
    struct view text, type;
    assert_int_equal(source.by_id(source.context, 4, &text, &type, &fake->error), -1);
    assert_int_equal(fake->error.code, ERROR_UNSUPPORTED);
    registry_client_free(client);
}

static void garbage_is_an_error_in_every_call(void **state) {
    struct fake *fake = *state;
    static const char *const bodies[] = {"", "<html>", "{}", "[[]", "{\"schema\":5}", "{\"id\":\"x\"}", "{\"id\":-1}",
                                         "7"};
    struct registry_client *client = client_on(fake);
    struct schema_source source = registry_client_source(client);
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        char **subjects;
        size_t count;
        struct registry_schema schema;
        struct view text, type;
        int32_t id;
        char path[32];
        snprintf(path, sizeof path, "/schemas/ids/%zu", i + 1);
        fake_forget(fake);
        fake_on(fake, "GET", "/subjects", 200, bodies[i]);
        fake_on(fake, "GET", "/subjects/s/versions/latest", 200, bodies[i]);
        fake_on(fake, "POST", "/subjects/s/versions", 200, bodies[i]);
        fake_on(fake, "GET", path, 200, bodies[i]);
        assert_int_equal(registry_client_subjects(client, &subjects, &count, &fake->error), -1);
        assert_int_equal(registry_client_latest(client, "s", &schema, &fake->error), -1);
        assert_int_equal(registry_client_register(client, "s", "AVRO", view_of(avro), &id, &fake->error), -1);
        assert_int_equal(source.by_id(source.context, (int32_t)i + 1, &text, &type, &fake->error), -1);
        assert_int_equal(fake->error.code, ERROR_CORRUPT);
        assert_non_null(strstr(fake->error.message, "Schema Registry at http://127.0.0.1:"));
    }
    registry_client_free(client);
}

struct reader {
    struct registry_client *client;
    int failed;
};

static void *read_many(void *argument) {
    struct reader *reader = argument;
    struct schema_source source = registry_client_source(reader->client);
    for (int32_t id = 1; id <= 200; id++) {
        struct view text, type;
        if (source.by_id(source.context, 1 + id % 5, &text, &type, NULL) || text.size == 0)
            reader->failed++;
    }
    return NULL;
}

static void several_threads_share_one_cache(void **state) {
    struct fake *fake = *state;
    static const char *const paths[] = {"/schemas/ids/1", "/schemas/ids/2", "/schemas/ids/3", "/schemas/ids/4",
                                        "/schemas/ids/5"};
    for (size_t i = 0; i < 5; i++)
        fake_on(fake, "GET", paths[i], 200, "{\"schema\":\"\\\"string\\\"\"}");
    struct reader readers[4] = {0};
    pthread_t threads[4];
    struct registry_client *client = client_on(fake);
    for (int i = 0; i < 4; i++) {
        readers[i].client = client;
        threads[i] = thread_start("reader", read_many, &readers[i]);
    }
    for (int i = 0; i < 4; i++) {
        thread_join(threads[i]);
        assert_int_equal(readers[i].failed, 0);
    }
    assert_true(fake_requests(fake) <= 20);
    registry_client_free(client);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_start, fake_stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(subjects_are_listed),
        TEST(a_ping_tells_the_latency),
        TEST(the_latest_version_of_avro_has_no_type_in_the_answer),
        TEST(a_missing_subject_is_not_found_in_the_registrys_words),
        TEST(registering_leaves_the_type_out_for_avro_and_asks_once_only),
        TEST(registering_json_names_its_type),
        TEST(an_incompatible_schema_is_a_conflict_and_is_asked_again),
        TEST(a_subject_is_deleted_softly_then_for_good_and_forgotten),
        TEST(a_schema_by_id_is_asked_for_once),
        TEST(an_unknown_id_is_not_asked_for_by_every_record),
        TEST(a_schema_that_refers_to_others_is_refused_by_name),
        TEST(garbage_is_an_error_in_every_call),
        TEST(several_threads_share_one_cache),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
