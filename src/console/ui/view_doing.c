/* Questions, lines, editor, guide, what services are sent, and the screen itself. */
#include "console/ui/line.h"
#include "console/ui/view_handlers.h"

HANDLER(do_terminate_chosen) {
    const struct model_query *query = ksqldb_chosen(ui, scene);
    (void)line;
    return query ? view_send(ui, scene, error, "terminate %s", query->id)
                 : error_set(error, ERROR_NOT_FOUND, "no query is chosen: 5 goes to the list");
}

HANDLER(do_back) {
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

HANDLER(do_ask_quit) {
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

HANDLER(do_overlay) {
    (void)scene, (void)error;
    const char *name = line->words[0];
    overlay_show(ui, strcmp(name, "messages") == 0       ? OVERLAY_MESSAGES
                     : strcmp(name, "find-command") == 0 ? OVERLAY_FIND
                                                         : OVERLAY_HELP);
    return 0;
}

HANDLER(do_command_line) {
    (void)scene, (void)error;
    ui->mode = MODE_LINE;
    line_open(line->rest, line_hint_candidate, ui);
    return 0;
}

HANDLER(do_editor) {
    (void)scene, (void)line, (void)error;
    ui->focus = PANE_KSQLDB;
    ui->mode = MODE_EDITOR;
    return 0;
}

HANDLER(do_editor_run) {
    (void)line;
    return ui->editor.size ? view_send(ui, scene, error, "sql %s", ui->editor.data)
                           : error_set(error, ERROR_INVALID, "the editor is empty");
}

HANDLER(do_editor_leave) {
    (void)scene, (void)line, (void)error;
    ui->mode = MODE_PANES;
    return 0;
}

static const char *part_of(const struct scene *scene) {
    const struct guide *guide = scene->guide;
    const struct step *step = guide->count ? &guide->steps[guide->current] : NULL;
    return step && step->command_count ? step->commands[step->part < step->command_count ? step->part : 0] : NULL;
}

HANDLER(do_guide_enter) {
    const struct guide *guide = scene->guide;
    (void)line;
    if (guide->count && guide->steps[guide->current].command_count == 0)
        return error_set(error, ERROR_NOT_FOUND, "this step runs nothing");
    const char *command = ui->callbacks.guide_enter ? ui->callbacks.guide_enter(ui->callbacks.context) : NULL;
    ui->views[PANE_GUIDE].scroll = 0;
    return command ? ui_run(ui, scene, view_of(command), error) : 0;
}

/* A statement goes to the editor, any other command to the command line. */
HANDLER(do_guide_edit) {
    const char *command = part_of(scene);
    (void)line;
    if (!command)
        return error_set(error, ERROR_NOT_FOUND, "this step runs nothing");
    if (ui->callbacks.guide_drop)
        ui->callbacks.guide_drop(ui->callbacks.context);
    if (strncmp(command, ":sql ", 5) == 0) {
        editor_load(ui, command + 5);
        return ui_run(ui, scene, VIEW("editor"), error);
    }
    ui->mode = MODE_LINE;
    line_open(command + (*command == ':'), line_hint_candidate, ui);
    return 0;
}

HANDLER(do_guide_part) {
    (void)scene, (void)error;
    if (ui->callbacks.guide_part)
        ui->callbacks.guide_part(ui->callbacks.context, word(line, 1)[0] == 'p' ? -1 : 1);
    ui->views[PANE_GUIDE].scroll = 0;
    return 0;
}

HANDLER(do_guide_mark) {
    const struct guide *guide = scene->guide;
    (void)line;
    if (guide->count == 0)
        return error_set(error, ERROR_NOT_FOUND, "no steps are loaded");
    const struct step *step = &guide->steps[guide->current];
    return view_send(ui, scene, error, "mark %d %s", step->number, step->state == STEP_BY_HAND ? "todo" : "done");
}

HANDLER(do_statement_of_step) {
    const char *command = part_of(scene);
    (void)line;
    if (!command || strncmp(command, ":sql ", 5) != 0)
        return error_set(error, ERROR_NOT_FOUND, "this step has no statement; those of the pipeline are in step 8");
    editor_load(ui, command + 5);
    return ui_run(ui, scene, VIEW("editor"), error);
}

HANDLER(do_producer_toggle) {
    (void)line;
    return view_send(ui, scene, error, "producer %s", scene->model->producer.running ? "stop" : "start");
}

HANDLER(do_producer_rate) {
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

HANDLER(do_detector_toggle) {
    (void)line;
    return view_send(ui, scene, error, "detector %s", scene->model->detector.running ? "stop" : "start");
}

HANDLER(do_connector_toggle) {
    const struct model_connector *connector = model_find_connector(scene->model, "CDC_Postgresql");
    (void)line;
    if (!connector)
        return error_set(error, ERROR_NOT_FOUND, "there is no connector CDC_Postgresql: c c creates it");
    bool paused = connector->state && strcmp(connector->state, "PAUSED") == 0;
    return view_send(ui, scene, error, "connector %s CDC_Postgresql", paused ? "resume" : "pause");
}

HANDLER(do_connector_show) {
    bool there = model_find_connector(scene->model, "CDC_Postgresql") != NULL;
    (void)line;
    return view_send(ui, scene, error, "%s", there ? "connector status CDC_Postgresql" : "connector create");
}

HANDLER(do_topic_delete) {
    const struct model_topic *topic = topics_chosen(ui, scene);
    (void)line;
    return topic && ui->focus == PANE_TOPICS
               ? view_send(ui, scene, error, "topic delete '%s'", topic->name)
               : error_set(error, ERROR_NOT_FOUND, "no topic is chosen: 1 goes to the list");
}

HANDLER(do_look) {
    (void)scene;
    return ui->callbacks.look ? ui->callbacks.look(ui->callbacks.context, line->words[0],
                                                   line->count > 1 ? line->words[1] : NULL, error)
                              : 0;
}

HANDLER(do_picture) {
    (void)scene;
    if (line->count != 2)
        return error_set(error, ERROR_INVALID, "usage: picture FILE");
    return ui->callbacks.picture ? ui->callbacks.picture(ui->callbacks.context, line->words[1], error) : 0;
}

HANDLER(do_redraw) {
    (void)scene, (void)line, (void)error;
    if (ui->callbacks.redraw)
        ui->callbacks.redraw(ui->callbacks.context);
    return 0;
}

/* Other programs would find servers that accept and never answer: that is asked first. */
static bool asks_guests(struct ui *ui, const struct scene *scene) {
    int guests = scene->model->guests;
    struct question question = {.kind = QUESTION_YES_NO};
    if (guests <= 0)
        return false;
    text_append_string(&question.title, "Suspend");
    text_append_format(&question.body,
                       "%d connection%s of other programs to the servers started here wait%s until fg.\n"
                       ":room lists them.\n",
                       guests, guests == 1 ? "" : "s", guests == 1 ? "s" : "");
    text_append_string(&question.line, "suspend!");
    question_take(ui, &question);
    return true;
}

HANDLER(do_suspend) {
    (void)error;
    if (!line->bang && asks_guests(ui, scene))
        return 0;
    if (ui->callbacks.suspend)
        ui->callbacks.suspend(ui->callbacks.context);
    return 0;
}

/* Stops what runs here: the query of the ksqlDB pane, a long job. Nothing else may end by a key that people press
 * twice. */
bool view_has_what_stops(const struct scene *scene) {
    return scene->model->result.state == RESULT_RUNNING || scene->model->jobs.count;
}

HANDLER(do_stop_here) {
    (void)line;
    if (view_has_what_stops(scene))
        return view_send(ui, scene, error, "stop");
    ui_say(ui, scene, MESSAGE_INFO, "Nothing runs that ^C stops; ^C again within 2 s asks to quit.");
    return 0;
}
