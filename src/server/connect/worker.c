#include "server/connect/worker.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/base/log.h"
#include "foundation/base/memory.h"
#include "foundation/base/thread.h"

enum { REPORTS = 1024, RETRY_FIRST_MS = 300, RETRY_MOST_MS = 60000 };
static const char configs[] = "connect-configs", offsets[] = "connect-offsets", states[] = "connect-status";
static const char *const target_names[] = {"STARTED", "PAUSED", "STOPPED"};

static void set_string(char **place, const char *value) {
    char *copy = memory_copy_string(value);
    memory_free(*place);
    *place = copy;
}

static void forget_topics(struct connector *connector) {
    for (size_t i = 0; i < connector->topics.count; i++)
        memory_free(connector->topics.items[i]);
    vector_clear(&connector->topics);
}

static void connector_free(struct connector *connector) {
    forget_topics(connector);
    vector_free(&connector->topics);
    properties_free(connector->config);
    memory_free(connector->name);
    memory_free(connector->offset);
    memory_free(connector->trace);
    memory_free(connector);
}

struct connector *worker_find(const struct worker *worker, const char *name) {
    for (size_t i = 0; name && i < worker->connectors.count; i++)
        if (strcmp(worker->connectors.items[i]->name, name) == 0)
            return worker->connectors.items[i];
    return NULL;
}

static struct connector *make(struct worker *worker, const char *name) {
    struct connector *connector = worker_find(worker, name);
    if (connector)
        return connector;
    connector = memory_zero(1, sizeof *connector);
    connector->name = memory_copy_string(name);
    vector_push(&worker->connectors, connector);
    return connector;
}

static void take_config(struct connector *connector, struct properties *config) {
    properties_free(connector->config);
    connector->config = config;
    connector->kind = connector_kind_find(properties_get(config, "connector.class"));
}

const char *connector_state(const struct connector *connector) {
    return connector->target == TARGET_STOPPED  ? "STOPPED"
           : connector->target == TARGET_PAUSED ? "PAUSED"
           : connector->kind                    ? "RUNNING"
                                                : "FAILED";
}

const char *connector_task_state(const struct connector *connector) {
    return connector->trace ? connector->waits ? "RESTARTING" : "FAILED" : connector_state(connector);
}

/* --- a connector's thread and its reports --- */

struct run {
    struct connector_run given;
    const struct connector_kind *kind;
    struct mailbox *reports; /* the worker's */
    uint64_t id;
    pthread_t thread;
    char *offset, *name;
    char *next_offset;         /* kept by this run: where it goes on after a failure */
    struct properties *config; /* a copy: the worker's may change */
};

enum report_type {
    REPORT_OFFSET,
    REPORT_TOPIC,
    REPORT_FAILED,
    REPORT_WAITS, /* failed, and is going to start again */
    REPORT_AGAIN
};
struct report {
    struct message message;
    enum report_type type;
    uint64_t run_id;
    char *text;
};

static void report_free(struct message *message) {
    memory_free(((struct report *)message)->text);
    memory_free(message);
}

/* Only the newest offset of a run matters. */
static const struct message_kind offset_kind = {"offset", MAILBOX_MERGE, report_free};
static const struct message_kind report_kind = {"report", MAILBOX_WAIT, report_free};

static void send_report(struct run *run, enum report_type type, const char *text) {
    struct report *report = memory_zero(1, sizeof *report);
    report->message.kind = type == REPORT_OFFSET ? &offset_kind : &report_kind;
    report->message.key = run->id;
    report->type = type;
    report->run_id = run->id;
    report->text = memory_copy_string(text);
    mailbox_send(run->reports, &report->message);
}

static void keep_offset(void *context, const char *offset) {
    struct run *run = context;
    set_string(&run->next_offset, offset);
    send_report(run, REPORT_OFFSET, offset);
}

static void use_topic(void *context, const char *topic) {
    send_report(context, REPORT_TOPIC, topic);
}

