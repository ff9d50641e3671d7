/* Queries: the order in which ksqlDB looks at their clauses, from the sources to the sink. */
#include <string.h>

#include "ksql/analysis/building.h"
#include "ksql/language/parse.h"

struct binder building_binder(struct building *building, bool grouped, const char *clause) {
    return (struct binder){.analysis = building->analysis,
                           .arena = building->arena,
                           .scope = &building->scope,
                           .grouping = grouped ? &building->grouping : NULL,
                           .clause = clause,
                           .error = building->error};
}

struct step *building_step(struct building *building, enum step_kind kind, const struct schema *schema) {
    struct step *step = arena_zero(building->arena, sizeof *step);
    step->kind = kind;
    step->below = building->top;
    step->schema = schema;
    step->table = building->top != NULL && building->top->table;
    building->top = step;
    return step;
}

bool building_table(const struct building *building) {
    if (building->aggregated)
        return true;
    bool table = !building->partitioned;
    for (size_t i = 0; i < building->sources.count; i++)
        table &= building->sources.items[i].source->kind == SOURCE_TABLE;
    return table;
}

/* --- columns that are not there --- */

static int check_columns(struct building *building, const struct node *node, const char *clause) {
    if (node->kind == NODE_COLUMN && !node->flag && scope_find(&building->scope, node->qualifier, node->name) == NULL) {
        bool bound = name_is_window_bound(node->name) && building->query->window.kind != TREE_NO_WINDOW &&
                     !building_joins(building);
        struct binder binder = building_binder(building, false, clause);
        return bound ? 0 : bind_unresolved(&binder, node);
    }
    for (size_t i = node->kind == NODE_LAMBDA ? node->child_count - 1 : 0; i < node->child_count; i++)
        if (check_columns(building, node->children[i], clause) != 0)
            return -1;
    return 0;
}

static int check_list(struct building *building, const struct node *const *nodes, size_t count, const char *clause) {
    for (size_t i = 0; i < count; i++)
        if (check_columns(building, nodes[i], clause) != 0)
            return -1;
    return 0;
}

static int check_all_columns(struct building *building) {
    const struct query *query = building->query;
    if ((query->where != NULL && check_columns(building, query->where, "WHERE") != 0) ||
        check_list(building, query->group_by, query->group_by_count, "GROUP BY") != 0 ||
        check_list(building, query->partition_by, query->partition_by_count, "PARTITION BY") != 0 ||
        (query->having != NULL && check_columns(building, query->having, "HAVING") != 0))
        return -1;
    for (size_t i = 0; i < query->item_count; i++)
        if (query->items[i].expression != NULL && check_columns(building, query->items[i].expression, "SELECT") != 0)
            return -1;
    return 0;
}

/* Values of the KAFKA format hold one column, so nothing can be kept or sent on between steps in it. */
static int check_kafka_values(struct building *building) {
    struct text names = TEXT_EMPTY;
    bool joins = building_joins(building);
    for (size_t i = 0; i < building->sources.count; i++) {
        const struct joined *joined = &building->sources.items[i];
        if (name_is(joined->source->format.value_format, "KAFKA"))
            text_append_format(&names, "%s%.*s", names.size != 0 ? ", " : "", VIEW_ARGS(joined->relation.alias));
    }
    int status = 0;
    if (names.size != 0 && (joins || building->query->grouped))
        status = error_set(
            building->error, ERROR_INVALID,
            "Source(s) %s are using the 'KAFKA' value format. This format does not yet support %s.\nThe KAFKA format "
            "is "
            "primarily intended for use as a key format. It can be used as a value format, but can not be used in any "
            "operation that requires a repartition or changelog topic.\nRemoving this limitation requires enhancements "
            "to the core of KSQL. This will come in a future release. Until then, avoid using the KAFKA format for "
            "values.\nIf you have an existing topic with KAFKA formatted values you can duplicate the data and "
            "serialize "
            "using Avro or JSON with a statement such as: \n\n'CREATE STREAM <new-stream-name> "
            "WITH(VALUE_FORMAT='Avro') "
            "AS SELECT * FROM <existing-kafka-formated-stream-name>;'\nFor more info see "
            "https://github.com/confluentinc/ksql/issues/3060",
            text_string(&names), joins ? "JOIN" : "GROUP BY");
    text_free(&names);
    return status;
}

