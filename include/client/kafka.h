/* Kafka through librdkafka, whose types stay private to src/client/kafka. Each object belongs to one thread, which
 * polls it: callbacks run inside the poll, never elsewhere. librdkafka's own lines go to the log. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/profile.h"
#include "foundation/base/error.h"
#include "foundation/base/properties.h"
#include "foundation/base/text.h"
#include "foundation/value/batch.h"

enum { KAFKA_CLIENT_ID = 32 };
/* "fraudscope-PID": what a broker knows the clients of this process by, unless the profile has a client.id. */
void kafka_client_id(char id[KAFKA_CLIENT_ID]);

/* --- producing: idempotent by default, linger 5 ms unless set in overrides, partition by Java's murmur2 of the key ---
 */
struct kafka_producer;
struct kafka_delivery { /* lent for the call */
    void *opaque;       /* of the send */
    int32_t partition;
    int64_t offset;
    const struct error *error; /* NULL = acknowledged */
};
/* profile and overrides are lent for the call; context for `delivered` until kafka_producer_free has returned. */
struct kafka_producer *kafka_producer_new(const struct profile *profile, const struct properties *overrides,
                                          void (*delivered)(void *context, const struct kafka_delivery *delivery),
                                          void *context, struct error *error);
/* What waits is dropped and told to `delivered` with ERROR_CLOSED: flush first. */
void kafka_producer_free(struct kafka_producer *producer);
struct kafka_record {
    const char *topic;
    int32_t partition;      /* -1: by key */
    struct view key, value; /* data NULL = null */
    int64_t timestamp;      /* ms; 0 = now */
    const struct header *headers;
    size_t header_count;
    void *opaque;
};
/* Copies key, value and headers; `opaque` comes back with the delivery. ERROR_BUSY when the queue is full: poll, then
 * again. The first record to a topic asks for its partitions, for a second at most; ERROR_NOT_FOUND when there is no
 * such topic. Later failures come to `delivered`. */
int kafka_producer_send(struct kafka_producer *producer, const struct kafka_record *record, struct error *error);
int kafka_producer_poll(struct kafka_producer *producer, int timeout_ms); /* delivery callbacks; count served */
int kafka_producer_flush(struct kafka_producer *producer, int timeout_ms, struct error *error);
size_t kafka_producer_waiting(const struct kafka_producer *producer);

/* --- consuming --- */
struct kafka_consumer;
struct kafka_message { /* topic, headers and bytes are lent until kafka_consumer_release or the next receive */
    const char *topic;
    int32_t partition;
    int64_t offset, timestamp;
    struct view key, value; /* data NULL = null */
    const struct header *headers;
    size_t header_count;
};
struct kafka_consumer_options {
    const char *group;        /* NULL: no group, assign only */
    const char *offset_reset; /* "earliest", "latest", "error" */
    bool auto_commit;
    const struct properties *overrides;
    void (*assigned)(void *context, size_t partitions);        /* after subscribe; 0 = all taken away */
    void (*trouble)(void *context, const struct error *error); /* broker down and the like; may recover */
    void *context;
};
/* profile, options and overrides are lent for the call; context until kafka_consumer_free has returned. */
struct kafka_consumer *kafka_consumer_new(const struct profile *profile, const struct kafka_consumer_options *options,
                                          struct error *error);
void kafka_consumer_free(struct kafka_consumer *consumer); /* leaves the group, for two seconds at most */
int kafka_consumer_subscribe(struct kafka_consumer *consumer, const char *const *topics, size_t count,
                             struct error *error);
enum { KAFKA_EARLIEST = -2, KAFKA_LATEST = -1, KAFKA_COMMITTED = -1000 };
struct kafka_partition {
    const char *topic;
    int32_t partition;
    int64_t offset; /* or KAFKA_EARLIEST, KAFKA_LATEST, KAFKA_COMMITTED */
};
int kafka_consumer_assign(struct kafka_consumer *consumer, const struct kafka_partition *partitions, size_t count,
                          struct error *error);
