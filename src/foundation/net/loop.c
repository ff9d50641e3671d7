#include "foundation/net/loop.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "foundation/base/clock.h"
#include "foundation/base/memory.h"
#include "foundation/base/vector.h"

enum { EVENTS_A_TURN = 64 };

struct loop_watch {
    struct loop *loop;
    int descriptor;
    bool removed;
    void (*ready)(void *context, unsigned events);
    void *context;
};
struct loop_timer {
    struct loop *loop;
    int64_t due_ns; /* -1 = off */
    bool removed;
    void (*fire)(void *context);
    void *context;
};
struct posted {
    void (*function)(void *context);
    void *context;
};
struct loop {
    int epoll, wake;
    atomic_bool stop;
    VECTOR(struct loop_timer *) timers;
    VECTOR(struct loop_watch *) removed; /* freed after the turn: an event of this turn may still name them */
    pthread_mutex_t lock;
    VECTOR(struct posted) posts;
    VECTOR(struct posted) running; /* posts of this turn, swapped out of the lock */
};

struct loop *loop_new(struct error *error) {
    struct loop *loop = memory_zero(1, sizeof *loop);
    pthread_mutex_init(&loop->lock, NULL);
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (loop->epoll < 0 || loop->wake < 0 || epoll_ctl(loop->epoll, EPOLL_CTL_ADD, loop->wake, &event) != 0) {
        error_set_errno(error, errno, "cannot make an event loop");
        loop_free(loop);
        return NULL;
    }
    return loop;
}

static void free_removed(struct loop *loop) {
    for (size_t i = 0; i < loop->removed.count; i++)
        memory_free(loop->removed.items[i]);
    vector_clear(&loop->removed);
}

void loop_free(struct loop *loop) {
    if (!loop)
        return;
    free_removed(loop);
    for (size_t i = 0; i < loop->timers.count; i++)
        memory_free(loop->timers.items[i]);
    vector_free(&loop->timers);
    vector_free(&loop->removed);
    vector_free(&loop->posts);
    vector_free(&loop->running);
    if (loop->epoll >= 0)
        close(loop->epoll);
    if (loop->wake >= 0)
        close(loop->wake);
    pthread_mutex_destroy(&loop->lock);
    memory_free(loop);
}

static void wake(struct loop *loop) {
    uint64_t one = 1;
    if (write(loop->wake, &one, sizeof one) < 0 && errno != EAGAIN)
        fatal("loop: cannot wake it (errno %d)", errno);
}

void loop_stop(struct loop *loop) {
    atomic_store(&loop->stop, true);
    wake(loop);
}

void loop_post(struct loop *loop, void (*function)(void *context), void *context) {
    pthread_mutex_lock(&loop->lock);
    bool first = loop->posts.count == 0;
    vector_push(&loop->posts, (struct posted){function, context});
    pthread_mutex_unlock(&loop->lock);
    if (first)
        wake(loop);
}

/* False when none waited. */
static bool run_posts(struct loop *loop) {
    uint64_t count;
    if (read(loop->wake, &count, sizeof count) < 0 && errno != EAGAIN)
        fatal("loop: cannot read its wake-up (errno %d)", errno);
    pthread_mutex_lock(&loop->lock);
    __typeof__(loop->posts) posts = loop->posts;
    loop->posts.items = loop->running.items;
    loop->posts.capacity = loop->running.capacity;
    loop->posts.count = 0;
    loop->running.items = posts.items;
    loop->running.capacity = posts.capacity;
    pthread_mutex_unlock(&loop->lock);
    for (size_t i = 0; i < posts.count; i++)
        posts.items[i].function(posts.items[i].context);
    return posts.count > 0;
}

