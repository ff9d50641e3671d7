#include "console/command/keymap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void the_shipped_keys_load_without_complaint(void **state) {
    struct keymap *keymap = keymap_new();
    struct text complaints = TEXT_EMPTY;
    (void)state;
    keymap_load(keymap, keymap_shipped(), "default.keys", &complaints);
    assert_string_equal(text_string(&complaints), "");
    assert_true(keymap_count(keymap) > 50);
    keymap_free(keymap);
}

static void every_wrong_line_is_told_with_file_and_line_and_the_rest_is_taken(void **state) {
    static const struct {
        const char *line, *said;
    } rows[] = {
        {"nowhere z zoom", "k:2: unknown place `nowhere`\n"},
        {"global Foo zoom", "k:2: unknown key `Foo`\n"},
        {"global ab zoom", "k:2: unknown key `ab`\n"},
        {"global C- zoom", "k:2: unknown key `C-`\n"},
        {"global F13 zoom", "k:2: unknown key `F13`\n"},
        {"global k", "k:2: the key `k` has no command\n"},
        {"global k   # only a hint", ""},
        {"global", "k:2: unknown key ``\n"},
        {"global \xff zoom", "k:2: unknown key `\xff`\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct keymap *keymap = keymap_new();
        struct text complaints = TEXT_EMPTY, file = TEXT_EMPTY;
        text_append_format(&file, "global a zoom\n%s\nglobal b zoom\n", rows[i].line);
        keymap_load(keymap, text_view(&file), "k", &complaints);
        assert_string_equal(text_string(&complaints), rows[i].said);
        assert_non_null(keymap_find(keymap, "global", "a"));
        assert_non_null(keymap_find(keymap, "global", "b"));
        text_free(&complaints);
        text_free(&file);
        keymap_free(keymap);
    }
}

static void keys_are_signs_names_and_control_letters(void **state) {
    static const char *const keys[] = {"a",   "Z",  "?",   "#",    "C-x", "C-@", "S-Tab",
                                       "Esc", "F1", "F12", "PgDn", "ä",   "漢",  ";"};
    struct keymap *keymap = keymap_new();
    struct text complaints = TEXT_EMPTY, file = TEXT_EMPTY;
    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        text_append_format(&file, "list %s move down\n", keys[i]);
    keymap_load(keymap, text_view(&file), "k", &complaints);
    assert_string_equal(text_string(&complaints), "");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_string_equal(keymap_find(keymap, "list", keys[i])->command, "move down");
    text_free(&file);
    keymap_free(keymap);
}

static void a_later_line_wins_and_hints_are_for_the_footer_or_for_help_alone(void **state) {
    struct keymap *keymap = keymap_new();
    struct text complaints = TEXT_EMPTY;
    (void)state;
    keymap_load(keymap, VIEW("p b producer burst  # burst\nlist j move down  ## down\nlist k move up\n"), "shipped",
                &complaints);
    keymap_load(keymap, VIEW("# mine\n\np b producer burst 5\r\n"), "own", &complaints);
    const struct key_row *burst = keymap_find(keymap, "p", "b"), *down = keymap_find(keymap, "list", "j");
    assert_string_equal(burst->command, "producer burst 5");
    assert_null(burst->hint);
    assert_string_equal(down->hint, "down");
    assert_true(down->quiet);
    assert_null(keymap_find(keymap, "list", "k")->hint);
    assert_int_equal(keymap_count(keymap), 3);
    assert_null(keymap_find(keymap, "p", "z"));
    assert_null(keymap_at(keymap, 3));
    keymap_free(keymap);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_keys_load_without_complaint),
        cmocka_unit_test(every_wrong_line_is_told_with_file_and_line_and_the_rest_is_taken),
        cmocka_unit_test(keys_are_signs_names_and_control_letters),
        cmocka_unit_test(a_later_line_wins_and_hints_are_for_the_footer_or_for_help_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
