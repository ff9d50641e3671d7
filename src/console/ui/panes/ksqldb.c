#include "console/ui/private.h"
#include "console/ui/sql.h"
#include "foundation/base/utf8.h"

enum { QUERIES_COLUMNS = 60, QUERIES_ROWS = 3, RESULT_ROWS = 6, STATEMENT_ROWS = 2, LOOK_BACK = 200, CELL_MOST = 32 };

static size_t total(const struct ui *ui, const struct scene *scene) {
    (void)ui;
    return scene->model->queries.count;
}

static void rows(struct ui *ui, const struct scene *scene, struct pane_view *view) {
    (void)ui;
    for (size_t i = 0; i < scene->model->queries.count; i++) {
        const struct model_query *query = &scene->model->queries.items[i];
        struct text text = TEXT_EMPTY;
        text_append_format(&text, "%s %s", query->id, query->state ? query->state : "");
        struct filter_row row = {.text = text_view(&text), .amount = FILTER_UNKNOWN, .age_ms = FILTER_UNKNOWN};
        if (filter_match(view->filter, &row))
            vector_push(&view->rows, i);
        text_free(&text);
    }
}

static uint64_t identity(const struct ui *ui, const struct scene *scene, size_t own) {
    (void)ui;
    return ui_hash(scene->model->queries.items[own].id);
}

const struct model_query *ksqldb_chosen(struct ui *ui, const struct scene *scene) {
    size_t at = ui->views[PANE_KSQLDB].cursor;
    return at < list_count(ui, scene, PANE_KSQLDB) ? &scene->model->queries.items[list_own(ui, PANE_KSQLDB, at)] : NULL;
}

static void copy(const struct ui *ui, const struct scene *scene, size_t own, bool field, struct text *out) {
    const struct model_query *query = &scene->model->queries.items[own];
    (void)ui;
    text_append_string(out, field || !query->text ? query->id : query->text);
}

static void title_right(struct ui *ui, const struct scene *scene, struct text *out) {
    size_t all = total(ui, scene), shown = list_count(ui, scene, PANE_KSQLDB), page = ui->views[PANE_KSQLDB].shown;
    if (page && shown > page)
        shown = page;
    if (ui->mode == MODE_EDITOR)
        text_append_string(out, "editor · ");
    text_append_format(out, "offset %s · ", scene->settings->offset_earliest ? "earliest" : "latest");
    if (shown < all)
        text_append_format(out, "%zu of %zu shown", shown, all);
    else
        text_append_format(out, "%zu quer%s", all, all == 1 ? "y" : "ies");
}

static void draw_query(const struct model_query *query, struct canvas *canvas, struct rectangle row) {
    char rate[FORMAT_SIZE], errors[FORMAT_SIZE];
    int name_columns = row.columns - 27, x = row.x + 1 + name_columns + 1;
    bool running = query->state && strcmp(query->state, "RUNNING") == 0;
    canvas_put_cut(canvas, row.x + 1, row.y, name_columns, ROLE_TEXT, view_of(query->id));
    canvas_put_cut(
        canvas, canvas_put(canvas, x, row.y, running ? ROLE_OK : ROLE_WARN, running ? VIEW("● ") : VIEW("○ ")), row.y,
        6, running ? ROLE_OK : ROLE_WARN, running ? VIEW("run") : view_of(query->state ? query->state : "?"));
    canvas_print(canvas, x + 8, row.y, query->errors ? ROLE_ALERT : ROLE_TEXT, "%7s%4s err",
                 format_rate(query->rate, rate), format_fit(format_count(query->errors, errors), 3));
}

static void draw_queries(struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area) {
    size_t count = list_count(ui, scene, PANE_KSQLDB), top = list_top(ui, scene, PANE_KSQLDB, area.rows);
    if (count == 0 && !list_hidden(ui, scene, canvas, PANE_KSQLDB, area))
        canvas_put(canvas, area.x + 1, area.y, ROLE_DIM,
                   scene->model->servers[SERVER_KSQLDB].state == SERVER_ABSENT
                       ? VIEW("this profile has no ksqlDB server")
                   : scene->model->ksqldb_observed_ms ? VIEW("no queries run: s s opens the editor")
                                                      : VIEW("not connected"));
    for (int i = 0; i < area.rows && top + (size_t)i < count; i++) {
        struct rectangle row = {area.x, area.y + i, area.columns, 1};
        draw_query(&scene->model->queries.items[list_own(ui, PANE_KSQLDB, top + (size_t)i)], canvas, row);
        list_mark(ui, canvas, PANE_KSQLDB, top + (size_t)i, row);
    }
}

