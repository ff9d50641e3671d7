/* Our own grid of cells: panes write text and roles, one file paints it, tests and pictures read it. UI thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "foundation/base/text.h"

/* Order and names are the role table of the theme files. */
#define UI_ROLES(X)                                                                                                    \
    X(BACKGROUND, "background")                                                                                        \
    X(TEXT, "text")                                                                                                    \
    X(DIM, "text.dim")                                                                                                 \
    X(BORDER, "border")                                                                                                \
    X(BORDER_FOCUS, "border.focus")                                                                                    \
    X(TITLE, "title")                                                                                                  \
    X(BAR, "bar")                                                                                                      \
    X(BAR_KEY, "bar.key")                                                                                              \
    X(SELECT, "select")                                                                                                \
    X(MATCH, "match")                                                                                                  \
    X(PAUSE, "pause")                                                                                                  \
    X(OK, "ok")                                                                                                        \
    X(WARN, "warn")                                                                                                    \
    X(ALERT, "alert")                                                                                                  \
    X(ALERT_BANNER, "alert.banner")                                                                                    \
    X(INFO, "info")                                                                                                    \
    X(ACCENT, "accent")                                                                                                \
    X(CHANGED, "changed")                                                                                              \
    X(SPARK, "spark")                                                                                                  \
    X(METER_EMPTY, "meter.empty")                                                                                      \
    X(SQL_STRING, "sql.string")                                                                                        \
    X(SQL_NUMBER, "sql.number")
#define UI_ROLE_ENUM(name, text) ROLE_##name,
enum role { UI_ROLES(UI_ROLE_ENUM) ROLE_COUNT };
#undef UI_ROLE_ENUM

struct rectangle {
    int x, y, columns, rows;
};
struct cell {
    char text[15]; /* one letter with its marks; "" behind a wide one */
    uint8_t role;
};
struct canvas {
    int columns, rows;
    bool ascii; /* glyphs outside ASCII are replaced by the second set */
    struct rectangle clip;
    struct cell *cells;
    int cursor_x, cursor_y; /* where the terminal cursor stands; -1 = nowhere */
    bool cursor_shown;      /* text is typed there; else it only leads screen readers */
};

void canvas_resize(struct canvas *canvas, int columns, int rows); /* clears; a zeroed canvas may be resized */
void canvas_free(struct canvas *canvas);
void canvas_clear(struct canvas *canvas);
/* Writes inside the clip rectangle; a wide letter that would be split becomes a space. Control characters are shown as
 * <1B>. Returns the column behind the text. */
int canvas_put(struct canvas *canvas, int x, int y, enum role role, struct view text);
int canvas_print(struct canvas *canvas, int x, int y, enum role role, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* At most `columns` wide, cut at the end with a mark. */
int canvas_put_cut(struct canvas *canvas, int x, int y, int columns, enum role role, struct view text);
void canvas_fill(struct canvas *canvas, struct rectangle area, enum role role); /* with spaces */
void canvas_set_role(struct canvas *canvas, struct rectangle area, enum role role);
void canvas_border(struct canvas *canvas, struct rectangle area, bool focus);
void canvas_spark(struct canvas *canvas, int x, int y, const uint32_t *values, size_t count); /* oldest first */
void canvas_meter(struct canvas *canvas, int x, int y, int columns, double part);             /* 0..1 */
void canvas_dump(const struct canvas *canvas, struct text *out); /* lines without trailing spaces */
