/* LIST STREAMS and TABLES, DESCRIBE. */
#include "server/ksqldb/entities.h"

static bool wanted(const struct source *source, struct view kind) {
    return source->kind == (view_equal(kind, VIEW("STREAMS")) ? SOURCE_STREAM : SOURCE_TABLE);
}

static void put_row(struct text *out, const struct source *source) {
    put_open(out, '{');
    put_string(out, "type", source->kind == SOURCE_STREAM ? VIEW("STREAM") : VIEW("TABLE"));
    put_string(out, "name", source->name);
    put_string(out, "topic", source->topic);
    put_string(out, "keyFormat", source->format.key_format);
    put_string(out, "valueFormat", source->format.value_format);
    put_bool(out, "isWindowed", source->format.window.kind != WINDOW_NONE);
    text_append_char(out, '}');
}

/* --- what DESCRIBE tells of one --- */

static void put_queries(struct text *out, struct work *work, const struct source *source, bool writes) {
    struct view id;
    bool writing;
    struct engine_query_info info;
    put_key(out, writes ? "writeQueries" : "readQueries");
    put_open(out, '[');
    for (size_t i = 0; catalog_query_at(engine_catalog(work->engine), source->name, i, &id, &writing); i++)
        if (writing == writes && engine_query_find(work->engine, id, &info) && !info.push)
            put_query(out, &info);
    text_append_char(out, ']');
}

/* Sources that are made of this one: they keep it from being dropped. */
static void put_constraints(struct text *out, struct work *work, const struct source *source) {
    struct view id;
    bool writes;
    struct engine_query_info info;
    put_key(out, "sourceConstraints");
    put_open(out, '[');
    for (size_t i = 0; catalog_query_at(engine_catalog(work->engine), source->name, i, &id, &writes); i++) {
        if (writes || !engine_query_find(work->engine, id, &info) || info.push)
            continue;
        const struct source *made = catalog_find(engine_catalog(work->engine), info.sink);
        if (made && view_equal_ignoring_case(made->made_by, id))
            put_item(out, made->name);
    }
    text_append_char(out, ']');
}

static void put_figure(struct text *out, struct work *work, const char *name, uint64_t value, int64_t time_ms) {
    put_open(out, '{');
    put_string(out, "name", view_of(name));
    put_string(out, "host", view_of(work->core->settings->host));
    put_key(out, "value");
    text_append_format(out, "%llu.0", (unsigned long long)value);
    put_number(out, "timestamp", time_ms);
    text_append_char(out, '}');
}

/* Records read from it by queries that read nothing else, and written to it. */
static void put_statistics(struct text *out, struct work *work, const struct source *source) {
    struct view id;
    bool writes;
    struct engine_query_info info;
    uint64_t read = 0, written = 0;
    int64_t read_ms = 0, written_ms = 0;
    for (size_t i = 0; catalog_query_at(engine_catalog(work->engine), source->name, i, &id, &writes); i++) {
        if (!engine_query_find(work->engine, id, &info) || info.push || (!writes && plan_source_at(info.plan, 1)))
            continue;
        *(writes ? &written : &read) += writes ? info.rows_out : info.rows_in;
        int64_t *last = writes ? &written_ms : &read_ms;
        *last = info.last_in_ms > *last ? info.last_in_ms : *last;
    }
    put_key(out, "clusterStatistics");
    put_open(out, '[');
    if (read)
        put_figure(out, work, "consumer-total-messages", read, read_ms);
    if (written)
        put_figure(out, work, "total-messages", written, written_ms);
    text_append_char(out, ']');
}

static void put_offsets(struct text *out, struct work *work, struct view query_id, size_t source) {
    struct view topic;
    int64_t position, low, high;
    struct topic_name name;
    put_open(out, '[');
    for (int32_t i = 0; engine_query_position(work->engine, query_id, source, i, &topic, &position); i++) {
        if (topic_name_copy(&name, topic, NULL) != 0 ||
            kafka_admin_watermarks(work->core->topics.admin, name.text, i, TOPICS_PATIENCE_MS, &low, &high, NULL) != 0)
            break;
        put_open(out, '{');
        put_number(out, "partition", i);
        put_number(out, "logStartOffset", low);
        put_number(out, "logEndOffset", high);
        put_number(out, "consumerOffset", position);
        text_append_char(out, '}');
    }
    text_append_char(out, ']');
}

