/* AlterConfigs 0-2 replaces all of a topic's settings, IncrementalAlterConfigs 0-1 changes some. A resource's settings
 * are checked before any of them is taken. */
#include "server/broker/handler.h"

enum { OPERATION_SET, OPERATION_DELETE, OPERATION_APPEND, OPERATION_SUBTRACT };

/* Lists (cleanup.policy) grow and shrink by these. */
static int change_list(struct properties *config, const struct topic_setting *setting, struct view value, bool append,
                       struct error *error) {
    struct text list = TEXT_EMPTY;
    struct view rest = view_of(properties_get_or(config, setting->name, setting->value)), word;
    if (setting->type != SETTING_LIST)
        return error_set(error, ERROR_INVALID, "Config value append is not allowed for config key: %s", setting->name);
    while (view_split(&rest, ',', &word))
        if (!view_equal(word, view_trim(value)))
            text_append_format(&list, "%s%.*s", list.size ? "," : "", VIEW_ARGS(word));
    if (append)
        text_append_format(&list, "%s%.*s", list.size ? "," : "", VIEW_ARGS(value));
    int result = topic_setting_put(config, view_of(setting->name), text_view(&list), error);
    text_free(&list);
    return result;
}

static int change(struct properties *config, struct view name, int8_t operation, struct view value,
                  struct error *error) {
    const struct topic_setting *setting = topic_setting_find(name);
    if (!setting)
        return error_set(error, ERROR_INVALID, "Unknown topic config name: %.*s", VIEW_ARGS(name));
    if (operation == OPERATION_DELETE) {
        properties_remove(config, setting->name);
        return 0;
    }
    if (operation == OPERATION_SET)
        return topic_setting_put(config, name, value, error);
    if (operation == OPERATION_APPEND || operation == OPERATION_SUBTRACT)
        return change_list(config, setting, value, operation == OPERATION_APPEND, error);
    return error_set(error, ERROR_INVALID, "Unknown operation %d for config %s", operation, setting->name);
}

static int16_t alter_topic(struct request *request, struct topic *topic, struct reader entries, int32_t count,
                           bool incremental, bool only_check, struct error *error) {
    struct properties *config = incremental ? properties_copy(topic->config) : properties_new();
    int16_t code = KAFKA_OK;
    for (int32_t i = 0; i < count && !code; i++) {
        struct view name = read_string(&entries);
        int8_t operation = incremental ? read_int8(&entries) : OPERATION_SET;
        struct view value = read_string(&entries);
        read_tags(&entries);
        if (!value.data && operation != OPERATION_DELETE) {
            error_set(error, ERROR_INVALID, "Null value not supported for : %.*s", VIEW_ARGS(name));
            code = KAFKA_INVALID_REQUEST;
        } else if (change(config, name, operation, value, error) != 0) {
            code = KAFKA_INVALID_CONFIG;
        }
    }
    if (!code && !only_check && store_configure(&request->core->store, topic, config, error) != 0)
        code = KAFKA_STORAGE_ERROR;
    if (code || only_check)
        properties_free(config);
    return code;
}

struct resource {
    int8_t type;
    struct view name;
    struct reader entries;
    int32_t count;
};

static void read_resource(struct reader *reader, bool incremental, struct resource *resource) {
    resource->type = read_int8(reader);
    resource->name = read_string(reader);
    resource->count = read_array(reader, 3);
    resource->entries = *reader;
    for (int32_t i = 0; i < resource->count && !reader->broken; i++) {
        read_string(reader);
        if (incremental)
            read_int8(reader);
        read_string(reader);
        read_tags(reader);
    }
    read_tags(reader);
}

static void alter_resource(struct request *request, const struct resource *resource, bool incremental,
                           bool only_check) {
    struct topic *topic = resource->type == RESOURCE_TOPIC ? store_topic(&request->core->store, resource->name) : NULL;
    struct error error = {0};
    int16_t code = KAFKA_UNKNOWN_TOPIC;
    if (topic) {
        code = alter_topic(request, topic, resource->entries, resource->count, incremental, only_check, &error);
    } else if (resource->type != RESOURCE_TOPIC) {
        code = KAFKA_INVALID_REQUEST;
        error_set(&error, ERROR_UNSUPPORTED,
                  "Only topics have settings that can be changed; the broker's are given when it starts.");
    } else {
        error_set(&error, ERROR_NOT_FOUND, "This topic does not exist.");
    }
    write_int16(request->out, code);
    answer_string(request, code ? error.message : NULL);
    write_int8(request->out, resource->type);
    answer_name(request, resource->name);
    answer_tags(request);
}

static enum handled handle_both(struct request *request, bool incremental) {
    struct reader *reader = &request->reader, tail = *reader;
    struct resource resource;
    for (int32_t i = read_array(&tail, 7); i > 0 && !tail.broken; i--)
        read_resource(&tail, incremental, &resource);
    bool only_check = read_int8(&tail);
    if (tail.broken) {
        reader->broken = true;
        return HANDLED;
    }
    int32_t count = read_array(reader, 7);
    answer_throttle(request, 0);
    answer_array(request, count < 0 ? 0 : count);
    for (int32_t i = 0; i < count && !reader->broken; i++) {
        read_resource(reader, incremental, &resource);
        alter_resource(request, &resource, incremental, only_check);
    }
    answer_tags(request);
    return HANDLED;
}

static enum handled handle(struct request *request) {
    return handle_both(request, false);
}

static enum handled handle_incremental(struct request *request) {
    return handle_both(request, true);
}

const struct handler handler_alter_configs = {KEY_ALTER_CONFIGS, 0, 2, 2, "AlterConfigs", handle, false};
const struct handler handler_incremental_alter_configs = {
    KEY_INCREMENTAL_ALTER_CONFIGS, 0, 1, 1, "IncrementalAlterConfigs", handle_incremental, false};
