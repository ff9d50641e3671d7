/* The WITH clause: what may stand there, and how it is printed back. */
#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/base/memory.h"
#include "foundation/base/utf8.h"
#include "ksql/analysis/private.h"

enum value_kind { TEXT_VALUE, NUMBER_VALUE, FLAG_VALUE };
static const struct {
    const char *name;
    enum value_kind kind;
    size_t offset;
} known[] = {
    {"KAFKA_TOPIC", TEXT_VALUE, offsetof(struct with_properties, kafka_topic)},
    {"FORMAT", TEXT_VALUE, offsetof(struct with_properties, format)},
    {"KEY_FORMAT", TEXT_VALUE, offsetof(struct with_properties, key_format)},
    {"VALUE_FORMAT", TEXT_VALUE, offsetof(struct with_properties, value_format)},
    {"KEY_DELIMITER", TEXT_VALUE, offsetof(struct with_properties, key_delimiter)},
    {"VALUE_DELIMITER", TEXT_VALUE, offsetof(struct with_properties, value_delimiter)},
    {"KEY_SCHEMA_FULL_NAME", TEXT_VALUE, offsetof(struct with_properties, key_schema_name)},
    {"VALUE_SCHEMA_FULL_NAME", TEXT_VALUE, offsetof(struct with_properties, value_schema_name)},
    {"VALUE_AVRO_SCHEMA_FULL_NAME", TEXT_VALUE, offsetof(struct with_properties, value_schema_name)},
    {"TIMESTAMP", TEXT_VALUE, offsetof(struct with_properties, timestamp)},
    {"TIMESTAMP_FORMAT", TEXT_VALUE, offsetof(struct with_properties, timestamp_format)},
    {"WINDOW_TYPE", TEXT_VALUE, offsetof(struct with_properties, window_type)},
    {"WINDOW_SIZE", TEXT_VALUE, offsetof(struct with_properties, window_size)},
    {"QUERY_ID", TEXT_VALUE, offsetof(struct with_properties, query_id)},
    {"PARTITIONS", NUMBER_VALUE, offsetof(struct with_properties, partitions)},
    {"REPLICAS", NUMBER_VALUE, offsetof(struct with_properties, replicas)},
    {"RETENTION_MS", NUMBER_VALUE, offsetof(struct with_properties, retention_ms)},
    {"KEY_SCHEMA_ID", NUMBER_VALUE, offsetof(struct with_properties, key_schema_id)},
    {"VALUE_SCHEMA_ID", NUMBER_VALUE, offsetof(struct with_properties, value_schema_id)},
    {"WRAP_SINGLE_VALUE", FLAG_VALUE, offsetof(struct with_properties, wrap)},
};

static int wrong_value(const struct property *property, const char *kind, struct error *error) {
    struct text shown = TEXT_EMPTY;
    print_expression(&shown, property->value);
    error_set_at(error, ERROR_INVALID, property->line, property->column,
                 "Failed to prepare statement: Invalid value %s for property %.*s: Not a %s.", text_string(&shown),
                 VIEW_ARGS(property->name), kind);
    text_free(&shown);
    return -1;
}

static int read_one(const struct property *property, enum value_kind kind, void *field, struct error *error) {
    const struct node *value = property->value;
    if (kind == TEXT_VALUE) {
        if (value->kind != NODE_STRING)
            return wrong_value(property, "STRING", error);
        *(struct view *)field = value->text;
    } else if (kind == NUMBER_VALUE) {
        bool number = value->kind == NODE_INTEGER || value->kind == NODE_STRING;
        if (!number || !view_to_int64(view_trim(value->text), field))
            return wrong_value(property, "number of type INT", error);
    } else {
        bool text = value->kind == NODE_STRING && (view_equal_ignoring_case(value->text, VIEW("true")) ||
                                                   view_equal_ignoring_case(value->text, VIEW("false")));
        if (value->kind != NODE_BOOLEAN && !text)
            return wrong_value(property, "BOOLEAN", error);
        *(int *)field = text ? view_equal_ignoring_case(value->text, VIEW("true")) : value->flag;
    }
    return 0;
}

