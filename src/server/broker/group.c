#include "server/broker/group.h"

#include <string.h>

#include "foundation/base/clock.h"
#include "foundation/base/memory.h"

const char *const group_state_names[] = {"Empty", "PreparingRebalance", "CompletingRebalance", "Stable"};

static char *copy_view(struct view view) {
    struct text text = TEXT_EMPTY;
    if (!view.data)
        return NULL;
    text_append(&text, view);
    return text_take(&text);
}

/* --- members --- */

void group_set_assignment(struct member *member, struct view assignment) {
    *member->group->held += assignment.size - member->assignment.size;
    text_clear(&member->assignment);
    text_append(&member->assignment, assignment);
}

static void clear_protocols(struct member *member) {
    for (size_t i = 0; i < member->protocols.count; i++) {
        *member->group->held -= member->protocols.items[i].metadata.size;
        memory_free(member->protocols.items[i].name);
        text_free(&member->protocols.items[i].metadata);
    }
    vector_clear(&member->protocols);
}

static void member_free(struct member *member) {
    loop_timer_remove(member->session);
    clear_protocols(member);
    vector_free(&member->protocols);
    group_set_assignment(member, VIEW(""));
    text_free(&member->assignment);
    memory_free(member->id);
    memory_free(member->instance);
    memory_free(member->client_id);
    memory_free(member->client_host);
    memory_free(member);
}

static void pending_free(struct pending *pending) {
    loop_timer_remove(pending->session);
    memory_free(pending->id);
    memory_free(pending);
}

void group_free(void *value) {
    struct group *group = value;
    for (size_t i = 0; i < group->members.count; i++)
        member_free(group->members.items[i]);
    for (size_t i = 0; i < group->pending.count; i++)
        pending_free(group->pending.items[i]);
    vector_free(&group->members);
    vector_free(&group->pending);
    loop_timer_remove(group->rebalance);
    memory_free(group->name);
    memory_free(group->protocol_type);
    memory_free(group->protocol);
    memory_free(group->leader);
    memory_free(group);
}

struct member *group_find(const struct group *group, struct view id) {
    for (size_t i = 0; group && i < group->members.count; i++)
        if (view_equal(view_of(group->members.items[i]->id), id))
            return group->members.items[i];
    return NULL;
}

struct member *group_find_instance(const struct group *group, struct view instance) {
    for (size_t i = 0; group && instance.data && i < group->members.count; i++)
        if (group->members.items[i]->instance && view_equal(view_of(group->members.items[i]->instance), instance))
            return group->members.items[i];
    return NULL;
}

void group_set_protocols(struct member *member, const struct group_join *join) {
    struct reader reader = join->protocols;
    clear_protocols(member);
    for (int32_t i = 0; i < join->protocol_count; i++) {
        struct view name = read_string(&reader), metadata = read_bytes(&reader);
        struct protocol protocol = {copy_view(name.data ? name : VIEW("")), TEXT_EMPTY};
        read_tags(&reader);
        text_append(&protocol.metadata, metadata);
        *member->group->held += metadata.size;
        vector_push(&member->protocols, protocol);
    }
}

/* Of a ConsumerProtocolSubscription: version, then the topics; all of it when it is none. */
static struct view topics_of(struct view metadata) {
    struct reader reader = {.at = metadata.data, .end = metadata.data + metadata.size};
    read_int16(&reader);
    const char *from = reader.at;
    for (int32_t count = read_array(&reader, 2); count > 0; count--)
        read_string(&reader);
    return reader.broken ? metadata : (struct view){from, (size_t)(reader.at - from)};
}

bool group_same_protocols(const struct member *member, const struct group_join *join, bool topics) {
    struct reader reader = join->protocols;
    if ((size_t)join->protocol_count != member->protocols.count)
        return false;
    for (size_t i = 0; i < member->protocols.count; i++) {
        struct view name = read_string(&reader), metadata = read_bytes(&reader);
        read_tags(&reader);
        struct view before = text_view(&member->protocols.items[i].metadata);
        if (!view_equal(name, view_of(member->protocols.items[i].name)) ||
            !(view_equal(metadata, before) || (topics && view_equal(topics_of(metadata), topics_of(before)))))
            return false;
    }
    return true;
}

char *group_new_member_id(struct group *group, const struct group_join *join) {
    struct text id = TEXT_EMPTY;
    struct view prefix = join->instance.data ? join->instance : join->client_id;
    text_append_format(&id, "%.*s-%016llx%016llx", (int)(prefix.size < 200 ? prefix.size : 200),
                       prefix.data ? prefix.data : "", (unsigned long long)random_next(group->random),
                       (unsigned long long)random_next(group->random));
    return text_take(&id);
}

static void session_over(void *context) {
    struct member *member = context;
    if (member->join.context || member->sync.context) /* it waits for the others: that is a sign of life */
        group_member_alive(member);
    else
        group_remove(member->group, member);
}

