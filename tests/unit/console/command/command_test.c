#include "console/command/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct command table[] = {
    {"producer", "start", "producer", "sends", 0, 0, NULL},
    {"profile", "", "program", "shows", 0, 0, NULL},
    {"sql", "STATEMENT", "ksqlDB", "sends", COMMAND_RAW, 0, NULL},
    {"step", "N", "workshop", "goes", 0, 0, NULL},
    {"steps", "", "workshop", "lists", 0, 0, NULL},
    {0},
};

static void expect_words(const char *line, const char *expected) {
    struct command_list list;
    struct error error = {0};
    struct text out = TEXT_EMPTY;
    if (command_parse(view_of(line), table, &list, &error) != 0)
        fail_msg("%s: %s", line, error.message);
    for (size_t i = 0; i < list.count; i++) {
        for (size_t j = 0; j < list.lines[i].count; j++)
            text_append_format(&out, "[%s]", list.lines[i].words[j]);
        text_append_string(&out, list.lines[i].bang ? "!;" : ";");
    }
    assert_string_equal(text_string(&out), expected);
    text_free(&out);
    command_list_free(&list);
}

static void words_are_divided_by_blanks_and_quotes_keep_them(void **state) {
    (void)state;
    expect_words("", "");
    expect_words("  ;; ", "");
    expect_words("producer start  5", "[producer][start][5];");
    expect_words(":producer burst 3 '5031 9467 5978 2983'", "[producer][burst][3][5031 9467 5978 2983];");
    expect_words("step \"a b\"c 'd\"e' f\\ g \\;", "[step][a bc][d\"e][f g][;];");
    expect_words("step ''", "[step][];");
    expect_words("quit!", "[quit]!;");
    expect_words("!", "[!];");
}

static void semicolons_divide_commands_but_raw_ones_take_the_rest(void **state) {
    struct command_list list;
    (void)state;
    expect_words("step 1; producer start;profile", "[step][1];[producer][start];[profile];");
    assert_int_equal(command_parse(VIEW("step 1; sql SELECT 'a;b' FROM T; DROP T;"), table, &list, NULL), 0);
    assert_int_equal(list.count, 2);
    assert_string_equal(list.lines[1].rest, "SELECT 'a;b' FROM T; DROP T;");
    command_list_free(&list);
}

static void an_open_quote_is_told_with_its_column(void **state) {
    static const char *const lines[] = {"step 'a", "step \"a", "profile; step 'x\\'"};
    static const int columns[] = {6, 6, 15};
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct command_list list;
        struct error error = {0};
        assert_int_equal(command_parse(view_of(lines[i]), table, &list, &error), i == 2 ? 0 : -1);
        if (error.code)
            assert_int_equal(error.column, columns[i]);
        command_list_free(&list);
    }
}

static void names_may_be_shortened_while_unique(void **state) {
    struct error error = {0};
    (void)state;
    assert_ptr_equal(command_find(table, "prod", NULL), &table[0]);
    assert_ptr_equal(command_find(table, "step", NULL), &table[3]); /* whole, though another begins so */
    assert_null(command_find(table, "pro", &error));
    assert_int_equal(error.code, ERROR_INVALID);
    assert_non_null(strstr(error.message, "producer, profile"));
    assert_null(command_find(table, "sleep", &error));
    assert_int_equal(error.code, ERROR_NOT_FOUND);
    assert_non_null(strstr(error.message, "near it are sql"));
    assert_null(command_find(table, "", &error));
}

static void help_lists_rows_under_their_areas(void **state) {
    struct text out = TEXT_EMPTY;
    (void)state;
    command_print_help(table, &out);
    assert_non_null(strstr(out.data, "workshop\n  step N\n      goes\n  steps"));
    text_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_divided_by_blanks_and_quotes_keep_them),
        cmocka_unit_test(semicolons_divide_commands_but_raw_ones_take_the_rest),
        cmocka_unit_test(an_open_quote_is_told_with_its_column),
        cmocka_unit_test(names_may_be_shortened_while_unique),
        cmocka_unit_test(help_lists_rows_under_their_areas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
