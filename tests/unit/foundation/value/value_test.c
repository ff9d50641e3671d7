/* Every tag: order, equality, hash, copies, packed bytes and back, damaged bytes. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "foundation/base/memory.h"
#include "foundation/value/value.h"

static const __int128 low_decimal = -((__int128)1 << 100), high_decimal = ((__int128)1 << 100) + 7;
static const struct value pair[] = {{.tag = VALUE_STRING, .size = 1, .bytes = "a"},
                                    {.tag = VALUE_BIGINT, .integer = 1}};
static const struct value later_pair[] = {{.tag = VALUE_STRING, .size = 1, .bytes = "b"}, {.tag = VALUE_NULL}};
static const struct value longer[] = {
    {.tag = VALUE_STRING, .size = 1, .bytes = "a"}, {.tag = VALUE_BIGINT, .integer = 1}, {.tag = VALUE_NULL}};

/* Two of each tag, the smaller first. */
static const struct value ordered[][2] = {
    {{.tag = VALUE_BOOLEAN, .boolean = false}, {.tag = VALUE_BOOLEAN, .boolean = true}},
    {{.tag = VALUE_INTEGER, .integer = INT32_MIN}, {.tag = VALUE_INTEGER, .integer = INT32_MAX}},
    {{.tag = VALUE_BIGINT, .integer = INT64_MIN}, {.tag = VALUE_BIGINT, .integer = INT64_MAX}},
    {{.tag = VALUE_DOUBLE, .real = -1e300}, {.tag = VALUE_DOUBLE, .real = 5e-324}},
    {{.tag = VALUE_DECIMAL, .decimal = &low_decimal}, {.tag = VALUE_DECIMAL, .decimal = &high_decimal}},
    {{.tag = VALUE_STRING, .size = 1, .bytes = "a"}, {.tag = VALUE_STRING, .size = 2, .bytes = "a\xc3"}},
    {{.tag = VALUE_BYTES, .size = 0, .bytes = ""}, {.tag = VALUE_BYTES, .size = 2, .bytes = "\0\xff"}},
    {{.tag = VALUE_DATE, .integer = -1}, {.tag = VALUE_DATE, .integer = 20000}},
    {{.tag = VALUE_TIME, .integer = 0}, {.tag = VALUE_TIME, .integer = 86399999}},
    {{.tag = VALUE_TIMESTAMP, .integer = -1}, {.tag = VALUE_TIMESTAMP, .integer = 1773489600000}},
    {{.tag = VALUE_ARRAY, .size = 2, .items = pair}, {.tag = VALUE_ARRAY, .size = 3, .items = longer}},
    {{.tag = VALUE_MAP, .size = 1, .items = pair}, {.tag = VALUE_MAP, .size = 1, .items = later_pair}},
    {{.tag = VALUE_STRUCT, .size = 2, .items = pair}, {.tag = VALUE_STRUCT, .size = 2, .items = later_pair}},
};
enum { TAGS = sizeof ordered / sizeof *ordered };

static void values_of_every_tag_are_ordered_and_null_comes_first(void **state) {
    (void)state;
    for (size_t i = 0; i < TAGS; i++) {
        assert_true(value_compare(ordered[i][0], ordered[i][1]) < 0);
        assert_true(value_compare(ordered[i][1], ordered[i][0]) > 0);
        assert_int_equal(value_compare(ordered[i][1], ordered[i][1]), 0);
        assert_true(value_equal(ordered[i][0], ordered[i][0]));
        assert_false(value_equal(ordered[i][0], ordered[i][1]));
        assert_true(value_compare(value_null(), ordered[i][0]) < 0);
        assert_false(value_equal(value_null(), ordered[i][0]));
    }
    assert_true(value_equal(value_null(), value_null()));
}

static void nan_equals_itself_sorts_last_and_zero_has_no_sign(void **state) {
    (void)state;
    double other_nan;
    uint64_t bits = 0xfff8000000001234u;
    memcpy(&other_nan, &bits, sizeof bits);
    assert_true(value_equal(value_double(NAN), value_double(other_nan)));
    assert_true(value_compare(value_double(NAN), value_double(INFINITY)) > 0);
    assert_true(value_compare(value_double(-INFINITY), value_double(NAN)) < 0);
    assert_true(value_equal(value_double(0.0), value_double(-0.0)));
    assert_true(value_hash(value_double(0.0)) == value_hash(value_double(-0.0)));
    assert_true(value_hash(value_double(NAN)) == value_hash(value_double(other_nan)));
}

static void equal_values_hash_alike_and_others_apart(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    for (size_t i = 0; i < TAGS; i++) {
        assert_true(value_hash(ordered[i][0]) == value_hash(value_copy(&arena, ordered[i][0])));
        for (size_t j = 0; j < TAGS; j++)
            assert_true(value_hash(ordered[i][0]) != value_hash(ordered[j][1]));
    }
    arena_free(&arena);
}

static void a_copy_in_an_arena_outlives_its_source(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    char bytes[] = "here";
    __int128 decimal = 12345;
    struct value items[] = {value_string((struct view){bytes, 4}), {.tag = VALUE_DECIMAL, .decimal = &decimal}};
    struct value copy = value_copy(&arena, (struct value){.tag = VALUE_ARRAY, .size = 2, .items = items});
    memset(bytes, 'x', 4);
    decimal = 0;
    memset(items, 0, sizeof items);
    assert_true(view_equal(value_view(copy.items[0]), VIEW("here")));
    assert_true(*copy.items[1].decimal == 12345);
    arena_free(&arena);
}

