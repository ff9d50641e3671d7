/* The producer of transactions: one a second by default, adjustable, bursts of fraud on request. */
#include <math.h>
#include <string.h>

#include "console/service/claim.h"
#include "foundation/base/map.h"
#include "foundation/base/memory.h"
#include "foundation/base/random.h"
#include "foundation/base/vector.h"
#include "foundation/format/format.h"
#include "foundation/format/framing.h"
#include "lab/customer.h"
#include "lab/topics.h"
#include "lab/transaction.h"

enum {
    POST_MS = 250,
    IDLE_MS = 250,
    FLUSH_MS = 5000,
    MAX_BATCH = 2000,
    QUEUE_MOST = 50000,
    BURST_MOST = 1000,
    RATE_SPAN_MS = 3000,
    RATE_FIRST_MS = 1000, /* from here on the first span tells its rate before it is over */
    TOPIC_MS = 2000
};

static const struct column card_column[] = {{{"CREDIT_CARD_NUMBER", 18}, &sql_string}};

struct producer {
    struct service *self;
    struct kafka_producer *kafka;
    int32_t schema_id;
    VECTOR(char *) cards;
    struct transaction_source source;
    double fraud_chance;
    struct model_producer state;
    struct text bytes; /* reused for every record */
    int64_t next_ns;   /* when the next transaction is due */
    int64_t posted_ms, span_ns;
    uint64_t span_acknowledged;
    bool first_span;
    bool dirty, seeded;
};

/* Said once an outage, not once a record. */
static void note_failure(struct producer *producer, const struct error *error) {
    producer->state.failed++;
    producer->dirty = true;
    if (producer->state.error)
        return;
    producer->state.error = memory_copy_string(error->message);
    service_complain(producer->self, error, "the producer goes on");
}

static void delivered(void *context, const struct kafka_delivery *delivery) {
    struct producer *producer = context;
    producer->dirty = true;
    if (delivery->error) {
        note_failure(producer, delivery->error);
        return;
    }
    producer->state.acknowledged++;
    if (!producer->state.error)
        return;
    memory_free(producer->state.error);
    producer->state.error = NULL;
    service_say(producer->self, MESSAGE_OK, "Transactions are acknowledged again; %llu were lost meanwhile.",
                (unsigned long long)producer->state.failed);
}

/* What the rate is measured by. */
static int64_t pace_ns(const struct producer *producer) {
    return clock_elapsed_ns(producer->self->context.clock);
}

static void begin_span(struct producer *producer, uint64_t acknowledged) {
    producer->span_ns = pace_ns(producer);
    producer->span_acknowledged = acknowledged;
    producer->first_span = false;
}

static void post(struct producer *producer, bool now) {
    int64_t at = clock_monotonic_ms(), pace = pace_ns(producer);
    int64_t span_ms = (pace - producer->span_ns) / 1000000;
    if (span_ms >= RATE_SPAN_MS || (producer->first_span && span_ms >= RATE_FIRST_MS)) {
        uint64_t acknowledged = producer->state.acknowledged, before = producer->span_acknowledged;
        producer->state.actual = acknowledged > before ? (double)(acknowledged - before) * 1e3 / (double)span_ms : 0;
        producer->dirty = true;
    }
    if (span_ms >= RATE_SPAN_MS)
        begin_span(producer, producer->state.acknowledged);
    if (!now && (!producer->dirty || at - producer->posted_ms < POST_MS))
        return;
    struct event_producer *event = event_new(&event_producer_kind);
    event->state = producer->state;
    event->state.error = memory_copy_string(producer->state.error);
    producer->posted_ms = at;
    producer->dirty = false;
    mailbox_send(producer->self->context.events, &event->message);
}

