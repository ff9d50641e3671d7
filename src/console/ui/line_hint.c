/* What the command line offers while one types: candidates for Tab, and the line above with usage or what is wrong. */
#include "console/command/complete.h"
#include "console/ui/line.h"
#include "console/ui/private.h"
#include "foundation/base/memory.h"

/* Values that the view or the model knows are given here, others by the owner of the callbacks. */
static void values(void *context, const char *placeholder, const char *prefix, completion_emit emit, void *to) {
    struct ui *ui = context;
    if (strcmp(placeholder, "PANE") == 0)
        for (int i = 0; i < PANE_COUNT; i++)
            emit(to, ui_panes[i]->name);
    else if (ui->callbacks.values)
        ui->callbacks.values(ui->callbacks.context, placeholder, prefix, emit, to);
}

struct nth {
    size_t index, at;
    struct text *found;
    bool taken;
};

static void take_nth(void *to, const char *value) {
    struct nth *nth = to;
    if (nth->at++ != nth->index)
        return;
    text_clear(nth->found);
    text_append_string(nth->found, value);
    nth->taken = true;
}

const char *line_hint_candidate(void *context, const char *word, size_t index) {
    struct ui *ui = context;
    const struct command *const tables[] = {ui->commands ? ui->commands : ui_commands(), ui_commands(), NULL};
    const struct completion_source source = {tables, values, ui};
    struct nth nth = {.index = index, .found = &ui->candidate};
    (void)word;
    complete_line(&source, view_of(line_before_cursor()), take_nth, &nth);
    return nth.taken ? text_string(&ui->candidate) : NULL;
}

static void append_candidate(void *to, const char *value) {
    struct text *text = to;
    text_append_format(text, "%s%s", text->size ? "  " : "", value);
}

/* The name's candidates while it is typed; then its usage; or that there is no such command. */
void line_hint_draw(struct ui *ui, const struct scene *scene, struct canvas *canvas, int y) {
    const struct command *const tables[] = {ui->commands ? ui->commands : ui_commands(), ui_commands(), NULL};
    const struct completion_source source = {tables, values, ui};
    struct text hint = TEXT_EMPTY, candidates = TEXT_EMPTY;
    enum role role = ROLE_DIM;
    size_t word;
    struct view before = view_of(line_before_cursor());
    (void)scene;
    const struct command *row = complete_command(&source, before, &word);
    complete_line(&source, before, append_candidate, &candidates);
    if (word == 0 && !row && candidates.size == 0) {
        text_append_format(&hint, "there is no command `%s`; ^P finds one", line_text());
        role = ROLE_ALERT;
    } else if (word == 0) {
        text_append(&hint, text_view(&candidates));
    } else if (row) {
        text_append_format(&hint, "%s %s", row->name, row->usage);
        if (candidates.size)
            text_append_format(&hint, "   Tab: %s", text_string(&candidates));
        else
            text_append_format(&hint, "   %s", row->help);
    }
    canvas_fill(canvas, (struct rectangle){0, y, canvas->columns, 1}, ROLE_TEXT);
    canvas_put_cut(canvas, 1, y, canvas->columns - 2, role, text_view(&hint));
    text_free(&hint);
    text_free(&candidates);
}
