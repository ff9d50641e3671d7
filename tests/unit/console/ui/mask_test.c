#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "console/ui/private.h"

static void expect_masked(const char *text, const char *expected) {
    struct text out = TEXT_EMPTY;
    mask_text(view_of(text), true, &out);
    assert_string_equal(text_string(&out), expected);
    text_free(&out);
}

static void cards_keep_four_digits_at_each_end_wherever_they_stand(void **state) {
    (void)state;
    expect_masked("5031 9467 5978 2983", "5031 •••• 2983");
    expect_masked("5031946759782983", "5031 •••• 2983");
    expect_masked("5031-9467-5978-2983", "5031 •••• 2983");
    expect_masked("{\"card\": \"5031 9467 5978 2983\", \"n\": 4}", "{\"card\": \"5031 •••• 2983\", \"n\": 4}");
    expect_masked("Struct{credit_card_number=5031 9467 5978 2983}", "Struct{credit_card_number=5031 •••• 2983}");
    expect_masked("5031 9467 5978 2983, 4420 1111 2222 9071", "5031 •••• 2983, 4420 •••• 9071");
}

static void what_is_no_card_stays(void **state) {
    (void)state;
    static const char *const texts[] = {"",
                                        "7412",
                                        "5031 9467 5978",
                                        "12345678901234567",
                                        "2026-11-23 11:20:00",
                                        "12:04:31.204",
                                        "1741928671000",
                                        "5031  9467 5978 2983",
                                        "a5031946759782983"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_masked(texts[i], texts[i]);
}

static void addresses_keep_their_first_letter_and_their_host(void **state) {
    (void)state;
    expect_masked("bob.smith@example.com", "b•••@example.com");
    expect_masked("{\"e\":\"漢字@example.jp\"}", "{\"e\":\"漢•••@example.jp\"}");
    expect_masked("a@b", "a@b"); /* one letter of a host is none */
    expect_masked("@example.com at 5 @ 3", "@example.com at 5 @ 3");
}

static void nothing_is_masked_when_it_is_off(void **state) {
    struct text out = TEXT_EMPTY;
    (void)state;
    mask_text(VIEW("5031 9467 5978 2983 b@example.com"), false, &out);
    assert_string_equal(text_string(&out), "5031 9467 5978 2983 b@example.com");
    text_free(&out);
}

static void bytes_of_cards_and_addresses_are_hidden_in_the_middle(void **state) {
    static const char record[] = "\0\0\0\0\1\0465031 9467 5978 2983\032bo@example.com";
    bool hidden[sizeof record] = {false};
    (void)state;
    mask_bytes((const unsigned char *)record, sizeof record - 1, hidden);
    char shown[sizeof record] = "";
    for (size_t i = 0; i < sizeof record - 1; i++)
        shown[i] = hidden[i] ? '*' : record[i] >= ' ' ? record[i] : '.';
    assert_string_equal(shown, ".....&5031***********2983.b*@example.com");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cards_keep_four_digits_at_each_end_wherever_they_stand),
        cmocka_unit_test(what_is_no_card_stays),
        cmocka_unit_test(addresses_keep_their_first_letter_and_their_host),
        cmocka_unit_test(nothing_is_masked_when_it_is_off),
        cmocka_unit_test(bytes_of_cards_and_addresses_are_hidden_in_the_middle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
