#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "client/kafka/private.h"
#include "foundation/base/log.h"

/* Servers started by the program come up within milliseconds, so the first reconnects are quick. */
static const struct kafka_setting common_defaults[] = {
    {"reconnect.backoff.ms", "20"},
    {"reconnect.backoff.max.ms", "2000"},
    {"socket.keepalive.enable", "true"},
    {"socket.nagle.disable", "true"},
    {0},
};

void kafka_client_id(char id[KAFKA_CLIENT_ID]) {
    snprintf(id, KAFKA_CLIENT_ID, "fraudscope-%ld", (long)getpid());
}

/* Any of librdkafka's threads. Levels are syslog's. */
static void write_log(const rd_kafka_t *handle, int level, const char *facility, const char *line) {
    (void)handle;
    enum log_level ours = level <= 3 ? LOG_ERROR : level == 4 ? LOG_WARN : level <= 6 ? LOG_INFO : LOG_DEBUG;
    /* One properties file serves producers and consumers; that each ignores the other's half is no news. */
    if (strcmp(facility, "CONFWARN") == 0 && strstr(line, "property and will be ignored"))
        ours = LOG_DEBUG;
    log_write(ours, "kafka", "%s: %s", facility, line);
}

static int set_one(rd_kafka_conf_t *config, const char *name, const char *value, struct error *error) {
    char reason[512] = "";
    switch (rd_kafka_conf_set(config, name, value, reason, sizeof reason)) {
    case RD_KAFKA_CONF_OK:
        return 0;
    case RD_KAFKA_CONF_UNKNOWN:
        log_warn("kafka", "property %s is not known to librdkafka %s, skipped", name, rd_kafka_version_str());
        return 0;
    default:
        /* librdkafka's reason quotes the value. */
        if (properties_is_secret(name))
            return error_set(error, ERROR_INVALID, "Kafka property %s has a value that librdkafka refuses", name);
        return error_set(error, ERROR_INVALID, "Kafka property %s=%s is refused: %s", name, value, reason);
    }
}

static int set_list(rd_kafka_conf_t *config, const struct kafka_setting *settings, struct error *error) {
    for (; settings && settings->name; settings++) {
        if (set_one(config, settings->name, settings->value, error))
            return -1;
    }
    return 0;
}

static int set_properties(rd_kafka_conf_t *config, const struct properties *properties, struct error *error) {
    for (size_t i = 0; properties && i < properties_count(properties); i++) {
        const char *name, *value;
        properties_at(properties, i, &name, &value);
        if (set_one(config, name, value, error))
            return -1;
    }
    return 0;
}

rd_kafka_conf_t *kafka_config_build(const struct profile *profile, const struct kafka_setting *defaults,
                                    const struct properties *overrides, const struct kafka_setting *forced,
                                    void *opaque, struct error *error) {
    if (!profile_get(profile, "bootstrap.servers")) {
        error_set(error, ERROR_INVALID, "profile '%s' has no bootstrap.servers: add it to its client.properties",
                  profile_name(profile));
        return NULL;
    }
    char id[KAFKA_CLIENT_ID];
    kafka_client_id(id);
    rd_kafka_conf_t *config = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(config, write_log);
    rd_kafka_conf_set_opaque(config, opaque);
    if (set_one(config, "client.id", id, error) || set_list(config, common_defaults, error) ||
        set_list(config, defaults, error) || set_properties(config, profile_kafka(profile), error) ||
        set_properties(config, overrides, error) || set_list(config, forced, error)) {
        error_wrap(error, "profile '%s'", profile_name(profile));
        rd_kafka_conf_destroy(config);
        return NULL;
    }
    return config;
}

rd_kafka_t *kafka_handle_new(rd_kafka_type_t type, rd_kafka_conf_t *config, struct error *error) {
#ifdef __SANITIZE_THREAD__
    kafka_sanitized_threads();
#endif
    char reason[512] = "";
    rd_kafka_t *handle = rd_kafka_new(type, config, reason, sizeof reason);
    if (!handle) {
        error_set(error, ERROR_INVALID, "Kafka client cannot be made: %s", reason);
        rd_kafka_conf_destroy(config);
    }
    return handle;
}
