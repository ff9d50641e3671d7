#include "foundation/format/avro_schema.h"

#include <jansson.h>
#include <string.h>

#include "foundation/base/map.h"
#include "foundation/format/avro_read.h"
#include "foundation/format/formats.h"

enum { DEPTH_MOST = 32 };

struct parsing {
    struct arena *arena;
    struct map *names; /* full name to node */
    struct error *error;
    int depth;
};

static const char *const kinds[] = {"null",   "boolean", "int",  "long",  "float", "double", "bytes",
                                    "string", "record",  "enum", "array", "map",   "union",  "fixed"};

const char *avro_kind_name(enum avro_kind kind) {
    return kinds[kind];
}

static const struct avro_node *parse(struct parsing *parsing, json_t *json, struct view space);

static const struct avro_node *refuse(struct parsing *parsing, const char *what, const char *which) {
    error_set(parsing->error, ERROR_INVALID, "Avro schema: %s%s%s", what, which ? " " : "", which ? which : "");
    return NULL;
}

/* NAME, or SPACE.NAME; *space becomes the name's own. */
static struct view full_name(struct parsing *parsing, json_t *json, struct view *space) {
    const char *name = json_string_value(json_object_get(json, "name")),
               *own = json_string_value(json_object_get(json, "namespace"));
    if (!name)
        return (struct view){0};
    const char *dot = strrchr(name, '.');
    if (dot) {
        *space = arena_copy_view(parsing->arena, (struct view){name, (size_t)(dot - name)});
        return arena_copy_view(parsing->arena, view_of(name));
    }
    if (own)
        *space = arena_copy_view(parsing->arena, view_of(own));
    return view_of(arena_format(parsing->arena, "%.*s%s%s", VIEW_ARGS(*space), space->size ? "." : "", name));
}

/* Within the name space: of a field there is none. What is no text is no alias. */
static struct avro_names read_aliases(struct parsing *parsing, json_t *json, struct view space) {
    json_t *list = json_object_get(json, "aliases"), *each;
    struct avro_names names = {0};
    size_t at;
    if (!json_array_size(list))
        return names;
    names.items = arena_zero(parsing->arena, json_array_size(list) * sizeof *names.items);
    json_array_foreach(list, at, each) {
        const char *name = json_string_value(each);
        bool whole = name && (!space.size || strchr(name, '.'));
        if (name)
            names.items[names.count++] = view_of(arena_format(parsing->arena, "%.*s%s%s", whole ? 0 : (int)space.size,
                                                              space.data, whole ? "" : ".", name));
    }
    return names;
}

static bool plain_kind(const char *name, enum avro_kind *kind) {
    for (int i = AVRO_KIND_NULL; i <= AVRO_KIND_STRING; i++) {
        if (strcmp(kinds[i], name) == 0) {
            *kind = (enum avro_kind)i;
            return true;
        }
    }
    return false;
}

static const struct avro_node *parse_name(struct parsing *parsing, const char *name, struct view space) {
    enum avro_kind kind;
    if (plain_kind(name, &kind)) {
        struct avro_node *node = arena_zero(parsing->arena, sizeof *node);
        node->kind = kind;
        return node;
    }
    const struct avro_node *known = NULL;
    if (!strchr(name, '.') && space.size)
        known = map_get(parsing->names, view_of(arena_format(parsing->arena, "%.*s.%s", VIEW_ARGS(space), name)));
    if (!known)
        known = map_get(parsing->names, view_of(name));
    return known ? known : refuse(parsing, "unknown type", name);
}

