/* Rates from watermarks once a second: exact whatever the load, labelled as such. */
#include <string.h>

#include "console/service/service_private.h"
#include "foundation/base/memory.h"
#include "lab/topics.h"

enum { SECOND_MS = 1000, ASK_MS = 1000 };

static void look(struct service *self, struct kafka_admin *admin, const struct kafka_cluster *cluster) {
    struct event_rates *event = event_new(&event_rates_kind);
    event->rates = memory_zero(cluster->topic_count + 1, sizeof *event->rates);
    for (size_t i = 0; i < cluster->topic_count && !service_stopping(self); i++) {
        const struct kafka_topic_info *topic = &cluster->topics[i];
        struct event_rate rate = {.lag = -1, .bytes_rate = -1};
        bool whole = true;
        for (int32_t partition = 0; partition < topic->partitions; partition++) {
            int64_t low = 0, high = 0;
            whole = whole && kafka_admin_watermarks(admin, topic->name, partition, ASK_MS, &low, &high, NULL) == 0;
            rate.records += high - low;
            rate.high += high;
        }
        if (!whole)
            continue;
        if (strcmp(topic->name, LAB_TOPIC_FEATURES) == 0)
            rate.lag = service_group_lag(admin, LAB_DETECTOR_GROUP, topic->name);
        rate.topic = memory_copy_string(topic->name);
        event->rates[event->count++] = rate;
    }
    event->at_ms = service_now(self);
    mailbox_send(self->context.events, &event->message);
}

static void run(struct service *self) {
    struct error error = {0};
    struct kafka_admin *admin = kafka_admin_new(self->context.profile, &error);
    int64_t next = clock_monotonic_ms();
    while (admin && !service_stopping(self)) {
        struct kafka_cluster cluster = {0};
        if (kafka_admin_cluster(admin, ASK_MS, &cluster, NULL) == 0) {
            look(self, admin, &cluster);
            kafka_cluster_free(&cluster);
        }
        next += SECOND_MS;
        int64_t wait = next - clock_monotonic_ms();
        if (wait < 0) {
            next -= wait;
            wait = 0;
        }
        struct request *request = service_receive(self, (int)wait);
        if (request)
            message_free(&request->message);
    }
    if (!admin)
        service_complain(self, &error, NULL);
    kafka_admin_free(admin);
}

const struct service_row service_rates = {"rates", "rates of every topic from its watermarks, once a second",
                                          PROFILE_KAFKA, run, true};