/* The customers' cards as the connector brought them: a transaction of an unknown card would never join. */
static void read_cards(struct producer *producer) {
    struct service *self = producer->self;
    struct schema_source schemas = registry_client_source(self->registry);
    struct codec_options options = {0};
    struct kafka_consumer_options consumer_options = {.offset_reset = "earliest"};
    struct kafka_admin *admin = kafka_admin_new(self->context.profile, NULL);
    struct kafka_consumer *consumer = kafka_consumer_new(self->context.profile, &consumer_options, NULL);
    struct codec *codec = format_find(VIEW("AVRO"))->compile(card_column, 1, &options, &schemas, NULL);
    struct map *seen = map_new(NULL);
    struct arena arena = ARENA_EMPTY;
    int64_t low = 0, high = 0, until = clock_monotonic_ms() + 5000;
    struct kafka_partition first = {LAB_TOPIC_CUSTOMERS, 0, KAFKA_EARLIEST};
    int32_t partitions = 0;
    bool there = admin && consumer && codec &&
                 kafka_admin_topic_partitions(admin, LAB_TOPIC_CUSTOMERS, 2000, &partitions, NULL) == 0 &&
                 kafka_admin_watermarks(admin, LAB_TOPIC_CUSTOMERS, 0, 2000, &low, &high, NULL) == 0 && high > low &&
                 kafka_consumer_assign(consumer, &first, 1, NULL) == 0;
    for (int64_t offset = low; there && offset < high && clock_monotonic_ms() < until;) {
        struct kafka_message messages[256];
        int count = kafka_consumer_receive(consumer, messages, 256, 100, NULL);
        for (int i = 0; i < count; i++) {
            struct value card;
            offset = messages[i].offset + 1;
            arena_reset(&arena);
            if (messages[i].value.data && codec_decode(codec, messages[i].value, &arena, &card, NULL) == 0 &&
                card.tag == VALUE_STRING && !map_has(seen, value_view(card))) {
                struct text copy = TEXT_EMPTY;
                text_append(&copy, value_view(card));
                map_put(seen, value_view(card), producer);
                vector_push(&producer->cards, text_take(&copy));
            }
        }
        if (count < 0)
            break;
        if (count > 0)
            kafka_consumer_release(consumer);
    }
    codec_free(codec);
    kafka_consumer_free(consumer);
    kafka_admin_free(admin);
    map_free(seen);
    arena_free(&arena);
}

static bool is_absent(struct kafka_admin *admin) {
    struct error trouble = {0};
    int32_t partitions = 0;
    return kafka_admin_topic_partitions(admin, LAB_TOPIC_TRANSACTIONS, TOPIC_MS, &partitions, &trouble) != 0 &&
           trouble.code == ERROR_NOT_FOUND;
}

/* Looked at for every start: it may have gone since. A broker that does not answer says so itself, later. */
static int check_topic(struct producer *producer, struct error *error) {
    struct service *self = producer->self;
    struct kafka_admin *admin = kafka_admin_new(self->context.profile, error);
    if (!admin)
        return -1;
    bool absent = is_absent(admin);
    if (absent) { /* it may be under way: what was asked before is done before */
        service_ask(self, request_new(SERVICE_TOPICS, REQUEST_PROBE, NULL), TOPIC_MS);
        absent = is_absent(admin);
    }
    kafka_admin_free(admin);
    if (absent)
        return error_set(error, ERROR_NOT_FOUND,
                         "The topic %s does not exist: t c (`topic create workshop`) makes it, then start again",
                         LAB_TOPIC_TRANSACTIONS);
    return 0;
}

static int prepare(struct producer *producer, struct error *error) {
    struct service *self = producer->self;
    if (!producer->state.running && check_topic(producer, error) != 0)
        return -1;
    if (!producer->kafka) {
        struct claims claims = CLAIMS_NONE;
        int result = claim_subject(self, &claims, LAB_TOPIC_TRANSACTIONS "-value", error);
        if (result == 0)
            result = registry_client_register(self->registry, LAB_TOPIC_TRANSACTIONS "-value", "JSON",
                                              view_of(lab_transaction_schema()), &producer->schema_id, error);
        claims_settle(self, &claims, result ? error : NULL);
        if (result != 0)
            return -1;
        producer->kafka = kafka_producer_new(self->context.profile, NULL, delivered, producer, error);
        if (!producer->kafka)
            return -1;
    }
    if (producer->cards.count == 0)
        read_cards(producer);
    if (producer->cards.count == 0 && profile_capabilities(self->context.profile) & PROFILE_SERVES) {
        struct customers customers;
        customers_make(&customers, self->context.seed ? self->context.seed : 1, 100);
        for (size_t i = 0; i < customers.count; i++)
            vector_push(&producer->cards, memory_copy_string(customers.items[i].card));
        customers_free(&customers);
        service_say(self, MESSAGE_WARN,
                    "%s has no rows yet: these cards join only after the connector of step 5 has brought "
                    "the customers.",
                    LAB_TOPIC_CUSTOMERS);
    }
    if (producer->cards.count == 0)
        return error_set(error, ERROR_NOT_FOUND, "there are no customers in %s yet; run step 5 first",
                         LAB_TOPIC_CUSTOMERS);
    struct random kept = producer->source.random;
    transaction_source_init(&producer->source, self->context.seed ? self->context.seed : random_system_seed(),
                            (const char *const *)producer->cards.items, producer->cards.count);
    if (producer->seeded) /* a restart goes on, it does not repeat */
        producer->source.random = kept;
    producer->seeded = true;
    producer->source.fraud_chance = producer->fraud_chance;
    return 0;
}

