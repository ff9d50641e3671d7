/* What a case expects of records, sources and topics afterwards. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"
#include "scene.h"

static int64_t take_time(struct view *key) {
    uint64_t time = 0;
    if (key->size < 8)
        return -1;
    for (size_t i = 0; i < 8; i++)
        time = time << 8 | (unsigned char)key->data[key->size - 8 + i];
    key->size -= 8;
    return (int64_t)time;
}

static int check_window(struct scene *scene, const json_t *window, struct view *key, const char *path) {
    bool session = strcasecmp(scene_text(window, "type"), "session") == 0;
    long long start = json_integer_value(json_object_get(window, "start")),
              end = json_integer_value(json_object_get(window, "end"));
    long long got_start = take_time(key), got_end = session ? take_time(key) : end;
    if (start != got_start || end != got_end)
        return scene_fail(scene, "%s.window: expected %lld-%lld, got %lld-%lld", path, start, end, got_start, got_end);
    return 0;
}

static int check_hex(struct scene *scene, const json_t *expected, const struct world_record *record, const char *path) {
    const char *hex = scene_text(expected, "rawKeyHex");
    struct text got = TEXT_EMPTY;
    int status = 0;
    if (hex == NULL || record->key == NULL)
        return 0;
    for (size_t i = 0; i < record->key_size; i++)
        text_append_format(&got, "%02x", (unsigned char)record->key[i]);
    /* ids of another registry: bytes 1 to 4 differ */
    bool framed = record->key_size > 5 && record->key[0] == 0 && strncmp(hex, "00", 2) == 0;
    if (strlen(hex) != got.size || strcasecmp(hex + (framed ? 10 : 0), text_string(&got) + (framed ? 10 : 0)) != 0)
        status = scene_fail(scene, "%s.rawKeyHex: expected %s, got %s", path, hex, text_string(&got));
    text_free(&got);
    return status;
}

