/* CreateTopics 0-4, DeleteTopics 0-3, CreatePartitions 0-1, DeleteRecords 0-1 */
#include <string.h>

#include "server/broker/handler.h"

enum { DEFAULT_PARTITIONS = 1 };

static int16_t read_config(struct reader *reader, struct properties *config, struct error *error) {
    int16_t code = KAFKA_OK;
    int32_t count = read_array(reader, 4);
    for (int32_t i = 0; i < count && !reader->broken; i++) {
        struct view name = read_string(reader), value = read_string(reader);
        if (reader->broken || !name.data || !value.data)
            continue;
        struct error trouble = {0};
        if (topic_setting_put(config, name, value, &trouble) != 0 && code == KAFKA_OK) {
            code = KAFKA_INVALID_CONFIG;
            *error = trouble;
        }
    }
    return code;
}

static enum handled create(struct request *request) {
    struct reader *reader = &request->reader;
    struct text *out = request->out;
    int16_t version = request->version;
    struct reader flag = *reader; /* validate_only comes last but decides everything */
    int32_t count = read_array(&flag, 14);
    for (int32_t i = 0; i < count && !flag.broken; i++) {
        read_string(&flag);
        read_int32(&flag);
        read_int16(&flag);
        for (int32_t j = read_array(&flag, 8); j > 0 && !flag.broken; j--) {
            read_int32(&flag);
            for (int32_t k = read_array(&flag, 4); k > 0; k--)
                read_int32(&flag);
        }
        for (int32_t j = read_array(&flag, 4); j > 0 && !flag.broken; j--) {
            read_string(&flag);
            read_string(&flag);
        }
    }
    read_int32(&flag);
    bool only_check = version >= 1 && read_int8(&flag);
    if (flag.broken) {
        reader->broken = true;
        return HANDLED;
    }
    count = read_array(reader, 14);
    if (version >= 2)
        write_int32(out, 0);
    write_int32(out, count < 0 ? 0 : count);
    for (int32_t i = 0; i < count && !reader->broken; i++) {
        struct error error = {0};
        struct properties *config = properties_new();
        struct view name = read_string(reader);
        int32_t partitions = read_int32(reader);
        int16_t replicas = read_int16(reader), code = KAFKA_OK;
        int32_t assigned = read_array(reader, 8);
        for (int32_t j = 0; j < assigned && !reader->broken; j++) {
            read_int32(reader);
            for (int32_t k = read_array(reader, 4); k > 0; k--)
                if (read_int32(reader) != NODE_ID)
                    code = KAFKA_INVALID_REPLICA_ASSIGNMENT;
        }
        int16_t config_code = read_config(reader, config, &error);
        if (assigned > 0)
            partitions = assigned;
        else if (partitions == -1)
            partitions = DEFAULT_PARTITIONS;
        if (code)
            error_set(&error, ERROR_INVALID, "This cluster has one broker, %d.", NODE_ID);
        else if (!topic_name_valid(name))
            code = KAFKA_INVALID_TOPIC,
            error_set(&error, ERROR_INVALID, "A topic's name has 1 to 249 letters, digits, '.', '_' or '-'.");
        else if (store_topic(&request->core->store, name))
            code = KAFKA_TOPIC_ALREADY_EXISTS,
            error_set(&error, ERROR_EXISTS, "Topic '%.*s' already exists.", VIEW_ARGS(name));
        else if (partitions < 1)
            code = KAFKA_INVALID_PARTITIONS,
            error_set(&error, ERROR_INVALID, "Number of partitions must be larger than 0.");
        else if (assigned <= 0 && replicas != -1 && replicas != 1)
            code = KAFKA_INVALID_REPLICATION_FACTOR,
            error_set(&error, ERROR_INVALID, "Replication factor: %d larger than available brokers: 1.", replicas);
        else if (config_code)
            code = config_code;
        else if (!only_check && store_create(&request->core->store, name, partitions, config, &error) != 0)
            code = error.code == ERROR_INVALID ? KAFKA_INVALID_PARTITIONS : kafka_error_of(&error);
        write_view(out, name.data ? name : VIEW(""));
        write_int16(out, code);
        if (version >= 1)
            write_string(out, code ? error.message : NULL);
        properties_free(config);
    }
    return HANDLED;
}

