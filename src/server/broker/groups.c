#include "server/broker/groups.h"

#include <string.h>

#include "foundation/base/clock.h"
#include "foundation/base/log.h"
#include "foundation/base/map.h"
#include "foundation/base/memory.h"
#include "server/broker/group.h"

enum {
    GROUPS_MOST = 10000,
    PROTOCOLS_MOST = 100,  /* of a member */
    HELD_MOST = 256 << 20, /* bytes of what all members said: protocols' metadata and assignments */
    FORGOTTEN_AFTER_MS = 60000,
    TOLD_EVERY_MS = 10000,
    SESSION_LEAST_MS = 1000,
    SESSION_MOST_MS = 1800000
};
static const int64_t offsets_kept_ms = (int64_t)7 * 24 * 3600 * 1000;

struct groups {
    struct map *by_name;
    struct loop *loop;
    struct offsets *offsets;
    struct random random;
    int64_t opened_ms;
    size_t held;
    int64_t told_ms; /* when a refusal was last logged; 0 = never */
};

struct groups *groups_open(const struct groups_options *options, struct error *error) {
    struct groups *groups = memory_zero(1, sizeof *groups);
    groups->by_name = map_new(group_free);
    groups->loop = options->loop;
    groups->opened_ms = clock_monotonic_ms();
    random_seed(&groups->random, random_system_seed());
    groups->offsets = offsets_open(&options->offsets, error);
    if (!groups->offsets) {
        groups_close(groups);
        return NULL;
    }
    return groups;
}

void groups_close(struct groups *groups) {
    if (!groups)
        return;
    map_free(groups->by_name);
    offsets_close(groups->offsets);
    memory_free(groups);
}

static struct group *find_group(const struct groups *groups, struct view name) {
    return name.data ? map_get(groups->by_name, name) : NULL;
}

/* Nobody is in it and nothing is kept for it. */
static bool is_idle(const struct groups *groups, struct view name, const struct group *group) {
    return group->state == GROUP_EMPTY && group->members.count == 0 && group->pending.count == 0 &&
           !offsets_has_group(groups->offsets, name);
}

static void forget_idle(struct groups *groups, int64_t empty_since_ms) {
    VECTOR(char *) names = {0}; /* the map must not change while it is gone through */
    struct view name;
    void *group;
    for (size_t at = 0; map_next(groups->by_name, &at, &name, &group);)
        if (((struct group *)group)->empty_since_ms <= empty_since_ms && is_idle(groups, name, group))
            vector_push(&names, memory_copy_string(((struct group *)group)->name));
    for (size_t i = 0; i < names.count; i++) {
        map_remove(groups->by_name, view_of(names.items[i]));
        memory_free(names.items[i]);
    }
    vector_free(&names);
}

/* Told once in a while: who asks for too much may go on asking. */
static void tell_refusal(struct groups *groups, struct view name, const char *what) {
    int64_t now = clock_monotonic_ms() + 1;
    if (groups->told_ms && now - groups->told_ms < TOLD_EVERY_MS)
        return;
    groups->told_ms = now;
    log_warn("broker", "group %.*s: refused, %s", VIEW_ARGS(name), what);
}

static struct group *get_group(struct groups *groups, struct view name) {
    struct group *group = find_group(groups, name);
    if (group)
        return group;
    if (map_count(groups->by_name) >= GROUPS_MOST)
        forget_idle(groups, INT64_MAX);
    if (map_count(groups->by_name) >= GROUPS_MOST) {
        tell_refusal(groups, name, "there are as many groups as the broker takes; delete some that are empty");
        return NULL;
    }
    group = group_new(name, groups->loop, &groups->random, &groups->held);
    map_put(groups->by_name, name, group);
    return group;
}

void groups_expire(struct groups *groups, int64_t now_ms) {
    int64_t now = clock_monotonic_ms();
    struct view name;
    for (size_t at = 0; offsets_next_group(groups->offsets, &at, &name);) {
        const struct group *group = find_group(groups, name);
        int64_t empty_since = group ? group->empty_since_ms : groups->opened_ms;
        if ((!group || group->state == GROUP_EMPTY) && now - empty_since >= offsets_kept_ms)
            offsets_expire(groups->offsets, name, now_ms - offsets_kept_ms);
    }
    forget_idle(groups, now - FORGOTTEN_AFTER_MS);
}

