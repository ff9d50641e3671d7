#include <ctype.h>
#include <jansson.h>
#include <string.h>

#include "foundation/base/memory.h"
#include "server/registry/private.h"

/* --- compatibility of a schema that is not registered --- */

static void append_messages(struct text *out, const struct text *reasons) {
    struct view rest = text_view(reasons), reason;
    bool first = true;
    text_append_string(out, ",\"messages\":[");
    while (view_split(&rest, '\n', &reason)) {
        if (!reason.size)
            continue;
        text_append_string(out, first ? "" : ",");
        text_append_json(out, reason);
        first = false;
    }
    text_append_char(out, ']');
}

void compatibility_test(struct registry *registry, const struct http_exchange *exchange, struct http_reply *reply) {
    const char *name = http_exchange_parameter(exchange, "subject");
    const char *version = http_exchange_parameter(exchange, "version");
    const struct stored_schema *only = NULL;
    struct candidate candidate = {0};
    struct text reasons = TEXT_EMPTY;
    const struct stored_subject *subject = store_subject(&registry->store, name);
    bool latest = version && version_is_latest(version);
    if (!subject_is_allowed(name, reply))
        return;
    /* the first schema of a subject is compatible with what there is */
    if (version && (!latest || subject_latest(subject, false)) &&
        !(only = version_named(registry, exchange, false, reply)))
        return;
    if (candidate_read(&candidate, &registry->store, http_exchange_body(exchange), reply)) {
        bool good = compatible(&registry->store, store_level(&registry->store, name),
                               store_subject(&registry->store, name), &candidate, only, &reasons);
        text_append_format(&reply->body, "{\"is_compatible\":%s", good ? "true" : "false");
        if (asks(exchange, "verbose"))
            append_messages(&reply->body, &reasons);
        text_append_char(&reply->body, '}');
    }
    candidate_free(&candidate);
    text_free(&reasons);
}

/* --- levels and modes: a record each, global or of a subject --- */

static const struct setting {
    const char *keytype;     /* of the record */
    const char *record_name; /* field of the record's value */
    const char *field;       /* of a request */
    const char *reply_name;  /* of a GET */
    int unknown_code, absent_code;
    const char *unknown, *absent; /* the latter with the subject's name */
} config = {"CONFIG",
            "compatibilityLevel",
            "compatibility",
            "compatibilityLevel",
            42203,
            40408,
            "Invalid compatibility level. Valid values are none, backward, forward, full, backward_transitive, "
            "forward_transitive, and full_transitive",
            "does not have subject-level compatibility configured"},
  mode = {"MODE",
          "mode",
          "mode",
          "mode",
          42204,
          40409,
          "Invalid mode. Valid values here are READWRITE, READONLY and IMPORT",
          "does not have subject-level mode configured"};

static const char *setting_of(const struct registry *registry, const struct setting *setting,
                              const char *subject_name) {
    const struct stored_subject *subject = subject_name ? store_subject(&registry->store, subject_name) : NULL;
    if (subject_name)
        return !subject ? NULL : setting == &mode ? subject->mode : subject->level;
    return setting == &mode ? store_mode(&registry->store, NULL) : store_level(&registry->store, NULL);
}

static void append_setting(struct text *out, const struct setting *setting, const char *value) {
    text_append_format(out, "{\"%s\":", setting->reply_name);
    text_append_json(out, view_of(value));
    text_append_char(out, '}');
}

static void setting_get(struct registry *registry, const struct http_exchange *exchange, struct http_reply *reply,
                        const struct setting *setting) {
    const char *name = http_exchange_parameter(exchange, "subject");
    const char *value = setting_of(registry, setting, name);
    if (!value && asks(exchange, "defaultToGlobal"))
        value = setting_of(registry, setting, NULL);
    if (value)
        append_setting(&reply->body, setting, value);
    else
        http_reply_fault(reply, setting->absent_code, "Subject '%s' %s", name, setting->absent);
}

static bool setting_is_known(const struct setting *setting, const char *value) {
    return setting == &config
               ? level_is_known(value)
               : strcmp(value, "READWRITE") == 0 || strcmp(value, "READONLY") == 0 || strcmp(value, "IMPORT") == 0;
}

/* Imported ids must not meet given ones. name NULL: any subject. */
static bool has_schemas(const struct registry *registry, const char *name, bool deleted) {
    for (size_t i = 0; i < registry->store.subjects.count; i++) {
        const struct stored_subject *subject = registry->store.subjects.items[i];
        if (subject_latest(subject, deleted) && (!name || strcmp(subject->name, name) == 0))
            return true;
    }
    return false;
}

/* What is deleted makes room for the versions that an import brings. */
static bool clear_deleted(struct registry *registry, const char *name, struct http_reply *reply) {
    struct text key = TEXT_EMPTY, value = TEXT_EMPTY;
    record_clear_subject(&key, &value, name);
    bool done =
        !has_schemas(registry, name, true) || registry_write(registry, text_view(&key), text_view(&value), reply);
    text_free(&key);
    text_free(&value);
    return done;
}

