/* `fraudscope lab`: the guide's own steps without a screen; each check is a line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/runs.h"
#include "console/model/event.h"
#include "foundation/base/clock.h"
#include "foundation/base/vector.h"

enum {
    STEP_MS = 30000,
    ANSWER_MS = 10000,  /* step 1: every server answers or is not there */
    COMMAND_MS = 60000, /* as long as a statement may take */
    TURN_MS = 20,
    MEASURE_MS = 5000, /* of step 9 when --for does not say */
    PRODUCE_STEP = 7,
    QUERY_STEP = 8,
    DETECT_STEP = 9,
    CLEAN_UP_STEP = 10,
};

/* From a transaction to a reader of its window, and to its alert: every sample from the moment the queries run, since
 * what waited for them tells nothing about their speed. */
struct figures {
    bool running;
    VECTOR(int64_t) to_window, to_alert;
};

static void collect(struct session *session, const struct message *message, void *context) {
    struct figures *figures = context;
    (void)session;
    if (!figures->running || message->kind != &event_latency_kind)
        return;
    const struct event_latency *latency = (const struct event_latency *)message;
    if (latency->to_alert)
        vector_push(&figures->to_alert, latency->ms);
    else
        vector_push(&figures->to_window, latency->ms);
}

static int by_size(const void *a, const void *b) {
    const int64_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

/* Sorts them. */
static int64_t percentile(int64_t *samples, size_t count, size_t percent) {
    qsort(samples, count, sizeof *samples, by_size);
    return samples[(count - 1) * percent / 100];
}

static void print_figures(const char *name, int64_t *samples, size_t count) {
    if (count)
        printf(",\"%s\":{\"p50\":%lld,\"p99\":%lld}", name, (long long)percentile(samples, count, 50),
               (long long)percentile(samples, count, 99));
    else
        printf(",\"%s\":{\"p50\":null,\"p99\":null}", name);
}

static void tell_figures(const char *what, int64_t *samples, size_t count) {
    if (count)
        printf("from a transaction to its %s: half of %zu within %lld ms, 99 of 100 within %lld ms\n", what, count,
               (long long)percentile(samples, count, 50), (long long)percentile(samples, count, 99));
}

/* Commands are requests: the next one goes out when the last one was dealt with. */
static int run_command(struct session *session, const char *command, bool json, struct error *error) {
    if (!json)
        printf("  %s\n", command);
    if (action_run(&session->context, view_of(command), error) != 0)
        return -1;
    session_settle(session, COMMAND_MS, false);
    session_print_messages(session, true);
    return 0;
}

static bool all_hold(const struct step *step) {
    for (size_t i = 0; i < step->check_count; i++)
        if (!step->checks[i].ok)
            return false;
    return true;
}

static void print_check(const struct step *step, const struct step_check *check, int64_t ms, bool json) {
    if (json) {
        struct text line = TEXT_EMPTY;
        text_append_format(&line, "{\"step\":%d,\"check\":", step->number);
        text_append_json(&line, view_of(check->name));
        text_append_format(&line, ",\"ok\":%s,\"ms\":%lld,\"detail\":", check->ok ? "true" : "false", (long long)ms);
        text_append_json(&line, view_of(check->detail));
        printf("%s}\n", text_string(&line));
        text_free(&line);
    } else {
        printf("  %s %-44s %s\n", check->ok ? "ok  " : "FAIL", check->name, check->detail);
    }
    fflush(stdout);
}

static bool run_step(struct session *session, int number, bool json) {
    const struct step *step = guide_step(session->guide, number);
    struct error error = {0};
    int64_t began = clock_monotonic_ms();
    bool refused = false;
    if (!json)
        printf("step %d: %s\n", number, step->title);
    guide_select(session->guide, number);
    for (size_t i = 0; i < step->command_count && !session_interrupted() && !refused; i++) {
        guide_enter(session->guide);
        const char *command = guide_enter(session->guide);
        if (command && run_command(session, command, json, &error) != 0) {
            fprintf(stderr, "error: %s\n", error.message);
            refused = true;
        }
    }
    int64_t most = number == 1 ? ANSWER_MS : STEP_MS;
    while (!refused && !all_hold(step) && clock_monotonic_ms() - began < most && !session_interrupted()) {
        session_turn(session, TURN_MS);
        guide_update(session->guide, session->model, clock_wall_ms(session_clock(session)));
        session_print_messages(session, true);
    }
    for (size_t i = 0; i < step->check_count; i++)
        print_check(step, &step->checks[i], clock_monotonic_ms() - began, json);
    return !refused && all_hold(step);
}

static void run_for(struct session *session, int64_t ms) {
    int64_t until = clock_monotonic_ms() + ms;
    while (clock_monotonic_ms() < until && !session_interrupted())
        session_turn(session, TURN_MS);
}

static void print_end(struct session *session, struct figures *figures, int passed, bool json) {
    if (!json) {
        printf("%d steps passed, servers ready after %.0f ms\n", passed, session->ready_ms);
        tell_figures("window", figures->to_window.items, figures->to_window.count);
        tell_figures("alert", figures->to_alert.items, figures->to_alert.count);
        return;
    }
    printf("{\"done\":true,\"steps_passed\":%d,\"servers_ready_ms\":%.1f", passed, session->ready_ms);
    print_figures("to_window_ms", figures->to_window.items, figures->to_window.count);
    print_figures("to_alert_ms", figures->to_alert.items, figures->to_alert.count);
    printf("}\n");
}

/* --rate holds for the producer that step 7 starts. */
static int set_rate(struct session *session, double rate, struct error *error) {
    char line[64] = "producer rate max";
    if (rate == 0)
        return 0;
    if (rate > 0)
        snprintf(line, sizeof line, "producer rate %g", rate);
    return action_run(&session->context, view_of(line), error);
}

static bool any_away(const struct session *session) {
    for (int i = 0; i < SERVER_COUNT; i++)
        if (session->model->servers[i].state == SERVER_DOWN)
            return true;
    return false;
}

static int run_steps(struct session *session, struct figures *figures, int *passed) {
    struct options *options = session->options;
    struct error error = {0};
    int result = EXIT_DONE;
    for (int number = 1; number <= options->until && number < CLEAN_UP_STEP && result == EXIT_DONE; number++) {
        bool held = run_step(session, number, options->json);
        if (session_interrupted())
            return EXIT_INTERRUPTED;
        if (!held)
            return any_away(session) ? EXIT_REACH : EXIT_FAILED;
        ++*passed;
        if (number == PRODUCE_STEP && set_rate(session, options->rate, &error) != 0) {
            fprintf(stderr, "error: %s\n", error.message);
            return EXIT_USE;
        }
        figures->running = figures->running || number == QUERY_STEP;
        if (number == DETECT_STEP)
            run_for(session, options->for_ms ? options->for_ms : MEASURE_MS);
    }
    return session_interrupted() ? EXIT_INTERRUPTED : result;
}

int run_lab(struct options *options) {
    struct session session;
    struct figures figures = {0};
    struct error error = {0};
    int passed = 0;
    session_catch_signals();
    if (session_open(&session, options, SERVICES_ALL, &error) != 0) {
        fprintf(stderr, "fraudscope lab: %s\n", error.message);
        session_close(&session);
        return session_exit_of(&error);
    }
    if (session.joined)
        fprintf(stderr, "Joined the servers of another fraudscope on this machine.\n");
    session.seen = collect;
    session.seen_context = &figures;
    int result = run_steps(&session, &figures, &passed);
    if ((options->clean_up || options->until >= CLEAN_UP_STEP) && result != EXIT_INTERRUPTED) {
        figures.running = false;
        if (run_step(&session, CLEAN_UP_STEP, options->json))
            passed++;
        else
            result = session_interrupted() ? EXIT_INTERRUPTED : EXIT_FAILED;
    }
    print_end(&session, &figures, passed, options->json);
    session_close(&session);
    vector_free(&figures.to_window);
    vector_free(&figures.to_alert);
    return result;
}
