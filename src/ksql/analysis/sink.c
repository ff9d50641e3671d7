/* What a C...AS or INSERT INTO writes: formats, topic, the source it makes, its text. */
#include <string.h>

#include "ksql/analysis/building.h"

static struct view quoted(struct arena *arena, struct view text) {
    struct text out = TEXT_EMPTY;
    print_string(&out, text);
    struct view kept = arena_copy_view(arena, text_view(&out));
    text_free(&out);
    return kept;
}

static struct view number(struct arena *arena, long long value) {
    return view_of(arena_format(arena, "%lld", value));
}

static const char *cleanup_policy(bool table, bool windowed) {
    return !table ? "delete" : windowed ? "compact,delete" : "compact";
}

struct sizes {
    int partitions, replicas;
    int64_t retention_ms;
};

static struct sizes sizes_of(const struct building *building, const struct with_properties *with) {
    struct sizes sizes = {(int)with->partitions, (int)with->replicas, with->retention_ms};
    int fallback = building->analysis->settings->default_partitions;
    if (with->partitions < 0)
        sizes.partitions = fallback > 0 ? fallback : building->left->partitions;
    if (with->replicas < 0)
        sizes.replicas = building->left->replicas;
    if (with->retention_ms < 0)
        sizes.retention_ms = 604800000;
    return sizes;
}

static struct view topic_of(const struct building *building, const struct with_properties *with) {
    const char *prefix = building->analysis->settings->topic_prefix;
    if (with->kafka_topic.data != NULL)
        return with->kafka_topic;
    return view_of(
        arena_format(building->arena, "%s%.*s", prefix == NULL ? "" : prefix, VIEW_ARGS(building->statement->name)));
}

struct view building_text(struct building *building, const struct with_properties *with) {
    const struct statement *statement = building->statement;
    struct arena *arena = building->arena;
    struct text out = TEXT_EMPTY;
    if (statement->kind == STATEMENT_INSERT_INTO) {
        text_append_string(&out, "INSERT INTO ");
        print_name(&out, statement->name);
        with_print(&out, statement, NULL, 0);
        text_append_char(&out, ' ');
    } else {
        bool table = statement->kind == STATEMENT_CREATE_TABLE_AS;
        struct sizes sizes = sizes_of(building, with);
        struct view topic = topic_of(building, with);
        bool windowed = building->query->window.kind != TREE_NO_WINDOW;
        struct extra_property extra[] = {
            {"CLEANUP_POLICY", quoted(arena, view_of(cleanup_policy(table, windowed)))},
            {"KAFKA_TOPIC", quoted(arena, topic)},
            {"PARTITIONS", number(arena, sizes.partitions)},
            {"REPLICAS", number(arena, sizes.replicas)},
            {"RETENTION_MS", number(arena, sizes.retention_ms)},
        };
        text_append_format(&out, "CREATE %s%s %s", statement->or_replace ? "OR REPLACE " : "",
                           table ? "TABLE" : "STREAM", statement->if_not_exists ? "IF NOT EXISTS " : "");
        print_name(&out, statement->name);
        with_print(&out, statement, extra, sizeof extra / sizeof *extra);
        text_append_string(&out, " AS ");
    }
    print_query(&out, building->query);
    text_append_char(&out, ';');
    struct view kept = arena_copy_view(arena, text_view(&out));
    text_free(&out);
    return kept;
}

