/* Chooses what is to be compacted and has it done, one partition at a time, on a thread of its own, so that clients do
 * not wait for it. Broker thread, but for the work itself. */
#pragma once

#include "foundation/net/loop.h"
#include "server/broker/store.h"

struct cleaner;
struct cleaner *cleaner_new(struct store *store, struct loop *loop);
void cleaner_free(struct cleaner *cleaner); /* finishes what is under way, without effect */
/* Called now and then: starts a compaction when one is due and none is running. */
void cleaner_consider(struct cleaner *cleaner, int64_t now_ms);