/* --- the last statement and its result --- */

/* Statements in the history are newer than the result, unless it still streams. */
static const struct model_statement *newer_statement(const struct model *model) {
    const struct model_result *result = &model->result;
    const struct model_statement *last =
        model->statements.count ? &model->statements.items[model->statements.count - 1] : NULL;
    int64_t at = result->ended_ms > result->started_ms ? result->ended_ms : result->started_ms;
    if (!last || result->state == RESULT_RUNNING)
        return NULL;
    return result->state == RESULT_NONE || last->at_ms > at ? last : NULL;
}

static char *const *cells_at(const struct model_result *result, size_t back) {
    return result->rows[(result->first + result->count - 1 - back) % result->capacity];
}

/* The row of the same key before this one: what changed is the difference. */
static char *const *cells_before(const struct model_result *result, size_t back) {
    const char *key = cells_at(result, back)[0];
    for (size_t i = back + 1; key && i < result->count && i < back + LOOK_BACK; i++) {
        const char *other = cells_at(result, i)[0];
        if (other && strcmp(other, key) == 0)
            return cells_at(result, i);
    }
    return NULL;
}

static bool is_number(const char *type) {
    return type && (strncmp(type, "INT", 3) == 0 || strncmp(type, "BIGINT", 6) == 0 ||
                    strncmp(type, "DOUBLE", 6) == 0 || strncmp(type, "DECIMAL", 7) == 0);
}

static void format_cell(const char *cell, const char *before, bool number, bool mask, struct text *out) {
    int64_t value, old;
    char figure[FORMAT_SIZE];
    if (!cell)
        text_append_string(out, "NULL");
    else if (number && view_to_int64(view_of(cell), &value)) {
        text_append_string(out, format_count(value, figure));
        if (before && view_to_int64(view_of(before), &old) && old != value)
            text_append_format(out, " %s%s", value > old ? "+" : "", format_count(value - old, figure));
    } else if (*cell)
        mask_text(view_of(cell), mask, out);
    else
        text_append_string(out, "''");
}

static int column_width(const struct model_result *result, size_t column, int rows_shown, bool mask) {
    int width = utf8_width(view_of(result->columns[column]));
    for (size_t i = 0; i < (size_t)rows_shown && i < result->count; i++) {
        struct text text = TEXT_EMPTY;
        char *const *before = cells_before(result, i);
        format_cell(cells_at(result, i)[column], before ? before[column] : NULL, is_number(result->types[column]), mask,
                    &text);
        if (utf8_width(text_view(&text)) > width)
            width = utf8_width(text_view(&text));
        text_free(&text);
    }
    return width > CELL_MOST && column + 1 < result->column_count ? CELL_MOST : width; /* the last takes what is left */
}

static void draw_column(const struct model_result *result, size_t column, struct canvas *canvas, struct rectangle area,
                        bool mask) {
    bool number = is_number(result->types[column]);
    int width = area.columns, name = utf8_width(view_of(result->columns[column]));
    canvas_put_cut(canvas, number && name < width ? area.x + width - name : area.x, area.y, width, ROLE_DIM,
                   view_of(result->columns[column]));
    for (int i = 0; i < area.rows - 1 && (size_t)i < result->count; i++) {
        struct text text = TEXT_EMPTY;
        const char *cell = cells_at(result, (size_t)i)[column];
        char *const *before = cells_before(result, (size_t)i);
        format_cell(cell, before ? before[column] : NULL, number, mask, &text);
        int wide = utf8_width(text_view(&text));
        bool changed = number && cell && text.size && memchr(text.data, ' ', text.size);
        canvas_put_cut(canvas, number && wide < width ? area.x + width - wide : area.x, area.y + 1 + i, width,
                       !cell     ? ROLE_DIM
                       : changed ? ROLE_CHANGED
                                 : ROLE_TEXT,
                       text_view(&text));
        text_free(&text);
    }
}

