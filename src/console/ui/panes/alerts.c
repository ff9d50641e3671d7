#include <math.h>

#include "console/ui/private.h"

enum { STRIP_ROWS = 3, NEW_MS = 10000 };

static size_t total(const struct ui *ui, const struct scene *scene) {
    (void)ui;
    return scene->model->alerts.count;
}

static void rows(struct ui *ui, const struct scene *scene, struct pane_view *view) {
    (void)ui;
    for (size_t i = scene->model->alerts.count; i-- > 0;) {
        const struct model_alert *alert = &scene->model->alerts.items[i];
        struct filter_row row = {view_of(alert->text ? alert->text : alert->card),
                                 view_of(alert->card),
                                 {0},
                                 alert->total,
                                 scene->now_ms - alert->last_ms};
        if (filter_match(view->filter, &row))
            vector_push(&view->rows, i);
    }
}

static uint64_t identity(const struct ui *ui, const struct scene *scene, size_t own) {
    (void)ui;
    return scene->model->alerts.items[own].number;
}

const struct model_alert *alerts_chosen(struct ui *ui, const struct scene *scene) {
    size_t at = ui->views[PANE_ALERTS].cursor;
    return at < list_count(ui, scene, PANE_ALERTS) ? &scene->model->alerts.items[list_own(ui, PANE_ALERTS, at)] : NULL;
}

static void copy(const struct ui *ui, const struct scene *scene, size_t own, bool field, struct text *out) {
    const struct model_alert *alert = &scene->model->alerts.items[own];
    char card[FORMAT_SIZE];
    if (alert->text) {
        mask_text(view_of(alert->text), ui_masks(ui, scene), out);
        return;
    }
    text_append_string(out, format_card(alert->card, ui_masks(ui, scene), card));
    if (!field)
        text_append_format(out, "\t%lld\t%lld\t%lld\t%s\t%s", (long long)alert->count, (long long)alert->total,
                           (long long)alert->average, alert->window_start, alert->window_end);
}

static void title_right(struct ui *ui, const struct scene *scene, struct text *out) {
    size_t count = total(ui, scene);
    text_append_format(out, "%zu card%s · newest first", count, count == 1 ? "" : "s");
}

static const char *age_of(const struct scene *scene, const struct model_alert *alert, char *out) {
    int64_t age = scene->now_ms - alert->last_ms;
    return !alert->seen && age < NEW_MS ? "new" : format_short_age(age, out);
}

/* "12:00–:05" from the times as the statement wrote them. */
static void append_window(const struct model_alert *alert, struct text *out) {
    const char *from = strchr(alert->window_start, ' '), *to = strchr(alert->window_end, ' ');
    if (from && to && strlen(from) > 5 && strlen(to) > 5)
        text_append_format(out, "%.5s–%.3s", from + 1, to + 3);
}

static void draw_row(const struct ui *ui, const struct scene *scene, struct canvas *canvas,
                     const struct model_alert *alert, struct rectangle row, bool strip) {
    char time[FORMAT_SIZE], card[FORMAT_SIZE], sum[FORMAT_SIZE], average[FORMAT_SIZE], ratio[FORMAT_SIZE],
        age[FORMAT_SIZE];
    enum role role = alert->seen ? ROLE_TEXT : ROLE_ALERT;
    struct text text = TEXT_EMPTY;
    int x = row.x + 1, wide = strip ? 2 : 0;
    canvas_put(canvas, x, row.y, role, alert->seen ? VIEW(" ") : VIEW("!"));
    canvas_put(canvas, x + 1 + wide / 2, row.y, role,
               view_of(format_time(alert->last_ms, scene->zone_offset, false, time)));
    x += 10 + wide;
    format_count(alert->total, sum);
    format_count(alert->average, average);
    format_ratio(alert->average > 0 ? (double)alert->total / (double)alert->average : (double)NAN, ratio);
    if (alert->text) {
        mask_text(view_of(alert->text), ui_masks(ui, scene), &text);
        canvas_put_cut(canvas, x, row.y, row.x + row.columns - x - 1, role, text_view(&text));
        text_free(&text);
        return;
    }
    format_card(alert->card, ui_masks(ui, scene), card);
    x = canvas_put_cut(canvas, x, row.y, 14, role, view_of(card));
    if (strip) {
        canvas_print(canvas, x, row.y, role, "%3lld transaction%-1s%9s vs average%7s%7s", (long long)alert->count,
                     alert->count == 1 ? "" : "s", format_fit(sum, 8), format_fit(average, 6), ratio);
        return;
    }
    x = canvas_print(canvas, x, row.y, role, "%3lld%7s%6s%7s%4d%5s", (long long)alert->count, format_fit(sum, 7),
                     format_fit(average, 6), ratio, alert->records, age_of(scene, alert, age));
    append_window(alert, &text);
    if (row.columns >= 66)
        canvas_put_cut(canvas, x + 1, row.y, 9, role, text_view(&text));
    text_free(&text);
}

static void draw(struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area) {
    size_t count = list_count(ui, scene, PANE_ALERTS);
    int y = area.y, shown = area.rows;
    bool strip = shown <= STRIP_ROWS && area.columns >= 76;
    if (count == 0) {
        if (!list_hidden(ui, scene, canvas, PANE_ALERTS, area))
            canvas_put(canvas, area.x + 1, y, ROLE_DIM,
                       scene->model->servers[SERVER_KAFKA].state != SERVER_READY ? VIEW("not connected")
                       : scene->model->detector.running ? VIEW("no alerts yet: p b sends a burst of fraud")
                                                        : VIEW("no alerts: the detector is stopped, d d starts it"));
        return;
    }
    if (!strip && shown > 2) {
        canvas_print(canvas, area.x + 2, y++, ROLE_DIM, "%-8s %-14s%3s%7s%6s%7s%4s%5s%s", "time", "card", "n", "total",
                     "avg", "ratio", "rec", "age", area.columns >= 66 ? " window" : "");
        shown--;
    }
    size_t top = list_top(ui, scene, PANE_ALERTS, shown);
    for (int i = 0; i < shown && top + (size_t)i < count; i++, y++) {
        struct rectangle row = {area.x, y, area.columns, 1};
        draw_row(ui, scene, canvas, &scene->model->alerts.items[list_own(ui, PANE_ALERTS, top + (size_t)i)], row,
                 strip);
        list_mark(ui, canvas, PANE_ALERTS, top + (size_t)i, row);
    }
}

const struct pane pane_alerts = {"alerts", "Alerts", rows, identity, total, copy, title_right, draw};
