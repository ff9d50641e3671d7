#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "foundation/base/thread.h"

static void *read_mask(void *blocked) {
    pthread_sigmask(SIG_SETMASK, NULL, blocked);
    return NULL;
}

static void a_thread_leaves_signals_to_the_main_one_but_crashes_as_the_main_one_does(void **state) {
    static const int left[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGPIPE, SIGCHLD};
    static const int taken[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    sigset_t before, after, blocked;
    (void)state;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    thread_join(thread_start("a name longer than the kernel takes", read_mask, &blocked));
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        assert_int_equal(sigismember(&blocked, left[i]), 1);
        assert_int_equal(sigismember(&after, left[i]), sigismember(&before, left[i]));
    }
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        assert_int_equal(sigismember(&blocked, taken[i]), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_leaves_signals_to_the_main_one_but_crashes_as_the_main_one_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
