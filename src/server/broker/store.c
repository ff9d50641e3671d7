#include "server/broker/store.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "foundation/base/file.h"
#include "foundation/base/log.h"
#include "foundation/base/memory.h"

enum { NAME_MOST = 249, PARTITIONS_MOST = 1000 };

const struct topic_setting topic_settings[] = {
    {"cleanup.policy", "delete", SETTING_LIST, "delete compact compact,delete delete,compact", "what happens to old records"},
    {"compression.type", "producer", SETTING_TEXT, "producer", "batches stay as their producer made them"},
    {"max.message.bytes", "1048588", SETTING_INT, NULL, "largest record batch taken"},
    {"message.timestamp.type", "CreateTime", SETTING_TEXT, "CreateTime", "records keep the time their producer gave"},
    {"min.insync.replicas", "1", SETTING_INT, "1", "there is one replica"},
    {"retention.bytes", "-1", SETTING_LONG, NULL, "size at which the oldest segments go; -1 = never"},
    {"retention.ms", "-1", SETTING_LONG, NULL, "age at which the oldest segments go; -1 = never"},
    {"segment.bytes", "1073741824", SETTING_INT, NULL, "size at which a new segment begins"},
};
const size_t topic_setting_count = sizeof topic_settings / sizeof *topic_settings;

const struct topic_setting *topic_setting_find(struct view name) {
    for (size_t i = 0; i < topic_setting_count; i++)
        if (view_equal(view_of(topic_settings[i].name), name))
            return &topic_settings[i];
    return NULL;
}

int topic_setting_check(struct view name, struct view value, struct error *error) {
    /* Known to Kafka, without effect on one node: accepted so that tools which always send them go on. */
    static const char *const harmless[] = {"delete.retention.ms", "file.delete.delay.ms", "flush.messages", "flush.ms",
                                           "index.interval.bytes", "max.compaction.lag.ms", "min.cleanable.dirty.ratio",
                                           "min.compaction.lag.ms", "preallocate", "segment.index.bytes", "segment.jitter.ms",
                                           "segment.ms", "unclean.leader.election.enable", "message.format.version",
                                           "message.timestamp.difference.max.ms"};
    const struct topic_setting *setting = topic_setting_find(name);
    int64_t number;
    if (!setting) {
        for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
            if (view_equal(view_of(harmless[i]), name))
                return 0;
        return error_set(error, ERROR_INVALID, "Unknown topic config name: %.*s", VIEW_ARGS(name));
    }
    if ((setting->type == SETTING_INT || setting->type == SETTING_LONG) && !view_to_int64(value, &number))
        return error_set(error, ERROR_INVALID, "Invalid value %.*s for configuration %s: Not a number", VIEW_ARGS(value), setting->name);
    if (setting->allowed) {
        struct view rest = view_of(setting->allowed), word;
        while (view_split(&rest, ' ', &word))
            if (view_equal(word, value))
                return 0;
        return error_set(error, ERROR_INVALID, "Invalid value %.*s for configuration %s: this broker knows %s", VIEW_ARGS(value),
                         setting->name, setting->allowed);
    }
    return 0;
}

const char *topic_text(const struct topic *topic, const char *name) {
    const struct topic_setting *setting = topic_setting_find(view_of(name));
    return properties_get_or(topic->config, name, setting ? setting->value : "");
}

int64_t topic_number(const struct topic *topic, const char *name) {
    int64_t number = 0;
    view_to_int64(view_of(topic_text(topic, name)), &number);
    return number;
}

void topic_apply(struct topic *topic) {
    int64_t bytes = topic_number(topic, "segment.bytes");
    for (int32_t i = 0; i < topic->partition_count; i++)
        log_set_segment_bytes(topic->partitions[i], bytes < 1024 ? 1024 : bytes);
}

static void topic_free(void *value) {
    struct topic *topic = value;
    for (int32_t i = 0; i < topic->partition_count; i++)
        log_close_folder(topic->partitions[i], false);
    memory_free(topic->partitions);
    properties_free(topic->config);
    memory_free(topic->name);
    memory_free(topic);
}

static char *partition_folder(const struct store *store, const char *topic, int32_t partition) {
    struct text name = TEXT_EMPTY;
    text_append_format(&name, "%s-%d", topic, partition);
    char *path = file_join(store->folder, text_string(&name));
    text_free(&name);
    return path;
}

/* --- the `topics` file: NAME PARTITIONS [setting=value]... a line --- */

