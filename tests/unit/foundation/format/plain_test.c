/* KAFKA, DELIMITED and NONE: bytes known from their definitions, refusals in the peer's words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "foundation/format/format.h"

enum { COLUMNS_MOST = 8 };

struct scene {
    const struct format *format;
    struct codec *codec;
    struct arena arena;
    struct value values[COLUMNS_MOST];
    struct text out;
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
    codec_free(scene->codec);
    arena_free(&scene->arena);
    text_free(&scene->out);
    return 0;
}

static void compile(struct scene *scene, const char *name, const struct column *columns, size_t count,
                    const char *delimiter) {
    struct codec_options options = {.delimiter = view_of(delimiter)};
    codec_free(scene->codec);
    scene->format = format_find(view_of(name));
    assert_non_null(scene->format);
    scene->codec = scene->format->compile(columns, count, &options, NULL, &scene->error);
}

static void kafka_of(struct scene *scene, const struct sql_type *type) {
    struct column column = {VIEW("A"), type};
    compile(scene, "KAFKA", &column, 1, NULL);
    assert_non_null(scene->codec);
}

/* The value becomes these bytes and these bytes the value. */
static void expect_both_ways(struct scene *scene, struct value value, struct view bytes) {
    text_clear(&scene->out);
    assert_int_equal(codec_encode(scene->codec, &value, &scene->out, &scene->error), 0);
    assert_int_equal(scene->out.size, bytes.size);
    assert_memory_equal(text_string(&scene->out), bytes.data, bytes.size);
    assert_int_equal(codec_decode(scene->codec, bytes, &scene->arena, scene->values, &scene->error), 0);
    assert_true(value_equal(scene->values[0], value));
}

static void expect_corrupt(struct scene *scene, struct view bytes, const char *part) {
    scene->values[0] = value_bigint(1);
    assert_int_not_equal(codec_decode(scene->codec, bytes, &scene->arena, scene->values, &scene->error), 0);
    assert_int_equal(scene->error.code, ERROR_CORRUPT);
    assert_non_null(strstr(scene->error.message, part));
    assert_true(value_is_null(scene->values[0]));
}

static void kafka_primitives_are_big_endian(void **state) {
    struct scene *scene = *state;
    kafka_of(scene, &sql_integer);
    expect_both_ways(scene, value_integer(-2), VIEW("\xff\xff\xff\xfe"));
    kafka_of(scene, &sql_bigint);
    expect_both_ways(scene, value_bigint(INT64_MIN), VIEW("\x80\0\0\0\0\0\0\0"));
    kafka_of(scene, &sql_double);
    expect_both_ways(scene, value_double(-2), VIEW("\xc0\0\0\0\0\0\0\0"));
    kafka_of(scene, &sql_string);
    expect_both_ways(scene, value_string(VIEW("\xc3\xa9")), VIEW("\xc3\xa9"));
    expect_both_ways(scene, value_string(VIEW("")), VIEW(""));
    kafka_of(scene, &sql_bytes);
    expect_both_ways(scene, value_bytes(VIEW("\0\xff")), VIEW("\0\xff"));
}

static void kafka_bytes_of_a_wrong_length_or_no_text_are_corrupt(void **state) {
    struct scene *scene = *state;
    kafka_of(scene, &sql_integer);
    expect_corrupt(scene, VIEW("\0\0\1"), "4 bytes expected, 3 came");
    expect_corrupt(scene, VIEW(""), "4 bytes expected, 0 came");
    kafka_of(scene, &sql_bigint);
    expect_corrupt(scene, VIEW("\0\0\0\1"), "8 bytes expected, 4 came");
    kafka_of(scene, &sql_double);
    expect_corrupt(scene, VIEW("\0\0\0\0\0\0\0\0\0"), "8 bytes expected, 9 came");
    kafka_of(scene, &sql_string);
    expect_corrupt(scene, VIEW("a\xff"), "not UTF-8");
}

static void no_bytes_at_all_are_a_null_in_every_plain_format(void **state) {
    struct scene *scene = *state;
    struct column column = {VIEW("A"), &sql_bigint};
    static const char *const names[] = {"KAFKA", "DELIMITED"};
    for (size_t i = 0; i < 2; i++) {
        compile(scene, names[i], &column, 1, NULL);
        scene->values[0] = value_bigint(7);
        assert_int_equal(codec_decode(scene->codec, (struct view){0}, &scene->arena, scene->values, &scene->error), 0);
        assert_true(value_is_null(scene->values[0]));
    }
}

