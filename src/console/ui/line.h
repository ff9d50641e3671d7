/* One line of text being edited: the only room that talks to readline. UI thread; one line at a time. */
#pragma once

#include <stdbool.h>

#include "foundation/base/text.h"

enum line_state { LINE_CLOSED, LINE_EDITING, LINE_ENTERED };

/* complete(context, word, index) gives candidates, NULL ends them (lent); may be NULL. */
void line_open(const char *initial, const char *(*complete)(void *context, const char *word, size_t index),
               void *context);
void line_close(void);
enum line_state line_key(const char *key); /* a key's name; LINE_ENTERED: line_text is what was entered */
void line_paste(struct view text);         /* line ends become spaces */
const char *line_text(void);
int line_cursor(void); /* columns before the cursor */
