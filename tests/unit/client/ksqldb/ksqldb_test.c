#include "client/ksqldb.h"

#include "unit/client/fake_service.h"

static struct ksqldb_client *client_on(struct fake *fake) {
    struct ksqldb_client *client = ksqldb_client_new(fake->profile, fake->http, &fake->error);
    assert_non_null(client);
    return client;
}

static void info_tells_version_ids_and_status(void **state) {
    struct fake *fake = *state;
    fake_on(fake, "GET", "/info", 200,
            "{\"KsqlServerInfo\":{\"version\":\"7.4.0\",\"kafkaClusterId\":\"abc\",\"ksqlServiceId\":\"default_\","
            "\"serverStatus\":\"RUNNING\"}}");
    struct ksqldb_client *client = client_on(fake);
    struct ksqldb_info info;
    assert_int_equal(ksqldb_client_info(client, &info, &fake->error), 0);
    fake_expect(fake, "GET", "/info", "");
    assert_string_equal(info.version, "7.4.0");
    assert_string_equal(info.cluster_id, "abc");
    assert_string_equal(info.service_id, "default_");
    assert_string_equal(info.status, "RUNNING");
    assert_true(info.latency_ns > 0);
    ksqldb_client_free(client);
}

static void statements_go_out_with_their_properties_and_the_entities_come_back(void **state) {
    struct fake *fake = *state;
    static const char entities[] = "[{\"@type\":\"currentStatus\",\"commandStatus\":{\"status\":\"SUCCESS\","
                                   "\"message\":\"Stream created\"},\"warnings\":[]}]";
    fake_on(fake, "POST", "/ksql", 200, entities);
    struct ksqldb_client *client = client_on(fake);
    struct properties *properties = properties_new();
    properties_set(properties, "auto.offset.reset", "earliest");
    struct ksqldb_session session = {.properties = properties, .sequence = -1};
    struct text json = TEXT_EMPTY;
    assert_int_equal(ksqldb_client_execute(client, VIEW("CREATE STREAM \"a\";"), &session, &json, &fake->error), 0);
    fake_expect(fake, "POST", "/ksql",
                "{\"ksql\":\"CREATE STREAM \\\"a\\\";\",\"streamsProperties\":{\"auto.offset.reset\":\"earliest\"}}");
    assert_string_equal(text_string(&fake->content_type), "application/vnd.ksql.v1+json");
    assert_string_equal(text_string(&json), entities);
    assert_int_equal(ksqldb_client_execute(client, VIEW("X;"), NULL, NULL, &fake->error), 0);
    fake_expect(fake, "POST", "/ksql", "{\"ksql\":\"X;\",\"streamsProperties\":{}}");
    text_free(&json);
    properties_free(properties);
    ksqldb_client_free(client);
}

static void the_last_command_number_and_the_variables_go_out_with_the_next_statement(void **state) {
    struct fake *fake = *state;
    fake_on(fake, "POST", "/ksql", 200,
            "[{\"@type\":\"currentStatus\",\"commandStatus\":{\"status\":\"SUCCESS\"},\"commandSequenceNumber\":12},"
            "{\"@type\":\"currentStatus\",\"commandStatus\":{\"status\":\"SUCCESS\"},\"commandSequenceNumber\":-1}]");
    struct ksqldb_client *client = client_on(fake);
    struct properties *variables = properties_new();
    struct ksqldb_session session = {.variables = variables, .sequence = -1};
    assert_int_equal(ksqldb_client_execute(client, VIEW("A;"), &session, NULL, &fake->error), 0);
    fake_expect(fake, "POST", "/ksql", "{\"ksql\":\"A;\",\"streamsProperties\":{}}");
    assert_int_equal(session.sequence, 12);
    properties_set(variables, "n", "10");
    assert_int_equal(ksqldb_client_execute(client, VIEW("B;"), &session, NULL, &fake->error), 0);
    fake_expect(fake, "POST", "/ksql",
                "{\"ksql\":\"B;\",\"streamsProperties\":{},\"sessionVariables\":{\"n\":\"10\"},"
                "\"commandSequenceNumber\":12}");
    properties_free(variables);
    ksqldb_client_free(client);
}

