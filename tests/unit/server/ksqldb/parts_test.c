/* What of the ksqlDB server needs no Kafka: media types, request bodies, error objects, properties, snapshots,
 * protobuf. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "foundation/base/file.h"
#include "foundation/base/memory.h"
#include "server/ksqldb/json.h"
#include "server/ksqldb/media.h"
#include "server/ksqldb/protobuf.h"
#include "server/ksqldb/request.h"
#include "server/ksqldb/settings.h"
#include "server/ksqldb/snapshot.h"

/* --- media types --- */

static void each_endpoint_has_a_media_type_of_its_own(void **state) {
    (void)state;
    assert_int_equal(media_choose(MEDIA_ADMIN, NULL), MEDIA_JSON);
    assert_int_equal(media_choose(MEDIA_QUERY, NULL), MEDIA_V1);
    assert_int_equal(media_choose(MEDIA_STREAM, NULL), MEDIA_DELIMITED);
    assert_int_equal(media_choose(MEDIA_QUERY, "*/*"), MEDIA_DELIMITED);
    assert_int_equal(media_choose(MEDIA_STREAM, "*/*"), MEDIA_DELIMITED);
    assert_int_equal(media_choose(MEDIA_QUERY, "application/json"), MEDIA_V1);
    assert_int_equal(media_choose(MEDIA_STREAM, "application/json"), MEDIA_JSON);
    assert_int_equal(media_choose(MEDIA_STREAM, "application/vnd.ksql.v1+protobuf"), MEDIA_PROTOBUF);
}

static void weights_decide_between_media_types(void **state) {
    (void)state;
    assert_int_equal(media_choose(MEDIA_STREAM, "application/json;q=0.5, application/vnd.ksql.v1+json"), MEDIA_V1);
    assert_int_equal(media_choose(MEDIA_STREAM, "application/vnd.ksql.v1+json; q=0.1 ,application/json ; q=0.2"),
                     MEDIA_JSON);
    assert_int_equal(media_choose(MEDIA_STREAM, "text/html, APPLICATION/JSON;q=0.1"), MEDIA_JSON);
}

static void other_media_types_are_not_acceptable(void **state) {
    (void)state;
    assert_int_equal(media_choose(MEDIA_ADMIN, "text/html"), MEDIA_NONE);
    assert_int_equal(media_choose(MEDIA_ADMIN, "application/vnd.ksqlapi.delimited.v1"), MEDIA_NONE);
    assert_int_equal(media_choose(MEDIA_QUERY, "text/plain"), MEDIA_NONE);
    assert_int_equal(media_choose(MEDIA_STREAM, "application/json;q=0"), MEDIA_NONE);
    assert_int_equal(media_choose(MEDIA_STREAM, "application/json;q=high"), MEDIA_NONE);
    assert_int_equal(media_choose(MEDIA_STREAM, ";,;;,"), MEDIA_NONE);
}

/* --- request bodies --- */

static void a_request_brings_text_properties_variables_and_a_sequence(void **state) {
    (void)state;
    struct ksql_request request;
    struct fault fault = {0};
    assert_int_equal(
        request_read(
            REQUEST_KSQL,
            VIEW("{\"ksql\":\"SHOW STREAMS;\",\"streamsProperties\":{\"a\":\"b\",\"n\":12,\"t\":true,\"z\":null},"
                 "\"sessionVariables\":{\"x\":\"1\"},\"commandSequenceNumber\":4,\"unknown\":[1]}"),
            &request, &fault),
        0);
    assert_string_equal(request.text, "SHOW STREAMS;");
    assert_string_equal(properties_get(request.properties, "a"), "b");
    assert_string_equal(properties_get(request.properties, "n"), "12");
    assert_string_equal(properties_get(request.properties, "t"), "true");
    assert_null(properties_get(request.properties, "z"));
    assert_string_equal(properties_get(request.variables, "x"), "1");
    assert_int_equal(request.sequence, 4);
    request_free(&request);
}

static void expect_refused(enum request_kind kind, const char *body, const char *part) {
    struct ksql_request request;
    struct fault fault = {0};
    assert_int_equal(request_read(kind, view_of(body), &request, &fault), -1);
    assert_int_equal(fault.code, FAULT_BAD_REQUEST);
    assert_true(fault.generic);
    if (!strstr(text_string(&fault.message), part))
        fail_msg("'%s' is not in '%s'", part, text_string(&fault.message));
    request_free(&request);
    fault_free(&fault);
}

