/* OffsetDelete 0 */
#include "server/broker/handler.h"

static enum handled handle(struct request *request) {
    struct reader *reader = &request->reader;
    struct text *out = request->out;
    struct view group = read_string(reader);
    int32_t topics = read_array(reader, 6);
    int16_t code = groups_may_delete_offsets(request->core->groups, group);
    write_int16(out, code);
    answer_throttle(request, 0);
    answer_array(request, topics < 0 || code ? 0 : topics);
    for (int32_t i = 0; i < topics && !reader->broken && !code; i++) {
        struct view name = read_string(reader);
        int32_t partitions = read_array(reader, 4);
        answer_name(request, name);
        answer_array(request, partitions < 0 ? 0 : partitions);
        for (int32_t j = 0; j < partitions && !reader->broken; j++) {
            int32_t index = read_int32(reader);
            write_int32(out, index);
            write_int16(out, store_partition(&request->core->store, name, index)
                                 ? groups_delete_offset(request->core->groups, group, name, index)
                                 : KAFKA_UNKNOWN_TOPIC);
        }
    }
    return HANDLED;
}

const struct handler handler_offset_delete = {KEY_OFFSET_DELETE, 0, 0, INT16_MAX, "OffsetDelete", handle, false};