/* --- joining --- */

/* At least one protocol in common with every member. */
static bool has_common_protocol(const struct group *group, const struct group_join *join) {
    for (size_t i = 0; i < group->members.count; i++) {
        const struct member *member = group->members.items[i];
        struct reader reader = join->protocols;
        bool common = member->instance && join->instance.data && view_equal(view_of(member->instance), join->instance);
        for (int32_t j = 0; j < join->protocol_count && !common; j++) {
            struct view name = read_string(&reader);
            read_bytes(&reader);
            read_tags(&reader);
            for (size_t k = 0; k < member->protocols.count; k++)
                common = common || view_equal(name, view_of(member->protocols.items[k].name));
        }
        if (!common)
            return false;
    }
    return true;
}

/* What a request would add to what is held, and a little more. */
static bool is_too_much(struct groups *groups, struct view name, const struct reader *words) {
    if (groups->held + (size_t)(words->end - words->at) <= HELD_MOST)
        return false;
    tell_refusal(groups, name,
                 "its members' metadata and assignments are too large, of all groups together the "
                 "broker will keep no more than 256 MiB");
    return true;
}

/* group NULL: there is none yet. */
static int16_t join_refusal(struct groups *groups, const struct group *group, const struct group_join *join) {
    if (join->session_ms < SESSION_LEAST_MS || join->session_ms > SESSION_MOST_MS)
        return KAFKA_INVALID_SESSION_TIMEOUT;
    if (join->protocol_count < 1 || join->protocol_count > PROTOCOLS_MOST || join->protocol_type.size == 0)
        return KAFKA_INCONSISTENT_GROUP_PROTOCOL;
    if (is_too_much(groups, join->group, &join->protocols))
        return KAFKA_GROUP_FULL;
    if (!group)
        return join->member.size ? KAFKA_UNKNOWN_MEMBER : KAFKA_OK;
    if (group->members.count && group->protocol_type && !view_equal(view_of(group->protocol_type), join->protocol_type))
        return KAFKA_INCONSISTENT_GROUP_PROTOCOL;
    if (!has_common_protocol(group, join))
        return KAFKA_INCONSISTENT_GROUP_PROTOCOL;
    bool is_new = join->member.size == 0 && !group_find_instance(group, join->instance);
    if (is_new && group->members.count + group->pending.count >= GROUP_MEMBERS_MOST)
        return KAFKA_GROUP_FULL;
    return KAFKA_OK;
}

/* Whoever came with an id is told it again, as Kafka does. */
static void refuse_join(const struct group_join *join, int16_t code, struct group_reply *reply) {
    struct text id = TEXT_EMPTY;
    text_append(&id, join->member);
    group_refuse_join(reply, code, text_string(&id));
    text_free(&id);
}

/* The member that joins: an old one, a static one that is back, or a new one. NULL: the reply was given. */
static struct member *admit(struct group *group, const struct group_join *join, struct group_reply *reply, bool *is_new,
                            bool *is_back) {
    struct member *former = group_find_instance(group, join->instance);
    if (join->member.size) {
        struct member *member = group_find(group, join->member);
        if (!member && !join->instance.data && group_take_pending(group, join->member)) {
            struct text id = TEXT_EMPTY;
            text_append(&id, join->member);
            member = group_add(group, join, text_string(&id));
            text_free(&id);
            *is_new = true;
        }
        if (member && (!join->instance.data || former == member))
            return member;
        refuse_join(join, join->instance.data && former ? KAFKA_FENCED_INSTANCE_ID : KAFKA_UNKNOWN_MEMBER, reply);
        return NULL;
    }
    if (former) {
        group_rename(group, former, join);
        *is_back = true;
        return former;
    }
    if (join->id_required && !join->instance.data) {
        char *id = group_new_member_id(group, join);
        group_add_pending(group, id, join->session_ms);
        group_refuse_join(reply, KAFKA_MEMBER_ID_REQUIRED, id);
        memory_free(id);
        return NULL;
    }
    *is_new = true;
    return group_add(group, join, NULL);
}

