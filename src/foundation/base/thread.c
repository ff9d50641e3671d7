#include "foundation/base/thread.h"

#include <signal.h>
#include <string.h>

#include "foundation/base/memory.h"

enum { NAME_MOST = 16 }; /* Linux's limit, the end included */

pthread_t thread_start(const char *name, void *(*run)(void *), void *argument) {
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
    sigset_t blocked, before;
    pthread_t thread;
    char short_name[NAME_MOST] = "";
    size_t size = strlen(name);
    memcpy(short_name, name, size < NAME_MOST ? size : NAME_MOST - 1);
    sigfillset(&blocked);
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
        sigdelset(&blocked, crashes[i]);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    int failed = pthread_create(&thread, NULL, run, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed)
        fatal("cannot start thread %s: %s", name, strerror(failed));
    pthread_setname_np(thread, short_name);
    return thread;
}

void thread_join(pthread_t thread) {
    pthread_join(thread, NULL);
}
