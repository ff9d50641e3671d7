#include "foundation/net/http_server.h"

#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "foundation/base/log.h"
#include "foundation/base/memory.h"
#include "foundation/base/thread.h"
#include "foundation/base/vector.h"
#include "foundation/net/http_text.h"
#include "foundation/net/listener.h"
#include "foundation/net/loop.h"

enum { BODY_LIMIT = 16 << 20, STREAM_LIMIT = 8 << 20, PARAMETERS = 6, CONNECTIONS = 512, IDLE_SECONDS = 120 };

struct service {
    struct http_server *server;
    struct http_service_options options; /* strings copied */
    struct MHD_Daemon *daemon;
    struct loop_watch *listen_watch, *daemon_watch;
    struct loop_timer *timer;
    int listener;
    uint16_t port;
    struct http_exchange *suspended; /* linked: the library refuses to stop while any is */
};
struct http_server {
    struct loop *loop;
    pthread_t thread;
    VECTOR(struct service *) services;
};

struct parameter {
    const char *name; /* in the route's pattern, up to '}' */
    char *value;
};
struct answer_header {
    char *name, *value;
};
/* Held by the connection and by the handler, whichever lets go last frees it. All MHD calls happen on the HTTP thread. */
struct http_exchange {
    atomic_int holders;
    struct service *service;
    struct MHD_Connection *connection; /* NULL once the connection let go; HTTP thread */
    char *method, *path, *raw_path;
    struct text body;
    bool too_large, dispatched, suspended, queued;
    struct parameter parameters[PARAMETERS];
    size_t parameter_count;
    VECTOR(char *) query_values; /* decoded, lent by http_exchange_query */
    struct http_exchange *next_suspended;
    struct loop_watch *peer_watch; /* while suspended: the only way to see the peer go */
    void (*gone)(void *context);
    void *gone_context;
    /* under the lock: filled by the handler's side */
    pthread_mutex_t lock;
    bool answered, streaming, ended, peer_gone, resume_posted;
    int status;
    char *content_type;
    struct text answer; /* whole answer, or what of a stream waits to be read */
    size_t limit;
    VECTOR(struct answer_header) headers;
};

static void release(struct http_exchange *exchange) {
    if (atomic_fetch_sub(&exchange->holders, 1) != 1)
        return;
    for (size_t i = 0; i < exchange->parameter_count; i++)
        memory_free(exchange->parameters[i].value);
    for (size_t i = 0; i < exchange->query_values.count; i++)
        memory_free(exchange->query_values.items[i]);
    vector_free(&exchange->query_values);
    for (size_t i = 0; i < exchange->headers.count; i++) {
        memory_free(exchange->headers.items[i].name);
        memory_free(exchange->headers.items[i].value);
    }
    vector_free(&exchange->headers);
    text_free(&exchange->body);
    text_free(&exchange->answer);
    memory_free(exchange->content_type);
    memory_free(exchange->method);
    memory_free(exchange->path);
    memory_free(exchange->raw_path);
    pthread_mutex_destroy(&exchange->lock);
    memory_free(exchange);
}

/* --- the daemon's turn on the loop --- */

static void run_daemon(void *context) {
    struct service *service = context;
    MHD_UNSIGNED_LONG_LONG wait_ms = 0;
    if (!service->daemon)
        return;
    MHD_run(service->daemon);
    if (MHD_get_timeout(service->daemon, &wait_ms) == MHD_YES)
        loop_timer_set(service->timer, (int64_t)wait_ms);
    else
        loop_timer_set(service->timer, -1);
}

static void daemon_ready(void *context, unsigned events) {
    (void)events;
    run_daemon(context);
}

static void accept_ready(void *context, unsigned events) {
    (void)events;
    struct service *service = context;
    char peer[64];
    for (int fd; (fd = listener_accept(service->listener, peer)) >= 0;) {
        struct sockaddr_storage address;
        socklen_t size = sizeof address;
        if (getpeername(fd, (struct sockaddr *)&address, &size) != 0) {
            close(fd);
            continue;
        }
        if (MHD_add_connection(service->daemon, fd, (struct sockaddr *)&address, size) != MHD_YES)
            log_warn(service->options.name, "connection from %s refused: too many at once", peer); /* closed by the library */
    }
    run_daemon(service);
}