static void bodies_that_are_no_requests_are_refused(void **state) {
    (void)state;
    expect_refused(REQUEST_KSQL, "", "the body is empty");
    expect_refused(REQUEST_KSQL, "hello", "Invalid JSON in request");
    expect_refused(REQUEST_KSQL, "[1]", "not an object");
    expect_refused(REQUEST_KSQL, "{\"ksql\":1}", "'ksql' is not a string");
    expect_refused(REQUEST_KSQL, "{\"ksql\":\"\",\"streamsProperties\":[]}", "'streamsProperties' is not an object");
    expect_refused(REQUEST_STREAM, "{\"ksql\":\"SELECT 1;\"}", "Missing required creator property 'sql'");
    expect_refused(REQUEST_CLOSE, "{}", "'queryId'");
    expect_refused(REQUEST_TERMINATE, "{\"deleteTopicList\":\"all\"}", "'deleteTopicList' is not an array");
    expect_refused(REQUEST_TERMINATE, "{\"deleteTopicList\":[1]}", "no string");
}

/* --- error objects --- */

static struct statement statement_of(enum statement_kind kind) {
    return (struct statement){.kind = kind, .written = VIEW("AS WRITTEN;")};
}

static void expect_fault(enum error_code code, const char *message, enum statement_kind kind, const char *json) {
    struct error error = {0};
    struct fault fault = {0};
    struct text out = TEXT_EMPTY;
    const struct statement statement = statement_of(kind);
    error_set(&error, code, "%s", message);
    assert_int_equal(fault_of(&fault, &error, &statement, VIEW("REWRITTEN;")), -1);
    fault_print(&out, &fault, (struct view){0});
    assert_string_equal(text_string(&out), json);
    text_free(&out);
    fault_free(&fault);
}

static void refusals_name_their_statement_unless_ksqldb_gives_none(void **state) {
    (void)state;
    expect_fault(ERROR_INVALID, "no", STATEMENT_CREATE_STREAM,
                 "{\"@type\":\"statement_error\",\"error_code\":40001,\"message\":\"no\",\"statementText\":\"REWRITTEN;"
                 "\",\"entities\":[]}");
    expect_fault(ERROR_NOT_FOUND, "Cannot insert values into an unknown stream/table: `X`", STATEMENT_INSERT_VALUES,
                 "{\"@type\":\"generic_error\",\"error_code\":40000,\"message\":\"Cannot insert values into an unknown "
                 "stream/table: `X`\"}");
    expect_fault(
        ERROR_INVALID, "Key format does not support schema.\nx", STATEMENT_CREATE_TABLE_AS,
        "{\"@type\":\"generic_error\",\"error_code\":40000,\"message\":\"Key format does not support schema.\\nx\"}");
    expect_fault(
        ERROR_INVALID, "Key format does not support schema.", STATEMENT_CREATE_TABLE,
        "{\"@type\":\"statement_error\",\"error_code\":40001,\"message\":\"Key format does not support schema.\","
        "\"statementText\":\"REWRITTEN;\",\"entities\":[]}");
    expect_fault(ERROR_TIMEOUT, "Kafka is away", STATEMENT_CREATE_STREAM,
                 "{\"@type\":\"statement_error\",\"error_code\":50000,\"message\":\"Kafka is "
                 "away\",\"statementText\":\"REWRITTEN;\",\"entities\":[]}");
}

static void a_syntax_error_on_a_query_endpoint_shows_its_line(void **state) {
    (void)state;
    struct error error = {0};
    struct fault fault = {0};
    error_set_at(&error, ERROR_INVALID, 2, 6, "line 2:6: Syntax Error\nExpecting ';'");
    fault_syntax(&fault, &error, VIEW("SELECT 1\nEMIT CHANGE;"), true);
    assert_string_equal(text_string(&fault.message),
                        "line 2:6: Syntax Error\nExpecting ';'\nStatement: EMIT CHANGE;\nCaused by: line 2:6: "
                        "Syntax error at line 2:6");
    fault_syntax(&fault, &error, VIEW("SELECT 1\nEMIT CHANGE;"), false);
    assert_string_equal(text_string(&fault.message), "line 2:6: Syntax Error\nExpecting ';'");
    assert_string_equal(text_string(&fault.statement), "SELECT 1\nEMIT CHANGE;");
    fault_free(&fault);
}

