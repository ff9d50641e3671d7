/* Command handlers by family: the only place where services, guide and model meet. UI thread (or the headless loop). */
#pragma once

#include "console/command/command.h"
#include "console/guide/guide.h"
#include "console/model/model.h"
#include "console/service/service.h"
#include "console/ui/scene.h"

struct command_context { /* owned by app; all lent */
    struct services *services;
    struct model *model;
    struct guide *guide;
    struct settings *settings;
    struct profile *profile;
    struct mailbox *events; /* for messages of the handlers themselves */
    bool quit, quit_at_once;
};

extern const struct command action_commands[]; /* ends with a zero row */
/* Parses and runs a line; the first command that fails ends it. */
int action_run(struct command_context *context, struct view line, struct error *error);
