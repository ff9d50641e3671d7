/* Numbers, checksums, times and texts against values known from elsewhere. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "foundation/base/clock.h"
#include "foundation/base/crc32c.h"
#include "foundation/base/map.h"
#include "foundation/base/number.h"
#include "foundation/base/properties.h"
#include "foundation/base/random.h"
#include "foundation/base/utf8.h"

static void expect_number(double number, const char *plain, const char *java) {
    char out[NUMBER_MAX + 1] = "";
    out[number_write_double(out, number)] = '\0';
    assert_string_equal(out, plain);
    out[number_write_java_double(out, number)] = '\0';
    assert_string_equal(out, java);
}

static void doubles_are_spelled_shortest_and_as_java_spells_them(void **state) {
    (void)state;
    expect_number(129.95, "129.95", "129.95");
    expect_number(-0.5, "-0.5", "-0.5");
    expect_number(3, "3", "3.0");
    expect_number(0.1 + 0.2, "0.30000000000000004", "0.30000000000000004");
    expect_number(1e10, "10000000000", "1.0E10");
    expect_number(1e-5, "0.00001", "1.0E-5");
    expect_number(NAN, "NaN", "NaN");
    expect_number(-INFINITY, "-Infinity", "-Infinity");
}

static void random_doubles_read_back_the_same(void **state) {
    (void)state;
    struct random random;
    random_seed(&random, 1);
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = random_next(&random);
        double number;
        char out[NUMBER_MAX + 1];
        memcpy(&number, &bits, sizeof number);
        if (!isfinite(number))
            continue;
        out[number_write_double(out, number)] = '\0';
        assert_true(strtod(out, NULL) == number);
    }
}

static void crc32c_has_the_check_value_of_its_definition(void **state) {
    (void)state;
    assert_int_equal(crc32c(0, "123456789", 9), 0xE3069283u);
    assert_int_equal(crc32c(crc32c(0, "1234", 4), "56789", 5), 0xE3069283u);
}

/* By its definition, bit after bit. */
static uint32_t slow_crc32c(const unsigned char *bytes, size_t size) {
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0x82F63B78u : crc >> 1;
    }
    return ~crc;
}

static void crc32c_of_any_length_and_place_is_that_of_its_definition(void **state) {
    enum { MOST = 5000, STEP = 37 };
    static unsigned char bytes[MOST + 8];
    struct random random;
    (void)state;
    random_seed(&random, 7);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)random_next(&random);
    for (size_t size = 0; size <= MOST; size += size < 800 ? 1 : STEP) {
        size_t from = size % 8, cut = size / 3;
        uint32_t expected = slow_crc32c(bytes + from, size);
        assert_int_equal(crc32c(0, bytes + from, size), expected);
        assert_int_equal(crc32c(crc32c(0, bytes + from, cut), bytes + from + cut, size - cut), expected);
    }
}

static void times_are_read_with_and_without_zone(void **state) {
    (void)state;
    int64_t ms = 0;
    assert_int_equal(clock_parse_iso(VIEW("2026-03-14T12:00:00.250+01:00"), &ms, NULL), 0);
    assert_int_equal(ms, 1773486000250);
    assert_int_equal(clock_parse_iso(VIEW("1970-01-01"), &ms, NULL), 0);
    assert_int_equal(ms, 0);
    struct error error = {0};
    assert_int_not_equal(clock_parse_iso(VIEW("2026-13-01"), &ms, &error), 0);
    assert_int_equal(error.code, ERROR_INVALID);
}

