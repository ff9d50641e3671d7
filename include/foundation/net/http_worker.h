/* A service whose requests may block: the HTTP thread hands them to a thread of the service's own, which answers them
 * one after the other. So the service's state belongs to one thread and needs no lock. */
#pragma once

#include "foundation/net/http_server.h"

struct http_reply {
    int status;       /* 200 at first */
    struct text body; /* freed by the worker */
};
/* {"error_code","message"}; a code of more than three digits begins with its HTTP status. Replaces what the body held.
 */
void http_reply_fault(struct http_reply *reply, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* On the worker's thread. */
typedef void (*http_action)(void *context, const struct http_exchange *exchange, struct http_reply *reply);
struct http_work {
    const char *method, *pattern; /* as in struct http_route */
    http_action action;
    const char *help;
};
struct http_worker_options {
    struct http_server *http;
    const struct http_service_options *service; /* routes, context and the two fallbacks are the worker's own */
    const struct http_work *works;              /* ends with a zero row */
    const char *content_type;
    void *context; /* of actions and of the two below */
    /* First on the thread; requests that come meanwhile wait. May be NULL. */
    void (*begin)(void *context, uint16_t port);
    /* Also called when this descriptor can be read, and before every request; NULL: there is none. */
    void (*ready)(void *context);
    int descriptor;
};
struct http_worker;

/* Listens and starts the thread. ERROR_BUSY as http_server_listen says it. */
struct http_worker *http_worker_start(const struct http_worker_options *options, struct error *error);
uint16_t http_worker_port(const struct http_worker *worker);
/* Stops listening (peers that still wait get 503), finishes what was handed over, joins. Accepts NULL. Not from the
 * HTTP thread. */
void http_worker_stop(struct http_worker *worker);
