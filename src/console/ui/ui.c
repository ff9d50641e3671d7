#include "console/ui/ui.h"

#include "console/ui/line.h"
#include "console/ui/private.h"
#include "foundation/base/memory.h"
#include "foundation/base/utf8.h"

const struct command ui_commands[] = {
    {"focus", "next|previous|PANE", "looking", "moves to a pane", 0, NULL},
    {"zoom", "", "looking", "one pane on the whole screen, and back", 0, NULL},
    {"move", "up|down|top|end|page-up|page-down", "looking", "moves in the list or overlay", 0, NULL},
    {"filter", "[WORDS]", "looking", "shows rows with all words; amount>5000 and !word too; nothing clears it",
     COMMAND_RAW, NULL},
    {"filter-line", "", "looking", "edits the filter", 0, NULL},
    {"freeze", "", "looking", "holds the transactions, and goes on", 0, NULL},
    {"follow", "", "looking", "back to the newest row", 0, NULL},
    {"inspect", "", "looking", "opens the chosen message", 0, NULL},
    {"alert-seen", "", "looking", "marks the chosen alert as seen", 0, NULL},
    {"view", "fields|json|hex", "looking", "how the message is shown", 0, NULL},
    {"back", "", "looking", "closes what is open", 0, NULL},
    {"help-keys", "", "looking", "keys and commands", 0, NULL},
    {"command-line", "", "looking", "a line for commands", 0, NULL},
    {"editor", "", "ksqlDB", "the statement editor", 0, NULL},
    {"editor-run", "", "ksqlDB", "runs the statement in the editor", 0, NULL},
    {"editor-leave", "", "ksqlDB", "leaves the editor, the text is kept", 0, NULL},
    {"guide-enter", "", "workshop", "shows the step's command, then runs it", 0, NULL},
    {"guide-part", "next|previous", "workshop", "another part of the step", 0, NULL},
    {"producer-toggle", "", "producer", "starts or stops the producer", 0, NULL},
    {"producer-rate", "up|down", "producer", "the next rate of the scale", 0, NULL},
    {"detector-toggle", "", "detector", "starts or stops the detector", 0, NULL},
    {"theme", "[NAME]", "screen", "another theme", 0, NULL},
    {"redraw", "", "screen", "paints everything again", 0, NULL},
    {"suspend", "", "program", "back to the shell until fg", 0, NULL},
    {0},
};

struct ui *ui_new(const struct ui_callbacks *callbacks, const struct keymap *keymap, const struct command *commands) {
    struct ui *ui = memory_zero(1, sizeof *ui);
    ui->callbacks = *callbacks;
    ui->keymap = keymap;
    ui->commands = commands;
    ui->focus = ui->main_tab = PANE_TRANSACTIONS;
    ui->dirty = true;
    return ui;
}

