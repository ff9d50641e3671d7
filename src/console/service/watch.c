/* Probes every configured server, topics, subjects, queries, connectors and groups, and posts snapshots: the checks of
 * the guide read these. Once a second, every 5 s when nothing has changed for a while, at once when asked. */
#include <string.h>

#include "client/connect.h"
#include "client/ksqldb.h"
#include "console/service/service_private.h"
#include "foundation/base/memory.h"
#include "lab/topics.h"

enum { PROBE_MS = 2000, BUSY_MS = 1000, QUIET_MS = 5000, QUIET_AFTER = 20 };

struct watch {
    struct service *self;
    struct kafka_admin *kafka;
    struct ksqldb_client *ksqldb;
    struct connect_client *connect;
    int failures[SERVER_COUNT];
    int64_t retry_ms[SERVER_COUNT]; /* monotonic */
    uint64_t seen;                  /* hash of what was posted last */
    uint64_t now;                   /* hash of this round */
    int unchanged;
};

static void note(struct watch *watch, const char *text) {
    watch->now = watch->now * 1099511628211u ^ view_hash(view_of(text ? text : ""));
}

static void post_server(struct watch *watch, enum model_server_id id, const struct error *error, int64_t latency_ns,
                        const char *detail) {
    struct event_server *event = event_new(&event_server_kind);
    event->message.key = id;
    event->server = id;
    if (error) {
        int wait_ms = service_backoff_ms(++watch->failures[id]);
        watch->retry_ms[id] = clock_monotonic_ms() + wait_ms;
        event->observed.state = SERVER_DOWN;
        event->observed.error = memory_copy_string(error->message);
        event->observed.retry_ms = service_now(watch->self) + wait_ms;
    } else {
        watch->failures[id] = 0;
        watch->retry_ms[id] = 0;
        event->observed.state = SERVER_READY;
        event->observed.latency_ns = latency_ns ? latency_ns : 1;
        event->observed.detail = memory_copy_string(detail);
    }
    note(watch, error ? "down" : detail);
    mailbox_send(watch->self->context.events, &event->message);
}

static bool due(const struct watch *watch, enum model_server_id id) {
    return watch->retry_ms[id] == 0 || clock_monotonic_ms() >= watch->retry_ms[id];
}

static void look_groups(struct watch *watch) {
    struct kafka_group_info *groups = NULL;
    size_t count = 0;
    if (kafka_admin_groups(watch->kafka, PROBE_MS, &groups, &count, NULL) != 0)
        return;
    struct event_groups *event = event_new(&event_groups_kind);
    event->groups = memory_zero(count + 1, sizeof *event->groups);
    event->count = count;
    for (size_t i = 0; i < count; i++) {
        struct model_group *group = &event->groups[i];
        *group = (struct model_group){memory_copy_string(groups[i].name), memory_copy_string(groups[i].state),
                                      groups[i].members, -1};
        if (strcmp(group->name, LAB_DETECTOR_GROUP) == 0)
            group->lag = service_group_lag(watch->kafka, group->name, LAB_TOPIC_FEATURES);
        note(watch, group->name);
        note(watch, group->state);
    }
    kafka_groups_free(groups, count);
    mailbox_send(watch->self->context.events, &event->message);
}

static void look_kafka(struct watch *watch) {
    struct error error = {0};
    struct kafka_cluster cluster = {0};
    int64_t started = clock_elapsed_ns(watch->self->context.clock);
    if (kafka_admin_cluster(watch->kafka, PROBE_MS, &cluster, &error) != 0) {
        post_server(watch, SERVER_KAFKA, &error, 0, NULL);
        return;
    }
    int64_t latency = clock_elapsed_ns(watch->self->context.clock) - started;
    struct event_cluster *event = event_new(&event_cluster_kind);
    event->cluster_id = memory_copy_string(cluster.cluster_id);
    event->brokers = (int)cluster.broker_count;
    event->topics = memory_zero(cluster.topic_count + 1, sizeof *event->topics);
    event->topic_count = cluster.topic_count;
    for (size_t i = 0; i < cluster.topic_count; i++) {
        const struct kafka_topic_info *topic = &cluster.topics[i];
        event->topics[i] =
            (struct event_topic){memory_copy_string(topic->name), topic->partitions, topic->replicas, topic->internal};
        note(watch, topic->name);
    }
    mailbox_send(watch->self->context.events, &event->message);
    char detail[64];
    snprintf(detail, sizeof detail, "%zu topics", cluster.topic_count);
    post_server(watch, SERVER_KAFKA, NULL, latency, detail);
    kafka_cluster_free(&cluster);
    look_groups(watch);
}

