/* The view's own commands, by the table of view_handlers.h. All others go to the callback. */
#include "console/ui/view_handlers.h"

typedef int (*view_handler)(struct ui *ui, const struct scene *scene, const struct command_line *line,
                            struct error *error);

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

int view_answered(struct ui *ui, const struct scene *scene, struct view line, struct error *error) {
    struct command_list list;
    bool parsed = command_parse(line, ui_commands(), &list, NULL) == 0;
    int result = 0;
    if (parsed && list.count == 1 && list.lines[0].bang && view_find(list.lines[0].words[0]))
        result = view_run(ui, scene, &list.lines[0], error);
    else if (ui->callbacks.run)
        result = ui->callbacks.run(ui->callbacks.context, line, error);
    if (parsed)
        command_list_free(&list);
    return result;
}

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