void groups_join(struct groups *groups, const struct group_join *join, struct group_reply reply) {
    if (join->group.size == 0) {
        refuse_join(join, KAFKA_INVALID_GROUP_ID, &reply);
        return;
    }
    int16_t refusal = join_refusal(groups, find_group(groups, join->group), join);
    struct group *group = refusal ? NULL : get_group(groups, join->group);
    if (!group) {
        refusal = refusal ? refusal : KAFKA_COORDINATOR_NOT_AVAILABLE;
        refuse_join(join, refusal, &reply);
        return;
    }
    bool is_new = false, is_back = false;
    struct member *member = admit(group, join, &reply, &is_new, &is_back);
    if (!member)
        return;
    bool unchanged = !is_new && group_same_protocols(member, join, is_back);
    if (!group->protocol_type || group->members.count == 1) {
        struct text type = TEXT_EMPTY;
        text_append(&type, join->protocol_type);
        memory_free(group->protocol_type);
        group->protocol_type = text_take(&type);
    }
    member->session_ms = join->session_ms;
    member->rebalance_ms = join->rebalance_ms > 0 ? join->rebalance_ms : join->session_ms;
    group_set_protocols(member, join);
    group_member_alive(member);
    if (member->join.context) /* an older request of the same member is overtaken */
        group_refuse_join(&member->join, KAFKA_UNKNOWN_MEMBER, member->id);
    member->join = reply;
    member->joined = true;
    bool leads = group->leader && strcmp(group->leader, member->id) == 0;
    /* the leader may be deciding for the id that a static member had before */
    bool stands =
        (group->state == GROUP_COMPLETING && !is_back) || (group->state == GROUP_STABLE && (!leads || is_back));
    if (unchanged && stands) { /* the present generation goes on */
        group_answer_joined(group, member, leads && is_back && group->state == GROUP_STABLE);
        return;
    }
    group_prepare(group);
    group_try_complete(group);
}

/* --- syncing, living, leaving --- */

static bool differs(struct view given, const char *have) {
    return given.data && !view_equal(given, view_of(have ? have : ""));
}

static int16_t sync_refusal(const struct group *group, const struct member *member, const struct group_sync *sync) {
    const struct member *other = group_find_instance(group, sync->instance);
    if (sync->instance.data && other && other != member)
        return KAFKA_FENCED_INSTANCE_ID;
    if (!member)
        return KAFKA_UNKNOWN_MEMBER;
    if (sync->generation != group->generation)
        return KAFKA_ILLEGAL_GENERATION;
    if (differs(sync->protocol_type, group->protocol_type) || differs(sync->protocol, group->protocol))
        return KAFKA_INCONSISTENT_GROUP_PROTOCOL;
    return group->state == GROUP_PREPARING ? KAFKA_REBALANCE_IN_PROGRESS : KAFKA_OK;
}

static void take_assignments(struct group *group, const struct group_sync *sync) {
    struct reader reader = sync->assignments;
    for (int32_t i = 0; i < sync->assignment_count; i++) {
        struct view id = read_string(&reader), assignment = read_bytes(&reader);
        struct member *to = group_find(group, id);
        read_tags(&reader);
        if (to)
            group_set_assignment(to, assignment);
    }
}

void groups_sync(struct groups *groups, const struct group_sync *sync, struct group_reply reply) {
    struct group *group = find_group(groups, sync->group);
    struct member *member = group_find(group, sync->member);
    int16_t code = sync->group.size == 0 ? KAFKA_INVALID_GROUP_ID : sync_refusal(group, member, sync);
    if (!code && is_too_much(groups, sync->group, &sync->assignments))
        code = KAFKA_COORDINATOR_NOT_AVAILABLE;
    if (code) {
        struct group_synced synced = {.error = code};
        reply.synced(reply.context, &synced);
        return;
    }
    group_member_alive(member);
    if (member->sync.context)
        group_answer_synced(group, member, KAFKA_UNKNOWN_MEMBER); /* overtaken */
    member->sync = reply;
    member->synced = true;
    if (group->state == GROUP_STABLE) {
        group_answer_synced(group, member, KAFKA_OK);
    } else if (strcmp(group->leader, member->id) == 0) { /* the others wait until the leader has decided */
        take_assignments(group, sync);
        group_stabilise(group);
    }
}

