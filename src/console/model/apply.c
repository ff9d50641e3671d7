#include <string.h>

#include "console/model/event.h"
#include "console/model/owned.h"
#include "foundation/base/memory.h"

enum { WINDOWS_KEPT = 12, ALERTS_KEPT = 10000, MESSAGES_KEPT = 1000, STATEMENTS_KEPT = 1000, RATE_SECONDS = 5 };

#define TAKE(to, from)                                                                                                 \
    do {                                                                                                               \
        memory_free(to);                                                                                               \
        (to) = (from);                                                                                                 \
        (from) = NULL;                                                                                                 \
    } while (0)

static void apply_profile(struct model *model, struct message *message, int64_t now_ms) {
    struct event_profile *event = (struct event_profile *)message;
    TAKE(model->profile_name, event->name);
    TAKE(model->data_folder, event->data_folder);
    TAKE(model->room, event->room);
    model->capabilities = event->capabilities;
    for (int i = 0; i < SERVER_COUNT; i++) {
        struct model_server *server = &model->servers[i];
        owned_server_clear(server);
        server->address = event->addresses[i];
        event->addresses[i] = NULL;
        server->state = server->address ? SERVER_TRYING : SERVER_ABSENT;
        server->since_ms = now_ms;
    }
}

static void apply_server(struct model *model, struct message *message, int64_t now_ms) {
    struct event_server *event = (struct event_server *)message;
    struct model_server *server = &model->servers[event->server], *seen = &event->observed;
    if (server->state != seen->state)
        server->since_ms = now_ms;
    server->state = seen->state;
    server->observed_ms = now_ms;
    server->retry_ms = seen->retry_ms;
    if (seen->latency_ns)
        server->latency_ns = seen->latency_ns;
    if (seen->address)
        TAKE(server->address, seen->address);
    if (seen->detail)
        TAKE(server->detail, seen->detail);
    TAKE(server->error, seen->error);
}

/* Where a Connect worker keeps its state, as Kafka's own scripts name them: nobody's data. */
static bool is_of_the_worker(const char *topic) {
    return strcmp(topic, "connect-configs") == 0 || strcmp(topic, "connect-offsets") == 0 ||
           strcmp(topic, "connect-status") == 0;
}

static void apply_cluster(struct model *model, struct message *message, int64_t now_ms) {
    struct event_cluster *event = (struct event_cluster *)message;
    TAKE(model->cluster_id, event->cluster_id);
    model->brokers = event->brokers;
    VECTOR(struct model_topic) kept = {0};
    for (size_t i = 0; i < event->topic_count; i++) {
        struct event_topic *seen = &event->topics[i];
        struct model_topic topic = {.lag = -1, .bytes_rate = -1};
        for (size_t j = 0; j < model->topics.count; j++) {
            struct model_topic *old = &model->topics.items[j];
            if (old->name && strcmp(old->name, seen->name) == 0) {
                topic = *old;
                old->name = NULL;
            }
        }
        TAKE(topic.name, seen->name);
        topic.partitions = seen->partitions;
        topic.replicas = seen->replicas;
        topic.internal = seen->internal || is_of_the_worker(topic.name);
        size_t at = kept.count;
        while (at > 0 && strcmp(kept.items[at - 1].name, topic.name) > 0)
            at--;
        vector_push(&kept, topic);
        memmove(&kept.items[at + 1], &kept.items[at], (kept.count - 1 - at) * sizeof *kept.items);
        kept.items[at] = topic;
    }
    for (size_t j = 0; j < model->topics.count; j++)
        memory_free(model->topics.items[j].name);
    vector_free(&model->topics);
    model->topics.items = kept.items;
    model->topics.count = kept.count;
    model->topics.capacity = kept.capacity;
    model->topics_observed_ms = now_ms;
}

/* One for each second since the last look; a look within the same second adds to it. */
static void open_seconds(struct model_topic *topic, int64_t at_ms) {
    int64_t passed = (at_ms - topic->second_ms + 500) / 1000;
    if (topic->seconds_count == 0 || at_ms < topic->second_ms) /* the first one, or the clock was put back */
        passed = 1;
    topic->second_ms = at_ms;
    for (int64_t i = 0; i < passed && i < MODEL_SECONDS; i++) {
        topic->seconds_at = (topic->seconds_at + 1) % MODEL_SECONDS;
        topic->seconds[topic->seconds_at] = 0;
        if (topic->seconds_count < MODEL_SECONDS)
            topic->seconds_count++;
    }
}

