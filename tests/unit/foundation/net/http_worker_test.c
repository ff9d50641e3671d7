#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "foundation/base/memory.h"
#include "foundation/base/thread.h"
#include "foundation/net/http_client.h"
#include "foundation/net/http_worker.h"

enum { FLOOD = 300 };

struct scene {
    struct http_server *server;
    struct http_client *client;
    struct http_worker *worker;
    int gate, nudge; /* eventfds: /slow waits for the one, the worker watches the other */
    atomic_int running, most, finished, nudges, blocked, statuses[600];
    uint16_t port, begun_with;
};

static void echo(void *context, const struct http_exchange *exchange, struct http_reply *reply) {
    struct scene *scene = context;
    int now = atomic_fetch_add(&scene->running, 1) + 1;
    if (now > atomic_load(&scene->most))
        atomic_store(&scene->most, now);
    text_append_format(&reply->body, "%s %.*s", http_exchange_parameter(exchange, "name"),
                       VIEW_ARGS(http_exchange_body(exchange)));
    atomic_fetch_sub(&scene->running, 1);
    atomic_fetch_add(&scene->finished, 1);
}

static void slow(void *context, const struct http_exchange *exchange, struct http_reply *reply) {
    uint64_t count;
    (void)exchange;
    reply->status = 202;
    atomic_fetch_add(&((struct scene *)context)->blocked, 1);
    assert_int_equal(read(((struct scene *)context)->gate, &count, sizeof count), sizeof count);
}

static void refuse(void *context, const struct http_exchange *exchange, struct http_reply *reply) {
    (void)context, (void)exchange;
    text_append_string(&reply->body, "half an answer");
    http_reply_fault(reply, 40401, "No '%s' \"here\"", "x");
}

static void begin(void *context, uint16_t port) {
    ((struct scene *)context)->begun_with = port;
}

static void ready(void *context) {
    struct scene *scene = context;
    uint64_t count;
    if (read(scene->nudge, &count, sizeof count) == sizeof count)
        atomic_fetch_add(&scene->nudges, (int)count);
}

static const struct http_work works[] = {{"POST", "/echo/{name}", echo, "repeats"},
                                         {"GET", "/slow", slow, "waits"},
                                         {"GET", "/refuse", refuse, "refuses"},
                                         {0}};

static int open_scene(void **state) {
    struct scene *scene = memory_zero(1, sizeof *scene);
    struct error error = {0};
    *state = scene;
    scene->server = http_server_new(&error);
    scene->client = http_client_new(&error);
    scene->gate = eventfd(0, EFD_SEMAPHORE | EFD_CLOEXEC);
    scene->nudge = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    struct http_service_options service = {.name = "desk", .address = "127.0.0.1"};
    struct http_worker_options options = {.http = scene->server,
                                          .service = &service,
                                          .works = works,
                                          .content_type = "text/x-desk",
                                          .context = scene,
                                          .begin = begin,
                                          .ready = ready,
                                          .descriptor = scene->nudge};
    scene->worker = http_worker_start(&options, &error);
    if (!scene->worker)
        return -1;
    scene->port = http_worker_port(scene->worker);
    return 0;
}

static int close_scene(void **state) {
    struct scene *scene = *state;
    http_worker_stop(scene->worker);
    http_client_free(scene->client);
    http_server_free(scene->server);
    close(scene->gate);
    close(scene->nudge);
    memory_free(scene);
    return 0;
}

static int ask(struct scene *scene, const char *method, const char *path, const char *body,
               struct http_answer *answer) {
    char url[128];
    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", scene->port, path);
    struct http_request request = {.method = method, .url = url, .body = view_of(body), .timeout_ms = 5000};
    return http_client_send(scene->client, &request, answer, NULL);
}

static void expect(struct scene *scene, const char *method, const char *path, const char *body, int status,
                   const char *text) {
    struct http_answer answer;
    assert_int_equal(ask(scene, method, path, body, &answer), 0);
    assert_int_equal(answer.status, status);
    assert_string_equal(text_string(&answer.body), text);
    assert_string_equal(answer.content_type, "text/x-desk");
    http_answer_free(&answer);
}

static void let_through(struct scene *scene) {
    uint64_t one = 1;
    assert_int_equal(write(scene->gate, &one, sizeof one), sizeof one);
}

static void wait_for(atomic_int *number, int least) {
    for (int i = 0; i < 5000 && atomic_load(number) < least; i++)
        usleep(1000);
    assert_true(atomic_load(number) >= least);
}

static void a_request_is_answered_by_its_action_with_what_came_in(void **state) {
    expect(*state, "POST", "/echo/a", "body", 200, "a body");
    expect(*state, "POST", "/echo/b", "", 200, "b ");
}

static void a_fault_replaces_the_body_and_its_code_begins_with_the_status(void **state) {
    expect(*state, "GET", "/refuse", NULL, 404, "{\"error_code\":40401,\"message\":\"No 'x' \\\"here\\\"\"}");
}

static void unknown_paths_and_methods_are_faults_too(void **state) {
    expect(*state, "GET", "/nowhere", NULL, 404, "{\"error_code\":404,\"message\":\"HTTP 404 Not Found\"}");
    expect(*state, "GET", "/echo/a", NULL, 405, "{\"error_code\":405,\"message\":\"HTTP 405 Method Not Allowed\"}");
}