int store_save(struct store *store, struct error *error) {
    struct text text = TEXT_EMPTY;
    size_t at = 0;
    void *value;
    while (map_next(store->topics, &at, NULL, &value)) {
        const struct topic *topic = value;
        text_append_format(&text, "%s %d", topic->name, topic->partition_count);
        for (size_t i = 0; i < properties_count(topic->config); i++) {
            const char *name, *setting;
            properties_at(topic->config, i, &name, &setting);
            text_append_format(&text, " %s=%s", name, setting);
        }
        text_append_char(&text, '\n');
    }
    char *path = file_join(store->folder, "topics");
    int result = file_write_atomic(path, text_view(&text), 0600, error);
    memory_free(path);
    text_free(&text);
    return result;
}

static void add_checked(void *context, int64_t bytes) {
    struct store_progress *progress = context;
    progress->done += bytes;
    if (progress->report)
        progress->report(progress->context, progress->done, progress->total);
}

static int open_partitions(struct store *store, struct topic *topic, int32_t count, bool trusted, struct store_progress *progress,
                           struct error *error) {
    for (int32_t i = topic->partition_count; i < count; i++) {
        char *folder = partition_folder(store, topic->name, i);
        struct log *log = log_open_folder(folder, trusted, progress ? add_checked : NULL, progress, error);
        memory_free(folder);
        if (!log)
            return -1;
        topic->partitions = memory_resize(topic->partitions, (size_t)i + 1, sizeof *topic->partitions);
        topic->partitions[i] = log;
        topic->partition_count = i + 1;
    }
    topic_apply(topic);
    return 0;
}

static int read_topics(struct store *store, bool trusted, struct store_progress *progress, struct error *error) {
    char *path = file_join(store->folder, "topics");
    struct text text = TEXT_EMPTY;
    int result = 0, number = 0;
    if (file_exists(path) && (result = file_read(path, &text, error)) == 0) {
        struct view rest = text_view(&text), line;
        while (result == 0 && view_split(&rest, '\n', &line)) {
            struct view name, word;
            int64_t partitions = 0;
            number++;
            if (!view_split(&line, ' ', &name) || !view_split(&line, ' ', &word) || !topic_name_valid(name) ||
                !view_to_int64(word, &partitions) || partitions < 1 || partitions > PARTITIONS_MOST) {
                result = error_set(error, ERROR_CORRUPT, "%s:%d is damaged; move the folder away or start with --fresh", path, number);
                break;
            }
            struct text copy = TEXT_EMPTY;
            text_append(&copy, name);
            struct topic *topic = memory_zero(1, sizeof *topic);
            topic->name = text_take(&copy);
            topic->config = properties_new();
            while (view_split(&line, ' ', &word)) {
                struct view setting;
                struct text setting_name = TEXT_EMPTY, setting_value = TEXT_EMPTY;
                view_split(&word, '=', &setting);
                text_append(&setting_name, setting);
                text_append(&setting_value, word);
                properties_set(topic->config, text_string(&setting_name), text_string(&setting_value));
                text_free(&setting_name);
                text_free(&setting_value);
            }
            map_put(store->topics, name, topic);
            result = open_partitions(store, topic, (int32_t)partitions, trusted, progress, error);
        }
    }
    text_free(&text);
    memory_free(path);
    return result;
}

static void make_id(char id[24]) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned char bytes[22];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        memset(bytes, 7, sizeof bytes);
    for (int i = 0; i < 22; i++)
        id[i] = letters[bytes[i] & 63];
    id[22] = '\0';
}

static int load_id(struct store *store, struct error *error) {
    char *path = file_join(store->folder, "cluster.id");
    struct text text = TEXT_EMPTY;
    int result = 0;
    if (file_exists(path) && file_read(path, &text, NULL) == 0 && view_trim(text_view(&text)).size == 22) {
        memcpy(store->cluster_id, text.data, 22);
        store->cluster_id[22] = '\0';
    } else {
        make_id(store->cluster_id);
        result = file_write_atomic(path, view_of(store->cluster_id), 0600, error);
    }
    text_free(&text);
    memory_free(path);
    return result;
}

static int64_t folder_bytes(const char *path) {
    int64_t bytes = 0;
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        struct stat status;
        if (entry->d_name[0] == '.')
            continue;
        char *inner = file_join(path, entry->d_name);
        if (stat(inner, &status) == 0) {
            if (S_ISDIR(status.st_mode))
                bytes += folder_bytes(inner);
            else if (view_ends_with(view_of(entry->d_name), VIEW(".log")))
                bytes += status.st_size;
        }
        memory_free(inner);
    }
    if (folder)
        closedir(folder);
    return bytes;
}

