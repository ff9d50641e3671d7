/* ksqlDB's REST face over the engine: statements in the command topic, topics and schemas through the clients. One engine thread. */
#pragma once

#include "client/profile.h"
#include "foundation/base/clock.h"
#include "foundation/base/error.h"
#include "foundation/net/http_client.h"
#include "foundation/net/http_server.h"

struct ksqldb_server;
struct ksqldb_server_options {
    struct profile *profile; /* Kafka, registry, Connect */
    struct http_server *http;
    struct http_client *http_client;
    const char *folder; /* "DATA/ksqldb": local snapshots; NULL: changelog topics only */
    const char *address;
    uint16_t port;
    bool explicit_port;
    const char *user, *password;
    const char *service_id; /* NULL = "default_" */
    const char *zone;       /* IANA name; NULL = "UTC" */
    int commit_interval_ms; /* 0 = 100 */
    const struct clock *clock;
};
/* Replays the command topic, restores state, then listens (503/50302 before it is ready). */
struct ksqldb_server *ksqldb_server_start(const struct ksqldb_server_options *options, struct error *error);
uint16_t ksqldb_server_port(const struct ksqldb_server *server);
void ksqldb_server_stop(struct ksqldb_server *server);
