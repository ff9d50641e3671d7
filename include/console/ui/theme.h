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
/* Unknown roles and bad values are ignored and named in *complaints, "FILE:LINE: what" a line. inherited(context, name)
 * gives the text of another theme or an empty view; may be NULL. */
void theme_load(struct theme *theme, struct view text, const char *file,
                struct view (*inherited)(void *context, const char *name), void *context, struct text *complaints);
/* The shipped themes; an empty view when there is none of the name. */
struct view theme_shipped(const char *name);
const char *theme_shipped_name(size_t index, char name[64]); /* NULL = no more */
/* How a role looks with so many colours. Colours: 0xRRGGBB, or an index; -1 = the terminal's own. */
struct theme_look {
    int text, ground;
    bool bold, underline, reverse;
};
struct theme_look theme_look(const struct theme *theme, enum role role, enum colour_mode mode);
/* "auto", "mono", "8", "16", "256", "24" */
bool theme_is_mode(const char *asked);
/* The best mode: asked, else NO_COLOR, else what the terminal has. */
enum colour_mode theme_choose_mode(const char *asked, const char *no_color, int terminal_colours, bool direct);
