/* Topics, connectors, ksqlDB statements, profile and tests. */
#include <string.h>

#include "client/profile.h"
#include "console/action/families.h"
#include "console/model/event.h"
#include "foundation/base/memory.h"

int action_topic(struct command_context *context, const struct command_line *line, struct error *error) {
    const char *verb = line->count > 1 ? line->words[1] : "";
    int64_t partitions = 1;
    if (strcmp(verb, "create") == 0 && line->count == 3 && strcmp(line->words[2], "workshop") == 0) {
        services_send(context->services, request_new(SERVICE_TOPICS, REQUEST_WORKSHOP, NULL));
    } else if (strcmp(verb, "create") == 0 && (line->count == 3 || line->count == 4)) {
        if (line->count == 4 &&
            (!view_to_int64(view_of(line->words[3]), &partitions) || partitions < 1 || partitions > 1000))
            return error_set(error, ERROR_INVALID, "'%s' is not a number of partitions", line->words[3]);
        struct request *request = request_new(SERVICE_TOPICS, REQUEST_CREATE, line->words[2]);
        request->count = partitions;
        services_send(context->services, request);
    } else if (strcmp(verb, "delete") == 0 && line->count == 3) {
        services_send(context->services, request_new(SERVICE_TOPICS, REQUEST_DELETE, line->words[2]));
    } else {
        return action_usage("topic", error);
    }
    return 0;
}

int action_topics(struct command_context *context, const struct command_line *line, struct error *error) {
    (void)line, (void)error;
    for (size_t i = 0; i < context->model->topics.count; i++) {
        const struct model_topic *topic = &context->model->topics.items[i];
        event_post_message(context->events, MESSAGE_INFO, "%-40s %3d partition%s %10lld records %8.1f/s", topic->name,
                           topic->partitions, topic->partitions == 1 ? " " : "s", (long long)topic->high, topic->rate);
    }
    if (context->model->topics.count == 0)
        event_post_message(context->events, MESSAGE_INFO,
                           context->model->topics_observed_ms ? "There are no topics." : "No metadata yet.");
    return 0;
}

static bool is_place(const char *word) {
    int64_t number;
    if (strcmp(word, "earliest") == 0 || strcmp(word, "latest") == 0)
        return true;
    return (*word == '-' || *word == '@') && view_to_int64(view_of(word + 1), &number) && number >= 0;
}

int action_tail(struct command_context *context, const struct command_line *line, struct error *error) {
    if (line->count < 2 || line->count > 3)
        return action_usage("tail", error);
    if (line->count > 2 && !is_place(line->words[2]))
        return error_set(error, ERROR_INVALID, "'%s' is no place to begin: earliest, latest, -N rows, @MS since 1970",
                         line->words[2]);
    struct request *request = request_new(SERVICE_TAIL, REQUEST_TAIL, line->words[1]);
    request->more = line->count > 2 ? memory_copy_string(line->words[2]) : NULL;
    services_send(context->services, request);
    return 0;
}

int action_connector(struct command_context *context, const struct command_line *line, struct error *error) {
    static const struct {
        const char *verb;
        enum request_verb request;
        bool named;
    } rows[] = {
        {"create", REQUEST_CREATE, false}, {"status", REQUEST_STATUS, false},  {"pause", REQUEST_PAUSE, true},
        {"resume", REQUEST_RESUME, true},  {"restart", REQUEST_RESTART, true}, {"delete", REQUEST_DELETE, true},
    };
    for (size_t i = 0; line->count > 1 && i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].verb, line->words[1]) != 0 || line->count > 3 || (rows[i].named && line->count != 3))
            continue;
        services_send(context->services,
                      request_new(SERVICE_CONNECTOR, rows[i].request, line->count > 2 ? line->words[2] : NULL));
        return 0;
    }
    return action_usage("connector", error);
}

int action_sql(struct command_context *context, const struct command_line *line, struct error *error) {
    if (!*line->rest)
        return action_usage("sql", error);
    struct request *request = request_new(SERVICE_STATEMENTS, REQUEST_EXECUTE, line->rest);
    request->flag = context->settings->offset_earliest;
    services_send(context->services, request);
    return 0;
}

