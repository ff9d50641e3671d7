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

static const struct source *find_source(struct building *building, const struct relation *relation) {
    const struct catalog *catalog = building->analysis->catalog;
    const struct source *found = catalog_find(catalog, relation->name);
    if (found != NULL)
        return found;
    struct text hint = TEXT_EMPTY;
    const struct source *other;
    for (size_t i = 0; (other = catalog_at(catalog, i)) != NULL; i++)
        if (view_equal_ignoring_case(other->name, relation->name))
            text_append_format(&hint, "%s\"%.*s\" (%s)", hint.size == 0 ? "\nDid you mean " : ", or ",
                               VIEW_ARGS(other->name), other->kind == SOURCE_STREAM ? "STREAM" : "TABLE");
    if (hint.size != 0)
        text_append_string(&hint, "? Hint: wrap the source name in double quotes to make it case-sensitive.");
    error_set_at(building->error, ERROR_NOT_FOUND, relation->line, relation->column,
                 "Exception while preparing statement: %.*s does not exist.%s", VIEW_ARGS(relation->name),
                 text_string(&hint));
    text_free(&hint);
    return NULL;
}

static const struct schema *source_rows(struct building *building, const struct source *source) {
    static const struct {
        const char *name;
        const struct sql_type *type;
    } pseudo[] = {{"ROWTIME", &sql_bigint},
                  {"ROWPARTITION", &sql_integer},
                  {"ROWOFFSET", &sql_bigint},
                  {"WINDOWSTART", &sql_bigint},
                  {"WINDOWEND", &sql_bigint}};
    size_t own = schema_count(source->schema), more = source->format.window.kind == WINDOW_NONE ? 3 : 5;
    struct schema copy = *schema_copy(building->arena, source->schema);
    struct column *columns = arena_zero(building->arena, (own + more) * sizeof *columns);
    memcpy(columns, copy.columns, own * sizeof *columns);
    for (size_t i = 0; i < more; i++)
        columns[own + i] = (struct column){view_of(pseudo[i].name), pseudo[i].type};
    struct schema *schema = arena_zero(building->arena, sizeof *schema);
    *schema = (struct schema){columns, copy.key_count, copy.value_count + more};
    return schema;
}

static struct view own(struct building *building, struct view view) {
    return view.size == 0 ? (struct view){"", 0} : arena_copy_view(building->arena, view);
}

static struct topic_format own_format(struct building *building, const struct topic_format *format) {
    struct topic_format copy = *format;
    copy.key_format = own(building, format->key_format);
    copy.value_format = own(building, format->value_format);
    copy.key_schema_name = own(building, format->key_schema_name);
    copy.value_schema_name = own(building, format->value_schema_name);
    copy.key_delimiter = own(building, format->key_delimiter);
    copy.value_delimiter = own(building, format->value_delimiter);
    return copy;
}

static struct step *source_step(struct building *building, const struct source *source) {
    building->top = NULL;
    struct step *step = building_step(building, STEP_SOURCE, source_rows(building, source));
    step->table = source->kind == SOURCE_TABLE;
    step->source = (struct step_source){
        .name = own(building, source->name),
        .topic = own(building, source->topic),
        .kind = source->kind,
        .format = own_format(building, &source->format),
        .timestamp_format = own(building, source->timestamp_format),
        .timestamp_index =
            source->timestamp_column.size == 0 ? -1 : schema_find(source->schema, source->timestamp_column),
    };
    return step;
}

static int refuse_at(struct building *building, enum error_code code, int line, int column, const char *what) {
    return error_set_at(building->error, code, line, column, "Line: %d, Col: %d: %s", line, column, what);
}

/* Which side's columns a node uses: 1 left, 2 right, 3 both, 0 none. */
static unsigned sides_of(const struct building *building, const struct node *node) {
    unsigned sides = 0;
    if (node->kind == NODE_COLUMN && node->qualified)
        sides = view_equal(node->qualifier, building->left_relation.alias) ? 1 : 2;
    for (size_t i = 0; i < node->child_count; i++)
        sides |= sides_of(building, node->children[i]);
    return sides;
}

static const char *window_words(const struct source *source) {
    static const char *const words[] = {"not", "TUMBLING", "HOPPING", "SESSION"};
    return words[source->format.window.kind];
}

