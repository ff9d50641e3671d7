#include "server/ksqldb/tape.h"

#include "foundation/base/clock.h"
#include "foundation/base/memory.h"

enum { PATIENCE_MS = 10000, MOST = 256, POLL_MS = 100 };

int tape_make(struct kafka_admin *admin, const char *topic, struct error *error) {
    int32_t partitions = 0;
    struct error reason = {0};
    if (kafka_admin_topic_partitions(admin, topic, PATIENCE_MS, &partitions, &reason) == 0)
        return partitions == 1 ? 0
                               : error_set(error, ERROR_CONFLICT,
                                           "topic %s has %d partitions; its order counts, which needs exactly 1", topic,
                                           (int)partitions);
    if (reason.code == ERROR_NOT_FOUND) {
        struct properties *config = properties_new();
        properties_set(config, "cleanup.policy", "delete");
        properties_set(config, "retention.ms", "-1");
        error_clear(&reason);
        int result = kafka_admin_create_topic(admin, topic, 1, -1, config, PATIENCE_MS, &reason);
        properties_free(config);
        if (result == 0 || reason.code == ERROR_EXISTS)
            return 0;
    }
    if (error)
        *error = reason;
    return -1;
}

int tape_span(struct kafka_admin *admin, const char *topic, int64_t *low, int64_t *high, struct error *error) {
    int32_t partitions;
    return kafka_admin_topic_partitions(admin, topic, PATIENCE_MS, &partitions, error) != 0
               ? -1
               : kafka_admin_watermarks(admin, topic, 0, PATIENCE_MS, low, high, error);
}

struct reading {
    const char *topic;
    int64_t next, to;
    int (*each)(void *context, const struct kafka_message *message, struct error *error);
    void *context;
};

static int read_some(struct reading *reading, struct kafka_consumer *consumer, int *count, struct error *error) {
    struct kafka_message messages[MOST];
    *count = kafka_consumer_receive(consumer, messages, MOST, POLL_MS, error);
    int result = *count < 0 ? -1 : 0;
    for (int i = 0; i < *count && result == 0 && reading->next < reading->to; i++) {
        reading->next = messages[i].offset + 1;
        if (messages[i].offset < reading->to)
            result = reading->each(reading->context, &messages[i], error);
    }
    kafka_consumer_release(consumer);
    return result;
}

int tape_read(const struct profile *profile, const char *topic, int64_t from, int64_t to,
              int (*each)(void *context, const struct kafka_message *message, struct error *error), void *context,
              struct error *error) {
    if (from >= to)
        return 0;
    struct reading reading = {topic, from, to, each, context};
    const struct kafka_consumer_options options = {.offset_reset = "earliest"};
    const struct kafka_partition start = {.topic = topic, .partition = 0, .offset = from};
    struct kafka_consumer *consumer = kafka_consumer_new(profile, &options, error);
    int64_t heard = clock_monotonic_ms();
    int result = consumer ? kafka_consumer_assign(consumer, &start, 1, error) : -1;
    while (result == 0 && reading.next < to) {
        int count = 0;
        result = read_some(&reading, consumer, &count, error);
        if (count > 0)
            heard = clock_monotonic_ms();
        else if (result == 0 && clock_monotonic_ms() - heard > PATIENCE_MS)
            result = error_set(error, ERROR_TIMEOUT, "topic %s: no record after offset %lld for %d s, its end is %lld",
                               topic, (long long)reading.next, PATIENCE_MS / 1000, (long long)to);
    }
    kafka_consumer_free(consumer);
    return result;
}
