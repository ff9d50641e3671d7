/* OffsetCommit 0-9; version 0 kept offsets in ZooKeeper and knows no members. */
#include "server/broker/handler.h"

static enum handled handle(struct request *request) {
    struct reader *reader = &request->reader;
    struct text *out = request->out;
    int16_t version = request->version;
    struct view group = read_string(reader);
    int32_t generation = version >= 1 ? read_int32(reader) : -1;
    struct view member = version >= 1 ? read_string(reader) : (struct view){0};
    struct view instance = version >= 7 ? read_string(reader) : (struct view){0};
    if (version >= 2 && version <= 4)
        read_int64(reader); /* retention: the broker's holds */
    int16_t code = groups_may_commit(request->core->groups, group, generation, member, instance);
    answer_throttle(request, 3);
    int32_t topics = read_array(reader, 6);
    answer_array(request, topics < 0 ? 0 : topics);
    for (int32_t i = 0; i < topics && !reader->broken; i++) {
        struct view name = read_string(reader);
        int32_t partitions = read_array(reader, 14);
        answer_name(request, name);
        answer_array(request, partitions < 0 ? 0 : partitions);
        for (int32_t j = 0; j < partitions && !reader->broken; j++) {
            struct committed committed = {.leader_epoch = -1};
            int32_t index = read_int32(reader);
            committed.offset = read_int64(reader);
            if (version >= 6)
                committed.leader_epoch = read_int32(reader);
            if (version == 1)
                read_int64(reader);
            committed.metadata = read_string(reader);
            read_tags(reader);
            if (reader->broken)
                break;
            int16_t own = code;
            if (!own && !store_partition(&request->core->store, name, index))
                own = KAFKA_UNKNOWN_TOPIC;
            if (!own)
                own = groups_commit(request->core->groups, group, name, index, &committed);
            write_int32(out, index);
            write_int16(out, own);
            answer_tags(request);
        }
        read_tags(reader);
        answer_tags(request);
    }
    answer_tags(request);
    return HANDLED;
}

const struct handler handler_offset_commit = {KEY_OFFSET_COMMIT, 0, 9, 8, "OffsetCommit", handle, false};
