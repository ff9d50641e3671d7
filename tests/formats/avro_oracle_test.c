/* avro-c judges our Avro: what one side writes the other reads as the same values. */
#include "formats/random_records.h"

#include <avro.h>
#include <string.h>

enum { FRAME = 5 };

struct oracle {
    avro_schema_t schema;
    avro_value_iface_t *iface;
    avro_value_t record;
};

static void oracle_open(struct oracle *oracle, const struct scene *scene) {
    assert_int_equal(avro_schema_from_json_length(scene->schema.data, scene->schema.size, &oracle->schema), 0);
    oracle->iface = avro_generic_class_from_schema(oracle->schema);
    assert_int_equal(avro_generic_value_new(oracle->iface, &oracle->record), 0);
}

static void oracle_close(struct oracle *oracle) {
    avro_value_decref(&oracle->record);
    avro_value_iface_decref(oracle->iface);
    avro_schema_decref(oracle->schema);
}

/* --- what avro-c read is the value --- */

static void expect_same(const avro_value_t *theirs, struct value ours);

/* A map is an array of records with a key and a value, as Connect spells it. */
static void expect_same_items(const avro_value_t *theirs, struct value ours) {
    size_t count;
    assert_int_equal(avro_value_get_size(theirs, &count), 0);
    assert_int_equal(count, ours.size);
    for (size_t i = 0; i < count; i++) {
        avro_value_t item, part;
        assert_int_equal(avro_value_get_by_index(theirs, i, &item, NULL), 0);
        if (ours.tag == VALUE_ARRAY) {
            expect_same(&item, ours.items[i]);
            continue;
        }
        for (size_t side = 0; side < 2; side++) {
            assert_int_equal(avro_value_get_by_index(&item, side, &part, NULL), 0);
            expect_same(&part, ours.items[2 * i + side]);
        }
    }
}

static void expect_same(const avro_value_t *theirs, struct value ours) {
    avro_value_t branch;
    int boolean;
    int32_t integer;
    int64_t bigint;
    double real;
    const char *text;
    size_t size;
    switch (avro_value_get_type(theirs)) {
    case AVRO_UNION:
        assert_int_equal(avro_value_get_current_branch(theirs, &branch), 0);
        expect_same(&branch, ours);
        break;
    case AVRO_NULL:
        assert_int_equal(ours.tag, VALUE_NULL);
        break;
    case AVRO_BOOLEAN:
        assert_int_equal(avro_value_get_boolean(theirs, &boolean), 0);
        assert_true(ours.tag == VALUE_BOOLEAN && ours.boolean == (boolean != 0));
        break;
    case AVRO_INT32:
        assert_int_equal(avro_value_get_int(theirs, &integer), 0);
        assert_true(ours.tag == VALUE_INTEGER && ours.integer == integer);
        break;
    case AVRO_INT64:
        assert_int_equal(avro_value_get_long(theirs, &bigint), 0);
        assert_true(ours.tag == VALUE_BIGINT && ours.integer == bigint);
        break;
    case AVRO_DOUBLE:
        assert_int_equal(avro_value_get_double(theirs, &real), 0);
        assert_true(ours.tag == VALUE_DOUBLE && memcmp(&ours.real, &real, sizeof real) == 0);
        break;
    case AVRO_STRING:
        assert_int_equal(avro_value_get_string(theirs, &text, &size), 0);
        assert_true(ours.tag == VALUE_STRING && view_equal(value_view(ours), (struct view){text, size - 1}));
        break;
    case AVRO_ARRAY:
        expect_same_items(theirs, ours);
        break;
    default:
        fail_msg("avro-c gives a type that was not written");
    }
}

