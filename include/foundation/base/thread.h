/* Threads with a name, over pthread. */
#pragma once

#include <pthread.h>

/* Blocks signals in the new thread (the main thread takes them) but for those of a crash, which a blocking thread would
 * die of without a word; names it, never fails (fatal otherwise). */
pthread_t thread_start(const char *name, void *(*run)(void *), void *argument);
void thread_join(pthread_t thread);
