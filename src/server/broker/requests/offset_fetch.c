/* OffsetFetch 1-5: null topics ask for all of the group's. */
#include "server/broker/handler.h"

static void write_offset(struct text *out, int16_t version, int32_t partition, int64_t offset, const char *metadata) {
    write_int32(out, partition);
    write_int64(out, offset);
    if (version >= 5)
        write_int32(out, -1);
    write_string(out, metadata);
    write_int16(out, KAFKA_OK);
}

static void write_all(struct request *request, struct view group) {
    struct text *out = request->out;
    size_t at = 0, count_at = out->size;
    int32_t count = 0, partition;
    int64_t offset;
    const char *topic, *metadata;
    write_int32(out, 0);
    while (groups_next_offset(request->core->groups, group, &at, &topic, &partition, &offset, &metadata)) {
        write_string(out, topic); /* one entry a partition: the protocol lets a topic come twice */
        write_int32(out, 1);
        write_offset(out, request->version, partition, offset, metadata);
        count++;
    }
    set_int32(out, count_at, count);
}

static enum handled handle(struct request *request) {
    struct reader *reader = &request->reader;
    struct text *out = request->out;
    struct view group = read_string(reader);
    int32_t topics = read_array(reader, 6);
    if (request->version >= 3)
        write_int32(out, 0);
    if (topics < 0) {
        write_all(request, group);
    } else {
        write_int32(out, topics);
        for (int32_t i = 0; i < topics && !reader->broken; i++) {
            struct view name = read_string(reader);
            int32_t partitions = read_array(reader, 4);
            write_view(out, name.data ? name : VIEW(""));
            write_int32(out, partitions < 0 ? 0 : partitions);
            for (int32_t j = 0; j < partitions && !reader->broken; j++) {
                int32_t partition = read_int32(reader);
                int64_t offset = -1;
                const char *metadata = "";
                groups_offset(request->core->groups, group, name, partition, &offset, &metadata);
                write_offset(out, request->version, partition, offset, metadata);
            }
        }
    }
    if (request->version >= 2)
        write_int16(out, KAFKA_OK);
    return HANDLED;
}

const struct handler handler_offset_fetch = {KEY_OFFSET_FETCH, 1, 5, "OffsetFetch", handle, false};
