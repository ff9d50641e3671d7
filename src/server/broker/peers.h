/* Those who are connected, by address: how many connections each has, and what it may still produce and fetch. A bucket
 * that fills with the rate and holds a second of it; who takes more waits until it is filled again. Broker thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "foundation/base/vector.h"

enum peer_use { PEER_PRODUCES, PEER_FETCHES, PEER_USES };
struct peer {
    char host[64];
    int connections;
    double owed[PEER_USES]; /* bytes above what the rate allowed so far */
    int64_t at_ms[PEER_USES];
    int64_t told_ms; /* when a refusal was last logged; 0 = never */
};
struct peers {
    VECTOR(struct peer *) items;
};
void peers_free(struct peers *peers);
/* address: "10.0.0.7:51234". Counts the connection. */
struct peer *peers_join(struct peers *peers, const char *address);
void peers_leave(struct peers *peers, struct peer *peer); /* freed with its last connection once nothing is owed */
/* Milliseconds that this address waits after `bytes` more; at most PEER_WAIT_MOST_MS at once. rate 0: none. */
enum { PEER_WAIT_MOST_MS = 10000 };
int32_t peer_charge(struct peer *peer, enum peer_use use, size_t bytes, int64_t rate, int64_t now_ms);