static int check_join(struct building *building, const struct join *join) {
    const struct source *left = building->left, *right = building->right;
    if ((left->format.window.kind == WINDOW_NONE) != (right->format.window.kind == WINDOW_NONE))
        return error_set_at(building->error, ERROR_INVALID, join->line, join->column,
                            "Can not join windowed source to non-windowed source.\n`%.*s` is %s windowed\n`%.*s` is %s "
                            "windowed",
                            VIEW_ARGS(building->left_relation.alias), window_words(left),
                            VIEW_ARGS(building->right_relation.alias), window_words(right));
    if (left->kind == SOURCE_TABLE && right->kind == SOURCE_STREAM)
        return error_set_at(
            building->error, ERROR_INVALID, join->line, join->column,
            "Invalid join order: table-stream joins are not supported; only stream-table joins. Got %.*s "
            "%s %.*s.",
            VIEW_ARGS(left->name),
            join->kind == TREE_INNER  ? "[INNER] JOIN"
            : join->kind == TREE_LEFT ? "LEFT [OUTER] JOIN"
                                      : "[FULL] OUTER JOIN",
            VIEW_ARGS(right->name));
    if (left->kind == SOURCE_TABLE)
        return refuse_at(building, ERROR_UNSUPPORTED, join->line, join->column,
                         "table-table joins are not supported here yet: join a stream with the table");
    if (right->kind == SOURCE_STREAM)
        return refuse_at(building, ERROR_UNSUPPORTED, join->line, join->column,
                         join->within.given
                             ? "stream-stream joins are not supported here yet: join the stream with a table"
                             : "Stream-Stream joins must have a WITHIN clause specified. None was provided.");
    if (join->within.given)
        return error_set_at(
            building->error, ERROR_INVALID, join->line, join->column,
            "A window definition was provided for a Stream-Table join. These joins are not windowed. Please "
            "drop the window definition (i.e. the WITHIN clause) and try to execute your join again.");
    if (join->kind == TREE_OUTER || join->kind == TREE_RIGHT)
        return error_set_at(building->error, ERROR_INVALID, join->line, join->column,
                            "Invalid join type: %s joins are not supported between streams and tables.",
                            join->kind == TREE_OUTER ? "FULL OUTER" : "RIGHT OUTER");
    if (left->format.window.kind != WINDOW_NONE)
        return refuse_at(building, ERROR_UNSUPPORTED, join->line, join->column,
                         "joins of windowed sources are not supported here yet");
    return 0;
}

static int join_sides(struct building *building, const struct join *join) {
    const struct node *condition = join->condition;
    if (condition->kind != NODE_COMPARE || !name_is(condition->text, "="))
        return error_set_at(
            building->error, ERROR_INVALID, condition->line, condition->column,
            "Line: %d, Col: %d: Unsupported join expression: %.*s.\nMultiple criteria are not supported: a "
            "join condition is of the form T1.x = T2.y",
            condition->line, condition->column, VIEW_ARGS(node_text(building->arena, condition)));
    unsigned first = sides_of(building, condition->children[0]), second = sides_of(building, condition->children[1]);
    if (!((first == 1 && second == 2) || (first == 2 && second == 1)))
        return error_set_at(
            building->error, ERROR_INVALID, condition->line, condition->column,
            "Line: %d, Col: %d: Invalid comparison expression '%.*s' in join '%.*s'. Each side of the join "
            "comparision must contain references from exactly one source.",
            condition->line, condition->column, VIEW_ARGS(node_text(building->arena, condition)),
            VIEW_ARGS(node_text(building->arena, condition)));
    building->left_key = condition->children[first == 1 ? 0 : 1];
    building->right_key = condition->children[first == 1 ? 1 : 0];
    return 0;
}

