/* CREATE STREAM and CREATE TABLE: columns written or inferred, formats checked, the statement printed back. */
#include <stdlib.h>
#include <string.h>

#include "ksql/analysis/private.h"

int analyse_type(const struct analysis *analysis, const struct type_node *node, const struct sql_type **type,
                 struct error *error) {
    static const struct {
        const char *name;
        const struct sql_type *type;
    } simple[] = {{"BOOLEAN", &sql_boolean}, {"INT", &sql_integer},        {"INTEGER", &sql_integer},
                  {"BIGINT", &sql_bigint},   {"DOUBLE", &sql_double},      {"STRING", &sql_string},
                  {"VARCHAR", &sql_string},  {"BYTES", &sql_bytes},        {"DATE", &sql_date},
                  {"TIME", &sql_time},       {"TIMESTAMP", &sql_timestamp}};
    const struct sql_type *parts[2] = {NULL, NULL};
    for (size_t i = 0; i < sizeof simple / sizeof *simple; i++)
        if (name_is(node->name, simple[i].name)) {
            *type = simple[i].type;
            return 0;
        }
    if (name_is(node->name, "DECIMAL")) {
        if (node->precision < 1 || node->precision > 38)
            return error_set_at(error, ERROR_INVALID, node->line, node->column,
                                "DECIMAL precision must be >= 1 and at most 38: DECIMAL(%d,%d)", node->precision,
                                node->scale);
        if (node->scale < 0 || node->scale > node->precision)
            return error_set_at(error, ERROR_INVALID, node->line, node->column,
                                "DECIMAL precision must be >= scale: DECIMAL(%d,%d)", node->precision, node->scale);
        *type = sql_type_decimal(analysis->arena, node->precision, node->scale);
        return 0;
    }
    if (name_is(node->name, "STRUCT") && node->field_names != NULL) {
        struct sql_field *fields = arena_zero(analysis->arena, (node->part_count + 1) * sizeof *fields);
        for (size_t i = 0; i < node->part_count; i++) {
            fields[i].name = node->field_names[i];
            if (analyse_type(analysis, node->parts[i], &fields[i].type, error) != 0)
                return -1;
        }
        *type = sql_type_struct(analysis->arena, fields, node->part_count);
        return 0;
    }
    for (size_t i = 0; i < node->part_count && i < 2; i++)
        if (analyse_type(analysis, node->parts[i], &parts[i], error) != 0)
            return -1;
    if (name_is(node->name, "ARRAY") && node->part_count == 1) {
        *type = sql_type_array(analysis->arena, parts[0]);
        return 0;
    }
    if (name_is(node->name, "MAP") && node->part_count == 2) {
        *type = sql_type_map(analysis->arena, parts[0], parts[1]);
        return 0;
    }
    const struct sql_type *custom = catalog_type(analysis->catalog, node->name);
    if (custom == NULL)
        return error_set_at(error, ERROR_INVALID, node->line, node->column, "Cannot resolve unknown type: %.*s",
                            VIEW_ARGS(node->name));
    *type = sql_type_copy(analysis->arena, custom);
    return 0;
}

bool format_unwraps(const struct topic_format *format, const struct schema *schema, bool is_key) {
    size_t count = is_key ? schema->key_count : schema->value_count;
    if (count != 1)
        return false;
    const struct format *row = format_find(is_key ? format->key_format : format->value_format);
    if (is_key || (row->flags & FORMAT_WRAP) == 0)
        return true;
    return format->wrap_value == 0;
}

struct codec_options source_codec_options(const struct source *source, bool is_key) {
    const struct topic_format *format = &source->format;
    return (struct codec_options){
        .is_key = is_key,
        .unwrapped = format_unwraps(format, source->schema, is_key),
        .full_name = is_key ? format->key_schema_name : format->value_schema_name,
        .delimiter = is_key ? format->key_delimiter : format->value_delimiter,
    };
}

