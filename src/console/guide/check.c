#include "console/guide/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/base/text.h"

#define SAY(...) snprintf(detail, size, __VA_ARGS__)

static const char *const server_names[SERVER_COUNT] = {"Kafka", "registry", "ksqlDB", "Connect"};

static enum check_outcome server_ready(const struct model *model, int id, char *detail, size_t size) {
    const struct model_server *server = &model->servers[id];
    switch (server->state) {
    case SERVER_READY:
        SAY("%s %.0f ms", server_names[id], (double)server->latency_ns / 1e6);
        return CHECK_OK;
    case SERVER_DOWN:
        SAY("%s: %s", server_names[id], server->error ? server->error : "down");
        return CHECK_BROKEN;
    case SERVER_ABSENT:
        SAY("no %s address in this profile", server_names[id]);
        return CHECK_WAITING;
    case SERVER_TRYING:
        break;
    }
    SAY("connecting to %s", server_names[id]);
    return CHECK_WAITING;
}

static enum check_outcome servers_answer(const struct model *model, const struct step *step, char *const *words,
                                         size_t count, char *detail, size_t size) {
    (void)step, (void)words, (void)count;
    char all[160] = "";
    size_t used = 0, configured = 0;
    for (int i = 0; i < SERVER_COUNT; i++) {
        if (model->servers[i].state == SERVER_ABSENT)
            continue;
        configured++;
        enum check_outcome outcome = server_ready(model, i, detail, size);
        if (outcome != CHECK_OK)
            return outcome;
        int wrote = snprintf(all + used, sizeof all - used, "%s%s", used ? ", " : "", detail);
        used = wrote > 0 && used + (size_t)wrote < sizeof all ? used + (size_t)wrote : sizeof all - 1;
    }
    if (configured == 0) {
        SAY("no server configured yet");
        return CHECK_WAITING;
    }
    SAY("%s", all);
    return CHECK_OK;
}

static enum check_outcome one_server(const struct model *model, const struct step *step, char *const *words,
                                     size_t count, char *detail, size_t size) {
    (void)step;
    static const char *const names[SERVER_COUNT] = {"kafka", "registry", "ksqldb", "connect"};
    for (int i = 0; count && i < SERVER_COUNT; i++)
        if (strcmp(names[i], words[0]) == 0)
            return server_ready(model, i, detail, size);
    SAY("the step file must name kafka, registry, ksqldb or connect");
    return CHECK_WAITING;
}

static enum check_outcome cluster_metadata(const struct model *model, const struct step *step, char *const *words,
                                           size_t count, char *detail, size_t size) {
    (void)step, (void)words, (void)count;
    if (!model->topics_observed_ms || model->brokers == 0) {
        SAY("no metadata yet");
        return CHECK_WAITING;
    }
    SAY("%s, %d broker%s", model->cluster_id ? model->cluster_id : "?", model->brokers, model->brokers == 1 ? "" : "s");
    return model->servers[SERVER_KAFKA].state == SERVER_READY ? CHECK_OK : CHECK_WAITING;
}

static enum check_outcome topic_exists(const struct model *model, const struct step *step, char *const *words,
                                       size_t count, char *detail, size_t size) {
    (void)step;
    const struct model_topic *topic = count ? model_find_topic(model, words[0]) : NULL;
    if (!topic) {
        SAY("not there yet");
        return CHECK_WAITING;
    }
    int64_t wanted = 0;
    if (count > 1 && view_to_int64(view_of(words[1]), &wanted) && topic->partitions != wanted) {
        SAY("%d partitions, not %s", topic->partitions, words[1]);
        return CHECK_BROKEN;
    }
    SAY("%d partition%s", topic->partitions, topic->partitions == 1 ? "" : "s");
    return CHECK_OK;
}

