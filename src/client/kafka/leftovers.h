/* The queues of the partitions that a consumer was assigned, kept until it ends. librdkafka up to 2.6.0 leaves the
 * error of a topic that was deleted in the partition's own queue; the error holds on to the partition and the partition
 * to its queue, so that destroying the handle waits for ever (its issue 4724). Emptying those queues first lets go of
 * both. Owner's thread. */
#pragma once

#include <librdkafka/rdkafka.h>

struct kafka_leftovers; /* NULL is an empty one */

/* Right after rd_kafka_assign. An older queue of the same partition is emptied. */
void kafka_leftovers_note(struct kafka_leftovers **leftovers, rd_kafka_t *handle,
                          const rd_kafka_topic_partition_list_t *assigned);
/* After the consumer was closed, before its handle is destroyed. */
void kafka_leftovers_clear(struct kafka_leftovers **leftovers);