int side_check(const struct analysis *analysis, const struct source *source, bool is_key, struct error *error) {
    const struct schema *schema = source->schema;
    const struct column *columns = schema->columns + (is_key ? 0 : schema->key_count);
    size_t count = is_key ? schema->key_count : schema->value_count;
    struct view name = is_key ? source->format.key_format : source->format.value_format;
    const struct format *format = format_find(name);
    struct codec_options options = source_codec_options(source, is_key);
    struct error reason = {0};
    if (count == 0 || format->check(columns, count, &options, &reason) == 0)
        return 0;
    struct view text = columns_text(analysis->arena, columns, count, is_key);
    return error_set(
        error, ERROR_INVALID,
        "%s format does not support schema.\nformat: %.*s\nschema: Persistence{columns=%.*s, features=[%s]}\n"
        "reason: %s",
        is_key ? "Key" : "Value", VIEW_ARGS(name), VIEW_ARGS(text),
        options.unwrapped && (format->flags & FORMAT_WRAP) != 0 ? "UNWRAP_SINGLES" : "", reason.message);
}

static bool has_map(const struct sql_type *type) {
    bool found = type->base == SQL_MAP || (type->base == SQL_ARRAY && has_map(type->element));
    for (size_t i = 0; type->base == SQL_STRUCT && !found && i < type->field_count; i++)
        found = has_map(type->fields[i].type);
    return found;
}

int key_check(const struct analysis *analysis, const struct schema *schema, struct error *error) {
    for (size_t i = 0; i < schema->key_count; i++)
        if (has_map(schema->columns[i].type))
            return error_set(error, ERROR_INVALID,
                             "Map keys, including types that contain maps, are not supported as they may lead to "
                             "unexpected behavior due to inconsistent serialization. Key column name: `%.*s`. Column "
                             "type: %.*s. See https://github.com/confluentinc/ksql/issues/6621 for more.",
                             VIEW_ARGS(schema->columns[i].name),
                             VIEW_ARGS(type_text(analysis->arena, schema->columns[i].type)));
    return 0;
}

struct view timestamp_name(struct arena *arena, struct view written) {
    if (written.size > 1 && (written.data[0] == '`' || written.data[0] == '"'))
        return arena_copy_view(arena, (struct view){written.data + 1, written.size - 2});
    char *upper = arena_copy_bytes(arena, written.data, written.size);
    for (size_t i = 0; i < written.size; i++)
        upper[i] = (char)(upper[i] >= 'a' && upper[i] <= 'z' ? upper[i] - 32 : upper[i]);
    return (struct view){upper, written.size};
}

int timestamp_check(struct arena *arena, struct view name, const struct sql_type *type, struct view format,
                    struct error *error) {
    (void)arena;
    if (type == NULL)
        return error_set(error, ERROR_INVALID,
                         "The TIMESTAMP column set in the WITH clause does not exist in the schema: '%.*s'",
                         VIEW_ARGS(name));
    if (type->base == SQL_STRING)
        return format.data != NULL
                   ? 0
                   : error_set(error, ERROR_INVALID,
                               "A String timestamp field has been specified without also specifying the "
                               "timestamp_format");
    if (format.data != NULL)
        return error_set(
            error, ERROR_INVALID,
            "'TIMESTAMP_FORMAT' set in the WITH clause can only be used when the timestamp column is of type "
            "STRING.");
    if (type->base == SQL_BIGINT || type->base == SQL_TIMESTAMP)
        return 0;
    return error_set(error, ERROR_INVALID,
                     "Timestamp column, `%.*s`, should be LONG(INT64), TIMESTAMP, or a String with a timestamp_format "
                     "specified",
                     VIEW_ARGS(name));
}

static int missing_schema(const struct source *source, bool is_key, struct error *error) {
    const char *side = is_key ? "key" : "value";
    return error_set(
        error, ERROR_INVALID,
        "Schema for message %ss on topic '%.*s' does not exist in the Schema Registry.\nSubject: %.*s-%s\nPossible "
        "causes "
        "include:\n- The topic itself does not exist\n\t-> Use SHOW TOPICS; to check\n- Messages on the topic are not "
        "serialized using a format Schema Registry supports\n\t-> Use PRINT '%.*s' FROM BEGINNING; to verify\n- "
        "Messages on "
        "the topic have not been serialized using a Confluent Schema Registry supported serializer\n\t-> See "
        "https://docs.confluent.io/current/schema-registry/docs/serializer-formatter.html\n- The schema is registered "
        "on a "
        "different instance of the Schema Registry\n\t-> Use the REST API to list available "
        "subjects\thttps://docs.confluent.io/current/schema-registry/docs/api.html#get--subjects\n- You do not have "
        "permissions to access the Schema Registry.\n\t-> See "
        "https://docs.confluent.io/current/schema-registry/docs/security.html",
        side, VIEW_ARGS(source->topic), VIEW_ARGS(source->topic), side, VIEW_ARGS(source->topic));
}

