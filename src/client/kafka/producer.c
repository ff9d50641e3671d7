#include "client/kafka.h"

#include <unistd.h>

#include "client/kafka/private.h"
#include "foundation/base/clock.h"
#include "foundation/base/log.h"
#include "foundation/base/map.h"
#include "foundation/base/memory.h"

enum {
    METADATA_TIMEOUT_MS = 1000,
    METADATA_RETRY_MS = 1000,        /* after a request that failed */
    METADATA_REFRESH_MS = 5 * 60000, /* a topic may have got partitions */
    LEADER_WAIT_MS = 50,
    PURGE_WAIT_MS = 100,
};

/* A topic that was sent to: its handle and how many partitions it has. */
struct target {
    rd_kafka_topic_t *topic;
    int32_t partitions; /* 0 = not known yet */
    int64_t ask_again_ms;
};

struct kafka_producer {
    rd_kafka_t *handle;
    struct map *targets;
    struct kafka_cause cause;
    size_t waiting; /* sent, not yet reported; librdkafka's own count includes its events */
    void (*delivered)(void *context, const struct kafka_delivery *delivery);
    void *context;
};

static void target_free(void *value) {
    struct target *target = value;
    rd_kafka_topic_destroy(target->topic);
    memory_free(target);
}

/* Inside poll and flush, on the owner's thread. */
static void hear_error(rd_kafka_t *handle, int code, const char *reason, void *opaque) {
    (void)handle;
    struct kafka_producer *producer = opaque;
    log_warn("kafka", "producer: %s", reason);
    kafka_cause_hear(&producer->cause, (rd_kafka_resp_err_t)code, reason);
}

static void report_delivery(rd_kafka_t *handle, const rd_kafka_message_t *message, void *opaque) {
    (void)handle;
    struct kafka_producer *producer = opaque;
    producer->waiting--;
    if (!producer->delivered)
        return;
    struct error error = {0};
    struct kafka_delivery delivery = {
        .opaque = message->_private, .partition = message->partition, .offset = message->offset};
    if (message->err) {
        const char *detail = NULL;
        rd_kafka_resp_err_t code = kafka_cause_of(&producer->cause, message->err, &detail);
        kafka_fault_set(&error, code, detail, "record for topic %s", rd_kafka_topic_name(message->rkt));
        delivery.error = &error;
    } else {
        kafka_cause_clear(&producer->cause);
    }
    producer->delivered(producer->context, &delivery);
}

/* A profile that asks for fewer acknowledgements cannot have idempotence, and librdkafka would refuse the pair. */
static bool wants_fewer_acks(const struct properties *properties) {
    static const char *const names[] = {"acks", "request.required.acks"};
    for (size_t i = 0; properties && i < sizeof names / sizeof names[0]; i++) {
        const char *value = properties_get(properties, names[i]);
        if (value && strcmp(value, "all") != 0 && strcmp(value, "-1") != 0)
            return true;
    }
    return false;
}

struct kafka_producer *kafka_producer_new(const struct profile *profile, const struct properties *overrides,
                                          void (*delivered)(void *context, const struct kafka_delivery *delivery),
                                          void *context, struct error *error) {
    bool fewer = wants_fewer_acks(profile_kafka(profile)) || wants_fewer_acks(overrides);
    if (fewer)
        log_warn("kafka", "acks is not 'all': the producer is not idempotent, records may be doubled on a retry");
    const struct kafka_setting defaults[] = {{"enable.idempotence", fewer ? "false" : "true"}, {"linger.ms", "5"}, {0}};
    /* The partitioner only decides while the number of partitions is not known; it gives what we would give. */
    const struct kafka_setting forced[] = {{"partitioner", "murmur2_random"}, {0}};
    struct kafka_producer *producer = memory_zero(1, sizeof *producer);
    producer->delivered = delivered;
    producer->context = context;
    producer->targets = map_new(target_free);
    rd_kafka_conf_t *config = kafka_config_build(profile, defaults, overrides, forced, producer, error);
    if (config) {
        /* Set even when nobody listens: without it librdkafka frees on its broker thread and is half as fast. */
        rd_kafka_conf_set_dr_msg_cb(config, report_delivery);
        rd_kafka_conf_set_error_cb(config, hear_error);
        producer->handle = kafka_handle_new(RD_KAFKA_PRODUCER, config, error);
    }
    if (!producer->handle) {
        kafka_producer_free(producer);
        return NULL;
    }
    return producer;
}

