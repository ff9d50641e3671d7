/* The picture of the model and what keys do to it. No network, no clock but the scene's now. UI thread; one owner. */
#pragma once

#include "console/command/command.h"
#include "console/command/keymap.h"
#include "console/ui/canvas.h"
#include "console/ui/scene.h"

struct ui;
struct ui_callbacks { /* all run on the UI thread, inside ui_handle_key */
    void *context;
    /* A command line that is not about the view; the error's message is shown. */
    int (*run)(void *context, struct view line, struct error *error);
    void (*suspend)(void *context);
    void (*redraw)(void *context);
    int (*theme)(void *context, const char *name, struct error *error); /* "" = the next one */
    void (*alert_seen)(void *context, uint64_t number);
    const char *(*guide_enter)(void *context); /* guide_enter of the guide in use; lent */
    void (*guide_part)(void *context, int delta);
};

/* keymap and commands (shown in help, completed by Tab; end with a zero row) are lent. */
struct ui *ui_new(const struct ui_callbacks *callbacks, const struct keymap *keymap, const struct command *commands);
void ui_free(struct ui *ui);
void ui_handle_key(struct ui *ui, const struct scene *scene, const char *key);
void ui_paste(struct ui *ui, struct view text);
/* Runs commands of the view (`zoom`, `focus`, `filter`, ...) here and hands all others to the callback. */
int ui_run(struct ui *ui, const struct scene *scene, struct view line, struct error *error);
/* A line for the message line; errors stay until Esc or the next action. */
void ui_say(struct ui *ui, const struct scene *scene, enum message_level level, const char *text);
/* Whether the picture would differ: a key, a new revision of the model or guide, or another second. */
bool ui_needs_paint(const struct ui *ui, const struct scene *scene);
void ui_draw(struct ui *ui, const struct scene *scene, struct canvas *canvas);
extern const struct command ui_commands[]; /* the view's own commands, for help and manual; run is NULL */