int schema_of_side(const struct analysis *analysis, const struct source *source, bool is_key, struct column **columns,
                   size_t *count, struct error *error) {
    struct view name = is_key ? source->format.key_format : source->format.value_format;
    const struct format *format = format_find(name);
    int32_t id = is_key ? source->format.key_schema_id : source->format.value_schema_id;
    struct schema_facts facts;
    struct error problem = {0};
    if (analysis->world->schema(analysis->world->context, source->topic, is_key, id, analysis->arena, &facts,
                                &problem) != 0) {
        if (problem.code == ERROR_NOT_FOUND)
            return missing_schema(source, is_key, error);
        if (error != NULL)
            *error = problem;
        return -1;
    }
    if (!view_equal_ignoring_case(facts.type, view_of(format->registry_type)))
        return error_set(error, ERROR_INVALID,
                         "%s schema is not in the expected format. You may want to set %s_FORMAT to '%.*s'.\ntopic: "
                         "%.*s\nexpected format: %.*s\nactual format from Schema Registry: %.*s",
                         is_key ? "Key" : "Value", is_key ? "KEY" : "VALUE", VIEW_ARGS(facts.type),
                         VIEW_ARGS(source->topic), VIEW_ARGS(name), VIEW_ARGS(facts.type));
    bool unwrapped = is_key || source->format.wrap_value == 0;
    struct codec_options options = {.is_key = is_key, .unwrapped = unwrapped};
    if (format->infer(facts.text, id != 0, &options, analysis->arena, columns, count, &problem) != 0)
        return error_set(error, ERROR_INVALID,
                         "Unable to verify if the %s schema for topic '%.*s' is compatible with ksqlDB.\nReason: %s",
                         is_key ? "key" : "value", VIEW_ARGS(source->topic), problem.message);
    return 0;
}

static int written_columns(const struct analysis *analysis, const struct statement *statement, struct column *keys,
                           size_t *key_count, struct column *values, size_t *value_count, struct error *error) {
    for (size_t i = 0; i < statement->element_count; i++) {
        const struct element *element = &statement->elements[i];
        struct column column = {.name = element->name};
        if (element->mark == MARK_HEADERS || element->mark == MARK_HEADER)
            return error_set_at(error, ERROR_UNSUPPORTED, element->line, element->column,
                                "Line: %d, Col: %d: HEADERS columns are not supported here yet: leave `%.*s` out",
                                element->line, element->column, VIEW_ARGS(element->name));
        if (analyse_type(analysis, element->type, &column.type, error) != 0)
            return -1;
        if (element->mark == MARK_NONE)
            values[(*value_count)++] = column;
        else
            keys[(*key_count)++] = column;
    }
    return 0;
}

static int check_names(const struct schema *schema, struct error *error) {
    for (size_t i = 0; i < schema_count(schema); i++) {
        const struct column *column = &schema->columns[i];
        if (name_is_pseudo(column->name))
            return error_set(error, ERROR_INVALID,
                             "'%.*s' is a reserved column name. You cannot use it as a name for a column.",
                             VIEW_ARGS(column->name));
        for (size_t j = 0; j < i; j++)
            if (view_equal(schema->columns[j].name, column->name))
                return error_set(error, ERROR_INVALID, "Duplicate column names: `%.*s`", VIEW_ARGS(column->name));
    }
    return 0;
}

