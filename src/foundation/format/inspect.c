#include "foundation/format/inspect.h"

#include <jansson.h>
#include <string.h>

#include "foundation/base/utf8.h"
#include "foundation/format/avro_read.h"
#include "foundation/format/avro_schema.h"
#include "foundation/format/framing.h"
#include "foundation/format/json_schema.h"
#include "foundation/format/proto_schema.h"
#include "foundation/format/schema_check.h"

static void print_base64(struct text *json, struct view bytes) {
    text_append_char(json, '"');
    struct value value = value_bytes(bytes);
    value_print(json, value, NULL);
    text_append_char(json, '"');
}

static bool is_json(struct view bytes) {
    json_error_t error;
    json_t *parsed = json_loadb(bytes.data, bytes.size, JSON_DECODE_ANY, &error);
    json_decref(parsed);
    return parsed != NULL;
}

static int avro_to_json(struct view schema, struct view payload, struct text *json, struct error *error) {
    struct arena arena = ARENA_EMPTY;
    struct column *columns = NULL;
    struct value value = value_null();
    size_t count = 0;
    struct codec_options options = {0};
    const struct avro_node *node = avro_schema_parse(schema, &arena, error);
    int result = node ? avro_schema_infer(schema, true, &options, &arena, &columns, &count, error) : -1;
    if (result == 0) {
        struct avro_reader reader = avro_reader_of(payload, &arena, error);
        const struct sql_type *type = columns && !(node->kind == AVRO_KIND_RECORD)
                                          ? columns[0].type
                                          : sql_type_struct(&arena, (const struct sql_field *)columns, count);
        result = avro_format_read(&reader, node, type, &value);
        if (result == 0)
            result = avro_read_end(&reader);
        if (result == 0)
            value_print_json(json, value, type);
    }
    arena_free(&arena);
    return result;
}

static int show_proto(struct view schema, struct view payload, struct text *json, struct error *error) {
    struct arena arena = ARENA_EMPTY;
    const struct proto_file *file = proto_parse(schema, &arena, error);
    int result = file ? proto_to_json(file, payload, json, error) : -1;
    arena_free(&arena);
    return result;
}

int inspect_to_json(struct view bytes, struct schema_source *schemas, struct text *json, const char **how,
                    int32_t *schema_id, struct error *error) {
    struct view payload, schema, type;
    *schema_id = 0;
    if (framing_read(bytes, schema_id, &payload) && schemas && schemas->by_id) {
        struct error unknown = {0};
        if (schemas->by_id(schemas->context, *schema_id, &schema, &type, &unknown) == 0) {
            if (view_equal(type, VIEW("JSON"))) {
                *how = "JSON_SR";
                if (!is_json(payload))
                    return error_set(error, ERROR_CORRUPT, "schema id %d says JSON, but the bytes behind it are not",
                                     *schema_id);
                text_append(json, payload);
                return 0;
            }
            if (type.size == 0 || view_equal(type, VIEW("AVRO"))) {
                *how = "AVRO";
                return avro_to_json(schema, payload, json, error);
            }
            if (view_equal(type, VIEW("PROTOBUF"))) {
                *how = "PROTOBUF";
                return show_proto(schema, payload, json, error);
            }
            *how = "BYTES";
            return error_set(error, ERROR_UNSUPPORTED, "schema id %d is of type %.*s, which is not decoded here",
                             *schema_id, VIEW_ARGS(type));
        }
        if (unknown.code != ERROR_NOT_FOUND) {
            *how = "BYTES";
            if (error)
                *error = unknown;
            return -1;
        }
    }
    *schema_id = 0;
    if (bytes.size && is_json(bytes)) {
        *how = "JSON";
        text_append(json, bytes);
    } else if (utf8_valid(bytes) && !memchr(bytes.data ? bytes.data : "", '\0', bytes.size)) {
        *how = "STRING";
        text_append_json(json, bytes);
    } else {
        *how = "BYTES";
        print_base64(json, bytes);
    }
    return 0;
}

static int refuse_type(struct view registry_type, struct error *error) {
    return error_set(error, ERROR_UNSUPPORTED,
                     "schema type %.*s is not supported by this registry; AVRO, JSON and PROTOBUF are",
                     VIEW_ARGS(registry_type));
}

static int check_proto(struct view schema, struct text *canonical, struct error *error) {
    struct arena arena = ARENA_EMPTY;
    const struct proto_file *file = proto_parse(schema, &arena, error);
    if (file)
        proto_print(canonical, file);
    arena_free(&arena);
    return file ? 0 : -1;
}

int schema_text_serialize(struct view schema, struct view path, struct text *out, struct error *error) {
    return proto_serialize(schema, path, out, error);
}

static void drop_white_space(struct view schema, struct text *out) {
    bool quoted = false;
    for (size_t i = 0; i < schema.size; i++) {
        char c = schema.data[i];
        if (!quoted && (c == ' ' || c == '\t' || c == '\n' || c == '\r'))
            continue;
        text_append_char(out, c);
        if (quoted && c == '\\' && i + 1 < schema.size)
            text_append_char(out, schema.data[++i]);
        else if (c == '"')
            quoted = !quoted;
    }
}

int schema_text_kept(struct view registry_type, struct view schema, struct text *out, struct error *error) {
    if (view_equal(registry_type, VIEW("PROTOBUF")))
        return proto_canonical(schema, out, error);
    drop_white_space(schema, out);
    return 0;
}

int schema_text_check(struct view registry_type, struct view schema, struct text *canonical, struct error *error) {
    if (view_equal(registry_type, VIEW("PROTOBUF")))
        return check_proto(schema, canonical, error);
    if (registry_type.size == 0 || view_equal(registry_type, VIEW("AVRO"))) {
        struct arena arena = ARENA_EMPTY;
        const struct avro_node *node = avro_schema_parse(schema, &arena, error);
        json_t *parsed = node ? json_loadb(schema.data, schema.size, JSON_DECODE_ANY, NULL) : NULL;
        int result = !node ? -1 : parsed ? avro_schema_check(parsed, node, error) : 0;
        json_decref(parsed);
        arena_free(&arena);
        if (result != 0)
            return -1;
    } else if (!view_equal(registry_type, VIEW("JSON"))) {
        return refuse_type(registry_type, error);
    }
    json_error_t trouble;
    json_t *root = json_loadb(schema.data, schema.size, JSON_DECODE_ANY, &trouble);
    if (!root) { /* Avro allows a bare word */
        if (view_equal(registry_type, VIEW("JSON")))
            return error_set(error, ERROR_INVALID, "JSON Schema: no JSON, line %d column %d: %s", trouble.line,
                             trouble.column, trouble.text);
        text_append_json(canonical, view_trim(schema));
        return 0;
    }
    if (view_equal(registry_type, VIEW("JSON")) && !json_is_object(root) && !json_is_boolean(root)) {
        json_decref(root);
        return error_set(error, ERROR_INVALID, "JSON Schema: a schema is an object or a boolean");
    }
    if (view_equal(registry_type, VIEW("JSON")) && json_schema_check(root, error) != 0) {
        json_decref(root);
        return -1;
    }
    char *text = json_dumps(root, JSON_COMPACT | JSON_ENCODE_ANY | JSON_PRESERVE_ORDER);
    text_append_string(canonical, text);
    free(text);
    json_decref(root);
    return 0;
}
