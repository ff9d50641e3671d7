/* The lab's pure parts: transactions, customers, alert sentences, the rule, statements, masks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "foundation/base/file.h"
#include "foundation/base/memory.h"
#include "lab/alert.h"
#include "lab/customer.h"
#include "lab/mask.h"
#include "lab/rule.h"
#include "lab/statements.h"
#include "lab/transaction.h"

static const char *const cards[] = {"5031 9467 5978 2983", "2406 6715 6269 4560", "4000 0000 0000 0002"};
enum { CARDS = 3, NOW = 1773486000 };
#define NOW_MS (NOW * (int64_t)1000)

static void a_transaction_prints_as_the_workshop_producer_prints_it_and_reads_back(void **state) {
    (void)state;
    struct transaction given = {4821190, "2026-03-14 22:41:02.114", "5031 9467 5978 2983", 1310, "Oslo"}, read;
    struct text json = TEXT_EMPTY;
    transaction_print(&given, &json);
    assert_string_equal(text_string(&json),
                        "{\"transaction_id\": 4821190, \"transaction_timestamp\": \"2026-03-14 22:41:02.114\", "
                        "\"credit_card_number\": \"5031 9467 5978 2983\", \"amount\": 1310, \"location\": "
                        "\"Oslo\"}");
    assert_int_equal(transaction_parse(text_view(&json), &read, NULL), 0);
    assert_int_equal(read.id, 4821190);
    assert_int_equal(read.amount, 1310);
    assert_string_equal(read.timestamp, given.timestamp);
    assert_string_equal(read.card, given.card);
    assert_string_equal(read.location, given.location);
    text_free(&json);
}

static void a_seed_repeats_its_transactions_and_their_values_stay_in_range(void **state) {
    (void)state;
    struct transaction_source one, two;
    struct transaction left[TRANSACTION_BURST], right[TRANSACTION_BURST];
    size_t bursts = 0;
    transaction_source_init(&one, 42, cards, CARDS);
    transaction_source_init(&two, 42, cards, CARDS);
    for (int i = 0; i < 2000; i++) {
        size_t count = transaction_next(&one, NOW_MS, left);
        assert_int_equal(transaction_next(&two, NOW_MS, right), count);
        bursts += count == TRANSACTION_BURST;
        for (size_t j = 0; j < count; j++) {
            assert_int_equal(left[j].id, right[j].id);
            assert_string_equal(left[j].timestamp, right[j].timestamp);
            assert_in_range(left[j].id, 1000000, 9999999);
            assert_in_range(left[j].amount, count == 1 ? 500 : 5000, count == 1 ? 2000 : 10000);
            assert_string_equal(left[j].card, left[0].card);
            assert_int_equal(strlen(left[j].timestamp), 23);
        }
    }
    assert_in_range(bursts, 140, 260); /* a tenth of 2000, far beyond chance */
}

static void what_is_no_transaction_is_an_error(void **state) {
    (void)state;
    static const char *const wrong[] = {"",
                                        "[]",
                                        "{",
                                        "{\"amount\": \"x\"}",
                                        "{\"location\": \"Oslo",
                                        "{\"location\": \"a\\",
                                        "{\"amount\" 1}",
                                        "{\"amount\": 99999999999}",
                                        "{\"location\": \"\\u12"};
    struct transaction read;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct error error = {0};
        if (transaction_parse(view_of(wrong[i]), &read, &error) == 0)
            fail_msg("taken: %s", wrong[i]);
        assert_int_equal(error.code, ERROR_CORRUPT);
    }
    assert_int_equal(transaction_parse(VIEW("{\"amount\":7,\"other\":\"x\",\"location\":null}"), &read, NULL), 0);
    assert_int_equal(read.amount, 7);
    assert_string_equal(read.location, "");
}

static void an_alert_sentence_reads_back(void **state) {
    (void)state;
    struct alert given = {.card = "2406 6715 6269 4560",
                          .email = "a@example.com",
                          .total = 19949,
                          .average = 1021,
                          .count = 4,
                          .window_start = "2026-11-23 11:20:00 +0000",
                          .window_end = "2026-11-23 11:25:00 +0000"},
                 read;
    struct text text = TEXT_EMPTY;
    alert_print(&given, &text);
    assert_true(alert_parse(text_view(&text), &read));
    assert_memory_equal(&given, &read, sizeof given);
    text_free(&text);
    assert_true(alert_parse(
        VIEW("Attention!\n credit  card\tnumber 1 2 customer x@y total spend 7\n average spend 5 total number of "
             "transactions 2 time period A B to C D"),
        &read));
    assert_int_equal(read.total, 7);
    assert_string_equal(read.window_end, "C D");
    assert_false(alert_parse(
        VIEW("credit card number 1 customer x total spend many average spend 5 total number of transactions 2 "
             "time period a to b"),
        &read));
    assert_false(alert_parse(VIEW("something else"), &read));
    assert_false(alert_parse(VIEW(""), &read));
}

