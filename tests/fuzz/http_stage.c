#include "fuzz/http_stage.h"

#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <strings.h>
#include <time.h>

#include "foundation/base/memory.h"
#include "foundation/base/vector.h"
#include "foundation/net/http_route.h"
#include "foundation/net/http_text.h"

enum { ANSWER_SECONDS = 60, STREAM_MOST = 1 << 20 };

struct pair {
    char *name, *value;
};
struct http_exchange {
    char *method, *raw_path, *path, *body;
    size_t body_size;
    VECTOR(struct pair) queries;
    VECTOR(struct pair) headers;
    VECTOR(char *) lent;
    const struct http_route *route;
    struct parameter parameters[PARAMETERS];
    size_t parameter_count;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool streams, done, peer_gone;
    void (*gone)(void *context);
    void *gone_context;
    int status;
    char *content_type;
    struct text answer;
};
struct http_server {
    struct http_service_options service;
    bool listens;
    VECTOR(struct http_exchange *) open; /* answers that stream on */
};

/* --- the server --- */

struct http_server *http_server_new(struct error *error) {
    (void)error;
    return memory_zero(1, sizeof(struct http_server));
}

int http_server_listen(struct http_server *server, const struct http_service_options *options, uint16_t *port,
                       struct error *error) {
    (void)error;
    server->service = *options;
    server->listens = true;
    *port = 1;
    return 0;
}

void http_server_unlisten(struct http_server *server, uint16_t port) {
    (void)port;
    server->listens = false;
}

/* --- an exchange --- */

static char *string_of(struct view view) {
    struct text text = TEXT_EMPTY;
    text_append(&text, view);
    return text_take(&text);
}

static void read_queries(struct http_exchange *exchange, struct view rest) {
    struct view item;
    while (view_split(&rest, '&', &item)) {
        struct view value = item, name = {0};
        view_split(&value, '=', &name);
        vector_push(&exchange->queries,
                    (struct pair){string_of(name), name.size < item.size ? string_of(value) : NULL});
    }
}

static struct view line_of(struct view *rest) {
    struct view line = {0};
    view_split(rest, '\n', &line);
    return line;
}

static struct http_exchange *exchange_read(struct view text) {
    struct http_exchange *exchange = memory_zero(1, sizeof *exchange);
    struct view first = line_of(&text), method = {0}, target = {0}, path = {0}, line;
    pthread_mutex_init(&exchange->lock, NULL);
    pthread_cond_init(&exchange->changed, NULL);
    view_split(&first, ' ', &method);
    view_split(&first, ' ', &target);
    view_split(&target, '?', &path);
    read_queries(exchange, target);
    exchange->method = string_of(method);
    exchange->raw_path = string_of(path);
    exchange->path = http_text_decode(path);
    while ((line = line_of(&text)).size > 0) {
        struct view name = {0};
        view_split(&line, ':', &name);
        vector_push(&exchange->headers, (struct pair){string_of(name), string_of(view_trim(line))});
    }
    exchange->body = fuzz_copy(text);
    exchange->body_size = text.size;
    return exchange;
}

static void pairs_free(struct pair *pairs, size_t count) {
    for (size_t i = 0; i < count; i++) {
        memory_free(pairs[i].name);
        memory_free(pairs[i].value);
    }
    memory_free(pairs);
}

static void exchange_free(struct http_exchange *exchange) {
    for (size_t i = 0; i < exchange->lent.count; i++)
        memory_free(exchange->lent.items[i]);
    vector_free(&exchange->lent);
    pairs_free(exchange->queries.items, exchange->queries.count);
    pairs_free(exchange->headers.items, exchange->headers.count);
    http_route_free(exchange->parameters, exchange->parameter_count);
    pthread_mutex_destroy(&exchange->lock);
    pthread_cond_destroy(&exchange->changed);
    text_free(&exchange->answer);
    memory_free(exchange->content_type);
    memory_free(exchange->method);
    memory_free(exchange->raw_path);
    memory_free(exchange->path);
    memory_free(exchange->body);
    memory_free(exchange);
}

const char *http_exchange_method(const struct http_exchange *exchange) {
    return exchange->method;
}

const struct http_route *http_exchange_route(const struct http_exchange *exchange) {
    return exchange->route;
}

const char *http_exchange_path(const struct http_exchange *exchange) {
    return exchange->path;
}

const char *http_exchange_parameter(const struct http_exchange *exchange, const char *name) {
    return http_route_parameter(exchange->parameters, exchange->parameter_count, name);
}

const char *http_exchange_query(const struct http_exchange *exchange, const char *name) {
    struct http_exchange *owner = (struct http_exchange *)(uintptr_t)exchange;
    for (size_t i = 0; i < exchange->queries.count; i++) {
        if (strcmp(exchange->queries.items[i].name, name) != 0 || !exchange->queries.items[i].value)
            continue;
        char *decoded = http_text_decode(view_of(exchange->queries.items[i].value));
        vector_push(&owner->lent, decoded);
        return decoded;
    }
    return NULL;
}

const char *http_exchange_header(const struct http_exchange *exchange, const char *name) {
    for (size_t i = 0; i < exchange->headers.count; i++)
        if (strcasecmp(exchange->headers.items[i].name, name) == 0)
            return exchange->headers.items[i].value;
    return NULL;
}

struct view http_exchange_body(const struct http_exchange *exchange) {
    return (struct view){exchange->body, exchange->body_size};
}

static void finish(struct http_exchange *exchange, int status, const char *content_type, struct view body, bool done) {
    pthread_mutex_lock(&exchange->lock);
    if (status) {
        exchange->status = status;
        exchange->content_type = memory_copy_string(content_type);
    }
    text_append(&exchange->answer, body);
    exchange->done = exchange->done || done;
    pthread_cond_signal(&exchange->changed);
    pthread_mutex_unlock(&exchange->lock);
}

