#include <string.h>

#include "foundation/format/inspect.h"
#include "server/registry/private.h"
#include "server/registry/references.h"

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

bool schema_in_format(const struct registry *registry, const struct http_exchange *exchange,
                      const struct stored_schema *schema, struct text *text, struct http_reply *reply) {
    const char *format = http_exchange_query(exchange, "format");
    bool is_protobuf = strcmp(schema->type, "PROTOBUF") == 0;
    bool serialized = is_protobuf && format && strcmp(format, "serialized") == 0;
    bool resolved = !is_protobuf && format && strcmp(format, "resolved") == 0;
    struct text whole = TEXT_EMPTY;
    struct error error = {0};
    int result = 0;
    if (serialized || resolved)
        result = schema_stand_alone(&registry->store, schema->type, schema->text, schema->references, &whole, &error);
    if (result == 0 && serialized)
        result = schema_text_serialize(text_view(&whole), VIEW("default"), text, &error);
    else if (result == 0)
        text_append_string(text, resolved ? text_string(&whole) : schema->text);
    if (result != 0)
        http_reply_fault(reply, 42201, "Schema %d cannot be given as '%.20s': %s", (int)schema->id, format,
                         error.message);
    text_free(&whole);
    return result == 0;
}

void schema_get(struct registry *registry, const struct http_exchange *exchange, struct http_reply *reply) {
    const struct stored_schema *schema = schema_named(registry, exchange, reply);
    struct text text = TEXT_EMPTY;
    if (schema && schema_in_format(registry, exchange, schema, &text, reply)) {
        text_append_char(&reply->body, '{');
        append_schema(&reply->body, schema, text_view(&text));
        text_append_char(&reply->body, '}');
    }
    text_free(&text);
}

void schema_get_text(struct registry *registry, const struct http_exchange *exchange, struct http_reply *reply) {
    const struct stored_schema *schema = schema_named(registry, exchange, reply);
    if (schema)
        schema_in_format(registry, exchange, schema, &reply->body, reply);
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
    text_append_string(&reply->body, "[\"JSON\",\"PROTOBUF\",\"AVRO\"]");
}
