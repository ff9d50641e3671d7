#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/base/memory.h"
#include "foundation/format/inspect.h"
#include "server/registry/private.h"
#include "server/registry/references.h"

void candidate_free(struct candidate *candidate) {
    memory_free(candidate->type);
    text_free(&candidate->text);
    text_free(&candidate->references);
    text_free(&candidate->extras);
    text_free(&candidate->whole);
}

/* Fields that would change what a schema means if they were dropped in silence. */
static bool refuses(const json_t *root, struct http_reply *reply) {
    static const char *const names[] = {"schemaTagsToAdd", "schemaTagsToRemove"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const json_t *field = json_object_get(root, names[i]);
        if (field && !json_is_null(field) && (json_array_size(field) || json_object_size(field))) {
            http_reply_fault(reply, 42201, "Invalid schema: '%s' is not supported by this registry", names[i]);
            return true;
        }
    }
    return false;
}

/* Of an import; absent, or below 1 as some clients write "none": 0. */
static bool take_number(const json_t *root, const char *name, int32_t *number, struct http_reply *reply) {
    json_int_t given = json_integer_value(json_object_get(root, name));
    if (given > INT32_MAX)
        http_reply_fault(reply, 42201, "Invalid schema: '%s' is above %d", name, INT32_MAX);
    *number = given > 0 && given <= INT32_MAX ? (int32_t)given : 0;
    return given <= INT32_MAX;
}

static bool is_protobuf(const char *type) {
    return strcmp(type, "PROTOBUF") == 0;
}

static bool take_parts(struct candidate *candidate, const struct store *store, const json_t *root, const char *type,
                       const char *schema, struct http_reply *reply) {
    struct error error = {0};
    struct text canonical = TEXT_EMPTY;
    bool good = schema_text_kept(view_of(type), view_of(schema), &candidate->text, &error) == 0 &&
                references_read(json_object_get(root, "references"), &candidate->references, &error) == 0 &&
                schema_stand_alone(store, type, is_protobuf(type) ? text_string(&candidate->text) : schema,
                                   text_string(&candidate->references), &candidate->whole, &error) == 0 &&
                schema_text_check(view_of(type), text_view(&candidate->whole), &canonical, &error) == 0;
    if (!good)
        http_reply_fault(reply, 42201, "Invalid schema of type %s, details: %s", type, error.message);
    text_free(&canonical);
    if (!good || !take_number(root, "id", &candidate->id, reply) ||
        !take_number(root, "version", &candidate->version, reply))
        return false;
    candidate->type = memory_copy_string(type);
    schema_extras(root, &candidate->extras);
    return true;
}

bool candidate_read(struct candidate *candidate, const struct store *store, struct view body,
                    struct http_reply *reply) {
    json_error_t where;
    bool good = false;
    *candidate = (struct candidate){0};
    json_t *root = json_loadb(body.data ? body.data : "", body.size, 0, &where);
    const char *schema = json_string_value(json_object_get(root, "schema"));
    const char *type = json_string_value(json_object_get(root, "schemaType"));
    if (!type)
        type = "AVRO";
    if (!root)
        http_reply_fault(reply, 400, "The body is not JSON: %s at line %d, column %d", where.text, where.line,
                         where.column);
    else if (!schema || !*schema)
        http_reply_fault(reply, 42201, "Empty schema: the body has no field 'schema' with a text in it");
    else if (strcmp(type, "AVRO") != 0 && strcmp(type, "JSON") != 0 && !is_protobuf(type))
        http_reply_fault(reply, 42201, "Invalid schema type %.60s: this registry knows AVRO, JSON and PROTOBUF", type);
    else if (!refuses(root, reply))
        good = take_parts(candidate, store, root, type, schema, reply);
    json_decref(root);
    return good;
}

static json_t *plain_avro(json_t *schema);

/* Replaces a member of an object by its plain form. */
static void make_plain(json_t *object, const char *member) {
    json_t *value = json_object_get(object, member);
    if (value)
        json_object_set_new(object, member, plain_avro(value));
}

/* A new reference; what it is made of may change. */
static json_t *plain_avro(json_t *schema) {
    while (json_is_object(schema) && json_object_size(schema) == 1 && json_object_get(schema, "type"))
        schema = json_object_get(schema, "type");
    json_t *fields = json_object_get(schema, "fields");
    json_incref(schema);
    for (size_t i = 0; i < json_array_size(schema); i++)
        json_array_set_new(schema, i, plain_avro(json_array_get(schema, i)));
    for (size_t i = 0; i < json_array_size(fields); i++)
        make_plain(json_array_get(fields, i), "type");
    if (json_is_object(schema)) {
        make_plain(schema, "items");
        make_plain(schema, "values");
        make_plain(schema, "type");
    }
    return schema;
}