static int join_step(struct building *building, const struct join *join, struct step *left, struct step *right) {
    struct binder binder = building_binder(building, false, "JOIN ON");
    const struct expression *left_key = bind_node(&binder, building->left_key);
    const struct expression *right_key = left_key == NULL ? NULL : bind_node(&binder, building->right_key);
    if (right_key == NULL)
        return -1;
    const struct node *key = building->right_key;
    const struct schema *table = building->right->schema;
    bool primary = key->kind == NODE_COLUMN && table->key_count == 1 && view_equal(key->name, table->columns[0].name);
    if (!primary)
        return error_set_at(building->error, ERROR_INVALID, key->line, key->column,
                            "Invalid join condition: stream-table joins require to join on the table's "
                            "primary key. Got %.*s = %.*s.",
                            VIEW_ARGS(node_text(building->arena, building->left_key)),
                            VIEW_ARGS(node_text(building->arena, key)));
    if (left_key->type == NULL || !sql_type_equal(left_key->type, right_key->type))
        return error_set_at(building->error, ERROR_INVALID, building->left_key->line, building->left_key->column,
                            "Invalid join condition: types don't match. Got %.*s{%.*s} = %.*s{%.*s}.",
                            VIEW_ARGS(node_text(building->arena, building->left_key)),
                            VIEW_ARGS(type_text(building->arena, left_key->type)),
                            VIEW_ARGS(node_text(building->arena, key)),
                            VIEW_ARGS(type_text(building->arena, right_key->type)));
    size_t left_count = schema_count(left->schema), right_count = schema_count(right->schema);
    struct column *columns = arena_zero(building->arena, (left_count + right_count) * sizeof *columns);
    memcpy(columns, left->schema->columns, left_count * sizeof *columns);
    memcpy(columns + left_count, right->schema->columns, right_count * sizeof *columns);
    struct schema *schema = arena_zero(building->arena, sizeof *schema);
    *schema = (struct schema){columns, 0, left_count + right_count};
    right->source.materialise = true;
    building->top = left;
    struct step *step = building_step(building, STEP_JOIN, schema);
    step->right = right;
    step->table = false;
    step->join = (struct step_join){.kind = join->kind == TREE_LEFT ? JOIN_LEFT : JOIN_INNER,
                                    .left_kind = SOURCE_STREAM,
                                    .right_kind = SOURCE_TABLE,
                                    .left_key = left_key,
                                    .right_key = right_key,
                                    .before = -1,
                                    .after = -1,
                                    .grace = -1};
    return 0;
}

/* The plan may outlive the source: a push query goes on when what it reads is dropped. */
static const struct source *own_source(struct building *building, const struct relation *relation) {
    const struct source *source = find_source(building, relation);
    if (source == NULL)
        return NULL;
    struct source *copy = arena_allocate(building->arena, sizeof *copy);
    *copy = *source;
    struct view *const views[] = {&copy->name,
                                  &copy->topic,
                                  &copy->made_by,
                                  &copy->statement,
                                  &copy->timestamp_column,
                                  &copy->timestamp_format,
                                  &copy->format.key_format,
                                  &copy->format.value_format,
                                  &copy->format.key_schema_name,
                                  &copy->format.value_schema_name,
                                  &copy->format.key_delimiter,
                                  &copy->format.value_delimiter};
    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        *views[i] = own(building, *views[i]);
    copy->schema = schema_copy(building->arena, source->schema);
    return copy;
}

static int sources(struct building *building, const struct query *query) {
    building->left_relation = query->from;
    if ((building->left = own_source(building, &query->from)) == NULL)
        return -1;
    if (query->join_count > 0) {
        building->right_relation = query->joins[0].right;
        if ((building->right = own_source(building, &building->right_relation)) == NULL)
            return -1;
        if (view_equal(building->left_relation.alias, building->right_relation.alias))
            return error_set_at(building->error, ERROR_INVALID, query->joins[0].line, query->joins[0].column,
                                "Each side of the join must have a unique alias. '%.*s' is used more than once.",
                                VIEW_ARGS(building->left_relation.alias));
        for (size_t i = 1; i < query->join_count; i++)
            if (find_source(building, &query->joins[i].right) == NULL)
                return -1;
        if (query->join_count > 1)
            return refuse_at(
                building, ERROR_UNSUPPORTED, query->joins[1].line, query->joins[1].column,
                "joins of more than two sources are not supported here yet: make a stream of the first join "
                "and join that one");
    }
    size_t next = scope_add_source(&building->scope, building->left_relation.alias, building->left, 0);
    if (building->right != NULL)
        scope_add_source(&building->scope, building->right_relation.alias, building->right, next);
    return 0;
}