static void expect_refused(struct scene *scene, const char *name, const struct column *columns, size_t count,
                           const char *delimiter, const char *message) {
    compile(scene, name, columns, count, delimiter);
    assert_null(scene->codec);
    assert_int_equal(scene->error.code, ERROR_INVALID);
    assert_string_equal(scene->error.message, message);
}

static void kafka_takes_one_column_of_its_five_types(void **state) {
    struct scene *scene = *state;
    struct column two[] = {{VIEW("A"), &sql_string}, {VIEW("B"), &sql_bigint}}, date = {VIEW("D"), &sql_date};
    expect_refused(scene, "KAFKA", two, 2, NULL,
                   "The 'KAFKA' format only supports a single field. Got: [`A` STRING, `B` BIGINT]");
    expect_refused(scene, "KAFKA", &date, 1, NULL, "The 'KAFKA' format does not support type 'DATE'");
    compile(scene, "kafka", NULL, 0, NULL);
    assert_non_null(scene->codec);
}

static void none_has_no_columns_and_reads_nothing(void **state) {
    struct scene *scene = *state;
    struct column column = {VIEW("A"), &sql_string};
    expect_refused(scene, "NONE", &column, 1, NULL,
                   "The 'NONE' format can only be used when no columns are defined. Got: [`A` STRING]");
    compile(scene, "NONE", NULL, 0, NULL);
    assert_non_null(scene->codec);
    assert_int_equal(codec_decode(scene->codec, VIEW("\xff whatever"), &scene->arena, NULL, &scene->error), 0);
    assert_int_equal(codec_encode(scene->codec, NULL, &scene->out, &scene->error), 0);
    assert_int_equal(scene->out.size, 0);
}

static const struct sql_type decimal = {.base = SQL_DECIMAL, .precision = 4, .scale = 2};
static const struct column wide[] = {{VIEW("S"), &sql_string}, {VIEW("L"), &sql_bigint},  {VIEW("D"), &sql_double},
                                     {VIEW("N"), &decimal},    {VIEW("B"), &sql_boolean}, {VIEW("Y"), &sql_bytes},
                                     {VIEW("T"), &sql_date}};
enum { WIDE = sizeof wide / sizeof *wide };

static void delimited_columns_come_in_order(void **state) {
    struct scene *scene = *state;
    __int128 number = -105;
    struct value in[WIDE] = {value_string(VIEW("text")),
                             value_bigint(-7),
                             value_double(1.5),
                             {.tag = VALUE_DECIMAL, .decimal = &number},
                             value_boolean(true),
                             value_bytes(VIEW("ab")),
                             {.tag = VALUE_DATE, .integer = 20526}};
    compile(scene, "DELIMITED", wide, WIDE, NULL);
    assert_int_equal(codec_encode(scene->codec, in, &scene->out, &scene->error), 0);
    assert_string_equal(text_string(&scene->out), "text,-7,1.5,-1.05,true,YWI=,20526");
    assert_int_equal(codec_decode(scene->codec, text_view(&scene->out), &scene->arena, scene->values, &scene->error),
                     0);
    for (size_t i = 0; i < WIDE; i++)
        assert_true(value_equal(scene->values[i], in[i]));
}

static void delimited_nulls_are_empty_and_an_empty_text_is_quoted(void **state) {
    struct scene *scene = *state;
    struct value in[WIDE] = {value_string(VIEW("")), value_null(), value_null(), value_null(),
                             value_null(),           value_null(), value_null()};
    compile(scene, "DELIMITED", wide, WIDE, NULL);
    assert_int_equal(codec_encode(scene->codec, in, &scene->out, &scene->error), 0);
    assert_string_equal(text_string(&scene->out), "\"\",,,,,,");
    assert_int_equal(codec_decode(scene->codec, text_view(&scene->out), &scene->arena, scene->values, &scene->error),
                     0);
    for (size_t i = 0; i < WIDE; i++)
        assert_true(value_equal(scene->values[i], in[i]));
}

