/* CreatePartitions 0-3 */
#include "server/broker/handler.h"

struct wish {
    struct view name;
    int32_t partitions, assigned; /* assigned: how many are told their broker; -1: none is */
    bool elsewhere;               /* one of them to a broker that there is not */
};

static void read_wish(struct reader *reader, struct wish *wish) {
    *wish = (struct wish){.name = read_string(reader)};
    wish->partitions = read_int32(reader);
    wish->assigned = read_array(reader, 4);
    for (int32_t i = 0; i < wish->assigned && !reader->broken; i++) {
        int32_t replicas = read_array(reader, 4);
        wish->elsewhere = wish->elsewhere || replicas != 1;
        for (int32_t j = 0; j < replicas && !reader->broken; j++)
            wish->elsewhere = read_int32(reader) != NODE_ID || wish->elsewhere;
        read_tags(reader);
    }
    read_tags(reader);
}

static int16_t grow(struct request *request, const struct wish *wish, bool only_check, struct error *error) {
    struct topic *topic = store_topic(&request->core->store, wish->name);
    int32_t partitions = wish->partitions;
    if (!topic) {
        error_set(error, ERROR_NOT_FOUND, "The topic '%.*s' does not exist.", VIEW_ARGS(wish->name));
        return KAFKA_UNKNOWN_TOPIC;
    }
    if (partitions <= topic->partition_count) {
        error_set(error, ERROR_INVALID, "The topic currently has %d partitions, and %d would not be an increase.",
                  topic->partition_count, partitions);
        return KAFKA_INVALID_PARTITIONS;
    }
    if (wish->assigned >= 0 && (wish->elsewhere || wish->assigned != partitions - topic->partition_count)) {
        error_set(error, ERROR_INVALID, "Each of the %d new partitions has one replica, on broker %d.",
                  partitions - topic->partition_count, NODE_ID);
        return KAFKA_INVALID_REPLICA_ASSIGNMENT;
    }
    if (store_may_have(partitions, error) != 0)
        return KAFKA_INVALID_PARTITIONS;
    if (only_check || store_grow(&request->core->store, topic, partitions, error) == 0)
        return KAFKA_OK;
    return error->code == ERROR_INVALID ? KAFKA_INVALID_PARTITIONS : kafka_error_of(error);
}

static enum handled handle(struct request *request) {
    struct reader *reader = &request->reader, tail = *reader;
    struct map *named = map_new(NULL);
    struct wish wish;
    for (int32_t i = read_array(&tail, 10); i > 0 && !tail.broken; i--) {
        read_wish(&tail, &wish);
        names_note(named, wish.name);
    }
    read_int32(&tail);
    bool only_check = read_int8(&tail);
    if (tail.broken) {
        reader->broken = true;
        map_free(named);
        return HANDLED;
    }
    int32_t count = read_array(reader, 10);
    answer_throttle(request, 0);
    answer_array(request, count < 0 ? 0 : count);
    for (int32_t i = 0; i < count && !reader->broken; i++) {
        struct error error = {0};
        read_wish(reader, &wish);
        int16_t code =
            names_twice(named, wish.name, &error) ? KAFKA_INVALID_REQUEST : grow(request, &wish, only_check, &error);
        answer_name(request, wish.name);
        write_int16(request->out, code);
        answer_string(request, code ? error.message : NULL);
        answer_tags(request);
    }
    answer_tags(request);
    map_free(named);
    return HANDLED;
}

const struct handler handler_create_partitions = {KEY_CREATE_PARTITIONS, 0, 3, 2, "CreatePartitions", handle, false};
