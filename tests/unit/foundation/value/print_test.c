/* Types, schemas and values as text. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "foundation/value/batch.h"
#include "foundation/value/schema.h"

static struct view name_view(const char *name) {
    return view_of(name);
}

static void expect_type(const struct sql_type *type, const char *text) {
    struct text out = TEXT_EMPTY;
    sql_type_print(&out, type);
    assert_string_equal(text_string(&out), text);
    text_free(&out);
}

static void types_print_as_the_peer_prints_them(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    const struct sql_type *decimal = sql_type_decimal(&arena, 4, 2);
    struct sql_field fields[] = {{VIEW("A"), &sql_integer}, {VIEW("b c"), sql_type_array(&arena, decimal)}};
    expect_type(&sql_timestamp, "TIMESTAMP");
    expect_type(decimal, "DECIMAL(4, 2)");
    expect_type(sql_type_map(&arena, &sql_string, sql_type_struct(&arena, fields, 2)),
                "MAP<STRING, STRUCT<`A` INTEGER, `b c` ARRAY<DECIMAL(4, 2)>>>");
    expect_type(sql_type_struct(&arena, NULL, 0), "STRUCT<>");
    arena_free(&arena);
}

static void a_copied_type_is_equal_and_needs_its_source_no_more(void **state) {
    (void)state;
    struct arena first = ARENA_EMPTY, second = ARENA_EMPTY;
    char name[] = "FIELD";
    struct sql_field fields[] = {{name_view(name), sql_type_decimal(&first, 10, 3)},
                                 {VIEW("M"), sql_type_map(&first, &sql_string, &sql_bytes)}};
    const struct sql_type *type = sql_type_struct(&first, fields, 2), *copy = sql_type_copy(&second, type);
    assert_true(sql_type_equal(type, copy));
    arena_free(&first);
    expect_type(copy, "STRUCT<`FIELD` DECIMAL(10, 3), `M` MAP<STRING, BYTES>>");
    assert_null(sql_type_copy(&second, NULL));
    arena_free(&second);
}

static void types_that_differ_in_anything_are_not_equal(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct sql_field one[] = {{VIEW("A"), &sql_integer}}, other[] = {{VIEW("a"), &sql_integer}},
                     third[] = {{VIEW("A"), &sql_bigint}};
    const struct sql_type *types[] = {&sql_integer,
                                      &sql_bigint,
                                      NULL,
                                      sql_type_decimal(&arena, 4, 2),
                                      sql_type_decimal(&arena, 4, 1),
                                      sql_type_decimal(&arena, 5, 2),
                                      sql_type_array(&arena, &sql_integer),
                                      sql_type_array(&arena, &sql_bigint),
                                      sql_type_map(&arena, &sql_string, &sql_integer),
                                      sql_type_map(&arena, &sql_integer, &sql_integer),
                                      sql_type_struct(&arena, one, 1),
                                      sql_type_struct(&arena, other, 1),
                                      sql_type_struct(&arena, third, 1),
                                      sql_type_struct(&arena, one, 0)};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        for (size_t j = 0; j < sizeof types / sizeof *types; j++)
            assert_int_equal(sql_type_equal(types[i], types[j]), i == j);
    assert_true(sql_type_is_number(types[3]));
    assert_false(sql_type_is_number(&sql_boolean));
    assert_false(sql_type_is_number(NULL));
    arena_free(&arena);
}

static void a_schema_finds_exact_names_prints_its_keys_and_copies_deep(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    char id[] = "ID";
    struct column columns[] = {{name_view(id), &sql_bigint}, {VIEW("X"), &sql_string}};
    struct schema schema = {columns, 1, 1}, shifted = {columns, 2, 0};
    struct text out = TEXT_EMPTY;
    schema_print(&out, &schema, "PRIMARY KEY");
    assert_string_equal(text_string(&out), "`ID` BIGINT PRIMARY KEY, `X` STRING");
    assert_int_equal(schema_find(&schema, VIEW("X")), 1);
    assert_int_equal(schema_find(&schema, VIEW("x")), -1);
    assert_int_equal(schema_find(&schema, VIEW("")), -1);
    assert_false(schema_equal(&schema, &shifted));
    struct schema *copy = schema_copy(&arena, &schema);
    assert_true(schema_equal(copy, &schema));
    id[0] = 'Z';
    assert_int_equal(schema_find(copy, VIEW("ID")), 0);
    assert_false(schema_equal(copy, &schema));
    text_free(&out);
    arena_free(&arena);
}

static void expect(struct value v, const struct sql_type *type, const char *plain, const char *json) {
    struct text out = TEXT_EMPTY;
    value_print(&out, v, type);
    assert_string_equal(text_string(&out), plain);
    text_clear(&out);
    value_print_json(&out, v, type);
    assert_string_equal(text_string(&out), json);
    text_free(&out);
}

static void expect_decimal(__int128 number, int scale, const char *text) {
    struct sql_type type = {.base = SQL_DECIMAL, .precision = 38, .scale = scale};
    expect((struct value){.tag = VALUE_DECIMAL, .decimal = &number}, &type, text, text);
}

static void scalars_print_as_json_does_and_as_people_read(void **state) {
    (void)state;
    expect(value_null(), &sql_string, "null", "null");
    expect(value_boolean(true), &sql_boolean, "true", "true");
    expect(value_integer(INT32_MIN), &sql_integer, "-2147483648", "-2147483648");
    expect(value_bigint(INT64_MIN), &sql_bigint, "-9223372036854775808", "-9223372036854775808");
    expect(value_double(1), &sql_double, "1.0", "1.0");
    expect(value_double(1e10), &sql_double, "1.0E10", "1.0E10");
    expect(value_double(NAN), &sql_double, "NaN", "\"NaN\"");
    expect(value_double(-INFINITY), &sql_double, "-Infinity", "\"-Infinity\"");
    expect(value_string(VIEW("a\"\n\x01\xc3\xa9")), &sql_string, "a\"\n\x01\xc3\xa9", "\"a\\\"\\n\\u0001\xc3\xa9\"");
    expect(value_string((struct view){0}), &sql_string, "", "\"\"");
    expect(value_bytes(VIEW("\xff")), &sql_bytes, "/w==", "\"/w==\"");
    expect(value_bytes(VIEW("ab")), &sql_bytes, "YWI=", "\"YWI=\"");
    expect(value_bytes(VIEW("abc")), &sql_bytes, "YWJj", "\"YWJj\"");
}

static void dates_and_times_print_as_iso(void **state) {
    (void)state;
    expect((struct value){.tag = VALUE_DATE, .integer = 20526}, &sql_date, "2026-03-14", "\"2026-03-14\"");
    expect((struct value){.tag = VALUE_DATE, .integer = -1}, &sql_date, "1969-12-31", "\"1969-12-31\"");
    expect((struct value){.tag = VALUE_TIME, .integer = 43200000}, &sql_time, "12:00", "\"12:00\"");
    expect((struct value){.tag = VALUE_TIME, .integer = 43200001}, &sql_time, "12:00:00.001", "\"12:00:00.001\"");
    expect((struct value){.tag = VALUE_TIMESTAMP, .integer = 0}, &sql_timestamp, "1970-01-01T00:00:00.000",
           "\"1970-01-01T00:00:00.000\"");
    expect((struct value){.tag = VALUE_TIMESTAMP, .integer = -1}, &sql_timestamp, "1969-12-31T23:59:59.999",
           "\"1969-12-31T23:59:59.999\"");
}

static void times_out_of_any_calendar_print_something_and_do_not_crash(void **state) {
    (void)state;
    static const int64_t odd[] = {INT64_MIN, INT64_MAX, -1, INT64_MIN / 86400000, INT64_MAX / 86400000};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        for (uint8_t tag = VALUE_DATE; tag <= VALUE_TIMESTAMP; tag++) {
            struct text out = TEXT_EMPTY;
            value_print_json(&out, (struct value){.tag = tag, .integer = odd[i]}, NULL);
            assert_true(out.size >= 4);
            text_free(&out);
        }
    }
}

static void decimals_print_all_digits_of_their_scale(void **state) {
    (void)state;
    unsigned __int128 lowest = (unsigned __int128)1 << 127;
    expect_decimal(5, 2, "0.05");
    expect_decimal(-5, 2, "-0.05");
    expect_decimal(1200, 2, "12.00");
    expect_decimal(0, 0, "0");
    expect_decimal((__int128)lowest, 0, "-170141183460469231731687303715884105728");
    expect_decimal(1, 38, "0.00000000000000000000000000000000000001");
}

static void a_scale_that_no_decimal_has_does_not_write_beyond_its_buffer(void **state) {
    (void)state;
    struct sql_type type = {.base = SQL_DECIMAL, .precision = 4000, .scale = 3000};
    __int128 number = 1;
    struct text out = TEXT_EMPTY;
    value_print(&out, (struct value){.tag = VALUE_DECIMAL, .decimal = &number}, &type);
    assert_int_equal(out.size, 3002);
    assert_int_equal(out.data[3001], '1');
    text_free(&out);
}

static void containers_print_with_the_names_of_their_type(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct sql_field fields[] = {{VIEW("A"), &sql_string}, {VIEW("B"), sql_type_array(&arena, &sql_integer)}};
    const struct sql_type *structure = sql_type_struct(&arena, fields, 2),
                          *map = sql_type_map(&arena, &sql_integer, structure);
    struct value numbers[] = {value_integer(1), value_null()};
    struct value inner[] = {value_string(VIEW("x")), {.tag = VALUE_ARRAY, .size = 2, .items = numbers}};
    struct value entries[] = {
        value_integer(7), {.tag = VALUE_STRUCT, .size = 2, .items = inner}, value_integer(8), value_null()};
    expect((struct value){.tag = VALUE_MAP, .size = 2, .items = entries}, map, "{7={A=x, B=[1, null]}, 8=null}",
           "{\"7\":{\"A\":\"x\",\"B\":[1,null]},\"8\":null}");
    expect((struct value){.tag = VALUE_ARRAY}, NULL, "[]", "[]");
    expect((struct value){.tag = VALUE_MAP}, NULL, "{}", "{}");
    struct value keyed[] = {{.tag = VALUE_ARRAY, .size = 1, .items = inner}, value_boolean(false)};
    expect((struct value){.tag = VALUE_MAP, .size = 1, .items = keyed}, NULL, "{[x]=false}", "{\"[x]\":false}");
    arena_free(&arena);
}

static void a_batch_takes_its_rows_and_no_more_and_begins_anew(void **state) {
    (void)state;
    struct column columns[] = {{VIEW("A"), &sql_integer}, {VIEW("B"), &sql_integer}};
    struct schema schema = {columns, 1, 1};
    struct batch *batch = batch_new();
    batch_reset(batch, &schema);
    for (int i = 0; i < BATCH_ROWS; i++) {
        struct row *row = batch_add(batch);
        assert_non_null(row);
        assert_true(value_is_null(row->values[0]) && value_is_null(row->values[1]) && row->offset == -1 &&
                    row->partition == -1);
        row->values[1] = value_integer(i);
    }
    assert_null(batch_add(batch));
    size_t bytes = arena_bytes(&batch->arena);
    batch_reset(batch, &schema);
    assert_int_equal(batch->count, 0);
    assert_true(value_is_null(batch_add(batch)->values[1]));
    assert_int_equal(arena_bytes(&batch->arena), bytes);
    batch_free(batch);
    batch_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_print_as_the_peer_prints_them),
        cmocka_unit_test(a_copied_type_is_equal_and_needs_its_source_no_more),
        cmocka_unit_test(types_that_differ_in_anything_are_not_equal),
        cmocka_unit_test(a_schema_finds_exact_names_prints_its_keys_and_copies_deep),
        cmocka_unit_test(scalars_print_as_json_does_and_as_people_read),
        cmocka_unit_test(dates_and_times_print_as_iso),
        cmocka_unit_test(times_out_of_any_calendar_print_something_and_do_not_crash),
        cmocka_unit_test(decimals_print_all_digits_of_their_scale),
        cmocka_unit_test(a_scale_that_no_decimal_has_does_not_write_beyond_its_buffer),
        cmocka_unit_test(containers_print_with_the_names_of_their_type),
        cmocka_unit_test(a_batch_takes_its_rows_and_no_more_and_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
