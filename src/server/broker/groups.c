#include "server/broker/groups.h"

#include <stdio.h>
#include <string.h>

#include "foundation/base/map.h"
#include "foundation/base/memory.h"
#include "foundation/base/random.h"
#include "foundation/base/vector.h"
#include "server/broker/offsets.h"
#include "server/broker/protocol.h"

enum { MEMBERS_MOST = 1000, GROUPS_MOST = 10000, SESSION_LEAST_MS = 1000, SESSION_MOST_MS = 1800000 };
enum group_state { GROUP_EMPTY, GROUP_PREPARING, GROUP_COMPLETING, GROUP_STABLE };

static const char *const state_names[] = {"Empty", "PreparingRebalance", "CompletingRebalance", "Stable"};

struct protocol {
    char *name;
    struct text metadata;
};
struct member {
    char *id, *instance, *client_id, *client_host;
    int32_t session_ms, rebalance_ms;
    VECTOR(struct protocol) protocols;
    struct text assignment;
    bool joined;                   /* in this rebalance */
    struct group_reply join, sync; /* waiting; answer NULL = none */
    struct loop_timer *session;
    struct group *group;
};
struct group {
    char *name, *protocol_type, *protocol, *leader;
    enum group_state state;
    int32_t generation;
    VECTOR(struct member *) members;
    struct loop_timer *rebalance;
    struct groups *groups;
};
struct groups {
    struct map *by_name;
    struct loop *loop;
    struct offsets *offsets;
    struct random random;
};

static void member_free(struct member *member) {
    loop_timer_remove(member->session);
    for (size_t i = 0; i < member->protocols.count; i++) {
        memory_free(member->protocols.items[i].name);
        text_free(&member->protocols.items[i].metadata);
    }
    vector_free(&member->protocols);
    text_free(&member->assignment);
    memory_free(member->id);
    memory_free(member->instance);
    memory_free(member->client_id);
    memory_free(member->client_host);
    memory_free(member);
}

static void group_free(void *value) {
    struct group *group = value;
    for (size_t i = 0; i < group->members.count; i++)
        member_free(group->members.items[i]);
    vector_free(&group->members);
    loop_timer_remove(group->rebalance);
    memory_free(group->name);
    memory_free(group->protocol_type);
    memory_free(group->protocol);
    memory_free(group->leader);
    memory_free(group);
}

