/* Settings of topics: every one that Kafka knows is a row. Rows that this broker does not act on take Kafka's default
 * only, so that tools which always send them go on and nobody believes in a setting that does nothing. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "foundation/base/error.h"
#include "foundation/base/properties.h"
#include "foundation/base/text.h"

enum setting_type { /* as DescribeConfigs numbers them */
                    SETTING_BOOLEAN = 1,
                    SETTING_TEXT = 2,
                    SETTING_INT = 3,
                    SETTING_LONG = 5,
                    SETTING_DOUBLE = 6,
                    SETTING_LIST = 7,
};
struct topic_setting {
    const char *name, *value; /* default */
    enum setting_type type;
    const char *allowed; /* space separated words; NULL = by range */
    double least, most;
    const char *help;
};
extern const struct topic_setting topic_settings[];
extern const size_t topic_setting_count;
const struct topic_setting *topic_setting_find(struct view name);
/* Checks and puts into config, white space taken away. */
int topic_setting_put(struct properties *config, struct view name, struct view value, struct error *error);

/* What a topic's settings come to; read once after each change, since records pass by here. */
struct topic_policy {
    bool compacts, deletes, append_time;
    int64_t message_most, retention_bytes, retention_ms, segment_bytes, segment_ms;
    int64_t delete_retention_ms, compaction_lag_least_ms, compaction_lag_most_ms, time_ahead_most_ms;
    double dirty_ratio;
};
void topic_policy_read(struct topic_policy *policy, const struct properties *config);
