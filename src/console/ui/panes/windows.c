#include <math.h>
#include <stdlib.h>

#include "console/ui/private.h"

const struct model_window *windows_shown(const struct ui *ui, const struct scene *scene) {
    size_t count = scene->model->windows.count;
    for (size_t i = 0; ui->window_start && i < count; i++)
        if (scene->model->windows.items[i].start == ui->window_start)
            return &scene->model->windows.items[i];
    return count ? &scene->model->windows.items[count - 1] : NULL;
}

static size_t total(const struct ui *ui, const struct scene *scene) {
    const struct model_window *window = windows_shown(ui, scene);
    return window ? window->rows.count : 0;
}

static double ratio_of(const struct model_window_row *row) {
    return row->average > 0 ? (double)row->total / (double)row->average : 0;
}

/* Those that break the rule first, then by ratio. */
static int by_ratio(const void *a, const void *b) {
    const struct model_window_row *left = *(const struct model_window_row *const *)a,
                                  *right = *(const struct model_window_row *const *)b;
    double difference = ratio_of(right) - ratio_of(left);
    if (left->breaks_rule != right->breaks_rule)
        return left->breaks_rule ? -1 : 1;
    return difference > 0 ? 1 : difference < 0 ? -1 : strcmp(left->card, right->card);
}

static void rows(struct ui *ui, const struct scene *scene, struct pane_view *view) {
    const struct model_window *window = windows_shown(ui, scene);
    VECTOR(const struct model_window_row *) sorted = {0};
    for (size_t i = 0; window && i < window->rows.count; i++) {
        const struct model_window_row *row = &window->rows.items[i];
        struct filter_row tested = {view_of(row->card), view_of(row->card), {0}, row->total, FILTER_UNKNOWN};
        if (row->changed_ms)
            tested.age_ms = scene->now_ms - row->changed_ms;
        if (filter_match(view->filter, &tested))
            vector_push(&sorted, row);
    }
    if (sorted.count)
        qsort(sorted.items, sorted.count, sizeof *sorted.items, by_ratio);
    for (size_t i = 0; i < sorted.count; i++)
        vector_push(&view->rows, (size_t)(sorted.items[i] - window->rows.items));
    vector_free(&sorted);
}

static uint64_t identity(const struct ui *ui, const struct scene *scene, size_t own) {
    return ui_hash(windows_shown(ui, scene)->rows.items[own].card);
}

static void copy(const struct ui *ui, const struct scene *scene, size_t own, bool field, struct text *out) {
    const struct model_window_row *row = &windows_shown(ui, scene)->rows.items[own];
    char card[FORMAT_SIZE];
    text_append_string(out, format_card(row->card, ui_masks(ui, scene), card));
    if (!field)
        text_append_format(out, "\t%lld\t%lld\t%lld", (long long)row->count, (long long)row->total,
                           (long long)row->average);
}

const struct model_window_row *windows_chosen(struct ui *ui, const struct scene *scene) {
    size_t at = ui->views[PANE_WINDOWS].cursor;
    return at < list_count(ui, scene, PANE_WINDOWS)
               ? &windows_shown(ui, scene)->rows.items[list_own(ui, PANE_WINDOWS, at)]
               : NULL;
}

static void title_right(struct ui *ui, const struct scene *scene, struct text *out) {
    const struct model_window *window = windows_shown(ui, scene);
    char figure[FORMAT_SIZE];
    if (!window)
        return;
    text_append_format(out, "%.5s", format_time(window->start, scene->zone_offset, false, figure));
    text_append_format(out, "–%.5s ", format_time(window->end, scene->zone_offset, false, figure));
    int64_t left = window->end - scene->now_ms, whole = window->end - window->start;
    if (left > 0 && whole > 0) {
        int64_t cells = (whole - left) * 10 / whole;
        for (int64_t i = 0; i < 10; i++)
            text_append_string(out, i < cells ? "█" : "░");
        text_append_format(out, " %s left", format_timer(left + 999, figure));
    } else {
        text_append_string(out, "closed");
        if (window->late)
            text_append_format(out, ", late +%llu", (unsigned long long)window->late);
    }
    text_append_format(out, " · %zu cards", total(ui, scene));
}

/* Only the figure itself takes the role, not the blanks before it. */
static void put_right(struct canvas *canvas, int right, int y, enum role role, const char *figure) {
    canvas_put(canvas, right - (int)strlen(figure), y, role, view_of(figure));
}

static void draw_row(const struct ui *ui, const struct scene *scene, struct canvas *canvas,
                     const struct model_window_row *row, int x, int y, int meter) {
    char card[FORMAT_SIZE], sum[FORMAT_SIZE], average[FORMAT_SIZE], ratio[FORMAT_SIZE];
    bool changed = row->changed_ms && scene->now_ms - row->changed_ms < scene->settings->highlight_ms;
    enum role role = changed ? ROLE_CHANGED : ROLE_TEXT;
    char count[FORMAT_SIZE];
    canvas_put_cut(canvas, x, y, 14, ROLE_TEXT, view_of(format_card(row->card, ui_masks(ui, scene), card)));
    put_right(canvas, x + 19, y, role, format_fit(format_count(row->count, count), 4));
    put_right(canvas, x + 28, y, role, format_fit(format_count(row->total, sum), 9));
    if (changed && row->added_count > 0 && row->added_count < row->count &&
        strlen(sum) <= 5) /* a blank on both sides */
        canvas_print(canvas, x + 20, y, ROLE_CHANGED, "+%lld",
                     (long long)(row->added_count > 9 ? 9 : row->added_count));
    canvas_print(canvas, x + 28, y, ROLE_TEXT, "%9s%7s", format_fit(format_count(row->average, average), 9),
                 format_ratio(row->average > 0 ? ratio_of(row) : (double)NAN, ratio));
    canvas_meter(canvas, x + 46, y, meter, ratio_of(row));
    if (row->breaks_rule)
        canvas_put(canvas, x + 47 + meter, y, ROLE_ALERT, VIEW("▲"));
}

static void draw(struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area) {
    size_t count = list_count(ui, scene, PANE_WINDOWS);
    int shown = area.rows - 1, meter = area.columns >= 66 ? 16 : 8;
    if (count == 0) {
        if (!list_hidden(ui, scene, canvas, PANE_WINDOWS, area))
            canvas_put(canvas, area.x + 1, area.y, ROLE_DIM,
                       !scene->model->topics_observed_ms ? VIEW("not connected")
                       : windows_shown(ui, scene)        ? VIEW("no card in this window yet")
                                                         : VIEW("no windows yet: step 8 makes FEATURE_SET"));
        return;
    }
    canvas_print(canvas, area.x + 1, area.y, ROLE_DIM, "%-14s%5s%9s%9s%7s  to limit", "card", "n", "total", "average",
                 "ratio");
    size_t top = list_top(ui, scene, PANE_WINDOWS, shown);
    for (int i = 0; i < shown && top + (size_t)i < count; i++) {
        size_t own = list_own(ui, PANE_WINDOWS, top + (size_t)i);
        struct rectangle row = {area.x, area.y + 1 + i, area.columns, 1};
        draw_row(ui, scene, canvas, &windows_shown(ui, scene)->rows.items[own], area.x + 1, row.y, meter);
        list_mark(ui, canvas, PANE_WINDOWS, top + (size_t)i, row);
    }
}

const struct pane pane_windows = {"windows", "Windows", rows, identity, total, copy, title_right, draw};
