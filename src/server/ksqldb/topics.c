#include "server/ksqldb/topics.h"

#include <stdio.h>
#include <string.h>

#include "foundation/base/memory.h"

int topic_name_copy(struct topic_name *name, struct view topic, struct error *error) {
    if (topic.size >= sizeof name->text)
        return error_set(error, ERROR_INVALID, "topic names have %zu characters at most", sizeof name->text - 1);
    memcpy(name->text, topic.data, topic.size);
    name->text[topic.size] = 0;
    return 0;
}

int topics_find(struct topics *topics, struct view topic, struct kafka_topic_info *info, struct error *error) {
    struct kafka_cluster cluster;
    int result = -1;
    if (kafka_admin_cluster(topics->admin, TOPICS_PATIENCE_MS, &cluster, error) != 0)
        return -1;
    for (size_t i = 0; i < cluster.topic_count && result != 0; i++)
        if (view_equal(view_of(cluster.topics[i].name), topic)) {
            *info = cluster.topics[i];
            info->name = NULL;
            result = 0;
        }
    kafka_cluster_free(&cluster);
    return result == 0 ? 0 : error_set(error, ERROR_NOT_FOUND, "topic %.*s does not exist", VIEW_ARGS(topic));
}

static int describe(void *context, struct view topic, struct topic_facts *facts, struct error *error) {
    struct kafka_topic_info info;
    if (topics_find(context, topic, &info, error) != 0)
        return -1;
    *facts = (struct topic_facts){.partitions = info.partitions, .replicas = info.replicas};
    return 0;
}

static int create(void *context, const struct engine_topic *topic, struct error *error) {
    struct topics *topics = context;
    struct topic_name name;
    struct error reason = {0};
    if (topic_name_copy(&name, topic->name, error) != 0)
        return -1;
    struct properties *config = properties_new();
    if (topic->cleanup_policy)
        properties_set(config, "cleanup.policy", topic->cleanup_policy);
    if (topic->retention_ms >= 0) {
        char retention[32];
        snprintf(retention, sizeof retention, "%lld", (long long)topic->retention_ms);
        properties_set(config, "retention.ms", retention);
    }
    int result = kafka_admin_create_topic(topics->admin, name.text, topic->partitions, topic->replicas, config,
                                          TOPICS_PATIENCE_MS, &reason);
    properties_free(config);
    if (result == 0 || reason.code == ERROR_EXISTS)
        return 0;
    if (error)
        *error = reason;
    return -1;
}

static int remove_topic(void *context, struct view topic, struct error *error) {
    struct topics *topics = context;
    struct topic_name name;
    struct error reason = {0};
    if (topic_name_copy(&name, topic, error) != 0)
        return -1;
    if (kafka_admin_delete_topic(topics->admin, name.text, TOPICS_PATIENCE_MS, &reason) == 0 ||
        reason.code == ERROR_NOT_FOUND)
        return 0;
    if (error)
        *error = reason;
    return -1;
}

/* An offset beyond the end belongs to a topic that was made anew since: all that is in it is new. */
static int64_t real_offset(int64_t wanted, int64_t low, int64_t high) {
    if (wanted == ENGINE_LATEST)
        return high;
    return wanted < low || wanted > high ? low : wanted;
}

static int open_reader(void *context, uint64_t number, struct view topic, int64_t *offsets, int64_t *ends,
                       size_t partitions, struct error *error) {
    struct topics *topics = context;
    struct topic_name name;
    if (topic_name_copy(&name, topic, error) != 0)
        return -1;
    for (size_t i = 0; i < partitions; i++) {
        int64_t low, high;
        if (kafka_admin_watermarks(topics->admin, name.text, (int32_t)i, TOPICS_PATIENCE_MS, &low, &high, error) != 0)
            return -1;
        offsets[i] = real_offset(offsets[i], low, high);
        ends[i] = high;
    }
    vector_push(&topics->opened, number);
    readers_open(topics->readers, number, topic, offsets, partitions);
    return 0;
}

static void close_reader(void *context, uint64_t number) {
    readers_close(((struct topics *)context)->readers, number);
}

static void hold_reader(void *context, uint64_t number, bool held) {
    readers_hold(((struct topics *)context)->readers, number, held);
}

static int write_record(void *context, struct view topic, const struct engine_record *record, struct error *error) {
    return writer_write(((struct topics *)context)->writer, topic, record, error);
}

static int flush(void *context, struct error *error) {
    return writer_flush(((struct topics *)context)->writer, error);
}

int topics_open(struct topics *topics, struct profile *profile, struct mailbox *inbox, struct error *error) {
    topics->table = (struct engine_topics){.context = topics,
                                           .describe = describe,
                                           .create = create,
                                           .remove = remove_topic,
                                           .open = open_reader,
                                           .close = close_reader,
                                           .hold = hold_reader,
                                           .write = write_record,
                                           .flush = flush};
    topics->admin = kafka_admin_new(profile, error);
    topics->writer = topics->admin ? writer_new(profile, 0, error) : NULL;
    topics->readers = readers_new(profile, inbox);
    return topics->writer ? 0 : -1;
}

void topics_close(struct topics *topics) {
    readers_free(topics->readers);
    writer_free(topics->writer);
    kafka_admin_free(topics->admin);
    vector_free(&topics->opened);
    *topics = (struct topics){0};
}