/* "10 SECONDS" */
static int read_duration(struct view text, int64_t *ms, struct error *error) {
    struct view rest = view_trim(text), number = {0};
    int64_t count = 0, unit_ms = 0;
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"DAY", 86400000}, {"HOUR", 3600000}, {"MINUTE", 60000}, {"SECOND", 1000}, {"MILLISECOND", 1}};
    if (!view_split(&rest, ' ', &number) || !view_to_int64(number, &count) || count <= 0)
        return error_set(error, ERROR_INVALID,
                         "Failed to prepare statement: Configuration WINDOW_SIZE is invalid: Invalid duration: '%.*s'. "
                         "Expected a number and a unit, such as '10 SECONDS'",
                         VIEW_ARGS(text));
    struct view unit = view_trim(rest);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        struct view singular = view_of(units[i].name), given = unit;
        if (given.size == singular.size + 1 && (given.data[given.size - 1] | 0x20) == 's')
            given.size--;
        if (view_equal_ignoring_case(given, singular))
            unit_ms = units[i].ms;
    }
    if (unit_ms == 0) {
        struct text upper = TEXT_EMPTY;
        for (size_t i = 0; i < unit.size; i++)
            text_append_char(&upper,
                             (char)(unit.data[i] >= 'a' && unit.data[i] <= 'z' ? unit.data[i] - 32 : unit.data[i]));
        error_set(
            error, ERROR_INVALID,
            "Failed to prepare statement: Configuration WINDOW_SIZE is invalid: Invalid duration: '%.*s'. Unknown "
            "time unit: '%s'",
            VIEW_ARGS(text), text_string(&upper));
        text_free(&upper);
        return -1;
    }
    if (__builtin_mul_overflow(count, unit_ms, ms))
        return error_set(error, ERROR_INVALID, "Configuration WINDOW_SIZE is invalid: '%.*s' is too long",
                         VIEW_ARGS(text));
    return 0;
}

static int read_window(const struct with_properties *with, struct window *window, struct error *error) {
    *window = (struct window){.kind = WINDOW_NONE, .size = -1, .advance = -1, .grace = -1, .retention = -1};
    int64_t size = 0;
    if (with->window_size.data != NULL && read_duration(with->window_size, &size, error) != 0)
        return -1;
    if (with->window_type.data == NULL) {
        if (with->window_size.data != NULL)
            return error_set(
                error, ERROR_INVALID,
                "'WINDOW_SIZE' is only for windowed sources: set 'WINDOW_TYPE' beside it, or leave it out.");
        return 0;
    }
    window->kind = view_equal_ignoring_case(with->window_type, VIEW("TUMBLING"))  ? WINDOW_TUMBLING
                   : view_equal_ignoring_case(with->window_type, VIEW("HOPPING")) ? WINDOW_HOPPING
                   : view_equal_ignoring_case(with->window_type, VIEW("SESSION")) ? WINDOW_SESSION
                                                                                  : WINDOW_NONE;
    if (window->kind == WINDOW_NONE)
        return error_set(
            error, ERROR_INVALID,
            "Failed to prepare statement: Invalid value %.*s for property WINDOW_TYPE: String must be one of: "
            "SESSION, HOPPING, TUMBLING, null",
            VIEW_ARGS(with->window_type));
    if (window->kind == WINDOW_SESSION)
        return with->window_size.data == NULL
                   ? 0
                   : error_set(error, ERROR_INVALID, "'WINDOW_SIZE' should not be set for SESSION windows.");
    if (with->window_size.data == NULL)
        return error_set(error, ERROR_INVALID,
                         "%s windows require 'WINDOW_SIZE' to be provided in the WITH clause. For example: "
                         "'WINDOW_SIZE'='10 SECONDS'",
                         window->kind == WINDOW_TUMBLING ? "TUMBLING" : "HOPPING");
    window->size = window->advance = size;
    return 0;
}

static struct view quoted(struct arena *arena, struct view text) {
    struct text out = TEXT_EMPTY;
    print_string(&out, text);
    struct view kept = arena_copy_view(arena, text_view(&out));
    text_free(&out);
    return kept;
}