void http_exchange_answer(struct http_exchange *exchange, int status, const char *content_type, struct view body) {
    if (exchange->status)
        fuzz_broken("a request is answered once");
    finish(exchange, status, content_type, body, true);
}

void http_exchange_answer_header(struct http_exchange *exchange, const char *name, const char *value) {
    (void)exchange;
    if (strpbrk(name, "\r\n") || strpbrk(value, "\r\n"))
        fuzz_broken("a header of an answer is one line");
}

void http_exchange_start(struct http_exchange *exchange, int status, const char *content_type, size_t limit) {
    (void)limit;
    if (exchange->status)
        fuzz_broken("a request is answered once");
    exchange->streams = true;
    finish(exchange, status, content_type, (struct view){0}, false);
}

bool http_exchange_write(struct http_exchange *exchange, struct view bytes) {
    pthread_mutex_lock(&exchange->lock);
    bool room = !exchange->peer_gone && exchange->answer.size + bytes.size <= STREAM_MOST;
    pthread_mutex_unlock(&exchange->lock);
    if (!exchange->streams || exchange->done)
        fuzz_broken("what is written has a start before it and no end");
    if (room)
        finish(exchange, 0, NULL, bytes, false);
    return room;
}

size_t http_exchange_waiting(struct http_exchange *exchange) {
    (void)exchange;
    return 0;
}

void http_exchange_end(struct http_exchange *exchange) {
    finish(exchange, 0, NULL, (struct view){0}, true);
}

void http_exchange_on_gone(struct http_exchange *exchange, void (*gone)(void *context), void *context) {
    pthread_mutex_lock(&exchange->lock);
    exchange->gone = gone;
    exchange->gone_context = context;
    pthread_mutex_unlock(&exchange->lock);
}

/* --- requests --- */

static void dispatch(const struct http_service_options *service, struct http_exchange *exchange) {
    bool known = false;
    for (const struct http_route *route = service->routes; route->pattern && !exchange->route; route++) {
        if (!http_route_fits(route->pattern, exchange->raw_path, exchange->parameters, &exchange->parameter_count))
            continue;
        known = true;
        if (strcmp(route->method, exchange->method) == 0)
            exchange->route = route;
    }
    http_handler otherwise = known ? service->not_allowed : service->not_found;
    if (exchange->route)
        exchange->route->handler(service->context, exchange);
    else if (otherwise)
        otherwise(service->context, exchange);
    else
        http_exchange_answer(exchange, known ? 405 : 404, "text/plain", (struct view){0});
}

/* For its end, or the start of one that streams. */
static void wait_for_answer(struct http_exchange *exchange) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += ANSWER_SECONDS;
    pthread_mutex_lock(&exchange->lock);
    while (!exchange->done && !exchange->status)
        if (pthread_cond_timedwait(&exchange->changed, &exchange->lock, &until) != 0)
            fuzz_broken("every request is answered");
    pthread_mutex_unlock(&exchange->lock);
}

static void check(const struct http_exchange *exchange) {
    if (exchange->status < 200 || exchange->status > 599)
        fuzz_broken("an answer has a status of HTTP");
    if (!exchange->content_type || !strstr(exchange->content_type, "json") || exchange->answer.size == 0 ||
        exchange->streams ||
        view_ends_with(view_of(exchange->raw_path), VIEW("/schema"))) /* the text alone, whatever it is */
        return;
    json_error_t where;
    json_t *json = json_loadb(exchange->answer.data, exchange->answer.size, JSON_DECODE_ANY | JSON_ALLOW_NUL, &where);
    if (!json) {
        fprintf(stderr, "%s at byte %d of: %.2000s\n", where.text, where.position, exchange->answer.data);
        fuzz_broken("an answer that says it is JSON is JSON");
    }
    json_decref(json);
}

/* Those that have ended are looked at; all: those that have not are a broken promise. */
static void sweep(struct http_server *server, bool all) {
    for (size_t i = server->open.count; i-- > 0;) {
        struct http_exchange *exchange = server->open.items[i];
        pthread_mutex_lock(&exchange->lock);
        bool done = exchange->done;
        pthread_mutex_unlock(&exchange->lock);
        if (!done && all)
            fuzz_broken("a server that has stopped has ended its answers");
        if (!done)
            continue;
        check(exchange);
        exchange_free(exchange);
        vector_remove(&server->open, i);
    }
}

void http_server_free(struct http_server *server) {
    sweep(server, true);
    vector_free(&server->open);
    memory_free(server);
}

static void leave(struct http_server *server) {
    if (!server->open.count)
        return;
    struct http_exchange *exchange = server->open.items[0];
    pthread_mutex_lock(&exchange->lock);
    bool news = !exchange->peer_gone && !exchange->done;
    void (*gone)(void *context) = exchange->gone;
    exchange->peer_gone = true;
    pthread_mutex_unlock(&exchange->lock);
    if (news && gone)
        gone(exchange->gone_context);
}

void http_stage_run(struct http_server *server, struct fuzz_input *input) {
    for (int i = 0; i < HTTP_STAGE_REQUESTS && server->listens && input->at < input->end; i++) {
        struct view text = fuzz_until(input, '\0');
        if (view_equal(text, VIEW("-"))) {
            leave(server);
            continue;
        }
        struct http_exchange *exchange = exchange_read(text);
        dispatch(&server->service, exchange);
        wait_for_answer(exchange);
        vector_push(&server->open, exchange);
        sweep(server, false);
    }
}
