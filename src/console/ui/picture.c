#include "console/ui/picture.h"

static void append_colour(int colour, enum colour_mode mode, bool ground, struct text *out) {
    if (colour < 0)
        return;
    if (mode == COLOUR_DIRECT)
        text_append_format(out, ";%d;2;%d;%d;%d", ground ? 48 : 38, colour >> 16 & 255, colour >> 8 & 255,
                           colour & 255);
    else if (mode == COLOUR_256)
        text_append_format(out, ";%d;5;%d", ground ? 48 : 38, colour);
    else
        text_append_format(out, ";%d", (ground ? 40 : 30) + (colour & 7) + (colour >= 8 ? 60 : 0));
}

static void append_look(const struct theme_look *look, enum colour_mode mode, struct text *out) {
    text_append_string(out, "\033[0");
    if (look->bold)
        text_append_string(out, ";1");
    if (look->underline)
        text_append_string(out, ";4");
    if (look->reverse)
        text_append_string(out, ";7");
    append_colour(look->text, mode, false, out);
    append_colour(look->ground, mode, true, out);
    text_append_char(out, 'm');
}

void picture_print(const struct canvas *canvas, const struct theme *theme, enum colour_mode mode, struct text *out) {
    for (int y = 0; y < canvas->rows; y++) {
        int role = -1;
        for (int x = 0; x < canvas->columns; x++) {
            const struct cell *cell = &canvas->cells[(size_t)y * (size_t)canvas->columns + (size_t)x];
            if (cell->role != role) {
                struct theme_look look = theme_look(theme, (enum role)cell->role, mode);
                append_look(&look, mode, out);
                role = cell->role;
            }
            text_append_string(out, cell->text);
        }
        text_append_string(out, "\033[0m\n");
    }
}
