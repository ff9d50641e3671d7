#include "foundation/format/json_schema.h"

#include <jansson.h>
#include <string.h>

#include "foundation/format/formats.h"

/* --- writing --- */

static void write_type(struct text *out, const struct sql_type *type);

static void write_property(struct text *out, struct view name, size_t index, const struct sql_type *type) {
    text_append_json(out, name);
    text_append_format(out, ":{\"connect.index\":%zu,\"oneOf\":[{\"type\":\"null\"},", index);
    write_type(out, type);
    text_append_string(out, "]}");
}

static void write_nullable(struct text *out, const struct sql_type *type) {
    text_append_string(out, "{\"oneOf\":[{\"type\":\"null\"},");
    write_type(out, type);
    text_append_string(out, "]}");
}

static void write_connect(struct text *out, const char *title, const char *type) {
    text_append_format(out, "{\"type\":\"integer\",\"title\":\"%s\",\"connect.version\":1,\"connect.type\":\"%s\"}",
                       title, type);
}

static void write_type(struct text *out, const struct sql_type *type) {
    switch (type->base) {
    case SQL_BOOLEAN:
        text_append_string(out, "{\"type\":\"boolean\"}");
        break;
    case SQL_INTEGER:
        text_append_string(out, "{\"type\":\"integer\",\"connect.type\":\"int32\"}");
        break;
    case SQL_BIGINT:
        text_append_string(out, "{\"type\":\"integer\",\"connect.type\":\"int64\"}");
        break;
    case SQL_DOUBLE:
        text_append_string(out, "{\"type\":\"number\",\"connect.type\":\"float64\"}");
        break;
    case SQL_STRING:
        text_append_string(out, "{\"type\":\"string\"}");
        break;
    case SQL_BYTES:
        text_append_string(out, "{\"type\":\"string\",\"connect.type\":\"bytes\"}");
        break;
    case SQL_DECIMAL:
        text_append_format(
            out,
            "{\"type\":\"number\",\"title\":\"org.apache.kafka.connect.data.Decimal\",\"connect.version\":1,"
            "\"connect.type\":\"bytes\",\"connect.parameters\":{\"scale\":\"%d\",\"connect.decimal.precision\":\"%d\"}"
            "}",
            type->scale, type->precision);
        break;
    case SQL_DATE:
        write_connect(out, "org.apache.kafka.connect.data.Date", "int32");
        break;
    case SQL_TIME:
        write_connect(out, "org.apache.kafka.connect.data.Time", "int32");
        break;
    case SQL_TIMESTAMP:
        write_connect(out, "org.apache.kafka.connect.data.Timestamp", "int64");
        break;
    case SQL_ARRAY:
        text_append_string(out, "{\"type\":\"array\",\"items\":");
        write_nullable(out, type->element);
        text_append_char(out, '}');
        break;
    case SQL_MAP:
        if (type->key->base == SQL_STRING) {
            text_append_string(out, "{\"type\":\"object\",\"connect.type\":\"map\",\"additionalProperties\":");
            write_nullable(out, type->element);
            text_append_char(out, '}');
        } else {
            text_append_string(
                out, "{\"type\":\"array\",\"connect.type\":\"map\",\"items\":{\"type\":\"object\",\"properties\":{");
            write_property(out, VIEW("key"), 0, type->key);
            text_append_char(out, ',');
            write_property(out, VIEW("value"), 1, type->element);
            text_append_string(out, "}}}");
        }
        break;
    case SQL_STRUCT:
        text_append_string(out, "{\"type\":\"object\",\"properties\":{");
        for (size_t i = 0; i < type->field_count; i++) {
            if (i)
                text_append_char(out, ',');
            write_property(out, type->fields[i].name, i, type->fields[i].type);
        }
        text_append_string(out, "}}");
        break;
    }
}

int json_schema_text(const struct column *columns, size_t count, const struct codec_options *options, struct text *out,
                     struct error *error) {
    (void)error;
    if (options->unwrapped && count == 1) {
        write_nullable(out, columns[0].type);
        return 0;
    }
    text_append_string(out, "{\"type\":\"object\",\"properties\":{");
    for (size_t i = 0; i < count; i++) {
        if (i)
            text_append_char(out, ',');
        write_property(out, columns[i].name, i, columns[i].type);
    }
    text_append_string(out, "}}");
    return 0;
}

/* --- reading --- */

enum { DEPTH_MOST = 32, TYPES_MOST = 10000 }; /* references can make a tree without end of a short text */

struct reading {
    json_t *root;
    bool keep_case;
    struct arena *arena;
    struct error *error;
    int depth;
    size_t types;
};

static const struct sql_type *read_type(struct reading *reading, json_t *node, const char *where);