static void zones_know_summer_and_refuse_what_does_not_exist(void **state) {
    (void)state;
    int offset = -1;
    struct error error = {0};
    assert_int_equal(clock_zone_offset("UTC", 0, &offset, NULL), 0);
    assert_int_equal(offset, 0);
    assert_int_equal(clock_zone_offset("+02:30", 0, &offset, NULL), 0);
    assert_int_equal(offset, 9000);
    assert_int_not_equal(clock_zone_offset("Nowhere/Atlantis", 0, &offset, &error), 0);
    assert_int_equal(error.code, ERROR_INVALID);
    if (clock_zone_offset("Europe/Berlin", 1768478400000, &offset, NULL) == 0) { /* 2026-01-15, needs tzdata */
        assert_int_equal(offset, 3600);
        assert_int_equal(clock_zone_offset("Europe/Berlin", 1784116800000, &offset, NULL), 0); /* 2026-07-15 */
        assert_int_equal(offset, 7200);
        assert_int_equal(clock_zone_offset("Europe/Berlin", 4118472000000, &offset, NULL),
                         0); /* 2100-07-05, by the footer */
        assert_int_equal(offset, 7200);
    }
}

static void what_could_steer_a_terminal_is_spelled_out(void **state) {
    (void)state;
    struct text out = TEXT_EMPTY;
    utf8_display(&out, VIEW("a\x1b[2J\xe2\x80\xae"
                            "b\xff漢"));
    assert_string_equal(text_string(&out), "a<1B>[2J<U+202E>b<FF>漢");
    assert_int_equal(utf8_width(VIEW("漢é")), 3);
    text_free(&out);
}

static void property_files_are_read_as_java_reads_them(void **state) {
    (void)state;
    struct properties *properties = properties_new();
    struct error error = {0};
    assert_int_equal(
        properties_parse(properties, VIEW("# note\n\na=1\nb : two words\nc=x\\\n   y\nd=\\u0041\\tB\n"), "f", &error),
        0);
    assert_string_equal(properties_get(properties, "a"), "1");
    assert_string_equal(properties_get(properties, "b"), "two words");
    assert_string_equal(properties_get(properties, "c"), "xy");
    assert_string_equal(properties_get(properties, "d"), "A\tB");
    assert_int_not_equal(properties_parse(properties, VIEW("good=1\nno value here\n"), "file", &error), 0);
    assert_int_equal(error.line, 2);
    assert_non_null(strstr(error.message, "file:2"));
    properties_free(properties);
    assert_true(properties_is_secret("sasl.password"));
    assert_true(properties_is_secret("basic.auth.user.info"));
    assert_false(properties_is_secret("sasl.username"));
}

static void a_map_keeps_order_and_forgets_what_is_removed(void **state) {
    (void)state;
    struct map *map = map_new(NULL);
    char name[16];
    for (int i = 0; i < 1000; i++) {
        int size = snprintf(name, sizeof name, "k%d", i);
        map_put(map, (struct view){name, (size_t)size}, map);
    }
    for (int i = 0; i < 1000; i += 2) {
        int size = snprintf(name, sizeof name, "k%d", i);
        assert_true(map_remove(map, (struct view){name, (size_t)size}));
    }
    assert_int_equal(map_count(map), 500);
    assert_false(map_has(map, VIEW("k2")));
    assert_true(map_has(map, VIEW("k3")));
    size_t at = 0;
    struct view key;
    assert_true(map_next(map, &at, &key, NULL));
    assert_true(view_equal(key, VIEW("k1")));
    map_free(map);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubles_are_spelled_shortest_and_as_java_spells_them),
        cmocka_unit_test(random_doubles_read_back_the_same),
        cmocka_unit_test(crc32c_has_the_check_value_of_its_definition),
        cmocka_unit_test(crc32c_of_any_length_and_place_is_that_of_its_definition),
        cmocka_unit_test(times_are_read_with_and_without_zone),
        cmocka_unit_test(zones_know_summer_and_refuse_what_does_not_exist),
        cmocka_unit_test(what_could_steer_a_terminal_is_spelled_out),
        cmocka_unit_test(property_files_are_read_as_java_reads_them),
        cmocka_unit_test(a_map_keeps_order_and_forgets_what_is_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
