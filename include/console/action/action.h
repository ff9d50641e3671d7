/* Command handlers by family: the only place where services, guide and model meet. UI thread (or the headless loop). */
#pragma once

#include "console/command/command.h"
#include "console/guide/guide.h"
#include "console/model/model.h"
#include "console/service/service.h"
#include "console/ui/scene.h"
#include "console/ui/ui.h"
#include "foundation/base/clock.h"

struct command_context { /* owned by app; all lent */
    struct services *services;
    struct model *model;
    struct guide *guide;
    struct settings *settings;
    struct profile *profile;
    struct mailbox *events;    /* for messages of the handlers themselves */
    const struct clock *clock; /* NULL = real */
    bool quit, quit_at_once;
};

extern const struct command action_commands[]; /* ends with a zero row */
/* Parses and runs a line; the first command that fails ends it. */
int action_run(struct command_context *context, struct view line, struct error *error);
/* True when the line has to be confirmed first; the question says what goes and what stays. */
bool action_ask(const struct command_context *context, struct view line, struct question *question);
/* Why the line's first command cannot work now ("needs Connect, which does not answer"), or NULL; lent, static. */
const char *action_why_not(const struct command_context *context, const char *line);
/* Values of the placeholders of action_commands that the model knows. */
void action_values(const struct command_context *context, const char *placeholder, ui_emit emit, void *to);