static bool parse_logical(struct avro_node *node, json_t *json) {
    static const struct {
        const char *name;
        enum avro_logical logical;
        enum avro_kind kind;
    } rows[] = {
        {"decimal", AVRO_DECIMAL, AVRO_KIND_BYTES},
        {"decimal", AVRO_DECIMAL, AVRO_KIND_FIXED},
        {"date", AVRO_DATE, AVRO_KIND_INT},
        {"time-millis", AVRO_TIME_MS, AVRO_KIND_INT},
        {"time-micros", AVRO_TIME_US, AVRO_KIND_LONG},
        {"timestamp-millis", AVRO_TIMESTAMP_MS, AVRO_KIND_LONG},
        {"timestamp-micros", AVRO_TIMESTAMP_US, AVRO_KIND_LONG},
    };
    const char *name = json_string_value(json_object_get(json, "logicalType"));
    for (size_t i = 0; name && i < sizeof rows / sizeof *rows; i++)
        if (rows[i].kind == node->kind && strcmp(rows[i].name, name) == 0)
            node->logical = rows[i].logical;
    if (node->logical == AVRO_DECIMAL) {
        node->precision = (int)json_integer_value(json_object_get(json, "precision"));
        node->scale = (int)json_integer_value(json_object_get(json, "scale"));
        return node->precision > 0 && node->scale >= 0 && node->scale <= node->precision;
    }
    return true;
}

static bool write_default(struct text *out, const struct avro_node *node, json_t *json);

static bool write_defaults(struct text *out, const struct avro_node *record, json_t *json) {
    for (size_t i = 0; i < record->count; i++) {
        struct view name = record->fields[i].name;
        if (!record->fields[i].type || !write_default(out, record->fields[i].type, json_object_get(json, name.data)))
            return false;
    }
    return json_is_object(json);
}

/* A default of the schema as records have it; false when it is none, or of a kind that is not read (bytes, fixed, lists
 * with elements). Of a union it belongs to the first branch. */
static bool write_default(struct text *out, const struct avro_node *node, json_t *json) {
    switch (node->kind) {
    case AVRO_KIND_NULL:
        return json_is_null(json);
    case AVRO_KIND_BOOLEAN:
        text_append_char(out, (char)json_is_true(json));
        return json_is_boolean(json);
    case AVRO_KIND_INT:
    case AVRO_KIND_LONG:
        avro_write_long(out, json_integer_value(json));
        return json_is_integer(json);
    case AVRO_KIND_FLOAT: {
        float single = (float)json_number_value(json);
        text_append_bytes(out, &single, sizeof single);
        return json_is_number(json);
    }
    case AVRO_KIND_DOUBLE: {
        double real = json_number_value(json);
        text_append_bytes(out, &real, sizeof real);
        return json_is_number(json);
    }
    case AVRO_KIND_STRING:
        avro_write_long(out, (int64_t)json_string_length(json));
        text_append_bytes(out, json_string_value(json) ? json_string_value(json) : "", json_string_length(json));
        return json_is_string(json);
    case AVRO_KIND_ENUM:
        for (size_t i = 0; json_is_string(json) && i < node->count; i++)
            if (view_equal(node->symbols[i], view_of(json_string_value(json)))) {
                avro_write_long(out, (int64_t)i);
                return true;
            }
        return false;
    case AVRO_KIND_ARRAY:
    case AVRO_KIND_MAP:
        avro_write_long(out, 0);
        return json && json_array_size(json) == 0 && json_object_size(json) == 0 && !json_is_null(json);
    case AVRO_KIND_RECORD:
        return json_is_object(json) && write_defaults(out, node, json);
    case AVRO_KIND_UNION:
        avro_write_long(out, 0);
        return node->count > 0 && write_default(out, node->branches[0], json);
    default:
        return false;
    }
}

static const struct avro_node *parse_record(struct parsing *parsing, json_t *json, struct avro_node *node,
                                            struct view space) {
    json_t *fields = json_object_get(json, "fields");
    if (!json_is_array(fields))
        return refuse(parsing, "a record without fields:", json_string_value(json_object_get(json, "name")));
    map_put(parsing->names, node->name, node); /* before its fields: it may hold itself */
    node->count = json_array_size(fields);
    node->fields = arena_zero(parsing->arena, (node->count + 1) * sizeof *node->fields);
    for (size_t i = 0; i < node->count; i++) {
        json_t *field = json_array_get(fields, i);
        const char *name = json_string_value(json_object_get(field, "name"));
        if (!name)
            return refuse(parsing, "a field without a name in record",
                          json_string_value(json_object_get(json, "name")));
        for (size_t j = 0; j < i; j++)
            if (view_equal(node->fields[j].name, view_of(name)))
                return refuse(parsing, "two fields with the name", name);
        node->fields[i].name = arena_copy_view(parsing->arena, view_of(name));
        node->fields[i].aliases = read_aliases(parsing, field, VIEW(""));
        node->fields[i].has_default = json_object_get(field, "default") != NULL;
        node->fields[i].type = parse(parsing, json_object_get(field, "type"), space);
        if (!node->fields[i].type)
            return NULL;
        struct text bytes = TEXT_EMPTY;
        if (write_default(&bytes, node->fields[i].type, json_object_get(field, "default")))
            node->fields[i].fallback = arena_copy_view(parsing->arena, text_view(&bytes));
        text_free(&bytes);
    }
    return node;
}

