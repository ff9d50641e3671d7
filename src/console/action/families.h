/* The command table and its handlers, one file a family. */
#pragma once

#include "console/action/action.h"

/* The commands: name, usage, area, help, flags, what must answer, handler. A handler lies in the file of its family. */
#define ACTION_COMMANDS(X)                                                                                             \
    X("producer", "start [RATE|max] | stop | rate RATE|max | burst [COUNT] [CARD] | one [CARD] [AMOUNT]", "producer",  \
      "sends card transactions, one a second unless told otherwise", 0, KAFKA | REGISTRY, action_producer)             \
    X("detector", "start | stop | rewind earliest|latest | rule [COUNT] [total|RATIO]", "detector",                    \
      "reads FEATURE_SET and raises alerts", COMMAND_DESTRUCTIVE, KAFKA | REGISTRY, action_detector)                   \
    X("topic", "create NAME [PARTITIONS] | create workshop | delete TOPIC", "topics", "creates and deletes topics",    \
      COMMAND_DESTRUCTIVE, KAFKA, action_topic)                                                                        \
    X("topics", "", "topics", "lists the topics with partitions and records", 0, 0, action_topics)                     \
    X("tail", "TOPIC [earliest|latest|-N|@MS]", "topics", "follows a topic", 0, KAFKA, action_tail)                    \
    X("connector", "create [FILE] | status [CONNECTOR] | pause|resume|restart|delete CONNECTOR", "connector",          \
      "the CDC connector for customers and others", COMMAND_DESTRUCTIVE, CONNECT, action_connector)                    \
    X("sql", "STATEMENT", "ksqlDB", "sends a statement; a query streams into the result", COMMAND_RAW, KSQLDB,         \
      action_sql)                                                                                                      \
    X("stop", "", "ksqlDB", "stops the query or the job that runs", 0, 0, action_stop)                                 \
    X("terminate", "QUERY|all", "ksqlDB", "ends a query", COMMAND_DESTRUCTIVE, KSQLDB, action_terminate)               \
    X("offset", "earliest|latest", "ksqlDB", "where new queries begin to read", 0, 0, action_offset)                   \
    X("queries", "", "ksqlDB", "lists the queries", 0, 0, action_queries)                                              \
    X("sources", "", "ksqlDB", "lists streams and tables", 0, 0, action_sources)                                       \
    X("step", "N|next|prev", "workshop", "goes to a step of the guide", 0, 0, action_step)                             \
    X("check", "[N]", "workshop", "says which checks of a step hold", 0, 0, action_check)                              \
    X("mark", "N done|todo", "workshop", "marks a step by hand", 0, 0, action_mark)                                    \
    X("timer", "[start|pause|reset]", "workshop", "the clock of the workshop", 0, 0, action_timer)                     \
    X("cleanup", "", "workshop", "removes everything that the lab made", COMMAND_DESTRUCTIVE, KAFKA, action_cleanup)   \
    X("bundle", "FOLDER", "workshop", "writes statements and steps to take home", 0, 0, action_bundle)                 \
    X("profile", "[write FOLDER]", "program", "shows what is in force, secrets masked; writes the client files", 0, 0, \
      action_profile)                                                                                                  \
    X("test", "[kafka|registry|ksqldb|connect]", "program", "asks the servers again", 0, 0, action_test)               \
    X("room", "", "program", "how others attach (address, password) and who has", 0, 0, action_room)                   \
    X("set", "fraud-chance PERCENT | mask [on|off] | high [AMOUNT] | tz [ZONE] | fps [N]", "program", "settings", 0,   \
      0, action_set)                                                                                                   \
    X("help", "[COMMAND]", "program", "this list", 0, 0, action_help)                                                  \
    X("quit", "", "program", "stops what runs here and ends", COMMAND_DESTRUCTIVE, 0, action_quit)

#define HANDLER(command, usage, area, help, flags, needs, handler)                                                     \
    int handler(struct command_context *context, const struct command_line *line, struct error *error);
ACTION_COMMANDS(HANDLER)
#undef HANDLER

int action_usage(const char *name, struct error *error); /* -1 with the row's usage */
