/* Kinds of connectors: one const row each in connector.c. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "client/profile.h"
#include "foundation/base/clock.h"
#include "foundation/base/mailbox.h"
#include "foundation/base/properties.h"
#include "foundation/net/http_client.h"

struct connector_setting {
    const char *name;
    const char *type;      /* Kafka Connect's: "STRING", "INT", "LONG", "CLASS", "LIST" */
    const char *otherwise; /* NULL = required */
    const char *help;
    int64_t low, high;         /* of numbers */
    const char *const *values; /* the only ones allowed; NULL = any; ends with NULL */
    bool optional;             /* may be absent, has no default */
};

/* What a running connector is given. All calls are for the connector's own thread. */
struct connector_run {
    const char *name;
    const struct properties *config; /* read-only */
    const struct profile *profile;
    struct http_client *http_client;
    const struct clock *clock;
    const char *offset;   /* JSON text of the last one kept; NULL = from the start */
    struct mailbox *stop; /* closed when it has to end */
    void *context;
    void (*keep_offset)(void *context, const char *offset); /* after what it stands for was acknowledged */
    void (*use_topic)(void *context, const char *topic);
};
/* Returns false when asked to end within timeout_ms; time spent here is the connector's only way to wait. */
bool connector_wait(const struct connector_run *run, int timeout_ms);

struct connector_kind {
    const char *class_name, *type, *version, *help;
    const struct connector_setting *settings; /* ends with a zero row; on top of those all have */
    const char *(*topic)(const struct properties *config);
    /* Checks that take more than one setting; names the setting. NULL = none. */
    int (*check)(const struct properties *config, const char **setting, struct error *error);
    /* Runs until asked to end (0) or failed (-1). Own thread. */
    int (*run)(const struct connector_run *run, struct error *error);
    /* {"partition"} of its offsets as JSON text */
    const char *partition;
};

#define CONNECTOR_RETRY_TIMEOUT "errors.retry.timeout"
#define CONNECTOR_RETRY_DELAY "errors.retry.delay.max.ms"

extern const struct connector_kind connector_datagen;
extern const struct connector_kind *const connector_kinds[];              /* ends with NULL */
const struct connector_kind *connector_kind_find(const char *class_name); /* NULL when unknown */
/* Settings that every connector has: name, connector.class, tasks.max, converters. */
extern const struct connector_setting connector_common[];

/* The reply of .../config/validate, appended; number of settings that are wrong. */
int connector_validate(const struct connector_kind *kind, const struct properties *config, struct text *reply);
/* The same for a configuration that was kept: anybody may have written it to its topic. The error is the first fault.
 */
int connector_check(const struct connector_kind *kind, const struct properties *config, struct error *error);
/* The number of a row with a default, which also stands for a value that is not allowed. */
int64_t connector_number(const struct connector_setting *rows, const struct properties *config, const char *name);
