/* DESCRIBE and EXPLAIN: one entity, laid out in sections as ksqlDB's own shell does. */
#include <string.h>

#include "app/sql/entity_private.h"

static json_int_t number(const json_t *object, const char *name) {
    return json_integer_value(json_object_get(object, name));
}

void describe_type(struct text *out, const json_t *schema) {
    const char *type = entity_text(schema, "type"), *name;
    const json_t *member = json_object_get(schema, "memberSchema"), *parameters = json_object_get(schema, "parameters");
    size_t index;
    json_t *field;
    if (strcmp(type, "STRING") == 0)
        text_append_string(out, "VARCHAR(STRING)");
    else
        text_append_string(out, type);
    if (strcmp(type, "ARRAY") == 0 || strcmp(type, "MAP") == 0) {
        text_append_string(out, strcmp(type, "MAP") == 0 ? "<STRING, " : "<");
        describe_type(out, member);
        text_append_char(out, '>');
    } else if (strcmp(type, "STRUCT") == 0) {
        text_append_char(out, '<');
        json_array_foreach(json_object_get(schema, "fields"), index, field) {
            text_append_format(out, "%s%s ", index ? ", " : "", entity_text(field, "name"));
            describe_type(out, json_object_get(field, "schema"));
        }
        text_append_char(out, '>');
    } else if (json_object_size(parameters)) {
        index = 0;
        json_object_foreach((json_t *)parameters, name, field)
            text_append_format(out, "%s%lld", index++ ? ", " : "(", (long long)json_integer_value(field));
        text_append_char(out, ')');
    }
}

