/* Rows of FEATURE_SET for the Windows pane: every update, since a window is only right when none is missed. */
#include <string.h>

#include "console/service/feature.h"
#include "console/service/follow.h"
#include "foundation/base/memory.h"
#include "lab/rule.h"
#include "lab/topics.h"

enum { FRESH_MS = 30 * 1000, SAMPLES = 8 };

struct rows {
    struct service *self;
    struct feature_reader *reader;
    uint64_t undecodable;
};

/* A row carries the time of the newest transaction in it: what is old was read on start, not waited for. */
static void post_latency(struct service *self, int64_t now, int64_t made) {
    if (now - made >= FRESH_MS)
        return;
    struct event_latency *latency = event_new(&event_latency_kind);
    latency->at_ms = now;
    latency->ms = now > made ? now - made : 0;
    mailbox_send(self->context.events, &latency->message);
}

static void post_rows(void *context, const struct kafka_message *messages, int count) {
    struct rows *rows = context;
    struct service *self = rows->self;
    struct event_window *event = event_new(&event_window_kind);
    event->rows = memory_zero((size_t)count, sizeof *event->rows);
    const struct rule rule = RULE_DEFAULT;
    int64_t now = service_now(self);
    for (int i = 0; i < count; i++) {
        struct feature feature;
        struct error error = {0};
        int outcome = feature_read(rows->reader, &messages[i], &feature, &error);
        if (outcome < 0 && rows->undecodable++ == 0)
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

static void run(struct service *self) {
    struct error error = {0};
    struct rows rows = {.self = self, .reader = feature_reader_new(self->registry, &error)};
    if (rows.reader)
        follow_topic(self, LAB_TOPIC_FEATURES, post_rows, &rows);
    else
        service_complain(self, &error, NULL);
    feature_reader_free(rows.reader);
}

const struct service_row service_features = {"features", "the rows of the five-minute windows",
                                             PROFILE_KAFKA | PROFILE_REGISTRY, run, false};
