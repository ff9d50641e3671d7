#include "client/registry.h"

#include <jansson.h>
#include <pthread.h>
#include <stdio.h>

#include "client/rest.h"
#include "foundation/base/clock.h"
#include "foundation/base/map.h"
#include "foundation/base/memory.h"

enum {
    /* A tail full of records with an unknown id must not ask for each of them. */
    UNKNOWN_ID_MS = 5000,
    FAILURE_MS = 1000,
    UNKNOWN_IDS_MOST = 10000,
};

/* What is known of one id. Texts of found schemas stay where they are until the client is freed: codecs borrow them. */
struct known {
    char *text, *type; /* NULL text: not found, see failure */
    struct error failure;
    int64_t until_ms;
};

struct registry_client {
    struct rest *rest;
    pthread_mutex_t lock;   /* around the two maps, never around the network */
    struct map *by_id;      /* id in decimal to struct known */
    struct map *registered; /* subject, type and text to an int32_t id */
    size_t unknown_count;
};

static void known_free(void *value) {
    struct known *known = value;
    memory_free(known->text);
    memory_free(known->type);
    memory_free(known);
}

struct registry_client *registry_client_new(const struct profile *profile, struct http_client *http,
                                            struct error *error) {
    const struct rest_options options = {"schema.registry", "Schema Registry",
                                         "application/vnd.schemaregistry.v1+json"};
    struct rest *rest = rest_new(profile, http, &options, error);
    if (!rest)
        return NULL;
    struct registry_client *client = memory_zero(1, sizeof *client);
    client->rest = rest;
    pthread_mutex_init(&client->lock, NULL);
    client->by_id = map_new(known_free);
    client->registered = map_new(memory_free);
    return client;
}

void registry_client_free(struct registry_client *client) {
    if (!client)
        return;
    map_free(client->by_id);
    map_free(client->registered);
    pthread_mutex_destroy(&client->lock);
    rest_free(client->rest);
    memory_free(client);
}

/* Sends and parses. NULL with the error. */
static json_t *ask(struct registry_client *client, const struct rest_call *call, int64_t *latency_ns,
                   struct error *error) {
    struct text answer = TEXT_EMPTY;
    json_t *root = NULL;
    if (rest_send(client->rest, call, &answer, latency_ns, error) == 0) {
        root = json_loadb(text_string(&answer), answer.size, JSON_DECODE_ANY, NULL);
        if (!root)
            rest_garbage(client->rest, "the body is not JSON", error);
    }
    text_free(&answer);
    return root;
}

static json_t *ask_path(struct registry_client *client, const char *path, struct error *error) {
    const struct rest_call call = {.path = path};
    return ask(client, &call, NULL, error);
}

int registry_client_ping(struct registry_client *client, int64_t *latency_ns, struct error *error) {
    const struct rest_call call = {.path = "/subjects"};
    json_t *root = ask(client, &call, latency_ns, error);
    int result = !root ? -1 : json_is_array(root) ? 0 : rest_garbage(client->rest, "no list of subjects", error);
    json_decref(root);
    return result;
}

int registry_client_subjects(struct registry_client *client, char ***subjects, size_t *count, struct error *error) {
    *subjects = NULL;
    *count = 0;
    json_t *root = ask_path(client, "/subjects", error);
    if (!root)
        return -1;
    int result = json_is_array(root) ? 0 : rest_garbage(client->rest, "no list of subjects", error);
    if (!result) {
        size_t index;
        json_t *name;
        *subjects = memory_zero(json_array_size(root) + 1, sizeof **subjects);
        json_array_foreach(root, index, name) {
            if (json_is_string(name))
                (*subjects)[(*count)++] = memory_copy_string(json_string_value(name));
        }
    }
    json_decref(root);
    return result;
}

void registry_subjects_free(char **subjects, size_t count) {
    for (size_t i = 0; i < count; i++)
        memory_free(subjects[i]);
    memory_free(subjects);
}

