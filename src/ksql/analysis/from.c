/* FROM and JOIN: sources found, conditions checked in ksqlDB's order, steps up to the last join. Joins are left-deep:
 * rows of a join are the rows of what was joined before, those of the new source, then the value that both were joined
 * on. */
#include <string.h>

#include "ksql/analysis/building.h"

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

const struct relation *building_relation(const struct building *building, struct view alias) {
    for (size_t i = 0; i < building->sources.count; i++)
        if (view_equal(building->sources.items[i].relation.alias, alias))
            return &building->sources.items[i].relation;
    return NULL;
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

/* The plan may outlive the source: a push query goes on when what it reads is dropped. */
static const struct source *own_source(struct building *building, const struct relation *relation) {
    const struct source *source = find_source(building, relation);
    if (source == NULL)
        return NULL;
    struct source *copy = arena_allocate(building->arena, sizeof *copy);
    *copy = *source;
    struct view *const views[] = {
        &copy->name, &copy->topic, &copy->made_by, &copy->statement, &copy->timestamp_column, &copy->timestamp_format};
    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        *views[i] = own(building, *views[i]);
    copy->format = own_format(building, &source->format);
    copy->schema = schema_copy(building->arena, source->schema);
    return copy;
}

static int add_source(struct building *building, const struct relation *relation, int line, int column) {
    struct joined joined = {*relation, own_source(building, relation), 0};
    if (joined.source == NULL)
        return -1;
    if (building_relation(building, relation->alias) != NULL)
        return error_set_at(building->error, ERROR_INVALID, line, column,
                            building->sources.count > 1
                                ? "N-way joins do not support multiple occurrences of the same source. Source: '%.*s'."
                                : "Each side of the join must have a unique alias. '%.*s' is used more than once.",
                            VIEW_ARGS(relation->alias));
    vector_push(&building->sources, joined);
    return 0;
}

int building_sources(struct building *building, const struct query *query) {
    if (add_source(building, &query->from, query->from.line, query->from.column) != 0)
        return -1;
    for (size_t i = 0; i < query->join_count; i++)
        if (add_source(building, &query->joins[i].right, query->joins[i].line, query->joins[i].column) != 0)
            return -1;
    building->left = building->sources.items[0].source;
    size_t next = 0;
    for (size_t i = 0; i < building->sources.count; i++) {
        struct joined *joined = &building->sources.items[i];
        joined->base = next;
        next = scope_add_source(&building->scope, joined->relation.alias, joined->source, next);
        next += i != 0; /* the join's key */
    }
    building->key_index = next - 1;
    return 0;
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

static struct step *source_step(struct building *building, const struct source *source) {
    building->top = NULL;
    struct step *step = building_step(building, STEP_SOURCE, source_rows(building, source));
    step->table = source->kind == SOURCE_TABLE;
    step->source = (struct step_source){
        .name = source->name,
        .topic = source->topic,
        .kind = source->kind,
        .format = source->format,
        .timestamp_format = source->timestamp_format,
        .timestamp_index =
            source->timestamp_column.size == 0 ? -1 : schema_find(source->schema, source->timestamp_column),
    };
    return step;
}

/* --- ON --- */

/* The one source that a side of the condition names; NULL when there is none or there are several. */
static const struct joined *side_source(const struct building *building, const struct node *node, bool *several) {
    const struct joined *found = NULL;
    for (size_t i = 0; node->kind == NODE_COLUMN && node->qualified && i < building->sources.count; i++)
        if (view_equal(building->sources.items[i].relation.alias, node->qualifier))
            found = &building->sources.items[i];
    for (size_t i = 0; i < node->child_count; i++) {
        const struct joined *below = side_source(building, node->children[i], several);
        *several |= below != NULL && found != NULL && below != found;
        found = below != NULL ? below : found;
    }
    return *several ? NULL : found;
}

static bool is_equality(const struct node *node) {
    return node->kind == NODE_COMPARE && name_is(node->text, "=");
}

static int check_condition(struct building *building, const struct node *condition) {
    struct view text = node_text(building->arena, condition);
    if (is_equality(condition))
        return 0;
    if (condition->kind == NODE_COMPARE || condition->kind == NODE_DISTINCT)
        return error_set_at(building->error, ERROR_INVALID, condition->line, condition->column,
                            "Only equality join criteria is supported.");
    if ((condition->kind == NODE_AND || condition->kind == NODE_OR) && is_equality(condition->children[0]) &&
        is_equality(condition->children[1]))
        return error_set_at(building->error, ERROR_INVALID, condition->line, condition->column,
                            "Invalid join condition: joins on multiple conditions are not yet supported. Got %.*s.",
                            VIEW_ARGS(text));
    return error_set_at(building->error, ERROR_INVALID, condition->line, condition->column,
                        "Unsupported join expression: %.*s", VIEW_ARGS(text));
}

static const char *window_word(const struct source *source) {
    static const char *const words[] = {"not", "TUMBLING", "HOPPING", "SESSION"};
    return words[source->format.window.kind];
}

static int check_windows(struct building *building, const struct joined *left, const struct joined *right) {
    enum window_kind a = left->source->format.window.kind, b = right->source->format.window.kind;
    if ((a == WINDOW_NONE) != (b == WINDOW_NONE))
        return error_set(building->error, ERROR_INVALID,
                         "Can not join windowed source to non-windowed source.\n`%.*s` is %s windowed\n`%.*s` is %s "
                         "windowed",
                         VIEW_ARGS(left->relation.alias), window_word(left->source), VIEW_ARGS(right->relation.alias),
                         window_word(right->source));
    if ((a == WINDOW_SESSION) != (b == WINDOW_SESSION))
        return error_set(
            building->error, ERROR_INVALID,
            "Incompatible windowed sources.\nLeft source: %s\nRight source: %s\nSession windowed sources can only be "
            "joined to other session windowed sources, and may still not result in expected behaviour as session "
            "bounds must be an exact match for the join to work\nHopping and tumbling windowed sources can only be "
            "joined to other hopping and tumbling windowed sources",
            window_word(left->source), window_word(right->source));
    return 0;
}

static bool is_key_of(const struct node *node, const struct source *source) {
    return node->kind == NODE_COLUMN && source->schema->key_count == 1 &&
           view_equal(node->name, source->schema->columns[0].name);
}

static bool tables_until(const struct building *building, const struct joined *last) {
    bool tables = true;
    for (const struct joined *joined = building->sources.items; joined <= last; joined++)
        tables &= joined->source->kind == SOURCE_TABLE;
    return tables;
}

/* `fresh` is the source that this join brings. */
static int check_sides(struct building *building, const struct node *condition, const struct joined *fresh) {
    const struct joined *sides[2];
    struct binder binder = building_binder(building, false, "JOIN ON");
    for (size_t i = 0; i < 2; i++)
        if (bind_node(&binder, condition->children[i]) == NULL)
            return -1;
    for (size_t i = 0; i < 2; i++) {
        bool several = false;
        if ((sides[i] = side_source(building, condition->children[i], &several)) == NULL)
            return error_set_at(
                building->error, ERROR_INVALID, condition->line, condition->column,
                "Invalid comparison expression '%.*s' in join '%.*s'. Each side of the join comparision must contain "
                "references from exactly one source.",
                VIEW_ARGS(node_text(building->arena, condition->children[i])),
                VIEW_ARGS(node_text(building->arena, condition)));
    }
    if (sides[0] == sides[1])
        return error_set_at(
            building->error, ERROR_INVALID, condition->line, condition->column,
            "Each side of the join must reference exactly one source and not the same source. Left side "
            "references `%.*s` and right references `%.*s`",
            VIEW_ARGS(sides[0]->relation.alias), VIEW_ARGS(sides[1]->relation.alias));
    if (check_windows(building, sides[0], sides[1]) != 0)
        return -1;
    if (sides[0] != fresh && sides[1] != fresh)
        return error_set_at(building->error, ERROR_INVALID, condition->line, condition->column,
                            "A join criteria is expected to reference the source (`%.*s`) in the FROM clause, instead "
                            "the right source references `%.*s` and the left source references `%.*s`",
                            VIEW_ARGS(fresh->relation.alias), VIEW_ARGS(sides[1]->relation.alias),
                            VIEW_ARGS(sides[0]->relation.alias));
    bool flipped = sides[0] == fresh;
    struct criterion criterion = {.left = condition->children[flipped ? 1 : 0],
                                  .right = condition->children[flipped ? 0 : 1],
                                  .first = condition->children[0],
                                  .second = condition->children[1]};
    const struct joined *old = flipped ? sides[1] : sides[0];
    criterion.foreign = tables_until(building, fresh) && is_key_of(criterion.right, fresh->source) &&
                        !is_key_of(criterion.left, old->source);
    vector_push(&building->criteria, criterion);
    return 0;
}

int building_criteria(struct building *building) {
    for (size_t i = 1; i < building->sources.count; i++) {
        struct joined *fresh = &building->sources.items[i];
        for (size_t j = 0; j < i; j++)
            if (view_equal(building->sources.items[j].source->name, fresh->source->name))
                return error_set(
                    building->error, ERROR_INVALID,
                    i > 1 ? "N-way joins do not support multiple occurrences of the same source. Source: '%.*s'.%.*s"
                          : "Can not join '%.*s' to '%.*s': self joins are not yet supported.",
                    VIEW_ARGS(fresh->source->name), i > 1 ? 0 : (int)fresh->source->name.size,
                    fresh->source->name.data);
        const struct node *condition = building->query->joins[i - 1].condition;
        if (check_condition(building, condition) != 0 || check_sides(building, condition, fresh) != 0)
            return -1;
    }
    return 0;
}

/* --- steps --- */

static const char *join_words(enum tree_join kind) {
    static const char *const words[] = {"[INNER] JOIN", "LEFT [OUTER] JOIN", "RIGHT [OUTER] JOIN", "[FULL] OUTER JOIN"};
    return words[kind];
}

static int wrong_join(struct building *building, const struct join *join, const struct joined *left,
                      const struct joined *right, const char *what) {
    return error_set_at(building->error, ERROR_INVALID, join->line, join->column, "%s Got %.*s %s %.*s.", what,
                        VIEW_ARGS(left->source->name), join_words(join->kind), VIEW_ARGS(right->source->name));
}

static int wrong_condition(struct building *building, const struct criterion *criterion, const char *what) {
    return error_set_at(building->error, ERROR_INVALID, criterion->first->line, criterion->first->column,
                        "Invalid join condition: %s Got %.*s = %.*s.", what,
                        VIEW_ARGS(node_text(building->arena, criterion->first)),
                        VIEW_ARGS(node_text(building->arena, criterion->second)));
}

static const struct joined *source_of(const struct building *building, const struct node *node) {
    bool several = false;
    return side_source(building, node, &several);
}

static int check_types(struct building *building, const struct criterion *criterion, const struct sql_type *left,
                       const struct sql_type *right) {
    if (left != NULL && right != NULL && sql_type_equal(left, right))
        return 0;
    bool flipped = criterion->first == criterion->right;
    return error_set_at(building->error, ERROR_INVALID, criterion->left->line, criterion->left->column,
                        "Invalid join condition: types don't match. Got %.*s{%.*s} = %.*s{%.*s}.",
                        VIEW_ARGS(node_text(building->arena, criterion->first)),
                        VIEW_ARGS(type_text(building->arena, flipped ? right : left)),
                        VIEW_ARGS(node_text(building->arena, criterion->second)),
                        VIEW_ARGS(type_text(building->arena, flipped ? left : right)));
}

static int check_tables(struct building *building, const struct join *join, size_t at, struct criterion *criterion) {
    const struct joined *right = &building->sources.items[at], *left = source_of(building, criterion->left);
    if (!is_key_of(criterion->right, right->source))
        return wrong_condition(building, criterion,
                               "table-table joins require to join on the primary key of the right input table.");
    if (!criterion->foreign)
        return 0;
    if (join->kind == TREE_OUTER)
        return wrong_join(building, join, left, right,
                          "Invalid join type: full-outer join not supported for foreign-key table-table join.");
    if (join->kind == TREE_RIGHT)
        return wrong_join(building, join, left, right,
                          "Invalid join type: right-outer join not supported for foreign-key table-table join.");
    if (at > 1)
        return wrong_condition(building, criterion,
                               "foreign-key table-table joins are not supported as part of n-way joins.");
    return 0;
}

/* Which join it is; its kind of step. */
static int join_kind(struct building *building, const struct join *join, size_t at, bool left_table,
                     struct criterion *criterion, enum step_kind *kind) {
    const struct joined *left = source_of(building, criterion->left), *right = &building->sources.items[at];
    bool right_table = right->source->kind == SOURCE_TABLE;
    if (!left_table && !right_table) {
        *kind = STEP_JOIN_STREAMS;
        return 0;
    }
    if (left_table && !right_table)
        return wrong_join(building, join, left, right,
                          "Invalid join order: table-stream joins are not supported; only stream-table joins.");
    if (left_table) {
        if (check_tables(building, join, at, criterion) != 0)
            return -1;
        *kind = criterion->foreign ? STEP_JOIN_FOREIGN : STEP_JOIN_TABLES;
        return 0;
    }
    *kind = STEP_JOIN;
    if (join->kind == TREE_OUTER || join->kind == TREE_RIGHT)
        return wrong_join(building, join, left, right,
                          join->kind == TREE_OUTER
                              ? "Invalid join type: full-outer join not supported for stream-table join."
                              : "Invalid join type: right-outer join not supported for stream-table join.");
    if (!is_key_of(criterion->right, right->source))
        return wrong_condition(building, criterion, "stream-table joins require to join on the table's primary key.");
    return 0;
}

static const struct expression *bind_right(struct building *building, const struct joined *right,
                                           const struct node *node) {
    struct scope scope = {0};
    struct binder binder = building_binder(building, false, "JOIN ON");
    scope_add_source(&scope, right->relation.alias, right->source, 0);
    binder.scope = &scope;
    const struct expression *expression = bind_node(&binder, node);
    scope_free(&scope);
    return expression;
}

static const struct schema *joined_rows(struct building *building, const struct step *left, const struct step *right,
                                        const struct sql_type *key) {
    size_t left_count = schema_count(left->schema), right_count = schema_count(right->schema);
    struct column *columns = arena_zero(building->arena, (left_count + right_count + 1) * sizeof *columns);
    memcpy(columns, left->schema->columns, left_count * sizeof *columns);
    memcpy(columns + left_count, right->schema->columns, right_count * sizeof *columns);
    columns[left_count + right_count] = (struct column){VIEW("ROWKEY"), key};
    struct schema *schema = arena_zero(building->arena, sizeof *schema);
    *schema = (struct schema){columns, 0, left_count + right_count + 1};
    return schema;
}

static int join_step(struct building *building, size_t at) {
    const struct join *join = &building->query->joins[at - 1];
    const struct joined *right = &building->sources.items[at];
    struct criterion *criterion = &building->criteria.items[at - 1];
    struct step *left_step = building->top;
    struct binder binder = building_binder(building, false, "JOIN ON");
    enum step_kind kind;
    if (join_kind(building, join, at, left_step->table, criterion, &kind) != 0)
        return -1;
    const struct expression *left_key = bind_node(&binder, criterion->left);
    const struct expression *right_key = left_key == NULL ? NULL : bind_right(building, right, criterion->right);
    if (right_key == NULL || check_types(building, criterion, left_key->type, right_key->type) != 0)
        return -1;
    if (kind == STEP_JOIN_FOREIGN && right->source->format.window.kind != WINDOW_NONE)
        return error_set(building->error, ERROR_INVALID,
                         "Foreign-key table-table joins are not supported on windowed tables.");
    building->key_type = left_key->type;
    struct step *right_step = source_step(building, right->source);
    bool table = left_step->table && right_step->table;
    right_step->source.materialise = right_step->table;
    if (left_step->kind == STEP_SOURCE && table)
        left_step->source.materialise = true;
    building->top = left_step;
    struct step *step = building_step(building, kind, joined_rows(building, left_step, right_step, left_key->type));
    step->right = right_step;
    step->table = table;
    step->join = (struct step_join){
        .kind = (enum join_kind)join->kind,
        .left_kind = left_step->table ? SOURCE_TABLE : SOURCE_STREAM,
        .right_kind = right->source->kind,
        .left_key = left_key,
        .right_key = right_key,
        .windowed = right->source->format.window.kind != WINDOW_NONE,
        .before = join->within.given ? join->within.before : -1,
        .after = join->within.given ? join->within.after : -1,
        .grace = join->within.given ? join->within.grace : -1,
    };
    return 0;
}

/* --- the key of the result --- */

static bool contains(const struct node *const *nodes, size_t count, const struct node *node) {
    for (size_t i = 0; i < count; i++)
        if (node_equal(nodes[i], node))
            return true;
    return false;
}

/* Columns that have the same value in every row of the result: those of the last condition, and of the conditions
 * before as far as they hang together. A full join has none, its key gets a name of its own. */
static void find_viable(struct building *building) {
    const struct node **equal = arena_zero(building->arena, (2 * building->criteria.count + 1) * sizeof *equal);
    size_t count = 0;
    building->foreign = false;
    for (size_t i = 0; i < building->criteria.count; i++) {
        const struct criterion *criterion = &building->criteria.items[i];
        bool hangs = contains(equal, count, criterion->left);
        if (!hangs)
            equal[0] = criterion->left;
        count = hangs ? count : 1;
        equal[count++] = criterion->right;
        if (building->query->joins[i].kind == TREE_OUTER)
            count = 0;
        building->foreign = criterion->foreign;
    }
    const struct node **viable = arena_zero(building->arena, (count + 1) * sizeof *viable);
    for (size_t i = 0; i < count; i++)
        if (equal[i]->kind == NODE_COLUMN)
            viable[building->viable_count++] = equal[i];
    building->viable = viable;
    building->synthetic = building->viable_count == 0 && !building->foreign;
}

/* ROWKEY, or ROWKEY_1 and so on when a source has such a column. */
static void add_synthetic(struct building *building) {
    struct view name = VIEW("ROWKEY");
    for (int i = 1; scope_count(&building->scope, name) != 0; i++)
        name = view_of(arena_format(building->arena, "ROWKEY_%d", i));
    struct scope_column column = {
        .source = {"", 0}, .name = name, .type = building->key_type, .index = building->key_index};
    vector_push(&building->scope.columns, column);
}

int building_from(struct building *building) {
    struct step *top = source_step(building, building->left);
    building->top = top;
    for (size_t i = 1; i < building->sources.count; i++)
        if (join_step(building, i) != 0)
            return -1;
    return 0;
}

int building_join_key(struct building *building) {
    if (!building_joins(building))
        return 0;
    find_viable(building);
    if (building->synthetic) {
        struct binder binder = building_binder(building, false, "JOIN ON");
        const struct node *last = building->criteria.items[building->criteria.count - 1].left;
        const struct expression *expression = bind_node(&binder, last);
        if (expression == NULL)
            return -1;
        building->key_type = expression->type;
        add_synthetic(building);
    }
    return 0;
}

/* --- what ksqlDB sees when it builds the topology --- */

static int check_partitions(struct building *building, size_t at) {
    const struct joined *left = &building->sources.items[0], *right = &building->sources.items[at];
    if (building->criteria.items[at - 1].foreign || left->source->partitions == right->source->partitions)
        return 0;
    return error_set(
        building->error, ERROR_INVALID,
        "Can't join `%.*s` with `%.*s` since the number of partitions don't match. `%.*s` partitions = %d; "
        "`%.*s` partitions = %d. Please repartition either one so that the number of partitions match.",
        VIEW_ARGS(left->relation.alias), VIEW_ARGS(right->relation.alias), VIEW_ARGS(left->relation.alias),
        left->source->partitions, VIEW_ARGS(right->relation.alias), right->source->partitions);
}

static int check_within(struct building *building, const struct step *step, const struct join *join) {
    if (step->kind == STEP_JOIN_STREAMS && !join->within.given)
        return error_set_at(
            building->error, ERROR_INVALID, join->line, join->column,
            "Stream-Stream joins must have a WITHIN clause specified. None was provided. To learn about how to specify "
            "a WITHIN clause with a stream-stream join, please visit: "
            "https://docs.confluent.io/current/ksql/docs/syntax-reference.html#create-stream-as-select");
    if (step->kind == STEP_JOIN && join->within.given)
        return error_set_at(
            building->error, ERROR_INVALID, join->line, join->column,
            "A window definition was provided for a Stream-Table join. These joins are not windowed. Please drop the "
            "window definition (ie. the WITHIN clause) and try to execute your join again.");
    if (step->kind != STEP_JOIN_STREAMS && join->within.given)
        return error_set_at(
            building->error, ERROR_INVALID, join->line, join->column,
            "A window definition was provided for a Table-Table join. These joins are not windowed. Please drop the "
            "window definition (i.e. the WITHIN clause) and try to execute your Table-Table join again.");
    return 0;
}

static int check_repartition(struct building *building, const struct criterion *criterion, size_t at) {
    const struct joined *left = source_of(building, criterion->left), *right = &building->sources.items[at];
    if (right->source->format.window.kind == WINDOW_NONE)
        return 0;
    /* only windows of one size have keys that are equal for equal windows */
    bool same = left->source->format.window.size == right->source->format.window.size;
    if (same && is_key_of(criterion->left, left->source) && is_key_of(criterion->right, right->source))
        return 0;
    return error_set(building->error, ERROR_INVALID,
                     "Implicit repartitioning of windowed sources is not supported. See "
                     "https://github.com/confluentinc/ksql/issues/4385.");
}

/* What is joined on is a key on its way, named after its source. */
static int check_key(struct building *building) {
    const struct node *node = building->viable_count == 0 ? NULL : building->viable[0];
    if (node == NULL)
        return 0;
    struct column column = {
        view_of(arena_format(building->arena, "%.*s_%.*s", VIEW_ARGS(node->qualifier), VIEW_ARGS(node->name))),
        building->key_type};
    struct schema schema = {&column, 1, 0};
    return key_check(building->analysis, &schema, building->error);
}

int building_check_joins(struct building *building) {
    if (check_key(building) != 0)
        return -1;
    const struct step *step = building->top;
    while (step != NULL && step->right == NULL)
        step = step->below;
    for (size_t i = building->sources.count; i-- > 1; step = step->below)
        if (check_partitions(building, i) != 0 || check_within(building, step, &building->query->joins[i - 1]) != 0 ||
            check_repartition(building, &building->criteria.items[i - 1], i) != 0)
            return -1;
    return 0;
}
