#include "fuzz/kafka_stage.h"

#include <pthread.h>
#include <time.h>

#include "client/kafka.h"
#include "foundation/base/memory.h"
#include "foundation/base/vector.h"

/* A query may feed itself, so there is an end to what is taken. */
enum { PARTITIONS_MOST = 16, TOPICS_MOST = 200, RECORDS_MOST = 2000, WAIT_MS = 2, TIME_MS = 1000 };

struct record {
    char *key, *value; /* NULL = null */
    size_t key_size, value_size;
    int64_t timestamp;
};
struct topic {
    char *name;
    bool deleted; /* its records stay: they may be lent */
    int32_t partition_count;
    VECTOR(struct record *) partitions[PARTITIONS_MOST];
};
struct group_offset {
    char *group, *topic;
    int32_t partition;
    int64_t offset;
};
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    VECTOR(struct topic *) topics;
    VECTOR(struct group_offset) offsets;
    size_t records;
} stage = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

/* --- topics; lock held --- */

static struct topic *find(const char *name) {
    for (size_t i = 0; i < stage.topics.count; i++)
        if (!stage.topics.items[i]->deleted && strcmp(stage.topics.items[i]->name, name) == 0)
            return stage.topics.items[i];
    return NULL;
}

static struct topic *find_partition(const char *name, int32_t partition, struct error *error) {
    struct topic *topic = find(name);
    if (topic && partition >= 0 && partition < topic->partition_count)
        return topic;
    error_set(error, ERROR_NOT_FOUND, "topic %s has no partition %d", name, (int)partition);
    return NULL;
}

static void make(const char *name, int32_t partitions) {
    struct topic *topic = memory_zero(1, sizeof *topic);
    topic->name = memory_copy_string(name);
    topic->partition_count = partitions;
    vector_push(&stage.topics, topic);
}

static void append(struct topic *topic, int32_t partition, struct view key, struct view value, int64_t timestamp) {
    struct record *record = memory_zero(1, sizeof *record);
    record->key = key.data ? fuzz_copy(key) : NULL;
    record->key_size = key.size;
    record->value = value.data ? fuzz_copy(value) : NULL;
    record->value_size = value.size;
    record->timestamp = timestamp;
    vector_push(&topic->partitions[partition], record);
    stage.records++;
    pthread_cond_broadcast(&stage.changed);
}

static struct view or_null(struct view view) {
    return view.size ? view : (struct view){0};
}

void kafka_stage_open(const char *tape, struct fuzz_input *kept) {
    make(tape, 1);
    make("s", 2);
    make("u", 1);
    for (int64_t time = TIME_MS; kept->at < kept->end && *kept->at == '='; time++) {
        struct view piece = fuzz_until(kept, '\0'), key = {0};
        size_t place = piece.size > 1 ? (size_t)(unsigned char)piece.data[1] % 4 : 0;
        piece = piece.size > 3 ? (struct view){piece.data + 3, piece.size - 3} : (struct view){0};
        view_split(&piece, '\n', &key);
        append(stage.topics.items[(place + 1) / 2], place == 2, or_null(key), or_null(piece), time);
    }
}

void kafka_stage_close(void) {
    for (size_t i = 0; i < stage.topics.count; i++) {
        struct topic *topic = stage.topics.items[i];
        for (int32_t partition = 0; partition < topic->partition_count; partition++) {
            for (size_t at = 0; at < topic->partitions[partition].count; at++) {
                struct record *record = topic->partitions[partition].items[at];
                memory_free(record->key);
                memory_free(record->value);
                memory_free(record);
            }
            vector_free(&topic->partitions[partition]);
        }
        memory_free(topic->name);
        memory_free(topic);
    }
    vector_free(&stage.topics);
    for (size_t i = 0; i < stage.offsets.count; i++) {
        memory_free(stage.offsets.items[i].group);
        memory_free(stage.offsets.items[i].topic);
    }
    vector_free(&stage.offsets);
    stage.records = 0;
}

/* --- producing --- */

