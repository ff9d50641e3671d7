#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "foundation/base/clock.h"
#include "foundation/base/memory.h"
#include "foundation/base/thread.h"
#include "foundation/net/loop.h"

enum { POSTS = 2000 };

struct scene {
    struct loop *loop;
    struct loop_watch *watch, *other;
    struct loop_timer *timer, *extra;
    int pipe[2], count, order[POSTS];
    unsigned events;
};

static int open_scene(void **state) {
    struct scene *scene = memory_zero(1, sizeof *scene);
    scene->loop = loop_new(NULL);
    *state = scene;
    return scene->loop && pipe(scene->pipe) == 0 ? 0 : -1;
}

static int close_scene(void **state) {
    struct scene *scene = *state;
    loop_free(scene->loop);
    close(scene->pipe[0]);
    close(scene->pipe[1]);
    memory_free(scene);
    return 0;
}

static void stop(void *context) {
    loop_stop(((struct scene *)context)->loop);
}

static void read_one(void *context, unsigned events) {
    struct scene *scene = context;
    char byte;
    assert_true(events & LOOP_READ);
    assert_int_equal(read(scene->pipe[0], &byte, 1), 1);
    if (++scene->count == 3)
        stop(scene);
}

static void a_watch_is_called_while_its_event_holds(void **state) {
    struct scene *scene = *state;
    scene->watch = loop_watch_add(scene->loop, scene->pipe[0], LOOP_READ, read_one, scene);
    assert_int_equal(write(scene->pipe[1], "abc", 3), 3);
    loop_run(scene->loop);
    assert_int_equal(scene->count, 3);
    loop_watch_remove(scene->watch);
}

static void note_hangup(void *context, unsigned events) {
    struct scene *scene = context;
    scene->events |= events;
    loop_watch_remove(scene->watch);
    loop_watch_remove(scene->watch); /* a second time does nothing */
    stop(scene);
}

static void the_other_ends_closing_is_a_hangup_and_a_watch_may_remove_itself(void **state) {
    struct scene *scene = *state;
    scene->watch = loop_watch_add(scene->loop, scene->pipe[0], LOOP_READ, note_hangup, scene);
    close(scene->pipe[1]);
    loop_run(scene->loop);
    assert_true(scene->events & LOOP_HANGUP);
    scene->pipe[1] = dup(scene->pipe[0]);
}

static void remove_both(void *context, unsigned events) {
    (void)events;
    struct scene *scene = context;
    scene->count++;
    loop_watch_remove(scene->watch);
    loop_watch_remove(scene->other);
    stop(scene);
}

static void a_watch_removed_by_another_in_the_same_turn_is_not_called(void **state) {
    struct scene *scene = *state;
    int second = dup(scene->pipe[0]);
    scene->watch = loop_watch_add(scene->loop, scene->pipe[0], LOOP_READ, remove_both, scene);
    scene->other = loop_watch_add(scene->loop, second, LOOP_READ, remove_both, scene);
    assert_int_equal(write(scene->pipe[1], "a", 1), 1);
    loop_run(scene->loop);
    assert_int_equal(scene->count, 1);
    close(second);
}

static void again(void *context) {
    struct scene *scene = context;
    if (++scene->count == 3)
        stop(scene);
    else
        loop_timer_set(scene->timer, 5);
}

static void a_timer_fires_once_and_not_early_and_may_be_set_again(void **state) {
    struct scene *scene = *state;
    scene->timer = loop_timer_add(scene->loop, again, scene);
    loop_timer_set(scene->timer, 20);
    int64_t began = clock_monotonic_ns();
    loop_run(scene->loop);
    assert_int_equal(scene->count, 3);
    assert_true(clock_monotonic_ns() - began >= 30000000);
    loop_timer_remove(scene->timer);
}

static void must_not(void *context) {
    (void)context;
    fail_msg("a stopped timer fired");
}

static void a_stopped_or_removed_timer_does_not_fire(void **state) {
    struct scene *scene = *state;
    scene->timer = loop_timer_add(scene->loop, must_not, scene);
    scene->extra = loop_timer_add(scene->loop, must_not, scene);
    struct loop_timer *end = loop_timer_add(scene->loop, stop, scene);
    loop_timer_set(scene->timer, 0);
    loop_timer_set(scene->extra, 0);
    loop_timer_set(scene->timer, -1);
    loop_timer_remove(scene->extra);
    loop_timer_set(end, 5);
    loop_run(scene->loop);
    loop_timer_remove(NULL);
}

static void a_timer_further_off_than_any_clock_does_not_fire(void **state) {
    struct scene *scene = *state;
    scene->timer = loop_timer_add(scene->loop, must_not, scene);
    struct loop_timer *end = loop_timer_add(scene->loop, stop, scene);
    loop_timer_set(scene->timer, INT64_MAX);
    loop_timer_set(end, 5);
    loop_run(scene->loop);
}

static void count_post(void *context) {
    struct scene *scene = context;
    scene->count++;
}

struct posting {
    struct scene *scene;
    int number;
};

static void note_order(void *context) {
    struct posting *posting = context;
    posting->scene->order[posting->scene->count++] = posting->number;
    if (posting->scene->count == POSTS)
        stop(posting->scene);
}

static void *post_all(void *context) {
    struct posting *postings = context;
    for (int i = 0; i < POSTS; i++)
        loop_post(postings[i].scene->loop, note_order, &postings[i]);
    return NULL;
}

static void posts_of_one_thread_run_once_each_in_order(void **state) {
    struct scene *scene = *state;
    struct posting *postings = memory_zero(POSTS, sizeof *postings);
    for (int i = 0; i < POSTS; i++)
        postings[i] = (struct posting){scene, i};
    pthread_t thread = thread_start("posts", post_all, postings);
    loop_run(scene->loop);
    thread_join(thread);
    for (int i = 0; i < POSTS; i++)
        assert_int_equal(scene->order[i], i);
    memory_free(postings);
}

static void post_from_post(void *context) {
    struct scene *scene = context;
    loop_post(scene->loop, count_post, scene);
    loop_post(scene->loop, stop, scene);
}

static void a_post_may_post_and_what_was_posted_before_the_stop_runs(void **state) {
    struct scene *scene = *state;
    loop_post(scene->loop, post_from_post, scene);
    loop_run(scene->loop);
    assert_int_equal(scene->count, 1);
    loop_post(scene->loop, count_post, scene);
    loop_stop(scene->loop);
    loop_run(scene->loop); /* a stop that came first still runs what was posted */
    assert_int_equal(scene->count, 2);
}

static void a_last_post_may_post_and_nothing_is_lost(void **state) {
    struct scene *scene = *state;
    loop_stop(scene->loop);
    loop_post(scene->loop, post_from_post, scene);
    loop_run(scene->loop);
    assert_int_equal(scene->count, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_watch_is_called_while_its_event_holds, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(the_other_ends_closing_is_a_hangup_and_a_watch_may_remove_itself, open_scene,
                                        close_scene),
        cmocka_unit_test_setup_teardown(a_watch_removed_by_another_in_the_same_turn_is_not_called, open_scene,
                                        close_scene),
        cmocka_unit_test_setup_teardown(a_timer_fires_once_and_not_early_and_may_be_set_again, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(a_stopped_or_removed_timer_does_not_fire, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(a_timer_further_off_than_any_clock_does_not_fire, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(posts_of_one_thread_run_once_each_in_order, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(a_post_may_post_and_what_was_posted_before_the_stop_runs, open_scene,
                                        close_scene),
        cmocka_unit_test_setup_teardown(a_last_post_may_post_and_nothing_is_lost, open_scene, close_scene),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
