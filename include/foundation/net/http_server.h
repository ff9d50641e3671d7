/* HTTP server over libmicrohttpd on one thread: net owns the listening sockets, routes are rows over our own types.
 *
 * One http_server may carry several listeners (registry, ksqlDB, Connect share one HTTP thread). A handler runs on the
 * HTTP thread and must not block: it answers at once, or keeps the exchange and answers later from any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "foundation/base/error.h"
#include "foundation/base/text.h"

struct http_server;
struct http_exchange;

typedef void (*http_handler)(void *context, struct http_exchange *exchange);
struct http_route {
    const char *method;  /* "GET" */
    const char *pattern; /* "/subjects/{subject}/versions/{version}"; a segment in braces matches one segment */
    http_handler handler;
    const char *help;
};
/* Texts are copied; routes and context are lent until http_server_unlisten has returned. */
struct http_service_options {
    const char *name;    /* "registry", for logs */
    const char *address; /* "127.0.0.1" */
    uint16_t port;       /* 0 = any */
    bool explicit_port;
    const struct http_route *routes; /* ends with a zero row */
    void *context;
    http_handler not_found;      /* NULL: 404 plain */
    http_handler not_allowed;    /* path known, method not; NULL: 405 with `allow` */
    const char *user, *password; /* Basic required when not NULL */
    size_t body_limit;           /* bytes; 0 = 16 MiB; larger: 413 */
};

/* Starts the thread; http_server_free when done. listen, unlisten and free are called by the owner, from any thread but
 * the HTTP one. */
struct http_server *http_server_new(struct error *error);
/* 0 and the port in *port; errors name the address. */
int http_server_listen(struct http_server *server, const struct http_service_options *options, uint16_t *port,
                       struct error *error);
/* Closes the listener of this port and its connections. When it returns no handler of it runs any more, so its context
 * may be freed; exchanges that a handler still holds may be answered afterwards, to nobody. Not from the HTTP thread.
 */
void http_server_unlisten(struct http_server *server, uint16_t port);
void http_server_free(struct http_server *server); /* unlistens all, joins; exchanges must all have been answered */

/* What came in: lent until the answer is complete. Query and headers are NULL once the peer is gone or its listener
 * closed. */
const char *http_exchange_method(const struct http_exchange *exchange);
const struct http_route *
http_exchange_route(const struct http_exchange *exchange);            /* row that fits; NULL when none does */
const char *http_exchange_path(const struct http_exchange *exchange); /* decoded */
const char *http_exchange_parameter(const struct http_exchange *exchange,
                                    const char *name);                                   /* of the pattern, decoded */
const char *http_exchange_query(const struct http_exchange *exchange, const char *name); /* ?name=; NULL when absent */
const char *http_exchange_header(const struct http_exchange *exchange, const char *name);
struct view http_exchange_body(const struct http_exchange *exchange);

/* Answer at once or later, once, from any thread; the exchange belongs to the handler until then and is gone
 * afterwards. Texts and bodies are copied. */
void http_exchange_answer(struct http_exchange *exchange, int status, const char *content_type, struct view body);
void http_exchange_answer_header(struct http_exchange *exchange, const char *name,
                                 const char *value); /* before the answer */

/* Streaming answer (chunked): start, write any number of times from one thread, end. A peer that reads slowly stops
 * being read for: write returns false when the peer is gone or more than `limit` bytes wait (0 = 8 MiB). */
void http_exchange_start(struct http_exchange *exchange, int status, const char *content_type, size_t limit);
bool http_exchange_write(struct http_exchange *exchange, struct view bytes);
size_t
http_exchange_waiting(struct http_exchange *exchange); /* bytes written and not yet sent; 0 when the peer is gone */
void http_exchange_end(struct http_exchange *exchange);
/* Called once on the HTTP thread when the peer goes away before the end. The exchange stays valid until
 * http_exchange_end. */
void http_exchange_on_gone(struct http_exchange *exchange, void (*gone)(void *context), void *context);
