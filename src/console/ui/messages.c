/* The messages of this run, newest first; Enter shows one whole. */
#include "console/ui/private.h"

static const enum role roles[] = {ROLE_TEXT, ROLE_OK, ROLE_WARN, ROLE_ALERT};
static const char *const words[] = {"     ", "ok   ", "WARN ", "ERROR"};

static const struct model_message *message_at(const struct scene *scene, size_t index) {
    size_t count = scene->model->messages.count;
    return index < count ? &scene->model->messages.items[count - 1 - index] : NULL;
}

static void draw_one(struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area) {
    const struct model_message *message = message_at(scene, ui->overlay_cursor);
    char time[FORMAT_SIZE];
    struct text text = TEXT_EMPTY;
    if (!message)
        return;
    canvas_print(canvas, area.x + 1, area.y, roles[message->level], "%s %s",
                 format_time(message->at_ms, scene->zone_offset, false, time), words[message->level]);
    mask_text(view_of(message->text), ui_masks(ui, scene), &text);
    ui_wrap(canvas, area, area.y + 2, ROLE_TEXT, text_view(&text));
    text_free(&text);
}

static void draw_all(struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area) {
    size_t count = scene->model->messages.count, rows = (size_t)area.rows, top = 0;
    char time[FORMAT_SIZE];
    if (count == 0)
        canvas_put(canvas, area.x + 1, area.y, ROLE_DIM, VIEW("no messages yet"));
    if (ui->overlay_cursor >= rows)
        top = ui->overlay_cursor - rows + 1;
    for (size_t i = 0; i < rows && top + i < count; i++) {
        const struct model_message *message = message_at(scene, top + i);
        int y = area.y + (int)i;
        struct text text = TEXT_EMPTY;
        mask_text(view_of(message->text), ui_masks(ui, scene), &text);
        int x = canvas_print(canvas, area.x + 1, y, ROLE_DIM, "%s ",
                             format_time(message->at_ms, scene->zone_offset, false, time));
        x = canvas_print(canvas, x, y, roles[message->level], "%s ", words[message->level]);
        canvas_put_cut(canvas, x, y, area.x + area.columns - x - 1, roles[message->level], text_view(&text));
        text_free(&text);
        if (top + i == ui->overlay_cursor) {
            canvas_put(canvas, area.x, y, ROLE_SELECT, VIEW("►"));
            canvas_set_role(canvas, (struct rectangle){area.x, y, area.columns, 1}, ROLE_SELECT);
            canvas->cursor_x = area.x;
            canvas->cursor_y = y;
        }
    }
}

static void draw(struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area) {
    struct rectangle inner = {area.x + 1, area.y + 1, area.columns - 2, area.rows - 2};
    struct text right = TEXT_EMPTY;
    text_append_format(&right, "%zu of this run · newest first", scene->model->messages.count);
    overlay_frame(ui, canvas, area, "Messages", text_string(&right),
                  ui->overlay_open ? "↑↓ another   Esc back" : "Enter shows it whole   ↑↓ move   Esc back");
    text_free(&right);
    if (ui->overlay_open)
        draw_one(ui, scene, canvas, inner);
    else
        draw_all(ui, scene, canvas, inner);
}

static bool key(struct ui *ui, const struct scene *scene, const char *name) {
    size_t count = scene->model->messages.count, *at = &ui->overlay_cursor;
    const struct key_row *row = keymap_find(ui->keymap, "list", name);
    const char *how = row && strncmp(row->command, "move ", 5) == 0 ? row->command + 5 : NULL;
    if (strcmp(name, "Enter") == 0)
        ui->overlay_open = true;
    else if (!how)
        return false;
    else if (strcmp(how, "up") == 0 || strcmp(how, "page-up") == 0)
        *at -= strcmp(how, "up") == 0 ? *at > 0 : *at > 10 ? 10 : *at;
    else if (strcmp(how, "top") == 0)
        *at = 0;
    else if (strcmp(how, "end") == 0)
        *at = count;
    else
        *at += strcmp(how, "down") == 0 ? 1 : 10;
    if (*at >= count)
        *at = count ? count - 1 : 0;
    return true;
}

const struct overlay overlay_messages = {"messages", draw, key};
