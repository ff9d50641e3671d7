#include "server/connect.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "foundation/base/log.h"
#include "foundation/base/memory.h"
#include "foundation/base/thread.h"
#include "server/connect/rest.h"

enum { INBOX = 256 };

struct connect_server {
    struct worker worker; /* the thread's, once it runs */
    struct mailbox *inbox;
    pthread_t thread;
    struct http_server *http;
    uint16_t port;
};

/* --- from the HTTP thread to the worker --- */

struct request {
    struct message message;
    struct http_exchange *exchange;
    connect_action action;
};

static void answer(struct http_exchange *exchange, const struct connect_reply *reply) {
    http_exchange_answer(exchange, reply->status, "application/json", text_view(&reply->body));
}

static void answer_fault(struct http_exchange *exchange, int status, const char *message) {
    struct connect_reply reply = {0};
    connect_fault(&reply, status, "%s", message);
    answer(exchange, &reply);
    text_free(&reply.body);
}

/* Of a request that never reached the worker: the inbox overflowed or the server stops. */
static void request_free(struct message *message) {
    struct request *request = (struct request *)message;
    if (request->exchange)
        answer_fault(request->exchange, 503, "The worker is busy or stopping; try again");
    memory_free(request);
}

/* Dropping rather than waiting: the HTTP thread serves the other servers too. */
static const struct message_kind request_kind = {"connect request", MAILBOX_DROP_OLDEST, request_free};

static void hand_over(struct connect_server *server, struct http_exchange *exchange, connect_action action) {
    struct request *request = memory_zero(1, sizeof *request);
    request->message.kind = &request_kind;
    request->exchange = exchange;
    request->action = action;
    mailbox_send(server->inbox, &request->message);
}

static void *work(void *context) {
    struct connect_server *server = context;
    worker_start_all(&server->worker);
    for (;;) {
        struct pollfd waiting[] = {{.fd = mailbox_descriptor(server->inbox), .events = POLLIN},
                                   {.fd = mailbox_descriptor(server->worker.reports), .events = POLLIN}};
        poll(waiting, 2, -1);
        worker_take_reports(&server->worker);
        struct message *message = mailbox_receive(server->inbox, 0);
        if (!message && mailbox_closed(server->inbox))
            break;
        if (!message)
            continue;
        struct request *request = (struct request *)message;
        struct connect_reply reply = {.status = 200};
        request->action(&server->worker, request->exchange, &reply);
        answer(request->exchange, &reply);
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
HANDLER(connect_root)
HANDLER(connect_health)
HANDLER(connectors_list)
HANDLER(connectors_create)
HANDLER(connector_get)
HANDLER(connector_delete)
HANDLER(connector_get_config)
HANDLER(connector_put_config)
HANDLER(connector_get_status)
HANDLER(connector_pause)
HANDLER(connector_resume)
HANDLER(connector_stop)
HANDLER(connector_restart)
HANDLER(connector_get_tasks)
HANDLER(connector_get_task_status)
HANDLER(connector_restart_task)
HANDLER(connector_get_offsets)
HANDLER(connector_delete_offsets)
HANDLER(connector_get_topics)
HANDLER(plugins_list)
HANDLER(plugin_validate)

static const struct http_route routes[] = {
    {"GET", "/", hand_connect_root, "version and cluster"},
    {"GET", "/health", hand_connect_health, "ready or not"},
    {"GET", "/connectors", hand_connectors_list, "names; ?expand=status, ?expand=info"},
    {"POST", "/connectors", hand_connectors_create, "name and config"},
    {"GET", "/connectors/{name}", hand_connector_get, "config and tasks"},
    {"DELETE", "/connectors/{name}", hand_connector_delete, "ends and forgets it, its offsets too"},
    {"GET", "/connectors/{name}/config", hand_connector_get_config, "its settings, secrets too"},
    {"PUT", "/connectors/{name}/config", hand_connector_put_config, "makes or changes it"},
    {"GET", "/connectors/{name}/status", hand_connector_get_status, "states and traces"},
    {"PUT", "/connectors/{name}/pause", hand_connector_pause, "keeps its task"},
    {"PUT", "/connectors/{name}/resume", hand_connector_resume, "goes on at its offset"},
    {"PUT", "/connectors/{name}/stop", hand_connector_stop, "gives up its task"},
    {"POST", "/connectors/{name}/restart", hand_connector_restart, "?includeTasks, ?onlyFailed"},
    {"GET", "/connectors/{name}/tasks", hand_connector_get_tasks, "tasks with their settings"},
    {"GET", "/connectors/{name}/tasks/{task}/status", hand_connector_get_task_status, "state and trace"},
    {"POST", "/connectors/{name}/tasks/{task}/restart", hand_connector_restart_task, "starts it anew"},
    {"GET", "/connectors/{name}/offsets", hand_connector_get_offsets, "where its source is"},
    {"DELETE", "/connectors/{name}/offsets", hand_connector_delete_offsets, "of a stopped one: from the start again"},
    {"GET", "/connectors/{name}/topics", hand_connector_get_topics, "written so far"},
    {"GET", "/connector-plugins", hand_plugins_list, "kinds of connectors"},
    {"PUT", "/connector-plugins/{class}/config/validate", hand_plugin_validate, "each setting with what is wrong"},
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

struct connect_server *connect_server_start(const struct connect_server_options *options, struct error *error) {
    struct connect_server *server = memory_zero(1, sizeof *server);
    const struct http_service_options service = {.name = "connect",
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
    server->worker.profile = profile_reference(options->profile);
    server->worker.http_client = options->http_client;
    server->worker.clock = options->clock;
    if (worker_open(&server->worker, error) != 0)
        goto failed;
    log_info("connect", "%zu connectors found", server->worker.connectors.count);
    /* Requests that come before the thread runs wait in the inbox. */
    server->inbox = mailbox_new(INBOX);
    if (http_server_listen(options->http, &service, &server->port, error) != 0)
        goto failed;
    snprintf(server->worker.id, sizeof server->worker.id, "%.60s:%u", options->address, server->port);
    server->thread = thread_start("connect", work, server);
    return server;
failed:
    mailbox_free(server->inbox);
    worker_close(&server->worker);
    profile_release(server->worker.profile);
    memory_free(server);
    return NULL;
}

uint16_t connect_server_port(const struct connect_server *server) {
    return server->port;
}

void connect_server_stop(struct connect_server *server) {
    if (!server)
        return;
    http_server_unlisten(server->http, server->port);
    mailbox_close(server->inbox);
    thread_join(server->thread);
    worker_close(&server->worker);
    mailbox_free(server->inbox);
    profile_release(server->worker.profile);
    memory_free(server);
}
