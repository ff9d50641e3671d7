#include "server/connect.h"

#include <stdio.h>

#include "foundation/base/log.h"
#include "foundation/base/memory.h"
#include "server/connect/rest.h"

struct connect_server {
    struct worker worker; /* the thread's, once it runs */
    struct http_worker *thread;
    char *address;
};

/* --- the worker's thread --- */

static void begin(void *context, uint16_t port) {
    struct connect_server *server = context;
    snprintf(server->worker.id, sizeof server->worker.id, "%.60s:%u", server->address, port);
    worker_start_all(&server->worker);
}

static void take_reports(void *context) {
    worker_take_reports(&((struct connect_server *)context)->worker);
}

/* --- the routes --- */

#define ACTION(name)                                                                                                   \
    static void run_##name(void *context, const struct http_exchange *exchange, struct http_reply *reply) {            \
        name(&((struct connect_server *)context)->worker, exchange, reply);                                            \
    }
ACTION(connect_root)
ACTION(connect_health)
ACTION(connectors_list)
ACTION(connectors_create)
ACTION(connector_get)
ACTION(connector_delete)
ACTION(connector_get_config)
ACTION(connector_put_config)
ACTION(connector_get_status)
ACTION(connector_pause)
ACTION(connector_resume)
ACTION(connector_stop)
ACTION(connector_restart)
ACTION(connector_get_tasks)
ACTION(connector_get_task_status)
ACTION(connector_restart_task)
ACTION(connector_get_offsets)
ACTION(connector_delete_offsets)
ACTION(connector_patch_config)
ACTION(connector_patch_offsets)
ACTION(loggers_refuse)
ACTION(connector_get_topics)
ACTION(plugins_list)
ACTION(plugin_validate)

static const struct http_work works[] = {
    {"GET", "/", run_connect_root, "version and cluster"},
    {"GET", "/health", run_connect_health, "ready or not"},
    {"GET", "/connectors", run_connectors_list, "names; ?expand=status, ?expand=info"},
    {"POST", "/connectors", run_connectors_create, "name and config"},
    {"GET", "/connectors/{name}", run_connector_get, "config and tasks"},
    {"DELETE", "/connectors/{name}", run_connector_delete, "ends and forgets it, its offsets too"},
    {"GET", "/connectors/{name}/config", run_connector_get_config, "its settings, secrets masked"},
    {"PUT", "/connectors/{name}/config", run_connector_put_config, "makes or changes it"},
    {"PATCH", "/connectors/{name}/config", run_connector_patch_config, "changes some of them"},
    {"GET", "/connectors/{name}/status", run_connector_get_status, "states and traces"},
    {"PUT", "/connectors/{name}/pause", run_connector_pause, "keeps its task"},
    {"PUT", "/connectors/{name}/resume", run_connector_resume, "goes on at its offset"},
    {"PUT", "/connectors/{name}/stop", run_connector_stop, "gives up its task"},
    {"POST", "/connectors/{name}/restart", run_connector_restart, "?includeTasks, ?onlyFailed"},
    {"GET", "/connectors/{name}/tasks", run_connector_get_tasks, "tasks with their settings"},
    {"GET", "/connectors/{name}/tasks/{task}/status", run_connector_get_task_status, "state and trace"},
    {"POST", "/connectors/{name}/tasks/{task}/restart", run_connector_restart_task, "starts it anew"},
    {"GET", "/connectors/{name}/offsets", run_connector_get_offsets, "where its source is"},
    {"DELETE", "/connectors/{name}/offsets", run_connector_delete_offsets, "of a stopped one: from the start again"},
    {"PATCH", "/connectors/{name}/offsets", run_connector_patch_offsets, "of a stopped one: where it goes on"},
    {"GET", "/connectors/{name}/topics", run_connector_get_topics, "written so far"},
    {"GET", "/admin/loggers", run_loggers_refuse, "refused"},
    {"GET", "/admin/loggers/{name}", run_loggers_refuse, "refused"},
    {"PUT", "/admin/loggers/{name}", run_loggers_refuse, "refused"},
    {"GET", "/connector-plugins", run_plugins_list, "kinds of connectors"},
    {"PUT", "/connector-plugins/{class}/config/validate", run_plugin_validate, "each setting with what is wrong"},
    {0},
};

/* --- start and stop --- */

struct connect_server *connect_server_start(const struct connect_server_options *options, struct error *error) {
    struct connect_server *server = memory_zero(1, sizeof *server);
    const struct http_service_options service = {.name = "connect",
                                                 .address = options->address,
                                                 .port = options->port,
                                                 .explicit_port = options->explicit_port,
                                                 .user = options->user,
                                                 .password = options->password};
    struct http_worker_options worker = {.http = options->http,
                                         .service = &service,
                                         .works = works,
                                         .content_type = "application/json",
                                         .context = server,
                                         .begin = begin,
                                         .ready = take_reports};
    server->address = memory_copy_string(options->address);
    server->worker.profile = profile_reference(options->profile);
    server->worker.http_client = options->http_client;
    server->worker.clock = options->clock;
    if (worker_open(&server->worker, error) == 0) {
        log_info("connect", "%zu connectors found", server->worker.connectors.count);
        worker.descriptor = mailbox_descriptor(server->worker.reports);
        server->thread = http_worker_start(&worker, error);
    }
    if (server->thread)
        return server;
    connect_server_stop(server);
    return NULL;
}

uint16_t connect_server_port(const struct connect_server *server) {
    return http_worker_port(server->thread);
}

void connect_server_stop(struct connect_server *server) {
    if (!server)
        return;
    http_worker_stop(server->thread);
    worker_close(&server->worker);
    profile_release(server->worker.profile);
    memory_free(server->address);
    memory_free(server);
}