/* By which two texts are the same that are not so to the letter: members of objects in order of their names, of AVRO
 * {"type":X} as X; PROTOBUF that another registry printed as this one prints it. */
static void append_normal(const char *type, struct view schema, struct text *out) {
    json_t *root =
        is_protobuf(type) || !schema.data ? NULL : json_loadb(schema.data, schema.size, JSON_DECODE_ANY, NULL);
    if (root && strcmp(type, "AVRO") == 0) {
        json_t *plain = plain_avro(root);
        json_decref(root);
        root = plain;
    }
    char *sorted = root ? json_dumps(root, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    if (sorted)
        text_append_string(out, sorted);
    else
        schema_text_kept(view_of(type), schema, out, NULL);
    free(sorted);
    json_decref(root);
}

bool candidate_same(const struct candidate *candidate, const struct stored_schema *schema, bool normalise) {
    if (strcmp(candidate->type, schema->type) != 0 ||
        strcmp(text_string(&candidate->references), schema->references) != 0 ||
        strcmp(text_string(&candidate->extras), schema->extras) != 0)
        return false;
    if (view_equal(text_view(&candidate->text), view_of(schema->text)))
        return true;
    if (!normalise &&
        strcmp(candidate->type, "AVRO") != 0) /* Avro's members have no order, as in Confluent's registry */
        return false;
    struct text left = TEXT_EMPTY, right = TEXT_EMPTY;
    append_normal(candidate->type, text_view(&candidate->text), &left);
    append_normal(candidate->type, view_of(schema->text), &right);
    bool same = view_equal(text_view(&left), text_view(&right));
    text_free(&left);
    text_free(&right);
    return same;
}

static const struct level {
    const char *name;
    bool checks, transitive;
    enum compatibility direction;
} levels[] = {
    {"NONE", false, false, COMPATIBILITY_BACKWARD},
    {"BACKWARD", true, false, COMPATIBILITY_BACKWARD},
    {"BACKWARD_TRANSITIVE", true, true, COMPATIBILITY_BACKWARD},
    {"FORWARD", true, false, COMPATIBILITY_FORWARD},
    {"FORWARD_TRANSITIVE", true, true, COMPATIBILITY_FORWARD},
    {"FULL", true, false, COMPATIBILITY_FULL},
    {"FULL_TRANSITIVE", true, true, COMPATIBILITY_FULL},
};

static const struct level *level_find(const char *name) {
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (strcmp(levels[i].name, name) == 0)
            return &levels[i];
    return NULL;
}

bool level_is_known(const char *level) {
    return level_find(level) != NULL;
}

static bool fits(const struct store *store, const struct level *level, const struct candidate *candidate,
                 const struct stored_schema *older, struct text *reasons) {
    struct error error = {0};
    struct text found = TEXT_EMPTY, whole = TEXT_EMPTY;
    int result = 1;
    if (strcmp(candidate->type, older->type) != 0)
        text_append_format(&found, "version %d is of type %s, the new schema of type %s", (int)older->version,
                           older->type, candidate->type);
    else if ((result = schema_stand_alone(store, older->type, older->text, older->references, &whole, &error)) == 0)
        result = compatibility_check(view_of(candidate->type), text_view(&candidate->whole), text_view(&whole),
                                     level->direction, &found, &error);
    if (result < 0)
        text_append_format(&found, "version %d cannot be compared: %s", (int)older->version, error.message);
    if (result != 0) {
        if (reasons->size && reasons->data[reasons->size - 1] != '\n')
            text_append_char(reasons, '\n');
        text_append(reasons, text_view(&found));
    }
    text_free(&found);
    text_free(&whole);
    return result == 0;
}

bool compatible(const struct store *store, const char *level_name, const struct stored_subject *subject,
                const struct candidate *candidate, const struct stored_schema *only, struct text *reasons) {
    const struct level *level = level_find(level_name);
    bool good = true;
    if (!level)
        level = level_find("BACKWARD");
    if (!level->checks || !subject)
        return true;
    if (only)
        return fits(store, level, candidate, only, reasons);
    for (size_t i = subject->versions.count; i-- > 0;) {
        if (subject->versions.items[i].deleted)
            continue;
        if (!fits(store, level, candidate, &subject->versions.items[i], reasons))
            good = false;
        if (!level->transitive)
            break;
    }
    return good;
}
