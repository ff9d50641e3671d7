/* The picture of the model and what keys do to it. No network, no disk, no clock but the scene's now. UI thread; one
 * owner. */
#pragma once

#include "console/command/command.h"
#include "console/command/keymap.h"
#include "console/ui/canvas.h"
#include "console/ui/scene.h"

/* Something has to be answered before a line runs. */
struct question {
    enum question_kind {
        QUESTION_NONE,
        QUESTION_YES_NO, /* y runs it, everything else means no */
        QUESTION_NAME,   /* runs when `name` was typed */
        QUESTION_STOP    /* s runs it, c cancels */
    } kind;
    struct text title, body; /* body: lines, shown in the dialog */
    char name[256];
    char choices[64]; /* of QUESTION_STOP: "[s] stop both and quit  [c] cancel" */
    struct text line; /* what runs */
};
void question_free(struct question *question);

/* Values of a placeholder of a command's usage (TOPIC, FILE, THEME, ...): `emit` once for each. */
typedef void (*ui_emit)(void *to, const char *value);

struct ui;
struct ui_callbacks { /* all run on the UI thread, inside ui_handle_key; all but context may be NULL */
    void *context;
    /* A command line that is not about the view; the error's message is shown. */
    int (*run)(void *context, struct view line, struct error *error);
    /* True when the line asks before it runs: the question is filled in. */
    bool (*ask)(void *context, struct view line, struct question *question);
    /* Why a line cannot work now, or NULL. */
    const char *(*why_not)(void *context, const char *line);
    void (*suspend)(void *context);
    void (*redraw)(void *context);
    /* what: "theme" (NULL value = the next one), "colour", "glyphs" */
    int (*look)(void *context, const char *what, const char *value, struct error *error);
    int (*picture)(void *context, const char *path, struct error *error);
    int (*copy)(void *context, struct view text, struct error *error);
    void (*entered)(void *context, const char *line); /* for the history: never one with a secret */
    void (*values)(void *context, const char *placeholder, const char *prefix, ui_emit emit, void *to);
    void (*alert_seen)(void *context, uint64_t number);
    const char *(*guide_enter)(void *context); /* guide_enter of the guide in use; lent */
    void (*guide_part)(void *context, int delta);
    void (*guide_drop)(void *context);
};

/* keymap and commands (shown in help, completed by Tab; end with a zero row) are lent. */
struct ui *ui_new(const struct ui_callbacks *callbacks, const struct keymap *keymap, const struct command *commands);
void ui_free(struct ui *ui);
void ui_handle_key(struct ui *ui, const struct scene *scene, const char *key);
void ui_paste(struct ui *ui, const struct scene *scene, struct view text);
/* Runs commands of the view (`zoom`, `focus`, `filter`, ...) here and hands all others to the callback, after a
 * question when one is due. */
int ui_run(struct ui *ui, const struct scene *scene, struct view line, struct error *error);
/* A line for the message line; errors stay until Esc or the next action. */
void ui_say(struct ui *ui, const struct scene *scene, enum message_level level, const char *text);
void ui_remember(struct ui *ui, const char *line); /* a line of an earlier run, for Up */
/* Whether the picture would differ: a key, a new revision of the model or guide, or another second. */
bool ui_needs_paint(const struct ui *ui, const struct scene *scene);
void ui_draw(struct ui *ui, const struct scene *scene, struct canvas *canvas);
/* The view's own commands, for help, completion and the manual; run is NULL. Ends with a zero row. */
const struct command *ui_commands(void);