static enum check_outcome topic_has_rows(const struct model *model, const struct step *step, char *const *words,
                                         size_t count, char *detail, size_t size) {
    (void)step;
    const struct model_topic *topic = count ? model_find_topic(model, words[0]) : NULL;
    if (!topic) {
        SAY("no topic yet");
        return CHECK_WAITING;
    }
    if (topic->high == 0) {
        SAY("no rows yet");
        return CHECK_WAITING;
    }
    SAY("%lld row%s, %.1f/s", (long long)topic->high, topic->high == 1 ? "" : "s", topic->rate);
    return CHECK_OK;
}

static enum check_outcome subject_exists(const struct model *model, const struct step *step, char *const *words,
                                         size_t count, char *detail, size_t size) {
    (void)step;
    for (size_t i = 0; i < count; i++) {
        if (!model_has_subject(model, words[i])) {
            SAY("missing%s%s", count > 1 ? ": " : "", count > 1 ? words[i] : "");
            return CHECK_WAITING;
        }
    }
    SAY("registered");
    return CHECK_OK;
}

static enum check_outcome connector_running(const struct model *model, const struct step *step, char *const *words,
                                            size_t count, char *detail, size_t size) {
    (void)step;
    const struct model_connector *connector = count ? model_find_connector(model, words[0]) : NULL;
    if (!connector) {
        SAY("not there yet");
        return CHECK_WAITING;
    }
    if (connector->state && strcmp(connector->state, "FAILED") == 0) {
        SAY("FAILED: %.120s", connector->trace ? connector->trace : "no trace given");
        return CHECK_BROKEN;
    }
    bool running = connector->state && strcmp(connector->state, "RUNNING") == 0 && connector->task_count > 0 &&
                   connector->tasks_running == connector->task_count;
    SAY("%s, %zu of %zu tasks", connector->state ? connector->state : "?", connector->tasks_running,
        connector->task_count);
    return running ? CHECK_OK : CHECK_WAITING;
}

static enum check_outcome rows_decode(const struct model *model, const struct step *step, char *const *words,
                                      size_t count, char *detail, size_t size) {
    (void)step;
    const struct model_tail *tail = count ? model_find_tail(model, words[0]) : NULL;
    const struct tail_row *row = tail && tail->count ? model_tail_at(tail, tail->count - 1) : NULL;
    const struct model_topic *topic = count ? model_find_topic(model, words[0]) : NULL;
    if (!topic || topic->high == 0 || !row) {
        SAY("no rows seen yet");
        return CHECK_WAITING;
    }
    if (row->error) {
        SAY("offset %lld: %.120s", (long long)row->offset, row->error);
        return CHECK_BROKEN;
    }
    SAY("%s, schema id %d", row->how ? row->how : "?", row->schema_id);
    return CHECK_OK;
}

static enum check_outcome sources_exist(const struct model *model, const struct step *step, char *const *words,
                                        size_t count, char *detail, size_t size) {
    (void)step;
    for (size_t i = 0; i < count; i++) {
        if (!model_find_source(model, words[i])) {
            SAY("%zu of %zu, next %s", i, count, words[i]);
            return CHECK_WAITING;
        }
    }
    SAY("%zu streams and tables", count);
    return CHECK_OK;
}

static enum check_outcome queries_running(const struct model *model, const struct step *step, char *const *words,
                                          size_t count, char *detail, size_t size) {
    (void)step;
    int64_t wanted = 1, running = 0;
    if (count)
        view_to_int64(view_of(words[0]), &wanted);
    for (size_t i = 0; i < model->queries.count; i++) {
        const struct model_query *query = &model->queries.items[i];
        if (query->is_push)
            continue;
        if (query->state && strcmp(query->state, "ERROR") == 0) {
            SAY("%s is in state ERROR", query->id);
            return CHECK_BROKEN;
        }
        running += query->state && strcmp(query->state, "RUNNING") == 0;
    }
    SAY("%lld of %lld running", (long long)running, (long long)wanted);
    return running >= wanted ? CHECK_OK : CHECK_WAITING;
}

