/* Alerts as they arrive in fraudulent_transactions, whoever wrote them. Every record is read. */
#include <string.h>

#include "console/service/follow.h"
#include "foundation/base/memory.h"
#include "foundation/format/format.h"
#include "lab/alert.h"
#include "lab/topics.h"

enum { FRESH_MS = 30 * 1000 };

static const struct column columns[] = {{{"DETAILS", 7}, &sql_string}};

struct reader {
    struct service *self;
    struct schema_source schemas;
    struct codec *codec;
    struct arena arena;
    uint64_t undecodable;
};

/* The detector says when the newest transaction of the window was made: see detector.c. */
static void post_latency(struct service *self, const struct kafka_message *message) {
    int64_t made = 0, now = service_now(self);
    for (size_t i = 0; i < message->header_count; i++)
        if (view_equal(message->headers[i].name, VIEW("transaction.timestamp")))
            view_to_int64(message->headers[i].value, &made);
    if (!made || now - made > FRESH_MS)
        return;
    struct event_latency *event = event_new(&event_latency_kind);
    event->to_alert = true;
    event->at_ms = now;
    event->ms = now > made ? now - made : 0;
    mailbox_send(self->context.events, &event->message);
}

static void read_one(struct reader *reader, const struct kafka_message *message) {
    struct service *self = reader->self;
    struct value value;
    struct error error = {0};
    if (!message->value.data)
        return;
    arena_reset(&reader->arena);
    if (codec_decode(reader->codec, message->value, &reader->arena, &value, &error) != 0 || value.tag != VALUE_STRING) {
        if (reader->undecodable++ == 0)
            service_say(self, MESSAGE_WARN, "An alert cannot be read and is skipped: %s partition %d offset %lld: %s",
                        message->topic, message->partition, (long long)message->offset,
                        error.code ? error.message : "no details");
        return;
    }
    struct event_alert *event = event_new(&event_alert_kind);
    struct alert alert;
    event->alert.first_ms = event->alert.last_ms = message->timestamp;
    event->alert.partition = message->partition;
    event->alert.offset = message->offset;
    if (alert_parse(value_view(value), &alert)) {
        memcpy(event->alert.card, alert.card, sizeof event->alert.card);
        memcpy(event->alert.email, alert.email, sizeof event->alert.email);
        memcpy(event->alert.window_start, alert.window_start, sizeof event->alert.window_start);
        memcpy(event->alert.window_end, alert.window_end, sizeof event->alert.window_end);
        event->alert.count = alert.count;
        event->alert.total = alert.total;
        event->alert.average = alert.average;
    } else {
        struct text text = TEXT_EMPTY;
        text_append(&text, value_view(value));
        event->alert.text = text_take(&text);
    }
    mailbox_send(self->context.events, &event->message);
    post_latency(self, message);
}

static void read_all(void *context, const struct kafka_message *messages, int count) {
    for (int i = 0; i < count; i++)
        read_one(context, &messages[i]);
}

static void run(struct service *self) {
    struct error error = {0};
    struct codec_options options = {0};
    struct reader reader = {.self = self, .schemas = registry_client_source(self->registry)};
    reader.codec = format_find(VIEW("AVRO"))->compile(columns, 1, &options, &reader.schemas, &error);
    if (reader.codec)
        follow_topic(self, LAB_TOPIC_ALERTS, read_all, &reader);
    else
        service_complain(self, &error, NULL);
    codec_free(reader.codec);
    arena_free(&reader.arena);
}

const struct service_row service_alerts = {"alerts", "alerts as they arrive", PROFILE_KAFKA | PROFILE_REGISTRY, run,
                                           false};
