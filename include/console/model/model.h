/* What is known of the world: observations only, each with its age and last error. Touched on the UI thread alone.
 * Services post events (event.h), model_apply moves them in, panes read it const. Strings are owned by the model. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "foundation/base/mailbox.h"
#include "foundation/base/vector.h"
#include "lab/transaction.h"

enum { MODEL_SECONDS = 120, MODEL_SCROLLBACK = 10000, MODEL_LATENCIES = 256 };

enum model_server_id { SERVER_KAFKA, SERVER_REGISTRY, SERVER_KSQLDB, SERVER_CONNECT, SERVER_COUNT };
enum model_server_state { SERVER_ABSENT /* not in the profile */, SERVER_TRYING, SERVER_READY, SERVER_DOWN };
struct model_server {
    enum model_server_state state;
    char *address;       /* shown; never with credentials */
    char *detail;        /* "4 subjects", "server 0.29.0"; may be NULL */
    char *error;         /* last failure; NULL when ready */
    int64_t latency_ns;  /* of the last good probe; 0 = none yet */
    int64_t since_ms;    /* in this state since */
    int64_t observed_ms; /* last probe */
    int64_t retry_ms;    /* when it is tried again; 0 = regular */
};

struct model_topic {
    char *name;
    int32_t partitions, replicas;
    bool internal;                   /* of the cluster or of a Connect worker: not shown */
    int64_t records;                 /* high - low over all partitions */
    int64_t high;                    /* sum of high watermarks */
    double rate;                     /* records a second, 5 s average */
    double bytes_rate;               /* estimated from sampled sizes; < 0 = unknown */
    double record_bytes;             /* of the rows seen so far, key and value; 0 = none seen */
    int64_t last_change_ms;          /* when the high watermark last moved; 0 = never seen moving */
    int64_t lag;                     /* of the group that reads it for the lab; -1 = none */
    uint32_t seconds[MODEL_SECONDS]; /* records in each past second, ring; newest at seconds_at */
    size_t seconds_at, seconds_count;
    int64_t second_ms; /* when the newest second was opened */
};

struct model_group {
    char *name, *state;
    int members;
    int64_t lag; /* over the topics it commits; -1 unknown */
};
struct model_source {
    char *name, *topic, *key_format, *value_format;
    bool is_table, is_windowed;
};
struct model_query {
    char *id, *state, *text, *sink; /* sink NULL for push queries */
    bool is_push;
    double rate;  /* of the sink topic */
    int64_t rows; /* records in the sink topic */
    int64_t errors;
};
struct model_connector {
    char *name, *state, *trace, *class_name;
    size_t task_count, tasks_running;
};

struct tail_row {
    int64_t timestamp, offset;
    int32_t partition;
    int32_t schema_id;       /* 0 = unframed */
    const char *how;         /* "JSON_SR", "AVRO", ...: static */
    uint64_t sequence;       /* grows by one a row kept, so panes can hold their place */
    uint64_t skipped_before; /* rows not shown between the row before and this one */
    char *key;               /* displayable text; NULL = null key */
    char *json;              /* decoded value; NULL = null value or undecodable */
    char *error;             /* why it does not decode */
    unsigned char *raw;      /* value bytes as they came */
    size_t raw_size;
    bool is_transaction;
    struct transaction transaction;
};
struct model_tail {
    char *topic;
    struct tail_row **rows; /* ring of `capacity`; oldest at `first` */
    size_t capacity, first, count;
    uint64_t last_sequence;                  /* of the newest row ever kept: a topic read anew goes on counting */
    uint64_t received, skipped, undecodable; /* add up with what is shown and what left the ring */
    bool loading;                            /* no row yet, still reading */
    char *error;
};

struct model_window_row {
    char card[40], email[128];
    int64_t window_start, window_end;
    int64_t count, total, average;
    int64_t added_count, added_total; /* by the last change */
    int64_t changed_ms;
    bool breaks_rule;
};
struct model_window {
    int64_t start, end;
    VECTOR(struct model_window_row) rows; /* one a card, unordered */
    uint64_t late;                        /* changes after its end */
};

struct model_alert {
    uint64_t number; /* 1, 2, ... in order of arrival */
    char card[40], email[128];
    int64_t count, total, average;
    char window_start[40], window_end[40];
    int records;               /* merged from */
    int64_t first_ms, last_ms; /* record times */
    int64_t arrived_ms;
    int32_t partition;
    int64_t offset; /* of the latest record */
    bool seen;
    char *text; /* as it came when it does not parse; NULL otherwise */
};

struct model_latency { /* of the last 60 s */
    struct {
        int64_t at_ms, ms;
    } samples[MODEL_LATENCIES];
    size_t at, count;
};

