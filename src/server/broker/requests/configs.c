/* DescribeConfigs 0-2, AlterConfigs 0-1, IncrementalAlterConfigs 0-1 */
#include <stdio.h>
#include <string.h>

#include "server/broker/handler.h"

enum { RESOURCE_TOPIC = 2, RESOURCE_BROKER = 4, SOURCE_TOPIC = 1, SOURCE_STATIC = 4, SOURCE_DEFAULT = 5 };
enum { OPERATION_SET, OPERATION_DELETE, OPERATION_APPEND, OPERATION_SUBTRACT };

static void write_entry(struct text *out, int16_t version, const char *name, const char *value, bool read_only,
                        int8_t source) {
    write_string(out, name);
    write_string(out, value);
    write_int8(out, read_only);
    if (version == 0)
        write_int8(out, source == SOURCE_DEFAULT);
    else
        write_int8(out, source);
    write_int8(out, 0); /* not secret */
    if (version >= 1)
        write_int32(out, 0); /* synonyms */
}

static bool wanted(struct reader names, int32_t count, const char *name) {
    if (count < 0)
        return true;
    for (int32_t i = 0; i < count; i++)
        if (view_equal(read_string(&names), view_of(name)))
            return true;
    return false;
}

static void describe_topic(struct request *request, const struct topic *topic, struct reader names,
                           int32_t name_count) {
    struct text *out = request->out;
    size_t count_at = out->size;
    int32_t count = 0;
    write_int32(out, 0);
    for (size_t i = 0; i < topic_setting_count; i++) {
        const char *set = properties_get(topic->config, topic_settings[i].name);
        if (!wanted(names, name_count, topic_settings[i].name))
            continue;
        write_entry(out, request->version, topic_settings[i].name, set ? set : topic_settings[i].value, false,
                    set ? SOURCE_TOPIC : SOURCE_DEFAULT);
        count++;
    }
    set_int32(out, count_at, count);
}

static void describe_broker(struct request *request, struct reader names, int32_t name_count) {
    const struct broker_core *core = request->core;
    char node[16];
    snprintf(node, sizeof node, "%d", NODE_ID);
    const struct {
        const char *name, *value;
    } rows[] = {
        {"auto.create.topics.enable", core->auto_create ? "true" : "false"},
        {"broker.id", node},
        {"default.replication.factor", "1"},
        {"log.dir", core->store.folder},
        {"log.flush.interval.messages", core->sync ? "1" : "9223372036854775807"},
        {"num.partitions", "1"},
        {"offsets.topic.replication.factor", "1"},
    };
    struct text *out = request->out;
    size_t count_at = out->size;
    int32_t count = 0;
    write_int32(out, 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!wanted(names, name_count, rows[i].name))
            continue;
        write_entry(out, request->version, rows[i].name, rows[i].value, true, SOURCE_STATIC);
        count++;
    }
    set_int32(out, count_at, count);
}

static enum handled describe(struct request *request) {
    struct reader *reader = &request->reader;
    struct text *out = request->out;
    int32_t count = read_array(reader, 7);
    write_int32(out, 0);
    write_int32(out, count < 0 ? 0 : count);
    for (int32_t i = 0; i < count && !reader->broken; i++) {
        int8_t type = read_int8(reader);
        struct view name = read_string(reader);
        int32_t name_count = read_array(reader, 2);
        struct reader names = *reader;
        for (int32_t j = 0; j < name_count; j++)
            read_string(reader);
        const struct topic *topic = type == RESOURCE_TOPIC ? store_topic(&request->core->store, name) : NULL;
        int16_t code = topic || type == RESOURCE_BROKER ? KAFKA_OK
                       : type == RESOURCE_TOPIC         ? KAFKA_UNKNOWN_TOPIC
                                                        : KAFKA_INVALID_REQUEST;
        write_int16(out, code);
        write_string(out, code == KAFKA_UNKNOWN_TOPIC ? "This topic does not exist."
                          : code                      ? "Only topics and the broker have settings here."
                                                      : NULL);
        write_int8(out, type);
        write_view(out, name.data ? name : VIEW(""));
        if (topic)
            describe_topic(request, topic, names, name_count);
        else if (!code)
            describe_broker(request, names, name_count);
        else
            write_int32(out, 0);
    }
    return HANDLED;
}