static const struct avro_node *parse_union(struct parsing *parsing, json_t *json, struct view space) {
    struct avro_node *node = arena_zero(parsing->arena, sizeof *node);
    node->kind = AVRO_KIND_UNION;
    node->count = json_array_size(json);
    node->branches = arena_zero(parsing->arena, (node->count + 1) * sizeof *node->branches);
    for (size_t i = 0; i < node->count; i++) {
        node->branches[i] = parse(parsing, json_array_get(json, i), space);
        if (!node->branches[i])
            return NULL;
        if (node->branches[i]->kind == AVRO_KIND_UNION)
            return refuse(parsing, "a union inside a union", NULL);
        for (size_t j = 0; j < i; j++)
            if (node->branches[j]->kind == node->branches[i]->kind &&
                view_equal(node->branches[j]->name, node->branches[i]->name))
                return refuse(parsing, "a union with the same type twice:",
                              node->branches[i]->name.size ? node->branches[i]->name.data
                                                           : kinds[node->branches[i]->kind]);
    }
    return node->count ? node : refuse(parsing, "a union without branches", NULL);
}

static const struct avro_node *parse_object(struct parsing *parsing, json_t *json, struct view space) {
    json_t *type = json_object_get(json, "type");
    const char *name = json_string_value(type);
    if (!name)
        return type ? parse(parsing, type, space) : refuse(parsing, "an object without a type", NULL);
    struct avro_node *node = arena_zero(parsing->arena, sizeof *node);
    if (plain_kind(name, &node->kind))
        return parse_logical(node, json)
                   ? node
                   : refuse(parsing, "a decimal needs a precision and a scale not above it", NULL);
    if (strcmp(name, "array") == 0 || strcmp(name, "map") == 0) {
        json_t *items = json_object_get(json, name[0] == 'a' ? "items" : "values");
        const char *internal = json_string_value(json_object_get(items, "connect.internal.type"));
        node->kind = name[0] == 'a' ? AVRO_KIND_ARRAY : AVRO_KIND_MAP;
        node->items = items ? parse(parsing, items, space) : refuse(parsing, "no items given for", name);
        node->map_entries =
            node->items && node->items->kind == AVRO_KIND_RECORD && node->items->count == 2 &&
            ((internal && strcmp(internal, "MapEntry") == 0) || view_ends_with(node->items->name, VIEW("MapEntry")));
        return node->items ? node : NULL;
    }
    if (strcmp(name, "record") == 0 || strcmp(name, "error") == 0)
        node->kind = AVRO_KIND_RECORD;
    else if (strcmp(name, "enum") == 0)
        node->kind = AVRO_KIND_ENUM;
    else if (strcmp(name, "fixed") == 0)
        node->kind = AVRO_KIND_FIXED;
    else
        return parse_name(parsing, name, space);
    node->name = full_name(parsing, json, &space);
    if (node->name.size == 0)
        return refuse(parsing, "no name given for a", name);
    node->aliases = read_aliases(parsing, json, space);
    if (map_has(parsing->names, node->name))
        return refuse(parsing, "defined twice:", node->name.data);
    if (node->kind == AVRO_KIND_RECORD)
        return parse_record(parsing, json, node, space);
    map_put(parsing->names, node->name, node);
    if (node->kind == AVRO_KIND_FIXED) {
        json_int_t size = json_integer_value(json_object_get(json, "size"));
        if (size <= 0 || size > 1 << 20)
            return refuse(parsing, "a fixed needs a size:", node->name.data);
        node->count = (size_t)size;
        return parse_logical(node, json)
                   ? node
                   : refuse(parsing, "a decimal needs a precision and a scale not above it", NULL);
    }
    json_t *symbols = json_object_get(json, "symbols");
    node->count = json_array_size(symbols);
    if (node->count == 0)
        return refuse(parsing, "an enum needs symbols:", node->name.data);
    node->symbols = arena_zero(parsing->arena, node->count * sizeof *node->symbols);
    for (size_t i = 0; i < node->count; i++) {
        const char *symbol = json_string_value(json_array_get(symbols, i));
        if (!symbol)
            return refuse(parsing, "a symbol that is no text in", node->name.data);
        node->symbols[i] = arena_copy_view(parsing->arena, view_of(symbol));
        const char *fallback = json_string_value(json_object_get(json, "default"));
        node->has_default = node->has_default || (fallback && strcmp(fallback, symbol) == 0);
    }
    return node;
}

