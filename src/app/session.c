#include "app/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/kafka.h"
#include "console/guide/defaults.h"
#include "console/model/event.h"
#include "foundation/base/file.h"
#include "foundation/base/log.h"
#include "foundation/base/memory.h"
#include "foundation/base/utf8.h"

enum { EVENTS = 4096, STOP_MS = 5000, APPLY_MS = 20 };

int session_exit_of(const struct error *error) {
    switch (error->code) {
    case ERROR_INVALID:
        return EXIT_USE;
    case ERROR_UNREACHABLE:
    case ERROR_TIMEOUT:
    case ERROR_DENIED:
        return EXIT_REACH;
    default:
        return EXIT_FAILED;
    }
}

/* Signals are blocked in every thread and taken by sigtimedwait on the main one: no handler, nothing mutable. */
void session_catch_signals(void) {
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &wanted, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* A pending signal stays pending, so every later question has the same answer. */
bool session_interrupted(void) {
    sigset_t pending;
    return sigpending(&pending) == 0 && (sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1 ||
                                         sigismember(&pending, SIGHUP) == 1);
}

bool session_ended(void) {
    sigset_t pending;
    return sigpending(&pending) == 0 && (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGHUP) == 1);
}

bool session_take_interrupt(void) {
    const struct timespec now = {0};
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGINT);
    return sigtimedwait(&wanted, NULL, &now) == SIGINT;
}

static char *describe_peers(const struct embedded_event *event) {
    struct text text = TEXT_EMPTY;
    for (int64_t i = 0; i < event->done; i++) {
        embedded_peer_print(&event->peers[i], &text);
        text_append_char(&text, '\n');
    }
    return text_take(&text);
}

/* What other programs have open; who has not said a word yet may be one of ours. */
static int count_guests(const struct embedded_event *event) {
    char own[KAFKA_CLIENT_ID];
    int guests = 0;
    kafka_client_id(own);
    for (int64_t i = 0; i < event->done; i++)
        guests += *event->peers[i].client_id && strcmp(event->peers[i].client_id, own) != 0;
    return guests;
}

static void on_embedded(void *context, const struct embedded_event *event) {
    struct session *session = context;
    if (event->kind == EMBEDDED_RECOVERING && session->options->starting)
        session->options->starting(session->options->starting_context, event->done, event->total);
    if (event->kind == EMBEDDED_RECOVERING) {
        event_post_message(session->events, MESSAGE_INFO, "Recovering the log: %lld of %lld MB checked",
                           (long long)event->done >> 20, (long long)event->total >> 20);
        return;
    }
    if (event->kind == EMBEDDED_TROUBLE)
        event_post_message(session->events, MESSAGE_WARN, "%s", event->message);
    if (event->kind != EMBEDDED_PEERS && event->kind != EMBEDDED_DISK)
        return;
    struct event_embedded *news = event_new(&event_embedded_kind);
    news->message.key = (uint64_t)event->kind;
    news->peers = event->kind == EMBEDDED_PEERS ? (int)event->done : -1;
    if (event->kind == EMBEDDED_PEERS) {
        news->who = describe_peers(event);
        news->guests = count_guests(event);
    }
    news->free_disk = event->kind == EMBEDDED_DISK ? event->done : -1;
    mailbox_send(session->events, &news->message);
}

struct embedded_options session_embedded_options(const struct options *options) {
    struct embedded_options embedded = EMBEDDED_OPTIONS_INIT;
    embedded.data = options->data;
    embedded.fresh = options->fresh;
    embedded.memory = options->memory;
    embedded.sync = options->sync;
    embedded.strict_replication = options->strict_replication;
    embedded.listen = options->listen;
    embedded.limits = options->limits;
    embedded.kafka_port = options->kafka_port;
    embedded.registry_port = options->registry_port;
    embedded.ksqldb_port = options->ksqldb_port;
    embedded.connect_port = options->connect_port;
    embedded.zone = options->zone;
    embedded.clock = options->clock.fixed ? &options->clock : NULL;
    return embedded;
}

static int open_servers(struct session *session, struct error *error) {
    struct options *options = session->options;
    if (options->profile) {
        struct text folder = TEXT_EMPTY;
        session->profile = profile_load(options->profile, error);
        if (!session->profile)
            return -1;
        const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
        text_append_format(&folder, "%s%s/fraudscope/profiles/%s",
                           state && *state ? state
                           : home          ? home
                                           : "/tmp",
                           state && *state ? "" : "/.local/state", profile_name(session->profile));
        session->folder = text_take(&folder);
        return 0;
    }
    struct embedded_options embedded = session_embedded_options(options);
    embedded.report = on_embedded;
    embedded.context = session;
    int64_t began = clock_monotonic_ns();
    session->embedded = embedded_start(&embedded, error);
    session->ready_ms = (double)(clock_monotonic_ns() - began) / 1e6;
    if (session->embedded) {
        session->profile = embedded_profile(session->embedded);
        session->folder = memory_copy_string(embedded_folder(session->embedded));
        return 0;
    }
    if (error->code != ERROR_BUSY || options->memory)
        return -1;
    struct error joining = {0};
    session->profile = embedded_join(options->data, &joining);
    if (!session->profile)
        return -1;
    session->joined = true;
    error_clear(error);
    session->folder = options->data ? memory_copy_string(options->data) : embedded_default_folder();
    return 0;
}

