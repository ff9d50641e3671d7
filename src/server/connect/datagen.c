/* Customers for the lab: the rows of a seed or of CSV files as the CDC connector for PostgreSQL would bring them, a
 * snapshot first, then, when asked for, a change of somebody's average now and then. */
#include <string.h>

#include "client/kafka.h"
#include "client/registry.h"
#include "foundation/base/log.h"
#include "foundation/base/memory.h"
#include "foundation/base/random.h"
#include "foundation/format/format.h"
#include "lab/customer.h"
#include "lab/topics.h"
#include "server/connect/connector.h"

enum {
    TIMEOUT_MS = 10000,
    RETRY_MS = 500,
    MOST_CUSTOMERS = 1000000,
    COLUMNS = 5,
    AVERAGE_LOW = 800,
    AVERAGE_HIGH = 2500
};

struct source {
    struct customers customers;
    struct random random; /* of changes */
    int64_t changes;      /* made so far */
    bool snapshot_done;
    struct kafka_producer *producer;
    struct registry_client *registry;
    struct codec *codec;
    struct text key, value;
    size_t failed;
    struct error failure; /* first of the failed */
};

static const char *topic_of(const struct properties *config) {
    return properties_get_or(config, "kafka.topic", LAB_TOPIC_CUSTOMERS);
}

static int64_t number_of(const struct properties *config, const char *name) {
    return connector_number(connector_datagen.settings, config, name);
}

static int make_customers(struct source *source, const struct properties *config, struct error *error) {
    const char *file = properties_get(config, "customers.file");
    uint64_t seed = (uint64_t)number_of(config, "seed");
    random_seed(&source->random, seed ^ 0x9e3779b97f4a7c15u);
    if (file)
        return customers_read(&source->customers, file, properties_get(config, "credit.cards.file"), error);
    customers_make(&source->customers, seed, (size_t)number_of(config, "count"));
    return 0;
}

static int check(const struct properties *config, const char **setting, struct error *error) {
    const char *file = properties_get(config, "customers.file");
    struct customers customers = {0};
    if (!file && properties_get(config, "credit.cards.file")) {
        *setting = "credit.cards.file";
        return error_set(error, ERROR_INVALID,
                         "credit.cards.file brings card numbers for customers.file, which is not set");
    }
    if (!file)
        return 0;
    *setting = "customers.file";
    int result = customers_read(&customers, file, properties_get(config, "credit.cards.file"), error);
    customers_free(&customers);
    return result;
}

/* --- records --- */

static void delivered(void *context, const struct kafka_delivery *delivery) {
    struct source *source = context;
    if (delivery->error && source->failed++ == 0)
        source->failure = *delivery->error;
}

static int send(struct source *source, const struct connector_run *run, const struct customer *customer,
                struct error *error) {
    const struct value values[COLUMNS] = {
        value_string(view_of(customer->card)),
        value_string(view_of(customer->id)),
        value_string(view_of(customer->email)),
        value_integer(customer->average),
        value_string(VIEW("false")),
    };
    text_clear(&source->key);
    text_clear(&source->value);
    /* What Connect's StringConverter makes of the table's primary key. */
    text_append_format(&source->key, "Struct{credit_card_number=%s}", customer->card);
    if (codec_encode(source->codec, values, &source->value, error) != 0)
        return -1;
    struct kafka_record record = {.topic = topic_of(run->config),
                                  .partition = -1,
                                  .key = text_view(&source->key),
                                  .value = text_view(&source->value),
                                  .timestamp = clock_wall_ms(run->clock)};
    struct error busy = {0};
    while (kafka_producer_send(source->producer, &record, &busy) != 0) {
        if (busy.code != ERROR_BUSY) {
            if (error)
                *error = busy;
            return -1;
        }
        kafka_producer_poll(source->producer, RETRY_MS);
        if (mailbox_closed(run->stop))
            return error_set(error, ERROR_CLOSED, "the connector ends");
    }
    return 0;
}

/* Only what Kafka acknowledged may be behind an offset. */
static int settle(struct source *source, const struct connector_run *run, struct error *error) {
    if (kafka_producer_flush(source->producer, TIMEOUT_MS, error) != 0)
        return -1;
    if (source->failed) {
        if (error)
            *error = source->failure;
        return error_wrap(error, "%zu records were not acknowledged", source->failed);
    }
    source->snapshot_done = true;
    struct text text = TEXT_EMPTY;
    text_append_format(&text, "{\"snapshot\":\"done\",\"changes\":%lld}", (long long)source->changes);
    run->keep_offset(run->context, text_string(&text));
    text_free(&text);
    return 0;
}

static struct customer *change_somebody(struct source *source) {
    struct customer *customer =
        &source->customers.items[random_between(&source->random, 0, (int64_t)source->customers.count - 1)];
    customer->average = (int32_t)random_between(&source->random, AVERAGE_LOW, AVERAGE_HIGH);
    source->changes++;
    return customer;
}

/* The changes made before a restart are made again in memory, and not sent: averages go on where they were. */
static void resume(struct source *source, const struct connector_run *run) {
    static const char name[] = "\"changes\":";
    const char *place = run->offset ? strstr(run->offset, name) : NULL;
    int64_t changes = 0;
    if (!place)
        return;
    place += sizeof name - 1;
    view_to_int64((struct view){place, strspn(place, "0123456789")}, &changes);
    source->snapshot_done = true;
    while (source->changes < changes && (source->changes % 4096 || !mailbox_closed(run->stop)))
        change_somebody(source); /* an offset that somebody set may be any number: who stops it does not wait */
}

/* --- running --- */