static void the_rule_needs_the_count_and_more_than_the_average(void **state) {
    (void)state;
    struct rule rule = RULE_DEFAULT;
    assert_true(rule_is_broken(rule, 2, 1001, 1000));
    assert_false(rule_is_broken(rule, 1, 9999, 1000));
    assert_false(rule_is_broken(rule, 2, 1000, 1000));
}

static void a_seed_repeats_its_customers_and_no_card_comes_twice(void **state) {
    (void)state;
    struct customers one, two;
    customers_make(&one, 7, 300);
    customers_make(&two, 7, 300);
    for (size_t i = 0; i < 300; i++) {
        assert_string_equal(one.items[i].card, two.items[i].card);
        assert_int_equal(strlen(one.items[i].card), 19);
        assert_int_equal(strlen(one.items[i].id), 36);
        assert_in_range(one.items[i].average, 800, 2500);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(one.items[i].card, one.items[j].card);
    }
    customers_free(&one);
    customers_free(&two);
}

static void csv_files_are_joined_and_what_is_wrong_in_them_is_named_by_line(void **state) {
    (void)state;
    char folder[] = "/tmp/lab-test-XXXXXX";
    struct customers customers;
    struct error error = {0};
    assert_non_null(mkdtemp(folder));
    char *people = file_join(folder, "customers.csv"), *credit = file_join(folder, "credit_card.csv");
    file_write_atomic(
        people,
        VIEW("customer_email,customer_id,avg_spending_amount\r\n\"a,b@example.com\",u1,900\r\nc@example.com,u2,1000\n"),
        0600, NULL);
    file_write_atomic(credit, VIEW("customer_id,credit_card_number,maximum_limit\nu2,2222,1\nu1,1111,2\n"), 0600, NULL);
    assert_int_equal(customers_read(&customers, people, credit, &error), 0);
    assert_int_equal(customers.count, 2);
    assert_string_equal(customers.items[0].email, "a,b@example.com");
    assert_string_equal(customers.items[0].card, "1111");
    assert_int_equal(customers.items[1].average, 1000);
    customers_free(&customers);
    assert_int_not_equal(customers_read(&customers, people, NULL, &error), 0);
    assert_non_null(strstr(error.message, "no column credit_card_number"));
    file_write_atomic(credit, VIEW("customer_id,credit_card_number\nu1,1111\n"), 0600, NULL);
    assert_int_not_equal(customers_read(&customers, people, credit, &error), 0);
    assert_non_null(strstr(error.message, "customers.csv:3: customer u2 has no credit card number"));
    file_write_atomic(people, VIEW("customer_id,customer_email,avg_spending_amount\nu1,a@b,much\n"), 0600, NULL);
    assert_int_not_equal(customers_read(&customers, people, credit, &error), 0);
    assert_non_null(strstr(error.message, "customers.csv:2: avg_spending_amount 'much' is not an amount"));
    memory_free(people);
    memory_free(credit);
    file_remove_tree(folder, NULL);
}

static void the_printed_join_differs_from_ours_in_its_column_only(void **state) {
    (void)state;
    const char *ours = lab_statement("AGGREGATE_TRANSACTIONS"), *printed = lab_failing_join();
    assert_non_null(strstr(ours, "ON t.CREDIT_CARD_NUMBER = cust.CUST_ID"));
    assert_non_null(strstr(printed, "ON t.CUSTOMER_ID = cust.CUST_ID"));
    assert_int_equal(strstr(ours, " ON t.") - ours, strstr(printed, " ON t.") - printed);
    assert_null(lab_statement("NOTHING"));
}

static void a_mask_leaves_what_a_room_may_see(void **state) {
    (void)state;
    struct text text = TEXT_EMPTY;
    mask_card(VIEW("5031 9467 5978 2983"), &text);
    assert_string_equal(text_string(&text), "5031 **** **** 2983");
    text_clear(&text);
    mask_card(VIEW("12345678"), &text);
    assert_string_equal(text_string(&text), "********");
    text_clear(&text);
    mask_email(VIEW("amara.berg1@example.com"), &text);
    assert_string_equal(text_string(&text), "a***@example.com");
    text_clear(&text);
    mask_email(VIEW("nobody"), &text);
    assert_string_equal(text_string(&text), "n***");
    text_clear(&text);
    mask_email(VIEW(""), &text);
    assert_string_equal(text_string(&text), "***");
    text_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_transaction_prints_as_the_workshop_producer_prints_it_and_reads_back),
        cmocka_unit_test(a_seed_repeats_its_transactions_and_their_values_stay_in_range),
        cmocka_unit_test(what_is_no_transaction_is_an_error),
        cmocka_unit_test(an_alert_sentence_reads_back),
        cmocka_unit_test(the_rule_needs_the_count_and_more_than_the_average),
        cmocka_unit_test(a_seed_repeats_its_customers_and_no_card_comes_twice),
        cmocka_unit_test(csv_files_are_joined_and_what_is_wrong_in_them_is_named_by_line),
        cmocka_unit_test(the_printed_join_differs_from_ours_in_its_column_only),
        cmocka_unit_test(a_mask_leaves_what_a_room_may_see),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
