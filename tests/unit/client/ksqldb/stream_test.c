#include "client/ksqldb.h"

#include "unit/client/fake_service.h"

/* What a handler heard, in one text: "header ID:a,b|STRING,BIGINT", "row [..]", "end" or "end CODE MESSAGE" lines. */
struct heard {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct text lines;
    bool ended;
    struct error error;
};

static void hear_header(void *context, const char *query_id, const char *const *names, const char *const *types,
                        size_t count) {
    struct heard *heard = context;
    pthread_mutex_lock(&heard->lock);
    text_append_format(&heard->lines, "header %s", query_id);
    for (size_t i = 0; i < count; i++)
        text_append_format(&heard->lines, " %s:%s", names[i], types[i]);
    text_append_char(&heard->lines, '\n');
    pthread_cond_broadcast(&heard->changed);
    pthread_mutex_unlock(&heard->lock);
}

static void hear_row(void *context, struct view json) {
    struct heard *heard = context;
    pthread_mutex_lock(&heard->lock);
    text_append_format(&heard->lines, "row %.*s\n", VIEW_ARGS(json));
    pthread_cond_broadcast(&heard->changed);
    pthread_mutex_unlock(&heard->lock);
}

static void hear_end(void *context, const struct error *error) {
    struct heard *heard = context;
    pthread_mutex_lock(&heard->lock);
    heard->ended = true;
    if (error)
        heard->error = *error;
    text_append_string(&heard->lines, error ? "failed\n" : "end\n");
    pthread_cond_broadcast(&heard->changed);
    pthread_mutex_unlock(&heard->lock);
}

/* Until the text is there or the stream ended; at most five seconds. */
static void wait_for(struct heard *heard, const char *words) {
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += 5;
    pthread_mutex_lock(&heard->lock);
    while (!heard->ended && !(words && strstr(text_string(&heard->lines), words))) {
        if (pthread_cond_timedwait(&heard->changed, &heard->lock, &deadline))
            break;
    }
    pthread_mutex_unlock(&heard->lock);
}