/* Fires what is due; milliseconds until the next, -1 when none is set. */
static int run_timers(struct loop *loop) {
    int64_t now = clock_monotonic_ns(), next = -1;
    for (size_t i = 0; i < loop->timers.count; i++) {
        struct loop_timer *timer = loop->timers.items[i];
        if (!timer->removed && timer->due_ns >= 0 && timer->due_ns <= now) {
            timer->due_ns = -1;
            timer->fire(timer->context);
        }
    }
    for (size_t i = 0; i < loop->timers.count;) {
        struct loop_timer *timer = loop->timers.items[i];
        if (timer->removed) {
            memory_free(timer);
            loop->timers.items[i] = loop->timers.items[--loop->timers.count];
            continue;
        }
        if (timer->due_ns >= 0 && (next < 0 || timer->due_ns < next))
            next = timer->due_ns;
        i++;
    }
    if (next < 0)
        return -1;
    int64_t wait = next - clock_monotonic_ns();
    return wait <= 0 ? 0 : (int)((wait + 999999) / 1000000 > 3600000 ? 3600000 : (wait + 999999) / 1000000);
}

void loop_run(struct loop *loop) {
    struct epoll_event events[EVENTS_A_TURN];
    while (!atomic_load(&loop->stop)) {
        int wait = run_timers(loop);
        int count = epoll_wait(loop->epoll, events, EVENTS_A_TURN, wait);
        if (count < 0 && errno != EINTR)
            fatal("loop: waiting failed (errno %d)", errno);
        for (int i = 0; i < count; i++) {
            struct loop_watch *watch = events[i].data.ptr;
            if (!watch) {
                run_posts(loop);
                continue;
            }
            unsigned ready = 0;
            if (events[i].events & (EPOLLIN | EPOLLPRI))
                ready |= LOOP_READ;
            if (events[i].events & EPOLLOUT)
                ready |= LOOP_WRITE;
            if (events[i].events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP))
                ready |= LOOP_HANGUP;
            if (!watch->removed)
                watch->ready(watch->context, ready);
        }
        free_removed(loop);
    }
    while (run_posts(loop)) /* what was posted before the stop, or by those posts, is not lost */
        ;
    atomic_store(&loop->stop, false);
}

static uint32_t epoll_events(unsigned events) {
    return (events & LOOP_READ ? (uint32_t)EPOLLIN : 0) | (events & LOOP_WRITE ? (uint32_t)EPOLLOUT : 0) |
           (events & LOOP_HANGUP ? (uint32_t)EPOLLRDHUP : 0);
}

struct loop_watch *loop_watch_add(struct loop *loop, int descriptor, unsigned events,
                                  void (*ready)(void *context, unsigned events), void *context) {
    struct loop_watch *watch = memory_zero(1, sizeof *watch);
    *watch = (struct loop_watch){.loop = loop, .descriptor = descriptor, .ready = ready, .context = context};
    struct epoll_event event = {.events = epoll_events(events), .data.ptr = watch};
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, descriptor, &event) != 0)
        fatal("loop: cannot watch descriptor %d (errno %d)", descriptor, errno);
    return watch;
}

void loop_watch_change(struct loop_watch *watch, unsigned events) {
    struct epoll_event event = {.events = epoll_events(events), .data.ptr = watch};
    if (epoll_ctl(watch->loop->epoll, EPOLL_CTL_MOD, watch->descriptor, &event) != 0)
        fatal("loop: cannot change the watch of descriptor %d (errno %d)", watch->descriptor, errno);
}

void loop_watch_remove(struct loop_watch *watch) {
    if (!watch || watch->removed)
        return;
    /* Fails harmlessly when the descriptor was closed first: the kernel has forgotten it then. */
    epoll_ctl(watch->loop->epoll, EPOLL_CTL_DEL, watch->descriptor, NULL);
    watch->removed = true;
    vector_push(&watch->loop->removed, watch);
}

struct loop_timer *loop_timer_add(struct loop *loop, void (*fire)(void *context), void *context) {
    struct loop_timer *timer = memory_zero(1, sizeof *timer);
    *timer = (struct loop_timer){.loop = loop, .due_ns = -1, .fire = fire, .context = context};
    vector_push(&loop->timers, timer);
    return timer;
}

void loop_timer_set(struct loop_timer *timer, int64_t after_ms) {
    const int64_t most = INT64_MAX / 2000000; /* a century and a half; beyond it nanoseconds would overflow */
    timer->due_ns = after_ms < 0 ? -1 : clock_monotonic_ns() + (after_ms < most ? after_ms : most) * 1000000;
}

void loop_timer_remove(struct loop_timer *timer) {
    if (timer)
        timer->removed = true;
}
