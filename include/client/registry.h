/* Schema registry client: Confluent's REST, with a cache by id and by subject. Calls block their thread; any thread
 * (one lock around the cache, not around the network). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/profile.h"
#include "foundation/base/error.h"
#include "foundation/format/format.h"
#include "foundation/net/http_client.h"

struct registry_client;
/* http must outlive the client; the profile need not. */
struct registry_client *registry_client_new(const struct profile *profile, struct http_client *http,
                                            struct error *error);
void registry_client_free(struct registry_client *client); /* accepts NULL */

struct registry_schema {
    int32_t id, version;
    char *subject;
    char *type; /* "AVRO", "JSON", "PROTOBUF" */
    char *text;
};
void registry_schema_free(struct registry_schema *schema); /* its strings, not the struct, which is the caller's */
int registry_client_ping(struct registry_client *client, int64_t *latency_ns, struct error *error);
/* The array is the caller's: registry_subjects_free, which accepts NULL. NULL and 0 after an error. */
int registry_client_subjects(struct registry_client *client, char ***subjects, size_t *count, struct error *error);
void registry_subjects_free(char **subjects, size_t count);
/* Fills *schema: registry_schema_free. */
int registry_client_latest(struct registry_client *client, const char *subject, struct registry_schema *schema,
                           struct error *error); /* ERROR_NOT_FOUND */
int registry_client_register(struct registry_client *client, const char *subject, const char *type, struct view schema,
                             int32_t *id, struct error *error); /* ERROR_CONFLICT when incompatible */
int registry_client_delete_subject(struct registry_client *client, const char *subject, bool permanent,
                                   struct error *error);
/* For codecs; valid as long as the client. by_id blocks on the first sight of an id. */
struct schema_source registry_client_source(struct registry_client *client);
