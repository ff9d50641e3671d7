/* The screen as text with colours: lines of SGR sequences as a terminal would take them. For --picture, :picture,
 * tests. */
#pragma once

#include "console/ui/canvas.h"
#include "console/ui/theme.h"

void picture_print(const struct canvas *canvas, const struct theme *theme, enum colour_mode mode, struct text *out);
