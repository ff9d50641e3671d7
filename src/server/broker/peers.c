#include "server/broker/peers.h"

#include <string.h>

#include "foundation/base/clock.h"
#include "foundation/base/memory.h"

enum { KEPT_MS = 60000 }; /* a client that comes again does not get a new bucket at once */

void peers_free(struct peers *peers) {
    for (size_t i = 0; i < peers->items.count; i++)
        memory_free(peers->items.items[i]);
    vector_free(&peers->items);
}

static size_t host_size(const char *address) {
    const char *colon = strrchr(address, ':');
    return colon ? (size_t)(colon - address) : strlen(address);
}

static bool is_forgotten(const struct peer *peer, int64_t now) {
    for (int use = 0; use < PEER_USES; use++)
        if (peer->at_ms[use] && now - peer->at_ms[use] < KEPT_MS)
            return false;
    return peer->connections == 0;
}

struct peer *peers_join(struct peers *peers, const char *address) {
    size_t size = host_size(address);
    int64_t now = clock_monotonic_ms();
    for (size_t i = peers->items.count; i-- > 0;) {
        struct peer *peer = peers->items.items[i];
        if (strlen(peer->host) == size && memcmp(peer->host, address, size) == 0) {
            peer->connections++;
            return peer;
        }
        if (is_forgotten(peer, now)) {
            memory_free(peer);
            vector_remove(&peers->items, i);
        }
    }
    struct peer *peer = memory_zero(1, sizeof *peer);
    memcpy(peer->host, address, size < sizeof peer->host ? size : sizeof peer->host - 1);
    peer->connections = 1;
    vector_push(&peers->items, peer);
    return peer;
}

void peers_leave(struct peers *peers, struct peer *peer) {
    if (--peer->connections > 0 || !is_forgotten(peer, clock_monotonic_ms()))
        return;
    for (size_t i = 0; i < peers->items.count; i++) {
        if (peers->items.items[i] == peer) {
            memory_free(peer);
            vector_remove(&peers->items, i);
            return;
        }
    }
}

int32_t peer_charge(struct peer *peer, enum peer_use use, size_t bytes, int64_t rate, int64_t now_ms) {
    if (rate <= 0)
        return 0;
    double *owed = &peer->owed[use];
    double paid = (double)(now_ms - peer->at_ms[use]) * (double)rate / 1000;
    *owed = *owed - paid > -(double)rate && peer->at_ms[use] ? *owed - paid : -(double)rate;
    *owed += (double)bytes;
    peer->at_ms[use] = now_ms;
    if (*owed <= 0)
        return 0;
    double wait = *owed * 1000 / (double)rate;
    return wait < PEER_WAIT_MOST_MS ? (int32_t)wait + 1 : PEER_WAIT_MOST_MS;
}