/* --- clauses --- */

static int where(struct building *building) {
    if (building->query->where == NULL)
        return 0;
    struct binder binder = building_binder(building, false, "WHERE");
    const struct expression *condition = bind_condition(&binder, building->query->where);
    if (condition == NULL)
        return -1;
    building_materialise(building);
    building_step(building, STEP_FILTER, building->top->schema)->condition = condition;
    return 0;
}

static int partition(struct building *building) {
    struct query *query = building->query;
    if (query->partition_by_count == 0)
        return error_set(building->error, ERROR_INVALID, "PARTITION BY requires at least one expression");
    if (building->top->table)
        return error_set(building->error, ERROR_INVALID,
                         "PARTITION BY is not supported for tables: the key of a table is its PRIMARY KEY.");
    if (building->plan->windowed)
        return error_set(building->error, ERROR_INVALID,
                         "Implicit repartitioning of windowed sources is not supported. See "
                         "https://github.com/confluentinc/ksql/issues/4385.");
    for (size_t i = 0; query->partition_by_count > 1 && i < query->partition_by_count; i++)
        if (query->partition_by[i]->kind == NODE_NULL)
            return error_set(building->error, ERROR_INVALID, "Cannot PARTITION BY multiple columns including NULL");
    return 0;
}

static int check_clauses(struct building *building) {
    const struct query *query = building->query;
    if (query->window.kind != TREE_NO_WINDOW && !building->aggregated)
        return error_set_at(building->error, ERROR_INVALID, query->line, query->column,
                            "WINDOW clause requires a GROUP BY clause.");
    if (query->having != NULL && !building->aggregated)
        return error_set(building->error, ERROR_INVALID, "HAVING requires a GROUP BY clause and aggregate functions.");
    return 0;
}

static int check_final(struct building *building) {
    const struct query *query = building->query;
    if (query->emit != EMIT_FINAL)
        return 0;
    if (query->window.kind == TREE_NO_WINDOW)
        return error_set(building->error, ERROR_INVALID, "EMIT FINAL is only supported for windowed aggregations.");
    return query->window.kind != TREE_SESSION
               ? 0
               : error_set(building->error, ERROR_UNSUPPORTED,
                           "EMIT FINAL is not supported for SESSION windows here yet: use EMIT CHANGES and read the "
                           "last row of a session");
}

static int plan_query(struct building *building, const struct with_properties *with) {
    struct query *query = building->query;
    if (query->grouped && query->partitioned)
        return error_set(building->error, ERROR_INVALID,
                         "Only one of PARTITION BY and GROUP BY can be used in a query.");
    building->aggregated = query->grouped || query_aggregates(query);
    building->partitioned = query->partitioned;
    building->plan->windowed = building->left->format.window.kind != WINDOW_NONE;
    if (building_criteria(building) != 0 || building_join_key(building) != 0 || building_check_names(building) != 0 ||
        check_all_columns(building) != 0 || (building->persistent && building_sink_formats(building, with) != 0) ||
        check_kafka_values(building) != 0 || check_clauses(building) != 0 || building_from(building) != 0)
        return -1;
    if (building->aggregated && building->plan->windowed)
        return error_set(building->error, ERROR_UNSUPPORTED,
                         "GROUP BY does not support windowed sources: aggregate the source that %.*s was made of",
                         VIEW_ARGS(building->left->name));
    if (where(building) != 0)
        return -1;
    if (building->aggregated) {
        if (building_group(building) != 0)
            return -1;
    } else if ((query->partitioned && partition(building) != 0) || building_expand(building) != 0 ||
               building_bind_items(building) != 0) {
        return -1;
    }
    return check_final(building) != 0 ? -1 : building_project(building, with);
}

static int result_kind(struct building *building) {
    enum statement_kind kind = building->statement->kind;
    bool table = building_table(building);
    if (kind == STATEMENT_CREATE_STREAM_AS && table)
        return error_set(building->error, ERROR_INVALID,
                         "Invalid result type. Your SELECT query produces a TABLE. Please use CREATE TABLE AS SELECT "
                         "statement instead.");
    if (kind == STATEMENT_CREATE_TABLE_AS && !table)
        return error_set(building->error, ERROR_INVALID,
                         "Invalid result type. Your SELECT query produces a STREAM. Please use CREATE STREAM AS SELECT "
                         "statement instead.");
    return building_check_joins(building);
}

