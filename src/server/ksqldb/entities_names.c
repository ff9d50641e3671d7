/* LIST FUNCTIONS, TYPES, PROPERTIES, VARIABLES; DESCRIBE FUNCTION. */
#include <string.h>

#include "ksql/function/function.h"
#include "server/ksqldb/entities.h"

/* --- functions --- */

static const char *kind_word(enum function_kind kind) {
    return kind == FUNCTION_AGGREGATE ? "AGGREGATE" : kind == FUNCTION_TABLE ? "TABLE" : "SCALAR";
}

int entity_list_functions(struct work *work, const struct statement *statement) {
    const struct function *function;
    entity_begin(work, "function_names", statement->written);
    put_key(work->out, "functions");
    put_open(work->out, '[');
    for (size_t i = 0; (function = function_at(i)); i++) {
        put_open(work->out, '{');
        put_string(work->out, "name", view_of(function->name));
        put_string(work->out, "type", view_of(kind_word(function->kind)));
        put_string(work->out, "category", view_of(function->category));
        text_append_char(work->out, '}');
    }
    text_append_char(work->out, ']');
    entity_end(work);
    return 0;
}

static size_t parameter_count(const struct function_signature *signature) {
    size_t count = 0;
    while (count < FUNCTION_PARAMETERS && signature->parameters[count].kind != PARAMETER_END)
        count++;
    return count;
}

/* As function messages spell types. */
static void put_return_type(struct text *out, const struct function_signature *signature) {
    struct text type = TEXT_EMPTY;
    if (signature->returns && signature->returns->base == SQL_STRING)
        text_append_string(&type, "VARCHAR");
    else if (signature->returns && signature->returns->base == SQL_INTEGER)
        text_append_string(&type, "INT");
    else if (signature->returns)
        sql_type_print(&type, signature->returns);
    else
        text_append_string(&type,
                           parameter_count(signature) ? function_parameter_text(signature->parameters[0].kind) : "T");
    put_string(out, "returnType", text_view(&type));
    text_free(&type);
}

static void put_signature(struct text *out, const struct function *function,
                          const struct function_signature *signature) {
    size_t count = parameter_count(signature);
    put_open(out, '{');
    put_key(out, "arguments");
    put_open(out, '[');
    for (size_t i = 0; i < count; i++) {
        put_open(out, '{');
        put_string(out, "name", view_of(signature->parameters[i].name));
        put_string(out, "type", view_of(function_parameter_text(signature->parameters[i].kind)));
        put_string(out, "description", VIEW(""));
        put_bool(out, "isVariadic", signature->variadic && i + 1 == count);
        text_append_char(out, '}');
    }
    text_append_char(out, ']');
    put_return_type(out, signature);
    put_string(out, "description", view_of(function->description));
    put_key(out, "argumentTypes");
    put_open(out, '[');
    for (size_t i = 0; i < count; i++)
        put_item(out, view_of(function_parameter_text(signature->parameters[i].kind)));
    text_append_string(out, "]}");
}

int entity_describe_function(struct work *work, const struct statement *statement) {
    const struct function *function = function_find(statement->name);
    if (!function)
        return entity_refuse(work, statement, "Can't find any functions with the name '%.*s'",
                             VIEW_ARGS(statement->name));
    entity_begin(work, "describe_function", statement->written);
    put_string(work->out, "name", view_of(function->name));
    put_string(work->out, "description", view_of(function->description));
    put_string(work->out, "author", VIEW("fraudscope"));
    put_string(work->out, "version", VIEW(""));
    put_string(work->out, "path", VIEW("internal"));
    put_key(work->out, "functions");
    put_open(work->out, '[');
    for (size_t i = 0; i < function->signature_count; i++)
        put_signature(work->out, function, &function->signatures[i]);
    text_append_char(work->out, ']');
    put_string(work->out, "type", view_of(kind_word(function->kind)));
    entity_end(work);
    return 0;
}

/* --- types, properties, variables --- */

int entity_list_types(struct work *work, const struct statement *statement) {
    struct view name;
    const struct sql_type *type;
    entity_begin(work, "type_list", statement->written);
    put_key(work->out, "types");
    put_open(work->out, '{');
    for (size_t i = 0; catalog_type_at(engine_catalog(work->engine), i, &name, &type); i++) {
        put_comma(work->out);
        text_append_json(work->out, name);
        text_append_char(work->out, ':');
        put_type(work->out, type);
    }
    text_append_char(work->out, '}');
    entity_end(work);
    return 0;
}

static void put_property_names(struct work *work, const char *key, bool overridden) {
    struct setting_row row;
    char buffer[32];
    put_key(work->out, key);
    put_open(work->out, '[');
    for (size_t i = 0; setting_at(work->core->settings, work->properties, i, &row, buffer); i++)
        if (overridden ? row.overridden : row.is_default)
            put_item(work->out, view_of(row.name));
    text_append_char(work->out, ']');
}

int entity_list_properties(struct work *work, const struct statement *statement) {
    struct setting_row row;
    char buffer[32];
    entity_begin(work, "properties", statement->written);
    put_key(work->out, "properties");
    put_open(work->out, '[');
    for (size_t i = 0; setting_at(work->core->settings, work->properties, i, &row, buffer); i++) {
        put_open(work->out, '{');
        put_string(work->out, "name", view_of(row.name));
        put_string(work->out, "scope", VIEW("KSQL"));
        if (row.value)
            put_string(work->out, "value", view_of(row.value));
        else
            put_raw(work->out, "value", "null");
        put_bool(work->out, "editable", row.editable);
        put_string(work->out, "level", view_of(row.level));
        text_append_char(work->out, '}');
    }
    text_append_char(work->out, ']');
    put_property_names(work, "overwrittenProperties", true);
    put_property_names(work, "defaultProperties", false);
    entity_end(work);
    return 0;
}

int entity_list_variables(struct work *work, const struct statement *statement) {
    entity_begin(work, "variables", statement->written);
    put_key(work->out, "variables");
    put_open(work->out, '[');
    for (size_t i = 0; i < properties_count(work->variables); i++) {
        const char *name, *value;
        properties_at(work->variables, i, &name, &value);
        put_open(work->out, '{');
        put_string(work->out, "name", view_of(name));
        put_string(work->out, "value", view_of(value));
        text_append_char(work->out, '}');
    }
    text_append_char(work->out, ']');
    entity_end(work);
    return 0;
}
