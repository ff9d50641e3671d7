/* The lab's join and window over records in memory, bytes in to bytes out: our engine against a loop written by hand
 * for just this job. ns per transaction, medians of interleaved runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/base/memory.h"
#include "foundation/base/vector.h"
#include "ksql/engine/engine.h"
#include "ksql/language/parse.h"
#include "ksql/language/split.h"
#include "measure.h"

enum { CUSTOMERS = 1000, TRANSACTIONS = 200000, BATCH = 512, TOPICS = 8, SCHEMAS = 16 };

struct topic {
    char *name;
    struct text bytes;
    VECTOR(struct engine_record) records; /* views are offsets into bytes until fed */
    size_t fed;
    uint64_t reader;
};
struct scene {
    struct topic topics[TOPICS];
    size_t topic_count;
    char *schemas[SCHEMAS], *subjects[SCHEMAS];
    const char *types[SCHEMAS];
    size_t schema_count;
    struct engine_topics topic_table;
    struct engine_schemas schema_table;
    struct schema_source source;
    uint64_t checksum;
};

static const char transaction_schema[] =
    "{\"type\":\"object\",\"properties\":{\"transaction_id\":{\"type\":\"integer\",\"connect.type\":\"int32\","
    "\"connect.index\":0},\"transaction_timestamp\":{\"type\":\"string\",\"connect.index\":1},\"credit_card_number\":"
    "{\"type\":\"string\",\"connect.index\":2},\"amount\":{\"type\":\"integer\",\"connect.type\":\"int32\","
    "\"connect.index\":3},\"location\":{\"type\":\"string\",\"connect.index\":4}}}";

static void must(int status, const struct error *error) {
    if (status == 0)
        return;
    fprintf(stderr, "engine_bench: %s\n", error == NULL ? "failed" : error->message);
    exit(1);
}

static struct topic *find(struct scene *scene, struct view name) {
    for (size_t i = 0; i < scene->topic_count; i++)
        if (view_equal(view_of(scene->topics[i].name), name))
            return &scene->topics[i];
    return NULL;
}

static struct topic *add_topic(struct scene *scene, struct view name) {
    struct topic *topic = &scene->topics[scene->topic_count++];
    topic->name = memory_zero(1, name.size + 1);
    memcpy(topic->name, name.data, name.size);
    return topic;
}

static int describe(void *context, struct view name, struct topic_facts *facts, struct error *error) {
    *facts = (struct topic_facts){1, 1};
    return find(context, name) != NULL ? 0 : error_set(error, ERROR_NOT_FOUND, "no topic %.*s", VIEW_ARGS(name));
}
static int create(void *context, const struct engine_topic *topic, struct error *error) {
    (void)error;
    add_topic(context, topic->name);
    return 0;
}
static int open_reader(void *context, uint64_t reader, struct view name, int64_t *offsets, int64_t *ends,
                       size_t partitions, struct error *error) {
    (void)partitions, (void)error;
    find(context, name)->reader = reader;
    offsets[0] = ends[0] = 0;
    return 0;
}
static void close_reader(void *context, uint64_t reader) {
    (void)context, (void)reader;
}

static void append(struct topic *topic, int64_t timestamp, struct view key, struct view value) {
    struct engine_record record = {.timestamp = timestamp, .offset = (int64_t)topic->records.count};
    record.key = (struct view){(const char *)(uintptr_t)topic->bytes.size, key.size};
    text_append(&topic->bytes, key);
    record.value = (struct view){(const char *)(uintptr_t)topic->bytes.size, value.size};
    text_append(&topic->bytes, value);
    vector_push(&topic->records, record);
}

static int write_record(void *context, struct view name, const struct engine_record *record, struct error *error) {
    struct scene *scene = context;
    struct topic *topic = find(scene, name);
    (void)error;
    scene->checksum += record->value.size;
    if (topic->reader != 0)
        append(topic, record->timestamp, record->key, record->value);
    return 0;
}

static int by_id(void *context, int32_t id, struct view *text, struct view *type, struct error *error) {
    struct scene *scene = context;
    (void)error;
    *text = view_of(scene->schemas[id - 1]);
    *type = view_of(scene->types[id - 1]);
    return 0;
}
static int latest(void *context, struct view topic, bool is_key, int32_t id, struct arena *arena,
                  struct schema_facts *facts, struct error *error) {
    struct scene *scene = context;
    char subject[128];
    (void)id, (void)arena;
    snprintf(subject, sizeof subject, "%.*s-%s", VIEW_ARGS(topic), is_key ? "key" : "value");
    for (size_t i = 0; i < scene->schema_count; i++)
        if (strcmp(scene->subjects[i], subject) == 0) {
            *facts = (struct schema_facts){(int32_t)i + 1, view_of(scene->types[i]), view_of(scene->schemas[i])};
            return 0;
        }
    return error_set(error, ERROR_NOT_FOUND, "no schema");
}
static int enter(void *context, struct view topic, bool is_key, const char *type, struct view text, int32_t *id,
                 struct error *error) {
    struct scene *scene = context;
    size_t at = scene->schema_count++;
    (void)error;
    scene->subjects[at] = memory_zero(1, topic.size + 8);
    snprintf(scene->subjects[at], topic.size + 8, "%.*s-%s", VIEW_ARGS(topic), is_key ? "key" : "value");
    scene->schemas[at] = memory_zero(1, text.size + 1);
    memcpy(scene->schemas[at], text.data, text.size);
    scene->types[at] = type;
    *id = (int32_t)at + 1;
    return 0;
}

