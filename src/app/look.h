/* Themes, colours and glyphs of the console. A person's own themes are read before the first frame. Main thread. */
#pragma once

#include "console/ui/theme.h"
#include "foundation/base/vector.h"

struct look {
    VECTOR(struct look_theme {
        char *name;
        struct text text;
    })
    own; /* ~/.config/fraudscope/themes */
    struct theme theme;
    char name[64];
    const char *glyphs;     /* auto, unicode, ascii; lent */
    char colours[8];        /* auto, mono, 8, 16, 256, 24 */
    struct text complaints; /* of the last theme that was set */
};
void look_open(struct look *look);
void look_free(struct look *look);
/* NULL name: the next theme. "auto": dark or light by the terminal's ground (`background` as screen_ground gives it).
 */
int look_set_theme(struct look *look, const char *name, int background, struct error *error);
bool look_ascii(const struct look *look);
const char *look_theme_name(const struct look *look, size_t index, char name[64]); /* for completion; NULL = no more */
/* ~/.config/fraudscope/NAME, with $XDG_CONFIG_HOME; caller frees. */
char *look_config_path(const char *name);
