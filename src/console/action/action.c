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

const struct command action_commands[] = {
    {"producer", "start [RATE|max] | stop | rate RATE|max | burst [COUNT] [CARD] | one [CARD] [AMOUNT]", "producer",
     "sends card transactions, one a second unless told otherwise", 0, KAFKA | REGISTRY, action_producer},
    {"detector", "start | stop | rewind earliest|latest | rule [COUNT] [total|RATIO]", "detector",
     "reads FEATURE_SET and raises alerts", COMMAND_DESTRUCTIVE, KAFKA | REGISTRY, action_detector},
    {"topic", "create NAME [PARTITIONS] | create workshop | delete TOPIC", "topics", "creates and deletes topics",
     COMMAND_DESTRUCTIVE, KAFKA, action_topic},
    {"topics", "", "topics", "lists the topics with partitions and records", 0, 0, action_topics},
    {"tail", "TOPIC [earliest|latest|-N|@MS]", "topics", "follows a topic", 0, KAFKA, action_tail},
    {"connector", "create [FILE] | status [CONNECTOR] | pause|resume|restart|delete CONNECTOR", "connector",
     "the CDC connector for customers and others", COMMAND_DESTRUCTIVE, CONNECT, action_connector},
    {"sql", "STATEMENT", "ksqlDB", "sends a statement; a query streams into the result", COMMAND_RAW, KSQLDB,
     action_sql},
    {"stop", "", "ksqlDB", "stops the query or the job that runs", 0, 0, action_stop},
    {"terminate", "QUERY|all", "ksqlDB", "ends a query", COMMAND_DESTRUCTIVE, KSQLDB, action_terminate},
    {"offset", "earliest|latest", "ksqlDB", "where new queries begin to read", 0, 0, action_offset},
    {"queries", "", "ksqlDB", "lists the queries", 0, 0, action_queries},
    {"sources", "", "ksqlDB", "lists streams and tables", 0, 0, action_sources},
    {"step", "N|next|prev", "workshop", "goes to a step of the guide", 0, 0, action_step},
    {"check", "[N]", "workshop", "says which checks of a step hold", 0, 0, action_check},
    {"mark", "N done|todo", "workshop", "marks a step by hand", 0, 0, action_mark},
    {"timer", "[start|pause|reset]", "workshop", "the clock of the workshop", 0, 0, action_timer},
    {"cleanup", "", "workshop", "removes everything that the lab made", COMMAND_DESTRUCTIVE, KAFKA, action_cleanup},
    {"bundle", "FOLDER", "workshop", "writes statements and steps to take home", 0, 0, action_bundle},
    {"profile", "[write FOLDER]", "program", "shows what is in force, secrets masked; writes the client files", 0, 0,
     action_profile},
    {"test", "[kafka|registry|ksqldb|connect]", "program", "asks the servers again", 0, 0, action_test},
    {"room", "", "program", "how others attach (address, password) and who has", 0, 0, action_room},
    {"set", "fraud-chance PERCENT | mask [on|off] | high [AMOUNT] | tz [ZONE] | fps [N]", "program", "settings", 0, 0,
     action_set},
    {"help", "[COMMAND]", "program", "this list", 0, 0, action_help},
    {"quit", "", "program", "stops what runs here and ends", COMMAND_DESTRUCTIVE, 0, action_quit},
    {0},
};

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
