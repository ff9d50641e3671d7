/* LIST QUERIES, EXPLAIN. */
#include "foundation/base/clock.h"
#include "foundation/base/memory.h"
#include "server/ksqldb/entities.h"

static void put_names(struct text *out, const char *key, struct view name) {
    put_key(out, key);
    put_open(out, '[');
    if (name.size)
        put_item(out, name);
    text_append_char(out, ']');
}

void put_query(struct text *out, const struct engine_query_info *info) {
    const char *state = state_word(info->state);
    put_open(out, '{');
    put_string(out, "queryString", info->statement);
    put_names(out, "sinks", info->sink);
    put_names(out, "sinkKafkaTopics", info->sink_topic);
    put_string(out, "id", info->id);
    put_key(out, "statusCount");
    put_open(out, '{');
    put_number(out, state, 1);
    text_append_char(out, '}');
    put_string(out, "queryType", info->push ? VIEW("PUSH") : VIEW("PERSISTENT"));
    put_string(out, "state", view_of(state));
    text_append_char(out, '}');
}

/* --- descriptions --- */

/* What EXPLAIN tells, of a query that runs or of a statement that does not. */
struct described {
    struct view id, statement, sink;
    const struct plan *plan;
    const struct properties *properties;
    const struct engine_query_info *info; /* NULL: does not run */
};

static void put_sources(struct text *out, const struct plan *plan) {
    const struct step_source *source;
    struct view names[8];
    size_t count = 0;
    for (size_t i = 0; count < sizeof names / sizeof *names && (source = plan_source_at(plan, i)); i++) {
        size_t at = count++;
        for (; at > 0 && view_compare(names[at - 1], source->name) > 0; at--)
            names[at] = names[at - 1];
        names[at] = source->name;
    }
    put_key(out, "sources");
    put_open(out, '[');
    for (size_t i = 0; i < count; i++)
        put_item(out, names[i]);
    text_append_char(out, ']');
}

static void put_properties(struct text *out, const struct properties *properties) {
    put_key(out, "overriddenProperties");
    put_open(out, '{');
    for (size_t i = 0; properties && i < properties_count(properties); i++) {
        const char *name, *value;
        properties_at(properties, i, &name, &value);
        put_string(out, name, view_of(value));
    }
    text_append_char(out, '}');
}

static void put_errors(struct text *out, const struct engine_query_info *info) {
    put_key(out, "queryErrors");
    put_open(out, '[');
    if (info && info->error) {
        put_open(out, '{');
        put_number(out, "timestamp", info->last_in_ms);
        put_string(out, "errorMessage", view_of(info->error->message));
        put_string(out, "type", info->state == ENGINE_ERROR ? VIEW("SYSTEM") : VIEW("USER"));
        text_append_char(out, '}');
    }
    text_append_char(out, ']');
}

static void put_partition(struct text *out, struct work *work, struct view topic, int32_t partition, int64_t position) {
    struct topic_name name;
    int64_t low, high;
    if (topic_name_copy(&name, topic, NULL) != 0 ||
        kafka_admin_watermarks(work->core->topics.admin, name.text, partition, TOPICS_PATIENCE_MS, &low, &high, NULL) !=
            0)
        return;
    put_open(out, '{');
    put_key(out, "topicPartitionEntity");
    put_open(out, '{');
    put_string(out, "topic", topic);
    put_number(out, "partition", partition);
    text_append_char(out, '}');
    put_number(out, "endOffset", high - 1);
    put_number(out, "committedOffset", position);
    text_append_char(out, '}');
}

static void put_tasks(struct text *out, struct work *work, const struct engine_query_info *info) {
    struct view topic;
    int64_t position;
    put_key(out, "tasksMetadata");
    put_open(out, '[');
    if (info && !info->push && !work->trial) {
        put_open(out, '{');
        put_string(out, "taskId", VIEW("0_0"));
        put_key(out, "topicOffsets");
        put_open(out, '[');
        for (size_t source = 0; engine_query_position(work->engine, info->id, source, 0, &topic, &position); source++)
            for (int32_t i = 0; engine_query_position(work->engine, info->id, source, i, &topic, &position); i++)
                put_partition(out, work, topic, i, position);
        text_append_string(out, "],\"timeCurrentIdlingStarted\":null}");
    }
    text_append_char(out, ']');
}

static void put_group(struct text *out, struct work *work, const struct described *described) {
    struct text group = TEXT_EMPTY;
    memory_group(&group, work->core->settings->service_id, described->id);
    put_string(out, "consumerGroupId", text_view(&group));
    text_free(&group);
}