static void an_owned_value_is_deep_and_disowning_leaves_null(void **state) {
    (void)state;
    for (size_t i = 0; i < TAGS; i++) {
        for (size_t j = 0; j < 2; j++) {
            struct value own = value_own(ordered[i][j]);
            assert_true(value_equal(own, ordered[i][j]));
            if (own.tag == VALUE_STRING || own.tag >= VALUE_ARRAY)
                assert_ptr_not_equal(own.bytes, ordered[i][j].bytes);
            value_disown(&own);
            assert_true(value_is_null(own));
            value_disown(&own);
        }
    }
}

static void every_tag_comes_back_from_its_packed_bytes(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct text packed = TEXT_EMPTY;
    value_pack(&packed, value_null());
    for (size_t i = 0; i < TAGS; i++) {
        value_pack(&packed, ordered[i][0]);
        value_pack(&packed, ordered[i][1]);
    }
    value_pack(&packed, value_double(NAN));
    struct view rest = text_view(&packed);
    struct value v;
    assert_int_equal(value_unpack(&rest, &arena, &v), 0);
    assert_true(value_is_null(v));
    for (size_t i = 0; i < TAGS; i++) {
        for (size_t j = 0; j < 2; j++) {
            assert_int_equal(value_unpack(&rest, &arena, &v), 0);
            assert_true(value_equal(v, ordered[i][j]));
        }
    }
    assert_int_equal(value_unpack(&rest, &arena, &v), 0);
    assert_true(isnan(v.real));
    assert_int_equal(rest.size, 0);
    text_free(&packed);
    arena_free(&arena);
}

static void what_was_packed_can_be_unpacked_however_deep_it_is(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct text packed = TEXT_EMPTY;
    struct value nested[66] = {value_bigint(1)}, v; /* JSON may nest 64 deep */
    for (size_t i = 1; i < 66; i++)
        nested[i] = (struct value){.tag = VALUE_ARRAY, .size = 1, .items = &nested[i - 1]};
    value_pack(&packed, nested[65]);
    struct view rest = text_view(&packed);
    assert_int_equal(value_unpack(&rest, &arena, &v), 0);
    assert_true(value_equal(v, nested[65]));
    text_free(&packed);
    arena_free(&arena);
}

static void packed_bytes_that_are_cut_are_damaged_at_every_length(void **state) {
    (void)state;
    for (size_t i = 0; i < TAGS; i++) {
        struct text packed = TEXT_EMPTY;
        struct arena arena = ARENA_EMPTY;
        value_pack(&packed, ordered[i][1]);
        for (size_t size = 0; size < packed.size; size++) {
            char *cut = memory_copy(packed.data, size); /* its own block: a sanitizer sees a step too far */
            struct view rest = {cut, size};
            struct value v;
            assert_int_equal(value_unpack(&rest, &arena, &v), -1);
            memory_free(cut);
        }
        text_free(&packed);
        arena_free(&arena);
    }
}

static void expect_damaged(struct view bytes) {
    struct arena arena = ARENA_EMPTY;
    struct value v;
    assert_int_equal(value_unpack(&bytes, &arena, &v), -1);
    assert_true(arena_bytes(&arena) < 100000);
    arena_free(&arena);
}

static void packed_bytes_that_lie_are_damaged_and_ask_for_no_memory(void **state) {
    (void)state;
    expect_damaged(VIEW("\x0e")); /* no such tag */
    expect_damaged(VIEW("\xff"));
    expect_damaged(VIEW("\x0b\xff\xff\xff\x0f"));                             /* array of 33 million */
    expect_damaged(VIEW("\x0b\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"));     /* array of 2^64-1 */
    expect_damaged(VIEW("\x0c\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"));     /* map of 2^63: twice that is 0 */
    expect_damaged(VIEW("\x06\xff\xff\xff\xff\x1fxyz"));                      /* string longer than its bytes */
    expect_damaged(VIEW("\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")); /* number without end */
    expect_damaged(VIEW("\x01\x02"));                                         /* boolean neither 0 nor 1 */
    expect_damaged(VIEW("\x02\x80\x80\x80\x80\x20"));                         /* INTEGER 2^32 */
    char deep[4000];
    for (size_t i = 0; i < sizeof deep; i += 2)
        memcpy(deep + i, "\x0b\x01", 2);
    expect_damaged((struct view){deep, sizeof deep});
}

static void bytes_with_a_flipped_bit_never_crash(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct text packed = TEXT_EMPTY;
    struct value all[TAGS];
    for (size_t i = 0; i < TAGS; i++)
        all[i] = ordered[i][1];
    value_pack(&packed, (struct value){.tag = VALUE_STRUCT, .size = TAGS, .items = all});
    for (size_t bit = 0; bit < packed.size * 8; bit++) {
        packed.data[bit / 8] ^= (char)(1 << bit % 8);
        struct view rest = text_view(&packed);
        struct value v;
        if (value_unpack(&rest, &arena, &v) == 0)
            value_hash(v);
        packed.data[bit / 8] ^= (char)(1 << bit % 8);
        arena_reset(&arena);
    }
    text_free(&packed);
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_every_tag_are_ordered_and_null_comes_first),
        cmocka_unit_test(nan_equals_itself_sorts_last_and_zero_has_no_sign),
        cmocka_unit_test(equal_values_hash_alike_and_others_apart),
        cmocka_unit_test(a_copy_in_an_arena_outlives_its_source),
        cmocka_unit_test(an_owned_value_is_deep_and_disowning_leaves_null),
        cmocka_unit_test(every_tag_comes_back_from_its_packed_bytes),
        cmocka_unit_test(what_was_packed_can_be_unpacked_however_deep_it_is),
        cmocka_unit_test(packed_bytes_that_are_cut_are_damaged_at_every_length),
        cmocka_unit_test(packed_bytes_that_lie_are_damaged_and_ask_for_no_memory),
        cmocka_unit_test(bytes_with_a_flipped_bit_never_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