/* Waits before the next start of a failed connector; false: it stays as it is. */
static bool wait_to_retry(struct run *run, int64_t failing_since_ms, int64_t *delay_ms, const char *reason) {
    int64_t timeout = connector_number(connector_common, run->config, CONNECTOR_RETRY_TIMEOUT);
    int64_t most = connector_number(connector_common, run->config, CONNECTOR_RETRY_DELAY);
    if (*delay_ms > most)
        *delay_ms = most;
    if (timeout >= 0 && clock_monotonic_ms() - failing_since_ms + *delay_ms > timeout)
        return false;
    send_report(run, REPORT_WAITS, reason);
    if (!connector_wait(&run->given, (int)*delay_ms))
        return false;
    *delay_ms *= 2;
    send_report(run, REPORT_AGAIN, "");
    return true;
}

static void *run_thread(void *context) {
    struct run *run = context;
    int64_t delay_ms = RETRY_FIRST_MS, failing_since_ms = 0;
    for (;;) {
        struct error error = {0};
        int64_t began = clock_monotonic_ms();
        if (connector_check(run->kind, run->config, &error) == 0 && run->kind->run(&run->given, &error) == 0)
            return NULL;
        if (!failing_since_ms || clock_monotonic_ms() - began > RETRY_MOST_MS) { /* it worked for a while */
            failing_since_ms = clock_monotonic_ms();
            delay_ms = RETRY_FIRST_MS;
        }
        if (!wait_to_retry(run, failing_since_ms, &delay_ms, error.message)) {
            if (!mailbox_closed(run->given.stop))
                send_report(run, REPORT_FAILED, error.message);
            return NULL;
        }
        if (run->next_offset) {
            set_string(&run->offset, run->next_offset);
            run->given.offset = run->offset;
        }
    }
}

static void start(struct worker *worker, struct connector *connector) {
    if (connector->run || connector->target != TARGET_STARTED || !connector->kind)
        return;
    struct run *run = memory_zero(1, sizeof *run);
    run->kind = connector->kind;
    run->reports = worker->reports;
    run->id = connector->run_id = ++worker->last_run_id;
    run->offset = memory_copy_string(connector->offset);
    run->name = memory_copy_string(connector->name);
    run->config = properties_copy(connector->config);
    run->given = (struct connector_run){.name = run->name,
                                        .config = run->config,
                                        .profile = worker->profile,
                                        .http_client = worker->http_client,
                                        .clock = worker->clock,
                                        .offset = run->offset,
                                        .stop = mailbox_new(1),
                                        .context = run,
                                        .keep_offset = keep_offset,
                                        .use_topic = use_topic};
    memory_free(connector->trace);
    connector->trace = NULL;
    connector->waits = false;
    connector->run = run;
    run->thread = thread_start("connector", run_thread, run);
}

/* What it reported until its end counts. */
static void stop(struct worker *worker, struct connector *connector) {
    struct run *run = connector->run;
    if (!run)
        return;
    mailbox_close(run->given.stop);
    thread_join(run->thread);
    worker_take_reports(worker);
    connector->run = NULL;
    connector->run_id = 0;
    if (connector->waits) /* ended by somebody, not by its failure */
        set_string(&connector->trace, NULL);
    connector->waits = false;
    mailbox_free(run->given.stop);
    memory_free(run->offset);
    memory_free(run->next_offset);
    memory_free(run->name);
    properties_free(run->config);
    memory_free(run);
}

/* --- what is kept, as Kafka Connect's records have it --- */

static int write_record(struct worker *worker, const char *topic, const struct text *key, const struct text *value,
                        struct error *error) {
    return journal_write(worker->journal, topic, text_view(key), value ? text_view(value) : (struct view){0}, error);
}

static void write_quietly(struct worker *worker, const struct text *key, const struct text *value) {
    struct error error = {0};
    if (write_record(worker, states, key, value, &error) != 0)
        log_warn("connect", "a state is not kept: %s", error.message);
}

