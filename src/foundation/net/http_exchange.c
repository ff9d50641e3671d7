#include <string.h>

#include "foundation/base/memory.h"
#include "foundation/net/http_private.h"
#include "foundation/net/http_text.h"

enum { STREAM_LIMIT = 8 << 20 };

struct http_exchange *exchange_new(struct service *service, struct MHD_Connection *connection, const char *url,
                                   const char *method) {
    struct http_exchange *exchange = memory_zero(1, sizeof *exchange);
    atomic_init(&exchange->holders, 1);
    pthread_mutex_init(&exchange->lock, NULL);
    exchange->service = service;
    exchange->connection = connection;
    exchange->method = memory_copy_string(method);
    exchange->raw_path = memory_copy_string(url);
    exchange->path = http_text_decode(view_of(url));
    return exchange;
}

bool exchange_take_body(struct http_exchange *exchange, size_t bytes, size_t most) {
    struct http_server *server = exchange->service->server;
    if (atomic_fetch_add(&server->bodies, bytes) + bytes > most) {
        atomic_fetch_sub(&server->bodies, bytes);
        return false;
    }
    exchange->body_held += bytes;
    return true;
}

void exchange_hold(struct http_exchange *exchange) {
    atomic_fetch_add(&exchange->holders, 1);
}

void exchange_release(struct http_exchange *exchange) {
    if (atomic_fetch_sub(&exchange->holders, 1) != 1)
        return;
    http_route_free(exchange->parameters, exchange->parameter_count);
    for (size_t i = 0; i < exchange->lent.count; i++)
        memory_free(exchange->lent.items[i]);
    vector_free(&exchange->lent);
    for (size_t i = 0; i < exchange->headers.count; i++) {
        memory_free(exchange->headers.items[i].name);
        memory_free(exchange->headers.items[i].value);
    }
    vector_free(&exchange->headers);
    text_free(&exchange->body);
    if (exchange->body_held)
        atomic_fetch_sub(&exchange->service->server->bodies, exchange->body_held);
    text_free(&exchange->answer);
    memory_free(exchange->content_type);
    memory_free(exchange->method);
    memory_free(exchange->path);
    memory_free(exchange->raw_path);
    pthread_mutex_destroy(&exchange->lock);
    memory_free(exchange);
}

/* --- suspend and resume, HTTP thread --- */

void exchange_say_gone(struct http_exchange *exchange) {
    pthread_mutex_lock(&exchange->lock);
    bool news = !exchange->peer_gone;
    exchange->peer_gone = true;
    pthread_mutex_unlock(&exchange->lock);
    if (news && exchange->gone)
        exchange->gone(exchange->gone_context);
}

