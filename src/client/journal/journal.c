#include "client/journal.h"

#include "client/kafka.h"
#include "foundation/base/clock.h"
#include "foundation/base/memory.h"

enum { DEFAULT_TIMEOUT_MS = 10000, MOST = 256, POLL_MS = 100 };

struct journal {
    struct kafka_producer *producer;
    int timeout_ms;
};

struct delivery {
    bool done;
    struct error error;
};

static void delivered(void *context, const struct kafka_delivery *kafka) {
    (void)context;
    struct delivery *delivery = kafka->opaque;
    delivery->done = true;
    if (kafka->error)
        delivery->error = *kafka->error;
}

static int make_topic(struct kafka_admin *admin, const char *topic, int timeout_ms, struct error *error) {
    int32_t partitions = 0;
    struct error reason = {0};
    if (kafka_admin_topic_partitions(admin, topic, timeout_ms, &partitions, &reason) == 0)
        return partitions == 1 ? 0
                               : error_set(error, ERROR_CONFLICT,
                                           "topic %s has %d partitions; state is kept in order, which needs exactly 1",
                                           topic, (int)partitions);
    if (reason.code != ERROR_NOT_FOUND) {
        if (error)
            *error = reason;
        return -1;
    }
    struct properties *config = properties_new();
    properties_set(config, "cleanup.policy", "compact");
    error_clear(&reason);
    int result = kafka_admin_create_topic(admin, topic, 1, -1, config, timeout_ms, &reason);
    properties_free(config);
    if (result != 0 && reason.code == ERROR_EXISTS)
        return 0;
    if (result != 0 && error)
        *error = reason;
    return result;
}

static int read_topic(const struct journal_options *options, const char *topic, int64_t low, int64_t high,
                      int timeout_ms, struct error *error) {
    struct kafka_consumer_options reader = {.offset_reset = "earliest"};
    struct kafka_consumer *consumer = kafka_consumer_new(options->profile, &reader, error);
    struct kafka_partition start = {.topic = topic, .partition = 0, .offset = low};
    struct kafka_message messages[MOST];
    int result = -1;
    int64_t next = low, heard = clock_monotonic_ms();
    if (!consumer || kafka_consumer_assign(consumer, &start, 1, error) != 0)
        goto cleanup;
    while (next < high) {
        int count = kafka_consumer_receive(consumer, messages, MOST, POLL_MS, error);
        if (count < 0)
            goto cleanup;
        for (int i = 0; i < count; i++) {
            options->apply(options->context, topic, messages[i].key, messages[i].value);
            next = messages[i].offset + 1;
        }
        kafka_consumer_release(consumer);
        if (count > 0)
            heard = clock_monotonic_ms();
        if (next < high && clock_monotonic_ms() - heard > timeout_ms) {
            error_set(error, ERROR_TIMEOUT, "topic %s: no record after offset %lld for %d ms, its end is %lld", topic,
                      (long long)next, timeout_ms, (long long)high);
            goto cleanup;
        }
    }
    result = 0;
cleanup:
    kafka_consumer_free(consumer);
    return result;
}

struct journal *journal_open(const struct journal_options *options, struct error *error) {
    int timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : DEFAULT_TIMEOUT_MS, result = -1;
    struct journal *journal = memory_zero(1, sizeof *journal);
    struct properties *overrides = properties_new();
    struct kafka_admin *admin = kafka_admin_new(options->profile, error);
    struct text limit = TEXT_EMPTY;
    journal->timeout_ms = timeout_ms;
    if (!admin)
        goto cleanup;
    for (size_t i = 0; i < options->topic_count; i++) {
        const char *topic = options->topics[i];
        int64_t low = 0, high = 0;
        if (make_topic(admin, topic, timeout_ms, error) != 0 ||
            kafka_admin_watermarks(admin, topic, 0, timeout_ms, &low, &high, error) != 0 ||
            (low < high && read_topic(options, topic, low, high, timeout_ms, error) != 0))
            goto cleanup;
    }
    text_append_format(&limit, "%d", timeout_ms);
    properties_set(overrides, "linger.ms", "0");
    properties_set(overrides, "message.timeout.ms", text_string(&limit));
    journal->producer = kafka_producer_new(options->profile, overrides, delivered, journal, error);
    result = journal->producer ? 0 : -1;
cleanup:
    kafka_admin_free(admin);
    properties_free(overrides);
    text_free(&limit);
    if (result == 0)
        return journal;
    journal_close(journal);
    return NULL;
}

int journal_write(struct journal *journal, const char *topic, struct view key, struct view value, struct error *error) {
    struct delivery delivery = {0};
    struct kafka_record record = {.topic = topic, .partition = 0, .key = key, .value = value, .opaque = &delivery};
    if (kafka_producer_send(journal->producer, &record, error) != 0)
        return error_wrap(error, "topic %s", topic);
    /* The producer itself gives up after timeout_ms, and only then may `delivery` go out of scope. */
    while (!delivery.done)
        kafka_producer_poll(journal->producer, POLL_MS);
    if (delivery.error.code == ERROR_NONE)
        return 0;
    if (error)
        *error = delivery.error;
    return error_wrap(error, "topic %s", topic);
}

void journal_close(struct journal *journal) {
    if (!journal)
        return;
    kafka_producer_free(journal->producer);
    memory_free(journal);
}
