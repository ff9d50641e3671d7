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
            int32_t partition = read_int32(reader);
            if (version >= 4)
                read_int32(reader);
            int64_t time = read_int64(reader), offset = -1, timestamp = -1;
            struct log *log = store_partition(&request->core->store, name, partition);
            struct error error = {0};
            int16_t code = log ? KAFKA_OK : KAFKA_UNKNOWN_TOPIC;
            if (log && time == -1)
                offset = log_end_offset(log);
            else if (log && time == -2)
                offset = log_start_offset(log);
            else if (log && log_find_time(log, time, &offset, &timestamp, &error) != 0)
                code = kafka_error_of(&error);
            write_int32(out, partition);
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
