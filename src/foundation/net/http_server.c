#include "foundation/net/http_server.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "foundation/base/log.h"
#include "foundation/base/memory.h"
#include "foundation/base/thread.h"
#include "foundation/net/http_private.h"
#include "foundation/net/http_text.h"
#include "foundation/net/listener.h"

enum {
    BODY_LIMIT = 16 << 20,
    CONNECTIONS = 1000,
    CONNECTIONS_EACH = 600,
    BODIES_MOST = 256 << 20,
    IDLE_SECONDS = 120,
    PAUSE_MS = 200
};

/* --- the daemon's turn on the loop --- */

void service_run(struct service *service) {
    MHD_UNSIGNED_LONG_LONG wait_ms = 0;
    if (!service->daemon)
        return;
    MHD_run(service->daemon);
    if (MHD_get_timeout(service->daemon, &wait_ms) == MHD_YES)
        loop_timer_set(service->timer, (int64_t)wait_ms);
    else
        loop_timer_set(service->timer, -1);
}

static void timer_fired(void *context) {
    service_run(context);
}

static void daemon_ready(void *context, unsigned events) {
    (void)events;
    service_run(context);
}

/* The library takes what came before the end; then the end alone is an edge of its own. */
static void client_ended(void *context, unsigned events) {
    (void)events;
    struct wire *wire = context;
    loop_watch_remove(wire->watch);
    wire->watch = NULL;
    if (wire->suspended) {
        exchange_peer_ended(wire->suspended);
        return;
    }
    bool gone = false;
    wire->gone = &gone;
    service_run(wire->service);
    if (gone)
        return;
    wire->gone = NULL;
    shutdown(wire->descriptor, SHUT_RD);
}

void wire_watch(struct wire *wire) {
    if (!wire->watch)
        wire->watch = loop_watch_add(wire->service->server->loop, wire->descriptor, LOOP_HANGUP, client_ended, wire);
}

static void connection_notified(void *context, struct MHD_Connection *connection, void **socket_context,
                                enum MHD_ConnectionNotificationCode code) {
    struct wire *wire = *socket_context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        wire = memory_zero(1, sizeof *wire);
        wire->service = context;
        wire->descriptor = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        *socket_context = wire;
        wire_watch(wire);
    } else if (wire) {
        loop_watch_remove(wire->watch);
        if (wire->gone)
            *wire->gone = true;
        memory_free(wire);
        *socket_context = NULL;
    }
}

static void accept_again(void *context) {
    struct service *service = context;
    loop_watch_change(service->listen_watch, LOOP_READ);
}

static void pause_accepting(struct service *service) {
    if (!service->paused)
        log_warn(service->options.name,
                 "the process has almost no file descriptors left (ulimit -n): new clients wait");
    service->paused = true;
    loop_watch_change(service->listen_watch, 0);
    loop_timer_set(service->pause, PAUSE_MS);
}

static void accept_ready(void *context, unsigned events) {
    (void)events;
    struct service *service = context;
    char peer[64];
    for (;;) {
        if (!listener_may_accept(service->listener)) {
            pause_accepting(service);
            break;
        }
        int fd = listener_accept(service->listener, peer);
        if (fd < 0)
            break;
        service->paused = false;
        struct sockaddr_storage address;
        socklen_t size = sizeof address;
        if (getpeername(fd, (struct sockaddr *)&address, &size) != 0) {
            close(fd);
            continue;
        }
        if (MHD_add_connection(service->daemon, fd, (struct sockaddr *)&address, size) != MHD_YES)
            log_warn(service->options.name, "connection from %s refused: %d are the most at once, %d of one address",
                     peer, CONNECTIONS, CONNECTIONS_EACH); /* closed by the library */
    }
    service_run(service);
}

/* --- requests --- */

static void answer_plain(struct http_exchange *exchange, int status, const char *text) {
    http_exchange_answer(exchange, status, "text/plain", view_of(text));
}

