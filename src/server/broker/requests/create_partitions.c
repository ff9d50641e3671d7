/* CreatePartitions 0-3 */
#include "server/broker/handler.h"

static struct view read_wish(struct reader *reader, int32_t *partitions) {
    struct view name = read_string(reader);
    *partitions = read_int32(reader);
    for (int32_t i = read_array(reader, 4); i > 0 && !reader->broken; i--) {
        for (int32_t j = read_array(reader, 4); j > 0 && !reader->broken; j--)
            read_int32(reader);
        read_tags(reader);
    }
    read_tags(reader);
    return name;
}

static int16_t grow(struct request *request, struct view name, int32_t partitions, bool only_check,
                    struct error *error) {
    struct topic *topic = store_topic(&request->core->store, name);
    if (!topic) {
        error_set(error, ERROR_NOT_FOUND, "The topic '%.*s' does not exist.", VIEW_ARGS(name));
        return KAFKA_UNKNOWN_TOPIC;
    }
    if (partitions <= topic->partition_count) {
        error_set(error, ERROR_INVALID, "The topic currently has %d partitions, and %d would not be an increase.",
                  topic->partition_count, partitions);
        return KAFKA_INVALID_PARTITIONS;
    }
    if (only_check || store_grow(&request->core->store, topic, partitions, error) == 0)
        return KAFKA_OK;
    return error->code == ERROR_INVALID ? KAFKA_INVALID_PARTITIONS : kafka_error_of(error);
}

static enum handled handle(struct request *request) {
    struct reader *reader = &request->reader, tail = *reader;
    int32_t partitions;
    for (int32_t i = read_array(&tail, 10); i > 0 && !tail.broken; i--)
        read_wish(&tail, &partitions);
    read_int32(&tail);
    bool only_check = read_int8(&tail);
    if (tail.broken) {
        reader->broken = true;
        return HANDLED;
    }
    int32_t count = read_array(reader, 10);
    answer_throttle(request, 0);
    answer_array(request, count < 0 ? 0 : count);
    for (int32_t i = 0; i < count; i++) {
        struct error error = {0};
        struct view name = read_wish(reader, &partitions);
        int16_t code = grow(request, name, partitions, only_check, &error);
        answer_name(request, name);
        write_int16(request->out, code);
        answer_string(request, code ? error.message : NULL);
        answer_tags(request);
    }
    answer_tags(request);
    return HANDLED;
}

const struct handler handler_create_partitions = {KEY_CREATE_PARTITIONS, 0, 3, 2, "CreatePartitions", handle, false};
