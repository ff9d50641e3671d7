/* OffsetForLeaderEpoch 0-4: one epoch, 0, which ends at the end of the log; others never were. */
#include "server/broker/handler.h"

static enum handled handle(struct request *request) {
    struct reader *reader = &request->reader;
    struct text *out = request->out;
    int16_t version = request->version;
    if (version >= 3)
        read_int32(reader);
    int32_t topics = read_array(reader, 6);
    answer_throttle(request, 2);
    answer_array(request, topics < 0 ? 0 : topics);
    for (int32_t i = 0; i < topics && !reader->broken; i++) {
        struct view name = read_string(reader);
        int32_t partitions = read_array(reader, 8);
        answer_name(request, name);
        answer_array(request, partitions < 0 ? 0 : partitions);
        for (int32_t j = 0; j < partitions && !reader->broken; j++) {
            int32_t index = read_int32(reader);
            if (version >= 2)
                read_int32(reader);
            int32_t epoch = read_int32(reader);
            read_tags(reader);
            const struct partition *partition = store_partition(&request->core->store, name, index);
            bool known = partition && epoch == 0;
            write_int16(out, partition ? KAFKA_OK : KAFKA_UNKNOWN_TOPIC);
            write_int32(out, index);
            if (version >= 1)
                write_int32(out, known ? 0 : -1);
            write_int64(out, known ? partition_end_offset(partition) : -1);
            answer_tags(request);
        }
        read_tags(reader);
        answer_tags(request);
    }
    answer_tags(request);
    return HANDLED;
}

const struct handler handler_offset_for_leader_epoch = {KEY_OFFSET_FOR_LEADER_EPOCH, 0,      4,    4,
                                                        "OffsetForLeaderEpoch",      handle, false};
