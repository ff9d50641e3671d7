#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "foundation/base/mailbox.h"
#include "foundation/base/memory.h"
#include "foundation/base/thread.h"

struct note {
    struct message message;
    int number;
};

static const struct message_kind waiting = {"waiting", MAILBOX_WAIT, NULL},
                                 dropping = {"dropping", MAILBOX_DROP_OLDEST, NULL},
                                 merging = {"merging", MAILBOX_MERGE, NULL};

static struct message *note(const struct message_kind *kind, uint64_t key, int number) {
    struct note *made = memory_zero(1, sizeof *made);
    made->message.kind = kind;
    made->message.key = key;
    made->number = number;
    return &made->message;
}

static int take(struct mailbox *mailbox) {
    struct message *message = mailbox_receive(mailbox, 0);
    int number = message ? ((struct note *)message)->number : -1;
    message_free(message);
    return number;
}

static bool readable(const struct mailbox *mailbox) {
    struct pollfd wait = {.fd = mailbox_descriptor(mailbox), .events = POLLIN};
    return poll(&wait, 1, 0) == 1;
}

static void messages_come_in_order_and_the_descriptor_tells(void **state) {
    (void)state;
    struct mailbox *mailbox = mailbox_new(4);
    assert_false(readable(mailbox));
    mailbox_send(mailbox, note(&waiting, 0, 1));
    mailbox_send(mailbox, note(&waiting, 0, 2));
    assert_true(readable(mailbox));
    assert_int_equal(take(mailbox), 1);
    assert_int_equal(take(mailbox), 2);
    assert_int_equal(take(mailbox), -1);
    assert_false(readable(mailbox));
    mailbox_free(mailbox);
}

static void a_full_box_drops_the_oldest_of_the_kind_and_counts_it(void **state) {
    (void)state;
    struct mailbox *mailbox = mailbox_new(2);
    mailbox_send(mailbox, note(&dropping, 0, 1));
    mailbox_send(mailbox, note(&waiting, 0, 2));
    mailbox_send(mailbox, note(&dropping, 0, 3));
    assert_int_equal(mailbox_dropped(mailbox, &dropping), 1);
    assert_int_equal(take(mailbox), 2);
    assert_int_equal(take(mailbox), 3);
    mailbox_free(mailbox);
}

static void merging_replaces_in_place_by_kind_and_key(void **state) {
    (void)state;
    struct mailbox *mailbox = mailbox_new(8);
    mailbox_send(mailbox, note(&merging, 1, 1));
    mailbox_send(mailbox, note(&waiting, 1, 2));
    mailbox_send(mailbox, note(&merging, 2, 3));
    mailbox_send(mailbox, note(&merging, 1, 4));
    assert_int_equal(take(mailbox), 4);
    assert_int_equal(take(mailbox), 2);
    assert_int_equal(take(mailbox), 3);
    mailbox_free(mailbox);
}

static void a_closed_box_takes_nothing_and_still_gives_what_waits(void **state) {
    (void)state;
    struct mailbox *mailbox = mailbox_new(2);
    mailbox_send(mailbox, note(&waiting, 0, 1));
    mailbox_close(mailbox);
    assert_false(mailbox_send(mailbox, note(&waiting, 0, 2)));
    assert_int_equal(take(mailbox), 1);
    assert_null(mailbox_receive(mailbox, -1));
    mailbox_free(mailbox);
}

enum { EACH = 2000 };

static void *send_many(void *context) {
    for (int i = 0; i < EACH; i++)
        mailbox_send(context, note(&waiting, 0, i));
    return NULL;
}

static void senders_on_several_threads_wait_for_room_and_lose_nothing(void **state) {
    (void)state;
    struct mailbox *mailbox = mailbox_new(3);
    pthread_t threads[3];
    int64_t sum = 0;
    for (int i = 0; i < 3; i++)
        threads[i] = thread_start("sender", send_many, mailbox);
    for (int i = 0; i < 3 * EACH; i++) {
        struct message *message = mailbox_receive(mailbox, 5000);
        assert_non_null(message);
        sum += ((struct note *)message)->number;
        message_free(message);
    }
    for (int i = 0; i < 3; i++)
        thread_join(threads[i]);
    assert_int_equal(sum, 3LL * EACH * (EACH - 1) / 2);
    mailbox_free(mailbox);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_come_in_order_and_the_descriptor_tells),
        cmocka_unit_test(a_full_box_drops_the_oldest_of_the_kind_and_counts_it),
        cmocka_unit_test(merging_replaces_in_place_by_kind_and_key),
        cmocka_unit_test(a_closed_box_takes_nothing_and_still_gives_what_waits),
        cmocka_unit_test(senders_on_several_threads_wait_for_room_and_lose_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
