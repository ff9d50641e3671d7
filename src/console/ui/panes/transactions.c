/* Pane 2: the newest rows of a topic, newest first. While it does not follow, newer rows wait and are counted. */
#include <stdio.h>
#include <stdlib.h>

#include "console/ui/private.h"
#include "foundation/base/memory.h"
#include "foundation/base/utf8.h"
#include "lab/topics.h"

enum { MINUTE_MS = 60000, SUMMARY_ROWS = 3, SUMMARY_FROM = 16, BARS = 16 };

const struct model_tail *transactions_tail(const struct ui *ui, const struct scene *scene) {
    return model_find_tail(scene->model, ui->tail.topic);
}

static uint64_t oldest_sequence(const struct model_tail *tail) {
    return tail->count ? model_tail_at(tail, 0)->sequence : 1;
}

const struct tail_row *transactions_row(const struct ui *ui, const struct scene *scene, uint64_t sequence) {
    const struct model_tail *tail = transactions_tail(ui, scene);
    uint64_t oldest = tail ? oldest_sequence(tail) : 0;
    return tail && sequence >= oldest ? model_tail_at(tail, (size_t)(sequence - oldest)) : NULL;
}

static bool passes(const struct scene *scene, const struct pane_view *view, const struct tail_row *row) {
    struct filter_row tested = {.amount = FILTER_UNKNOWN, .age_ms = scene->now_ms - row->timestamp};
    struct text text = TEXT_EMPTY;
    char time[FORMAT_SIZE];
    if (row->is_transaction) {
        text_append_format(&text, "%s %s %d %s %d %d:%lld", format_time(row->timestamp, scene->zone_offset, true, time),
                           row->transaction.card, row->transaction.amount, row->transaction.location,
                           row->transaction.id, row->partition, (long long)row->offset);
        tested.card = view_of(row->transaction.card);
        tested.location = view_of(row->transaction.location);
        tested.amount = row->transaction.amount;
    } else {
        text_append_format(&text, "%s %s", row->key ? row->key : "",
                           row->error  ? row->error
                           : row->json ? row->json
                                       : "");
    }
    tested.text = text_view(&text);
    bool passed = filter_match(view->filter, &tested);
    text_free(&text);
    return passed;
}

/* Rows never change, so each is tested once; only an age has to be looked at again. */
static void test_new_rows(struct ui *ui, const struct scene *scene, struct pane_view *view,
                          const struct model_tail *tail) {
    struct tail_view *own = &ui->tail;
    uint64_t oldest = oldest_sequence(tail), newest = oldest + tail->count;
    if (view->rows_serial != ui->serial || filter_has_age(view->filter) || own->tested < oldest ||
        own->tested > newest) {
        vector_clear(&own->passed);
        own->tested = oldest;
    }
    size_t gone = 0;
    while (gone < own->passed.count && own->passed.items[gone] < oldest)
        gone++;
    if (gone) {
        own->passed.count -= gone;
        memmove(own->passed.items, own->passed.items + gone, own->passed.count * sizeof *own->passed.items);
    }
    for (; own->tested < newest; own->tested++)
        if (passes(scene, view, model_tail_at(tail, (size_t)(own->tested - oldest))))
            vector_push(&own->passed, own->tested);
}

static void rows(struct ui *ui, const struct scene *scene, struct pane_view *view) {
    const struct model_tail *tail = transactions_tail(ui, scene);
    if (!tail)
        return;
    uint64_t oldest = oldest_sequence(tail), held = ui->tail.held_sequence ? ui->tail.held_sequence : UINT64_MAX;
    if (!view->filter) {
        for (size_t i = tail->count; i-- > 0;)
            if (oldest + i <= held)
                vector_push(&view->rows, i);
        return;
    }
    test_new_rows(ui, scene, view, tail);
    for (size_t i = ui->tail.passed.count; i-- > 0;)
        if (ui->tail.passed.items[i] <= held)
            vector_push(&view->rows, (size_t)(ui->tail.passed.items[i] - oldest));
}

