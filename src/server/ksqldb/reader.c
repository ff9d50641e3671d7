#include "server/ksqldb/reader.h"

#include <string.h>

#include "client/kafka.h"
#include "foundation/base/memory.h"
#include "foundation/base/thread.h"

enum { ORDERS = READER_BLOCKS + 4, POLL_MS = 50 };

struct reader {
    struct profile *profile;
    struct mailbox *inbox, *orders;
    uint64_t number, serial;
    char *topic;
    struct kafka_partition *partitions;
    size_t partition_count;
    pthread_t thread;
    /* the thread's own */
    int credit;
    bool held;
    struct error gone; /* the topic was deleted */
};

/* --- messages --- */

static void block_free(struct message *message) {
    struct reader_block *block = (struct reader_block *)message;
    arena_free(&block->arena);
    memory_free(block);
}

const struct message_kind reader_block_kind = {"records", MAILBOX_WAIT, block_free};
const struct message_kind reader_end_kind = {"reader ended", MAILBOX_WAIT, NULL};

struct order {
    struct message message;
    bool held;
};
static const struct message_kind more_kind = {"more", MAILBOX_WAIT, NULL};
static const struct message_kind hold_kind = {"hold", MAILBOX_MERGE, NULL};

static void send_order(struct reader *reader, const struct message_kind *kind, bool held) {
    struct order *order = memory_zero(1, sizeof *order);
    order->message.kind = kind;
    order->held = held;
    mailbox_send(reader->orders, &order->message);
}

void reader_more(struct reader *reader) {
    send_order(reader, &more_kind, false);
}

void reader_hold(struct reader *reader, bool held) {
    send_order(reader, &hold_kind, held);
}

/* --- the thread --- */

static struct view copy_bytes(struct arena *arena, struct view bytes) {
    return bytes.data ? (struct view){arena_copy_bytes(arena, bytes.data, bytes.size), bytes.size} : bytes;
}

static void copy_record(struct arena *arena, const struct kafka_message *from, struct engine_record *to) {
    struct header *headers = from->header_count ? arena_allocate(arena, from->header_count * sizeof *headers) : NULL;
    for (size_t i = 0; i < from->header_count; i++) {
        headers[i].name = arena_copy_view(arena, from->headers[i].name);
        headers[i].value = copy_bytes(arena, from->headers[i].value);
    }
    *to = (struct engine_record){.partition = from->partition,
                                 .offset = from->offset,
                                 .timestamp = from->timestamp,
                                 .key = copy_bytes(arena, from->key),
                                 .value = copy_bytes(arena, from->value),
                                 .headers = headers,
                                 .header_count = (uint32_t)from->header_count};
}

static void send_block(struct reader *reader, const struct kafka_message *messages, size_t count) {
    struct reader_block *block = memory_zero(1, sizeof *block);
    block->message.kind = &reader_block_kind;
    block->number = reader->number;
    block->serial = reader->serial;
    block->records = arena_allocate(&block->arena, count * sizeof *block->records);
    block->count = count;
    for (size_t i = 0; i < count; i++)
        copy_record(&block->arena, &messages[i], &block->records[i]);
    reader->credit--;
    mailbox_send(reader->inbox, &block->message);
}

static void send_end(struct reader *reader, const struct error *error) {
    struct reader_end *end = memory_zero(1, sizeof *end);
    end->message.kind = &reader_end_kind;
    end->number = reader->number;
    end->serial = reader->serial;
    end->error = *error;
    mailbox_send(reader->inbox, &end->message);
}

/* Waits while there is nothing to do; false: it is over. */
static bool may_go_on(struct reader *reader) {
    for (;;) {
        bool ready = reader->credit > 0 && !reader->held;
        struct message *message = mailbox_receive(reader->orders, ready ? 0 : -1);
        if (!message)
            return !mailbox_closed(reader->orders);
        if (message->kind == &more_kind)
            reader->credit++;
        else
            reader->held = ((struct order *)message)->held;
        message_free(message);
    }
}

static void hear_trouble(void *context, const struct error *error) {
    struct reader *reader = context;
    if (error->code == ERROR_NOT_FOUND)
        reader->gone = *error;
}

static void read_on(struct reader *reader, struct kafka_consumer *consumer, struct error *error) {
    struct kafka_message *messages = memory_zero(READER_RECORDS, sizeof *messages);
    while (may_go_on(reader)) {
        int count = kafka_consumer_receive(consumer, messages, READER_RECORDS, POLL_MS, error);
        if (count < 0)
            break;
        if (count > 0)
            send_block(reader, messages, (size_t)count);
        kafka_consumer_release(consumer);
        if (reader->gone.code) {
            *error = reader->gone;
            break;
        }
    }
    memory_free(messages);
}

static void *run(void *context) {
    struct reader *reader = context;
    struct error error = {0};
    struct properties *overrides = properties_new();
    properties_set(overrides, "queued.max.messages.kbytes", "16384");
    const struct kafka_consumer_options options = {
        .offset_reset = "earliest", .overrides = overrides, .trouble = hear_trouble, .context = reader};
    struct kafka_consumer *consumer = kafka_consumer_new(reader->profile, &options, &error);
    if (consumer && kafka_consumer_assign(consumer, reader->partitions, reader->partition_count, &error) == 0)
        read_on(reader, consumer, &error);
    kafka_consumer_free(consumer);
    properties_free(overrides);
    send_end(reader, &error);
    return NULL;
}

/* --- the engine thread's side --- */

struct reader *reader_start(const struct reader_options *options) {
    struct reader *reader = memory_zero(1, sizeof *reader);
    reader->profile = profile_reference(options->profile);
    reader->inbox = options->inbox;
    reader->orders = mailbox_new(ORDERS);
    reader->number = options->number;
    reader->serial = options->serial;
    reader->topic = memory_zero(options->topic.size + 1, 1);
    memcpy(reader->topic, options->topic.data, options->topic.size);
    reader->partitions = memory_zero(options->partitions + 1, sizeof *reader->partitions);
    reader->partition_count = options->partitions;
    for (size_t i = 0; i < options->partitions; i++)
        reader->partitions[i] =
            (struct kafka_partition){.topic = reader->topic, .partition = (int32_t)i, .offset = options->offsets[i]};
    reader->credit = READER_BLOCKS;
    reader->thread = thread_start("ksqldb reader", run, reader);
    return reader;
}

void reader_stop(struct reader *reader) {
    mailbox_close(reader->orders);
}

void reader_join(struct reader *reader) {
    reader_stop(reader);
    thread_join(reader->thread);
    mailbox_free(reader->orders);
    profile_release(reader->profile);
    memory_free(reader->topic);
    memory_free(reader->partitions);
    memory_free(reader);
}
