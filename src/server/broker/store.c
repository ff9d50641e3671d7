#include "server/broker/store.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "foundation/base/file.h"
#include "foundation/base/log.h"
#include "foundation/base/memory.h"

enum { NAME_MOST = 249, PARTITIONS_MOST = 1000, PRODUCER_KEPT_MS = 24 * 3600 * 1000, RESERVE = 64 << 10 };

static const char boot_id[] = "/proc/sys/kernel/random/boot_id";

/* Hands settings to the partitions. */
static void apply(const struct store *store, struct topic *topic) {
    topic_policy_read(&topic->policy, topic->config);
    struct partition_limits limits = {topic->policy.segment_bytes, topic->policy.segment_ms, store->sync, store->clock};
    /* only closed segments are compacted: the lag that is allowed bounds how long one stays open */
    if (topic->policy.compacts && topic->policy.compaction_lag_most_ms < limits.segment_ms)
        limits.segment_ms = topic->policy.compaction_lag_most_ms;
    for (int32_t i = 0; i < topic->partition_count; i++)
        partition_set_limits(topic->partitions[i], &limits);
}

static void topic_free(void *value) {
    struct topic *topic = value;
    for (int32_t i = 0; i < topic->partition_count; i++)
        partition_close(topic->partitions[i], false);
    memory_free(topic->partitions);
    properties_free(topic->config);
    memory_free(topic->name);
    memory_free(topic);
}

static char *partition_path(const struct store *store, const char *topic, int32_t partition) {
    struct text name = TEXT_EMPTY;
    text_append_format(&name, "%s-%d", topic, partition);
    char *path = file_join(store->folder, text_string(&name));
    text_free(&name);
    return path;
}

static char *copy_view(struct view view) {
    struct text text = TEXT_EMPTY;
    text_append(&text, view);
    return text_take(&text);
}

static struct view id_of(const struct topic *topic) {
    return (struct view){(const char *)topic->id, sizeof topic->id};
}

static struct topic *topic_new(struct view name) {
    struct topic *topic = memory_zero(1, sizeof *topic);
    topic->name = copy_view(name);
    topic->config = properties_new();
    if (getrandom(topic->id, sizeof topic->id, 0) != (ssize_t)sizeof topic->id)
        fatal("the system gives no random numbers for the id of a topic");
    return topic;
}

/* --- the `topics` file: NAME PARTITIONS id=HEX [setting=value]... a line --- */

/* without: one that is about to go; may be NULL. */
static int save(const struct store *store, const struct topic *without, struct error *error) {
    struct text text = TEXT_EMPTY;
    size_t at = 0;
    void *value;
    while (map_next(store->topics, &at, NULL, &value)) {
        const struct topic *topic = value;
        if (topic == without)
            continue;
        text_append_format(&text, "%s %d id=", topic->name, topic->partition_count);
        for (size_t i = 0; i < sizeof topic->id; i++)
            text_append_format(&text, "%02x", topic->id[i]);
        for (size_t i = 0; i < properties_count(topic->config); i++) {
            const char *name, *setting;
            properties_at(topic->config, i, &name, &setting);
            text_append_format(&text, " %s=%s", name, setting);
        }
        text_append_char(&text, '\n');
    }
    char *path = file_join(store->folder, "topics");
    int result = file_write_atomic(path, text_view(&text), 0600, error);
    if (result == 0)
        result = file_sync_folder(store->folder, error);
    memory_free(path);
    text_free(&text);
    return result;
}

/* A full disk has no room for a shorter list either, and a topic must go first: some bytes are kept for that. */
static void keep_reserve(const struct store *store) {
    static const char zeros[RESERVE];
    char *path = file_join(store->folder, "reserve");
    if (!file_exists(path))
        file_write_atomic(path, (struct view){zeros, sizeof zeros}, 0600, NULL);
    memory_free(path);
}

static void give_up_reserve(const struct store *store) {
    char *path = file_join(store->folder, "reserve");
    unlink(path);
    memory_free(path);
}

static void add_checked(void *context, int64_t bytes) {
    struct store_progress *progress = context;
    progress->done += bytes;
    if (progress->report)
        progress->report(progress->context, progress->done, progress->total);
}

static int open_partitions(const struct store *store, struct topic *topic, int32_t count, enum partition_trust trust,
                           struct store_progress *progress, struct error *error) {
    for (int32_t i = topic->partition_count; i < count; i++) {
        char *folder = partition_path(store, topic->name, i);
        struct partition *partition = partition_open(folder, trust, progress ? add_checked : NULL, progress, error);
        memory_free(folder);
        if (!partition)
            return -1;
        topic->partitions = memory_resize(topic->partitions, (size_t)i + 1, sizeof *topic->partitions);
        topic->partitions[i] = partition;
        topic->partition_count = i + 1;
    }
    apply(store, topic);
    return 0;
}

