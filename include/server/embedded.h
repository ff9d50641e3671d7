/* Starts the chosen servers on loopback over one data folder and hands back a profile of them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "client/profile.h"
#include "foundation/base/clock.h"
#include "foundation/base/error.h"
#include "foundation/base/text.h"
#include "server/broker.h"

enum embedded_server {
    EMBEDDED_BROKER = 1,
    EMBEDDED_REGISTRY = 2,
    EMBEDDED_KSQLDB = 4,
    EMBEDDED_CONNECT = 8,
    EMBEDDED_ALL = EMBEDDED_BROKER | EMBEDDED_REGISTRY | EMBEDDED_KSQLDB | EMBEDDED_CONNECT
};

struct embedded;
struct embedded_event {
    enum embedded_server server;
    enum {
        EMBEDDED_RECOVERING,
        EMBEDDED_READY,
        EMBEDDED_PEERS,
        EMBEDDED_DISK,
        EMBEDDED_STOPPED,
        EMBEDDED_TROUBLE
    } kind;
    int64_t done, total;             /* recovery bytes; peers in done; free disk bytes in done */
    const char *message;             /* of trouble: what cannot be written and why; lent for the call */
    const struct broker_peer *peers; /* of peers: `done` of them, oldest first; lent for the call */
};
struct embedded_options {
    unsigned servers; /* which to start; the rest come from `others` */
    const char *data; /* data folder; NULL = ${XDG_STATE_HOME:-~/.local/state}/fraudscope/default */
    bool fresh;       /* renames an old folder to NAME.DATE first */
    bool memory;      /* unlinked temporary folder */
    bool sync;
    bool strict_replication; /* of the broker: topics with more than one replica are refused */
    const char *limits;      /* NAME=VALUE,... of the broker: what clients may take; NULL = the usual */
    const char *listen;      /* "127.0.0.1"; beyond loopback a password is made and required */
    /* 0 = the usual one if free, else any; else explicit */
    uint16_t kafka_port, registry_port, ksqldb_port, connect_port;
    const char *zone; /* NULL = UTC */
    const struct clock *clock;
    struct profile *others; /* profile for the servers not started here; may be NULL */
    void (*report)(void *context, const struct embedded_event *event); /* any thread */
    void *context;
};
#define EMBEDDED_OPTIONS_INIT                                                                                          \
    { .servers = EMBEDDED_ALL, .listen = "127.0.0.1" }

/* Takes the lock, recovers, starts in order, writes servers.properties (0600; without the broker each server has a lock
 * and file of its own, so that they may run as processes over one folder). When another process holds the lock and
 * serves: ERROR_BUSY; embedded_join gives its profile. */
struct embedded *embedded_start(const struct embedded_options *options, struct error *error);
struct profile *embedded_profile(struct embedded *embedded); /* a new reference */
const char *embedded_folder(const struct embedded *embedded);
const char *embedded_properties_file(const struct embedded *embedded); /* the profile of what was started */
/* Lines for those who want to attach: addresses, user and the password itself. Not for logs. */
void embedded_room(const struct embedded *embedded, struct text *out);
/* "10.0.0.7:51234  rdkafka (librdkafka 2.0.2)  in 12 KB  out 3 MB  for 1:05 min" */
void embedded_peer_print(const struct broker_peer *peer, struct text *out);
void embedded_stop(struct embedded *embedded); /* reverse order; removes servers.properties; accepts NULL */
/* Profile of the servers that another process runs on this data folder; NULL with ERROR_NOT_FOUND when nobody does. */
struct profile *embedded_join(const char *data, struct error *error);
char *embedded_default_folder(void); /* caller frees */