/* A single character, or a word for one that would be trimmed. */
static int check_delimiter(const char *name, struct view value, struct error *error) {
    if (value.data == NULL)
        return 0;
    if (view_trim(value).size == 0)
        return error_set(error, ERROR_INVALID,
                         "Failed to prepare statement: Configuration %s is invalid: Delimiter cannot be empty, if you "
                         "meant to have a tab or space for delimiter, please use the special values 'TAB' or "
                         "'SPACE'\nExample valid value: ';'",
                         name);
    if (utf8_length(value) == 1 || view_equal_ignoring_case(value, VIEW("TAB")) ||
        view_equal_ignoring_case(value, VIEW("SPACE")))
        return 0;
    return error_set(error, ERROR_INVALID,
                     "Failed to prepare statement: Configuration %s is invalid: Invalid delimiter value: '%.*s'. "
                     "Delimiter must be a single character or TAB,SPACE\nExample valid value: ';'",
                     name, VIEW_ARGS(value));
}

int with_read(const struct analysis *analysis, const struct statement *statement, bool as_select,
              struct with_properties *with, struct error *error) {
    *with = (struct with_properties){
        .partitions = -1, .replicas = -1, .retention_ms = -1, .key_schema_id = -1, .value_schema_id = -1, .wrap = -1};
    struct text unknown = TEXT_EMPTY;
    for (size_t i = 0; i < statement->property_count; i++) {
        const struct property *property = &statement->properties[i];
        size_t at = 0;
        if (name_is(property->name, "CLEANUP_POLICY") && analysis->settings->rewritten)
            continue;
        if (name_is(property->name, "CLEANUP_POLICY"))
            return error_set_at(
                error, ERROR_INVALID, property->line, property->column,
                "Invalid config variable in the WITH clause: CLEANUP_POLICY.\nThe CLEANUP_POLICY config is "
                "automatically inferred based on the type of source (STREAM or TABLE).\nUsers can't set the "
                "CLEANUP_POLICY config manually.");
        while (at < sizeof known / sizeof *known && !name_is(property->name, known[at].name))
            at++;
        if (at == sizeof known / sizeof *known) {
            text_append_format(&unknown, "%s%.*s", unknown.size != 0 ? ", " : "", VIEW_ARGS(property->name));
            continue;
        }
        if (read_one(property, known[at].kind, (char *)with + known[at].offset, error) != 0) {
            text_free(&unknown);
            return -1;
        }
        with->full_name_given |= view_ends_with(property->name, VIEW("SCHEMA_FULL_NAME"));
    }
    int status = 0;
    if (unknown.size != 0)
        status = error_set_at(error, ERROR_INVALID, statement->line, statement->column,
                              "Failed to prepare statement: Invalid config variable(s) in the WITH clause: %s",
                              text_string(&unknown));
    else if (!as_select && with->kafka_topic.data == NULL)
        status =
            error_set_at(error, ERROR_INVALID, statement->line, statement->column,
                         "Failed to prepare statement: Missing required property \"KAFKA_TOPIC\" which has no default "
                         "value.");
    else if (with->format.data != NULL && (with->key_format.data != NULL || with->value_format.data != NULL))
        status = error_set_at(error, ERROR_INVALID, statement->line, statement->column,
                              "Cannot supply both '%s' and 'FORMAT' properties, as 'FORMAT' sets both key and value "
                              "formats. Either use just 'FORMAT', or use 'KEY_FORMAT' and 'VALUE_FORMAT'.",
                              with->key_format.data != NULL ? "KEY_FORMAT" : "VALUE_FORMAT");
    text_free(&unknown);
    if (status == 0)
        status = check_delimiter("KEY_DELIMITER", with->key_delimiter, error);
    return status != 0 ? -1 : check_delimiter("VALUE_DELIMITER", with->value_delimiter, error);
}

