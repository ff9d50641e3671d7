/* Title bar, message line, footer, and the choices of a group letter. */
#include <stdio.h>

#include "console/ui/line.h"
#include "console/ui/private.h"
#include "foundation/base/utf8.h"

enum { NARROW = 100, WIDE = 160, INFO_MS = 5000, WARN_MS = 10000, SLOW_MS = 5000 };

/* --- title bar --- */

enum part { PRODUCER, DETECTOR, KSQLDB, LATENCY, STEP, PARTS };

static void add_lost(const struct scene *scene, struct text *out) {
    static const char *const servers[] = {"Kafka", "registry", "ksqlDB", "Connect"};
    char figure[FORMAT_SIZE];
    for (int i = 0; i < SERVER_COUNT; i++)
        if (scene->model->servers[i].state == SERVER_DOWN)
            text_append_format(out, " ! %s %s │", servers[i],
                               format_age(scene->now_ms - scene->model->servers[i].since_ms, figure));
}

static void add_connection(const struct model *model, const struct canvas *canvas, struct text *out) {
    bool ready = model->servers[SERVER_KAFKA].state == SERVER_READY;
    text_append_string(out, " FRAUD WORKSHOP │ ");
    if (canvas->ascii)
        text_append_string(out, ready ? "live" : "not connected");
    else
        text_append_string(out, ready ? "● live" : "○ not connected");
    if (canvas->columns >= WIDE && ready && model->cluster_id)
        text_append_format(out, " · cluster %s", model->cluster_id);
}

/* "P ● 12.0/s", in ASCII "P* 12.0/s", with room "producer ● 12.0/s". */
static void add_name(const struct canvas *canvas, const char *word, const char *letter, bool on, struct text *out) {
    bool narrow = canvas->columns < NARROW;
    text_append_format(out, " │ %s%s%s", narrow ? letter : word, narrow && canvas->ascii ? "" : " ", on ? "●" : "○");
}

static void add_figures(const struct scene *scene, const struct canvas *canvas, struct text parts[PARTS]) {
    const struct model *model = scene->model;
    bool narrow = canvas->columns < NARROW;
    char figure[FORMAT_SIZE];
    add_name(canvas, "producer", "P", model->producer.running, &parts[PRODUCER]);
    if (model->producer.running)
        text_append_format(&parts[PRODUCER], " %s", format_rate(model->producer.actual, figure));
    add_name(canvas, "detector", "D", model->detector.running, &parts[DETECTOR]);
    if (model->detector.running && model->detector.lag >= 0)
        text_append_format(&parts[DETECTOR], " lag %s", format_count(model->detector.lag, figure));
    add_name(canvas, "ksqlDB", "K", model->servers[SERVER_KSQLDB].state == SERVER_READY, &parts[KSQLDB]);
    if (model->servers[SERVER_KSQLDB].state == SERVER_READY)
        text_append_format(&parts[KSQLDB],
                           narrow                      ? " %zu"
                           : model->queries.count == 1 ? " %zu query"
                                                       : " %zu queries",
                           model->queries.count);
    int64_t median = model_latency_percentile(&model->to_alert, scene->now_ms, 50);
    if (median >= 0 && canvas->columns < WIDE)
        text_append_format(&parts[LATENCY], " │ e2e %s", format_latency(median, figure));
    if (median >= 0 && canvas->columns >= WIDE) {
        text_append_format(&parts[LATENCY], " │ end to end p50 %s", format_latency(median, figure));
        text_append_format(&parts[LATENCY], " p99 %s",
                           format_latency(model_latency_percentile(&model->to_alert, scene->now_ms, 99), figure));
    }
    if (canvas->columns >= WIDE && scene->guide->count) {
        const struct guide *guide = scene->guide;
        text_append_format(&parts[STEP], " │ step %d/%zu", guide->steps[guide->current].number, guide->count);
        if (guide->timer_started_ms)
            text_append_format(&parts[STEP], " · %s", format_timer(guide_timer_ms(guide, scene->now_ms), figure));
    }
}

