#include "server/broker/offsets.h"

#include <string.h>

#include "foundation/base/memory.h"
#include "foundation/base/vector.h"
#include "server/broker/records.h"

enum { KEY_VERSION = 1, VALUE_VERSION = 3, READ_PIECE = 1 << 20 };
static const char topic_name[] = "__consumer_offsets";

struct entry {
    char *topic, *metadata;
    int32_t partition, leader_epoch;
    int64_t offset, commit_ms;
};
struct kept { /* one group's */
    VECTOR(struct entry) entries;
};
struct offsets {
    struct offsets_options options;
    struct map *groups;
};

static void kept_free(void *value) {
    struct kept *kept = value;
    for (size_t i = 0; i < kept->entries.count; i++) {
        memory_free(kept->entries.items[i].topic);
        memory_free(kept->entries.items[i].metadata);
    }
    vector_free(&kept->entries);
    memory_free(kept);
}

static char *copy_view(struct view view) {
    struct text text = TEXT_EMPTY;
    text_append(&text, view);
    return text_take(&text);
}

static struct kept *find_group(const struct offsets *offsets, struct view group) {
    return map_get(offsets->groups, group.data ? group : VIEW(""));
}

/* Where it is or belongs: by topic, then partition. */
static size_t place_of(const struct kept *kept, struct view topic, int32_t partition, bool *found) {
    size_t low = 0, high = kept ? kept->entries.count : 0;
    *found = false;
    while (low < high && !*found) {
        size_t middle = (low + high) / 2;
        const struct entry *entry = &kept->entries.items[middle];
        int order = view_compare(view_of(entry->topic), topic);
        if (order == 0)
            order = entry->partition < partition ? -1 : entry->partition > partition;
        *found = order == 0;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return *found ? high : low;
}

static struct entry *find(const struct kept *kept, struct view topic, int32_t partition) {
    bool found;
    size_t at = place_of(kept, topic, partition, &found);
    return found ? &kept->entries.items[at] : NULL;
}

/* --- memory --- */

static void forget(struct offsets *offsets, struct view group, struct view topic, int32_t partition) {
    struct kept *kept = find_group(offsets, group);
    struct entry *entry = find(kept, topic, partition);
    if (!entry)
        return;
    memory_free(entry->topic);
    memory_free(entry->metadata);
    vector_remove(&kept->entries, (size_t)(entry - kept->entries.items));
    if (kept->entries.count == 0)
        map_remove(offsets->groups, group.data ? group : VIEW(""));
}

static void keep(struct offsets *offsets, struct view group, struct view topic, int32_t partition,
                 const struct committed *committed) {
    struct kept *kept = find_group(offsets, group);
    if (!kept) {
        kept = memory_zero(1, sizeof *kept);
        map_put(offsets->groups, group.data ? group : VIEW(""), kept);
    }
    bool found;
    size_t at = place_of(kept, topic, partition, &found);
    if (!found) {
        vector_push(&kept->entries, (struct entry){0});
        memmove(&kept->entries.items[at + 1], &kept->entries.items[at],
                (kept->entries.count - 1 - at) * sizeof *kept->entries.items);
        kept->entries.items[at] = (struct entry){.topic = copy_view(topic), .partition = partition};
    }
    struct entry *entry = &kept->entries.items[at];
    entry->offset = committed->offset;
    entry->leader_epoch = committed->leader_epoch;
    entry->commit_ms = committed->commit_ms;
    memory_free(entry->metadata);
    entry->metadata = copy_view(committed->metadata.data ? committed->metadata : VIEW(""));
}

/* --- the topic --- */

static void take_record(struct offsets *offsets, const struct record *record) {
    struct reader key = {.at = record->key.data, .end = record->key.data + record->key.size};
    struct reader value = {.at = record->value.data, .end = record->value.data + record->value.size};
    if (read_int16(&key) > KEY_VERSION) /* a group's own record: members join anew after a restart */
        return;
    struct view group = read_string(&key), topic = read_string(&key);
    int32_t partition = read_int32(&key);
    if (key.broken)
        return;
    if (!record->value.data) {
        forget(offsets, group, topic, partition);
        return;
    }
    struct committed committed = {.leader_epoch = -1};
    int16_t version = read_int16(&value);
    committed.offset = read_int64(&value);
    if (version >= 3)
        committed.leader_epoch = read_int32(&value);
    committed.metadata = read_string(&value);
    committed.commit_ms = read_int64(&value);
    if (!value.broken)
        keep(offsets, group, topic, partition, &committed);
}

static int read_all(struct offsets *offsets, const struct partition *partition, struct error *error) {
    struct text text = TEXT_EMPTY;
    int result = 0;
    for (int64_t offset = partition_start_offset(partition); result == 0 && offset < partition_end_offset(partition);) {
        text_clear(&text);
        result = partition_read(partition, offset, READ_PIECE, &text, error);
        struct view rest = text_view(&text);
        if (rest.size == 0)
            break; /* compacted away up to the end */
        while (rest.size) {
            struct batch_header header;
            struct records records;
            struct record record;
            size_t size = 0;
            if (batch_check(rest, &header, &size) != BATCH_GOOD) {
                result =
                    error_set(error, ERROR_CORRUPT,
                              "%s: the batch at offset %lld is damaged; move the folder away or start with --fresh",
                              partition_folder(partition), (long long)offset);
                break;
            }
            records_open(&records, (struct view){rest.data, size}, &header);
            while (records_next(&records, &record))
                take_record(offsets, &record);
            records_close(&records);
            offset = header.base_offset + header.last_offset_delta + 1;
            rest = (struct view){rest.data + size, rest.size - size};
        }
    }
    text_free(&text);
    return result;
}

static struct partition *open_topic(struct offsets *offsets, struct error *error) {
    struct store *store = offsets->options.store;
    struct partition *partition = store_partition(store, view_of(topic_name), 0);
    if (partition)
        return partition;
    struct properties *config = properties_new();
    properties_set(config, "cleanup.policy", "compact");
    properties_set(config, "segment.bytes", "16777216");
    int result = store_create(store, view_of(topic_name), 1, config, error);
    properties_free(config);
    return result == 0 ? store_partition(store, view_of(topic_name), 0) : NULL;
}

/* committed NULL: a tombstone. */
static int append(struct offsets *offsets, struct view group, struct view topic, int32_t index,
                  const struct committed *committed) {
    struct text key = TEXT_EMPTY, value = TEXT_EMPTY, batch = TEXT_EMPTY;
    struct batch_header header;
    struct error error = {0};
    int64_t offset, now = clock_wall_ms(offsets->options.clock);
    write_int16(&key, KEY_VERSION);
    write_view(&key, group.data ? group : VIEW(""));
    write_view(&key, topic);
    write_int32(&key, index);
    if (committed) {
        write_int16(&value, VALUE_VERSION);
        write_int64(&value, committed->offset);
        write_int32(&value, committed->leader_epoch);
        write_view(&value, committed->metadata.data ? committed->metadata : VIEW(""));
        write_int64(&value, committed->commit_ms);
    }
    batch_of_one(&batch, text_view(&key), text_view(&value), now, &header);
    struct partition *partition = open_topic(offsets, &error);
    int result = partition ? partition_append(partition, batch.data, batch.size, &header, &offset, &error) : -1;
    if (result == 0)
        offsets->options.written(offsets->options.context, partition);
    else
        offsets->options.trouble(offsets->options.context, &error);
    text_free(&key);
    text_free(&value);
    text_free(&batch);
    return result;
}

struct offsets *offsets_open(const struct offsets_options *options, struct error *error) {
    struct offsets *offsets = memory_zero(1, sizeof *offsets);
    offsets->options = *options;
    offsets->groups = map_new(kept_free);
    const struct partition *partition = store_partition(options->store, view_of(topic_name), 0);
    if (partition && read_all(offsets, partition, error) != 0) {
        offsets_close(offsets);
        return NULL;
    }
    return offsets;
}

void offsets_close(struct offsets *offsets) {
    if (!offsets)
        return;
    map_free(offsets->groups);
    memory_free(offsets);
}

/* --- changes: first the log, then memory --- */

int offsets_set(struct offsets *offsets, struct view group, struct view topic, int32_t partition,
                const struct committed *committed) {
    struct committed stamped = *committed;
    stamped.commit_ms = clock_wall_ms(offsets->options.clock);
    if (append(offsets, group, topic, partition, &stamped) != 0)
        return -1;
    keep(offsets, group, topic, partition, &stamped);
    return 0;
}

int offsets_remove(struct offsets *offsets, struct view group, struct view topic, int32_t partition) {
    if (!find(find_group(offsets, group), topic, partition))
        return 0;
    if (append(offsets, group, topic, partition, NULL) != 0)
        return -1;
    forget(offsets, group, topic, partition);
    return 0;
}

/* Removes those of the group that are of the topic (data NULL: any) and were committed before oldest_ms. */
static int remove_some(struct offsets *offsets, struct view group, struct view topic, int64_t oldest_ms) {
    struct text name = TEXT_EMPTY; /* the caller's may be the map's, which goes with the last entry */
    text_append(&name, group);
    struct kept *kept = find_group(offsets, text_view(&name));
    int result = 0;
    for (size_t i = kept ? kept->entries.count : 0; result == 0 && i-- > 0;) {
        const struct entry *entry = &kept->entries.items[i];
        char *own = memory_copy_string(entry->topic);
        if (entry->commit_ms < oldest_ms && (!topic.data || view_equal(view_of(own), topic)))
            result = offsets_remove(offsets, text_view(&name), view_of(own), entry->partition);
        memory_free(own);
    }
    text_free(&name);
    return result;
}

int offsets_delete_group(struct offsets *offsets, struct view group) {
    return remove_some(offsets, group, (struct view){0}, INT64_MAX);
}

void offsets_expire(struct offsets *offsets, struct view group, int64_t oldest_ms) {
    remove_some(offsets, group, (struct view){0}, oldest_ms);
}

void offsets_forget_topic(struct offsets *offsets, struct view topic) {
    struct view group;
    VECTOR(char *) names = {0}; /* groups may go while they are gone through */
    for (size_t at = 0; map_next(offsets->groups, &at, &group, NULL);)
        vector_push(&names, copy_view(group));
    for (size_t i = 0; i < names.count; i++) {
        remove_some(offsets, view_of(names.items[i]), topic, INT64_MAX);
        memory_free(names.items[i]);
    }
    vector_free(&names);
}

/* --- facts --- */

static void fill(const struct entry *entry, struct committed *committed) {
    *committed = (struct committed){entry->offset, entry->leader_epoch, view_of(entry->metadata), entry->commit_ms};
}

bool offsets_get(const struct offsets *offsets, struct view group, struct view topic, int32_t partition,
                 struct committed *committed) {
    const struct entry *entry = find(find_group(offsets, group), topic, partition);
    if (entry)
        fill(entry, committed);
    return entry != NULL;
}

bool offsets_next(const struct offsets *offsets, struct view group, size_t *at, const char **topic, int32_t *partition,
                  struct committed *committed) {
    const struct kept *kept = find_group(offsets, group);
    if (!kept || *at >= kept->entries.count)
        return false;
    const struct entry *entry = &kept->entries.items[(*at)++];
    *topic = entry->topic;
    *partition = entry->partition;
    fill(entry, committed);
    return true;
}

bool offsets_has_group(const struct offsets *offsets, struct view group) {
    return find_group(offsets, group) != NULL;
}

size_t offsets_group_count(const struct offsets *offsets) {
    return map_count(offsets->groups);
}

bool offsets_next_group(const struct offsets *offsets, size_t *at, struct view *group) {
    return map_next(offsets->groups, at, group, NULL);
}
