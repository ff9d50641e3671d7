/* ListOffsets 0-8: the end, the start, the newest record, or the first record with a timestamp not before the given
 * one. */
#include "server/broker/handler.h"

enum { TIME_END = -1, TIME_START = -2, TIME_NEWEST = -3, TIME_LOCAL_START = -4 };

/* Of the times below zero a version knows some; the others mean things that are not here. */
static bool is_known(int64_t time, int16_t version) {
    return time >= TIME_START || (time == TIME_NEWEST && version >= 7) || (time == TIME_LOCAL_START && version >= 8);
}

/* The first record that has the largest time, as Kafka has it; the index knows its batch. */
static int16_t find_newest(const struct partition *partition, int64_t *offset, int64_t *timestamp) {
    struct error error = {0};
    int64_t newest, last;
    partition_newest(partition, &newest, &last);
    if (last >= 0 && partition_find_time(partition, newest, offset, timestamp, &error) != 0)
        return kafka_error_of(&error);
    return KAFKA_OK;
}

static int16_t look_up(const struct partition *partition, int64_t time, int16_t version, int64_t *offset,
                       int64_t *timestamp) {
    struct error error = {0};
    *offset = *timestamp = -1;
    if (!is_known(time, version))
        return KAFKA_UNSUPPORTED_VERSION;
    if (!partition)
        return KAFKA_UNKNOWN_TOPIC;
    if (time == TIME_END)
        *offset = partition_end_offset(partition);
    else if (time == TIME_START || time == TIME_LOCAL_START)
        *offset = partition_start_offset(partition);
    else if (time == TIME_NEWEST)
        return find_newest(partition, offset, timestamp);
    else if (partition_find_time(partition, time, offset, timestamp, &error) != 0)
        return kafka_error_of(&error);
    return KAFKA_OK;
}

static void answer_partition(struct request *request, const struct partition *partition, int32_t index, int64_t time,
                             int32_t most) {
    struct text *out = request->out;
    int64_t offset, timestamp;
    int16_t code = look_up(partition, time, request->version, &offset, &timestamp);
    write_int32(out, index);
    write_int16(out, code);
    if (request->version == 0) {
        bool found = offset >= 0 && most > 0;
        answer_array(request, found);
        if (found)
            write_int64(out, offset);
        return;
    }
    write_int64(out, timestamp);
    write_int64(out, offset);
    if (request->version >= 4)
        write_int32(out, offset >= 0 ? 0 : -1);
    answer_tags(request);
}

static enum handled handle(struct request *request) {
    struct reader *reader = &request->reader;
    int16_t version = request->version;
    read_int32(reader);
    if (version >= 2)
        read_int8(reader);
    answer_throttle(request, 2);
    int32_t topics = read_array(reader, 6);
    answer_array(request, topics < 0 ? 0 : topics);
    for (int32_t i = 0; i < topics && !reader->broken; i++) {
        struct view name = read_string(reader);
        int32_t partitions = read_array(reader, 12);
        answer_name(request, name);
        answer_array(request, partitions < 0 ? 0 : partitions);
        for (int32_t j = 0; j < partitions && !reader->broken; j++) {
            int32_t index = read_int32(reader);
            if (version >= 4)
                read_int32(reader);
            int64_t time = read_int64(reader);
            int32_t most = version == 0 ? read_int32(reader) : 1;
            read_tags(reader);
            answer_partition(request, store_partition(&request->core->store, name, index), index, time, most);
        }
        read_tags(reader);
        answer_tags(request);
    }
    answer_tags(request);
    return HANDLED;
}

const struct handler handler_list_offsets = {KEY_LIST_OFFSETS, 0, 8, 6, "ListOffsets", handle, false};
