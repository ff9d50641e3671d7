#include "client/kafka.h"

#include <string.h>

#include "client/kafka/leftovers.h"
#include "client/kafka/private.h"
#include "foundation/base/arena.h"
#include "foundation/base/clock.h"
#include "foundation/base/log.h"
#include "foundation/base/memory.h"

enum { METADATA_TIMEOUT_MS = 500, COMMIT_TIMEOUT_MS = 10000, CLOSE_TIMEOUT_MS = 2000, CLOSE_STEP_MS = 20 };

struct kafka_consumer {
    rd_kafka_t *handle;
    rd_kafka_queue_t *queue;
    bool grouped, paused;
    struct kafka_consumer_options options; /* group, offset_reset and overrides are not used after new */
    rd_kafka_message_t **held;             /* lent out until release */
    size_t held_count, held_capacity;
    struct arena headers; /* of the messages held */
    struct kafka_leftovers *leftovers;
    struct error stopped; /* why nothing more can come; code ERROR_NONE while it can */
};

static void tell_trouble(struct kafka_consumer *consumer, const struct error *error) {
    log_warn("kafka", "consumer: %s", error->message);
    if (consumer->options.trouble)
        consumer->options.trouble(consumer->options.context, error);
}

/* A consumer that assigns for itself still carries a group id, see kafka_consumer_new; what the coordinator says about
 * that group concerns nobody. */
static bool concerns_group(rd_kafka_resp_err_t code) {
    return code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
           code == RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE || code == RD_KAFKA_RESP_ERR_NOT_COORDINATOR;
}

/* Inside a receive, on the owner's thread. */
static void hear_error(rd_kafka_t *handle, int code, const char *reason, void *opaque) {
    struct kafka_consumer *consumer = opaque;
    char text[512];
    rd_kafka_resp_err_t cause = (rd_kafka_resp_err_t)code;
    struct error error = {0};
    if (cause == RD_KAFKA_RESP_ERR__FATAL)
        cause = rd_kafka_fatal_error(handle, text, sizeof text);
    if (!consumer->grouped && concerns_group(cause))
        return;
    kafka_fault_set(&error, cause, reason, "Kafka");
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        error.fatal = true;
        consumer->stopped = error;
    }
    tell_trouble(consumer, &error);
}

/* Only eager assignors are configured, so each assignment replaces the one before. */
static void share_out(rd_kafka_t *handle, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *partitions,
                      void *opaque) {
    struct kafka_consumer *consumer = opaque;
    bool assign = code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    rd_kafka_resp_err_t failed = rd_kafka_assign(handle, assign ? partitions : NULL);
    if (!assign && code != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS)
        failed = code;
    if (failed) {
        struct error error = {0};
        kafka_fault_set(&error, failed, NULL, "sharing out the partitions of the group");
        tell_trouble(consumer, &error);
        return;
    }
    if (assign)
        kafka_leftovers_note(&consumer->leftovers, handle, partitions);
    if (assign && consumer->paused)
        rd_kafka_pause_partitions(handle, partitions);
    if (consumer->options.assigned)
        consumer->options.assigned(consumer->options.context, assign ? (size_t)partitions->cnt : 0);
}

