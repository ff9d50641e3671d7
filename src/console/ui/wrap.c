#include "console/ui/private.h"
#include "foundation/base/utf8.h"

/* Lines break at blanks; a word longer than a line is cut. Draws when a canvas is given. */
static int wrap(struct canvas *canvas, struct rectangle area, int y, enum role role, struct view text) {
    struct view line;
    while (view_split(&text, '\n', &line)) {
        do {
            int width;
            size_t size = utf8_fit(line, area.columns - 2, &width), space = size;
            while (size < line.size && space > 0 && line.data[space] != ' ')
                space--;
            size = size < line.size && space ? space : size;
            if (size == 0 && line.size)
                break; /* not even one letter fits */
            if (canvas && y < area.y + area.rows)
                canvas_put(canvas, area.x + 1, y, role, (struct view){line.data, size});
            y++;
            line = (struct view){line.data + size, line.size - size};
            if (line.size)
                line = view_trim(line);
        } while (line.size);
    }
    return y;
}

int ui_wrap(struct canvas *canvas, struct rectangle area, int y, enum role role, struct view text) {
    return wrap(canvas, area, y, role, text);
}

int ui_wrap_lines(int columns, struct view text) {
    int lines = wrap(NULL, (struct rectangle){0, 0, columns, 1}, 0, ROLE_TEXT, text);
    return lines > 0 ? lines : 1;
}
