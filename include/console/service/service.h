/* Background work: one thread a service, one inbox each. Requests go in, events come out; a service never sees the ui.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/profile.h"
#include "foundation/base/clock.h"
#include "foundation/base/error.h"
#include "foundation/base/mailbox.h"
#include "foundation/net/http_client.h"

/* The family: a row each, `service_NAME` in its own file. Adding one is a line here and that file. */
#define SERVICES(X)                                                                                                    \
    X(WATCH, watch)                                                                                                    \
    X(RATES, rates)                                                                                                    \
    X(TAIL, tail)                                                                                                      \
    X(FEATURES, features)                                                                                              \
    X(ALERTS, alerts)                                                                                                  \
    X(PRODUCER, producer)                                                                                              \
    X(DETECTOR, detector)                                                                                              \
    X(STATEMENTS, statements)                                                                                          \
    X(TOPICS, topics)                                                                                                  \
    X(CONNECTOR, connector)                                                                                            \
    X(CLEANUP, cleanup)                                                                                                \
    X(FILES, files)

#define SERVICE_ID(id, name) SERVICE_##id,
enum service_id { SERVICES(SERVICE_ID) SERVICE_COUNT };
#undef SERVICE_ID

enum request_verb {
    REQUEST_PROBE,     /* watch, rates: look at everything now; producer, detector: do what is due */
    REQUEST_START,     /* producer (number = rate, < 0 max), detector */
    REQUEST_STOP,      /* producer, detector, statements (the running push query), cleanup */
    REQUEST_RATE,      /* producer: number */
    REQUEST_BURST,     /* producer: count, text = card or NULL */
    REQUEST_ONE,       /* producer: text = card or NULL, count = amount or 0 */
    REQUEST_CHANCE,    /* producer: number = 0..1 */
    REQUEST_REWIND,    /* detector: text = earliest | latest */
    REQUEST_RULE,      /* detector: count, number = ratio */
    REQUEST_EXECUTE,   /* statements: text; flag = from the earliest record */
    REQUEST_CREATE,    /* topics: text, count = partitions (0 = 1); connector: text = file or NULL */
    REQUEST_WORKSHOP,  /* topics: the topics and contracts of step 7 */
    REQUEST_DELETE,    /* topics, connector: text */
    REQUEST_PAUSE,     /* connector, statements (query): text */
    REQUEST_RESUME,    /* connector, statements: text */
    REQUEST_RESTART,   /* connector: text */
    REQUEST_TERMINATE, /* statements: text = query id or all */
    REQUEST_STATUS,    /* connector: text or NULL */
    REQUEST_TAIL,      /* tail: text = topic, more = earliest | latest | -N | @MS */
    REQUEST_CLEANUP,   /* cleanup: all of the ledger */
    REQUEST_WRITE,     /* files: text = path, more = what to write; count = mode bits */
    REQUEST_APPEND,    /* files: the same, appended (history) */
    REQUEST_PROFILE,   /* files: text = folder to write the client files to */
    REQUEST_LIST,      /* files: text = folder; its names come as event_listing */
    REQUEST_BUNDLE,    /* files: text = folder of the take-home bundle; more = its steps file */
};

struct request {
    struct message message;
    enum service_id service;
    enum request_verb verb;
    char *text, *more; /* owned, may be NULL */
    double number;
    int64_t count;
    bool flag;
    struct handled *handled;  /* of service_ask; else NULL */
    struct services *counted; /* set by services_send */
};
struct request *request_new(enum service_id service, enum request_verb verb, const char *text);

struct service_context {
    struct mailbox *events;    /* lent */
    struct profile *profile;   /* lent; services take references */
    struct http_client *http;  /* lent */
    const struct clock *clock; /* NULL = real */
    uint64_t seed;             /* of the producer; 0 = from the system */
    const char *folder;        /* data folder: ledger, history */
    bool deferred_tail;        /* headless commands that want no tail until asked */
};

struct services;
/* Starts the services of `mask` (bits 1 << enum service_id) whose needs the profile meets. */
struct services *services_start(const struct service_context *context, unsigned mask, struct error *error);
/* Takes the request. When its service does not run here an ERROR message event says what is missing. */
void services_send(struct services *services, struct request *request);
/* Asks the services that go by the clock to look at it: what is due is done, watch and rates look at the servers. For
 * scripts, whose clock moves by hand. */
void services_look(struct services *services);
/* Requests sent that are not dealt with yet; what they made known was posted before they stop counting. Any thread. */
int services_pending(const struct services *services);
/* Producer flushes, detector commits, all within timeout_ms; joins everything. Accepts NULL. */
void services_stop(struct services *services, int timeout_ms);

const char *service_name(enum service_id id);
const char *service_help(enum service_id id);
enum { SERVICES_ALL = (1 << SERVICE_COUNT) - 1 };
