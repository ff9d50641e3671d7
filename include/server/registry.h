/* Schema registry with Confluent's REST, kept in the topic `_schemas` of whatever Kafka the profile names.
 * One thread that owns the subjects and answers REST. start, port and stop are called by the owner, from any thread but
 * the HTTP one. */
#pragma once

#include "client/profile.h"
#include "foundation/base/error.h"
#include "foundation/net/http_server.h"

struct registry_server;
/* Texts are copied. */
struct registry_server_options {
    struct profile *profile;  /* Kafka to keep `_schemas` in; lent for the start */
    struct http_server *http; /* lent, must outlive the server: its thread is shared with the others */
    const char *address;
    uint16_t port;
    bool explicit_port;
    const char *user, *password; /* HTTP Basic when not NULL */
};
/* Reads `_schemas` to its end, then listens. */
struct registry_server *registry_server_start(const struct registry_server_options *options, struct error *error);
uint16_t registry_server_port(const struct registry_server *server);
/* Stops listening, finishes what was asked, joins. Accepts NULL. */
void registry_server_stop(struct registry_server *server);