void group_member_alive(struct member *member) {
    loop_timer_set(member->session, member->session_ms);
}

struct member *group_add(struct group *group, const struct group_join *join, const char *id) {
    struct member *member = memory_zero(1, sizeof *member);
    member->id = id ? memory_copy_string(id) : group_new_member_id(group, join);
    member->instance = copy_view(join->instance);
    member->client_id = copy_view(join->client_id);
    member->client_host = copy_view(join->client_host);
    member->group = group;
    member->session = loop_timer_add(group->loop, session_over, member);
    vector_push(&group->members, member);
    return member;
}

void group_rename(struct group *group, struct member *member, const struct group_join *join) {
    bool led = group->leader && strcmp(group->leader, member->id) == 0;
    if (member->join.context)
        group_refuse_join(&member->join, KAFKA_FENCED_INSTANCE_ID, member->id);
    if (member->sync.context)
        group_answer_synced(group, member, KAFKA_FENCED_INSTANCE_ID);
    memory_free(member->id);
    member->id = group_new_member_id(group, join);
    if (led) {
        memory_free(group->leader);
        group->leader = memory_copy_string(member->id);
    }
}

static void pending_over(void *context) {
    struct pending *pending = context;
    group_take_pending(pending->group, view_of(pending->id));
}

void group_add_pending(struct group *group, const char *id, int32_t session_ms) {
    struct pending *pending = memory_zero(1, sizeof *pending);
    *pending = (struct pending){.id = memory_copy_string(id), .group = group};
    pending->session = loop_timer_add(group->loop, pending_over, pending);
    loop_timer_set(pending->session, session_ms);
    vector_push(&group->pending, pending);
}

bool group_take_pending(struct group *group, struct view id) {
    for (size_t i = 0; group && i < group->pending.count; i++) {
        struct pending *pending = group->pending.items[i];
        if (view_equal(view_of(pending->id), id)) {
            vector_remove(&group->pending, i);
            pending_free(pending);
            return true;
        }
    }
    return false;
}

/* --- answers --- */

void group_refuse_join(struct group_reply *reply, int16_t code, const char *member_id) {
    struct group_reply taken = *reply;
    struct group_joined joined = {.error = code, .generation = -1, .member = member_id};
    *reply = (struct group_reply){0};
    taken.joined(taken.context, &joined);
}

void group_answer_synced(const struct group *group, struct member *member, int16_t code) {
    struct group_reply taken = member->sync;
    struct group_synced synced = {.error = code};
    if (!code)
        synced = (struct group_synced){KAFKA_OK, group->protocol_type, group->protocol, text_view(&member->assignment)};
    member->sync = (struct group_reply){0};
    taken.synced(taken.context, &synced);
}

struct view group_metadata(const struct member *member, const char *protocol) {
    for (size_t i = 0; i < member->protocols.count; i++)
        if (strcmp(member->protocols.items[i].name, protocol) == 0)
            return (struct view){text_string(&member->protocols.items[i].metadata),
                                 member->protocols.items[i].metadata.size};
    return VIEW("");
}

void group_answer_joined(struct group *group, struct member *member, bool skip_assignment) {
    struct group_reply taken = member->join;
    VECTOR(struct group_member_view) members = {0};
    struct group_joined joined = {KAFKA_OK,
                                  group->generation,
                                  group->protocol_type,
                                  group->protocol,
                                  group->leader,
                                  member->id,
                                  skip_assignment,
                                  NULL,
                                  0};
    if (strcmp(group->leader, member->id) == 0) {
        for (size_t i = 0; i < group->members.count; i++) {
            const struct member *other = group->members.items[i];
            vector_push(&members,
                        (struct group_member_view){other->id, other->instance, group_metadata(other, group->protocol)});
        }
        joined.members = members.items;
        joined.member_count = members.count;
    }
    member->join = (struct group_reply){0};
    member->joined = false;
    taken.joined(taken.context, &joined);
    vector_free(&members);
}

/* --- rebalances --- */

static int32_t longest_rebalance(const struct group *group) {
    int32_t longest = 0;
    for (size_t i = 0; i < group->members.count; i++)
        if (group->members.items[i]->rebalance_ms > longest)
            longest = group->members.items[i]->rebalance_ms;
    return longest;
}

void group_prepare(struct group *group) {
    if (group->state == GROUP_PREPARING)
        return;
    for (size_t i = 0; i < group->members.count; i++) {
        struct member *member = group->members.items[i];
        if (member->sync.context)
            group_answer_synced(group, member, KAFKA_REBALANCE_IN_PROGRESS);
        member->joined = member->join.context != NULL;
    }
    loop_timer_set(group->rebalance, longest_rebalance(group));
    group->state = GROUP_PREPARING;
}

static bool supports(const struct member *member, const char *name) {
    for (size_t i = 0; i < member->protocols.count; i++)
        if (strcmp(member->protocols.items[i].name, name) == 0)
            return true;
    return false;
}

