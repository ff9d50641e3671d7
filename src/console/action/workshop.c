/* Steps, clean-up, settings, help and the end. */
#include <string.h>

#include "console/action/families.h"
#include "console/model/event.h"
#include "foundation/base/memory.h"

static const char *const state_words[] = {"open", "running", "done", "failed", "done by hand"};

static int step_number(const struct command_context *context, const char *word, int *number, struct error *error) {
    int64_t value;
    if (!view_to_int64(view_of(word), &value) || !guide_step(context->guide, (int)value))
        return error_set(error, ERROR_NOT_FOUND, "there is no step '%s'; they are 1 to %zu", word,
                         context->guide->count);
    *number = (int)value;
    return 0;
}

int action_step(struct command_context *context, const struct command_line *line, struct error *error) {
    if (context->guide->count == 0)
        return error_set(error, ERROR_NOT_FOUND, "no steps are loaded");
    int number = context->guide->steps[context->guide->current].number;
    if (line->count != 2)
        return action_usage("step", error);
    if (strcmp(line->words[1], "next") == 0)
        number++;
    else if (strcmp(line->words[1], "prev") == 0)
        number--;
    else if (step_number(context, line->words[1], &number, error) != 0)
        return -1;
    guide_select(context->guide, number);
    const struct step *step = &context->guide->steps[context->guide->current];
    event_post_message(context->events, MESSAGE_INFO, "Step %d: %s, %s.", step->number, step->title,
                       state_words[step->state]);
    return 0;
}

int action_check(struct command_context *context, const struct command_line *line, struct error *error) {
    int number = context->guide->count ? context->guide->steps[context->guide->current].number : 0;
    if (line->count > 2)
        return action_usage("check", error);
    if (line->count == 2 && step_number(context, line->words[1], &number, error) != 0)
        return -1;
    const struct step *step = guide_step(context->guide, number);
    for (size_t i = 0; step && i < step->check_count; i++)
        event_post_message(context->events, step->checks[i].ok ? MESSAGE_OK : MESSAGE_INFO, "Step %d, %s: %s, %s",
                           number, step->checks[i].name, step->checks[i].ok ? "holds" : "does not hold",
                           step->checks[i].detail);
    return 0;
}

int action_mark(struct command_context *context, const struct command_line *line, struct error *error) {
    int number;
    if (line->count != 3 || (strcmp(line->words[2], "done") != 0 && strcmp(line->words[2], "todo") != 0))
        return action_usage("mark", error);
    if (step_number(context, line->words[1], &number, error) != 0)
        return -1;
    guide_mark(context->guide, number, line->words[2][0] == 'd');
    return 0;
}

int action_timer(struct command_context *context, const struct command_line *line, struct error *error) {
    static const char *const words[] = {"start", "pause", "reset"};
    const struct guide *guide = context->guide;
    bool runs = guide->timer_started_ms && !guide->timer_paused_ms;
    int what = runs ? TIMER_PAUSE : TIMER_START;
    for (int i = 0; line->count == 2 && i < 3; i++)
        if (strcmp(words[i], line->words[1]) == 0)
            what = i;
    if (line->count > 2 || (line->count == 2 && strcmp(words[what], line->words[1]) != 0))
        return action_usage("timer", error);
    guide_timer(context->guide, (enum guide_timer)what, clock_wall_ms(context->clock));
    return 0;
}

int action_cleanup(struct command_context *context, const struct command_line *line, struct error *error) {
    (void)line, (void)error;
    services_send(context->services, request_new(SERVICE_CLEANUP, REQUEST_CLEANUP, NULL));
    return 0;
}

int action_bundle(struct command_context *context, const struct command_line *line, struct error *error) {
    if (line->count != 2)
        return action_usage("bundle", error);
    struct text steps = TEXT_EMPTY;
    for (size_t i = 0; i < context->guide->count; i++) {
        const struct step *step = &context->guide->steps[i];
        text_append_format(&steps, "# %d. %s\n\n%s\n", step->number, step->title, step->explanation);
        for (size_t j = 0; j < step->command_count; j++)
            text_append_format(&steps, "    %s\n", step->commands[j]);
        text_append_char(&steps, '\n');
    }
    struct request *request = request_new(SERVICE_FILES, REQUEST_BUNDLE, line->words[1]);
    request->more = text_take(&steps);
    services_send(context->services, request);
    return 0;
}

int action_set(struct command_context *context, const struct command_line *line, struct error *error) {
    struct settings *settings = context->settings;
    const char *name = line->count > 1 ? line->words[1] : "", *value = line->count > 2 ? line->words[2] : NULL;
    double number = 0;
    if (line->count > 3)
        return action_usage("set", error);
    if (strcmp(name, "fraud-chance") == 0) {
        if (!value || !view_to_double(view_of(value), &number) || number < 0 || number > 100)
            return error_set(error, ERROR_INVALID, "fraud-chance is a percentage from 0 to 100");
        struct request *request = request_new(SERVICE_PRODUCER, REQUEST_CHANCE, NULL);
        request->number = number / 100;
        services_send(context->services, request);
        return 0;
    }
    if (strcmp(name, "mask") == 0) {
        if (value && strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
            return error_set(error, ERROR_INVALID, "mask is on or off");
        settings->mask = value ? value[1] == 'n' : settings->mask;
        event_post_message(context->events, MESSAGE_INFO, "mask is %s", settings->mask ? "on" : "off");
        return 0;
    }
    if (strcmp(name, "high") == 0) {
        if (value && (!view_to_int64(view_of(value), &settings->high) || settings->high < 0))
            return error_set(error, ERROR_INVALID, "high is an amount");
        event_post_message(context->events, MESSAGE_INFO, "amounts from %lld on are marked", (long long)settings->high);
        return 0;
    }
    if (strcmp(name, "fps") == 0) {
        if (value && (!view_to_double(view_of(value), &number) || number < 1 || number > 60))
            return error_set(error, ERROR_INVALID, "fps is a number from 1 to 60");
        settings->fps = value ? (int)number : settings->fps;
        event_post_message(context->events, MESSAGE_INFO, "at most %d frames a second", settings->fps);
        return 0;
    }
    if (strcmp(name, "tz") == 0) {
        int offset;
        if (value && (strlen(value) >= sizeof settings->zone || clock_zone_offset(value, 0, &offset, error) != 0))
            return -1;
        if (value)
            memcpy(settings->zone, value, strlen(value) + 1);
        event_post_message(context->events, MESSAGE_INFO, "times are shown in %s", settings->zone);
        return 0;
    }
    return action_usage("set", error);
}

int action_help(struct command_context *context, const struct command_line *line, struct error *error) {
    struct text text = TEXT_EMPTY;
    if (line->count > 2)
        return action_usage("help", error);
    if (line->count == 2) {
        const struct command *command = command_find(action_commands, line->words[1], error);
        if (!command)
            return -1;
        text_append_format(&text, "%s %s: %s", command->name, command->usage, command->help);
    } else {
        command_print_help(action_commands, &text);
    }
    struct view rest = text_view(&text), one;
    while (view_split(&rest, '\n', &one))
        event_post_message(context->events, MESSAGE_INFO, "%.*s", VIEW_ARGS(one));
    text_free(&text);
    return 0;
}

int action_quit(struct command_context *context, const struct command_line *line, struct error *error) {
    (void)error;
    context->quit = true;
    context->quit_at_once = line->bang;
    return 0;
}
