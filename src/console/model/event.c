#include "console/model/event.h"

#include <stdio.h>

#include "console/model/owned.h"
#include "foundation/base/memory.h"

static void profile_free(struct message *message) {
    struct event_profile *event = (struct event_profile *)message;
    memory_free(event->name);
    memory_free(event->data_folder);
    memory_free(event->room);
    for (int i = 0; i < SERVER_COUNT; i++)
        memory_free(event->addresses[i]);
    memory_free(event);
}

static void embedded_free(struct message *message) {
    struct event_embedded *event = (struct event_embedded *)message;
    memory_free(event->who);
    memory_free(event);
}

static void server_free(struct message *message) {
    struct event_server *event = (struct event_server *)message;
    owned_server_clear(&event->observed);
    memory_free(event);
}

static void cluster_free(struct message *message) {
    struct event_cluster *event = (struct event_cluster *)message;
    memory_free(event->cluster_id);
    for (size_t i = 0; i < event->topic_count; i++)
        memory_free(event->topics[i].name);
    memory_free(event->topics);
    memory_free(event);
}

static void rates_free(struct message *message) {
    struct event_rates *event = (struct event_rates *)message;
    for (size_t i = 0; i < event->count; i++)
        memory_free(event->rates[i].topic);
    memory_free(event->rates);
    memory_free(event);
}

static void subjects_free(struct message *message) {
    struct event_subjects *event = (struct event_subjects *)message;
    owned_strings_free(event->subjects, event->count);
    memory_free(event);
}

static void groups_free(struct message *message) {
    struct event_groups *event = (struct event_groups *)message;
    for (size_t i = 0; i < event->count; i++)
        owned_group_clear(&event->groups[i]);
    memory_free(event->groups);
    memory_free(event);
}

static void ksqldb_free(struct message *message) {
    struct event_ksqldb *event = (struct event_ksqldb *)message;
    for (size_t i = 0; i < event->source_count; i++)
        owned_source_clear(&event->sources[i]);
    for (size_t i = 0; i < event->query_count; i++)
        owned_query_clear(&event->queries[i]);
    memory_free(event->sources);
    memory_free(event->queries);
    memory_free(event);
}

static void connectors_free(struct message *message) {
    struct event_connectors *event = (struct event_connectors *)message;
    for (size_t i = 0; i < event->count; i++)
        owned_connector_clear(&event->connectors[i]);
    memory_free(event->connectors);
    memory_free(event);
}

static void tail_free(struct message *message) {
    struct event_tail *event = (struct event_tail *)message;
    for (size_t i = 0; i < event->count; i++)
        owned_tail_row_free(event->rows[i]);
    memory_free(event->rows);
    memory_free(event->topic);
    memory_free(event);
}

static void tail_state_free(struct message *message) {
    struct event_tail_state *event = (struct event_tail_state *)message;
    memory_free(event->topic);
    memory_free(event->error);
    memory_free(event);
}

static void window_free(struct message *message) {
    struct event_window *event = (struct event_window *)message;
    memory_free(event->rows);
    memory_free(event);
}

static void alert_free(struct message *message) {
    struct event_alert *event = (struct event_alert *)message;
    memory_free(event->alert.text);
    memory_free(event);
}

static void producer_free(struct message *message) {
    memory_free(((struct event_producer *)message)->state.error);
    memory_free(message);
}

static void detector_free(struct message *message) {
    memory_free(((struct event_detector *)message)->state.error);
    memory_free(message);
}

static void result_free(struct message *message) {
    struct event_result *event = (struct event_result *)message;
    owned_result_clear(&event->result);
    memory_free(event);
}

static void result_rows_free(struct message *message) {
    struct event_result_rows *event = (struct event_result_rows *)message;
    for (size_t i = 0; i < event->count; i++)
        owned_strings_free(event->rows[i], event->column_count);
    memory_free(event->rows);
    memory_free(event);
}

static void statement_free(struct message *message) {
    struct event_statement *event = (struct event_statement *)message;
    memory_free(event->statement.text);
    memory_free(event->statement.outcome);
    memory_free(event);
}

static void message_line_free(struct message *message) {
    memory_free(((struct event_message *)message)->text);
    memory_free(message);
}

static void job_free(struct message *message) {
    memory_free(((struct event_job *)message)->job.text);
    memory_free(message);
}

static void ledger_free(struct message *message) {
    memory_free(((struct event_ledger *)message)->what);
    memory_free(message);
}

static void listing_free(struct message *message) {
    struct event_listing *event = (struct event_listing *)message;
    memory_free(event->listing.folder);
    owned_strings_free(event->listing.names, event->listing.count);
    memory_free(event);
}

