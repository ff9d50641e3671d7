#include "console/service/follow.h"

#include "foundation/base/memory.h"

enum { RECEIVE = 500, WAIT_MS = 50, ASK_MS = 2000, AGAIN_MS = 500, HISTORY_MS = 3600 * 1000 };

static int assign_recent(struct service *self, struct kafka_admin *admin, struct kafka_consumer *consumer,
                         const char *topic, int32_t partitions, struct error *error) {
    struct kafka_partition *assigned = memory_zero((size_t)partitions, sizeof *assigned);
    for (int32_t i = 0; i < partitions; i++) {
        int64_t offset = KAFKA_EARLIEST;
        kafka_admin_offset_at(admin, topic, i, service_now(self) - HISTORY_MS, ASK_MS, &offset, NULL);
        assigned[i] = (struct kafka_partition){topic, i, offset};
    }
    int result = kafka_consumer_assign(consumer, assigned, (size_t)partitions, error);
    memory_free(assigned);
    return result;
}

static void drop_request(struct service *self, int timeout_ms) {
    struct request *request = service_receive(self, timeout_ms);
    if (request)
        message_free(&request->message);
}

/* Until the consumer fails: the topic was deleted, or made anew. */
static void follow_once(struct service *self, struct kafka_admin *admin, const char *topic,
                        void (*take)(void *context, const struct kafka_message *messages, int count), void *context) {
    const struct kafka_consumer_options options = {.offset_reset = "earliest"};
    struct error error = {0};
    int32_t partitions = 0;
    if (!service_wait_topic(self, admin, topic, &partitions))
        return;
    struct kafka_consumer *consumer = kafka_consumer_new(self->context.profile, &options, &error);
    if (!consumer || assign_recent(self, admin, consumer, topic, partitions, &error) != 0)
        service_complain(self, &error, NULL);
    while (consumer && !service_stopping(self)) {
        struct kafka_message messages[RECEIVE];
        int count = kafka_consumer_receive(consumer, messages, RECEIVE, WAIT_MS, &error);
        if (count < 0)
            break;
        if (count > 0) {
            take(context, messages, count);
            kafka_consumer_release(consumer);
        }
        drop_request(self, 0);
    }
    kafka_consumer_free(consumer);
}

void follow_topic(struct service *self, const char *topic,
                  void (*take)(void *context, const struct kafka_message *messages, int count), void *context) {
    struct error error = {0};
    struct kafka_admin *admin = kafka_admin_new(self->context.profile, &error);
    if (!admin)
        service_complain(self, &error, NULL);
    while (admin && !service_stopping(self)) {
        follow_once(self, admin, topic, take, context);
        drop_request(self, AGAIN_MS);
    }
    kafka_admin_free(admin);
}
