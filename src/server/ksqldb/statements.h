/* /ksql: a request's statements, tried as a whole, then carried out one by one. Engine thread only. */
#pragma once

#include "server/ksqldb/core.h"
#include "server/ksqldb/request.h"

/* Appends the array of entities, or the error object with what was done before. Returns the HTTP status. */
int statements_run(struct core *core, const struct ksql_request *request, struct text *out);
/* The one statement of a query endpoint. Fills the fault when there is not exactly one. Everything in the arena. */
int statements_parse_one(const struct ksql_request *request, bool substitute, struct arena *arena,
                         struct statement **statement, struct fault *fault);
/* Ends all queries, drops every source, deletes the topics that match. Returns the HTTP status. */
int statements_terminate(struct core *core, const struct ksql_request *request, struct text *out);
