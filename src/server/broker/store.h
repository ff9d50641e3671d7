/* Topics with their partitions and settings, kept in the log folder: one folder a partition, one `topics` file. Broker
 * thread. */
#pragma once

#include <stdint.h>

#include "foundation/base/clock.h"
#include "foundation/base/map.h"
#include "foundation/base/properties.h"
#include "server/broker/partition.h"
#include "server/broker/settings.h"

enum { TOPIC_ID_SIZE = 16 };
struct topic {
    char *name;
    unsigned char id[TOPIC_ID_SIZE]; /* tells it from an earlier topic of the same name */
    struct partition **partitions;
    int32_t partition_count;
    struct properties *config; /* what was set; the rest is the default */
    struct topic_policy policy;
};
struct store {
    char *folder;
    struct map *topics; /* name to struct topic */
    struct map *ids;    /* id to the same */
    char cluster_id[24];
    bool sync;
    const struct clock *clock;
};

struct store_progress {
    void (*report)(void *context, int64_t done, int64_t total);
    void *context;
    int64_t done, total;
};
/* sync: what is acknowledged is on the disk. Damage that a torn tail does not explain is an error that says what to do.
 */
int store_open(struct store *store, const char *folder, bool sync, const struct clock *clock,
               struct store_progress *progress, struct error *error);
void store_begin(struct store *store); /* from here on it is written to */
/* clean: writes indexes and the marker by which the next start knows. */
void store_close(struct store *store, bool clean);
struct topic *store_topic(const struct store *store, struct view name);
struct topic *store_topic_by_id(const struct store *store, const unsigned char id[TOPIC_ID_SIZE]);
struct partition *store_partition(const struct store *store, struct view topic, int32_t partition);
struct partition *topic_partition(const struct topic *topic, int32_t partition); /* NULL: there is none; topic too */

bool topic_name_valid(struct view name);
bool topic_is_internal(struct view name);
/* config may be NULL. Exists: ERROR_EXISTS. When it fails nothing is left of it. */
int store_create(struct store *store, struct view name, int32_t partitions, const struct properties *config,
                 struct error *error);
int store_may_have(int32_t partitions, struct error *error); /* ERROR_INVALID: more than a topic has here */
/* On a full disk too: a reserve is kept for the list that is shorter afterwards. When it fails the topic stays. */
int store_delete(struct store *store, struct view name, struct error *error);
int store_grow(struct store *store, struct topic *topic, int32_t partitions, struct error *error);
/* Takes config over when it could be saved. */
int store_configure(struct store *store, struct topic *topic, struct properties *config, struct error *error);
/* Size and age limits, segments that are too old to be written to, producers long gone; called now and then. */
void store_retain(struct store *store, int64_t now_ms);