static void put_host_status(struct text *out, struct work *work, const struct engine_query_info *info) {
    put_key(out, "ksqlHostQueryStatus");
    put_open(out, '{');
    if (info)
        put_string(out, work->core->settings->host, view_of(state_word(info->state)));
    text_append_char(out, '}');
}

static void put_described(struct text *out, struct work *work, const struct described *described) {
    const struct plan *plan = described->plan;
    struct text printed = TEXT_EMPTY;
    plan_print(&printed, plan);
    enum window_kind window = plan->root->kind == STEP_SINK ? plan->root->sink.format.window.kind : WINDOW_NONE;
    put_open(out, '{');
    put_string(out, "id", described->id);
    put_string(out, "statementText", described->statement);
    put_optional(out, "windowType", view_of(window_word(window)));
    put_fields(out, plan->root->schema, plan->root->kind == STEP_SINK);
    put_sources(out, plan);
    put_names(out, "sinks", described->sink);
    put_string(out, "topology", text_view(&printed));
    put_string(out, "executionPlan", text_view(&printed));
    put_properties(out, described->properties);
    put_host_status(out, work, described->info);
    put_string(out, "queryType", plan->root->kind == STEP_SINK ? VIEW("PERSISTENT") : VIEW("PUSH"));
    put_errors(out, described->info);
    put_tasks(out, work, described->info);
    put_group(out, work, described);
    put_optional(out, "state", described->info ? view_of(state_word(described->info->state)) : VIEW(""));
    text_append_char(out, '}');
    text_free(&printed);
}

static void put_running(struct text *out, struct work *work, const struct engine_query_info *info) {
    put_described(out, work,
                  &(struct described){info->id, info->statement, info->sink, info->plan, info->properties, info});
}

/* --- the statements --- */

int entity_list_queries(struct work *work, const struct statement *statement) {
    struct engine_query_info info;
    entity_begin(work, statement->extended ? "query_descriptions" : "queries", statement->written);
    put_key(work->out, statement->extended ? "queryDescriptions" : "queries");
    put_open(work->out, '[');
    for (size_t i = 0; engine_query_at(work->engine, i, &info); i++) {
        if (statement->extended)
            put_running(work->out, work, &info);
        else
            put_query(work->out, &info);
    }
    text_append_char(work->out, ']');
    entity_end(work);
    return 0;
}

static int explain_query(struct work *work, const struct statement *statement) {
    struct engine_query_info info;
    if (!engine_query_find(work->engine, statement->name, &info))
        return entity_refuse(work, statement,
                             "Query with id:%.*s does not exist, use SHOW QUERIES to view the full set of queries.",
                             VIEW_ARGS(statement->name));
    entity_begin(work, "queryDescription", statement->written);
    put_key(work->out, "queryDescription");
    put_running(work->out, work, &info);
    entity_end(work);
    return 0;
}

/* The statement is analysed as it would be, nothing is made. */
static int explain_statement(struct work *work, const struct statement *statement, const struct statement *inner) {
    struct analysis analysis = engine_analysis(work->engine, work->arena);
    struct query_definition definition;
    struct error error = {0};
    bool pull = inner->kind == STATEMENT_QUERY && inner->query->emit == EMIT_NONE;
    struct view source = inner->query->from.name;
    char *id = arena_format(work->arena, "transient_%.*s_%lld", (int)(source.size < 90 ? source.size : 90), source.data,
                            (long long)clock_wall_ms(work->core->settings->clock));
    int result = pull ? analyse_pull(&analysis, inner, id, &definition, &error)
                      : analyse_query(&analysis, inner, id, &definition, &error);
    if (result != 0)
        return entity_fail(work, statement, &error);
    struct view sink = definition.plan->root->kind == STEP_SINK ? definition.plan->root->sink.name : VIEW("");
    entity_begin(work, "queryDescription", statement->written);
    put_key(work->out, "queryDescription");
    put_described(work->out, work,
                  &(struct described){view_of(id), inner->written, sink, definition.plan, work->properties, NULL});
    entity_end(work);
    plan_release(definition.plan);
    return 0;
}

int entity_explain(struct work *work, const struct statement *statement) {
    const struct statement *inner = statement->inner;
    if (!inner && !statement->query)
        return explain_query(work, statement);
    if (!inner || !inner->query)
        return entity_refuse(work, statement, "The provided statement does not run a ksql query");
    return explain_statement(work, statement, inner);
}
