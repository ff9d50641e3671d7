/* The readers at work, by number. Engine thread only. A reader that is closed ends on its own time: nobody waits for
 * it, and what it still sends is not taken. */
#pragma once

#include "server/ksqldb/reader.h"

struct readers;
struct readers *readers_new(struct profile *profile, struct mailbox *inbox); /* both lent */
void readers_free(struct readers *readers);                                  /* joins all; the inbox must be closed */

void readers_open(struct readers *readers, uint64_t number, struct view topic, const int64_t *offsets,
                  size_t partitions);
void readers_close(struct readers *readers, uint64_t number);
void readers_hold(struct readers *readers, uint64_t number, bool held);
bool readers_takes(const struct readers *readers, const struct reader_block *block); /* false: of a closed one */
void readers_more(struct readers *readers, uint64_t number);
/* Joins the one that ended. True when it was not closed: its error is news. */
bool readers_ended(struct readers *readers, const struct reader_end *end);
