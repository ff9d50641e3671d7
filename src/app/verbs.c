/* One action each, its events printed as sentences. */
#include <stdio.h>
#include <string.h>

#include "app/runs.h"
#include "console/model/event.h"
#include "foundation/base/clock.h"
#include "foundation/base/utf8.h"
#include "lab/topics.h"

enum { TURN_MS = 50, ANSWER_MS = 10000, SETTLE_MS = 60000, LAST_MS = 6000 };

/* Every server that the verb needs answers, or the first that does not is named. */
static int reach(struct session *session, unsigned needs) {
    static const unsigned of[SERVER_COUNT] = {PROFILE_KAFKA, PROFILE_REGISTRY, PROFILE_KSQLDB, PROFILE_CONNECT};
    int64_t until = clock_monotonic_ms() + ANSWER_MS;
    for (int i = 0; i < SERVER_COUNT; i++) {
        const struct model_server *server = &session->model->servers[i];
        if (!(needs & of[i]) || !(profile_capabilities(session->profile) & of[i]))
            continue; /* an address that is missing is for the service to name */
        while (server->state != SERVER_READY && server->state != SERVER_DOWN && clock_monotonic_ms() < until) {
            if (session_interrupted())
                return EXIT_INTERRUPTED;
            session_turn(session, TURN_MS);
        }
        if (server->state == SERVER_READY)
            continue;
        fprintf(stderr, "error: %s\n", server->error ? server->error : "no answer in time");
        return EXIT_REACH;
    }
    return EXIT_DONE;
}

/* needs: capabilities of the profile without which the verb can do nothing. */
static int open_or_complain(struct session *session, struct options *options, unsigned services, unsigned needs) {
    struct error error = {0};
    session_catch_signals();
    if (session_open(session, options, services | 1u << SERVICE_WATCH, &error) != 0) {
        fprintf(stderr, "fraudscope: %s\n", error.message);
        session_close(session);
        return session_exit_of(&error);
    }
    if (session->joined)
        fprintf(stderr, "Joined the servers of another fraudscope on this machine.\n");
    int result = reach(session, needs);
    if (result != EXIT_DONE)
        session_close(session);
    return result;
}

static int command(struct session *session, const char *line) {
    struct error error = {0};
    if (action_run(&session->context, view_of(line), &error) == 0)
        return EXIT_DONE;
    fprintf(stderr, "error: %s\n", error.message);
    return EXIT_USE;
}

/* Until interrupted, or for the time asked. */
static int go_on(struct session *session, int64_t for_ms) {
    int64_t until = clock_monotonic_ms() + for_ms;
    bool failed = false;
    while (!session_interrupted() && (for_ms == 0 || clock_monotonic_ms() < until)) {
        session_turn(session, TURN_MS);
        failed = session_print_messages(session, false) || failed;
    }
    return failed ? EXIT_FAILED : session_interrupted() ? EXIT_INTERRUPTED : EXIT_DONE;
}

/* Until the services have dealt with it. */
static int settle(struct session *session, bool last) {
    session_settle(session, last ? LAST_MS : SETTLE_MS, last);
    return session_print_messages(session, false) ? EXIT_FAILED : EXIT_DONE;
}

int run_produce(struct options *options) {
    struct session session;
    int result = open_or_complain(&session, options, 1u << SERVICE_PRODUCER | 1u << SERVICE_TOPICS,
                                  PROFILE_KAFKA | PROFILE_REGISTRY);
    if (result != EXIT_DONE)
        return result;
    char line[64];
    if (options->rate < 0)
        snprintf(line, sizeof line, "producer start max");
    else
        snprintf(line, sizeof line, "producer start %g", options->rate > 0 ? options->rate : 1);
    if ((result = command(&session, "topic create workshop")) == EXIT_DONE &&
        (result = settle(&session, false)) == EXIT_DONE && (result = command(&session, line)) == EXIT_DONE) {
        result = go_on(&session, options->for_ms);
        command(&session, "producer stop");
        settle(&session, true);
    }
    session_close(&session);
    return options->for_ms == 0 && result == EXIT_INTERRUPTED ? EXIT_DONE : result;
}

static void print_tail(struct session *session, const struct message *message, void *context) {
    (void)context, (void)session;
    if (message->kind != &event_tail_kind)
        return;
    const struct event_tail *event = (const struct event_tail *)message;
    for (size_t i = 0; i < event->count; i++) {
        const struct tail_row *row = event->rows[i];
        struct text line = TEXT_EMPTY;
        if (row->skipped_before)
            fprintf(stderr, "... %llu rows skipped ...\n", (unsigned long long)row->skipped_before);
        text_append_format(&line, "%d:%lld\t", row->partition, (long long)row->offset);
        utf8_display(&line,
                     view_of(row->key ? row->key : "<null>")); /* what a record holds must not steer a terminal */
        text_append_string(&line, row->error ? "\tundecodable: " : "\t");
        utf8_display(&line, view_of(row->error ? row->error : row->json ? row->json : "<null>"));
        printf("%s\n", text_string(&line));
        text_free(&line);
    }
    fflush(stdout);
}