static int16_t check_member(const struct group *group, int32_t generation, struct view id, struct view instance) {
    const struct member *member = group_find(group, id), *other = group_find_instance(group, instance);
    if (instance.data && other && other != member)
        return KAFKA_FENCED_INSTANCE_ID;
    if (!member)
        return KAFKA_UNKNOWN_MEMBER;
    return generation == group->generation ? KAFKA_OK : KAFKA_ILLEGAL_GENERATION;
}

int16_t groups_heartbeat(struct groups *groups, struct view name, int32_t generation, struct view member_id,
                         struct view instance) {
    struct group *group = find_group(groups, name);
    int16_t code = name.size ? check_member(group, generation, member_id, instance) : KAFKA_INVALID_GROUP_ID;
    if (code)
        return code;
    group_member_alive(group_find(group, member_id));
    return group->state == GROUP_PREPARING ? KAFKA_REBALANCE_IN_PROGRESS : KAFKA_OK;
}

int16_t groups_leave(struct groups *groups, struct view name, struct view member_id, struct view instance) {
    struct group *group = find_group(groups, name);
    struct member *former = group_find_instance(group, instance);
    if (name.size == 0)
        return KAFKA_INVALID_GROUP_ID;
    if (member_id.size && former && !view_equal(view_of(former->id), member_id))
        return KAFKA_FENCED_INSTANCE_ID;
    struct member *member = member_id.size ? group_find(group, member_id) : former;
    if (!member)
        return member_id.size && group_take_pending(group, member_id) ? KAFKA_OK : KAFKA_UNKNOWN_MEMBER;
    group_remove(group, member);
    return KAFKA_OK;
}

void groups_forget(struct groups *groups, void *context) {
    size_t at = 0;
    void *value;
    while (map_next(groups->by_name, &at, NULL, &value)) {
        const struct group *group = value;
        for (size_t i = 0; i < group->members.count; i++) {
            struct member *member = group->members.items[i];
            if (member->join.context == context)
                member->join = (struct group_reply){0};
            if (member->sync.context == context)
                member->sync = (struct group_reply){0};
        }
    }
}

/* --- offsets --- */

int16_t groups_may_commit(struct groups *groups, struct view name, int32_t generation, struct view member_id,
                          struct view instance) {
    struct group *group = find_group(groups, name);
    if (name.size == 0 && generation >= 0)
        return KAFKA_INVALID_GROUP_ID;
    if (generation < 0 && (!group || group->members.count == 0)) /* without membership, while nobody is in the group */
        return KAFKA_OK;
    if (!group)
        return KAFKA_ILLEGAL_GENERATION;
    int16_t code = check_member(group, generation, member_id, instance);
    if (code)
        return code;
    if (group->state == GROUP_COMPLETING) /* what it committed may be somebody else's by now */
        return KAFKA_REBALANCE_IN_PROGRESS;
    group_member_alive(group_find(group, member_id));
    return KAFKA_OK;
}

int16_t groups_commit(struct groups *groups, struct view name, struct view topic, int32_t partition,
                      const struct committed *committed) {
    if (!offsets_has_group(groups->offsets, name) && offsets_group_count(groups->offsets) >= GROUPS_MOST) {
        tell_refusal(groups, name, "offsets of as many groups as the broker takes are kept; delete some groups");
        return KAFKA_COORDINATOR_NOT_AVAILABLE;
    }
    if (committed->metadata.size > OFFSETS_METADATA_MOST)
        return KAFKA_OFFSET_METADATA_TOO_LARGE;
    return offsets_set(groups->offsets, name, topic, partition, committed) == 0 ? KAFKA_OK
                                                                                : KAFKA_COORDINATOR_NOT_AVAILABLE;
}

bool groups_offset(const struct groups *groups, struct view name, struct view topic, int32_t partition,
                   struct committed *committed) {
    return offsets_get(groups->offsets, name, topic, partition, committed);
}

bool groups_next_offset(const struct groups *groups, struct view name, size_t *at, const char **topic,
                        int32_t *partition, struct committed *committed) {
    return offsets_next(groups->offsets, name, at, topic, partition, committed);
}