const struct message_kind event_profile_kind = {"profile", MAILBOX_WAIT, profile_free};
const struct message_kind event_server_kind = {"server", MAILBOX_MERGE, server_free};
const struct message_kind event_cluster_kind = {"cluster", MAILBOX_MERGE, cluster_free};
const struct message_kind event_rates_kind = {"rates", MAILBOX_MERGE, rates_free};
const struct message_kind event_subjects_kind = {"subjects", MAILBOX_MERGE, subjects_free};
const struct message_kind event_groups_kind = {"groups", MAILBOX_MERGE, groups_free};
const struct message_kind event_ksqldb_kind = {"ksqldb", MAILBOX_MERGE, ksqldb_free};
const struct message_kind event_connectors_kind = {"connectors", MAILBOX_MERGE, connectors_free};
const struct message_kind event_tail_kind = {"tail", MAILBOX_DROP_OLDEST, tail_free};
const struct message_kind event_tail_state_kind = {"tail state", MAILBOX_WAIT, tail_state_free};
const struct message_kind event_window_kind = {"window", MAILBOX_WAIT, window_free};
const struct message_kind event_alert_kind = {"alert", MAILBOX_WAIT, alert_free};
const struct message_kind event_latency_kind = {"latency", MAILBOX_DROP_OLDEST, NULL};
const struct message_kind event_producer_kind = {"producer", MAILBOX_MERGE, producer_free};
const struct message_kind event_detector_kind = {"detector", MAILBOX_MERGE, detector_free};
const struct message_kind event_result_kind = {"result", MAILBOX_WAIT, result_free};
const struct message_kind event_result_rows_kind = {"result rows", MAILBOX_DROP_OLDEST, result_rows_free};
const struct message_kind event_statement_kind = {"statement", MAILBOX_WAIT, statement_free};
const struct message_kind event_message_kind = {"message", MAILBOX_WAIT, message_line_free};
const struct message_kind event_job_kind = {"job", MAILBOX_MERGE, job_free};
const struct message_kind event_embedded_kind = {"embedded", MAILBOX_MERGE, embedded_free};
const struct message_kind event_ledger_kind = {"ledger", MAILBOX_WAIT, ledger_free};
const struct message_kind event_listing_kind = {"listing", MAILBOX_MERGE, listing_free};

void *event_new(const struct message_kind *kind) {
    static const struct {
        const struct message_kind *kind;
        size_t size;
    } sizes[] = {
        {&event_profile_kind, sizeof(struct event_profile)},
        {&event_server_kind, sizeof(struct event_server)},
        {&event_cluster_kind, sizeof(struct event_cluster)},
        {&event_rates_kind, sizeof(struct event_rates)},
        {&event_subjects_kind, sizeof(struct event_subjects)},
        {&event_groups_kind, sizeof(struct event_groups)},
        {&event_ksqldb_kind, sizeof(struct event_ksqldb)},
        {&event_connectors_kind, sizeof(struct event_connectors)},
        {&event_tail_kind, sizeof(struct event_tail)},
        {&event_tail_state_kind, sizeof(struct event_tail_state)},
        {&event_window_kind, sizeof(struct event_window)},
        {&event_alert_kind, sizeof(struct event_alert)},
        {&event_latency_kind, sizeof(struct event_latency)},
        {&event_producer_kind, sizeof(struct event_producer)},
        {&event_detector_kind, sizeof(struct event_detector)},
        {&event_result_kind, sizeof(struct event_result)},
        {&event_result_rows_kind, sizeof(struct event_result_rows)},
        {&event_statement_kind, sizeof(struct event_statement)},
        {&event_message_kind, sizeof(struct event_message)},
        {&event_job_kind, sizeof(struct event_job)},
        {&event_embedded_kind, sizeof(struct event_embedded)},
        {&event_ledger_kind, sizeof(struct event_ledger)},
        {&event_listing_kind, sizeof(struct event_listing)},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (sizes[i].kind == kind) {
            struct message *message = memory_zero(1, sizes[i].size);
            message->kind = kind;
            return message;
        }
    }
    fatal("event_new: '%s' is not an event", kind->name);
}

void event_post_message(struct mailbox *mailbox, enum message_level level, const char *format, ...) {
    struct text text = TEXT_EMPTY;
    va_list arguments;
    va_start(arguments, format);
    text_append_format_v(&text, format, arguments);
    va_end(arguments);
    struct event_message *event = event_new(&event_message_kind);
    event->level = level;
    event->text = text_take(&text);
    mailbox_send(mailbox, &event->message);
}
