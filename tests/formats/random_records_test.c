/* Random records (fixed seed) through every multi-column codec, damaged bytes, and allocations per record. */
#include "formats/random_records.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "foundation/base/memory.h"
#include "support/allocations.h"

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

static json_t *in_jansson(struct value value) {
    json_t *items;
    switch (value.tag) {
    case VALUE_BOOLEAN:
        return json_boolean(value.boolean);
    case VALUE_INTEGER:
    case VALUE_BIGINT:
        return json_integer(value.integer);
    case VALUE_DOUBLE:
        return json_real(value.real);
    case VALUE_STRING:
        return json_stringn(value.bytes, value.size);
    case VALUE_ARRAY:
        items = json_array();
        for (uint32_t i = 0; i < value.size; i++)
            json_array_append_new(items, in_jansson(value.items[i]));
        return items;
    case VALUE_MAP:
        items = json_object();
        for (uint32_t i = 0; i < value.size; i++) {
            struct value key = value.items[2 * i];
            json_object_setn_new(items, key.bytes, key.size, in_jansson(value.items[2 * i + 1]));
        }
        return items;
    default:
        return json_null();
    }
}

/* Plain, with white space, and with every character beyond ASCII escaped: fields in another order each time. */
static void what_jansson_writes_we_read(void **state) {
    (void)state;
    static const size_t flags[] = {JSON_COMPACT, JSON_INDENT(3), JSON_ENSURE_ASCII};
    struct scene scene;
    scene_open(&scene, "JSON");
    for (size_t record = 0; record < RECORDS; record++) {
        struct value in[COLUMNS], out[COLUMNS];
        arena_reset(&scene.record);
        random_values(&scene, in);
        json_t *root = json_object();
        for (size_t i = 0; i < COLUMNS; i++) {
            size_t at = (i * 3 + record) % COLUMNS;
            struct view name = scene.columns[at].name;
            json_object_setn_new(root, name.data, name.size, in_jansson(in[at]));
        }
        char *text = json_dumps(root, flags[record % 3] | JSON_REAL_PRECISION(17));
        json_decref(root);
        if (codec_decode(scene.codec, view_of(text), &scene.record, out, &scene.error) != 0)
            fail_msg("record %zu: %s in %s", record, scene.error.message, text);
        for (size_t i = 0; i < COLUMNS; i++)
            if (!value_equal(in[i], out[i]))
                fail_msg("record %zu, column %zu of %s", record, i, text);
        free(text);
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
        cmocka_unit_test(what_jansson_writes_we_read),
        cmocka_unit_test(a_cut_or_flipped_json_record_is_an_error_and_never_a_crash),
        cmocka_unit_test(a_cut_or_flipped_json_sr_record_is_an_error_and_never_a_crash),
        cmocka_unit_test(a_cut_or_flipped_avro_record_is_an_error_and_never_a_crash),
        cmocka_unit_test(after_warm_up_no_record_allocates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