static void post_profile(struct session *session) {
    static const char *const names[SERVER_COUNT] = {"bootstrap.servers", "schema.registry.url", "ksqldb.url",
                                                    "connect.url"};
    struct event_profile *event = event_new(&event_profile_kind);
    event->name = memory_copy_string(profile_name(session->profile));
    event->data_folder = session->embedded ? memory_copy_string(session->folder) : NULL;
    if (session->embedded) {
        struct text room = TEXT_EMPTY;
        embedded_room(session->embedded, &room);
        event->room = text_take(&room);
    }
    event->capabilities = profile_capabilities(session->profile);
    for (int i = 0; i < SERVER_COUNT; i++)
        event->addresses[i] = memory_copy_string(profile_get(session->profile, names[i]));
    mailbox_send(session->events, &event->message);
}

static int load_steps(struct session *session, struct error *error) {
    const char *words = profile_capability_words(session->profile);
    for (size_t i = 0; i < guide_defaults_count; i++)
        if (guide_load(session->guide, (struct view){guide_defaults[i].text, guide_defaults[i].size},
                       guide_defaults[i].name, words, error) != 0)
            return -1;
    return 0;
}

int session_open(struct session *session, struct options *options, unsigned services, struct error *error) {
    *session = (struct session){.options = options, .settings = SETTINGS_INIT};
    session->events = mailbox_new(EVENTS);
    session->model = model_new();
    session->guide = guide_new();
    if (options->zone) {
        int offset;
        if (strlen(options->zone) >= sizeof session->settings.zone ||
            clock_zone_offset(options->zone, 0, &offset, error) != 0)
            return -1;
        memcpy(session->settings.zone, options->zone, strlen(options->zone) + 1);
    }
    if (open_servers(session, error) != 0)
        return -1;
    char *log_path = file_join(session->folder, "fraudscope.log");
    struct error log_error = {0};
    if (file_make_folders(session->folder, 0700, error) != 0) {
        memory_free(log_path);
        return -1;
    }
    if (log_open(log_path, &log_error) != 0)
        event_post_message(session->events, MESSAGE_WARN, "No log is kept: %s", log_error.message);
    memory_free(log_path);
    session->http = http_client_new(error);
    if (!session->http || load_steps(session, error) != 0)
        return -1;
    post_profile(session);
    struct service_context context = {
        .events = session->events,
        .profile = session->profile,
        .http = session->http,
        .clock = options->clock.fixed ? &options->clock : NULL,
        .seed = options->seed,
        .folder = session->folder,
        .deferred_tail = services != SERVICES_ALL, /* a command tails what it was asked for */
    };
    session->services = services_start(&context, services, error);
    if (!session->services)
        return -1;
    session->context = (struct command_context){
        .services = session->services,
        .model = session->model,
        .guide = session->guide,
        .settings = &session->settings,
        .profile = session->profile,
        .events = session->events,
        .clock = session_clock(session),
    };
    return 0;
}

void session_close(struct session *session) {
    if (session->events)
        session_turn(session, 0);
    /* Services that end may still have something to say: take it, so that none waits for room. */
    services_stop(session->services, STOP_MS);
    session->services = NULL;
    if (session->events)
        session_turn(session, 0);
    http_client_free(session->http);
    profile_release(session->profile);
    embedded_stop(session->embedded);
    guide_free(session->guide);
    model_free(session->model);
    mailbox_free(session->events);
    memory_free(session->folder);
    log_close();
    *session = (struct session){0};
}

const struct clock *session_clock(const struct session *session) {
    return session->options->clock.fixed ? &session->options->clock : NULL;
}

void session_turn(struct session *session, int timeout_ms) {
    struct message *event = mailbox_receive(session->events, timeout_ms);
    int64_t until = clock_monotonic_ms() + APPLY_MS;
    bool any = event != NULL;
    while (event) {
        int64_t now = clock_wall_ms(session_clock(session));
        if (session->seen)
            session->seen(session, event, session->seen_context);
        model_apply(session->model, event, now);
        message_free(event);
        /* What comes without end must not keep keys waiting: the rest is for the next turn. */
        event = clock_monotonic_ms() < until ? mailbox_receive(session->events, 0) : NULL;
    }
    if (any)
        guide_update(session->guide, session->model, clock_wall_ms(session_clock(session)));
}

void session_settle(struct session *session, int timeout_ms, bool last) {
    enum { TURN_MS = 20 };
    int64_t until = clock_monotonic_ms() + timeout_ms;
    while ((last || !session_interrupted()) && clock_monotonic_ms() < until) {
        bool pending = services_pending(session->services) > 0;
        session_turn(session, pending ? TURN_MS : 0);
        if (!pending && session->model->jobs.count == 0)
            break;
    }
}

/* Names and replies in a message come from elsewhere: they must not steer the terminal. Line ends stay. */
static void print_safe(FILE *out, const char *before, const char *text) {
    struct view rest = view_of(text), line;
    struct text safe = TEXT_EMPTY;
    while (view_split(&rest, '\n', &line)) {
        if (safe.size)
            text_append_char(&safe, '\n');
        utf8_display(&safe, line);
    }
    fprintf(out, "%s%s\n", before, text_string(&safe));
    text_free(&safe);
}

bool session_print_messages(struct session *session, bool quiet) {
    bool failed = false;
    const struct model *model = session->model;
    uint64_t gone = model->message_total - model->messages.count;
    if (session->messages_shown < gone)
        session->messages_shown = gone;
    for (; session->messages_shown < model->message_total; session->messages_shown++) {
        const struct model_message *message = &model->messages.items[session->messages_shown - gone];
        failed = failed || message->level == MESSAGE_ERROR;
        if (message->level >= MESSAGE_WARN)
            print_safe(stderr, message->level == MESSAGE_ERROR ? "error: " : "warning: ", message->text);
        else if (!quiet)
            print_safe(stdout, "", message->text);
    }
    fflush(stdout);
    return failed;
}
