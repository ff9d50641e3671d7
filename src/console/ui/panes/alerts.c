#include "console/ui/private.h"

static size_t count(const struct ui *ui, const struct scene *scene) {
    (void)ui;
    return scene->model->alerts.count;
}

static void title_right(const struct ui *ui, const struct scene *scene, struct text *out) {
    text_append_format(out, "%zu · newest first", count(ui, scene));
}

static void draw(struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area) {
    size_t total = count(ui, scene);
    char time[FORMAT_SIZE], card[FORMAT_SIZE], sum[FORMAT_SIZE], average[FORMAT_SIZE], ratio[FORMAT_SIZE],
        age[FORMAT_SIZE];
    int y = area.y, rows = area.rows;
    if (total == 0) {
        canvas_put(canvas, area.x + 1, y, ROLE_DIM,
                   scene->model->detector.running ? VIEW("no alerts yet: p b sends a burst of fraud")
                                                  : VIEW("no alerts: the detector is stopped, d d starts it"));
        return;
    }
    if (rows > 3) {
        canvas_print(canvas, area.x + 1, y++, ROLE_DIM, " %-8s %-14s %2s %7s %6s %5s %3s %4s", "time", "card", "n",
                     "total", "avg", "ratio", "rec", "age");
        rows--;
    }
    size_t top = pane_top(&ui->views[PANE_ALERTS], total, rows);
    for (int i = 0; i < rows && top + (size_t)i < total; i++, y++) {
        const struct model_alert *alert = &scene->model->alerts.items[total - 1 - top - (size_t)i];
        int x = area.x + 1;
        enum role role = alert->seen ? ROLE_TEXT : ROLE_ALERT;
        canvas_print(canvas, x, y, role, "%s%s", alert->seen ? " " : "!",
                     format_time(alert->last_ms, scene->zone_offset, false, time));
        if (alert->text)
            canvas_put_cut(canvas, x + 10, y, area.columns - 12, role, view_of(alert->text));
        else {
            canvas_put_cut(canvas, x + 10, y, 14, role, view_of(format_card(alert->card, scene->settings->mask, card)));
            canvas_print(canvas, x + 24, y, role, " %2lld %7s %6s %5s %3d %4s", (long long)alert->count,
                         format_count(alert->total, sum), format_count(alert->average, average),
                         format_ratio(alert->average > 0 ? (double)alert->total / (double)alert->average : 0, ratio),
                         alert->records, format_age(scene->now_ms - alert->last_ms, age));
        }
        if (ui->focus == PANE_ALERTS && top + (size_t)i == ui->views[PANE_ALERTS].cursor)
            canvas_set_role(canvas, (struct rectangle){area.x, y, area.columns, 1}, ROLE_SELECT);
    }
}

const struct pane pane_alerts = {"alerts", "Alerts", count, title_right, draw};
