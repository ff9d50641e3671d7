#include "ksql/language/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct token taken(struct lexer *lexer) {
    struct token token;
    struct error error = {0};
    assert_int_equal(lexer_next(lexer, &token, &error), 0);
    return token;
}

static void assert_token(struct lexer *lexer, enum token_kind kind, const char *text) {
    struct token token = taken(lexer);
    assert_int_equal(token.kind, kind);
    assert_true(view_equal(token.text, view_of(text)));
}

static void words_symbols_and_quotes_are_told_apart(void **state) {
    (void)state;
    struct lexer lexer;
    lexer_start(&lexer, view_of("select a->`b``c`, \"D\" != 'it''s' := ${V}"));
    assert_true(token_is(&(struct token){.kind = TOKEN_WORD, .text = VIEW("select")}, "SELECT"));
    assert_token(&lexer, TOKEN_WORD, "select");
    assert_token(&lexer, TOKEN_WORD, "a");
    assert_token(&lexer, TOKEN_SYMBOL, "->");
    assert_token(&lexer, TOKEN_QUOTED, "b``c");
    assert_token(&lexer, TOKEN_SYMBOL, ",");
    assert_token(&lexer, TOKEN_QUOTED, "D");
    assert_token(&lexer, TOKEN_SYMBOL, "!=");
    assert_token(&lexer, TOKEN_STRING, "it''s");
    assert_token(&lexer, TOKEN_SYMBOL, ":=");
    assert_token(&lexer, TOKEN_VARIABLE, "V");
    assert_token(&lexer, TOKEN_END, "");
    assert_token(&lexer, TOKEN_END, "");
}

static void numbers_have_three_kinds_and_names_may_begin_with_a_digit(void **state) {
    (void)state;
    struct lexer lexer;
    lexer_start(&lexer, view_of("12 1.5 .5 2E3 1.5e-7 3rd"));
    assert_token(&lexer, TOKEN_INTEGER, "12");
    assert_token(&lexer, TOKEN_DECIMAL, "1.5");
    assert_token(&lexer, TOKEN_DECIMAL, ".5");
    assert_token(&lexer, TOKEN_FLOAT, "2E3");
    assert_token(&lexer, TOKEN_FLOAT, "1.5e-7");
    assert_token(&lexer, TOKEN_WORD, "3rd");
}

static void positions_count_characters_over_lines_and_comments(void **state) {
    (void)state;
    struct lexer lexer;
    lexer_start(&lexer, view_of("-- one\n/* two\n */ 'ü' x"));
    taken(&lexer);
    struct token token = taken(&lexer);
    assert_int_equal(token.line, 3);
    assert_int_equal(token.column, 9);
}

static void what_is_not_closed_is_named_where_it_begins(void **state) {
    (void)state;
    static const char *const wrong[] = {"'abc", "\"abc", "`abc", "/* abc", "${abc", "${}", "#"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct lexer lexer;
        struct token token;
        struct error error = {0};
        lexer_start(&lexer, view_of(wrong[i]));
        assert_int_not_equal(lexer_next(&lexer, &token, &error), 0);
        assert_int_equal(error.code, ERROR_INVALID);
        assert_int_equal(error.line, 1);
        assert_int_equal(error.column, 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_symbols_and_quotes_are_told_apart),
        cmocka_unit_test(numbers_have_three_kinds_and_names_may_begin_with_a_digit),
        cmocka_unit_test(positions_count_characters_over_lines_and_comments),
        cmocka_unit_test(what_is_not_closed_is_named_where_it_begins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
