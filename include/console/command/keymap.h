/* Key files: `PLACE KEY COMMAND…  # hint` a line; `## text` instead is for help only. A place is global, a group letter
 * (p d s c t), a pane's name, list, inspector, messages or editor.
 * Keys are C-x, S-Tab, Esc, Enter, Space, F1, Up, PgDn or a character. Later lines win. UI thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "foundation/base/text.h"

struct keymap;
struct key_row {
    char place[16], key[16];
    char *command;
    char *hint; /* a word or two for footer and help; may be NULL */
    bool quiet; /* the hint is for help only */
};

struct keymap *keymap_new(void);
void keymap_free(struct keymap *keymap);
/* "FILE:LINE: what" a line is appended to *complaints; the other lines are taken. */
void keymap_load(struct keymap *keymap, struct view text, const char *file, struct text *complaints);
const struct key_row *keymap_find(const struct keymap *keymap, const char *place,
                                  const char *key); /* NULL = not bound */
size_t keymap_count(const struct keymap *keymap);
const struct key_row *keymap_at(const struct keymap *keymap, size_t index); /* in the order of the files */
struct view keymap_shipped(void);
