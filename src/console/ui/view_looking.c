/* Panes, lists, messages, alerts, windows. */
#include <stdio.h>

#include "console/ui/line.h"
#include "console/ui/view_handlers.h"

HANDLER(do_focus) {
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

HANDLER(do_zoom) {
    if (line->count > 1 && do_focus(ui, scene, line, error) != 0)
        return -1;
    ui->zoomed = line->count > 1 || !ui->zoomed;
    return 0;
}

HANDLER(do_move) {
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

HANDLER(do_sideways) {
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

HANDLER(do_filter) {
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

HANDLER(do_filter_line) {
    (void)scene, (void)line;
    if (need_list(ui, error) != 0)
        return -1;
    ui->mode = MODE_FILTER;
    line_open(filter_text(ui->views[ui->focus].filter), NULL, NULL);
    return 0;
}

HANDLER(do_freeze) {
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

HANDLER(do_follow) {
    (void)scene, (void)line, (void)error;
    transactions_follow(ui);
    return 0;
}

/* What passes the filter is a hit: the next one is the next row. */
HANDLER(do_hit) {
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

HANDLER(do_mark) {
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
HANDLER(do_goto_mark) {
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

HANDLER(do_wrap) {
    (void)scene, (void)line, (void)error;
    ui->tail.wrap = !ui->tail.wrap;
    return 0;
}

HANDLER(do_copy) {
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

HANDLER(do_inspect) {
    const struct tail_row *row = transactions_chosen(ui, scene);
    (void)line;
    if (!row)
        return error_set(error, ERROR_NOT_FOUND, "no row is chosen");
    transactions_hold(ui, scene);
    ui->inspected = row->sequence;
    overlay_show(ui, OVERLAY_INSPECTOR);
    return 0;
}

HANDLER(do_inspector_view) {
    char first = word(line, 1)[0];
    (void)scene, (void)error;
    ui->inspector_view = first == 'h' ? 2 : first == 'j' ? 1 : 0;
    ui->overlay_top = 0;
    return 0;
}

HANDLER(do_message) {
    (void)error;
    inspector_move(ui, scene, word(line, 1));
    return 0;
}

HANDLER(do_reveal) {
    (void)line, (void)error;
    ui->reveal_until_ms = scene->now_ms + REVEAL_MS;
    ui_say(ui, scene, MESSAGE_WARN, "Cards and addresses are shown for 10 s.");
    return 0;
}

HANDLER(do_alert_seen) {
    const struct model_alert *alert = alerts_chosen(ui, scene);
    (void)line;
    if (!alert)
        return error_set(error, ERROR_NOT_FOUND, "no alert is chosen");
    if (ui->callbacks.alert_seen)
        ui->callbacks.alert_seen(ui->callbacks.context, alert->number);
    return 0;
}

HANDLER(do_newest_alert) {
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

HANDLER(do_window) {
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
HANDLER(do_card) {
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

HANDLER(do_tail) {
    if (line->count < 2 || line->count > 3)
        return error_set(error, ERROR_INVALID, "usage: tail TOPIC [earliest|latest|-N|@MS]");
    if (view_send(ui, scene, error, "tail '%s' %s", line->words[1], line->count > 2 ? line->words[2] : "-200") != 0)
        return -1;
    transactions_show(ui, line->words[1]);
    ui->focus = PANE_TRANSACTIONS;
    return 0;
}

HANDLER(do_tail_chosen) {
    const struct model_topic *topic = topics_chosen(ui, scene);
    char *words[2] = {NULL, topic ? topic->name : NULL};
    struct command_line tail = {.words = words, .count = 2};
    (void)line;
    return topic ? do_tail(ui, scene, &tail, error) : error_set(error, ERROR_NOT_FOUND, "no topic is chosen");
}
