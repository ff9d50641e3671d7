/* Columns out of registered schemas and registered schemas out of columns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "foundation/base/clock.h"
#include "foundation/format/format.h"

struct scene {
    struct arena arena;
    struct column *columns;
    size_t count;
    struct text text;
    struct error error;
};

static int open_scene(void **state) {
    static struct scene scene;
    scene = (struct scene){0};
    *state = &scene;
    return 0;
}

static int close_scene(void **state) {
    struct scene *scene = *state;
    arena_free(&scene->arena);
    text_free(&scene->text);
    return 0;
}

static int infer(struct scene *scene, const char *format, const char *schema, bool keep_case) {
    struct codec_options options = {0};
    return format_find(view_of(format))
        ->infer(view_of(schema), keep_case, &options, &scene->arena, &scene->columns, &scene->count, &scene->error);
}

static void expect_columns(struct scene *scene, const char *format, const char *schema, const char *columns) {
    if (infer(scene, format, schema, false) != 0)
        fail_msg("%s: %s", schema, scene->error.message);
    struct schema found = {scene->columns, 0, scene->count};
    text_clear(&scene->text);
    schema_print(&scene->text, &found, NULL);
    assert_string_equal(text_string(&scene->text), columns);
}

static void expect_refused(struct scene *scene, const char *format, const char *schema, const char *part) {
    assert_int_not_equal(infer(scene, format, schema, false), 0);
    assert_int_equal(scene->error.code, ERROR_INVALID);
    if (!strstr(scene->error.message, part))
        fail_msg("'%s' does not say '%s'", scene->error.message, part);
}

static void a_producers_json_schema_gives_upper_case_columns_in_its_order(void **state) {
    struct scene *scene = *state;
    static const char *const schema =
        "{\"$schema\":\"http://json-schema.org/draft-07/"
        "schema#\",\"title\":\"Transaction\",\"type\":\"object\",\"properties\":{"
        "\"transaction_id\":{\"type\":\"integer\",\"connect.type\":\"int32\"},\"transaction_timestamp\":{\"type\":"
        "\"string\"},"
        "\"credit_card_number\":{\"type\":\"string\"},\"amount\":{\"type\":\"integer\",\"connect.type\":\"int32\"},"
        "\"location\":{\"type\":\"string\"}},\"required\":[\"transaction_id\"]}";
    expect_columns(
        *state, "JSON_SR", schema,
        "`TRANSACTION_ID` INTEGER, `TRANSACTION_TIMESTAMP` STRING, `CREDIT_CARD_NUMBER` STRING, `AMOUNT` INTEGER, "
        "`LOCATION` STRING");
    assert_int_equal(infer(scene, "JSON_SR", schema, true), 0);
    assert_true(view_equal(scene->columns[0].name, VIEW("transaction_id")));
}

static void what_the_peer_registers_for_a_sink_is_read_by_its_index_not_its_order(void **state) {
    expect_columns(*state, "JSON_SR",
                   "{\"type\":\"object\",\"properties\":{"
                   "\"WINDOW_END\":{\"connect.index\":2,\"oneOf\":[{\"type\":\"null\"},{\"type\":\"string\"}]},"
                   "\"TOTAL\":{\"connect.index\":1,\"oneOf\":[{\"type\":\"null\"},{\"type\":\"integer\",\"connect."
                   "type\":\"int32\"}]},"
                   "\"N\":{\"connect.index\":0,\"oneOf\":[{\"type\":\"null\"},{\"type\":\"integer\",\"connect.type\":"
                   "\"int64\"}]}}}",
                   "`N` BIGINT, `TOTAL` INTEGER, `WINDOW_END` STRING");
}

static void a_change_records_avro_schema_gives_its_columns(void **state) {
    expect_columns(
        *state, "AVRO",
        "{\"type\":\"record\",\"name\":\"Value\",\"namespace\":\"cdc.public.customers\",\"fields\":["
        "{\"name\":\"credit_card_number\",\"type\":\"string\"},{\"name\":\"avg_spending_amount\",\"type\":\"int\"},"
        "{\"name\":\"__deleted\",\"type\":[\"null\",\"string\"],\"default\":null}]}",
        "`CREDIT_CARD_NUMBER` STRING, `AVG_SPENDING_AMOUNT` INTEGER, `__DELETED` STRING");
}

static void avro_types_map_to_sql_types(void **state) {
    expect_columns(
        *state, "AVRO",
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
        "{\"name\":\"a\",\"type\":\"boolean\"},{\"name\":\"b\",\"type\":\"long\"},{\"name\":\"c\",\"type\":\"float\"},"
        "{\"name\":\"d\",\"type\":{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":4,\"scale\":2}},"
        "{\"name\":\"e\",\"type\":{\"type\":\"int\",\"logicalType\":\"date\"}},"
        "{\"name\":\"f\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}},"
        "{\"name\":\"g\",\"type\":{\"type\":\"array\",\"items\":[\"null\",\"int\"]}},"
        "{\"name\":\"h\",\"type\":{\"type\":\"map\",\"values\":\"string\"}},"
        "{\"name\":\"i\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"X\"]}},"
        "{\"name\":\"j\",\"type\":{\"type\":\"record\",\"name\":\"S\",\"fields\":[{\"name\":\"x\",\"type\":\"bytes\"}]}"
        "},"
        "{\"name\":\"k\",\"type\":\"null\"}]}",
        "`A` BOOLEAN, `B` BIGINT, `C` DOUBLE, `D` DECIMAL(4, 2), `E` DATE, `F` TIMESTAMP, `G` ARRAY<INTEGER>, "
        "`H` MAP<STRING, STRING>, `I` STRING, `J` STRUCT<`X` BYTES>");
}

static void json_schema_types_map_to_sql_types(void **state) {
    expect_columns(
        *state, "JSON_SR",
        "{\"type\":\"object\",\"definitions\":{\"point\":{\"type\":\"object\",\"properties\":{\"x\":{\"type\":"
        "\"number\"}}}},"
        "\"properties\":{\"a\":{\"type\":[\"null\",\"boolean\"]},\"b\":{\"type\":\"integer\"},"
        "\"c\":{\"$ref\":\"#/definitions/point\"},\"d\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
        "\"e\":{\"type\":\"object\",\"additionalProperties\":{\"type\":\"number\"}},\"f\":{\"enum\":[\"p\",\"q\"]},"
        "\"g\":{\"type\":\"number\",\"title\":\"org.apache.kafka.connect.data.Decimal\",\"connect.type\":\"bytes\","
        "\"connect.parameters\":{\"scale\":\"2\",\"connect.decimal.precision\":\"9\"}}}}",
        "`A` BOOLEAN, `B` BIGINT, `C` STRUCT<`X` DOUBLE>, `D` ARRAY<STRING>, `E` MAP<STRING, DOUBLE>, `F` STRING, "
        "`G` DECIMAL(9, 2)");
}

static void the_registered_texts_are_those_of_the_peer(void **state) {
    struct scene *scene = *state;
    struct column columns[] = {{VIEW("CARD"), &sql_string}, {VIEW("AVERAGE"), &sql_integer}};
    struct codec_options options = {.full_name = VIEW("io.confluent.ksql.avro_schemas.FeatureSetKey")}, plain = {0};
    assert_int_equal(format_find(VIEW("AVRO"))->schema_text(columns, 2, &options, &scene->text, &scene->error), 0);
    assert_string_equal(
        text_string(&scene->text),
        "{\"type\":\"record\",\"name\":\"FeatureSetKey\",\"namespace\":\"io.confluent.ksql.avro_schemas\",\"fields\":["
        "{\"name\":\"CARD\",\"type\":[\"null\",\"string\"],\"default\":null},"
        "{\"name\":\"AVERAGE\",\"type\":[\"null\",\"int\"],\"default\":null}],"
        "\"connect.name\":\"io.confluent.ksql.avro_schemas.FeatureSetKey\"}");
    text_clear(&scene->text);
    assert_int_equal(format_find(VIEW("JSON_SR"))->schema_text(columns, 2, &plain, &scene->text, &scene->error), 0);
    assert_string_equal(text_string(&scene->text),
                        "{\"type\":\"object\",\"properties\":{"
                        "\"CARD\":{\"connect.index\":0,\"oneOf\":[{\"type\":\"null\"},{\"type\":\"string\"}]},"
                        "\"AVERAGE\":{\"connect.index\":1,\"oneOf\":[{\"type\":\"null\"},{\"type\":\"integer\","
                        "\"connect.type\":\"int32\"}]}}}");
}

static void what_is_registered_is_inferred_as_the_columns_that_went_in(void **state) {
    struct scene *scene = *state;
    static const char *const names[] = {"AVRO", "JSON_SR"};
    struct sql_field fields[] = {{VIEW("F"), &sql_double}, {VIEW("G"), sql_type_decimal(&scene->arena, 12, 4)}};
    struct column columns[] = {
        {VIEW("A"), &sql_boolean},
        {VIEW("B"), &sql_bigint},
        {VIEW("C"), &sql_date},
        {VIEW("D"), &sql_time},
        {VIEW("E"), &sql_timestamp},
        {VIEW("F"), &sql_bytes},
        {VIEW("G"), sql_type_struct(&scene->arena, fields, 2)},
        {VIEW("H"), sql_type_map(&scene->arena, &sql_string, sql_type_array(&scene->arena, &sql_integer))}};
    struct schema in = {columns, 0, 8};
    for (size_t i = 0; i < 2; i++) {
        struct codec_options options = {0};
        text_clear(&scene->text);
        assert_int_equal(format_find(view_of(names[i]))->schema_text(columns, 8, &options, &scene->text, &scene->error),
                         0);
        assert_int_equal(infer(scene, names[i], text_string(&scene->text), false), 0);
        struct schema out = {scene->columns, 0, scene->count};
        assert_true(schema_equal(&in, &out));
    }
}

static void texts_that_are_no_schema_are_refused_with_the_reason(void **state) {
    expect_refused(*state, "JSON_SR", "{\"type\":", "no JSON");
    expect_refused(*state, "JSON_SR", "{}", "does not say of what type the value is");
    expect_refused(*state, "JSON_SR", "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"colour\"}}}",
                   "the type 'colour'");
    expect_refused(*state, "JSON_SR", "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/nowhere\"}}}",
                   "what type a is");
    expect_refused(*state, "JSON_SR", "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#\"}}}", "");
    expect_refused(*state, "JSON_SR", "{\"$ref\":\"#/a\",\"a\":{\"$ref\":\"#/a\"}}", "");
    expect_refused(*state, "AVRO", "{\"type\":\"record\",\"name\":\"R\"", "no JSON");
    expect_refused(*state, "AVRO",
                   "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"Unknown\"}]}",
                   "Unknown");
    expect_refused(*state, "AVRO", "\"null\"", "gives no column");
}

static void a_decimal_too_wide_for_sql_is_refused_or_left_out(void **state) {
    expect_refused(*state, "JSON_SR",
                   "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"number\",\"title\":\"org.apache.kafka."
                   "connect.data.Decimal\","
                   "\"connect.parameters\":{\"scale\":\"1000\"}}}}",
                   "DECIMAL(38, 1000)");
    expect_refused(*state, "JSON_SR",
                   "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"number\",\"title\":\"org.apache.kafka."
                   "connect.data.Decimal\","
                   "\"connect.parameters\":{\"scale\":\"-1\"}}}}",
                   "DECIMAL(38, -1)");
    expect_columns(*state, "AVRO",
                   "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":{\"type\":\"bytes\","
                   "\"logicalType\":\"decimal\","
                   "\"precision\":3000,\"scale\":2999}},{\"name\":\"b\",\"type\":\"int\"}]}",
                   "`B` INTEGER");
}

static void a_schema_that_grows_without_end_is_refused_soon(void **state) {
    struct scene *scene = *state;
    struct text json = TEXT_EMPTY, avro = TEXT_EMPTY;
    text_append_string(
        &json, "{\"$ref\":\"#/definitions/d0\",\"definitions\":{"); /* each definition holds the next one four times */
    for (int i = 0; i < 14; i++) {
        text_append_format(&json, "\"d%d\":{\"type\":\"object\",\"properties\":{", i);
        for (int j = 0; j < 4; j++)
            text_append_format(&json, "%s\"p%d\":{\"$ref\":\"#/definitions/d%d\"}", j ? "," : "", j, i + 1);
        text_append_string(&json, "}},");
    }
    text_append_string(&json, "\"d14\":{\"type\":\"string\"}}}");
    text_append_string(&avro, "{\"type\":\"record\",\"name\":\"R\",\"fields\":["); /* refers to itself ten times */
    for (int i = 0; i < 10; i++)
        text_append_format(&avro, "%s{\"name\":\"f%d\",\"type\":[\"null\",\"R\"]}", i ? "," : "", i);
    text_append_string(&avro, "]}");
    expect_refused(scene, "JSON_SR", text_string(&json), "types");
    expect_refused(scene, "AVRO", text_string(&avro), "types");
    assert_true(arena_bytes(&scene->arena) < 16 << 20);
    text_free(&json);
    text_free(&avro);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_producers_json_schema_gives_upper_case_columns_in_its_order, open_scene,
                                        close_scene),
        cmocka_unit_test_setup_teardown(what_the_peer_registers_for_a_sink_is_read_by_its_index_not_its_order,
                                        open_scene, close_scene),
        cmocka_unit_test_setup_teardown(a_change_records_avro_schema_gives_its_columns, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(avro_types_map_to_sql_types, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(json_schema_types_map_to_sql_types, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(the_registered_texts_are_those_of_the_peer, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(what_is_registered_is_inferred_as_the_columns_that_went_in, open_scene,
                                        close_scene),
        cmocka_unit_test_setup_teardown(texts_that_are_no_schema_are_refused_with_the_reason, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(a_decimal_too_wide_for_sql_is_refused_or_left_out, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(a_schema_that_grows_without_end_is_refused_soon, open_scene, close_scene),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