static const char *text_of(json_t *node, const char *name) {
    return json_string_value(json_object_get(node, name));
}

/* #/definitions/NAME and the like inside the same document. */
static json_t *follow(struct reading *reading, json_t *node) {
    for (int hops = 0; hops < DEPTH_MOST; hops++) {
        const char *reference = text_of(node, "$ref");
        if (!reference)
            return node;
        if (strncmp(reference, "#/", 2) != 0)
            return NULL;
        json_t *at = reading->root;
        struct view rest = view_of(reference + 2), piece;
        while (at && view_split(&rest, '/', &piece))
            at = json_object_getn(at, piece.data, piece.size);
        if (!at)
            return NULL;
        node = at;
    }
    return NULL;
}

/* oneOf or anyOf with null, or a type list with "null": the other branch. */
static json_t *without_null(json_t *node) {
    json_t *branches = json_object_get(node, "oneOf");
    if (!branches)
        branches = json_object_get(node, "anyOf");
    json_t *found = NULL;
    for (size_t i = 0; i < json_array_size(branches); i++) {
        json_t *branch = json_array_get(branches, i);
        const char *type = text_of(branch, "type");
        if (type && strcmp(type, "null") == 0)
            continue;
        if (found)
            return NULL; /* a union of many */
        found = branch;
    }
    return branches ? found : node;
}

static const struct sql_type *read_struct(struct reading *reading, json_t *node, const char *where);

static const struct sql_type *read_many(struct reading *reading, json_t *branches, const char *where) {
    size_t count = json_array_size(branches), used = 0;
    struct sql_field *fields = arena_allocate(reading->arena, (count + 1) * sizeof *fields);
    for (size_t i = 0; i < count; i++) {
        json_t *branch = json_array_get(branches, i);
        const char *type = text_of(branch, "type");
        if (type && strcmp(type, "null") == 0)
            continue;
        char *name = arena_format(reading->arena, "connect_union_field_%zu", used);
        fields[used] = (struct sql_field){name_for_column(reading->arena, view_of(name), reading->keep_case),
                                          read_type(reading, branch, where)};
        if (!fields[used++].type)
            return NULL;
    }
    return sql_type_struct(reading->arena, fields, used);
}

static const struct sql_type *read_plain(struct reading *reading, json_t *node, const char *kind, const char *where) {
    const char *connect = text_of(node, "connect.type"), *title = text_of(node, "title");
    if (title && strcmp(title, "org.apache.kafka.connect.data.Decimal") == 0) {
        json_t *parameters = json_object_get(node, "connect.parameters");
        const char *scale = text_of(parameters, "scale"), *precision = text_of(parameters, "connect.decimal.precision");
        int64_t s = 0, p = 38;
        if (scale)
            view_to_int64(view_of(scale), &s);
        if (precision)
            view_to_int64(view_of(precision), &p);
        if (p < 1 || p > DECIMAL_DIGITS || s < 0 || s > p) {
            error_set(reading->error, ERROR_INVALID,
                      "the JSON Schema gives %s the type DECIMAL(%lld, %lld), which no column can have", where,
                      (long long)p, (long long)s);
            return NULL;
        }
        return sql_type_decimal(reading->arena, (int)p, (int)s);
    }
    if (title && strcmp(title, "org.apache.kafka.connect.data.Date") == 0)
        return &sql_date;
    if (title && strcmp(title, "org.apache.kafka.connect.data.Time") == 0)
        return &sql_time;
    if (title && strcmp(title, "org.apache.kafka.connect.data.Timestamp") == 0)
        return &sql_timestamp;
    if (strcmp(kind, "boolean") == 0)
        return &sql_boolean;
    if (strcmp(kind, "integer") == 0)
        return connect &&
                       (strcmp(connect, "int32") == 0 || strcmp(connect, "int16") == 0 || strcmp(connect, "int8") == 0)
                   ? &sql_integer
                   : &sql_bigint;
    if (strcmp(kind, "number") == 0)
        return &sql_double;
    if (strcmp(kind, "string") == 0)
        return connect && strcmp(connect, "bytes") == 0 ? &sql_bytes : &sql_string;
    if (strcmp(kind, "array") == 0) {
        json_t *items = json_object_get(node, "items");
        if (connect && strcmp(connect, "map") == 0) {
            json_t *entry = json_object_get(items, "properties");
            const struct sql_type *key = read_type(reading, json_object_get(entry, "key"), where);
            const struct sql_type *element = key ? read_type(reading, json_object_get(entry, "value"), where) : NULL;
            return element ? sql_type_map(reading->arena, key, element) : NULL;
        }
        const struct sql_type *element = read_type(reading, items, where);
        return element ? sql_type_array(reading->arena, element) : NULL;
    }
    if (strcmp(kind, "object") == 0) {
        json_t *additional = json_object_get(node, "additionalProperties");
        bool map = (connect && strcmp(connect, "map") == 0) ||
                   (json_is_object(additional) && !json_object_get(node, "properties"));
        if (!map)
            return read_struct(reading, node, where);
        const struct sql_type *element = read_type(reading, additional, where);
        return element ? sql_type_map(reading->arena, &sql_string, element) : NULL;
    }
    error_set(reading->error, ERROR_INVALID, "the JSON Schema gives %s the type '%s', which no column can have", where,
              kind);
    return NULL;
}

