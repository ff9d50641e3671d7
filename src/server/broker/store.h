/* Topics with their partitions and settings, kept in the log folder: one folder a partition, one `topics` file. Broker thread. */
#pragma once

#include <stdint.h>

#include "foundation/base/clock.h"
#include "foundation/base/map.h"
#include "foundation/base/properties.h"
#include "server/broker/log.h"

struct topic {
    char *name;
    struct log **partitions;
    int32_t partition_count;
    struct properties *config; /* what was set; the rest is the default */
};
struct store {
    char *folder;
    struct map *topics; /* name to struct topic */
    char cluster_id[24];
};

struct store_progress {
    void (*report)(void *context, int64_t done, int64_t total);
    void *context;
    int64_t done, total;
};
int store_open(struct store *store, const char *folder, struct store_progress *progress, struct error *error);
void store_close(struct store *store, bool clean);
struct topic *store_topic(const struct store *store, struct view name);
struct log *store_partition(const struct store *store, struct view topic, int32_t partition);

bool topic_name_valid(struct view name);
/* config may be NULL. Exists: ERROR_EXISTS. */
int store_create(struct store *store, struct view name, int32_t partitions, struct properties *config, struct error *error);
int store_delete(struct store *store, struct view name, struct error *error);
int store_grow(struct store *store, struct topic *topic, int32_t partitions, struct error *error);
int store_save(struct store *store, struct error *error); /* after a change of settings */

/* --- settings that are honoured --- */
struct topic_setting {
    const char *name, *value; /* default */
    enum { SETTING_TEXT, SETTING_LONG, SETTING_INT, SETTING_LIST } type;
    const char *allowed; /* space separated words; NULL = any number */
    const char *help;
};
extern const struct topic_setting topic_settings[];
extern const size_t topic_setting_count;
const struct topic_setting *topic_setting_find(struct view name);
int topic_setting_check(struct view name, struct view value, struct error *error);
int64_t topic_number(const struct topic *topic, const char *name);
const char *topic_text(const struct topic *topic, const char *name);
void topic_apply(struct topic *topic); /* hands settings to the logs */
/* Size and age limits; called now and then. */
void store_retain(struct store *store, int64_t now_ms);
