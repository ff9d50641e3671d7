/* Theme files: `role = value` a line; a value is up to three colours (best first), attributes, and the same for the
 * ground after `on`. UI thread. */
#pragma once

#include <stdbool.h>

#include "console/ui/canvas.h"
#include "foundation/base/error.h"

enum colour_mode { COLOUR_MONO, COLOUR_8, COLOUR_16, COLOUR_256, COLOUR_DIRECT };

struct theme_colour {
    int direct;  /* 0xRRGGBB; -1 = none */
    int indexed; /* 0..255; -1 = none */
    int basic;   /* 0..15; -1 = none */
};
struct theme_style {
    struct theme_colour text, ground;
    bool bold, underline, reverse;
};
struct theme {
    struct theme_style styles[ROLE_COUNT];
    bool paint_ground; /* `background = ...`; false with `background = terminal` */
};

void theme_init(struct theme *theme);
/* Unknown roles and bad values are ignored and named in *complaints, "FILE:LINE: what" a line. inherited(name) gives
 * the text of another theme or NULL; may be NULL. */
void theme_load(struct theme *theme, struct view text, const char *file, struct view (*inherited)(const char *name),
                struct text *complaints);
/* The shipped themes; an empty view when there is none of the name. */
struct view theme_shipped(const char *name);
/* The best mode: asked ("auto", "mono", "16", "256", "24") , else NO_COLOR, else what the terminal has. */
enum colour_mode theme_choose_mode(const char *asked, const char *no_color, int terminal_colours, bool direct);