void ui_free(struct ui *ui) {
    if (!ui)
        return;
    line_close();
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

bool ui_needs_paint(const struct ui *ui, const struct scene *scene) {
    return ui->dirty || ui->drawn_revision != scene->model->revision || ui->drawn_guide != scene->guide->revision ||
           ui->drawn_second != scene->now_ms / 1000;
}

/* Candidates for Tab: names of the view's commands, then of the others. */
static const char *complete(void *context, const char *word, size_t index) {
    struct ui *ui = context;
    const struct command *const tables[] = {ui_commands, ui->commands};
    for (int i = 0; i < 2; i++)
        for (const struct command *row = tables[i]; row && row->name; row++)
            if (strncmp(row->name, word, strlen(word)) == 0 && index-- == 0)
                return row->name;
    return NULL;
}

static void hold(struct ui *ui, const struct scene *scene) {
    struct pane_view *view = &ui->views[PANE_TRANSACTIONS];
    const struct model_tail *tail = scene->model->tails.count ? scene->model->tails.items[0] : NULL;
    if (view->held_sequence || !tail || tail->count == 0)
        return;
    view->held_sequence = model_tail_at(tail, tail->count - 1)->sequence;
    view->frozen_ms = scene->now_ms;
}

static void follow(struct ui *ui) {
    struct pane_view *view = &ui->views[PANE_TRANSACTIONS];
    view->held_sequence = 0;
    view->frozen = false;
    view->cursor = 0;
}

static void move_cursor(struct ui *ui, const struct scene *scene, const char *how) {
    struct pane_view *view = &ui->views[ui->focus];
    bool page = strncmp(how, "page", 4) == 0, up = strcmp(how, "up") == 0 || strcmp(how, "page-up") == 0;
    bool tail = ui->focus == PANE_TRANSACTIONS, top = strcmp(how, "top") == 0, end = strcmp(how, "end") == 0;
    if (ui->overlay != OVERLAY_NONE) {
        int step = page ? 20 : top || end ? 100000 : 1;
        ui->overlay_top += up || top ? -step : step;
        return;
    }
    if (tail && end) { /* the newest row stands on top */
        follow(ui);
        return;
    }
    if (tail)
        hold(ui, scene);
    size_t count = ui_panes[ui->focus]->count(ui, scene), step = page ? view->shown : 1;
    if (top)
        view->cursor = tail && count ? count - 1 : 0;
    else if (end)
        view->cursor = count ? count - 1 : 0;
    else if (up)
        view->cursor = view->cursor > step ? view->cursor - step : 0;
    else
        view->cursor = view->cursor + step < count ? view->cursor + step : count ? count - 1 : 0;
}

static int send_format(struct ui *ui, struct error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static int send_format(struct ui *ui, struct error *error, const char *format, ...) {
    struct text line = TEXT_EMPTY;
    va_list arguments;
    va_start(arguments, format);
    text_append_format_v(&line, format, arguments);
    va_end(arguments);
    int result = ui->callbacks.run ? ui->callbacks.run(ui->callbacks.context, text_view(&line), error) : 0;
    text_free(&line);
    return result;
}

static int change_rate(struct ui *ui, const struct scene *scene, bool up, struct error *error) {
    static const double stops[] = {0.2, 0.5, 1, 2, 5, 10, 20, 50, 100};
    enum { COUNT = sizeof stops / sizeof *stops };
    double rate = scene->model->producer.rate, next = rate;
    for (int i = 0; up && i < COUNT && next <= rate; i++)
        next = stops[i];
    for (int i = COUNT - 1; !up && i >= 0 && next >= rate; i--)
        next = stops[i];
    return send_format(ui, error, "producer rate %g", next);
}

static int focus_pane(struct ui *ui, const char *name, struct error *error) {
    int id = 0;
    if (strcmp(name, "next") == 0)
        id = (ui->focus + 1) % PANE_COUNT;
    else if (strcmp(name, "previous") == 0)
        id = (ui->focus + PANE_COUNT - 1) % PANE_COUNT;
    else
        while (id < PANE_COUNT && strcmp(ui_panes[id]->name, name) != 0)
            id++;
    if (id == PANE_COUNT)
        return error_set(error, ERROR_NOT_FOUND, "there is no pane `%s`", name);
    ui->focus = id;
    return 0;
}

static int view_command(struct ui *ui, const struct scene *scene, const struct command_line *line, const char *name,
                        struct error *error) {
    const char *first = line->count > 1 ? line->words[1] : "";
    struct pane_view *view = &ui->views[ui->focus], *tail_view = &ui->views[PANE_TRANSACTIONS];
#define IS(text) (strcmp(name, text) == 0)
    if (IS("focus"))
        return focus_pane(ui, first, error);
    if (IS("zoom"))
        ui->zoomed = !ui->zoomed;
    else if (IS("move"))
        move_cursor(ui, scene, first);
    else if (IS("filter") || IS("filter-line")) {
        if (ui->focus != PANE_TRANSACTIONS)
            return error_set(error, ERROR_UNSUPPORTED, "only Transactions has a filter; 2 goes there");
        if (IS("filter")) {
            size_t size = strlen(line->rest);
            if (size >= sizeof view->filter)
                return error_set(error, ERROR_INVALID, "a filter has at most %zu bytes", sizeof view->filter - 1);
            memcpy(view->filter, line->rest, size + 1);
            view->cursor = 0;
        } else {
            ui->mode = MODE_FILTER;
            line_open(view->filter, NULL, NULL);
        }
    } else if (IS("freeze")) {
        if (tail_view->frozen) {
            follow(ui);
        } else {
            hold(ui, scene);
            tail_view->frozen = tail_view->held_sequence != 0;
            tail_view->frozen_ms = scene->now_ms;
        }
    } else if (IS("follow"))
        follow(ui);
    else if (IS("inspect")) {
        const struct tail_row *row = transactions_chosen(ui, scene);
        if (!row)
            return error_set(error, ERROR_NOT_FOUND, "no row is chosen");
        hold(ui, scene);
        ui->inspected = row->sequence;
        ui->overlay = OVERLAY_INSPECTOR;
        ui->overlay_top = 0;
    } else if (IS("alert-seen")) {
        size_t count = scene->model->alerts.count, at = ui->views[PANE_ALERTS].cursor;
        if (at >= count)
            return error_set(error, ERROR_NOT_FOUND, "no alert is chosen");
        if (ui->callbacks.alert_seen)
            ui->callbacks.alert_seen(ui->callbacks.context, scene->model->alerts.items[count - 1 - at].number);
    } else if (IS("view")) {
        ui->inspector_view = *first == 'h' ? 2 : *first == 'j' ? 1 : 0;
        ui->overlay_top = 0;
    } else if (IS("back")) {
        if (ui->overlay != OVERLAY_NONE)
            ui->overlay = OVERLAY_NONE;
        else if (ui->zoomed)
            ui->zoomed = false;
        else
            ui_say(ui, scene, MESSAGE_INFO, "Q quits");
    } else if (IS("help-keys")) {
        ui->overlay = OVERLAY_HELP;
        ui->overlay_top = 0;
    } else if (IS("command-line")) {
        ui->mode = MODE_LINE;
        line_open(NULL, complete, ui);
    } else if (IS("editor")) {
        ui->focus = PANE_KSQLDB;
        ui->mode = MODE_EDITOR;
    } else if (IS("editor-run"))
        return ui->editor.size ? send_format(ui, error, "sql %s", ui->editor.data)
                               : error_set(error, ERROR_INVALID, "the editor is empty");
    else if (IS("editor-leave"))
        ui->mode = MODE_PANES;
    else if (IS("guide-enter")) {
        const char *command = ui->callbacks.guide_enter ? ui->callbacks.guide_enter(ui->callbacks.context) : NULL;
        return command ? send_format(ui, error, "%s", command) : 0;
    } else if (IS("guide-part")) {
        if (ui->callbacks.guide_part)
            ui->callbacks.guide_part(ui->callbacks.context, *first == 'p' ? -1 : 1);
    } else if (IS("producer-toggle"))
        return send_format(ui, error, "producer %s", scene->model->producer.running ? "stop" : "start");
    else if (IS("producer-rate"))
        return change_rate(ui, scene, *first == 'u', error);
    else if (IS("detector-toggle"))
        return send_format(ui, error, "detector %s", scene->model->detector.running ? "stop" : "start");
    else if (IS("theme"))
        return ui->callbacks.theme ? ui->callbacks.theme(ui->callbacks.context, first, error) : 0;
    else if (IS("redraw") && ui->callbacks.redraw)
        ui->callbacks.redraw(ui->callbacks.context);
    else if (IS("suspend") && ui->callbacks.suspend)
        ui->callbacks.suspend(ui->callbacks.context);
#undef IS
    return 0;
}

int ui_run(struct ui *ui, const struct scene *scene, struct view line, struct error *error) {
    struct command_list list;
    const struct command *row = NULL;
    ui->dirty = true;
    if (command_parse(line, ui_commands, &list, NULL) != 0)
        return send_format(ui, error, "%.*s", VIEW_ARGS(line)); /* the owner of the line complains better */
    if (list.count == 1)
        for (row = ui_commands; row->name && strcmp(row->name, list.lines[0].words[0]) != 0; row++)
            continue;
    int result = row && row->name ? view_command(ui, scene, &list.lines[0], row->name, error)
                                  : send_format(ui, error, "%.*s", VIEW_ARGS(line));
    command_list_free(&list);
    return result;
}

static void run_and_say(struct ui *ui, const struct scene *scene, const char *line) {
    struct error error = {0};
    text_clear(&ui->message);
    if (*line && ui_run(ui, scene, view_of(line), &error) != 0)
        ui_say(ui, scene, MESSAGE_ERROR, error.message);
}

static void line_mode_key(struct ui *ui, const struct scene *scene, const char *key) {
    enum ui_mode mode = ui->mode;
    if (strcmp(key, "Esc") == 0 || strcmp(key, "C-c") == 0) {
        line_close();
        ui->mode = MODE_PANES;
    } else if (line_key(key) == LINE_ENTERED) {
        struct text text = TEXT_EMPTY;
        text_append_format(&text, "%s%s", mode == MODE_FILTER ? "filter " : "", line_text());
        line_close();
        ui->mode = MODE_PANES;
        run_and_say(ui, scene, text_string(&text));
        text_free(&text);
    }
}

static void editor_insert(struct ui *ui, struct view text) {
    if (ui->editor.size + text.size > 65536)
        return;
    size_t old = ui->editor.size;
    text_append(&ui->editor, text);
    memmove(ui->editor.data + ui->editor_at + text.size, ui->editor.data + ui->editor_at, old - ui->editor_at);
    memcpy(ui->editor.data + ui->editor_at, text.data, text.size);
    ui->editor_at += text.size;
}

static size_t editor_before(const struct ui *ui) {
    size_t at = ui->editor_at;
    while (at > 0 && ((unsigned char)ui->editor.data[--at] & 0xC0) == 0x80)
        continue;
    return at;
}

static void editor_key(struct ui *ui, const struct scene *scene, const char *key) {
    const struct key_row *row = keymap_find(ui->keymap, "editor", key);
    if (row) {
        run_and_say(ui, scene, row->command);
    } else if (strcmp(key, "Enter") == 0) {
        editor_insert(ui, VIEW("\n"));
    } else if (strcmp(key, "Space") == 0) {
        editor_insert(ui, VIEW(" "));
    } else if (strcmp(key, "Left") == 0) {
        ui->editor_at = editor_before(ui);
    } else if (strcmp(key, "Right") == 0) {
        uint32_t code_point;
        size_t left = ui->editor.size - ui->editor_at,
               size = left ? utf8_decode((struct view){ui->editor.data + ui->editor_at, left}, &code_point) : 0;
        ui->editor_at += size ? size : left > 0;
    } else if (strcmp(key, "Backspace") == 0) {
        size_t at = editor_before(ui);
        if (at == ui->editor_at)
            return;
        memmove(ui->editor.data + at, ui->editor.data + ui->editor_at, ui->editor.size - ui->editor_at);
        ui->editor.size -= ui->editor_at - at;
        ui->editor.data[ui->editor.size] = '\0';
        ui->editor_at = at;
    } else if (strcmp(key, "C-u") == 0) {
        text_clear(&ui->editor);
        ui->editor_at = 0;
    } else if (utf8_length(view_of(key)) == 1) {
        editor_insert(ui, view_of(key));
    }
}

void ui_handle_key(struct ui *ui, const struct scene *scene, const char *key) {
    ui->dirty = true;
    if (strcmp(key, "Resize") == 0)
        return;
    if (ui->mode == MODE_LINE || ui->mode == MODE_FILTER) {
        line_mode_key(ui, scene, key);
        return;
    }
    if (ui->mode == MODE_EDITOR) {
        editor_key(ui, scene, key);
        return;
    }
    const struct key_row *row = NULL;
    if (ui->group[0]) {
        row = keymap_find(ui->keymap, ui->group, key);
        ui->group[0] = '\0';
        if (!row && strcmp(key, "Esc") == 0)
            return;
    } else if (ui->overlay != OVERLAY_NONE) {
        row = keymap_find(ui->keymap, "inspector", key);
        row = row ? row : keymap_find(ui->keymap, "list", key);
        if (!row && strcmp(key, ":") == 0)
            row = keymap_find(ui->keymap, "global", key);
    } else {
        const char *places[] = {ui_panes[ui->focus]->name, "list", "global"};
        for (int i = 0; i < 3 && !row; i++)
            row = keymap_find(ui->keymap, places[i], key);
        if (!row && key[0] && !key[1])
            for (size_t i = 0; i < keymap_count(ui->keymap); i++)
                if (strcmp(keymap_at(ui->keymap, i)->place, key) == 0) {
                    ui->group[0] = key[0];
                    return;
                }
    }
    if (row)
        run_and_say(ui, scene, row->command);
}

void ui_paste(struct ui *ui, struct view text) {
    ui->dirty = true;
    if (ui->mode == MODE_LINE || ui->mode == MODE_FILTER) {
        line_paste(text);
    } else if (ui->mode == MODE_EDITOR) {
        editor_insert(ui, text);
    } else {
        text_clear(&ui->message);
        text_append_string(&ui->message, "Pasted text ignored: press : or s s first");
        ui->level = MESSAGE_ERROR; /* stays until the next action: a paste has no time of its own */
    }
}