static struct wire *wire_of(const struct http_exchange *exchange) {
    return MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

void exchange_forget_suspended(struct http_exchange *exchange) {
    struct http_exchange **at = &exchange->service->suspended;
    while (*at && *at != exchange)
        at = &(*at)->next_suspended;
    if (*at)
        *at = exchange->next_suspended;
    if (exchange->suspended)
        wire_of(exchange)->suspended = NULL;
    exchange->suspended = false;
}

static void resume(struct http_exchange *exchange) {
    if (!exchange->suspended)
        return;
    exchange_forget_suspended(exchange);
    MHD_resume_connection(exchange->connection);
    service_run(exchange->service);
}

void exchange_peer_ended(struct http_exchange *exchange) {
    exchange_say_gone(exchange);
    pthread_mutex_lock(&exchange->lock);
    bool streaming = exchange->streaming;
    pthread_mutex_unlock(&exchange->lock);
    if (streaming)
        resume(exchange);
}

void exchange_suspend(struct http_exchange *exchange) {
    if (exchange->suspended)
        return;
    exchange->suspended = true;
    exchange->next_suspended = exchange->service->suspended;
    exchange->service->suspended = exchange;
    MHD_suspend_connection(exchange->connection);
    wire_of(exchange)->suspended = exchange;
    wire_watch(wire_of(exchange)); /* a client that had ended its side before is told of again */
}

static void resume_posted(void *context) {
    struct http_exchange *exchange = context;
    pthread_mutex_lock(&exchange->lock);
    exchange->resume_posted = false;
    pthread_mutex_unlock(&exchange->lock);
    if (exchange->connection)
        resume(exchange);
    exchange_release(exchange);
}

/* Any thread, lock held. */
static void post_resume(struct http_exchange *exchange) {
    if (exchange->resume_posted)
        return;
    exchange->resume_posted = true;
    exchange_hold(exchange);
    loop_post(exchange->service->server->loop, resume_posted, exchange);
}

/* --- answers --- */

/* Lock held, as in the next one. */
static size_t waiting_bytes(const struct http_exchange *exchange) {
    return exchange->answer.size - exchange->sent;
}

/* Moves what waits to the front once that pays. */
static void make_room(struct http_exchange *exchange) {
    if (exchange->sent < exchange->answer.size / 2 || !exchange->sent)
        return;
    exchange->answer.size -= exchange->sent;
    memmove(exchange->answer.data, exchange->answer.data + exchange->sent, exchange->answer.size);
    exchange->sent = 0;
}

static ssize_t read_stream(void *context, uint64_t position, char *buffer, size_t size) {
    (void)position;
    struct http_exchange *exchange = context;
    ssize_t got = 0;
    pthread_mutex_lock(&exchange->lock);
    if (waiting_bytes(exchange)) {
        size_t part = waiting_bytes(exchange) < size ? waiting_bytes(exchange) : size;
        memcpy(buffer, exchange->answer.data + exchange->sent, part);
        exchange->sent += part;
        if (exchange->sent == exchange->answer.size) {
            text_clear(&exchange->answer);
            exchange->sent = 0;
        }
        got = (ssize_t)part;
    } else if (exchange->peer_gone) {
        got = MHD_CONTENT_READER_END_WITH_ERROR;
    } else if (exchange->ended) {
        got = MHD_CONTENT_READER_END_OF_STREAM;
    }
    pthread_mutex_unlock(&exchange->lock);
    if (got == 0)
        exchange_suspend(exchange);
    return got;
}

enum MHD_Result exchange_queue_answer(struct http_exchange *exchange) {
    struct MHD_Response *response;
    pthread_mutex_lock(&exchange->lock);
    if (exchange->streaming) {
        response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 32768, read_stream, exchange, NULL);
    } else {
        response = MHD_create_response_from_buffer(
            exchange->answer.size, exchange->answer.data ? exchange->answer.data : (void *)"", MHD_RESPMEM_MUST_COPY);
    }
    if (response && exchange->content_type)
        MHD_add_response_header(response, "Content-Type", exchange->content_type);
    for (size_t i = 0; response && i < exchange->headers.count; i++)
        MHD_add_response_header(response, exchange->headers.items[i].name, exchange->headers.items[i].value);
    unsigned status = (unsigned)exchange->status;
    pthread_mutex_unlock(&exchange->lock);
    if (!response)
        return MHD_NO;
    exchange->queued = true;
    enum MHD_Result result = MHD_queue_response(exchange->connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static void set_answer(struct http_exchange *exchange, int status, const char *content_type, bool streaming,
                       size_t limit) {
    exchange->answered = true;
    exchange->streaming = streaming;
    exchange->status = status;
    exchange->limit = limit;
    memory_free(exchange->content_type);
    exchange->content_type = memory_copy_string(content_type);
}

bool exchange_is_answered(struct http_exchange *exchange) {
    pthread_mutex_lock(&exchange->lock);
    bool answered = exchange->answered;
    pthread_mutex_unlock(&exchange->lock);
    return answered;
}

void exchange_give_up(struct http_exchange *exchange) {
    exchange_say_gone(exchange);
    pthread_mutex_lock(&exchange->lock);
    if (!exchange->answered) /* its handler may still answer, to nobody */
        set_answer(exchange, 503, "text/plain", false, 0);
    pthread_mutex_unlock(&exchange->lock);
    exchange_forget_suspended(exchange);
    MHD_resume_connection(exchange->connection);
}

void http_exchange_answer(struct http_exchange *exchange, int status, const char *content_type, struct view body) {
    pthread_mutex_lock(&exchange->lock);
    set_answer(exchange, status, content_type, false, 0);
    text_append(&exchange->answer, body);
    post_resume(exchange);
    pthread_mutex_unlock(&exchange->lock);
    exchange_release(exchange);
}

void http_exchange_answer_header(struct http_exchange *exchange, const char *name, const char *value) {
    pthread_mutex_lock(&exchange->lock);
    vector_push(&exchange->headers, (struct answer_header){memory_copy_string(name), memory_copy_string(value)});
    pthread_mutex_unlock(&exchange->lock);
}

void http_exchange_start(struct http_exchange *exchange, int status, const char *content_type, size_t limit) {
    pthread_mutex_lock(&exchange->lock);
    set_answer(exchange, status, content_type, true, limit ? limit : STREAM_LIMIT);
    post_resume(exchange);
    pthread_mutex_unlock(&exchange->lock);
}

bool http_exchange_write(struct http_exchange *exchange, struct view bytes) {
    pthread_mutex_lock(&exchange->lock);
    bool taken = !exchange->peer_gone && bytes.size <= exchange->limit &&
                 waiting_bytes(exchange) <= exchange->limit - bytes.size;
    if (taken && bytes.size) {
        make_room(exchange);
        text_append(&exchange->answer, bytes);
        post_resume(exchange);
    }
    pthread_mutex_unlock(&exchange->lock);
    return taken;
}

size_t http_exchange_waiting(struct http_exchange *exchange) {
    pthread_mutex_lock(&exchange->lock);
    size_t waiting = exchange->peer_gone ? 0 : waiting_bytes(exchange);
    pthread_mutex_unlock(&exchange->lock);
    return waiting;
}

void http_exchange_end(struct http_exchange *exchange) {
    pthread_mutex_lock(&exchange->lock);
    exchange->ended = true;
    exchange->gone = NULL;
    post_resume(exchange);
    pthread_mutex_unlock(&exchange->lock);
    exchange_release(exchange);
}

void http_exchange_on_gone(struct http_exchange *exchange, void (*gone)(void *context), void *context) {
    pthread_mutex_lock(&exchange->lock);
    exchange->gone = gone;
    exchange->gone_context = context;
    pthread_mutex_unlock(&exchange->lock);
}

/* --- what came in --- */

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

/* The library's text goes with the connection, which a stop may take from a handler on another thread: a copy is lent.
 */
static const char *look_up(const struct http_exchange *exchange, enum MHD_ValueKind kind, const char *name) {
    struct http_exchange *owner = (struct http_exchange *)(uintptr_t)exchange;
    char *copy = NULL;
    pthread_mutex_lock(&owner->lock);
    const char *value = owner->connection ? MHD_lookup_connection_value(owner->connection, kind, name) : NULL;
    if (value) {
        copy = kind == MHD_GET_ARGUMENT_KIND ? http_text_decode(view_of(value)) : memory_copy_string(value);
        vector_push(&owner->lent, copy);
    }
    pthread_mutex_unlock(&owner->lock);
    return copy;
}

const char *http_exchange_query(const struct http_exchange *exchange, const char *name) {
    return look_up(exchange, MHD_GET_ARGUMENT_KIND, name);
}

const char *http_exchange_header(const struct http_exchange *exchange, const char *name) {
    return look_up(exchange, MHD_HEADER_KIND, name);
}

struct view http_exchange_body(const struct http_exchange *exchange) {
    return (struct view){text_string(&exchange->body), exchange->body.size};
}
