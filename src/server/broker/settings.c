#include "server/broker/settings.h"

#include <string.h>

#define NEVER "9223372036854775807"

const struct topic_setting topic_settings[] = {
    {"cleanup.policy", "delete", SETTING_LIST, "delete compact", 0, 0,
     "what happens to old records: delete, compact or both"},
    {"compression.gzip.level", "-1", SETTING_INT, "-1", 0, 0, "batches stay as their producer made them"},
    {"compression.lz4.level", "9", SETTING_INT, "9", 0, 0, "batches stay as their producer made them"},
    {"compression.type", "producer", SETTING_TEXT, "producer", 0, 0, "batches stay as their producer made them"},
    {"compression.zstd.level", "3", SETTING_INT, "3", 0, 0, "batches stay as their producer made them"},
    {"delete.retention.ms", "86400000", SETTING_LONG, NULL, 0, 9.3e18, "how long compaction keeps tombstones"},
    {"file.delete.delay.ms", "60000", SETTING_LONG, "60000", 0, 0, "files go at once"},
    {"flush.messages", NEVER, SETTING_LONG, NEVER, 0, 0, "see --sync"},
    {"flush.ms", NEVER, SETTING_LONG, NEVER, 0, 0, "see --sync"},
    {"index.interval.bytes", "4096", SETTING_INT, "4096", 0, 0, "bytes between entries of the index"},
    {"max.compaction.lag.ms", NEVER, SETTING_LONG, NULL, 1, 9.3e18, "compacted at the latest at this age"},
    {"max.message.bytes", "1048588", SETTING_INT, NULL, 0, INT32_MAX, "largest record batch taken"},
    {"message.downconversion.enable", "true", SETTING_BOOLEAN, "true false", 0, 0,
     "there are no old formats to convert to"},
    {"message.timestamp.after.max.ms", NEVER, SETTING_LONG, NULL, 0, 9.3e18,
     "how far ahead of the clock a record may be"},
    {"message.timestamp.before.max.ms", NEVER, SETTING_LONG, NEVER, 0, 0, "records may be as old as they like"},
    {"message.timestamp.type", "CreateTime", SETTING_TEXT, "CreateTime LogAppendTime", 0, 0,
     "whose time records carry"},
    {"min.cleanable.dirty.ratio", "0.5", SETTING_DOUBLE, NULL, 0, 1,
     "part of the log that is new before it is compacted"},
    {"min.compaction.lag.ms", "0", SETTING_LONG, NULL, 0, 9.3e18, "not compacted before this age"},
    {"min.insync.replicas", "1", SETTING_INT, "1", 0, 0, "there is one replica"},
    {"preallocate", "false", SETTING_BOOLEAN, "false", 0, 0, "files grow as they are written"},
    {"remote.storage.enable", "false", SETTING_BOOLEAN, "false", 0, 0, "all is on this disk"},
    {"retention.bytes", "-1", SETTING_LONG, NULL, -1, 9.3e18, "size at which the oldest segments go; -1 = never"},
    {"retention.ms", "-1", SETTING_LONG, NULL, -1, 9.3e18, "age at which the oldest segments go; -1 = never"},
    {"segment.bytes", "1073741824", SETTING_INT, NULL, 14, INT32_MAX, "size at which a new segment begins"},
    {"segment.index.bytes", "10485760", SETTING_INT, "10485760", 0, 0, "the index grows as it needs"},
    {"segment.jitter.ms", "0", SETTING_LONG, "0", 0, 0, "segments begin on time"},
    {"segment.ms", "604800000", SETTING_LONG, NULL, 1, 9.3e18, "age at which a new segment begins"},
    {"unclean.leader.election.enable", "false", SETTING_BOOLEAN, "false", 0, 0, "there is one replica"},
};
const size_t topic_setting_count = sizeof topic_settings / sizeof *topic_settings;

const struct topic_setting *topic_setting_find(struct view name) {
    for (size_t i = 0; i < topic_setting_count; i++)
        if (view_equal(view_of(topic_settings[i].name), name))
            return &topic_settings[i];
    return NULL;
}

static bool is_allowed(const struct topic_setting *setting, struct view value) {
    struct view rest = view_of(setting->allowed), word;
    while (view_split(&rest, ' ', &word))
        if (view_equal(word, value))
            return true;
    return false;
}