/* Parts leave from the right; a lost server, the connection, a count of alerts and the clock stay. */
void bar_title(const struct ui *ui, const struct scene *scene, struct canvas *canvas) {
    struct text first = TEXT_EMPTY, alerts = TEXT_EMPTY, clock = TEXT_EMPTY, parts[PARTS] = {TEXT_EMPTY};
    size_t unseen = model_unseen_alerts(scene->model);
    char figure[FORMAT_SIZE];
    (void)ui;
    add_lost(scene, &first);
    add_connection(scene->model, canvas, &first);
    add_figures(scene, canvas, parts);
    text_append_format(&alerts, " │ alerts %zu", scene->model->alerts.count);
    if (unseen)
        text_append_format(&alerts, " (+%zu)", unseen);
    text_append_format(&clock, " │ %s", format_time(scene->now_ms, scene->zone_offset, false, figure));
    bool show_alerts = true;
    int kept = PARTS,
        width = utf8_width(text_view(&first)) + utf8_width(text_view(&alerts)) + utf8_width(text_view(&clock));
    for (int i = 0; i < PARTS; i++)
        width += utf8_width(text_view(&parts[i]));
    if (parts[LATENCY].size && width > canvas->columns && width - 2 <= canvas->columns) { /* just fits without a line */
        text_clear(&clock);
        text_append_format(&clock, " %s", format_time(scene->now_ms, scene->zone_offset, false, figure));
        width -= 2;
    }
    while (kept > 0 && width > canvas->columns) {
        if (kept == LATENCY && scene->model->alerts.count == 0 && show_alerts) { /* a zero stands behind ksqlDB */
            show_alerts = false;
            width -= utf8_width(text_view(&alerts));
            continue;
        }
        width -= utf8_width(text_view(&parts[--kept]));
    }
    canvas_fill(canvas, (struct rectangle){0, 0, canvas->columns, 1}, ROLE_BAR);
    int x =
        canvas_put_cut(canvas, 0, 0, canvas->columns - (width > canvas->columns ? 11 : 0), ROLE_BAR, text_view(&first));
    for (int i = 0; i < PARTS; i++) {
        if (i == LATENCY && show_alerts)
            x = canvas_put(canvas, x, 0, ROLE_BAR, text_view(&alerts));
        if (i < kept)
            x = canvas_put(canvas, x, 0, ROLE_BAR, text_view(&parts[i]));
    }
    canvas_put(canvas, x, 0, ROLE_BAR, text_view(&clock));
    for (int i = 0; i < PARTS; i++)
        text_free(&parts[i]);
    text_free(&first);
    text_free(&alerts);
    text_free(&clock);
}

/* --- message line --- */

struct said {
    enum message_level level;
    int64_t at_ms;
    struct text text;
};

/* The newest of what the view says, what services said, and a new alert. */
static void newest(const struct ui *ui, const struct scene *scene, bool narrow, struct said *said) {
    const struct model *model = scene->model;
    char card[FORMAT_SIZE], sum[FORMAT_SIZE], average[FORMAT_SIZE];
    *said = (struct said){ui->level, ui->message.size ? ui->message_ms : INT64_MIN / 2, TEXT_EMPTY};
    text_append(&said->text, text_view(&ui->message));
    const struct model_message *message =
        model->messages.count ? &model->messages.items[model->messages.count - 1] : NULL;
    bool answered = model->message_total <= ui->dismissed; /* an error stays until the next key */
    if (message && message->at_ms >= said->at_ms && !(answered && message->level == MESSAGE_ERROR)) {
        said->level = message->level;
        said->at_ms = message->at_ms;
        text_clear(&said->text);
        mask_text(view_of(message->text), ui_masks(ui, scene), &said->text);
    }
    const struct model_alert *alert = model->alerts.count ? &model->alerts.items[model->alerts.count - 1] : NULL;
    if (!alert || alert->seen || alert->text || alert->arrived_ms <= said->at_ms || said->level == MESSAGE_ERROR)
        return;
    said->level = MESSAGE_ERROR; /* its look, not its stay */
    said->at_ms = alert->arrived_ms;
    text_clear(&said->text);
    text_append_format(&said->text, "! New alert: card %s%s %s in %lld transaction%s",
                       format_card(alert->card, ui_masks(ui, scene), card), narrow ? "," : " spent",
                       format_count(alert->total, sum), (long long)alert->count, alert->count == 1 ? "" : "s");
    if (!narrow)
        text_append_format(&said->text, " (average %s)", format_count(alert->average, average));
    text_append_string(&said->text, ". a opens it.");
    if (scene->now_ms - said->at_ms > WARN_MS)
        text_clear(&said->text);
}

static void draw_job(const struct scene *scene, struct canvas *canvas, int y) {
    const struct model_job *job = &scene->model->jobs.items[0];
    static const char *const marks[] = {"|", "/", "-", "\\"};
    char age[FORMAT_SIZE];
    int64_t ran = scene->now_ms - job->started_ms;
    int x = canvas_print(canvas, 1, y, ROLE_INFO, "%s %s %d of %d", marks[(scene->now_ms / 1000) & 3], job->text,
                         job->done, job->total);
    if (ran >= SLOW_MS)
        canvas_print(canvas, x, y, ROLE_INFO, ", %s, ^C stops", format_age(ran, age));
}

