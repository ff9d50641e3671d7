#include <string.h>

#include "server/registry/private.h"
#include "server/registry/references.h"

static const char *subject_of(const struct http_exchange *exchange) {
    return http_exchange_parameter(exchange, "subject");
}

/* A subject that exists only softly deleted counts as unknown unless deleted ones are asked for. */
static struct stored_subject *subject_seen(const struct registry *registry, const char *name, bool deleted) {
    struct stored_subject *subject = store_subject(&registry->store, name);
    return subject_latest(subject, deleted) ? subject : NULL;
}

bool version_is_latest(const char *version) {
    return strcmp(version, "latest") == 0 || strcmp(version, "-1") == 0;
}

struct stored_schema *version_named(const struct registry *registry, const struct http_exchange *exchange, bool deleted,
                                    struct http_reply *reply) {
    const char *name = subject_of(exchange), *version = http_exchange_parameter(exchange, "version");
    int64_t number = 0;
    bool latest = version_is_latest(version);
    if (!latest && (!view_to_int64(view_of(version), &number) || number < 1 || number > INT32_MAX)) {
        http_reply_fault(
            reply, 42202,
            "The specified version '%.60s' is not a valid version id. Allowed values are between [1, 2^31-1] and the "
            "string \"latest\"",
            version);
        return NULL;
    }
    struct stored_subject *subject = subject_seen(registry, name, deleted);
    if (!subject) {
        reply_subject_not_found(reply, name);
        return NULL;
    }
    struct stored_schema *schema =
        latest ? subject_latest(subject, deleted) : subject_version(subject, (int32_t)number);
    if (!schema || (schema->deleted && !deleted)) {
        http_reply_fault(reply, 40402, "Version %.60s not found.", version);
        return NULL;
    }
    return schema;
}

static void reply_version(const struct registry *registry, const struct http_exchange *exchange,
                          const struct stored_schema *schema, struct http_reply *reply) {
    struct text text = TEXT_EMPTY;
    if (schema_in_format(registry, exchange, schema, &text, reply)) {
        text_append_char(&reply->body, '{');
        append_version(&reply->body, subject_of(exchange), schema, text_view(&text));
        text_append_char(&reply->body, '}');
    }
    text_free(&text);
}

/* ?offset= and ?limit= of a list: Confluent's limit below 1 means all. */
struct page {
    int64_t skip, left;
    bool first;
};

static bool page_read(struct page *page, const struct http_exchange *exchange, struct http_reply *reply) {
    const char *offset = http_exchange_query(exchange, "offset"), *limit = http_exchange_query(exchange, "limit");
    *page = (struct page){0, INT64_MAX, true};
    if ((offset && (!view_to_int64(view_of(offset), &page->skip) || page->skip < 0)) ||
        (limit && !view_to_int64(view_of(limit), &page->left))) {
        http_reply_fault(reply, 422, "offset and limit are numbers, offset not below 0");
        return false;
    }
    if (page->left < 1)
        page->left = INT64_MAX;
    return true;
}

/* True: the next item is on the page; its comma is written. */
static bool page_takes(struct page *page, struct text *out) {
    if (page->skip > 0 || page->left <= 0) {
        page->skip--;
        return false;
    }
    page->left--;
    if (!page->first)
        text_append_char(out, ',');
    page->first = false;
    return true;
}

void subjects_list(struct registry *registry, const struct http_exchange *exchange, struct http_reply *reply) {
    const char *prefix = http_exchange_query(exchange, "subjectPrefix");
    if (prefix && (strcmp(prefix, ":*:") == 0 || strcmp(prefix, ":.:") == 0)) /* of all contexts, of the default one */
        prefix = NULL;
    bool only = asks(exchange, "deletedOnly"), deleted = only || asks(exchange, "deleted");
    struct page page;
    if (!page_read(&page, exchange, reply))
        return;
    text_append_char(&reply->body, '[');
    for (size_t i = 0; i < registry->store.subjects.count; i++) {
        const struct stored_subject *subject = registry->store.subjects.items[i];
        if (!subject_latest(subject, deleted) || (only && subject_latest(subject, false)) ||
            (prefix && !view_starts_with(view_of(subject->name), view_of(prefix))))
            continue;
        if (page_takes(&page, &reply->body))
            text_append_json(&reply->body, view_of(subject->name));
    }
    text_append_char(&reply->body, ']');
}

