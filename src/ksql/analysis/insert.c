/* INSERT INTO ... VALUES: columns found, values bound and widened to their columns' types. */
#include "ksql/analysis/private.h"

static bool fields_fit(const struct sql_type *from, const struct sql_type *to);

/* Numbers widen, texts become dates and times, containers follow their elements; nothing else converts. */
static bool fits(const struct sql_type *from, const struct sql_type *to) {
    if (from == NULL || sql_type_equal(from, to))
        return true;
    if (sql_type_is_number(from) && sql_type_is_number(to))
        return from->base < to->base || (from->base == SQL_DECIMAL && to->base == SQL_DOUBLE) ||
               (to->base == SQL_DECIMAL && from->base != SQL_DOUBLE);
    if (from->base == SQL_STRING)
        return to->base == SQL_DATE || to->base == SQL_TIME || to->base == SQL_TIMESTAMP;
    if (from->base != to->base)
        return false;
    if (from->base == SQL_ARRAY)
        return fits(from->element, to->element);
    if (from->base == SQL_MAP)
        return fits(from->key, to->key) && fits(from->element, to->element);
    return from->base == SQL_STRUCT && fields_fit(from, to);
}

/* By name: a field that is not given is NULL, or the default of the schema that the values follow; one that nobody asks
 * for is left out. */
static bool fields_fit(const struct sql_type *from, const struct sql_type *to) {
    for (size_t i = 0; i < from->field_count; i++)
        for (size_t j = 0; j < to->field_count; j++)
            if (view_equal(from->fields[i].name, to->fields[j].name) && !fits(from->fields[i].type, to->fields[j].type))
                return false;
    return true;
}

