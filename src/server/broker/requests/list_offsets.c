/* ListOffsets 1-5: -1 the end, -2 the start, else the first record with a timestamp not before the given one. */
#include "server/broker/handler.h"

static enum handled handle(struct request *request) {
    struct reader *reader = &request->reader;
    struct text *out = request->out;
    int16_t version = request->version;
    read_int32(reader);
    if (version >= 2) {
        read_int8(reader);
        write_int32(out, 0);
    }
    int32_t topics = read_array(reader, 6);
    write_int32(out, topics < 0 ? 0 : topics);
    for (int32_t i = 0; i < topics && !reader->broken; i++) {
        struct view name = read_string(reader);
        int32_t partitions = read_array(reader, 12);
        write_view(out, name.data ? name : VIEW(""));
        write_int32(out, partitions < 0 ? 0 : partitions);
        for (int32_t j = 0; j < partitions && !reader->broken; j++) {
            int32_t index = read_int32(reader);
            if (version >= 4)
                read_int32(reader);
            int64_t time = read_int64(reader), offset = -1, timestamp = -1;
            struct partition *partition = store_partition(&request->core->store, name, index);
            struct error error = {0};
            int16_t code = partition ? KAFKA_OK : KAFKA_UNKNOWN_TOPIC;
            if (partition && time == -1)
                offset = partition_end_offset(partition);
            else if (partition && time == -2)
                offset = partition_start_offset(partition);
            else if (partition && partition_find_time(partition, time, &offset, &timestamp, &error) != 0)
                code = kafka_error_of(&error);
            write_int32(out, index);
            write_int16(out, code);
            write_int64(out, timestamp);
            write_int64(out, offset);
            if (version >= 4)
                write_int32(out, 0);
        }
    }
    return HANDLED;
}

const struct handler handler_list_offsets = {KEY_LIST_OFFSETS, 1, 5, "ListOffsets", handle, false};