int action_stop(struct command_context *context, const struct command_line *line, struct error *error) {
    if (line->count != 1)
        return action_usage("stop", error);
    if (context->model->result.state == RESULT_RUNNING)
        services_send(context->services, request_new(SERVICE_STATEMENTS, REQUEST_STOP, NULL));
    if (context->model->jobs.count)
        services_send(context->services, request_new(SERVICE_CLEANUP, REQUEST_STOP, NULL));
    return 0;
}

int action_terminate(struct command_context *context, const struct command_line *line, struct error *error) {
    if (line->count != 2)
        return action_usage("terminate", error);
    services_send(context->services, request_new(SERVICE_STATEMENTS, REQUEST_TERMINATE, line->words[1]));
    return 0;
}

int action_offset(struct command_context *context, const struct command_line *line, struct error *error) {
    if (line->count == 2 && (strcmp(line->words[1], "earliest") == 0 || strcmp(line->words[1], "latest") == 0))
        context->settings->offset_earliest = line->words[1][0] == 'e';
    else if (line->count != 1)
        return action_usage("offset", error);
    event_post_message(context->events, MESSAGE_INFO, "New queries read from the %s record.",
                       context->settings->offset_earliest ? "earliest" : "latest");
    return 0;
}

int action_queries(struct command_context *context, const struct command_line *line, struct error *error) {
    (void)line, (void)error;
    for (size_t i = 0; i < context->model->queries.count; i++) {
        const struct model_query *query = &context->model->queries.items[i];
        event_post_message(context->events, MESSAGE_INFO, "%-40s %-8s %10lld rows %8.1f/s", query->id,
                           query->state ? query->state : "?", (long long)query->rows, query->rate);
    }
    if (context->model->queries.count == 0)
        event_post_message(context->events, MESSAGE_INFO, "No query runs.");
    return 0;
}

int action_sources(struct command_context *context, const struct command_line *line, struct error *error) {
    (void)line, (void)error;
    for (size_t i = 0; i < context->model->sources.count; i++) {
        const struct model_source *source = &context->model->sources.items[i];
        event_post_message(context->events, MESSAGE_INFO, "%-6s %-30s topic %s%s",
                           source->is_table ? "TABLE" : "STREAM", source->name, source->topic ? source->topic : "?",
                           source->is_windowed ? ", windowed" : "");
    }
    if (context->model->sources.count == 0)
        event_post_message(context->events, MESSAGE_INFO, "There are no streams or tables.");
    return 0;
}

int action_profile(struct command_context *context, const struct command_line *line, struct error *error) {
    if (line->count == 3 && strcmp(line->words[1], "write") == 0) {
        services_send(context->services, request_new(SERVICE_FILES, REQUEST_PROFILE, line->words[2]));
        return 0;
    }
    if (line->count != 1)
        return action_usage("profile", error);
    struct text text = TEXT_EMPTY;
    profile_print(context->profile, &text);
    struct view rest = text_view(&text), one;
    while (view_split(&rest, '\n', &one))
        if (one.size)
            event_post_message(context->events, MESSAGE_INFO, "%.*s", VIEW_ARGS(one));
    text_free(&text);
    return 0;
}

int action_test(struct command_context *context, const struct command_line *line, struct error *error) {
    static const char *const names[SERVER_COUNT] = {"kafka", "registry", "ksqldb", "connect"};
    bool known = line->count == 1;
    for (int i = 0; line->count == 2 && i < SERVER_COUNT; i++)
        known = known || strcmp(names[i], line->words[1]) == 0;
    if (!known)
        return action_usage("test", error);
    services_send(context->services,
                  request_new(SERVICE_WATCH, REQUEST_PROBE, line->count == 2 ? line->words[1] : NULL));
    return 0;
}

static void post_lines(struct mailbox *events, const char *lines) {
    struct view rest = view_of(lines), one;
    while (rest.size && view_split(&rest, '\n', &one))
        event_post_message(events, MESSAGE_INFO, "%.*s", VIEW_ARGS(one));
}

int action_room(struct command_context *context, const struct command_line *line, struct error *error) {
    const struct model *model = context->model;
    if (line->count != 1)
        return action_usage("room", error);
    if (!model->room)
        return error_set(error, ERROR_NOT_FOUND, "no servers were started here; `profile` shows those in use");
    post_lines(context->events, model->room);
    event_post_message(context->events, MESSAGE_INFO, "%d connection%s to the broker, our own among them",
                       model->peers < 0 ? 0 : model->peers, model->peers == 1 ? "" : "s");
    if (model->who)
        post_lines(context->events, model->who);
    return 0;
}