static void what_was_done_before_the_error_is_told(void **state) {
    (void)state;
    struct fault fault = {0};
    struct text out = TEXT_EMPTY;
    fault_set(&fault, FAULT_SERVER, "%s", "a \"word\"");
    fault.generic = false;
    fault_print(&out, &fault, VIEW("{\"a\":1}"));
    assert_int_equal(fault_status(&fault), 500);
    assert_string_equal(text_string(&out),
                        "{\"@type\":\"statement_error\",\"error_code\":50000,\"message\":\"a \\\"word\\\"\","
                        "\"statementText\":\"\",\"entities\":[{\"a\":1}]}");
    text_free(&out);
    fault_free(&fault);
}

/* --- properties --- */

static void some_properties_may_not_be_set_and_unknown_ones_are_named(void **state) {
    (void)state;
    struct fault fault = {0};
    assert_int_equal(setting_check_name("ksql.streams.auto.offset.reset", &fault), 0);
    assert_int_equal(setting_check_name("auto.offset.reset", &fault), 0);
    assert_int_equal(setting_check_name("ksql.query.pull.table.scan.enabled", &fault), 0);
    assert_int_equal(setting_check_name("ksql.service.id", &fault), -1);
    assert_non_null(strstr(text_string(&fault.message), "[ksql.service.id]"));
    assert_int_equal(setting_check_name("no.such", &fault), -1);
    assert_non_null(strstr(text_string(&fault.message), "'no.such'"));
    fault_free(&fault);
}

static void a_property_counts_once_with_and_without_its_prefix(void **state) {
    (void)state;
    struct properties *properties = properties_new();
    setting_put(properties, "ksql.streams.auto.offset.reset", "latest");
    setting_put(properties, "auto.offset.reset", "earliest");
    assert_int_equal(properties_count(properties), 1);
    assert_string_equal(properties_get(properties, "auto.offset.reset"), "earliest");
    setting_put(properties, "ksql.streams.auto.offset.reset", NULL);
    assert_int_equal(properties_count(properties), 0);
    properties_free(properties);
}

/* --- snapshots --- */

static char *snapshot_file(void) {
    char *path = memory_copy_string("/tmp/fraudscope-snapshot-XXXXXX");
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    return path;
}

static void expect_snapshot(const char *path, const char *cluster, enum error_code code) {
    struct snapshot snapshot;
    struct error error = {0};
    int result = snapshot_read(path, view_of(cluster), &snapshot, &error);
    assert_int_equal(error.code, code);
    assert_int_equal(result, code ? -1 : 0);
    text_free(&snapshot.record);
}

static void a_snapshot_reads_back_as_it_was_written(void **state) {
    (void)state;
    char *path = snapshot_file();
    struct snapshot snapshot;
    assert_int_equal(snapshot_write(path, VIEW("cluster"), 4711, VIEW("\0state\xff"), NULL), 0);
    assert_int_equal(snapshot_read(path, VIEW("cluster"), &snapshot, NULL), 0);
    assert_int_equal(snapshot.offset, 4711);
    assert_int_equal(snapshot.record.size, 7);
    assert_memory_equal(snapshot.record.data, "\0state\xff", 7);
    text_free(&snapshot.record);
    assert_int_equal(snapshot_write(path, VIEW(""), 0, VIEW(""), NULL), 0);
    expect_snapshot(path, "", ERROR_NONE);
    unlink(path);
    expect_snapshot(path, "cluster", ERROR_NOT_FOUND);
    memory_free(path);
}

static void a_snapshot_that_is_cut_or_changed_anywhere_does_not_count(void **state) {
    (void)state;
    char *path = snapshot_file();
    struct text whole = TEXT_EMPTY;
    assert_int_equal(snapshot_write(path, VIEW("cluster"), 7, VIEW("the state of a query"), NULL), 0);
    assert_int_equal(file_read(path, &whole, NULL), 0);
    for (size_t i = 0; i < whole.size; i++) {
        assert_int_equal(file_write_atomic(path, (struct view){whole.data, i}, 0600, NULL), 0);
        expect_snapshot(path, "cluster", ERROR_CORRUPT);
        whole.data[i] ^= 0x20;
        assert_int_equal(file_write_atomic(path, text_view(&whole), 0600, NULL), 0);
        expect_snapshot(path, "cluster", ERROR_CORRUPT);
        whole.data[i] ^= 0x20;
    }
    assert_int_equal(file_write_atomic(path, text_view(&whole), 0600, NULL), 0);
    expect_snapshot(path, "cluster", ERROR_NONE);
    expect_snapshot(path, "another cluster", ERROR_CONFLICT);
    unlink(path);
    text_free(&whole);
    memory_free(path);
}

