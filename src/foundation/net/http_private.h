/* What the server's two halves share: http_server.c owns listeners and routes, http_exchange.c one request and its
 * answer. */
#pragma once

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "foundation/base/vector.h"
#include "foundation/net/http_route.h"
#include "foundation/net/http_server.h"
#include "foundation/net/loop.h"

struct service {
    struct http_server *server;
    struct http_service_options options; /* strings copied */
    struct MHD_Daemon *daemon;
    struct loop_watch *listen_watch, *daemon_watch;
    struct loop_timer *timer, *pause; /* pause: until accepting is tried again */
    bool paused;
    bool closing; /* no handler is called any more */
    int listener;
    uint16_t port;
    struct http_exchange *suspended; /* linked: the library refuses to stop while any is */
};
struct http_server {
    struct loop *loop;
    pthread_t thread;
    VECTOR(struct service *) services;
    atomic_size_t bodies; /* bytes of all requests that are not answered */
};

/* A client's connection, from the library's first word of it to its last. The library reads by edges: when a client's
 * end arrives together with its last bytes it would be seen only after the idle time, so ends are watched for here. */
struct wire {
    struct service *service;
    int descriptor;
    struct loop_watch *watch;        /* NULL once the client has ended its side: that is said once */
    struct http_exchange *suspended; /* told when its client goes */
    bool *gone;                      /* of who must know whether it is still there; may be NULL */
};
struct answer_header {
    char *name, *value;
};
/* Held by the connection and by the handler, whichever lets go last frees it. All MHD calls happen on the HTTP thread.
 */
struct http_exchange {
    atomic_int holders;
    struct service *service;
    struct MHD_Connection *connection; /* NULL once the connection let go; written by the HTTP thread, lock held */
    char *method, *path, *raw_path;
    struct text body;
    size_t body_held; /* of the server's bodies */
    bool too_large, too_many, dispatched, suspended, queued;
    const struct http_route *route; /* once dispatched; NULL when none fits */
    struct parameter parameters[PARAMETERS];
    size_t parameter_count;
    struct http_exchange *next_suspended;
    void (*gone)(void *context);
    void *gone_context;
    /* under the lock: filled by the handler's side */
    pthread_mutex_t lock;
    VECTOR(char *) lent; /* what http_exchange_query and http_exchange_header gave */
    bool answered, streaming, ended, peer_gone, resume_posted;
    int status;
    char *content_type;
    struct text answer; /* whole answer, or of a stream what waits to be read, from `sent` on */
    size_t sent;
    size_t limit;
    VECTOR(struct answer_header) headers;
};

struct http_exchange *exchange_new(struct service *service, struct MHD_Connection *connection, const char *url,
                                   const char *method);
/* Counts bytes of its body; false when all bodies together would be more than `most`. */
bool exchange_take_body(struct http_exchange *exchange, size_t bytes, size_t most);
void exchange_hold(struct http_exchange *exchange);
void exchange_release(struct http_exchange *exchange);

/* HTTP thread. */
void exchange_suspend(struct http_exchange *exchange);
void exchange_forget_suspended(struct http_exchange *exchange);
/* Its client has ended its side while it was suspended. */
void exchange_peer_ended(struct http_exchange *exchange);
void wire_watch(struct wire *wire);
void exchange_say_gone(struct http_exchange *exchange);
bool exchange_is_answered(struct http_exchange *exchange);
void exchange_give_up(
    struct http_exchange *exchange); /* answers 503 unless its handler has answered, and lets it go on */
enum MHD_Result exchange_queue_answer(struct http_exchange *exchange);
void service_run(struct service *service); /* one turn of its daemon */