int store_open(struct store *store, const char *folder, struct store_progress *progress, struct error *error) {
    *store = (struct store){.folder = memory_copy_string(folder), .topics = map_new(topic_free)};
    if (file_make_folders(folder, 0700, error) != 0 || load_id(store, error) != 0)
        return -1;
    char *marker = file_join(folder, "clean");
    bool trusted = file_exists(marker);
    unlink(marker); /* from now on a crash shows by its absence */
    memory_free(marker);
    if (progress && progress->report && !trusted)
        progress->total = folder_bytes(folder);
    return read_topics(store, trusted, trusted ? NULL : progress, error);
}

void store_close(struct store *store, bool clean) {
    if (!store->topics)
        return;
    size_t at = 0;
    void *value;
    while (map_next(store->topics, &at, NULL, &value)) {
        struct topic *topic = value;
        for (int32_t i = 0; i < topic->partition_count; i++)
            log_close_folder(topic->partitions[i], clean);
        topic->partition_count = 0;
    }
    map_free(store->topics);
    if (clean) {
        char *marker = file_join(store->folder, "clean");
        file_write_atomic(marker, VIEW("stopped\n"), 0600, NULL);
        memory_free(marker);
    }
    memory_free(store->folder);
    *store = (struct store){0};
}

struct topic *store_topic(const struct store *store, struct view name) {
    return name.data ? map_get(store->topics, name) : NULL;
}

struct log *store_partition(const struct store *store, struct view name, int32_t partition) {
    const struct topic *topic = store_topic(store, name);
    return topic && partition >= 0 && partition < topic->partition_count ? topic->partitions[partition] : NULL;
}

bool topic_name_valid(struct view name) {
    if (name.size == 0 || name.size > NAME_MOST || view_equal(name, VIEW(".")) || view_equal(name, VIEW("..")))
        return false;
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'))
            return false;
    }
    return true;
}

int store_create(struct store *store, struct view name, int32_t partitions, struct properties *config, struct error *error) {
    if (store_topic(store, name))
        return error_set(error, ERROR_EXISTS, "Topic '%.*s' already exists.", VIEW_ARGS(name));
    if (partitions < 1 || partitions > PARTITIONS_MOST)
        return error_set(error, ERROR_INVALID, "A topic has 1 to %d partitions here.", PARTITIONS_MOST);
    struct text copy = TEXT_EMPTY;
    text_append(&copy, name);
    struct topic *topic = memory_zero(1, sizeof *topic);
    topic->name = text_take(&copy);
    topic->config = config ? properties_copy(config) : properties_new();
    if (open_partitions(store, topic, partitions, false, NULL, error) != 0) {
        topic_free(topic);
        return -1;
    }
    map_put(store->topics, name, topic);
    if (store_save(store, error) != 0) {
        map_remove(store->topics, name);
        return -1;
    }
    return 0;
}

int store_delete(struct store *store, struct view name, struct error *error) {
    struct topic *topic = store_topic(store, name);
    if (!topic)
        return error_set(error, ERROR_NOT_FOUND, "Topic '%.*s' does not exist.", VIEW_ARGS(name));
    struct log **partitions = topic->partitions;
    int32_t count = topic->partition_count;
    topic->partitions = NULL;
    topic->partition_count = 0;
    map_remove(store->topics, name);
    int result = store_save(store, error); /* first forgotten, then removed: a crash between leaves folders, never a half topic */
    for (int32_t i = 0; i < count; i++) {
        struct error trouble = {0};
        if (log_delete_folder(partitions[i], &trouble) != 0)
            log_warn("broker", "%s", trouble.message);
    }
    memory_free(partitions);
    return result;
}

int store_grow(struct store *store, struct topic *topic, int32_t partitions, struct error *error) {
    if (partitions > PARTITIONS_MOST)
        return error_set(error, ERROR_INVALID, "A topic has 1 to %d partitions here.", PARTITIONS_MOST);
    return open_partitions(store, topic, partitions, false, NULL, error) == 0 ? store_save(store, error) : -1;
}

void store_retain(struct store *store, int64_t now_ms) {
    size_t at = 0;
    void *value;
    while (map_next(store->topics, &at, NULL, &value)) {
        struct topic *topic = value;
        int64_t bytes = topic_number(topic, "retention.bytes"), age = topic_number(topic, "retention.ms");
        if (!strstr(topic_text(topic, "cleanup.policy"), "delete") || (bytes < 0 && age < 0))
            continue;
        for (int32_t i = 0; i < topic->partition_count; i++) {
            struct error error = {0};
            if (log_retain(topic->partitions[i], bytes, age < 0 ? -1 : now_ms - age, &error) != 0)
                log_warn("broker", "%s", error.message);
        }
    }
}
