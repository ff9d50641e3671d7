/* What the server writes to Kafka: one idempotent producer. Engine thread only. */
#pragma once

#include "client/profile.h"
#include "ksql/engine/engine.h"

struct writer;
/* give_up_ms: after which a record that nobody acknowledged has failed; 0 = never, it goes out when Kafka is back. */
struct writer *writer_new(const struct profile *profile, int give_up_ms, struct error *error);
void writer_free(struct writer *writer); /* what waits is dropped: flush first */

/* Copies. Waits for room in the queue as long as Kafka takes records. */
int writer_write(struct writer *writer, struct view topic, const struct engine_record *record, struct error *error);
/* Until all is acknowledged. Returns the first failure since the last flush; ERROR_TIMEOUT or what stands in the way
 * while Kafka is away: the records stay in the queue, a later flush waits for them again, and not so long. */
int writer_flush(struct writer *writer, struct error *error);
/* The last flush did not end, or an append: Kafka is away, as far as is known. */
bool writer_is_away(const struct writer *writer);
/* One record to partition 0, acknowledged on return. ERROR_TIMEOUT of a writer that never gives up: it goes out later,
 * in its place. */
int writer_append(struct writer *writer, const char *topic, struct view key, struct view value, int64_t *offset,
                  struct error *error);
