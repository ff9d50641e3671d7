/* JoinGroup 0-5, SyncGroup 0-3, Heartbeat 0-3, LeaveGroup 0-3: one conversation, so one file. */
#include "server/broker/handler.h"

static enum handled join(struct request *request) {
    struct reader *reader = &request->reader;
    int16_t version = request->version;
    struct group_join join = {.group = read_string(reader), .session_ms = read_int32(reader)};
    join.rebalance_ms = version >= 1 ? read_int32(reader) : join.session_ms;
    join.member = read_string(reader);
    if (version >= 5)
        join.instance = read_string(reader);
    join.protocol_type = read_string(reader);
    join.protocol_count = read_array(reader, 6);
    join.protocols = (struct view){reader->at, (size_t)(reader->end - reader->at)};
    for (int32_t i = 0; i < join.protocol_count; i++) {
        read_string(reader);
        read_bytes(reader);
    }
    join.client_id = request->client_id.data ? request->client_id : VIEW("");
    join.client_host = view_of(connection_host(request->connection));
    if (reader->broken)
        return HANDLED; /* the caller closes on a broken reader */
    struct group_reply reply = {connection_finish, connection_answer_later(request), version};
    groups_join(request->core->groups, &join, reply);
    return HANDLED_LATER;
}

static enum handled sync(struct request *request) {
    struct reader *reader = &request->reader;
    struct view group = read_string(reader);
    int32_t generation = read_int32(reader);
    struct view member = read_string(reader), instance = request->version >= 3 ? read_string(reader) : (struct view){0};
    int32_t count = read_array(reader, 6);
    struct reader assignments = *reader;
    for (int32_t i = 0; i < count; i++) {
        read_string(reader);
        read_bytes(reader);
    }
    if (reader->broken)
        return HANDLED;
    struct group_reply reply = {connection_finish, connection_answer_later(request), request->version};
    groups_sync(request->core->groups, group, generation, member, instance, assignments, count, reply);
    return HANDLED_LATER;
}

static enum handled heartbeat(struct request *request) {
    struct reader *reader = &request->reader;
    struct view group = read_string(reader);
    int32_t generation = read_int32(reader);
    struct view member = read_string(reader), instance = request->version >= 3 ? read_string(reader) : (struct view){0};
    if (request->version >= 1)
        write_int32(request->out, 0);
    write_int16(request->out, groups_heartbeat(request->core->groups, group, generation, member, instance));
    return HANDLED;
}

static enum handled leave(struct request *request) {
    struct reader *reader = &request->reader;
    struct text *out = request->out;
    struct view group = read_string(reader);
    if (request->version >= 1)
        write_int32(out, 0);
    if (request->version < 3) {
        struct view member = read_string(reader);
        write_int16(out, groups_leave(request->core->groups, group, member, (struct view){0}));
        return HANDLED;
    }
    int32_t count = read_array(reader, 4);
    write_int16(out, KAFKA_OK);
    write_int32(out, count < 0 ? 0 : count);
    for (int32_t i = 0; i < count && !reader->broken; i++) {
        struct view member = read_string(reader), instance = read_string(reader);
        write_view(out, member.data ? member : VIEW(""));
        write_view(out, instance);
        write_int16(out, groups_leave(request->core->groups, group, member, instance));
    }
    return HANDLED;
}

const struct handler handler_join_group = {KEY_JOIN_GROUP, 0, 5, "JoinGroup", join, false};
const struct handler handler_sync_group = {KEY_SYNC_GROUP, 0, 3, "SyncGroup", sync, false};
const struct handler handler_heartbeat = {KEY_HEARTBEAT, 0, 3, "Heartbeat", heartbeat, false};
const struct handler handler_leave_group = {KEY_LEAVE_GROUP, 0, 3, "LeaveGroup", leave, false};