static void draw_status(const struct scene *scene, struct canvas *canvas, struct rectangle area, int y) {
    static const char *const states[] = {"", "● streaming", "done", "failed", "○ stopped"};
    const struct model_result *result = &scene->model->result;
    char figure[FORMAT_SIZE];
    struct text text = TEXT_EMPTY;
    text_append_string(&text, states[result->state]);
    int64_t until = result->state == RESULT_RUNNING ? scene->now_ms : result->ended_ms;
    if (result->started_ms)
        text_append_format(&text, " %s", format_timer(until - result->started_ms, figure));
    text_append_format(&text, " · %s row%s", format_count((int64_t)result->received, figure),
                       result->received == 1 ? "" : "s");
    if (result->error && result->state == RESULT_FAILED)
        text_append_format(&text, " · %s", result->error);
    else if (result->state == RESULT_RUNNING)
        text_append_string(&text, " · ^C stops the query");
    canvas_put_cut(canvas, area.x + 1, y, area.columns - 2, result->state == RESULT_FAILED ? ROLE_ALERT : ROLE_DIM,
                   text_view(&text));
    text_free(&text);
}

static void draw_result(struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area) {
    const struct model_result *result = &scene->model->result;
    int y = area.y, bottom = area.y + area.rows - 1, x = area.x + 1;
    bool mask = ui_masks(ui, scene);
    y = sql_put_statement(canvas, area, y, STATEMENT_ROWS, view_of(result->statement ? result->statement : ""));
    struct rectangle table = {x, y, area.columns - 2, bottom - y};
    size_t shown = 0;
    for (; shown < result->column_count && table.rows > 1; shown++) {
        int width = column_width(result, shown, table.rows - 1, mask), left = area.x + area.columns - 1 - x;
        if (width > left && shown > 0)
            break;
        draw_column(result, shown, canvas, (struct rectangle){x, y, width < left ? width : left, table.rows}, mask);
        x += width + 2;
    }
    if (shown < result->column_count && table.rows > 1)
        canvas_print(canvas, area.x + area.columns - 5, y, ROLE_INFO, "+%zu ►", result->column_count - shown);
    draw_status(scene, canvas, area, bottom);
}

static void draw_last(struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area) {
    const struct model_statement *last = newer_statement(scene->model);
    if (ui->mode == MODE_EDITOR && ui->focus == PANE_KSQLDB) {
        editor_draw(ui, canvas, area);
    } else if (last) {
        int y = sql_put_statement(canvas, area, area.y, area.rows > 6 ? area.rows - 4 : STATEMENT_ROWS,
                                  view_of(last->text));
        ui_wrap(canvas, area, y, last->failed ? ROLE_ALERT : ROLE_OK, view_of(last->outcome ? last->outcome : ""));
    } else if (scene->model->result.state != RESULT_NONE) {
        draw_result(ui, scene, canvas, area);
    } else if (ui->editor.size) {
        sql_put_statement(canvas, area, area.y, area.rows, text_view(&ui->editor));
    } else {
        canvas_put(canvas, area.x + 1, area.y, ROLE_INFO, VIEW("ksql>"));
    }
}

static void draw(struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area) {
    if (area.columns >= 2 * QUERIES_COLUMNS) {
        draw_queries(ui, scene, canvas, (struct rectangle){area.x, area.y, QUERIES_COLUMNS, area.rows});
        for (int y = area.y; y < area.y + area.rows; y++)
            canvas_put(canvas, area.x + QUERIES_COLUMNS, y, ROLE_BORDER, VIEW("│"));
        draw_last(
            ui, scene, canvas,
            (struct rectangle){area.x + QUERIES_COLUMNS + 1, area.y, area.columns - QUERIES_COLUMNS - 1, area.rows});
        return;
    }
    int count = (int)list_count(ui, scene, PANE_KSQLDB), most = area.rows - RESULT_ROWS;
    most = most < 1 ? 1 : most > QUERIES_ROWS ? QUERIES_ROWS : most;
    int queries = count < 1 ? 1 : count < most ? count : most;
    bool editing = ui->mode == MODE_EDITOR && ui->focus == PANE_KSQLDB && area.rows < 10;
    if (editing)
        queries = 0;
    else
        draw_queries(ui, scene, canvas, (struct rectangle){area.x, area.y, area.columns, queries});
    for (int x = area.x + 1; !editing && x < area.x + area.columns - 1; x++)
        canvas_put(canvas, x, area.y + queries, ROLE_BORDER, VIEW("─"));
    queries += !editing;
    draw_last(ui, scene, canvas, (struct rectangle){area.x, area.y + queries, area.columns, area.rows - queries});
}

const struct pane pane_ksqldb = {"ksqldb", "ksqlDB", rows, identity, total, copy, title_right, draw};