static bool supported_by_all(const struct group *group, const char *name) {
    for (size_t i = 0; i < group->members.count; i++)
        if (!supports(group->members.items[i], name))
            return false;
    return true;
}

/* Each member votes for the first of its protocols that all support. */
static const char *vote(const struct group *group, const struct member *voter) {
    for (size_t i = 0; i < voter->protocols.count; i++)
        if (supported_by_all(group, voter->protocols.items[i].name))
            return voter->protocols.items[i].name;
    return "";
}

static const char *choose_protocol(const struct group *group) {
    const char *best = "";
    size_t best_votes = 0;
    for (size_t i = 0; i < group->members.count; i++) {
        const char *name = vote(group, group->members.items[i]);
        size_t votes = 0;
        for (size_t j = 0; j < group->members.count; j++)
            votes += strcmp(vote(group, group->members.items[j]), name) == 0;
        if (votes > best_votes) {
            best = name;
            best_votes = votes;
        }
    }
    return best;
}

static void become_empty(struct group *group) {
    loop_timer_set(group->rebalance, -1);
    group->state = GROUP_EMPTY;
    group->empty_since_ms = clock_monotonic_ms();
}

/* Somebody who hears of it: a static member may have missed the rebalance and still be in. */
static const struct member *choose_leader(const struct group *group) {
    const struct member *leader = group_find(group, group->leader ? view_of(group->leader) : VIEW(""));
    for (size_t i = 0; (!leader || !leader->join.context) && i < group->members.count; i++)
        if (!leader || group->members.items[i]->join.context)
            leader = group->members.items[i];
    return leader;
}

static void complete(struct group *group) {
    group->generation++;
    if (group->members.count == 0) {
        become_empty(group);
        return;
    }
    char *protocol = memory_copy_string(choose_protocol(group));
    memory_free(group->protocol);
    group->protocol = protocol;
    char *leader = memory_copy_string(choose_leader(group)->id);
    memory_free(group->leader);
    group->leader = leader;
    group->state = GROUP_COMPLETING;
    loop_timer_set(group->rebalance, longest_rebalance(group)); /* within which all must sync */
    for (size_t i = 0; i < group->members.count; i++) {
        struct member *member = group->members.items[i];
        group_set_assignment(member, VIEW(""));
        member->joined = member->synced = false;
        group_member_alive(member);
        if (member->join.context)
            group_answer_joined(group, member, false);
    }
}

void group_try_complete(struct group *group) {
    if (group->state != GROUP_PREPARING)
        return;
    for (size_t i = 0; i < group->members.count; i++)
        if (!group->members.items[i]->joined)
            return;
    complete(group);
}

void group_stabilise(struct group *group) {
    group->state = GROUP_STABLE;
    loop_timer_set(group->rebalance, -1);
    for (size_t i = 0; i < group->members.count; i++) {
        struct member *member = group->members.items[i];
        group_member_alive(member);
        if (member->sync.context)
            group_answer_synced(group, member, KAFKA_OK);
    }
}

static void drop(struct group *group, size_t at) {
    struct member *member = group->members.items[at];
    vector_remove(&group->members, at);
    if (member->join.context)
        group_refuse_join(&member->join, KAFKA_UNKNOWN_MEMBER, member->id);
    if (member->sync.context)
        group_answer_synced(group, member, KAFKA_UNKNOWN_MEMBER);
    member_free(member);
}

/* It took too long. Who has not joined again is out, but static members keep their place until their session ends; who
 * has not fetched its assignment is out, and the others begin anew. */
static void rebalance_over(void *context) {
    struct group *group = context;
    bool preparing = group->state == GROUP_PREPARING;
    if (!preparing && group->state != GROUP_COMPLETING)
        return;
    for (size_t i = group->members.count; i-- > 0;) {
        const struct member *member = group->members.items[i];
        if (preparing ? !member->joined && !member->instance : !member->synced)
            drop(group, i);
    }
    if (preparing || group->members.count == 0) {
        complete(group);
    } else {
        group_prepare(group);
        group_try_complete(group);
    }
}

void group_remove(struct group *group, struct member *member) {
    for (size_t i = 0; i < group->members.count; i++) {
        if (group->members.items[i] == member) {
            drop(group, i);
            break;
        }
    }
    if (group->members.count == 0) {
        group->generation++;
        become_empty(group);
        return;
    }
    group_prepare(group);
    group_try_complete(group);
}

struct group *group_new(struct view name, struct loop *loop, struct random *random, size_t *held) {
    struct group *group = memory_zero(1, sizeof *group);
    group->name = copy_view(name);
    group->loop = loop;
    group->random = random;
    group->held = held;
    group->empty_since_ms = clock_monotonic_ms();
    group->rebalance = loop_timer_add(loop, rebalance_over, group);
    return group;
}
