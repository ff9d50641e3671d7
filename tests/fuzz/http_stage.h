/* http_server.h without sockets: what a service listens with is kept, and requests come out of a fuzz input. Linked in
 * the place of http_server.c and http_exchange.c; patterns of routes and escapes are the real ones. */
#pragma once

#include "foundation/net/http_server.h"
#include "fuzz/fuzz.h"

enum { HTTP_STAGE_REQUESTS = 16 };
/* The requests of the input, a NUL between two: "METHOD PATH?QUERY", lines "Name: value", an empty line, the body. Each
 * is answered before the next one comes, by whatever thread, or its answer has begun to stream; an answer that says it
 * is JSON must be. "-" alone: who reads the oldest stream goes away. Streams that are still open end with their server,
 * before http_server_free. */
void http_stage_run(struct http_server *server, struct fuzz_input *input);