static const struct sql_type *read_type(struct reading *reading, json_t *node, const char *where) {
    if (!json_is_object(node) || !(node = follow(reading, node)) || ++reading->depth > DEPTH_MOST) {
        error_set(reading->error, ERROR_INVALID, "the JSON Schema does not say of what type %s is", where);
        return NULL;
    }
    if (++reading->types > TYPES_MOST) {
        error_set(reading->error, ERROR_INVALID, "the JSON Schema means more than %d types: do they hold themselves?",
                  TYPES_MOST);
        return NULL;
    }
    const struct sql_type *type = NULL;
    json_t *single = without_null(node);
    if (single && single != node) {
        type = read_type(reading, single, where);
    } else if (!single) {
        json_t *branches = json_object_get(node, "oneOf");
        type = read_many(reading, branches ? branches : json_object_get(node, "anyOf"), where);
    } else {
        json_t *kind = json_object_get(node, "type");
        const char *name = json_string_value(kind);
        for (size_t i = 0; i < json_array_size(kind); i++) {
            const char *one = json_string_value(json_array_get(kind, i));
            if (one && strcmp(one, "null") != 0)
                name = one;
        }
        if (!name && json_object_get(node, "enum"))
            name = "string";
        if (!name && json_object_get(node, "properties"))
            name = "object";
        if (name)
            type = read_plain(reading, node, name, where);
        else
            error_set(reading->error, ERROR_INVALID, "the JSON Schema does not say of what type %s is", where);
    }
    reading->depth--;
    return type;
}

struct property {
    const char *name;
    json_t *node;
    int64_t index; /* connect.index; -1 = none */
};

/* Properties in document order; connect.index wins where it is given. */
static struct property *sorted_properties(struct reading *reading, json_t *properties, size_t *count) {
    struct property *list = arena_allocate(reading->arena, (json_object_size(properties) + 1) * sizeof *list);
    const char *name;
    json_t *node;
    *count = 0;
    json_object_foreach(properties, name, node) {
        json_t *index = json_object_get(node, "connect.index");
        struct property property = {name, node, json_is_integer(index) ? json_integer_value(index) : -1};
        size_t at = (*count)++;
        while (property.index >= 0 && at > 0 && list[at - 1].index > property.index) {
            list[at] = list[at - 1];
            at--;
        }
        list[at] = property;
    }
    return list;
}

static const struct sql_type *read_struct(struct reading *reading, json_t *node, const char *where) {
    (void)where;
    size_t count;
    struct property *properties = sorted_properties(reading, json_object_get(node, "properties"), &count);
    struct sql_field *fields = arena_allocate(reading->arena, (count + 1) * sizeof *fields);
    for (size_t i = 0; i < count; i++) {
        fields[i] = (struct sql_field){name_for_column(reading->arena, view_of(properties[i].name), reading->keep_case),
                                       read_type(reading, properties[i].node, properties[i].name)};
        if (!fields[i].type)
            return NULL;
    }
    return sql_type_struct(reading->arena, fields, count);
}

int json_schema_infer(struct view schema, bool keep_case, const struct codec_options *options, struct arena *arena,
                      struct column **columns, size_t *count, struct error *error) {
    json_error_t trouble;
    json_t *root = json_loadb(schema.data, schema.size, 0, &trouble);
    if (!root)
        return error_set(error, ERROR_INVALID, "the registered JSON Schema is no JSON: %s", trouble.text);
    struct reading reading = {root, keep_case, arena, error, 0, 0};
    const struct sql_type *type = read_type(&reading, root, "the value");
    json_decref(root);
    if (!type)
        return -1;
    if (type->base != SQL_STRUCT || options->unwrapped) {
        *columns = arena_zero(arena, sizeof **columns);
        **columns = (struct column){options->is_key ? VIEW("ROWKEY") : VIEW("ROWVAL"), type};
        *count = 1;
        return 0;
    }
    *columns = arena_allocate(arena, (type->field_count + 1) * sizeof **columns);
    *count = type->field_count;
    for (size_t i = 0; i < type->field_count; i++)
        (*columns)[i] = (struct column){type->fields[i].name, type->fields[i].type};
    return 0;
}
