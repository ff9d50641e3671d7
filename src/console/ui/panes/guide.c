/* The steps as one text: the present one with its checks, its command and its explanation. */
#include <stdio.h>

#include "console/ui/private.h"
#include "console/ui/sql.h"
#include "foundation/base/memory.h"
#include "foundation/base/utf8.h"

enum { TITLE_AT = 8, BEFORE = 2 };

struct guide_line {
    enum role role;
    int x;
    bool sql;
    char *text, *right;
};
struct page {
    VECTOR(struct guide_line) lines;
    int columns, right_at;
    size_t step_line, command_line, command_end; /* where the present step and its command stand */
};

static void add(struct page *page, enum role role, int x, bool sql, struct view text, const char *right) {
    struct text copy = TEXT_EMPTY;
    text_append(&copy, text);
    vector_push(&page->lines,
                (struct guide_line){role, x, sql, text_take(&copy), right ? memory_copy_string(right) : NULL});
}

static void add_wrapped(struct page *page, enum role role, int x, bool sql, struct view text) {
    struct view line;
    while (view_split(&text, '\n', &line)) {
        do {
            int width;
            size_t size = utf8_fit(line, page->columns - x - 1, &width), space = size;
            while (size < line.size && space > 0 && line.data[space] != ' ')
                space--;
            size = size < line.size && space ? space : size;
            if (size == 0 && line.size)
                return; /* not even one letter fits */
            add(page, role, x, sql, (struct view){line.data, size}, NULL);
            line = (struct view){line.data + size, line.size - size};
            if (line.size)
                line = view_trim(line);
        } while (line.size);
    }
}

static void state_text(const struct scene *scene, const struct step *step, bool present, char *out) {
    char time[FORMAT_SIZE];
    size_t held = 0;
    for (size_t i = 0; i < step->check_count; i++)
        held += step->checks[i].ok;
    out[0] = '\0';
    if (step->state == STEP_DONE && step->done_ms)
        snprintf(out, FORMAT_SIZE, "check ok  %.5s", format_time(step->done_ms, scene->zone_offset, false, time));
    else if (step->state == STEP_DONE)
        snprintf(out, FORMAT_SIZE, "check ok");
    else if (step->state == STEP_BY_HAND)
        snprintf(out, FORMAT_SIZE, "done by hand");
    else if (step->check_count && (present || step->state != STEP_OPEN))
        snprintf(out, FORMAT_SIZE, "%zu of %zu checks", held, step->check_count);
}

static void add_command(struct page *page, const struct step *step) {
    struct text text = TEXT_EMPTY;
    page->command_line = page->lines.count;
    if (step->command_count == 0)
        return;
    bool through = step->part >= step->command_count;
    if (step->staged)
        text_append_format(&text, "Enter runs part %zu of %zu · e edits · Esc drops", step->part + 1,
                           step->command_count);
    else if (through)
        text_append_string(&text, "Every part ran; Enter shows the first again");
    else
        text_append_format(&text, "Enter shows part %zu of %zu", step->part + 1, step->command_count);
    add(page, step->staged ? ROLE_WARN : ROLE_DIM, TITLE_AT, false, text_view(&text), NULL);
    if (step->staged) {
        const char *command = step->commands[step->part];
        bool sql = strncmp(command, ":sql ", 5) == 0;
        add_wrapped(page, ROLE_TITLE, TITLE_AT, sql, view_of(sql ? command + 5 : command));
    }
    text_free(&text);
}

static void add_step(struct page *page, const struct scene *scene, const struct step *step, bool present) {
    static const char *const marks[] = {"[ ]", "[~]", "[√]", "[!]", "[+]"};
    char state[FORMAT_SIZE];
    struct text title = TEXT_EMPTY;
    bool shown = present && step->state != STEP_DONE && step->state != STEP_FAILED;
    text_append_format(&title, "%s %-2d %s", shown ? "[►]" : marks[step->state], step->number, step->title);
    state_text(scene, step, present, state);
    add(page,
        present                      ? ROLE_TITLE
        : step->state == STEP_FAILED ? ROLE_ALERT
                                     : ROLE_TEXT,
        1, false, text_view(&title), state);
    text_free(&title);
}

