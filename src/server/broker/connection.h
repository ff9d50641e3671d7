/* One client's connection: requests in order, answers in order, bounded in both directions. Broker thread. */
#pragma once

#include "server/broker/handler.h"

struct connection *connection_open(struct broker_core *core, int descriptor, const char *peer,
                                   void (*closed)(void *context), void *context);
void connection_close(struct connection *connection);
/* With sync: what was answered in this turn is on the disk, or is not and must not be answered. */
void connection_release(struct connection *connection, bool durable);
/* After appends: parked fetches that wait for any of it look again. */
void connection_look_again(struct connection *connection, uint64_t interest);
struct connection *connection_next(const struct connection *connection);
