/* Produce 0-8. Versions below 3 are listed because clients probe for them; their old record formats are refused by name. */
#include <string.h>

#include "foundation/base/log.h"
#include "server/broker/handler.h"

struct outcome {
    int16_t error;
    int64_t offset;
    const char *message;
};

static struct outcome append_all(struct request *request, struct topic *topic, struct log *log, struct view records) {
    struct broker_core *core = request->core;
    struct outcome outcome = {KAFKA_OK, -1, NULL};
    int64_t most = topic_number(topic, "max.message.bytes");
    if (!records.data || records.size == 0)
        return (struct outcome){KAFKA_INVALID_RECORD, -1, "no records"};
    while (records.size) {
        struct batch_header header;
        struct error error = {0};
        size_t size = 0;
        int64_t offset = -1;
        switch (batch_check(records, &header, &size)) {
        case BATCH_OLD_FORMAT:
            return (struct outcome){KAFKA_UNSUPPORTED_FOR_MESSAGE_FORMAT, -1, "only record batches of format v2 are taken"};
        case BATCH_GOOD:
            break;
        default:
            return (struct outcome){KAFKA_CORRUPT_MESSAGE, -1, "the batch's checksum or length is wrong"};
        }
        if ((int64_t)size > most)
            return (struct outcome){KAFKA_MESSAGE_TOO_LARGE, -1, "larger than max.message.bytes of the topic"};
        if (header.attributes & (BATCH_TRANSACTIONAL | BATCH_CONTROL))
            return (struct outcome){KAFKA_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, -1, "transactions are not supported here"};
        switch (producers_judge(log_producers(log), &header, &offset)) {
        case PRODUCER_DUPLICATE: /* sent again after a lost answer: acknowledged where it lies */
            break;
        case PRODUCER_OUT_OF_ORDER:
            return (struct outcome){KAFKA_OUT_OF_ORDER_SEQUENCE, -1, "a batch of this producer is missing before this one"};
        case PRODUCER_FENCED:
            return (struct outcome){KAFKA_INVALID_PRODUCER_EPOCH, -1, "a newer producer has the same id"};
        case PRODUCER_NEW:
            /* the request is a private copy, so the offset may be written in place */
            if (log_append(log, (char *)(uintptr_t)records.data, size, &header, &offset, &error) != 0) {
                log_error("broker", "%s", error.message);
                return (struct outcome){KAFKA_STORAGE_ERROR, -1, "the broker cannot write; is its disk full?"};
            }
            if (core->sync && log_sync(log, &error) != 0) {
                log_error("broker", "%s", error.message);
                return (struct outcome){KAFKA_STORAGE_ERROR, -1, "the broker cannot write to its disk"};
            }
            broker_core_appended(core);
            break;
        }
        if (outcome.offset < 0)
            outcome.offset = offset;
        records = (struct view){records.data + size, records.size - size};
    }
    return outcome;
}

static enum handled handle(struct request *request) {
    struct reader *reader = &request->reader;
    struct text *out = request->out;
    int16_t version = request->version;
    struct view transactional = version >= 3 ? read_string(reader) : (struct view){0};
    int16_t acks = read_int16(reader);
    read_int32(reader); /* time-out: everything is done before the answer */
    int32_t topics = read_array(reader, 6);
    write_int32(out, topics < 0 ? 0 : topics);
    for (int32_t i = 0; i < topics && !reader->broken; i++) {
        struct view name = read_string(reader);
        struct topic *topic = store_topic(&request->core->store, name);
        int32_t partitions = read_array(reader, 8);
        write_view(out, name.data ? name : VIEW(""));
        write_int32(out, partitions < 0 ? 0 : partitions);
        for (int32_t j = 0; j < partitions && !reader->broken; j++) {
            int32_t partition = read_int32(reader);
            struct view records = read_bytes(reader);
            struct log *log = store_partition(&request->core->store, name, partition);
            struct outcome outcome = {KAFKA_UNKNOWN_TOPIC, -1, "no such topic and partition"};
            if (reader->broken)
                break;
            if (transactional.data)
                outcome = (struct outcome){KAFKA_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, -1, "transactions are not supported here"};
            else if (log)
                outcome = append_all(request, topic, log, records);
            write_int32(out, partition);
            write_int16(out, outcome.error);
            write_int64(out, outcome.error ? -1 : outcome.offset);
            if (version >= 2)
                write_int64(out, -1); /* append time: records keep their own */
            if (version >= 5)
                write_int64(out, log ? log_start_offset(log) : -1);
            if (version >= 8) {
                write_int32(out, 0);
                write_string(out, outcome.error ? outcome.message : NULL);
            }
        }
    }
    if (version >= 1)
        write_int32(out, 0);
    return acks == 0 ? HANDLED_SILENT : HANDLED;
}

const struct handler handler_produce = {KEY_PRODUCE, 0, 8, "Produce", handle, false};