static void make_records(struct scene *scene) {
    struct topic *transactions = add_topic(scene, VIEW("transactions")),
                 *customers = add_topic(scene, VIEW("customers"));
    int32_t id;
    enter(scene, VIEW("transactions"), false, "JSON", VIEW(transaction_schema), &id, NULL);
    uint64_t seed = 42;
    char text[256];
    for (int i = 0; i < CUSTOMERS; i++) {
        int size = snprintf(text, sizeof text,
                            "{\"CREDIT_CARD_NUMBER\":\"%04d 1111 2222 3333\",\"CUSTOMER_ID\":\"C%d\","
                            "\"CUSTOMER_EMAIL\":\"c%d@example.com\",\"AVG_SPENDING_AMOUNT\":%d}",
                            i, i, i, 800 + i);
        append(customers, 0, (struct view){"", 0}, (struct view){text, (size_t)size});
    }
    for (int i = 0; i < TRANSACTIONS; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        memcpy(text, "\0\0\0\0\1", 5);
        int size =
            5 + snprintf(text + 5, sizeof text - 5,
                         "{\"transaction_id\": %d, \"transaction_timestamp\": \"2026-03-14 22:41:02.114\", "
                         "\"credit_card_number\": \"%04d 1111 2222 3333\", \"amount\": %d, \"location\": \"Oslo\"}",
                         1000000 + i, (int)(seed >> 33) % CUSTOMERS, 500 + (int)(seed >> 40) % 1500);
        append(transactions, 1000 + i * 10, (struct view){"1", 1}, (struct view){text, (size_t)size});
    }
}

static const char statements[] =
    "CREATE STREAM TRANSACTIONS WITH (KAFKA_TOPIC='transactions', VALUE_FORMAT='JSON_SR');"
    "CREATE STREAM CUSTOMER (CREDIT_CARD_NUMBER STRING, CUSTOMER_ID STRING, CUSTOMER_EMAIL STRING, AVG_SPENDING_AMOUNT "
    "INT)"
    " WITH (KAFKA_TOPIC='customers', VALUE_FORMAT='JSON');"
    "CREATE STREAM REKEY_CUSTOMER WITH (VALUE_FORMAT='AVRO') AS SELECT * FROM CUSTOMER PARTITION BY CREDIT_CARD_NUMBER;"
    "CREATE TABLE TABLE_CUSTOMER (CUST_ID STRING PRIMARY KEY) WITH (KAFKA_TOPIC='REKEY_CUSTOMER', VALUE_FORMAT='AVRO');"
    "CREATE STREAM AGGREGATE_TRANSACTIONS WITH (VALUE_FORMAT='JSON_SR') AS SELECT cust.CUSTOMER_ID AS CUSTOMER_ID,"
    " t.TRANSACTION_ID AS TRANSACTION_ID, t.CREDIT_CARD_NUMBER AS CREDIT_CARD_NUMBER, cust.CUSTOMER_EMAIL AS "
    "CUSTOMER_EMAIL,"
    " t.AMOUNT AS AMOUNT, cust.AVG_SPENDING_AMOUNT AS AVERAGE_SPENDING_AMOUNT FROM TRANSACTIONS t INNER JOIN "
    "TABLE_CUSTOMER"
    " cust ON t.CREDIT_CARD_NUMBER = cust.CUST_ID;"
    "CREATE TABLE FEATURE_SET WITH (VALUE_FORMAT='JSON_SR', KEY_FORMAT='AVRO') AS SELECT CREDIT_CARD_NUMBER,"
    " CUSTOMER_EMAIL, COUNT(TRANSACTION_ID) AS TRANSACTION_COUNT, SUM(AMOUNT) AS TOTAL_AMOUNT, AVERAGE_SPENDING_AMOUNT,"
    " TIMESTAMPTOSTRING(WINDOWSTART, 'yyyy-MM-dd HH:mm:ss Z') AS WINDOW_START,"
    " TIMESTAMPTOSTRING(WINDOWEND, 'yyyy-MM-dd HH:mm:ss Z') AS WINDOW_END FROM AGGREGATE_TRANSACTIONS WINDOW TUMBLING"
    " (SIZE 5 MINUTES) GROUP BY CREDIT_CARD_NUMBER, CUSTOMER_EMAIL, AVERAGE_SPENDING_AMOUNT;";