void kafka_producer_free(struct kafka_producer *producer) {
    if (!producer)
        return;
    if (producer->waiting) {
        rd_kafka_purge(producer->handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_flush(producer->handle, PURGE_WAIT_MS);
    }
    map_free(producer->targets);
    if (producer->handle)
        rd_kafka_destroy(producer->handle);
    memory_free(producer);
}

/* Asks for one topic, and again while its leader is being chosen. */
static rd_kafka_resp_err_t ask_partitions(rd_kafka_t *handle, struct target *target) {
    int64_t deadline = clock_monotonic_ms() + METADATA_TIMEOUT_MS;
    for (;;) {
        const struct rd_kafka_metadata *metadata = NULL;
        int64_t left = deadline - clock_monotonic_ms();
        rd_kafka_resp_err_t code = rd_kafka_metadata(handle, 0, target->topic, &metadata, left > 1 ? (int)left : 1);
        if (code)
            return code;
        code = metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
        int32_t partitions = metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
        rd_kafka_metadata_destroy(metadata);
        if (!code && partitions > 0) {
            target->partitions = partitions;
            return RD_KAFKA_RESP_ERR_NO_ERROR;
        }
        if (code && code != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
            return code;
        if (clock_monotonic_ms() + LEADER_WAIT_MS >= deadline)
            return RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
        usleep(LEADER_WAIT_MS * 1000);
    }
}

/* The explicit request has a second use: without it librdkafka 2.0.2 holds the first record to a topic that was just
 * created back for a whole second. */
static int learn_partitions(struct kafka_producer *producer, const char *name, struct target *target,
                            struct error *error) {
    if (clock_monotonic_ms() < target->ask_again_ms)
        return 0;
    rd_kafka_resp_err_t code = ask_partitions(producer->handle, target);
    target->ask_again_ms = clock_monotonic_ms() + (code ? METADATA_RETRY_MS : METADATA_REFRESH_MS);
    switch (code) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        target->ask_again_ms = 0;
        target->partitions = 0;
        return kafka_fault_set(error, code, NULL, "topic %s", name);
    default:
        return 0; /* the broker may be back soon: the record waits in the queue */
    }
}

static struct target *find_target(struct kafka_producer *producer, const char *name, struct error *error) {
    struct target *target = map_get(producer->targets, view_of(name));
    if (target)
        return target;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(producer->handle, name, NULL);
    if (!topic) {
        kafka_fault_set(error, rd_kafka_last_error(), NULL, "topic %s", name);
        return NULL;
    }
    target = memory_zero(1, sizeof *target);
    target->topic = topic;
    map_put(producer->targets, view_of(name), target);
    return target;
}

static rd_kafka_headers_t *copy_headers(const struct kafka_record *record) {
    if (!record->header_count)
        return NULL;
    rd_kafka_headers_t *headers = rd_kafka_headers_new(record->header_count);
    for (size_t i = 0; i < record->header_count; i++) {
        const struct header *header = &record->headers[i];
        rd_kafka_header_add(headers, header->name.data, (ssize_t)header->name.size, header->value.data,
                            (ssize_t)header->value.size);
    }
    return headers;
}

int kafka_producer_send(struct kafka_producer *producer, const struct kafka_record *record, struct error *error) {
    struct target *target = find_target(producer, record->topic, error);
    if (!target || learn_partitions(producer, record->topic, target, error))
        return -1;
    int32_t partition = record->partition;
    if (partition < 0)
        partition = record->key.data && target->partitions ? kafka_partition_for(record->key, target->partitions)
                                                           : RD_KAFKA_PARTITION_UA;
    rd_kafka_headers_t *headers = copy_headers(record);
    rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = target->topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = partition},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *)record->key.data, record->key.size}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *)record->value.data, record->value.size}},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = record->timestamp},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = record->opaque},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
    };
    size_t count = sizeof parts / sizeof parts[0] - (headers ? 0 : 1);
    rd_kafka_error_t *fault = rd_kafka_produceva(producer->handle, parts, count);
    if (!fault) {
        producer->waiting++;
        return 0;
    }
    rd_kafka_resp_err_t code = rd_kafka_error_code(fault);
    kafka_fault_set(error, code, rd_kafka_error_string(fault), "topic %s", record->topic);
    rd_kafka_error_destroy(fault);
    if (headers)
        rd_kafka_headers_destroy(headers);
    if (code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION || code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
        target->ask_again_ms = 0;
    return -1;
}

int kafka_producer_poll(struct kafka_producer *producer, int timeout_ms) {
    return rd_kafka_poll(producer->handle, timeout_ms);
}

int kafka_producer_flush(struct kafka_producer *producer, int timeout_ms, struct error *error) {
    rd_kafka_resp_err_t code = rd_kafka_flush(producer->handle, timeout_ms);
    const char *detail = NULL;
    code = kafka_cause_of(&producer->cause, code, &detail);
    if (code && producer->waiting)
        return kafka_fault_set(error, code, detail, "%zu records not yet acknowledged", producer->waiting);
    return 0;
}

size_t kafka_producer_waiting(const struct kafka_producer *producer) {
    return producer->waiting;
}
