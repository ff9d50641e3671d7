/* A case set up: topics and schemas it names, an engine with its settings, its records as bytes. */
#include "scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ksql/language/parse.h"
#include "ksql/language/split.h"

const char *scene_text(const json_t *object, const char *name) {
    return json_string_value(json_object_get(object, name));
}

int scene_fail(struct scene *scene, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    text_append_format_v(scene->difference, format, arguments);
    va_end(arguments);
    return -1;
}

/* --- stage --- */

static void register_side(struct scene *scene, const json_t *topic, bool is_key) {
    const json_t *schema = json_object_get(topic, is_key ? "keySchema" : "valueSchema");
    const char *format = scene_text(topic, is_key ? "keyFormat" : "valueFormat");
    const json_t *id = json_object_get(topic, is_key ? "keySchemaId" : "valueSchemaId");
    if (schema == NULL || json_is_null(schema))
        return;
    /* "int" is a whole AVRO schema; text of other kinds is a schema's own */
    bool written = json_is_string(schema) && format != NULL && strncmp(format, "PROTOBUF", 8) == 0;
    char *text =
        written ? memory_copy_string(json_string_value(schema)) : json_dumps(schema, JSON_COMPACT | JSON_ENCODE_ANY);
    world_register(&scene->world, scene_text(topic, "name"), is_key,
                   format == NULL || strcmp(format, "AVRO") == 0 ? "AVRO"
                   : strncmp(format, "JSON", 4) == 0             ? "JSON"
                                                                 : "PROTOBUF",
                   text, (int32_t)json_integer_value(id));
    memory_free(text);
}

static const struct node *property(const struct statement *statement, const char *name) {
    for (size_t i = 0; i < statement->property_count; i++)
        if (view_equal(statement->properties[i].name, view_of(name)))
            return statement->properties[i].value;
    return NULL;
}

/* The peer's harness makes topics of 4 partitions; those of the recorded server had one. */
static int default_partitions(const struct scene *scene) {
    const char *origin = scene_text(scene->test, "origin");
    return origin != NULL && strncmp(origin, "recorded", 8) == 0 ? 1 : 4;
}

/* Topics that CREATE STREAM and CREATE TABLE name are there before the case begins. */
static void topic_of_statement(struct scene *scene, const struct statement *statement) {
    const struct node *topic = property(statement, "KAFKA_TOPIC"), *partitions = property(statement, "PARTITIONS");
    int64_t count = default_partitions(scene);
    if ((statement->kind != STATEMENT_CREATE_STREAM && statement->kind != STATEMENT_CREATE_TABLE) || topic == NULL)
        return;
    if (partitions != NULL)
        view_to_int64(partitions->text, &count);
    world_add_topic(&scene->world, arena_format(&scene->arena, "%.*s", VIEW_ARGS(topic->text)), (int)count);
}

void scene_set_stage(struct scene *scene) {
    size_t at;
    json_t *item;
    json_array_foreach(json_object_get(scene->test, "topics"), at, item) {
        const char *name = json_is_string(item) ? json_string_value(item) : scene_text(item, "name");
        const json_t *partitions = json_object_get(item, "partitions");
        world_add_topic(&scene->world, name, partitions == NULL ? 1 : (int)json_integer_value(partitions))->replicas =
            json_object_get(item, "replicas") == NULL ? 1 : (int)json_integer_value(json_object_get(item, "replicas"));
        register_side(scene, item, true);
        register_side(scene, item, false);
    }
    json_array_foreach(json_object_get(scene->test, "statements"), at, item) {
        struct statement *statement;
        if (parse_statement(&scene->arena, view_of(json_string_value(item)), 1, 1, &statement, NULL) == 0)
            topic_of_statement(scene, statement);
    }
    json_array_foreach(json_object_get(scene->test, "inputs"), at, item)
        world_add_topic(&scene->world, scene_text(item, "topic"), default_partitions(scene));
}

void scene_make_engine(struct scene *scene) {
    const char *name;
    json_t *value;
    struct engine_options options = {
        .topics = &scene->world.topics, .schemas = &scene->world.schemas, .wrap_single_values = true};
    scene->properties = properties_new();
    properties_set(scene->properties, "auto.offset.reset", "earliest");
    json_object_foreach((json_t *)(uintptr_t)json_object_get(scene->test, "properties"), name, value) {
        char *text = json_is_string(value) ? memory_copy_string(json_string_value(value))
                                           : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        properties_set(scene->properties, name, text);
        memory_free(text);
    }
    options.default_key_format = properties_get(scene->properties, "ksql.persistence.default.format.key");
    options.default_value_format = properties_get(scene->properties, "ksql.persistence.default.format.value");
    options.topic_prefix = properties_get(scene->properties, "ksql.output.topic.name.prefix");
    const char *wrap = properties_get(scene->properties, "ksql.persistence.wrap.single.values");
    options.wrap_single_values = wrap == NULL || strcmp(wrap, "false") != 0;
    scene->engine = engine_new(&options);
}

