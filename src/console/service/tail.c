/* Sampling tails: the newest rows of a topic, decoded. When rows come faster than a person can see, it jumps ahead,
 * says how many it skipped, and the counters stay exact since they follow offsets. */
#include <stdlib.h>
#include <string.h>

#include "console/service/service_private.h"
#include "foundation/base/memory.h"
#include "foundation/format/inspect.h"
#include "lab/topics.h"
#include "lab/transaction.h"

enum {
    TAILS = 2,
    TICK_MS = 50,
    ROWS_A_TICK = 200,
    RECEIVE = 500,
    JUMP_AFTER = 2000,
    JUMP_TO = 200,
    RAW_LIMIT = 64 * 1024,
    RECHECK_MS = 500
};

struct tail {
    char *topic; /* NULL: slot is free */
    char *from;  /* earliest, latest, -N, @MS */
    struct kafka_consumer *consumer;
    int32_t partitions;
    int64_t *next; /* offset expected next, by partition */
    uint64_t received, skipped, undecodable;
    uint64_t passed;  /* skipped since the last row that was shown */
    int64_t check_ms; /* monotonic: when to look for the topic again */
};

static void tail_close(struct tail *tail) {
    kafka_consumer_free(tail->consumer);
    memory_free(tail->topic);
    memory_free(tail->from);
    memory_free(tail->next);
    *tail = (struct tail){0};
}

static void post_state(struct service *self, const struct tail *tail, bool loading, const char *trouble) {
    struct event_tail_state *event = event_new(&event_tail_state_kind);
    event->topic = memory_copy_string(tail->topic);
    event->loading = loading;
    event->error = memory_copy_string(trouble);
    mailbox_send(self->context.events, &event->message);
}

static int64_t start_offset(struct service *self, struct kafka_admin *admin, const struct tail *tail,
                            int32_t partition) {
    int64_t low = 0, high = 0, value = 0;
    if (kafka_admin_watermarks(admin, tail->topic, partition, 2000, &low, &high, NULL) != 0)
        return 0;
    if (strcmp(tail->from, "earliest") == 0)
        return low;
    if (tail->from[0] == '-' && view_to_int64(view_of(tail->from + 1), &value))
        return high - value > low ? high - value : low;
    if (tail->from[0] == '@' && view_to_int64(view_of(tail->from + 1), &value)) {
        int64_t offset = high;
        kafka_admin_offset_at(admin, tail->topic, partition, value, 2000, &offset, NULL);
        return offset;
    }
    (void)self;
    return high;
}

/* Opens the consumer when the topic exists; a missing topic is looked for again, not an error. */
static bool tail_open(struct service *self, struct kafka_admin *admin, struct tail *tail) {
    struct error error = {0};
    if (clock_monotonic_ms() < tail->check_ms)
        return false;
    tail->check_ms = clock_monotonic_ms() + RECHECK_MS;
    int32_t partitions = 0;
    if (kafka_admin_topic_partitions(admin, tail->topic, 1000, &partitions, &error) != 0 || partitions == 0)
        return false;
    struct kafka_consumer_options options = {.offset_reset = "earliest"};
    tail->consumer = kafka_consumer_new(self->context.profile, &options, &error);
    if (!tail->consumer) {
        post_state(self, tail, false, error.message);
        return false;
    }
    tail->partitions = partitions;
    tail->next = memory_zero((size_t)partitions, sizeof *tail->next);
    struct kafka_partition *assigned = memory_zero((size_t)partitions, sizeof *assigned);
    for (int32_t i = 0; i < partitions; i++) {
        tail->next[i] = start_offset(self, admin, tail, i);
        assigned[i] = (struct kafka_partition){tail->topic, i, tail->next[i]};
    }
    int result = kafka_consumer_assign(tail->consumer, assigned, (size_t)partitions, &error);
    memory_free(assigned);
    if (result != 0) {
        post_state(self, tail, false, error.message);
        kafka_consumer_free(tail->consumer);
        tail->consumer = NULL;
        return false;
    }
    return true;
}

static char *displayable(struct view bytes) {
    struct text text = TEXT_EMPTY;
    text_append(&text, bytes);
    return text_take(&text);
}

static struct tail_row *decode(struct service *self, struct tail *tail, const struct kafka_message *message,
                               struct schema_source *schemas) {
    struct tail_row *row = memory_zero(1, sizeof *row);
    struct error error = {0};
    row->timestamp = message->timestamp;
    row->offset = message->offset;
    row->partition = message->partition;
    if (message->key.data)
        row->key = displayable(message->key);
    if (!message->value.data) {
        row->how = "NULL";
        return row;
    }
    row->raw_size = message->value.size < RAW_LIMIT ? message->value.size : RAW_LIMIT;
    row->raw = memory_copy(message->value.data, row->raw_size);
    struct text json = TEXT_EMPTY;
    if (inspect_to_json(message->value, schemas, &json, &row->how, &row->schema_id, &error) != 0) {
        row->error = memory_copy_string(error.message);
        tail->undecodable++;
        text_free(&json);
        return row;
    }
    row->json = text_take(&json);
    row->is_transaction = strcmp(tail->topic, LAB_TOPIC_TRANSACTIONS) == 0 &&
                          transaction_parse(view_of(row->json), &row->transaction, NULL) == 0;
    (void)self;
    return row;
}