static bool read_id(struct topic *topic, struct view hex) {
    for (size_t i = 0; i < sizeof topic->id; i++) {
        char digits[3] = {0}, *end;
        if (hex.size != 2 * sizeof topic->id)
            return false;
        memcpy(digits, hex.data + 2 * i, 2);
        topic->id[i] = (unsigned char)strtoul(digits, &end, 16);
        if (*end)
            return false;
    }
    return true;
}

/* A setting that this version does not know any more is left out: the default holds. */
static bool read_words(struct topic *topic, struct view line) {
    struct view word, name;
    while (view_split(&line, ' ', &word)) {
        if (!view_split(&word, '=', &name))
            return false;
        if (view_equal(name, VIEW("id"))) {
            if (!read_id(topic, word))
                return false;
            continue;
        }
        struct error error = {0};
        if (topic_setting_put(topic->config, name, word, &error) != 0)
            log_warn("broker", "topic %s: %s", topic->name, error.message);
    }
    return true;
}

/* Without its folder a partition has lost its records: that is not repaired silently. */
static int check_folders(const struct store *store, const struct topic *topic, int32_t partitions,
                         struct error *error) {
    for (int32_t i = 0; i < partitions; i++) {
        char *folder = partition_path(store, topic->name, i);
        int result =
            file_exists(folder)
                ? 0
                : error_set(error, ERROR_CORRUPT,
                            "%s is missing, so topic %s has lost records; put the folder back, take the topic's "
                            "line out of %s/topics, or start with --fresh",
                            folder, topic->name, store->folder);
        memory_free(folder);
        if (result != 0)
            return result;
    }
    return 0;
}

static int read_line(struct store *store, struct view line, enum partition_trust trust, struct store_progress *progress,
                     struct error *error) {
    struct view name, word;
    int64_t partitions = 0;
    if (!view_split(&line, ' ', &name) || !view_split(&line, ' ', &word) || !topic_name_valid(name) ||
        store_topic(store, name) || !view_to_int64(word, &partitions) || partitions < 1 || partitions > PARTITIONS_MOST)
        return error_set(error, ERROR_CORRUPT, "damaged");
    struct topic *topic = topic_new(name);
    map_put(store->topics, name, topic);
    if (!read_words(topic, line) || store_topic_by_id(store, topic->id))
        return error_set(error, ERROR_CORRUPT, "damaged");
    map_put(store->ids, id_of(topic), topic);
    if (check_folders(store, topic, (int32_t)partitions, error) != 0)
        return -1;
    return open_partitions(store, topic, (int32_t)partitions, trust, progress, error);
}

static int read_topics(struct store *store, enum partition_trust trust, struct store_progress *progress,
                       struct error *error) {
    char *path = file_join(store->folder, "topics");
    struct text text = TEXT_EMPTY;
    int result = 0, number = 0;
    if (file_exists(path) && (result = file_read(path, &text, error)) == 0) {
        struct view rest = text_view(&text), line;
        while (result == 0 && view_split(&rest, '\n', &line)) {
            struct error trouble = {0};
            number++;
            result = read_line(store, line, trust, progress, &trouble);
            if (result != 0 && strcmp(trouble.message, "damaged") == 0)
                error_set(error, ERROR_CORRUPT,
                          "%s:%d is damaged; put the file back, move the folder away or start with --fresh", path,
                          number);
            else if (result != 0 && error)
                *error = trouble;
        }
    }
    text_free(&text);
    memory_free(path);
    return result;
}

/* Folders that belong to no topic: left by a kill while a topic was made or deleted. Without a `topics` file they are
 * somebody's records whose names are lost. */
static int remove_orphans(const struct store *store, struct error *error) {
    char *topics = file_join(store->folder, "topics");
    DIR *folder = opendir(store->folder);
    int result = folder ? 0 : error_set_errno(error, errno, "cannot read the folder %s", store->folder);
    for (struct dirent *entry; result == 0 && folder && (entry = readdir(folder));) {
        struct view name = view_of(entry->d_name), number;
        const char *dash = strrchr(entry->d_name, '-');
        int64_t partition;
        if (!dash)
            continue;
        number = view_of(dash + 1);
        struct view topic = {name.data, (size_t)(dash - name.data)};
        bool removed = view_equal(number, VIEW("deleted"));
        if (!removed && (!view_to_int64(number, &partition) || !topic_name_valid(topic) || partition < 0 ||
                         partition > PARTITIONS_MOST || store_partition(store, topic, (int32_t)partition)))
            continue;
        if (!removed && !file_exists(topics)) {
            result = error_set(
                error, ERROR_CORRUPT,
                "%s is missing although there are partitions; put it back, move the folder away or start with --fresh",
                topics);
            break;
        }
        char *path = file_join(store->folder, entry->d_name);
        log_warn("broker", "%s belongs to no topic any more and is removed", path);
        file_remove_tree(path, NULL);
        memory_free(path);
    }
    if (folder)
        closedir(folder);
    memory_free(topics);
    return result;
}