static const struct stored_schema *find_same(const struct stored_subject *subject, const struct candidate *candidate,
                                             bool normalise, bool deleted) {
    for (size_t i = subject ? subject->versions.count : 0; i-- > 0;) {
        const struct stored_schema *schema = &subject->versions.items[i];
        if ((deleted || !schema->deleted) && candidate_same(candidate, schema, normalise))
            return schema;
    }
    return NULL;
}

void subject_look_up(struct registry *registry, const struct http_exchange *exchange, struct http_reply *reply) {
    const char *name = subject_of(exchange);
    bool deleted = asks(exchange, "deleted");
    struct stored_subject *subject = subject_seen(registry, name, deleted);
    struct candidate candidate = {0};
    if (!subject) {
        reply_subject_not_found(reply, name);
        return;
    }
    if (candidate_read(&candidate, &registry->store, http_exchange_body(exchange), reply)) {
        const struct stored_schema *same = find_same(subject, &candidate, asks(exchange, "normalize"), deleted);
        if (same)
            reply_version(registry, exchange, same, reply);
        else
            http_reply_fault(reply, 40403, "Schema not found");
    }
    candidate_free(&candidate);
}

static bool delete_for_ever(struct registry *registry, const char *name, int32_t version, struct http_reply *reply) {
    struct text key = TEXT_EMPTY;
    record_schema_key(&key, name, version);
    bool done = registry_write(registry, text_view(&key), (struct view){0}, reply);
    text_free(&key);
    return done;
}

static bool delete_softly(struct registry *registry, const char *name, int32_t version, struct http_reply *reply) {
    struct text key = TEXT_EMPTY, value = TEXT_EMPTY;
    record_delete_subject(&key, &value, name, version);
    bool done = registry_write(registry, text_view(&key), text_view(&value), reply);
    text_free(&key);
    text_free(&value);
    return done;
}

/* A deleted subject leaves no setting behind that a new one of its name would inherit. */
static bool delete_setting(struct registry *registry, const char *keytype, const char *name, struct http_reply *reply) {
    struct text key = TEXT_EMPTY;
    record_setting_key(&key, keytype, name);
    bool done = registry_write(registry, text_view(&key), (struct view){0}, reply);
    text_free(&key);
    return done;
}

static bool drop_settings(struct registry *registry, const char *name, struct http_reply *reply) {
    const struct stored_subject *subject = store_subject(&registry->store, name);
    bool level = subject && subject->level, mode = subject && subject->mode;
    return (!level || delete_setting(registry, "CONFIG", name, reply)) &&
           (!mode || delete_setting(registry, "MODE", name, reply));
}

