#include "server/ksqldb/entities.h"

void entity_begin(struct work *work, const char *type, struct view text) {
    put_open(work->out, '{');
    put_string(work->out, "@type", view_of(type));
    put_string(work->out, "statementText", text);
}

void entity_end(struct work *work) {
    put_raw(work->out, "warnings", "[]");
    text_append_char(work->out, '}');
}

int entity_fail(struct work *work, const struct statement *statement, const struct error *error) {
    return fault_of(work->fault, error, statement, statement->written);
}

int entity_refuse(struct work *work, const struct statement *statement, const char *format, ...) {
    struct error error = {0};
    va_list arguments;
    va_start(arguments, format);
    error_set_v(&error, ERROR_INVALID, format, arguments);
    va_end(arguments);
    return entity_fail(work, statement, &error);
}

/* --- types and columns --- */

static void put_field_list(struct text *out, const struct sql_type *type) {
    put_key(out, "fields");
    if (type->base != SQL_STRUCT) {
        text_append_string(out, "null");
        return;
    }
    put_open(out, '[');
    for (size_t i = 0; i < type->field_count; i++) {
        put_open(out, '{');
        put_string(out, "name", type->fields[i].name);
        put_key(out, "schema");
        put_type(out, type->fields[i].type);
        text_append_char(out, '}');
    }
    text_append_char(out, ']');
}

void put_type(struct text *out, const struct sql_type *type) {
    put_open(out, '{');
    put_string(out, "type", view_of(sql_base_name(type->base)));
    put_field_list(out, type);
    put_key(out, "memberSchema");
    if (type->element)
        put_type(out, type->element);
    else
        text_append_string(out, "null");
    if (type->base == SQL_DECIMAL) {
        put_key(out, "parameters");
        put_open(out, '{');
        put_number(out, "precision", type->precision);
        put_number(out, "scale", type->scale);
        text_append_char(out, '}');
    }
    text_append_char(out, '}');
}

void put_fields(struct text *out, const struct schema *schema, bool marks) {
    put_key(out, "fields");
    put_open(out, '[');
    for (size_t i = 0; i < schema_count(schema); i++) {
        put_open(out, '{');
        put_string(out, "name", schema->columns[i].name);
        put_key(out, "schema");
        put_type(out, schema->columns[i].type);
        if (marks && i < schema->key_count)
            put_string(out, "type", VIEW("KEY"));
        text_append_char(out, '}');
    }
    text_append_char(out, ']');
}

/* --- words --- */

const char *window_word(enum window_kind kind) {
    static const char *const words[] = {[WINDOW_NONE] = NULL,
                                        [WINDOW_TUMBLING] = "TUMBLING",
                                        [WINDOW_HOPPING] = "HOPPING",
                                        [WINDOW_SESSION] = "SESSION"};
    return words[kind];
}

const char *state_word(enum engine_query_state state) {
    static const char *const words[] = {
        [ENGINE_RUNNING] = "RUNNING", [ENGINE_PAUSED] = "PAUSED", [ENGINE_ERROR] = "ERROR"};
    return words[state];
}

/* --- plans --- */

static const struct step_source *find_source(const struct step *step, size_t *index) {
    const struct step_source *found = NULL;
    for (; step && !found; step = step->below) {
        if (step->kind == STEP_SOURCE && (*index)-- == 0)
            found = &step->source;
        if (!found && step->kind == STEP_JOIN) {
            found = find_source(step->below, index);
            return found ? found : find_source(step->right, index);
        }
    }
    return found;
}

const struct step_source *plan_source_at(const struct plan *plan, size_t index) {
    return find_source(plan->root, &index);
}
