/* Heartbeat 0-4 */
#include "server/broker/handler.h"

static enum handled handle(struct request *request) {
    struct reader *reader = &request->reader;
    struct view group = read_string(reader);
    int32_t generation = read_int32(reader);
    struct view member = read_string(reader), instance = request->version >= 3 ? read_string(reader) : (struct view){0};
    answer_throttle(request, 1);
    write_int16(request->out, groups_heartbeat(request->core->groups, group, generation, member, instance));
    answer_tags(request);
    return HANDLED;
}

const struct handler handler_heartbeat = {KEY_HEARTBEAT, 0, 4, 4, "Heartbeat", handle, false};
