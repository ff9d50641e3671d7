/* ListGroups 0-2, DescribeGroups 0-4, DeleteGroups 0-1, OffsetDelete 0 */
#include "server/broker/handler.h"

static enum handled list(struct request *request) {
    if (request->version >= 1)
        write_int32(request->out, 0);
    write_int16(request->out, KAFKA_OK);
    groups_list(request->core->groups, request->out);
    return HANDLED;
}

static enum handled describe(struct request *request) {
    int32_t count = read_array(&request->reader, 2);
    if (request->version >= 1)
        write_int32(request->out, 0);
    write_int32(request->out, count < 0 ? 0 : count);
    for (int32_t i = 0; i < count && !request->reader.broken; i++) {
        struct view group = read_string(&request->reader);
        groups_describe(request->core->groups, group.data ? group : VIEW(""), request->version, request->out);
    }
    return HANDLED;
}

static enum handled delete_groups(struct request *request) {
    int32_t count = read_array(&request->reader, 2);
    write_int32(request->out, 0);
    write_int32(request->out, count < 0 ? 0 : count);
    for (int32_t i = 0; i < count && !request->reader.broken; i++) {
        struct view group = read_string(&request->reader);
        write_view(request->out, group.data ? group : VIEW(""));
        write_int16(request->out, groups_delete(request->core->groups, group));
    }
    return HANDLED;
}

static enum handled delete_offsets(struct request *request) {
    struct reader *reader = &request->reader;
    struct text *out = request->out;
    struct view group = read_string(reader);
    int32_t topics = read_array(reader, 6);
    write_int16(out, KAFKA_OK);
    write_int32(out, 0);
    write_int32(out, topics < 0 ? 0 : topics);
    for (int32_t i = 0; i < topics && !reader->broken; i++) {
        struct view name = read_string(reader);
        int32_t partitions = read_array(reader, 4);
        write_view(out, name.data ? name : VIEW(""));
        write_int32(out, partitions < 0 ? 0 : partitions);
        for (int32_t j = 0; j < partitions && !reader->broken; j++) {
            int32_t partition = read_int32(reader);
            write_int32(out, partition);
            write_int16(out, groups_delete_offset(request->core->groups, group, name, partition));
        }
    }
    return HANDLED;
}

const struct handler handler_list_groups = {KEY_LIST_GROUPS, 0, 2, "ListGroups", list, false};
const struct handler handler_describe_groups = {KEY_DESCRIBE_GROUPS, 0, 4, "DescribeGroups", describe, false};
const struct handler handler_delete_groups = {KEY_DELETE_GROUPS, 0, 1, "DeleteGroups", delete_groups, false};
const struct handler handler_offset_delete = {KEY_OFFSET_DELETE, 0, 0, "OffsetDelete", delete_offsets, false};
