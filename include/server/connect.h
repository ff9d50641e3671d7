/* Connect worker with Kafka Connect's REST; source connectors are rows of a table. Connectors, offsets and states are kept in
 * the topics `connect-configs`, `connect-offsets`, `connect-status`. One thread a running connector. */
#pragma once

#include "client/profile.h"
#include "foundation/base/clock.h"
#include "foundation/base/error.h"
#include "foundation/net/http_client.h"
#include "foundation/net/http_server.h"

struct connect_server;
struct connect_server_options {
    struct profile *profile; /* Kafka and registry to write to */
    struct http_server *http;
    struct http_client *http_client;
    const char *address;
    uint16_t port;
    bool explicit_port;
    const char *user, *password;
    const struct clock *clock;
};
struct connect_server *connect_server_start(const struct connect_server_options *options, struct error *error);
uint16_t connect_server_port(const struct connect_server *server);
void connect_server_stop(struct connect_server *server);
