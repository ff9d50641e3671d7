/* CreateTopics 0-7. There is one broker, so a topic has one replica whatever is asked for; what was made is in the
 * answer. */
#include <string.h>

#include "foundation/base/log.h"
#include "server/broker/handler.h"

enum { DEFAULT_PARTITIONS = 1 };

struct wish { /* one topic of the request */
    struct view name;
    int32_t partitions;
    int16_t replicas;
    struct properties *config;
    int16_t code;
    struct error error; /* of the code */
};

static void refuse(struct wish *wish, int16_t code, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void refuse(struct wish *wish, int16_t code, const char *format, ...) {
    va_list arguments;
    if (wish->code)
        return; /* the first reason counts */
    va_start(arguments, format);
    error_set_v(&wish->error, ERROR_INVALID, format, arguments);
    va_end(arguments);
    wish->code = code;
}

static void read_assignments(struct reader *reader, struct wish *wish) {
    int32_t count = read_array(reader, 8);
    int64_t indexes = 0; /* their sum: with none twice and none too large it is that of 0 to count - 1 */
    for (int32_t i = 0; i < count && !reader->broken; i++) {
        int32_t index = read_int32(reader), replicas = read_array(reader, 4);
        indexes += index;
        if (index < 0 || index >= count)
            refuse(wish, KAFKA_INVALID_REPLICA_ASSIGNMENT, "Partitions are numbered from 0 to %d here.", count - 1);
        if (replicas != 1)
            refuse(wish, KAFKA_INVALID_REPLICA_ASSIGNMENT, "A partition has one replica, on broker %d.", NODE_ID);
        for (int32_t j = 0; j < replicas && !reader->broken; j++)
            if (read_int32(reader) != NODE_ID)
                refuse(wish, KAFKA_INVALID_REPLICA_ASSIGNMENT, "This cluster has one broker, %d.", NODE_ID);
        read_tags(reader);
    }
    if (count > 0) {
        if (wish->partitions != -1 || wish->replicas != -1)
            refuse(wish, KAFKA_INVALID_REQUEST,
                   "With assignments the numbers of partitions and replicas are -1: the assignments say them.");
        if (indexes != (int64_t)count * (count - 1) / 2)
            refuse(wish, KAFKA_INVALID_REPLICA_ASSIGNMENT, "A partition is assigned twice.");
        wish->partitions = count;
        wish->replicas = 1;
    }
}

static void read_wish(struct reader *reader, struct wish *wish) {
    *wish = (struct wish){.name = read_string(reader), .config = properties_new()};
    wish->partitions = read_int32(reader);
    wish->replicas = read_int16(reader);
    read_assignments(reader, wish);
    int32_t count = read_array(reader, 3);
    for (int32_t i = 0; i < count && !reader->broken; i++) {
        struct error error = {0};
        struct view name = read_string(reader), value = read_string(reader);
        read_tags(reader);
        if (!value.data)
            refuse(wish, KAFKA_INVALID_CONFIG, "The setting %.*s has no value.", VIEW_ARGS(name));
        else if (topic_setting_put(wish->config, name, value, &error) != 0)
            refuse(wish, KAFKA_INVALID_CONFIG, "%s", error.message);
    }
    read_tags(reader);
}

static void check(const struct request *request, struct wish *wish) {
    const struct broker_core *core = request->core;
    if (!topic_name_valid(wish->name))
        refuse(wish, KAFKA_INVALID_TOPIC, "A topic's name has 1 to 249 letters, digits, '.', '_' or '-'.");
    if (store_topic(&core->store, wish->name))
        refuse(wish, KAFKA_TOPIC_ALREADY_EXISTS, "Topic '%.*s' already exists.", VIEW_ARGS(wish->name));
    if (topic_is_internal(wish->name))
        refuse(wish, KAFKA_INVALID_TOPIC, "%.*s is the broker's own.", VIEW_ARGS(wish->name));
    if (wish->partitions == -1)
        wish->partitions = DEFAULT_PARTITIONS;
    if (wish->partitions < 1)
        refuse(wish, KAFKA_INVALID_PARTITIONS, "Number of partitions must be larger than 0.");
    struct error error = {0};
    if (wish->partitions >= 1 && store_may_have(wish->partitions, &error) != 0)
        refuse(wish, KAFKA_INVALID_PARTITIONS, "%s", error.message);
    if (wish->replicas == 0 || wish->replicas < -1)
        refuse(wish, KAFKA_INVALID_REPLICATION_FACTOR, "Replication factor must be larger than 0.");
    if (wish->replicas > 1 && core->strict_replication)
        refuse(wish, KAFKA_INVALID_REPLICATION_FACTOR, "Replication factor: %d larger than available brokers: 1.",
               wish->replicas);
}

static void make(struct request *request, struct wish *wish) {
    struct error error = {0};
    if (store_create(&request->core->store, wish->name, wish->partitions, wish->config, &error) != 0)
        refuse(wish, error.code == ERROR_INVALID ? KAFKA_INVALID_PARTITIONS : kafka_error_of(&error), "%s",
               error.message);
    else if (wish->replicas > 1)
        log_info("broker", "topic %.*s: %d replicas were asked for; there is one broker, so there is one",
                 VIEW_ARGS(wish->name), wish->replicas);
}

static void answer_wish(struct request *request, const struct wish *wish) {
    struct text *out = request->out;
    const struct topic *topic = wish->code ? NULL : store_topic(&request->core->store, wish->name);
    answer_name(request, wish->name);
    if (request->version >= 7)
        answer_uuid(request, topic ? topic->id : NULL);
    write_int16(out, wish->code);
    if (request->version >= 1)
        answer_string(request, wish->code ? wish->error.message : NULL);
    if (request->version >= 5) {
        write_int32(out, wish->code ? -1 : wish->partitions);
        write_int16(out, wish->code ? -1 : 1);
        answer_topic_settings(request, wish->code ? NULL : wish->config);
    }
    answer_tags(request);
}

static enum handled handle(struct request *request) {
    struct reader *reader = &request->reader, tail = *reader; /* validate_only comes last but decides everything */
    int32_t count = read_array(&tail, 14);
    struct map *named = map_new(NULL);
    for (int32_t i = 0; i < count && !tail.broken; i++) {
        struct wish wish;
        read_wish(&tail, &wish);
        names_note(named, wish.name);
        properties_free(wish.config);
    }
    read_int32(&tail);
    bool only_check = request->version >= 1 && read_int8(&tail);
    if (tail.broken) {
        reader->broken = true;
        map_free(named);
        return HANDLED;
    }
    count = read_array(reader, 14);
    answer_throttle(request, 2);
    answer_array(request, count < 0 ? 0 : count);
    for (int32_t i = 0; i < count && !reader->broken; i++) {
        struct wish wish;
        struct error error = {0};
        read_wish(reader, &wish);
        if (names_twice(named, wish.name, &error))
            refuse(&wish, KAFKA_INVALID_REQUEST, "%s", error.message);
        check(request, &wish);
        if (!wish.code && !only_check)
            make(request, &wish);
        answer_wish(request, &wish);
        properties_free(wish.config);
    }
    answer_tags(request);
    map_free(named);
    return HANDLED;
}

const struct handler handler_create_topics = {KEY_CREATE_TOPICS, 0, 7, 5, "CreateTopics", handle, false};