static int from(struct building *building) {
    if (building->right == NULL) {
        source_step(building, building->left);
        return 0;
    }
    const struct join *join = &building->query->joins[0];
    if (check_join(building, join) != 0 || join_sides(building, join) != 0)
        return -1;
    struct step *left = source_step(building, building->left);
    struct step *right = source_step(building, building->right);
    return join_step(building, join, left, right);
}

/* Below the sink, tables that are filtered or aggregated must know the rows that change. */
static void materialise(struct building *building) {
    struct step *step = building->top;
    while (step->below != NULL)
        step = (struct step *)(uintptr_t)step->below;
    if (step->table)
        step->source.materialise = true;
}

static int where(struct building *building) {
    if (building->query->where == NULL)
        return 0;
    struct binder binder = building_binder(building, false, "WHERE");
    const struct expression *condition = bind_condition(&binder, building->query->where);
    if (condition == NULL)
        return -1;
    materialise(building);
    building_step(building, STEP_FILTER, building->top->schema)->condition = condition;
    return 0;
}

static int window_of(struct building *building, struct window *window) {
    const struct window_clause *clause = &building->query->window;
    *window = (struct window){(enum window_kind)clause->kind, clause->size.ms, clause->size.ms, -1, -1};
    if (clause->kind == TREE_NO_WINDOW)
        return 0;
    if (clause->kind == TREE_SESSION)
        return error_set(building->error, ERROR_UNSUPPORTED,
                         "SESSION windows are not supported here yet: use TUMBLING or HOPPING");
    if (clause->kind == TREE_HOPPING)
        window->advance = clause->advance.ms;
    if (clause->grace.unit.size != 0)
        window->grace = clause->grace.ms;
    if (clause->retention.unit.size != 0)
        window->retention = clause->retention.ms;
    if (window->size <= 0)
        return error_set(building->error, ERROR_INVALID, "Window size must be larger than zero.");
    if (window->advance <= 0 || window->advance > window->size)
        return error_set(building->error, ERROR_INVALID,
                         "Window advancement interval should be more than zero and less than window duration.");
    if (window->retention >= 0 && window->retention < window->size + (window->grace > 0 ? window->grace : 0))
        return error_set(building->error, ERROR_INVALID,
                         "The retention must be at least the window size plus the grace period: %lld ms < %lld ms",
                         (long long)window->retention,
                         (long long)(window->size + (window->grace > 0 ? window->grace : 0)));
    /* 24 hours are what Kafka Streams granted before grace could be named (KIP-633). */
    if (window->grace < 0)
        window->grace = window->size < 86400000 ? 86400000 - window->size : 0;
    if (window->retention < 0)
        window->retention = window->size + window->grace;
    return 0;
}

static bool uses_window_bound(const struct node *node) {
    if (node->kind == NODE_COLUMN && name_is_window_bound(node->name) && !node->qualified)
        return true;
    for (size_t i = 0; i < node->child_count; i++)
        if (uses_window_bound(node->children[i]))
            return true;
    return false;
}

static int group_keys(struct building *building) {
    struct query *query = building->query;
    if (query->grouped && query->group_by_count == 0)
        return error_set(building->error, ERROR_INVALID, "GROUP BY requires at least one expression");
    for (size_t i = 0; i < query->group_by_count; i++) {
        const struct node *node = query->group_by[i];
        if (node_has_aggregate(node))
            return error_set_at(building->error, ERROR_INVALID, node->line, node->column,
                                "GROUP BY does not support aggregate functions: %.*s is an aggregate function.",
                                VIEW_ARGS(node_text_bare(building->arena, node)));
        if (query->window.kind != TREE_NO_WINDOW && uses_window_bound(node))
            return error_set_at(
                building->error, ERROR_INVALID, node->line, node->column,
                "Window bounds column %.*s can only be used in the SELECT clause of windowed aggregations",
                VIEW_ARGS(node_text_bare(building->arena, node)));
        for (size_t j = 0; j < i; j++)
            if (node_equal(query->group_by[j], node))
                return error_set_at(building->error, ERROR_INVALID, node->line, node->column,
                                    "Duplicate GROUP BY expression: %.*s", VIEW_ARGS(node_text(building->arena, node)));
    }
    return 0;
}

