#include "console/command/complete.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct command first[] = {
    {"producer", "start [RATE|max] | stop | burst [COUNT] [CARD]", "a", "h", 0, 0, NULL},
    {"profile", "[write FOLDER]", "a", "h", 0, 0, NULL},
    {"tail", "TOPIC [earliest|latest|-N|@MS]", "a", "h", 0, 0, NULL},
    {"sql", "STATEMENT", "a", "h", COMMAND_RAW, 0, NULL},
    {0},
};
static const struct command second[] = {
    {"tail", "NOTHING", "a", "h", 0, 0, NULL}, {"zoom", "[PANE]", "a", "h", 0, 0, NULL}, {0}};
static const struct command *const tables[] = {first, second, NULL};

static void values(void *context, const char *placeholder, const char *prefix, completion_emit emit, void *to) {
    static const struct {
        const char *placeholder, *value;
    } rows[] = {{"TOPIC", "transactions"}, {"TOPIC", "customers"}, {"TOPIC", "transfers"},
                {"RATE", "0.5"},           {"RATE", "10"},         {"FOLDER", "./a/"},
                {"STATEMENT", "SELECT"},   {"PANE", "guide"}};
    (void)context, (void)prefix;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].placeholder, placeholder) == 0)
            emit(to, rows[i].value);
}

static void append(void *to, const char *value) {
    text_append_format(to, "%s ", value);
}

static void expect(const char *before, const char *expected) {
    const struct completion_source source = {tables, values, NULL};
    struct text out = TEXT_EMPTY;
    complete_line(&source, view_of(before), append, &out);
    if (strcmp(text_string(&out), expected) != 0)
        fail_msg("`%s` offers `%s`, not `%s`", before, text_string(&out), expected);
    text_free(&out);
}

static void names_complete_from_all_tables_each_once(void **state) {
    (void)state;
    expect("pro", "producer profile ");
    expect("t", "tail ");
    expect(":zo", "zoom ");
    expect("x", "");
}

static void words_of_the_usage_come_next_and_placeholders_ask_for_values(void **state) {
    (void)state;
    expect("producer ", "start stop burst ");
    expect("producer st", "start stop ");
    expect("producer start ", "0.5 10 max ");
    expect("producer start m", "max ");
    expect("prod start 1", "10 ");
    expect("tail ", "transactions customers transfers ");
    expect("tail tran", "transactions transfers ");
    expect("tail transactions e", "earliest ");
    expect("profile write ", "./a/ ");
    expect("zoom ", "guide ");
}

static void alternatives_that_do_not_fit_offer_nothing(void **state) {
    (void)state;
    expect("producer stop ", "");
    expect("producer dance ", "");
    expect("tail a b c ", "");
    expect("nothing ", "");
    expect("p start ", ""); /* p may be two commands */
}

static void the_last_command_of_a_line_counts_and_raw_ones_offer_values_everywhere(void **state) {
    (void)state;
    expect("zoom; tail cu", "customers ");
    expect("sql SELECT a sel", "SELECT ");
}

static void the_command_under_the_cursor_is_known_once_its_name_is_clear(void **state) {
    const struct completion_source source = {tables, values, NULL};
    size_t word;
    (void)state;
    assert_ptr_equal(complete_command(&source, VIEW("prod st"), &word), &first[0]);
    assert_int_equal(word, 1);
    assert_null(complete_command(&source, VIEW("pro"), &word));
    assert_int_equal(word, 0);
    assert_ptr_equal(complete_command(&source, VIEW("tail "), &word), &first[2]);
    assert_ptr_equal(complete_command(&source, VIEW("zoom!"), &word), &second[1]);
    assert_null(complete_command(&source, VIEW(""), &word));
}

static void lines_with_a_secret_are_never_kept(void **state) {
    static const char *const kept[] = {"producer start 5", "sql SELECT * FROM T;", "tail transactions"},
                             *const not_kept[] = {"",
                                                  "  ",
                                                  "set sasl.password x",
                                                  "SQL SET 'x.SECRET'='y';",
                                                  "profile token=1",
                                                  "sql CREATE SOURCE CONNECTOR c WITH ('api.key'='k');",
                                                  "x sasl.jaas.config=y"};
    (void)state;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        assert_true(history_may_keep(view_of(kept[i])));
    for (size_t i = 0; i < sizeof not_kept / sizeof *not_kept; i++)
        assert_false(history_may_keep(view_of(not_kept[i])));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_complete_from_all_tables_each_once),
        cmocka_unit_test(words_of_the_usage_come_next_and_placeholders_ask_for_values),
        cmocka_unit_test(alternatives_that_do_not_fit_offer_nothing),
        cmocka_unit_test(the_last_command_of_a_line_counts_and_raw_ones_offer_values_everywhere),
        cmocka_unit_test(the_command_under_the_cursor_is_known_once_its_name_is_clear),
        cmocka_unit_test(lines_with_a_secret_are_never_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