static int finish(struct building *building, const struct with_properties *with, struct query_definition *definition) {
    return building->persistent ? building_sink(building, with, definition) : 0;
}

static bool is_select_into(enum statement_kind kind) {
    return kind == STATEMENT_CREATE_STREAM_AS || kind == STATEMENT_CREATE_TABLE_AS;
}

static void note_reads(struct building *building, const struct analysis *analysis,
                       struct query_definition *definition) {
    const struct source **reads = arena_zero(analysis->arena, building->sources.count * sizeof *reads);
    for (size_t i = 0; i < building->sources.count; i++)
        reads[i] = catalog_find(analysis->catalog, building->sources.items[i].source->name);
    definition->reads = reads;
    definition->read_count = building->sources.count;
}

/* The same tree over text that the plan owns: names and literals of a plan are views into it. */
static const struct statement *own_statement(struct plan *plan, const struct statement *statement) {
    struct statement *own;
    struct view written = arena_copy_view(&plan->arena, statement->written);
    if (parse_statement(&plan->arena, written, statement->line, statement->column, &own, NULL) != 0)
        return statement; /* a part of a larger statement, whose text lives as long as the caller's arena */
    return own;
}

static int analyse(const struct analysis *analysis, const struct statement *given, const char *query_id, bool pull,
                   struct query_definition *definition, struct error *error) {
    *definition = (struct query_definition){.plan = plan_new(), .retention_ms = -1, .rewritten = given->written};
    const struct statement *statement = own_statement(definition->plan, given);
    struct analysis_settings settings = *analysis->settings;
    struct analysis own = *analysis;
    /* calls look at it as long as the plan lives */
    settings.functions = (const struct function_context *)arena_copy_bytes(&definition->plan->arena, settings.functions,
                                                                           sizeof *settings.functions);
    own.settings = &settings;
    analysis = &own;
    struct building building = {.analysis = analysis,
                                .statement = statement,
                                .arena = &definition->plan->arena,
                                .plan = definition->plan,
                                .persistent = statement->kind != STATEMENT_QUERY,
                                .pull = pull,
                                .error = error};
    struct with_properties with;
    int status = -1;
    definition->plan->query_id = arena_copy_view(building.arena, view_of(query_id));
    if (with_read(analysis, statement, true, &with, error) != 0 || building_sources(&building, statement->query) != 0)
        goto cleanup;
    struct rewriter rewriter = {analysis, building.arena, &building.scope, NULL, error};
    if (rewrite_query(&rewriter, statement->query, building.persistent, &building.query) != 0)
        goto cleanup;
    if (building.persistent) {
        definition->rewritten = building_text(&building, &with);
        if (statement->query->limit >= 0) {
            error_set(error, ERROR_INVALID,
                      "CREATE TABLE AS SELECT/CREATE STREAM AS SELECT and INSERT INTO statements don't support LIMIT "
                      "clause.");
            goto cleanup;
        }
    }
    definition->source_name = arena_copy_view(building.arena, building.left->name);
    if (plan_query(&building, &with) != 0 || result_kind(&building) != 0 || finish(&building, &with, definition) != 0) {
        if (is_select_into(statement->kind) && error != NULL &&
            !view_starts_with(view_of(error->message), VIEW("Key format does not support schema.")))
            error_wrap(error, "Could not determine output schema for query due to error");
        goto cleanup;
    }
    definition->plan->root = building.top;
    definition->plan->limit = statement->query->limit;
    definition->plan->table = building_table(&building);
    definition->plan->statement = arena_copy_view(building.arena, definition->rewritten);
    note_reads(&building, analysis, definition);
    status = 0;
cleanup:
    scope_free(&building.scope);
    grouping_free(&building.grouping);
    vector_free(&building.items);
    vector_free(&building.sources);
    vector_free(&building.criteria);
    if (status != 0) {
        definition->rewritten = arena_copy_view(analysis->arena, definition->rewritten);
        plan_release(definition->plan);
        definition->plan = NULL;
    }
    return status;
}