static void topic_second(struct model_topic *topic, const struct event_rate *rate, int64_t at_ms) {
    int64_t moved = topic->seconds_count || topic->high ? rate->high - topic->high : 0;
    if (topic->last_change_ms == 0 && rate->high == 0)
        moved = 0;
    if (moved < 0)
        moved = 0; /* the topic was made anew */
    if (rate->high != topic->high)
        topic->last_change_ms = at_ms;
    topic->high = rate->high;
    topic->records = rate->records;
    topic->lag = rate->lag;
    open_seconds(topic, at_ms);
    uint32_t *now = &topic->seconds[topic->seconds_at];
    *now = moved > UINT32_MAX - *now ? UINT32_MAX : *now + (uint32_t)moved;
    size_t span = topic->seconds_count < RATE_SECONDS ? topic->seconds_count : RATE_SECONDS;
    double sum = 0;
    for (size_t i = 0; i < span; i++)
        sum += topic->seconds[(topic->seconds_at + MODEL_SECONDS - i) % MODEL_SECONDS];
    topic->rate = span ? sum / (double)span : 0;
    topic->bytes_rate =
        rate->bytes_rate < 0 && topic->record_bytes > 0 ? topic->rate * topic->record_bytes : rate->bytes_rate;
}

static void apply_rates(struct model *model, struct message *message, int64_t now_ms) {
    (void)now_ms;
    struct event_rates *event = (struct event_rates *)message;
    for (size_t i = 0; i < event->count; i++) {
        const struct event_rate *rate = &event->rates[i];
        for (size_t j = 0; j < model->topics.count; j++)
            if (strcmp(model->topics.items[j].name, rate->topic) == 0)
                topic_second(&model->topics.items[j], rate, event->at_ms);
    }
    for (size_t i = 0; i < model->queries.count; i++) {
        struct model_query *query = &model->queries.items[i];
        const struct model_source *source = query->sink ? model_find_source(model, query->sink) : NULL;
        const struct model_topic *topic = source ? model_find_topic(model, source->topic) : NULL;
        query->rate = topic ? topic->rate : 0;
        query->rows = topic ? topic->high : 0;
    }
}

static void apply_subjects(struct model *model, struct message *message, int64_t now_ms) {
    struct event_subjects *event = (struct event_subjects *)message;
    owned_strings_free(model->subjects.items, model->subjects.count);
    model->subjects.items = event->subjects;
    model->subjects.count = model->subjects.capacity = event->count;
    event->subjects = NULL;
    event->count = 0;
    model->subjects_observed_ms = now_ms;
}

static void apply_groups(struct model *model, struct message *message, int64_t now_ms) {
    struct event_groups *event = (struct event_groups *)message;
    for (size_t i = 0; i < model->groups.count; i++)
        owned_group_clear(&model->groups.items[i]);
    vector_clear(&model->groups);
    for (size_t i = 0; i < event->count; i++)
        vector_push(&model->groups, event->groups[i]);
    event->count = 0;
    model->groups_observed_ms = now_ms;
}

static void apply_ksqldb(struct model *model, struct message *message, int64_t now_ms) {
    struct event_ksqldb *event = (struct event_ksqldb *)message;
    for (size_t i = 0; i < event->query_count; i++) {
        const struct model_query *old = model_find_query(model, event->queries[i].id);
        if (old) {
            event->queries[i].rate = old->rate;
            event->queries[i].rows = old->rows;
        }
    }
    for (size_t i = 0; i < model->sources.count; i++)
        owned_source_clear(&model->sources.items[i]);
    for (size_t i = 0; i < model->queries.count; i++)
        owned_query_clear(&model->queries.items[i]);
    vector_clear(&model->sources);
    vector_clear(&model->queries);
    for (size_t i = 0; i < event->source_count; i++)
        vector_push(&model->sources, event->sources[i]);
    for (size_t i = 0; i < event->query_count; i++)
        vector_push(&model->queries, event->queries[i]);
    event->source_count = event->query_count = 0;
    model->ksqldb_observed_ms = now_ms;
}

static void apply_connectors(struct model *model, struct message *message, int64_t now_ms) {
    struct event_connectors *event = (struct event_connectors *)message;
    for (size_t i = 0; i < model->connectors.count; i++)
        owned_connector_clear(&model->connectors.items[i]);
    vector_clear(&model->connectors);
    for (size_t i = 0; i < event->count; i++)
        vector_push(&model->connectors, event->connectors[i]);
    event->count = 0;
    model->connectors_observed_ms = now_ms;
}