static const struct node *qualified_in(const struct node *node) {
    if (node->kind == NODE_COLUMN && node->qualified)
        return node;
    for (size_t i = 0; i < node->child_count; i++) {
        const struct node *found = qualified_in(node->children[i]);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static const struct expression *value_of(struct binder *binder, const struct statement *statement, struct view column,
                                         const struct sql_type *type, const struct node *node) {
    const struct node *qualified = qualified_in(node);
    if (qualified != NULL) {
        error_set_at(binder->error, ERROR_INVALID, qualified->line, qualified->column,
                     "Failed to prepare statement: '%.*s' is not a valid stream/table name or alias.",
                     VIEW_ARGS(qualified->qualifier));
        return NULL;
    }
    const struct expression *expression = bind_node(binder, node);
    if (expression == NULL) {
        error_wrap(binder->error, "Failed to insert values into '%.*s'", VIEW_ARGS(statement->name));
        return NULL;
    }
    if (fits(expression->type, type)) {
        if (expression->type == NULL || !sql_type_equal(expression->type, type))
            return bind_cast(binder, expression, type);
        return expression;
    }
    struct view wanted = type_text(binder->arena, type), got = type_text(binder->arena, expression->type),
                text = binder_text(binder, node);
    error_set_at(binder->error, ERROR_INVALID, node->line, node->column,
                 "Failed to insert values into '%.*s'. Expected type %.*s for field `%.*s` but got %.*s(%.*s)",
                 VIEW_ARGS(statement->name), VIEW_ARGS(wanted), VIEW_ARGS(column), VIEW_ARGS(got), VIEW_ARGS(text));
    return NULL;
}

static int check_source(const struct source *source, struct error *error) {
    const char *kind = source->kind == SOURCE_STREAM ? "stream" : "table";
    if (source->read_only)
        return error_set(error, ERROR_INVALID, "Cannot insert values into read-only %s: %.*s", kind,
                         VIEW_ARGS(source->name));
    if (source->format.window.kind != WINDOW_NONE)
        return error_set(error, ERROR_INVALID, "Cannot insert values into windowed %s: %.*s", kind,
                         VIEW_ARGS(source->name));
    return 0;
}

static int check_key(const struct source *source, const struct expression *const *values, struct error *error) {
    for (size_t i = 0; source->kind == SOURCE_TABLE && i < source->schema->key_count; i++)
        if (values[i] == NULL || (values[i]->kind == EXPRESSION_LITERAL && value_is_null(values[i]->literal)))
            return error_set(error, ERROR_INVALID,
                             "Failed to insert values into '%.*s'. Value for primary key column(s) `%.*s` is required "
                             "for tables",
                             VIEW_ARGS(source->name), VIEW_ARGS(source->schema->columns[i].name));
    return 0;
}

/* Whether the name is found when it is written without quotes. */
static bool needs_no_quotes(struct view name) {
    bool plain = name.size != 0;
    for (size_t i = 0; i < name.size; i++)
        plain &= !(name.data[i] >= 'a' && name.data[i] <= 'z');
    return plain;
}

static int unknown_source(const struct analysis *analysis, struct view name, struct error *error) {
    const struct source *other;
    error_set(error, ERROR_NOT_FOUND, "Cannot insert values into an unknown stream/table: `%.*s`", VIEW_ARGS(name));
    for (size_t i = 0; (other = catalog_at(analysis->catalog, i)) != NULL; i++)
        if (view_equal_ignoring_case(other->name, name) && needs_no_quotes(other->name))
            return error_set(error, ERROR_NOT_FOUND,
                             "Cannot insert values into an unknown stream/table: `%.*s`\nDid you mean %.*s? Hint: try "
                             "removing double quotes from the source name.",
                             VIEW_ARGS(name), VIEW_ARGS(other->name));
        else if (view_equal_ignoring_case(other->name, name))
            return error_set(error, ERROR_NOT_FOUND,
                             "Cannot insert values into an unknown stream/table: `%.*s`\nDid you mean \"%.*s\"? Hint: "
                             "wrap the source name in double quotes to make it case-sensitive.",
                             VIEW_ARGS(name), VIEW_ARGS(other->name));
    return -1;
}

int analyse_insert(const struct analysis *analysis, const struct statement *statement,
                   struct insert_definition *definition, struct error *error) {
    const struct source *source = catalog_find(analysis->catalog, statement->name);
    struct scope nothing = {0};
    struct binder binder = {
        .analysis = analysis, .arena = analysis->arena, .scope = &nothing, .clause = "INSERT VALUES", .error = error};
    *definition = (struct insert_definition){.source = source};
    if (statement->column_count != 0 && statement->column_count != statement->value_count)
        return error_set(error, ERROR_INVALID,
                         "Failed to prepare statement: Expected number columns and values to match: %zu, %zu",
                         statement->column_count, statement->value_count);
    if (source == NULL)
        return unknown_source(analysis, statement->name, error);
    if (check_source(source, error) != 0)
        return -1;
    const struct schema *schema = source->schema;
    size_t count = schema_count(schema);
    const struct expression **values = arena_zero(analysis->arena, (count + 1) * sizeof *values);
    if (statement->column_count == 0 && statement->value_count != count)
        return error_set(error, ERROR_INVALID,
                         "Failed to insert values into '%.*s'. Expected a value for each of its %zu columns, got %zu",
                         VIEW_ARGS(source->name), count, statement->value_count);
    for (size_t i = 0; i < statement->value_count; i++) {
        struct view name = statement->column_count == 0 ? schema->columns[i].name : statement->columns[i];
        int at = schema_find(schema, name);
        if (name_is(name, "ROWTIME")) {
            definition->timestamp = value_of(&binder, statement, name, &sql_bigint, statement->values[i]);
            if (definition->timestamp == NULL)
                return -1;
            continue;
        }
        if (name_is_pseudo(name))
            return error_set(error, ERROR_INVALID, "Inserting into column `%.*s` is not allowed.", VIEW_ARGS(name));
        if (at < 0)
            return error_set(error, ERROR_INVALID,
                             "Failed to insert values into '%.*s'. Column name `%.*s` does not exist.",
                             VIEW_ARGS(source->name), VIEW_ARGS(name));
        values[at] = value_of(&binder, statement, name, schema->columns[at].type, statement->values[i]);
        if (values[at] == NULL)
            return -1;
    }
    definition->values = values;
    return check_key(source, values, error);
}