static void what_we_write_avro_c_reads(void **state) {
    (void)state;
    struct scene scene;
    struct oracle oracle;
    scene_open(&scene, "AVRO");
    oracle_open(&oracle, &scene);
    for (int record = 0; record < RECORDS; record++) {
        struct value in[COLUMNS];
        arena_reset(&scene.record);
        random_values(&scene, in);
        text_clear(&scene.bytes);
        assert_int_equal(codec_encode(scene.codec, in, &scene.bytes, &scene.error), 0);
        avro_reader_t reader = avro_reader_memory(scene.bytes.data + FRAME, (int64_t)scene.bytes.size - FRAME);
        assert_int_equal(avro_value_read(reader, &oracle.record), 0);
        char more;
        assert_int_not_equal(avro_read(reader, &more, 1), 0); /* nothing is left */
        avro_reader_free(reader);
        for (size_t i = 0; i < COLUMNS; i++) {
            avro_value_t field;
            assert_int_equal(avro_value_get_by_index(&oracle.record, i, &field, NULL), 0);
            expect_same(&field, in[i]);
        }
    }
    oracle_close(&oracle);
    scene_close(&scene);
}

/* --- what avro-c wrote is the value --- */

static void set(avro_value_t *theirs, struct value ours);

static void set_items(avro_value_t *theirs, struct value ours) {
    for (size_t i = 0; i < ours.size; i++) {
        avro_value_t item, part;
        assert_int_equal(avro_value_append(theirs, &item, NULL), 0);
        if (ours.tag == VALUE_ARRAY) {
            set(&item, ours.items[i]);
            continue;
        }
        for (size_t side = 0; side < 2; side++) {
            assert_int_equal(avro_value_get_by_index(&item, side, &part, NULL), 0);
            set(&part, ours.items[2 * i + side]);
        }
    }
}

static void set(avro_value_t *theirs, struct value ours) {
    avro_value_t branch;
    switch (avro_value_get_type(theirs)) {
    case AVRO_UNION:
        assert_int_equal(avro_value_set_branch(theirs, ours.tag == VALUE_NULL ? 0 : 1, &branch), 0);
        set(&branch, ours);
        break;
    case AVRO_NULL:
        assert_int_equal(avro_value_set_null(theirs), 0);
        break;
    case AVRO_BOOLEAN:
        assert_int_equal(avro_value_set_boolean(theirs, ours.boolean), 0);
        break;
    case AVRO_INT32:
        assert_int_equal(avro_value_set_int(theirs, (int32_t)ours.integer), 0);
        break;
    case AVRO_INT64:
        assert_int_equal(avro_value_set_long(theirs, ours.integer), 0);
        break;
    case AVRO_DOUBLE:
        assert_int_equal(avro_value_set_double(theirs, ours.real), 0);
        break;
    case AVRO_STRING: {
        struct text text = TEXT_EMPTY; /* avro-c counts the NUL */
        text_append(&text, value_view(ours));
        assert_int_equal(avro_value_set_string_len(theirs, text_string(&text), text.size + 1), 0);
        text_free(&text);
        break;
    }
    case AVRO_ARRAY:
        set_items(theirs, ours);
        break;
    default:
        fail_msg("the schema has a type that no column has");
    }
}

static void what_avro_c_writes_we_read(void **state) {
    (void)state;
    struct scene scene;
    struct oracle oracle;
    char buffer[4096] = {0, 0, 0, 0, SCHEMA_ID};
    scene_open(&scene, "AVRO");
    oracle_open(&oracle, &scene);
    for (int record = 0; record < RECORDS; record++) {
        struct value in[COLUMNS], out[COLUMNS];
        arena_reset(&scene.record);
        random_values(&scene, in);
        assert_int_equal(avro_value_reset(&oracle.record), 0);
        for (size_t i = 0; i < COLUMNS; i++) {
            avro_value_t field;
            assert_int_equal(avro_value_get_by_index(&oracle.record, i, &field, NULL), 0);
            set(&field, in[i]);
        }
        avro_writer_t writer = avro_writer_memory(buffer + FRAME, sizeof buffer - FRAME);
        assert_int_equal(avro_value_write(writer, &oracle.record), 0);
        struct view bytes = {buffer, (size_t)avro_writer_tell(writer) + FRAME};
        avro_writer_free(writer);
        if (codec_decode(scene.codec, bytes, &scene.record, out, &scene.error) != 0)
            fail_msg("record %d: %s", record, scene.error.message);
        for (size_t i = 0; i < COLUMNS; i++)
            assert_true(value_equal(in[i], out[i]));
    }
    oracle_close(&oracle);
    scene_close(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_we_write_avro_c_reads),
        cmocka_unit_test(what_avro_c_writes_we_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