static struct model_tail *tail_of(struct model *model, const char *topic) {
    struct model_tail *tail = (struct model_tail *)(uintptr_t)model_find_tail(model, topic);
    if (tail)
        return tail;
    tail = memory_zero(1, sizeof *tail);
    tail->topic = memory_copy_string(topic);
    tail->capacity = MODEL_SCROLLBACK;
    tail->rows = memory_zero(tail->capacity, sizeof *tail->rows);
    tail->loading = true;
    vector_push(&model->tails, tail);
    return tail;
}

/* The newest rows weigh most: sizes change with what is sent. */
static void note_sizes(struct model *model, const struct event_tail *event) {
    struct model_topic *topic = (struct model_topic *)(uintptr_t)model_find_topic(model, event->topic);
    for (size_t i = 0; topic && i < event->count; i++) {
        const struct tail_row *row = event->rows[i];
        double size = (double)row->raw_size + (row->key ? (double)strlen(row->key) : 0);
        topic->record_bytes = topic->record_bytes > 0 ? topic->record_bytes * 0.9 + size * 0.1 : size;
    }
}

static void apply_tail(struct model *model, struct message *message, int64_t now_ms) {
    (void)now_ms;
    struct event_tail *event = (struct event_tail *)message;
    struct model_tail *tail = tail_of(model, event->topic);
    note_sizes(model, event);
    /* Rows that a full mailbox dropped show up as a gap in the running totals. */
    uint64_t shown_before = tail->received, gap = 0;
    if (event->received > shown_before + event->count && shown_before)
        gap = event->received - shown_before - event->count;
    for (size_t i = 0; i < event->count; i++) {
        struct tail_row *row = event->rows[i];
        row->sequence = ++tail->last_sequence;
        if (i == 0 && gap > row->skipped_before)
            row->skipped_before = gap;
        if (tail->count == tail->capacity) {
            owned_tail_row_free(tail->rows[tail->first]);
            tail->first = (tail->first + 1) % tail->capacity;
            tail->count--;
        }
        tail->rows[(tail->first + tail->count) % tail->capacity] = row;
        tail->count++;
    }
    event->count = 0;
    tail->received = event->received;
    tail->skipped = event->skipped;
    tail->undecodable = event->undecodable;
    tail->loading = false;
}

static void apply_tail_state(struct model *model, struct message *message, int64_t now_ms) {
    (void)now_ms;
    struct event_tail_state *event = (struct event_tail_state *)message;
    struct model_tail *tail = tail_of(model, event->topic);
    if (event->loading) {
        for (size_t j = 0; j < tail->count; j++)
            owned_tail_row_free(tail->rows[(tail->first + j) % tail->capacity]);
        tail->first = tail->count = 0;
        tail->received = tail->skipped = tail->undecodable = 0;
    }
    tail->loading = event->loading;
    TAKE(tail->error, event->error);
}

static struct model_window *window_of(struct model *model, int64_t start, int64_t end) {
    size_t at = model->windows.count;
    while (at > 0 && model->windows.items[at - 1].start >= start) {
        if (model->windows.items[at - 1].start == start)
            return &model->windows.items[at - 1];
        at--;
    }
    if (model->windows.count == WINDOWS_KEPT) {
        if (at == 0)
            return NULL; /* older than all that are kept */
        vector_free(&model->windows.items[0].rows);
        vector_remove(&model->windows, 0);
        at--;
    }
    struct model_window window = {.start = start, .end = end};
    vector_push(&model->windows, window);
    memmove(&model->windows.items[at + 1], &model->windows.items[at],
            (model->windows.count - 1 - at) * sizeof *model->windows.items);
    model->windows.items[at] = window;
    return &model->windows.items[at];
}

static void apply_window(struct model *model, struct message *message, int64_t now_ms) {
    struct event_window *event = (struct event_window *)message;
    for (size_t i = 0; i < event->count; i++) {
        struct model_window_row *seen = &event->rows[i];
        struct model_window *window = window_of(model, seen->window_start, seen->window_end);
        if (!window)
            continue;
        struct model_window_row *row = NULL;
        for (size_t j = 0; j < window->rows.count && !row; j++)
            if (strcmp(window->rows.items[j].card, seen->card) == 0 &&
                strcmp(window->rows.items[j].email, seen->email) == 0 && window->rows.items[j].average == seen->average)
                row = &window->rows.items[j];
        if (!row) {
            vector_push(&window->rows, (struct model_window_row){0});
            row = &window->rows.items[window->rows.count - 1];
        }
        seen->added_count = seen->count - row->count;
        seen->added_total = seen->total - row->total;
        if (row->count && seen->added_count == 0 && seen->added_total == 0)
            continue; /* repeated output changes nothing */
        seen->changed_ms = now_ms;
        *row = *seen;
        if (now_ms >= window->end)
            window->late++;
    }
}