struct model_producer {
    bool running;
    double rate;   /* asked; < 0 = max */
    double actual; /* of the last seconds */
    uint64_t sent, acknowledged, failed;
    char *error;
};
struct model_decision {
    char card[40];
    int64_t count, total, average, at_ms;
    bool alert;
};
struct model_detector {
    bool running;
    int64_t lag; /* -1 unknown */
    uint64_t read, alerts, undecodable;
    int rule_count;                      /* TRANSACTION_COUNT >= this */
    double rule_ratio;                   /* TOTAL_AMOUNT > ratio * average */
    struct model_decision decisions[10]; /* newest first */
    size_t decision_count;
    char *error;
};

struct model_result { /* of the last push or pull query or statement shown in the ksqlDB pane */
    char *statement;
    char *query_id;
    enum { RESULT_NONE, RESULT_RUNNING, RESULT_DONE, RESULT_FAILED, RESULT_STOPPED } state;
    char **columns, **types;
    size_t column_count;
    char ***rows; /* ring of cells; NULL cell = SQL NULL */
    size_t capacity, first, count;
    uint64_t received;
    int64_t started_ms, ended_ms;
    char *error;
};
struct model_statement { /* history of the ksqlDB pane, newest last */
    char *text;
    char *outcome; /* "CSAS_X_7", "Stream created", or the error */
    bool failed;
    int line, column; /* of the error, 0 = none */
    int64_t at_ms, took_ms;
};

enum message_level { MESSAGE_INFO, MESSAGE_OK, MESSAGE_WARN, MESSAGE_ERROR };
struct model_message {
    enum message_level level;
    int64_t at_ms;
    char *text;
};
struct model_job { /* long work under way */
    uint64_t id;
    char *text; /* "Creating topics" */
    int done, total;
    int64_t started_ms;
};

struct model {
    char *profile_name;
    unsigned capabilities; /* enum profile_capability bits, as posted by watch */
    char *data_folder;     /* of embedded servers; NULL */
    char *room;            /* lines: how others attach to them, password included; NULL */
    char *who;             /* lines: the connections to the embedded broker; NULL */
    struct model_server servers[SERVER_COUNT];
    char *cluster_id;
    int brokers;
    int peers;                         /* connections to the embedded broker; -1 unknown */
    int guests;                        /* those of other programs among them */
    int64_t free_disk;                 /* bytes; -1 unknown */
    VECTOR(struct model_topic) topics; /* by name */
    int64_t topics_observed_ms;        /* 0 = never */
    VECTOR(char *) subjects;
    int64_t subjects_observed_ms;
    VECTOR(struct model_group) groups;
    int64_t groups_observed_ms;
    VECTOR(struct model_source) sources;
    VECTOR(struct model_query) queries;
    int64_t ksqldb_observed_ms;
    VECTOR(struct model_connector) connectors;
    int64_t connectors_observed_ms;
    VECTOR(struct model_tail *) tails;   /* "transactions" first when there */
    VECTOR(struct model_window) windows; /* oldest first, at most 12 kept */
    VECTOR(struct model_alert) alerts;   /* oldest first, merged by card and window */
    uint64_t alert_records;
    struct model_latency to_window, to_alert; /* ms from a transaction's record time */
    struct model_producer producer;
    struct model_detector detector;
    struct model_result result;
    VECTOR(struct model_statement) statements;
    VECTOR(struct model_message) messages;   /* log of this run, oldest first, at most 1,000 */
    uint64_t message_total, statement_total; /* ever */
    VECTOR(struct model_job) jobs;
    VECTOR(char *) created;    /* ledger: "topic transactions", oldest first */
    struct model_listing {     /* a folder that was asked for, for completion */
        char *folder, **names; /* folders end with / */
        size_t count;
    } listing;
    uint64_t revision; /* grows with every change that a pane could show */
};

struct model *model_new(void);
void model_free(struct model *model);
/* Takes what the event carries; the caller frees the event after. now_ms: when it is applied. */
void model_apply(struct model *model, struct message *event, int64_t now_ms);

const struct model_topic *model_find_topic(const struct model *model, const char *name);
const struct model_tail *model_find_tail(const struct model *model, const char *topic);
const struct tail_row *model_tail_at(const struct model_tail *tail, size_t index); /* 0 = oldest kept */
const struct model_query *model_find_query(const struct model *model, const char *id);
const struct model_source *model_find_source(const struct model *model, const char *name);
const struct model_connector *model_find_connector(const struct model *model, const char *name);
const struct model_group *model_find_group(const struct model *model, const char *name);
bool model_has_subject(const struct model *model, const char *name);
size_t model_unseen_alerts(const struct model *model);
/* percent 0..100 of the samples younger than 60 s; -1 = none */
int64_t model_latency_percentile(const struct model_latency *latency, int64_t now_ms, int percent);
void model_mark_alert_seen(struct model *model, uint64_t number); /* by action only */
