/* OffsetCommit 2-7 */
#include "server/broker/handler.h"

static enum handled handle(struct request *request) {
    struct reader *reader = &request->reader;
    struct text *out = request->out;
    int16_t version = request->version;
    struct view group = read_string(reader);
    int32_t generation = read_int32(reader);
    struct view member = read_string(reader), instance = version >= 7 ? read_string(reader) : (struct view){0};
    if (version <= 4)
        read_int64(reader); /* retention: offsets stay */
    int16_t code = groups_may_commit(request->core->groups, group, generation, member, instance);
    if (version >= 3)
        write_int32(out, 0);
    int32_t topics = read_array(reader, 6);
    write_int32(out, topics < 0 ? 0 : topics);
    for (int32_t i = 0; i < topics && !reader->broken; i++) {
        struct view name = read_string(reader);
        int32_t partitions = read_array(reader, 14);
        write_view(out, name.data ? name : VIEW(""));
        write_int32(out, partitions < 0 ? 0 : partitions);
        for (int32_t j = 0; j < partitions && !reader->broken; j++) {
            int32_t partition = read_int32(reader);
            int64_t offset = read_int64(reader);
            if (version >= 6)
                read_int32(reader);
            struct view metadata = read_string(reader);
            struct error error = {0};
            int16_t own = code;
            if (reader->broken)
                break;
            if (!own && !store_partition(&request->core->store, name, partition))
                own = KAFKA_UNKNOWN_TOPIC;
            if (!own && groups_commit(request->core->groups, group, name, partition, offset, metadata, &error) != 0)
                own = KAFKA_COORDINATOR_NOT_AVAILABLE;
            write_int32(out, partition);
            write_int16(out, own);
        }
    }
    return HANDLED;
}

const struct handler handler_offset_commit = {KEY_OFFSET_COMMIT, 2, 7, "OffsetCommit", handle, false};
