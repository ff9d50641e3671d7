/* What a partition knows of idempotent producers: what was sent twice, what is missing, whom it forgets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/broker/producers.h"

static int set_up(void **state) {
    *state = producers_new();
    return 0;
}

static int tear_down(void **state) {
    producers_free(*state);
    return 0;
}

static struct batch_header batch(int64_t id, int16_t epoch, int32_t first, int32_t count) {
    return (struct batch_header){.producer_id = id,
                                 .producer_epoch = epoch,
                                 .base_sequence = first,
                                 .last_offset_delta = count - 1,
                                 .record_count = count};
}

static void judge(struct producers *producers, struct batch_header header, enum producer_verdict verdict,
                  int64_t offset) {
    int64_t found = -1;
    assert_int_equal(producers_judge(producers, &header, &found), verdict);
    assert_int_equal(found, offset);
}

static void add(struct producers *producers, struct batch_header header, int64_t offset, int64_t now_ms) {
    producers_add(producers, &header, offset, now_ms);
}

static void the_last_five_batches_are_known_when_they_come_again(void **state) {
    for (int i = 0; i < 6; i++)
        add(*state, batch(7, 0, i * 10, 10), 100 + i, 0);
    for (int i = 1; i < 6; i++)
        judge(*state, batch(7, 0, i * 10, 10), PRODUCER_DUPLICATE, 100 + i);
    judge(*state, batch(7, 0, 0, 10), PRODUCER_OUT_OF_ORDER, -1);
    judge(*state, batch(7, 0, 50, 9), PRODUCER_OUT_OF_ORDER, -1); /* half of one is another one */
    judge(*state, batch(7, 0, 60, 1), PRODUCER_NEW, -1);
    judge(*state, batch(7, 0, 61, 1), PRODUCER_OUT_OF_ORDER, -1);
    judge(*state, batch(-1, -1, 61, 1), PRODUCER_NEW, -1);
}

static void sequences_begin_anew_after_the_largest_number(void **state) {
    add(*state, batch(7, 0, INT32_MAX, 1), 1, 0);
    judge(*state, batch(7, 0, 0, 1), PRODUCER_NEW, -1);
    judge(*state, batch(7, 0, 1, 1), PRODUCER_OUT_OF_ORDER, -1);
    add(*state, batch(8, 0, INT32_MAX - 1, 5), 2, 0); /* the two largest, then 0 to 2 */
    judge(*state, batch(8, 0, 3, 1), PRODUCER_NEW, -1);
    judge(*state, batch(8, 0, INT32_MAX - 1, 5), PRODUCER_DUPLICATE, 2);
}

static void a_newer_epoch_begins_at_zero_and_shuts_the_older_out(void **state) {
    add(*state, batch(7, 1, 0, 1), 1, 0);
    judge(*state, batch(7, 2, 1, 1), PRODUCER_OUT_OF_ORDER, -1);
    judge(*state, batch(7, 2, 0, 1), PRODUCER_NEW, -1);
    add(*state, batch(7, 2, 0, 1), 2, 0);
    judge(*state, batch(7, 1, 1, 1), PRODUCER_FENCED, -1);
    judge(*state, batch(7, 2, 0, 1), PRODUCER_DUPLICATE, 2);
}

static void who_sent_nothing_for_long_is_forgotten(void **state) {
    add(*state, batch(7, 0, 0, 1), 1, 1000);
    add(*state, batch(8, 0, 0, 1), 2, 2000);
    producers_expire(*state, 1000);
    assert_int_equal(producers_count(*state), 2);
    producers_expire(*state, 1001);
    assert_int_equal(producers_count(*state), 1);
    judge(*state, batch(7, 0, 55, 1), PRODUCER_NEW, -1); /* as Kafka: it goes on wherever it was */
    judge(*state, batch(8, 0, 55, 1), PRODUCER_OUT_OF_ORDER, -1);
}

static void of_too_many_the_one_that_was_silent_longest_makes_room(void **state) {
    for (int64_t id = 0; id < 10000; id++)
        add(*state, batch(id, 0, 0, 1), id, 0);
    add(*state, batch(0, 0, 1, 1), 10000, 0);
    add(*state, batch(10000, 0, 0, 1), 10001, 0);
    assert_int_equal(producers_count(*state), 10000);
    judge(*state, batch(0, 0, 1, 1), PRODUCER_DUPLICATE, 10000);
    judge(*state, batch(1, 0, 0, 1), PRODUCER_NEW, -1);
    judge(*state, batch(2, 0, 0, 1), PRODUCER_DUPLICATE, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_last_five_batches_are_known_when_they_come_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sequences_begin_anew_after_the_largest_number, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_newer_epoch_begins_at_zero_and_shuts_the_older_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_sent_nothing_for_long_is_forgotten, set_up, tear_down),
        cmocka_unit_test_setup_teardown(of_too_many_the_one_that_was_silent_longest_makes_room, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