struct kafka_producer {
    void (*delivered)(void *context, const struct kafka_delivery *delivery);
    void *context;
    VECTOR(struct kafka_delivery) waiting;
};

struct kafka_producer *kafka_producer_new(const struct profile *profile, const struct properties *overrides,
                                          void (*delivered)(void *context, const struct kafka_delivery *delivery),
                                          void *context, struct error *error) {
    (void)profile, (void)overrides, (void)error;
    struct kafka_producer *producer = memory_zero(1, sizeof *producer);
    producer->delivered = delivered;
    producer->context = context;
    return producer;
}

void kafka_producer_free(struct kafka_producer *producer) {
    if (!producer)
        return;
    kafka_producer_poll(producer, 0);
    vector_free(&producer->waiting);
    memory_free(producer);
}

int kafka_producer_send(struct kafka_producer *producer, const struct kafka_record *record, struct error *error) {
    if (record->timestamp < 0)
        return error_set(error, ERROR_INVALID, "a time before 1970");
    pthread_mutex_lock(&stage.lock);
    struct topic *topic = find(record->topic);
    int32_t partition = record->partition;
    if (topic && partition < 0)
        partition = record->key.data ? kafka_partition_for(record->key, topic->partition_count) : 0;
    topic = find_partition(record->topic, partition, error);
    if (topic && stage.records >= RECORDS_MOST) {
        error_set(error, ERROR_UNREACHABLE, "the stage takes %d records", RECORDS_MOST);
        topic = NULL;
    }
    if (topic) {
        append(topic, partition, record->key, record->value, record->timestamp ? record->timestamp : TIME_MS);
        vector_push(&producer->waiting,
                    (struct kafka_delivery){.opaque = record->opaque,
                                            .partition = partition,
                                            .offset = (int64_t)topic->partitions[partition].count - 1});
    }
    pthread_mutex_unlock(&stage.lock);
    return topic ? 0 : -1;
}

int kafka_producer_poll(struct kafka_producer *producer, int timeout_ms) {
    (void)timeout_ms;
    int count = (int)producer->waiting.count;
    for (int i = 0; i < count; i++)
        producer->delivered(producer->context, &producer->waiting.items[i]);
    vector_clear(&producer->waiting);
    return count;
}

int kafka_producer_flush(struct kafka_producer *producer, int timeout_ms, struct error *error) {
    (void)error;
    kafka_producer_poll(producer, timeout_ms);
    return 0;
}

/* --- consuming --- */

struct position {
    char *topic;
    int32_t partition;
    size_t next;
};
struct kafka_consumer {
    struct kafka_consumer_options options;
    VECTOR(struct position) positions;
};

struct kafka_consumer *kafka_consumer_new(const struct profile *profile, const struct kafka_consumer_options *options,
                                          struct error *error) {
    (void)profile, (void)error;
    struct kafka_consumer *consumer = memory_zero(1, sizeof *consumer);
    consumer->options = *options;
    return consumer;
}

void kafka_consumer_free(struct kafka_consumer *consumer) {
    if (!consumer)
        return;
    for (size_t i = 0; i < consumer->positions.count; i++)
        memory_free(consumer->positions.items[i].topic);
    vector_free(&consumer->positions);
    memory_free(consumer);
}

int kafka_consumer_assign(struct kafka_consumer *consumer, const struct kafka_partition *partitions, size_t count,
                          struct error *error) {
    (void)error;
    for (size_t i = 0; i < count; i++) {
        if (partitions[i].offset < 0)
            fuzz_broken("a reader knows where it begins");
        vector_push(&consumer->positions, (struct position){memory_copy_string(partitions[i].topic),
                                                            partitions[i].partition, (size_t)partitions[i].offset});
    }
    return 0;
}