static void print_columns(struct text *out, const struct source *source) {
    const struct schema *schema = source->schema;
    if (schema == NULL || schema_count(schema) == 0)
        return;
    text_append_string(out, " (");
    for (size_t i = 0; i < schema_count(schema); i++) {
        if (i != 0)
            text_append_string(out, ", ");
        print_name(out, schema->columns[i].name);
        struct text type = TEXT_EMPTY;
        sql_type_print(&type, schema->columns[i].type);
        text_append_format(out, " %s%s", text_string(&type),
                           i >= schema->key_count         ? ""
                           : source->kind == SOURCE_TABLE ? " PRIMARY KEY"
                                                          : " KEY");
        text_free(&type);
    }
    text_append_char(out, ')');
}

/* The statement as ksqlDB gives it back: inferred columns, both formats, the clean-up policy once columns are known. */
static struct view print_source(struct arena *arena, const struct statement *statement, const struct source *source,
                                bool complete, struct view partitions) {
    struct text out = TEXT_EMPTY;
    struct view none = {0};
    bool given = false;
    for (size_t i = 0; i < statement->property_count; i++)
        given |= name_is(statement->properties[i].name, "FORMAT");
    struct extra_property extra[] = {
        {"CLEANUP_POLICY", complete ? (source->kind == SOURCE_TABLE ? VIEW("'compact'") : VIEW("'delete'")) : none},
        {"KEY_FORMAT", given || source->format.key_format.size == 0 ? none : quoted(arena, source->format.key_format)},
        {"VALUE_FORMAT",
         given || source->format.value_format.size == 0 ? none : quoted(arena, source->format.value_format)},
        {"PARTITIONS", partitions},
    };
    text_append_format(&out, "CREATE %s%s%s %s", statement->or_replace ? "OR REPLACE " : "",
                       statement->source ? "SOURCE " : "", source->kind == SOURCE_TABLE ? "TABLE" : "STREAM",
                       statement->if_not_exists ? "IF NOT EXISTS " : "");
    print_name(&out, source->name);
    print_columns(&out, source);
    with_print(&out, statement, extra, sizeof extra / sizeof *extra);
    text_append_char(&out, ';');
    struct view kept = arena_copy_view(arena, text_view(&out));
    text_free(&out);
    return kept;
}

static int check_topic(const struct analysis *analysis, const struct statement *statement,
                       const struct with_properties *with, struct source_definition *definition, struct error *error) {
    struct source *source = &definition->source;
    struct topic_facts facts;
    struct error problem = {0};
    if (analysis->world->topic(analysis->world->context, source->topic, &facts, &problem) == 0) {
        source->partitions = facts.partitions;
        source->replicas = facts.replicas;
        if (analysis->settings->rewritten)
            return 0;
        if ((with->partitions > 0 && with->partitions != facts.partitions) ||
            (with->replicas > 0 && with->replicas != facts.replicas))
            return error_set(
                error, ERROR_CONFLICT,
                "A Kafka topic with the name '%.*s' already exists, with different partition/replica/retention "
                "configuration than required. KSQL expects %lld partitions (topic has %d), %lld replication "
                "factor (topic has %d)",
                VIEW_ARGS(source->topic), (long long)(with->partitions > 0 ? with->partitions : facts.partitions),
                facts.partitions, (long long)(with->replicas > 0 ? with->replicas : facts.replicas), facts.replicas);
        return 0;
    }
    if (problem.code != ERROR_NOT_FOUND) {
        if (error != NULL)
            *error = problem;
        return -1;
    }
    if (analysis->settings->rewritten) { /* it may have gone since: whoever reads it says so */
        source->partitions = with->partitions > 0 ? (int)with->partitions : 1;
        source->replicas = with->replicas > 0 ? (int)with->replicas : 1;
        return 0;
    }
    if (with->partitions < 1) {
        struct view example = print_source(analysis->arena, statement, source, false, VIEW("2"));
        return error_set(
            error, ERROR_NOT_FOUND,
            "Topic '%.*s' does not exist. If you want to create a new topic for the stream/table please re-run "
            "the statement providing the required 'PARTITIONS' configuration in the WITH clause (and optionally "
            "'REPLICAS'). For example: %.*s",
            VIEW_ARGS(source->topic), VIEW_ARGS(example));
    }
    definition->create_topic = true;
    source->partitions = definition->partitions = (int)with->partitions;
    source->replicas = definition->replicas = with->replicas > 0 ? (int)with->replicas : 1;
    definition->retention_ms = with->retention_ms;
    return 0;
}

