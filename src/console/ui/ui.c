/* Life of the view and the way of a key: place, row of the key map, command line. */
#include "console/ui/ui.h"

#include "console/command/complete.h"
#include "console/ui/line.h"
#include "console/ui/private.h"
#include "foundation/base/memory.h"
#include "lab/topics.h"

struct ui *ui_new(const struct ui_callbacks *callbacks, const struct keymap *keymap, const struct command *commands) {
    struct ui *ui = memory_zero(1, sizeof *ui);
    ui->callbacks = *callbacks;
    ui->keymap = keymap;
    ui->commands = commands;
    ui->focus = ui->main_tab = PANE_TRANSACTIONS;
    ui->dirty = true;
    ui->interrupt_ms = INT64_MIN / 2;
    transactions_show(ui, LAB_TOPIC_TRANSACTIONS);
    return ui;
}

void ui_free(struct ui *ui) {
    if (!ui)
        return;
    line_close();
    for (int i = 0; i < PANE_COUNT; i++) {
        filter_free(ui->views[i].filter);
        vector_free(&ui->views[i].rows);
    }
    vector_free(&ui->tail.passed);
    question_free(&ui->question);
    text_free(&ui->answer);
    text_free(&ui->search);
    text_free(&ui->candidate);
    text_free(&ui->editor);
    text_free(&ui->message);
    memory_free(ui);
}

void ui_say(struct ui *ui, const struct scene *scene, enum message_level level, const char *text) {
    text_clear(&ui->message);
    text_append_string(&ui->message, text);
    ui->level = level;
    ui->message_ms = scene->now_ms;
    ui->dirty = true;
}

void ui_remember(struct ui *ui, const char *line) {
    (void)ui;
    line_remember(line);
}

bool ui_needs_paint(const struct ui *ui, const struct scene *scene) {
    bool menu = ui->group[0] && scene->now_ms - ui->group_ms >= GROUP_MENU_MS;
    return ui->dirty || menu || ui->drawn_revision != scene->model->revision ||
           ui->drawn_guide != scene->guide->revision || ui->drawn_second != scene->now_ms / 1000;
}

int ui_run(struct ui *ui, const struct scene *scene, struct view line, struct error *error) {
    struct command_list list;
    ui->dirty = true;
    if (command_parse(line, ui_commands(), &list, NULL) != 0)
        return view_send(ui, scene, error, "%.*s", VIEW_ARGS(line)); /* the owner of the line complains better */
    bool own = list.count == 1 && view_find(list.lines[0].words[0]);
    int result =
        own ? view_run(ui, scene, &list.lines[0], error) : view_send(ui, scene, error, "%.*s", VIEW_ARGS(line));
    command_list_free(&list);
    return result;
}

void ui_run_and_say(struct ui *ui, const struct scene *scene, const char *line) {
    struct error error = {0};
    text_clear(&ui->message);
    if (*line && ui_run(ui, scene, view_of(line), &error) != 0)
        ui_say(ui, scene, MESSAGE_ERROR, error.message);
}

static void line_mode_key(struct ui *ui, const struct scene *scene, const char *key) {
    enum ui_mode mode = ui->mode;
    struct text text = TEXT_EMPTY;
    if (strcmp(key, "Esc") == 0) {
        line_close();
        ui->mode = MODE_PANES;
    } else if (line_key(key) == LINE_ENTERED) {
        text_append_format(&text, "%s%s", mode == MODE_FILTER ? "filter " : "", line_text());
        if (mode == MODE_LINE && history_may_keep(view_of(line_text())) && ui->callbacks.entered)
            ui->callbacks.entered(ui->callbacks.context, line_text());
        line_close();
        ui->mode = MODE_PANES;
        ui_run_and_say(ui, scene, text_string(&text));
    }
    text_free(&text);
}

/* Leaves what text is typed into; twice within two seconds asks to quit, wherever one is. */
static bool interrupt(struct ui *ui, const struct scene *scene) {
    bool twice = scene->now_ms - ui->interrupt_ms <= TWICE_MS;
    ui->interrupt_ms = scene->now_ms;
    if (ui->mode == MODE_LINE || ui->mode == MODE_FILTER)
        line_mode_key(ui, scene, "Esc");
    else if (ui->question.kind)
        question_key(ui, scene, "Esc");
    else if (!twice)
        return false;
    if (twice) {
        ui->interrupt_ms -= TWICE_MS + 1;
        ui->mode = MODE_PANES;
        ui_run_and_say(ui, scene, "ask-quit");
    }
    return true;
}

static const struct key_row *row_of_group(struct ui *ui, const char *key) {
    const struct key_row *row = keymap_find(ui->keymap, ui->group, key);
    ui->group[0] = '\0';
    return row;
}

static bool begins_group(struct ui *ui, const struct scene *scene, const char *key) {
    for (size_t i = 0; key[0] && !key[1] && i < keymap_count(ui->keymap); i++)
        if (strcmp(keymap_at(ui->keymap, i)->place, key) == 0) {
            ui->group[0] = key[0];
            ui->group_ms = scene->now_ms;
            return true;
        }
    return false;
}