struct printed {
    struct view name;
    struct view value;       /* of an extra row */
    const struct node *node; /* of the statement */
};

static int by_name(const void *a, const void *b) {
    return view_compare(((const struct printed *)a)->name, ((const struct printed *)b)->name);
}

void with_print(struct text *out, const struct statement *statement, const struct extra_property *extra, size_t count) {
    VECTOR(struct printed) rows = {0};
    for (size_t i = 0; i < statement->property_count; i++) {
        const struct property *property = &statement->properties[i];
        bool replaced = false;
        for (size_t j = 0; j < count; j++)
            replaced |= extra[j].value.size != 0 && name_is(property->name, extra[j].name);
        struct printed row = {property->name, {0}, property->value};
        if (!replaced)
            vector_push(&rows, row);
    }
    for (size_t j = 0; j < count; j++) {
        struct printed row = {view_of(extra[j].name), extra[j].value, NULL};
        if (extra[j].value.size != 0)
            vector_push(&rows, row);
    }
    if (rows.count != 0) {
        qsort(rows.items, rows.count, sizeof *rows.items, by_name);
        text_append_string(out, " WITH (");
        for (size_t i = 0; i < rows.count; i++) {
            if (i != 0)
                text_append_string(out, ", ");
            text_append_format(out, "%.*s=", VIEW_ARGS(rows.items[i].name));
            if (rows.items[i].node != NULL)
                print_expression(out, rows.items[i].node);
            else
                text_append(out, rows.items[i].value);
        }
        text_append_char(out, ')');
    }
    vector_free(&rows);
}

static struct view upper(const struct analysis *analysis, struct view name) {
    char *copy = arena_copy_bytes(analysis->arena, name.data, name.size);
    for (size_t i = 0; i < name.size; i++)
        copy[i] = (char)toupper((unsigned char)copy[i]);
    return (struct view){copy, name.size};
}

static int side(const struct analysis *analysis, struct view given, struct view both, const char *fallback, bool is_key,
                struct view *format, struct error *error) {
    struct view name = given.data != NULL  ? given
                       : both.data != NULL ? both
                       : format->size != 0 ? *format
                                           : view_of(fallback);
    if (name.data == NULL)
        return error_set(
            error, ERROR_INVALID,
            "Statement is missing the '%s' property from the WITH clause. Either provide one or set a default "
            "via the 'ksql.persistence.default.format.%s' config.",
            is_key ? "KEY_FORMAT" : "VALUE_FORMAT", is_key ? "key" : "value");
    *format = upper(analysis, name);
    const struct format *row = format_find(*format);
    if (row == NULL)
        return error_set(error, ERROR_INVALID, "Unknown format: %.*s", VIEW_ARGS(name));
    if ((row->flags & (is_key ? FORMAT_KEY : FORMAT_VALUE)) == 0)
        return error_set(error, ERROR_INVALID, "The '%s' format can not be used as %s format.", row->name,
                         is_key ? "key" : "value");
    return 0;
}

static int config(struct view format, const char *name, struct view value, bool allowed, struct error *error) {
    if (value.data == NULL)
        return 0;
    if (!allowed)
        return error_set(error, ERROR_INVALID, "%.*s does not support the following configs: [%s]", VIEW_ARGS(format),
                         name);
    if (view_trim(value).size == 0 && strcmp(name, "fullSchemaName") == 0)
        return error_set(error, ERROR_INVALID, "%s cannot be empty. Format configuration: {%s=%.*s}", name, name,
                         VIEW_ARGS(view_trim(value)));
    return 0;
}