static void state_value(const struct worker *worker, struct text *value, const char *state, const char *trace) {
    text_clear(value);
    text_append_format(value, "{\"state\":\"%s\",\"trace\":", state);
    if (trace)
        text_append_json(value, view_of(trace));
    else
        text_append_string(value, "null");
    text_append_format(value, ",\"worker_id\":\"%s\",\"generation\":1}", worker->id);
}

/* For readers of the topic; the worker itself starts from the target. */
static void write_state(struct worker *worker, const struct connector *connector) {
    struct text key = TEXT_EMPTY, value = TEXT_EMPTY;
    text_append_format(&key, "status-connector-%s", connector->name);
    state_value(worker, &value, connector_state(connector), NULL);
    write_quietly(worker, &key, &value);
    text_clear(&key);
    text_append_format(&key, "status-task-%s-0", connector->name);
    state_value(worker, &value, connector_task_state(connector), connector->trace);
    write_quietly(worker, &key, connector->target == TARGET_STOPPED ? NULL : &value);
    text_free(&key);
    text_free(&value);
}

static void topic_key(struct text *key, const char *topic, const char *connector) {
    text_clear(key);
    text_append_format(key, "status-topic-%s:connector-%s", topic, connector);
}

static void take_topic(struct connector *connector, const char *topic) {
    for (size_t i = 0; i < connector->topics.count; i++)
        if (strcmp(connector->topics.items[i], topic) == 0)
            return;
    vector_push(&connector->topics, memory_copy_string(topic));
}

static void offset_key(struct text *key, const struct connector *connector) {
    text_append_char(key, '[');
    text_append_json(key, view_of(connector->name));
    text_append_format(key, ",%s]", connector->kind ? connector->kind->partition : "{}");
}

static void take_report(struct worker *worker, struct connector *connector, const struct report *report) {
    struct text key = TEXT_EMPTY, value = TEXT_EMPTY;
    struct error error = {0};
    if (report->type == REPORT_OFFSET) {
        set_string(&connector->offset, report->text);
        offset_key(&key, connector);
        text_append_string(&value, report->text);
        if (write_record(worker, offsets, &key, &value, &error) != 0)
            log_error("connect", "%s: its offset is not kept, a restart repeats records: %s", connector->name,
                      error.message);
    } else if (report->type == REPORT_TOPIC) {
        take_topic(connector, report->text);
        topic_key(&key, report->text, connector->name);
        text_append_string(&value, "{\"topic\":{\"name\":");
        text_append_json(&value, view_of(report->text));
        text_append_string(&value, ",\"connector\":");
        text_append_json(&value, view_of(connector->name));
        text_append_format(&value, ",\"task\":0,\"discoverTimestamp\":%lld}}", (long long)clock_wall_ms(worker->clock));
        write_quietly(worker, &key, &value);
    } else if (report->type == REPORT_AGAIN) {
        set_string(&connector->trace, NULL);
        connector->waits = false;
        write_state(worker, connector);
    } else {
        connector->waits = report->type == REPORT_WAITS;
        log_error("connect", "%s failed%s: %s", connector->name, connector->waits ? " and is started again" : "",
                  report->text);
        set_string(&connector->trace, report->text);
        write_state(worker, connector);
    }
    text_free(&key);
    text_free(&value);
}

void worker_take_reports(struct worker *worker) {
    struct message *message;
    while ((message = mailbox_receive(worker->reports, 0))) {
        struct report *report = (struct report *)message;
        for (size_t i = 0; i < worker->connectors.count; i++)
            if (worker->connectors.items[i]->run_id == report->run_id)
                take_report(worker, worker->connectors.items[i], report);
        message_free(message);
    }
}

/* --- reading what was kept --- */

static struct properties *read_properties(const json_t *object) {
    struct properties *config = properties_new();
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value) {
        if (json_is_string(value))
            properties_set(config, name, json_string_value(value));
    }
    return config;
}

