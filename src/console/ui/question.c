/* A question is a state of the loop: what would run waits, keys answer, the streams go on. */
#include "console/ui/private.h"
#include "foundation/base/utf8.h"

enum { BODY_MOST = 12, WIDTH_MOST = 96 };

void question_free(struct question *question) {
    text_free(&question->title);
    text_free(&question->body);
    text_free(&question->line);
    *question = (struct question){0};
}

void question_take(struct ui *ui, struct question *question) {
    question_free(&ui->question);
    ui->question = *question;
    *question = (struct question){0};
    text_clear(&ui->answer);
    text_clear(&ui->message);
}

static void end(struct ui *ui, const struct scene *scene, bool run) {
    struct question asked = ui->question;
    ui->question = (struct question){0};
    struct error error = {0};
    if (!run)
        ui_say(ui, scene, MESSAGE_INFO, "Nothing was done.");
    else if (view_answered(ui, scene, text_view(&asked.line), &error) != 0)
        ui_say(ui, scene, MESSAGE_ERROR, error.message);
    question_free(&asked);
}

static void name_key(struct ui *ui, const struct scene *scene, const char *key) {
    if (strcmp(key, "Enter") == 0) {
        if (strcmp(text_string(&ui->answer), ui->question.name) == 0)
            end(ui, scene, true);
        else
            ui_say(ui, scene, MESSAGE_WARN, "That is not the name; Esc leaves without doing anything.");
    } else if (strcmp(key, "Backspace") == 0) {
        while (ui->answer.size && ((unsigned char)ui->answer.data[--ui->answer.size] & 0xC0) == 0x80)
            continue;
        if (ui->answer.data)
            ui->answer.data[ui->answer.size] = '\0';
    } else if (strcmp(key, "C-u") == 0) {
        text_clear(&ui->answer);
    } else {
        const char *letter = strcmp(key, "Space") == 0 ? " " : key;
        if (utf8_length(view_of(letter)) == 1 && ui->answer.size + strlen(letter) < sizeof ui->question.name)
            text_append_string(&ui->answer, letter);
    }
}

void question_key(struct ui *ui, const struct scene *scene, const char *key) {
    enum question_kind kind = ui->question.kind;
    if (strcmp(key, "Esc") == 0)
        end(ui, scene, false);
    else if (kind == QUESTION_NAME)
        name_key(ui, scene, key);
    else if (strcmp(key, kind == QUESTION_STOP ? "s" : "y") == 0 || strcmp(key, kind == QUESTION_STOP ? "S" : "Y") == 0)
        end(ui, scene, true);
    else if (kind == QUESTION_YES_NO || strcmp(key, "c") == 0 || strcmp(key, "C") == 0)
        end(ui, scene, false);
}

/* A pasted name is typed; it runs nothing, since Enter is not part of it. */
void question_paste(struct ui *ui, struct view text) {
    struct view line;
    if (ui->question.kind == QUESTION_NAME && view_split(&text, '\n', &line) &&
        ui->answer.size + line.size < sizeof ui->question.name)
        text_append(&ui->answer, line);
}

void question_draw(struct ui *ui, struct canvas *canvas) {
    const struct question *question = &ui->question;
    struct view rest = text_view(&question->body), line;
    int width = utf8_width(text_view(&question->title)) + 8, lines = 0, shown = 0;
    while (view_split(&rest, '\n', &line)) {
        lines++;
        width = utf8_width(line) + 4 > width ? utf8_width(line) + 4 : width;
    }
    width = width > canvas->columns - 4 ? canvas->columns - 4 : width < 50 ? 50 : width;
    int body = lines > BODY_MOST && canvas->rows < 40 ? BODY_MOST : lines;
    struct rectangle box = {(canvas->columns - width) / 2, (canvas->rows - body - 5) / 2, width, body + 4};
    canvas_fill(canvas, box, ROLE_TEXT);
    canvas_border(canvas, box, true);
    canvas_print(canvas, box.x + 2, box.y, ROLE_TITLE, " %s ", text_string(&question->title));
    rest = text_view(&question->body);
    for (; shown < body && view_split(&rest, '\n', &line); shown++) {
        if (shown + 1 == body && body < lines)
            canvas_print(canvas, box.x + 2, box.y + 1 + shown, ROLE_DIM, "… and %d more", lines - shown);
        else
            canvas_put_cut(canvas, box.x + 2, box.y + 1 + shown, width - 4, ROLE_TEXT, line);
    }
    int y = box.y + body + 2, x = box.x + 2;
    if (question->kind == QUESTION_NAME) {
        x = canvas_print(canvas, x, y, ROLE_WARN, "Type %s and Enter: ", question->name);
        x = canvas_put(canvas, x, y, ROLE_TEXT, text_view(&ui->answer));
        canvas->cursor_x = x;
        canvas->cursor_y = y;
        canvas->cursor_shown = true;
    } else {
        canvas_put(canvas, x, y, ROLE_WARN, question->kind == QUESTION_STOP ? view_of(question->choices) : VIEW("y/N"));
    }
}
