/* DescribeGroups 0-5. A group that nobody knows is "Dead", as Kafka has it. */
#include "server/broker/handler.h"

static void answer_member(struct request *request, const struct group_member_facts *member) {
    answer_string(request, member->id);
    if (request->version >= 4)
        answer_string(request, member->instance);
    answer_string(request, member->client_id ? member->client_id : "");
    answer_string(request, member->client_host ? member->client_host : "");
    answer_bytes(request, member->metadata);
    answer_bytes(request, member->assignment);
    answer_tags(request);
}

static void answer_group(struct request *request, struct view name) {
    struct group_facts facts;
    groups_find(request->core->groups, name, &facts);
    write_int16(request->out, KAFKA_OK);
    answer_name(request, name);
    answer_string(request, facts.state);
    answer_string(request, facts.protocol_type);
    answer_string(request, facts.protocol);
    answer_array(request, (int32_t)facts.member_count);
    for (size_t i = 0; i < facts.member_count; i++) {
        struct group_member_facts member;
        groups_member(request->core->groups, name, i, &member);
        answer_member(request, &member);
    }
    if (request->version >= 3)
        write_int32(request->out, INT32_MIN); /* authorised operations: there are no ACLs */
    answer_tags(request);
}

static enum handled handle(struct request *request) {
    int32_t count = read_array(&request->reader, 2);
    answer_throttle(request, 1);
    answer_array(request, count < 0 ? 0 : count);
    for (int32_t i = 0; i < count && !request->reader.broken; i++)
        answer_group(request, read_string(&request->reader));
    answer_tags(request);
    return HANDLED;
}

const struct handler handler_describe_groups = {KEY_DESCRIBE_GROUPS, 0, 5, 5, "DescribeGroups", handle, false};
