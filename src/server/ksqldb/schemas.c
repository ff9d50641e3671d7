#include "server/ksqldb/schemas.h"

#include "foundation/base/memory.h"

static const char unconfigured[] =
    "The Schema Registry is not configured: add schema.registry.url to the profile of this server.";

static char *subject_of(struct view topic, bool is_key) {
    struct text subject = TEXT_EMPTY;
    text_append_format(&subject, "%.*s-%s", VIEW_ARGS(topic), is_key ? "key" : "value");
    return text_take(&subject);
}

static int by_id(struct schemas *schemas, int32_t id, struct arena *arena, struct schema_facts *facts,
                 struct error *error) {
    struct view text, type;
    if (schemas->source.by_id(schemas->source.context, id, &text, &type, error) != 0)
        return -1;
    *facts = (struct schema_facts){id, arena_copy_view(arena, type), arena_copy_view(arena, text)};
    return 0;
}

static int latest(void *context, struct view topic, bool is_key, int32_t id, struct arena *arena,
                  struct schema_facts *facts, struct error *error) {
    struct schemas *schemas = context;
    struct registry_schema schema = {0};
    if (!schemas->client)
        return error_set(error, ERROR_INVALID, "%s", unconfigured);
    if (id)
        return by_id(schemas, id, arena, facts, error);
    char *subject = subject_of(topic, is_key);
    int result = registry_client_latest(schemas->client, subject, &schema, error);
    memory_free(subject);
    if (result != 0)
        return -1;
    facts->id = schema.id;
    facts->type = view_of(arena_copy_string(arena, schema.type ? schema.type : "AVRO"));
    facts->text = view_of(arena_copy_string(arena, schema.text));
    registry_schema_free(&schema);
    return 0;
}

static int enter(void *context, struct view topic, bool is_key, const char *type, struct view text, int32_t *id,
                 struct error *error) {
    struct schemas *schemas = context;
    if (!schemas->client)
        return error_set(error, ERROR_INVALID, "%s", unconfigured);
    char *subject = subject_of(topic, is_key);
    int result = registry_client_register(schemas->client, subject, type, text, id, error);
    memory_free(subject);
    return result;
}

static int remove_subject(void *context, struct view topic, bool is_key, struct error *error) {
    struct schemas *schemas = context;
    struct error reason = {0};
    if (!schemas->client)
        return 0;
    char *subject = subject_of(topic, is_key);
    int result = registry_client_delete_subject(schemas->client, subject, false, &reason);
    memory_free(subject);
    if (result == 0 || reason.code == ERROR_NOT_FOUND)
        return 0;
    if (error)
        *error = reason;
    return -1;
}

static int no_schema(void *context, int32_t id, struct view *text, struct view *type, struct error *error) {
    (void)context, (void)id, (void)text, (void)type;
    return error_set(error, ERROR_INVALID, "%s", unconfigured);
}

int schemas_open(struct schemas *schemas, const struct profile *profile, struct http_client *http,
                 struct error *error) {
    *schemas = (struct schemas){.source = {NULL, no_schema}};
    schemas->table = (struct engine_schemas){
        .context = schemas, .latest = latest, .enter = enter, .remove = remove_subject, .source = &schemas->source};
    if (!(profile_capabilities(profile) & PROFILE_REGISTRY))
        return 0;
    schemas->client = registry_client_new(profile, http, error);
    if (!schemas->client)
        return -1;
    schemas->source = registry_client_source(schemas->client);
    return 0;
}

void schemas_close(struct schemas *schemas) {
    registry_client_free(schemas->client);
    schemas->client = NULL;
}