static void line(const struct sheet_options *options, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void line(const struct sheet_options *options, const char *name, const char *format, ...) {
    struct text text = TEXT_EMPTY;
    va_list arguments;
    va_start(arguments, format);
    text_append_format_v(&text, format, arguments);
    va_end(arguments);
    struct view rest = text_view(&text), one;
    bool first = true;
    while (view_split(&rest, '\n', &one)) {
        if (first)
            fprintf(options->out, "%-20s : ", name);
        first = false;
        sheet_line(options->out, one);
    }
    if (first)
        fprintf(options->out, "%-20s :\n", name);
    text_free(&text);
}

static void section(const struct sheet_options *options, const char *title) {
    fprintf(options->out, "\n%s\n", title);
    for (size_t i = 0; title[i]; i++)
        fputc('-', options->out);
    fputc('\n', options->out);
}

static void text_section(const struct sheet_options *options, const char *title, const char *text) {
    struct view rest = view_of(text), one;
    if (!*text)
        return;
    section(options, title);
    while (view_split(&rest, '\n', &one))
        sheet_line(options->out, one);
}

/* table: its keys are primary. Queries call theirs "key" whatever they make. */
static void fields(const struct sheet_options *options, const json_t *entity, bool table) {
    static const char *const titles[] = {"Field", "Type"};
    const char *window = entity_text(entity, "windowType");
    json_t *rows = json_array(), *field;
    size_t index;
    json_array_foreach(json_object_get(entity, "fields"), index, field) {
        const char *mark = entity_text(field, "type");
        struct text type = TEXT_EMPTY;
        describe_type(&type, json_object_get(field, "schema"));
        if (*mark) {
            while (type.size < 16)
                text_append_char(&type, ' ');
            if (strcmp(mark, "KEY") == 0)
                text_append_string(&type, table ? " (primary key)" : " (key)");
            else
                text_append_string(&type, " (header)");
            if (*window && strcmp(mark, "KEY") == 0)
                text_append_format(&type, " (Window type: %s)", window);
        }
        json_array_append_new(rows, json_pack("[ss]", entity_text(field, "name"), text_string(&type)));
        text_free(&type);
    }
    entity_sheet(options, titles, 2, rows);
}

static void names_section(const struct sheet_options *options, const char *title, const json_t *names) {
    size_t index;
    json_t *name;
    if (json_array_size(names) == 0)
        return;
    section(options, title);
    json_array_foreach(names, index, name)
        sheet_line(options->out, view_of(json_string_value(name) ? json_string_value(name) : ""));
}

static void queries_section(const struct sheet_options *options, const char *verb, const json_t *entity,
                            const char *name) {
    const json_t *queries = json_object_get(entity, name);
    struct text title = TEXT_EMPTY;
    size_t index;
    json_t *query;
    if (json_array_size(queries) == 0)
        return;
    text_append_format(&title, "Queries that %s this %s", verb, entity_text(entity, "type"));
    section(options, text_string(&title));
    json_array_foreach(queries, index, query) {
        json_t *statement = entity_one_line(entity_text(query, "queryString"));
        struct text shown = TEXT_EMPTY;
        text_append_format(&shown, "%s (%s) : %s", entity_text(query, "id"), entity_text(query, "state"),
                           json_string_value(statement));
        sheet_line(options->out, text_view(&shown));
        text_free(&shown);
        json_decref(statement);
    }
    text_free(&title);
}

static void offsets_section(const struct sheet_options *options, const json_t *summaries) {
    static const char *const titles[] = {"Partition", "Start Offset", "End Offset", "Offset", "Lag"};
    size_t i, j, k;
    json_t *summary, *topic, *partition;
    json_array_foreach(summaries, i, summary) {
        fprintf(options->out, "\n");
        line(options, "Consumer Group", "%s", entity_text(summary, "groupId"));
        json_array_foreach(json_object_get(summary, "topicSummaries"), j, topic) {
            json_t *rows = json_array();
            line(options, "Kafka topic", "%s", entity_text(topic, "kafkaTopic"));
            json_array_foreach(json_object_get(topic, "offsets"), k, partition) json_array_append_new(
                rows, json_pack("[IIIII]", number(partition, "partition"), number(partition, "logStartOffset"),
                                number(partition, "logEndOffset"), number(partition, "consumerOffset"),
                                number(partition, "logEndOffset") - number(partition, "consumerOffset")));
            entity_sheet(options, titles, 5, rows);
        }
    }
}

void describe_source(const struct sheet_options *options, const json_t *entity) {
    bool table = strcmp(entity_text(entity, "type"), "TABLE") == 0;
    if (options->format != SQL_TABLE) {
        fields(options, entity, table);
        return;
    }
    const char *timestamp = entity_text(entity, "timestamp");
    line(options, "Name", "%s", entity_text(entity, "name"));
    bool extended = json_is_true(json_object_get(entity, "extended"));
    if (extended) {
        line(options, "Type", "%s", entity_text(entity, "type"));
        line(options, "Timestamp field", "%s", *timestamp ? timestamp : "Not set - using <ROWTIME>");
        line(options, "Key format", "%s", entity_text(entity, "keyFormat"));
        line(options, "Value format", "%s", entity_text(entity, "valueFormat"));
        line(options, "Kafka topic", "%s (partitions: %lld, replication: %lld)", entity_text(entity, "topic"),
             (long long)number(entity, "partitions"), (long long)number(entity, "replication"));
        line(options, "Statement", "%s", entity_text(entity, "statement"));
        fprintf(options->out, "\n");
    }
    fields(options, entity, table);
    if (!extended) {
        fprintf(options->out, "For runtime statistics and query details run: DESCRIBE <Stream,Table> EXTENDED;\n");
        return;
    }
    names_section(options, "Sources that have a DROP constraint on this source",
                  json_object_get(entity, "sourceConstraints"));
    queries_section(options, "read from", entity, "readQueries");
    queries_section(options, "write into", entity, "writeQueries");
    text_section(options, "Statistics", entity_text(entity, "statistics"));
    text_section(options, "Errors", entity_text(entity, "errorStats"));
    offsets_section(options, json_object_get(entity, "queryOffsetSummaries"));
}

void describe_query(const struct sheet_options *options, const json_t *entity) {
    static const char *const titles[] = {"Property", "Value"};
    const json_t *properties = json_object_get(entity, "overriddenProperties");
    json_t *rows, *value;
    const char *name;
    if (options->format != SQL_TABLE) {
        fields(options, entity, false);
        return;
    }
    line(options, "ID", "%s", entity_text(entity, "id"));
    line(options, "Query Type", "%s", entity_text(entity, "queryType"));
    line(options, "SQL", "%s", entity_text(entity, "statementText"));
    if (*entity_text(entity, "state"))
        line(options, "Status", "%s", entity_text(entity, "state"));
    fprintf(options->out, "\n");
    fields(options, entity, false);
    names_section(options, "Sources that this query reads from", json_object_get(entity, "sources"));
    names_section(options, "Sinks that this query writes to", json_object_get(entity, "sinks"));
    text_section(options, "Execution plan", entity_text(entity, "executionPlan"));
    if (strcmp(entity_text(entity, "topology"), entity_text(entity, "executionPlan")) != 0)
        text_section(options, "Processing topology", entity_text(entity, "topology"));
    if (json_object_size(properties) == 0)
        return;
    section(options, "Overridden Properties");
    rows = json_array();
    json_object_foreach((json_t *)properties, name, value) {
        json_t *shown = json_is_string(value) || json_is_number(value) ? json_incref(value) : json_string("");
        json_array_append_new(rows, json_pack("[so]", name, shown));
    }
    entity_sheet(options, titles, 2, rows);
}

static void describe_variation(const struct sheet_options *options, const char *function, const json_t *variation) {
    struct text call = TEXT_EMPTY;
    size_t index;
    json_t *argument;
    text_append_format(&call, "%s(", function);
    json_array_foreach(json_object_get(variation, "arguments"), index, argument) text_append_format(
        &call, "%s%s %s%s", index ? ", " : "", entity_text(argument, "name"), entity_text(argument, "type"),
        json_is_true(json_object_get(argument, "isVariadic")) ? "[]" : "");
    text_append_char(&call, ')');
    fprintf(options->out, "\n");
    line(options, "Variation", "%s", text_string(&call));
    line(options, "Returns", "%s", entity_text(variation, "returnType"));
    line(options, "Description", "%s", entity_text(variation, "description"));
    json_array_foreach(json_object_get(variation, "arguments"), index,
                       argument) if (*entity_text(argument, "description"))
        line(options, entity_text(argument, "name"), "%s", entity_text(argument, "description"));
    text_free(&call);
}

void describe_function(const struct sheet_options *options, const json_t *entity) {
    size_t index;
    json_t *variation;
    line(options, "Name", "%s", entity_text(entity, "name"));
    if (*entity_text(entity, "author"))
        line(options, "Author", "%s", entity_text(entity, "author"));
    line(options, "Overview", "%s", entity_text(entity, "description"));
    line(options, "Type", "%s", entity_text(entity, "type"));
    json_array_foreach(json_object_get(entity, "functions"), index, variation)
        describe_variation(options, entity_text(entity, "name"), variation);
}
