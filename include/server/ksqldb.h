/* ksqlDB's REST face over the engine: statements in the command topic, topics and schemas through the clients. One
 * engine thread, a thread a topic that is read, one that commits offsets for groups. */
#pragma once

#include "client/profile.h"
#include "foundation/base/clock.h"
#include "foundation/base/error.h"
#include "foundation/net/http_client.h"
#include "foundation/net/http_server.h"

struct ksqldb_server;
/* Texts are copied; http, http_client and clock are lent and must outlive the server. */
struct ksqldb_server_options {
    struct profile *profile; /* Kafka, registry, Connect; a reference is taken */
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
/* Listens, reads the command topic, loads the state of queries; ready on return (until then requests get 503/50302).
 * Fails when Kafka cannot be reached. A Kafka that goes away later is waited for: requests that need it are told so. */
struct ksqldb_server *ksqldb_server_start(const struct ksqldb_server_options *options, struct error *error);
uint16_t ksqldb_server_port(const struct ksqldb_server *server);
/* Ends push queries, saves what queries have done, writes snapshots, joins. Accepts NULL. Not from the HTTP thread. */
void ksqldb_server_stop(struct ksqldb_server *server);
