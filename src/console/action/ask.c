/* Nothing destructive runs on one key: these lines ask first. One row a line that asks. */
#include <stdio.h>
#include <string.h>

#include "console/action/action.h"
#include "lab/topics.h"

typedef bool (*asker)(const struct command_context *context, const struct command_line *line,
                      struct question *question);

static void add_line(struct question *question, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add_line(struct question *question, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    text_append_format_v(&question->body, format, arguments);
    va_end(arguments);
    text_append_char(&question->body, '\n');
}

static void set_name(struct question *question, const char *name) {
    question->kind = QUESTION_NAME;
    snprintf(question->name, sizeof question->name, "%s", name);
}

static bool ask_rewind(const struct command_context *context, const struct command_line *line,
                       struct question *question) {
    if (line->count != 3 || strcmp(line->words[1], "rewind") != 0)
        return false;
    const struct model_topic *topic = model_find_topic(context->model, LAB_TOPIC_FEATURES);
    question->kind = QUESTION_YES_NO;
    text_append_string(&question->title, "Rewind the detector");
    add_line(question, "The detector reads FEATURE_SET from its %s record again: %lld rows.", line->words[2],
             topic ? (long long)topic->records : 0LL);
    add_line(question, "Alerts that were raised before are raised again.");
    return true;
}

static bool ask_terminate(const struct command_context *context, const struct command_line *line,
                          struct question *question) {
    if (line->count != 2)
        return false;
    const struct model *model = context->model;
    bool all = strcmp(line->words[1], "all") == 0, any = false;
    question->kind = QUESTION_YES_NO;
    text_append_format(&question->title, "Terminate %s", all ? "all queries" : line->words[1]);
    for (size_t i = 0; i < model->queries.count; i++) {
        const struct model_query *query = &model->queries.items[i];
        if (!all && strcmp(query->id, line->words[1]) != 0)
            continue;
        any = true;
        if (all)
            add_line(question, "%s", query->id);
        else if (query->text)
            add_line(question, "%s", query->text);
    }
    if (any)
        add_line(question, "What it wrote stays; its stream or table stays without new rows.");
    else
        add_line(question, "No query of this name is known here; the server is asked all the same.");
    return true;
}

static bool ask_topic(const struct command_context *context, const struct command_line *line,
                      struct question *question) {
    if (line->count != 3 || strcmp(line->words[1], "delete") != 0)
        return false;
    const struct model_topic *topic = model_find_topic(context->model, line->words[2]);
    set_name(question, line->words[2]);
    text_append_format(&question->title, "Delete topic %s", line->words[2]);
    add_line(question, "Goes:  topic %s, %d partition%s, %lld records", line->words[2], topic ? topic->partitions : 0,
             topic && topic->partitions == 1 ? "" : "s", topic ? (long long)topic->records : 0LL);
    add_line(question, "Stays: its subjects in the registry, streams and tables on it (they fail)");
    return true;
}

static bool ask_connector(const struct command_context *context, const struct command_line *line,
                          struct question *question) {
    if (line->count != 3 || strcmp(line->words[1], "delete") != 0)
        return false;
    const struct model_connector *connector = model_find_connector(context->model, line->words[2]);
    set_name(question, line->words[2]);
    text_append_format(&question->title, "Delete connector %s", line->words[2]);
    add_line(question, "Goes:  connector %s, state %s, %zu tasks", line->words[2],
             connector && connector->state ? connector->state : "unknown", connector ? connector->task_count : 0);
    add_line(question, "Stays: its topic with all records, and its subjects");
    return true;
}

static bool ask_cleanup(const struct command_context *context, const struct command_line *line,
                        struct question *question) {
    const struct model *model = context->model;
    (void)line;
    set_name(question, model->profile_name ? model->profile_name : "clean-up");
    text_append_format(&question->title, "Clean up %s", question->name);
    if (model->created.count == 0) {
        question->kind = QUESTION_NONE;
        return false; /* the service says that there is nothing */
    }
    add_line(question, "Goes, in the order of dependency (%zu things of the ledger):", model->created.count);
    for (size_t i = model->created.count; i-- > 0;)
        add_line(question, "  %s", model->created.items[i]);
    add_line(question, "Stays: everything that the lab did not make%s",
             model->data_folder ? "" : "; in a cloud account it goes on to cost money");
    return true;
}

static void add_staying(const struct model *model, struct question *question) {
    size_t persistent = 0, topics = 0;
    for (size_t i = 0; i < model->queries.count; i++)
        persistent += !model->queries.items[i].is_push;
    for (size_t i = 0; i < model->topics.count; i++)
        topics += !model->topics.items[i].internal;
    add_line(question, "Stays%s: %zu quer%s, %zu connector%s, %zu topic%s.",
             model->data_folder ? " and goes on at the next start" : " in the cluster", persistent,
             persistent == 1 ? "y" : "ies", model->connectors.count, model->connectors.count == 1 ? "" : "s", topics,
             topics == 1 ? "" : "s");
    if (model->data_folder)
        add_line(question, "The servers that were started here stop too.");
}

static bool ask_quit(const struct command_context *context, const struct command_line *line,
                     struct question *question) {
    const struct model *model = context->model;
    (void)line;
    bool producer = model->producer.running, detector = model->detector.running;
    if (!producer && !detector && model->result.state != RESULT_RUNNING)
        return false;
    question->kind = QUESTION_STOP;
    text_append_string(&question->title, "Quit");
    struct text running = TEXT_EMPTY;
    if (producer)
        text_append_format(&running, "producer is running (%.1f/s)", model->producer.actual);
    if (detector)
        text_append_format(&running, "%sdetector is running", running.size ? ", " : "");
    if (model->result.state == RESULT_RUNNING)
        text_append_format(&running, "%sa query streams", running.size ? ", " : "");
    if (running.size)
        running.data[0] =
            (char)(running.data[0] >= 'a' && running.data[0] <= 'z' ? running.data[0] - 32 : running.data[0]);
    add_line(question, "%s.", text_string(&running));
    text_free(&running);
    add_staying(model, question);
    snprintf(question->choices, sizeof question->choices, "[s] stop %s and quit  [c] cancel",
             producer && detector ? "both" : "it");
    text_append_string(&question->line, "quit!");
    return true;
}

static const struct {
    const char *name;
    asker ask;
} rows[] = {
    {"detector", ask_rewind},     {"terminate", ask_terminate}, {"topic", ask_topic},
    {"connector", ask_connector}, {"cleanup", ask_cleanup},     {"quit", ask_quit},
};

bool action_ask(const struct command_context *context, struct view text, struct question *question) {
    struct command_list list;
    bool asks = false;
    if (command_parse(text, action_commands, &list, NULL) != 0)
        return false;
    for (size_t i = 0; i < list.count && !asks; i++) {
        if (list.lines[i].bang) /* typed with its mark, like quit!: meant as it stands */
            continue;
        const struct command *command = command_find(action_commands, list.lines[i].words[0], NULL);
        for (size_t j = 0; command && command->flags & COMMAND_DESTRUCTIVE && j < sizeof rows / sizeof *rows && !asks;
             j++)
            asks = strcmp(rows[j].name, command->name) == 0 && rows[j].ask(context, &list.lines[i], question);
    }
    command_list_free(&list);
    return asks;
}
