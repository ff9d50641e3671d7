#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "foundation/base/clock.h"
#include "foundation/base/memory.h"
#include "foundation/base/thread.h"
#include "foundation/net/http_client.h"
#include "foundation/net/http_server.h"
#include "foundation/net/http_text.h"

struct scene {
    struct http_server *server;
    struct http_client *client;
    uint16_t port;
    pthread_t thread;
    bool threaded;
    int status;
    struct http_exchange *kept, *unanswered;
    atomic_int gone, rows, ended;
};

static void hello(void *context, struct http_exchange *exchange) {
    (void)context;
    struct text text = TEXT_EMPTY;
    const char *query = http_exchange_query(exchange, "q");
    text_append_format(&text, "%s %s %s body=%.*s", http_exchange_method(exchange),
                       http_exchange_parameter(exchange, "name"), query ? query : "-",
                       VIEW_ARGS(http_exchange_body(exchange)));
    http_exchange_answer(exchange, 200, "text/plain", text_view(&text));
    text_free(&text);
}

static void *answer_late(void *context) {
    usleep(20000);
    http_exchange_answer(context, 202, "text/plain", VIEW("late"));
    return NULL;
}

static void late(void *context, struct http_exchange *exchange) {
    struct scene *scene = context;
    scene->threaded = true;
    scene->thread = thread_start("late", answer_late, exchange);
}

static void *stream_rows(void *context) {
    struct http_exchange *exchange = context;
    for (int i = 0; i < 100; i++)
        http_exchange_write(exchange, VIEW("row\n"));
    http_exchange_end(exchange);
    return NULL;
}

static void stream(void *context, struct http_exchange *exchange) {
    struct scene *scene = context;
    http_exchange_start(exchange, 200, "text/plain", 0);
    scene->threaded = true;
    scene->thread = thread_start("rows", stream_rows, exchange);
}

static void on_gone(void *context) {
    atomic_fetch_add(&((struct scene *)context)->gone, 1);
}

static void endless(void *context, struct http_exchange *exchange) {
    struct scene *scene = context;
    http_exchange_on_gone(exchange, on_gone, scene);
    http_exchange_start(exchange, 200, "text/plain", 1000);
    http_exchange_write(exchange, VIEW("first\n"));
    scene->kept = exchange;
}

static void forgetful(void *context, struct http_exchange *exchange) {
    struct scene *scene = context;
    scene->unanswered = exchange;
    atomic_fetch_add(&scene->rows, 1);
}

static const struct http_route routes[] = {
    {"GET", "/hello/{name}", hello, "greets"},
    {"POST", "/hello/{name}", hello, "greets"},
    {"GET", "/late", late, "answers later"},
    {"GET", "/stream", stream, "streams"},
    {"GET", "/endless", endless, "never ends"},
    {"POST", "/forgetful", forgetful, "never answers"},
    {0},
};

static int open_scene(void **state) {
    struct scene *scene = memory_zero(1, sizeof *scene);
    struct error error = {0};
    scene->server = http_server_new(&error);
    scene->client = http_client_new(&error);
    struct http_service_options options = {
        .name = "test", .address = "127.0.0.1", .routes = routes, .context = scene, .body_limit = 1000};
    if (http_server_listen(scene->server, &options, &scene->port, &error) != 0)
        return -1;
    *state = scene;
    return 0;
}

static int close_scene(void **state) {
    struct scene *scene = *state;
    if (scene->threaded)
        thread_join(scene->thread);
    if (scene->kept)
        http_exchange_end(scene->kept);
    if (scene->unanswered)
        http_exchange_answer(scene->unanswered, 200, "text/plain", VIEW("to nobody"));
    http_client_free(scene->client);
    http_server_free(scene->server);
    memory_free(scene);
    return 0;
}

static int ask(struct scene *scene, const char *method, const char *path, struct view body, struct http_answer *answer,
               struct error *error) {
    char url[256];
    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", scene->port, path);
    struct http_request request = {.method = method, .url = url, .body = body, .timeout_ms = 2000};
    return http_client_send(scene->client, &request, answer, error);
}

static void a_route_hands_over_its_decoded_parameters_and_query(void **state) {
    struct http_answer answer;
    assert_int_equal(ask(*state, "GET", "/hello/a%2Fb%20c?q=x%26y", (struct view){0}, &answer, NULL), 0);
    assert_int_equal(answer.status, 200);
    assert_string_equal(text_string(&answer.body), "GET a/b c x&y body=");
    http_answer_free(&answer);
}

static void a_body_arrives_whole(void **state) {
    struct http_answer answer;
    assert_int_equal(ask(*state, "POST", "/hello/x", VIEW("{\"a\":1}"), &answer, NULL), 0);
    assert_string_equal(text_string(&answer.body), "POST x - body={\"a\":1}");
    http_answer_free(&answer);
}

