/* HTTP over libcurl multi on one thread of its own. No library type leaves the file. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "foundation/base/error.h"
#include "foundation/base/text.h"

struct http_client;
struct http_client *http_client_new(struct error *error); /* starts its thread */
void http_client_free(struct http_client *client);        /* ends transfers with ERROR_CLOSED, joins */

struct http_header {
    const char *name, *value;
};
struct http_request {
    const char *method; /* "GET" when NULL */
    const char *url;
    const char *user, *password; /* Basic; NULL = none; never logged */
    const struct http_header *headers;
    size_t header_count;
    struct view body;
    int timeout_ms;          /* whole exchange; 0 = 10 s; streams: time to first byte */
    const char *ca_location; /* PEM file; NULL = system */
};
struct http_answer {
    int status;
    char content_type[128];
    struct text body; /* http_answer_free */
    int64_t latency_ns;
};
void http_answer_free(struct http_answer *answer);

/* Blocks the calling thread (never the UI thread). A status >= 400 is an answer, not an error. Transport failures:
 * ERROR_UNREACHABLE, ERROR_TIMEOUT, ERROR_DENIED (TLS), naming the host and likely cause. */
int http_client_send(struct http_client *client, const struct http_request *request, struct http_answer *answer,
                     struct error *error);

/* Streams: callbacks run on the client's thread and must be quick. `data` gets pieces as they come; ended is the last
 * call, error NULL when the server closed in order. */
struct http_stream;
struct http_stream_handler {
    void *context;
    void (*started)(void *context, int status, const char *content_type);
    void (*data)(void *context, struct view piece);
    void (*ended)(void *context, const struct error *error);
};
struct http_stream *http_stream_open(struct http_client *client, const struct http_request *request,
                                     struct http_stream_handler handler);
/* After it returns no callback runs any more; ended is called if it was not. */
void http_stream_close(struct http_stream *stream);
