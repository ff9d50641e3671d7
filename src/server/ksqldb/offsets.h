/* Positions of queries as committed offsets of their consumer groups, so that every tool shows their lag. A thread of
 * its own with the newest positions, about once a second; what fails is tried again with the next ones: nothing depends
 * on it, the changelogs hold the truth. */
#pragma once

#include "client/profile.h"
#include "foundation/base/text.h"

struct offsets;
struct offsets *offsets_start(struct profile *profile);
void offsets_stop(struct offsets *offsets); /* commits what it has, for a second at most; accepts NULL */

/* Everything at once, replacing what still waits: begin, add, send. Engine thread. */
struct offsets_list;
struct offsets_list *offsets_list_new(void);
void offsets_list_add(struct offsets_list *list, const char *group, struct view topic, int32_t partition,
                      int64_t offset);
void offsets_send(struct offsets *offsets, struct offsets_list *list); /* takes the list */
