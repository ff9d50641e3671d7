/* Classic consumer groups: membership, rebalances, committed offsets. Any protocol type. Broker thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "foundation/base/error.h"
#include "foundation/base/text.h"
#include "foundation/net/loop.h"
#include "server/broker/cursor.h"

struct groups;
/* Offsets are kept in folder/group-offsets, appended before a commit is acknowledged. */
struct groups *groups_open(const char *folder, struct loop *loop, struct error *error);
void groups_close(struct groups *groups);

/* A join or sync that waits is answered later through this; wrote: the body; the callback gets it once. */
struct group_reply {
    void (*answer)(void *context, struct text *body);
    void *context;
    int16_t version;
};
struct group_join {
    struct view group, member, instance, protocol_type, client_id, client_host;
    int32_t session_ms, rebalance_ms;
    struct view protocols; /* the request's array, still encoded: count checked by the caller */
    int32_t protocol_count;
};
void groups_join(struct groups *groups, const struct group_join *join, struct group_reply reply);
void groups_sync(struct groups *groups, struct view group, int32_t generation, struct view member, struct view instance,
                 struct reader assignments, int32_t assignment_count, struct group_reply reply);
int16_t groups_heartbeat(struct groups *groups, struct view group, int32_t generation, struct view member,
                         struct view instance);
int16_t groups_leave(struct groups *groups, struct view group, struct view member, struct view instance);
/* A connection is gone: replies that wait for it must not be sent. */
void groups_forget(struct groups *groups, void *context);

int16_t groups_may_commit(struct groups *groups, struct view group, int32_t generation, struct view member,
                          struct view instance);
int groups_commit(struct groups *groups, struct view group, struct view topic, int32_t partition, int64_t offset,
                  struct view metadata, struct error *error);
bool groups_offset(const struct groups *groups, struct view group, struct view topic, int32_t partition,
                   int64_t *offset, const char **metadata);
/* for (size_t at = 0; groups_next_offset(...);) every committed offset of the group */
bool groups_next_offset(const struct groups *groups, struct view group, size_t *at, const char **topic,
                        int32_t *partition, int64_t *offset, const char **metadata);
int16_t groups_delete(struct groups *groups, struct view group);
int16_t groups_delete_offset(struct groups *groups, struct view group, struct view topic, int32_t partition);
void groups_topic_deleted(struct groups *groups, struct view topic);

void groups_list(const struct groups *groups, struct text *out); /* array of name, protocol type */
void groups_describe(const struct groups *groups, struct view group, int16_t version, struct text *out);
