#include "client/connect.h"

#include "unit/client/fake_service.h"

static struct connect_client *client_on(struct fake *fake) {
    struct connect_client *client = connect_client_new(fake->profile, fake->http, &fake->error);
    assert_non_null(client);
    return client;
}

static struct properties *config_of_customers(void) {
    struct properties *config = properties_new();
    properties_set(config, "connector.class", "datagen");
    properties_set(config, "quickstart", "customers");
    return config;
}

static void connectors_come_with_their_tasks_class_and_trace(void **state) {
    struct fake *fake = *state;
    fake_on(fake, "GET", "/connectors", 200,
            "{\"CDC_Postgresql\":{\"info\":{\"name\":\"CDC_Postgresql\",\"config\":{\"connector.class\":\"datagen\"},"
            "\"tasks\":[],\"type\":\"source\"},\"status\":{\"name\":\"CDC_Postgresql\",\"connector\":{\"state\":"
            "\"RUNNING\","
            "\"worker_id\":\"w\"},\"tasks\":[{\"id\":0,\"state\":\"FAILED\",\"worker_id\":\"w\",\"trace\":\"boom\"}],"
            "\"type\":\"source\"}},\"new\":{\"status\":{}}}");
    struct connect_client *client = client_on(fake);
    struct connect_connector *connectors;
    size_t count;
    assert_int_equal(connect_client_list(client, &connectors, &count, &fake->error), 0);
    fake_expect(fake, "GET", "/connectors", "");
    assert_true(strcmp(text_string(&fake->expand), "status") == 0 || strcmp(text_string(&fake->expand), "info") == 0);
    assert_int_equal(count, 2);
    const struct connect_connector *cdc = &connectors[strcmp(connectors[0].name, "new") == 0 ? 1 : 0];
    const struct connect_connector *new = &connectors[strcmp(connectors[0].name, "new") == 0 ? 0 : 1];
    assert_string_equal(cdc->name, "CDC_Postgresql");
    assert_string_equal(cdc->state, "RUNNING");
    assert_null(cdc->trace);
    assert_string_equal(cdc->class_name, "datagen");
    assert_string_equal(cdc->type, "source");
    assert_int_equal(cdc->task_count, 1);
    assert_string_equal(cdc->tasks[0].state, "FAILED");
    assert_string_equal(cdc->tasks[0].trace, "boom");
    assert_string_equal(new->state, "UNASSIGNED");
    assert_int_equal(new->task_count, 0);
    connect_connectors_free(connectors, count);
    connect_client_free(client);
}

static void a_connector_is_created_with_its_settings_as_strings(void **state) {
    struct fake *fake = *state;
    fake_on(fake, "POST", "/connectors", 201, "{\"name\":\"C\",\"config\":{},\"tasks\":[],\"type\":\"source\"}");
    struct connect_client *client = client_on(fake);
    struct properties *config = config_of_customers();
    assert_int_equal(connect_client_create(client, "C", config, &fake->error), 0);
    fake_expect(fake, "POST", "/connectors",
                "{\"name\":\"C\",\"config\":{\"connector.class\":\"datagen\",\"quickstart\":\"customers\"}}");
    assert_string_equal(text_string(&fake->content_type), "application/json");
    properties_free(config);
    connect_client_free(client);
}

static void a_name_that_is_taken_and_a_worker_that_is_busy_are_told_apart(void **state) {
    struct fake *fake = *state;
    struct connect_client *client = client_on(fake);
    struct properties *config = config_of_customers();
    fake_on(fake, "POST", "/connectors", 409, "{\"error_code\":409,\"message\":\"Connector C already exists\"}");
    assert_int_equal(connect_client_create(client, "C", config, &fake->error), -1);
    assert_int_equal(fake->error.code, ERROR_EXISTS);
    assert_string_equal(fake->error.message, "Connector C already exists");
    fake_forget(fake);
    fake_on(fake, "POST", "/connectors", 409,
            "{\"error_code\":409,\"message\":\"Cannot complete request momentarily due to stale configuration\"}");
    assert_int_equal(connect_client_create(client, "C", config, &fake->error), -1);
    assert_int_equal(fake->error.code, ERROR_BUSY);
    assert_true(fake->error.retriable);
    fake_forget(fake);
    fake_on(fake, "POST", "/connectors", 400, "{\"error_code\":400,\"message\":\"Failed to find any class\"}");
    assert_int_equal(connect_client_create(client, "C", config, &fake->error), -1);
    assert_int_equal(fake->error.code, ERROR_INVALID);
    properties_free(config);
    connect_client_free(client);
}

