#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ksql/language/split.h"

static struct split take(struct view *text, int *line, int *column) {
    struct split split;
    assert_true(split_next(text, line, column, &split));
    return split;
}

static void expect(struct view got, const char *wanted) {
    assert_true(view_equal(got, view_of(wanted)));
}

static void statements_end_at_semicolons_outside_of_quotes_and_comments(void **state) {
    (void)state;
    struct view text = VIEW("-- first; comment\nSELECT ';' FROM `a;b`; /* ; */ DROP STREAM \"x;\";\n");
    int line = 1, column = 1;
    expect(take(&text, &line, &column).statement, "SELECT ';' FROM `a;b`;");
    struct split second = take(&text, &line, &column);
    expect(second.statement, "DROP STREAM \"x;\";");
    assert_int_equal(second.line, 2);
    assert_int_equal(second.column, 32);
    struct split none;
    assert_false(split_next(&text, &line, &column, &none));
}

static void a_doubled_quote_stays_inside(void **state) {
    (void)state;
    struct view text = VIEW("SELECT 'it''s; fine';");
    int line = 1, column = 1;
    expect(take(&text, &line, &column).statement, "SELECT 'it''s; fine';");
}

static void what_is_not_closed_is_named_with_its_place(void **state) {
    (void)state;
    struct view text = VIEW("SELECT A\n FROM 'x");
    int line = 1, column = 1;
    struct split split = take(&text, &line, &column);
    assert_false(split.complete);
    assert_int_equal(split.open, '\'');
    assert_int_equal(split.line, 2);
    assert_int_equal(split.column, 7);
    struct view bracket = VIEW("SELECT COUNT(A");
    line = column = 1;
    assert_int_equal(take(&bracket, &line, &column).open, '(');
    struct view comment = VIEW("/* never ends");
    line = column = 1;
    assert_int_equal(take(&comment, &line, &column).open, '*');
}

static void a_missing_semicolon_is_only_incomplete(void **state) {
    (void)state;
    struct view text = VIEW("  LIST STREAMS  ");
    int line = 1, column = 1;
    struct split split = take(&text, &line, &column);
    expect(split.statement, "LIST STREAMS");
    assert_false(split.complete);
    assert_int_equal(split.open, 0);
}

static void empty_statements_are_passed_over(void **state) {
    (void)state;
    struct view text = VIEW(" ;; ; SHOW TABLES;;");
    int line = 1, column = 1;
    expect(take(&text, &line, &column).statement, "SHOW TABLES;");
    struct split none;
    assert_false(split_next(&text, &line, &column, &none));
}

static void the_first_word_is_given_in_capitals(void **state) {
    (void)state;
    char word[32];
    split_first_word(VIEW("select * from x;"), word);
    assert_string_equal(word, "SELECT");
    split_first_word(VIEW("(1)"), word);
    assert_string_equal(word, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_end_at_semicolons_outside_of_quotes_and_comments),
        cmocka_unit_test(a_doubled_quote_stays_inside),
        cmocka_unit_test(what_is_not_closed_is_named_with_its_place),
        cmocka_unit_test(a_missing_semicolon_is_only_incomplete),
        cmocka_unit_test(empty_statements_are_passed_over),
        cmocka_unit_test(the_first_word_is_given_in_capitals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