/* Lock held. Those that are there now. */
static size_t take(struct kafka_consumer *consumer, struct kafka_message *messages, size_t most, struct error *gone) {
    size_t count = 0;
    for (size_t i = 0; i < consumer->positions.count; i++) {
        struct position *position = &consumer->positions.items[i];
        const struct topic *topic = find_partition(position->topic, position->partition, gone);
        for (; topic && count < most && position->next < topic->partitions[position->partition].count; count++) {
            const struct record *record = topic->partitions[position->partition].items[position->next];
            messages[count] = (struct kafka_message){.topic = position->topic,
                                                     .partition = position->partition,
                                                     .offset = (int64_t)position->next++,
                                                     .timestamp = record->timestamp,
                                                     .key = {record->key, record->key_size},
                                                     .value = {record->value, record->value_size}};
        }
    }
    return count;
}

int kafka_consumer_receive(struct kafka_consumer *consumer, struct kafka_message *messages, size_t most, int timeout_ms,
                           struct error *error) {
    struct error gone = {0};
    struct timespec until;
    (void)timeout_ms, (void)error;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += WAIT_MS * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&stage.lock);
    size_t count = take(consumer, messages, most, &gone);
    if (!count && !gone.code && pthread_cond_timedwait(&stage.changed, &stage.lock, &until) == 0)
        count = take(consumer, messages, most, &gone);
    pthread_mutex_unlock(&stage.lock);
    if (gone.code && consumer->options.trouble)
        consumer->options.trouble(consumer->options.context, &gone);
    return (int)count;
}

void kafka_consumer_release(struct kafka_consumer *consumer) {
    (void)consumer;
}

/* --- asking and managing --- */

struct kafka_admin {
    bool there;
};

struct kafka_admin *kafka_admin_new(const struct profile *profile, struct error *error) {
    (void)profile, (void)error;
    return memory_zero(1, sizeof(struct kafka_admin));
}

void kafka_admin_free(struct kafka_admin *admin) {
    memory_free(admin);
}

int kafka_admin_cluster(struct kafka_admin *admin, int timeout_ms, struct kafka_cluster *cluster, struct error *error) {
    (void)admin, (void)timeout_ms, (void)error;
    pthread_mutex_lock(&stage.lock);
    *cluster = (struct kafka_cluster){.cluster_id = memory_copy_string("stage")};
    cluster->topics = memory_zero(stage.topics.count + 1, sizeof *cluster->topics);
    for (size_t i = 0; i < stage.topics.count; i++) {
        const struct topic *topic = stage.topics.items[i];
        if (!topic->deleted)
            cluster->topics[cluster->topic_count++] = (struct kafka_topic_info){
                memory_copy_string(topic->name), topic->partition_count, 1, *topic->name == '_'};
    }
    pthread_mutex_unlock(&stage.lock);
    return 0;
}

void kafka_cluster_free(struct kafka_cluster *cluster) {
    for (size_t i = 0; i < cluster->topic_count; i++)
        memory_free(cluster->topics[i].name);
    memory_free(cluster->topics);
    memory_free(cluster->cluster_id);
    *cluster = (struct kafka_cluster){0};
}

static bool legal(const char *name) {
    size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    return size > 0 && size <= 249 && !name[size];
}

int kafka_admin_create_topic(struct kafka_admin *admin, const char *topic, int32_t partitions, int32_t replicas,
                             const struct properties *configs, int timeout_ms, struct error *error) {
    int result = 0;
    (void)admin, (void)replicas, (void)configs, (void)timeout_ms;
    pthread_mutex_lock(&stage.lock);
    if (!legal(topic) || partitions == 0 || partitions > PARTITIONS_MOST || stage.topics.count >= TOPICS_MOST)
        result = error_set(error, ERROR_INVALID, "the stage has no room for topic %s", topic);
    else if (find(topic))
        result = error_set(error, ERROR_EXISTS, "topic %s is there", topic);
    else
        make(topic, partitions < 0 ? 1 : partitions);
    pthread_mutex_unlock(&stage.lock);
    return result;
}

int kafka_admin_delete_topic(struct kafka_admin *admin, const char *topic, int timeout_ms, struct error *error) {
    (void)admin, (void)timeout_ms;
    pthread_mutex_lock(&stage.lock);
    struct topic *found = find_partition(topic, 0, error);
    if (found)
        found->deleted = true;
    pthread_cond_broadcast(&stage.changed);
    pthread_mutex_unlock(&stage.lock);
    return found ? 0 : -1;
}

