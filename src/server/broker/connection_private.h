/* One client's connection, for connection.c (bytes in and out, requests one after the other), connection_turns.c (the
 * order of those who ask for much) and connection_limits.c (what it may take of the broker). Broker thread. */
#pragma once

#include "foundation/net/loop.h"
#include "server/broker.h"
#include "server/broker/connection.h"
#include "server/broker/handler.h"

struct connection {
    struct broker_core *core;
    struct connection *next, *before;
    int descriptor;
    char peer[64], address[64];
    uint16_t port;
    struct loop_watch *watch;
    unsigned watched;
    struct text in, out;
    size_t in_at, out_at; /* what is done already */
    bool logged_in, mechanism, raw_token, broken, leaves;
    struct broker_peer facts;            /* who it is and what went by */
    struct peer *owner;                  /* all of its address */
    int64_t began_ms, asked_ms, took_ms; /* connected; last request; last took of an answer, or had none to take */
    int in_system;                       /* bytes sent and not yet taken by the client, when that was last looked at */
    bool waiting;                        /* one request is unanswered: others wait behind it */
    bool rerun, parked_before;
    bool handling;
    bool held, posted; /* a whole request waits until answers are taken, or for a turn; an answer is posted */
    bool large;        /* what its last fetch took */
    bool queued;       /* it waits in the row, and between whom */
    struct connection *earlier, *later;
    struct request pending; /* the one that waits, and where its answer begins */
    size_t pending_from;
    int64_t park_until_ms;
    uint64_t interest;  /* what a parked fetch waits for */
    struct text parked; /* a whole request frame that is run again */
    struct loop_timer *timer;
    struct loop_timer *mute; /* made when it is first throttled */
    bool muted;
    void (*changed)(void *context);
    void *context;
};

/* connection_turns.c: what has been answered in this turn of the loop. When that is much, fetches of those whose last
 * one took much wait in a row for turns of their own, with the events of all between two. */
void connection_count_answer(struct connection *connection, bool fetched, size_t bytes);
bool connection_turn_is_over(const struct connection *connection);
void connection_wait_turn(struct connection *connection);
void connection_drop_turn(struct connection *connection);

/* connection.c: goes on with what has come in, and sends what has been answered. */
void connection_work(struct connection *connection);

/* Answers, in bytes, that clients have not taken yet: of all together; whether this one has as much as it may. */
size_t connections_unsent(const struct broker_core *core);
bool connection_has_much_to_take(const struct connection *connection);
/* Whether half requests of all clients and one of that size are within their bound. */
bool connections_have_room_for(const struct broker_core *core, int32_t size);
/* Milliseconds that the client is told to wait, as Kafka's quotas do; nothing is read from it meanwhile. */
int32_t connection_throttle(struct connection *connection, int16_t key, size_t request_size, size_t answer_size);
