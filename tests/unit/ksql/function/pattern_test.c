/* Times by patterns, written and read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "ksql/function/pattern.h"

#include <cmocka.h>

static void expect_ms(int64_t ms, const char *pattern, const char *text, const char *zone) {
    struct error error = {0};
    int64_t read = 0;
    if (pattern_parse(view_of(pattern), view_of(text), zone, &read, &error) != 0)
        fail_msg("%s", error.message);
    assert_int_equal(read, ms);
}

static void expect_refused(const char *message, const char *pattern, const char *text) {
    struct error error = {0};
    int64_t read = 0;
    assert_int_not_equal(pattern_parse(view_of(pattern), view_of(text), "UTC", &read, &error), 0);
    assert_string_equal(error.message, message);
}

static void texts_are_read_by_javas_letters(void **state) {
    (void)state;
    expect_ms(1773489600123, "yyyy-MM-dd HH:mm:ss.SSS", "2026-03-14 12:00:00.123", "UTC");
    expect_ms(1773486000000, "yyyy-MM-dd HH:mm", "2026-03-14 12:00", "Europe/Berlin");
    expect_ms(1773489600000, "yyyy-MM-dd'T'HH:mm:ssXXX", "2026-03-14T13:00:00+01:00", "America/New_York");
    expect_ms(1773489600000, "EEE, d MMM yyyy h:mm a", "Sat, 14 Mar 2026 12:00 PM", "UTC");
    expect_ms(1773446400000, "yyyy D", "2026 73", "UTC");
    expect_ms(0, "HH", "00", "UTC");
    expect_ms(1773489600000, "yyyy-MM-dd HH:mm VV", "2026-03-14 13:00 Europe/Berlin", "UTC");
}

static void an_hour_that_a_change_of_the_clocks_gives_twice_or_never_still_is_one_instant(void **state) {
    (void)state;
    expect_ms(1792886400000 + 5400000, "yyyy-MM-dd HH:mm", "2026-10-25 02:30", "Europe/Berlin");
    expect_ms(1774747800000, "yyyy-MM-dd HH:mm", "2026-03-29 03:30", "Europe/Berlin");
}

static void what_does_not_fit_the_pattern_is_refused(void **state) {
    (void)state;
    expect_refused("Failed to parse timestamp '2026-3-14' with pattern 'yyyy-MM-dd'", "yyyy-MM-dd", "2026-3-14");
    expect_refused("Failed to parse timestamp '2026-02-29' with pattern 'yyyy-MM-dd'", "yyyy-MM-dd", "2026-02-29");
    expect_refused("Failed to parse timestamp '2026-03-14 rest' with pattern 'yyyy-MM-dd'", "yyyy-MM-dd",
                   "2026-03-14 rest");
    expect_refused("Failed to parse timestamp '25' with pattern 'HH'", "HH", "25");
    expect_refused("Failed to parse timestamp '' with pattern 'yyyy'", "yyyy", "");
    expect_refused("Pattern ends with an incomplete string literal: HH'", "HH'", "12");
    expect_refused("Pattern sign '[' is not supported; put it in quotes", "[HH]", "12");
}

static void names_of_zones_follow_the_season(void **state) {
    (void)state;
    struct arena arena = ARENA_EMPTY;
    struct view text;
    assert_int_equal(pattern_format(VIEW("z"), 1795417200000, "America/New_York", &arena, &text, NULL), 0);
    assert_true(view_equal(text, VIEW("EST")));
    assert_int_equal(pattern_format(VIEW("zzz"), 1780000000000, "America/New_York", &arena, &text, NULL), 0);
    assert_true(view_equal(text, VIEW("EDT")));
    assert_int_equal(pattern_format(VIEW("z"), 0, "UTC", &arena, &text, NULL), 0);
    assert_true(view_equal(text, VIEW("UTC")));
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_read_by_javas_letters),
        cmocka_unit_test(an_hour_that_a_change_of_the_clocks_gives_twice_or_never_still_is_one_instant),
        cmocka_unit_test(what_does_not_fit_the_pattern_is_refused),
        cmocka_unit_test(names_of_zones_follow_the_season),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