static void pause_resume_restart_and_delete_go_to_their_paths(void **state) {
    struct fake *fake = *state;
    fake_on(fake, "PUT", "/connectors/C D/pause", 202, "");
    fake_on(fake, "PUT", "/connectors/C D/resume", 202, "");
    fake_on(fake, "POST", "/connectors/C D/restart", 202, "{}");
    fake_on(fake, "DELETE", "/connectors/C D", 204, "");
    struct connect_client *client = client_on(fake);
    assert_int_equal(connect_client_pause(client, "C D", &fake->error), 0);
    fake_expect(fake, "PUT", "/connectors/C D/pause", "");
    assert_int_equal(connect_client_resume(client, "C D", &fake->error), 0);
    fake_expect(fake, "PUT", "/connectors/C D/resume", "");
    assert_int_equal(connect_client_restart(client, "C D", &fake->error), 0);
    fake_expect(fake, "POST", "/connectors/C D/restart", "");
    assert_string_equal(text_string(&fake->include_tasks), "true");
    assert_int_equal(connect_client_delete(client, "C D", &fake->error), 0);
    fake_expect(fake, "DELETE", "/connectors/C D", "");
    connect_client_free(client);
}

static void a_missing_connector_is_not_found_in_connects_words(void **state) {
    struct fake *fake = *state;
    fake_on(fake, "DELETE", "/connectors/nope", 404, "{\"error_code\":404,\"message\":\"Connector nope not found\"}");
    struct connect_client *client = client_on(fake);
    assert_int_equal(connect_client_delete(client, "nope", &fake->error), -1);
    assert_int_equal(fake->error.code, ERROR_NOT_FOUND);
    assert_string_equal(fake->error.message, "Connector nope not found");
    connect_client_free(client);
}

static void validation_names_the_first_wrong_setting(void **state) {
    struct fake *fake = *state;
    struct connect_client *client = client_on(fake);
    struct properties *config = config_of_customers();
    static const char path[] = "/connector-plugins/datagen/config/validate";
    fake_on(fake, "PUT", path, 200,
            "{\"name\":\"datagen\",\"error_count\":2,\"configs\":[{\"value\":{\"name\":\"seed\",\"errors\":[]}},"
            "{\"value\":{\"name\":\"count\",\"errors\":[\"must be a number\"]}},"
            "{\"value\":{\"name\":\"topic\",\"errors\":[\"is empty\"]}}]}");
    assert_int_equal(connect_client_validate(client, "datagen", config, &fake->error), -1);
    assert_int_equal(fake->error.code, ERROR_INVALID);
    assert_string_equal(fake->error.message, "count: must be a number");
    fake_expect(fake, "PUT", path, "{\"connector.class\":\"datagen\",\"quickstart\":\"customers\"}");
    fake_forget(fake);
    fake_on(fake, "PUT", path, 200, "{\"name\":\"datagen\",\"error_count\":0,\"configs\":[]}");
    assert_int_equal(connect_client_validate(client, "datagen", config, &fake->error), 0);
    properties_free(config);
    connect_client_free(client);
}

static void garbage_and_refusals_are_errors_in_every_call(void **state) {
    struct fake *fake = *state;
    struct connect_client *client = client_on(fake);
    struct properties *config = config_of_customers();
    struct connect_connector *connectors;
    size_t count;
    int64_t latency;
    static const char *const bodies[] = {"", "<html>", "[]", "7"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        fake_forget(fake);
        fake_on(fake, "GET", "/connectors", 200, bodies[i]);
        fake_on(fake, "PUT", "/connector-plugins/datagen/config/validate", 200, bodies[i]);
        assert_int_equal(connect_client_list(client, &connectors, &count, &fake->error), -1);
        assert_int_equal(fake->error.code, ERROR_CORRUPT);
        assert_int_equal(connect_client_validate(client, "datagen", config, &fake->error), -1);
        assert_int_equal(fake->error.code, ERROR_CORRUPT);
    }
    fake_forget(fake);
    fake_on(fake, "GET", "/", 401, "{\"message\":\"no\"}");
    assert_int_equal(connect_client_ping(client, &latency, &fake->error), -1);
    assert_int_equal(fake->error.code, ERROR_DENIED);
    fake_forget(fake);
    fake_on(fake, "GET", "/", 200, "{\"version\":\"3.9.2\"}");
    assert_int_equal(connect_client_ping(client, &latency, &fake->error), 0);
    assert_true(latency > 0);
    properties_free(config);
    connect_client_free(client);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_start, fake_stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(connectors_come_with_their_tasks_class_and_trace),
        TEST(a_connector_is_created_with_its_settings_as_strings),
        TEST(a_name_that_is_taken_and_a_worker_that_is_busy_are_told_apart),
        TEST(pause_resume_restart_and_delete_go_to_their_paths),
        TEST(a_missing_connector_is_not_found_in_connects_words),
        TEST(validation_names_the_first_wrong_setting),
        TEST(garbage_and_refusals_are_errors_in_every_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
