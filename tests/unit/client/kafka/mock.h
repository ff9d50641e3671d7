/* A stage for tests: librdkafka's mock cluster on loopback and a profile that points at it. One for all tests of a
 * program, since it takes a second to stop; each test makes its own topic. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>

#include "client/kafka.h"
#include "foundation/base/clock.h"
#include "foundation/base/memory.h"

struct mock {
    rd_kafka_t *owner;
    rd_kafka_mock_cluster_t *cluster;
    struct profile *profile;
    struct error error;
    int topics;
    char topic[32]; /* of the test that runs: mock_topic */
};

static inline void mock_no_log(const rd_kafka_t *handle, int level, const char *facility, const char *line) {
    (void)handle, (void)level, (void)facility, (void)line;
}

static inline struct profile *mock_profile_of(const char *bootstrap) {
    struct error error = {0};
    struct properties *properties = properties_new();
    properties_set(properties, "bootstrap.servers", bootstrap);
    struct profile *profile = profile_from_properties("mock", properties, 0, &error);
    properties_free(properties);
    assert_non_null(profile);
    return profile;
}

static inline int mock_start(void **state) {
    struct mock *mock = memory_zero(1, sizeof *mock);
    char reason[256];
    rd_kafka_conf_t *config = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(config, mock_no_log);
    mock->owner = rd_kafka_new(RD_KAFKA_PRODUCER, config, reason, sizeof reason);
    mock->cluster = rd_kafka_mock_cluster_new(mock->owner, 1);
    mock->profile = mock_profile_of(rd_kafka_mock_cluster_bootstraps(mock->cluster));
    *state = mock;
    return 0;
}

static inline int mock_stop(void **state) {
    struct mock *mock = *state;
    profile_release(mock->profile);
    rd_kafka_mock_cluster_destroy(mock->cluster);
    rd_kafka_destroy(mock->owner);
    memory_free(mock);
    return 0;
}

static inline const char *mock_topic(struct mock *mock, int partitions) {
    snprintf(mock->topic, sizeof mock->topic, "topic-%d", ++mock->topics);
    rd_kafka_mock_topic_create(mock->cluster, mock->topic, partitions, 1);
    return mock->topic;
}

/* A port of loopback on which nobody listens. */
static inline struct profile *mock_dead_profile(void) {
    return mock_profile_of("127.0.0.1:1");
}
