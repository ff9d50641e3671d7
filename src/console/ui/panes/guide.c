#include "console/ui/private.h"
#include "foundation/base/utf8.h"

static size_t count(const struct ui *ui, const struct scene *scene) {
    (void)ui, (void)scene;
    return 0;
}

static void title_right(const struct ui *ui, const struct scene *scene, struct text *out) {
    const struct guide *guide = scene->guide;
    size_t done = 0;
    (void)ui;
    for (size_t i = 0; i < guide->count; i++)
        done += guide->steps[i].state == STEP_DONE || guide->steps[i].state == STEP_BY_HAND;
    if (guide->count)
        text_append_format(out, "step %d of %zu · %zu done", guide->steps[guide->current].number, guide->count, done);
}

static int put_wrapped(struct canvas *canvas, struct rectangle area, int y, enum role role, struct view text) {
    struct view line;
    while (view_split(&text, '\n', &line)) {
        do {
            int width;
            size_t size = utf8_fit(line, area.columns - 2, &width);
            if (size < line.size) {
                size_t space = size;
                while (space > 0 && line.data[space] != ' ')
                    space--;
                size = space ? space : size;
            }
            if (size == 0 && line.size)
                break; /* not even one letter fits */
            if (y < area.y + area.rows)
                canvas_put(canvas, area.x + 1, y, role, (struct view){line.data, size});
            y++;
            line = view_trim((struct view){line.data + size, line.size - size});
        } while (line.size);
    }
    return y;
}

static void draw(struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area) {
    static const char *const marks[] = {"[ ]", "[~]", "[√]", "[!]", "[+]"};
    const struct guide *guide = scene->guide;
    (void)ui;
    if (guide->count == 0) {
        canvas_put(canvas, area.x + 1, area.y, ROLE_DIM, VIEW("no step files"));
        return;
    }
    const struct step *step = &guide->steps[guide->current];
    int y = area.y, bottom = area.y + area.rows;
    if (area.rows >= (int)guide->count + 12)
        for (size_t i = 0; i < guide->count; i++, y++)
            canvas_print(canvas, area.x + 1, y, i == guide->current ? ROLE_TITLE : ROLE_TEXT, "%s %-2d %s",
                         i == guide->current ? "[►]" : marks[guide->steps[i].state], guide->steps[i].number,
                         guide->steps[i].title);
    else
        canvas_print(canvas, area.x + 1, y++, ROLE_TITLE, "%s %-2d %s",
                     step->state == STEP_OPEN ? "[►]" : marks[step->state], step->number, step->title);
    for (size_t i = 0; i < step->check_count && y < bottom; i++) {
        const struct step_check *check = &step->checks[i];
        int x = canvas_print(canvas, area.x + 5, y, check->ok ? ROLE_OK : ROLE_DIM, "%s %s", check->ok ? "√" : "·",
                             check->name);
        canvas_put_cut(canvas, x + 2, y++, area.x + area.columns - x - 3, ROLE_DIM, view_of(check->detail));
    }
    if (step->command_count && step->part < step->command_count && y < bottom) {
        canvas_print(canvas, area.x + 1, y++, step->staged ? ROLE_WARN : ROLE_DIM,
                     step->staged ? "Enter runs this (part %zu of %zu):" : "Enter shows part %zu of %zu",
                     step->part + 1, step->command_count);
        if (step->staged)
            y = put_wrapped(canvas, area, y, ROLE_INFO, view_of(step->commands[step->part]));
    }
    if (y < bottom && step->explanation)
        put_wrapped(canvas, area, y, ROLE_TEXT, view_of(step->explanation));
}

const struct pane pane_guide = {"guide", "Guide", count, title_right, draw};
