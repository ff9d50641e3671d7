/* One REST service of a profile: address, credentials, errors as {"error_code","message"}. What the registry, ksqlDB
 * and Connect clients have in common. Calls block their thread; any thread. */
#pragma once

#include <stdint.h>

#include "client/profile.h"
#include "foundation/base/error.h"
#include "foundation/base/text.h"
#include "foundation/net/http_client.h"

struct rest;
struct rest_options {
    const char *prefix;       /* "schema.registry": PREFIX.url, .username, .password, .ssl.ca.location of the profile */
    const char *name;         /* "Schema Registry", as people call it in messages */
    const char *content_type; /* of request bodies, and accepted */
};
/* ERROR_INVALID that names the missing PREFIX.url. http must outlive it; the profile need not. */
struct rest *rest_new(const struct profile *profile, struct http_client *http, const struct rest_options *options,
                      struct error *error);
void rest_free(struct rest *rest); /* accepts NULL */

struct rest_call {
    const char *method; /* NULL = GET */
    const char *path;   /* "/subjects", already encoded */
    struct view body;
    int timeout_ms; /* 0 = 10 s */
};
/* Appends the answer's body to *answer (may be NULL). A status of 400 and above is an error with the server's own
 * words: 401, 403 ERROR_DENIED, 404 ERROR_NOT_FOUND, 409 ERROR_CONFLICT, 429 ERROR_BUSY, 502 to 504 ERROR_UNREACHABLE,
 * other 5xx ERROR_INTERNAL, the rest ERROR_INVALID. */
int rest_send(struct rest *rest, const struct rest_call *call, struct text *answer, int64_t *latency_ns,
              struct error *error);
/* For streams: fills address and credentials of a request (lent by rest and *url, which the caller frees). */
void rest_fill(const struct rest *rest, const char *path, struct text *url, struct http_request *request);
/* The error for an answer with this status and body. Returns -1. */
int rest_fault(const struct rest *rest, int status, struct view body, struct error *error);
/* The error for an answer that is not what the contract says. Returns -1. */
int rest_garbage(const struct rest *rest, const char *what, struct error *error);
/* Appends one path segment, percent-encoded. */
void rest_append_segment(struct text *path, const char *segment);
