/* Rows of FEATURE_SET for the Windows pane: every update, since a window is only right when none is missed. */
#include <string.h>

#include "console/service/feature.h"
#include "foundation/base/memory.h"
#include "lab/rule.h"
#include "lab/topics.h"

enum { RECEIVE = 500, WAIT_MS = 50, HISTORY_MS = 3600 * 1000, FRESH_MS = 30 * 1000, SAMPLES = 8 };

static int open_at_recent(struct service *self, struct kafka_admin *admin, struct kafka_consumer *consumer,
                          const char *topic, int32_t partitions, struct error *error) {
    struct kafka_partition *assigned = memory_zero((size_t)partitions, sizeof *assigned);
    for (int32_t i = 0; i < partitions; i++) {
        int64_t offset = KAFKA_EARLIEST;
        kafka_admin_offset_at(admin, topic, i, service_now(self) - HISTORY_MS, 2000, &offset, NULL);
        assigned[i] = (struct kafka_partition){topic, i, offset};
    }
    int result = kafka_consumer_assign(consumer, assigned, (size_t)partitions, error);
    memory_free(assigned);
    return result;
}

/* A row carries the time of the newest transaction in it: what is old was read on start, not waited for. */
static void post_latency(struct service *self, int64_t now, int64_t made) {
    if (now - made >= FRESH_MS)
        return;
    struct event_latency *latency = event_new(&event_latency_kind);
    latency->at_ms = now;
    latency->ms = now > made ? now - made : 0;
    mailbox_send(self->context.events, &latency->message);
}

static void post_rows(struct service *self, struct feature_reader *reader, const struct kafka_message *messages,
                      int count, uint64_t *undecodable) {
    struct event_window *event = event_new(&event_window_kind);
    event->rows = memory_zero((size_t)count, sizeof *event->rows);
    const struct rule rule = RULE_DEFAULT;
    int64_t now = service_now(self);
    for (int i = 0; i < count; i++) {
        struct feature feature;
        struct error error = {0};
        int outcome = feature_read(reader, &messages[i], &feature, &error);
        if (outcome < 0 && (*undecodable)++ == 0)
            service_say(self, MESSAGE_WARN, "A row of the windows cannot be read and is skipped: %s", error.message);
        if (outcome != 0)
            continue;
        struct model_window_row *row = &event->rows[event->count++];
        memcpy(row->card, feature.card, sizeof row->card);
        memcpy(row->email, feature.email, sizeof row->email);
        row->window_start = feature.window_start;
        row->window_end = feature.window_end;
        row->count = feature.count;
        row->total = feature.total;
        row->average = feature.average;
        row->breaks_rule = rule_is_broken(rule, feature.count, feature.total, feature.average);
        if (i % (count / SAMPLES + 1) == 0)
            post_latency(self, now, messages[i].timestamp);
    }
    mailbox_send(self->context.events, &event->message);
}

static void follow(struct service *self, struct kafka_admin *admin, struct feature_reader *reader) {
    struct error error = {0};
    int32_t partitions = 0;
    uint64_t undecodable = 0;
    if (!service_wait_topic(self, admin, LAB_TOPIC_FEATURES, &partitions))
        return;
    struct kafka_consumer_options options = {.offset_reset = "earliest"};
    struct kafka_consumer *consumer = kafka_consumer_new(self->context.profile, &options, &error);
    if (!consumer || open_at_recent(self, admin, consumer, LAB_TOPIC_FEATURES, partitions, &error) != 0)
        service_complain(self, &error, NULL);
    while (consumer && !service_stopping(self)) {
        struct kafka_message messages[RECEIVE];
        int count = kafka_consumer_receive(consumer, messages, RECEIVE, WAIT_MS, &error);
        if (count < 0)
            break; /* deleted or made anew: wait for it again */
        if (count > 0) {
            post_rows(self, reader, messages, count, &undecodable);
            kafka_consumer_release(consumer);
        }
        struct request *request = service_receive(self, 0);
        if (request)
            message_free(&request->message);
    }
    kafka_consumer_free(consumer);
}

static void run(struct service *self) {
    struct error error = {0};
    struct kafka_admin *admin = kafka_admin_new(self->context.profile, &error);
    struct feature_reader *reader = admin ? feature_reader_new(self->registry, &error) : NULL;
    if (!reader)
        service_complain(self, &error, NULL);
    while (reader && !service_stopping(self)) {
        follow(self, admin, reader);
        struct request *request = service_receive(self, 500);
        if (request)
            message_free(&request->message);
    }
    feature_reader_free(reader);
    kafka_admin_free(admin);
}

const struct service_row service_features = {"features", "the rows of the five-minute windows",
                                             PROFILE_KAFKA | PROFILE_REGISTRY, run};
