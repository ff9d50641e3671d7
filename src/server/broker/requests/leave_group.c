/* LeaveGroup 0-5: one member, and from version 3 on several, static ones by their instance. */
#include "server/broker/handler.h"

static enum handled handle(struct request *request) {
    struct reader *reader = &request->reader;
    struct text *out = request->out;
    struct view group = read_string(reader);
    answer_throttle(request, 1);
    if (request->version < 3) {
        struct view member = read_string(reader);
        write_int16(out, groups_leave(request->core->groups, group, member, (struct view){0}));
        return HANDLED;
    }
    int32_t count = group.size ? read_array(reader, 4) : 0;
    write_int16(out, group.size ? KAFKA_OK : KAFKA_INVALID_GROUP_ID);
    answer_array(request, count < 0 ? 0 : count);
    for (int32_t i = 0; i < count && !reader->broken; i++) {
        struct view member = read_string(reader), instance = read_string(reader);
        if (request->version >= 5)
            read_string(reader); /* reason */
        read_tags(reader);
        answer_name(request, member);
        answer_view(request, instance);
        write_int16(out, groups_leave(request->core->groups, group, member, instance));
        answer_tags(request);
    }
    answer_tags(request);
    return HANDLED;
}

const struct handler handler_leave_group = {KEY_LEAVE_GROUP, 0, 5, 4, "LeaveGroup", handle, false};