static size_t total(const struct ui *ui, const struct scene *scene) {
    const struct model_tail *tail = transactions_tail(ui, scene);
    return tail ? tail->count : 0;
}

static uint64_t identity(const struct ui *ui, const struct scene *scene, size_t own) {
    return model_tail_at(transactions_tail(ui, scene), own)->sequence;
}

const struct tail_row *transactions_chosen(struct ui *ui, const struct scene *scene) {
    size_t at = ui->views[PANE_TRANSACTIONS].cursor;
    return at < list_count(ui, scene, PANE_TRANSACTIONS)
               ? model_tail_at(transactions_tail(ui, scene), list_own(ui, PANE_TRANSACTIONS, at))
               : NULL;
}

void transactions_hold(struct ui *ui, const struct scene *scene) {
    const struct model_tail *tail = transactions_tail(ui, scene);
    if (ui->tail.held_sequence || !tail || tail->count == 0)
        return;
    ui->tail.held_sequence = model_tail_at(tail, tail->count - 1)->sequence;
    ui->tail.held_ms = scene->now_ms;
    ui->serial++;
}

void transactions_follow(struct ui *ui) {
    struct pane_view *view = &ui->views[PANE_TRANSACTIONS];
    ui->tail.held_sequence = 0;
    ui->tail.frozen = false;
    view->cursor = view->top = 0;
    view->chosen = 0;
    ui->serial++;
}

void transactions_show(struct ui *ui, const char *topic) {
    snprintf(ui->tail.topic, sizeof ui->tail.topic, "%s", topic);
    ui->tail.mark_count = 0;
    ui->tail.tested = 0;
    transactions_follow(ui);
}

static void copy(const struct ui *ui, const struct scene *scene, size_t own, bool field, struct text *out) {
    const struct tail_row *row = model_tail_at(transactions_tail(ui, scene), own);
    char time[FORMAT_SIZE], card[FORMAT_SIZE];
    if (!row->is_transaction) {
        mask_text(view_of(row->json ? row->json : "NULL"), ui_masks(ui, scene), out);
        return;
    }
    if (field) {
        text_append_format(out, "%d", row->transaction.id);
        return;
    }
    text_append_format(out, "%s\t%s\t%d\t%s\t%d\t%d:%lld", format_time(row->timestamp, scene->zone_offset, true, time),
                       format_card(row->transaction.card, ui_masks(ui, scene), card), row->transaction.amount,
                       row->transaction.location, row->transaction.id, row->partition, (long long)row->offset);
}

static void title_right(struct ui *ui, const struct scene *scene, struct text *out) {
    const struct model_tail *tail = transactions_tail(ui, scene);
    char figure[FORMAT_SIZE];
    if (strcmp(ui->tail.topic, LAB_TOPIC_TRANSACTIONS) != 0)
        text_append_format(out, "%s · ", ui->tail.topic);
    if (!ui->tail.held_sequence) {
        text_append_string(out, "follow");
        return;
    }
    uint64_t newest = tail && tail->count ? model_tail_at(tail, tail->count - 1)->sequence : 0;
    uint64_t waits = newest > ui->tail.held_sequence ? newest - ui->tail.held_sequence : 0;
    if (ui->tail.frozen)
        text_append_format(out, "FROZEN %s · ", format_timer(scene->now_ms - ui->tail.held_ms, figure));
    text_append_format(out, "%s new below", format_count((int64_t)waits, figure));
}

/* --- drawing --- */

struct columns { /* where the columns begin; < 0 = left out */
    int mark, location, id, offset, age;
};

/* The last columns leave first; the wide one-column layout has more air. */
static struct columns columns_of(int width, bool zoomed) {
    struct columns columns = {36, 38, 48, width >= 66 ? 58 : -1, -1};
    if (width >= 74 && zoomed)
        columns.age = 66;
    else if (width >= 74)
        columns = (struct columns){37, 40, 52, 62, -1};
    return columns;
}

