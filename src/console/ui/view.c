/* The view's own commands: one row and one function each. All others go to the callback. */
#include <stdio.h>

#include "console/ui/line.h"
#include "console/ui/private.h"
#include "foundation/base/utf8.h"

typedef int (*view_handler)(struct ui *ui, const struct scene *scene, const struct command_line *line,
                            struct error *error);
#define HANDLER(name)                                                                                                  \
    static int name(struct ui *ui, const struct scene *scene, const struct command_line *line, struct error *error)

static const char *word(const struct command_line *line, size_t index) {
    return line->count > index ? line->words[index] : "";
}

int view_send(struct ui *ui, const struct scene *scene, struct error *error, const char *format, ...) {
    struct text line = TEXT_EMPTY;
    struct question question = {0};
    va_list arguments;
    int result = 0;
    (void)scene;
    va_start(arguments, format);
    text_append_format_v(&line, format, arguments);
    va_end(arguments);
    if (ui->callbacks.ask && ui->callbacks.ask(ui->callbacks.context, text_view(&line), &question)) {
        if (question.line.size == 0)
            text_append(&question.line, text_view(&line));
        question_take(ui, &question);
    } else if (ui->callbacks.run) {
        result = ui->callbacks.run(ui->callbacks.context, text_view(&line), error);
    }
    question_free(&question);
    text_free(&line);
    return result;
}

int view_answered(struct ui *ui, struct view line, struct error *error) {
    return ui->callbacks.run ? ui->callbacks.run(ui->callbacks.context, line, error) : 0;
}

