/* The statement editor: a text of lines with a cursor. */
#include "console/ui/private.h"
#include "console/ui/sql.h"
#include "foundation/base/utf8.h"

enum { EDITOR_MOST = 65536, NUMBER_COLUMNS = 5 };

void editor_insert(struct ui *ui, struct view text) {
    size_t old = ui->editor.size;
    if (old + text.size > EDITOR_MOST) {
        text_clear(&ui->message);
        text_append_format(&ui->message, "A statement has at most %d bytes; :run reads longer ones from a file",
                           EDITOR_MOST);
        ui->level = MESSAGE_ERROR;
        return;
    }
    text_append(&ui->editor, text);
    memmove(ui->editor.data + ui->editor_at + text.size, ui->editor.data + ui->editor_at, old - ui->editor_at);
    memcpy(ui->editor.data + ui->editor_at, text.data, text.size);
    ui->editor_at += text.size;
}

void editor_set(struct ui *ui, const char *text) {
    text_clear(&ui->editor);
    ui->editor_at = 0;
    editor_insert(ui, view_of(text));
}

/* A clause begins here, outside of quotes: "AS SELECT", "FROM", ... */
static bool begins_clause(struct view rest) {
    static const char *const clauses[] = {"WITH ",         "AS SELECT ", "FROM ",   "INNER JOIN ",
                                          "LEFT JOIN ",    "WHERE ",     "WINDOW ", "GROUP BY ",
                                          "PARTITION BY ", "HAVING ",    "EMIT "};
    for (size_t i = 0; i < sizeof clauses / sizeof *clauses; i++)
        if (view_starts_with(rest, view_of(clauses[i])))
            return true;
    return false;
}

/* A statement in one line gets a line for each clause, so that it can be read. */
void editor_load(struct ui *ui, const char *statement) {
    struct text text = TEXT_EMPTY;
    bool quoted = false, lines = strchr(statement, '\n') != NULL;
    for (const char *at = statement; *at; at++) {
        quoted = quoted != (*at == '\'');
        if (*at == ' ' && !quoted && !lines && begins_clause(view_of(at + 1)))
            text_append_char(&text, '\n');
        else
            text_append_char(&text, *at);
    }
    editor_set(ui, text_string(&text));
    ui->editor_at = 0;
    text_free(&text);
}

static size_t before(const struct ui *ui) {
    size_t at = ui->editor_at;
    while (at > 0 && ((unsigned char)ui->editor.data[--at] & 0xC0) == 0x80)
        continue;
    return at;
}

static size_t behind(const struct ui *ui) {
    uint32_t code_point;
    size_t left = ui->editor.size - ui->editor_at;
    size_t size = left ? utf8_decode((struct view){ui->editor.data + ui->editor_at, left}, &code_point) : 0;
    return ui->editor_at + (size ? size : left > 0);
}

static size_t line_start(const struct ui *ui, size_t at) {
    while (at > 0 && ui->editor.data[at - 1] != '\n')
        at--;
    return at;
}

static size_t line_end(const struct ui *ui, size_t at) {
    while (at < ui->editor.size && ui->editor.data[at] != '\n')
        at++;
    return at;
}

/* The same number of bytes into the line above or below. */
static void move_line(struct ui *ui, bool up) {
    size_t start = line_start(ui, ui->editor_at), into = ui->editor_at - start, other;
    if (up && start == 0)
        return;
    other = up ? line_start(ui, start - 1) : line_end(ui, ui->editor_at) + 1;
    if (other > ui->editor.size)
        return;
    size_t end = line_end(ui, other);
    ui->editor_at = other + into < end ? other + into : end;
    while (ui->editor_at > other && ui->editor_at < ui->editor.size &&
           ((unsigned char)ui->editor.data[ui->editor_at] & 0xC0) == 0x80)
        ui->editor_at--;
}

static void erase(struct ui *ui, size_t from, size_t to) {
    if (to <= from)
        return;
    memmove(ui->editor.data + from, ui->editor.data + to, ui->editor.size - to);
    ui->editor.size -= to - from;
    ui->editor.data[ui->editor.size] = '\0';
    ui->editor_at = from;
}

void editor_key(struct ui *ui, const struct scene *scene, const char *key) {
    const struct key_row *row = keymap_find(ui->keymap, "editor", key);
#define IS(name) (strcmp(key, name) == 0)
    if (row)
        ui_run_and_say(ui, scene, row->command);
    else if (IS("Enter"))
        editor_insert(ui, VIEW("\n"));
    else if (IS("Space"))
        editor_insert(ui, VIEW(" "));
    else if (IS("Tab"))
        editor_insert(ui, VIEW("  "));
    else if (IS("Left"))
        ui->editor_at = before(ui);
    else if (IS("Right"))
        ui->editor_at = behind(ui);
    else if (IS("Up") || IS("Down"))
        move_line(ui, IS("Up"));
    else if (IS("Home") || IS("C-a"))
        ui->editor_at = ui->editor.size ? line_start(ui, ui->editor_at) : 0;
    else if (IS("End") || IS("C-e"))
        ui->editor_at = ui->editor.size ? line_end(ui, ui->editor_at) : 0;
    else if (IS("Backspace"))
        erase(ui, before(ui), ui->editor_at);
    else if (IS("Delete"))
        erase(ui, ui->editor_at, behind(ui));
    else if (IS("C-u"))
        editor_set(ui, "");
    else if (utf8_length(view_of(key)) == 1)
        editor_insert(ui, view_of(key));
#undef IS
}

void editor_draw(struct ui *ui, struct canvas *canvas, struct rectangle area) {
    struct view rest = text_view(&ui->editor), line;
    int cursor_line = 0, number = 0;
    size_t start = ui->editor.size ? line_start(ui, ui->editor_at) : 0;
    for (size_t i = 0; i < ui->editor_at; i++)
        cursor_line += ui->editor.data[i] == '\n';
    int cursor_x = ui->editor.size ? utf8_width((struct view){ui->editor.data + start, ui->editor_at - start}) : 0;
    int top = cursor_line >= area.rows ? cursor_line - area.rows + 1 : 0, room = area.columns - NUMBER_COLUMNS - 1;
    for (; view_split(&rest, '\n', &line); number++) {
        if (number < top || number - top >= area.rows)
            continue;
        int y = area.y + number - top, width;
        if (number == cursor_line && cursor_x >= room) { /* the line moves so that the cursor is in view */
            size_t skip = utf8_fit(line, cursor_x - room + 1, &width);
            line = (struct view){line.data + skip, line.size - skip};
        }
        canvas_print(canvas, area.x, y, ROLE_DIM, "%3d", number + 1);
        sql_put(canvas, area.x + NUMBER_COLUMNS, y, room, line);
    }
    if (ui->editor.size == 0)
        canvas_put(canvas, area.x + NUMBER_COLUMNS, area.y, ROLE_DIM, VIEW("a statement; C-x runs it, Esc leaves"));
    canvas->cursor_x = area.x + NUMBER_COLUMNS + (cursor_x < room ? cursor_x : room - 1);
    canvas->cursor_y = area.y + cursor_line - top;
    canvas->cursor_shown = true;
}
