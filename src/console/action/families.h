/* Handlers of the command table, one file a family. */
#pragma once

#include "console/action/action.h"

#define HANDLER(name) int name(struct command_context *context, const struct command_line *line, struct error *error)
HANDLER(action_producer);
HANDLER(action_detector);
HANDLER(action_topic);
HANDLER(action_topics);
HANDLER(action_tail);
HANDLER(action_connector);
HANDLER(action_sql);
HANDLER(action_stop);
HANDLER(action_terminate);
HANDLER(action_offset);
HANDLER(action_queries);
HANDLER(action_sources);
HANDLER(action_step);
HANDLER(action_check);
HANDLER(action_mark);
HANDLER(action_timer);
HANDLER(action_cleanup);
HANDLER(action_bundle);
HANDLER(action_profile);
HANDLER(action_test);
HANDLER(action_room);
HANDLER(action_set);
HANDLER(action_help);
HANDLER(action_quit);
#undef HANDLER

int action_usage(const char *name, struct error *error); /* -1 with the row's usage */
