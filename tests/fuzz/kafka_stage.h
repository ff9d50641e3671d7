/* client/kafka.h without a Kafka: topics, records and offsets of groups in the memory of one input. Linked in the place
 * of client/kafka; where a record goes by its key is the real one's. */
#pragma once

#include "fuzz/fuzz.h"

/* The topics of all: 's' of two partitions, 'u' of one. kept: the pieces of the input that begin with '=', a NUL behind
 * each, as "=PLACE KEY\nVALUE": place 0 is the topic `tape` of one partition, then s 0, s 1, u 0. An empty key or value
 * is null. */
void kafka_stage_open(const char *tape, struct fuzz_input *kept);
/* What used it has been freed. */
void kafka_stage_close(void);