static bool marked(const struct ui *ui, const struct tail_row *row) {
    for (size_t i = 0; i < ui->tail.mark_count; i++)
        if (ui->tail.marks[i] == row->sequence)
            return true;
    return false;
}

static void draw_transaction(const struct ui *ui, const struct scene *scene, struct canvas *canvas,
                             const struct tail_row *row, int x, int y, const struct columns *at) {
    char card[FORMAT_SIZE], figure[FORMAT_SIZE];
    bool high = row->transaction.amount >= scene->settings->high;
    canvas_put_cut(canvas, x + 14, y, 14, ROLE_TEXT,
                   view_of(format_card(row->transaction.card, ui_masks(ui, scene), card)));
    canvas_print(canvas, x + 29, y, high ? ROLE_ALERT : ROLE_TEXT, "%7s",
                 format_fit(format_count(row->transaction.amount, figure), 7));
    if (high)
        canvas_put(canvas, x + at->mark, y, ROLE_ALERT, VIEW("▲"));
    canvas_put_cut(canvas, x + at->location, y, 9, ROLE_TEXT, view_of(row->transaction.location));
    canvas_print(canvas, x + at->id, y, ROLE_TEXT, "%8d", row->transaction.id);
}

static void append_shown(const struct ui *ui, const struct scene *scene, const struct tail_row *row, struct text *out) {
    mask_text(view_of(row->error ? row->error : row->json ? row->json : "NULL"), ui_masks(ui, scene), out);
}

/* What is no transaction is shown as text, cut or wrapped, moved sideways. */
static int text_columns(int width, const struct columns *at) {
    return (at->offset >= 0 ? at->offset - 2 : width - 2) - 14;
}

static int draw_text(const struct ui *ui, const struct scene *scene, struct canvas *canvas, const struct tail_row *row,
                     struct rectangle area, int y, const struct columns *at) {
    struct text text = TEXT_EMPTY;
    struct rectangle part = {area.x + 14, area.y, text_columns(area.columns, at) + 2, area.rows};
    enum role role = row->error ? ROLE_WARN : row->json ? ROLE_TEXT : ROLE_DIM;
    append_shown(ui, scene, row, &text);
    struct view shown = text_view(&text);
    if (ui->tail.wrap) {
        y = ui_wrap(canvas, part, y, role, shown);
    } else {
        int width, sideways = ui->views[PANE_TRANSACTIONS].sideways;
        size_t skip = sideways > 0 ? utf8_fit(shown, sideways, &width) : 0;
        canvas_put_cut(canvas, part.x + 1, y++, part.columns - 2, role,
                       (struct view){shown.data + skip, shown.size - skip});
    }
    text_free(&text);
    return y;
}

static void draw_rule(struct canvas *canvas, struct rectangle area, int y, enum role role, const char *label) {
    int width = utf8_width(view_of(label)) + 2, left = (area.columns - 4 - width) / 2;
    for (int x = area.x + 1; x < area.x + area.columns - 3; x++)
        canvas_put(canvas, x, y, ROLE_BORDER, VIEW("─"));
    canvas_print(canvas, area.x + 1 + (left > 0 ? left : 0), y, role, " %s ", label);
}

/* Between two rows: what was not shown, or another minute. Lines taken. */
static int draw_between(const struct scene *scene, struct canvas *canvas, const struct tail_row *newer,
                        const struct tail_row *older, struct rectangle area, int y, bool minutes) {
    char figure[FORMAT_SIZE], label[FORMAT_SIZE];
    if (newer->skipped_before) {
        snprintf(label, sizeof label, "… %s rows skipped …", format_count((int64_t)newer->skipped_before, figure));
        if (canvas)
            draw_rule(canvas, area, y, ROLE_WARN, label);
        return 1;
    }
    if (!minutes || newer->timestamp / MINUTE_MS == older->timestamp / MINUTE_MS)
        return 0;
    if (canvas)
        draw_rule(canvas, area, y, ROLE_DIM,
                  format_time(newer->timestamp / MINUTE_MS * MINUTE_MS, scene->zone_offset, false, label));
    return 1;
}

