/* Codecs learn what records look like; what they learned never changes what a record means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "foundation/base/random.h"
#include "foundation/format/format.h"

enum { COLUMNS = 4 };
static const struct column columns[COLUMNS] = {{VIEW("ID"), &sql_bigint},
                                               {VIEW("AMOUNT"), &sql_double},
                                               {VIEW("CARD"), &sql_string},
                                               {VIEW("COUNT"), &sql_integer}};

struct scene {
    struct codec *learned;
    struct arena arena, fresh_arena;
    struct error error, fresh_error;
};

static struct codec *compile(struct error *error) {
    struct codec_options options = {0};
    return format_find(VIEW("JSON"))->compile(columns, COLUMNS, &options, NULL, error);
}

static int open_scene(void **state) {
    static struct scene scene;
    scene = (struct scene){0};
    scene.learned = compile(&scene.error);
    *state = &scene;
    return scene.learned == NULL;
}

static int close_scene(void **state) {
    struct scene *scene = *state;
    codec_free(scene->learned);
    arena_free(&scene->arena);
    arena_free(&scene->fresh_arena);
    return 0;
}

/* A codec that has seen other records reads this one as one does that has seen none. */
static int expect_as_a_fresh_codec(struct scene *scene, const char *text) {
    struct value values[COLUMNS], fresh_values[COLUMNS];
    struct codec *fresh = compile(&scene->fresh_error);
    scene->error = scene->fresh_error = (struct error){0};
    arena_reset(&scene->arena);
    arena_reset(&scene->fresh_arena);
    int result = codec_decode(scene->learned, view_of(text), &scene->arena, values, &scene->error);
    int expected = codec_decode(fresh, view_of(text), &scene->fresh_arena, fresh_values, &scene->fresh_error);
    codec_free(fresh);
    assert_int_equal(result, expected);
    assert_string_equal(scene->error.message, scene->fresh_error.message);
    for (size_t i = 0; i < COLUMNS; i++)
        assert_true(value_equal(values[i], fresh_values[i]));
    return result;
}

static void records_of_changing_shape_read_as_if_each_were_the_first(void **state) {
    static const char *const texts[] = {
        "{\"ID\":1,\"AMOUNT\":2.5,\"CARD\":\"a\",\"COUNT\":3}",
        "{\"ID\":2,\"AMOUNT\":2.25,\"CARD\":\"b\",\"COUNT\":4}",
        "{\"id\": 1, \"amount\": 2.5, \"card\": \"a\", \"count\": 3}",
        "{\"ID\":1,\"CARD\":\"a\",\"AMOUNT\":2.5}",
        "{\"ID\":1,\"other\":{\"ID\":9},\"CARD\":\"a\"}",
        "{\"ID\":1,\"other\":[1,2,{\"CARD\":1}],\"CARD\":\"a\"}",
        "{\"ID\":1,\"ID\":2}",
        "{\"ID\":1}",
        "{}",
        " { \"ID\" : 7 } ",
        "null",
        "{\"COUNT\":3,\"CARD\":\"x\",\"AMOUNT\":1e3,\"ID\":9}",
        "{\"\\u0049D\":5,\"CARD\":null}",
        "{\"a name that is longer than what is kept of the text between two values of a record\":1,\"ID\":4}",
    };
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
            for (size_t j = 0; j < sizeof texts / sizeof *texts; j++) {
                assert_int_equal(expect_as_a_fresh_codec(*state, texts[i]), 0);
                assert_int_equal(expect_as_a_fresh_codec(*state, texts[j]), 0);
            }
}

static void a_record_cut_anywhere_is_refused_with_the_same_words_whatever_came_before(void **state) {
    const char whole[] = "{\"ID\":1,\"AMOUNT\":-2.5,\"CARD\":\"a\\n\",\"COUNT\":3}";
    char cut[sizeof whole];
    for (size_t size = 1; size + 1 < sizeof whole; size++) {
        expect_as_a_fresh_codec(*state, whole);
        memcpy(cut, whole, size);
        cut[size] = '\0';
        assert_int_not_equal(expect_as_a_fresh_codec(*state, cut), 0);
    }
}

