/* What can work now, and what names the model knows for the command line. */
#include <string.h>

#include "console/action/action.h"

const char *action_why_not(const struct command_context *context, const char *line) {
    static const char *const absent[SERVER_COUNT] = {"needs Kafka: no address", "needs the registry: no address",
                                                     "needs ksqlDB: no address", "needs Connect: no address"};
    static const char *const down[SERVER_COUNT] = {"needs Kafka: no answer", "needs the registry: no answer",
                                                   "needs ksqlDB: no answer", "needs Connect: no answer"};
    static const struct { /* commands of the view that send others */
        const char *name, *sends;
    } sent[] = {{"producer-toggle", "producer"}, {"producer-rate", "producer"},     {"detector-toggle", "detector"},
                {"connector-show", "connector"}, {"connector-toggle", "connector"}, {"terminate-chosen", "terminate"},
                {"topic-delete", "topic"},       {"tail-chosen", "tail"},           {"editor-run", "sql"}};
    size_t size = strcspn(line, " ");
    const struct command *row = NULL;
    for (size_t i = 0; i < sizeof sent / sizeof *sent; i++)
        if (strlen(sent[i].name) == size && strncmp(sent[i].name, line, size) == 0) {
            line = sent[i].sends;
            size = strlen(line);
            break;
        }
    for (row = action_commands; row->name; row++)
        if (strlen(row->name) == size && strncmp(row->name, line, size) == 0)
            break;
    for (int i = 0; row->name && i < SERVER_COUNT; i++) {
        enum model_server_state state = context->model->servers[i].state;
        if (row->needs & 1u << i && (state == SERVER_ABSENT || state == SERVER_DOWN))
            return state == SERVER_ABSENT ? absent[i] : down[i];
    }
    return NULL;
}

static void emit_topics(const struct model *model, ui_emit emit, void *to) {
    for (size_t i = 0; i < model->topics.count; i++)
        emit(to, model->topics.items[i].name);
}
static void emit_sources(const struct model *model, ui_emit emit, void *to) {
    for (size_t i = 0; i < model->sources.count; i++)
        emit(to, model->sources.items[i].name);
}
static void emit_queries(const struct model *model, ui_emit emit, void *to) {
    for (size_t i = 0; i < model->queries.count; i++)
        emit(to, model->queries.items[i].id);
}
static void emit_connectors(const struct model *model, ui_emit emit, void *to) {
    for (size_t i = 0; i < model->connectors.count; i++)
        emit(to, model->connectors.items[i].name);
}
static void emit_commands(const struct model *model, ui_emit emit, void *to) {
    (void)model;
    for (const struct command *row = action_commands; row->name; row++)
        emit(to, row->name);
}
static void emit_rates(const struct model *model, ui_emit emit, void *to) {
    static const char *const stops[] = {"0.2", "0.5", "1", "2", "5", "10", "20", "50", "100"};
    (void)model;
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++)
        emit(to, stops[i]);
}
static void emit_words(const struct model *model, ui_emit emit, void *to) {
    static const char *const words[] = {"CREATE",  "STREAM",   "TABLE", "SELECT",  "FROM",      "WHERE",  "GROUP",
                                        "WINDOW",  "TUMBLING", "EMIT",  "CHANGES", "INSERT",    "VALUES", "DESCRIBE",
                                        "EXPLAIN", "SHOW",     "PRINT", "DROP",    "TERMINATE", "LIMIT"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        emit(to, words[i]);
    emit_sources(model, emit, to);
    emit_topics(model, emit, to);
}
static void emit_steps(const struct model *model, ui_emit emit, void *to) {
    static const char *const numbers[] = {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"};
    (void)model;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        emit(to, numbers[i]);
}

void action_values(const struct command_context *context, const char *placeholder, ui_emit emit, void *to) {
    static const struct {
        const char *placeholder;
        void (*values)(const struct model *model, ui_emit emit, void *to);
    } rows[] = {{"TOPIC", emit_topics},     {"QUERY", emit_queries}, {"CONNECTOR", emit_connectors},
                {"COMMAND", emit_commands}, {"RATE", emit_rates},    {"N", emit_steps},
                {"STATEMENT", emit_words},  {"SOURCE", emit_sources}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].placeholder, placeholder) == 0)
            rows[i].values(context->model, emit, to);
}