/* FEATURE_SET to io.confluent.ksql.avro_schemas.FeatureSetKey, as ksqlDB names the record of an AVRO key. */
static struct view key_record_name(struct arena *arena, struct view source) {
    struct text name = TEXT_EMPTY;
    bool first = true;
    text_append_string(&name, "io.confluent.ksql.avro_schemas.");
    for (size_t i = 0; i < source.size; i++) {
        char c = source.data[i];
        if (c == '_') {
            first = true;
            continue;
        }
        if (first && c >= 'a' && c <= 'z')
            c = (char)(c - 32);
        else if (!first && c >= 'A' && c <= 'Z')
            c = (char)(c + 32);
        text_append_char(&name, c);
        first = false;
    }
    text_append_string(&name, "Key");
    struct view kept = arena_copy_view(arena, text_view(&name));
    text_free(&name);
    return kept;
}

int format_from_with(const struct analysis *analysis, const struct with_properties *with, struct view name,
                     const struct topic_format *inherited, struct topic_format *format, struct error *error) {
    struct view key = inherited == NULL ? (struct view){0} : inherited->key_format;
    struct view value = inherited == NULL ? (struct view){0} : inherited->value_format;
    *format = (struct topic_format){.key_format = key, .value_format = value, .wrap_value = -1};
    const char *default_key = analysis->settings->default_key_format;
    if (side(analysis, with->key_format, with->format, default_key == NULL ? "KAFKA" : default_key, true,
             &format->key_format, error) != 0 ||
        side(analysis, with->value_format, with->format, analysis->settings->default_value_format, false,
             &format->value_format, error) != 0)
        return -1;
    bool avro_key = name_is(format->key_format, "AVRO"), avro_value = name_is(format->value_format, "AVRO");
    bool json_value = name_is(format->value_format, "JSON_SR"), json_key = name_is(format->key_format, "JSON_SR");
    if (config(format->value_format, "fullSchemaName", with->value_schema_name, avro_value || json_value, error) != 0 ||
        config(format->key_format, "fullSchemaName", with->key_schema_name, avro_key || json_key, error) != 0 ||
        config(format->value_format, "delimiter", with->value_delimiter, name_is(format->value_format, "DELIMITED"),
               error) != 0 ||
        config(format->key_format, "delimiter", with->key_delimiter, name_is(format->key_format, "DELIMITED"), error) !=
            0)
        return -1;
    bool same_value = inherited != NULL && view_equal(format->value_format, inherited->value_format);
    format->value_schema_name = with->value_schema_name;
    format->key_schema_name = with->key_schema_name;
    if (avro_key && with->key_schema_name.data == NULL)
        format->key_schema_name = key_record_name(analysis->arena, name);
    format->value_delimiter = with->value_delimiter.data != NULL ? with->value_delimiter
                              : same_value                       ? inherited->value_delimiter
                                                                 : (struct view){0};
    format->key_delimiter = with->key_delimiter;
    format->key_schema_id = with->key_schema_id > 0 ? (int)with->key_schema_id : 0;
    format->value_schema_id = with->value_schema_id > 0 ? (int)with->value_schema_id : 0;
    format->wrap_value = with->wrap;
    return 0;
}

int format_wrap(const struct analysis *analysis, const struct with_properties *with, size_t value_count,
                struct topic_format *format, struct error *error) {
    const struct format *row = format_find(format->value_format);
    if (with->wrap < 0) {
        bool unwraps = (row->flags & FORMAT_WRAP) != 0 && !analysis->settings->wrap_single_values;
        format->wrap_value = unwraps && value_count == 1 ? 0 : -1;
        return 0;
    }
    if (value_count != 1)
        return error_set(error, ERROR_INVALID, "'WRAP_SINGLE_VALUE' is only valid for single-field value schemas");
    if ((row->flags & (with->wrap ? FORMAT_WRAP : FORMAT_UNWRAP)) == 0)
        return error_set(error, ERROR_INVALID, "Format '%s' does not support 'WRAP_SINGLE_VALUE' set to '%s'.",
                         row->name, with->wrap ? "true" : "false");
    return 0;
}