/* What to do next, when there is nothing to say. */
static void draw_step(const struct scene *scene, struct canvas *canvas, int y) {
    const struct guide *guide = scene->guide;
    const struct step *step = guide->count ? &guide->steps[guide->current] : NULL;
    size_t held = 0;
    struct text text = TEXT_EMPTY;
    for (size_t i = 0; step && i < step->check_count; i++)
        held += step->checks[i].ok;
    if (!step)
        return;
    text_append_format(&text, "Step %d of %zu: %s.", step->number, guide->count, step->title);
    if (step->check_count)
        text_append_format(&text, " Checks: %zu of %zu passed.", held, step->check_count);
    const char *next = step->staged ? " Enter in the Guide runs the command that is shown."
                       : step->command_count && step->state != STEP_DONE ? " 6 Enter shows the command."
                                                                         : "";
    if (utf8_width(text_view(&text)) + (int)strlen(next) <= canvas->columns - 2)
        text_append_string(&text, next);
    canvas_put_cut(canvas, 1, y, canvas->columns - 2, ROLE_DIM, text_view(&text));
    text_free(&text);
}

static void draw_line(const struct ui *ui, struct canvas *canvas, int y) {
    canvas_fill(canvas, (struct rectangle){0, y, canvas->columns, 1}, ROLE_TEXT);
    int x = canvas_put(canvas, 1, y, ROLE_INFO, ui->mode == MODE_LINE ? VIEW(":") : VIEW("/"));
    int room = canvas->columns - x - 1, cursor = line_cursor(), width;
    struct view text = view_of(line_text());
    if (cursor >= room) { /* a long line moves so that the cursor is in view */
        size_t skip = utf8_fit(text, cursor - room + 1, &width);
        text = (struct view){text.data + skip, text.size - skip};
        cursor -= width;
    }
    canvas_put_cut(canvas, x, y, room, ROLE_TEXT, text);
    canvas->cursor_x = x + cursor;
    canvas->cursor_y = y;
    canvas->cursor_shown = true;
}

void bar_message(struct ui *ui, const struct scene *scene, struct canvas *canvas, int y) {
    static const enum role roles[] = {ROLE_TEXT, ROLE_OK, ROLE_WARN, ROLE_ALERT};
    struct said said;
    if (ui->mode == MODE_LINE || ui->mode == MODE_FILTER) {
        draw_line(ui, canvas, y);
        return;
    }
    newest(ui, scene, canvas->columns < NARROW, &said);
    int64_t age = scene->now_ms - said.at_ms;
    if (said.text.size && (said.level == MESSAGE_ERROR || age < (said.level == MESSAGE_WARN ? WARN_MS : INFO_MS)))
        canvas_put_cut(canvas, 1, y, canvas->columns - 2, roles[said.level], text_view(&said.text));
    else if (scene->model->jobs.count)
        draw_job(scene, canvas, y);
    else
        draw_step(scene, canvas, y);
    text_free(&said.text);
}

/* --- footer --- */

static bool is_sign(const char *key) {
    return key[0] && !key[1] && strchr("?:/!", key[0]);
}

int bar_hint(struct canvas *canvas, int x, int y, int right, const char *key, const char *hint, bool dim) {
    char shown[24];
    bool control = strncmp(key, "C-", 2) == 0, joined = is_sign(key);
    if (control)
        snprintf(shown, sizeof shown, "^%c", key[2] >= 'a' && key[2] <= 'z' ? key[2] - 32 : key[2]);
    else
        snprintf(shown, sizeof shown, "%s", key);
    int width = utf8_width(view_of(shown)) + !joined + utf8_width(view_of(hint));
    if (x + width > right)
        return x;
    x = canvas_put(canvas, x, y, dim ? ROLE_BAR : ROLE_BAR_KEY, view_of(shown));
    x = canvas_print(canvas, x, y, ROLE_BAR, "%s%s", joined ? "" : " ", hint);
    return x + 1 + (canvas->columns >= NARROW && !joined);
}

static bool cannot(const struct ui *ui, const struct scene *scene, const struct key_row *row) {
    if (strcmp(row->command, "stop-here") == 0)
        return !view_has_what_stops(scene);
    return ui->callbacks.why_not && ui->callbacks.why_not(ui->callbacks.context, row->command);
}

/* Keys of a place that have a hint and work now. `only` NULL: all, else those whose keys are in it (or, `but`, are
 * not). */
