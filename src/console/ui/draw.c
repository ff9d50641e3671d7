/* Layout, frames of the panes, title bar, message line and footer. */
#include "console/ui/line.h"
#include "console/ui/private.h"
#include "foundation/base/utf8.h"

const struct pane *const ui_panes[PANE_COUNT] = {&pane_topics, &pane_transactions, &pane_windows,
                                                 &pane_alerts, &pane_ksqldb,       &pane_guide};

size_t pane_top(struct pane_view *view, size_t count, int rows) {
    view->shown = rows > 0 ? (size_t)rows : 1;
    if (view->cursor >= count)
        view->cursor = count ? count - 1 : 0;
    return view->cursor >= view->shown ? view->cursor - view->shown + 1 : 0;
}

static void draw_pane(struct ui *ui, const struct scene *scene, struct canvas *canvas, int id, struct rectangle area,
                      bool tabs) {
    const struct pane *pane = ui_panes[id];
    const struct pane_view *view = &ui->views[id];
    bool focus = ui->focus == id;
    if (area.columns < 10 || area.rows < 3)
        return;
    canvas_border(canvas, area, focus);
    int x = canvas_print(canvas, area.x + 1, area.y, focus ? ROLE_BORDER_FOCUS : ROLE_BORDER, "%s", focus ? "━" : "─");
    x = canvas_print(canvas, x, area.y, ROLE_TITLE, " %s%d %s%s ", focus ? "► " : "", id + 1, pane->title,
                     ui->zoomed ? " · zoom" : "");
    struct text right = TEXT_EMPTY;
    text_append_char(&right, ' ');
    pane->title_right(ui, scene, &right);
    text_append_char(&right, ' ');
    int width = utf8_width(text_view(&right)), at = area.x + area.columns - 2 - width;
    if (width > 2 && at > x)
        canvas_put(canvas, at, area.y, view->frozen ? ROLE_PAUSE : ROLE_DIM, text_view(&right));
    text_free(&right);
    int bottom = area.y + area.rows - 1;
    x = area.x + 2;
    if (view->filter[0])
        x = canvas_print(canvas, x, bottom, ROLE_MATCH, " filter %s · %zu rows ", view->filter, pane->count(ui, scene));
    if (tabs)
        canvas_put_cut(canvas, x, bottom, area.x + area.columns - x - 2, ROLE_DIM,
                       VIEW(" [2]Transactions [3]Windows [5]ksqlDB [6]Guide  Tab next "));
    struct rectangle whole = canvas->clip;
    canvas->clip = (struct rectangle){area.x + 1, area.y + 1, area.columns - 2, area.rows - 2};
    pane->draw(ui, scene, canvas, canvas->clip);
    canvas->clip = whole;
}