static void look_registry(struct watch *watch) {
    struct error error = {0};
    char **subjects = NULL;
    size_t count = 0;
    int64_t started = clock_elapsed_ns(watch->self->context.clock);
    if (registry_client_subjects(watch->self->registry, &subjects, &count, &error) != 0) {
        post_server(watch, SERVER_REGISTRY, &error, 0, NULL);
        return;
    }
    int64_t latency = clock_elapsed_ns(watch->self->context.clock) - started;
    struct event_subjects *event = event_new(&event_subjects_kind);
    event->subjects = memory_zero(count + 1, sizeof *event->subjects);
    event->count = count;
    for (size_t i = 0; i < count; i++) {
        event->subjects[i] = memory_copy_string(subjects[i]);
        note(watch, subjects[i]);
    }
    registry_subjects_free(subjects, count);
    mailbox_send(watch->self->context.events, &event->message);
    char detail[64];
    snprintf(detail, sizeof detail, "%zu subjects", count);
    post_server(watch, SERVER_REGISTRY, NULL, latency, detail);
}

static void look_ksqldb(struct watch *watch) {
    struct error error = {0};
    struct ksqldb_info info = {0};
    struct ksqldb_source *sources = NULL;
    struct ksqldb_query *queries = NULL;
    size_t source_count = 0, query_count = 0;
    int64_t started = clock_elapsed_ns(watch->self->context.clock);
    int result = ksqldb_client_info(watch->ksqldb, &info, &error);
    int64_t latency = clock_elapsed_ns(watch->self->context.clock) - started;
    if (result != 0 || ksqldb_client_sources(watch->ksqldb, &sources, &source_count, &error) != 0 ||
        ksqldb_client_queries(watch->ksqldb, &queries, &query_count, &error) != 0) {
        ksqldb_sources_free(sources, source_count);
        post_server(watch, SERVER_KSQLDB, &error, 0, NULL);
        return;
    }
    struct event_ksqldb *event = event_new(&event_ksqldb_kind);
    event->sources = memory_zero(source_count + 1, sizeof *event->sources);
    event->queries = memory_zero(query_count + 1, sizeof *event->queries);
    event->source_count = source_count;
    event->query_count = query_count;
    for (size_t i = 0; i < source_count; i++) {
        event->sources[i] = (struct model_source){
            .name = memory_copy_string(sources[i].name),
            .topic = memory_copy_string(sources[i].topic),
            .key_format = memory_copy_string(sources[i].key_format),
            .value_format = memory_copy_string(sources[i].value_format),
            .is_table = sources[i].is_table,
            .is_windowed = sources[i].is_windowed,
        };
        note(watch, sources[i].name);
    }
    for (size_t i = 0; i < query_count; i++) {
        event->queries[i] = (struct model_query){
            .id = memory_copy_string(queries[i].id),
            .state = memory_copy_string(queries[i].state),
            .text = memory_copy_string(queries[i].text),
            .sink = memory_copy_string(queries[i].sink),
            .is_push = queries[i].is_push,
        };
        note(watch, queries[i].id);
        note(watch, queries[i].state);
    }
    ksqldb_sources_free(sources, source_count);
    ksqldb_queries_free(queries, query_count);
    mailbox_send(watch->self->context.events, &event->message);
    char detail[128];
    snprintf(detail, sizeof detail, "server %s, %s", info.version, info.status);
    post_server(watch, SERVER_KSQLDB, NULL, latency, detail);
}

