/* DeleteRecords 0-2: the start of the log moves forward; -1 means to its end. */
#include "server/broker/handler.h"

static int16_t trim(const struct topic *topic, struct partition *partition, int64_t offset) {
    struct error error = {0};
    if (!partition)
        return KAFKA_UNKNOWN_TOPIC;
    if (!topic->policy.deletes) /* as Kafka: what is compacted only is not cut */
        return KAFKA_POLICY_VIOLATION;
    if (offset == -1)
        offset = partition_end_offset(partition);
    if (offset < 0 || offset > partition_end_offset(partition))
        return KAFKA_OFFSET_OUT_OF_RANGE;
    return partition_trim(partition, offset, &error) == 0 ? KAFKA_OK : kafka_error_of(&error);
}

static enum handled handle(struct request *request) {
    struct reader *reader = &request->reader;
    struct text *out = request->out;
    const struct store *store = &request->core->store;
    int32_t topics = read_array(reader, 6);
    answer_throttle(request, 0);
    answer_array(request, topics < 0 ? 0 : topics);
    for (int32_t i = 0; i < topics && !reader->broken; i++) {
        struct view name = read_string(reader);
        int32_t partitions = read_array(reader, 12);
        answer_name(request, name);
        answer_array(request, partitions < 0 ? 0 : partitions);
        for (int32_t j = 0; j < partitions && !reader->broken; j++) {
            int32_t index = read_int32(reader);
            int64_t offset = read_int64(reader);
            read_tags(reader);
            if (reader->broken)
                break;
            struct partition *partition = store_partition(store, name, index);
            int16_t code = trim(store_topic(store, name), partition, offset);
            write_int32(out, index);
            write_int64(out, code ? -1 : partition_start_offset(partition));
            write_int16(out, code);
            answer_tags(request);
        }
        read_tags(reader);
        answer_tags(request);
    }
    answer_tags(request);
    return HANDLED;
}

const struct handler handler_delete_records = {KEY_DELETE_RECORDS, 0, 2, 2, "DeleteRecords", handle, false};