/* --- identity and trust --- */

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

/* `clean` is there after a clean stop; `boot` names the system's run in which the broker last worked: when it is still
 * the same, what was written is in the files whatever became of the program. */
static enum partition_trust find_trust(const struct store *store) {
    char *clean = file_join(store->folder, "clean"), *boot = file_join(store->folder, "boot");
    struct text now = TEXT_EMPTY, then = TEXT_EMPTY;
    enum partition_trust trust = TRUST_NOTHING;
    if (file_exists(clean))
        trust = TRUST_ALL;
    else if (file_exists(boot) && file_read(boot_id, &now, NULL) == 0 && file_read(boot, &then, NULL) == 0 &&
             now.size > 0 && view_equal(text_view(&now), text_view(&then)))
        trust = TRUST_CLOSED;
    text_free(&now);
    text_free(&then);
    memory_free(clean);
    memory_free(boot);
    return trust;
}

void store_begin(struct store *store) {
    char *clean = file_join(store->folder, "clean"), *boot = file_join(store->folder, "boot");
    struct text now = TEXT_EMPTY;
    unlink(clean); /* from now on a crash shows by its absence */
    if (file_read(boot_id, &now, NULL) != 0 || file_write_atomic(boot, text_view(&now), 0600, NULL) != 0)
        unlink(boot);
    text_free(&now);
    memory_free(clean);
    memory_free(boot);
    keep_reserve(store);
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

int store_open(struct store *store, const char *folder, bool sync, const struct clock *clock,
               struct store_progress *progress, struct error *error) {
    *store = (struct store){.folder = memory_copy_string(folder),
                            .topics = map_new(topic_free),
                            .ids = map_new(NULL),
                            .sync = sync,
                            .clock = clock};
    if (file_make_folders(folder, 0700, error) != 0 || load_id(store, error) != 0)
        return -1;
    enum partition_trust trust = find_trust(store);
    if (progress && progress->report && trust != TRUST_ALL)
        progress->total = folder_bytes(folder);
    if (read_topics(store, trust, trust == TRUST_ALL ? NULL : progress, error) != 0)
        return -1;
    return remove_orphans(store, error);
}

/* What a disk failed to keep: the next start checks every batch. */
static void distrust(const struct store *store) {
    char *boot = file_join(store->folder, "boot");
    unlink(boot);
    memory_free(boot);
}

void store_close(struct store *store, bool clean) {
    bool all_kept = true;
    if (!store->topics)
        return;
    size_t at = 0;
    void *value;
    while (map_next(store->topics, &at, NULL, &value)) {
        struct topic *topic = value;
        for (int32_t i = 0; i < topic->partition_count; i++) {
            all_kept = all_kept && !partition_has_failed(topic->partitions[i]);
            partition_close(topic->partitions[i], clean && all_kept);
        }
        topic->partition_count = 0;
    }
    map_free(store->ids);
    map_free(store->topics);
    if (!all_kept)
        distrust(store);
    else if (clean) {
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

struct topic *store_topic_by_id(const struct store *store, const unsigned char id[TOPIC_ID_SIZE]) {
    return map_get(store->ids, (struct view){(const char *)id, TOPIC_ID_SIZE});
}

struct partition *store_partition(const struct store *store, struct view name, int32_t partition) {
    return topic_partition(store_topic(store, name), partition);
}

struct partition *topic_partition(const struct topic *topic, int32_t partition) {
    return topic && partition >= 0 && partition < topic->partition_count ? topic->partitions[partition] : NULL;
}

bool topic_name_valid(struct view name) {
    if (name.size == 0 || name.size > NAME_MOST || view_equal(name, VIEW(".")) || view_equal(name, VIEW("..")))
        return false;
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
              c == '-'))
            return false;
    }
    return true;
}

bool topic_is_internal(struct view name) {
    return view_starts_with(name, VIEW("__consumer_offsets")) || view_starts_with(name, VIEW("__transaction_state"));
}

static void remove_folder(const char *path) {
    struct error error = {0};
    if (file_remove_tree(path, &error) != 0)
        log_warn("broker", "%s", error.message);
}