int analyse_source(const struct analysis *analysis, const struct statement *statement,
                   struct source_definition *definition, struct error *error) {
    *definition = (struct source_definition){.retention_ms = -1};
    struct source *source = &definition->source;
    struct with_properties with;
    definition->rewritten = statement->written;
    if (with_read(analysis, statement, false, &with, error) != 0)
        return -1;
    source->name = statement->name;
    source->kind = statement->is_table ? SOURCE_TABLE : SOURCE_STREAM;
    source->read_only = statement->source;
    source->topic = with.kafka_topic;
    source->timestamp_column = with.timestamp;
    source->timestamp_format = with.timestamp_format;
    if (format_from_with(analysis, &with, source->name, NULL, &source->format, error) != 0 ||
        read_window(&with, &source->format.window, error) != 0)
        return -1;
    size_t room = statement->element_count + 1, key_count = 0, value_count = 0;
    struct column *keys = arena_zero(analysis->arena, room * sizeof *keys);
    struct column *values = arena_zero(analysis->arena, room * sizeof *values);
    if (written_columns(analysis, statement, keys, &key_count, values, &value_count, error) != 0)
        return -1;
    struct schema *schema = arena_zero(analysis->arena, sizeof *schema);
    source->schema = schema;
    definition->rewritten = print_source(analysis->arena, statement, source, false, (struct view){0});
    const struct format *key_format = format_find(source->format.key_format);
    const struct format *value_format = format_find(source->format.value_format);
    bool infer_key = key_count == 0 && (key_format->flags & FORMAT_INFERS) != 0;
    bool infer_value = value_count == 0 && (value_format->flags & FORMAT_INFERS) != 0;
    struct column *written = arena_zero(analysis->arena, (key_count + value_count + 1) * sizeof *written);
    memcpy(written, keys, key_count * sizeof *keys);
    memcpy(written + key_count, values, value_count * sizeof *values);
    *schema = (struct schema){written, key_count, value_count};
    definition->rewritten = print_source(analysis->arena, statement, source, false, (struct view){0});
    if (infer_key && schema_of_side(analysis, source, true, &keys, &key_count, error) != 0)
        return -1;
    if (infer_value && schema_of_side(analysis, source, false, &values, &value_count, error) != 0)
        return -1;
    if (infer_key)
        for (size_t i = 0; i < key_count; i++)
            if (key_count == 1)
                keys[i].name = VIEW("ROWKEY");
    struct column *columns = arena_zero(analysis->arena, (key_count + value_count + 1) * sizeof *columns);
    memcpy(columns, keys, key_count * sizeof *keys);
    memcpy(columns + key_count, values, value_count * sizeof *values);
    *schema = (struct schema){columns, key_count, value_count};
    definition->rewritten = print_source(analysis->arena, statement, source, true, (struct view){0});
    if (schema_count(schema) == 0)
        return error_set(error, ERROR_INVALID, "No columns supplied.");
    if (check_names(schema, error) != 0)
        return -1;
    if (source->kind == SOURCE_TABLE && key_count == 0)
        return error_set(error, ERROR_INVALID, "Tables require a PRIMARY KEY. Please define the PRIMARY KEY.");
    if (source->timestamp_column.data != NULL) {
        struct view name = timestamp_name(analysis->arena, source->timestamp_column);
        int at = schema_find(schema, name);
        if (timestamp_check(analysis->arena, name, at < 0 ? NULL : schema->columns[at].type, source->timestamp_format,
                            error) != 0)
            return -1;
        source->timestamp_column = name;
    }
    if (key_check(analysis, schema, error) != 0 ||
        format_wrap(analysis, &with, schema->value_count, &source->format, error) != 0)
        return -1;
    if (side_check(analysis, source, true, error) != 0 || side_check(analysis, source, false, error) != 0 ||
        check_topic(analysis, statement, &with, definition, error) != 0)
        return -1;
    definition->register_key = key_count != 0 && !infer_key && (key_format->flags & FORMAT_REGISTRY) != 0;
    definition->register_value = !infer_value && (value_format->flags & FORMAT_REGISTRY) != 0;
    source->statement = definition->rewritten;
    return 0;
}
