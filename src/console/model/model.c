#include "console/model/model.h"

#include <stdlib.h>
#include <string.h>

#include "console/model/owned.h"
#include "foundation/base/memory.h"

struct model *model_new(void) {
    struct model *model = memory_zero(1, sizeof *model);
    model->peers = -1;
    model->free_disk = -1;
    model->detector.lag = -1;
    model->detector.rule_count = 2;
    model->detector.rule_ratio = 1;
    model->producer.rate = 1;
    return model;
}

void model_free(struct model *model) {
    if (!model)
        return;
    memory_free(model->profile_name);
    memory_free(model->data_folder);
    memory_free(model->room);
    memory_free(model->who);
    for (int i = 0; i < SERVER_COUNT; i++)
        owned_server_clear(&model->servers[i]);
    memory_free(model->cluster_id);
    for (size_t i = 0; i < model->topics.count; i++)
        memory_free(model->topics.items[i].name);
    vector_free(&model->topics);
    owned_strings_free(model->subjects.items, model->subjects.count);
    for (size_t i = 0; i < model->groups.count; i++)
        owned_group_clear(&model->groups.items[i]);
    vector_free(&model->groups);
    for (size_t i = 0; i < model->sources.count; i++)
        owned_source_clear(&model->sources.items[i]);
    vector_free(&model->sources);
    for (size_t i = 0; i < model->queries.count; i++)
        owned_query_clear(&model->queries.items[i]);
    vector_free(&model->queries);
    for (size_t i = 0; i < model->connectors.count; i++)
        owned_connector_clear(&model->connectors.items[i]);
    vector_free(&model->connectors);
    for (size_t i = 0; i < model->tails.count; i++) {
        struct model_tail *tail = model->tails.items[i];
        for (size_t j = 0; j < tail->count; j++)
            owned_tail_row_free(tail->rows[(tail->first + j) % tail->capacity]);
        memory_free(tail->rows);
        memory_free(tail->topic);
        memory_free(tail->error);
        memory_free(tail);
    }
    vector_free(&model->tails);
    for (size_t i = 0; i < model->windows.count; i++)
        vector_free(&model->windows.items[i].rows);
    vector_free(&model->windows);
    for (size_t i = 0; i < model->alerts.count; i++)
        memory_free(model->alerts.items[i].text);
    vector_free(&model->alerts);
    memory_free(model->producer.error);
    memory_free(model->detector.error);
    owned_result_clear(&model->result);
    for (size_t i = 0; i < model->statements.count; i++) {
        memory_free(model->statements.items[i].text);
        memory_free(model->statements.items[i].outcome);
    }
    vector_free(&model->statements);
    for (size_t i = 0; i < model->messages.count; i++)
        memory_free(model->messages.items[i].text);
    vector_free(&model->messages);
    for (size_t i = 0; i < model->jobs.count; i++)
        memory_free(model->jobs.items[i].text);
    vector_free(&model->jobs);
    owned_strings_free(model->created.items, model->created.count);
    memory_free(model->listing.folder);
    owned_strings_free(model->listing.names, model->listing.count);
    memory_free(model);
}

/* Every named thing starts with its name: one search serves all. */
static const void *find(const void *items, size_t count, size_t size, const char *name) {
    for (size_t i = 0; i < count; i++) {
        const void *item = (const char *)items + i * size;
        const char *own;
        memcpy(&own, item, sizeof own);
        if (own && strcmp(own, name) == 0)
            return item;
    }
    return NULL;
}

#define FIND(vector, name) find((vector).items, (vector).count, sizeof *(vector).items, name)

const struct model_topic *model_find_topic(const struct model *model, const char *name) {
    return FIND(model->topics, name);
}

const struct model_query *model_find_query(const struct model *model, const char *id) {
    return FIND(model->queries, id);
}

const struct model_source *model_find_source(const struct model *model, const char *name) {
    return FIND(model->sources, name);
}

const struct model_connector *model_find_connector(const struct model *model, const char *name) {
    return FIND(model->connectors, name);
}

const struct model_group *model_find_group(const struct model *model, const char *name) {
    return FIND(model->groups, name);
}

const struct model_tail *model_find_tail(const struct model *model, const char *topic) {
    for (size_t i = 0; i < model->tails.count; i++)
        if (strcmp(model->tails.items[i]->topic, topic) == 0)
            return model->tails.items[i];
    return NULL;
}

const struct tail_row *model_tail_at(const struct model_tail *tail, size_t index) {
    return index < tail->count ? tail->rows[(tail->first + index) % tail->capacity] : NULL;
}

bool model_has_subject(const struct model *model, const char *name) {
    for (size_t i = 0; i < model->subjects.count; i++)
        if (strcmp(model->subjects.items[i], name) == 0)
            return true;
    return false;
}

size_t model_unseen_alerts(const struct model *model) {
    size_t unseen = 0;
    for (size_t i = 0; i < model->alerts.count; i++)
        unseen += !model->alerts.items[i].seen;
    return unseen;
}

void model_mark_alert_seen(struct model *model, uint64_t number) {
    for (size_t i = 0; i < model->alerts.count; i++) {
        if (model->alerts.items[i].number == number && !model->alerts.items[i].seen) {
            model->alerts.items[i].seen = true;
            model->revision++;
        }
    }
}

static int compare_int64(const void *a, const void *b) {
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

int64_t model_latency_percentile(const struct model_latency *latency, int64_t now_ms, int percent) {
    int64_t values[MODEL_LATENCIES];
    size_t count = 0;
    for (size_t i = 0; i < latency->count; i++)
        if (now_ms - latency->samples[i].at_ms <= 60000)
            values[count++] = latency->samples[i].ms;
    if (count == 0)
        return -1;
    qsort(values, count, sizeof *values, compare_int64);
    return values[(count - 1) * (size_t)percent / 100];
}
