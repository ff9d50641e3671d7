/* Colours and attributes of each mode, read from pictures; without colour a word, a sign or an attribute carries the
 * state. */
#include "console/ui/picture.h"
#include "console/ui/theme.h"
#include "screens/stage.h"

static void load_theme(struct theme *theme, const char *name) {
    struct text complaints = TEXT_EMPTY;
    theme_init(theme);
    theme_load(theme, theme_shipped(name), name, NULL, NULL, &complaints);
    assert_string_equal(text_string(&complaints), "");
}

static void take_picture(struct stage *stage, const char *name, enum colour_mode mode, struct text *out) {
    struct theme theme;
    text_clear(out);
    load_theme(&theme, name);
    ui_draw(stage->ui, &stage->scene, &stage->canvas);
    picture_print(&stage->canvas, &theme, mode, out);
}

/* The attributes in force where the text stands. */
static void expect_look(const struct text *picture, const char *text, const char *look) {
    const char *found = strstr(text_string(picture), text);
    if (!found)
        fail_msg("`%s` is not in one look on the picture", text);
    while (found > picture->data && *found != '\033')
        found--;
    char shown[96];
    snprintf(shown, sizeof shown, "%.*s", (int)strcspn(found + 2, "m"), found + 2);
    if (strcmp(shown, look) != 0)
        fail_msg("`%s` looks like %s, not %s", text, shown, look);
}

static const struct {
    const char *theme;
    enum colour_mode mode;
    const char *alert, *bar, *select, *ok;
} looks[] = {
    {"dark", COLOUR_MONO, "0;1", "0;7", "0;7", "0"},
    {"dark", COLOUR_8, "0;1;31;40", "0;30;47", "0;1;37;44", "0;1;32;40"},
    {"dark", COLOUR_16, "0;1;91;40", "0;30;47", "0;97;44", "0;92;40"},
    {"dark", COLOUR_256, "0;1;38;5;210;48;5;233", "0;38;5;254;48;5;236", "0;38;5;231;48;5;24", "0;38;5;78;48;5;233"},
    {"dark", COLOUR_DIRECT, "0;1;38;2;255;122;112;48;2;16;20;26", "0;38;2;228;233;238;48;2;31;42;54",
     "0;38;2;255;255;255;48;2;31;78;121", "0;38;2;95;215;135;48;2;16;20;26"},
    {"light", COLOUR_MONO, "0;1", "0;7", "0;7", "0"},
    {"light", COLOUR_256, "0;1;38;5;124;48;5;231", "0;38;5;234;48;5;254", "0;38;5;231;48;5;24", "0;38;5;22;48;5;231"},
    {"light", COLOUR_DIRECT, "0;1;38;2;165;15;23;48;2;251;251;248", "0;38;2;28;33;40;48;2;223;229;236",
     "0;38;2;255;255;255;48;2;0;74;159", "0;38;2;10;95;41;48;2;251;251;248"},
};

static void each_mode_has_its_colours_and_mono_its_attributes(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
        struct stage stage;
        struct text picture = TEXT_EMPTY;
        raise_stage(&stage, 120, 36);
        take_picture(&stage, looks[i].theme, looks[i].mode, &picture);
        expect_look(&picture, "!12:14:29", looks[i].alert);
        expect_look(&picture, "FRAUD WORKSHOP", looks[i].bar);
        expect_look(&picture, "►12:14:30.931", looks[i].select);
        expect_look(&picture, "● run", looks[i].ok);
        text_free(&picture);
        strike_stage(&stage);
    }
}

static void without_colour_states_are_told_apart_by_signs_and_attributes(void **state) {
    struct stage stage;
    struct text picture = TEXT_EMPTY;
    (void)state;
    raise_stage(&stage, 120, 36);
    press(&stage, "/ T:amount>5000 Enter Space");
    take_picture(&stage, "dark", COLOUR_MONO, &picture);
    expect_look(&picture, "FROZEN 0:00", "0;1;7");
    expect_look(&picture, " filter amount>5000", "0;1;4");
    expect_look(&picture, "!12:14:29", "0;1");
    expect_look(&picture, " 12:13:56", "0");
    expect_look(&picture, "6,221▲", "0;1");
    expect_look(&picture, "[►] 5", "0;1");
    expect_look(&picture, "4 +1", "0;1");
    assert_null(strstr(text_string(&picture), "38;"));
    assert_null(strstr(text_string(&picture), "48;"));
    text_free(&picture);
    strike_stage(&stage);
}

static void a_theme_may_leave_the_ground_to_the_terminal(void **state) {
    struct theme theme;
    (void)state;
    load_theme(&theme, "dark");
    theme_load(&theme, VIEW("background = terminal\n"), "own", NULL, NULL, NULL);
    assert_int_equal(theme_look(&theme, ROLE_TEXT, COLOUR_256).ground, -1);
    assert_int_equal(theme_look(&theme, ROLE_BAR, COLOUR_256).ground, 236);
    theme_load(&theme, VIEW("background = paint\n"), "own", NULL, NULL, NULL);
    assert_int_equal(theme_look(&theme, ROLE_TEXT, COLOUR_256).ground, 233);
}

static double channel(int value) {
    double part = value / 255.0;
    return part <= 0.04045 ? part / 12.92 : __builtin_pow((part + 0.055) / 1.055, 2.4);
}

static double luminance(int colour) {
    return 0.2126 * channel(colour >> 16 & 255) + 0.7152 * channel(colour >> 8 & 255) + 0.0722 * channel(colour & 255);
}

static double contrast(int a, int b) {
    double first = luminance(a) + 0.05, second = luminance(b) + 0.05;
    return first > second ? first / second : second / first;
}

static void text_roles_reach_a_contrast_of_seven_and_lines_of_three(void **state) {
    static const enum role lines[] = {ROLE_BORDER, ROLE_SPARK, ROLE_METER_EMPTY};
    static const char *const themes[] = {"dark", "light"};
    (void)state;
    for (size_t i = 0; i < sizeof themes / sizeof *themes; i++) {
        struct theme theme;
        load_theme(&theme, themes[i]);
        for (int role = ROLE_BACKGROUND + 1; role < ROLE_COUNT; role++) {
            struct theme_look look = theme_look(&theme, (enum role)role, COLOUR_DIRECT);
            double least = 7;
            for (size_t j = 0; j < sizeof lines / sizeof *lines; j++)
                least = (enum role)role == lines[j] ? 3 : least;
            if (contrast(look.text, look.ground) < least)
                fail_msg("role %d of %s has a contrast of %.2f", role, themes[i], contrast(look.text, look.ground));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_mode_has_its_colours_and_mono_its_attributes),
        cmocka_unit_test(without_colour_states_are_told_apart_by_signs_and_attributes),
        cmocka_unit_test(a_theme_may_leave_the_ground_to_the_terminal),
        cmocka_unit_test(text_roles_reach_a_contrast_of_seven_and_lines_of_three),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
