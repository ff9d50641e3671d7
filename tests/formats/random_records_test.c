/* Random records (fixed seed) through every multi-column codec, damaged bytes, and allocations per record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "foundation/base/memory.h"
#include "foundation/base/random.h"
#include "foundation/format/format.h"

enum { RECORDS = 2000, COLUMNS = 7 };

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define COUNTS_ALLOCATIONS 1
static size_t allocations;
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
void *malloc(size_t size) {
    allocations++;
    return __libc_malloc(size);
}
void *calloc(size_t count, size_t size) {
    allocations++;
    return __libc_calloc(count, size);
}
void *realloc(void *old, size_t size) {
    allocations++;
    return __libc_realloc(old, size);
}
#endif

struct scene {
    struct arena arena, record;
    struct random random;
    struct column columns[COLUMNS];
    struct text schema, bytes;
    struct schema_source source;
    struct codec *codec;
    struct error error;
};

static int by_id(void *context, int32_t id, struct view *text, struct view *type, struct error *error) {
    struct scene *scene = context;
    if (id != 7)
        return error_set(error, ERROR_NOT_FOUND, "schema %d not found", (int)id);
    *text = text_view(&scene->schema);
    *type = view_of(scene->codec && scene->codec->format->registry_type ? scene->codec->format->registry_type : "AVRO");
    return 0;
}

static void scene_open(struct scene *scene, const char *name) {
    *scene = (struct scene){0};
    random_seed(&scene->random, 42);
    const struct sql_type *types[COLUMNS] = {&sql_boolean,
                                             &sql_integer,
                                             &sql_bigint,
                                             &sql_double,
                                             &sql_string,
                                             sql_type_array(&scene->arena, &sql_bigint),
                                             sql_type_map(&scene->arena, &sql_string, &sql_integer)};
    const char *names[COLUMNS] = {"B", "I", "L", "D", "S", "A", "M"};
    for (size_t i = 0; i < COLUMNS; i++)
        scene->columns[i] = (struct column){view_of(names[i]), types[i]};
    const struct format *format = format_find(view_of(name));
    assert_non_null(format);
    struct codec_options options = {.schema_id = 7};
    if (format->schema_text)
        assert_int_equal(format->schema_text(scene->columns, COLUMNS, &options, &scene->schema, &scene->error), 0);
    scene->source = (struct schema_source){scene, by_id};
    scene->codec = format->compile(scene->columns, COLUMNS, &options, &scene->source, &scene->error);
    assert_non_null(scene->codec);
}

static void scene_close(struct scene *scene) {
    codec_free(scene->codec);
    text_free(&scene->schema);
    text_free(&scene->bytes);
    arena_free(&scene->record);
    arena_free(&scene->arena);
}

static struct value random_string(struct scene *scene) {
    static const char *const pieces[] = {
        "a", "Z", "\"", "\\", "\n", "\t", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "/"};
    struct text text = TEXT_EMPTY;
    for (int64_t left = random_between(&scene->random, 0, 12); left > 0; left--)
        text_append_string(&text, pieces[random_between(&scene->random, 0, 9)]);
    struct value value = value_string(arena_copy_view(&scene->record, (struct view){text_string(&text), text.size}));
    text_free(&text);
    return value;
}

static void random_values(struct scene *scene, struct value *values) {
    struct random *random = &scene->random;
    values[0] = value_boolean(random_next(random) & 1);
    values[1] = value_integer((int32_t)random_between(random, INT32_MIN, INT32_MAX));
    values[2] = value_bigint((int64_t)random_next(random));
    values[3] = value_double((random_unit(random) - 0.5) * 1e6);
    values[4] = random_string(scene);
    uint32_t size = (uint32_t)random_between(random, 0, 5);
    struct value *items = arena_zero(&scene->record, sizeof *items * (size + 1));
    for (uint32_t i = 0; i < size; i++)
        items[i] = value_bigint((int64_t)random_next(random));
    values[5] = (struct value){.tag = VALUE_ARRAY, .size = size, .items = items};
    struct value *pairs = arena_zero(&scene->record, sizeof *pairs * 2);
    pairs[0] = random_string(scene);
    pairs[1] = value_integer((int32_t)random_between(random, -9, 9));
    values[6] = (struct value){.tag = VALUE_MAP, .size = 1, .items = pairs};
    for (size_t i = 0; i < COLUMNS; i++)
        if (random_between(random, 0, 7) == 0)
            values[i] = value_null();
}

static void round_trip(const char *name) {
    struct scene scene;
    scene_open(&scene, name);
    for (int record = 0; record < RECORDS; record++) {
        struct value in[COLUMNS], out[COLUMNS];
        arena_reset(&scene.record);
        random_values(&scene, in);
        text_clear(&scene.bytes);
        assert_int_equal(codec_encode(scene.codec, in, &scene.bytes, &scene.error), 0);
        if (codec_decode(scene.codec, text_view(&scene.bytes), &scene.record, out, &scene.error) != 0)
            fail_msg("%s record %d: %s", name, record, scene.error.message);
        for (size_t i = 0; i < COLUMNS; i++)
            if (!value_equal(in[i], out[i]))
                fail_msg("%s record %d column %zu differs", name, record, i);
    }
    scene_close(&scene);
}

static void json_records_come_back_as_they_went(void **state) {
    (void)state;
    round_trip("JSON");
}
static void json_sr_records_come_back_as_they_went(void **state) {
    (void)state;
    round_trip("JSON_SR");
}
static void avro_records_come_back_as_they_went(void **state) {
    (void)state;
    round_trip("AVRO");
}

static void json_text_reads_the_same_in_jansson(void **state) {
    (void)state;
    struct scene scene;
    scene_open(&scene, "JSON");
    for (int record = 0; record < RECORDS; record++) {
        struct value in[COLUMNS];
        arena_reset(&scene.record);
        random_values(&scene, in);
        text_clear(&scene.bytes);
        assert_int_equal(codec_encode(scene.codec, in, &scene.bytes, &scene.error), 0);
        json_error_t why;
        json_t *root = json_loadb(scene.bytes.data, scene.bytes.size, 0, &why);
        if (!root)
            fail_msg("record %d: %s", record, why.text);
        assert_int_equal(json_object_size(root), COLUMNS);
        json_t *l = json_object_get(root, "L"), *d = json_object_get(root, "D"), *s = json_object_get(root, "S");
        assert_int_equal(json_is_null(l), value_is_null(in[2]));
        if (!value_is_null(in[2]))
            assert_true(json_integer_value(l) == in[2].integer);
        if (!value_is_null(in[3]))
            assert_true(json_number_value(d) == in[3].real);
        if (!value_is_null(in[4])) {
            assert_int_equal(json_string_length(s), in[4].size);
            assert_memory_equal(json_string_value(s), in[4].bytes, in[4].size);
        }
        json_decref(root);
    }
    scene_close(&scene);
}

static void damage(const char *name, bool truncation_is_an_error) {
    struct scene scene;
    scene_open(&scene, name);
    for (int record = 0; record < 200; record++) {
        struct value in[COLUMNS], out[COLUMNS];
        arena_reset(&scene.record);
        random_values(&scene, in);
        text_clear(&scene.bytes);
        assert_int_equal(codec_encode(scene.codec, in, &scene.bytes, &scene.error), 0);
        for (size_t size = 0; size < scene.bytes.size; size++) {
            char *cut = memory_allocate(size + 1);
            memcpy(cut, scene.bytes.data, size);
            int result = codec_decode(scene.codec, (struct view){cut, size}, &scene.record, out, &scene.error);
            memory_free(cut);
            if (truncation_is_an_error && result == 0)
                fail_msg("%s record %d cut at %zu of %zu was accepted", name, record, size, scene.bytes.size);
        }
        for (int flip = 0; flip < 64; flip++) {
            size_t at = (size_t)random_between(&scene.random, 0, (int64_t)scene.bytes.size - 1);
            char bit = (char)(1 << random_between(&scene.random, 0, 6));
            scene.bytes.data[at] ^= bit;
            if (codec_decode(scene.codec, text_view(&scene.bytes), &scene.record, out, &scene.error) != 0)
                for (size_t i = 0; i < COLUMNS; i++)
                    assert_true(value_is_null(out[i]));
            scene.bytes.data[at] ^= bit;
        }
    }
    scene_close(&scene);
}

static void a_cut_or_flipped_json_record_is_an_error_and_never_a_crash(void **state) {
    (void)state;
    damage("JSON", true);
}
static void a_cut_or_flipped_json_sr_record_is_an_error_and_never_a_crash(void **state) {
    (void)state;
    damage("JSON_SR", true);
}
static void a_cut_or_flipped_avro_record_is_an_error_and_never_a_crash(void **state) {
    (void)state;
    damage("AVRO", true);
}

static void after_warm_up_no_record_allocates(void **state) {
    (void)state;
#ifndef COUNTS_ALLOCATIONS
    skip();
#else
    static const char *const names[] = {"JSON", "JSON_SR", "AVRO"};
    for (size_t n = 0; n < 3; n++) {
        struct scene scene;
        scene_open(&scene, names[n]);
        struct value in[COLUMNS], out[COLUMNS];
        random_values(&scene, in);
        struct arena decoded = ARENA_EMPTY;
        size_t before = 0;
        for (int record = 0; record < 1000; record++) {
            if (record == 10)
                before = allocations;
            arena_reset(&decoded);
            text_clear(&scene.bytes);
            if (codec_encode(scene.codec, in, &scene.bytes, &scene.error) != 0 ||
                codec_decode(scene.codec, text_view(&scene.bytes), &decoded, out, &scene.error) != 0)
                fail_msg("%s: %s", names[n], scene.error.message);
        }
        size_t made = allocations - before;
        if (made != 0)
            fail_msg("%s: %zu allocations in 990 records", names[n], made);
        arena_free(&decoded);
        scene_close(&scene);
    }
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_records_come_back_as_they_went),
        cmocka_unit_test(json_sr_records_come_back_as_they_went),
        cmocka_unit_test(avro_records_come_back_as_they_went),
        cmocka_unit_test(json_text_reads_the_same_in_jansson),
        cmocka_unit_test(a_cut_or_flipped_json_record_is_an_error_and_never_a_crash),
        cmocka_unit_test(a_cut_or_flipped_json_sr_record_is_an_error_and_never_a_crash),
        cmocka_unit_test(a_cut_or_flipped_avro_record_is_an_error_and_never_a_crash),
        cmocka_unit_test(after_warm_up_no_record_allocates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
