#include "console/ui/line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *complete(void *context, const char *word, size_t index) {
    static const char *const names[] = {"producer", "profile", "tail"};
    size_t size = strlen(word);
    (void)context;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(names[i], word, size) == 0 && index-- == 0)
            return names[i];
    return NULL;
}

static enum line_state press(const char *keys) {
    struct view rest = view_of(keys), key;
    enum line_state state = LINE_EDITING;
    while (view_split(&rest, ' ', &key)) {
        char name[16];
        snprintf(name, sizeof name, "%.*s", VIEW_ARGS(key));
        state = line_key(name);
    }
    return state;
}

static void keys_edit_the_line_as_readline_does(void **state) {
    (void)state;
    line_open(NULL, NULL, NULL);
    press("a b Space c");
    assert_string_equal(line_text(), "ab c");
    assert_int_equal(line_cursor(), 4);
    press("Left Left X C-a Y End Backspace Z");
    assert_string_equal(line_text(), "YabX Z");
    press("C-u ä 漢");
    assert_string_equal(line_text(), "ä漢");
    assert_int_equal(line_cursor(), 3);
    assert_string_equal(line_before_cursor(), "ä漢");
    press("Home");
    assert_string_equal(line_before_cursor(), "");
    assert_int_equal(press("Enter"), LINE_ENTERED);
    assert_string_equal(line_text(), "ä漢");
    line_close();
    assert_string_equal(line_text(), "");
}

static void named_keys_without_a_meaning_type_nothing(void **state) {
    (void)state;
    line_open("x", NULL, NULL);
    press("F1 PgDn S-Tab Insert Resize");
    assert_string_equal(line_text(), "x");
    line_close();
    assert_int_equal(line_key("a"), LINE_CLOSED);
}

static void tab_completes_what_is_unique(void **state) {
    (void)state;
    line_open(NULL, complete, NULL);
    press("t a Tab");
    assert_string_equal(line_text(), "tail ");
    press("C-u p Tab");
    assert_string_equal(line_text(), "pro");
    press("d Tab");
    assert_string_equal(line_text(), "producer ");
    press("C-u z Tab");
    assert_string_equal(line_text(), "z");
    line_close();
}

static void pasted_text_is_one_line_and_runs_nothing(void **state) {
    (void)state;
    line_open("sql ", complete, NULL);
    line_paste(VIEW("SELECT 1\nFROM T;\n\033[31m"));
    assert_string_equal(line_text(), "sql SELECT 1 FROM T;  [31m");
    assert_int_equal(line_key("a"), LINE_EDITING);
    line_close();
}

static void up_brings_back_what_was_entered_but_never_a_secret(void **state) {
    (void)state;
    line_remember("of an earlier run");
    line_open("producer stop", complete, NULL);
    press("Enter");
    line_open("set sasl.password x", complete, NULL);
    press("Enter");
    line_open("amount>5", NULL, NULL); /* a filter is no command */
    press("Enter");
    line_open(NULL, complete, NULL);
    press("Up");
    assert_string_equal(line_text(), "producer stop");
    press("Up");
    assert_string_equal(line_text(), "of an earlier run");
    line_close();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_edit_the_line_as_readline_does),
        cmocka_unit_test(named_keys_without_a_meaning_type_nothing),
        cmocka_unit_test(tab_completes_what_is_unique),
        cmocka_unit_test(pasted_text_is_one_line_and_runs_nothing),
        cmocka_unit_test(up_brings_back_what_was_entered_but_never_a_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