void registry_schema_free(struct registry_schema *schema) {
    if (!schema)
        return;
    memory_free(schema->subject);
    memory_free(schema->type);
    memory_free(schema->text);
    *schema = (struct registry_schema){0};
}

/* "schema" and "schemaType" of an answer; the type is left out for Avro. */
static int read_schema(struct registry_client *client, const json_t *root, const char **type, const char **text,
                       struct error *error) {
    const json_t *schema = json_object_get(root, "schema"), *kind = json_object_get(root, "schemaType");
    if (!json_is_string(schema))
        return rest_garbage(client->rest, "no \"schema\" in it", error);
    if (json_array_size(json_object_get(root, "references")) > 0)
        return error_set(error, ERROR_UNSUPPORTED,
                         "the schema refers to other subjects, which is not supported; register it in one piece");
    *text = json_string_value(schema);
    *type = json_is_string(kind) ? json_string_value(kind) : "AVRO";
    return 0;
}

int registry_client_latest(struct registry_client *client, const char *subject, struct registry_schema *schema,
                           struct error *error) {
    *schema = (struct registry_schema){0};
    struct text path = TEXT_EMPTY;
    text_append_string(&path, "/subjects/");
    rest_append_segment(&path, subject);
    text_append_string(&path, "/versions/latest");
    json_t *root = ask_path(client, text_string(&path), error);
    text_free(&path);
    if (!root)
        return -1;
    const char *type, *text;
    const json_t *id = json_object_get(root, "id"), *version = json_object_get(root, "version");
    int result = read_schema(client, root, &type, &text, error);
    if (!result && (!json_is_integer(id) || !json_is_integer(version)))
        result = rest_garbage(client->rest, "no \"id\" and \"version\" in it", error);
    if (!result)
        *schema = (struct registry_schema){.id = (int32_t)json_integer_value(id),
                                           .version = (int32_t)json_integer_value(version),
                                           .subject = memory_copy_string(subject),
                                           .type = memory_copy_string(type),
                                           .text = memory_copy_string(text)};
    json_decref(root);
    return result;
}

/* --- registering --- */

static void registered_key(struct text *key, const char *subject, const char *type, struct view schema) {
    text_append_format(key, "%s\n%s\n", subject, type);
    text_append(key, schema);
}

static void forget_subject(struct registry_client *client, const char *subject) {
    struct text prefix = TEXT_EMPTY, found = TEXT_EMPTY;
    text_append_format(&prefix, "%s\n", subject);
    pthread_mutex_lock(&client->lock);
    do {
        struct view key;
        void *value;
        text_clear(&found);
        for (size_t at = 0; !found.size && map_next(client->registered, &at, &key, &value);) {
            if (view_starts_with(key, text_view(&prefix)))
                text_append(&found, key);
        }
        if (found.size)
            map_remove(client->registered, text_view(&found));
    } while (found.size);
    pthread_mutex_unlock(&client->lock);
    text_free(&prefix);
    text_free(&found);
}

int registry_client_register(struct registry_client *client, const char *subject, const char *type, struct view schema,
                             int32_t *id, struct error *error) {
    *id = 0;
    struct text key = TEXT_EMPTY, path = TEXT_EMPTY, body = TEXT_EMPTY;
    json_t *root = NULL;
    int result = -1;
    registered_key(&key, subject, type, schema);
    pthread_mutex_lock(&client->lock);
    const int32_t *cached = map_get(client->registered, text_view(&key));
    if (cached)
        *id = *cached;
    pthread_mutex_unlock(&client->lock);
    if (*id) {
        result = 0;
        goto cleanup;
    }
    text_append_string(&path, "/subjects/");
    rest_append_segment(&path, subject);
    text_append_string(&path, "/versions");
    text_append_char(&body, '{');
    if (strcmp(type, "AVRO") != 0) {
        text_append_string(&body, "\"schemaType\":");
        text_append_json(&body, view_of(type));
        text_append_char(&body, ',');
    }
    text_append_string(&body, "\"schema\":");
    text_append_json(&body, schema);
    text_append_char(&body, '}');
    const struct rest_call call = {.method = "POST", .path = text_string(&path), .body = text_view(&body)};
    root = ask(client, &call, NULL, error);
    if (!root) {
        error_wrap(error, "registering a schema for %s", subject);
        goto cleanup;
    }
    const json_t *number = json_object_get(root, "id");
    if (!json_is_integer(number) || json_integer_value(number) <= 0) {
        rest_garbage(client->rest, "no \"id\" in it", error);
        goto cleanup;
    }
    *id = (int32_t)json_integer_value(number);
    pthread_mutex_lock(&client->lock);
    map_put(client->registered, text_view(&key), memory_copy(id, sizeof *id));
    pthread_mutex_unlock(&client->lock);
    result = 0;
cleanup:
    json_decref(root);
    text_free(&key);
    text_free(&path);
    text_free(&body);
    return result;
}

