/* The Kafka protocol on loopback (or the address asked for), with an on-disk log in Kafka's own batch format.
 * One thread of its own. Everybody, the program itself included, talks to it through a bootstrap address. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "foundation/base/clock.h"
#include "foundation/base/error.h"

struct broker;
struct broker_peer {                /* one connection */
    char address[64];               /* "10.0.0.7:51234" */
    char client_id[64];             /* "" until it has asked something */
    char software[40], version[24]; /* as the client says; "" when it does not */
    int64_t in, out;                /* bytes */
    int64_t seconds;                /* connected since */
};
struct broker_options {
    const char *folder;      /* "DATA/log"; the caller holds the lock of the data folder */
    const char *address;     /* "127.0.0.1" */
    uint16_t port;           /* 0 = any */
    bool explicit_port;      /* taken = error, else another free one */
    bool sync;               /* fdatasync before acknowledging */
    bool strict_replication; /* topics with more than one replica are refused; else one is made, and the log says so */
    const char *limits;      /* NAME=VALUE,...: see broker_limits_read and the room's README; NULL = the usual */
    const char *user, *password; /* SASL/PLAIN required when not NULL (needed beyond loopback) */
    const struct clock *clock;   /* NULL = real; tests */
    /* recovery after a kill: bytes checked of bytes to check; may be NULL; called on the starting thread */
    void (*progress)(void *context, int64_t done, int64_t total);
    /* who is connected, oldest first: some 200 ms after a change, else every five seconds when bytes flowed; lent for
     * the call, on the broker thread; may be NULL */
    void (*peers)(void *context, const struct broker_peer *peers, int count);
    /* writing failed (a full disk): producers get an error and may try again; told again every ten seconds; broker
     * thread; may be NULL */
    void (*trouble)(void *context, const char *message);
    void (*disk)(void *context, int64_t free_bytes); /* every five seconds, broker thread; may be NULL */
    void *context;
};
/* Recovers, listens, starts the thread; ready to serve when it returns. */
struct broker *broker_start(const struct broker_options *options, struct error *error);
uint16_t broker_port(const struct broker *broker);
const char *broker_cluster_id(const struct broker *broker); /* kept in the folder; lent */
/* Finishes what is under way, writes the clean-stop marker, joins. Accepts NULL. */
void broker_stop(struct broker *broker);
