/* What all lists share: which rows pass, where the cursor stands, what is in view. */
#include "console/ui/private.h"

enum { TEXT_MOST = 100000 };

uint64_t ui_hash(const char *name) {
    return view_hash(view_of(name)) | 1;
}

size_t list_count(struct ui *ui, const struct scene *scene, int pane) {
    struct pane_view *view = &ui->views[pane];
    int64_t second = filter_has_age(view->filter) ? scene->now_ms / 1000 : 0;
    if (!ui_panes[pane]->rows)
        return 0;
    if (view->rows_revision != scene->model->revision + 1 || view->rows_serial != ui->serial ||
        view->rows_second != second) {
        vector_clear(&view->rows);
        ui_panes[pane]->rows(ui, scene, view);
        view->rows_revision = scene->model->revision + 1;
        view->rows_serial = ui->serial;
        view->rows_second = second;
    }
    return view->rows.count;
}

size_t list_own(const struct ui *ui, int pane, size_t index) {
    return ui->views[pane].rows.items[index];
}

static void choose(struct ui *ui, const struct scene *scene, int pane) {
    struct pane_view *view = &ui->views[pane];
    bool first = view->cursor == 0 || view->cursor >= view->rows.count;
    view->chosen = first ? 0 : ui_panes[pane]->identity(ui, scene, list_own(ui, pane, view->cursor));
}

void list_go(struct ui *ui, const struct scene *scene, int pane, size_t index) {
    size_t count = list_count(ui, scene, pane);
    ui->views[pane].cursor = index < count ? index : count ? count - 1 : 0;
    choose(ui, scene, pane);
}

/* The row that was chosen may have moved: the cursor goes with it, and the picture around it stays. */
static void settle(struct ui *ui, const struct scene *scene, int pane, size_t count) {
    struct pane_view *view = &ui->views[pane];
    if (!view->chosen || !ui_panes[pane]->identity)
        return;
    if (view->cursor < count && ui_panes[pane]->identity(ui, scene, list_own(ui, pane, view->cursor)) == view->chosen)
        return;
    for (size_t i = 0; i < count; i++)
        if (ui_panes[pane]->identity(ui, scene, list_own(ui, pane, i)) == view->chosen) {
            view->top = view->top + i > view->cursor ? view->top + i - view->cursor : 0;
            view->cursor = i;
            return;
        }
    view->chosen = 0;
}

size_t list_top(struct ui *ui, const struct scene *scene, int pane, int rows) {
    struct pane_view *view = &ui->views[pane];
    size_t count = list_count(ui, scene, pane);
    settle(ui, scene, pane, count);
    view->shown = rows > 0 ? (size_t)rows : 1;
    if (view->cursor >= count)
        view->cursor = count ? count - 1 : 0;
    if (view->top > view->cursor)
        view->top = view->cursor;
    if (view->cursor >= view->top + view->shown)
        view->top = view->cursor - view->shown + 1;
    if (view->top + view->shown > count)
        view->top = count > view->shown ? count - view->shown : 0;
    return view->top;
}

void list_move(struct ui *ui, const struct scene *scene, const char *how) {
    struct pane_view *view = &ui->views[ui->focus];
    bool up = strcmp(how, "up") == 0 || strcmp(how, "page-up") == 0;
    size_t step = strncmp(how, "page", 4) == 0 ? view->shown : 1, at = view->cursor;
    if (!ui_panes[ui->focus]->rows) { /* text: only the part in view moves */
        bool top = strcmp(how, "top") == 0, end = strcmp(how, "end") == 0;
        view->scroll += top ? -TEXT_MOST : end ? TEXT_MOST : up ? -(int)step : (int)step;
        return;
    }
    size_t count = list_count(ui, scene, ui->focus);
    if (strcmp(how, "top") == 0)
        at = 0;
    else if (strcmp(how, "end") == 0)
        at = count ? count - 1 : 0;
    else if (up)
        at = at > step ? at - step : 0;
    else
        at += step;
    list_go(ui, scene, ui->focus, at);
}

void list_mark(const struct ui *ui, struct canvas *canvas, int pane, size_t index, struct rectangle row) {
    if (ui->focus != pane || ui->views[pane].cursor != index)
        return;
    canvas_put(canvas, row.x, row.y, ROLE_TEXT, VIEW("►"));
    canvas_set_role(canvas, row, ROLE_SELECT);
    canvas->cursor_x = row.x;
    canvas->cursor_y = row.y;
}

bool list_hidden(const struct ui *ui, const struct scene *scene, struct canvas *canvas, int pane,
                 struct rectangle area) {
    size_t total = ui_panes[pane]->total(ui, scene);
    char figure[FORMAT_SIZE];
    if (!ui->views[pane].filter || total == 0)
        return false;
    canvas_print(canvas, area.x + 1, area.y, ROLE_DIM, "%s rows, all hidden by the filter",
                 format_count((int64_t)total, figure));
    canvas_put(canvas, area.x + 1, area.y + 1, ROLE_DIM, VIEW(":filter clears it"));
    return true;
}
