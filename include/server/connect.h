/* Connect worker with Kafka Connect's REST; source connectors are rows of a table. Connectors, offsets and states are
 * kept in the topics `connect-configs`, `connect-offsets`, `connect-status`. One thread that owns the worker and
 * answers REST, one more a running connector. start, port and stop are called by the owner, from any thread but the
 * HTTP one. */
#pragma once

#include "client/profile.h"
#include "foundation/base/clock.h"
#include "foundation/base/error.h"
#include "foundation/net/http_client.h"
#include "foundation/net/http_server.h"

struct connect_server;
/* Texts are copied. */
struct connect_server_options {
    struct profile *profile;         /* Kafka and registry to write to; a reference is taken */
    struct http_server *http;        /* lent, must outlive the server: its thread is shared with the others */
    struct http_client *http_client; /* lent, must outlive the server */
    const char *address;
    uint16_t port;
    bool explicit_port;
    const char *user, *password; /* HTTP Basic when not NULL */
    const struct clock *clock;   /* lent, must outlive the server; NULL = real */
};
/* Reads its topics to their ends, then listens and starts the connectors that ran; ready on return. */
struct connect_server *connect_server_start(const struct connect_server_options *options, struct error *error);
uint16_t connect_server_port(const struct connect_server *server);
/* Stops listening, ends the connectors at an offset that is kept, joins. Accepts NULL. */
void connect_server_stop(struct connect_server *server);
