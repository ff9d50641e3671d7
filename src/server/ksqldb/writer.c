#include "server/ksqldb/writer.h"

#include <stdio.h>
#include <string.h>

#include "client/kafka.h"
#include "foundation/base/clock.h"
#include "foundation/base/memory.h"

enum { PATIENCE_MS = 5000, IMPATIENCE_MS = 200, POLL_MS = 20, TOPIC_MOST = 249 };

struct writer {
    struct kafka_producer *producer;
    struct error failure; /* the first since the last flush */
    bool away;            /* the last flush did not end */
    bool gives_up;        /* the producer itself: then an append waits for its word */
};

/* Of an append; who asked may have given up, so the last of the two frees it. */
struct delivery {
    bool done, given_up;
    int64_t offset;
    struct error error;
};

static void delivered(void *context, const struct kafka_delivery *kafka) {
    struct writer *writer = context;
    struct delivery *delivery = kafka->opaque;
    if (!delivery) {
        if (kafka->error && !writer->failure.code)
            writer->failure = *kafka->error;
        return;
    }
    if (delivery->given_up) {
        memory_free(delivery);
        return;
    }
    delivery->done = true;
    delivery->offset = kafka->offset;
    if (kafka->error)
        delivery->error = *kafka->error;
}

struct writer *writer_new(const struct profile *profile, int give_up_ms, struct error *error) {
    struct writer *writer = memory_zero(1, sizeof *writer);
    struct properties *overrides = properties_new();
    char limit[16];
    writer->gives_up = give_up_ms > 0;
    snprintf(limit, sizeof limit, "%d", give_up_ms);
    properties_set(overrides, "linger.ms", "2");
    properties_set(overrides, "message.timeout.ms", limit);
    properties_set(overrides, "queue.buffering.max.messages", "500000");
    properties_set(overrides, "queue.buffering.max.kbytes", "131072");
    writer->producer = kafka_producer_new(profile, overrides, delivered, writer, error);
    properties_free(overrides);
    if (writer->producer)
        return writer;
    memory_free(writer);
    return NULL;
}

void writer_free(struct writer *writer) {
    if (!writer)
        return;
    kafka_producer_free(writer->producer);
    memory_free(writer);
}

static int send_record(struct writer *writer, const struct kafka_record *record, struct error *error) {
    int64_t until = clock_monotonic_ms() + (writer->away ? IMPATIENCE_MS : PATIENCE_MS);
    for (;;) {
        struct error reason = {0};
        if (kafka_producer_send(writer->producer, record, &reason) == 0)
            return 0;
        if (reason.code != ERROR_BUSY || clock_monotonic_ms() >= until) {
            if (error)
                *error = reason;
            return -1;
        }
        kafka_producer_poll(writer->producer, POLL_MS);
    }
}

int writer_write(struct writer *writer, struct view topic, const struct engine_record *record, struct error *error) {
    char name[TOPIC_MOST + 1];
    if (topic.size > TOPIC_MOST)
        return error_set(error, ERROR_INVALID, "topic names have %d characters at most", TOPIC_MOST);
    memcpy(name, topic.data, topic.size);
    name[topic.size] = 0;
    const struct kafka_record out = {.topic = name,
                                     .partition = record->partition,
                                     .key = record->key,
                                     .value = record->value,
                                     .timestamp = record->timestamp,
                                     .headers = record->headers,
                                     .header_count = record->header_count};
    int result = send_record(writer, &out, error);
    kafka_producer_poll(writer->producer, 0);
    return result;
}

int writer_flush(struct writer *writer, struct error *error) {
    writer->away = kafka_producer_flush(writer->producer, writer->away ? IMPATIENCE_MS : PATIENCE_MS, error) != 0;
    if (!writer->failure.code) {
        if (writer->away && error)
            error->retriable = true;
        return writer->away ? -1 : 0;
    }
    if (error) {
        *error = writer->failure;
        error->retriable = false; /* it was given up */
    }
    error_clear(&writer->failure);
    return -1;
}

bool writer_is_away(const struct writer *writer) {
    return writer->away;
}

int writer_append(struct writer *writer, const char *topic, struct view key, struct view value, int64_t *offset,
                  struct error *error) {
    struct delivery *delivery = memory_zero(1, sizeof *delivery);
    const struct kafka_record record = {.topic = topic, .partition = 0, .key = key, .value = value, .opaque = delivery};
    int64_t until = clock_monotonic_ms() + (writer->away ? IMPATIENCE_MS : PATIENCE_MS);
    int result = send_record(writer, &record, error);
    if (result == 0) {
        kafka_producer_flush(writer->producer, writer->away ? IMPATIENCE_MS : PATIENCE_MS, NULL);
        while (!delivery->done && (writer->gives_up || clock_monotonic_ms() < until))
            kafka_producer_poll(writer->producer, POLL_MS);
        writer->away = !delivery->done;
    }
    if (result == 0 && !delivery->done) {
        delivery->given_up = true;
        error_set(error, ERROR_TIMEOUT, "topic %s: Kafka did not acknowledge a record", topic);
        return -1;
    }
    if (result == 0 && delivery->error.code) {
        if (error)
            *error = delivery->error;
        result = error_wrap(error, "topic %s", topic);
    }
    if (offset)
        *offset = delivery->offset;
    memory_free(delivery);
    return result;
}
