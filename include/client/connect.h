/* Kafka Connect REST client. Calls block their thread; any thread, also several at once. */
#pragma once

#include <stddef.h>

#include "client/profile.h"
#include "foundation/base/error.h"
#include "foundation/base/properties.h"
#include "foundation/net/http_client.h"

struct connect_client;
/* http must outlive the client; the profile need not. */
struct connect_client *connect_client_new(const struct profile *profile, struct http_client *http, struct error *error);
void connect_client_free(struct connect_client *client); /* accepts NULL */

struct connect_connector {      /* all its strings are its own */
    char *name, *state, *trace; /* state RUNNING, PAUSED, FAILED, STOPPED, UNASSIGNED; trace may be NULL */
    char *class_name, *type;
    struct connect_task {
        int id;
        char *state, *trace;
    } * tasks;
    size_t task_count;
};
int connect_client_ping(struct connect_client *client, int64_t *latency_ns, struct error *error);
/* The array is the caller's: connect_connectors_free. NULL and 0 after an error. */
int connect_client_list(struct connect_client *client, struct connect_connector **connectors, size_t *count,
                        struct error *error);
void connect_connectors_free(struct connect_connector *connectors, size_t count); /* accepts NULL */
/* Names and settings are lent for the call. */
int connect_client_create(struct connect_client *client, const char *name, const struct properties *config,
                          struct error *error); /* ERROR_EXISTS */
int connect_client_pause(struct connect_client *client, const char *name, struct error *error);
int connect_client_resume(struct connect_client *client, const char *name, struct error *error);
int connect_client_restart(struct connect_client *client, const char *name, struct error *error);
int connect_client_delete(struct connect_client *client, const char *name, struct error *error);
/* 0 valid; -1 with the first failing setting named. */
int connect_client_validate(struct connect_client *client, const char *class_name, const struct properties *config,
                            struct error *error);