/* The handler's hold begins here and ends with its answer. */
static void dispatch(struct http_exchange *exchange) {
    const struct http_service_options *options = &exchange->service->options;
    const struct http_route *found = NULL;
    struct text allowed = TEXT_EMPTY;
    exchange_hold(exchange);
    exchange->dispatched = true;
    if (options->user &&
        !http_text_authorised(http_exchange_header(exchange, "Authorization"), options->user, options->password)) {
        http_exchange_answer_header(exchange, "WWW-Authenticate", "Basic realm=\"fraudscope\"");
        http_exchange_answer(
            exchange, 401, "application/json",
            VIEW("{\"error_code\":40101,\"message\":\"User name and password are needed here (HTTP Basic)\"}"));
        return;
    }
    if (exchange->too_large) {
        answer_plain(exchange, 413, "The request's body is too large.\n");
        return;
    }
    if (exchange->too_many) {
        log_warn(options->name, "a request was refused: those of all clients together hold %d MB", BODIES_MOST >> 20);
        answer_plain(exchange, 503, "The requests of all clients together are too large; try again in a while.\n");
        return;
    }
    for (const struct http_route *route = options->routes; route->pattern && !found; route++) {
        if (!http_route_fits(route->pattern, exchange->raw_path, exchange->parameters, &exchange->parameter_count))
            continue;
        if (strcmp(route->method, exchange->method) == 0 ||
            (strcmp(exchange->method, "HEAD") == 0 && strcmp(route->method, "GET") == 0))
            found = route;
        else
            text_append_format(&allowed, "%s%s", allowed.size ? ", " : "", route->method);
    }
    exchange->route = found;
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
    if (service->closing && (!exchange || !exchange->dispatched))
        return MHD_NO; /* the connection closes */
    if (!exchange) {
        exchange = exchange_new(service, connection, url, method);
        *request = exchange;
        return MHD_YES;
    }
    if (*upload_size) {
        size_t limit = service->options.body_limit ? service->options.body_limit : BODY_LIMIT;
        if (exchange->body.size + *upload_size > limit)
            exchange->too_large = true;
        else if (!exchange_take_body(exchange, *upload_size, BODIES_MOST))
            exchange->too_many = true;
        else
            text_append_bytes(&exchange->body, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    if (!exchange->dispatched)
        dispatch(exchange);
    if (exchange->queued)
        return MHD_YES;
    if (exchange_is_answered(exchange))
        return exchange_queue_answer(exchange);
    exchange_suspend(exchange);
    return MHD_YES;
}

static void completed(void *context, struct MHD_Connection *connection, void **request,
                      enum MHD_RequestTerminationCode code) {
    (void)context, (void)connection;
    struct http_exchange *exchange = *request;
    if (!exchange)
        return;
    *request = NULL;
    exchange_forget_suspended(exchange);
    pthread_mutex_lock(&exchange->lock);
    exchange->connection = NULL;
    pthread_mutex_unlock(&exchange->lock);
    if (code != MHD_REQUEST_TERMINATED_COMPLETED_OK && exchange->dispatched)
        exchange_say_gone(exchange);
    exchange_release(exchange);
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
    service->timer = loop_timer_add(loop, timer_fired, service);
    service->pause = loop_timer_add(loop, accept_again, service);
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
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL, handle,
        service, MHD_OPTION_EXTERNAL_LOGGER, log_library, service, MHD_OPTION_NOTIFY_COMPLETED, completed, service,
        MHD_OPTION_NOTIFY_CONNECTION, connection_notified, service, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, service,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        (unsigned)CONNECTIONS_EACH, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_END);
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
    loop_timer_remove(service->pause);
    close(service->listener);
    service->listener = -1;
    service->closing = true; /* behind an answer that is given up the same client's next request may lie */
    while (service->suspended)
        exchange_give_up(service->suspended);
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