int run_tail(struct options *options) {
    struct session session;
    const char *topic = options->word_count > 1 ? options->words[1] : LAB_TOPIC_TRANSACTIONS;
    const char *from = options->word_count > 2 ? options->words[2] : "latest";
    if (options->word_count > 3) {
        fprintf(stderr, "fraudscope tail: '%s' is too much; usage: tail [TOPIC] [earliest|latest|-N|@MS]\n",
                options->words[3]);
        return EXIT_USE;
    }
    int result = open_or_complain(&session, options, 1u << SERVICE_TAIL, PROFILE_KAFKA);
    if (result != EXIT_DONE)
        return result;
    struct text line = TEXT_EMPTY;
    text_append_format(&line, "tail '%s' %s", topic, from);
    session.seen = print_tail;
    result = command(&session, text_string(&line));
    text_free(&line);
    if (result == EXIT_DONE)
        result = go_on(&session, options->for_ms);
    session_close(&session);
    return options->for_ms == 0 && result == EXIT_INTERRUPTED ? EXIT_DONE : result;
}

static void print_alert(struct session *session, const struct message *message, void *context) {
    (void)context, (void)session;
    if (message->kind != &event_alert_kind)
        return;
    const struct model_alert *alert = &((const struct event_alert *)message)->alert;
    struct text text = TEXT_EMPTY, safe = TEXT_EMPTY;
    if (alert->text)
        text_append_string(&text, alert->text);
    else
        text_append_format(&text, "card %.4s **** %s, %lld transactions, total %lld, average %lld, window %s to %s",
                           alert->card, strlen(alert->card) > 4 ? alert->card + strlen(alert->card) - 4 : "",
                           (long long)alert->count, (long long)alert->total, (long long)alert->average,
                           alert->window_start, alert->window_end);
    utf8_display(&safe, text_view(&text));
    printf("alert: %s\n", text_string(&safe));
    text_free(&text);
    text_free(&safe);
    fflush(stdout);
}

int run_detect(struct options *options) {
    struct session session;
    int result = open_or_complain(&session, options, 1u << SERVICE_DETECTOR | 1u << SERVICE_ALERTS,
                                  PROFILE_KAFKA | PROFILE_REGISTRY);
    if (result != EXIT_DONE)
        return result;
    session.seen = print_alert;
    if ((result = command(&session, "detector start")) == EXIT_DONE) {
        result = go_on(&session, options->for_ms);
        command(&session, "detector stop");
        settle(&session, true);
    }
    session_close(&session);
    return options->for_ms == 0 && result == EXIT_INTERRUPTED ? EXIT_DONE : result;
}

struct awaited {
    const struct message_kind *kind;
    bool seen;
};

static void note_awaited(struct session *session, const struct message *message, void *context) {
    struct awaited *awaited = context;
    (void)session;
    awaited->seen = awaited->seen || message->kind == awaited->kind;
}

/* first: an event that must have come before the line makes sense; NULL = none. */
static int one_line(struct options *options, unsigned services, const char *name, unsigned needs,
                    const struct message_kind *first) {
    struct session session;
    struct awaited awaited = {first, first == NULL};
    int result = open_or_complain(&session, options, services, needs);
    if (result != EXIT_DONE)
        return result;
    session.seen = note_awaited;
    session.seen_context = &awaited;
    int64_t until = clock_monotonic_ms() + ANSWER_MS;
    while (!awaited.seen && clock_monotonic_ms() < until && !session_interrupted())
        session_turn(&session, TURN_MS);
    struct text line = TEXT_EMPTY;
    text_append_string(&line, name);
    for (int i = 1; i < options->word_count; i++)
        text_append_format(&line, " '%s'", options->words[i]);
    result = command(&session, text_string(&line));
    text_free(&line);
    if (result == EXIT_DONE)
        result = settle(&session, false);
    session_close(&session);
    return result;
}

int run_topics(struct options *options) {
    bool list = options->word_count == 1;
    return one_line(options, 1u << SERVICE_TOPICS | 1u << SERVICE_RATES, list ? "topics" : "topic", PROFILE_KAFKA,
                    list ? &event_rates_kind : NULL);
}

int run_connector(struct options *options) {
    return one_line(options, 1u << SERVICE_CONNECTOR, options->word_count == 1 ? "connector status" : "connector",
                    PROFILE_CONNECT, NULL);
}

int run_cleanup(struct options *options) {
    return one_line(options,
                    1u << SERVICE_CLEANUP | 1u << SERVICE_PRODUCER | 1u << SERVICE_DETECTOR | 1u << SERVICE_STATEMENTS,
                    "cleanup", PROFILE_KAFKA | PROFILE_REGISTRY | PROFILE_KSQLDB | PROFILE_CONNECT, NULL);
}