static enum handled delete_topics(struct request *request) {
    struct reader *reader = &request->reader;
    struct text *out = request->out;
    int32_t count = read_array(reader, 2);
    if (request->version >= 1)
        write_int32(out, 0);
    write_int32(out, count < 0 ? 0 : count);
    for (int32_t i = 0; i < count && !reader->broken; i++) {
        struct error error = {0};
        struct view name = read_string(reader);
        const struct topic *topic = store_topic(&request->core->store, name);
        for (int32_t j = 0; topic && j < topic->partition_count; j++)
            broker_core_forget(request->core, topic->partitions[j]);
        int result = store_delete(&request->core->store, name, &error);
        if (result == 0)
            groups_topic_deleted(request->core->groups, name);
        broker_core_appended(request->core, NULL); /* whoever waits for records of it shall hear */
        write_view(out, name.data ? name : VIEW(""));
        write_int16(out, result == 0 ? KAFKA_OK : kafka_error_of(&error));
    }
    return HANDLED;
}

static enum handled create_partitions(struct request *request) {
    struct reader *reader = &request->reader, flag = *reader;
    struct text *out = request->out;
    for (int32_t i = read_array(&flag, 10); i > 0 && !flag.broken; i--) {
        read_string(&flag);
        read_int32(&flag);
        for (int32_t j = read_array(&flag, 4); j > 0 && !flag.broken; j--)
            for (int32_t k = read_array(&flag, 4); k > 0; k--)
                read_int32(&flag);
    }
    read_int32(&flag);
    bool only_check = read_int8(&flag);
    int32_t count = read_array(reader, 10);
    write_int32(out, 0);
    write_int32(out, count < 0 ? 0 : count);
    for (int32_t i = 0; i < count && !reader->broken && !flag.broken; i++) {
        struct error error = {0};
        struct view name = read_string(reader);
        int32_t partitions = read_int32(reader);
        for (int32_t j = read_array(reader, 4); j > 0 && !reader->broken; j--)
            for (int32_t k = read_array(reader, 4); k > 0; k--)
                read_int32(reader);
        struct topic *topic = store_topic(&request->core->store, name);
        int16_t code = KAFKA_OK;
        if (!topic)
            code = KAFKA_UNKNOWN_TOPIC,
            error_set(&error, ERROR_NOT_FOUND, "Topic '%.*s' does not exist.", VIEW_ARGS(name));
        else if (partitions <= topic->partition_count)
            code = KAFKA_INVALID_PARTITIONS,
            error_set(&error, ERROR_INVALID,
                      "Topic currently has %d partitions, which is higher than or equal to the requested %d.",
                      topic->partition_count, partitions);
        else if (!only_check && store_grow(&request->core->store, topic, partitions, &error) != 0)
            code = error.code == ERROR_INVALID ? KAFKA_INVALID_PARTITIONS : kafka_error_of(&error);
        write_view(out, name.data ? name : VIEW(""));
        write_int16(out, code);
        write_string(out, code ? error.message : NULL);
    }
    return HANDLED;
}

static enum handled delete_records(struct request *request) {
    struct reader *reader = &request->reader;
    struct text *out = request->out;
    int32_t topics = read_array(reader, 6);
    write_int32(out, 0);
    write_int32(out, topics < 0 ? 0 : topics);
    for (int32_t i = 0; i < topics && !reader->broken; i++) {
        struct view name = read_string(reader);
        int32_t partitions = read_array(reader, 12);
        write_view(out, name.data ? name : VIEW(""));
        write_int32(out, partitions < 0 ? 0 : partitions);
        for (int32_t j = 0; j < partitions && !reader->broken; j++) {
            int32_t index = read_int32(reader);
            int64_t offset = read_int64(reader);
            struct partition *partition = store_partition(&request->core->store, name, index);
            struct error error = {0};
            int16_t code = partition ? KAFKA_OK : KAFKA_UNKNOWN_TOPIC;
            if (partition && offset == -1)
                offset = partition_end_offset(partition);
            if (partition && (offset < 0 || offset > partition_end_offset(partition)))
                code = KAFKA_OFFSET_OUT_OF_RANGE;
            else if (partition && partition_trim(partition, offset, &error) != 0)
                code = kafka_error_of(&error);
            write_int32(out, index);
            write_int64(out, code ? -1 : partition_start_offset(partition));
            write_int16(out, code);
        }
    }
    return HANDLED;
}

const struct handler handler_create_topics = {KEY_CREATE_TOPICS, 0, 4, "CreateTopics", create, false};
const struct handler handler_delete_topics = {KEY_DELETE_TOPICS, 0, 3, "DeleteTopics", delete_topics, false};
const struct handler handler_create_partitions = {KEY_CREATE_PARTITIONS, 0,    1, "CreatePartitions",
                                                  create_partitions,     false};
const struct handler handler_delete_records = {KEY_DELETE_RECORDS, 0, 1, "DeleteRecords", delete_records, false};