/* KsqlStatementException: the message, then the statement as far as it was rewritten. */
static void name_statement(struct error *error, struct view statement) {
    struct view bare = view_trim(statement);
    char message[sizeof error->message];
    if (bare.size != 0 && bare.data[bare.size - 1] == ';')
        bare.size--;
    snprintf(message, sizeof message, "%s", error->message);
    snprintf(error->message, sizeof error->message, "%.*s\nStatement: %.*s;", 1000, message,
             (int)(bare.size < 1000 ? bare.size : 1000), bare.data);
}

/* The peer's harness names the statement before the sink's topic was put into it. */
static struct view without_topic(struct scene *scene, const struct statement *statement, struct view text) {
    const char *with = NULL, *as = NULL;
    if (statement->property_count == 0 && statement->query != NULL) {
        with = memmem(text.data, text.size, " WITH (", 7);
        as = with == NULL ? NULL : memmem(with, text.size - (size_t)(with - text.data), ") AS SELECT", 11);
    }
    if (as == NULL)
        return text;
    return view_of(arena_format(&scene->arena, "%.*s%.*s", (int)(with - text.data), text.data,
                                (int)(text.data + text.size - as - 1), as + 1));
}

int scene_run_statement(struct scene *scene, const char *text, int line, struct error *error) {
    struct view rest = view_of(text);
    struct split split;
    int column = 1;
    while (split_next(&rest, &line, &column, &split)) {
        struct statement *statement;
        struct engine_outcome outcome;
        struct engine_request request = {.properties = scene->properties, .number = -1};
        if (parse_statement(&scene->arena, split.statement, split.line, split.column, &statement, error) != 0) {
            name_statement(error, split.statement);
            return -1;
        }
        if (statement->kind == STATEMENT_SET)
            properties_set(scene->properties, arena_format(&scene->arena, "%.*s", VIEW_ARGS(statement->name)),
                           arena_format(&scene->arena, "%.*s", VIEW_ARGS(statement->text)));
        else if (engine_execute(scene->engine, statement, &request, &scene->arena, &outcome, error) != 0) {
            name_statement(error, without_topic(scene, statement, outcome.rewritten));
            return -1;
        }
    }
    return 0;
}

/* --- records --- */

const struct source *scene_source(const struct scene *scene, const char *topic) {
    const struct source *source, *found = NULL;
    for (size_t i = 0; (source = catalog_at(engine_catalog(scene->engine), i)) != NULL; i++)
        if (view_equal(source->topic, view_of(topic)) && (found == NULL || source->made_by.size != 0))
            found = source;
    return found;
}

struct side scene_side(const struct scene *scene, const char *topic, bool is_key) {
    const struct source *source = scene_source(scene, topic);
    struct side side = {.format = VIEW("JSON"), .schema = world_latest(&scene->world, view_of(topic), is_key)};
    size_t at;
    json_t *item;
    if (is_key)
        side.format = VIEW("KAFKA");
    if (source != NULL) {
        const struct schema *schema = source->schema;
        side.format = is_key ? source->format.key_format : source->format.value_format;
        side.count = is_key ? schema->key_count : schema->value_count;
        if (side.count == 1)
            side.type = schema->columns[is_key ? 0 : schema->key_count].type;
    }
    json_array_foreach(json_object_get(scene->test, "topics"), at, item) {
        const char *format = scene_text(item, is_key ? "keyFormat" : "valueFormat");
        if (source == NULL && format != NULL && strcmp(scene_text(item, "name"), topic) == 0)
            side.format = view_of(format);
    }
    return side;
}

static void append_window(struct text *key, const json_t *window) {
    int64_t times[2] = {json_integer_value(json_object_get(window, "end")),
                        json_integer_value(json_object_get(window, "start"))};
    bool session = strcasecmp(scene_text(window, "type"), "session") == 0;
    for (int i = session ? 0 : 1; i < 2; i++)
        for (int shift = 56; shift >= 0; shift -= 8)
            text_append_char(key, (char)((uint64_t)times[i] >> shift));
}

int scene_read_input(struct scene *scene, const json_t *input, struct scene_record *record) {
    const char *topic = scene_text(input, "topic");
    struct side key = scene_side(scene, topic, true), value = scene_side(scene, topic, false);
    const json_t *window = json_object_get(input, "window");
    bool has_key, has_value;
    struct error error = {0};
    *record =
        (struct scene_record){.topic = topic, .timestamp = json_integer_value(json_object_get(input, "timestamp"))};
    text_reserve(&record->key_bytes, 1); /* empty bytes are no null */
    text_reserve(&record->value_bytes, 1);
    if (bytes_from_json(&key, json_object_get(input, "key"), &record->key_bytes, &has_key, &error) != 0 ||
        bytes_from_json(&value, json_object_get(input, "value"), &record->value_bytes, &has_value, &error) != 0) {
        scene_record_free(record);
        return scene_fail(scene, "input of %s cannot be written: %s", topic, error.message);
    }
    if (json_is_object(window) && has_key)
        append_window(&record->key_bytes, window);
    if (has_key)
        record->key = text_view(&record->key_bytes);
    if (has_value)
        record->value = text_view(&record->value_bytes);
    return 0;
}

void scene_record_free(struct scene_record *record) {
    text_free(&record->key_bytes);
    text_free(&record->value_bytes);
}
