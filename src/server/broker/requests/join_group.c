/* JoinGroup 0-9 */
#include "server/broker/handler.h"

static void joined(void *context, const struct group_joined *joined) {
    struct request *request = connection_resume(context);
    struct text *out = request->out;
    int16_t version = request->version;
    answer_throttle(request, 2);
    write_int16(out, joined->error);
    write_int32(out, joined->generation);
    if (version >= 7) {
        answer_string(request, joined->protocol_type);
        answer_string(request, joined->protocol);
    } else {
        answer_string(request, joined->protocol ? joined->protocol : "");
    }
    answer_string(request, joined->leader ? joined->leader : "");
    if (version >= 9)
        write_int8(out, joined->skip_assignment);
    answer_string(request, joined->member ? joined->member : "");
    answer_array(request, (int32_t)joined->member_count);
    for (size_t i = 0; i < joined->member_count; i++) {
        answer_string(request, joined->members[i].id);
        if (version >= 5)
            answer_string(request, joined->members[i].instance);
        answer_bytes(request, joined->members[i].metadata);
        answer_tags(request);
    }
    answer_tags(request);
    connection_finish(context);
}

static enum handled handle(struct request *request) {
    struct reader *reader = &request->reader;
    int16_t version = request->version;
    struct group_join join = {.group = read_string(reader)};
    join.session_ms = read_int32(reader);
    join.rebalance_ms = version >= 1 ? read_int32(reader) : join.session_ms;
    join.member = read_string(reader);
    if (version >= 5)
        join.instance = read_string(reader);
    join.protocol_type = read_string(reader);
    join.protocol_count = read_array(reader, 6);
    join.protocols = *reader;
    for (int32_t i = 0; i < join.protocol_count && !reader->broken; i++) {
        read_string(reader);
        read_bytes(reader);
        read_tags(reader);
    }
    if (version >= 8)
        read_string(reader); /* reason */
    join.client_id = request->client_id.data ? request->client_id : VIEW("");
    join.client_host = view_of(connection_host(request->connection));
    join.id_required = version >= 4;
    if (reader->broken)
        return HANDLED; /* the caller closes on a broken reader */
    struct group_reply reply = {.joined = joined, .context = connection_answer_later(request)};
    groups_join(request->core->groups, &join, reply);
    return HANDLED_LATER;
}

const struct handler handler_join_group = {KEY_JOIN_GROUP, 0, 9, 6, "JoinGroup", handle, false};