/* --- protobuf --- */

static const struct column columns[] = {{VIEW("I"), &sql_integer}, {VIEW("B"), &sql_bigint},  {VIEW("D"), &sql_double},
                                        {VIEW("S"), &sql_string},  {VIEW("T"), &sql_boolean}, {VIEW("Y"), &sql_bytes}};
static const struct schema row_schema = {columns, 1, 5};

static void rows_are_protobuf_messages_in_base64(void **state) {
    (void)state;
    struct text out = TEXT_EMPTY;
    const struct value values[] = {value_integer(300),        value_bigint(-1),    value_double(1.5),
                                   value_string(VIEW("abc")), value_boolean(true), value_bytes(VIEW("\xff"))};
    protobuf_row(&out, &row_schema, values);
    assert_string_equal(text_string(&out), "CKwCEP///////////wEZAAAAAAAA+D8iA2FiYygBMgH/");
    text_clear(&out);
    const struct value nothing[] = {value_null(),           value_bigint(0),      value_double(0),
                                    value_string(VIEW("")), value_boolean(false), value_null()};
    protobuf_row(&out, &row_schema, nothing);
    assert_string_equal(text_string(&out), "");
    text_clear(&out);
    protobuf_schema(&out, &row_schema);
    assert_string_equal(
        text_string(&out),
        "syntax = \"proto3\";\n\nmessage ConnectDefault1 {\n  int32 I = 1;\n  int64 B = 2;\n  double D = 3;\n"
        "  string S = 4;\n  bool T = 5;\n  bytes Y = 6;\n}\n");
    text_free(&out);
}

static void types_without_a_protobuf_form_are_refused_by_name(void **state) {
    (void)state;
    static const struct column date[] = {{VIEW("WHEN"), &sql_date}};
    const struct schema schema = {date, 0, 1};
    struct fault fault = {0};
    assert_int_equal(protobuf_check(&row_schema, &fault), 0);
    assert_int_equal(protobuf_check(&schema, &fault), -1);
    assert_int_equal(fault_status(&fault), 406);
    assert_non_null(strstr(text_string(&fault.message), "WHEN is of type DATE"));
    fault_free(&fault);
}

/* --- JSON --- */

static void commas_come_by_themselves(void **state) {
    (void)state;
    struct text out = TEXT_EMPTY;
    put_open(&out, '{');
    put_string(&out, "a", VIEW("x\"y"));
    put_key(&out, "b");
    put_open(&out, '[');
    put_item(&out, VIEW("["));
    put_item(&out, VIEW("{"));
    text_append_char(&out, ']');
    put_number(&out, "c", -5);
    put_optional(&out, "d", VIEW(""));
    put_bool(&out, "e", true);
    text_append_char(&out, '}');
    assert_string_equal(text_string(&out), "{\"a\":\"x\\\"y\",\"b\":[\"[\",\"{\"],\"c\":-5,\"d\":null,\"e\":true}");
    text_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_endpoint_has_a_media_type_of_its_own),
        cmocka_unit_test(weights_decide_between_media_types),
        cmocka_unit_test(other_media_types_are_not_acceptable),
        cmocka_unit_test(a_request_brings_text_properties_variables_and_a_sequence),
        cmocka_unit_test(bodies_that_are_no_requests_are_refused),
        cmocka_unit_test(refusals_name_their_statement_unless_ksqldb_gives_none),
        cmocka_unit_test(a_syntax_error_on_a_query_endpoint_shows_its_line),
        cmocka_unit_test(what_was_done_before_the_error_is_told),
        cmocka_unit_test(some_properties_may_not_be_set_and_unknown_ones_are_named),
        cmocka_unit_test(a_property_counts_once_with_and_without_its_prefix),
        cmocka_unit_test(a_snapshot_reads_back_as_it_was_written),
        cmocka_unit_test(a_snapshot_that_is_cut_or_changed_anywhere_does_not_count),
        cmocka_unit_test(rows_are_protobuf_messages_in_base64),
        cmocka_unit_test(types_without_a_protobuf_form_are_refused_by_name),
        cmocka_unit_test(commas_come_by_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
