/* Where the panes stand at each size, and their borders. */
#include <stdio.h>

#include "console/ui/private.h"
#include "foundation/base/utf8.h"

enum { TWO_COLUMNS = 120, THREE_COLUMNS = 160, FULL_WIDTH_FROM = 48, STRIP = 5, WIDE_KSQLDB = 14 };

#define PANE_ROW(id, name) &pane_##name,
const struct pane *const ui_panes[PANE_COUNT] = {UI_PANES(PANE_ROW)};
#undef PANE_ROW

/* "filter amount>500 · 1,204 of 1,877 rows", "hit 2 of 9" while it is walked through, in the lower border. */
static int draw_filter(struct ui *ui, const struct scene *scene, struct canvas *canvas, int id, int x, int y,
                       int columns) {
    const struct pane_view *view = &ui->views[id];
    char passed[FORMAT_SIZE], all[FORMAT_SIZE];
    struct text text = TEXT_EMPTY;
    size_t count = list_count(ui, scene, id);
    text_append_format(&text, " filter %s · ", filter_text(view->filter));
    if (id == PANE_TRANSACTIONS && ui->tail.held_sequence && count)
        text_append_format(&text, "hit %s of %s ", format_count((int64_t)view->cursor + 1, passed),
                           format_count((int64_t)count, all));
    else
        text_append_format(&text, "%s of %s rows ", format_count((int64_t)count, passed),
                           format_count((int64_t)ui_panes[id]->total(ui, scene), all));
    x = canvas_put_cut(canvas, x, y, columns, ROLE_MATCH, text_view(&text));
    text_free(&text);
    return x;
}

/* Whole ones, as many as fit. */
static void draw_tabs(struct canvas *canvas, int shown, int x, int y, int right) {
    static const int tabs[] = {PANE_TRANSACTIONS, PANE_WINDOWS, PANE_KSQLDB, PANE_GUIDE};
    char text[FORMAT_SIZE];
    for (size_t i = 0; i < sizeof tabs / sizeof *tabs; i++) {
        snprintf(text, sizeof text, " [%d]%s", tabs[i] + 1, ui_panes[tabs[i]]->title);
        if (x + (int)strlen(text) + 1 > right)
            return;
        x = canvas_put(canvas, x, y, tabs[i] == shown ? ROLE_TITLE : ROLE_DIM, view_of(text));
    }
    canvas_put(canvas, x, y, ROLE_DIM, x + 12 > right ? VIEW(" ") : VIEW("  Tab next "));
}

static void draw_pane(struct ui *ui, const struct scene *scene, struct canvas *canvas, int id, struct rectangle area,
                      bool tabs) {
    const struct pane *pane = ui_panes[id];
    bool focus = ui->focus == id, paused = id == PANE_TRANSACTIONS && ui->tail.frozen;
    int bottom = area.y + area.rows - 1;
    struct text right = TEXT_EMPTY;
    if (area.columns < 10 || area.rows < 3)
        return;
    canvas_border(canvas, area, focus);
    struct rectangle whole = canvas->clip;
    canvas->clip = (struct rectangle){area.x + 1, area.y + 1, area.columns - 2, area.rows - 2};
    pane->draw(ui, scene, canvas, canvas->clip);
    canvas->clip = whole;
    int x = canvas_print(canvas, area.x + 2, area.y, ROLE_TITLE, " %s%d %s%s ", focus ? "► " : "", id + 1, pane->title,
                         ui->zoomed ? " · zoom" : "");
    pane->title_right(ui, scene, &right);
    int width = utf8_width(text_view(&right)) + 2, at = area.x + area.columns - 2 - width,
        room = area.x + area.columns - 2 - x;
    if (right.size && room > 6) {
        at = at < x ? x : at;
        canvas_put(canvas, at, area.y, paused ? ROLE_PAUSE : ROLE_DIM, VIEW(" "));
        int end = canvas_put_cut(canvas, at + 1, area.y, room - 2, paused ? ROLE_PAUSE : ROLE_DIM, text_view(&right));
        canvas_put(canvas, end, area.y, paused ? ROLE_PAUSE : ROLE_DIM, VIEW(" "));
    }
    text_free(&right);
    x = area.x + 2;
    if (ui->views[id].filter)
        x = draw_filter(ui, scene, canvas, id, x, bottom, area.columns - 4);
    if (tabs)
        draw_tabs(canvas, id, x, bottom, area.x + area.columns - 2);
}

struct share { /* of a column: rows with the borders */
    int pane, least, wanted;
};