int analyse_query(const struct analysis *analysis, const struct statement *statement, const char *query_id,
                  struct query_definition *definition, struct error *error) {
    return analyse(analysis, statement, query_id, false, definition, error);
}

static int refuse_pull(struct error *error, const char *clause) {
    return error_set(
        error, ERROR_INVALID,
        "Pull queries don't support %s clauses. See https://cnfl.io/queries for more info.\nAdd EMIT CHANGES if "
        "you intended to issue a push query.",
        clause);
}

static int refuse_duplicates(const struct source *source, const struct query *query, struct error *error) {
    for (size_t i = 0; i < query->item_count; i++) {
        const struct node *node = query->items[i].expression;
        int at = node == NULL || node->kind != NODE_COLUMN || query->items[i].alias.size != 0
                     ? -1
                     : schema_find(source->schema, node->name);
        for (size_t j = 0; at >= 0 && j < i; j++) {
            const struct node *other = query->items[j].expression;
            if (other == NULL || query->items[j].alias.size != 0 || !node_equal(node, other))
                continue;
            struct text columns = TEXT_EMPTY;
            struct schema one = {&source->schema->columns[at], 0, 1};
            schema_print(&columns, &one, "KEY");
            error_set_at(error, ERROR_INVALID, node->line, node->column, "Duplicate %s columns found in schema: %s",
                         (size_t)at < source->schema->key_count ? "key" : "value", text_string(&columns));
            text_free(&columns);
            return -1;
        }
    }
    return 0;
}

/* What is wrong with WHERE names it, as ksqlDB does for pull queries on tables. */
static void name_condition(const struct analysis *analysis, const struct node *where, struct error *error) {
    if (error == NULL || !view_starts_with(view_of(error->message), VIEW("Error in WHERE expression: ")))
        return;
    struct view text = node_text(analysis->arena, where);
    const char *message = arena_format(analysis->arena, "%s", error->message);
    error_set_at(error, error->code, error->line, error->column, "%s\nStatement: %.*s", message, VIEW_ARGS(text));
}

int analyse_pull(const struct analysis *analysis, const struct statement *statement, const char *query_id,
                 struct query_definition *definition, struct error *error) {
    const struct query *query = statement->query;
    const struct source *source = catalog_find(analysis->catalog, query->from.name);
    *definition = (struct query_definition){.rewritten = statement->written};
    if (source != NULL && query->join_count == 0) {
        if (query->grouped || query_aggregates(query))
            return refuse_pull(error, "GROUP BY");
        if (query->window.kind != TREE_NO_WINDOW)
            return refuse_pull(error, "WINDOW");
        if (query->partitioned)
            return refuse_pull(error, "PARTITION BY");
        if (query->having != NULL)
            return refuse_pull(error, "HAVING");
        if (source->kind == SOURCE_TABLE && refuse_duplicates(source, query, error) != 0)
            return -1;
        if (source->kind == SOURCE_TABLE && !source->queryable)
            return error_set(
                error, ERROR_INVALID,
                "The `%.*s` table isn't queryable. To derive a queryable table, you can do 'CREATE TABLE "
                "QUERYABLE_%.*s AS SELECT * FROM %.*s'. See https://cnfl.io/queries for more info.\nAdd EMIT "
                "CHANGES if you intended to issue a push query.",
                VIEW_ARGS(source->name), VIEW_ARGS(source->name), VIEW_ARGS(source->name));
    }
    if (analyse(analysis, statement, query_id, true, definition, error) != 0) {
        if (source != NULL && source->kind == SOURCE_TABLE && query->where != NULL)
            name_condition(analysis, query->where, error);
        return -1;
    }
    if (query->join_count != 0) {
        plan_release(definition->plan);
        definition->plan = NULL;
        return refuse_pull(error, "JOIN");
    }
    if (analysis->settings->no_table_scans && source != NULL && source->kind == SOURCE_TABLE &&
        pull_check_keys(analysis, source, query->where, error) != 0) {
        plan_release(definition->plan);
        definition->plan = NULL;
        return -1;
    }
    return 0;
}