static int into_existing(struct building *building, struct query_definition *definition) {
    const struct source *sink = catalog_find(building->analysis->catalog, building->statement->name);
    if (sink == NULL)
        return error_set(building->error, ERROR_NOT_FOUND, "Exception while preparing statement: %.*s does not exist.",
                         VIEW_ARGS(building->statement->name));
    if (sink->kind == SOURCE_TABLE)
        return error_set(
            building->error, ERROR_INVALID,
            "Exception while preparing statement: INSERT INTO can only be used to insert into a stream. %.*s is "
            "a table.",
            VIEW_ARGS(sink->name));
    if (sink->read_only)
        return error_set(building->error, ERROR_INVALID, "Cannot insert into read-only stream: %.*s",
                         VIEW_ARGS(sink->name));
    const struct schema *result = building->top->schema;
    bool same = result->key_count == sink->schema->key_count && schema_count(result) == schema_count(sink->schema);
    for (size_t i = 0; same && i < schema_count(result); i++)
        same = sql_type_equal(result->columns[i].type, sink->schema->columns[i].type) &&
               view_equal(result->columns[i].name, sink->schema->columns[i].name);
    if (!same) {
        struct text got = TEXT_EMPTY, wanted = TEXT_EMPTY;
        schema_print(&got, result, "KEY");
        schema_print(&wanted, sink->schema, "KEY");
        error_set(building->error, ERROR_INVALID,
                  "Incompatible schema between results and sink.\nResult schema is %s\nSink schema is %s",
                  text_string(&got), text_string(&wanted));
        text_free(&got);
        text_free(&wanted);
        return -1;
    }
    definition->sink = *sink;
    return 0;
}

/* Without GROUP BY and PARTITION BY a NULL has no column to be the key. */
static bool partitions_by_null(const struct building *building) {
    return building->partitioned && building->query->partition_by_count == 1 &&
           building->query->partition_by[0]->kind == NODE_NULL;
}

int building_sink_formats(struct building *building, const struct with_properties *with) {
    struct analysis analysis = *building->analysis;
    struct topic_format format, inherited = building->left->format;
    analysis.arena = building->arena;
    if (building->statement->kind == STATEMENT_INSERT_INTO)
        return 0;
    struct view key = with->key_format.data != NULL ? with->key_format : with->format;
    if (partitions_by_null(building)) {
        if (key.data != NULL && !view_equal_ignoring_case(key, VIEW("NONE")))
            return error_set(building->error, ERROR_INVALID, "Key format specified for stream without key columns.");
        inherited.key_format = VIEW("NONE");
    }
    return format_from_with(&analysis, with, building->statement->name, &inherited, &format, building->error);
}

int building_check_timestamp(struct building *building, const struct with_properties *with) {
    struct view name;
    if (with->timestamp.data == NULL)
        return 0;
    name = timestamp_name(building->arena, with->timestamp);
    for (size_t i = 0; i < building->items.count; i++)
        if (view_equal(building->items.items[i].name, name))
            return timestamp_check(building->arena, name, building->items.items[i].expression->type,
                                   with->timestamp_format, building->error);
    return timestamp_check(building->arena, name, NULL, with->timestamp_format, building->error);
}

static int make_format(struct building *building, const struct with_properties *with, struct source *sink) {
    struct analysis analysis = *building->analysis;
    struct topic_format inherited = building->left->format;
    analysis.arena = building->arena;
    if (sink->schema->key_count != 0 && name_is(inherited.key_format, "NONE"))
        inherited.key_format =
            view_of(analysis.settings->default_key_format == NULL ? "KAFKA" : analysis.settings->default_key_format);
    if (partitions_by_null(building))
        inherited.key_format = VIEW("NONE");
    if (format_from_with(&analysis, with, sink->name, &inherited, &sink->format, building->error) != 0 ||
        format_wrap(&analysis, with, sink->schema->value_count, &sink->format, building->error) != 0)
        return -1;
    sink->format.key_format = arena_copy_view(building->arena, sink->format.key_format);
    sink->format.value_format = arena_copy_view(building->arena, sink->format.value_format);
    sink->format.window = (struct window){.kind = WINDOW_NONE, .size = -1, .advance = -1, .grace = -1, .retention = -1};
    if (building->plan->windowed) {
        const struct step *step = building->top;
        while (step != NULL && step->kind != STEP_AGGREGATE)
            step = step->below;
        sink->format.window = step != NULL ? step->aggregate.window : building->left->format.window;
    }
    return 0;
}

/* VALUE_SCHEMA_ID: the columns are the first ones of that schema; what it has more must have defaults, which only a
 * record shows. */
