/* DescribeConfigs 0-4: topics and the broker. */
#include <stdio.h>

#include "server/broker/handler.h"

enum { SOURCE_TOPIC = 1, SOURCE_STATIC = 4, SOURCE_DEFAULT = 5 };

struct entry {
    const char *name, *value, *otherwise; /* otherwise: the default */
    int8_t source, type;
    bool read_only;
    const char *help;
};

static void answer_synonyms(struct request *request, const struct entry *entry, bool asked) {
    bool set = entry->source != SOURCE_DEFAULT;
    answer_array(request, !asked ? 0 : set && entry->otherwise ? 2 : 1);
    if (!asked)
        return;
    for (int i = set ? 0 : 1; i < (entry->otherwise ? 2 : 1); i++) {
        answer_string(request, entry->name);
        answer_string(request, i == 0 ? entry->value : entry->otherwise);
        write_int8(request->out, i == 0 ? entry->source : SOURCE_DEFAULT);
        answer_tags(request);
    }
}

struct asked {
    struct reader names;
    int32_t count; /* -1: all */
    bool synonyms, help;
};

static void answer_entry(struct request *request, const struct entry *entry, const struct asked *asked) {
    struct text *out = request->out;
    answer_string(request, entry->name);
    answer_string(request, entry->value);
    write_int8(out, entry->read_only);
    if (request->version == 0)
        write_int8(out, entry->source == SOURCE_DEFAULT);
    else
        write_int8(out, entry->source);
    write_int8(out, 0); /* not secret */
    if (request->version >= 1)
        answer_synonyms(request, entry, asked->synonyms);
    if (request->version >= 3) {
        write_int8(out, entry->type);
        answer_string(request, asked->help ? entry->help : NULL);
    }
    answer_tags(request);
}

static bool wanted(const struct asked *asked, const char *name) {
    struct reader names = asked->names;
    bool found = asked->count < 0;
    for (int32_t i = 0; i < asked->count && !found; i++)
        found = view_equal(read_string(&names), view_of(name));
    return found;
}

static void answer_topic(struct request *request, const struct topic *topic, const struct asked *asked) {
    int32_t count = 0;
    for (size_t i = 0; i < topic_setting_count; i++)
        count += wanted(asked, topic_settings[i].name);
    answer_array(request, count);
    for (size_t i = 0; i < topic_setting_count; i++) {
        const struct topic_setting *setting = &topic_settings[i];
        const char *set = properties_get(topic->config, setting->name);
        struct entry entry = {setting->name,         set ? set : setting->value,
                              setting->value,        set ? SOURCE_TOPIC : SOURCE_DEFAULT,
                              (int8_t)setting->type, false,
                              setting->help};
        if (wanted(asked, setting->name))
            answer_entry(request, &entry, asked);
    }
}

/* Limits as they are in force; what a topic's name would be is not among them. */
static void answer_limits(struct request *request, const struct asked *asked) {
    for (size_t i = 0; i < broker_limit_count; i++) {
        const struct broker_limit *row = &broker_limit_rows[i];
        char value[24], usual[24];
        int64_t now = broker_limit_get(&request->core->limits, row);
        if (!wanted(asked, row->name))
            continue;
        snprintf(value, sizeof value, "%lld", (long long)now);
        snprintf(usual, sizeof usual, "%lld", (long long)row->value);
        struct entry entry = {row->name,    value, usual,    now == row->value ? SOURCE_DEFAULT : SOURCE_STATIC,
                              SETTING_LONG, true,  row->help};
        answer_entry(request, &entry, asked);
    }
}