/* Renamed first, so that a kill in between leaves nothing that looks like a partition. */
static void remove_partition(struct partition *partition) {
    struct text gone = TEXT_EMPTY;
    char *folder = memory_copy_string(partition_folder(partition));
    partition_close(partition, false);
    text_append_format(&gone, "%s-deleted", folder);
    remove_folder(text_string(&gone));
    remove_folder(rename(folder, text_string(&gone)) == 0 ? text_string(&gone) : folder);
    text_free(&gone);
    memory_free(folder);
}

static void remove_partitions_from(struct topic *topic, int32_t first) {
    while (topic->partition_count > first)
        remove_partition(topic->partitions[--topic->partition_count]);
}

/* A list that names folders which a power cut took is one that no start believes: they are on the disk before it is. */
static int sync_folders(const struct store *store, const struct topic *topic, int32_t first, struct error *error) {
    for (int32_t i = first; store->sync && i < topic->partition_count; i++)
        if (file_sync_folder(partition_folder(topic->partitions[i]), error) != 0)
            return -1;
    return file_sync_folder(store->folder, error);
}

int store_may_have(int32_t partitions, struct error *error) {
    if (partitions >= 1 && partitions <= PARTITIONS_MOST)
        return 0;
    return error_set(error, ERROR_INVALID, "A topic has 1 to %d partitions here.", PARTITIONS_MOST);
}

int store_create(struct store *store, struct view name, int32_t partitions, const struct properties *config,
                 struct error *error) {
    if (store_topic(store, name))
        return error_set(error, ERROR_EXISTS, "Topic '%.*s' already exists.", VIEW_ARGS(name));
    if (store_may_have(partitions, error) != 0)
        return -1;
    struct topic *topic = topic_new(name);
    if (config) {
        properties_free(topic->config);
        topic->config = properties_copy(config);
    }
    map_put(store->topics, name, topic);
    map_put(store->ids, id_of(topic), topic);
    if (open_partitions(store, topic, partitions, TRUST_ALL, NULL, error) == 0 &&
        sync_folders(store, topic, 0, error) == 0 && save(store, NULL, error) == 0)
        return 0;
    remove_partitions_from(topic, 0);
    map_remove(store->ids, id_of(topic));
    map_remove(store->topics, name);
    return -1;
}

int store_delete(struct store *store, struct view name, struct error *error) {
    struct topic *topic = store_topic(store, name);
    if (!topic)
        return error_set(error, ERROR_NOT_FOUND, "Topic '%.*s' does not exist.", VIEW_ARGS(name));
    /* first forgotten, then removed: a crash in between leaves folders, never half a topic */
    if (save(store, topic, NULL) != 0) {
        give_up_reserve(store);
        if (save(store, topic, error) != 0)
            return -1;
    }
    remove_partitions_from(topic, 0);
    map_remove(store->ids, id_of(topic));
    map_remove(store->topics, name);
    keep_reserve(store);
    return 0;
}

int store_grow(struct store *store, struct topic *topic, int32_t partitions, struct error *error) {
    int32_t before = topic->partition_count;
    if (store_may_have(partitions, error) != 0)
        return -1;
    if (open_partitions(store, topic, partitions, TRUST_ALL, NULL, error) == 0 &&
        sync_folders(store, topic, before, error) == 0 && save(store, NULL, error) == 0)
        return 0;
    remove_partitions_from(topic, before);
    return -1;
}

int store_configure(struct store *store, struct topic *topic, struct properties *config, struct error *error) {
    struct properties *before = topic->config;
    topic->config = config;
    if (save(store, NULL, error) != 0) {
        topic->config = before;
        return -1;
    }
    properties_free(before);
    apply(store, topic);
    return 0;
}

static int retain(const struct topic *topic, struct partition *partition, int64_t now_ms, struct error *error) {
    const struct topic_policy *policy = &topic->policy;
    producers_expire(partition_producers(partition), now_ms - PRODUCER_KEPT_MS);
    if (partition_roll_if_old(partition, now_ms, error) != 0)
        return -1;
    if (!policy->deletes || (policy->retention_bytes < 0 && policy->retention_ms < 0))
        return 0;
    return partition_retain(partition, policy->retention_bytes,
                            policy->retention_ms < 0 ? -1 : now_ms - policy->retention_ms, error);
}

void store_retain(struct store *store, int64_t now_ms) {
    size_t at = 0;
    void *value;
    while (map_next(store->topics, &at, NULL, &value)) {
        const struct topic *topic = value;
        for (int32_t i = 0; i < topic->partition_count; i++) {
            struct error error = {0};
            if (retain(topic, topic->partitions[i], now_ms, &error) != 0)
                log_warn("broker", "%s", error.message);
        }
    }
}