static int follows_named_schema(const struct analysis *analysis, const struct source *sink, struct error *error) {
    const struct schema *schema = sink->schema;
    const struct column *own = schema->columns + schema->key_count;
    struct column *columns, *changed = arena_zero(analysis->arena, (schema->value_count + 1) * sizeof *changed);
    size_t count, differ = 0;
    if (sink->format.value_schema_id == 0 || schema->value_count == 0)
        return 0;
    if (schema_of_side(analysis, sink, false, &columns, &count, error) != 0)
        return -1;
    for (size_t i = 0; i < schema->value_count; i++)
        if (i >= count || !view_equal(own[i].name, columns[i].name) || !sql_type_equal(own[i].type, columns[i].type))
            changed[differ++] = own[i];
    if (differ == 0)
        return 0;
    struct view got = columns_text(analysis->arena, changed, differ, false);
    struct view wanted = columns_text(analysis->arena, columns, count, false);
    return error_set(error, ERROR_INVALID,
                     "The following value columns are changed, missing or reordered: %.*s. Schema from schema registry "
                     "is %.*s",
                     VIEW_ARGS(got), VIEW_ARGS(wanted));
}

static int make_sink(struct building *building, const struct with_properties *with,
                     struct query_definition *definition) {
    struct source *sink = &definition->sink;
    struct sizes sizes = sizes_of(building, with);
    if (sizes.partitions < 1)
        return error_set(building->error, ERROR_INVALID, "PARTITIONS must be at least 1, %d was given",
                         sizes.partitions);
    *sink = (struct source){
        .name = arena_copy_view(building->arena, building->statement->name),
        .kind = building_table(building) ? SOURCE_TABLE : SOURCE_STREAM,
        .schema = building->top->schema,
        .topic = arena_copy_view(building->arena, topic_of(building, with)),
        .timestamp_format = with->timestamp_format,
        .made_by = building->plan->query_id,
        .partitions = sizes.partitions,
        .replicas = sizes.replicas,
    };
    sink->queryable = sink->kind == SOURCE_TABLE;
    if (with->timestamp.data != NULL)
        sink->timestamp_column = timestamp_name(building->arena, with->timestamp);
    struct analysis analysis = *building->analysis;
    analysis.arena = building->arena;
    if (key_check(&analysis, sink->schema, building->error) != 0 || make_format(building, with, sink) != 0 ||
        side_check(&analysis, sink, true, building->error) != 0 ||
        side_check(&analysis, sink, false, building->error) != 0 ||
        follows_named_schema(&analysis, sink, building->error) != 0)
        return -1;
    struct topic_facts facts;
    struct error problem = {0};
    definition->create_topic = analysis.world->topic(analysis.world->context, sink->topic, &facts, &problem) != 0 &&
                               problem.code == ERROR_NOT_FOUND;
    definition->retention_ms = sizes.retention_ms;
    definition->has_sink = true;
    return 0;
}

int building_sink(struct building *building, const struct with_properties *with, struct query_definition *definition) {
    int status = building->statement->kind == STATEMENT_INSERT_INTO ? into_existing(building, definition)
                                                                    : make_sink(building, with, definition);
    if (status != 0)
        return -1;
    const struct source *sink = &definition->sink;
    const struct schema *schema = building->top->schema;
    bool table = building->top->table;
    struct step *step = building_step(building, STEP_SINK, schema);
    step->table = table;
    step->sink = (struct step_sink){
        .name = sink->name,
        .topic = sink->topic,
        .kind = sink->kind,
        .format = sink->format,
        .partitions = sink->partitions,
        .replicas = sink->replicas,
        .retention_ms = definition->retention_ms,
        .cleanup_policy = view_of(cleanup_policy(sink->kind == SOURCE_TABLE, building->plan->windowed)),
        .timestamp_index = sink->timestamp_column.size == 0 ? -1 : schema_find(schema, sink->timestamp_column),
        .timestamp_format = sink->timestamp_format.size == 0 ? (struct view){"", 0}
                                                             : arena_copy_view(building->arena, sink->timestamp_format),
    };
    definition->sink.statement = definition->rewritten;
    return 0;
}
