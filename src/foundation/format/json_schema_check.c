/* The shapes of JSON Schema's keywords, drafts 4 to 2020-12: what a validator could not load is no schema. */
#include <string.h>

#include "foundation/format/json_compatibility.h"
#include "foundation/format/schema_check.h"

enum { DEPTH_MOST = 200 };

struct checking {
    json_t *root;
    struct error *error;
    int depth;
};

enum shape {
    SCHEMA,         /* or true, or false */
    SCHEMA_OR_LIST, /* items */
    SCHEMAS,        /* a list of them, not empty */
    NAMED,          /* an object of them */
    NAMED_OR_NAMES, /* dependencies: schemas or lists of names */
    LIST,
    NAMES, /* a list of texts */
    NAMED_NAMES,
    NUMBER,
    NUMBER_OR_BOOLEAN, /* exclusiveMinimum was one in draft 4 */
    COUNT,
    TEXT,
    BOOLEAN
};
static const struct keyword {
    const char *name;
    enum shape shape;
} keywords[] = {
    {"additionalItems", SCHEMA},
    {"additionalProperties", SCHEMA},
    {"contains", SCHEMA},
    {"else", SCHEMA},
    {"if", SCHEMA},
    {"not", SCHEMA},
    {"propertyNames", SCHEMA},
    {"then", SCHEMA},
    {"unevaluatedItems", SCHEMA},
    {"unevaluatedProperties", SCHEMA},
    {"items", SCHEMA_OR_LIST},
    {"allOf", SCHEMAS},
    {"anyOf", SCHEMAS},
    {"oneOf", SCHEMAS},
    {"prefixItems", SCHEMAS},
    {"$defs", NAMED},
    {"definitions", NAMED},
    {"dependentSchemas", NAMED},
    {"patternProperties", NAMED},
    {"properties", NAMED},
    {"dependencies", NAMED_OR_NAMES},
    {"dependentRequired", NAMED_NAMES},
    {"enum", LIST},
    {"required", NAMES},
    {"maximum", NUMBER},
    {"minimum", NUMBER},
    {"multipleOf", NUMBER},
    {"exclusiveMaximum", NUMBER_OR_BOOLEAN},
    {"exclusiveMinimum", NUMBER_OR_BOOLEAN},
    {"maxContains", COUNT},
    {"maxItems", COUNT},
    {"maxLength", COUNT},
    {"maxProperties", COUNT},
    {"minContains", COUNT},
    {"minItems", COUNT},
    {"minLength", COUNT},
    {"minProperties", COUNT},
    {"$ref", TEXT},
    {"$schema", TEXT},
    {"description", TEXT},
    {"format", TEXT},
    {"pattern", TEXT},
    {"title", TEXT},
    {"uniqueItems", BOOLEAN},
};

static int check(struct checking *checking, json_t *schema, const char *where);

static int refuse(struct checking *checking, const char *where, const char *what) {
    return error_set(checking->error, ERROR_INVALID, "JSON Schema: %.100s: %s", where, what);
}

static bool are_names(const json_t *list) {
    bool good = json_is_array(list);
    for (size_t i = 0; i < json_array_size(list) && good; i++)
        good = json_is_string(json_array_get(list, i));
    return good;
}

static int check_list(struct checking *checking, json_t *list, const char *where) {
    if (!json_is_array(list) || json_array_size(list) == 0)
        return refuse(checking, where, "is a list of schemas, of one at least");
    for (size_t i = 0; i < json_array_size(list); i++)
        if (check(checking, json_array_get(list, i), where) != 0)
            return -1;
    return 0;
}

static int check_named(struct checking *checking, json_t *named, enum shape shape, const char *where) {
    const char *name;
    json_t *value;
    if (!json_is_object(named))
        return refuse(checking, where, "is an object");
    json_object_foreach(named, name, value) {
        if (shape != NAMED && are_names(value))
            continue;
        if (shape == NAMED_NAMES)
            return refuse(checking, name, "is a list of names");
        if (check(checking, value, name) != 0)
            return -1;
    }
    return 0;
}

static int check_keyword(struct checking *checking, const struct keyword *keyword, json_t *value) {
    const char *name = keyword->name;
    switch (keyword->shape) {
    case SCHEMA:
        return check(checking, value, name);
    case SCHEMA_OR_LIST:
        return json_is_array(value) && json_array_size(value) == 0 ? 0
               : json_is_array(value)                              ? check_list(checking, value, name)
                                                                   : check(checking, value, name);
    case SCHEMAS:
        return check_list(checking, value, name);
    case NAMED:
    case NAMED_OR_NAMES:
    case NAMED_NAMES:
        return check_named(checking, value, keyword->shape, name);
    case LIST:
        return json_is_array(value) ? 0 : refuse(checking, name, "is a list");
    case NAMES:
        return are_names(value) ? 0 : refuse(checking, name, "is a list of names");
    case NUMBER:
        return json_is_number(value) ? 0 : refuse(checking, name, "is a number");
    case NUMBER_OR_BOOLEAN:
        return json_is_number(value) || json_is_boolean(value) ? 0 : refuse(checking, name, "is a number");
    case COUNT:
        return json_is_number(value) && json_number_value(value) >= 0
                   ? 0
                   : refuse(checking, name, "is a number, not below 0");
    case TEXT:
        return json_is_string(value) ? 0 : refuse(checking, name, "is a text");
    case BOOLEAN:
        return json_is_boolean(value) ? 0 : refuse(checking, name, "is true or false");
    }
    return 0;
}

static bool is_type(const json_t *type) {
    static const char *const types[] = {"array", "boolean", "integer", "null", "number", "object", "string"};
    const char *name = json_string_value(type);
    for (size_t i = 0; name && i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i], name) == 0)
            return true;
    return false;
}

static int check_type(struct checking *checking, const json_t *type) {
    bool good = is_type(type) || (json_is_array(type) && json_array_size(type) > 0);
    for (size_t i = 0; i < json_array_size(type) && good; i++)
        good = is_type(json_array_get(type, i));
    return good
               ? 0
               : refuse(checking, "type", "is one of array, boolean, integer, null, number, object, string, or a list");
}

/* Inside of the document only: what is outside cannot be known here. */
static int check_reference(struct checking *checking, const char *reference) {
    if (reference && strncmp(reference, "#/", 2) == 0 && !json_pointer_find(checking->root, view_of(reference + 1)))
        return error_set(checking->error, ERROR_INVALID, "JSON Schema: $ref leads nowhere: %.200s", reference);
    return 0;
}

static int check(struct checking *checking, json_t *schema, const char *where) {
    json_t *type = json_object_get(schema, "type");
    int result = 0;
    if (json_is_boolean(schema))
        return 0;
    if (!json_is_object(schema))
        return refuse(checking, where, "a schema is an object or a boolean");
    if (++checking->depth > DEPTH_MOST)
        return refuse(checking, where, "nested too deeply");
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords && result == 0; i++) {
        json_t *value = json_object_get(schema, keywords[i].name);
        if (value)
            result = check_keyword(checking, &keywords[i], value);
    }
    if (result == 0 && type)
        result = check_type(checking, type);
    if (result == 0)
        result = check_reference(checking, json_string_value(json_object_get(schema, "$ref")));
    checking->depth--;
    return result;
}

int json_schema_check(json_t *schema, struct error *error) {
    struct checking checking = {schema, error, 0};
    return check(&checking, schema, "the whole");
}
