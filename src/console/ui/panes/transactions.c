#include "console/ui/private.h"

static const struct model_tail *tail_of(const struct scene *scene) {
    return scene->model->tails.count ? scene->model->tails.items[0] : NULL;
}

static bool passes(const struct pane_view *view, const struct tail_row *row) {
    if (view->held_sequence && row->sequence > view->held_sequence)
        return false;
    if (!view->filter[0])
        return true;
    return filter_match(view->filter, view_of(row->json ? row->json : ""),
                        row->is_transaction ? row->transaction.amount : -1);
}

static const struct tail_row *next_row(const struct pane_view *view, const struct model_tail *tail, size_t *at) {
    while (*at < tail->count) {
        const struct tail_row *row = model_tail_at(tail, tail->count - 1 - (*at)++);
        if (passes(view, row))
            return row;
    }
    return NULL;
}

static size_t count(const struct ui *ui, const struct scene *scene) {
    const struct model_tail *tail = tail_of(scene);
    const struct pane_view *view = &ui->views[PANE_TRANSACTIONS];
    size_t found = 0;
    if (tail && !view->filter[0] && !view->held_sequence)
        return tail->count;
    for (size_t at = 0; tail && next_row(view, tail, &at);)
        found++;
    return found;
}

const struct tail_row *transactions_chosen(const struct ui *ui, const struct scene *scene) {
    const struct model_tail *tail = tail_of(scene);
    const struct pane_view *view = &ui->views[PANE_TRANSACTIONS];
    const struct tail_row *row = NULL;
    size_t at = 0;
    for (size_t i = 0; tail && i <= view->cursor; i++)
        if (!(row = next_row(view, tail, &at)))
            return NULL;
    return row;
}

static void title_right(const struct ui *ui, const struct scene *scene, struct text *out) {
    const struct model_tail *tail = tail_of(scene);
    const struct pane_view *view = &ui->views[PANE_TRANSACTIONS];
    char age[FORMAT_SIZE];
    if (!view->held_sequence) {
        text_append_string(out, "follow");
        return;
    }
    const struct tail_row *newest = tail && tail->count ? model_tail_at(tail, tail->count - 1) : NULL;
    uint64_t waits = newest && newest->sequence > view->held_sequence ? newest->sequence - view->held_sequence : 0;
    text_append_format(out, "%s %s · %llu new below", view->frozen ? "FROZEN" : "held",
                       format_age(scene->now_ms - view->frozen_ms, age), (unsigned long long)waits);
}

static void draw(struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area) {
    const struct model_tail *tail = tail_of(scene);
    struct pane_view *view = &ui->views[PANE_TRANSACTIONS];
    size_t total = count(ui, scene), at = 0;
    char time[FORMAT_SIZE], card[FORMAT_SIZE], amount[FORMAT_SIZE];
    if (total == 0) {
        if (!tail)
            canvas_put(canvas, area.x + 1, area.y, ROLE_DIM, VIEW("not connected yet"));
        else if (tail->error)
            canvas_put_cut(canvas, area.x + 1, area.y, area.columns - 2, ROLE_WARN, view_of(tail->error));
        else if (tail->count)
            canvas_print(canvas, area.x + 1, area.y, ROLE_DIM, "%zu rows, all hidden by the filter; :filter clears it",
                         tail->count);
        else
            canvas_put(canvas, area.x + 1, area.y, ROLE_DIM, VIEW("no rows yet: p p starts the producer"));
        return;
    }
    bool offsets = area.columns >= 66;
    canvas_print(canvas, area.x + 1, area.y, ROLE_DIM, "%-12s  %-14s %7s  %-9s %8s%s", "time", "card", "amount",
                 "location", "id", offsets ? "  offset" : "");
    size_t top = pane_top(view, total, area.rows - 1);
    for (size_t skipped = 0; skipped < top; skipped++)
        next_row(view, tail, &at);
    for (int i = 0; i < area.rows - 1 && top + (size_t)i < total; i++) {
        const struct tail_row *row = next_row(view, tail, &at);
        int y = area.y + 1 + i, x = area.x + 1;
        if (!row)
            break;
        canvas_put(canvas, x, y, ROLE_TEXT, view_of(format_time(row->timestamp, scene->zone_offset, true, time)));
        if (row->is_transaction) {
            bool high = row->transaction.amount >= scene->settings->high;
            canvas_put_cut(canvas, x + 14, y, 14, ROLE_TEXT,
                           view_of(format_card(row->transaction.card, scene->settings->mask, card)));
            canvas_print(canvas, x + 29, y, high ? ROLE_ALERT : ROLE_TEXT, "%7s%s",
                         format_count(row->transaction.amount, amount), high ? "▲" : "");
            canvas_put_cut(canvas, x + 38, y, 9, ROLE_TEXT, view_of(row->transaction.location));
            canvas_print(canvas, x + 48, y, ROLE_TEXT, "%8d", row->transaction.id);
        } else {
            canvas_put_cut(canvas, x + 14, y, (offsets ? 56 : area.columns - 2) - 14,
                           row->error ? ROLE_WARN : ROLE_TEXT,
                           view_of(row->error  ? row->error
                                   : row->json ? row->json
                                               : "NULL"));
        }
        if (offsets)
            canvas_print(canvas, x + 58, y, ROLE_DIM, "%d:%lld", row->partition, (long long)row->offset);
        if (ui->focus == PANE_TRANSACTIONS && top + (size_t)i == view->cursor) {
            canvas_put(canvas, area.x, y, ROLE_TEXT, VIEW("►"));
            canvas_set_role(canvas, (struct rectangle){area.x, y, area.columns, 1}, ROLE_SELECT);
        }
    }
}

const struct pane pane_transactions = {"transactions", "Transactions", count, title_right, draw};