static void remove_connector(struct worker *worker, struct connector *connector) {
    for (size_t i = 0; i < worker->connectors.count; i++)
        if (worker->connectors.items[i] == connector) {
            vector_remove(&worker->connectors, i);
            break;
        }
    connector_free(connector);
}

static void apply_config(struct worker *worker, const char *key, const json_t *value) {
    static const char config[] = "connector-", target[] = "target-state-";
    if (strncmp(key, config, sizeof config - 1) == 0) {
        const char *name = key + sizeof config - 1;
        const json_t *properties = json_object_get(value, "properties");
        if (properties)
            take_config(make(worker, name), read_properties(properties));
        else if (worker_find(worker, name))
            remove_connector(worker, worker_find(worker, name));
    } else if (strncmp(key, target, sizeof target - 1) == 0) {
        struct connector *connector = worker_find(worker, key + sizeof target - 1);
        const char *state = json_string_value(json_object_get(value, "state.v2"));
        if (!state)
            state = json_string_value(json_object_get(value, "state"));
        for (size_t i = 0; connector && state && i < sizeof target_names / sizeof *target_names; i++)
            if (strcmp(state, target_names[i]) == 0)
                connector->target = (enum target)i;
    }
}

static void apply_offset(struct worker *worker, const char *key, const json_t *value) {
    json_t *parts = json_loads(key, 0, NULL);
    struct connector *connector = worker_find(worker, json_string_value(json_array_get(parts, 0)));
    json_decref(parts);
    if (!connector)
        return;
    memory_free(connector->offset);
    connector->offset = NULL;
    char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;
    if (text)
        connector->offset = memory_copy_string(text);
    free(text);
}

static void apply_state(struct worker *worker, const json_t *value) {
    const json_t *topic = json_object_get(value, "topic");
    const char *name = json_string_value(json_object_get(topic, "name"));
    struct connector *connector = worker_find(worker, json_string_value(json_object_get(topic, "connector")));
    if (connector && name)
        take_topic(connector, name);
}

static void apply(void *context, const char *topic, struct view key_bytes, struct view value_bytes) {
    struct worker *worker = context;
    json_t *value = value_bytes.data ? json_loadb(value_bytes.data, value_bytes.size, 0, NULL) : NULL;
    struct text key = TEXT_EMPTY;
    text_append(&key, key_bytes);
    if (value_bytes.data && !value)
        log_warn("connect", "a record of %s is not JSON and skipped", topic);
    else if (strcmp(topic, configs) == 0)
        apply_config(worker, text_string(&key), value);
    else if (strcmp(topic, offsets) == 0)
        apply_offset(worker, text_string(&key), value);
    else
        apply_state(worker, value);
    json_decref(value);
    text_free(&key);
}

int worker_open(struct worker *worker, struct error *error) {
    static const char *const topics[] = {configs, offsets, states};
    const struct journal_options journal = {
        .profile = worker->profile, .topics = topics, .topic_count = 3, .apply = apply, .context = worker};
    worker->reports = mailbox_new(REPORTS);
    worker->journal = journal_open(&journal, error);
    return worker->journal ? 0 : -1;
}

void worker_start_all(struct worker *worker) {
    for (size_t i = 0; i < worker->connectors.count; i++)
        start(worker, worker->connectors.items[i]);
}

void worker_close(struct worker *worker) {
    for (size_t i = 0; i < worker->connectors.count; i++)
        stop(worker, worker->connectors.items[i]);
    for (size_t i = 0; i < worker->connectors.count; i++)
        connector_free(worker->connectors.items[i]);
    vector_free(&worker->connectors);
    mailbox_free(worker->reports);
    journal_close(worker->journal);
}

/* --- changing --- */

