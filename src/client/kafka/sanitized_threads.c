/* Only in builds for the thread sanitizer. librdkafka uses C11 threads, which gcc's sanitizer does not know: a thread
 * started by thrd_create has no sanitizer state and dies at its first malloc. glibc's C11 objects are its POSIX ones,
 * so these definitions, which win over the C library's, lead librdkafka to the calls that the sanitizer watches. */
#ifdef __SANITIZE_THREAD__

#include <errno.h>
#include <pthread.h>
#include <threads.h>

#include "client/kafka/private.h"
#include "foundation/base/memory.h"

struct start {
    thrd_start_t run;
    void *argument;
};

static void *run_start(void *argument) {
    struct start start = *(struct start *)argument;
    memory_free(argument);
    return (void *)(intptr_t)start.run(start.argument);
}

int thrd_create(thrd_t *thread, thrd_start_t run, void *argument) {
    struct start *start = memory_allocate(sizeof *start);
    *start = (struct start){run, argument};
    if (pthread_create(thread, NULL, run_start, start) == 0)
        return thrd_success;
    memory_free(start);
    return thrd_error;
}

int thrd_join(thrd_t thread, int *result) {
    void *value = NULL;
    if (pthread_join(thread, &value))
        return thrd_error;
    if (result)
        *result = (int)(intptr_t)value;
    return thrd_success;
}

static int result_of(int number) {
    return number == 0 ? thrd_success : number == ETIMEDOUT ? thrd_timedout : thrd_error;
}

int mtx_init(mtx_t *mutex, int type) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    if (type & mtx_recursive)
        pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    int number = pthread_mutex_init((pthread_mutex_t *)mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return result_of(number);
}

int mtx_lock(mtx_t *mutex) {
    return result_of(pthread_mutex_lock((pthread_mutex_t *)mutex));
}

int mtx_unlock(mtx_t *mutex) {
    return result_of(pthread_mutex_unlock((pthread_mutex_t *)mutex));
}

void mtx_destroy(mtx_t *mutex) {
    pthread_mutex_destroy((pthread_mutex_t *)mutex);
}

int cnd_init(cnd_t *condition) {
    return result_of(pthread_cond_init((pthread_cond_t *)condition, NULL));
}

int cnd_signal(cnd_t *condition) {
    return result_of(pthread_cond_signal((pthread_cond_t *)condition));
}

int cnd_broadcast(cnd_t *condition) {
    return result_of(pthread_cond_broadcast((pthread_cond_t *)condition));
}

int cnd_wait(cnd_t *condition, mtx_t *mutex) {
    return result_of(pthread_cond_wait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex));
}

int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex, const struct timespec *restrict until) {
    return result_of(pthread_cond_timedwait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex, until));
}

void cnd_destroy(cnd_t *condition) {
    pthread_cond_destroy((pthread_cond_t *)condition);
}

/* The linker takes an archive's member only when somebody asks for it. */
void kafka_sanitized_threads(void) {}

#endif