static enum check_outcome group_caught_up(const struct model *model, const struct step *step, char *const *words,
                                          size_t count, char *detail, size_t size) {
    (void)step;
    const struct model_group *group = count ? model_find_group(model, words[0]) : NULL;
    if (!group || group->members == 0) {
        SAY("not started");
        return CHECK_WAITING;
    }
    if (group->lag < 0) {
        SAY("nothing committed yet");
        return CHECK_WAITING;
    }
    SAY("lag %lld", (long long)group->lag);
    /* New rows arrive all the time: a lag of a few records that are younger than a probe is caught up. */
    return group->lag <= 5 ? CHECK_OK : CHECK_WAITING;
}

static enum check_outcome alert_raised(const struct model *model, const struct step *step, char *const *words,
                                       size_t count, char *detail, size_t size) {
    (void)step, (void)words, (void)count;
    if (model->alert_records == 0) {
        SAY("p b sends one");
        return CHECK_WAITING;
    }
    SAY("%llu record%s", (unsigned long long)model->alert_records, model->alert_records == 1 ? "" : "s");
    return CHECK_OK;
}

/* A list that was never made is not a list that was cleaned: only after the clean-up command ran does this hold. */
static enum check_outcome nothing_left(const struct model *model, const struct step *step, char *const *words,
                                       size_t count, char *detail, size_t size) {
    if (step->part == 0) {
        SAY("not run yet");
        return CHECK_WAITING;
    }
    if (model->created.count) {
        SAY("%zu left, for example %.100s", model->created.count, model->created.items[model->created.count - 1]);
        return CHECK_WAITING;
    }
    for (size_t i = 0; i < count; i++) {
        if (model_find_topic(model, words[i]) || model_find_source(model, words[i]) ||
            model_find_connector(model, words[i])) {
            SAY("%s still exists", words[i]);
            return CHECK_WAITING;
        }
    }
    for (size_t i = 0; i < model->queries.count; i++) {
        if (!model->queries.items[i].is_push) {
            SAY("query %s still runs", model->queries.items[i].id);
            return CHECK_WAITING;
        }
    }
    SAY("listing shows none of it");
    return CHECK_OK;
}

const struct check_row check_rows[] = {
    {"servers-answer", "", "every configured server answers", "every server answers", servers_answer},
    {"server", "kafka|registry|ksqldb|connect", "this server answers", "%s answers", one_server},
    {"cluster-metadata", "", "the cluster answers metadata", "the cluster answers metadata", cluster_metadata},
    {"topic", "TOPIC [PARTITIONS]", "the topic exists (with that many partitions)", "topic %s exists", topic_exists},
    {"topic-has-rows", "TOPIC", "the topic has rows", "%s has rows", topic_has_rows},
    {"subject", "SUBJECT...", "the subjects exist in the registry", "%s", subject_exists},
    {"connector", "NAME", "connector and tasks are RUNNING", "connector %s runs", connector_running},
    {"rows-decode", "TOPIC", "rows arrive and decode", "rows of %s decode", rows_decode},
    {"sources", "NAME...", "these streams and tables exist", "streams and tables exist", sources_exist},
    {"queries", "COUNT", "so many persistent queries are RUNNING", "%s queries run", queries_running},
    {"group", "GROUP", "the consumer group consumes with lag 0", "detector group is consuming", group_caught_up},
    {"alert", "", "an alert was raised", "a burst raises an alert", alert_raised},
    {"nothing-left", "NAME...", "listing again shows none of what the lab made", "nothing of the lab is left",
     nothing_left},
};
const size_t check_row_count = sizeof check_rows / sizeof *check_rows;

const struct check_row *check_find(const char *name) {
    for (size_t i = 0; i < check_row_count; i++)
        if (strcmp(check_rows[i].name, name) == 0)
            return &check_rows[i];
    return NULL;
}

size_t guide_check_count(void) {
    return check_row_count;
}

const char *guide_check_name(size_t index, const char **help) {
    if (index >= check_row_count)
        return NULL;
    if (help)
        *help = check_rows[index].help;
    return check_rows[index].name;
}