int kafka_admin_topic_partitions(struct kafka_admin *admin, const char *topic, int timeout_ms, int32_t *partitions,
                                 struct error *error) {
    (void)admin, (void)timeout_ms;
    pthread_mutex_lock(&stage.lock);
    const struct topic *found = find_partition(topic, 0, error);
    *partitions = found ? found->partition_count : 0;
    pthread_mutex_unlock(&stage.lock);
    return found ? 0 : -1;
}

int kafka_admin_watermarks(struct kafka_admin *admin, const char *topic, int32_t partition, int timeout_ms,
                           int64_t *low, int64_t *high, struct error *error) {
    (void)admin, (void)timeout_ms;
    pthread_mutex_lock(&stage.lock);
    const struct topic *found = find_partition(topic, partition, error);
    *low = 0;
    *high = found ? (int64_t)found->partitions[partition].count : 0;
    pthread_mutex_unlock(&stage.lock);
    return found ? 0 : -1;
}

/* --- groups --- */

static struct group_offset *find_offset(const char *group, const char *topic, int32_t partition) {
    for (size_t i = 0; i < stage.offsets.count; i++) {
        struct group_offset *offset = &stage.offsets.items[i];
        if (offset->partition == partition && strcmp(offset->group, group) == 0 && strcmp(offset->topic, topic) == 0)
            return offset;
    }
    return NULL;
}

int kafka_admin_groups(struct kafka_admin *admin, int timeout_ms, struct kafka_group_info **groups, size_t *count,
                       struct error *error) {
    (void)admin, (void)timeout_ms, (void)error;
    pthread_mutex_lock(&stage.lock);
    *groups = memory_zero(stage.offsets.count + 1, sizeof **groups);
    *count = 0;
    for (size_t i = 0; i < stage.offsets.count; i++)
        if (i == 0 || strcmp(stage.offsets.items[i].group, stage.offsets.items[i - 1].group) != 0)
            (*groups)[(*count)++] = (struct kafka_group_info){memory_copy_string(stage.offsets.items[i].group),
                                                              memory_copy_string("Empty"), 0};
    pthread_mutex_unlock(&stage.lock);
    return 0;
}

void kafka_groups_free(struct kafka_group_info *groups, size_t count) {
    for (size_t i = 0; i < count; i++) {
        memory_free(groups[i].name);
        memory_free(groups[i].state);
    }
    memory_free(groups);
}

int kafka_admin_group_offset(struct kafka_admin *admin, const char *group, const char *topic, int32_t partition,
                             int timeout_ms, int64_t *offset, struct error *error) {
    (void)admin, (void)timeout_ms, (void)error;
    pthread_mutex_lock(&stage.lock);
    const struct group_offset *found = find_offset(group, topic, partition);
    *offset = found ? found->offset : -1;
    pthread_mutex_unlock(&stage.lock);
    return 0;
}

int kafka_admin_set_group_offsets(struct kafka_admin *admin, const char *group, const struct kafka_partition *offsets,
                                  size_t count, int timeout_ms, struct error *error) {
    (void)admin, (void)timeout_ms, (void)error;
    pthread_mutex_lock(&stage.lock);
    for (size_t i = 0; i < count; i++) {
        struct group_offset *found = find_offset(group, offsets[i].topic, offsets[i].partition);
        if (found)
            found->offset = offsets[i].offset;
        else
            vector_push(&stage.offsets,
                        (struct group_offset){memory_copy_string(group), memory_copy_string(offsets[i].topic),
                                              offsets[i].partition, offsets[i].offset});
    }
    pthread_mutex_unlock(&stage.lock);
    return 0;
}

int kafka_admin_delete_group(struct kafka_admin *admin, const char *group, int timeout_ms, struct error *error) {
    (void)admin, (void)group, (void)timeout_ms, (void)error;
    return 0;
}