static const struct avro_node *parse(struct parsing *parsing, json_t *json, struct view space) {
    if (++parsing->depth > DEPTH_MOST)
        return refuse(parsing, "nested too deeply", NULL);
    const struct avro_node *node = json_is_string(json)   ? parse_name(parsing, json_string_value(json), space)
                                   : json_is_array(json)  ? parse_union(parsing, json, space)
                                   : json_is_object(json) ? parse_object(parsing, json, space)
                                                          : refuse(parsing, "a type is missing", NULL);
    parsing->depth--;
    return node;
}

const struct avro_node *avro_schema_parse(struct view text, struct arena *arena, struct error *error) {
    json_error_t trouble;
    enum avro_kind kind;
    json_t *json = json_loadb(text.data, text.size, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &trouble);
    struct parsing parsing = {arena, map_new(NULL), error, 0};
    const struct avro_node *node = NULL;
    struct text word = TEXT_EMPTY;
    text_append(&word, view_trim(text));
    if (json)
        node = parse(&parsing, json, (struct view){0});
    else if (plain_kind(text_string(&word), &kind)) /* a bare word is accepted by registries too */
        node = parse_name(&parsing, text_string(&word), (struct view){0});
    else
        error_set(error, ERROR_INVALID, "Avro schema: no JSON, line %d column %d: %s", trouble.line, trouble.column,
                  trouble.text);
    text_free(&word);
    map_free(parsing.names);
    json_decref(json);
    return node;
}

/* --- what ksqlDB registers --- */

/* inside: of a record, whose namespace it has. */
static void write_type(struct text *out, const struct sql_type *type, const char *name, bool inside);

static void write_nullable(struct text *out, const struct sql_type *type, const char *name, bool inside) {
    text_append_string(out, "[\"null\",");
    write_type(out, type, name, inside);
    text_append_char(out, ']');
}

static void write_record(struct text *out, const char *full, const struct column *columns, size_t count, bool entry,
                         bool inside) {
    const char *dot = strrchr(full, '.'), *name = dot ? dot + 1 : full;
    text_append_format(out, "{\"type\":\"record\",\"name\":\"%s\",", name);
    if (dot && !inside)
        text_append_format(out, "\"namespace\":\"%.*s\",", (int)(dot - full), full);
    text_append_string(out, "\"fields\":[");
    for (size_t i = 0; i < count; i++) {
        struct text inner = TEXT_EMPTY;
        text_append_format(&inner, "%s_%.*s", full, VIEW_ARGS(columns[i].name));
        text_append_string(out, i ? ",{\"name\":" : "{\"name\":");
        text_append_json(out, columns[i].name);
        text_append_string(out, ",\"type\":");
        write_nullable(out, columns[i].type, text_string(&inner), true);
        text_append_string(out, ",\"default\":null}");
        text_free(&inner);
    }
    text_append_char(out, ']');
    if (entry)
        text_append_string(out, ",\"connect.internal.type\":\"MapEntry\"");
    text_append_format(out, ",\"connect.name\":\"%s\"}", full);
}

