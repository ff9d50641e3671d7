/* Produce 0-11. Versions below 3 are listed because clients probe for them; their old record formats are refused by
 * name. */
#include <string.h>

#include "server/broker/codec.h"
#include "server/broker/handler.h"
#include "server/broker/records.h"

struct outcome {
    int16_t error;
    int64_t offset, append_time;
    const char *message;
};

static struct outcome refuse(int16_t error, const char *message) {
    return (struct outcome){.error = error, .offset = -1, .append_time = -1, .message = message};
}

/* What Kafka asks of a batch before it is stored. Records are opened for compacted topics only, whose records need
 * keys. */
static struct outcome check(const struct request *request, const struct topic *topic, struct view records,
                            struct batch_header *header) {
    const struct topic_policy *policy = &topic->policy;
    int64_t now = clock_wall_ms(request->core->clock);
    size_t size = 0;
    if (!records.data || records.size == 0)
        return refuse(KAFKA_INVALID_RECORD, "no records");
    switch (batch_check(records, header, &size)) {
    case BATCH_OLD_FORMAT:
        return refuse(KAFKA_UNSUPPORTED_FOR_MESSAGE_FORMAT, "only record batches of format v2 are taken");
    case BATCH_GOOD:
        break;
    default:
        return refuse(KAFKA_CORRUPT_MESSAGE, "the batch's checksum or length is wrong");
    }
    if (size != records.size)
        return refuse(KAFKA_INVALID_RECORD, "a request has one batch a partition");
    if ((int64_t)size > policy->message_most)
        return refuse(KAFKA_MESSAGE_TOO_LARGE, "larger than max.message.bytes of the topic");
    if (header->attributes & (BATCH_TRANSACTIONAL | BATCH_CONTROL))
        return refuse(KAFKA_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, "transactions are not supported here");
    if (header->record_count < 1 || header->record_count - 1 != header->last_offset_delta)
        return refuse(KAFKA_INVALID_RECORD, "the number of records and their offsets do not agree");
    if (header->producer_id >= 0 && (header->base_sequence < 0 || header->producer_epoch < 0))
        return refuse(KAFKA_INVALID_RECORD, "a producer id without a sequence");
    if ((header->attributes & BATCH_CODEC) > CODEC_ZSTD ||
        ((header->attributes & BATCH_CODEC) == CODEC_ZSTD && request->version < 7))
        return refuse(KAFKA_UNSUPPORTED_COMPRESSION_TYPE,
                      "unknown compression, or zstd in a request older than version 7");
    if (!policy->append_time && header->attributes & BATCH_LOG_APPEND_TIME)
        return refuse(KAFKA_INVALID_TIMESTAMP, "the time of the append is the broker's to give");
    if (!policy->append_time && header->max_timestamp > now && header->max_timestamp - now > policy->time_ahead_most_ms)
        return refuse(KAFKA_INVALID_TIMESTAMP,
                      "a record is further ahead of the clock than message.timestamp.after.max.ms");
    if (policy->compacts && records_check(records, header, true) != RECORDS_GOOD)
        return refuse(KAFKA_INVALID_RECORD, "records of a compacted topic need keys");
    return (struct outcome){KAFKA_OK, -1, -1, NULL};
}

static struct outcome store_batch(struct request *request, const struct topic *topic, struct partition *partition,
                                  struct view records, struct batch_header *header) {
    struct broker_core *core = request->core;
    struct outcome outcome = {KAFKA_OK, -1, -1, NULL};
    struct error error = {0};
    char *batch =
        (char *)(uintptr_t)records.data; /* the request is a private copy: offset and time are written in place */
    if (topic->policy.append_time) {
        outcome.append_time = clock_wall_ms(core->clock);
        batch_set_append_time(batch, records.size, header, outcome.append_time);
    }
    if (partition_append(partition, batch, records.size, header, &outcome.offset, &error) != 0) {
        broker_core_trouble(core, &error);
        return refuse(KAFKA_STORAGE_ERROR, "the broker cannot write; is its disk full?");
    }
    broker_core_appended(core, partition);
    return outcome;
}