/* The peer fills DECIMALs of AVRO up to their precision: 005.4 is 5.4. */
static void plain_decimals(const struct scene *scene, const char *topic, json_t *record) {
    const struct source *source = scene_source(scene, topic);
    const char *name, *digits;
    json_t *value;
    void *next;
    if (source == NULL || !json_is_object(record))
        return;
    json_object_foreach_safe(record, next, name, value) {
        int at = schema_find(source->schema, view_of(name));
        if (at < 0 || source->schema->columns[at].type->base != SQL_DECIMAL || !json_is_string(value))
            continue;
        bool minus = *(digits = json_string_value(value)) == '-';
        for (digits += minus; digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9';)
            digits++;
        char plain[64];
        snprintf(plain, sizeof plain, "%s%s", minus ? "-" : "", digits);
        json_object_set_new(record, name, json_string(plain));
    }
}

static int check_side(struct scene *scene, const char *topic, bool is_key, const json_t *expected, struct view bytes,
                      const char *path) {
    struct side side = scene_side(scene, topic, is_key);
    struct error error = {0};
    char below[512];
    snprintf(below, sizeof below, "%s.%s", path, is_key ? "key" : "value");
    json_t *null = json_null(), *actual = bytes_to_json(&side, &scene->world, bytes, &error);
    if (actual == NULL)
        return scene_fail(scene, "%s: %s", below, error.message);
    /* a case may write a record of one column as the bare value */
    json_t *wanted = json_deep_copy(expected == NULL ? null : expected);
    if (!is_key)
        plain_decimals(scene, topic, wanted);
    bool same = json_matches(wanted, actual, below, scene->difference);
    json_decref(wanted);
    json_decref(actual);
    return same ? 0 : -1;
}

static int check_output(struct scene *scene, const json_t *expected, const struct world_record *record,
                        const char *path) {
    const char *topic = scene_text(expected, "topic");
    const json_t *window = json_object_get(expected, "window"), *timestamp = json_object_get(expected, "timestamp");
    struct view key = record->key == NULL ? (struct view){0} : (struct view){record->key, record->key_size};
    struct view value = record->value == NULL ? (struct view){0} : (struct view){record->value, record->value_size};
    if (check_hex(scene, expected, record, path) != 0 ||
        (json_is_object(window) && check_window(scene, window, &key, path) != 0) ||
        check_side(scene, topic, true, json_object_get(expected, "key"), key, path) != 0 ||
        check_side(scene, topic, false, json_object_get(expected, "value"), value, path) != 0)
        return -1;
    if (timestamp != NULL && json_integer_value(timestamp) != record->timestamp)
        return scene_fail(scene, "%s.timestamp: expected %lld, got %lld", path,
                          (long long)json_integer_value(timestamp), (long long)record->timestamp);
    return 0;
}

static const struct world_record *nth_output(const struct world_topic *topic, size_t index) {
    for (size_t i = 0; topic != NULL && i < topic->records.count; i++)
        if (!topic->records.items[i].input && index-- == 0)
            return &topic->records.items[i];
    return NULL;
}

/* An output of a topic that inputs are written to counts the inputs, too, as the peer's harness reads the whole topic.
 */
static const struct world_record *nth_record(const struct scene *scene, const char *topic, size_t index) {
    return nth_output(world_topic(&scene->world, view_of(topic)), index);
}

int scene_check_outputs(struct scene *scene) {
    const json_t *outputs = json_object_get(scene->test, "outputs");
    size_t at, before;
    json_t *expected, *earlier;
    json_array_foreach(outputs, at, expected) {
        const char *topic = scene_text(expected, "topic");
        size_t index = 0;
        char path[512];
        json_array_foreach(outputs, before, earlier) {
            if (before >= at)
                break;
            index += strcmp(scene_text(earlier, "topic"), topic) == 0;
        }
        snprintf(path, sizeof path, "%s[%zu]", topic, index);
        const struct world_record *record = nth_record(scene, topic, index);
        if (record == NULL) {
            char *dumped = json_dumps(expected, JSON_COMPACT);
            scene_fail(scene, "%s: expected %s, got no record", path, dumped);
            memory_free(dumped);
            return -1;
        }
        if (check_output(scene, expected, record, path) != 0)
            return -1;
    }
    json_array_foreach(outputs, at, expected) {
        const char *topic = scene_text(expected, "topic");
        size_t count = 0;
        json_array_foreach(outputs, before, earlier) count += strcmp(scene_text(earlier, "topic"), topic) == 0;
        if (nth_record(scene, topic, count) != NULL)
            return scene_fail(scene, "%s: %zu records expected, there are more", topic, count);
    }
    return 0;
}

/* --- what the case says about sources and topics afterwards --- */

static void plain_schema(struct text *out, const char *schema) {
    bool quoted = false;
    for (const char *at = schema; *at != '\0'; at++) {
        quoted ^= *at == '`';
        if (*at == '`' || *at == ' ')
            continue;
        if (strncmp(at, "PRIMARY KEY", 11) == 0)
            at += 8;
        if (strncmp(at, "VARCHAR", 7) == 0 || strncmp(at, "STRING", 6) == 0) {
            text_append_string(out, "STRING");
            at += (*at == 'V' ? 7 : 6) - 1;
        } else if (strncmp(at, "INTEGER", 7) == 0 ||
                   (strncmp(at, "INT", 3) == 0 && (at[3] == '\0' || strchr(",> K)", at[3])))) {
            text_append_string(out, "INT");
            at += (strncmp(at, "INTEGER", 7) == 0 ? 7 : 3) - 1;
        } else {
            text_append_char(out, quoted ? *at : (char)toupper((unsigned char)*at));
        }
    }
}

/* Columns by name: the peer's order is that of a hash table where a JSON schema gives none, ours is the document's. */
static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool same_columns(const char *wanted, const char *got) {
    char *sides[2] = {memory_copy_string(wanted), memory_copy_string(got)};
    VECTOR(char *) columns[2] = {{0}, {0}};
    for (int i = 0; i < 2; i++) {
        char *rest = sides[i], *column;
        while ((column = strsep(&rest, ",")) != NULL)
            vector_push(&columns[i], column);
        qsort(columns[i].items, columns[i].count, sizeof(char *), by_text);
    }
    bool same = columns[0].count == columns[1].count;
    for (size_t j = 0; same && j < columns[0].count; j++)
        same = strcmp(columns[0].items[j], columns[1].items[j]) == 0;
    for (int i = 0; i < 2; i++) {
        vector_free(&columns[i]);
        memory_free(sides[i]);
    }
    return same;
}

static bool order_is_free(const struct source *source) {
    return source->made_by.size == 0 && view_equal(source->format.value_format, VIEW("JSON_SR"));
}

static int check_source(struct scene *scene, const json_t *expected) {
    const char *name = scene_text(expected, "name"), *schema = scene_text(expected, "schema"),
               *type = scene_text(expected, "type");
    const struct source *source = catalog_find(engine_catalog(scene->engine), view_of(name));
    if (source == NULL)
        return scene_fail(scene, "source %s: expected, not there", name);
    if ((strcasecmp(type, "table") == 0) != (source->kind == SOURCE_TABLE))
        return scene_fail(scene, "source %s: expected a %s", name, type);
    struct text wanted = TEXT_EMPTY, got = TEXT_EMPTY, printed = TEXT_EMPTY;
    int status = 0;
    if (schema != NULL) {
        schema_print(&printed, source->schema, "KEY");
        plain_schema(&wanted, schema);
        plain_schema(&got, text_string(&printed));
        bool same = order_is_free(source) ? same_columns(text_string(&wanted), text_string(&got))
                                          : strcmp(text_string(&wanted), text_string(&got)) == 0;
        if (!same && strchr(schema, '{') == NULL) /* the recordings spell nested types as JSON */
            status = scene_fail(scene, "schema of %s: expected %s, got %s", name, schema, text_string(&printed));
    }
    for (int i = 0; status == 0 && i < 2; i++) {
        const json_t *format = json_object_get(expected, i == 0 ? "keyFormat" : "valueFormat");
        struct view actual = i == 0 ? source->format.key_format : source->format.value_format;
        const char *text = json_is_object(format) ? scene_text(format, "format") : json_string_value(format);
        if (text != NULL && !view_equal_ignoring_case(view_of(text), actual))
            status = scene_fail(scene, "format of %s: expected %s, got %.*s", name, text, VIEW_ARGS(actual));
    }
    text_free(&wanted);
    text_free(&got);
    text_free(&printed);
    return status;
}

static int check_topic(struct scene *scene, const json_t *expected) {
    const char *name = scene_text(expected, "name");
    const struct world_topic *topic = world_topic(&scene->world, view_of(name));
    if (name[0] == '_')
        return 0; /* internal ones are the peer's own */
    if (topic == NULL)
        return scene_fail(scene, "topic %s: expected, not there", name);
    const json_t *partitions = json_object_get(expected, "partitions");
    if (json_is_integer(partitions) && json_integer_value(partitions) != topic->partitions)
        return scene_fail(scene, "topic %s: expected %lld partitions, got %d", name,
                          (long long)json_integer_value(partitions), topic->partitions);
    for (int i = 0; i < 2; i++) {
        const json_t *schema = json_object_get(expected, i == 0 ? "keySchema" : "valueSchema");
        const char *format = scene_text(expected, i == 0 ? "keyFormat" : "valueFormat");
        if (schema == NULL || json_is_null(schema) || (format != NULL && strncmp(format, "PROTOBUF", 8) == 0))
            continue;
        const struct world_schema *registered = world_latest(&scene->world, view_of(name), i == 0);
        json_t *actual = registered == NULL ? NULL : json_loads(registered->text, JSON_DECODE_ANY, NULL);
        bool same = actual != NULL && json_equal(schema, actual);
        if (!same) {
            char *wanted = json_dumps(schema, JSON_ENCODE_ANY | JSON_COMPACT);
            scene_fail(scene, "%s schema of %s: expected %s, got %s", i == 0 ? "key" : "value", name, wanted,
                       registered == NULL ? "none" : registered->text);
            memory_free(wanted);
        }
        json_decref(actual);
        if (!same)
            return -1;
    }
    return 0;
}

int scene_check_post(struct scene *scene) {
    const json_t *post = json_object_get(scene->test, "post");
    const json_t *topics = json_object_get(post, "topics");
    size_t at;
    json_t *item;
    json_array_foreach(json_object_get(post, "sources"), at, item) {
        if (check_source(scene, item) != 0)
            return -1;
    }
    json_array_foreach(json_is_array(topics) ? topics : json_object_get(topics, "topics"), at, item) {
        if (check_topic(scene, item) != 0)
            return -1;
    }
    return 0;
}

int scene_check_error(struct scene *scene, const json_t *expected, int status, const struct error *error) {
    const char *message = scene_text(expected, "message");
    if (status == 0)
        return scene_fail(scene, "expected an error: %s", message == NULL ? scene_text(expected, "type") : message);
    if (message != NULL && strstr(error->message, message) == NULL)
        return scene_fail(scene, "expected the error \"%s\", got \"%s\"", message, error->message);
    return 0;
}
