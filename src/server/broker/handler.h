/* What a request handler gets, and the table of handlers: a row a request, reader and writer together in one file each.
 */
#pragma once

#include "foundation/base/clock.h"
#include "foundation/base/vector.h"
#include "server/broker.h"
#include "server/broker/cursor.h"
#include "server/broker/groups.h"
#include "server/broker/limits.h"
#include "server/broker/peers.h"
#include "server/broker/protocol.h"
#include "server/broker/store.h"

struct connection;

struct broker_reports { /* of broker_options */
    void (*trouble)(void *context, const char *message);
    void (*disk)(void *context, int64_t free_bytes);
    void *context;
};
struct broker_core { /* owned by the broker's thread */
    struct store store;
    struct groups *groups;
    struct loop *loop;
    const struct clock *clock;
    bool sync, strict_replication;
    const char *user, *password; /* SASL/PLAIN; NULL = none asked */
    int64_t next_producer_id;
    bool appended;                       /* waiting fetches are going to look again */
    uint64_t interest;                   /* of those that wait for what was written in this turn */
    VECTOR(struct partition *) unsynced; /* with sync: written in this turn, nothing acknowledged yet */
    struct broker_reports reports;
    int64_t troubled_ms; /* when writing last failed; 0 = it works */
    struct broker_limits limits;
    struct peers peers;
    struct connection *connections;
    int connection_count;
    struct connection *turns_first, *turns_last; /* those with held requests, in the order of their turns */
    size_t turn_bytes;                           /* answered since the last of them */
    bool turn_posted;
};
enum { NODE_ID = 1 };
/* Something was written (partition) or deleted (NULL): once a turn what was written is forced to the disk, when that is
 * asked for, answers leave, and waiting fetches look again. */
void broker_core_appended(struct broker_core *core, struct partition *partition);
uint64_t broker_core_interest(const struct partition *partition); /* a bit that stands for it, among others */
void broker_core_forget(struct broker_core *core, const struct partition *partition); /* it is about to be closed */
void broker_core_trouble(struct broker_core *core, const struct error *error); /* told, but not with every batch */

struct request {
    struct broker_core *core;
    struct connection *connection;
    int16_t key, version;
    int32_t correlation;
    struct view client_id;
    struct reader reader; /* at the body */
    struct text *out;     /* the body of the answer */
    size_t throttle_at;   /* where in it throttle_time_ms is; 0 = it has none */
    size_t most;          /* what `out` may grow to; SIZE_MAX = as it comes */
    bool too_large;       /* it would have grown beyond that: the reader is broken, so that handlers end */
};

/* What the version decides in the writing: lengths and tagged fields of flexible versions. */
void answer_string(struct request *request, const char *string);                      /* NULL: null */
void answer_view(struct request *request, struct view view);                          /* data NULL: null */
void answer_name(struct request *request, struct view view);                          /* data NULL: empty */
void answer_bytes(struct request *request, struct view bytes);                        /* data NULL: null */
void answer_array(struct request *request, int32_t count);                            /* -1: null */
void answer_uuid(struct request *request, const unsigned char *id);                   /* NULL: none */
void answer_tags(struct request *request);                                            /* none, behind each structure */
void answer_topic_settings(struct request *request, const struct properties *config); /* all of a topic's; NULL: null */
void answer_throttle(struct request *request,
                     int16_t since); /* from that version on; filled in when the answer is whole */

enum handled {
    HANDLED,        /* out holds the answer */
    HANDLED_LATER,  /* connection_answer_later was arranged */
    HANDLED_SILENT, /* acks=0: no answer */
    HANDLED_REFUSED /* no answer to say so with: the connection is closed */
};

struct handler {
    int16_t key, least, most, flexible; /* versions; flexible: from that one on */
    const char *name;
    enum handled (*handle)(struct request *request);
    bool before_login; /* allowed before SASL is through */
};
extern const struct handler *const handlers[]; /* NULL-terminated, by key */
const struct handler *handler_find(int16_t key);

/* Of requests in which nothing may be named twice: noted in a first pass, asked in the second. */
void names_note(struct map *named, struct view name);
bool names_twice(const struct map *named, struct view name, struct error *error); /* with the reason */

bool sasl_plain_is_right(const struct broker_core *core, struct view bytes);
int16_t kafka_error_of(const struct error *error);

/* --- connection side --- */
const char *connection_host(const struct connection *connection); /* the peer's */
/* Address and port that this client came in on: what it is told to use. */
void connection_advertised(const struct connection *connection, char address[64], uint16_t *port);
bool connection_logged_in(const struct connection *connection);
void connection_set_logged_in(struct connection *connection);
void connection_leave(struct connection *connection); /* closed when its answers are sent; nothing more is read */
void connection_set_mechanism(struct connection *connection,
                              bool raw); /* raw: the next bytes are the token alone (SaslHandshake 0) */
void connection_set_software(struct connection *connection, struct view name, struct view version);
int32_t connection_room(const struct connection *connection); /* bytes of records that its answers may still hold */
bool connection_has_mechanism(const struct connection *connection);
/* Leaves the request unanswered; others of this connection wait behind it. The context given is good for one
 * connection_resume, which hands out the request again, to be answered, and then connection_finish. One at a time. */
void *connection_answer_later(struct request *request);
struct request *connection_resume(void *context);
void connection_finish(void *context);
/* A fetch that waits: parks a copy of the request until data arrive or the time is over, then runs it again. interest:
 * broker_core_interest of all that it waits for. */
void connection_park(struct request *request, int32_t wait_ms, uint64_t interest);
bool connection_is_rerun(const struct connection *connection); /* the wait is over: answer with what there is */
