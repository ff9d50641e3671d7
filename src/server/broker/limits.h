/* What clients may take of the broker: one row a limit, under the names that Kafka has for them where it has any. */
#pragma once

#include <stdint.h>

#include "foundation/base/error.h"
#include "foundation/base/text.h"

struct broker_limits {
    int64_t connections, connections_each; /* of all; of one address */
    int64_t request_bytes;                 /* largest request */
    int64_t requests_bytes;                /* half requests of all clients together */
    int64_t answer_bytes, answers_bytes;   /* unsent answers: of a connection, of all together */
    int64_t produce_rate, fetch_rate;      /* bytes a second of one address; 0 = as fast as it goes */
    int64_t idle_ms, stalled_ms;           /* a connection without requests; one that takes nothing of its answers */
};
struct broker_limit {
    const char *name;
    int64_t value, least, most; /* value: unless another is given */
    size_t at;                  /* in broker_limits */
    const char *help;
};
extern const struct broker_limit broker_limit_rows[];
extern const size_t broker_limit_count;

/* text: NAME=VALUE, comma between two; NULL or empty: the usual limits. ERROR_INVALID names what is wrong, and for an
 * unknown name all that there are. */
int broker_limits_read(struct broker_limits *limits, const char *text, struct error *error);
int64_t broker_limit_get(const struct broker_limits *limits, const struct broker_limit *row);