static void feed(struct engine *engine, struct topic *topic) {
    struct engine_record batch[BATCH];
    size_t count = topic->records.count - topic->fed;
    count = count < BATCH ? count : BATCH;
    for (size_t i = 0; i < count; i++) {
        batch[i] = topic->records.items[topic->fed + i];
        batch[i].key.data = topic->bytes.data + (uintptr_t)batch[i].key.data;
        batch[i].value.data = topic->bytes.data + (uintptr_t)batch[i].value.data;
    }
    topic->fed += count;
    engine_feed(engine, topic->reader, batch, count);
    engine_run(engine);
}

static void free_topic(struct topic *topic) {
    memory_free(topic->name);
    text_free(&topic->bytes);
    vector_free(&topic->records);
}

static void ours(void *context, size_t records) {
    struct scene *made = context, scene = *made;
    struct arena arena = ARENA_EMPTY;
    struct error error = {0};
    scene.source = (struct schema_source){&scene, by_id};
    scene.topic_table = (struct engine_topics){.context = &scene,
                                               .describe = describe,
                                               .create = create,
                                               .open = open_reader,
                                               .close = close_reader,
                                               .write = write_record};
    scene.schema_table =
        (struct engine_schemas){.context = &scene, .latest = latest, .enter = enter, .source = &scene.source};
    struct engine *engine = engine_new(&(struct engine_options){
        .topics = &scene.topic_table, .schemas = &scene.schema_table, .wrap_single_values = true});
    struct view rest = view_of(statements);
    struct split split;
    int line = 1, column = 1;
    struct properties *properties = properties_new();
    properties_set(properties, "auto.offset.reset", "earliest");
    while (split_next(&rest, &line, &column, &split)) {
        struct statement *statement;
        struct engine_outcome outcome;
        struct engine_request request = {.properties = properties, .number = -1};
        must(parse_statement(&arena, split.statement, split.line, split.column, &statement, &error), &error);
        must(engine_execute(engine, statement, &request, &arena, &outcome, &error), &error);
    }
    bool moved = true;
    while (moved) { /* customers before transactions: topics are walked from the last made to the first */
        moved = false;
        for (size_t i = scene.topic_count; !moved && i-- > 0;)
            if (scene.topics[i].reader != 0 && scene.topics[i].fed < scene.topics[i].records.count &&
                scene.topics[i].fed < (i == 0 ? records : SIZE_MAX)) {
                feed(engine, &scene.topics[i]);
                moved = true;
            }
    }
    if (scene.checksum == 0)
        must(-1, NULL);
    engine_free(engine);
    properties_free(properties);
    arena_free(&arena);
    for (size_t i = made->topic_count; i < scene.topic_count; i++)
        free_topic(&scene.topics[i]);
    for (size_t i = made->schema_count; i < scene.schema_count; i++) {
        memory_free(scene.subjects[i]);
        memory_free(scene.schemas[i]);
    }
}

/* --- the same by hand: one loop that knows the records, the statements and nothing else --- */

struct customer {
    char card[20], id[16], email[32];
    int average;
};
struct group {
    int64_t start;
    int count, total, customer;
    bool used;
};
struct by_hand {
    struct customer customers[CUSTOMERS];
    int index[4096]; /* open addressing; -1 = free */
    struct group *groups;
    size_t group_size;
};

static uint32_t hash(const char *bytes, size_t size) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 16777619u;
    return hash;
}

static int find_customer(const struct by_hand *hand, const char *card, size_t size) {
    uint32_t at = hash(card, size) % 4096;
    while (hand->index[at] >= 0 && (strlen(hand->customers[hand->index[at]].card) != size ||
                                    memcmp(hand->customers[hand->index[at]].card, card, size) != 0))
        at = (at + 1) % 4096;
    return hand->index[at];
}

static void learn_customers(struct by_hand *hand) {
    memset(hand->index, -1, sizeof hand->index);
    for (int i = 0; i < CUSTOMERS; i++) {
        struct customer *customer = &hand->customers[i];
        snprintf(customer->card, sizeof customer->card, "%04d 1111 2222 3333", i);
        snprintf(customer->id, sizeof customer->id, "C%d", i);
        snprintf(customer->email, sizeof customer->email, "c%d@example.com", i);
        customer->average = 800 + i;
        uint32_t at = hash(customer->card, strlen(customer->card)) % 4096;
        while (hand->index[at] >= 0)
            at = (at + 1) % 4096;
        hand->index[at] = i;
    }
}

