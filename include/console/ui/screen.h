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
/* ^Z: puts the terminal back, says the note, stops; returns after `fg`, the next frame is painted in full. */
void screen_suspend(const char *note);
/* The terminal's ground as 0xRRGGBB, asked for at most timeout_ms; -1 when it does not say. Before the first key. */
int screen_ground(int timeout_ms);
/* Puts text on the clipboard of the terminal (OSC 52). ERROR_INVALID when it is longer than terminals take. */
int screen_copy(struct view text, struct error *error);
/* What a crash prints once the terminal is back. */
void screen_set_crash_note(const char *note);
enum colour_mode screen_colours(void); /* in force */
/* Bytes that put the terminal back, for the fatal hook; may be called from a signal handler. */
void screen_restore(void);
