/* As Avro's strict name validator and its check of defaults have it (Avro 1.11 and later: the default of a union is of
 * any of its branches). */
#include <string.h>

#include "foundation/format/schema_check.h"

static int refuse(struct error *error, const char *what, const char *which) {
    return error_set(error, ERROR_INVALID, "Avro schema: %s '%.200s'", what, which);
}

/* Letters, digits and _, no digit first; dots between the parts of a full name. */
static bool is_name(const char *name, bool dots) {
    bool first = true;
    for (; *name; name++) {
        bool letter = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') || *name == '_';
        if (*name == '.' && dots && !first)
            first = true;
        else if (letter || (!first && *name >= '0' && *name <= '9'))
            first = false;
        else
            return false;
    }
    return !first;
}

static bool is_value(const struct avro_node *node, json_t *value);

static bool are_fields(const struct avro_node *node, json_t *value) {
    for (size_t i = 0; i < node->count; i++) {
        json_t *field = json_object_getn(value, node->fields[i].name.data, node->fields[i].name.size);
        if (field ? !is_value(node->fields[i].type, field) : !node->fields[i].has_default)
            return false;
    }
    return json_is_object(value);
}

static bool are_all(const struct avro_node *node, json_t *value) {
    const char *name;
    json_t *one;
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!is_value(node, json_array_get(value, i)))
            return false;
    json_object_foreach(value, name, one) {
        if (!is_value(node, one))
            return false;
    }
    return true;
}

static bool is_value(const struct avro_node *node, json_t *value) {
    switch (node->kind) {
    case AVRO_KIND_NULL:
        return json_is_null(value);
    case AVRO_KIND_BOOLEAN:
        return json_is_boolean(value);
    case AVRO_KIND_INT:
        return json_is_integer(value) && json_integer_value(value) >= INT32_MIN &&
               json_integer_value(value) <= INT32_MAX;
    case AVRO_KIND_LONG:
        return json_is_integer(value);
    case AVRO_KIND_FLOAT:
    case AVRO_KIND_DOUBLE:
        return json_is_number(value);
    case AVRO_KIND_ARRAY:
        return json_is_array(value) && are_all(node->items, value);
    case AVRO_KIND_MAP:
        return json_is_object(value) && are_all(node->items, value);
    case AVRO_KIND_RECORD:
        return are_fields(node, value);
    case AVRO_KIND_UNION:
        for (size_t i = 0; i < node->count; i++)
            if (is_value(node->branches[i], value))
                return true;
        return false;
    default: /* text, bytes and fixed as text, symbols */
        return json_is_string(value);
    }
}

static int check_fields(json_t *schema, const struct avro_node *node, struct error *error) {
    json_t *fields = json_object_get(schema, "fields");
    for (size_t i = 0; i < node->count; i++) {
        json_t *field = json_array_get(fields, i), *fallback = json_object_get(field, "default");
        const char *name = json_string_value(json_object_get(field, "name"));
        if (!is_name(name, false))
            return refuse(error, "a field has letters, digits and _ in its name, and no digit first, unlike", name);
        if (avro_schema_check(json_object_get(field, "type"), node->fields[i].type, error) != 0)
            return -1;
        if (fallback && !is_value(node->fields[i].type, fallback))
            return refuse(error, "the default is of another type than the field", name);
    }
    return 0;
}

static int check_symbols(json_t *schema, const struct avro_node *node, struct error *error) {
    const char *fallback = json_string_value(json_object_get(schema, "default"));
    bool found = !json_object_get(schema, "default");
    for (size_t i = 0; i < node->count; i++) {
        if (!is_name(node->symbols[i].data, false))
            return refuse(error, "a symbol has letters, digits and _, and no digit first, unlike",
                          node->symbols[i].data);
        for (size_t j = 0; j < i; j++)
            if (view_equal(node->symbols[i], node->symbols[j]))
                return refuse(error, "a symbol is there twice:", node->symbols[i].data);
        found = found || (fallback && view_equal(node->symbols[i], view_of(fallback)));
    }
    return found ? 0 : refuse(error, "the default is none of the symbols:", fallback ? fallback : "(no text)");
}

int avro_schema_check(json_t *schema, const struct avro_node *node, struct error *error) {
    json_t *type = json_object_get(schema, "type");
    const char *kind = json_string_value(type), *name = json_string_value(json_object_get(schema, "name"));
    if (json_is_array(schema)) {
        for (size_t i = 0; node->kind == AVRO_KIND_UNION && i < node->count; i++)
            if (avro_schema_check(json_array_get(schema, i), node->branches[i], error) != 0)
                return -1;
        return 0;
    }
    if (!json_is_object(schema)) /* a name: checked where it is defined */
        return 0;
    if (!kind)
        return avro_schema_check(type, node, error);
    if (strcmp(kind, "array") == 0)
        return avro_schema_check(json_object_get(schema, "items"), node->items, error);
    if (strcmp(kind, "map") == 0)
        return avro_schema_check(json_object_get(schema, "values"), node->items, error);
    bool record = strcmp(kind, "record") == 0 || strcmp(kind, "error") == 0, symbols = strcmp(kind, "enum") == 0;
    if (!record && !symbols && strcmp(kind, "fixed") != 0)
        return 0;
    const char *space = json_string_value(json_object_get(schema, "namespace"));
    if (!is_name(name, true))
        return refuse(error, "a name has letters, digits and _, and no digit first, unlike", name);
    if (space && *space && !is_name(space, true))
        return refuse(error, "a namespace is of names with dots between, unlike", space);
    return record ? check_fields(schema, node, error) : symbols ? check_symbols(schema, node, error) : 0;
}
