#include "server/registry/references.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/base/vector.h"

enum { DEPTH_MOST = 16, REFERENCES_MOST = 200 };

struct referenced { /* a schema that is referred to, by the name that the reference gives it */
    const char *name, *text;
    json_t *schema; /* NULL: PROTOBUF */
    bool used;      /* Avro: put in once, later named */
};
struct inlining {
    VECTOR(struct referenced) all; /* of every depth; the nearest first */
    json_t *defined;               /* Avro: full names that are known already */
    json_t *kept;                  /* parsed reference lists: names are lent from there */
};

/* --- finding what is referred to --- */

static int collect(struct inlining *inlining, const struct store *store, const char *type, const char *references,
                   int depth, struct error *error) {
    json_t *list = references && *references ? json_loads(references, 0, NULL) : NULL, *each;
    size_t at;
    if (!list)
        return 0;
    json_array_append_new(inlining->kept, list);
    if (depth > DEPTH_MOST)
        return error_set(error, ERROR_INVALID, "references lead more than %d deep", DEPTH_MOST);
    json_array_foreach(list, at, each) {
        const char *subject = json_string_value(json_object_get(each, "subject"));
        const char *name = json_string_value(json_object_get(each, "name"));
        json_int_t version = json_integer_value(json_object_get(each, "version"));
        if (!subject || !name) /* a record of _schemas that somebody else wrote */
            return error_set(error, ERROR_INVALID, "a reference lacks a name or a subject");
        const struct stored_subject *stored = store_subject(store, subject);
        const struct stored_schema *schema =
            version == -1 ? subject_latest(stored, false) : subject_version(stored, (int32_t)version);
        if (!schema || schema->deleted)
            return error_set(error, ERROR_NOT_FOUND, "No schema reference found for subject \"%s\" and version %lld",
                             subject, (long long)version);
        if (strcmp(schema->type, type) != 0)
            return error_set(error, ERROR_INVALID, "the reference %s is of type %s, not %s", name, schema->type, type);
        if (inlining->all.count >= REFERENCES_MOST)
            return error_set(error, ERROR_INVALID, "more than %d schemas are referred to", REFERENCES_MOST);
        struct referenced referenced = {.name = name, .text = schema->text};
        if (strcmp(type, "PROTOBUF") != 0)
            referenced.schema = json_loads(schema->text, JSON_DECODE_ANY, NULL);
        vector_push(&inlining->all, referenced);
        if (collect(inlining, store, type, schema->references, depth + 1, error) != 0)
            return -1;
    }
    return 0;
}

static struct referenced *find(struct inlining *inlining, const char *name) {
    for (size_t i = 0; i < inlining->all.count; i++)
        if (strcmp(inlining->all.items[i].name, name) == 0)
            return &inlining->all.items[i];
    return NULL;
}

/* --- Avro: the first mention of a named type becomes its definition --- */

static void full_name(struct text *out, const char *name, const char *space) {
    if (!strchr(name, '.') && space && *space)
        text_append_format(out, "%s.", space);
    text_append_string(out, name);
}

static json_t *inline_avro(struct inlining *inlining, const json_t *node, const char *space);

/* A definition that was put elsewhere must not take the name space of where it stands now. */
static json_t *put_definition(struct inlining *inlining, struct referenced *referenced) {
    json_t *copy = json_deep_copy(referenced->schema);
    const char *name = json_string_value(json_object_get(copy, "name"));
    referenced->used = true;
    if (json_is_object(copy) && !json_object_get(copy, "namespace") && name && !strchr(name, '.'))
        json_object_set_new(copy, "namespace", json_string(""));
    json_t *whole = inline_avro(inlining, copy, "");
    json_decref(copy);
    return whole;
}

static json_t *inline_name(struct inlining *inlining, const char *name, const char *space) {
    struct text full = TEXT_EMPTY;
    json_t *result = NULL;
    full_name(&full, name, space);
    if (!json_object_get(inlining->defined, text_string(&full))) {
        struct referenced *referenced = find(inlining, text_string(&full));
        if (!referenced)
            referenced = find(inlining, name);
        if (referenced && !referenced->used)
            result = put_definition(inlining, referenced);
    }
    text_free(&full);
    return result ? result : json_string(name);
}