static struct outcome append(struct request *request, const struct topic *topic, struct partition *partition,
                             struct view records) {
    struct batch_header header;
    struct outcome outcome = check(request, topic, records, &header);
    if (outcome.error)
        return outcome;
    if (partition_has_failed(partition)) /* what was sent before may be in the file and not on the disk */
        return refuse(KAFKA_STORAGE_ERROR, "the disk failed to keep records earlier; start the broker again");
    switch (producers_judge(partition_producers(partition), &header, &outcome.offset)) {
    case PRODUCER_DUPLICATE: /* sent again after a lost answer: acknowledged where it lies */
        return outcome;
    case PRODUCER_OUT_OF_ORDER:
        return refuse(KAFKA_OUT_OF_ORDER_SEQUENCE, "a batch of this producer is missing before this one");
    case PRODUCER_FENCED:
        return refuse(KAFKA_INVALID_PRODUCER_EPOCH, "a newer producer has the same id");
    case PRODUCER_NEW:
        break;
    }
    return store_batch(request, topic, partition, records, &header);
}

static void answer_partition(struct request *request, int32_t index, const struct partition *partition,
                             const struct outcome *outcome) {
    struct text *out = request->out;
    int16_t version = request->version;
    write_int32(out, index);
    write_int16(out, outcome->error);
    write_int64(out, outcome->error ? -1 : outcome->offset);
    if (version >= 2)
        write_int64(out, outcome->append_time); /* -1: records keep their own */
    if (version >= 5)
        write_int64(out, partition ? partition_start_offset(partition) : -1);
    if (version >= 8) {
        answer_array(request, 0); /* of single records: a batch is taken or refused as a whole */
        answer_string(request, outcome->error ? outcome->message : NULL);
    }
    answer_tags(request);
}

static enum handled handle(struct request *request) {
    struct reader *reader = &request->reader;
    const struct store *store = &request->core->store;
    struct view transactional = request->version >= 3 ? read_string(reader) : (struct view){0};
    bool refused = false;
    int16_t acks = read_int16(reader);
    read_int32(reader); /* time-out: everything is done before the answer */
    int32_t topics = read_array(reader, 6);
    answer_array(request, topics < 0 ? 0 : topics);
    for (int32_t i = 0; i < topics && !reader->broken; i++) {
        struct view name = read_string(reader);
        const struct topic *topic = store_topic(store, name);
        int32_t partitions = read_array(reader, 5);
        answer_name(request, name);
        answer_array(request, partitions < 0 ? 0 : partitions);
        for (int32_t j = 0; j < partitions && !reader->broken; j++) {
            int32_t index = read_int32(reader);
            struct view records = read_bytes(reader);
            read_tags(reader);
            if (reader->broken)
                break;
            struct partition *partition = store_partition(store, name, index);
            struct outcome outcome = refuse(KAFKA_UNKNOWN_TOPIC, "no such topic and partition");
            if (transactional.data)
                outcome = refuse(KAFKA_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, "transactions are not supported here");
            else if (acks < -1 || acks > 1)
                outcome = refuse(KAFKA_INVALID_REQUIRED_ACKS, "acks is -1, 0 or 1");
            else if (topic_is_internal(name))
                outcome = refuse(KAFKA_INVALID_TOPIC, "this topic is the broker's own");
            else if (partition)
                outcome = append(request, topic, partition, records);
            answer_partition(request, index, partition, &outcome);
            refused = refused || outcome.error;
        }
        read_tags(reader);
        answer_tags(request);
    }
    answer_throttle(request, 1);
    answer_tags(request);
    return acks != 0 ? HANDLED : refused ? HANDLED_REFUSED : HANDLED_SILENT;
}

const struct handler handler_produce = {KEY_PRODUCE, 0, 11, 9, "Produce", handle, false};
