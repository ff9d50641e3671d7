#include "foundation/net/http_worker.h"

#include <poll.h>

#include "foundation/base/mailbox.h"
#include "foundation/base/memory.h"
#include "foundation/base/thread.h"

enum { INBOX = 256 };

struct http_worker {
    struct http_worker_options options;
    struct http_route *routes; /* one a work, in the same order */
    char *name;
    struct mailbox *inbox;
    pthread_t thread;
    uint16_t port;
};

/* --- replies --- */

void http_reply_fault(struct http_reply *reply, int code, const char *format, ...) {
    struct text message = TEXT_EMPTY;
    va_list arguments;
    va_start(arguments, format);
    text_append_format_v(&message, format, arguments);
    va_end(arguments);
    reply->status = code > 999 ? code / 100 : code;
    text_clear(&reply->body);
    text_append_format(&reply->body, "{\"error_code\":%d,\"message\":", code);
    text_append_json(&reply->body, text_view(&message));
    text_append_char(&reply->body, '}');
    text_free(&message);
}

static void answer(const struct http_worker *worker, struct http_exchange *exchange, struct http_reply *reply) {
    http_exchange_answer(exchange, reply->status, worker->options.content_type, text_view(&reply->body));
    text_free(&reply->body);
}

/* --- from the HTTP thread to the worker --- */

struct request {
    struct message message;
    const struct http_worker *worker;
    struct http_exchange *exchange;
    http_action action;
};

/* Of a request that never reached its action: the inbox overflowed or the server stops. */
static void request_free(struct message *message) {
    struct request *request = (struct request *)message;
    struct http_reply reply = {0};
    if (request->exchange) {
        http_reply_fault(&reply, 503, "The %s is busy or stopping; try again", request->worker->name);
        answer(request->worker, request->exchange, &reply);
    }
    memory_free(request);
}

/* Dropping rather than waiting: the HTTP thread serves the other servers too. */
static const struct message_kind request_kind = {"http request", MAILBOX_DROP_OLDEST, request_free};

static void hand_over(void *context, struct http_exchange *exchange) {
    struct http_worker *worker = context;
    struct request *request = memory_zero(1, sizeof *request);
    request->message.kind = &request_kind;
    request->worker = worker;
    request->exchange = exchange;
    request->action = worker->options.works[http_exchange_route(exchange) - worker->routes].action;
    mailbox_send(worker->inbox, &request->message);
}

static void not_found(void *context, struct http_exchange *exchange) {
    struct http_reply reply = {0};
    http_reply_fault(&reply, 404, "HTTP 404 Not Found");
    answer(context, exchange, &reply);
}

static void not_allowed(void *context, struct http_exchange *exchange) {
    struct http_reply reply = {0};
    http_reply_fault(&reply, 405, "HTTP 405 Method Not Allowed");
    answer(context, exchange, &reply);
}

static void *work(void *context) {
    struct http_worker *worker = context;
    const struct http_worker_options *options = &worker->options;
    if (options->begin)
        options->begin(options->context, worker->port);
    for (;;) {
        struct pollfd waiting[] = {{.fd = mailbox_descriptor(worker->inbox), .events = POLLIN},
                                   {.fd = options->ready ? options->descriptor : -1, .events = POLLIN}};
        poll(waiting, 2, -1);
        if (options->ready)
            options->ready(options->context);
        struct message *message = mailbox_receive(worker->inbox, 0);
        if (!message && mailbox_closed(worker->inbox))
            return NULL;
        if (!message)
            continue;
        struct request *request = (struct request *)message;
        struct http_reply reply = {.status = 200};
        request->action(options->context, request->exchange, &reply);
        answer(worker, request->exchange, &reply);
        request->exchange = NULL;
        message_free(message);
    }
}

/* --- start and stop --- */

static void worker_free(struct http_worker *worker) {
    mailbox_free(worker->inbox);
    memory_free(worker->routes);
    memory_free(worker->name);
    memory_free(worker);
}

struct http_worker *http_worker_start(const struct http_worker_options *options, struct error *error) {
    struct http_worker *worker = memory_zero(1, sizeof *worker);
    struct http_service_options service = *options->service;
    size_t count = 0;
    while (options->works[count].pattern)
        count++;
    worker->options = *options;
    worker->options.service = NULL; /* the caller's, only lent for the start */
    worker->name = memory_copy_string(service.name);
    worker->routes = memory_zero(count + 1, sizeof *worker->routes);
    for (size_t i = 0; i < count; i++) {
        const struct http_work *row = &options->works[i];
        worker->routes[i] = (struct http_route){row->method, row->pattern, hand_over, row->help};
    }
    service.routes = worker->routes;
    service.context = worker;
    service.not_found = not_found;
    service.not_allowed = not_allowed;
    worker->inbox = mailbox_new(INBOX); /* requests that come before the thread runs wait here */
    if (http_server_listen(options->http, &service, &worker->port, error) != 0) {
        worker_free(worker);
        return NULL;
    }
    worker->thread = thread_start(worker->name, work, worker);
    return worker;
}

uint16_t http_worker_port(const struct http_worker *worker) {
    return worker->port;
}

void http_worker_stop(struct http_worker *worker) {
    if (!worker)
        return;
    http_server_unlisten(worker->options.http, worker->port);
    mailbox_close(worker->inbox);
    thread_join(worker->thread);
    worker_free(worker);
}