static void draw_title(const struct ui *ui, const struct scene *scene, struct canvas *canvas) {
    const struct model *model = scene->model;
    static const char *const servers[] = {"Kafka", "registry", "ksqlDB", "Connect"};
    bool narrow = canvas->columns < 100, ready = model->servers[SERVER_KAFKA].state == SERVER_READY;
    char figure[FORMAT_SIZE];
    enum { PRODUCER, DETECTOR, KSQLDB, LATENCY, PARTS };
    struct text first = TEXT_EMPTY, alerts = TEXT_EMPTY, parts[PARTS] = {TEXT_EMPTY};
    (void)ui;
    for (int i = 0; i < SERVER_COUNT; i++)
        if (model->servers[i].state == SERVER_DOWN)
            text_append_format(&first, " ! %s %s │", servers[i],
                               format_age(scene->now_ms - model->servers[i].since_ms, figure));
    text_append_format(&first, " FRAUD WORKSHOP │ %s", ready ? "● live" : "○ not connected");
    text_append_format(&parts[PRODUCER], narrow ? " │ P %s " : " │ producer %s ", model->producer.running ? "●" : "○");
    text_append_string(&parts[PRODUCER], model->producer.running ? format_rate(model->producer.actual, figure)
                                         : narrow                ? ""
                                                                 : "stopped");
    text_append_format(&parts[DETECTOR], narrow ? " │ D %s " : " │ detector %s ", model->detector.running ? "●" : "○");
    if (model->detector.running && model->detector.lag >= 0)
        text_append_format(&parts[DETECTOR], "lag %s", format_count(model->detector.lag, figure));
    else
        text_append_string(&parts[DETECTOR], model->detector.running ? "starting" : narrow ? "" : "stopped");
    text_append_format(&parts[KSQLDB], narrow ? " │ K %s %zu" : " │ ksqlDB %s %zu queries",
                       model->servers[SERVER_KSQLDB].state == SERVER_READY ? "●" : "○", model->queries.count);
    text_append_format(&alerts, " │ alerts %zu", model->alerts.count);
    if (model_unseen_alerts(model))
        text_append_format(&alerts, " (+%zu)", model_unseen_alerts(model));
    int64_t latency = model_latency_percentile(&model->to_alert, scene->now_ms, 50);
    if (!narrow && latency >= 0)
        text_append_format(&parts[LATENCY], " │ e2e %s", format_latency(latency, figure));
    int kept = PARTS, width = utf8_width(text_view(&first)) + utf8_width(text_view(&alerts)),
        room = canvas->columns - 10;
    for (int i = 0; i < PARTS; i++)
        width += utf8_width(text_view(&parts[i]));
    while (kept > 0 && width > room)
        width -= utf8_width(text_view(&parts[--kept]));
    canvas_fill(canvas, (struct rectangle){0, 0, canvas->columns, 1}, ROLE_BAR);
    int x = canvas_put_cut(canvas, 0, 0, room, ROLE_BAR, text_view(&first));
    for (int i = 0; i < kept; i++) {
        if (i == LATENCY)
            x = canvas_put(canvas, x, 0, ROLE_BAR, text_view(&alerts));
        x = canvas_put(canvas, x, 0, ROLE_BAR, text_view(&parts[i]));
    }
    if (kept < PARTS)
        canvas_put_cut(canvas, x, 0, room - x, ROLE_BAR, text_view(&alerts));
    canvas_put(canvas, canvas->columns - 9, 0, ROLE_BAR,
               view_of(format_time(scene->now_ms, scene->zone_offset, false, figure)));
    for (int i = 0; i < PARTS; i++)
        text_free(&parts[i]);
    text_free(&first);
    text_free(&alerts);
}

static void draw_message(struct ui *ui, const struct scene *scene, struct canvas *canvas, int y) {
    static const enum role roles[] = {ROLE_TEXT, ROLE_OK, ROLE_WARN, ROLE_ALERT};
    if (ui->mode == MODE_LINE || ui->mode == MODE_FILTER) {
        int x = canvas_put(canvas, 1, y, ROLE_INFO, ui->mode == MODE_LINE ? VIEW(":") : VIEW("/"));
        canvas_put(canvas, x, y, ROLE_TEXT, view_of(line_text()));
        canvas->cursor_x = x + line_cursor() < canvas->columns ? x + line_cursor() : canvas->columns - 1;
        canvas->cursor_y = y;
        return;
    }
    const struct model *model = scene->model;
    enum message_level level = ui->level;
    const char *text = text_string(&ui->message);
    int64_t at_ms = ui->message_ms;
    if (model->messages.count && model->messages.items[model->messages.count - 1].at_ms >= at_ms) {
        const struct model_message *newest = &model->messages.items[model->messages.count - 1];
        level = newest->level;
        text = newest->text;
        at_ms = newest->at_ms;
    }
    int64_t age = scene->now_ms - at_ms;
    if (*text && (level == MESSAGE_ERROR || age < (level == MESSAGE_WARN ? 10000 : 5000)))
        canvas_put_cut(canvas, 1, y, canvas->columns - 2, roles[level], view_of(text));
    else if (model->jobs.count)
        canvas_print(canvas, 1, y, ROLE_INFO, "%s %d of %d", model->jobs.items[0].text, model->jobs.items[0].done,
                     model->jobs.items[0].total);
}

static int put_hint(struct canvas *canvas, int x, int y, const struct key_row *row) {
    int width = utf8_width(view_of(row->key)) + 1 + utf8_width(view_of(row->hint));
    if (x + width > canvas->columns - 1)
        return x;
    x = canvas_put(canvas, x, y, ROLE_BAR_KEY, view_of(row->key));
    return canvas_print(canvas, x, y, ROLE_BAR, " %s", row->hint) + 2;
}

