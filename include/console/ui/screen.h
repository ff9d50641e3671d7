/* The terminal: the only room that talks to ncurses. UI thread; one screen at a time. */
#pragma once

#include <stdbool.h>

#include "console/ui/canvas.h"
#include "console/ui/theme.h"

/* Enters full screen. ERROR_UNSUPPORTED without a terminal or with TERM=dumb. Signal handlers that put the terminal
 * back after a crash are installed first. */
int screen_open(const char *colours, struct error *error);
void screen_close(void); /* may be called twice */
void screen_size(int *columns, int *rows);
void screen_set_theme(const struct theme *theme);
void screen_paint(const struct canvas *canvas);
void screen_redraw(void); /* the next frame is painted in full */
/* Next key without waiting: its name ("C-x", "Enter", "ä"), "Resize", or "Paste" with the text in *paste. False when
 * none. */
bool screen_key(char key[16], struct text *paste);
void screen_suspend(void); /* ^Z: returns after `fg`; the next frame is painted in full */
/* Bytes that put the terminal back, for the fatal hook; may be called from a signal handler. */
void screen_restore(void);