int16_t groups_delete(struct groups *groups, struct view name) {
    const struct group *group = find_group(groups, name);
    if (group && group->members.count)
        return KAFKA_NON_EMPTY_GROUP;
    if (!group && !offsets_has_group(groups->offsets, name))
        return KAFKA_GROUP_ID_NOT_FOUND;
    if (offsets_delete_group(groups->offsets, name) != 0)
        return KAFKA_COORDINATOR_NOT_AVAILABLE;
    map_remove(groups->by_name, name);
    return KAFKA_OK;
}

int16_t groups_may_delete_offsets(const struct groups *groups, struct view name) {
    const struct group *group = find_group(groups, name);
    if (!group && !offsets_has_group(groups->offsets, name))
        return KAFKA_GROUP_ID_NOT_FOUND;
    bool others =
        group && group->members.count && group->protocol_type && strcmp(group->protocol_type, "consumer") != 0;
    return others ? KAFKA_NON_EMPTY_GROUP : KAFKA_OK; /* what such members read is not known */
}

/* ConsumerProtocolSubscription: version, then the topics. */
static bool is_subscribed(const struct group *group, struct view topic) {
    for (size_t i = 0; group && group->protocol && i < group->members.count; i++) {
        struct view metadata = group_metadata(group->members.items[i], group->protocol);
        struct reader reader = {.at = metadata.data, .end = metadata.data + metadata.size};
        read_int16(&reader);
        for (int32_t count = read_array(&reader, 2); count > 0 && !reader.broken; count--)
            if (view_equal(read_string(&reader), topic))
                return true;
    }
    return false;
}

int16_t groups_delete_offset(struct groups *groups, struct view name, struct view topic, int32_t partition) {
    if (is_subscribed(find_group(groups, name), topic))
        return KAFKA_GROUP_SUBSCRIBED;
    return offsets_remove(groups->offsets, name, topic, partition) == 0 ? KAFKA_OK : KAFKA_COORDINATOR_NOT_AVAILABLE;
}

void groups_topic_deleted(struct groups *groups, struct view topic) {
    offsets_forget_topic(groups->offsets, topic);
}

/* --- facts --- */

static void describe(const struct groups *groups, struct view name, const struct group *group,
                     struct group_facts *facts) {
    bool known = group || offsets_has_group(groups->offsets, name);
    bool typed = group && group->protocol_type;
    *facts = (struct group_facts){
        .name = name,
        .state = known ? group_state_names[group ? group->state : GROUP_EMPTY] : "Dead",
        .protocol_type = typed   ? group->protocol_type
                         : known ? "consumer"
                                 : "",
        .protocol = group && group->state == GROUP_STABLE ? group->protocol : "",
        .member_count = group ? group->members.count : 0,
    };
}

bool groups_next(const struct groups *groups, size_t *at, struct group_facts *facts) {
    size_t count = map_count(groups->by_name);
    struct view name;
    void *group;
    if (*at < count) {
        size_t own = 0;
        for (size_t i = 0; i <= *at; i++)
            map_next(groups->by_name, &own, &name, &group);
        (*at)++;
        describe(groups, name, group, facts);
        return true;
    }
    /* then those known by their offsets only: nobody joined since the start */
    size_t own = 0, seen = count;
    while (offsets_next_group(groups->offsets, &own, &name)) {
        if (find_group(groups, name) || seen++ < *at)
            continue;
        (*at)++;
        describe(groups, name, NULL, facts);
        return true;
    }
    return false;
}

void groups_find(const struct groups *groups, struct view name, struct group_facts *facts) {
    describe(groups, name, find_group(groups, name), facts);
}

void groups_member(const struct groups *groups, struct view name, size_t at, struct group_member_facts *facts) {
    const struct group *group = find_group(groups, name);
    const struct member *member = group->members.items[at];
    *facts = (struct group_member_facts){
        member->id,
        member->instance,
        member->client_id,
        member->client_host,
        group->protocol ? group_metadata(member, group->protocol) : VIEW(""),
        {text_string(&member->assignment), member->assignment.size},
    };
}
