#include "server/registry/store.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/base/log.h"
#include "foundation/base/memory.h"

static void schema_clear(struct stored_schema *schema) {
    memory_free(schema->type);
    memory_free(schema->text);
    memory_free(schema->references);
    memory_free(schema->extras);
}

static void subject_free(struct stored_subject *subject) {
    for (size_t i = 0; i < subject->versions.count; i++)
        schema_clear(&subject->versions.items[i]);
    vector_free(&subject->versions);
    memory_free(subject->name);
    memory_free(subject->level);
    memory_free(subject->mode);
    memory_free(subject);
}

void subject_store_free(struct store *store) {
    for (size_t i = 0; i < store->subjects.count; i++)
        subject_free(store->subjects.items[i]);
    vector_free(&store->subjects);
    memory_free(store->level);
    memory_free(store->mode);
    *store = (struct store){0};
}

/* --- looking --- */

/* Where name is, or where it belongs. */
static size_t subject_place(const struct store *store, const char *name, bool *found) {
    size_t low = 0, high = store->subjects.count;
    *found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(store->subjects.items[middle]->name, name);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct stored_subject *store_subject(const struct store *store, const char *name) {
    bool found;
    size_t place = subject_place(store, name, &found);
    return found ? store->subjects.items[place] : NULL;
}

struct stored_schema *subject_version(const struct stored_subject *subject, int32_t version) {
    for (size_t i = 0; subject && i < subject->versions.count; i++)
        if (subject->versions.items[i].version == version)
            return &subject->versions.items[i];
    return NULL;
}

struct stored_schema *subject_latest(const struct stored_subject *subject, bool deleted) {
    for (size_t i = subject ? subject->versions.count : 0; i-- > 0;)
        if (deleted || !subject->versions.items[i].deleted)
            return &subject->versions.items[i];
    return NULL;
}

const struct stored_schema *store_by_id(const struct store *store, int32_t id) {
    for (size_t i = 0; i < store->subjects.count; i++) {
        const struct stored_subject *subject = store->subjects.items[i];
        for (size_t j = 0; j < subject->versions.count; j++)
            if (subject->versions.items[j].id == id)
                return &subject->versions.items[j];
    }
    return NULL;
}

const char *store_level(const struct store *store, const char *name) {
    const struct stored_subject *subject = name ? store_subject(store, name) : NULL;
    return subject && subject->level ? subject->level : store->level ? store->level : "BACKWARD";
}

const char *store_mode(const struct store *store, const char *name) {
    const struct stored_subject *subject = name ? store_subject(store, name) : NULL;
    return subject && subject->mode ? subject->mode : store->mode ? store->mode : "READWRITE";
}

/* --- applying records --- */

static struct stored_subject *subject_make(struct store *store, const char *name) {
    bool found;
    size_t place = subject_place(store, name, &found);
    if (found)
        return store->subjects.items[place];
    struct stored_subject *subject = memory_zero(1, sizeof *subject);
    subject->name = memory_copy_string(name);
    vector_push(&store->subjects, subject);
    for (size_t i = store->subjects.count - 1; i > place; i--)
        store->subjects.items[i] = store->subjects.items[i - 1];
    store->subjects.items[place] = subject;
    return subject;
}

static void drop_if_empty(struct store *store, const char *name) {
    bool found;
    size_t place = subject_place(store, name, &found);
    struct stored_subject *subject = found ? store->subjects.items[place] : NULL;
    if (!subject || subject->versions.count || subject->level || subject->mode)
        return;
    subject_free(subject);
    vector_remove(&store->subjects, place);
}

static void set_string(char **place, const char *value) {
    char *copy = value ? memory_copy_string(value) : NULL;
    memory_free(*place);
    *place = copy;
}

static void take_extras(struct stored_schema *schema, const json_t *value) {
    const json_t *references = json_object_get(value, "references");
    struct text extras = TEXT_EMPTY;
    char *printed = json_array_size(references) ? json_dumps(references, JSON_COMPACT) : NULL;
    set_string(&schema->references, printed ? printed : "");
    free(printed);
    schema_extras(value, &extras);
    set_string(&schema->extras, text_string(&extras));
    text_free(&extras);
}

static bool apply_schema(struct store *store, const json_t *key, const json_t *value) {
    const char *name = json_string_value(json_object_get(key, "subject"));
    json_int_t version = json_integer_value(json_object_get(key, "version"));
    if (!name || version < 1 || version > INT32_MAX)
        return false;
    if (!value) {
        struct stored_subject *subject = store_subject(store, name);
        for (size_t i = 0; subject && i < subject->versions.count; i++)
            if (subject->versions.items[i].version == version) {
                schema_clear(&subject->versions.items[i]);
                vector_remove(&subject->versions, i);
                break;
            }
        drop_if_empty(store, name);
        return true;
    }
    json_int_t id = json_integer_value(json_object_get(value, "id"));
    const char *text = json_string_value(json_object_get(value, "schema"));
    const char *type = json_string_value(json_object_get(value, "schemaType"));
    if (id < 1 || id > INT32_MAX || !text)
        return false;
    struct stored_subject *subject = subject_make(store, name);
    struct stored_schema *schema = subject_version(subject, (int32_t)version);
    if (!schema) {
        size_t place = subject->versions.count;
        vector_push(&subject->versions, (struct stored_schema){0});
        for (; place > 0 && subject->versions.items[place - 1].version > version; place--)
            subject->versions.items[place] = subject->versions.items[place - 1];
        schema = &subject->versions.items[place];
        *schema = (struct stored_schema){.version = (int32_t)version};
    }
    schema->id = (int32_t)id;
    schema->deleted = json_is_true(json_object_get(value, "deleted"));
    set_string(&schema->type, type ? type : "AVRO");
    set_string(&schema->text, text);
    take_extras(schema, value);
    if (store->last_id < schema->id)
        store->last_id = schema->id;
    return true;
}

static bool apply_delete_subject(struct store *store, const json_t *key, const json_t *value) {
    const char *name = json_string_value(json_object_get(key, "subject"));
    if (!name)
        return false;
    struct stored_subject *subject = store_subject(store, name);
    json_int_t last = json_integer_value(json_object_get(value, "version"));
    for (size_t i = 0; value && subject && i < subject->versions.count; i++)
        if (subject->versions.items[i].version <= last)
            subject->versions.items[i].deleted = true;
    return true;
}

/* Of one subject, or of all. */
static bool apply_clear_subject(struct store *store, const json_t *key, const json_t *value) {
    const char *name = json_string_value(json_object_get(key, "subject"));
    if (!json_object_get(key, "subject"))
        return false;
    for (size_t i = store->subjects.count; value && i-- > 0;) {
        struct stored_subject *subject = store->subjects.items[i];
        if (name && strcmp(subject->name, name) != 0)
            continue;
        for (size_t j = subject->versions.count; j-- > 0;)
            if (subject->versions.items[j].deleted) {
                schema_clear(&subject->versions.items[j]);
                vector_remove(&subject->versions, j);
            }
        drop_if_empty(store, subject->name);
    }
    return true;
}

static bool apply_setting(struct store *store, const json_t *key, const json_t *value, bool is_mode) {
    const char *name = json_string_value(json_object_get(key, "subject"));
    const char *setting = json_string_value(json_object_get(value, is_mode ? "mode" : "compatibilityLevel"));
    if (!name) {
        set_string(is_mode ? &store->mode : &store->level, setting);
        return true;
    }
    struct stored_subject *subject = subject_make(store, name);
    set_string(is_mode ? &subject->mode : &subject->level, setting);
    drop_if_empty(store, name);
    return true;
}

static bool apply_config(struct store *store, const json_t *key, const json_t *value) {
    return apply_setting(store, key, value, false);
}

static bool apply_mode(struct store *store, const json_t *key, const json_t *value) {
    return apply_setting(store, key, value, true);
}

static bool apply_nothing(struct store *store, const json_t *key, const json_t *value) {
    (void)store, (void)key, (void)value;
    return true;
}

void subject_store_apply(struct store *store, struct view key_bytes, struct view value_bytes) {
    static const struct {
        const char *keytype;
        bool (*apply)(struct store *, const json_t *key, const json_t *value); /* value NULL = tombstone */
    } rows[] = {
        {"SCHEMA", apply_schema},
        {"DELETE_SUBJECT", apply_delete_subject},
        {"CLEAR_SUBJECT", apply_clear_subject},
        {"CONFIG", apply_config},
        {"MODE", apply_mode},
        {"NOOP", apply_nothing},
    };
    json_t *key = json_loadb(key_bytes.data ? key_bytes.data : "", key_bytes.size, 0, NULL);
    json_t *value = value_bytes.data ? json_loadb(value_bytes.data, value_bytes.size, 0, NULL) : NULL;
    const char *keytype = json_string_value(json_object_get(key, "keytype"));
    bool understood = false;
    if (!value_bytes.data || json_is_object(value))
        for (size_t i = 0; keytype && i < sizeof rows / sizeof *rows; i++)
            if (strcmp(rows[i].keytype, keytype) == 0)
                understood = rows[i].apply(store, key, value);
    if (!understood)
        log_warn("registry", "a record of _schemas is not understood and skipped: key %.*s",
                 (int)(key_bytes.size < 200 ? key_bytes.size : 200), key_bytes.data ? key_bytes.data : "");
    json_decref(key);
    json_decref(value);
}

/* --- writing records --- */

static void append_subject(struct text *out, const char *subject) {
    text_append_string(out, ",\"subject\":");
    if (subject)
        text_append_json(out, view_of(subject));
    else
        text_append_string(out, "null");
}

void record_schema_key(struct text *out, const char *subject, int32_t version) {
    text_append_string(out, "{\"keytype\":\"SCHEMA\"");
    append_subject(out, subject);
    text_append_format(out, ",\"version\":%d,\"magic\":1}", (int)version);
}

void append_schema(struct text *out, const struct stored_schema *schema, struct view text) {
    if (strcmp(schema->type, "AVRO") != 0) {
        text_append_string(out, "\"schemaType\":");
        text_append_json(out, view_of(schema->type)); /* whatever a record of _schemas said */
        text_append_char(out, ',');
    }
    text_append_string(out, "\"schema\":");
    text_append_json(out, text);
    if (*schema->references)
        text_append_format(out, ",\"references\":%s", schema->references);
    if (*schema->extras)
        text_append_format(out, ",%s", schema->extras);
}

void append_version(struct text *out, const char *subject, const struct stored_schema *schema, struct view text) {
    text_append_string(out, "\"subject\":");
    text_append_json(out, view_of(subject));
    text_append_format(out, ",\"version\":%d,\"id\":%d,", (int)schema->version, (int)schema->id);
    append_schema(out, schema, text);
}

void record_schema(struct text *out, const char *subject, const struct stored_schema *schema) {
    text_append_char(out, '{');
    append_version(out, subject, schema, view_of(schema->text));
    text_append_format(out, ",\"deleted\":%s}", schema->deleted ? "true" : "false");
}

void record_delete_subject(struct text *key, struct text *value, const char *subject, int32_t version) {
    text_append_string(key, "{\"keytype\":\"DELETE_SUBJECT\"");
    append_subject(key, subject);
    text_append_string(key, ",\"magic\":0}");
    text_append_string(value, "{\"subject\":");
    text_append_json(value, view_of(subject));
    text_append_format(value, ",\"version\":%d}", (int)version);
}

void record_clear_subject(struct text *key, struct text *value, const char *subject) {
    text_append_string(key, "{\"keytype\":\"CLEAR_SUBJECT\"");
    append_subject(key, subject);
    text_append_string(key, ",\"magic\":0}");
    text_append_string(value, "{\"subject\":");
    if (subject)
        text_append_json(value, view_of(subject));
    else
        text_append_string(value, "null");
    text_append_char(value, '}');
}

void record_setting_key(struct text *out, const char *keytype, const char *subject) {
    text_append_format(out, "{\"keytype\":\"%s\"", keytype);
    append_subject(out, subject);
    text_append_string(out, ",\"magic\":0}");
}

void record_setting(struct text *out, const char *name, const char *value) {
    text_append_format(out, "{\"%s\":\"%s\"}", name, value);
}

/* --- texts of schemas --- */

void schema_extras(const json_t *from, struct text *out) {
    static const char *const names[] = {"metadata", "ruleSet"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const json_t *field = json_object_get(from, names[i]);
        char *printed = json_is_object(field) && json_object_size(field) ? json_dumps(field, JSON_COMPACT) : NULL;
        if (printed)
            text_append_format(out, "%s\"%s\":%s", out->size ? "," : "", names[i], printed);
        free(printed);
    }
}