static int having(struct building *building) {
    if (building->query->having == NULL)
        return 0;
    vector_clear(&building->grouping.ungrouped);
    struct binder binder = building_binder(building, true, "HAVING");
    const struct expression *condition = bind_condition(&binder, building->query->having);
    if (condition == NULL)
        return -1;
    if (building->grouping.ungrouped.count != 0)
        return error_set(building->error, ERROR_INVALID, "Non-aggregate HAVING expression not part of GROUP BY: %.*s",
                         VIEW_ARGS(node_text_bare(building->arena, building->grouping.ungrouped.items[0])));
    building_step(building, STEP_FILTER, building->top->schema)->condition = condition;
    return 0;
}

static const struct schema *aggregate_rows(struct building *building) {
    const struct grouping *grouping = &building->grouping;
    size_t bounds = grouping->windowed ? 2 : 0;
    size_t count = grouping->key_count + bounds + 1 + grouping->aggregates.count, at = 0;
    struct column *columns = arena_zero(building->arena, count * sizeof *columns);
    for (size_t i = 0; i < grouping->key_count; i++, at++)
        columns[at] =
            (struct column){view_of(arena_format(building->arena, "KSQL_KEY_%zu", i)), grouping->key_types[i]};
    if (bounds != 0) {
        columns[at++] = (struct column){VIEW("WINDOWSTART"), &sql_bigint};
        columns[at++] = (struct column){VIEW("WINDOWEND"), &sql_bigint};
    }
    columns[at++] = (struct column){VIEW("ROWTIME"), &sql_bigint};
    for (size_t i = 0; i < grouping->aggregates.count; i++, at++)
        columns[at] = (struct column){view_of(arena_format(building->arena, "KSQL_AGG_VARIABLE_%zu", i)),
                                      grouping->aggregates.items[i].call->result_type};
    struct schema *schema = arena_zero(building->arena, sizeof *schema);
    *schema = (struct schema){columns, grouping->key_count, count - grouping->key_count};
    return schema;
}

static int check_undo(struct building *building) {
    if (!building->top->table)
        return 0;
    struct text names = TEXT_EMPTY;
    for (size_t i = 0; i < building->grouping.aggregates.count; i++) {
        const struct function_call *call = building->grouping.aggregates.items[i].call;
        if (!aggregate_can_undo(call))
            text_append_format(&names, "%s%s", names.size != 0 ? ", " : "", call->function->name);
    }
    int status = 0;
    if (names.size != 0)
        status =
            error_set(building->error, ERROR_INVALID,
                      "The aggregation function(s) (%s) cannot be applied to a table source, only to a stream source.",
                      text_string(&names));
    text_free(&names);
    return status;
}

/* Keys are bound to the rows below; select items and HAVING to the rows of the aggregate step, which is made when all
 * aggregate calls are known. */