static int draw_place(const struct ui *ui, const struct scene *scene, struct canvas *canvas, int x, int y, int right,
                      const char *place, const char *only, bool but) {
    for (size_t i = 0; i < keymap_count(ui->keymap); i++) {
        const struct key_row *row = keymap_at(ui->keymap, i);
        bool named = only && row->key[0] && !row->key[1] && strchr(only, row->key[0]);
        if (row->hint && !row->quiet && strcmp(row->place, place) == 0 && (!only || named != but) &&
            !cannot(ui, scene, row))
            x = bar_hint(canvas, x, y, right, row->key, row->hint, false);
    }
    return x;
}

static void draw_groups(struct canvas *canvas, int x, int y, int right) {
    static const char *const groups[][2] = {
        {"p", "producer"}, {"d", "detector"}, {"s", "SQL"}, {"c", "connector"}, {"t", "topics"}};
    if (canvas->columns >= NARROW && x + 12 < right)
        x = canvas_put(canvas, x - 1, y, ROLE_BAR, VIEW("│ "));
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        int next = bar_hint(canvas, x, y, right, groups[i][0], groups[i][1], false);
        x = next > x && canvas->columns >= NARROW ? next - 1 : next;
    }
    bar_hint(canvas, x, y, right, "]", "step", false);
}

void bar_footer(struct ui *ui, const struct scene *scene, struct canvas *canvas, int y) {
    const struct overlay *overlay = overlay_of(ui);
    int right = canvas->columns - 1, x = 1;
    canvas_fill(canvas, (struct rectangle){0, y, canvas->columns, 1}, ROLE_BAR);
    if (ui->question.kind) {
        x = bar_hint(canvas, x, y, right, "Esc", "nothing is done", false);
        if (ui->question.kind == QUESTION_NAME)
            bar_hint(canvas, x, y, right, "Enter", "when the name stands there", false);
    } else if (ui->mode == MODE_LINE || ui->mode == MODE_FILTER) {
        x = bar_hint(canvas, x, y, right, "Enter", ui->mode == MODE_LINE ? "run" : "filter", false);
        if (ui->mode == MODE_LINE) {
            x = bar_hint(canvas, x, y, right, "Tab", "complete", false);
            x = bar_hint(canvas, x, y, right, "Up", "history", false);
        }
        bar_hint(canvas, x, y, right, "Esc", "leave", false);
    } else if (ui->group[0]) {
        x = draw_place(ui, scene, canvas, x, y, right, ui->group, NULL, false);
        bar_hint(canvas, x, y, right, "Esc", "leave", false);
    } else if (overlay) {
        if (overlay->place)
            draw_place(ui, scene, canvas, x, y, right, overlay->place, NULL, false);
        else
            bar_hint(canvas, bar_hint(canvas, x, y, right, "Enter", "do it", false), y, right, "Esc", "close", false);
    } else if (ui->mode == MODE_EDITOR) {
        draw_place(ui, scene, canvas, x, y, right, "editor", NULL, false);
    } else {
        x = draw_place(ui, scene, canvas, x, y, right, "global", "?:", false);
        if (ui_panes[ui->focus]->rows)
            x = draw_place(ui, scene, canvas, x, y, right, "list", NULL, false);
        x = draw_place(ui, scene, canvas, x, y, right, ui_panes[ui->focus]->name, NULL, false);
        x = draw_place(ui, scene, canvas, x, y, right, "global", "?:]", true);
        draw_groups(canvas, x, y, right);
    }
}

/* The choices of a group letter, when the second key does not come at once. */
void bar_group(struct ui *ui, const struct scene *scene, struct canvas *canvas, int y) {
    int lines = 0, width = 30;
    if (!ui->group[0] || scene->now_ms - ui->group_ms < GROUP_MENU_MS)
        return;
    for (size_t i = 0; i < keymap_count(ui->keymap); i++)
        lines += strcmp(keymap_at(ui->keymap, i)->place, ui->group) == 0;
    struct rectangle box = {1, y - lines - 1, width, lines + 2};
    canvas_fill(canvas, box, ROLE_TEXT);
    canvas_border(canvas, box, true);
    canvas_print(canvas, box.x + 2, box.y, ROLE_TITLE, " %s ", ui->group);
    for (size_t i = 0, line = 0; i < keymap_count(ui->keymap); i++) {
        const struct key_row *row = keymap_at(ui->keymap, i);
        if (strcmp(row->place, ui->group) != 0)
            continue;
        bool dim = cannot(ui, scene, row);
        int at = box.y + 1 + (int)line++;
        canvas_put(canvas, box.x + 2, at, dim ? ROLE_DIM : ROLE_INFO, view_of(row->key));
        canvas_put_cut(canvas, box.x + 6, at, width - 8, dim ? ROLE_DIM : ROLE_TEXT,
                       view_of(row->hint ? row->hint : row->command));
    }
}