static void a_body_over_the_limit_is_refused_with_413(void **state) {
    struct http_answer answer;
    char large[2000];
    memset(large, 'x', sizeof large);
    assert_int_equal(ask(*state, "POST", "/hello/x", (struct view){large, sizeof large}, &answer, NULL), 0);
    assert_int_equal(answer.status, 413);
    http_answer_free(&answer);
}

static void an_unknown_path_is_404_and_a_wrong_method_405(void **state) {
    struct http_answer answer;
    assert_int_equal(ask(*state, "GET", "/nope", (struct view){0}, &answer, NULL), 0);
    assert_int_equal(answer.status, 404);
    http_answer_free(&answer);
    assert_int_equal(ask(*state, "DELETE", "/late", (struct view){0}, &answer, NULL), 0);
    assert_int_equal(answer.status, 405);
    http_answer_free(&answer);
}

static void an_answer_may_come_later_from_another_thread(void **state) {
    struct http_answer answer;
    assert_int_equal(ask(*state, "GET", "/late", (struct view){0}, &answer, NULL), 0);
    assert_int_equal(answer.status, 202);
    assert_string_equal(text_string(&answer.body), "late");
    http_answer_free(&answer);
}

static void a_stream_arrives_in_order_and_ends(void **state) {
    struct http_answer answer;
    assert_int_equal(ask(*state, "GET", "/stream", (struct view){0}, &answer, NULL), 0);
    assert_int_equal(answer.body.size, 400);
    http_answer_free(&answer);
}

static void count_data(void *context, struct view piece) {
    (void)piece;
    atomic_fetch_add(&((struct scene *)context)->rows, 1);
}

static void count_end(void *context, const struct error *error) {
    (void)error;
    atomic_fetch_add(&((struct scene *)context)->ended, 1);
}

static void wait_for(atomic_int *number, int least) {
    for (int i = 0; i < 2000 && atomic_load(number) < least; i++)
        usleep(1000);
    assert_true(atomic_load(number) >= least);
}

static void closing_a_stream_tells_the_server_that_the_peer_is_gone(void **state) {
    struct scene *scene = *state;
    char url[256];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/endless", scene->port);
    struct http_request request = {.url = url};
    struct http_stream *stream_handle =
        http_stream_open(scene->client, &request,
                         (struct http_stream_handler){.context = scene, .data = count_data, .ended = count_end});
    wait_for(&scene->rows, 1);
    http_stream_close(stream_handle);
    assert_int_equal(atomic_load(&scene->ended), 1);
    wait_for(&scene->gone, 1);
    assert_false(http_exchange_write(scene->kept, VIEW("more")));
}

static void the_server_stops_while_a_stream_is_open(void **state) {
    struct scene *scene = *state;
    char url[256];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/endless", scene->port);
    struct http_request request = {.url = url};
    struct http_stream *stream_handle =
        http_stream_open(scene->client, &request,
                         (struct http_stream_handler){.context = scene, .data = count_data, .ended = count_end});
    wait_for(&scene->rows, 1);
    http_server_unlisten(scene->server, scene->port);
    wait_for(&scene->ended, 1);
    http_stream_close(stream_handle);
}

static void *ask_the_forgetful(void *context) {
    struct scene *scene = context;
    struct http_answer answer;
    struct error error = {0};
    scene->status =
        ask(scene, "POST", "/forgetful?q=word", VIEW("x"), &answer, &error) == 0 ? answer.status : -(int)error.code;
    if (scene->status > 0)
        http_answer_free(&answer);
    return NULL;
}

/* A plain request whose handler has not answered when its server closes. */
static void stop_with_an_unanswered_request(struct scene *scene) {
    scene->thread = thread_start("asks", ask_the_forgetful, scene);
    wait_for(&scene->rows, 1);
    http_server_unlisten(scene->server, scene->port);
    thread_join(scene->thread);
    assert_int_not_equal(scene->status, -(int)ERROR_TIMEOUT); /* it need not wait for its own time-out */
}

static void the_server_stops_while_a_plain_request_is_unanswered_and_says_503(void **state) {
    struct scene *scene = *state;
    stop_with_an_unanswered_request(scene);
    assert_int_equal(scene->status, 503);
}

static void an_answer_after_the_stop_goes_to_nobody_and_harms_nobody(void **state) {
    struct scene *scene = *state;
    stop_with_an_unanswered_request(scene);
    assert_true(view_equal(http_exchange_body(scene->unanswered), VIEW("x"))); /* still lent to its handler */
    assert_null(http_exchange_query(scene->unanswered, "q"));
    assert_null(http_exchange_header(scene->unanswered, "Host"));
    http_exchange_answer(scene->unanswered, 200, "text/plain", VIEW("late"));
    scene->unanswered = NULL;
    assert_int_equal(scene->status, 503);
}