/* All of a request's settings are checked before any is taken. */
static int16_t alter_topic(struct request *request, struct topic *topic, struct reader entries, int32_t count,
                           bool incremental, bool only_check, struct error *error) {
    struct properties *config = incremental ? properties_copy(topic->config) : properties_new();
    int16_t code = KAFKA_OK;
    for (int32_t i = 0; i < count && !code; i++) {
        struct view name = read_string(&entries);
        int8_t operation = incremental ? read_int8(&entries) : OPERATION_SET;
        struct view value = read_string(&entries);
        struct text name_text = TEXT_EMPTY;
        text_append(&name_text, name);
        if (operation == OPERATION_APPEND || operation == OPERATION_SUBTRACT) {
            code = KAFKA_INVALID_CONFIG;
            error_set(error, ERROR_UNSUPPORTED, "APPEND and SUBTRACT are not supported; set %s as a whole.",
                      text_string(&name_text));
        } else if (operation == OPERATION_DELETE || !value.data) {
            properties_remove(config, text_string(&name_text));
        } else if (topic_setting_put(config, name, value, error) != 0) {
            code = KAFKA_INVALID_CONFIG;
        }
        text_free(&name_text);
    }
    if (!code && !only_check && store_configure(&request->core->store, topic, config, error) != 0)
        code = KAFKA_STORAGE_ERROR;
    if (code || only_check)
        properties_free(config);
    return code;
}

static void pass_entries(struct reader *reader, int32_t count, bool incremental) {
    for (int32_t i = 0; i < count; i++) {
        read_string(reader);
        if (incremental)
            read_int8(reader);
        read_string(reader);
    }
}

static enum handled alter_any(struct request *request, bool incremental) {
    struct reader *reader = &request->reader, flag = *reader;
    struct text *out = request->out;
    for (int32_t i = read_array(&flag, 7); i > 0 && !flag.broken; i--) {
        read_int8(&flag);
        read_string(&flag);
        pass_entries(&flag, read_array(&flag, 4), incremental);
    }
    bool only_check = read_int8(&flag);
    int32_t count = read_array(reader, 7);
    write_int32(out, 0);
    write_int32(out, count < 0 ? 0 : count);
    for (int32_t i = 0; i < count && !reader->broken && !flag.broken; i++) {
        int8_t type = read_int8(reader);
        struct view name = read_string(reader);
        int32_t entry_count = read_array(reader, 4);
        struct reader entries = *reader;
        pass_entries(reader, entry_count, incremental);
        struct topic *topic = type == RESOURCE_TOPIC ? store_topic(&request->core->store, name) : NULL;
        struct error error = {0};
        int16_t code = reader->broken ? KAFKA_INVALID_REQUEST : KAFKA_UNKNOWN_TOPIC;
        if (topic && !reader->broken)
            code = alter_topic(request, topic, entries, entry_count, incremental, only_check, &error);
        else if (type == RESOURCE_BROKER)
            code = KAFKA_INVALID_REQUEST,
            error_set(&error, ERROR_UNSUPPORTED, "The broker's own settings are given when it starts.");
        else
            error_set(&error, ERROR_NOT_FOUND, "This topic does not exist.");
        write_int16(out, code);
        write_string(out, code ? error.message : NULL);
        write_int8(out, type);
        write_view(out, name.data ? name : VIEW(""));
    }
    return HANDLED;
}

static enum handled alter(struct request *request) {
    return alter_any(request, false);
}

static enum handled alter_incrementally(struct request *request) {
    return alter_any(request, true);
}

const struct handler handler_describe_configs = {KEY_DESCRIBE_CONFIGS, 0, 2, "DescribeConfigs", describe, false};
const struct handler handler_alter_configs = {KEY_ALTER_CONFIGS, 0, 1, "AlterConfigs", alter, false};
const struct handler handler_incremental_alter_configs = {
    KEY_INCREMENTAL_ALTER_CONFIGS, 0, 0, "IncrementalAlterConfigs", alter_incrementally, false};