static void apply_alert(struct model *model, struct message *message, int64_t now_ms) {
    struct event_alert *event = (struct event_alert *)message;
    struct model_alert *seen = &event->alert;
    model->alert_records++;
    seen->arrived_ms = now_ms;
    for (size_t i = model->alerts.count; !seen->text && i-- > 0;) {
        struct model_alert *alert = &model->alerts.items[i];
        if (alert->text || strcmp(alert->card, seen->card) != 0 || strcmp(alert->window_start, seen->window_start) != 0)
            continue;
        bool worse = seen->total > alert->total;
        alert->records++;
        alert->count = seen->count;
        alert->total = seen->total;
        alert->average = seen->average;
        alert->last_ms = seen->last_ms;
        alert->arrived_ms = now_ms;
        alert->partition = seen->partition;
        alert->offset = seen->offset;
        if (worse && i + 1 < model->alerts.count) { /* the newest news comes last */
            struct model_alert moved = *alert;
            vector_remove(&model->alerts, i);
            vector_push(&model->alerts, moved);
        }
        return;
    }
    seen->number = model->alerts.count ? 0 : 1;
    for (size_t i = 0; i < model->alerts.count; i++)
        if (model->alerts.items[i].number >= seen->number)
            seen->number = model->alerts.items[i].number + 1;
    seen->records = 1;
    if (model->alerts.count == ALERTS_KEPT) {
        memory_free(model->alerts.items[0].text);
        vector_remove(&model->alerts, 0);
    }
    vector_push(&model->alerts, *seen);
    seen->text = NULL;
}

static void apply_latency(struct model *model, struct message *message, int64_t now_ms) {
    (void)now_ms;
    struct event_latency *event = (struct event_latency *)message;
    struct model_latency *latency = event->to_alert ? &model->to_alert : &model->to_window;
    latency->samples[latency->at].at_ms = event->at_ms;
    latency->samples[latency->at].ms = event->ms;
    latency->at = (latency->at + 1) % MODEL_LATENCIES;
    if (latency->count < MODEL_LATENCIES)
        latency->count++;
}

static void apply_producer(struct model *model, struct message *message, int64_t now_ms) {
    (void)now_ms;
    struct event_producer *event = (struct event_producer *)message;
    memory_free(model->producer.error);
    model->producer = event->state;
    event->state.error = NULL;
}

static void apply_detector(struct model *model, struct message *message, int64_t now_ms) {
    (void)now_ms;
    struct event_detector *event = (struct event_detector *)message;
    memory_free(model->detector.error);
    model->detector = event->state;
    event->state.error = NULL;
}

static void apply_result(struct model *model, struct message *message, int64_t now_ms) {
    struct event_result *event = (struct event_result *)message;
    struct model_result *result = &model->result, *seen = &event->result;
    if (seen->state == RESULT_RUNNING && seen->columns) {
        char *statement = result->state == RESULT_RUNNING ? result->statement : NULL; /* it came before its header */
        if (statement)
            result->statement = NULL;
        owned_result_clear(result);
        *result = *seen;
        *seen = (struct model_result){0};
        if (!result->statement)
            TAKE(result->statement, statement);
        memory_free(statement);
        result->capacity = MODEL_SCROLLBACK;
        result->rows = memory_zero(result->capacity, sizeof *result->rows);
        result->started_ms = now_ms;
        return;
    }
    if (seen->state == RESULT_RUNNING) { /* another statement begins */
        owned_result_clear(result);
        result->started_ms = now_ms;
    }
    result->state = seen->state;
    TAKE(result->error, seen->error);
    if (seen->statement)
        TAKE(result->statement, seen->statement);
    if (seen->state != RESULT_RUNNING)
        result->ended_ms = now_ms;
}

static void apply_result_rows(struct model *model, struct message *message, int64_t now_ms) {
    (void)now_ms;
    struct event_result_rows *event = (struct event_result_rows *)message;
    struct model_result *result = &model->result;
    if (!result->rows || event->column_count != result->column_count)
        return;
    for (size_t i = 0; i < event->count; i++) {
        if (result->count == result->capacity) {
            owned_strings_free(result->rows[result->first], result->column_count);
            result->first = (result->first + 1) % result->capacity;
            result->count--;
        }
        result->rows[(result->first + result->count) % result->capacity] = event->rows[i];
        result->count++;
        result->received++;
    }
    event->count = 0;
}

