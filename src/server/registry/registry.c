#include "server/registry.h"

#include <stdio.h>
#include <string.h>

#include "foundation/base/log.h"
#include "foundation/base/mailbox.h"
#include "foundation/base/memory.h"
#include "foundation/base/thread.h"
#include "server/registry/private.h"

enum { INBOX = 256 };
static const char topic[] = "_schemas";
static const char content_type[] = "application/vnd.schemaregistry.v1+json";

struct registry_server {
    struct registry registry; /* the worker's, once it runs */
    struct mailbox *inbox;
    pthread_t worker;
    struct http_server *http;
    uint16_t port;
};

/* --- what the actions share --- */

void reply_fault(struct reply *reply, int code, const char *format, ...) {
    struct text message = TEXT_EMPTY;
    va_list arguments;
    va_start(arguments, format);
    text_append_format_v(&message, format, arguments);
    va_end(arguments);
    reply->status = code > 999 ? code / 100 : code;
    text_clear(&reply->body);
    text_append_format(&reply->body, "{\"error_code\":%d,\"message\":", code);
    text_append_json(&reply->body, text_view(&message));
    text_append_char(&reply->body, '}');
    text_free(&message);
}

void reply_subject_not_found(struct reply *reply, const char *subject) {
    reply_fault(reply, 40401, "Subject '%s' not found.", subject);
}

bool asks(const struct http_exchange *exchange, const char *name) {
    const char *value = http_exchange_query(exchange, name);
    return value && view_equal_ignoring_case(view_of(value), VIEW("true"));
}

bool registry_write(struct registry *registry, struct view key, struct view value, struct reply *reply) {
    struct error error = {0};
    if (journal_write(registry->journal, topic, key, value, &error) != 0) {
        reply_fault(reply, error.code == ERROR_TIMEOUT ? 50002 : 50001, "The change could not be kept in Kafka: %s",
                    error.message);
        return false;
    }
    store_apply(&registry->store, key, value);
    return true;
}

bool registry_may_write(const struct registry *registry, const char *subject, struct reply *reply) {
    if (strcmp(store_mode(&registry->store, subject), "READONLY") != 0)
        return true;
    reply_fault(reply, 42205, "Subject %s is in read-only mode", subject);
    return false;
}

/* --- from the HTTP thread to the worker --- */

struct request {
    struct message message;
    struct http_exchange *exchange;
    registry_action action;
};

static void answer_fault(struct http_exchange *exchange, int code, const char *message) {
    struct reply reply = {0};
    reply_fault(&reply, code, "%s", message);
    http_exchange_answer(exchange, reply.status, content_type, text_view(&reply.body));
    text_free(&reply.body);
}

/* Of a request that never reached the worker: the inbox overflowed or the server stops. */
static void request_free(struct message *message) {
    struct request *request = (struct request *)message;
    if (request->exchange)
        answer_fault(request->exchange, 503, "The registry is busy or stopping; try again");
    memory_free(request);
}

/* Dropping rather than waiting: the HTTP thread serves the other servers too. */
static const struct message_kind request_kind = {"registry request", MAILBOX_DROP_OLDEST, request_free};

static void hand_over(struct registry_server *server, struct http_exchange *exchange, registry_action action) {
    struct request *request = memory_zero(1, sizeof *request);
    request->message.kind = &request_kind;
    request->exchange = exchange;
    request->action = action;
    mailbox_send(server->inbox, &request->message);
}

static void *work(void *context) {
    struct registry_server *server = context;
    struct message *message;
    while ((message = mailbox_receive(server->inbox, -1))) {
        struct request *request = (struct request *)message;
        struct reply reply = {.status = 200};
        request->action(&server->registry, request->exchange, &reply);
        http_exchange_answer(request->exchange, reply.status, content_type, text_view(&reply.body));
        text_free(&reply.body);
        request->exchange = NULL;
        message_free(message);
    }
    return NULL;
}

/* A handler is told neither its route nor its row, so each action has one of its own. */
#define HANDLER(action)                                                                                                \
    static void hand_##action(void *context, struct http_exchange *exchange) {                                         \
        hand_over(context, exchange, action);                                                                          \
    }
HANDLER(subjects_list)
HANDLER(subject_look_up)
HANDLER(subject_delete)
HANDLER(versions_list)
HANDLER(version_register)
HANDLER(version_get)
HANDLER(version_get_text)
HANDLER(version_delete)
HANDLER(version_referenced_by)
HANDLER(schema_get)
HANDLER(schema_get_text)
HANDLER(schema_subjects)
HANDLER(schema_versions)
HANDLER(schema_types)
HANDLER(compatibility_test)
HANDLER(config_get)
HANDLER(config_put)
HANDLER(config_delete)
HANDLER(mode_get)
HANDLER(mode_put)
HANDLER(mode_delete)
HANDLER(server_id)
HANDLER(server_contexts)
HANDLER(server_root)