static void a_property_that_the_server_prohibits_is_refused_in_its_words(void **state) {
    struct fake *fake = *state;
    fake_on(fake, "GET", "/is_valid_property/auto.offset.reset", 200, "true");
    fake_on(fake, "GET", "/is_valid_property/ksql.service.id", 400,
            "{\"@type\":\"generic_error\",\"error_code\":40000,\"message\":\"prohibited: [ksql.service.id]\"}");
    struct ksqldb_client *client = client_on(fake);
    assert_int_equal(ksqldb_client_check_property(client, "auto.offset.reset", &fake->error), 0);
    assert_int_equal(ksqldb_client_check_property(client, "ksql.service.id", &fake->error), -1);
    assert_int_equal(fake->error.code, ERROR_INVALID);
    assert_string_equal(fake->error.message, "prohibited: [ksql.service.id]");
    ksqldb_client_free(client);
}

static void a_refused_statement_carries_the_servers_message_and_position(void **state) {
    struct fake *fake = *state;
    static const struct {
        const char *body, *message;
        int line, column;
    } rows[] = {
        {"{\"@type\":\"statement_error\",\"error_code\":40001,\"message\":\"line 2:7: Syntax Error\\nExpecting "
         "{',', 'FROM'}\",\"statementText\":\"SELECT\",\"entities\":[]}",
         "line 2:7: Syntax Error\nExpecting {',', 'FROM'}", 2, 7},
        {"{\"@type\":\"statement_error\",\"error_code\":40001,\"message\":\"Could not determine output schema for "
         "query "
         "due to error: Line: 3, Col: 15: JOIN ON column 'T.CUSTOMER_ID' cannot be resolved.\"}",
         "Could not determine output schema for query due to error: Line: 3, Col: 15: JOIN ON column 'T.CUSTOMER_ID' "
         "cannot be resolved.",
         3, 15},
        {"{\"@type\":\"generic_error\",\"error_code\":40000,\"message\":\"offline line for no reason\"}",
         "offline line for no reason", 0, 0},
    };
    struct ksqldb_client *client = client_on(fake);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fake_forget(fake);
        error_clear(&fake->error);
        fake_on(fake, "POST", "/ksql", 400, rows[i].body);
        assert_int_equal(ksqldb_client_execute(client, VIEW("S;"), NULL, NULL, &fake->error), -1);
        assert_int_equal(fake->error.code, ERROR_INVALID);
        assert_string_equal(fake->error.message, rows[i].message);
        assert_int_equal(fake->error.line, rows[i].line);
        assert_int_equal(fake->error.column, rows[i].column);
    }
    ksqldb_client_free(client);
}

static void a_command_that_failed_later_is_an_error_too(void **state) {
    struct fake *fake = *state;
    fake_on(fake, "POST", "/ksql", 200,
            "[{\"@type\":\"currentStatus\",\"commandStatus\":{\"status\":\"ERROR\",\"message\":\"Topic is gone\"}}]");
    struct ksqldb_client *client = client_on(fake);
    struct text json = TEXT_EMPTY;
    assert_int_equal(ksqldb_client_execute(client, VIEW("S;"), NULL, &json, &fake->error), -1);
    assert_int_equal(fake->error.code, ERROR_INVALID);
    assert_string_equal(fake->error.message, "Topic is gone");
    assert_true(json.size > 0);
    text_free(&json);
    ksqldb_client_free(client);
}

static void streams_and_tables_come_in_one_list(void **state) {
    struct fake *fake = *state;
    fake_on(fake, "POST", "/ksql", 200,
            "[{\"@type\":\"streams\",\"streams\":[{\"type\":\"STREAM\",\"name\":\"TRANSACTIONS\",\"topic\":"
            "\"transactions\","
            "\"keyFormat\":\"KAFKA\",\"valueFormat\":\"JSON_SR\",\"isWindowed\":false}]},"
            "{\"@type\":\"tables\",\"tables\":[{\"type\":\"TABLE\",\"name\":\"FEATURE_SET\",\"topic\":\"FEATURE_SET\","
            "\"keyFormat\":\"AVRO\",\"valueFormat\":\"JSON_SR\",\"isWindowed\":true}]}]");
    struct ksqldb_client *client = client_on(fake);
    struct ksqldb_source *sources;
    size_t count;
    assert_int_equal(ksqldb_client_sources(client, &sources, &count, &fake->error), 0);
    fake_expect(fake, "POST", "/ksql", "{\"ksql\":\"LIST STREAMS; LIST TABLES;\",\"streamsProperties\":{}}");
    assert_int_equal(count, 2);
    assert_string_equal(sources[0].name, "TRANSACTIONS");
    assert_string_equal(sources[0].topic, "transactions");
    assert_false(sources[0].is_table);
    assert_string_equal(sources[1].key_format, "AVRO");
    assert_string_equal(sources[1].value_format, "JSON_SR");
    assert_true(sources[1].is_table);
    assert_true(sources[1].is_windowed);
    ksqldb_sources_free(sources, count);
    ksqldb_client_free(client);
}