/* Each pane gets its least; what is left goes by the share that was wanted. */
static void draw_column(struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area,
                        const struct share *shares, int count) {
    int least = 0, wanted = 0, y = area.y;
    for (int i = 0; i < count; i++) {
        least += shares[i].least;
        wanted += shares[i].wanted - shares[i].least;
    }
    int left = area.rows - least > 0 ? area.rows - least : 0;
    for (int i = 0; i < count; i++) {
        int own = wanted > 0 ? left * (shares[i].wanted - shares[i].least) / wanted : 0;
        int rows = i + 1 < count ? shares[i].least + own : area.y + area.rows - y;
        draw_pane(ui, scene, canvas, shares[i].pane, (struct rectangle){area.x, y, area.columns, rows}, false);
        y += rows;
    }
}

/* Topics keep their height; the rest is shared. */
static void draw_two(struct ui *ui, const struct scene *scene, struct canvas *canvas, int rows) {
    int half = canvas->columns / 2, top = rows >= 27 ? 9 : 7;
    const struct share left[] = {{PANE_TRANSACTIONS, 7, 14}, {PANE_WINDOWS, 6, 10}};
    const struct share right[] = {{PANE_ALERTS, 5, 10}, {PANE_KSQLDB, 9, 14}};
    draw_pane(ui, scene, canvas, PANE_TOPICS, (struct rectangle){0, 1, half, top}, false);
    draw_pane(ui, scene, canvas, PANE_GUIDE, (struct rectangle){half, 1, canvas->columns - half, top}, false);
    draw_column(ui, scene, canvas, (struct rectangle){0, 1 + top, half, rows - top}, left, 2);
    draw_column(ui, scene, canvas, (struct rectangle){half, 1 + top, canvas->columns - half, rows - top}, right, 2);
}

static void draw_three(struct ui *ui, const struct scene *scene, struct canvas *canvas, int rows) {
    bool full = canvas->rows >= FULL_WIDTH_FROM;
    int wide = canvas->columns * 7 / 20, last = canvas->columns - 2 * wide, upper = full ? rows - WIDE_KSQLDB : rows;
    int top = upper >= 40 ? 10 : upper >= 21 ? 9 : 7;
    const struct share right[] = {{PANE_GUIDE, 7, 12}, {PANE_KSQLDB, 9, 14}};
    draw_pane(ui, scene, canvas, PANE_TOPICS, (struct rectangle){0, 1, wide, top}, false);
    draw_pane(ui, scene, canvas, PANE_TRANSACTIONS, (struct rectangle){0, 1 + top, wide, upper - top}, false);
    draw_pane(ui, scene, canvas, PANE_ALERTS, (struct rectangle){wide, 1, wide, top}, false);
    draw_pane(ui, scene, canvas, PANE_WINDOWS, (struct rectangle){wide, 1 + top, wide, upper - top}, false);
    if (full) {
        draw_pane(ui, scene, canvas, PANE_GUIDE, (struct rectangle){2 * wide, 1, last, upper}, false);
        draw_pane(ui, scene, canvas, PANE_KSQLDB, (struct rectangle){0, 1 + upper, canvas->columns, WIDE_KSQLDB},
                  false);
    } else {
        draw_column(ui, scene, canvas, (struct rectangle){2 * wide, 1, last, rows}, right, 2);
    }
}

static void draw_one(struct ui *ui, const struct scene *scene, struct canvas *canvas, int rows) {
    if (ui->focus != PANE_TOPICS && ui->focus != PANE_ALERTS)
        ui->main_tab = ui->focus;
    draw_pane(ui, scene, canvas, PANE_TOPICS, (struct rectangle){0, 1, canvas->columns, STRIP}, false);
    draw_pane(ui, scene, canvas, ui->main_tab, (struct rectangle){0, 1 + STRIP, canvas->columns, rows - 2 * STRIP},
              true);
    draw_pane(ui, scene, canvas, PANE_ALERTS, (struct rectangle){0, 1 + rows - STRIP, canvas->columns, STRIP}, false);
}

void frame_panes(struct ui *ui, const struct scene *scene, struct canvas *canvas) {
    int rows = canvas->rows - 3;
    if (ui->zoomed)
        draw_pane(ui, scene, canvas, ui->focus, (struct rectangle){0, 1, canvas->columns, rows}, false);
    else if (canvas->columns < TWO_COLUMNS)
        draw_one(ui, scene, canvas, rows);
    else if (canvas->columns < THREE_COLUMNS)
        draw_two(ui, scene, canvas, rows);
    else
        draw_three(ui, scene, canvas, rows);
}
