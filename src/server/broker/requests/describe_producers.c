/* DescribeProducers 0: the idempotent producers that a partition remembers. */
#include "server/broker/handler.h"

static void answer_partition(struct request *request, struct partition *partition, int32_t index) {
    struct text *out = request->out;
    struct producer_facts facts;
    const struct producers *producers = partition ? partition_producers(partition) : NULL;
    write_int32(out, index);
    write_int16(out, partition ? KAFKA_OK : KAFKA_UNKNOWN_TOPIC);
    answer_string(request, partition ? NULL : "This partition does not exist.");
    answer_array(request, producers ? (int32_t)producers_count(producers) : 0);
    for (size_t at = 0; producers && producers_next(producers, &at, &facts);) {
        write_int64(out, facts.id);
        write_int32(out, facts.epoch);
        write_int32(out, facts.last_sequence);
        write_int64(out, facts.last_ms);
        write_int32(out, -1);
        write_int64(out, -1); /* no transaction */
        answer_tags(request);
    }
    answer_tags(request);
}

static enum handled handle(struct request *request) {
    struct reader *reader = &request->reader;
    int32_t topics = read_array(reader, 3);
    answer_throttle(request, 0);
    answer_array(request, topics < 0 ? 0 : topics);
    for (int32_t i = 0; i < topics && !reader->broken; i++) {
        struct view name = read_string(reader);
        int32_t partitions = read_array(reader, 4);
        answer_name(request, name);
        answer_array(request, partitions < 0 ? 0 : partitions);
        for (int32_t j = 0; j < partitions && !reader->broken; j++) {
            int32_t index = read_int32(reader);
            answer_partition(request, store_partition(&request->core->store, name, index), index);
        }
        read_tags(reader);
        answer_tags(request);
    }
    answer_tags(request);
    return HANDLED;
}

const struct handler handler_describe_producers = {KEY_DESCRIBE_PRODUCERS, 0, 0, 0, "DescribeProducers", handle, false};