static void queries_come_with_their_state_and_sink(void **state) {
    struct fake *fake = *state;
    fake_on(
        fake, "POST", "/ksql", 200,
        "[{\"@type\":\"queries\",\"queries\":[{\"queryString\":\"CREATE ...\",\"sinks\":[\"FEATURE_SET\"],"
        "\"sinkKafkaTopics\":[\"FEATURE_SET\"],\"id\":\"CTAS_FEATURE_SET_11\",\"statusCount\":{\"RUNNING\":1},"
        "\"queryType\":\"PERSISTENT\",\"state\":\"RUNNING\"},{\"queryString\":\"SELECT\",\"sinks\":[],\"id\":\"t_1\","
        "\"statusCount\":{\"RUNNING\":1,\"ERROR\":1},\"queryType\":\"PUSH\"}]}]");
    struct ksqldb_client *client = client_on(fake);
    struct ksqldb_query *queries;
    size_t count;
    assert_int_equal(ksqldb_client_queries(client, &queries, &count, &fake->error), 0);
    assert_int_equal(count, 2);
    assert_string_equal(queries[0].id, "CTAS_FEATURE_SET_11");
    assert_string_equal(queries[0].state, "RUNNING");
    assert_string_equal(queries[0].sink, "FEATURE_SET");
    assert_false(queries[0].is_push);
    assert_string_equal(queries[1].state, "ERROR");
    assert_string_equal(queries[1].sink, "");
    assert_true(queries[1].is_push);
    ksqldb_queries_free(queries, count);
    ksqldb_client_free(client);
}

static void garbage_is_an_error_in_every_call(void **state) {
    struct fake *fake = *state;
    static const char *const bodies[] = {"", "<html>", "{", "7", "{}"};
    struct ksqldb_client *client = client_on(fake);
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct ksqldb_info info;
        struct ksqldb_source *sources;
        struct ksqldb_query *queries;
        size_t count;
        fake_forget(fake);
        fake_on(fake, "GET", "/info", 200, bodies[i]);
        fake_on(fake, "POST", "/ksql", 200, bodies[i]);
        assert_int_equal(ksqldb_client_info(client, &info, &fake->error), -1);
        assert_int_equal(fake->error.code, ERROR_CORRUPT);
        assert_int_equal(ksqldb_client_execute(client, VIEW("S;"), NULL, NULL, &fake->error), -1);
        assert_int_equal(ksqldb_client_sources(client, &sources, &count, &fake->error), -1);
        assert_int_equal(ksqldb_client_queries(client, &queries, &count, &fake->error), -1);
        assert_int_equal(fake->error.code, ERROR_CORRUPT);
    }
    ksqldb_client_free(client);
}

static void rows_of_the_wrong_shape_are_left_out_or_empty(void **state) {
    struct fake *fake = *state;
    fake_on(fake, "POST", "/ksql", 200, "[{\"streams\":[7,{\"name\":5}]},{\"queries\":\"x\"},null]");
    struct ksqldb_client *client = client_on(fake);
    struct ksqldb_source *sources;
    struct ksqldb_query *queries;
    size_t count;
    assert_int_equal(ksqldb_client_sources(client, &sources, &count, &fake->error), 0);
    assert_int_equal(count, 1);
    assert_string_equal(sources[0].name, "");
    ksqldb_sources_free(sources, count);
    assert_int_equal(ksqldb_client_queries(client, &queries, &count, &fake->error), 0);
    assert_int_equal(count, 0);
    ksqldb_queries_free(queries, count);
    ksqldb_client_free(client);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_start, fake_stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(info_tells_version_ids_and_status),
        TEST(statements_go_out_with_their_properties_and_the_entities_come_back),
        TEST(the_last_command_number_and_the_variables_go_out_with_the_next_statement),
        TEST(a_property_that_the_server_prohibits_is_refused_in_its_words),
        TEST(a_refused_statement_carries_the_servers_message_and_position),
        TEST(a_command_that_failed_later_is_an_error_too),
        TEST(streams_and_tables_come_in_one_list),
        TEST(queries_come_with_their_state_and_sink),
        TEST(garbage_is_an_error_in_every_call),
        TEST(rows_of_the_wrong_shape_are_left_out_or_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
