#include "console/ui/private.h"
#include "foundation/base/utf8.h"

static size_t count(const struct ui *ui, const struct scene *scene) {
    (void)ui;
    return scene->model->queries.count;
}

static void title_right(const struct ui *ui, const struct scene *scene, struct text *out) {
    if (ui->mode == MODE_EDITOR)
        text_append_string(out, "editor · ");
    text_append_format(out, "offset %s · %zu queries", scene->settings->offset_earliest ? "earliest" : "latest",
                       count(ui, scene));
}

static int draw_editor(struct ui *ui, struct canvas *canvas, struct rectangle area) {
    struct view rest = text_view(&ui->editor), line;
    int cursor_line = 0, number = 0, cursor_x = 0;
    size_t line_start = 0;
    for (size_t i = 0; i < ui->editor_at; i++)
        if (ui->editor.data[i] == '\n') {
            cursor_line++;
            line_start = i + 1;
        }
    if (ui->editor.data)
        cursor_x = utf8_width((struct view){ui->editor.data + line_start, ui->editor_at - line_start});
    int top = cursor_line >= area.rows ? cursor_line - area.rows + 1 : 0;
    for (; view_split(&rest, '\n', &line); number++)
        if (number >= top && number - top < area.rows)
            canvas_put_cut(canvas, area.x + 6, area.y + number - top, area.columns - 7, ROLE_TEXT, line);
    canvas_put(canvas, area.x + 1, area.y, ROLE_INFO, VIEW("ksql>"));
    canvas->cursor_x = area.x + 6 + (cursor_x < area.columns - 7 ? cursor_x : area.columns - 7);
    canvas->cursor_y = area.y + cursor_line - top;
    return area.rows;
}

static void draw_result(const struct model_result *result, struct canvas *canvas, struct rectangle area) {
    if (result->state == RESULT_NONE || area.rows < 1)
        return;
    static const char *const states[] = {"", "● streaming", "done", "failed", "○ stopped"};
    size_t columns = result->column_count ? result->column_count : 1;
    int width = (area.columns - 2) / (int)columns, rows = area.rows - 2;
    width = width < 10 ? 10 : width > 24 ? 24 : width;
    for (size_t i = 0; i < result->column_count; i++)
        if ((int)i * width + width <= area.columns - 1)
            canvas_put_cut(canvas, area.x + 1 + (int)i * width, area.y, width - 1, ROLE_INFO,
                           view_of(result->columns[i]));
    for (int i = 0; i < rows && (size_t)i < result->count; i++) {
        size_t index = result->count - 1 - (size_t)i;
        char **cells = result->rows[(result->first + index) % result->capacity];
        for (size_t j = 0; j < result->column_count; j++)
            if ((int)j * width + width <= area.columns - 1)
                canvas_put_cut(canvas, area.x + 1 + (int)j * width, area.y + 1 + i, width - 1,
                               cells[j] ? ROLE_TEXT : ROLE_DIM, view_of(cells[j] ? cells[j] : "NULL"));
    }
    struct text state = TEXT_EMPTY;
    text_append_format(&state, "%s · %llu rows%s%s", states[result->state], (unsigned long long)result->received,
                       result->error ? " · " : "", result->error ? result->error : "");
    canvas_put_cut(canvas, area.x + 1, area.y + area.rows - 1, area.columns - 2, result->error ? ROLE_ALERT : ROLE_DIM,
                   text_view(&state));
    text_free(&state);
}

static void draw(struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area) {
    size_t total = count(ui, scene);
    char rate[FORMAT_SIZE];
    if (ui->mode == MODE_EDITOR && ui->focus == PANE_KSQLDB) {
        draw_editor(ui, canvas, area);
        return;
    }
    if (total == 0)
        canvas_put(canvas, area.x + 1, area.y, ROLE_DIM,
                   scene->model->ksqldb_observed_ms ? VIEW("no queries run; s s opens the editor")
                                                    : VIEW("not connected yet"));
    int rows = scene->model->result.state == RESULT_NONE ? area.rows : area.rows / 2;
    size_t top = pane_top(&ui->views[PANE_KSQLDB], total, rows);
    for (int i = 0; i < rows && top + (size_t)i < total; i++) {
        const struct model_query *query = &scene->model->queries.items[top + (size_t)i];
        int y = area.y + i, name_columns = area.columns - 30;
        bool running = query->state && strcmp(query->state, "RUNNING") == 0;
        canvas_put_cut(canvas, area.x + 1, y, name_columns, ROLE_TEXT, view_of(query->id));
        int x = canvas_put(canvas, area.x + 2 + name_columns, y, running ? ROLE_OK : ROLE_WARN,
                           running ? VIEW("● run") : VIEW("○ "));
        if (!running)
            canvas_put_cut(canvas, x, y, 8, ROLE_WARN, view_of(query->state ? query->state : "unknown"));
        canvas_print(canvas, area.x + 12 + name_columns, y, query->errors ? ROLE_ALERT : ROLE_TEXT, "%8s %4lld err",
                     format_rate(query->rate, rate), (long long)query->errors);
        if (ui->focus == PANE_KSQLDB && top + (size_t)i == ui->views[PANE_KSQLDB].cursor)
            canvas_set_role(canvas, (struct rectangle){area.x, y, area.columns, 1}, ROLE_SELECT);
    }
    draw_result(&scene->model->result, canvas,
                (struct rectangle){area.x, area.y + rows, area.columns, area.rows - rows});
}

const struct pane pane_ksqldb = {"ksqldb", "ksqlDB", count, title_right, draw};