struct groups *groups_open(const char *folder, struct loop *loop, struct error *error) {
    struct groups *groups = memory_zero(1, sizeof *groups);
    groups->by_name = map_new(group_free);
    groups->loop = loop;
    random_seed(&groups->random, random_system_seed());
    groups->offsets = offsets_open(folder, error);
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

static char *copy_view(struct view view) {
    struct text text = TEXT_EMPTY;
    if (!view.data)
        return NULL;
    text_append(&text, view);
    return text_take(&text);
}

static struct group *find_group(const struct groups *groups, struct view name) {
    return name.data ? map_get(groups->by_name, name) : NULL;
}

static struct member *find_member(const struct group *group, struct view id) {
    for (size_t i = 0; group && i < group->members.count; i++)
        if (view_equal(view_of(group->members.items[i]->id), id))
            return group->members.items[i];
    return NULL;
}

static struct member *find_instance(const struct group *group, struct view instance) {
    for (size_t i = 0; group && instance.data && i < group->members.count; i++)
        if (group->members.items[i]->instance && view_equal(view_of(group->members.items[i]->instance), instance))
            return group->members.items[i];
    return NULL;
}

/* --- answers --- */

static void answer(struct group_reply *reply, struct text *body) {
    struct group_reply taken = *reply;
    *reply = (struct group_reply){0};
    if (taken.answer)
        taken.answer(taken.context, body);
    text_free(body);
}

static void answer_join_error(struct group_reply *reply, int16_t code, const char *member_id) {
    struct text body = TEXT_EMPTY;
    if (reply->version >= 2)
        write_int32(&body, 0);
    write_int16(&body, code);
    write_int32(&body, -1);
    write_string(&body, "");
    write_string(&body, "");
    write_string(&body, member_id ? member_id : "");
    write_int32(&body, 0);
    answer(reply, &body);
}

static void answer_sync(struct group_reply *reply, int16_t code, struct view assignment) {
    struct text body = TEXT_EMPTY;
    if (reply->version >= 1)
        write_int32(&body, 0);
    write_int16(&body, code);
    write_bytes(&body, assignment.data ? assignment : VIEW(""));
    answer(reply, &body);
}

static struct view metadata_of(const struct member *member, const char *protocol) {
    for (size_t i = 0; i < member->protocols.count; i++)
        if (strcmp(member->protocols.items[i].name, protocol) == 0)
            return (struct view){text_string(&member->protocols.items[i].metadata),
                                 member->protocols.items[i].metadata.size};
    return VIEW("");
}

static void answer_joined(struct group *group, struct member *member) {
    struct text body = TEXT_EMPTY;
    int16_t version = member->join.version;
    if (version >= 2)
        write_int32(&body, 0);
    write_int16(&body, KAFKA_OK);
    write_int32(&body, group->generation);
    write_string(&body, group->protocol);
    write_string(&body, group->leader);
    write_string(&body, member->id);
    bool leads = strcmp(group->leader, member->id) == 0;
    write_int32(&body, leads ? (int32_t)group->members.count : 0);
    for (size_t i = 0; leads && i < group->members.count; i++) {
        const struct member *other = group->members.items[i];
        write_string(&body, other->id);
        if (version >= 5)
            write_string(&body, other->instance);
        write_bytes(&body, metadata_of(other, group->protocol));
    }
    answer(&member->join, &body);
}

/* --- rebalances --- */

static void remove_member(struct group *group, struct member *member);
static void try_complete(struct group *group);

static void session_over(void *context) {
    struct member *member = context;
    if (member->join.answer) { /* it waits for the others: that is a sign of life */
        loop_timer_set(member->session, member->session_ms);
        return;
    }
    remove_member(member->group, member);
}

static void alive(struct member *member) {
    loop_timer_set(member->session, member->session_ms);
}

static void prepare(struct group *group) {
    int32_t longest = 0;
    for (size_t i = 0; i < group->members.count; i++) {
        struct member *member = group->members.items[i];
        if (member->sync.answer)
            answer_sync(&member->sync, KAFKA_REBALANCE_IN_PROGRESS, (struct view){0});
        longest = member->rebalance_ms > longest ? member->rebalance_ms : longest;
    }
    if (group->state != GROUP_PREPARING) {
        for (size_t i = 0; i < group->members.count; i++)
            group->members.items[i]->joined = group->members.items[i]->join.answer != NULL;
        loop_timer_set(group->rebalance, longest);
    }
    group->state = group->members.count ? GROUP_PREPARING : GROUP_EMPTY;
}

static bool supported_by_all(const struct group *group, const char *name) {
    for (size_t i = 0; i < group->members.count; i++) {
        bool has = false;
        for (size_t j = 0; j < group->members.items[i]->protocols.count; j++)
            has = has || strcmp(group->members.items[i]->protocols.items[j].name, name) == 0;
        if (!has)
            return false;
    }
    return true;
}

/* Each member votes for the first of its protocols that all support. */
static const char *choose_protocol(const struct group *group) {
    const char *best = NULL;
    size_t best_votes = 0;
    for (size_t i = 0; i < group->members.count; i++) {
        for (size_t j = 0; j < group->members.items[i]->protocols.count; j++) {
            const char *name = group->members.items[i]->protocols.items[j].name;
            size_t votes = 0;
            if (!supported_by_all(group, name))
                continue;
            for (size_t k = 0; k < group->members.count; k++) {
                const struct member *voter = group->members.items[k];
                for (size_t l = 0; l < voter->protocols.count; l++) {
                    if (supported_by_all(group, voter->protocols.items[l].name)) {
                        votes += strcmp(voter->protocols.items[l].name, name) == 0;
                        break;
                    }
                }
            }
            if (votes > best_votes) {
                best = name;
                best_votes = votes;
            }
        }
    }
    return best ? best : "";
}

static void complete(struct group *group) {
    loop_timer_set(group->rebalance, -1);
    group->generation++;
    if (group->members.count == 0) {
        group->state = GROUP_EMPTY;
        return;
    }
    char *protocol = memory_copy_string(choose_protocol(group));
    memory_free(group->protocol);
    group->protocol = protocol;
    if (!group->leader || !find_member(group, view_of(group->leader))) {
        memory_free(group->leader);
        group->leader = memory_copy_string(group->members.items[0]->id);
    }
    group->state = GROUP_COMPLETING;
    for (size_t i = 0; i < group->members.count; i++) {
        struct member *member = group->members.items[i];
        text_clear(&member->assignment);
        member->joined = false;
        alive(member);
        if (member->join.answer)
            answer_joined(group, member);
    }
}

static void try_complete(struct group *group) {
    if (group->state != GROUP_PREPARING)
        return;
    for (size_t i = 0; i < group->members.count; i++)
        if (!group->members.items[i]->joined)
            return;
    complete(group);
}

/* The rebalance took too long: who has not joined again is out; static members keep their place until their session
 * ends. */
static void rebalance_over(void *context) {
    struct group *group = context;
    for (size_t i = group->members.count; i-- > 0;) {
        struct member *member = group->members.items[i];
        if (!member->joined && !member->instance) {
            vector_remove(&group->members, i);
            member_free(member);
        }
    }
    if (group->state == GROUP_PREPARING)
        complete(group);
}

static void remove_member(struct group *group, struct member *member) {
    for (size_t i = 0; i < group->members.count; i++) {
        if (group->members.items[i] == member) {
            vector_remove(&group->members, i);
            break;
        }
    }
    if (member->join.answer)
        answer_join_error(&member->join, KAFKA_UNKNOWN_MEMBER, member->id);
    if (member->sync.answer)
        answer_sync(&member->sync, KAFKA_UNKNOWN_MEMBER, (struct view){0});
    member_free(member);
    if (group->members.count == 0) {
        loop_timer_set(group->rebalance, -1);
        group->generation++;
        group->state = GROUP_EMPTY;
        return;
    }
    if (group->state != GROUP_PREPARING)
        prepare(group);
    try_complete(group);
}

/* --- requests --- */

static void set_protocols(struct member *member, const struct group_join *join) {
    for (size_t i = 0; i < member->protocols.count; i++) {
        memory_free(member->protocols.items[i].name);
        text_free(&member->protocols.items[i].metadata);
    }
    vector_clear(&member->protocols);
    struct reader reader = {join->protocols.data, join->protocols.data + join->protocols.size, false};
    for (int32_t i = 0; i < join->protocol_count && !reader.broken; i++) {
        struct view name = read_string(&reader), metadata = read_bytes(&reader);
        struct protocol protocol = {copy_view(name.data ? name : VIEW("")), TEXT_EMPTY};
        text_append(&protocol.metadata, metadata);
        vector_push(&member->protocols, protocol);
    }
}

static bool same_protocols(const struct member *member, const struct group_join *join) {
    struct reader reader = {join->protocols.data, join->protocols.data + join->protocols.size, false};
    if ((size_t)join->protocol_count != member->protocols.count)
        return false;
    for (size_t i = 0; i < member->protocols.count; i++) {
        struct view name = read_string(&reader), metadata = read_bytes(&reader);
        if (!view_equal(name, view_of(member->protocols.items[i].name)) ||
            !view_equal(metadata, text_view(&member->protocols.items[i].metadata)))
            return false;
    }
    return true;
}

static struct member *add_member(struct group *group, const struct group_join *join) {
    struct member *member = memory_zero(1, sizeof *member);
    struct text id = TEXT_EMPTY;
    struct view prefix = join->instance.data ? join->instance : join->client_id;
    text_append_format(&id, "%.*s-%016llx%016llx", (int)(prefix.size < 200 ? prefix.size : 200),
                       prefix.data ? prefix.data : "", (unsigned long long)random_next(&group->groups->random),
                       (unsigned long long)random_next(&group->groups->random));
    member->id = text_take(&id);
    member->instance = copy_view(join->instance);
    member->client_id = copy_view(join->client_id);
    member->client_host = copy_view(join->client_host);
    member->group = group;
    member->session = loop_timer_add(group->groups->loop, session_over, member);
    vector_push(&group->members, member);
    return member;
}

static struct group *get_group(struct groups *groups, struct view name) {
    struct group *group = find_group(groups, name);
    if (group || map_count(groups->by_name) >= GROUPS_MOST)
        return group;
    group = memory_zero(1, sizeof *group);
    group->name = copy_view(name);
    group->groups = groups;
    group->rebalance = loop_timer_add(groups->loop, rebalance_over, group);
    map_put(groups->by_name, name, group);
    return group;
}

static int16_t join_refusal(const struct group *group, const struct group_join *join) {
    if (!group)
        return KAFKA_COORDINATOR_NOT_AVAILABLE;
    if (join->session_ms < SESSION_LEAST_MS || join->session_ms > SESSION_MOST_MS)
        return KAFKA_INVALID_SESSION_TIMEOUT;
    if (join->protocol_count < 1)
        return KAFKA_INCONSISTENT_GROUP_PROTOCOL;
    if (group->members.count && group->protocol_type && !view_equal(view_of(group->protocol_type), join->protocol_type))
        return KAFKA_INCONSISTENT_GROUP_PROTOCOL;
    if (group->members.count >= MEMBERS_MOST)
        return KAFKA_COORDINATOR_NOT_AVAILABLE;
    for (size_t i = 0; i < group->members.count; i++) { /* at least one protocol in common */
        struct reader reader = {join->protocols.data, join->protocols.data + join->protocols.size, false};
        bool common = false;
        for (int32_t j = 0; j < join->protocol_count && !reader.broken; j++) {
            struct view name = read_string(&reader);
            read_bytes(&reader);
            for (size_t k = 0; k < group->members.items[i]->protocols.count; k++)
                common = common || view_equal(name, view_of(group->members.items[i]->protocols.items[k].name));
        }
        if (!common)
            return KAFKA_INCONSISTENT_GROUP_PROTOCOL;
    }
    return KAFKA_OK;
}

void groups_join(struct groups *groups, const struct group_join *join, struct group_reply reply) {
    if (join->group.size == 0) {
        answer_join_error(&reply, KAFKA_INVALID_GROUP_ID, NULL);
        return;
    }
    struct group *group = get_group(groups, join->group);
    int16_t refusal = join_refusal(group, join);
    if (refusal) {
        answer_join_error(&reply, refusal, NULL);
        return;
    }
    struct member *member = join->member.size ? find_member(group, join->member) : NULL,
                  *former = find_instance(group, join->instance);
    if (join->member.size && !member) {
        answer_join_error(&reply, KAFKA_UNKNOWN_MEMBER, NULL);
        return;
    }
    if (member && join->instance.data && former && former != member) {
        answer_join_error(&reply, KAFKA_FENCED_INSTANCE_ID, NULL);
        return;
    }
    bool is_new = !member;
    if (!member &&
        former) { /* a static member is back under a new id: its place stays, no rebalance when nothing changed */
        member = former;
        struct text id = TEXT_EMPTY;
        text_append_format(&id, "%.*s-%016llx%016llx", (int)(join->instance.size < 200 ? join->instance.size : 200),
                           join->instance.data, (unsigned long long)random_next(&groups->random),
                           (unsigned long long)random_next(&groups->random));
        bool led = group->leader && strcmp(group->leader, member->id) == 0;
        memory_free(member->id);
        member->id = text_take(&id);
        if (led) {
            memory_free(group->leader);
            group->leader = memory_copy_string(member->id);
        }
        if (member->join.answer)
            answer_join_error(&member->join, KAFKA_FENCED_INSTANCE_ID, NULL);
        if (member->sync.answer)
            answer_sync(&member->sync, KAFKA_FENCED_INSTANCE_ID, (struct view){0});
    }
    if (!member)
        member = add_member(group, join);
    bool unchanged = !(is_new && !former) && same_protocols(member, join);
    if (!group->protocol_type || group->members.count == 1) {
        memory_free(group->protocol_type);
        group->protocol_type = copy_view(join->protocol_type.data ? join->protocol_type : VIEW(""));
    }
    member->session_ms = join->session_ms;
    member->rebalance_ms = join->rebalance_ms > 0 ? join->rebalance_ms : join->session_ms;
    set_protocols(member, join);
    alive(member);
    if (member->join.answer) /* an older request of the same member is overtaken */
        answer_join_error(&member->join, KAFKA_UNKNOWN_MEMBER, member->id);
    member->join = reply;
    member->joined = true;
    bool leads = group->leader && strcmp(group->leader, member->id) == 0;
    if ((group->state == GROUP_STABLE && unchanged && !(leads && !former)) ||
        (group->state == GROUP_COMPLETING && unchanged)) {
        member->joined = false;
        answer_joined(group, member); /* the present generation goes on */
        return;
    }
    if (group->state != GROUP_PREPARING)
        prepare(group);
    try_complete(group);
}

void groups_sync(struct groups *groups, struct view name, int32_t generation, struct view member_id,
                 struct view instance, struct reader assignments, int32_t assignment_count, struct group_reply reply) {
    struct group *group = find_group(groups, name);
    struct member *member = find_member(group, member_id), *other = find_instance(group, instance);
    int16_t code = instance.data && other && other != member ? KAFKA_FENCED_INSTANCE_ID
                   : !member                                 ? KAFKA_UNKNOWN_MEMBER
                   : generation != group->generation         ? KAFKA_ILLEGAL_GENERATION
                   : group->state == GROUP_PREPARING         ? KAFKA_REBALANCE_IN_PROGRESS
                                                             : KAFKA_OK;
    if (code) {
        answer_sync(&reply, code, (struct view){0});
        return;
    }
    alive(member);
    if (group->state == GROUP_STABLE) {
        answer_sync(&reply, KAFKA_OK, text_view(&member->assignment));
        return;
    }
    member->sync = reply;
    if (strcmp(group->leader, member->id) != 0)
        return; /* until the leader has decided */
    for (int32_t i = 0; i < assignment_count && !assignments.broken; i++) {
        struct view id = read_string(&assignments), assignment = read_bytes(&assignments);
        struct member *to = find_member(group, id);
        if (to) {
            text_clear(&to->assignment);
            text_append(&to->assignment, assignment);
        }
    }
    group->state = GROUP_STABLE;
    for (size_t i = 0; i < group->members.count; i++) {
        struct member *each = group->members.items[i];
        alive(each);
        if (each->sync.answer)
            answer_sync(&each->sync, KAFKA_OK, text_view(&each->assignment));
    }
}

int16_t groups_heartbeat(struct groups *groups, struct view name, int32_t generation, struct view member_id,
                         struct view instance) {
    struct group *group = find_group(groups, name);
    struct member *member = find_member(group, member_id), *other = find_instance(group, instance);
    if (instance.data && other && other != member)
        return KAFKA_FENCED_INSTANCE_ID;
    if (!member)
        return KAFKA_UNKNOWN_MEMBER;
    if (generation != group->generation)
        return KAFKA_ILLEGAL_GENERATION;
    alive(member);
    return group->state == GROUP_PREPARING ? KAFKA_REBALANCE_IN_PROGRESS : KAFKA_OK;
}

int16_t groups_leave(struct groups *groups, struct view name, struct view member_id, struct view instance) {
    struct group *group = find_group(groups, name);
    struct member *member = member_id.size ? find_member(group, member_id) : find_instance(group, instance);
    if (!member)
        return KAFKA_UNKNOWN_MEMBER;
    remove_member(group, member);
    return KAFKA_OK;
}

void groups_forget(struct groups *groups, void *context) {
    size_t at = 0;
    void *value;
    while (map_next(groups->by_name, &at, NULL, &value)) {
        struct group *group = value;
        for (size_t i = 0; i < group->members.count; i++) {
            struct member *member = group->members.items[i];
            if (member->join.context == context)
                member->join = (struct group_reply){0};
            if (member->sync.context == context)
                member->sync = (struct group_reply){0};
        }
    }
}

int16_t groups_may_commit(struct groups *groups, struct view name, int32_t generation, struct view member_id,
                          struct view instance) {
    struct group *group = find_group(groups, name);
    if (name.size == 0)
        return KAFKA_INVALID_GROUP_ID;
    if (generation < 0) /* a consumer without membership: allowed while nobody is in the group */
        return group && group->members.count ? KAFKA_UNKNOWN_MEMBER : KAFKA_OK;
    if (!group)
        return KAFKA_ILLEGAL_GENERATION;
    struct member *member = find_member(group, member_id), *other = find_instance(group, instance);
    if (instance.data && other && other != member)
        return KAFKA_FENCED_INSTANCE_ID;
    if (!member)
        return KAFKA_UNKNOWN_MEMBER;
    if (generation != group->generation)
        return KAFKA_ILLEGAL_GENERATION;
    if (group->state == GROUP_COMPLETING)
        return KAFKA_REBALANCE_IN_PROGRESS;
    alive(member);
    return KAFKA_OK;
}

int groups_commit(struct groups *groups, struct view name, struct view topic, int32_t partition, int64_t offset,
                  struct view metadata, struct error *error) {
    if (!get_group(groups, name))
        return error_set(error, ERROR_BUSY, "there are %d groups already", GROUPS_MOST);
    return offsets_set(groups->offsets, name, topic, partition, offset, metadata, error);
}

bool groups_offset(const struct groups *groups, struct view name, struct view topic, int32_t partition, int64_t *offset,
                   const char **metadata) {
    return offsets_get(groups->offsets, name, topic, partition, offset, metadata);
}

bool groups_next_offset(const struct groups *groups, struct view name, size_t *at, const char **topic,
                        int32_t *partition, int64_t *offset, const char **metadata) {
    return offsets_next(groups->offsets, name, at, topic, partition, offset, metadata);
}

int16_t groups_delete(struct groups *groups, struct view name) {
    struct group *group = find_group(groups, name);
    if (group && group->members.count)
        return KAFKA_NON_EMPTY_GROUP;
    if (!group && !offsets_has_group(groups->offsets, name))
        return KAFKA_GROUP_ID_NOT_FOUND;
    if (offsets_delete_group(groups->offsets, name, NULL) != 0)
        return KAFKA_STORAGE_ERROR;
    map_remove(groups->by_name, name);
    return KAFKA_OK;
}

int16_t groups_delete_offset(struct groups *groups, struct view name, struct view topic, int32_t partition) {
    return offsets_set(groups->offsets, name, topic, partition, -1, (struct view){0}, NULL) == 0 ? KAFKA_OK
                                                                                                 : KAFKA_STORAGE_ERROR;
}

void groups_topic_deleted(struct groups *groups, struct view topic) {
    offsets_forget_topic(groups->offsets, topic);
}

void groups_list(const struct groups *groups, struct text *out) {
    size_t at = 0, position = out->size;
    int32_t count = 0;
    struct view name;
    void *value;
    write_int32(out, 0);
    while (map_next(groups->by_name, &at, &name, &value)) {
        write_view(out, name);
        write_string(out, ((struct group *)value)->protocol_type ? ((struct group *)value)->protocol_type : "consumer");
        count++;
    }
    at = 0;
    while (offsets_next_group(groups->offsets, &at,
                              &name)) { /* known by their offsets only: nobody joined since the start */
        if (find_group(groups, name))
            continue;
        write_view(out, name);
        write_string(out, "consumer");
        count++;
    }
    set_int32(out, position, count);
}

void groups_describe(const struct groups *groups, struct view name, int16_t version, struct text *out) {
    const struct group *group = find_group(groups, name);
    bool known = group || offsets_has_group(groups->offsets, name);
    write_int16(out, KAFKA_OK);
    write_view(out, name);
    write_string(out, !known ? "Dead" : state_names[group ? group->state : GROUP_EMPTY]);
    write_string(out, group && group->protocol_type ? group->protocol_type : known ? "consumer" : "");
    write_string(out, group && group->state == GROUP_STABLE ? group->protocol : "");
    write_int32(out, group ? (int32_t)group->members.count : 0);
    for (size_t i = 0; group && i < group->members.count; i++) {
        const struct member *member = group->members.items[i];
        write_string(out, member->id);
        if (version >= 4)
            write_string(out, member->instance);
        write_string(out, member->client_id ? member->client_id : "");
        write_string(out, member->client_host ? member->client_host : "");
        write_bytes(out, group->protocol ? metadata_of(member, group->protocol) : VIEW(""));
        write_bytes(out, (struct view){text_string(&member->assignment), member->assignment.size});
    }
    if (version >= 3)
        write_int32(out, INT32_MIN); /* authorized operations: not asked for */
}
