#include "server/registry.h"

#include <stdio.h>
#include <string.h>

#include "foundation/base/log.h"
#include "foundation/base/memory.h"
#include "server/registry/private.h"

static const char topic[] = "_schemas";
static const char content_type[] = "application/vnd.schemaregistry.v1+json";

struct registry_server {
    struct registry registry; /* the worker's, once it runs */
    struct http_worker *worker;
};

/* --- what the actions share --- */

void reply_subject_not_found(struct http_reply *reply, const char *subject) {
    http_reply_fault(reply, 40401, "Subject '%s' not found.", subject);
}

bool asks(const struct http_exchange *exchange, const char *name) {
    const char *value = http_exchange_query(exchange, name);
    return value && view_equal_ignoring_case(view_of(value), VIEW("true"));
}

bool registry_write(struct registry *registry, struct view key, struct view value, struct http_reply *reply) {
    struct error error = {0};
    if (journal_write(registry->journal, topic, key, value, &error) != 0) {
        http_reply_fault(reply, error.code == ERROR_TIMEOUT ? 50002 : 50001,
                         "The change could not be kept in Kafka: %s", error.message);
        return false;
    }
    subject_store_apply(&registry->store, key, value);
    return true;
}

bool registry_may_write(const struct registry *registry, const char *subject, struct http_reply *reply) {
    if (strcmp(store_mode(&registry->store, subject), "READONLY") != 0)
        return true;
    http_reply_fault(reply, 42205, "Subject %s is in read-only mode", subject ? subject : "null");
    return false;
}

bool subject_is_allowed(const char *subject, struct http_reply *reply) {
    if (!subject || !view_starts_with(view_of(subject), VIEW(":.")))
        return true;
    http_reply_fault(reply, 42208,
                     "The specified subject '%s' is not valid: contexts are not supported by this registry", subject);
    return false;
}

/* --- the routes --- */

#define ACTION(name)                                                                                                   \
    static void run_##name(void *context, const struct http_exchange *exchange, struct http_reply *reply) {            \
        name(context, exchange, reply);                                                                                \
    }
ACTION(subjects_list)
ACTION(subject_look_up)
ACTION(subject_delete)
ACTION(versions_list)
ACTION(version_register)
ACTION(version_get)
ACTION(version_get_text)
ACTION(version_delete)
ACTION(version_referenced_by)
ACTION(schema_get)
ACTION(schema_get_text)
ACTION(schema_subjects)
ACTION(schema_versions)
ACTION(schema_types)
ACTION(compatibility_test)
ACTION(config_get)
ACTION(config_put)
ACTION(config_delete)
ACTION(mode_get)
ACTION(mode_put)
ACTION(mode_delete)
ACTION(server_id)
ACTION(server_contexts)
ACTION(server_root)

static const struct http_work works[] = {
    {"GET", "/", run_server_root, "answers {}"},
    {"GET", "/subjects", run_subjects_list, "names; ?subjectPrefix, ?deleted, ?deletedOnly, ?offset, ?limit"},
    {"POST", "/subjects/{subject}", run_subject_look_up, "id and version of a schema; ?normalize, ?deleted"},
    {"DELETE", "/subjects/{subject}", run_subject_delete, "softly, then ?permanent"},
    {"GET", "/subjects/{subject}/versions", run_versions_list, "numbers; ?deleted, ?deletedOnly, ?offset, ?limit"},
    {"POST", "/subjects/{subject}/versions", run_version_register, "registers a schema; ?normalize"},
    {"GET", "/subjects/{subject}/versions/{version}", run_version_get, "number or latest; ?deleted"},
    {"DELETE", "/subjects/{subject}/versions/{version}", run_version_delete, "softly, then ?permanent"},
    {"GET", "/subjects/{subject}/versions/{version}/schema", run_version_get_text, "the text alone"},
    {"GET", "/subjects/{subject}/versions/{version}/referencedby", run_version_referenced_by,
     "ids of the schemas that refer to it"},
    {"GET", "/schemas/ids/{id}", run_schema_get, "a schema by id"},
    {"GET", "/schemas/ids/{id}/schema", run_schema_get_text, "the text alone"},
    {"GET", "/schemas/ids/{id}/subjects", run_schema_subjects, "who uses it; ?subject, ?deleted"},
    {"GET", "/schemas/ids/{id}/versions", run_schema_versions, "who uses it; ?subject, ?deleted"},
    {"GET", "/schemas/types", run_schema_types, "JSON and AVRO"},
    {"POST", "/compatibility/subjects/{subject}/versions", run_compatibility_test, "by the subject's level; ?verbose"},
    {"POST", "/compatibility/subjects/{subject}/versions/{version}", run_compatibility_test,
     "with one version; ?verbose"},
    {"GET", "/config", run_config_get, "global level"},
    {"PUT", "/config", run_config_put, "sets it"},
    {"DELETE", "/config", run_config_delete, "back to BACKWARD"},
    {"GET", "/config/{subject}", run_config_get, "level of a subject; ?defaultToGlobal"},
    {"PUT", "/config/{subject}", run_config_put, "sets it"},
    {"DELETE", "/config/{subject}", run_config_delete, "back to the global one"},
    {"GET", "/mode", run_mode_get, "global mode"},
    {"PUT", "/mode", run_mode_put, "READWRITE, READONLY or IMPORT; ?force"},
    {"DELETE", "/mode", run_mode_delete, "back to READWRITE"},
    {"GET", "/mode/{subject}", run_mode_get, "mode of a subject; ?defaultToGlobal"},
    {"PUT", "/mode/{subject}", run_mode_put, "sets it"},
    {"DELETE", "/mode/{subject}", run_mode_delete, "back to the global one"},
    {"GET", "/v1/metadata/id", run_server_id, "who serves"},
    {"GET", "/contexts", run_server_contexts, "the default one"},
    {0},
};

/* --- start and stop --- */

static void apply_record(void *context, const char *from, struct view key, struct view value) {
    (void)from;
    subject_store_apply(context, key, value);
}

struct registry_server *registry_server_start(const struct registry_server_options *options, struct error *error) {
    static const char *const topics[] = {topic};
    struct registry_server *server = memory_zero(1, sizeof *server);
    const struct journal_options journal = {.profile = options->profile,
                                            .topics = topics,
                                            .topic_count = 1,
                                            .apply = apply_record,
                                            .context = &server->registry.store};
    const struct http_service_options service = {.name = "registry",
                                                 .address = options->address,
                                                 .port = options->port,
                                                 .explicit_port = options->explicit_port,
                                                 .user = options->user,
                                                 .password = options->password};
    const struct http_worker_options worker = {.http = options->http,
                                               .service = &service,
                                               .works = works,
                                               .content_type = content_type,
                                               .context = &server->registry};
    server->registry.journal = journal_open(&journal, error);
    if (!server->registry.journal)
        goto failed;
    log_info("registry", "%zu subjects read from %s", server->registry.store.subjects.count, topic);
    server->worker = http_worker_start(&worker, error);
    if (!server->worker)
        goto failed;
    return server;
failed:
    registry_server_stop(server);
    return NULL;
}

uint16_t registry_server_port(const struct registry_server *server) {
    return http_worker_port(server->worker);
}

void registry_server_stop(struct registry_server *server) {
    if (!server)
        return;
    http_worker_stop(server->worker);
    journal_close(server->registry.journal);
    subject_store_free(&server->registry.store);
    memory_free(server);
}
