/* Plain mode: commands one a line from standard input, events as sentences. Also for screen readers and scripts. */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/runs.h"

enum { TURN_MS = 50, SETTLE_MS = 60000 };

static bool read_input(struct text *input, bool *ended) {
    char piece[4096];
    struct pollfd wait = {.fd = STDIN_FILENO, .events = POLLIN};
    if (poll(&wait, 1, 0) <= 0)
        return false;
    ssize_t got = read(STDIN_FILENO, piece, sizeof piece);
    if (got <= 0)
        *ended = true;
    else
        text_append_bytes(input, piece, (size_t)got);
    return got > 0;
}

/* What waits for its answer, which is the next line. Quitting asks nothing here: what runs is stopped in order. */
struct asked {
    struct question question;
    struct text line;
};

static void forget(struct asked *asked) {
    question_free(&asked->question);
    text_free(&asked->line);
}

static bool asks_first(struct session *session, struct view line, struct asked *asked) {
    if (!action_ask(&session->context, line, &asked->question))
        return false;
    bool name = asked->question.kind == QUESTION_NAME;
    if (!name && asked->question.kind != QUESTION_YES_NO) {
        forget(asked);
        return false;
    }
    text_append(&asked->line, line);
    printf("%s\n%s", text_string(&asked->question.title), text_string(&asked->question.body));
    if (name)
        printf("Type %s to go ahead; any other line leaves everything as it is.\n", asked->question.name);
    else
        printf("Type y to go ahead; any other line leaves everything as it is.\n");
    fflush(stdout);
    return true;
}

static bool answers(const struct asked *asked, struct view line) {
    return asked->question.kind == QUESTION_NAME ? view_equal(line, view_of(asked->question.name))
                                                 : view_equal_ignoring_case(line, VIEW("y"));
}

static bool run_line(struct session *session, struct view line, struct asked *asked) {
    struct error error = {0};
    struct text confirmed = TEXT_EMPTY;
    bool failed = false;
    if (asked->question.kind != QUESTION_NONE) {
        if (answers(asked, line))
            text_append(&confirmed, text_view(&asked->line));
        else
            printf("Nothing was done.\n");
        forget(asked);
        line = text_view(&confirmed);
    } else if (asks_first(session, line, asked)) {
        return false;
    }
    if (action_run(&session->context, line, &error) != 0) {
        fprintf(stderr, "error: %s\n", error.message);
        failed = true;
    }
    text_free(&confirmed);
    return failed;
}

/* Runs the whole lines that came; the last one also without its line end when the input is over. */
static bool run_lines(struct session *session, struct text *input, bool ended, struct asked *asked) {
    bool failed = false;
    for (;;) {
        const char *end = input->size ? memchr(input->data, '\n', input->size) : NULL;
        if (!end && !(ended && input->size))
            return failed;
        struct view line = {input->data, end ? (size_t)(end - input->data) : input->size};
        failed = run_line(session, view_trim(line), asked) || failed;
        size_t used = line.size + (end ? 1 : 0);
        memmove(input->data, input->data + used, input->size - used);
        input->size -= used;
    }
}

/* A server that goes away or comes back is news, as the title bar shows it. */
static void tell_servers(const struct session *session, enum model_server_state known[SERVER_COUNT]) {
    static const char *const names[SERVER_COUNT] = {"Kafka", "The schema registry", "ksqlDB", "Connect"};
    for (int i = 0; i < SERVER_COUNT; i++) {
        const struct model_server *server = &session->model->servers[i];
        if (server->state == SERVER_DOWN && known[i] != SERVER_DOWN)
            printf("%s is away: %s\n", names[i], server->error ? server->error : "no answer");
        else if (server->state == SERVER_READY && known[i] == SERVER_DOWN)
            printf("%s answers again.\n", names[i]);
        known[i] = server->state;
    }
    fflush(stdout);
}

static void greet(const struct session *session) {
    const char *kafka = profile_get(session->profile, "bootstrap.servers");
    if (session->options->profile)
        printf("Profile %s", profile_name(session->profile));
    else
        printf("%s", session->joined ? "Joined the servers of another fraudscope" : "Servers are up");
    printf(", %s. Commands one a line; help lists them, quit ends.\n", kafka ? kafka : "no Kafka");
    fflush(stdout);
}

int run_plain(struct options *options) {
    struct session session;
    struct error error = {0};
    struct text input = TEXT_EMPTY;
    struct asked asked = {0};
    enum model_server_state known[SERVER_COUNT] = {SERVER_ABSENT};
    bool ended = false, failed = false;
    session_catch_signals();
    if (session_open(&session, options, SERVICES_ALL, &error) != 0) {
        fprintf(stderr, "fraudscope: %s\n", error.message);
        session_close(&session);
        return session_exit_of(&error);
    }
    greet(&session);
    while (!session.context.quit && !session_interrupted() && !(ended && input.size == 0)) {
        session_turn(&session, TURN_MS);
        if (!ended)
            read_input(&input, &ended);
        failed = run_lines(&session, &input, ended, &asked) || failed;
        failed = session_print_messages(&session, false) || failed;
        tell_servers(&session, known);
    }
    if (asked.question.kind != QUESTION_NONE) {
        const char *line = text_string(&asked.line);
        size_t word = strcspn(line, " ");
        fprintf(stderr, "error: `%s` was not confirmed: the input ended; `%.*s!%s` does not ask\n", line, (int)word,
                line, line + word);
        failed = true;
        forget(&asked);
    }
    session_settle(&session, SETTLE_MS, false); /* the last lines of a script count too */
    failed = session_print_messages(&session, false) || failed;
    text_free(&input);
    bool interrupted = session_interrupted();
    session_close(&session);
    return interrupted ? EXIT_INTERRUPTED : failed ? EXIT_FAILED : EXIT_DONE;
}