/* What a configuration may carry elsewhere and would be dropped here. Off it is taken. */
static bool has_unsupported(const json_t *root, struct http_reply *reply) {
    static const char *const names[] = {
        "normalize",       "compatibilityGroup",  "defaultMetadata", "overrideMetadata", "defaultRuleSet",
        "overrideRuleSet", "compatibilityPolicy", "alias",           "validateFields",   "validateRules"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const json_t *field = json_object_get(root, names[i]);
        if (!field || json_is_null(field) || json_is_false(field))
            continue;
        http_reply_fault(reply, 42205,
                         "The setting '%s' is not supported by this registry, which knows 'compatibility'%s", names[i],
                         i ? "" : "; a request may say ?normalize=true");
        return true;
    }
    return false;
}

static void setting_put(struct registry *registry, const struct http_exchange *exchange, struct http_reply *reply,
                        const struct setting *setting) {
    struct view body = http_exchange_body(exchange);
    json_error_t where;
    json_t *root = json_loadb(body.data ? body.data : "", body.size, 0, &where);
    const char *given = json_string_value(json_object_get(root, setting->field));
    const char *name = http_exchange_parameter(exchange, "subject");
    char value[32] = "";
    struct text key = TEXT_EMPTY, record = TEXT_EMPTY;
    for (size_t i = 0; given && given[i] && i + 1 < sizeof value; i++)
        value[i] = (char)toupper((unsigned char)given[i]);
    bool begins_import = setting == &mode && strcmp(value, "IMPORT") == 0 &&
                         strcmp(store_mode(&registry->store, name), "IMPORT") != 0 && !asks(exchange, "force");
    if (!root) {
        http_reply_fault(reply, 400, "The body is not JSON: %s at line %d, column %d", where.text, where.line,
                         where.column);
    } else if (!subject_is_allowed(name, reply) ||
               (setting == &config && (has_unsupported(root, reply) || !registry_may_write(registry, name, reply)))) {
        goto cleanup;
    } else if (setting == &mode && (strcmp(value, "READONLY_OVERRIDE") == 0 || strcmp(value, "FORWARD") == 0)) {
        http_reply_fault(reply, 42205,
                         "Mode %s is not supported by this registry; it knows READWRITE, READONLY and IMPORT", value);
    } else if (begins_import && has_schemas(registry, name, false)) {
        http_reply_fault(reply, 42205, "Cannot import since found existing subjects; ?force=true imports all the same");
    } else if (!setting_is_known(setting, value)) {
        http_reply_fault(reply, setting->unknown_code, "%s", setting->unknown);
    } else if (!begins_import || clear_deleted(registry, name, reply)) {
        record_setting_key(&key, setting->keytype, name);
        record_setting(&record, setting->record_name, value);
        if (registry_write(registry, text_view(&key), text_view(&record), reply))
            text_append_format(&reply->body, "{\"%s\":\"%s\"}", setting->field, value);
    }
cleanup:
    json_decref(root);
    text_free(&key);
    text_free(&record);
}

static void setting_delete(struct registry *registry, const struct http_exchange *exchange, struct http_reply *reply,
                           const struct setting *setting) {
    const char *name = http_exchange_parameter(exchange, "subject");
    const char *value = setting_of(registry, setting, name);
    if (!value) {
        reply_subject_not_found(reply, name);
        return;
    }
    if (setting == &config && !registry_may_write(registry, name, reply))
        return;
    char *old = memory_copy_string(value);
    struct text key = TEXT_EMPTY;
    record_setting_key(&key, setting->keytype, name);
    if (registry_write(registry, text_view(&key), (struct view){0}, reply))
        append_setting(&reply->body, setting, old);
    memory_free(old);
    text_free(&key);
}

void config_get(struct registry *registry, const struct http_exchange *exchange, struct http_reply *reply) {
    setting_get(registry, exchange, reply, &config);
}

void config_put(struct registry *registry, const struct http_exchange *exchange, struct http_reply *reply) {
    setting_put(registry, exchange, reply, &config);
}

void config_delete(struct registry *registry, const struct http_exchange *exchange, struct http_reply *reply) {
    setting_delete(registry, exchange, reply, &config);
}

void mode_get(struct registry *registry, const struct http_exchange *exchange, struct http_reply *reply) {
    setting_get(registry, exchange, reply, &mode);
}

void mode_put(struct registry *registry, const struct http_exchange *exchange, struct http_reply *reply) {
    setting_put(registry, exchange, reply, &mode);
}

void mode_delete(struct registry *registry, const struct http_exchange *exchange, struct http_reply *reply) {
    setting_delete(registry, exchange, reply, &mode);
}

/* --- the server itself --- */

void server_id(struct registry *registry, const struct http_exchange *exchange, struct http_reply *reply) {
    (void)registry, (void)exchange;
    text_append_string(&reply->body,
                       "{\"scope\":{\"path\":[],\"clusters\":{\"schema-registry-cluster\":\"schema-registry\"}},"
                       "\"id\":\"schema-registry\"}");
}

void server_contexts(struct registry *registry, const struct http_exchange *exchange, struct http_reply *reply) {
    (void)registry, (void)exchange;
    text_append_string(&reply->body, "[\".\"]");
}

void server_root(struct registry *registry, const struct http_exchange *exchange, struct http_reply *reply) {
    (void)registry, (void)exchange;
    text_append_string(&reply->body, "{}");
}