/* When far behind the end: go near it and count what was passed over. */
static void jump_ahead(struct kafka_admin *admin, struct tail *tail) {
    struct kafka_partition *assigned = memory_zero((size_t)tail->partitions, sizeof *assigned);
    bool jumped = false;
    for (int32_t i = 0; i < tail->partitions; i++) {
        int64_t low = 0, high = 0;
        if (kafka_admin_watermarks(admin, tail->topic, i, 1000, &low, &high, NULL) == 0 &&
            high - tail->next[i] > JUMP_AFTER) {
            int64_t to = high - JUMP_TO;
            tail->skipped += (uint64_t)(to - tail->next[i]);
            tail->passed += (uint64_t)(to - tail->next[i]);
            tail->received += (uint64_t)(to - tail->next[i]);
            tail->next[i] = to;
            jumped = true;
        }
        assigned[i] = (struct kafka_partition){tail->topic, i, tail->next[i]};
    }
    if (jumped)
        kafka_consumer_assign(tail->consumer, assigned, (size_t)tail->partitions, NULL);
    memory_free(assigned);
}

static void tail_tick(struct service *self, struct kafka_admin *admin, struct tail *tail,
                      struct schema_source *schemas) {
    if (!tail->topic || (!tail->consumer && !tail_open(self, admin, tail)))
        return;
    struct kafka_message messages[RECEIVE];
    struct error error = {0};
    int count = kafka_consumer_receive(tail->consumer, messages, RECEIVE, 0, &error);
    if (count < 0) {
        /* Deleted topics come back as errors: start over when it exists again. */
        post_state(self, tail, false, error.message);
        kafka_consumer_free(tail->consumer);
        memory_free(tail->next);
        tail->consumer = NULL;
        tail->next = NULL;
        tail->check_ms = clock_monotonic_ms() + RECHECK_MS;
        return;
    }
    if (count == 0)
        return;
    size_t shown = (size_t)count < ROWS_A_TICK ? (size_t)count : ROWS_A_TICK, first = (size_t)count - shown;
    struct event_tail *event = event_new(&event_tail_kind);
    event->rows = memory_zero(shown, sizeof *event->rows);
    for (size_t i = 0; i < (size_t)count; i++) {
        const struct kafka_message *message = &messages[i];
        int64_t *next = message->partition < tail->partitions ? &tail->next[message->partition] : NULL;
        if (next) {
            if (message->offset > *next) { /* compacted or deleted meanwhile: not received, not skipped */
                *next = message->offset;
            }
            *next = message->offset + 1;
        }
        tail->received++;
        if (i < first) {
            tail->passed++;
            tail->skipped++;
            continue;
        }
        event->rows[event->count++] = decode(self, tail, message, schemas);
    }
    kafka_consumer_release(tail->consumer);
    event->rows[0]->skipped_before = tail->passed;
    tail->passed = 0;
    event->topic = memory_copy_string(tail->topic);
    event->received = tail->received;
    event->skipped = tail->skipped;
    event->undecodable = tail->undecodable;
    mailbox_send(self->context.events, &event->message);
    if (count == RECEIVE) /* told with the next rows */
        jump_ahead(admin, tail);
}

static void tail_set(struct service *self, struct tail *tail, const char *topic, const char *from) {
    tail_close(tail);
    tail->topic = memory_copy_string(topic);
    tail->from = memory_copy_string(from && *from ? from : "-50");
    post_state(self, tail, true, NULL);
}

static void run(struct service *self) {
    struct error error = {0};
    struct kafka_admin *admin = kafka_admin_new(self->context.profile, &error);
    struct schema_source schemas = {0};
    struct tail tails[TAILS] = {{0}};
    if (!admin) {
        service_complain(self, &error, NULL);
        return;
    }
    if (self->registry)
        schemas = registry_client_source(self->registry);
    if (!self->context.deferred_tail)
        tail_set(self, &tails[0], LAB_TOPIC_TRANSACTIONS, "-200");
    while (!service_stopping(self)) {
        struct request *request = service_receive(self, TICK_MS);
        if (request) {
            bool transactions = request->text && strcmp(request->text, LAB_TOPIC_TRANSACTIONS) == 0;
            if (request->verb == REQUEST_TAIL && request->text)
                tail_set(self, &tails[transactions ? 0 : 1], request->text, request->more);
            message_free(&request->message);
        }
        for (int i = 0; i < TAILS; i++)
            tail_tick(self, admin, &tails[i], self->registry ? &schemas : NULL);
    }
    for (int i = 0; i < TAILS; i++)
        tail_close(&tails[i]);
    kafka_admin_free(admin);
}

const struct service_row service_tail = {"tail", "the newest rows of a topic, decoded; says what it skips",
                                         PROFILE_KAFKA, run, false};