static int aggregate(struct building *building) {
    struct query *query = building->query;
    if (group_keys(building) != 0)
        return -1;
    struct grouping *grouping = &building->grouping;
    struct binder binder = building_binder(building, false, "GROUP BY");
    size_t count = query->group_by_count;
    const struct expression **keys = arena_zero(building->arena, (count + 1) * sizeof *keys);
    const struct sql_type **types = arena_zero(building->arena, (count + 1) * sizeof *types);
    for (size_t i = 0; i < count; i++) {
        if ((keys[i] = bind_node(&binder, query->group_by[i])) == NULL)
            return -1;
        types[i] = keys[i]->type == NULL ? &sql_string : keys[i]->type;
    }
    struct window window;
    if (window_of(building, &window) != 0)
        return -1;
    grouping->keys = query->group_by;
    grouping->key_types = types;
    grouping->key_count = count;
    grouping->windowed = window.kind != WINDOW_NONE;
    grouping->bounds_hidden = building->right != NULL;
    building->group_keys = query->group_by;
    building->group_key_count = count;
    if (window.kind != WINDOW_NONE && building->top->table)
        return error_set(building->error, ERROR_INVALID, "WINDOW clause is only supported for streams.");
    if (building_expand(building) != 0)
        return -1;
    struct step *below = building->top;
    if (building_bind_items(building) != 0)
        return -1;
    if (grouping->ungrouped.count != 0) {
        struct text names = TEXT_EMPTY;
        for (size_t i = 0; i < grouping->ungrouped.count; i++) {
            struct view name = node_text_bare(building->arena, grouping->ungrouped.items[i]);
            text_append_format(&names, "%s%.*s", i != 0 ? ", " : "", VIEW_ARGS(name));
        }
        error_set(
            building->error, ERROR_INVALID,
            "Non-aggregate SELECT expression(s) not part of GROUP BY: %s\nEither add the column(s) to the GROUP BY or "
            "remove them from the SELECT.",
            text_string(&names));
        text_free(&names);
        return -1;
    }
    struct binder having_binder = building_binder(building, true, "HAVING");
    if (query->having != NULL && bind_node(&having_binder, query->having) == NULL)
        return -1;
    if (grouping->aggregates.count == 0)
        return error_set(building->error, ERROR_INVALID,
                         "GROUP BY requires aggregate functions in either the SELECT or HAVING clause.");
    if (check_undo(building) != 0)
        return -1;
    materialise(building);
    struct step *step = building_step(building, STEP_AGGREGATE, aggregate_rows(building));
    step->aggregate = (struct step_aggregate){
        .keys = keys,
        .key_count = count,
        .aggregates = (const struct aggregate_column *)arena_copy_bytes(building->arena, grouping->aggregates.items,
                                                                        grouping->aggregates.count *
                                                                            sizeof *grouping->aggregates.items),
        .aggregate_count = grouping->aggregates.count,
        .window = window,
        .over_table = below->table,
    };
    step->table = true;
    building->plan->windowed = window.kind != WINDOW_NONE;
    return having(building);
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
                         "PARTITION BY is not supported on windowed sources: make a stream "
                         "with the window bounds as columns first.");
    for (size_t i = 0; query->partition_by_count > 1 && i < query->partition_by_count; i++)
        if (query->partition_by[i]->kind == NODE_NULL)
            return error_set(building->error, ERROR_INVALID, "Cannot PARTITION BY multiple columns including NULL");
    return 0;
}

static bool has_aggregates(const struct query *query, const struct node **first) {
    for (size_t i = 0; i < query->item_count; i++)
        if (query->items[i].expression != NULL && node_has_aggregate(query->items[i].expression)) {
            *first = query->items[i].expression;
            return true;
        }
    *first = query->having;
    return query->having != NULL && node_has_aggregate(query->having);
}

