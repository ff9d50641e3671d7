/* Classic consumer groups: membership, rebalances, committed offsets. Any protocol type. Broker thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "foundation/base/error.h"
#include "foundation/base/text.h"
#include "foundation/net/loop.h"
#include "server/broker/cursor.h"
#include "server/broker/offsets.h"

struct groups;
struct groups_options {
    struct loop *loop;
    struct offsets_options offsets;
};
struct groups *groups_open(const struct groups_options *options, struct error *error);
void groups_close(struct groups *groups);
/* Offsets of groups that have been empty for seven days of service are forgotten; called now and then. */
void groups_expire(struct groups *groups, int64_t now_ms);

/* --- membership: answers may come later; everything in them is lent for the call --- */
struct group_member_view {
    const char *id, *instance; /* instance NULL: not static */
    struct view metadata;
};
struct group_joined {
    int16_t error;
    int32_t generation; /* -1 with an error */
    const char *protocol_type, *protocol, *leader, *member;
    bool skip_assignment;                    /* a leader that came back: the assignment stands */
    const struct group_member_view *members; /* for the leader */
    size_t member_count;
};
struct group_synced {
    int16_t error;
    const char *protocol_type, *protocol;
    struct view assignment;
};
struct group_reply { /* one of them, called once */
    void (*joined)(void *context, const struct group_joined *joined);
    void (*synced)(void *context, const struct group_synced *synced);
    void *context;
};
struct group_join {
    struct view group, member, instance, protocol_type, client_id, client_host;
    int32_t session_ms, rebalance_ms;
    struct reader protocols; /* at the first of them; checked by the caller */
    int32_t protocol_count;
    bool id_required; /* a new member is first told its id and comes again with it (KIP-394) */
};
struct group_sync {
    struct view group, member, instance, protocol_type, protocol; /* the last two may be null */
    int32_t generation;
    struct reader assignments; /* at the first of them; checked by the caller */
    int32_t assignment_count;
};
void groups_join(struct groups *groups, const struct group_join *join, struct group_reply reply);
void groups_sync(struct groups *groups, const struct group_sync *sync, struct group_reply reply);
int16_t groups_heartbeat(struct groups *groups, struct view group, int32_t generation, struct view member,
                         struct view instance);
int16_t groups_leave(struct groups *groups, struct view group, struct view member, struct view instance);
/* A connection is gone: replies that wait for it must not be sent. */
void groups_forget(struct groups *groups, void *context);

/* --- offsets --- */
int16_t groups_may_commit(struct groups *groups, struct view group, int32_t generation, struct view member,
                          struct view instance);
int16_t groups_commit(struct groups *groups, struct view group, struct view topic, int32_t partition,
                      const struct committed *committed);
bool groups_offset(const struct groups *groups, struct view group, struct view topic, int32_t partition,
                   struct committed *committed);
/* for (size_t at = 0; groups_next_offset(...);) every committed offset of the group, by topic, then partition */
bool groups_next_offset(const struct groups *groups, struct view group, size_t *at, const char **topic,
                        int32_t *partition, struct committed *committed);
int16_t groups_may_delete_offsets(const struct groups *groups, struct view group);
/* GROUP_SUBSCRIBED while a member reads the topic. */
int16_t groups_delete_offset(struct groups *groups, struct view group, struct view topic, int32_t partition);
void groups_topic_deleted(struct groups *groups, struct view topic);
int16_t groups_delete(struct groups *groups, struct view group);

/* --- facts; lent until the next change --- */
struct group_facts {
    struct view name;
    const char *state, *protocol_type, *protocol; /* protocol "" unless stable */
    size_t member_count;
};
struct group_member_facts {
    const char *id, *instance, *client_id, *client_host;
    struct view metadata, assignment;
};
bool groups_next(const struct groups *groups, size_t *at,
                 struct group_facts *facts); /* known by members or by offsets */
void groups_find(const struct groups *groups, struct view name, struct group_facts *facts);
void groups_member(const struct groups *groups, struct view name, size_t at, struct group_member_facts *facts);
