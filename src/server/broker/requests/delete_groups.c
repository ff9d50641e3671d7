/* DeleteGroups 0-2 */
#include "server/broker/handler.h"

static enum handled handle(struct request *request) {
    int32_t count = read_array(&request->reader, 2);
    answer_throttle(request, 0);
    answer_array(request, count < 0 ? 0 : count);
    for (int32_t i = 0; i < count && !request->reader.broken; i++) {
        struct view group = read_string(&request->reader);
        answer_name(request, group);
        write_int16(request->out, groups_delete(request->core->groups, group));
        answer_tags(request);
    }
    answer_tags(request);
    return HANDLED;
}

const struct handler handler_delete_groups = {KEY_DELETE_GROUPS, 0, 2, 2, "DeleteGroups", handle, false};
