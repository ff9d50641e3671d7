/* The JSON body of a request. */
#pragma once

#include "foundation/base/properties.h"
#include "server/ksqldb/fault.h"

enum request_kind { REQUEST_KSQL, REQUEST_STREAM, REQUEST_CLOSE, REQUEST_TERMINATE };
struct ksql_request {
    char *text;                    /* statements, or of REQUEST_CLOSE the query id */
    struct properties *properties; /* streamsProperties */
    struct properties *variables;
    int64_t sequence; /* commandSequenceNumber to wait for; -1 = none */
    char **topics;    /* REQUEST_TERMINATE: patterns of topics to delete */
    size_t topic_count;
};
/* Unknown fields are passed over, as ksqlDB does; what is not such an object is a fault. */
int request_read(enum request_kind kind, struct view body, struct ksql_request *request, struct fault *fault);
void request_free(struct ksql_request *request);