static json_t *inline_object(struct inlining *inlining, const json_t *node, const char *space) {
    static const char *const inner[] = {"items", "values"};
    const char *type = json_string_value(json_object_get(node, "type")),
               *name = json_string_value(json_object_get(node, "name"));
    const char *own = json_string_value(json_object_get(node, "namespace"));
    json_t *copy = json_copy((json_t *)(uintptr_t)node), *fields = json_object_get(node, "fields"), *field;
    struct text full = TEXT_EMPTY, within = TEXT_EMPTY;
    size_t at;
    if (name) {
        full_name(&full, name, own ? own : space);
        json_object_set_new(inlining->defined, text_string(&full), json_true());
        const char *dot = strrchr(text_string(&full), '.');
        text_append(&within, (struct view){text_string(&full), dot ? (size_t)(dot - text_string(&full)) : 0});
    } else {
        text_append_string(&within, space ? space : "");
    }
    if (json_is_array(fields)) {
        json_t *made = json_array();
        json_array_foreach(fields, at, field) {
            json_t *one = json_copy(field);
            if (json_object_get(field, "type"))
                json_object_set_new(one, "type",
                                    inline_avro(inlining, json_object_get(field, "type"), text_string(&within)));
            json_array_append_new(made, one);
        }
        json_object_set_new(copy, "fields", made);
    }
    for (size_t i = 0; i < 2; i++)
        if (json_object_get(node, inner[i]))
            json_object_set_new(copy, inner[i],
                                inline_avro(inlining, json_object_get(node, inner[i]), text_string(&within)));
    if (!name && json_object_get(node, "type") && (!type || find(inlining, type)))
        json_object_set_new(copy, "type", inline_avro(inlining, json_object_get(node, "type"), text_string(&within)));
    text_free(&full);
    text_free(&within);
    return copy;
}

/* A new reference. */
static json_t *inline_avro(struct inlining *inlining, const json_t *node, const char *space) {
    if (json_is_string(node))
        return inline_name(inlining, json_string_value(node), space);
    if (json_is_object(node))
        return inline_object(inlining, node, space);
    if (json_is_array(node)) {
        json_t *made = json_array(), *each;
        size_t at;
        json_array_foreach(node, at, each) json_array_append_new(made, inline_avro(inlining, each, space));
        return made;
    }
    return json_deep_copy(node);
}

/* --- JSON Schema: what is referred to becomes a definition --- */

static void point_inside(struct inlining *inlining, json_t *node, const char *own) {
    const char *name;
    json_t *each;
    size_t at;
    if (json_is_array(node)) {
        json_array_foreach(node, at, each) point_inside(inlining, each, own);
    }
    if (!json_is_object(node))
        return;
    json_object_foreach(node, name, each) point_inside(inlining, each, own);
    const char *reference = json_string_value(json_object_get(node, "$ref"));
    if (!reference)
        return;
    struct text target = TEXT_EMPTY, inside = TEXT_EMPTY;
    const char *hash = strchr(reference, '#');
    size_t size = hash ? (size_t)(hash - reference) : strlen(reference);
    text_append_bytes(&target, reference, size);
    for (size_t i = 0; size > 0 && i < inlining->all.count && !inside.size; i++)
        if (strcmp(inlining->all.items[i].name, text_string(&target)) == 0)
            text_append_format(&inside, "#/definitions/reference-%zu%s", i, hash ? hash + 1 : "");
    if (size == 0 && own) /* of the definition itself, which has moved */
        text_append_format(&inside, "%s%s", own, hash ? hash + 1 : "");
    if (inside.size)
        json_object_set_new(node, "$ref", json_string(text_string(&inside)));
    text_free(&target);
    text_free(&inside);
}