static int write_target(struct worker *worker, const char *name, enum target target, struct error *error) {
    struct text key = TEXT_EMPTY, value = TEXT_EMPTY;
    text_append_format(&key, "target-state-%s", name);
    text_append_format(&value, "{\"state\":\"%s\",\"state.v2\":\"%s\"}",
                       target_names[target == TARGET_STOPPED ? TARGET_PAUSED : target], target_names[target]);
    int result = write_record(worker, configs, &key, &value, error);
    text_free(&key);
    text_free(&value);
    return result;
}

int worker_configure(struct worker *worker, const char *name, struct properties *config, enum target target,
                     struct error *error) {
    struct text key = TEXT_EMPTY, value = TEXT_EMPTY;
    properties_set(config, "name", name);
    text_append_format(&key, "connector-%s", name);
    text_append_string(&value, "{\"properties\":{");
    for (size_t i = 0; i < properties_count(config); i++) {
        const char *setting, *set_to;
        properties_at(config, i, &setting, &set_to);
        text_append_string(&value, i ? "," : "");
        text_append_json(&value, view_of(setting));
        text_append_char(&value, ':');
        text_append_json(&value, view_of(set_to));
    }
    text_append_string(&value, "}}");
    int result = write_record(worker, configs, &key, &value, error);
    text_free(&key);
    text_free(&value);
    if (result != 0) {
        properties_free(config);
        return -1;
    }
    struct connector *connector = make(worker, name);
    stop(worker, connector);
    take_config(connector, config);
    connector->target = target;
    start(worker, connector);
    write_state(worker, connector);
    return write_target(worker, name, target, error);
}

int worker_set_target(struct worker *worker, struct connector *connector, enum target target, struct error *error) {
    if (write_target(worker, connector->name, target, error) != 0)
        return -1;
    connector->target = target;
    if (target == TARGET_STARTED)
        start(worker, connector);
    else
        stop(worker, connector);
    write_state(worker, connector);
    return 0;
}

void worker_restart(struct worker *worker, struct connector *connector) {
    stop(worker, connector);
    start(worker, connector);
    write_state(worker, connector);
}

int worker_keep_offset(struct worker *worker, struct connector *connector, const char *offset, struct error *error) {
    struct text key = TEXT_EMPTY, value = TEXT_EMPTY;
    offset_key(&key, connector);
    text_append_string(&value, offset);
    int result = write_record(worker, offsets, &key, &value, error);
    if (result == 0)
        set_string(&connector->offset, offset);
    text_free(&key);
    text_free(&value);
    return result;
}

int worker_forget_offsets(struct worker *worker, struct connector *connector, struct error *error) {
    struct text key = TEXT_EMPTY;
    offset_key(&key, connector);
    int result = write_record(worker, offsets, &key, NULL, error);
    text_free(&key);
    if (result == 0) {
        memory_free(connector->offset);
        connector->offset = NULL;
    }
    return result;
}

int worker_delete(struct worker *worker, struct connector *connector, struct error *error) {
    struct text key = TEXT_EMPTY;
    stop(worker, connector);
    text_append_format(&key, "connector-%s", connector->name);
    int result = worker_forget_offsets(worker, connector, error);
    if (result == 0)
        result = write_record(worker, configs, &key, NULL, error);
    if (result == 0) {
        text_clear(&key);
        text_append_format(&key, "target-state-%s", connector->name);
        result = write_record(worker, configs, &key, NULL, error);
    }
    for (size_t i = 0; result == 0 && i < connector->topics.count; i++) {
        topic_key(&key, connector->topics.items[i], connector->name);
        write_quietly(worker, &key, NULL);
    }
    if (result == 0) {
        text_clear(&key);
        text_append_format(&key, "status-connector-%s", connector->name);
        write_quietly(worker, &key, NULL);
        text_clear(&key);
        text_append_format(&key, "status-task-%s-0", connector->name);
        write_quietly(worker, &key, NULL);
        remove_connector(worker, connector);
    }
    text_free(&key);
    return result;
}