struct kafka_consumer *kafka_consumer_new(const struct profile *profile, const struct kafka_consumer_options *options,
                                          struct error *error) {
    const struct kafka_setting defaults[] = {
        /* How soon a topic that did not exist yet is noticed. */
        {"topic.metadata.refresh.interval.ms", "5000"},
        {"fetch.error.backoff.ms", "100"},
        {0},
    };
    /* librdkafka refuses to assign without a group id; nothing is ever committed under this one. Cooperative assignors
     * stalled with this release, so the eager ones are kept. */
    const struct kafka_setting forced[] = {
        {"group.id", options->group ? options->group : "fraudscope-without-group"},
        {"auto.offset.reset", options->offset_reset ? options->offset_reset : "earliest"},
        {"enable.auto.commit", options->auto_commit && options->group ? "true" : "false"},
        {"enable.partition.eof", "false"},
        {"partition.assignment.strategy", "range,roundrobin"},
        {0},
    };
    struct kafka_consumer *consumer = memory_zero(1, sizeof *consumer);
    consumer->options = *options;
    consumer->grouped = options->group != NULL;
    rd_kafka_conf_t *config = kafka_config_build(profile, defaults, options->overrides, forced, consumer, error);
    if (config) {
        rd_kafka_conf_set_error_cb(config, hear_error);
        rd_kafka_conf_set_rebalance_cb(config, share_out);
        consumer->handle = kafka_handle_new(RD_KAFKA_CONSUMER, config, error);
    }
    if (!consumer->handle) {
        kafka_consumer_free(consumer);
        return NULL;
    }
    rd_kafka_poll_set_consumer(consumer->handle);
    consumer->queue = rd_kafka_queue_get_consumer(consumer->handle);
    return consumer;
}

/* Leaves the group, but not for longer than a deadline: librdkafka's own close waits a minute for a broker that hangs.
 */
static void close_within(rd_kafka_t *handle, int timeout_ms) {
    rd_kafka_queue_t *queue = rd_kafka_queue_new(handle);
    rd_kafka_error_t *fault = rd_kafka_consumer_close_queue(handle, queue);
    int64_t deadline = clock_monotonic_ms() + timeout_ms;
    while (!fault && !rd_kafka_consumer_closed(handle) && clock_monotonic_ms() < deadline) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, CLOSE_STEP_MS);
        if (event && rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE)
            rd_kafka_assign(handle, NULL);
        rd_kafka_event_destroy(event);
    }
    if (fault)
        rd_kafka_error_destroy(fault);
    rd_kafka_queue_destroy(queue);
}

void kafka_consumer_free(struct kafka_consumer *consumer) {
    if (!consumer)
        return;
    kafka_consumer_release(consumer);
    if (consumer->handle) {
        consumer->options.trouble = NULL;
        consumer->options.assigned = NULL;
        if (consumer->queue)
            rd_kafka_queue_destroy(consumer->queue);
        close_within(consumer->handle, CLOSE_TIMEOUT_MS);
        kafka_leftovers_clear(&consumer->leftovers);
        rd_kafka_destroy_flags(consumer->handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    }
    memory_free(consumer->held);
    arena_free(&consumer->headers);
    memory_free(consumer);
}

int kafka_consumer_subscribe(struct kafka_consumer *consumer, const char *const *topics, size_t count,
                             struct error *error) {
    if (!consumer->grouped)
        return error_set(error, ERROR_INVALID,
                         "a consumer without a group cannot subscribe: assign partitions instead");
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, topics[i], RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t code = rd_kafka_subscribe(consumer->handle, list);
    rd_kafka_topic_partition_list_destroy(list);
    return code ? kafka_fault_set(error, code, NULL, "subscribing to %zu topics", count) : 0;
}

static int64_t librdkafka_offset(int64_t offset) {
    switch (offset) {
    case KAFKA_EARLIEST:
        return RD_KAFKA_OFFSET_BEGINNING;
    case KAFKA_LATEST:
        return RD_KAFKA_OFFSET_END;
    case KAFKA_COMMITTED:
        return RD_KAFKA_OFFSET_STORED;
    default:
        return offset;
    }
}

static rd_kafka_topic_partition_list_t *list_partitions(const struct kafka_partition *partitions, size_t count) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, partitions[i].topic, partitions[i].partition)->offset =
            librdkafka_offset(partitions[i].offset);
    return list;
}

/* Without a known leader librdkafka's first look-up of an offset fails and is tried again half a second later. When the
 * brokers do not answer either, that is what happens. */