static void more_fields_than_are_learned_are_all_read(void **state) {
    struct text text = TEXT_EMPTY;
    text_append_char(&text, '{');
    for (int i = 0; i < 2000; i++)
        text_append_format(&text, "\"x%d\":%d,", i, i);
    text_append_string(&text, "\"ID\":12}");
    for (int i = 0; i < 2; i++)
        assert_int_equal(expect_as_a_fresh_codec(*state, text_string(&text)), 0);
    struct scene *scene = *state;
    struct value values[COLUMNS];
    assert_int_equal(codec_decode(scene->learned, text_view(&text), &scene->arena, values, &scene->error), 0);
    assert_int_equal(values[0].integer, 12);
    text_free(&text);
}

static void numbers_are_those_that_strtod_reads(void **state) {
    (void)state;
    static const char *const texts[] = {"0.1",
                                        "-0.0",
                                        "123456789012345",
                                        "12345678901234.5",
                                        "9007199254740993",
                                        "1.",
                                        ".5",
                                        "-0",
                                        "0.000000000000001",
                                        "999999999999999",
                                        "1e22",
                                        "-.5"};
    double number;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_true(view_to_double(view_of(texts[i]), &number));
        double expected = strtod(texts[i], NULL);
        assert_memory_equal(&number, &expected, sizeof number);
    }
    static const char *const wrong[] = {"", "-", ".", "-.", "1.2.3", "1-", "--1", "1e", " 1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(view_to_double(view_of(wrong[i]), &number));
    struct random random;
    random_seed(&random, 11);
    for (int i = 0; i < 20000; i++) {
        char text[40];
        snprintf(text, sizeof text, "%s%lld.%0*lld", i % 2 ? "-" : "", (long long)random_between(&random, 0, 99999),
                 (int)random_between(&random, 1, 18), (long long)random_between(&random, 0, 99999999));
        assert_true(view_to_double(view_of(text), &number));
        double expected = strtod(text, NULL);
        assert_memory_equal(&number, &expected, sizeof number);
    }
}

