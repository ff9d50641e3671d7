/* One line of text being edited: the only room that talks to readline. UI thread; one line at a time. */
#pragma once

#include <stdbool.h>

#include "foundation/base/text.h"

enum line_state { LINE_CLOSED, LINE_EDITING, LINE_ENTERED };

/* complete(context, word, index) gives candidates, NULL ends them (lent); without it Tab does nothing and the line is
 * not remembered. */
void line_open(const char *initial, const char *(*complete)(void *context, const char *word, size_t index),
               void *context);
void line_close(void);
enum line_state line_key(const char *key); /* a key's name; LINE_ENTERED: line_text is what was entered */
void line_paste(struct view text);         /* line ends become spaces */
const char *line_text(void);
const char *line_before_cursor(void);
int line_cursor(void); /* columns before the cursor */

/* A line on a terminal without a canvas: readline draws it behind the prompt. key_waits(context) blocks until a key is
 * there; false gives up. LINE_ENTERED: line_text; LINE_CLOSED: end of input; LINE_EDITING: given up, line_text is what
 * was there. What was entered is not remembered on its own: line_remember. One program uses this or line_open. */
enum line_state line_prompt(const char *prompt, const char *(*complete)(void *context, const char *word, size_t index),
                            bool (*key_waits)(void *context), void *context);
/* Reads what earlier runs remembered (no file is no error); lines with a password or secret are never kept. */
void line_remember_in(const char *path);
void line_remember(const char *text); /* may have several lines */
