/* Completion from the tables' own usages: `start [RATE|max] | stop` offers start and stop, then values of RATE and max.
 * A word in capitals is a placeholder whose values the caller knows. Any thread. */
#pragma once

#include "console/command/command.h"

typedef void (*completion_emit)(void *to, const char *value);
struct completion_source {
    const struct command *const *tables; /* ends with NULL; the first that has a name wins */
    /* Calls emit(to, value) for each value of the placeholder ("TOPIC") that could begin so; may be NULL. */
    void (*values)(void *context, const char *placeholder, const char *prefix, completion_emit emit, void *to);
    void *context;
};

/* before: the line up to the cursor. Calls emit for each whole word that could stand for its last one. */
void complete_line(const struct completion_source *source, struct view before, completion_emit emit, void *to);
/* The command that the line begins with, NULL while its name is not clear; *word: index of the word under the cursor,
 * 0 = the name itself. */
const struct command *complete_command(const struct completion_source *source, struct view before, size_t *word);
/* Lines that hold a secret are never stored. */
bool history_may_keep(struct view line);