/* Up to `most` messages; waits at most timeout_ms for the first. Count, or -1. Valid until release or the next receive.
 */
int kafka_consumer_receive(struct kafka_consumer *consumer, struct kafka_message *messages, size_t most, int timeout_ms,
                           struct error *error);
void kafka_consumer_release(struct kafka_consumer *consumer);
int kafka_consumer_commit(struct kafka_consumer *consumer, const struct kafka_partition *offsets, size_t count,
                          struct error *error); /* next offset to read; blocks, for ten seconds at most */
int kafka_consumer_pause(struct kafka_consumer *consumer, bool paused, struct error *error); /* all assigned */

/* --- asking and managing: each call blocks its thread up to the time-out --- */
struct kafka_admin;
/* What the calls fill is the caller's and freed by the ..._free of its kind; NULL and 0 after an error. */
struct kafka_admin *kafka_admin_new(const struct profile *profile, struct error *error);
void kafka_admin_free(struct kafka_admin *admin);

struct kafka_topic_info {
    char *name;
    int32_t partitions;
    int32_t replicas;
    bool internal; /* starts with "_" */
};
struct kafka_cluster {
    char *cluster_id;
    int32_t controller;
    struct kafka_broker_info {
        int32_t id;
        char *host;
        int port;
    } * brokers;
    size_t broker_count;
    struct kafka_topic_info *topics;
    size_t topic_count;
};
int kafka_admin_cluster(struct kafka_admin *admin, int timeout_ms, struct kafka_cluster *cluster, struct error *error);
void kafka_cluster_free(struct kafka_cluster *cluster);
/* configs may be NULL. replicas -1 = broker default. Exists: ERROR_EXISTS. Returns after the topic shows in metadata.
 */
int kafka_admin_create_topic(struct kafka_admin *admin, const char *topic, int32_t partitions, int32_t replicas,
                             const struct properties *configs, int timeout_ms, struct error *error);
int kafka_admin_delete_topic(struct kafka_admin *admin, const char *topic, int timeout_ms, struct error *error);
int kafka_admin_topic_partitions(struct kafka_admin *admin, const char *topic, int timeout_ms, int32_t *partitions,
                                 struct error *error); /* ERROR_NOT_FOUND when there is none */
int kafka_admin_topic_config(struct kafka_admin *admin, const char *topic, int timeout_ms, struct properties *config,
                             struct error *error);
int kafka_admin_set_topic_config(struct kafka_admin *admin, const char *topic, const struct properties *config,
                                 int timeout_ms, struct error *error);
int kafka_admin_watermarks(struct kafka_admin *admin, const char *topic, int32_t partition, int timeout_ms,
                           int64_t *low, int64_t *high, struct error *error);
/* First offset with a timestamp >= time_ms, the end when none. */
int kafka_admin_offset_at(struct kafka_admin *admin, const char *topic, int32_t partition, int64_t time_ms,
                          int timeout_ms, int64_t *offset, struct error *error);
struct kafka_group_info {
    char *name;
    char *state; /* "Stable", "Empty", ... */
    int members;
};
int kafka_admin_groups(struct kafka_admin *admin, int timeout_ms, struct kafka_group_info **groups, size_t *count,
                       struct error *error);
void kafka_groups_free(struct kafka_group_info *groups, size_t count);
int kafka_admin_group_offset(struct kafka_admin *admin, const char *group, const char *topic, int32_t partition,
                             int timeout_ms, int64_t *offset, struct error *error); /* -1 = none */
/* Commits for a group without being in it; ERROR_CONFLICT while it has members. */
int kafka_admin_set_group_offsets(struct kafka_admin *admin, const char *group, const struct kafka_partition *offsets,
                                  size_t count, int timeout_ms, struct error *error);
int kafka_admin_delete_group(struct kafka_admin *admin, const char *group, int timeout_ms, struct error *error);

int32_t kafka_partition_for(struct view key,
                            int32_t partitions); /* Java's murmur2, as ksqlDB's co-partitioning needs */