static json_t *inline_json(struct inlining *inlining, const json_t *root) {
    json_t *copy = json_deep_copy(root);
    if (!json_is_object(copy))
        return copy;
    point_inside(inlining, copy, NULL);
    json_t *definitions = json_object_get(copy, "definitions");
    if (!definitions) {
        definitions = json_object();
        json_object_set_new(copy, "definitions", definitions);
    }
    for (size_t i = 0; i < inlining->all.count; i++) {
        char name[32], own[48];
        json_t *definition = json_deep_copy(inlining->all.items[i].schema);
        snprintf(name, sizeof name, "reference-%zu", i);
        snprintf(own, sizeof own, "#/definitions/%s", name);
        point_inside(inlining, definition, own);
        json_object_set_new(definitions, name, definition);
    }
    return copy;
}

/* --- PROTOBUF: files follow each other, as schema_text_check takes them; of one path, the nearest --- */

static void append_files(struct inlining *inlining, const char *text, struct text *out) {
    text_append_string(out, text);
    for (size_t i = 0; i < inlining->all.count; i++) {
        const struct referenced *file = &inlining->all.items[i];
        if (find(inlining, file->name) != file)
            continue;
        text_append_char(out, '\0');
        text_append_string(out, file->name);
        text_append_char(out, '\0');
        text_append_string(out, file->text);
    }
}

/* --- */

int schema_stand_alone(const struct store *store, const char *type, const char *text, const char *references,
                       struct text *out, struct error *error) {
    if (!references || !*references) {
        text_append_string(out, text);
        return 0;
    }
    struct inlining inlining = {.defined = json_object(), .kept = json_array()};
    bool is_protobuf = strcmp(type, "PROTOBUF") == 0;
    json_t *root = is_protobuf ? NULL : json_loads(text, JSON_DECODE_ANY, NULL);
    int result = root || is_protobuf ? collect(&inlining, store, type, references, 0, error)
                                     : error_set(error, ERROR_INVALID, "the schema is not JSON");
    if (result == 0 && is_protobuf) {
        append_files(&inlining, text, out);
    } else if (result == 0) {
        json_t *whole = strcmp(type, "JSON") == 0 ? inline_json(&inlining, root) : inline_avro(&inlining, root, "");
        char *printed = json_dumps(whole, JSON_COMPACT | JSON_ENCODE_ANY);
        text_append_string(out, printed);
        free(printed);
        json_decref(whole);
    }
    for (size_t i = 0; i < inlining.all.count; i++)
        json_decref(inlining.all.items[i].schema);
    vector_free(&inlining.all);
    json_decref(inlining.defined);
    json_decref(inlining.kept);
    json_decref(root);
    return result;
}

int references_read(const json_t *field, struct text *out, struct error *error) {
    json_t *each;
    size_t at;
    if (!field || json_is_null(field) || (json_is_array(field) && json_array_size(field) == 0))
        return 0;
    if (!json_is_array(field))
        return error_set(error, ERROR_INVALID, "'references' is no list");
    json_array_foreach(field, at, each) {
        const char *name = json_string_value(json_object_get(each, "name")),
                   *subject = json_string_value(json_object_get(each, "subject"));
        const json_t *version = json_object_get(each, "version");
        if (!name || !*name || !subject || !*subject || !json_is_integer(version))
            return error_set(error, ERROR_INVALID, "reference %zu lacks a name, a subject or a version", at + 1);
        text_append_string(out, at ? ",{\"name\":" : "[{\"name\":");
        text_append_json(out, view_of(name));
        text_append_string(out, ",\"subject\":");
        text_append_json(out, view_of(subject));
        text_append_format(out, ",\"version\":%lld}", (long long)json_integer_value(version));
    }
    text_append_char(out, ']');
    return 0;
}

bool references_name(const char *references, const char *subject, int32_t version) {
    json_t *list = references && *references ? json_loads(references, 0, NULL) : NULL, *each;
    size_t at;
    bool found = false;
    json_array_foreach(list, at, each) {
        const char *other = json_string_value(json_object_get(each, "subject"));
        found = found || (other && strcmp(other, subject) == 0 &&
                          json_integer_value(json_object_get(each, "version")) == version);
    }
    json_decref(list);
    return found;
}
