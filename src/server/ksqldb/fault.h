/* What a request is told when it cannot be done: ksqlDB's error objects. Codes begin with their HTTP status. */
#pragma once

#include "foundation/base/error.h"
#include "foundation/base/text.h"
#include "ksql/language/tree.h"

enum fault_code {
    FAULT_BAD_REQUEST = 40000,
    FAULT_BAD_STATEMENT = 40001,
    FAULT_QUERY_ENDPOINT = 40002,
    FAULT_PUSH_QUERIES = 40003,
    FAULT_HTTP2_ONLY = 40004,
    FAULT_NOT_FOUND = 40400,
    FAULT_NOT_ALLOWED = 40500,
    FAULT_NOT_ACCEPTABLE = 40600,
    FAULT_ASSERT = 41700,
    FAULT_SERVER = 50000,
    FAULT_BEHIND = 50301,
    FAULT_NOT_READY = 50302,
    FAULT_STOPPING = 50303,
    FAULT_STOPPED = 50304,
};

struct fault {
    int code;     /* 0 = none */
    bool generic; /* no statement in it */
    struct text message, statement;
};
void fault_free(struct fault *fault);
/* Replaces what was there. Returns -1. */
int fault_set(struct fault *fault, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Of a statement that failed. written: its text as far as it was rewritten. Returns -1. */
int fault_of(struct fault *fault, const struct error *error, const struct statement *statement, struct view written);
/* Of a text that does not parse; on_query: in the longer words of the query endpoints. Returns -1. */
int fault_syntax(struct fault *fault, const struct error *error, struct view script, bool on_query);
/* The object. entities: what was done before, an array's inside; empty = none. */
void fault_print(struct text *out, const struct fault *fault, struct view entities);
int fault_status(const struct fault *fault);