/* Overlays have their own keys, those of lists, and : ! ? and ^C. */
static const struct key_row *row_of_overlay(const struct ui *ui, const struct overlay *overlay, const char *key) {
    static const char *const everywhere[] = {":", "!", "?", "C-c", "C-l", "C-z", "Esc"};
    const struct key_row *row = overlay->place ? keymap_find(ui->keymap, overlay->place, key) : NULL;
    if (!row && overlay->place)
        row = keymap_find(ui->keymap, "list", key);
    if (row && strcmp(row->place, "list") == 0 && strncmp(row->command, "move ", 5) != 0)
        row = NULL;
    for (size_t i = 0; !row && i < sizeof everywhere / sizeof *everywhere; i++)
        if (strcmp(everywhere[i], key) == 0)
            row = keymap_find(ui->keymap, "global", key);
    return row;
}

static const struct key_row *row_of_panes(struct ui *ui, const struct scene *scene, const char *key) {
    const char *const places[] = {ui_panes[ui->focus]->name, "list", "global"};
    for (int i = 0; i < 3; i++) {
        const struct key_row *row = keymap_find(ui->keymap, places[i], key);
        if (row)
            return row;
    }
    begins_group(ui, scene, key);
    return NULL;
}

void ui_handle_key(struct ui *ui, const struct scene *scene, const char *key) {
    const struct overlay *overlay = overlay_of(ui);
    const struct key_row *row;
    ui->dirty = true;
    ui->dismissed = scene->model->message_total;
    if (strcmp(key, "Resize") == 0 || (strcmp(key, "C-c") == 0 && interrupt(ui, scene)))
        return;
    if (ui->question.kind) {
        question_key(ui, scene, key);
        return;
    }
    if (ui->mode == MODE_LINE || ui->mode == MODE_FILTER) {
        line_mode_key(ui, scene, key);
        return;
    }
    if (ui->mode == MODE_EDITOR && !overlay) {
        editor_key(ui, scene, key);
        return;
    }
    if (ui->group[0]) {
        row = row_of_group(ui, key);
    } else if (overlay) {
        if (overlay->key && overlay->key(ui, scene, key))
            return;
        row = row_of_overlay(ui, overlay, key);
    } else {
        row = row_of_panes(ui, scene, key);
    }
    const char *why = row && ui->callbacks.why_not ? ui->callbacks.why_not(ui->callbacks.context, row->command) : NULL;
    if (why)
        ui_say(ui, scene, MESSAGE_WARN, why);
    else if (row)
        ui_run_and_say(ui, scene, row->command);
}

void ui_paste(struct ui *ui, const struct scene *scene, struct view text) {
    ui->dirty = true;
    if (ui->question.kind)
        question_paste(ui, text);
    else if (ui->mode == MODE_LINE || ui->mode == MODE_FILTER)
        line_paste(text);
    else if (ui->mode == MODE_EDITOR && ui->overlay == OVERLAY_NONE)
        editor_insert(ui, text);
    else
        ui_say(ui, scene, MESSAGE_WARN, "Pasted text ignored: press : or s s first");
}

void ui_draw(struct ui *ui, const struct scene *scene, struct canvas *canvas) {
    char rate[FORMAT_SIZE], lag[FORMAT_SIZE];
    const struct model *model = scene->model;
    const struct overlay *overlay = overlay_of(ui);
    canvas_clear(canvas);
    ui->dirty = ui->group[0] && scene->now_ms - ui->group_ms < GROUP_MENU_MS ? ui->dirty : false;
    ui->ascii = canvas->ascii;
    ui->drawn_revision = model->revision;
    ui->drawn_guide = scene->guide->revision;
    ui->drawn_second = scene->now_ms / 1000;
    if (canvas->columns < 80 || canvas->rows < 24) {
        struct text text = TEXT_EMPTY;
        text_append_format(&text, "Terminal is %dx%d, needed 80x24.\nMake the window larger or the font smaller.\n",
                           canvas->columns, canvas->rows);
        text_append_format(&text, "Still running: producer %s, detector %s%s, alerts %zu.\n",
                           model->producer.running ? format_rate(model->producer.actual, rate) : "stopped",
                           !model->detector.running  ? "stopped"
                           : model->detector.lag < 0 ? "starting"
                                                     : "lag ",
                           model->detector.running && model->detector.lag >= 0 ? format_count(model->detector.lag, lag)
                                                                               : "",
                           model->alerts.count);
        text_append_string(&text, "q quit   : command   ^Z suspend\n");
        struct rectangle all = {-1, 0, canvas->columns + 2, canvas->rows};
        int y = ui_wrap(canvas, all, 0, ROLE_TEXT, text_view(&text));
        text_free(&text);
        if (ui->mode != MODE_PANES || ui->question.kind)
            bar_message(ui, scene, canvas, y < canvas->rows ? y : canvas->rows - 1);
        return;
    }
    bar_title(ui, scene, canvas);
    frame_panes(ui, scene, canvas);
    if (overlay)
        overlay->draw(ui, scene, canvas, (struct rectangle){0, 1, canvas->columns, canvas->rows - 3});
    bar_group(ui, scene, canvas, canvas->rows - 3);
    bar_message(ui, scene, canvas, canvas->rows - 2);
    bar_footer(ui, scene, canvas, canvas->rows - 1);
    if (ui->mode == MODE_LINE)
        line_hint_draw(ui, scene, canvas, canvas->rows - 3);
    if (ui->question.kind)
        question_draw(ui, canvas);
}