/* Where the queries that write a source are in their own sources. */
static void put_summaries(struct text *out, struct work *work, const struct source *source, bool extended) {
    struct view id, topic;
    bool writes;
    int64_t position;
    struct engine_query_info info;
    struct text group = TEXT_EMPTY;
    put_key(out, "queryOffsetSummaries");
    put_open(out, '[');
    for (size_t i = 0;
         extended && !work->trial && catalog_query_at(engine_catalog(work->engine), source->name, i, &id, &writes);
         i++) {
        if (!writes || !engine_query_find(work->engine, id, &info))
            continue;
        text_clear(&group);
        memory_group(&group, work->core->settings->service_id, info.id);
        put_open(out, '{');
        put_string(out, "groupId", text_view(&group));
        put_key(out, "topicSummaries");
        put_open(out, '[');
        for (size_t at = 0; engine_query_position(work->engine, id, at, 0, &topic, &position); at++) {
            put_open(out, '{');
            put_string(out, "kafkaTopic", topic);
            put_key(out, "offsets");
            put_offsets(out, work, id, at);
            text_append_char(out, '}');
        }
        text_append_string(out, "]}");
    }
    text_append_char(out, ']');
    text_free(&group);
}

void put_source(struct text *out, struct work *work, const struct source *source, bool extended) {
    const char *window = window_word(source->format.window.kind);
    put_open(out, '{');
    put_string(out, "name", source->name);
    put_optional(out, "windowType", view_of(window));
    put_queries(out, work, source, false);
    put_queries(out, work, source, true);
    put_fields(out, source->schema, true);
    put_string(out, "type", source->kind == SOURCE_STREAM ? VIEW("STREAM") : VIEW("TABLE"));
    put_string(out, "timestamp", source->timestamp_column);
    put_string(out, "statistics", VIEW(""));
    put_string(out, "errorStats", VIEW(""));
    put_bool(out, "extended", extended);
    put_string(out, "keyFormat", source->format.key_format);
    put_string(out, "valueFormat", source->format.value_format);
    put_string(out, "topic", source->topic);
    put_number(out, "partitions", source->partitions);
    put_number(out, "replication", source->replicas);
    put_string(out, "statement", source->statement);
    put_summaries(out, work, source, extended);
    put_constraints(out, work, source);
    put_statistics(out, work, source);
    put_raw(out, "clusterErrorStats", "[]");
    text_append_char(out, '}');
}

/* --- the statements --- */

static void put_all(struct work *work, struct view kind, bool extended) {
    const struct source *source;
    put_key(work->out, "sourceDescriptions");
    put_open(work->out, '[');
    for (size_t i = 0; (source = catalog_at(engine_catalog(work->engine), i)); i++)
        if (wanted(source, kind))
            put_source(work->out, work, source, extended);
    text_append_char(work->out, ']');
}

int entity_describe_sources(struct work *work, const struct statement *statement) {
    entity_begin(work, "source_descriptions", statement->written);
    put_all(work, statement->text, statement->extended);
    entity_end(work);
    return 0;
}

int entity_list_sources(struct work *work, const struct statement *statement) {
    const struct source *source;
    const char *word = view_equal(statement->text, VIEW("STREAMS")) ? "streams" : "tables";
    if (statement->extended)
        return entity_describe_sources(work, statement);
    entity_begin(work, word, statement->written);
    put_key(work->out, word);
    put_open(work->out, '[');
    for (size_t i = 0; (source = catalog_at(engine_catalog(work->engine), i)); i++)
        if (wanted(source, statement->text))
            put_row(work->out, source);
    text_append_char(work->out, ']');
    entity_end(work);
    return 0;
}

int entity_describe_source(struct work *work, const struct statement *statement) {
    const struct source *source = catalog_find(engine_catalog(work->engine), statement->name);
    if (!source)
        return entity_refuse(work, statement, "Could not find STREAM/TABLE '%.*s' in the Metastore",
                             VIEW_ARGS(statement->name));
    entity_begin(work, "sourceDescription", statement->written);
    put_key(work->out, "sourceDescription");
    put_source(work->out, work, source, statement->extended);
    entity_end(work);
    return 0;
}
