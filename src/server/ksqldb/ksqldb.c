/* The server: one thread owns the engine, takes what comes to its inbox, commits in intervals. */
#include "server/ksqldb.h"

#include <stdio.h>

#include "foundation/base/clock.h"
#include "foundation/base/file.h"
#include "foundation/base/log.h"
#include "foundation/base/memory.h"
#include "foundation/base/thread.h"
#include "server/ksqldb/rest.h"
#include "server/ksqldb/session.h"

enum { INBOX = 8192, COMMIT_MS = 100, AT_ONCE = 16 };

struct ksqldb_server {
    struct settings settings;
    struct http_server *http;
    struct mailbox *inbox, *started; /* started: the thread says how its start ended */
    struct rest_desk desk;
    struct core core; /* the thread's */
    pthread_t thread;
    bool runs, listens;
    uint16_t port;
};

struct start_report {
    struct message message;
    struct error error; /* code ERROR_NONE: ready */
};
static const struct message_kind start_kind = {"started", MAILBOX_WAIT, NULL};

/* --- the thread --- */

static int sooner(int a, int b) {
    return a < 0 ? b : b < 0 ? a : a < b ? a : b;
}

static int wait_ms(const struct ksqldb_server *server) {
    int wait = core_next_ms(&server->core);
    wait = sooner(wait, sessions_next_ms(server->core.sessions));
    return sooner(wait, rest_next_ms(&server->desk));
}

/* Blocks are worked off together, so their readers are told when all are. */
struct fed {
    uint64_t numbers[AT_ONCE];
    size_t count;
};

static void take_block(struct core *core, struct reader_block *block, struct fed *fed) {
    if (!readers_takes(core->topics.readers, block))
        return;
    if (!sessions_take_block(core->sessions, block))
        engine_feed(core->engine, block->number, block->records, block->count);
    fed->numbers[fed->count++] = block->number;
}

static void take_end(struct core *core, const struct reader_end *end) {
    if (!readers_ended(core->topics.readers, end) || sessions_take_end(core->sessions, end))
        return;
    struct error error = end->error;
    if (!error.code)
        error_set(&error, ERROR_CLOSED, "its reader ended");
    engine_reader_failed(core->engine, end->number, &error);
}

static void take(struct ksqldb_server *server, struct message *message, struct fed *fed) {
    if (message->kind == &rest_request_kind) {
        rest_take(&server->desk, &server->core, message);
        return;
    }
    if (message->kind == &reader_block_kind)
        take_block(&server->core, (struct reader_block *)message, fed);
    else
        take_end(&server->core, (const struct reader_end *)message);
    message_free(message);
}

static void turn(struct ksqldb_server *server, struct message *message) {
    struct fed fed = {.count = 0};
    for (int i = 0; message && i < AT_ONCE; i++) {
        take(server, message, &fed);
        message = i + 1 < AT_ONCE ? mailbox_receive(server->inbox, 0) : NULL;
    }
    core_turn(&server->core);
    for (size_t i = 0; i < fed.count; i++)
        if (!sessions_owe(server->core.sessions, fed.numbers[i]))
            readers_more(server->core.topics.readers, fed.numbers[i]);
    sessions_turn(server->core.sessions);
    rest_turn(&server->desk, &server->core);
}

static void report_start(struct ksqldb_server *server, const struct error *error) {
    struct start_report *report = memory_zero(1, sizeof *report);
    report->message.kind = &start_kind;
    report->error = *error;
    mailbox_send(server->started, &report->message);
}

static void *run(void *context) {
    struct ksqldb_server *server = context;
    struct error error = {0};
    int64_t began = clock_monotonic_ns();
    if (core_open(&server->core, &server->settings, server->inbox, &error) != 0) {
        if (!error.code)
            error_set(&error, ERROR_INTERNAL, "the engine did not start");
    } else {
        log_info("ksqldb", "ready after %.1f ms", (double)(clock_monotonic_ns() - began) / 1e6);
        server->desk.state = SERVER_READY;
    }
    report_start(server, &error);
    while (!mailbox_closed(server->inbox)) {
        struct message *message = mailbox_receive(server->inbox, error.code ? -1 : wait_ms(server));
        if (!mailbox_closed(server->inbox) && !error.code)
            turn(server, message);
        else
            message_free(message);
    }
    core_close(&server->core);
    return NULL;
}

/* --- start and stop --- */

static int fill_settings(struct settings *settings, const struct ksqldb_server_options *options, struct error *error) {
    settings->profile = profile_reference(options->profile);
    settings->http_client = options->http_client;
    settings->service_id = memory_copy_string(options->service_id ? options->service_id : "default_");
    settings->zone = memory_copy_string(options->zone ? options->zone : "UTC");
    settings->folder = memory_copy_string(options->folder);
    settings->commit_ms = options->commit_interval_ms > 0 ? options->commit_interval_ms : COMMIT_MS;
    settings->clock = options->clock;
    return settings->folder ? file_make_folders(settings->folder, 0700, error) : 0;
}

static int listen(struct ksqldb_server *server, const struct ksqldb_server_options *options, struct error *error) {
    struct http_service_options service = {.name = "ksqldb",
                                           .address = options->address,
                                           .port = options->port,
                                           .explicit_port = options->explicit_port,
                                           .user = options->user,
                                           .password = options->password};
    rest_fill_service(&server->desk, &service);
    if (http_server_listen(options->http, &service, &server->port, error) != 0)
        return -1;
    server->listens = true;
    snprintf(server->settings.host, sizeof server->settings.host, "%.60s:%u", options->address, server->port);
    return 0;
}

static int wait_until_ready(struct ksqldb_server *server, struct error *error) {
    struct message *message = mailbox_receive(server->started, -1);
    struct error reported = ((struct start_report *)message)->error;
    message_free(message);
    if (!reported.code)
        return 0;
    if (error)
        *error = reported;
    return -1;
}

struct ksqldb_server *ksqldb_server_start(const struct ksqldb_server_options *options, struct error *error) {
    struct ksqldb_server *server = memory_zero(1, sizeof *server);
    server->http = options->http;
    server->inbox = mailbox_new(INBOX);
    server->started = mailbox_new(1);
    rest_open(&server->desk, server->inbox);
    if (fill_settings(&server->settings, options, error) == 0 && listen(server, options, error) == 0) {
        server->thread = thread_start("ksqldb", run, server);
        server->runs = true;
        if (wait_until_ready(server, error) == 0)
            return server;
    }
    ksqldb_server_stop(server);
    return NULL;
}

uint16_t ksqldb_server_port(const struct ksqldb_server *server) {
    return server->port;
}

void ksqldb_server_stop(struct ksqldb_server *server) {
    if (!server)
        return;
    server->desk.state = SERVER_STOPPING;
    if (server->listens)
        http_server_unlisten(server->http, server->port);
    mailbox_close(server->inbox);
    if (server->runs)
        thread_join(server->thread);
    mailbox_free(server->inbox);
    mailbox_free(server->started);
    rest_close(&server->desk);
    profile_release(server->settings.profile);
    memory_free(server->settings.service_id);
    memory_free(server->settings.zone);
    memory_free(server->settings.folder);
    memory_free(server);
}