static struct view string_after(struct view json, const char *name) {
    const char *at = memmem(json.data, json.size, name, strlen(name));
    at = (const char *)memchr(at + strlen(name), '"', 8) + 1;
    return (struct view){at, (size_t)((const char *)memchr(at, '"', 64) - at)};
}

static int number_after(struct view json, const char *name) {
    const char *at = memmem(json.data, json.size, name, strlen(name));
    return (int)strtol(at + strlen(name), NULL, 10);
}

static struct group *find_group(struct by_hand *hand, int64_t start, int customer) {
    size_t at = ((size_t)(start / 300000) * CUSTOMERS + (size_t)customer) % hand->group_size;
    while (hand->groups[at].used && (hand->groups[at].start != start || hand->groups[at].customer != customer))
        at = (at + 1) % hand->group_size;
    return &hand->groups[at];
}

static void put_avro_text(struct text *out, const char *string) {
    text_append_char(out, 2);
    text_append_char(out, (char)(strlen(string) * 2));
    text_append_string(out, string);
}

static void put_key(struct text *out, const struct customer *customer, int64_t start) {
    unsigned average = (unsigned)customer->average * 2;
    text_append_bytes(out, "\0\0\0\0\7", 5);
    put_avro_text(out, customer->card);
    put_avro_text(out, customer->email);
    text_append_char(out, 2);
    for (; average > 127; average >>= 7)
        text_append_char(out, (char)(average | 128));
    text_append_char(out, (char)average);
    for (int shift = 56; shift >= 0; shift -= 8)
        text_append_char(out, (char)((uint64_t)start >> shift));
}

static void theirs(void *context, size_t records) {
    struct scene *made = context;
    struct topic *transactions = &made->topics[0];
    struct by_hand *hand = memory_zero(1, sizeof *hand);
    struct text joined = TEXT_EMPTY, key = TEXT_EMPTY, value = TEXT_EMPTY;
    hand->group_size = 65536;
    hand->groups = memory_zero(hand->group_size, sizeof *hand->groups);
    learn_customers(hand);
    for (size_t i = 0; i < records; i++) {
        struct engine_record *record = &transactions->records.items[i];
        struct view json = {transactions->bytes.data + (uintptr_t)record->value.data + 5, record->value.size - 5};
        struct view card = string_after(json, "\"credit_card_number\":");
        int id = number_after(json, "\"transaction_id\":"), amount = number_after(json, "\"amount\":");
        int at = find_customer(hand, card.data, card.size);
        if (at < 0)
            continue;
        const struct customer *customer = &hand->customers[at];
        text_clear(&joined);
        text_append_bytes(&joined, "\0\0\0\0\5", 5);
        text_append_format(&joined,
                           "{\"CUSTOMER_ID\":\"%s\",\"TRANSACTION_ID\":%d,\"CUSTOMER_EMAIL\":\"%s\",\"AMOUNT\":%d,"
                           "\"AVERAGE_SPENDING_AMOUNT\":%d}",
                           customer->id, id, customer->email, amount, customer->average);
        int64_t start = record->timestamp - record->timestamp % 300000;
        struct group *group = find_group(hand, start, at);
        *group = (struct group){start, group->count + 1, group->total + amount, at, true};
        text_clear(&key);
        text_clear(&value);
        put_key(&key, customer, start);
        int minutes = (int)(start / 60000);
        text_append_bytes(&value, "\0\0\0\0\6", 5);
        text_append_format(&value,
                           "{\"TRANSACTION_COUNT\":%d,\"TOTAL_AMOUNT\":%d,\"WINDOW_START\":\"1970-01-01 %02d:%02d:00 "
                           "+0000\",\"WINDOW_END\":\"1970-01-01 %02d:%02d:00 +0000\"}",
                           group->count, group->total, minutes / 60, minutes % 60, (minutes + 5) / 60,
                           (minutes + 5) % 60);
        made->checksum += joined.size + key.size + value.size;
    }
    text_free(&joined);
    text_free(&key);
    text_free(&value);
    memory_free(hand->groups);
    memory_free(hand);
}

int main(void) {
    struct scene scene = {.checksum = 0};
    printf("engine: %d transactions joined with %d customers, counted in windows of 5 minutes\n", TRANSACTIONS,
           CUSTOMERS);
    make_records(&scene);
    measure_ratio("join and window, a row", ours, theirs, &scene, TRANSACTIONS);
    for (size_t i = 0; i < scene.topic_count; i++)
        free_topic(&scene.topics[i]);
    for (size_t i = 0; i < scene.schema_count; i++) {
        memory_free(scene.subjects[i]);
        memory_free(scene.schemas[i]);
    }
    return 0;
}
