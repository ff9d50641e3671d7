#include "console/ui/canvas.h"

#include <stdarg.h>
#include <stdio.h>

#include "foundation/base/memory.h"
#include "foundation/base/utf8.h"

static const struct {
    const char *unicode, *ascii;
} glyphs[] = {
    {"●", "*"}, {"○", "o"}, {"√", "x"}, {"►", ">"}, {"▲", "^"}, {"▁", "."}, {"▂", ":"}, {"▃", "-"}, {"▄", "="},
    {"▅", "+"}, {"▆", "*"}, {"▇", "#"}, {"█", "#"}, {"▌", "="}, {"░", "-"}, {"…", "~"}, {"─", "-"}, {"│", "|"},
    {"━", "="}, {"┃", "|"}, {"┌", "+"}, {"┐", "+"}, {"└", "+"}, {"┘", "+"}, {"┏", "+"}, {"┓", "+"}, {"┗", "+"},
    {"┛", "+"}, {"•", "*"}, {"·", " "}, {"–", "-"}, {"↑", "^"}, {"↓", "v"},
};

void canvas_resize(struct canvas *canvas, int columns, int rows) {
    canvas->columns = columns < 1 ? 1 : columns > 1000 ? 1000 : columns;
    canvas->rows = rows < 1 ? 1 : rows > 1000 ? 1000 : rows;
    canvas->cells = memory_resize(canvas->cells, (size_t)canvas->columns * (size_t)canvas->rows, sizeof *canvas->cells);
    canvas_clear(canvas);
}

void canvas_free(struct canvas *canvas) {
    memory_free(canvas->cells);
    canvas->cells = NULL;
}

void canvas_clear(struct canvas *canvas) {
    canvas->clip = (struct rectangle){0, 0, canvas->columns, canvas->rows};
    canvas->cursor_x = canvas->cursor_y = -1;
    canvas->cursor_shown = false;
    canvas_fill(canvas, canvas->clip, ROLE_TEXT);
}

static struct cell *cell_at(const struct canvas *canvas, int x, int y) {
    const struct rectangle *clip = &canvas->clip;
    if (x < clip->x || y < clip->y || x >= clip->x + clip->columns || y >= clip->y + clip->rows || x < 0 || y < 0 ||
        x >= canvas->columns || y >= canvas->rows)
        return NULL;
    return &canvas->cells[(size_t)y * (size_t)canvas->columns + (size_t)x];
}

static void set_cell(struct cell *cell, const char *bytes, size_t size, enum role role) {
    if (size >= sizeof cell->text)
        return;
    memcpy(cell->text, bytes, size);
    cell->text[size] = '\0';
    cell->role = (uint8_t)role;
}

static void replace_glyph(const char **bytes, size_t *size) {
    if (*size == 1)
        return;
    for (size_t i = 0; i < sizeof glyphs / sizeof *glyphs; i++)
        if (strlen(glyphs[i].unicode) == *size && memcmp(glyphs[i].unicode, *bytes, *size) == 0) {
            *bytes = glyphs[i].ascii;
            *size = 1;
            return;
        }
}

int canvas_put(struct canvas *canvas, int x, int y, enum role role, struct view text) {
    struct text shown = TEXT_EMPTY;
    utf8_display(&shown, text);
    struct view rest = text_view(&shown);
    struct cell *last = NULL;
    while (rest.size) {
        uint32_t code_point = 0;
        size_t size = utf8_decode(rest, &code_point);
        if (size == 0)
            break;
        int width = utf8_width_of(code_point);
        if (width <= 0) {
            size_t used = last ? strlen(last->text) : 0;
            if (last && used + size < sizeof last->text) {
                memcpy(last->text + used, rest.data, size);
                last->text[used + size] = '\0';
            }
        } else {
            const char *bytes = rest.data;
            size_t bytes_size = size;
            struct cell *cell = cell_at(canvas, x, y), *second = width == 2 ? cell_at(canvas, x + 1, y) : cell;
            if (canvas->ascii)
                replace_glyph(&bytes, &bytes_size);
            last = NULL;
            if (cell && second) {
                set_cell(cell, bytes, bytes_size, role);
                if (width == 2)
                    set_cell(second, "", 0, role);
                last = cell;
            } else if (cell) {
                set_cell(cell, " ", 1, role);
            } else if (second) {
                set_cell(second, " ", 1, role);
            }
            x += width;
        }
        rest.data += size;
        rest.size -= size;
    }
    text_free(&shown);
    return x;
}

