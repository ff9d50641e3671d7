/* What lies over the panes; each kind is a row in its own file. */
#include "console/ui/private.h"
#include "foundation/base/utf8.h"

const struct overlay *overlay_of(const struct ui *ui) {
#define OVERLAY_ROW(id, name) &overlay_##name,
    static const struct overlay *const rows[] = {NULL, UI_OVERLAYS(OVERLAY_ROW)};
#undef OVERLAY_ROW
    return rows[ui->overlay];
}

void overlay_show(struct ui *ui, enum ui_overlay overlay) {
    ui->overlay = overlay;
    ui->overlay_top = 0;
    ui->overlay_cursor = 0;
    ui->overlay_open = false;
    text_clear(&ui->search);
}

void overlay_frame(const struct ui *ui, struct canvas *canvas, struct rectangle area, const char *title,
                   const char *right, const char *bottom) {
    (void)ui;
    canvas_fill(canvas, area, ROLE_TEXT);
    canvas_border(canvas, area, true);
    int x = canvas_print(canvas, area.x + 2, area.y, ROLE_TITLE, " ► %s ", title);
    int at = area.x + area.columns - 4 - utf8_width(view_of(right));
    if (*right && at > x)
        canvas_print(canvas, at, area.y, ROLE_DIM, " %s ", right);
    if (*bottom)
        canvas_print(canvas, area.x + 2, area.y + area.rows - 1, ROLE_DIM, " %s ", bottom);
}