static void learn_leaders(struct kafka_consumer *consumer, const struct kafka_partition *partitions, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (i && strcmp(partitions[i].topic, partitions[i - 1].topic) == 0)
            continue;
        const struct rd_kafka_metadata *metadata = NULL;
        rd_kafka_topic_t *topic = rd_kafka_topic_new(consumer->handle, partitions[i].topic, NULL);
        rd_kafka_resp_err_t code = topic ? rd_kafka_metadata(consumer->handle, 0, topic, &metadata, METADATA_TIMEOUT_MS)
                                         : RD_KAFKA_RESP_ERR__FAIL;
        if (metadata)
            rd_kafka_metadata_destroy(metadata);
        if (topic)
            rd_kafka_topic_destroy(topic);
        if (code)
            return;
    }
}

int kafka_consumer_assign(struct kafka_consumer *consumer, const struct kafka_partition *partitions, size_t count,
                          struct error *error) {
    for (size_t i = 0; i < count; i++) {
        int64_t offset = partitions[i].offset;
        if (offset == KAFKA_COMMITTED && !consumer->grouped)
            return error_set(error, ERROR_INVALID, "%s[%d]: a consumer without a group has no committed offset",
                             partitions[i].topic, (int)partitions[i].partition);
        if (offset < 0 && offset != KAFKA_EARLIEST && offset != KAFKA_LATEST && offset != KAFKA_COMMITTED)
            return error_set(error, ERROR_INVALID, "%s[%d]: %lld is no offset", partitions[i].topic,
                             (int)partitions[i].partition, (long long)offset);
    }
    learn_leaders(consumer, partitions, count);
    rd_kafka_topic_partition_list_t *list = list_partitions(partitions, count);
    rd_kafka_resp_err_t code = rd_kafka_assign(consumer->handle, count ? list : NULL);
    if (!code && count)
        kafka_leftovers_note(&consumer->leftovers, consumer->handle, list);
    if (!code && count && consumer->paused)
        code = rd_kafka_pause_partitions(consumer->handle, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (code)
        return kafka_fault_set(error, code, NULL, "assigning %zu partitions", count);
    return 0;
}

static void read_headers(struct kafka_consumer *consumer, rd_kafka_message_t *from, struct kafka_message *message) {
    rd_kafka_headers_t *headers;
    if (rd_kafka_message_headers(from, &headers))
        return;
    size_t count = rd_kafka_header_cnt(headers);
    struct header *copies = arena_allocate(&consumer->headers, count * sizeof *copies);
    for (size_t i = 0; i < count; i++) {
        const char *name = "";
        const void *value = NULL;
        size_t size = 0;
        rd_kafka_header_get_all(headers, i, &name, &value, &size);
        copies[i] = (struct header){view_of(name), {value, size}};
    }
    message->headers = copies;
    message->header_count = count;
}

/* What comes instead of a record. */
static void take_fault(struct kafka_consumer *consumer, const rd_kafka_message_t *from) {
    struct error error = {0};
    if (!consumer->grouped && concerns_group(from->err))
        return;
    if (from->rkt)
        kafka_fault_set(&error, from->err, rd_kafka_message_errstr(from), "%s[%d]", rd_kafka_topic_name(from->rkt),
                        (int)from->partition);
    else
        kafka_fault_set(&error, from->err, rd_kafka_message_errstr(from), "Kafka");
    /* With auto.offset.reset=error the partition stands still from here on. */
    if (from->err == RD_KAFKA_RESP_ERR__FATAL || from->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
        error.fatal = true;
        consumer->stopped = error;
    }
    tell_trouble(consumer, &error);
}

static size_t take_batch(struct kafka_consumer *consumer, struct kafka_message *messages, size_t most, int timeout_ms) {
    ssize_t got =
        rd_kafka_consume_batch_queue(consumer->queue, timeout_ms, consumer->held + consumer->held_count, most);
    if (got <= 0)
        return 0;
    size_t count = 0, first = consumer->held_count;
    for (size_t i = 0; i < (size_t)got; i++) {
        rd_kafka_message_t *from = consumer->held[first + i];
        if (from->err) {
            take_fault(consumer, from);
            rd_kafka_message_destroy(from);
            continue;
        }
        consumer->held[first + count] = from;
        messages[count] = (struct kafka_message){
            .topic = rd_kafka_topic_name(from->rkt),
            .partition = from->partition,
            .offset = from->offset,
            .timestamp = rd_kafka_message_timestamp(from, NULL),
            .key = {from->key, from->key_len},
            .value = {from->payload, from->len},
        };
        read_headers(consumer, from, &messages[count]);
        count++;
    }
    consumer->held_count += count;
    return count;
}

int kafka_consumer_receive(struct kafka_consumer *consumer, struct kafka_message *messages, size_t most, int timeout_ms,
                           struct error *error) {
    kafka_consumer_release(consumer);
    if (consumer->stopped.code) {
        if (error)
            *error = consumer->stopped;
        return -1;
    }
    if (!most)
        return 0;
    if (consumer->held_capacity < most) {
        consumer->held = memory_resize(consumer->held, most, sizeof *consumer->held);
        consumer->held_capacity = most;
    }
    size_t count = take_batch(consumer, messages, most, 0);
    /* librdkafka waits its whole time-out for a full batch, so the wait asks for one record only. */
    if (!count && timeout_ms > 0 && !consumer->stopped.code) {
        count = take_batch(consumer, messages, 1, timeout_ms);
        if (count && most > 1)
            count += take_batch(consumer, messages + 1, most - 1, 0);
    }
    if (!count && consumer->stopped.code) {
        if (error)
            *error = consumer->stopped;
        return -1;
    }
    return (int)count;
}

void kafka_consumer_release(struct kafka_consumer *consumer) {
    for (size_t i = 0; i < consumer->held_count; i++)
        rd_kafka_message_destroy(consumer->held[i]);
    consumer->held_count = 0;
    arena_reset(&consumer->headers);
}

int kafka_consumer_commit(struct kafka_consumer *consumer, const struct kafka_partition *offsets, size_t count,
                          struct error *error) {
    if (!consumer->grouped)
        return error_set(error, ERROR_INVALID, "a consumer without a group cannot commit");
    if (!count)
        return 0;
    /* With a queue of its own, since the blocking call waits a whole session time-out for a coordinator that is gone.
     */
    rd_kafka_topic_partition_list_t *list = list_partitions(offsets, count);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(consumer->handle);
    rd_kafka_resp_err_t code = rd_kafka_commit_queue(consumer->handle, list, queue, NULL, NULL);
    rd_kafka_event_t *event = code ? NULL : rd_kafka_queue_poll(queue, COMMIT_TIMEOUT_MS);
    if (!code)
        code = event ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    int result = 0;
    const rd_kafka_topic_partition_list_t *done = event ? rd_kafka_event_topic_partition_list(event) : NULL;
    for (int i = 0; done && !result && i < done->cnt; i++) {
        if (done->elems[i].err)
            result = kafka_fault_set(error, done->elems[i].err, NULL, "committing %s[%d]", done->elems[i].topic,
                                     (int)done->elems[i].partition);
    }
    if (!result && code)
        result = kafka_fault_set(error, code, NULL, "committing offsets");
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_topic_partition_list_destroy(list);
    return result;
}

int kafka_consumer_pause(struct kafka_consumer *consumer, bool paused, struct error *error) {
    rd_kafka_topic_partition_list_t *list = NULL;
    rd_kafka_resp_err_t code = rd_kafka_assignment(consumer->handle, &list);
    if (!code)
        code = paused ? rd_kafka_pause_partitions(consumer->handle, list)
                      : rd_kafka_resume_partitions(consumer->handle, list);
    if (list)
        rd_kafka_topic_partition_list_destroy(list);
    if (code)
        return kafka_fault_set(error, code, NULL, paused ? "pausing" : "resuming");
    consumer->paused = paused;
    return 0;
}