static void add_present(struct page *page, const struct step *step) {
    for (size_t i = 0; i < step->check_count; i++) {
        const struct step_check *check = &step->checks[i];
        struct text text = TEXT_EMPTY;
        text_append_format(&text, "%s %s", check->ok ? "√" : "·", check->label ? check->label : check->name);
        add(page, check->ok ? ROLE_OK : ROLE_DIM, TITLE_AT, false, text_view(&text), check->detail);
        text_free(&text);
    }
    add_command(page, step);
    page->command_end = page->lines.count;
}

static void draw_line(struct canvas *canvas, struct rectangle area, int y, const struct guide_line *line,
                      int right_at) {
    bool two = line->right && *line->right;
    int room = (two ? right_at - 1 : area.columns - 1) - line->x;
    if (line->sql)
        sql_put(canvas, area.x + line->x, y, room, view_of(line->text));
    else
        canvas_put_cut(canvas, area.x + line->x, y, room, line->role, view_of(line->text));
    if (two)
        canvas_put_cut(canvas, area.x + right_at, y, area.columns - right_at - 1, ROLE_DIM, view_of(line->right));
}

/* The present step stands near the top; a command that is shown is shown whole when it fits. */
static size_t first_line(const struct page *page, struct pane_view *view, size_t rows) {
    size_t count = page->lines.count, most = count > rows ? count - rows : 0;
    size_t first = page->step_line > BEFORE ? page->step_line - BEFORE : 0;
    if (page->command_end > first + rows)
        first = page->command_end - page->command_line > rows ? page->command_line : page->command_end - rows;
    first = first > most ? most : first;
    int64_t wanted = (int64_t)first + view->scroll;
    size_t at = wanted < 0 ? 0 : (size_t)wanted > most ? most : (size_t)wanted;
    view->scroll = (int)((int64_t)at - (int64_t)first);
    view->shown = rows;
    return at;
}

static void draw(struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area) {
    const struct guide *guide = scene->guide;
    struct page page = {.columns = area.columns, .right_at = area.columns - (area.columns >= 70 ? 34 : 16)};
    if (guide->count == 0) {
        canvas_put(canvas, area.x + 1, area.y, ROLE_DIM, VIEW("no step files"));
        return;
    }
    for (size_t i = 0; i < guide->count; i++) {
        bool present = i == guide->current;
        if (present)
            page.step_line = page.lines.count;
        add_step(&page, scene, &guide->steps[i], present);
        if (present)
            add_present(&page, &guide->steps[i]);
    }
    const char *explanation = guide->steps[guide->current].explanation;
    if (explanation && *explanation) {
        add(&page, ROLE_TEXT, 1, false, VIEW(""), NULL);
        add_wrapped(&page, ROLE_TEXT, 1, false, view_trim(view_of(explanation)));
    }
    size_t first = first_line(&page, &ui->views[PANE_GUIDE], (size_t)area.rows);
    for (int i = 0; i < area.rows && first + (size_t)i < page.lines.count; i++)
        draw_line(canvas, area, area.y + i, &page.lines.items[first + (size_t)i], page.right_at);
    if (ui->focus == PANE_GUIDE && page.step_line >= first && page.step_line < first + (size_t)area.rows) {
        canvas->cursor_x = area.x + 1;
        canvas->cursor_y = area.y + (int)(page.step_line - first);
    }
    for (size_t i = 0; i < page.lines.count; i++) {
        memory_free(page.lines.items[i].text);
        memory_free(page.lines.items[i].right);
    }
    vector_free(&page.lines);
}

static void title_right(struct ui *ui, const struct scene *scene, struct text *out) {
    const struct guide *guide = scene->guide;
    char timer[FORMAT_SIZE];
    size_t done = 0;
    (void)ui;
    for (size_t i = 0; i < guide->count; i++)
        done += guide->steps[i].state == STEP_DONE || guide->steps[i].state == STEP_BY_HAND;
    if (guide->count)
        text_append_format(out, "step %d of %zu · %zu done", guide->steps[guide->current].number, guide->count, done);
    if (guide->count && guide->timer_started_ms)
        text_append_format(out, " · %s", format_timer(guide_timer_ms(guide, scene->now_ms), timer));
}

const struct pane pane_guide = {"guide", "Guide", NULL, NULL, NULL, NULL, title_right, draw};
