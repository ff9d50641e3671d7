/* client/journal.h without Kafka: what is written is kept by nobody, and what was kept before comes out of a fuzz
 * input. */
#pragma once

#include "fuzz/fuzz.h"

/* For the next journal_open of this thread, whose topics have these records: pieces "=N KEY", a line's end, the value
 * (none: a tombstone), a NUL between two; N is the topic's place. Taken off the front of the input. */
void journal_stage_records(struct fuzz_input *input);