static int compare_amounts(const void *a, const void *b) {
    return *(const int *)a - *(const int *)b;
}

/* Zoomed: smallest, middle and largest amount of the rows shown, and how they spread. */
static void draw_summary(struct canvas *canvas, struct rectangle area, int *amounts, size_t count) {
    char low[FORMAT_SIZE], middle[FORMAT_SIZE], high[FORMAT_SIZE];
    uint32_t bars[BARS] = {0};
    int y = area.y + area.rows - SUMMARY_ROWS;
    if (count == 0)
        return;
    qsort(amounts, count, sizeof *amounts, compare_amounts);
    int first = amounts[0], span = amounts[count - 1] - first + 1;
    for (size_t i = 0; i < count; i++)
        bars[(int64_t)(amounts[i] - first) * BARS / span]++;
    canvas_print(canvas, area.x + 1, y + 1, ROLE_DIM, "amount of the rows shown   min %s   median %s   max %s",
                 format_count(first, low), format_count(amounts[count / 2], middle),
                 format_count(amounts[count - 1], high));
    int x = canvas_print(canvas, area.x + 1, y + 2, ROLE_DIM, "%s ", low);
    canvas_spark(canvas, x, y + 2, bars, BARS);
    canvas_print(canvas, x + BARS + 1, y + 2, ROLE_DIM, "%s", high);
}

static void draw_nothing(const struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area) {
    const struct model_tail *tail = transactions_tail(ui, scene);
    bool lab = strcmp(ui->tail.topic, LAB_TOPIC_TRANSACTIONS) == 0;
    const struct model *model = scene->model;
    if (list_hidden(ui, scene, canvas, PANE_TRANSACTIONS, area))
        return;
    if (tail && tail->error)
        canvas_put_cut(canvas, area.x + 1, area.y, area.columns - 2, ROLE_WARN, view_of(tail->error));
    else if (model->servers[SERVER_KAFKA].state != SERVER_READY)
        canvas_put(canvas, area.x + 1, area.y, ROLE_DIM, VIEW("not connected"));
    else if (model->topics_observed_ms && !model_find_topic(model, ui->tail.topic))
        canvas_put(canvas, area.x + 1, area.y, ROLE_DIM, VIEW("topic does not exist: t c creates it"));
    else if (tail && tail->loading)
        canvas_put(canvas, area.x + 1, area.y, ROLE_DIM, VIEW("no rows yet, reading"));
    else
        canvas_put(canvas, area.x + 1, area.y, ROLE_DIM,
                   lab ? VIEW("no rows yet: p p starts the producer") : VIEW("no rows yet"));
}

static int height_of(const struct ui *ui, const struct scene *scene, const struct tail_row *row,
                     const struct tail_row *older, struct rectangle area, const struct columns *at) {
    int lines = 1;
    if (!row->is_transaction && ui->tail.wrap) {
        struct text text = TEXT_EMPTY;
        append_shown(ui, scene, row, &text);
        lines = ui_wrap_lines(text_columns(area.columns, at) + 2, text_view(&text));
        text_free(&text);
    }
    return lines + (older ? draw_between(scene, NULL, row, older, area, 0, ui->zoomed) : 0);
}

static const struct tail_row *row_at(struct ui *ui, const struct scene *scene, size_t index) {
    return index < list_count(ui, scene, PANE_TRANSACTIONS)
               ? model_tail_at(transactions_tail(ui, scene), list_own(ui, PANE_TRANSACTIONS, index))
               : NULL;
}

