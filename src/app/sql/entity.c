#include <stdlib.h>
#include <string.h>

#include "app/sql/entity_private.h"

enum { COLUMNS_MOST = 6 };

const char *entity_text(const json_t *object, const char *name) {
    const char *value = json_string_value(json_object_get(object, name));
    return value ? value : "";
}

json_t *entity_one_line(const char *text) {
    struct text line = TEXT_EMPTY;
    for (const char *at = text; *at; at++) {
        bool space = *at == '\n' || *at == '\r' || *at == '\t' || *at == ' ';
        if (!space)
            text_append_char(&line, *at);
        else if (line.size && line.data[line.size - 1] != ' ')
            text_append_char(&line, ' ');
    }
    json_t *value = json_stringn(line.data ? line.data : "", line.size);
    text_free(&line);
    return value;
}

void entity_sheet(const struct sheet_options *options, const char *const *titles, size_t count, json_t *rows) {
    struct sheet_options lists = *options;
    bool right[COLUMNS_MOST] = {false};
    size_t index;
    json_t *row;
    for (size_t i = 0; i < count; i++)
        right[i] = json_is_number(json_array_get(json_array_get(rows, 0), i));
    lists.blanks = options->format == SQL_TABLE;
    struct sheet *sheet = sheet_new(&lists, titles, right, count);
    json_array_foreach(rows, index, row) {
        char *text = json_dumps(row, JSON_COMPACT);
        if (text)
            sheet_row(sheet, view_of(text));
        free(text);
    }
    sheet_free(sheet);
    json_decref(rows);
}

/* --- cells that are not one field of their row --- */

static json_t *joined(const json_t *array) {
    struct text text = TEXT_EMPTY;
    size_t index;
    json_t *item;
    json_array_foreach(array, index, item) {
        if (text.size)
            text_append_char(&text, ',');
        text_append_string(&text, json_string_value(item) ? json_string_value(item) : "");
    }
    json_t *value = json_string(text_string(&text));
    text_free(&text);
    return value;
}

static json_t *partitions(const json_t *topic) {
    return json_integer((json_int_t)json_array_size(json_object_get(topic, "replicaInfo")));
}
static json_t *replicas(const json_t *topic) {
    const json_t *first = json_array_get(json_object_get(topic, "replicaInfo"), 0);
    return json_integer(json_integer_value(first));
}
static json_t *windowed(const json_t *source) {
    return json_string(json_is_true(json_object_get(source, "isWindowed")) ? "true" : "false");
}
static json_t *sinks(const json_t *query) {
    return joined(json_object_get(query, "sinks"));
}
static json_t *sink_topics(const json_t *query) {
    return joined(json_object_get(query, "sinkKafkaTopics"));
}
static json_t *query_text(const json_t *query) {
    return entity_one_line(entity_text(query, "queryString"));
}
static json_t *query_status(const json_t *query) {
    const json_t *counts = json_object_get(query, "statusCount");
    struct text text = TEXT_EMPTY;
    const char *word;
    json_t *number;
    json_object_foreach((json_t *)counts, word, number) {
        text_append_format(&text, "%s%s:%lld", text.size ? "," : "", word, (long long)json_integer_value(number));
    }
    json_t *value = json_string(text.size ? text_string(&text) : entity_text(query, "state"));
    text_free(&text);
    return value;
}
static json_t *command_message(const json_t *entity) {
    return entity_one_line(entity_text(json_object_get(entity, "commandStatus"), "message"));
}
static json_t *terminated(const json_t *entity) {
    return json_string(json_is_true(json_object_get(entity, "wasTerminated")) ? "Query terminated." : "No such query.");
}
static json_t *exists(const json_t *entity) {
    return json_string(json_is_false(json_object_get(entity, "exists")) ? "does not exist" : "exists");
}
static json_t *connector_state(const json_t *connector) {
    return json_string(entity_text(connector, "state"));
}

/* --- the kinds --- */