static void write_type(struct text *out, const struct sql_type *type, const char *name, bool inside) {
    static const char *const plain[] = {[SQL_BOOLEAN] = "\"boolean\"",
                                        [SQL_INTEGER] = "\"int\"",
                                        [SQL_BIGINT] = "\"long\"",
                                        [SQL_DOUBLE] = "\"double\"",
                                        [SQL_STRING] = "\"string\"",
                                        [SQL_BYTES] = "\"bytes\"",
                                        [SQL_STRUCT] = NULL};
    switch (type->base) {
    case SQL_DECIMAL:
        text_append_format(
            out,
            "{\"type\":\"bytes\",\"scale\":%d,\"precision\":%d,\"connect.version\":1,\"connect.parameters\":{\"scale\":"
            "\"%d\",\"connect.decimal.precision\":\"%d\"},\"connect.name\":\"org.apache.kafka.connect.data.Decimal\","
            "\"logicalType\":\"decimal\"}",
            type->scale, type->precision, type->scale, type->precision);
        break;
    case SQL_DATE:
    case SQL_TIME:
        text_append_format(
            out,
            "{\"type\":\"int\",\"connect.version\":1,\"connect.name\":\"org.apache.kafka.connect.data.%s\","
            "\"logicalType\":\"%s\"}",
            type->base == SQL_DATE ? "Date" : "Time", type->base == SQL_DATE ? "date" : "time-millis");
        break;
    case SQL_TIMESTAMP:
        text_append_string(
            out,
            "{\"type\":\"long\",\"connect.version\":1,\"connect.name\":\"org.apache.kafka.connect.data.Timestamp\","
            "\"logicalType\":\"timestamp-millis\"}");
        break;
    case SQL_ARRAY:
        text_append_string(out, "{\"type\":\"array\",\"items\":");
        write_nullable(out, type->element, name, inside);
        text_append_char(out, '}');
        break;
    case SQL_MAP: {
        struct column entry[2] = {{VIEW("key"), type->key}, {VIEW("value"), type->element}};
        text_append_string(out, "{\"type\":\"array\",\"items\":");
        write_record(out, name, entry, 2, true, inside);
        text_append_char(out, '}');
        break;
    }
    case SQL_STRUCT:
        write_record(out, name, (const struct column *)type->fields, type->field_count, false, inside);
        break;
    default:
        text_append_string(out, plain[type->base]);
    }
}

int avro_schema_text(const struct column *columns, size_t count, const struct codec_options *options, struct text *out,
                     struct error *error) {
    (void)error;
    struct text name = TEXT_EMPTY;
    if (options->full_name.size)
        text_append(&name, options->full_name);
    else
        text_append_string(&name, "io.confluent.ksql.avro_schemas.KsqlDataSourceSchema");
    if (options->unwrapped && count == 1)
        write_type(out, columns[0].type, text_string(&name), false);
    else
        write_record(out, text_string(&name), columns, count, false, false);
    text_free(&name);
    return 0;
}

/* --- columns out of a schema --- */

enum { TYPES_MOST = 10000 }; /* named types may hold each other: a short text can mean a tree without end */

struct inferring {
    bool keep_case;
    struct arena *arena;
    size_t types;
};

static const struct sql_type *type_of(struct inferring *inferring, const struct avro_node *node, int depth);

static const struct sql_type *struct_of(struct inferring *inferring, const struct avro_node *node, int depth) {
    struct arena *arena = inferring->arena;
    struct sql_field *fields = arena_allocate(arena, (node->count + 1) * sizeof *fields);
    size_t count = 0;
    for (size_t i = 0; i < node->count; i++) {
        bool is_union = node->kind == AVRO_KIND_UNION;
        const struct avro_node *inner = is_union ? node->branches[i] : node->fields[i].type;
        if (is_union && inner->kind == AVRO_KIND_NULL)
            continue;
        struct view name = !is_union          ? node->fields[i].name
                           : inner->name.size ? inner->name
                                              : view_of(kinds[inner->kind]);
        const struct sql_type *type = type_of(inferring, inner, depth + 1);
        if (type) /* fields of types that SQL does not have are left out */
            fields[count++] = (struct sql_field){name_for_column(arena, name, inferring->keep_case), type};
    }
    return sql_type_struct(arena, fields, count);
}