int registry_client_delete_subject(struct registry_client *client, const char *subject, bool permanent,
                                   struct error *error) {
    struct text path = TEXT_EMPTY;
    text_append_string(&path, "/subjects/");
    rest_append_segment(&path, subject);
    if (permanent)
        text_append_string(&path, "?permanent=true");
    const struct rest_call call = {.method = "DELETE", .path = text_string(&path)};
    int result = rest_send(client->rest, &call, NULL, NULL, error);
    text_free(&path);
    forget_subject(client, subject);
    return result;
}

/* --- by id --- */

/* Under the lock. True when the answer is known, good or bad. */
static bool look_up(struct registry_client *client, struct view key, struct view *text, struct view *type,
                    struct error *error, int *result) {
    const struct known *known = map_get(client->by_id, key);
    if (!known)
        return false;
    if (known->text) {
        *text = view_of(known->text);
        *type = view_of(known->type);
        *result = 0;
        return true;
    }
    if (clock_monotonic_ms() >= known->until_ms)
        return false;
    if (error)
        *error = known->failure;
    *result = -1;
    return true;
}

/* Under the lock. Another thread may have asked for the same id meanwhile; then its text stays, since it is lent. */
static void keep(struct registry_client *client, struct view key, struct known *known) {
    const struct known *old = map_get(client->by_id, key);
    if (old && old->text) {
        known_free(known);
        return;
    }
    if (!known->text && !old && ++client->unknown_count > UNKNOWN_IDS_MOST) {
        known_free(known); /* hostile records: ids without end are asked for, but not remembered */
        return;
    }
    map_put(client->by_id, key, known);
}

static int fetch_by_id(void *context, int32_t id, struct view *text, struct view *type, struct error *error) {
    struct registry_client *client = context;
    char number[16], path[48];
    struct view key = {number, (size_t)snprintf(number, sizeof number, "%d", (int)id)};
    *text = *type = (struct view){0};
    int result = -1;
    pthread_mutex_lock(&client->lock);
    bool found = look_up(client, key, text, type, error, &result);
    pthread_mutex_unlock(&client->lock);
    if (found)
        return result;

    struct error failure = {0};
    struct known *known = memory_zero(1, sizeof *known);
    snprintf(path, sizeof path, "/schemas/ids/%d", (int)id);
    json_t *root = ask_path(client, path, &failure);
    const char *kind, *schema;
    if (root && read_schema(client, root, &kind, &schema, &failure) == 0) {
        known->text = memory_copy_string(schema);
        known->type = memory_copy_string(kind);
    } else {
        error_wrap(&failure, "schema id %d", (int)id);
        known->failure = failure;
        known->until_ms = clock_monotonic_ms() + (failure.code == ERROR_NOT_FOUND ? UNKNOWN_ID_MS : FAILURE_MS);
    }
    json_decref(root);
    pthread_mutex_lock(&client->lock);
    keep(client, key, known);
    if (!look_up(client, key, text, type, error, &result)) {
        if (error)
            *error = failure;
        result = -1;
    }
    pthread_mutex_unlock(&client->lock);
    return result;
}

struct schema_source registry_client_source(struct registry_client *client) {
    return (struct schema_source){.context = client, .by_id = fetch_by_id};
}
