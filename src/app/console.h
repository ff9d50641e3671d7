/* The console of one run, on a terminal or on a canvas alone. Main thread. */
#pragma once

#include <pthread.h>

#include "app/look.h"
#include "app/session.h"
#include "console/ui/ui.h"

struct console {
    struct session session;
    struct look look;
    struct ui *ui;
    struct keymap *keymap;
    struct canvas canvas;
    enum colour_mode mode; /* of pictures */
    bool on_screen;
    struct text complaints; /* of key, theme and settings files: shown once */
    char zone[64];          /* whose offset is known, in this quarter of an hour */
    int64_t zone_quarter;
    int zone_offset;
    int64_t painted_ms, resized_ms;
    int slow_writes;
    char *listing_asked; /* folder whose names were asked for last */
    pthread_t thread;    /* the main one */
};

/* Files of the user, look, keys; then, with a session, the ui with all its callbacks. */
int console_prepare(struct console *console, struct options *options, struct error *error);
void console_connect(struct console *console);
void console_close(struct console *console);
struct scene console_scene(struct console *console);
/* 0 and the screen as text with colours in *out. */
void console_picture(struct console *console, struct text *out);