/* --- suspend and resume, HTTP thread --- */

static void say_gone(struct http_exchange *exchange) {
    pthread_mutex_lock(&exchange->lock);
    bool news = !exchange->peer_gone;
    exchange->peer_gone = true;
    pthread_mutex_unlock(&exchange->lock);
    if (news && exchange->gone)
        exchange->gone(exchange->gone_context);
}

static void forget_suspended(struct http_exchange *exchange) {
    struct http_exchange **at = &exchange->service->suspended;
    while (*at && *at != exchange)
        at = &(*at)->next_suspended;
    if (*at)
        *at = exchange->next_suspended;
    loop_watch_remove(exchange->peer_watch);
    exchange->peer_watch = NULL;
    exchange->suspended = false;
}

static void resume(struct http_exchange *exchange) {
    if (!exchange->suspended)
        return;
    forget_suspended(exchange);
    MHD_resume_connection(exchange->connection);
    run_daemon(exchange->service);
}

static void peer_ready(void *context, unsigned events) {
    struct http_exchange *exchange = context;
    int fd = MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    char byte;
    ssize_t got = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (!(events & LOOP_HANGUP) && !(got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)))
        return;
    say_gone(exchange);
    pthread_mutex_lock(&exchange->lock);
    bool streaming = exchange->streaming;
    pthread_mutex_unlock(&exchange->lock);
    if (streaming)
        resume(exchange);
    loop_watch_remove(exchange->peer_watch); /* when an answer is still to come: do not spin until then */
    exchange->peer_watch = NULL;
}

static void suspend(struct http_exchange *exchange) {
    if (exchange->suspended)
        return;
    int fd = MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    exchange->suspended = true;
    exchange->next_suspended = exchange->service->suspended;
    exchange->service->suspended = exchange;
    MHD_suspend_connection(exchange->connection);
    exchange->peer_watch = loop_watch_add(exchange->service->server->loop, fd, LOOP_HANGUP, peer_ready, exchange);
}

static void resume_posted(void *context) {
    struct http_exchange *exchange = context;
    pthread_mutex_lock(&exchange->lock);
    exchange->resume_posted = false;
    pthread_mutex_unlock(&exchange->lock);
    if (exchange->connection)
        resume(exchange);
    release(exchange);
}

/* Any thread, lock held. */
static void post_resume(struct http_exchange *exchange) {
    if (exchange->resume_posted)
        return;
    exchange->resume_posted = true;
    atomic_fetch_add(&exchange->holders, 1);
    loop_post(exchange->service->server->loop, resume_posted, exchange);
}

/* --- answers --- */

static ssize_t read_stream(void *context, uint64_t position, char *buffer, size_t size) {
    (void)position;
    struct http_exchange *exchange = context;
    ssize_t got = 0;
    pthread_mutex_lock(&exchange->lock);
    if (exchange->answer.size) {
        size_t part = exchange->answer.size < size ? exchange->answer.size : size;
        memcpy(buffer, exchange->answer.data, part);
        exchange->answer.size -= part;
        memmove(exchange->answer.data, exchange->answer.data + part, exchange->answer.size);
        got = (ssize_t)part;
    } else if (exchange->peer_gone) {
        got = MHD_CONTENT_READER_END_WITH_ERROR;
    } else if (exchange->ended) {
        got = MHD_CONTENT_READER_END_OF_STREAM;
    }
    pthread_mutex_unlock(&exchange->lock);
    if (got == 0)
        suspend(exchange);
    return got;
}