static const struct entity_kind {
    const char *type;
    const char *list; /* the field that holds the rows; NULL: the entity is the row */
    struct {
        const char *title, *field;
        json_t *(*make)(const json_t *row);
    } columns[COLUMNS_MOST];
    const char *after; /* a line below, for people */
} kinds[] = {
    {"currentStatus", NULL, {{"Message", NULL, command_message}}, NULL},
    {"warning_entity", NULL, {{"Message", "message", NULL}}, NULL},
    {"terminate_query", NULL, {{"Query ID", "queryId", NULL}, {"Message", NULL, terminated}}, NULL},
    {"streams",
     "streams",
     {{"Stream Name", "name", NULL},
      {"Kafka Topic", "topic", NULL},
      {"Key Format", "keyFormat", NULL},
      {"Value Format", "valueFormat", NULL},
      {"Windowed", NULL, windowed}},
     NULL},
    {"tables",
     "tables",
     {{"Table Name", "name", NULL},
      {"Kafka Topic", "topic", NULL},
      {"Key Format", "keyFormat", NULL},
      {"Value Format", "valueFormat", NULL},
      {"Windowed", NULL, windowed}},
     NULL},
    {"kafka_topics",
     "topics",
     {{"Kafka Topic", "name", NULL}, {"Partitions", NULL, partitions}, {"Partition Replicas", NULL, replicas}},
     NULL},
    {"kafka_topics_extended",
     "topics",
     {{"Kafka Topic", "name", NULL},
      {"Partitions", NULL, partitions},
      {"Partition Replicas", NULL, replicas},
      {"Consumers", "consumerCount", NULL},
      {"ConsumerGroups", "consumerGroupCount", NULL}},
     NULL},
    {"queries",
     "queries",
     {{"Query ID", "id", NULL},
      {"Query Type", "queryType", NULL},
      {"Status", NULL, query_status},
      {"Sink Name", NULL, sinks},
      {"Sink Kafka Topic", NULL, sink_topics},
      {"Query String", NULL, query_text}},
     "For detailed information on a Query run: EXPLAIN <Query ID>;"},
    {"properties",
     "properties",
     {{"Property", "name", NULL},
      {"Scope", "scope", NULL},
      {"Level", "level", NULL},
      {"Effective Value", "value", NULL}},
     NULL},
    {"function_names",
     "functions",
     {{"Function Name", "name", NULL}, {"Category", "category", NULL}},
     "For detailed information about a function, run: DESCRIBE FUNCTION <Function Name>;"},
    {"variables", "variables", {{"Variable Name", "name", NULL}, {"Value", "value", NULL}}, NULL},
    {"assert_topic", NULL, {{"Topic", "topicName", NULL}, {"Message", NULL, exists}}, NULL},
    {"assert_schema", NULL, {{"Subject", "subject", NULL}, {"Message", NULL, exists}}, NULL},
    {"connector_list",
     "connectors",
     {{"Connector Name", "name", NULL},
      {"Type", "type", NULL},
      {"Class", "className", NULL},
      {"Status", NULL, connector_state}},
     NULL},
    {"connector_plugins_list",
     "connectorsPlugins",
     {{"Class", "className", NULL}, {"Type", "type", NULL}, {"Version", "version", NULL}},
     NULL},
    {"drop_connector", NULL, {{"Dropped", "connectorName", NULL}}, NULL},
};

static const struct {
    const char *type, *list;
    void (*print)(const struct sheet_options *options, const json_t *entity);
} descriptions[] = {
    {"sourceDescription", "sourceDescription", describe_source},
    {"source_descriptions", "sourceDescriptions", describe_source},
    {"queryDescription", "queryDescription", describe_query},
    {"query_descriptions", "queryDescriptions", describe_query},
    {"describe_function", NULL, describe_function},
};

static json_t *cells_of(const struct entity_kind *kind, const json_t *row, size_t count) {
    json_t *cells = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *made = kind->columns[i].make ? kind->columns[i].make(row) : NULL;
        json_t *field = kind->columns[i].field ? json_object_get(row, kind->columns[i].field) : NULL;
        if (made)
            json_array_append_new(cells, made);
        else if (field)
            json_array_append(cells, field);
        else
            json_array_append_new(cells, json_string(""));
    }
    return cells;
}

static int by_name(const void *a, const void *b) {
    const json_t *left = json_array_get(*(json_t *const *)a, 0), *right = json_array_get(*(json_t *const *)b, 0);
    const char *x = json_string_value(left), *y = json_string_value(right);
    return strcmp(x ? x : "", y ? y : "");
}