void subject_delete(struct registry *registry, const struct http_exchange *exchange, struct http_reply *reply) {
    const char *name = subject_of(exchange);
    bool permanent = asks(exchange, "permanent");
    struct stored_subject *subject = subject_seen(registry, name, true);
    VECTOR(int32_t) versions = {0};
    if (!subject) {
        reply_subject_not_found(reply, name);
        return;
    }
    if (!registry_may_write(registry, name, reply))
        return;
    bool alive = subject_latest(subject, false) != NULL;
    if (permanent && alive) {
        http_reply_fault(reply, 40405, "Subject '%s' was not deleted first before being permanently deleted", name);
        return;
    }
    if (!permanent && !alive) {
        http_reply_fault(reply, 40404, "Subject '%s' was soft deleted. Set permanent=true to delete permanently", name);
        return;
    }
    for (size_t i = 0; i < subject->versions.count; i++)
        if (permanent || !subject->versions.items[i].deleted)
            vector_push(&versions, subject->versions.items[i].version);
    for (size_t i = 0; i < versions.count; i++) {
        if (!version_is_free(registry, name, versions.items[i], reply)) {
            vector_free(&versions);
            return;
        }
    }
    bool done = true;
    if (permanent)
        for (size_t i = 0; done && i < versions.count; i++)
            done = delete_for_ever(registry, name, versions.items[i], reply);
    else
        done = delete_softly(registry, name, versions.items[versions.count - 1], reply);
    done = done && drop_settings(registry, name, reply);
    for (size_t i = 0; done && i < versions.count; i++)
        text_append_format(&reply->body, "%c%d", i ? ',' : '[', (int)versions.items[i]);
    if (done)
        text_append_char(&reply->body, ']');
    vector_free(&versions);
}

void versions_list(struct registry *registry, const struct http_exchange *exchange, struct http_reply *reply) {
    const char *name = subject_of(exchange);
    bool only = asks(exchange, "deletedOnly"), deleted = only || asks(exchange, "deleted");
    struct page page;
    const struct stored_subject *subject = subject_seen(registry, name, deleted);
    if (!subject) {
        reply_subject_not_found(reply, name);
        return;
    }
    if (!page_read(&page, exchange, reply))
        return;
    text_append_char(&reply->body, '[');
    for (size_t i = 0; i < subject->versions.count; i++) {
        const struct stored_schema *schema = &subject->versions.items[i];
        if ((schema->deleted && !deleted) || (only && !schema->deleted))
            continue;
        if (page_takes(&page, &reply->body))
            text_append_format(&reply->body, "%d", (int)schema->version);
    }
    text_append_char(&reply->body, ']');
}

/* The same text has the same id under every subject. */
static int32_t id_for(const struct store *store, const struct candidate *candidate, bool normalise) {
    for (size_t i = 0; i < store->subjects.count; i++) {
        const struct stored_schema *same = find_same(store->subjects.items[i], candidate, normalise, true);
        if (same)
            return same->id;
    }
    return 0;
}

static void fault_incompatible(struct http_reply *reply, const char *name, const char *level,
                               const struct text *reasons) {
    struct text line = TEXT_EMPTY;
    struct view rest = text_view(reasons), reason;
    while (view_split(&rest, '\n', &reason)) {
        if (line.size && reason.size)
            text_append_string(&line, "; ");
        text_append(&line, reason);
    }
    http_reply_fault(
        reply, 409,
        "Schema being registered is incompatible with an earlier schema for subject \"%s\", details: [%s], "
        "compatibility: '%s'",
        name, text_string(&line), level);
    text_free(&line);
}

/* The id and version that the new schema gets: those asked for while the subject imports, else the next ones. */
static bool choose_numbers(struct registry *registry, const char *name, const struct candidate *candidate,
                           bool normalise, int32_t *id, int32_t *version, struct http_reply *reply) {
    bool imports = strcmp(store_mode(&registry->store, name), "IMPORT") == 0;
    const struct stored_subject *subject = store_subject(&registry->store, name);
    const struct stored_schema *last = subject_latest(subject, true);
    const struct stored_schema *holder = candidate->id > 0 ? store_by_id(&registry->store, candidate->id) : NULL;
    if ((last && last->version == INT32_MAX) || (!imports && registry->store.last_id == INT32_MAX)) {
        http_reply_fault(reply, 50001, "The last %s is taken: an import took up to %d",
                         imports || registry->store.last_id < INT32_MAX ? "version" : "id", INT32_MAX);
        return false;
    }
    *version = last ? last->version + 1 : 1;
    if (!imports) {
        *id = id_for(&registry->store, candidate, normalise);
        if (!*id) /* taken even if the write fails, since the record may have been kept all the same */
            *id = ++registry->store.last_id;
        return true;
    }
    if (candidate->id < 1 || (holder && !candidate_same(candidate, holder, normalise))) {
        if (candidate->id < 1)
            http_reply_fault(reply, 42205, "Subject %s is in import mode: an id must be given with the schema", name);
        else
            http_reply_fault(reply, 42205, "Overwrite new schema with id %d is not permitted.", (int)candidate->id);
        return false;
    }
    *id = candidate->id;
    if (candidate->version > 0)
        *version = candidate->version;
    if (subject_version(subject, *version)) {
        http_reply_fault(reply, 42205, "Subject %s has a version %d already", name, (int)*version);
        return false;
    }
    return true;
}