/* Lines are not rows here: the first row is moved on until the cursor's row is whole. */
static size_t first_row(struct ui *ui, const struct scene *scene, struct rectangle area, const struct columns *at) {
    struct pane_view *view = &ui->views[PANE_TRANSACTIONS];
    size_t top = list_top(ui, scene, PANE_TRANSACTIONS, area.rows);
    for (; top < view->cursor; top++) {
        int lines = 0;
        for (size_t i = top; i <= view->cursor && lines <= area.rows; i++) {
            const struct tail_row *older = i < view->cursor ? row_at(ui, scene, i + 1) : NULL;
            lines += height_of(ui, scene, row_at(ui, scene, i), older, area, at);
        }
        if (lines <= area.rows)
            break;
    }
    return view->top = top;
}

static void draw_rows(struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area,
                      const struct columns *at, bool summary) {
    struct rectangle list = {area.x, area.y + 1, area.columns, area.rows - 1 - (summary ? SUMMARY_ROWS : 0)};
    size_t index = first_row(ui, scene, list, at), amount_count = 0;
    int *amounts = memory_zero((size_t)list.rows + 1, sizeof *amounts), y = list.y, bottom = list.y + list.rows;
    char figure[FORMAT_SIZE];
    canvas->clip = list;
    for (const struct tail_row *row; y < bottom && (row = row_at(ui, scene, index)); index++) {
        int x = area.x + 1, first = y;
        canvas_put(canvas, x, y, ROLE_TEXT, view_of(format_time(row->timestamp, scene->zone_offset, true, figure)));
        if (at->offset >= 0)
            canvas_print(canvas, x + at->offset, y, ROLE_DIM, "%d:%lld", row->partition, (long long)row->offset);
        if (at->age >= 0)
            canvas_print(canvas, x + at->age, y, ROLE_DIM, "%8s", format_age(scene->now_ms - row->timestamp, figure));
        if (row->is_transaction) {
            draw_transaction(ui, scene, canvas, row, x, y++, at);
            amounts[amount_count++] = row->transaction.amount;
        } else {
            y = draw_text(ui, scene, canvas, row, area, y, at);
        }
        if (marked(ui, row))
            canvas_put(canvas, area.x, first, ROLE_ACCENT, VIEW("*"));
        list_mark(ui, canvas, PANE_TRANSACTIONS, index, (struct rectangle){area.x, first, area.columns, y - first});
        const struct tail_row *older = row_at(ui, scene, index + 1);
        if (older)
            y += draw_between(scene, canvas, row, older, area, y, ui->zoomed);
    }
    canvas->clip = area;
    if (summary)
        draw_summary(canvas, area, amounts, amount_count);
    memory_free(amounts);
}

static void draw(struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area) {
    struct columns at = columns_of(area.columns, ui->zoomed);
    const struct tail_row *first = row_at(ui, scene, 0);
    if (!first) {
        draw_nothing(ui, scene, canvas, area);
        return;
    }
    canvas_print(canvas, area.x + 1, area.y, ROLE_DIM, "%-12s  ", "time");
    if (first->is_transaction) {
        canvas_print(canvas, area.x + 15, area.y, ROLE_DIM, "%-14s %7s", "card", "amount");
        canvas_put(canvas, area.x + 1 + at.location, area.y, ROLE_DIM, VIEW("location"));
        canvas_print(canvas, area.x + 1 + at.id, area.y, ROLE_DIM, "%8s", "id");
    } else {
        canvas_put(canvas, area.x + 15, area.y, ROLE_DIM, VIEW("value"));
    }
    if (at.offset >= 0)
        canvas_put(canvas, area.x + 1 + at.offset, area.y, ROLE_DIM, VIEW("offset"));
    if (at.age >= 0)
        canvas_print(canvas, area.x + 1 + at.age, area.y, ROLE_DIM, "%8s", "age");
    draw_rows(ui, scene, canvas, area, &at, ui->zoomed && first->is_transaction && area.rows >= SUMMARY_FROM);
}

const struct pane pane_transactions = {"transactions", "Transactions", rows, identity, total, copy, title_right, draw};