static const struct node *aggregate_in(const struct node *node) {
    if (node_is_aggregate_call(node))
        return node;
    for (size_t i = 0; i < node->child_count; i++) {
        const struct node *found = aggregate_in(node->children[i]);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static int ungrouped_aggregate(struct building *building, const struct node *node) {
    const struct node *call = aggregate_in(node);
    struct view text = node_text_bare(building->arena, call);
    if (call->child_count == 0)
        text = view_of(arena_format(building->arena, "%.*s(ROWTIME)", VIEW_ARGS(call->name)));
    return error_set_at(building->error, ERROR_INVALID, call->line, call->column,
                        "%s does not support aggregate function [%.*s] without a GROUP BY clause.",
                        building->statement->kind == STATEMENT_CREATE_STREAM_AS  ? "CREATE STREAM AS SELECT statement"
                        : building->statement->kind == STATEMENT_CREATE_TABLE_AS ? "CREATE TABLE AS SELECT statement"
                                                                                 : "INSERT INTO statement",
                        VIEW_ARGS(text));
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
    return 0;
}

static int plan_query(struct building *building) {
    struct query *query = building->query;
    const struct node *first;
    bool aggregates = has_aggregates(query, &first);
    if (query->grouped && query->partitioned)
        return error_set(building->error, ERROR_INVALID,
                         "Only one of PARTITION BY and GROUP BY can be used in a query.");
    if (aggregates && !query->grouped && building->persistent)
        return ungrouped_aggregate(building, first);
    building->aggregated = query->grouped || aggregates;
    building->partitioned = query->partitioned;
    if (query->window.kind != TREE_NO_WINDOW && !building->aggregated)
        return error_set(building->error, ERROR_INVALID, "WINDOW clause requires a GROUP BY clause.");
    if (query->having != NULL && !building->aggregated)
        return error_set(building->error, ERROR_INVALID, "HAVING requires a GROUP BY clause and aggregate functions.");
    if (query->emit == EMIT_FINAL)
        return query->window.kind == TREE_NO_WINDOW
                   ? error_set(building->error, ERROR_INVALID,
                               "EMIT FINAL is only supported for windowed aggregations.")
                   : error_set(
                         building->error, ERROR_UNSUPPORTED,
                         "EMIT FINAL is not supported here yet: use EMIT CHANGES and read the last row of a window");
    if (from(building) != 0)
        return -1;
    building->plan->windowed = building->right == NULL && building->left->format.window.kind != WINDOW_NONE;
    if (building->aggregated && building->plan->windowed)
        return error_set(building->error, ERROR_UNSUPPORTED,
                         "GROUP BY does not support windowed sources: aggregate the source that %.*s was made of",
                         VIEW_ARGS(building->left->name));
    if (building_check_names(building) != 0 || where(building) != 0)
        return -1;
    if (building->aggregated) {
        if (aggregate(building) != 0)
            return -1;
    } else {
        if (query->partitioned && partition(building) != 0)
            return -1;
        if (building_expand(building) != 0 || building_bind_items(building) != 0)
            return -1;
    }
    return building_project(building);
}

static int finish(struct building *building, const struct with_properties *with, struct query_definition *definition) {
    if (!building->persistent)
        return 0;
    return building_sink(building, with, definition);
}

static bool is_select_into(enum statement_kind kind) {
    return kind == STATEMENT_CREATE_STREAM_AS || kind == STATEMENT_CREATE_TABLE_AS;
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
    if (with_read(analysis, statement, true, &with, error) != 0 || sources(&building, statement->query) != 0)
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
    if (plan_query(&building) != 0 || result_kind(&building) != 0 || finish(&building, &with, definition) != 0) {
        if (is_select_into(statement->kind) && error != NULL &&
            !view_starts_with(view_of(error->message), VIEW("Key format does not support schema.")))
            error_wrap(error, "Could not determine output schema for query due to error");
        goto cleanup;
    }
    definition->plan->root = building.top;
    definition->plan->limit = statement->query->limit;
    definition->plan->table = building_table(&building);
    definition->plan->statement = arena_copy_view(building.arena, definition->rewritten);
    const struct source **reads = arena_zero(analysis->arena, 2 * sizeof *reads);
    reads[0] = catalog_find(analysis->catalog, building.left->name);
    reads[1] = building.right == NULL ? NULL : catalog_find(analysis->catalog, building.right->name);
    definition->reads = reads;
    definition->read_count = building.right == NULL ? 1 : 2;
    status = 0;
cleanup:
    scope_free(&building.scope);
    grouping_free(&building.grouping);
    vector_free(&building.items);
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

int analyse_pull(const struct analysis *analysis, const struct statement *statement, const char *query_id,
                 struct query_definition *definition, struct error *error) {
    const struct query *query = statement->query;
    const struct source *source = catalog_find(analysis->catalog, query->from.name);
    const struct node *first;
    *definition = (struct query_definition){.rewritten = statement->written};
    if (source != NULL && query->join_count == 0) {
        if (query->grouped || has_aggregates(query, &first))
            return refuse_pull(error, "GROUP BY");
        if (query->window.kind != TREE_NO_WINDOW)
            return refuse_pull(error, "WINDOW");
        if (query->partitioned)
            return refuse_pull(error, "PARTITION BY");
        if (query->having != NULL)
            return refuse_pull(error, "HAVING");
        if (source->kind == SOURCE_TABLE && !source->queryable)
            return error_set(
                error, ERROR_INVALID,
                "The `%.*s` table isn't queryable. To derive a queryable table, you can do 'CREATE TABLE "
                "QUERYABLE_%.*s AS SELECT * FROM %.*s'. See https://cnfl.io/queries for more info.\nAdd EMIT "
                "CHANGES if you intended to issue a push query.",
                VIEW_ARGS(source->name), VIEW_ARGS(source->name), VIEW_ARGS(source->name));
    }
    if (analyse(analysis, statement, query_id, true, definition, error) != 0)
        return -1;
    if (query->join_count != 0) {
        plan_release(definition->plan);
        definition->plan = NULL;
        return refuse_pull(error, "JOIN");
    }
    return 0;
}