static struct ksqldb_stream *open_on(struct ksqldb_client *client, struct heard *heard, struct view statement,
                                     const struct ksqldb_session *session) {
    *heard = (struct heard){.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    return ksqldb_client_query(client, statement, session,
                               (struct ksqldb_stream_handler){heard, hear_header, hear_row, hear_end});
}

/* Runs one query to its end; what was heard stays in *heard. */
static void run(struct fake *fake, struct heard *heard) {
    struct ksqldb_client *client = ksqldb_client_new(fake->profile, fake->http, &fake->error);
    struct ksqldb_stream *stream = open_on(client, heard, VIEW("SELECT * FROM T;"), NULL);
    wait_for(heard, NULL);
    assert_true(heard->ended);
    ksqldb_stream_close(stream);
    ksqldb_client_free(client);
}

static void header_and_rows_arrive_in_order_and_the_end_is_clean(void **state) {
    struct fake *fake = *state;
    fake_on(fake, "POST", "/query-stream", 200,
            "{\"queryId\":\"transient_T_1\",\"columnNames\":[\"ID\",\"N\"],\"columnTypes\":[\"STRING\",\"BIGINT\"]}\n"
            "[\"a\",1]\n\n[\"b\",null]\n");
    struct heard heard;
    run(fake, &heard);
    fake_expect(fake, "POST", "/query-stream", "{\"sql\":\"SELECT * FROM T;\",\"properties\":{}}");
    assert_string_equal(text_string(&fake->accept), "application/vnd.ksqlapi.delimited.v1");
    assert_string_equal(text_string(&heard.lines),
                        "header transient_T_1 ID:STRING N:BIGINT\nrow [\"a\",1]\nrow [\"b\",null]\nend\n");
    text_free(&heard.lines);
}

static void a_last_line_without_newline_counts(void **state) {
    struct fake *fake = *state;
    fake_on(fake, "POST", "/query-stream", 200,
            "{\"queryId\":null,\"columnNames\":[\"A\"],\"columnTypes\":[\"INTEGER\"]}\r\n[1]\r\n[2]");
    struct heard heard;
    run(fake, &heard);
    assert_string_equal(text_string(&heard.lines), "header  A:INTEGER\nrow [1]\nrow [2]\nend\n");
    text_free(&heard.lines);
}

static void properties_are_sent_along(void **state) {
    struct fake *fake = *state;
    fake_on(fake, "POST", "/query-stream", 200, "");
    struct ksqldb_client *client = ksqldb_client_new(fake->profile, fake->http, &fake->error);
    struct properties *properties = properties_new();
    properties_set(properties, "auto.offset.reset", "latest");
    struct ksqldb_session session = {.properties = properties};
    struct heard heard;
    struct ksqldb_stream *stream = open_on(client, &heard, VIEW("SELECT 1;"), &session);
    wait_for(&heard, NULL);
    fake_expect(fake, "POST", "/query-stream",
                "{\"sql\":\"SELECT 1;\",\"properties\":{\"auto.offset.reset\":\"latest\"}}");
    ksqldb_stream_close(stream);
    properties_free(properties);
    ksqldb_client_free(client);
    text_free(&heard.lines);
}

static void lines_of_print_become_rows_of_one_text(void **state) {
    struct fake *fake = *state;
    fake_on(fake, "POST", "/query-stream", 200,
            "rowtime: 2026/03/01 10:00:00.000 Z, key: \"x\", value: {}\nrowtime: 2\n");
    struct heard heard;
    run(fake, &heard);
    assert_string_equal(text_string(&heard.lines),
                        "header  LINE:STRING\n"
                        "row [\"rowtime: 2026/03/01 10:00:00.000 Z, key: \\\"x\\\", value: {}\"]\n"
                        "row [\"rowtime: 2\"]\nend\n");
    text_free(&heard.lines);
}

static void a_refused_query_ends_with_message_and_position(void **state) {
    struct fake *fake = *state;
    fake_on(
        fake, "POST", "/query-stream", 400,
        "{\"@type\":\"statement_error\",\"error_code\":40001,\"message\":\"line 1:8: SELECT column 'NOPE' cannot be "
        "resolved.\"}");
    struct heard heard;
    run(fake, &heard);
    assert_string_equal(text_string(&heard.lines), "failed\n");
    assert_int_equal(heard.error.code, ERROR_INVALID);
    assert_string_equal(heard.error.message, "line 1:8: SELECT column 'NOPE' cannot be resolved.");
    assert_int_equal(heard.error.line, 1);
    assert_int_equal(heard.error.column, 8);
    text_free(&heard.lines);
}

static void an_error_in_the_middle_ends_the_rows_with_its_message(void **state) {
    struct fake *fake = *state;
    fake_on(fake, "POST", "/query-stream", 200,
            "{\"queryId\":\"q\",\"columnNames\":[\"A\"],\"columnTypes\":[\"INTEGER\"]}\n[1]\n"
            "{\"@type\":\"generic_error\",\"error_code\":50000,\"message\":\"state store is gone\"}\n[2]\n");
    struct heard heard;
    run(fake, &heard);
    assert_string_equal(text_string(&heard.lines), "header q A:INTEGER\nrow [1]\nfailed\n");
    assert_string_equal(heard.error.message, "state store is gone");
    text_free(&heard.lines);
}

static void refused_credentials_and_garbage_are_told_apart(void **state) {
    struct fake *fake = *state;
    fake_on(fake, "POST", "/query-stream", 401, "");
    struct heard heard;
    run(fake, &heard);
    assert_int_equal(heard.error.code, ERROR_DENIED);
    text_free(&heard.lines);
    static const char *const bodies[] = {"{nonsense\n",
                                         "{\"columnNames\":[\"A\",\"B\"],\"columnTypes\":[\"INTEGER\"]}\n"};
    for (size_t i = 0; i < 2; i++) {
        fake_forget(fake);
        fake_on(fake, "POST", "/query-stream", 200, bodies[i]);
        run(fake, &heard);
        assert_string_equal(text_string(&heard.lines), "failed\n");
        assert_int_equal(heard.error.code, ERROR_CORRUPT);
        text_free(&heard.lines);
    }
}

static void a_server_that_is_gone_ends_the_stream_as_unreachable(void **state) {
    struct fake *fake = *state;
    struct profile *nobody = fake_profile(1);
    struct ksqldb_client *client = ksqldb_client_new(nobody, fake->http, &fake->error);
    struct heard heard;
    struct ksqldb_stream *stream = open_on(client, &heard, VIEW("SELECT 1;"), NULL);
    wait_for(&heard, NULL);
    assert_true(heard.ended);
    assert_int_equal(heard.error.code, ERROR_UNREACHABLE);
    ksqldb_stream_close(stream);
    ksqldb_client_free(client);
    profile_release(nobody);
    text_free(&heard.lines);
}

/* --- a server that streams --- */

struct tap {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct http_exchange *exchange;
    bool gone;
};

static void tap_gone(void *context) {
    struct tap *tap = context;
    pthread_mutex_lock(&tap->lock);
    tap->gone = true;
    pthread_cond_broadcast(&tap->changed);
    pthread_mutex_unlock(&tap->lock);
}

static void tap_open(void *context, struct http_exchange *exchange) {
    struct tap *tap = context;
    http_exchange_start(exchange, 200, "application/vnd.ksqlapi.delimited.v1", 0);
    http_exchange_on_gone(exchange, tap_gone, tap);
    pthread_mutex_lock(&tap->lock);
    tap->exchange = exchange;
    pthread_cond_broadcast(&tap->changed);
    pthread_mutex_unlock(&tap->lock);
}

static bool tap_wait(struct tap *tap, bool for_gone) {
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += 5;
    pthread_mutex_lock(&tap->lock);
    while (!(for_gone ? tap->gone : tap->exchange != NULL)) {
        if (pthread_cond_timedwait(&tap->changed, &tap->lock, &deadline))
            break;
    }
    bool happened = for_gone ? tap->gone : tap->exchange != NULL;
    pthread_mutex_unlock(&tap->lock);
    return happened;
}

static void rows_arrive_one_by_one_and_closing_ends_the_query_on_the_server(void **state) {
    struct fake *fake = *state;
    struct tap tap = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    const struct http_route routes[] = {{"POST", "/query-stream", tap_open, ""}, {0}};
    struct http_service_options options = {.name = "tap", .address = "127.0.0.1", .routes = routes, .context = &tap};
    uint16_t port = 0;
    assert_int_equal(http_server_listen(fake->server, &options, &port, &fake->error), 0);
    struct profile *profile = fake_profile(port);
    struct ksqldb_client *client = ksqldb_client_new(profile, fake->http, &fake->error);
    struct heard heard;
    struct ksqldb_stream *stream = open_on(client, &heard, VIEW("SELECT * FROM T EMIT CHANGES;"), NULL);
    assert_true(tap_wait(&tap, false));
    /* Split where it hurts: inside names, inside a letter, before the newline. */
    static const char *const pieces[] = {"{\"queryId\":\"q\",\"column", "Names\":[\"A\"],\"columnTypes\":[\"STRING\"]}",
                                         "\n[\"\xc3", "\xbc\"]\n[\"", "b\"]\n"};
    static const char *const expected[] = {NULL, NULL, "header q A:STRING\n", "row [\"ü\"]\n", "row [\"b\"]\n"};
    for (size_t i = 0; i < 5; i++) {
        assert_true(http_exchange_write(tap.exchange, view_of(pieces[i])));
        if (expected[i])
            wait_for(&heard, expected[i]);
    }
    assert_string_equal(text_string(&heard.lines), "header q A:STRING\nrow [\"ü\"]\nrow [\"b\"]\n");
    assert_false(heard.ended);
    ksqldb_stream_close(stream);
    assert_true(heard.ended);
    assert_true(tap_wait(&tap, true));
    http_exchange_end(tap.exchange);
    ksqldb_client_free(client);
    profile_release(profile);
    text_free(&heard.lines);
}

static void answer_page(void *context, struct http_exchange *exchange) {
    (void)context;
    http_exchange_answer(exchange, 200, "text/html; charset=utf-8", VIEW("<html>\nnot ksqlDB\n"));
}

static void a_web_page_is_not_taken_for_rows(void **state) {
    struct fake *fake = *state;
    const struct http_route routes[] = {{"POST", "/query-stream", answer_page, ""}, {0}};
    struct http_service_options options = {.name = "page", .address = "127.0.0.1", .routes = routes};
    uint16_t port = 0;
    assert_int_equal(http_server_listen(fake->server, &options, &port, &fake->error), 0);
    struct profile *profile = fake_profile(port);
    struct ksqldb_client *client = ksqldb_client_new(profile, fake->http, &fake->error);
    struct heard heard;
    struct ksqldb_stream *stream = open_on(client, &heard, VIEW("SELECT 1;"), NULL);
    wait_for(&heard, NULL);
    assert_string_equal(text_string(&heard.lines), "failed\n");
    assert_int_equal(heard.error.code, ERROR_CORRUPT);
    assert_non_null(strstr(heard.error.message, "a web page"));
    ksqldb_stream_close(stream);
    ksqldb_client_free(client);
    profile_release(profile);
    text_free(&heard.lines);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_start, fake_stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(header_and_rows_arrive_in_order_and_the_end_is_clean),
        TEST(a_last_line_without_newline_counts),
        TEST(properties_are_sent_along),
        TEST(lines_of_print_become_rows_of_one_text),
        TEST(a_refused_query_ends_with_message_and_position),
        TEST(an_error_in_the_middle_ends_the_rows_with_its_message),
        TEST(refused_credentials_and_garbage_are_told_apart),
        TEST(a_server_that_is_gone_ends_the_stream_as_unreachable),
        TEST(a_web_page_is_not_taken_for_rows),
        TEST(rows_arrive_one_by_one_and_closing_ends_the_query_on_the_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