static void answer_broker(struct request *request, const struct asked *asked) {
    const struct broker_core *core = request->core;
    char node[16];
    snprintf(node, sizeof node, "%d", NODE_ID);
    const struct entry rows[] = {
        {"auto.create.topics.enable", "false", NULL, SOURCE_STATIC, SETTING_BOOLEAN, true, "topics are made by name"},
        {"broker.id", node, NULL, SOURCE_STATIC, SETTING_INT, true, "there is one broker"},
        {"default.replication.factor", "1", NULL, SOURCE_STATIC, SETTING_INT, true, "there is one broker"},
        {"delete.topic.enable", "true", NULL, SOURCE_STATIC, SETTING_BOOLEAN, true, "topics may be deleted"},
        {"log.dirs", core->store.folder, NULL, SOURCE_STATIC, SETTING_TEXT, true, "the data folder's"},
        {"log.flush.interval.messages", core->sync ? "1" : "9223372036854775807", NULL, SOURCE_STATIC, SETTING_LONG,
         true, "see --sync"},
        {"node.id", node, NULL, SOURCE_STATIC, SETTING_INT, true, "there is one broker"},
        {"num.partitions", "1", NULL, SOURCE_STATIC, SETTING_INT, true, "of a topic made without a number"},
        {"offsets.topic.replication.factor", "1", NULL, SOURCE_STATIC, SETTING_INT, true, "there is one broker"},
    };
    int32_t count = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        count += wanted(asked, rows[i].name);
    for (size_t i = 0; i < broker_limit_count; i++)
        count += wanted(asked, broker_limit_rows[i].name);
    answer_array(request, count);
    answer_limits(request, asked);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (wanted(asked, rows[i].name))
            answer_entry(request, &rows[i], asked);
}

void answer_topic_settings(struct request *request, const struct properties *config) {
    answer_array(request, config ? (int32_t)topic_setting_count : -1);
    for (size_t i = 0; config && i < topic_setting_count; i++) {
        const char *set = properties_get(config, topic_settings[i].name);
        answer_string(request, topic_settings[i].name);
        answer_string(request, set ? set : topic_settings[i].value);
        write_int8(request->out, 0);
        write_int8(request->out, set ? SOURCE_TOPIC : SOURCE_DEFAULT);
        write_int8(request->out, 0);
        answer_tags(request);
    }
}

static int8_t read_resource(struct reader *reader, struct view *name, struct asked *asked) {
    int8_t type = read_int8(reader);
    *name = read_string(reader);
    asked->count = read_array(reader, 2);
    asked->names = *reader;
    for (int32_t i = 0; i < asked->count && !reader->broken; i++)
        read_string(reader);
    read_tags(reader);
    return type;
}

static void answer_resource(struct request *request, int8_t type, struct view name, const struct asked *asked) {
    const struct topic *topic = type == RESOURCE_TOPIC ? store_topic(&request->core->store, name) : NULL;
    bool broker = type == RESOURCE_BROKER && (name.size == 0 || view_equal(name, VIEW("1")));
    int16_t code = topic || broker ? KAFKA_OK : type == RESOURCE_TOPIC ? KAFKA_UNKNOWN_TOPIC : KAFKA_INVALID_REQUEST;
    write_int16(request->out, code);
    answer_string(request, code == KAFKA_UNKNOWN_TOPIC ? "This topic does not exist."
                           : code                      ? "Only topics and the one broker, 1, have settings here."
                                                       : NULL);
    write_int8(request->out, type);
    answer_name(request, name);
    if (topic)
        answer_topic(request, topic, asked);
    else if (broker)
        answer_broker(request, asked);
    else
        answer_array(request, 0);
    answer_tags(request);
}

static enum handled handle(struct request *request) {
    struct reader *reader = &request->reader, tail = *reader;
    struct asked asked = {0};
    struct view name;
    for (int32_t i = read_array(&tail, 7); i > 0 && !tail.broken; i--)
        read_resource(&tail, &name, &asked);
    bool synonyms = request->version >= 1 && read_int8(&tail), help = request->version >= 3 && read_int8(&tail);
    if (tail.broken) {
        reader->broken = true;
        return HANDLED;
    }
    int32_t count = read_array(reader, 7);
    answer_throttle(request, 0);
    answer_array(request, count < 0 ? 0 : count);
    for (int32_t i = 0; i < count && !reader->broken; i++) {
        int8_t type = read_resource(reader, &name, &asked);
        asked.synonyms = synonyms;
        asked.help = help;
        answer_resource(request, type, name, &asked);
    }
    answer_tags(request);
    return HANDLED;
}

const struct handler handler_describe_configs = {KEY_DESCRIBE_CONFIGS, 0, 4, 4, "DescribeConfigs", handle, false};
