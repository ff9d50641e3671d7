/* Threads with a name, over pthread. */
#pragma once

#include <pthread.h>

/* Blocks all signals in the new thread (the main thread takes them), names it, never fails (fatal otherwise). */
pthread_t thread_start(const char *name, void *(*run)(void *), void *argument);
void thread_join(pthread_t thread);
