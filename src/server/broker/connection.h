/* One client's connection: requests in order, answers in order, bounded in both directions. Broker thread. */
#pragma once

#include "server/broker/handler.h"

/* changed: it went, or it has said who it is. NULL when this address has too many already (logged), or it is gone. */
struct connection *connection_open(struct broker_core *core, int descriptor, const char *peer,
                                   void (*changed)(void *context), void *context);
void connection_close(struct connection *connection);
/* With sync: what was answered in this turn is on the disk, or is not and must not be answered. */
void connection_release(struct connection *connection, bool durable);
/* After appends: parked fetches that wait for any of it look again. */
void connection_look_again(struct connection *connection, uint64_t interest);
/* Once in a while: closes the connection when it has been silent, or has taken nothing of its answers, for too long. */
void connection_look_after(struct connection *connection, int64_t now_ms);
void connection_describe(const struct connection *connection, struct broker_peer *peer);
struct connection *connection_next(const struct connection *connection);