static const struct http_route routes[] = {
    {"GET", "/", hand_server_root, "answers {}"},
    {"GET", "/subjects", hand_subjects_list, "names; ?subjectPrefix, ?deleted, ?deletedOnly"},
    {"POST", "/subjects/{subject}", hand_subject_look_up, "id and version of a schema; ?normalize, ?deleted"},
    {"DELETE", "/subjects/{subject}", hand_subject_delete, "softly, then ?permanent"},
    {"GET", "/subjects/{subject}/versions", hand_versions_list, "numbers; ?deleted, ?deletedOnly"},
    {"POST", "/subjects/{subject}/versions", hand_version_register, "registers a schema; ?normalize"},
    {"GET", "/subjects/{subject}/versions/{version}", hand_version_get, "number or latest; ?deleted"},
    {"DELETE", "/subjects/{subject}/versions/{version}", hand_version_delete, "softly, then ?permanent"},
    {"GET", "/subjects/{subject}/versions/{version}/schema", hand_version_get_text, "the text alone"},
    {"GET", "/subjects/{subject}/versions/{version}/referencedby", hand_version_referenced_by, "always empty"},
    {"GET", "/schemas/ids/{id}", hand_schema_get, "a schema by id"},
    {"GET", "/schemas/ids/{id}/schema", hand_schema_get_text, "the text alone"},
    {"GET", "/schemas/ids/{id}/subjects", hand_schema_subjects, "who uses it; ?subject, ?deleted"},
    {"GET", "/schemas/ids/{id}/versions", hand_schema_versions, "who uses it; ?subject, ?deleted"},
    {"GET", "/schemas/types", hand_schema_types, "JSON and AVRO"},
    {"POST", "/compatibility/subjects/{subject}/versions", hand_compatibility_test, "by the subject's level; ?verbose"},
    {"POST", "/compatibility/subjects/{subject}/versions/{version}", hand_compatibility_test,
     "with one version; ?verbose"},
    {"GET", "/config", hand_config_get, "global level"},
    {"PUT", "/config", hand_config_put, "sets it"},
    {"DELETE", "/config", hand_config_delete, "back to BACKWARD"},
    {"GET", "/config/{subject}", hand_config_get, "level of a subject; ?defaultToGlobal"},
    {"PUT", "/config/{subject}", hand_config_put, "sets it"},
    {"DELETE", "/config/{subject}", hand_config_delete, "back to the global one"},
    {"GET", "/mode", hand_mode_get, "global mode"},
    {"PUT", "/mode", hand_mode_put, "READWRITE or READONLY"},
    {"DELETE", "/mode", hand_mode_delete, "back to READWRITE"},
    {"GET", "/mode/{subject}", hand_mode_get, "mode of a subject; ?defaultToGlobal"},
    {"PUT", "/mode/{subject}", hand_mode_put, "sets it"},
    {"DELETE", "/mode/{subject}", hand_mode_delete, "back to the global one"},
    {"GET", "/v1/metadata/id", hand_server_id, "who serves"},
    {"GET", "/contexts", hand_server_contexts, "the default one"},
    {0},
};

static void not_found(void *context, struct http_exchange *exchange) {
    (void)context;
    answer_fault(exchange, 404, "HTTP 404 Not Found");
}

static void not_allowed(void *context, struct http_exchange *exchange) {
    (void)context;
    answer_fault(exchange, 405, "HTTP 405 Method Not Allowed");
}

/* --- start and stop --- */

static void apply_record(void *context, const char *from, struct view key, struct view value) {
    (void)from;
    store_apply(context, key, value);
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
                                                 .routes = routes,
                                                 .context = server,
                                                 .not_found = not_found,
                                                 .not_allowed = not_allowed,
                                                 .user = options->user,
                                                 .password = options->password};
    server->http = options->http;
    server->registry.journal = journal_open(&journal, error);
    if (!server->registry.journal)
        goto failed;
    log_info("registry", "%zu subjects read from %s", server->registry.store.subjects.count, topic);
    server->inbox = mailbox_new(INBOX);
    server->worker = thread_start("registry", work, server);
    if (http_server_listen(options->http, &service, &server->port, error) != 0)
        goto failed;
    return server;
failed:
    registry_server_stop(server);
    return NULL;
}

uint16_t registry_server_port(const struct registry_server *server) {
    return server->port;
}

void registry_server_stop(struct registry_server *server) {
    if (!server)
        return;
    if (server->port)
        http_server_unlisten(server->http, server->port);
    if (server->inbox) {
        mailbox_close(server->inbox);
        thread_join(server->worker);
        mailbox_free(server->inbox);
    }
    journal_close(server->registry.journal);
    store_free(&server->registry.store);
    memory_free(server);
}