static int refuse(const struct topic_setting *setting, struct view value, struct error *error) {
    return error_set(error, ERROR_INVALID, "Invalid value %.*s for configuration %s: this broker knows %s",
                     VIEW_ARGS(value), setting->name, setting->allowed);
}

static int check_number(const struct topic_setting *setting, struct view value, struct error *error) {
    int64_t number;
    double floating = 0;
    if (setting->type == SETTING_DOUBLE ? !view_to_double(value, &floating) : !view_to_int64(value, &number))
        return error_set(error, ERROR_INVALID, "Invalid value %.*s for configuration %s: Not a number of type %s",
                         VIEW_ARGS(value), setting->name,
                         setting->type == SETTING_DOUBLE ? "DOUBLE"
                         : setting->type == SETTING_INT  ? "INT"
                                                         : "LONG");
    if (setting->type != SETTING_DOUBLE)
        floating = (double)number;
    if (!setting->allowed && !(floating >= setting->least))
        return error_set(error, ERROR_INVALID, "Invalid value %.*s for configuration %s: Value must be at least %g",
                         VIEW_ARGS(value), setting->name, setting->least);
    if (!setting->allowed && floating > setting->most)
        return error_set(error, ERROR_INVALID, "Invalid value %.*s for configuration %s: Value must be no more than %g",
                         VIEW_ARGS(value), setting->name, setting->most);
    return 0;
}

static int check_list(const struct topic_setting *setting, struct view value, struct text *plain, struct error *error) {
    struct view rest = value, word;
    while (view_split(&rest, ',', &word)) {
        word = view_trim(word);
        if (!is_allowed(setting, word))
            return error_set(error, ERROR_INVALID, "Invalid value %.*s for configuration %s: String must be one of: %s",
                             VIEW_ARGS(word), setting->name, setting->allowed);
        if (plain->size)
            text_append_char(plain, ',');
        text_append(plain, word);
    }
    return plain->size ? 0 : refuse(setting, value, error);
}

int topic_setting_put(struct properties *config, struct view name, struct view value, struct error *error) {
    const struct topic_setting *setting = topic_setting_find(name);
    struct text plain = TEXT_EMPTY;
    int result = 0;
    value = view_trim(value);
    if (!setting)
        return error_set(error, ERROR_INVALID, "Unknown topic config name: %.*s", VIEW_ARGS(name));
    if (setting->type == SETTING_LIST) {
        result = check_list(setting, value, &plain, error);
    } else {
        if (setting->type == SETTING_INT || setting->type == SETTING_LONG || setting->type == SETTING_DOUBLE)
            result = check_number(setting, value, error);
        if (result == 0 && setting->allowed && !is_allowed(setting, value))
            result = refuse(setting, value, error);
        text_append(&plain, value);
    }
    if (result == 0)
        properties_set(config, setting->name, text_string(&plain));
    text_free(&plain);
    return result;
}

static const char *text_of(const struct properties *config, const char *name) {
    return properties_get_or(config, name, topic_setting_find(view_of(name))->value);
}

static int64_t number_of(const struct properties *config, const char *name) {
    int64_t number = 0;
    view_to_int64(view_of(text_of(config, name)), &number);
    return number;
}

void topic_policy_read(struct topic_policy *policy, const struct properties *config) {
    const char *cleanup = text_of(config, "cleanup.policy");
    *policy = (struct topic_policy){
        .compacts = strstr(cleanup, "compact") != NULL,
        .deletes = strstr(cleanup, "delete") != NULL,
        .append_time = strcmp(text_of(config, "message.timestamp.type"), "LogAppendTime") == 0,
        .message_most = number_of(config, "max.message.bytes"),
        .retention_bytes = number_of(config, "retention.bytes"),
        .retention_ms = number_of(config, "retention.ms"),
        .segment_bytes = number_of(config, "segment.bytes"),
        .segment_ms = number_of(config, "segment.ms"),
        .delete_retention_ms = number_of(config, "delete.retention.ms"),
        .compaction_lag_least_ms = number_of(config, "min.compaction.lag.ms"),
        .compaction_lag_most_ms = number_of(config, "max.compaction.lag.ms"),
        .time_ahead_most_ms = number_of(config, "message.timestamp.after.max.ms"),
    };
    view_to_double(view_of(text_of(config, "min.cleanable.dirty.ratio")), &policy->dirty_ratio);
}