static int make_topic(const struct connector_run *run, const char *topic, struct error *error) {
    struct error reason = {0};
    struct kafka_admin *admin = kafka_admin_new(run->profile, error);
    if (!admin)
        return -1;
    int32_t partitions = 0;
    int result = kafka_admin_topic_partitions(admin, topic, TIMEOUT_MS, &partitions, &reason);
    if (result != 0 && reason.code == ERROR_NOT_FOUND) {
        error_clear(&reason);
        result = kafka_admin_create_topic(admin, topic, 1, -1, NULL, TIMEOUT_MS, &reason);
    }
    kafka_admin_free(admin);
    if (result == 0 || reason.code == ERROR_EXISTS)
        return 0;
    if (error)
        *error = reason;
    return -1;
}

static int open_codec(struct source *source, int32_t id, struct error *error) {
    const struct column columns[COLUMNS] = {
        {VIEW("credit_card_number"), &sql_string}, {VIEW("customer_id"), &sql_string},
        {VIEW("customer_email"), &sql_string},     {VIEW("avg_spending_amount"), &sql_integer},
        {VIEW("__deleted"), &sql_string},
    };
    struct codec_options options = {.schema_id = id, .writer_schema = view_of(lab_customer_schema())};
    struct schema_source schemas = registry_client_source(source->registry);
    codec_free(source->codec);
    source->codec = format_find(VIEW("AVRO"))->compile(columns, COLUMNS, &options, &schemas, error);
    return source->codec ? 0 : -1;
}

static int prepare(struct source *source, const struct connector_run *run, struct error *error) {
    const char *topic = topic_of(run->config);
    struct text subject = TEXT_EMPTY;
    int32_t id = 0;
    text_append_format(&subject, "%s-value", topic);
    if (!source->registry)
        source->registry = registry_client_new(run->profile, run->http_client, error);
    int result = !source->registry ? -1 : make_topic(run, topic, error);
    if (result == 0)
        result = registry_client_register(source->registry, text_string(&subject), "AVRO",
                                          view_of(lab_customer_schema()), &id, error);
    text_free(&subject);
    if (result != 0 || open_codec(source, id, error) != 0)
        return -1;
    source->producer = kafka_producer_new(run->profile, NULL, delivered, source, error);
    return source->producer ? 0 : -1;
}

static bool may_pass(const struct error *error) {
    return error->retriable || error->code == ERROR_UNREACHABLE || error->code == ERROR_TIMEOUT;
}

static int stream(struct source *source, const struct connector_run *run, struct error *error) {
    int64_t interval = number_of(run->config, "max.interval");
    if (!source->snapshot_done) {
        for (size_t i = 0; i < source->customers.count; i++)
            if (send(source, run, &source->customers.items[i], error) != 0)
                return -1;
        if (settle(source, run, error) != 0)
            return -1;
    }
    struct random pauses;
    random_seed(&pauses, random_system_seed());
    while (connector_wait(run, interval > 0 ? (int)random_between(&pauses, 1, interval) : -1)) {
        if (interval > 0 && (send(source, run, change_somebody(source), error) != 0 || settle(source, run, error) != 0))
            return -1;
    }
    return 0;
}

static int run_source(const struct connector_run *run, struct error *error) {
    struct source source = {0};
    struct error reason = {0};
    int result = make_customers(&source, run->config, &reason);
    if (result == 0)
        resume(&source, run);
    /* Servers of a room are started in any order: one that is not there yet is waited for. */
    while (result == 0 && (result = prepare(&source, run, &reason)) != 0 && may_pass(&reason)) {
        log_warn("connect", "%s waits: %s", run->name, reason.message);
        if (!connector_wait(run, RETRY_MS))
            break;
        result = 0;
        error_clear(&reason);
    }
    if (result == 0) {
        run->use_topic(run->context, topic_of(run->config));
        result = stream(&source, run, &reason);
    }
    if (mailbox_closed(run->stop))
        result = 0;
    if (result != 0 && error)
        *error = reason;
    kafka_producer_free(source.producer);
    codec_free(source.codec);
    registry_client_free(source.registry);
    customers_free(&source.customers);
    text_free(&source.key);
    text_free(&source.value);
    return result;
}

static const char *const quickstarts[] = {"customers", NULL};
static const struct connector_setting settings[] = {
    {.name = "quickstart",
     .type = "STRING",
     .otherwise = "customers",
     .values = quickstarts,
     .help = "What to make: customers."},
    {.name = "kafka.topic",
     .type = "STRING",
     .otherwise = LAB_TOPIC_CUSTOMERS,
     .help = "Topic to write; made with 1 partition."},
    {.name = "seed",
     .type = "LONG",
     .otherwise = "1",
     .low = 0,
     .high = INT64_MAX,
     .help = "Same seed, same customers."},
    {.name = "count",
     .type = "INT",
     .otherwise = "100",
     .low = 1,
     .high = MOST_CUSTOMERS,
     .help = "How many customers."},
    {.name = "customers.file",
     .type = "STRING",
     .optional = true,
     .help =
         "CSV file to read instead of the seed: customer_id, customer_email, avg_spending_amount, credit_card_number."},
    {.name = "credit.cards.file",
     .type = "STRING",
     .optional = true,
     .help = "CSV file with credit_card_number by customer_id, when customers.file has none."},
    {.name = "max.interval",
     .type = "INT",
     .otherwise = "0",
     .low = 0,
     .high = INT32_MAX,
     .help = "Most milliseconds between later changes of somebody's average; 0 = none."},
    {0},
};

const struct connector_kind connector_datagen = {
    .class_name = "datagen",
    .type = "source",
    .version = FRAUDSCOPE_VERSION,
    .help = "Customers from a seed or from CSV files, as a CDC connector would bring them.",
    .settings = settings,
    .topic = topic_of,
    .check = check,
    .run = run_source,
    .partition = "{\"quickstart\":\"customers\"}",
};