HANDLER(run_focus) {
    const char *name = word(line, 1);
    int id = 0;
    (void)scene;
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

HANDLER(run_zoom) {
    if (line->count > 1 && run_focus(ui, scene, line, error) != 0)
        return -1;
    ui->zoomed = line->count > 1 || !ui->zoomed;
    return 0;
}

HANDLER(run_move) {
    const char *how = word(line, 1);
    (void)error;
    if (ui->overlay == OVERLAY_NONE && ui->focus == PANE_TRANSACTIONS) {
        if (strcmp(how, "end") == 0) { /* the newest row stands on top */
            transactions_follow(ui);
            return 0;
        }
        bool oldest = strcmp(how, "top") == 0;
        transactions_hold(ui, scene);
        list_move(ui, scene, oldest ? "end" : how);
        return 0;
    }
    if (ui->overlay == OVERLAY_NONE)
        list_move(ui, scene, how);
    else
        ui->overlay_top += strcmp(how, "top") == 0         ? -100000
                           : strcmp(how, "end") == 0       ? 100000
                           : strcmp(how, "page-up") == 0   ? -10
                           : strcmp(how, "up") == 0        ? -1
                           : strcmp(how, "page-down") == 0 ? 10
                                                           : 1;
    return 0;
}

HANDLER(run_sideways) {
    int *sideways = &ui->views[ui->focus].sideways;
    (void)scene, (void)error;
    *sideways += strcmp(word(line, 1), "left") == 0 ? -10 : 10;
    *sideways = *sideways < 0 ? 0 : *sideways > 10000 ? 10000 : *sideways;
    return 0;
}

static int need_list(struct ui *ui, struct error *error) {
    return ui_panes[ui->focus]->rows
               ? 0
               : error_set(error, ERROR_UNSUPPORTED, "%s has no list to filter", ui_panes[ui->focus]->title);
}

HANDLER(run_filter) {
    struct pane_view *view = &ui->views[ui->focus];
    struct filter *filter = NULL;
    (void)scene;
    if (need_list(ui, error) != 0 || (*line->rest && !(filter = filter_new(view_of(line->rest), error))))
        return -1;
    filter_free(view->filter);
    view->filter = filter;
    view->cursor = view->top = 0;
    view->chosen = 0;
    ui->serial++;
    return 0;
}

HANDLER(run_filter_line) {
    (void)scene, (void)line;
    if (need_list(ui, error) != 0)
        return -1;
    ui->mode = MODE_FILTER;
    line_open(filter_text(ui->views[ui->focus].filter), NULL, NULL);
    return 0;
}

HANDLER(run_freeze) {
    (void)line;
    if (ui->tail.frozen) {
        transactions_follow(ui);
        return 0;
    }
    transactions_hold(ui, scene);
    if (!ui->tail.held_sequence)
        return error_set(error, ERROR_NOT_FOUND, "there is no row to hold yet");
    ui->tail.frozen = true;
    ui->tail.held_ms = scene->now_ms;
    ui_say(ui, scene, MESSAGE_INFO, "Frozen: counters, checks and alerts go on. f or G returns to the newest row.");
    return 0;
}

HANDLER(run_follow) {
    (void)scene, (void)line, (void)error;
    transactions_follow(ui);
    return 0;
}

/* What passes the filter is a hit: the next one is the next row. */
HANDLER(run_hit) {
    size_t at = ui->views[ui->focus].cursor;
    bool previous = strcmp(word(line, 1), "previous") == 0;
    if (need_list(ui, error) != 0)
        return -1;
    if (!ui->views[ui->focus].filter)
        return error_set(error, ERROR_INVALID, "there is no filter: / sets one, then n and N go through the hits");
    if (ui->focus == PANE_TRANSACTIONS)
        transactions_hold(ui, scene);
    list_go(ui, scene, ui->focus, previous ? at > 0 ? at - 1 : 0 : at + 1);
    return 0;
}

HANDLER(run_mark) {
    const struct tail_row *row = transactions_chosen(ui, scene);
    struct tail_view *tail = &ui->tail;
    (void)line;
    if (!row)
        return error_set(error, ERROR_NOT_FOUND, "no row is chosen");
    transactions_hold(ui, scene);
    for (size_t i = 0; i < tail->mark_count; i++)
        if (tail->marks[i] == row->sequence) {
            tail->marks[i] = tail->marks[--tail->mark_count];
            return 0;
        }
    if (tail->mark_count == MARKS)
        return error_set(error, ERROR_BUSY, "%d rows are marked, more cannot be", MARKS);
    tail->marks[tail->mark_count++] = row->sequence;
    return 0;
}

/* From mark to mark, downwards, and round again. */
HANDLER(run_goto_mark) {
    size_t count = list_count(ui, scene, PANE_TRANSACTIONS), at = ui->views[PANE_TRANSACTIONS].cursor;
    (void)line;
    transactions_hold(ui, scene);
    count = list_count(ui, scene, PANE_TRANSACTIONS);
    for (size_t step = 1; step <= count; step++) {
        size_t index = (at + step) % count;
        uint64_t sequence = pane_transactions.identity(ui, scene, list_own(ui, PANE_TRANSACTIONS, index));
        for (size_t i = 0; i < ui->tail.mark_count; i++)
            if (ui->tail.marks[i] == sequence) {
                ui->focus = PANE_TRANSACTIONS;
                list_go(ui, scene, PANE_TRANSACTIONS, index);
                return 0;
            }
    }
    return error_set(error, ERROR_NOT_FOUND, "no row is marked: m marks the chosen one");
}

HANDLER(run_wrap) {
    (void)scene, (void)line, (void)error;
    ui->tail.wrap = !ui->tail.wrap;
    return 0;
}

HANDLER(run_copy) {
    struct text text = TEXT_EMPTY, said = TEXT_EMPTY;
    bool field = strcmp(word(line, 1), "row") != 0;
    const struct pane *pane = ui_panes[ui->focus];
    if (ui->overlay == OVERLAY_INSPECTOR)
        inspector_copy(ui, scene, field, &text);
    else if (pane->copy && ui->views[ui->focus].cursor < list_count(ui, scene, ui->focus))
        pane->copy(ui, scene, list_own(ui, ui->focus, ui->views[ui->focus].cursor), field, &text);
    if (text.size == 0)
        return error_set(error, ERROR_NOT_FOUND, "nothing is chosen to copy");
    int result = ui->callbacks.copy ? ui->callbacks.copy(ui->callbacks.context, text_view(&text), error) : 0;
    text_append_format(&said, "Copied to the clipboard: %.*s", text.size > 60 ? 60 : (int)text.size, text.data);
    if (result == 0)
        ui_say(ui, scene, MESSAGE_OK, text_string(&said));
    text_free(&text);
    text_free(&said);
    return result;
}

HANDLER(run_inspect) {
    const struct tail_row *row = transactions_chosen(ui, scene);
    (void)line;
    if (!row)
        return error_set(error, ERROR_NOT_FOUND, "no row is chosen");
    transactions_hold(ui, scene);
    ui->inspected = row->sequence;
    overlay_show(ui, OVERLAY_INSPECTOR);
    return 0;
}

HANDLER(run_inspector_view) {
    char first = word(line, 1)[0];
    (void)scene, (void)error;
    ui->inspector_view = first == 'h' ? 2 : first == 'j' ? 1 : 0;
    ui->overlay_top = 0;
    return 0;
}

HANDLER(run_message) {
    (void)error;
    inspector_move(ui, scene, word(line, 1));
    return 0;
}

HANDLER(run_reveal) {
    (void)line, (void)error;
    ui->reveal_until_ms = scene->now_ms + REVEAL_MS;
    ui_say(ui, scene, MESSAGE_WARN, "Cards and addresses are shown for 10 s.");
    return 0;
}

HANDLER(run_alert_seen) {
    const struct model_alert *alert = alerts_chosen(ui, scene);
    (void)line;
    if (!alert)
        return error_set(error, ERROR_NOT_FOUND, "no alert is chosen");
    if (ui->callbacks.alert_seen)
        ui->callbacks.alert_seen(ui->callbacks.context, alert->number);
    return 0;
}

HANDLER(run_newest_alert) {
    size_t count = list_count(ui, scene, PANE_ALERTS);
    (void)line;
    for (size_t i = 0; i < count; i++) {
        const struct model_alert *alert = &scene->model->alerts.items[list_own(ui, PANE_ALERTS, i)];
        if (alert->seen)
            continue;
        uint64_t number = alert->number;
        ui->focus = PANE_ALERTS;
        list_go(ui, scene, PANE_ALERTS, i);
        if (ui->callbacks.alert_seen)
            ui->callbacks.alert_seen(ui->callbacks.context, number);
        return 0;
    }
    return error_set(error, ERROR_NOT_FOUND, "there is no alert that was not seen yet");
}

HANDLER(run_window) {
    const struct model *model = scene->model;
    const struct model_window *shown = windows_shown(ui, scene);
    const char *to = word(line, 1);
    if (!shown)
        return error_set(error, ERROR_NOT_FOUND, "there is no window yet");
    size_t at = (size_t)(shown - model->windows.items), last = model->windows.count - 1;
    if (strcmp(to, "prev") == 0 && at == 0)
        return error_set(error, ERROR_NOT_FOUND, "this is the oldest window that is kept");
    if (strcmp(to, "next") == 0 && at == last)
        return error_set(error, ERROR_NOT_FOUND, "this is the newest window");
    at = strcmp(to, "prev") == 0 ? at - 1 : strcmp(to, "next") == 0 ? at + 1 : last;
    ui->window_start = at == last ? 0 : model->windows.items[at].start; /* the newest is followed */
    ui->serial++;
    return 0;
}

/* The card's transactions in pane 2; the filter names the card by the digits that may be seen. */
HANDLER(run_card) {
    const struct model_window_row *row = windows_chosen(ui, scene);
    char filter[64];
    (void)line;
    if (!row || strlen(row->card) < 8)
        return error_set(error, ERROR_NOT_FOUND, "no card is chosen");
    snprintf(filter, sizeof filter, "filter card:%.4s*%s", row->card, row->card + strlen(row->card) - 4);
    transactions_show(ui, "transactions");
    ui->focus = PANE_TRANSACTIONS;
    return ui_run(ui, scene, view_of(filter), error);
}

HANDLER(run_tail) {
    if (line->count < 2 || line->count > 3)
        return error_set(error, ERROR_INVALID, "usage: tail TOPIC [earliest|latest|-N|@MS]");
    if (view_send(ui, scene, error, "tail '%s' %s", line->words[1], line->count > 2 ? line->words[2] : "-200") != 0)
        return -1;
    transactions_show(ui, line->words[1]);
    ui->focus = PANE_TRANSACTIONS;
    return 0;
}

HANDLER(run_tail_chosen) {
    const struct model_topic *topic = topics_chosen(ui, scene);
    char *words[2] = {NULL, topic ? topic->name : NULL};
    struct command_line tail = {.words = words, .count = 2};
    (void)line;
    return topic ? run_tail(ui, scene, &tail, error) : error_set(error, ERROR_NOT_FOUND, "no topic is chosen");
}

HANDLER(run_terminate_chosen) {
    const struct model_query *query = ksqldb_chosen(ui, scene);
    (void)line;
    return query ? view_send(ui, scene, error, "terminate %s", query->id)
                 : error_set(error, ERROR_NOT_FOUND, "no query is chosen: 5 goes to the list");
}

HANDLER(run_back) {
    (void)line, (void)error;
    if (ui->overlay == OVERLAY_MESSAGES && ui->overlay_open)
        ui->overlay_open = false;
    else if (ui->overlay != OVERLAY_NONE)
        ui->overlay = OVERLAY_NONE;
    else if (ui->focus == PANE_GUIDE && scene->guide->count && scene->guide->steps[scene->guide->current].staged)
        ui->callbacks.guide_drop ? ui->callbacks.guide_drop(ui->callbacks.context) : (void)0;
    else if (ui->zoomed)
        ui->zoomed = false;
    else if (strcmp(word(line, 1), "or-quit") == 0)
        return ui_run(ui, scene, VIEW("ask-quit"), error);
    return 0;
}

HANDLER(run_ask_quit) {
    struct question question = {.kind = QUESTION_YES_NO};
    (void)line, (void)error;
    if (!ui->callbacks.ask || !ui->callbacks.ask(ui->callbacks.context, VIEW("quit"), &question)) {
        text_append_string(&question.title, "Quit");
        text_append_string(&question.body,
                           "Nothing runs here.\nWhat the lab made stays and goes on at the next start.\n");
    }
    if (question.line.size == 0)
        text_append_string(&question.line, "quit!");
    (void)scene;
    question_take(ui, &question);
    return 0;
}

HANDLER(run_overlay) {
    (void)scene, (void)error;
    const char *name = line->words[0];
    overlay_show(ui, strcmp(name, "messages") == 0       ? OVERLAY_MESSAGES
                     : strcmp(name, "find-command") == 0 ? OVERLAY_FIND
                                                         : OVERLAY_HELP);
    return 0;
}

HANDLER(run_command_line) {
    (void)scene, (void)error;
    ui->mode = MODE_LINE;
    line_open(line->rest, line_hint_candidate, ui);
    return 0;
}

HANDLER(run_editor) {
    (void)scene, (void)line, (void)error;
    ui->focus = PANE_KSQLDB;
    ui->mode = MODE_EDITOR;
    return 0;
}

HANDLER(run_editor_run) {
    (void)line;
    return ui->editor.size ? view_send(ui, scene, error, "sql %s", ui->editor.data)
                           : error_set(error, ERROR_INVALID, "the editor is empty");
}

HANDLER(run_editor_leave) {
    (void)scene, (void)line, (void)error;
    ui->mode = MODE_PANES;
    return 0;
}

static const char *part_of(const struct scene *scene) {
    const struct guide *guide = scene->guide;
    const struct step *step = guide->count ? &guide->steps[guide->current] : NULL;
    return step && step->command_count ? step->commands[step->part < step->command_count ? step->part : 0] : NULL;
}

HANDLER(run_guide_enter) {
    const struct guide *guide = scene->guide;
    (void)line;
    if (guide->count && guide->steps[guide->current].command_count == 0)
        return error_set(error, ERROR_NOT_FOUND, "this step runs nothing");
    const char *command = ui->callbacks.guide_enter ? ui->callbacks.guide_enter(ui->callbacks.context) : NULL;
    ui->views[PANE_GUIDE].scroll = 0;
    return command ? ui_run(ui, scene, view_of(command), error) : 0;
}

/* A statement goes to the editor, any other command to the command line. */
HANDLER(run_guide_edit) {
    const char *command = part_of(scene);
    (void)line;
    if (!command)
        return error_set(error, ERROR_NOT_FOUND, "this step runs nothing");
    if (ui->callbacks.guide_drop)
        ui->callbacks.guide_drop(ui->callbacks.context);
    if (strncmp(command, ":sql ", 5) == 0) {
        editor_set(ui, command + 5);
        return ui_run(ui, scene, VIEW("editor"), error);
    }
    ui->mode = MODE_LINE;
    line_open(command + (*command == ':'), line_hint_candidate, ui);
    return 0;
}

HANDLER(run_guide_part) {
    (void)scene, (void)error;
    if (ui->callbacks.guide_part)
        ui->callbacks.guide_part(ui->callbacks.context, word(line, 1)[0] == 'p' ? -1 : 1);
    ui->views[PANE_GUIDE].scroll = 0;
    return 0;
}

HANDLER(run_guide_mark) {
    const struct guide *guide = scene->guide;
    (void)line;
    if (guide->count == 0)
        return error_set(error, ERROR_NOT_FOUND, "no steps are loaded");
    const struct step *step = &guide->steps[guide->current];
    return view_send(ui, scene, error, "mark %d %s", step->number, step->state == STEP_BY_HAND ? "todo" : "done");
}

HANDLER(run_statement_of_step) {
    const char *command = part_of(scene);
    (void)line;
    if (!command || strncmp(command, ":sql ", 5) != 0)
        return error_set(error, ERROR_NOT_FOUND, "this step has no statement; those of the pipeline are in step 8");
    editor_set(ui, command + 5);
    return ui_run(ui, scene, VIEW("editor"), error);
}

HANDLER(run_producer_toggle) {
    (void)line;
    return view_send(ui, scene, error, "producer %s", scene->model->producer.running ? "stop" : "start");
}

HANDLER(run_producer_rate) {
    static const double stops[] = {0.2, 0.5, 1, 2, 5, 10, 20, 50, 100};
    enum { COUNT = sizeof stops / sizeof *stops };
    double rate = scene->model->producer.rate, next = rate;
    bool up = word(line, 1)[0] == 'u';
    for (int i = 0; up && i < COUNT && next <= rate; i++)
        next = stops[i];
    for (int i = COUNT - 1; !up && i >= 0 && next >= rate; i--)
        next = stops[i];
    if (rate < 0)
        next = stops[COUNT - 1];
    return view_send(ui, scene, error, "producer rate %g", next);
}

HANDLER(run_detector_toggle) {
    (void)line;
    return view_send(ui, scene, error, "detector %s", scene->model->detector.running ? "stop" : "start");
}

HANDLER(run_connector_toggle) {
    const struct model_connector *connector = model_find_connector(scene->model, "CDC_Postgresql");
    (void)line;
    if (!connector)
        return error_set(error, ERROR_NOT_FOUND, "there is no connector CDC_Postgresql: c c creates it");
    bool paused = connector->state && strcmp(connector->state, "PAUSED") == 0;
    return view_send(ui, scene, error, "connector %s CDC_Postgresql", paused ? "resume" : "pause");
}

HANDLER(run_connector_show) {
    bool there = model_find_connector(scene->model, "CDC_Postgresql") != NULL;
    (void)line;
    return view_send(ui, scene, error, "%s", there ? "connector status CDC_Postgresql" : "connector create");
}

HANDLER(run_topic_delete) {
    const struct model_topic *topic = topics_chosen(ui, scene);
    (void)line;
    return topic && ui->focus == PANE_TOPICS
               ? view_send(ui, scene, error, "topic delete '%s'", topic->name)
               : error_set(error, ERROR_NOT_FOUND, "no topic is chosen: 1 goes to the list");
}

HANDLER(run_look) {
    (void)scene;
    return ui->callbacks.look ? ui->callbacks.look(ui->callbacks.context, line->words[0],
                                                   line->count > 1 ? line->words[1] : NULL, error)
                              : 0;
}

HANDLER(run_picture) {
    (void)scene;
    if (line->count != 2)
        return error_set(error, ERROR_INVALID, "usage: picture FILE");
    return ui->callbacks.picture ? ui->callbacks.picture(ui->callbacks.context, line->words[1], error) : 0;
}

HANDLER(run_redraw) {
    (void)scene, (void)line, (void)error;
    if (ui->callbacks.redraw)
        ui->callbacks.redraw(ui->callbacks.context);
    return 0;
}

HANDLER(run_suspend) {
    (void)scene, (void)line, (void)error;
    if (ui->callbacks.suspend)
        ui->callbacks.suspend(ui->callbacks.context);
    return 0;
}

/* Stops what runs here: the query of the ksqlDB pane, a long job. Nothing else may end by a key that people press
 * twice. */
HANDLER(run_stop_here) {
    (void)line;
    if (scene->model->result.state == RESULT_RUNNING || scene->model->jobs.count)
        return view_send(ui, scene, error, "stop");
    ui_say(ui, scene, MESSAGE_INFO, "Nothing runs that ^C stops; ^C again within 2 s asks to quit.");
    return 0;
}

/* One row a command: name, usage, area, help, flags, handler. */
#define VIEW_COMMANDS(X)                                                                                               \
    X("focus", "next|previous|PANE", "looking", "moves to a pane", 0, run_focus)                                       \
    X("zoom", "[PANE]", "looking", "one pane on the whole screen, and back", 0, run_zoom)                              \
    X("move", "up|down|top|end|page-up|page-down", "looking", "moves in the list or overlay", 0, run_move)             \
    X("sideways", "left|right", "looking", "moves long rows sideways", 0, run_sideways)                                \
    X("filter", "[EXPR]", "looking",                                                                                   \
      "rows with all words; /re/, !word, amount>5000, card:5031*, loc:Oslo, age<30s; nothing clears it", COMMAND_RAW,  \
      run_filter)                                                                                                      \
    X("filter-line", "", "looking", "edits the filter", 0, run_filter_line)                                            \
    X("hit", "next|previous", "looking", "the next row that passes the filter", 0, run_hit)                            \
    X("freeze", "", "looking", "holds the transactions, and goes on", 0, run_freeze)                                   \
    X("follow", "", "looking", "back to the newest row", 0, run_follow)                                                \
    X("mark-row", "", "looking", "marks the chosen row, or takes the mark off", 0, run_mark)                           \
    X("goto-mark", "", "looking", "goes to the next marked row", 0, run_goto_mark)                                     \
    X("wrap", "", "looking", "long rows on several lines, or cut", 0, run_wrap)                                        \
    X("copy", "[field|row]", "looking", "copies to the clipboard of the terminal", 0, run_copy)                        \
    X("inspect", "", "looking", "opens the chosen message", 0, run_inspect)                                            \
    X("view", "fields|json|hex", "looking", "how the message is shown", 0, run_inspector_view)                         \
    X("message", "next|previous", "looking", "the next older, the next newer message", 0, run_message)                 \
    X("reveal", "", "looking", "shows cards and addresses for 10 s", 0, run_reveal)                                    \
    X("alert-seen", "", "looking", "marks the chosen alert as seen", 0, run_alert_seen)                                \
    X("newest-alert", "", "looking", "goes to the newest alert that was not seen", 0, run_newest_alert)                \
    X("window", "prev|next|now", "looking", "another window in pane 3", 0, run_window)                                 \
    X("card", "", "looking", "the transactions of the chosen card", 0, run_card)                                       \
    X("tail", "TOPIC [earliest|latest|-N|@MS]", "topics", "follows a topic in pane 2", 0, run_tail)                    \
    X("tail-chosen", "", "topics", "follows the chosen topic in pane 2", 0, run_tail_chosen)                           \
    X("topic-delete", "", "topics", "deletes the chosen topic", 0, run_topic_delete)                                   \
    X("back", "[or-quit]", "looking", "closes what is open", 0, run_back)                                              \
    X("help-keys", "", "program", "keys and commands; type to search", 0, run_overlay)                                 \
    X("find-command", "", "program", "finds a command by part of its name", 0, run_overlay)                            \
    X("messages", "", "program", "the messages of this run", 0, run_overlay)                                           \
    X("command-line", "[COMMAND]", "program", "a line for commands", COMMAND_RAW, run_command_line)                    \
    X("ask-quit", "", "program", "asks, then ends", 0, run_ask_quit)                                                   \
    X("stop-here", "", "program", "stops what runs here", 0, run_stop_here)                                            \
    X("editor", "", "ksqlDB", "the statement editor", 0, run_editor)                                                   \
    X("editor-run", "", "ksqlDB", "runs the statement in the editor", 0, run_editor_run)                               \
    X("editor-leave", "", "ksqlDB", "leaves the editor, the text is kept", 0, run_editor_leave)                        \
    X("step-statement", "", "ksqlDB", "the step's statement into the editor", 0, run_statement_of_step)                \
    X("terminate-chosen", "", "ksqlDB", "ends the chosen query", 0, run_terminate_chosen)                              \
    X("guide-enter", "", "workshop", "shows the step's command, then runs it", 0, run_guide_enter)                     \
    X("guide-edit", "", "workshop", "edits the step's command before it runs", 0, run_guide_edit)                      \
    X("guide-part", "next|previous", "workshop", "another part of the step", 0, run_guide_part)                        \
    X("guide-mark", "", "workshop", "marks the step as done by hand, or not", 0, run_guide_mark)                       \
    X("producer-toggle", "", "producer", "starts or stops the producer", 0, run_producer_toggle)                       \
    X("producer-rate", "up|down", "producer", "the next rate of the scale", 0, run_producer_rate)                      \
    X("detector-toggle", "", "detector", "starts or stops the detector", 0, run_detector_toggle)                       \
    X("connector-show", "", "connector", "creates the connector, or shows how it does", 0, run_connector_show)         \
    X("connector-toggle", "", "connector", "pauses or resumes the connector", 0, run_connector_toggle)                 \
    X("theme", "[THEME]", "screen", "another theme", 0, run_look)                                                      \
    X("colour", "auto|mono|8|16|256|24", "screen", "how many colours", 0, run_look)                                    \
    X("glyphs", "auto|unicode|ascii", "screen", "which signs are drawn", 0, run_look)                                  \
    X("picture", "FILE", "screen", "writes the screen as text with colours", 0, run_picture)                           \
    X("redraw", "", "screen", "paints everything again", 0, run_redraw)                                                \
    X("suspend", "", "program", "back to the shell until fg", 0, run_suspend)

#define ROW(name, usage, area, help, flags, handler) {name, usage, area, help, flags, 0, NULL},
static const struct command rows[] = {VIEW_COMMANDS(ROW){0}};
#undef ROW
#define ROW(name, usage, area, help, flags, handler) handler,
static const view_handler handlers[] = {VIEW_COMMANDS(ROW)};
#undef ROW

const struct command *ui_commands(void) {
    return rows;
}

const struct command *view_find(const char *name) {
    for (const struct command *row = rows; row->name; row++)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

int view_run(struct ui *ui, const struct scene *scene, const struct command_line *line, struct error *error) {
    return handlers[view_find(line->words[0]) - rows](ui, scene, line, error);
}
