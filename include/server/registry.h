/* Schema registry with Confluent's REST, kept in the topic `_schemas` of whatever Kafka the profile names. */
#pragma once

#include "client/profile.h"
#include "foundation/base/error.h"
#include "foundation/net/http_server.h"

struct registry_server;
struct registry_server_options {
    struct profile *profile;   /* Kafka to keep `_schemas` in */
    struct http_server *http;  /* thread shared with the other servers */
    const char *address;
    uint16_t port;
    bool explicit_port;
    const char *user, *password; /* HTTP Basic when not NULL */
};
/* Reads `_schemas` to its end, then listens. */
struct registry_server *registry_server_start(const struct registry_server_options *options, struct error *error);
uint16_t registry_server_port(const struct registry_server *server);
void registry_server_stop(struct registry_server *server);
