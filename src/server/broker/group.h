/* One group and its state machine, as Kafka's coordinator has it: Empty, PreparingRebalance (members join),
 * CompletingRebalance (the leader decides), Stable. Private to groups.c and group.c. Broker thread. */
#pragma once

#include "foundation/base/random.h"
#include "foundation/base/vector.h"
#include "server/broker/groups.h"
#include "server/broker/protocol.h"

enum { GROUP_MEMBERS_MOST = 1000 };
enum group_state { GROUP_EMPTY, GROUP_PREPARING, GROUP_COMPLETING, GROUP_STABLE };
extern const char *const group_state_names[];

struct protocol {
    char *name;
    struct text metadata;
};
struct member {
    char *id, *instance, *client_id, *client_host;
    int32_t session_ms, rebalance_ms;
    VECTOR(struct protocol) protocols;
    struct text assignment;
    bool joined, synced;           /* in this rebalance */
    struct group_reply join, sync; /* waiting; context NULL = none */
    struct loop_timer *session;
    struct group *group;
};
struct pending { /* was told its id and has not come back with it yet */
    char *id;
    struct loop_timer *session;
    struct group *group;
};
struct group {
    char *name, *protocol_type, *protocol, *leader;
    enum group_state state;
    int32_t generation;
    int64_t empty_since_ms; /* monotonic */
    VECTOR(struct member *) members;
    VECTOR(struct pending *) pending;
    struct loop_timer *rebalance;
    struct loop *loop;
    struct random *random;
    size_t *held; /* bytes of what members said, of all groups */
};

struct group *group_new(struct view name, struct loop *loop, struct random *random, size_t *held);
void group_free(void *group);
struct member *group_find(const struct group *group, struct view id); /* group may be NULL */
struct member *group_find_instance(const struct group *group, struct view instance);
struct member *group_add(struct group *group, const struct group_join *join, const char *id); /* id NULL: a new one */
char *group_new_member_id(struct group *group, const struct group_join *join);                /* caller frees */
/* A static member is back: it gets a new id, whoever used the old one is fenced. */
void group_rename(struct group *group, struct member *member, const struct group_join *join);
void group_add_pending(struct group *group, const char *id, int32_t session_ms);
bool group_take_pending(struct group *group, struct view id);
void group_remove(struct group *group, struct member *member); /* and rebalances */
void group_set_protocols(struct member *member, const struct group_join *join);
/* topics: what else a consumer says, as which partitions it owned, may differ. */
bool group_same_protocols(const struct member *member, const struct group_join *join, bool topics);
void group_set_assignment(struct member *member, struct view assignment);
void group_member_alive(struct member *member);

void group_prepare(struct group *group);      /* a rebalance begins, unless one is under way */
void group_try_complete(struct group *group); /* all are there */
void group_stabilise(struct group *group);    /* the leader has decided */
void group_answer_joined(struct group *group, struct member *member, bool skip_assignment);
void group_refuse_join(struct group_reply *reply, int16_t code, const char *member_id);
void group_answer_synced(const struct group *group, struct member *member, int16_t code);
struct view group_metadata(const struct member *member, const char *protocol);