/* What was deleted and is there again needs its old versions no more. */
static bool drop_superseded(struct registry *registry, const char *name, int32_t id, int32_t version,
                            struct http_reply *reply) {
    const struct stored_subject *subject = store_subject(&registry->store, name);
    for (size_t i = subject ? subject->versions.count : 0; i-- > 0;) {
        const struct stored_schema *old = &subject->versions.items[i];
        if (old->deleted && old->id == id && old->version < version &&
            !delete_for_ever(registry, name, old->version, reply))
            return false;
    }
    return true;
}

void version_register(struct registry *registry, const struct http_exchange *exchange, struct http_reply *reply) {
    const char *name = subject_of(exchange);
    bool normalise = asks(exchange, "normalize");
    struct candidate candidate = {0};
    struct text reasons = TEXT_EMPTY, key = TEXT_EMPTY, value = TEXT_EMPTY;
    if (!subject_is_allowed(name, reply) ||
        !candidate_read(&candidate, &registry->store, http_exchange_body(exchange), reply)) {
        candidate_free(&candidate);
        return;
    }
    const struct stored_subject *subject = store_subject(&registry->store, name);
    const struct stored_schema *same = find_same(subject, &candidate, normalise, false);
    if (same && (candidate.id == 0 || candidate.id == same->id)) {
        text_append_format(&reply->body, "{\"id\":%d}", (int)same->id);
        goto cleanup;
    }
    if (!registry_may_write(registry, name, reply))
        goto cleanup;
    const char *level = store_level(&registry->store, name);
    bool imports = strcmp(store_mode(&registry->store, name), "IMPORT") == 0;
    if (!imports && (candidate.id > 0 || candidate.version > 0)) {
        http_reply_fault(reply, 42205, "Subject %s is not in import mode", name);
        goto cleanup;
    }
    if (!imports && !compatible(&registry->store, level, subject, &candidate, NULL, &reasons)) {
        fault_incompatible(reply, name, level, &reasons);
        goto cleanup;
    }
    int32_t id, version;
    if (!choose_numbers(registry, name, &candidate, normalise, &id, &version, reply))
        goto cleanup;
    /* an id has one text, whichever of those that count as the same came first */
    const struct stored_schema *holder = store_by_id(&registry->store, id);
    struct stored_schema schema = {.id = id,
                                   .version = version,
                                   .type = candidate.type,
                                   .text = holder ? holder->text : candidate.text.data,
                                   .references = (char *)(uintptr_t)text_string(&candidate.references),
                                   .extras = (char *)(uintptr_t)text_string(&candidate.extras)};
    record_schema_key(&key, name, schema.version);
    record_schema(&value, name, &schema);
    if (registry_write(registry, text_view(&key), text_view(&value), reply) &&
        drop_superseded(registry, name, id, version, reply))
        text_append_format(&reply->body, "{\"id\":%d}", (int)id);
cleanup:
    candidate_free(&candidate);
    text_free(&reasons);
    text_free(&key);
    text_free(&value);
}