static void a_json_number_keeps_its_type_its_range_and_its_errors(void **state) {
    struct scene *scene = *state;
    struct value values[COLUMNS];
    static const char *const wrong[] = {"{\"COUNT\":2147483648}", "{\"ID\":01}",    "{\"ID\":-}",
                                        "{\"AMOUNT\":1.}",        "{\"ID\":1.2.3}", "{\"ID\":9223372036854775808e9}",
                                        "{\"AMOUNT\":1e}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_not_equal(expect_as_a_fresh_codec(scene, wrong[i]), 0);
    assert_int_equal(codec_decode(scene->learned,
                                  VIEW("{\"ID\":-9223372036854775808,\"AMOUNT\":-0.07,\"CARD\":1.50,\"COUNT\":2.0}"),
                                  &scene->arena, values, &scene->error),
                     0);
    assert_true(values[0].integer == INT64_MIN);
    assert_true(values[1].real == -0.07);
    assert_true(view_equal(value_view(values[2]), VIEW("1.50")));
    assert_int_equal(values[3].integer, 2);
}

/* --- Avro: nullable and plain fields, in the writer's order --- */

static int by_id(void *context, int32_t id, struct view *text, struct view *type, struct error *error) {
    (void)context;
    (void)error;
    *text =
        id == 1
            ? VIEW("{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"COUNT\",\"type\":[\"int\",\"null\"]},"
                   "{\"name\":\"ID\",\"type\":\"int\"},{\"name\":\"FREE\",\"type\":\"string\"},"
                   "{\"name\":\"CARD\",\"type\":[\"null\",\"string\"]}]}")
            : VIEW("{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"AMOUNT\",\"type\":\"double\"}]}");
    *type = VIEW("AVRO");
    return 0;
}

static void avro_fields_are_read_by_the_writers_order_and_types(void **state) {
    struct scene *scene = *state;
    struct codec_options options = {0};
    struct schema_source source = {NULL, by_id};
    struct codec *codec = format_find(VIEW("AVRO"))->compile(columns, COLUMNS, &options, &source, &scene->error);
    struct value values[COLUMNS];
    const struct view bytes = VIEW("\0\0\0\0\1\0\x0d\x0e\4ab\2\6xyz"), other = VIEW("\0\0\0\0\2\0\0\0\0\0\0\xf8\x3f");
    assert_non_null(codec);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(codec_decode(codec, bytes, &scene->arena, values, &scene->error), 0);
        assert_int_equal(values[0].tag, VALUE_BIGINT); /* an int of the writer is a BIGINT here */
        assert_int_equal(values[0].integer, 7);
        assert_int_equal(values[1].tag, VALUE_NULL);
        assert_true(view_equal(value_view(values[2]), VIEW("xyz")));
        assert_int_equal(values[3].tag, VALUE_INTEGER);
        assert_int_equal(values[3].integer, -7);
        assert_int_equal(codec_decode(codec, other, &scene->arena, values, &scene->error), 0);
        assert_true(values[1].real == 1.5);
        assert_int_equal(values[2].tag, VALUE_NULL);
    }
    for (size_t size = 0; size < bytes.size; size++)
        assert_int_not_equal(codec_decode(codec, (struct view){bytes.data, size}, &scene->arena, values, &scene->error),
                             0);
    static const struct view wrong[] = {
        {"\0\0\0\0\1\4\x0d\x0e\4ab\2\6xyz", 16},            /* a third branch of two */
        {"\0\0\0\0\1\0\x0d\x0e\4ab\2\6x\xffz", 16},         /* no UTF-8 */
        {"\0\0\0\0\1\0\x0d\x0e\4ab\2\5xyz", 16},            /* a length below zero */
        {"\0\0\0\0\1\0\xff\xff\xff\xff\x7f\x0e\4ab\0", 15}, /* an INTEGER beyond 32 bits */
        {"\0\0\0\0\1\0\x0d\x0e\4ab\2\6xyz\0", 17},          /* more than the record */
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_not_equal(codec_decode(codec, wrong[i], &scene->arena, values, &scene->error), 0);
        assert_int_equal(scene->error.code, ERROR_CORRUPT);
        scene->error = (struct error){0};
    }
    codec_free(codec);
}

static void avro_null_is_written_only_where_the_schema_has_it(void **state) {
    struct scene *scene = *state;
    struct codec_options options = {
        .schema_id = 9,
        .writer_schema = VIEW("{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"ID\",\"type\":"
                              "\"long\"},{\"name\":\"CARD\",\"type\":[\"string\",\"null\"]}]}")};
    struct codec *codec = format_find(VIEW("AVRO"))->compile(columns, COLUMNS, &options, NULL, &scene->error);
    struct value values[COLUMNS] = {value_bigint(-65), value_null(), value_null(), value_null()};
    struct text out = TEXT_EMPTY;
    assert_non_null(codec);
    assert_int_equal(codec_encode(codec, values, &out, &scene->error), 0);
    assert_int_equal(out.size, 8);
    assert_memory_equal(out.data, "\0\0\0\0\x09\x81\x01\x02", 8);
    text_clear(&out);
    values[0] = value_null();
    assert_int_not_equal(codec_encode(codec, values, &out, &scene->error), 0);
    assert_non_null(strstr(scene->error.message, "field ID"));
    text_free(&out);
    codec_free(codec);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(records_of_changing_shape_read_as_if_each_were_the_first),
        TEST(a_record_cut_anywhere_is_refused_with_the_same_words_whatever_came_before),
        TEST(more_fields_than_are_learned_are_all_read),
        TEST(numbers_are_those_that_strtod_reads),
        TEST(a_json_number_keeps_its_type_its_range_and_its_errors),
        TEST(avro_fields_are_read_by_the_writers_order_and_types),
        TEST(avro_null_is_written_only_where_the_schema_has_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
