#include <string.h>

#include "server/registry/private.h"

/* NULL: reply is filled with 40403. */
static const struct stored_schema *schema_named(const struct registry *registry, const struct http_exchange *exchange,
                                                struct http_reply *reply) {
    const char *name = http_exchange_parameter(exchange, "id");
    int64_t id = 0;
    const struct stored_schema *schema = NULL;
    if (view_to_int64(view_of(name), &id) && id > 0 && id <= INT32_MAX)
        schema = store_by_id(&registry->store, (int32_t)id);
    if (!schema)
        http_reply_fault(reply, 40403, "Schema %.60s not found", name);
    return schema;
}

void schema_get(struct registry *registry, const struct http_exchange *exchange, struct http_reply *reply) {
    const struct stored_schema *schema = schema_named(registry, exchange, reply);
    if (!schema)
        return;
    text_append_char(&reply->body, '{');
    append_schema(&reply->body, schema);
    text_append_char(&reply->body, '}');
}

void schema_get_text(struct registry *registry, const struct http_exchange *exchange, struct http_reply *reply) {
    const struct stored_schema *schema = schema_named(registry, exchange, reply);
    if (schema)
        text_append_string(&reply->body, schema->text);
}

static void list_users(struct registry *registry, const struct http_exchange *exchange, struct http_reply *reply,
                       bool versions) {
    const struct stored_schema *schema = schema_named(registry, exchange, reply);
    const char *wanted = http_exchange_query(exchange, "subject");
    bool deleted = asks(exchange, "deleted"), first = true;
    if (!schema)
        return;
    text_append_char(&reply->body, '[');
    for (size_t i = 0; i < registry->store.subjects.count; i++) {
        const struct stored_subject *subject = registry->store.subjects.items[i];
        if (wanted && strcmp(wanted, subject->name) != 0)
            continue;
        for (size_t j = 0; j < subject->versions.count; j++) {
            const struct stored_schema *user = &subject->versions.items[j];
            if (user->id != schema->id || (user->deleted && !deleted))
                continue;
            text_append_string(&reply->body, first ? "" : ",");
            text_append_string(&reply->body, versions ? "{\"subject\":" : "");
            text_append_json(&reply->body, view_of(subject->name));
            if (versions)
                text_append_format(&reply->body, ",\"version\":%d}", (int)user->version);
            first = false;
            if (!versions)
                break;
        }
    }
    text_append_char(&reply->body, ']');
}

void schema_subjects(struct registry *registry, const struct http_exchange *exchange, struct http_reply *reply) {
    list_users(registry, exchange, reply, false);
}

void schema_versions(struct registry *registry, const struct http_exchange *exchange, struct http_reply *reply) {
    list_users(registry, exchange, reply, true);
}

void schema_types(struct registry *registry, const struct http_exchange *exchange, struct http_reply *reply) {
    (void)registry, (void)exchange;
    text_append_string(&reply->body, "[\"JSON\",\"AVRO\"]");
}