int canvas_print(struct canvas *canvas, int x, int y, enum role role, const char *format, ...) {
    struct text text = TEXT_EMPTY;
    va_list arguments;
    va_start(arguments, format);
    text_append_format_v(&text, format, arguments);
    va_end(arguments);
    x = canvas_put(canvas, x, y, role, text_view(&text));
    text_free(&text);
    return x;
}

int canvas_put_cut(struct canvas *canvas, int x, int y, int columns, enum role role, struct view text) {
    if (columns <= 0)
        return x;
    if (utf8_width(text) <= columns)
        return canvas_put(canvas, x, y, role, text);
    int width = 0;
    size_t size = utf8_fit(text, columns - 1, &width);
    x = canvas_put(canvas, x, y, role, (struct view){text.data, size});
    return canvas_put(canvas, x, y, role, VIEW("…"));
}

void canvas_fill(struct canvas *canvas, struct rectangle area, enum role role) {
    for (int y = area.y; y < area.y + area.rows; y++)
        for (int x = area.x; x < area.x + area.columns; x++) {
            struct cell *cell = cell_at(canvas, x, y);
            if (cell)
                set_cell(cell, " ", 1, role);
        }
}

void canvas_set_role(struct canvas *canvas, struct rectangle area, enum role role) {
    for (int y = area.y; y < area.y + area.rows; y++)
        for (int x = area.x; x < area.x + area.columns; x++) {
            struct cell *cell = cell_at(canvas, x, y);
            if (cell)
                cell->role = (uint8_t)role;
        }
}

void canvas_border(struct canvas *canvas, struct rectangle area, bool focus) {
    static const char *const light[] = {"┌", "┐", "└", "┘", "─", "│"}, *const heavy[] = {"┏", "┓", "┗", "┛", "━", "┃"};
    const char *const *set = focus ? heavy : light;
    enum role role = focus ? ROLE_BORDER_FOCUS : ROLE_BORDER;
    int right = area.x + area.columns - 1, bottom = area.y + area.rows - 1;
    for (int x = area.x + 1; x < right; x++) {
        canvas_put(canvas, x, area.y, role, view_of(set[4]));
        canvas_put(canvas, x, bottom, role, view_of(set[4]));
    }
    for (int y = area.y + 1; y < bottom; y++) {
        canvas_put(canvas, area.x, y, role, view_of(set[5]));
        canvas_put(canvas, right, y, role, view_of(set[5]));
    }
    canvas_put(canvas, area.x, area.y, role, view_of(set[0]));
    canvas_put(canvas, right, area.y, role, view_of(set[1]));
    canvas_put(canvas, area.x, bottom, role, view_of(set[2]));
    canvas_put(canvas, right, bottom, role, view_of(set[3]));
}

void canvas_spark(struct canvas *canvas, int x, int y, const uint32_t *values, size_t count) {
    static const char *const levels[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"}, *const plain[] = {".", ":", "-", "=",
                                                                                                    "+", "*", "#", "@"};
    uint32_t largest = 1;
    for (size_t i = 0; i < count; i++)
        largest = values[i] > largest ? values[i] : largest;
    for (size_t i = 0; i < count; i++)
        x = canvas_put(canvas, x, y, ROLE_SPARK,
                       view_of((canvas->ascii ? plain : levels)[(uint64_t)values[i] * 7 / largest]));
}

void canvas_meter(struct canvas *canvas, int x, int y, int columns, double part) {
    int halves = part >= 1 ? columns * 2 : part > 0 ? (int)(part * columns * 2) : 0;
    for (int i = 0; i < columns; i++, halves -= 2)
        canvas_put(canvas, x + i, y, halves > 0 ? ROLE_SPARK : ROLE_METER_EMPTY,
                   halves >= 2   ? VIEW("█")
                   : halves == 1 ? VIEW("▌")
                                 : VIEW("░"));
}

void canvas_dump(const struct canvas *canvas, struct text *out) {
    for (int y = 0; y < canvas->rows; y++) {
        size_t end = out->size;
        for (int x = 0; x < canvas->columns; x++) {
            const char *text = canvas->cells[(size_t)y * (size_t)canvas->columns + (size_t)x].text;
            text_append_string(out, text);
            if (strcmp(text, " ") != 0)
                end = out->size;
        }
        if (out->data) {
            out->size = end;
            out->data[end] = '\0';
        }
        text_append_char(out, '\n');
    }
}