static void draw_footer(struct ui *ui, struct canvas *canvas, int y) {
    const char *places[3] = {ui_panes[ui->focus]->name, "list", "global"};
    size_t count = 3;
    if (ui->group[0] || ui->overlay == OVERLAY_INSPECTOR || ui->mode == MODE_EDITOR) {
        places[0] = ui->group[0] ? ui->group : ui->mode == MODE_EDITOR ? "editor" : "inspector";
        count = 1;
    }
    canvas_fill(canvas, (struct rectangle){0, y, canvas->columns, 1}, ROLE_BAR);
    int x = 1;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < keymap_count(ui->keymap); j++) {
            const struct key_row *row = keymap_at(ui->keymap, j);
            if (row->hint && strcmp(row->place, places[i]) == 0)
                x = put_hint(canvas, x, y, row);
        }
    if (count == 3 && x + 40 < canvas->columns)
        canvas_put(canvas, x, y, ROLE_BAR, VIEW("│ p producer d detector s SQL c connector t topics"));
}

static void draw_panes(struct ui *ui, const struct scene *scene, struct canvas *canvas) {
    int columns = canvas->columns, rows = canvas->rows - 3;
#define PANE(id, x, y, w, h) draw_pane(ui, scene, canvas, id, (struct rectangle){x, y, w, h}, false)
    if (ui->zoomed) {
        PANE(ui->focus, 0, 1, columns, rows);
    } else if (columns < 120) {
        if (ui->focus != PANE_TOPICS && ui->focus != PANE_ALERTS)
            ui->main_tab = ui->focus;
        PANE(PANE_TOPICS, 0, 1, columns, 5);
        draw_pane(ui, scene, canvas, ui->main_tab, (struct rectangle){0, 6, columns, rows - 10}, true);
        PANE(PANE_ALERTS, 0, rows - 4, columns, 5);
    } else if (columns < 160) {
        int half = columns / 2, rest = rows - 9, upper = rest * 14 / 24, alerts = rest * 10 / 24;
        PANE(PANE_TOPICS, 0, 1, half, 9);
        PANE(PANE_TRANSACTIONS, 0, 10, half, upper);
        PANE(PANE_WINDOWS, 0, 10 + upper, half, rest - upper);
        PANE(PANE_GUIDE, half, 1, columns - half, 9);
        PANE(PANE_ALERTS, half, 10, columns - half, alerts);
        PANE(PANE_KSQLDB, half, 10 + alerts, columns - half, rest - alerts);
    } else {
        int wide = columns * 7 / 20, ksqldb = canvas->rows >= 48 ? 14 : 0, upper = rows - ksqldb,
            last = columns - 2 * wide;
        int guide = ksqldb ? upper : upper / 2;
        PANE(PANE_TOPICS, 0, 1, wide, 9);
        PANE(PANE_TRANSACTIONS, 0, 10, wide, upper - 9);
        PANE(PANE_ALERTS, wide, 1, wide, 9);
        PANE(PANE_WINDOWS, wide, 10, wide, upper - 9);
        PANE(PANE_GUIDE, 2 * wide, 1, last, guide);
        if (ksqldb)
            PANE(PANE_KSQLDB, 0, 1 + upper, columns, ksqldb);
        else
            PANE(PANE_KSQLDB, 2 * wide, 1 + guide, last, upper - guide);
    }
#undef PANE
}

void ui_draw(struct ui *ui, const struct scene *scene, struct canvas *canvas) {
    char rate[FORMAT_SIZE];
    canvas_clear(canvas);
    ui->dirty = false;
    ui->drawn_revision = scene->model->revision;
    ui->drawn_guide = scene->guide->revision;
    ui->drawn_second = scene->now_ms / 1000;
    if (canvas->columns < 80 || canvas->rows < 24) {
        canvas_print(canvas, 0, 0, ROLE_TEXT, "Terminal is %dx%d, needed 80x24.", canvas->columns, canvas->rows);
        canvas_put(canvas, 0, 1, ROLE_TEXT, VIEW("Make the window larger or the font smaller."));
        canvas_print(canvas, 0, 2, ROLE_TEXT, "Producer %s, alerts %zu.",
                     scene->model->producer.running ? format_rate(scene->model->producer.actual, rate) : "stopped",
                     scene->model->alerts.count);
        return;
    }
    draw_title(ui, scene, canvas);
    draw_panes(ui, scene, canvas);
    if (ui->overlay != OVERLAY_NONE)
        overlay_draw(ui, scene, canvas, (struct rectangle){0, 1, canvas->columns, canvas->rows - 3});
    draw_message(ui, scene, canvas, canvas->rows - 2);
    draw_footer(ui, canvas, canvas->rows - 1);
}