static void send(struct producer *producer, const struct transaction *transaction, int64_t now_ms) {
    char key[16];
    struct error error = {0};
    int key_size = snprintf(key, sizeof key, "%d", transaction->id);
    text_clear(&producer->bytes);
    framing_write(&producer->bytes, producer->schema_id);
    transaction_print(transaction, &producer->bytes);
    struct kafka_record record = {
        .topic = LAB_TOPIC_TRANSACTIONS,
        .partition = -1,
        .key = {key, (size_t)key_size},
        .value = text_view(&producer->bytes),
        .timestamp = now_ms,
    };
    for (;;) {
        if (kafka_producer_send(producer->kafka, &record, &error) == 0)
            break;
        if (error.code != ERROR_BUSY || service_stopping(producer->self)) {
            note_failure(producer, &error);
            return;
        }
        kafka_producer_poll(producer->kafka, 10);
    }
    producer->state.sent++;
    producer->dirty = true;
}

static void send_next(struct producer *producer) {
    struct transaction transactions[TRANSACTION_BURST];
    int64_t now = service_now(producer->self);
    size_t count = transaction_next(&producer->source, now, transactions);
    for (size_t i = 0; i < count; i++)
        send(producer, &transactions[i], now);
}

static void send_burst(struct producer *producer, const char *card, int64_t count) {
    struct error error = {0};
    if (count <= 0)
        count = TRANSACTION_BURST;
    if (count > BURST_MOST) {
        service_say(producer->self, MESSAGE_ERROR, "A burst has at most %d transactions; rate max is for load.",
                    BURST_MOST);
        return;
    }
    if (prepare(producer, &error) != 0) {
        service_complain(producer->self, &error, NULL);
        return;
    }
    struct transaction *transactions = memory_zero((size_t)count, sizeof *transactions);
    int64_t now = service_now(producer->self), total = 0;
    transaction_burst(&producer->source, now, card, (size_t)count, transactions);
    for (int64_t i = 0; i < count; i++) {
        send(producer, &transactions[i], now);
        total += transactions[i].amount;
    }
    kafka_producer_flush(producer->kafka, FLUSH_MS, NULL);
    service_say(producer->self, MESSAGE_OK, "Burst sent: %lld transactions of one card, %lld in total.",
                (long long)count, (long long)total);
    memory_free(transactions);
}

static void send_one(struct producer *producer, const char *card, int64_t amount) {
    struct error error = {0};
    struct transaction transaction;
    if (prepare(producer, &error) != 0) {
        service_complain(producer->self, &error, NULL);
        return;
    }
    int64_t now = service_now(producer->self);
    transaction_one(&producer->source, now, card, (int32_t)amount, &transaction);
    send(producer, &transaction, now);
    kafka_producer_flush(producer->kafka, FLUSH_MS, NULL);
    service_say(producer->self, MESSAGE_OK, "Transaction %d sent, amount %d.", transaction.id, transaction.amount);
}

static void stop(struct producer *producer) {
    if (producer->kafka)
        kafka_producer_flush(producer->kafka, FLUSH_MS, NULL);
    producer->state.running = false;
    producer->state.actual = 0;
}