static void look_connect(struct watch *watch) {
    struct error error = {0};
    struct connect_connector *connectors = NULL;
    size_t count = 0;
    int64_t started = clock_elapsed_ns(watch->self->context.clock);
    if (connect_client_list(watch->connect, &connectors, &count, &error) != 0) {
        post_server(watch, SERVER_CONNECT, &error, 0, NULL);
        return;
    }
    int64_t latency = clock_elapsed_ns(watch->self->context.clock) - started;
    struct event_connectors *event = event_new(&event_connectors_kind);
    event->connectors = memory_zero(count + 1, sizeof *event->connectors);
    event->count = count;
    for (size_t i = 0; i < count; i++) {
        struct model_connector *to = &event->connectors[i];
        *to = (struct model_connector){
            .name = memory_copy_string(connectors[i].name),
            .state = memory_copy_string(connectors[i].state),
            .trace = memory_copy_string(connectors[i].trace),
            .class_name = memory_copy_string(connectors[i].class_name),
            .task_count = connectors[i].task_count,
        };
        for (size_t j = 0; j < connectors[i].task_count; j++) {
            to->tasks_running += connectors[i].tasks[j].state && strcmp(connectors[i].tasks[j].state, "RUNNING") == 0;
            if (!to->trace && connectors[i].tasks[j].trace)
                to->trace = memory_copy_string(connectors[i].tasks[j].trace);
        }
        note(watch, to->name);
        note(watch, to->state);
    }
    connect_connectors_free(connectors, count);
    mailbox_send(watch->self->context.events, &event->message);
    char detail[64];
    snprintf(detail, sizeof detail, "%zu connectors", count);
    post_server(watch, SERVER_CONNECT, NULL, latency, detail);
}

static void look_round(struct watch *watch, const bool there[SERVER_COUNT]) {
    static void (*const looks[SERVER_COUNT])(struct watch *) = {look_kafka, look_registry, look_ksqldb, look_connect};
    watch->now = 14695981039346656037u;
    for (int i = 0; i < SERVER_COUNT && !service_stopping(watch->self); i++) {
        if (there[i] && due(watch, (enum model_server_id)i))
            looks[i](watch);
        else if (there[i])
            note(watch, "down");
    }
    watch->unchanged = watch->now == watch->seen ? watch->unchanged + 1 : 0;
    watch->seen = watch->now;
}

/* A server that is down is tried when its time has come, however quiet the others are. */
static int wait_of(const struct watch *watch) {
    int64_t wait = watch->unchanged > QUIET_AFTER ? QUIET_MS : BUSY_MS, now = clock_monotonic_ms();
    for (int i = 0; i < SERVER_COUNT; i++)
        if (watch->retry_ms[i] && watch->retry_ms[i] - now < wait)
            wait = watch->retry_ms[i] - now;
    return wait > 0 ? (int)wait : 0;
}

static void run(struct service *self) {
    struct error error = {0};
    struct profile *profile = self->context.profile;
    unsigned has = profile_capabilities(profile);
    struct watch watch = {.self = self};
    if (has & PROFILE_KAFKA && !(watch.kafka = kafka_admin_new(profile, &error)))
        service_complain(self, &error, NULL);
    if (has & PROFILE_KSQLDB && !(watch.ksqldb = ksqldb_client_new(profile, self->context.http, &error)))
        service_complain(self, &error, NULL);
    if (has & PROFILE_CONNECT && !(watch.connect = connect_client_new(profile, self->context.http, &error)))
        service_complain(self, &error, NULL);
    while (!service_stopping(self)) {
        look_round(&watch, (const bool[SERVER_COUNT]){watch.kafka, self->registry, watch.ksqldb, watch.connect});
        struct request *request = service_receive(self, wait_of(&watch));
        while (request) { /* several wishes are one look */
            watch.unchanged = 0;
            memset(watch.retry_ms, 0, sizeof watch.retry_ms);
            message_free(&request->message);
            request = service_receive(self, 0);
        }
    }
    kafka_admin_free(watch.kafka);
    ksqldb_client_free(watch.ksqldb);
    connect_client_free(watch.connect);
}

const struct service_row service_watch = {"watch", "looks at every configured server and what is on it", 0, run, true};
