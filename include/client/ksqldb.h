/* ksqlDB REST client (ours, self-managed or Confluent Cloud's). Calls block their thread, any thread, also several at
 * once; push queries stream through callbacks. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "client/profile.h"
#include "foundation/base/error.h"
#include "foundation/base/properties.h"
#include "foundation/net/http_client.h"
#include "foundation/value/schema.h"
#include "foundation/value/value.h"

struct ksqldb_client;
/* http must outlive the client; the profile need not. */
struct ksqldb_client *ksqldb_client_new(const struct profile *profile, struct http_client *http, struct error *error);
void ksqldb_client_free(struct ksqldb_client *client); /* accepts NULL; its streams are closed before */

struct ksqldb_info {
    char version[64], cluster_id[128], service_id[128], status[32];
    int64_t latency_ns;
};
int ksqldb_client_info(struct ksqldb_client *client, struct ksqldb_info *info, struct error *error);

/* What a console keeps between statements and sends with each. A server waits with a statement until its command
 * number `sequence` has run; execute keeps the last number that came back. */
struct ksqldb_session {
    const struct properties *properties; /* streamsProperties; NULL = none */
    const struct properties *variables;  /* of ${name}; NULL = none */
    int64_t sequence;                    /* commandSequenceNumber; < 0 = none yet */
};

/* Sends statements to /ksql; session may be NULL. *json gets the entity array as text. A refused statement is
 * ERROR_INVALID with the server's message, line and column when it names them. */
int ksqldb_client_execute(struct ksqldb_client *client, struct view statements, struct ksqldb_session *session,
                          struct text *json, struct error *error);
/* 0 when statements may set this property; ERROR_INVALID with the server's words when not. */
int ksqldb_client_check_property(struct ksqldb_client *client, const char *name, struct error *error);

struct ksqldb_source { /* all its strings are its own, never NULL */
    char *name, *topic, *key_format, *value_format;
    bool is_table, is_windowed;
};
struct ksqldb_query { /* alike */
    char *id, *state, *text, *sink;
    bool is_push;
};
/* The arrays are the caller's: ksqldb_..._free, which accept NULL. NULL and 0 after an error. */
int ksqldb_client_sources(struct ksqldb_client *client, struct ksqldb_source **sources, size_t *count,
                          struct error *error);
void ksqldb_sources_free(struct ksqldb_source *sources, size_t count);
int ksqldb_client_queries(struct ksqldb_client *client, struct ksqldb_query **queries, size_t *count,
                          struct error *error);
void ksqldb_queries_free(struct ksqldb_query *queries, size_t count);

/* Push or pull query, or PRINT, on /query-stream. Callbacks run on the HTTP thread; close from another one, before the
 * client is freed. Rows come as JSON text of one array; a line of PRINT is a row of the one column LINE. */
struct ksqldb_stream;
struct ksqldb_stream_handler { /* what a callback gets is lent for the call */
    void *context;
    void (*header)(void *context, const char *query_id, const char *const *names, const char *const *types,
                   size_t count);
    void (*row)(void *context, struct view json);
    void (*ended)(void *context, const struct error *error); /* NULL: completed or limit reached */
};
/* Never NULL: what goes wrong comes to `ended`. Statement and session are lent for the call; the stream is the
 * caller's: ksqldb_stream_close, also after it has ended. */
struct ksqldb_stream *ksqldb_client_query(struct ksqldb_client *client, struct view statement,
                                          const struct ksqldb_session *session, struct ksqldb_stream_handler handler);
/* Ends the query on the server too; no callback runs once it has returned. Accepts NULL. Not from a callback. */
void ksqldb_stream_close(struct ksqldb_stream *stream);