/* Sends what is due; milliseconds until the next. */
static int turn(struct producer *producer) {
    int64_t now = pace_ns(producer);
    if (producer->state.rate < 0) {
        size_t waiting = kafka_producer_waiting(producer->kafka);
        for (int i = 0; i < MAX_BATCH && waiting < QUEUE_MOST; i++, waiting++)
            send_next(producer);
        kafka_producer_poll(producer->kafka, waiting < QUEUE_MOST ? 0 : 5);
        return 0;
    }
    double rate = producer->state.rate > 0 ? producer->state.rate : 1;
    int64_t step = (int64_t)(1e9 / rate);
    for (int i = 0; i < MAX_BATCH && producer->next_ns <= now; i++) {
        send_next(producer);
        producer->next_ns += step;
    }
    if (producer->next_ns < now - 1000000000 &&
        !producer->self->context.clock) /* after a suspension nothing is made up for */
        producer->next_ns = now;
    if (producer->self->context.clock) /* its time stands still: nothing is under way when it goes on */
        kafka_producer_flush(producer->kafka, FLUSH_MS, NULL);
    kafka_producer_poll(producer->kafka, 0);
    int64_t wait_ms = (producer->next_ns - pace_ns(producer)) / 1000000;
    return wait_ms < 0 ? 0 : wait_ms > 20 ? 20 : (int)wait_ms;
}

static void handle(struct producer *producer, const struct request *request) {
    struct service *self = producer->self;
    struct error error = {0};
    switch (request->verb) {
    case REQUEST_START:
        if (request->number != 0)
            producer->state.rate = request->number;
        if (prepare(producer, &error) != 0) {
            service_complain(self, &error, NULL);
            break;
        }
        producer->state.running = true;
        producer->next_ns = pace_ns(producer);
        begin_span(producer, producer->state.acknowledged + 1); /* the first is sent at once: the rate counts from it */
        producer->first_span = true;
        memory_free(producer->state.error);
        producer->state.error = NULL;
        if (producer->state.rate < 0)
            service_say(self, MESSAGE_OK, "Producer started as fast as it can.");
        else
            service_say(self, MESSAGE_OK, "Producer started with %g a second.", producer->state.rate);
        break;
    case REQUEST_STOP: {
        bool ran = producer->state.running;
        stop(producer); /* what is under way still counts */
        if (ran)
            service_say(self, MESSAGE_OK, "Producer stopped after %llu transactions.",
                        (unsigned long long)producer->state.acknowledged);
        break;
    }
    case REQUEST_RATE:
        producer->state.rate = request->number;
        producer->next_ns = pace_ns(producer);
        break;
    case REQUEST_BURST:
        send_burst(producer, request->text, request->count);
        break;
    case REQUEST_ONE:
        send_one(producer, request->text, request->count);
        break;
    case REQUEST_PROBE: /* first what is due by now, so that the rate told has it */
        if (producer->state.running)
            turn(producer);
        break;
    case REQUEST_CHANCE:
        producer->fraud_chance = producer->source.fraud_chance = request->number;
        service_say(self, MESSAGE_OK, "One transaction in %.0f becomes a burst.",
                    request->number > 0 ? 1 / request->number : INFINITY);
        break;
    default:
        break;
    }
    post(producer, true);
}

static void run(struct service *self) {
    struct producer producer = {.self = self, .fraud_chance = 0.1, .state = {.rate = 1}};
    int wait = IDLE_MS;
    while (!service_stopping(self)) {
        struct request *request = service_receive(self, producer.state.running ? wait : IDLE_MS);
        if (request) {
            handle(&producer, request);
            message_free(&request->message);
        }
        if (producer.state.running)
            wait = turn(&producer);
        else if (producer.kafka)
            kafka_producer_poll(producer.kafka, 0);
        post(&producer, false);
    }
    stop(&producer);
    kafka_producer_free(producer.kafka);
    for (size_t i = 0; i < producer.cards.count; i++)
        memory_free(producer.cards.items[i]);
    vector_free(&producer.cards);
    text_free(&producer.bytes);
    memory_free(producer.state.error);
}

const struct service_row service_producer = {"producer",
                                             "sends card transactions at a rate, bursts of fraud on request",
                                             PROFILE_KAFKA | PROFILE_REGISTRY, run, true};
