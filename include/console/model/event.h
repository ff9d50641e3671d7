/* Events: what services tell the model. Each is a message with its own kind; the kind's row says what happens when the
 * mailbox is full. Made by event_..._new, filled by the sender, sent with mailbox_send, applied, freed with
 * message_free. Strings inside are heap memory owned by the event; model_apply takes them and leaves NULL. */
#pragma once

#include "console/model/model.h"

extern const struct message_kind event_server_kind, event_cluster_kind, event_subjects_kind, event_groups_kind,
    event_ksqldb_kind, event_connectors_kind, event_rates_kind, event_tail_kind, event_tail_state_kind,
    event_window_kind, event_alert_kind, event_latency_kind, event_producer_kind, event_detector_kind,
    event_result_kind, event_result_rows_kind, event_statement_kind, event_message_kind, event_job_kind,
    event_profile_kind, event_embedded_kind, event_ledger_kind, event_listing_kind;

struct event_profile { /* which profile is in use */
    struct message message;
    char *name, *data_folder;
    char *room; /* lines for those who want to attach; NULL */
    unsigned capabilities;
    char *addresses[SERVER_COUNT];
};
struct event_server { /* merges by server */
    struct message message;
    enum model_server_id server;
    struct model_server observed;
};
struct event_cluster { /* metadata snapshot; merges */
    struct message message;
    char *cluster_id;
    int brokers;
    struct event_topic {
        char *name;
        int32_t partitions, replicas;
        bool internal;
    } * topics;
    size_t topic_count;
};
struct event_rates { /* watermarks once a second; merges */
    struct message message;
    int64_t at_ms;
    struct event_rate {
        char *topic;
        int64_t records, high; /* sums over partitions */
        int64_t lag;           /* -1 none */
        double bytes_rate;     /* < 0 unknown */
    } * rates;
    size_t count;
};
struct event_subjects { /* merges */
    struct message message;
    char **subjects;
    size_t count;
};
struct event_groups { /* merges */
    struct message message;
    struct model_group *groups;
    size_t count;
};
struct event_ksqldb { /* merges */
    struct message message;
    struct model_source *sources;
    size_t source_count;
    struct model_query *queries;
    size_t query_count;
};
struct event_connectors { /* merges */
    struct message message;
    struct model_connector *connectors;
    size_t count;
};
struct event_tail { /* some rows of one topic, oldest first; drops the oldest when full */
    struct message message;
    char *topic;
    struct tail_row **rows;
    size_t count;
    uint64_t received, skipped, undecodable; /* totals so far */
};
struct event_tail_state { /* a tail starts (clears), fails, or ends */
    struct message message;
    char *topic;
    bool loading, ended;
    char *error;
};
struct event_window { /* updates of FEATURE_SET rows */
    struct message message;
    struct model_window_row *rows;
    size_t count;
};
struct event_alert { /* waits when full */
    struct message message;
    struct model_alert alert; /* one record */
};
struct event_latency {
    struct message message;
    bool to_alert; /* else to_window */
    int64_t at_ms, ms;
};
struct event_producer { /* merges */
    struct message message;
    struct model_producer state;
};
struct event_detector { /* merges */
    struct message message;
    struct model_detector state;
};
struct event_result { /* a query starts or changes state; columns only with RESULT_RUNNING */
    struct message message;
    struct model_result result;
};
struct event_result_rows {
    struct message message;
    char ***rows; /* cells by row */
    size_t count, column_count;
};
struct event_statement {
    struct message message;
    struct model_statement statement;
};
struct event_message {
    struct message message;
    enum message_level level;
    char *text;
};
struct event_job { /* merges by job id; done == total ends it */
    struct message message;
    struct model_job job;
    bool ended;
};
struct event_embedded { /* from the servers started here: peers, disk; merges by kind */
    struct message message;
    int guests;        /* with peers: those of other programs */
    int peers;         /* -1: no news */
    int64_t free_disk; /* -1: no news */
    char *who;         /* with peers: a line for each */
};
struct event_ledger { /* something was created (or, removed) by the lab */
    struct message message;
    char *what; /* "topic transactions" */
    bool removed;
};

struct event_listing { /* merges */
    struct message message;
    struct model_listing listing;
};

/* Any thread; the caller's until it is sent or freed. Zeroed event of the kind: struct event_server *e =
 * event_new(&event_server_kind); */
void *event_new(const struct message_kind *kind);
/* Shorthand: posts a message line. Any thread; waits while the mailbox is full, as its kind says. */
void event_post_message(struct mailbox *mailbox, enum message_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