void version_get(struct registry *registry, const struct http_exchange *exchange, struct http_reply *reply) {
    const struct stored_schema *schema = version_named(registry, exchange, asks(exchange, "deleted"), reply);
    if (schema)
        reply_version(registry, exchange, schema, reply);
}

void version_get_text(struct registry *registry, const struct http_exchange *exchange, struct http_reply *reply) {
    const struct stored_schema *schema = version_named(registry, exchange, asks(exchange, "deleted"), reply);
    if (schema)
        schema_in_format(registry, exchange, schema, &reply->body, reply);
}

void version_delete(struct registry *registry, const struct http_exchange *exchange, struct http_reply *reply) {
    const char *name = subject_of(exchange);
    bool permanent = asks(exchange, "permanent"), done;
    bool latest = version_is_latest(http_exchange_parameter(exchange, "version"));
    const struct stored_schema *schema = version_named(registry, exchange, permanent || !latest, reply);
    if (!schema)
        return;
    int32_t version = schema->version;
    if (!registry_may_write(registry, name, reply))
        return;
    if (permanent && !schema->deleted) {
        http_reply_fault(reply, 40407, "Subject '%s' Version %d was not deleted first before being permanently deleted",
                         name, (int)version);
        return;
    }
    if (!permanent && schema->deleted) {
        http_reply_fault(reply, 40406,
                         "Subject '%s' Version %d was soft deleted. Set permanent=true to delete permanently", name,
                         (int)version);
        return;
    }
    if (!version_is_free(registry, name, version, reply))
        return;
    if (permanent) {
        done = delete_for_ever(registry, name, version, reply);
    } else {
        struct text key = TEXT_EMPTY, value = TEXT_EMPTY;
        struct stored_schema gone = *schema;
        gone.deleted = true;
        record_schema_key(&key, name, version);
        record_schema(&value, name, &gone);
        done = registry_write(registry, text_view(&key), text_view(&value), reply);
        if (done && !subject_seen(registry, name, false)) /* it was the last one */
            done = drop_settings(registry, name, reply);
        text_free(&key);
        text_free(&value);
    }
    if (done)
        text_append_format(&reply->body, "%d", (int)version);
}

/* Ids of the schemas, softly deleted ones left out, that refer to the version. */
void version_referenced_by(struct registry *registry, const struct http_exchange *exchange, struct http_reply *reply) {
    const struct stored_schema *schema = version_named(registry, exchange, false, reply);
    VECTOR(int32_t) ids = {0};
    if (!schema)
        return;
    for (size_t i = 0; i < registry->store.subjects.count; i++) {
        const struct stored_subject *subject = registry->store.subjects.items[i];
        for (size_t j = 0; j < subject->versions.count; j++) {
            const struct stored_schema *user = &subject->versions.items[j];
            bool known = user->deleted || !references_name(user->references, subject_of(exchange), schema->version);
            for (size_t k = 0; k < ids.count; k++)
                known = known || ids.items[k] == user->id;
            if (!known)
                vector_push(&ids, user->id);
        }
    }
    text_append_char(&reply->body, '[');
    for (size_t i = 0; i < ids.count; i++)
        text_append_format(&reply->body, "%s%d", i ? "," : "", (int)ids.items[i]);
    text_append_char(&reply->body, ']');
    vector_free(&ids);
}

bool version_is_free(const struct registry *registry, const char *name, int32_t version, struct http_reply *reply) {
    for (size_t i = 0; i < registry->store.subjects.count; i++) {
        const struct stored_subject *subject = registry->store.subjects.items[i];
        for (size_t j = 0; j < subject->versions.count; j++) {
            if (!subject->versions.items[j].deleted &&
                references_name(subject->versions.items[j].references, name, version)) {
                http_reply_fault(
                    reply, 42206,
                    "One or more references exist to the schema {magic=1,keytype=SCHEMA,subject=%s,version=%d}.", name,
                    (int)version);
                return false;
            }
        }
    }
    return true;
}