/* Lists come in no order of their own. */
static json_t *sorted(json_t *rows) {
    size_t count = json_array_size(rows);
    json_t **items = calloc(count + 1, sizeof *items), *result = json_array();
    for (size_t i = 0; i < count; i++)
        items[i] = json_array_get(rows, i);
    qsort(items, count, sizeof *items, by_name);
    for (size_t i = 0; i < count; i++)
        json_array_append(result, items[i]);
    free(items);
    json_decref(rows);
    return result;
}

static void print_kind(const struct sheet_options *options, const struct entity_kind *kind, const json_t *entity) {
    const char *titles[COLUMNS_MOST];
    size_t count = 0, index;
    json_t *rows = json_array(), *row;
    while (count < COLUMNS_MOST && kind->columns[count].title) {
        titles[count] = kind->columns[count].title;
        count++;
    }
    if (kind->list) {
        json_array_foreach(json_object_get(entity, kind->list), index, row)
            json_array_append_new(rows, cells_of(kind, row, count));
        rows = sorted(rows);
    } else {
        json_array_append_new(rows, cells_of(kind, entity, count));
    }
    entity_sheet(options, titles, count, rows);
    if (kind->after && options->format == SQL_TABLE)
        fprintf(options->out, "%s\n", kind->after);
}

/* For programs: one object a line, the rows of a list each on its own. */
static void print_json(FILE *out, const json_t *value, size_t flags) {
    char *text = json_dumps(value, JSON_ENCODE_ANY | flags);
    fprintf(out, "%s\n", text ? text : "null");
    free(text);
}

static void print_objects(FILE *out, const json_t *entity, const char *list) {
    const json_t *rows = list ? json_object_get(entity, list) : NULL;
    size_t index;
    json_t *row;
    if (!json_is_array(rows)) {
        print_json(out, rows ? rows : entity, JSON_COMPACT);
        return;
    }
    json_array_foreach(rows, index, row) print_json(out, row, JSON_COMPACT);
}

static void print_description(const struct sheet_options *options, const json_t *entity, const char *list,
                              void (*print)(const struct sheet_options *options, const json_t *entity)) {
    const json_t *found = list ? json_object_get(entity, list) : entity;
    size_t index;
    json_t *row;
    if (!json_is_array(found)) {
        print(options, found);
        return;
    }
    json_array_foreach(found, index, row) print(options, row);
}

static void print_warnings(FILE *out, const json_t *entity) {
    size_t index;
    json_t *warning;
    json_array_foreach(json_object_get(entity, "warnings"), index, warning)
        fprintf(out, "WARNING: %s\n", entity_text(warning, "message"));
}

static void print_types(const struct sheet_options *options, const json_t *entity) {
    static const char *const titles[] = {"Type Name", "Schema"};
    json_t *rows = json_array(), *schema;
    const char *name;
    json_object_foreach(json_object_get(entity, "types"), name, schema) {
        struct text text = TEXT_EMPTY;
        describe_type(&text, schema);
        json_array_append_new(rows, json_pack("[ss]", name, text_string(&text)));
        text_free(&text);
    }
    entity_sheet(options, titles, 2, sorted(rows));
}

static void print_entity(const struct sheet_options *options, const json_t *entity) {
    const char *type = entity_text(entity, "@type"), *list = NULL;
    const struct entity_kind *kind = NULL;
    void (*print)(const struct sheet_options *, const json_t *) = strcmp(type, "type_list") == 0 ? print_types : NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].type, type) == 0)
            kind = &kinds[i], list = kind->list;
    for (size_t i = 0; i < sizeof descriptions / sizeof *descriptions; i++)
        if (strcmp(descriptions[i].type, type) == 0)
            print = descriptions[i].print, list = descriptions[i].list;
    if (options->format == SQL_JSON)
        print_objects(options->out, entity, list);
    else if (kind)
        print_kind(options, kind, entity);
    else if (print)
        print_description(options, entity, list, print);
    else
        print_json(options->out, entity, JSON_INDENT(2));
    if (options->format == SQL_TABLE)
        print_warnings(options->out, entity);
}

void entities_print(const struct sheet_options *options, struct view entities) {
    json_t *root = json_loadb(entities.data, entities.size, 0, NULL), *entity;
    size_t index;
    json_array_foreach(root, index, entity) print_entity(options, entity);
    json_decref(root);
    fflush(options->out);
}
