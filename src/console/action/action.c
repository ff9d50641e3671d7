#include "console/action/action.h"

#include <stdlib.h>
#include <string.h>

#include "console/action/families.h"
#include "console/model/event.h"

enum {
    KAFKA = 1 << SERVER_KAFKA,
    REGISTRY = 1 << SERVER_REGISTRY,
    KSQLDB = 1 << SERVER_KSQLDB,
    CONNECT = 1 << SERVER_CONNECT
};

#define ROW(...) {__VA_ARGS__},
const struct command action_commands[] = {ACTION_COMMANDS(ROW){0}};
#undef ROW

int action_run(struct command_context *context, struct view text, struct error *error) {
    struct command_list list;
    if (command_parse(text, action_commands, &list, error) != 0)
        return -1;
    int result = 0;
    for (size_t i = 0; i < list.count && result == 0; i++) {
        const struct command *command = command_find(action_commands, list.lines[i].words[0], error);
        result = command ? command->run(context, &list.lines[i], error) : -1;
    }
    command_list_free(&list);
    return result;
}

int action_usage(const char *name, struct error *error) {
    const struct command *command = command_find(action_commands, name, NULL);
    return error_set(error, ERROR_INVALID, "usage: %s %s", name, command ? command->usage : "");
}
