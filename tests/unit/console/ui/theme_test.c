#include "console/ui/theme.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void the_shipped_themes_load_without_complaint(void **state) {
    static const char *const names[] = {"dark", "light"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct text complaints = TEXT_EMPTY;
        struct theme theme;
        theme_init(&theme);
        theme_load(&theme, theme_shipped(names[i]), names[i], NULL, NULL, &complaints);
        assert_string_equal(text_string(&complaints), "");
        for (int role = 0; role < ROLE_COUNT; role++) {
            assert_int_not_equal(theme.styles[role].text.direct, -1);
            assert_int_not_equal(theme.styles[role].text.indexed, -1);
            assert_int_not_equal(theme.styles[role].text.basic, -1);
        }
        text_free(&complaints);
    }
}

static void a_value_has_three_colours_attributes_and_a_ground(void **state) {
    struct theme theme;
    (void)state;
    theme_init(&theme);
    theme_load(&theme, VIEW("select = #ffffff 231 +white bold on #1f4e79 24 blue\n"), "t", NULL, NULL, NULL);
    assert_int_equal(theme.styles[ROLE_SELECT].text.direct, 0xffffff);
    assert_int_equal(theme.styles[ROLE_SELECT].text.basic, 15);
    assert_int_equal(theme.styles[ROLE_SELECT].ground.indexed, 24);
    assert_int_equal(theme.styles[ROLE_SELECT].ground.basic, 4);
    assert_true(theme.styles[ROLE_SELECT].bold);
}

static void wrong_lines_are_named_and_ignored(void **state) {
    struct text complaints = TEXT_EMPTY;
    struct theme theme;
    (void)state;
    theme_init(&theme);
    theme_load(&theme, VIEW("ok = green\nglow = red\nwarn = #12345\nalert 3\nalert = 300\ninherit = none\n"), "t", NULL,
               NULL, &complaints);
    assert_string_equal(text_string(&complaints), "t:2: unknown role `glow`\nt:3: `#12345` is no colour\n"
                                                  "t:4: expected `role = value`\nt:5: `300` is no colour\n"
                                                  "t:6: there is no theme `none` to inherit\n");
    assert_int_equal(theme.styles[ROLE_OK].text.basic, 2);
    text_free(&complaints);
}

static void the_colour_mode_follows_wish_then_no_color_then_terminal(void **state) {
    (void)state;
    assert_int_equal(theme_choose_mode("auto", "1", 256, true), COLOUR_MONO);
    assert_int_equal(theme_choose_mode("auto", "", 256, true), COLOUR_DIRECT);
    assert_int_equal(theme_choose_mode("256", "1", 256, false), COLOUR_256);
    assert_int_equal(theme_choose_mode("16", NULL, 8, false), COLOUR_8);
    assert_int_equal(theme_choose_mode(NULL, NULL, 0, false), COLOUR_MONO);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_themes_load_without_complaint),
        cmocka_unit_test(a_value_has_three_colours_attributes_and_a_ground),
        cmocka_unit_test(wrong_lines_are_named_and_ignored),
        cmocka_unit_test(the_colour_mode_follows_wish_then_no_color_then_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
