#include "console/ui/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct filter_row oslo = {
    {"12:04:31 5031 9467 5978 2983 7412 Oslo", 38}, {"5031 9467 5978 2983", 19}, {"Oslo", 4}, 7412, 21000};
static const struct filter_row bare = {{"{\"a\": 1}", 8}, {0}, {0}, FILTER_UNKNOWN, FILTER_UNKNOWN};

static bool passes(const char *text, const struct filter_row *row) {
    struct error error = {0};
    struct filter *filter = filter_new(view_of(text), &error);
    if (!filter)
        fail_msg("%s: %s", text, error.message);
    bool passed = filter_match(filter, row);
    filter_free(filter);
    return passed;
}

static void expect_passes(const char *const *terms, bool expected) {
    for (; *terms; terms++)
        if (passes(*terms, &oslo) != expected)
            fail_msg("`%s` should %s", *terms, expected ? "pass" : "not pass");
}

static void words_must_all_occur_and_lower_case_ignores_case(void **state) {
    (void)state;
    expect_passes((const char *const[]){"", "   ", "oslo", "Oslo", "oslo 7412", "5031", NULL}, true);
    expect_passes((const char *const[]){"berlin", "oslo berlin", "OSLO", "oSlo", NULL}, false);
}

static void an_exclamation_mark_negates(void **state) {
    (void)state;
    expect_passes((const char *const[]){"!berlin", "oslo !berlin", "!amount<5000", "!/^x/", "!card:9*", NULL}, true);
    expect_passes((const char *const[]){"!oslo", "oslo !7412", "!/oslo/", NULL}, false);
    assert_false(passes("!", &oslo)); /* a mark alone is a word */
}

static void slashes_hold_a_regular_expression(void **state) {
    (void)state;
    expect_passes((const char *const[]){"/^12:04/", "/osl[op]/", "/7[0-9]+ oslo/", "/12.*oslo$/", NULL}, true);
    expect_passes((const char *const[]){"/^oslo/", "/OSLO/", NULL}, false);
}

static void fields_are_compared(void **state) {
    (void)state;
    expect_passes((const char *const[]){"amount>7000", "amount>=7412", "amount<=7412", "amount=7412", "age<30s",
                                        "age<5m", "age>20s", "loc:Oslo", "loc:oslo", "loc:os*", "card:5031*",
                                        "card:5031*2983", "card:*2983", "card:5031946759782983", NULL},
                  true);
    expect_passes((const char *const[]){"amount>7412", "amount<7412", "amount=1", "age<20s", "age>1h", "loc:os",
                                        "loc:Berlin", "card:5031", "card:2983*", NULL},
                  false);
}

static void what_a_row_does_not_have_never_passes_a_test_of_it(void **state) {
    (void)state;
    static const char *const terms[] = {"amount>0", "amount<0", "amount=-1", "age<1d", "age>0s", "card:*", "loc:*"};
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++)
        if (passes(terms[i], &bare))
            fail_msg("`%s` passes a row without it", terms[i]);
    assert_true(passes("\"a\":", &bare));
}

static void wrong_terms_are_named(void **state) {
    (void)state;
    static const struct {
        const char *text, *said;
    } rows[] = {
        {"amount>x", "whole number"},
        {"amount>", "whole number"},
        {"amount>5.5", "whole number"},
        {"age<30", "30s"},
        {"age<-1s", "30s"},
        {"age<s", "30s"},
        {"oslo /[/", "expression"},
        {"/(/", "expression"},
        {"card:", "card:5031*"},
        {"loc:", "loc:Oslo"},
        {"!amount<y", "whole number"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error error = {0};
        assert_null(filter_new(view_of(rows[i].text), &error));
        if (!strstr(error.message, rows[i].said))
            fail_msg("`%s` was refused with: %s", rows[i].text, error.message);
    }
}

static void no_filter_passes_all_and_only_an_age_depends_on_time(void **state) {
    (void)state;
    assert_true(filter_match(NULL, &oslo));
    assert_string_equal(filter_text(NULL), "");
    struct filter *plain = filter_new(VIEW(" oslo  amount>5 "), NULL), *aged = filter_new(VIEW("age<30s"), NULL);
    assert_string_equal(filter_text(plain), "oslo  amount>5");
    assert_false(filter_has_age(plain));
    assert_true(filter_has_age(aged));
    filter_free(plain);
    filter_free(aged);
    filter_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_must_all_occur_and_lower_case_ignores_case),
        cmocka_unit_test(an_exclamation_mark_negates),
        cmocka_unit_test(slashes_hold_a_regular_expression),
        cmocka_unit_test(fields_are_compared),
        cmocka_unit_test(what_a_row_does_not_have_never_passes_a_test_of_it),
        cmocka_unit_test(wrong_terms_are_named),
        cmocka_unit_test(no_filter_passes_all_and_only_an_age_depends_on_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