static void the_worker_hears_its_port_first_and_wakes_for_its_descriptor(void **state) {
    struct scene *scene = *state;
    uint64_t three = 3;
    assert_int_equal(write(scene->nudge, &three, sizeof three), sizeof three);
    wait_for(&scene->nudges, 3);
    assert_int_equal(scene->begun_with, scene->port);
}

struct caller {
    struct scene *scene;
    pthread_t thread;
    const char *method, *path;
    int status;
    struct text body;
};

static void *call(void *context) {
    struct caller *caller = context;
    struct http_answer answer;
    if (ask(caller->scene, caller->method, caller->path, NULL, &answer) == 0) {
        caller->status = answer.status;
        caller->body = answer.body;
    }
    return NULL;
}

static void while_one_action_blocks_others_wait_and_run_one_after_the_other(void **state) {
    struct scene *scene = *state;
    struct caller callers[9] = {{.scene = scene, .method = "GET", .path = "/slow"}};
    callers[0].thread = thread_start("slow", call, &callers[0]);
    for (int i = 1; i < 9; i++) {
        callers[i] = (struct caller){.scene = scene, .method = "POST", .path = "/echo/x"};
        callers[i].thread = thread_start("echo", call, &callers[i]);
    }
    expect(scene, "GET", "/nowhere", NULL, 404,
           "{\"error_code\":404,\"message\":\"HTTP 404 Not Found\"}"); /* HTTP goes on */
    let_through(scene);
    for (int i = 0; i < 9; i++) {
        thread_join(callers[i].thread);
        assert_int_equal(callers[i].status, i ? 200 : 202);
        text_free(&callers[i].body);
    }
    assert_int_equal(atomic_load(&scene->finished), 8);
    assert_int_equal(atomic_load(&scene->most), 1);
}

/* Many at once from one thread: streams, so that none waits for another. */
static void note_status(void *context, int status, const char *content_type) {
    (void)content_type;
    atomic_fetch_add(&((struct scene *)context)->statuses[status], 1);
}

static void ignore_data(void *context, struct view piece) {
    (void)context, (void)piece;
}

static void ignore_end(void *context, const struct error *error) {
    (void)context, (void)error;
}

static void more_requests_than_may_wait_are_told_to_come_again_and_the_rest_is_served(void **state) {
    struct scene *scene = *state;
    struct http_stream *streams[FLOOD];
    char slow_url[64], echo_url[64];
    snprintf(slow_url, sizeof slow_url, "http://127.0.0.1:%u/slow", scene->port);
    snprintf(echo_url, sizeof echo_url, "http://127.0.0.1:%u/echo/x", scene->port);
    for (int i = 0; i < FLOOD; i++) {
        struct http_request request = {.method = i ? "POST" : "GET", .url = i ? echo_url : slow_url};
        struct http_stream_handler handler = {
            .context = scene, .started = note_status, .data = ignore_data, .ended = ignore_end};
        streams[i] = http_stream_open(scene->client, &request, handler);
        if (i == 0)
            wait_for(&scene->blocked, 1);
    }
    wait_for(&scene->statuses[503], FLOOD - 1 - 256); /* one is under way, 256 wait */
    let_through(scene);
    wait_for(&scene->statuses[200], 256);
    for (int i = 0; i < FLOOD; i++)
        http_stream_close(streams[i]);
    assert_int_equal(atomic_load(&scene->statuses[202]), 1);
    assert_int_equal(atomic_load(&scene->statuses[503]), FLOOD - 1 - 256);
}

static void stopping_finishes_what_was_handed_over_and_can_come_at_once(void **state) {
    struct scene *scene = *state;
    struct caller slow_one = {.scene = scene, .method = "GET", .path = "/slow"};
    slow_one.thread = thread_start("slow", call, &slow_one);
    let_through(scene);
    thread_join(slow_one.thread);
    assert_int_equal(slow_one.status, 202);
    text_free(&slow_one.body);
    http_worker_stop(scene->worker);
    http_worker_stop(NULL);
    struct http_answer answer;
    assert_int_not_equal(ask(scene, "GET", "/refuse", NULL, &answer), 0);
    scene->worker = NULL;
}

static void a_taken_port_is_busy_and_leaves_nothing_behind(void **state) {
    struct scene *scene = *state;
    struct error error = {0};
    struct http_service_options service = {
        .name = "second", .address = "127.0.0.1", .port = scene->port, .explicit_port = true};
    struct http_worker_options options = {
        .http = scene->server, .service = &service, .works = works, .content_type = "x/y"};
    assert_null(http_worker_start(&options, &error));
    assert_int_equal(error.code, ERROR_BUSY);
    assert_non_null(strstr(error.message, "second"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_request_is_answered_by_its_action_with_what_came_in, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(a_fault_replaces_the_body_and_its_code_begins_with_the_status, open_scene,
                                        close_scene),
        cmocka_unit_test_setup_teardown(unknown_paths_and_methods_are_faults_too, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(the_worker_hears_its_port_first_and_wakes_for_its_descriptor, open_scene,
                                        close_scene),
        cmocka_unit_test_setup_teardown(while_one_action_blocks_others_wait_and_run_one_after_the_other, open_scene,
                                        close_scene),
        cmocka_unit_test_setup_teardown(more_requests_than_may_wait_are_told_to_come_again_and_the_rest_is_served,
                                        open_scene, close_scene),
        cmocka_unit_test_setup_teardown(stopping_finishes_what_was_handed_over_and_can_come_at_once, open_scene,
                                        close_scene),
        cmocka_unit_test_setup_teardown(a_taken_port_is_busy_and_leaves_nothing_behind, open_scene, close_scene),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
