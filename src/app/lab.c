/* `fraudscope lab`: the guide's own steps without a screen; each check is a line. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/runs.h"
#include "foundation/base/clock.h"

enum { STEP_MS = 30000, COMMAND_MS = 10000, TURN_MS = 20, CLEAN_UP_STEP = 10, DETECT_STEP = 9 };

static bool takes_no_answer(const char *command) {
    return strncmp(command, ":test", 5) == 0;
}

/* Commands are requests: the next one goes out when the service has said how the last one ended. */
static int run_command(struct session *session, const char *command, bool json, struct error *error) {
    size_t before = session->model->messages.count;
    int64_t until = clock_monotonic_ms() + COMMAND_MS;
    if (!json)
        printf("  %s\n", command);
    if (action_run(&session->context, view_of(command), error) != 0)
        return -1;
    while (!takes_no_answer(command) && clock_monotonic_ms() < until && !session_interrupted()) {
        session_turn(session, TURN_MS);
        if (session->model->messages.count > before && session->model->jobs.count == 0)
            break;
    }
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
    while (!refused && !all_hold(step) && clock_monotonic_ms() - began < STEP_MS && !session_interrupted()) {
        session_turn(session, TURN_MS);
        guide_update(session->guide, session->model, clock_wall_ms(NULL));
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

static void print_latency(const char *name, const struct model_latency *latency) {
    int64_t now = clock_wall_ms(NULL);
    printf(",\"%s\":{\"p50\":%lld,\"p99\":%lld}", name, (long long)model_latency_percentile(latency, now, 50),
           (long long)model_latency_percentile(latency, now, 99));
}

int run_lab(struct options *options) {
    struct session session;
    struct error error = {0};
    int passed = 0, result = EXIT_DONE;
    session_catch_signals();
    if (session_open(&session, options, SERVICES_ALL, &error) != 0) {
        fprintf(stderr, "fraudscope lab: %s\n", error.message);
        session_close(&session);
        return session_exit_of(&error);
    }
    for (int number = 1; number <= options->until && number < CLEAN_UP_STEP && result == EXIT_DONE; number++) {
        if (run_step(&session, number, options->json))
            passed++;
        else
            result = session_interrupted() ? EXIT_INTERRUPTED : EXIT_FAILED;
        if (number == DETECT_STEP && result == EXIT_DONE)
            run_for(&session, options->for_ms);
    }
    if ((options->clean_up || options->until >= CLEAN_UP_STEP) && !session_interrupted()) {
        if (run_step(&session, CLEAN_UP_STEP, options->json))
            passed++;
        else
            result = result == EXIT_DONE ? EXIT_FAILED : result;
    }
    if (options->json) {
        printf("{\"done\":true,\"steps_passed\":%d,\"servers_ready_ms\":%.1f", passed, session.ready_ms);
        print_latency("to_window_ms", &session.model->to_window);
        print_latency("to_alert_ms", &session.model->to_alert);
        printf("}\n");
    } else {
        printf("%d steps passed, servers ready after %.0f ms\n", passed, session.ready_ms);
    }
    session_close(&session);
    return result;
}