static enum MHD_Result queue_answer(struct http_exchange *exchange) {
    struct MHD_Response *response;
    pthread_mutex_lock(&exchange->lock);
    if (exchange->streaming) {
        response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 32768, read_stream, exchange, NULL);
    } else {
        response = MHD_create_response_from_buffer(exchange->answer.size, exchange->answer.data ? exchange->answer.data : (void *)"",
                                                   MHD_RESPMEM_MUST_COPY);
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

static void set_answer(struct http_exchange *exchange, int status, const char *content_type, bool streaming, size_t limit) {
    exchange->answered = true;
    exchange->streaming = streaming;
    exchange->status = status;
    exchange->limit = limit;
    memory_free(exchange->content_type);
    exchange->content_type = memory_copy_string(content_type);
}

void http_exchange_answer(struct http_exchange *exchange, int status, const char *content_type, struct view body) {
    pthread_mutex_lock(&exchange->lock);
    set_answer(exchange, status, content_type, false, 0);
    text_append(&exchange->answer, body);
    post_resume(exchange);
    pthread_mutex_unlock(&exchange->lock);
    release(exchange);
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
    bool taken = !exchange->peer_gone && exchange->answer.size + bytes.size <= exchange->limit;
    if (taken && bytes.size) {
        text_append(&exchange->answer, bytes);
        post_resume(exchange);
    }
    pthread_mutex_unlock(&exchange->lock);
    return taken;
}

void http_exchange_end(struct http_exchange *exchange) {
    pthread_mutex_lock(&exchange->lock);
    exchange->ended = true;
    exchange->gone = NULL;
    post_resume(exchange);
    pthread_mutex_unlock(&exchange->lock);
    release(exchange);
}

void http_exchange_on_gone(struct http_exchange *exchange, void (*gone)(void *context), void *context) {
    pthread_mutex_lock(&exchange->lock);
    exchange->gone = gone;
    exchange->gone_context = context;
    pthread_mutex_unlock(&exchange->lock);
}

/* --- requests --- */

static void answer_plain(struct http_exchange *exchange, int status, const char *text) {
    http_exchange_answer(exchange, status, "text/plain", view_of(text));
}

static bool match_route(struct http_exchange *exchange, const struct http_route *route) {
    struct view pattern = view_of(route->pattern), path = view_of(exchange->raw_path);
    size_t count = 0;
    const char *names[PARAMETERS];
    struct view values[PARAMETERS];
    for (;;) {
        struct view want = {0}, have = {0};
        bool more_pattern = view_split(&pattern, '/', &want), more_path = view_split(&path, '/', &have);
        if (!more_pattern || !more_path) {
            if (more_pattern != more_path)
                return false;
            break;
        }
        if (want.size > 2 && want.data[0] == '{') {
            if (have.size == 0 || count == PARAMETERS)
                return false;
            names[count] = want.data + 1;
            values[count++] = have;
        } else if (!view_equal(want, have)) {
            return false;
        }
    }
    for (size_t i = 0; i < exchange->parameter_count; i++)
        memory_free(exchange->parameters[i].value);
    for (size_t i = 0; i < count; i++)
        exchange->parameters[i] = (struct parameter){names[i], http_text_decode(values[i])};
    exchange->parameter_count = count;
    return true;
}

/* The handler's hold begins here and ends with its answer. */
static void dispatch(struct http_exchange *exchange) {
    const struct http_service_options *options = &exchange->service->options;
    const struct http_route *found = NULL;
    struct text allowed = TEXT_EMPTY;
    atomic_fetch_add(&exchange->holders, 1);
    exchange->dispatched = true;
    if (options->user &&
        !http_text_authorised(http_exchange_header(exchange, "Authorization"), options->user, options->password)) {
        http_exchange_answer_header(exchange, "WWW-Authenticate", "Basic realm=\"fraudscope\"");
        http_exchange_answer(exchange, 401, "application/json",
                             VIEW("{\"error_code\":40101,\"message\":\"User name and password are needed here (HTTP Basic)\"}"));
        return;
    }
    if (exchange->too_large) {
        answer_plain(exchange, 413, "The request's body is too large.\n");
        return;
    }
    for (const struct http_route *route = options->routes; route->pattern && !found; route++) {
        if (!match_route(exchange, route))
            continue;
        if (strcmp(route->method, exchange->method) == 0 ||
            (strcmp(exchange->method, "HEAD") == 0 && strcmp(route->method, "GET") == 0))
            found = route;
        else
            text_append_format(&allowed, "%s%s", allowed.size ? ", " : "", route->method);
    }
    if (found) {
        found->handler(options->context, exchange);
    } else if (allowed.size) {
        http_exchange_answer_header(exchange, "Allow", text_string(&allowed));
        if (options->not_allowed)
            options->not_allowed(options->context, exchange);
        else
            answer_plain(exchange, 405, "Method not allowed here.\n");
    } else if (options->not_found) {
        options->not_found(options->context, exchange);
    } else {
        answer_plain(exchange, 404, "Not found.\n");
    }
    text_free(&allowed);
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *upload, size_t *upload_size, void **request) {
    (void)version;
    struct service *service = context;
    struct http_exchange *exchange = *request;
    if (!exchange) {
        exchange = memory_zero(1, sizeof *exchange);
        atomic_init(&exchange->holders, 1);
        pthread_mutex_init(&exchange->lock, NULL);
        exchange->service = service;
        exchange->connection = connection;
        exchange->method = memory_copy_string(method);
        exchange->raw_path = memory_copy_string(url);
        exchange->path = http_text_decode(view_of(url));
        *request = exchange;
        return MHD_YES;
    }
    if (*upload_size) {
        size_t limit = service->options.body_limit ? service->options.body_limit : BODY_LIMIT;
        if (exchange->body.size + *upload_size > limit)
            exchange->too_large = true;
        else
            text_append_bytes(&exchange->body, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    if (!exchange->dispatched)
        dispatch(exchange);
    if (exchange->queued)
        return MHD_YES;
    pthread_mutex_lock(&exchange->lock);
    bool answered = exchange->answered;
    pthread_mutex_unlock(&exchange->lock);
    if (answered)
        return queue_answer(exchange);
    suspend(exchange);
    return MHD_YES;
}

static void completed(void *context, struct MHD_Connection *connection, void **request, enum MHD_RequestTerminationCode code) {
    (void)context, (void)connection;
    struct http_exchange *exchange = *request;
    if (!exchange)
        return;
    *request = NULL;
    forget_suspended(exchange);
    exchange->connection = NULL;
    if (code != MHD_REQUEST_TERMINATED_COMPLETED_OK && exchange->dispatched)
        say_gone(exchange);
    release(exchange);
}

/* Paths keep their escapes until they are split, so that %2F inside a subject's name stays inside. */
static size_t keep_escapes(void *context, struct MHD_Connection *connection, char *text) {
    (void)context, (void)connection;
    return strlen(text);
}

static void log_library(void *context, const char *format, va_list arguments) {
    const struct service *service = context;
    struct text line = TEXT_EMPTY;
    text_append_format_v(&line, format, arguments);
    log_info(service->options.name, "http: %s", text_string(&line));
    text_free(&line);
}

const char *http_exchange_method(const struct http_exchange *exchange) {
    return exchange->method;
}

const char *http_exchange_path(const struct http_exchange *exchange) {
    return exchange->path;
}

const char *http_exchange_parameter(const struct http_exchange *exchange, const char *name) {
    size_t size = strlen(name);
    for (size_t i = 0; i < exchange->parameter_count; i++)
        if (strncmp(exchange->parameters[i].name, name, size) == 0 && exchange->parameters[i].name[size] == '}')
            return exchange->parameters[i].value;
    return NULL;
}

const char *http_exchange_query(const struct http_exchange *exchange, const char *name) {
    struct http_exchange *owner = (struct http_exchange *)(uintptr_t)exchange;
    const char *value = exchange->connection ? MHD_lookup_connection_value(exchange->connection, MHD_GET_ARGUMENT_KIND, name) : NULL;
    if (!value)
        return NULL;
    char *decoded = http_text_decode(view_of(value));
    vector_push(&owner->query_values, decoded);
    return decoded;
}

const char *http_exchange_header(const struct http_exchange *exchange, const char *name) {
    return exchange->connection ? MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name) : NULL;
}

struct view http_exchange_body(const struct http_exchange *exchange) {
    return (struct view){text_string(&exchange->body), exchange->body.size};
}

/* --- the server --- */

static void *run(void *context) {
    loop_run(((struct http_server *)context)->loop);
    return NULL;
}

struct http_server *http_server_new(struct error *error) {
    struct http_server *server = memory_zero(1, sizeof *server);
    server->loop = loop_new(error);
    if (!server->loop) {
        memory_free(server);
        return NULL;
    }
    server->thread = thread_start("http-server", run, server);
    return server;
}

static void service_free(struct service *service) {
    if (service->daemon)
        MHD_stop_daemon(service->daemon);
    if (service->listener >= 0)
        close(service->listener);
    memory_free((char *)(uintptr_t)service->options.name);
    memory_free((char *)(uintptr_t)service->options.user);
    memory_free((char *)(uintptr_t)service->options.password);
    memory_free(service);
}

/* HTTP thread. */
static void attach(void *context) {
    struct service *service = context;
    struct loop *loop = service->server->loop;
    int fd = MHD_get_daemon_info(service->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    vector_push(&service->server->services, service);
    service->timer = loop_timer_add(loop, run_daemon, service);
    service->daemon_watch = loop_watch_add(loop, fd, LOOP_READ, daemon_ready, service);
    service->listen_watch = loop_watch_add(loop, service->listener, LOOP_READ, accept_ready, service);
}

int http_server_listen(struct http_server *server, const struct http_service_options *options, uint16_t *port,
                       struct error *error) {
    struct service *service = memory_zero(1, sizeof *service);
    service->server = server;
    service->options = *options;
    service->options.name = memory_copy_string(options->name);
    service->options.user = memory_copy_string(options->user);
    service->options.password = memory_copy_string(options->password);
    service->listener = -1;
    *port = options->port;
    if (listener_open(options->address, port, options->explicit_port, &service->listener, error) != 0) {
        error_wrap(error, "%s", options->name);
        service_free(service);
        return -1;
    }
    service->port = *port;
    service->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL, handle, service,
        MHD_OPTION_EXTERNAL_LOGGER, log_library, service, MHD_OPTION_NOTIFY_COMPLETED, completed, service,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, service, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_END);
    if (!service->daemon) {
        service_free(service);
        return error_set(error, ERROR_INTERNAL, "%s: the HTTP library does not start", options->name);
    }
    loop_post(server->loop, attach, service);
    return 0;
}

struct closing {
    struct http_server *server;
    int port; /* -1 = all */
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool is_done;
};

static void detach(struct service *service) {
    loop_watch_remove(service->listen_watch);
    loop_watch_remove(service->daemon_watch);
    loop_timer_remove(service->timer);
    close(service->listener);
    service->listener = -1;
    while (service->suspended) {
        struct http_exchange *exchange = service->suspended;
        say_gone(exchange);
        pthread_mutex_lock(&exchange->lock);
        if (!exchange->answered) /* its handler may still answer, to nobody */
            set_answer(exchange, 503, "text/plain", false, 0);
        pthread_mutex_unlock(&exchange->lock);
        forget_suspended(exchange);
        MHD_resume_connection(exchange->connection);
    }
    MHD_run(service->daemon);
    MHD_stop_daemon(service->daemon);
    service->daemon = NULL;
}

/* HTTP thread. */
static void detach_posted(void *context) {
    struct closing *closing = context;
    for (size_t i = 0; i < closing->server->services.count; i++) {
        struct service *service = closing->server->services.items[i];
        if (service->daemon && (closing->port < 0 || service->port == closing->port))
            detach(service);
    }
    if (closing->port < 0)
        loop_stop(closing->server->loop);
    pthread_mutex_lock(&closing->lock);
    closing->is_done = true;
    pthread_cond_signal(&closing->done);
    pthread_mutex_unlock(&closing->lock);
}

static void close_services(struct http_server *server, int port) {
    struct closing closing = {.server = server, .port = port};
    pthread_mutex_init(&closing.lock, NULL);
    pthread_cond_init(&closing.done, NULL);
    loop_post(server->loop, detach_posted, &closing);
    pthread_mutex_lock(&closing.lock);
    while (!closing.is_done)
        pthread_cond_wait(&closing.done, &closing.lock);
    pthread_mutex_unlock(&closing.lock);
    pthread_cond_destroy(&closing.done);
    pthread_mutex_destroy(&closing.lock);
}

void http_server_unlisten(struct http_server *server, uint16_t port) {
    close_services(server, port);
}

void http_server_free(struct http_server *server) {
    if (!server)
        return;
    close_services(server, -1);
    thread_join(server->thread);
    for (size_t i = 0; i < server->services.count; i++)
        service_free(server->services.items[i]);
    vector_free(&server->services);
    loop_free(server->loop);
    memory_free(server);
}
