#include <stdlib.h>

#include "console/ui/private.h"

static const struct model_window *newest(const struct scene *scene) {
    return scene->model->windows.count ? &scene->model->windows.items[scene->model->windows.count - 1] : NULL;
}

static size_t count(const struct ui *ui, const struct scene *scene) {
    (void)ui;
    return newest(scene) ? newest(scene)->rows.count : 0;
}

static double ratio_of(const struct model_window_row *row) {
    return row->average > 0 ? (double)row->total / (double)row->average : 0;
}

static int by_ratio(const void *a, const void *b) {
    const struct model_window_row *left = *(const struct model_window_row *const *)a,
                                  *right = *(const struct model_window_row *const *)b;
    double difference = ratio_of(right) - ratio_of(left);
    return difference > 0 ? 1 : difference < 0 ? -1 : strcmp(left->card, right->card);
}

static void title_right(const struct ui *ui, const struct scene *scene, struct text *out) {
    const struct model_window *window = newest(scene);
    char from[FORMAT_SIZE], to[FORMAT_SIZE];
    if (!window)
        return;
    format_time(window->start, scene->zone_offset, false, from);
    format_time(window->end, scene->zone_offset, false, to);
    text_append_format(out, "%.5s–%.5s ", from, to);
    int64_t left = (window->end - scene->now_ms + 999) / 1000;
    if (left > 0)
        text_append_format(out, "%lld:%02lld left", (long long)left / 60, (long long)left % 60);
    else
        text_append_format(out, window->late ? "closed, late +%llu" : "closed", (unsigned long long)window->late);
    text_append_format(out, " · %zu cards", count(ui, scene));
}

static void draw(struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area) {
    size_t total = count(ui, scene);
    char card[FORMAT_SIZE], sum[FORMAT_SIZE], average[FORMAT_SIZE], ratio[FORMAT_SIZE];
    if (total == 0) {
        canvas_put(canvas, area.x + 1, area.y, ROLE_DIM, VIEW("no windows yet: step 8 makes FEATURE_SET"));
        return;
    }
    const struct model_window_row **rows = memory_allocate(total * sizeof *rows);
    for (size_t i = 0; i < total; i++)
        rows[i] = &newest(scene)->rows.items[i];
    qsort(rows, total, sizeof *rows, by_ratio);
    canvas_print(canvas, area.x + 1, area.y, ROLE_DIM, "%-14s %4s %8s %8s %6s  to limit", "card", "n", "total",
                 "average", "ratio");
    size_t top = pane_top(&ui->views[PANE_WINDOWS], total, area.rows - 1);
    for (int i = 0; i < area.rows - 1 && top + (size_t)i < total; i++) {
        const struct model_window_row *row = rows[top + (size_t)i];
        int y = area.y + 1 + i, x = area.x + 1;
        bool changed = row->changed_ms && scene->now_ms - row->changed_ms < scene->settings->highlight_ms;
        canvas_put_cut(canvas, x, y, 14, ROLE_TEXT, view_of(format_card(row->card, scene->settings->mask, card)));
        canvas_print(canvas, x + 15, y, changed ? ROLE_CHANGED : ROLE_TEXT, "%4lld %8s", (long long)row->count,
                     format_count(row->total, sum));
        canvas_print(canvas, x + 29, y, ROLE_TEXT, "%8s %6s", format_count(row->average, average),
                     format_ratio(ratio_of(row), ratio));
        canvas_meter(canvas, x + 46, y, 8, ratio_of(row));
        if (row->breaks_rule)
            canvas_put(canvas, x + 55, y, ROLE_ALERT, VIEW("▲"));
        if (ui->focus == PANE_WINDOWS && top + (size_t)i == ui->views[PANE_WINDOWS].cursor)
            canvas_set_role(canvas, (struct rectangle){area.x, y, area.columns, 1}, ROLE_SELECT);
    }
    memory_free(rows);
}

const struct pane pane_windows = {"windows", "Windows", count, title_right, draw};
