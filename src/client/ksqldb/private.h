/* Shared by the files of client/ksqldb. */
#pragma once

#include <jansson.h>

#include "client/ksqldb.h"
#include "client/rest.h"

struct ksqldb_client {
    struct rest *rest;
    struct http_client *http;
};

/* Appends `"NAME":{"property":"value",...}` of the session's properties, an empty object for none, and its
 * `,"sessionVariables":{...}` if there are any. */
void ksqldb_write_session(struct text *body, const char *name, const struct ksqldb_session *session);
/* Takes the place of a wrong statement out of the server's message, "line 1:15: ..." or "Line: 1, Col: 15: ...", into
 * line and column of the error. */
void ksqldb_find_position(struct error *error);