static void apply_statement(struct model *model, struct message *message, int64_t now_ms) {
    (void)now_ms;
    struct event_statement *event = (struct event_statement *)message;
    if (model->statements.count == STATEMENTS_KEPT) {
        memory_free(model->statements.items[0].text);
        memory_free(model->statements.items[0].outcome);
        vector_remove(&model->statements, 0);
    }
    model->statement_total++;
    vector_push(&model->statements, event->statement);
    event->statement = (struct model_statement){0};
}

static void apply_message(struct model *model, struct message *message, int64_t now_ms) {
    struct event_message *event = (struct event_message *)message;
    if (model->messages.count == MESSAGES_KEPT) {
        memory_free(model->messages.items[0].text);
        vector_remove(&model->messages, 0);
    }
    model->message_total++;
    vector_push(&model->messages, (struct model_message){event->level, now_ms, event->text});
    event->text = NULL;
}

static void apply_job(struct model *model, struct message *message, int64_t now_ms) {
    struct event_job *event = (struct event_job *)message;
    size_t at = 0;
    while (at < model->jobs.count && model->jobs.items[at].id != event->job.id)
        at++;
    if (event->ended) {
        if (at < model->jobs.count) {
            memory_free(model->jobs.items[at].text);
            vector_remove(&model->jobs, at);
        }
        return;
    }
    if (at == model->jobs.count) {
        vector_push(&model->jobs, (struct model_job){.id = event->job.id, .started_ms = now_ms});
    }
    struct model_job *job = &model->jobs.items[at];
    TAKE(job->text, event->job.text);
    job->done = event->job.done;
    job->total = event->job.total;
}

static void apply_embedded(struct model *model, struct message *message, int64_t now_ms) {
    (void)now_ms;
    struct event_embedded *event = (struct event_embedded *)message;
    if (event->peers >= 0) {
        model->peers = event->peers;
        model->guests = event->guests;
        TAKE(model->who, event->who);
    }
    if (event->free_disk >= 0)
        model->free_disk = event->free_disk;
}

static void apply_ledger(struct model *model, struct message *message, int64_t now_ms) {
    (void)now_ms;
    struct event_ledger *event = (struct event_ledger *)message;
    for (size_t i = 0; i < model->created.count; i++) {
        if (strcmp(model->created.items[i], event->what) == 0) {
            if (event->removed) {
                memory_free(model->created.items[i]);
                vector_remove(&model->created, i);
            }
            return;
        }
    }
    if (!event->removed) {
        vector_push(&model->created, event->what);
        event->what = NULL;
    }
}

static void apply_listing(struct model *model, struct message *message, int64_t now_ms) {
    (void)now_ms;
    struct event_listing *event = (struct event_listing *)message;
    struct model_listing old = model->listing;
    model->listing = event->listing; /* the old one goes with the event */
    event->listing = old;
}

void model_apply(struct model *model, struct message *event, int64_t now_ms) {
    static const struct {
        const struct message_kind *kind;
        void (*apply)(struct model *, struct message *, int64_t);
    } rows[] = {
        {&event_profile_kind, apply_profile},
        {&event_server_kind, apply_server},
        {&event_cluster_kind, apply_cluster},
        {&event_rates_kind, apply_rates},
        {&event_subjects_kind, apply_subjects},
        {&event_groups_kind, apply_groups},
        {&event_ksqldb_kind, apply_ksqldb},
        {&event_connectors_kind, apply_connectors},
        {&event_tail_kind, apply_tail},
        {&event_tail_state_kind, apply_tail_state},
        {&event_window_kind, apply_window},
        {&event_alert_kind, apply_alert},
        {&event_latency_kind, apply_latency},
        {&event_producer_kind, apply_producer},
        {&event_detector_kind, apply_detector},
        {&event_result_kind, apply_result},
        {&event_result_rows_kind, apply_result_rows},
        {&event_statement_kind, apply_statement},
        {&event_message_kind, apply_message},
        {&event_job_kind, apply_job},
        {&event_embedded_kind, apply_embedded},
        {&event_ledger_kind, apply_ledger},
        {&event_listing_kind, apply_listing},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].kind == event->kind) {
            rows[i].apply(model, event, now_ms);
            model->revision++;
            return;
        }
    }
    fatal("model_apply: '%s' has no row", event->kind->name);
}