static void any_text_survives_quoting_with_any_delimiter(void **state) {
    struct scene *scene = *state;
    static const char *const texts[] = {"a,b",       "\"",    "a\"\"b", " lead", "trail ",  "two\nlines",
                                        "tab\there", "#note", "x|y",    "",      "\xc3\xa9"};
    static const char *const delimiters[] = {"", "TAB", "space", "|"};
    struct column columns[] = {{VIEW("A"), &sql_string}, {VIEW("B"), &sql_string}};
    for (size_t d = 0; d < 4; d++) {
        compile(scene, "DELIMITED", columns, 2, delimiters[d]);
        assert_non_null(scene->codec);
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
            struct value in[] = {value_string(view_of(texts[i])), value_string(view_of(texts[i]))};
            text_clear(&scene->out);
            assert_int_equal(codec_encode(scene->codec, in, &scene->out, &scene->error), 0);
            assert_int_equal(
                codec_decode(scene->codec, text_view(&scene->out), &scene->arena, scene->values, &scene->error), 0);
            assert_true(value_equal(scene->values[0], in[0]));
            /* an empty text behind the first field is written bare, as commons-csv has it, and comes back as NULL */
            assert_true(value_equal(scene->values[1], *texts[i] == '\0' ? value_null() : in[1]));
        }
    }
}

static void delimited_records_that_do_not_fit_are_corrupt(void **state) {
    struct scene *scene = *state;
    struct column columns[] = {{VIEW("L"), &sql_bigint}, {VIEW("S"), &sql_string}};
    compile(scene, "DELIMITED", columns, 2, NULL);
    expect_corrupt(scene, VIEW("1"), "csvFields:1 schemaFields:2");
    expect_corrupt(scene, VIEW("1,a,b"), "csvFields:3 schemaFields:2");
    expect_corrupt(scene, VIEW("x,a"), "column L is no BIGINT");
    expect_corrupt(scene, VIEW("9223372036854775808,a"), "column L is no BIGINT");
    expect_corrupt(scene, VIEW("1,\"a"), "a quote of column 2 does not close");
    expect_corrupt(scene, VIEW("1,\"a\"b"), "a quote of column 2 does not close");
    expect_corrupt(scene, VIEW("1,\xff"), "column S is not UTF-8");
    compile(scene, "DELIMITED", wide, WIDE, NULL);
    expect_corrupt(scene, VIEW("a,1,2,123.45,true,,"), "column N is no DECIMAL");
    expect_corrupt(scene, VIEW("a,1,2,1,true,a?b,"), "column Y is no BYTES");
    expect_corrupt(scene, VIEW("a,1,2,1,true,,today"), "column T is no DATE");
}

static void delimited_refuses_nested_types_and_long_delimiters(void **state) {
    struct scene *scene = *state;
    struct arena arena = ARENA_EMPTY;
    struct column nested = {VIEW("A"), sql_type_array(&arena, &sql_string)}, plain = {VIEW("A"), &sql_string};
    expect_refused(scene, "DELIMITED", &nested, 1, NULL,
                   "The 'DELIMITED' format does not support type 'ARRAY', column: `A`");
    expect_refused(scene, "DELIMITED", &plain, 1, ";;",
                   "Invalid delimiter value: ';;'. Delimiter must be a single character or TAB,SPACE");
    arena_free(&arena);
}

static void formats_are_found_whatever_the_case_and_unknown_ones_not(void **state) {
    (void)state;
    assert_string_equal(format_find(VIEW("json_sr"))->name, "JSON_SR");
    assert_null(format_find(VIEW("JSON_S")));
    assert_null(format_find(VIEW("")));
    for (size_t i = 0; formats[i]; i++)
        assert_true(formats[i]->compile && formats[i]->check && formats[i]->help[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(kafka_primitives_are_big_endian, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(kafka_bytes_of_a_wrong_length_or_no_text_are_corrupt, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(no_bytes_at_all_are_a_null_in_every_plain_format, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(kafka_takes_one_column_of_its_five_types, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(none_has_no_columns_and_reads_nothing, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(delimited_columns_come_in_order, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(delimited_nulls_are_empty_and_an_empty_text_is_quoted, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(any_text_survives_quoting_with_any_delimiter, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(delimited_records_that_do_not_fit_are_corrupt, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(delimited_refuses_nested_types_and_long_delimiters, open_scene, close_scene),
        cmocka_unit_test(formats_are_found_whatever_the_case_and_unknown_ones_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