/* Once this ended the whole process: the answer that was given up made room for the next request, whose handler kept it
 * too. */
static void the_server_stops_while_requests_wait_behind_an_unanswered_one(void **state) {
    static const char request[] = "POST /forgetful HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx";
    struct scene *scene = *state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(scene->port)};
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof address), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(send(client, request, sizeof request - 1, MSG_NOSIGNAL), sizeof request - 1);
    wait_for(&scene->rows, 1);
    http_server_unlisten(scene->server, scene->port);
    close(client);
    assert_int_equal(atomic_load(&scene->rows), 1);
}

static void *read_all_the_time(void *context) {
    struct scene *scene = context;
    size_t seen = 0;
    while (!atomic_load(&scene->ended)) {
        const char *host = http_exchange_header(scene->unanswered, "Host");
        const char *query = http_exchange_query(scene->unanswered, "q");
        seen += host ? strlen(host) : 0;
        assert_true(!query || strcmp(query, "word") == 0);
        atomic_fetch_add(&scene->rows, 1);
    }
    assert_true(seen > 0);
    return NULL;
}

/* A handler's thread still reads what came in while the owner stops: it gets it, or nothing. */
static void the_server_stops_while_a_request_is_read(void **state) {
    struct scene *scene = *state;
    pthread_t asks = thread_start("asks", ask_the_forgetful, scene);
    wait_for(&scene->rows, 1);
    pthread_t reads = thread_start("reads", read_all_the_time, scene);
    wait_for(&scene->rows, 100);
    http_server_unlisten(scene->server, scene->port);
    atomic_store(&scene->ended, 1);
    thread_join(reads);
    thread_join(asks);
}

static void a_refused_connection_names_host_and_port(void **state) {
    struct scene *scene = *state;
    struct error error = {0};
    struct http_answer answer;
    http_server_unlisten(scene->server, scene->port);
    assert_int_not_equal(ask(scene, "GET", "/late", (struct view){0}, &answer, &error), 0);
    assert_int_equal(error.code, ERROR_UNREACHABLE);
    assert_non_null(strstr(error.message, "127.0.0.1:"));
    assert_true(error.retriable);
}

static void name_and_password_are_right_as_a_whole_or_wrong(void **state) {
    (void)state;
    static const struct {
        const char *header;
        bool right;
    } cases[] = {
        {"Basic cm9vbTpyaWdodA==", true},  /* room:right */
        {"basic cm9vbTpyaWdodA", true},    /* some leave the end away */
        {"Basic cm9vbTpyaWdodHg=", false}, /* room:rightx */
        {"Basic cm9vbTpyaWdo", false},     /* room:righ */
        {"Basic cm9vbTp3cm9uZw==", false}, /* room:wrong */
        {"Basic cm9vbTo=", false},         /* room: */
        {"Basic b3RoZXI6cmlnaHQ=", false}, /* other:right */
        {"Basic ", false},
        {"Bearer cm9vbTpyaWdodA==", false},
        {"Token cm9vbTpyaWdodA==", false},
        {"cm9vbTpyaWdodA==", false},
        {"", false},
        {NULL, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (http_text_authorised(cases[i].header, "room", "right") != cases[i].right)
            fail_msg("%s", cases[i].header);
    assert_true(http_text_authorised("Basic cm9vbTo=", "room", NULL)); /* no password is an empty one */
    assert_false(http_text_authorised("Basic cm9vbTpyaWdodA==", "room", NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_route_hands_over_its_decoded_parameters_and_query, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(a_body_arrives_whole, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(a_body_over_the_limit_is_refused_with_413, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(an_unknown_path_is_404_and_a_wrong_method_405, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(an_answer_may_come_later_from_another_thread, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(a_stream_arrives_in_order_and_ends, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(closing_a_stream_tells_the_server_that_the_peer_is_gone, open_scene,
                                        close_scene),
        cmocka_unit_test_setup_teardown(the_server_stops_while_a_stream_is_open, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(the_server_stops_while_a_plain_request_is_unanswered_and_says_503, open_scene,
                                        close_scene),
        cmocka_unit_test_setup_teardown(an_answer_after_the_stop_goes_to_nobody_and_harms_nobody, open_scene,
                                        close_scene),
        cmocka_unit_test_setup_teardown(the_server_stops_while_requests_wait_behind_an_unanswered_one, open_scene,
                                        close_scene),
        cmocka_unit_test_setup_teardown(the_server_stops_while_a_request_is_read, open_scene, close_scene),
        cmocka_unit_test(name_and_password_are_right_as_a_whole_or_wrong),
        cmocka_unit_test_setup_teardown(a_refused_connection_names_host_and_port, open_scene, close_scene),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