static const struct sql_type *type_of(struct inferring *inferring, const struct avro_node *node, int depth) {
    struct arena *arena = inferring->arena;
    if (depth > DEPTH_MOST || inferring->types > TYPES_MOST)
        return NULL;
    inferring->types++;
    switch (node->logical) {
    case AVRO_DECIMAL:
        return node->precision <= DECIMAL_DIGITS ? sql_type_decimal(arena, node->precision, node->scale) : NULL;
    case AVRO_DATE:
        return &sql_date;
    case AVRO_TIME_MS:
        return &sql_time;
    case AVRO_TIMESTAMP_MS:
        return &sql_timestamp;
    default:
        break;
    }
    const struct sql_type *inner;
    switch (node->kind) {
    case AVRO_KIND_BOOLEAN:
        return &sql_boolean;
    case AVRO_KIND_INT:
        return &sql_integer;
    case AVRO_KIND_LONG:
        return &sql_bigint;
    case AVRO_KIND_FLOAT:
    case AVRO_KIND_DOUBLE:
        return &sql_double;
    case AVRO_KIND_STRING:
    case AVRO_KIND_ENUM:
        return &sql_string;
    case AVRO_KIND_BYTES:
    case AVRO_KIND_FIXED:
        return &sql_bytes;
    case AVRO_KIND_RECORD:
        return struct_of(inferring, node, depth);
    case AVRO_KIND_ARRAY:
        if (node->map_entries) {
            const struct sql_type *key = type_of(inferring, node->items->fields[0].type, depth + 1);
            inner = type_of(inferring, node->items->fields[1].type, depth + 1);
            return key && inner ? sql_type_map(arena, key, inner) : NULL;
        }
        inner = type_of(inferring, node->items, depth + 1);
        return inner ? sql_type_array(arena, inner) : NULL;
    case AVRO_KIND_MAP:
        inner = type_of(inferring, node->items, depth + 1);
        return inner ? sql_type_map(arena, &sql_string, inner) : NULL;
    case AVRO_KIND_UNION: {
        const struct avro_node *single = NULL;
        size_t others = 0;
        for (size_t i = 0; i < node->count; i++) {
            if (node->branches[i]->kind != AVRO_KIND_NULL) {
                single = node->branches[i];
                others++;
            }
        }
        return others == 1 ? type_of(inferring, single, depth + 1) : others ? struct_of(inferring, node, depth) : NULL;
    }
    case AVRO_KIND_NULL:
        break;
    }
    return NULL;
}

int avro_schema_infer(struct view schema, bool keep_case, const struct codec_options *options, struct arena *arena,
                      struct column **columns, size_t *count, struct error *error) {
    struct arena own = ARENA_EMPTY;
    const struct avro_node *node = avro_schema_parse(schema, &own, error);
    struct inferring inferring = {keep_case, arena, 0};
    const struct sql_type *type = node ? type_of(&inferring, node, 0) : NULL;
    int result = 0;
    if (!node) {
        result = -1;
    } else if (inferring.types > TYPES_MOST) {
        result = error_set(error, ERROR_INVALID,
                           "the registered Avro schema means more than %d types: do they hold themselves?", TYPES_MOST);
    } else if (!type) {
        result = error_set(error, ERROR_INVALID, "the registered Avro schema '%s' gives no column", kinds[node->kind]);
    } else if (type->base != SQL_STRUCT || options->unwrapped) {
        *columns = arena_zero(arena, sizeof **columns);
        **columns = (struct column){options->is_key ? VIEW("ROWKEY") : VIEW("ROWVAL"), type};
        *count = 1;
    } else {
        *columns = arena_allocate(arena, (type->field_count + 1) * sizeof **columns);
        *count = type->field_count;
        for (size_t i = 0; i < type->field_count; i++)
            (*columns)[i] = (struct column){type->fields[i].name, type->fields[i].type};
    }
    arena_free(&own);
    return result;
}
