/* Committed offsets, kept in the compacted topic __consumer_offsets in Kafka's own record format, so that its tools
 * read them. In memory the latest of each; what set has returned is in the log. Broker thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "foundation/base/error.h"
#include "foundation/base/text.h"
#include "server/broker/store.h"

enum { OFFSETS_METADATA_MOST = 4096 };
struct committed {
    int64_t offset;
    int32_t leader_epoch; /* -1: not told */
    struct view metadata; /* lent */
    int64_t commit_ms;    /* filled in by set */
};
struct offsets;
struct offsets_options {
    struct store *store; /* the topic is made with the first commit */
    const struct clock *clock;
    void (*written)(void *context, struct partition *partition); /* after each append */
    void (*trouble)(void *context, const struct error *error);
    void *context;
};
struct offsets *offsets_open(const struct offsets_options *options, struct error *error); /* reads the topic */
void offsets_close(struct offsets *offsets);
int offsets_set(struct offsets *offsets, struct view group, struct view topic, int32_t partition,
                const struct committed *committed);
int offsets_remove(struct offsets *offsets, struct view group, struct view topic, int32_t partition);
bool offsets_get(const struct offsets *offsets, struct view group, struct view topic, int32_t partition,
                 struct committed *committed);
/* by topic, then partition */
bool offsets_next(const struct offsets *offsets, struct view group, size_t *at, const char **topic, int32_t *partition,
                  struct committed *committed);
bool offsets_has_group(const struct offsets *offsets, struct view group);
size_t offsets_group_count(const struct offsets *offsets);
bool offsets_next_group(const struct offsets *offsets, size_t *at, struct view *group);
int offsets_delete_group(struct offsets *offsets, struct view group);
void offsets_forget_topic(struct offsets *offsets, struct view topic);
void offsets_expire(struct offsets *offsets, struct view group, int64_t oldest_ms); /* those committed before */
