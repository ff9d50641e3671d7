/* Help and the finder: rows of the key map and of the command tables, in sections, searched by typing. */
#include <ctype.h>
#include <strings.h>

#include "console/ui/private.h"
#include "foundation/base/memory.h"
#include "foundation/base/utf8.h"

enum section { THIS_PANE, VIEWING, RUNNING, WORKSHOP, GENERAL, NOT_NOW, COMMANDS, SECTIONS };
enum { KEY_COLUMNS = 10, THREE_LISTS = 110 };

struct entry {
    enum section section;
    struct text key;
    const char *text, *command;
    const struct command *row; /* COMMANDS: what it is */
    const char *area;          /* RUN: whose key it is */
};
struct entries {
    VECTOR(struct entry) list;
};

static const struct command *command_row(const struct ui *ui, const char *line) {
    const struct command *const tables[] = {ui_commands(), ui->commands};
    size_t size = strcspn(line, " ");
    for (int i = 0; i < 2; i++)
        for (const struct command *row = tables[i]; row && row->name; row++)
            if (strlen(row->name) == size && strncmp(row->name, line, size) == 0)
                return row;
    return NULL;
}

static const char *why_not(const struct ui *ui, const char *command) {
    return ui->callbacks.why_not ? ui->callbacks.why_not(ui->callbacks.context, command) : NULL;
}

static enum section section_of(const struct ui *ui, const struct key_row *key) {
    const struct command *row = command_row(ui, key->command);
    if (why_not(ui, key->command))
        return NOT_NOW;
    if (strlen(key->place) == 1)
        return RUNNING;
    if (strcmp(key->place, "global") != 0)
        return THIS_PANE;
    return !row                                 ? GENERAL
           : strcmp(row->area, "workshop") == 0 ? WORKSHOP
           : strcmp(row->area, "program") == 0  ? GENERAL
                                                : VIEWING;
}

static bool applies(const struct ui *ui, const struct key_row *key) {
    const char *pane = ui_panes[ui->focus]->name;
    bool list = strcmp(key->place, "list") == 0;
    if (list && (!ui_panes[ui->focus]->rows || keymap_find(ui->keymap, pane, key->key)))
        return false;
    return list || strlen(key->place) == 1 || strcmp(key->place, "global") == 0 || strcmp(key->place, pane) == 0;
}

/* 1 2 3 become 1-3. */
static void join_key(struct text *keys, const char *key) {
    char last = keys->size ? keys->data[keys->size - 1] : ' ';
    bool follows = isdigit((unsigned char)last) && key[0] == last + 1 && !key[1];
    bool range = follows && keys->size > 1 && keys->data[keys->size - 2] == '-';
    if (range)
        keys->data[keys->size - 1] = key[0];
    else
        text_append_format(keys, "%s%s", follows ? "-" : " ", key);
}

/* Keys of one command, or with the same text, share a line. */
static void add_key(struct ui *ui, struct entries *entries, const struct key_row *key) {
    const struct command *row = command_row(ui, key->command);
    enum section section = section_of(ui, key);
    struct text shown = TEXT_EMPTY;
    if (strlen(key->place) == 1)
        text_append_format(&shown, "%s %s", key->place, key->key);
    else if (strncmp(key->key, "C-", 2) == 0)
        text_append_format(&shown, "^%c", toupper((unsigned char)key->key[2]));
    else
        text_append_string(&shown, key->key);
    for (size_t i = 0; i < entries->list.count; i++) {
        struct entry *entry = &entries->list.items[i];
        bool same = strcmp(entry->command, key->command) == 0 || (key->hint && strcmp(entry->text, key->hint) == 0);
        if (entry->section == section && section != NOT_NOW && same && strlen(key->place) > 1) {
            join_key(&entry->key, text_string(&shown));
            text_free(&shown);
            return;
        }
    }
    const char *reason = section == NOT_NOW ? why_not(ui, key->command) : NULL;
    const char *text = reason ? reason : key->hint ? key->hint : row ? row->help : key->command;
    const char *area = section == RUNNING && row ? row->area : NULL;
    vector_push(&entries->list, (struct entry){section, shown, text, key->command, NULL, area});
}

static bool contains(const char *text, struct view word) {
    for (; *text; text++)
        if (strncasecmp(text, word.data, word.size) == 0)
            return true;
    return false;
}

static bool found(const struct ui *ui, const struct entry *entry) {
    struct view rest = text_view(&ui->search), word;
    struct text all = TEXT_EMPTY;
    bool hit = true;
    text_append_format(&all, "%s %s %s %s", text_string(&entry->key), entry->text, entry->command,
                       entry->row ? entry->row->usage : "");
    while (view_split(&rest, ' ', &word))
        hit = hit && (word.size == 0 || contains(text_string(&all), word));
    text_free(&all);
    return hit;
}

static void take_entries(struct ui *ui, struct entries *entries) {
    const struct command *const tables[] = {ui->commands, ui_commands()};
    bool finder = ui->overlay == OVERLAY_FIND, all = finder || ui->search.size;
    for (size_t i = 0; !finder && i < keymap_count(ui->keymap); i++)
        if (applies(ui, keymap_at(ui->keymap, i)))
            add_key(ui, entries, keymap_at(ui->keymap, i));
    for (int i = 0; all && i < 2; i++)
        for (const struct command *row = tables[i]; row && row->name; row++) {
            struct entry entry = {COMMANDS, TEXT_EMPTY, row->help, row->name, row, NULL};
            text_append_format(&entry.key, ":%s", row->name);
            vector_push(&entries->list, entry);
        }
    size_t kept = 0;
    for (size_t i = 0; i < entries->list.count; i++) {
        if (found(ui, &entries->list.items[i]))
            entries->list.items[kept++] = entries->list.items[i];
        else
            text_free(&entries->list.items[i].key);
    }
    entries->list.count = kept;
}

/* In the order shown: section by section. */
static void sort(struct entries *entries) {
    VECTOR(struct entry) sorted = {0};
    for (int section = 0; section < SECTIONS; section++)
        for (size_t i = 0; i < entries->list.count; i++)
            if ((int)entries->list.items[i].section == section)
                vector_push(&sorted, entries->list.items[i]);
    vector_free(&entries->list);
    entries->list.items = sorted.items;
    entries->list.count = sorted.count;
    entries->list.capacity = sorted.capacity;
}

static void open_entries(struct ui *ui, struct entries *entries) {
    *entries = (struct entries){0};
    take_entries(ui, entries);
    sort(entries);
    if (ui->overlay_cursor >= entries->list.count)
        ui->overlay_cursor = entries->list.count ? entries->list.count - 1 : 0;
}

static void close_entries(struct entries *entries) {
    for (size_t i = 0; i < entries->list.count; i++)
        text_free(&entries->list.items[i].key);
    vector_free(&entries->list);
}

/* --- drawing --- */

static const char *const section_names[SECTIONS] = {"THIS PANE", "VIEW",    "RUN",     "WORKSHOP",
                                                    "GENERAL",   "NOT NOW", "COMMANDS"};

static void draw_entry(const struct ui *ui, struct canvas *canvas, struct rectangle row, const struct entry *entry,
                       size_t index) {
    enum role role = entry->section == NOT_NOW ? ROLE_DIM : ROLE_TEXT;
    int keys = utf8_width(text_view(&entry->key)), x = row.x + 1;
    keys = keys < KEY_COLUMNS - 1 ? KEY_COLUMNS - 1 : keys;
    canvas_put_cut(canvas, x, row.y, keys < row.columns - 2 ? keys : row.columns - 2,
                   entry->section == NOT_NOW ? ROLE_DIM : ROLE_INFO, text_view(&entry->key));
    x += keys + 1;
    if (entry->row && *entry->row->usage && row.columns > 70) {
        x = canvas_put_cut(canvas, x, row.y, row.columns / 2, ROLE_TEXT, view_of(entry->row->usage)) + 2;
        role = ROLE_DIM;
    }
    if (entry->area)
        x = canvas_print(canvas, x, row.y, ROLE_DIM, "%-10s", entry->area);
    canvas_put_cut(canvas, x, row.y, row.x + row.columns - x - 1, role, view_of(entry->text));
    if (index == ui->overlay_cursor) {
        canvas_put(canvas, row.x, row.y, ROLE_SELECT, VIEW("►"));
        canvas_set_role(canvas, row, ROLE_SELECT);
        canvas->cursor_x = row.x;
        canvas->cursor_y = row.y;
    }
}

/* Sections from..to one under another, from line `top` on. Gives the line of the cursor, -1 when it is elsewhere. */
static int draw_list(const struct ui *ui, struct canvas *canvas, struct rectangle area, const struct entries *entries,
                     int from, int to, int top, bool draw) {
    int line = 0, cursor = -1, section = -1;
    for (size_t i = 0; i < entries->list.count; i++) {
        const struct entry *entry = &entries->list.items[i];
        if ((int)entry->section < from || (int)entry->section > to)
            continue;
        if ((int)entry->section != section) {
            line += line > 0;
            if (draw && line >= top && line - top < area.rows)
                canvas_put(canvas, area.x + 1, area.y + line - top, ROLE_TITLE, view_of(section_names[entry->section]));
            line++;
            section = (int)entry->section;
        }
        if (i == ui->overlay_cursor)
            cursor = line;
        if (draw && line >= top && line - top < area.rows)
            draw_entry(ui, canvas, (struct rectangle){area.x, area.y + line - top, area.columns, 1}, entry, i);
        line++;
    }
    return cursor;
}

static void draw_lists(struct ui *ui, struct canvas *canvas, struct rectangle area, const struct entries *entries) {
    static const int lists[3][2] = {{THIS_PANE, VIEWING}, {RUNNING, WORKSHOP}, {GENERAL, NOT_NOW}};
    bool three = area.columns >= THREE_LISTS && ui->overlay == OVERLAY_HELP && !ui->search.size;
    int cursor = -1;
    for (int i = 0; i < (three ? 3 : 1); i++) {
        int line = three ? draw_list(ui, canvas, area, entries, lists[i][0], lists[i][1], 0, false)
                         : draw_list(ui, canvas, area, entries, 0, SECTIONS, 0, false);
        cursor = line >= 0 ? line : cursor;
    }
    if (cursor < ui->overlay_top + 1)
        ui->overlay_top = cursor > 1 ? cursor - 1 : 0;
    if (cursor >= ui->overlay_top + area.rows)
        ui->overlay_top = cursor - area.rows + 1;
    for (int i = 0; three && i < 3; i++) {
        int width = area.columns / 3;
        draw_list(ui, canvas, (struct rectangle){area.x + i * width, area.y, width - 1, area.rows}, entries,
                  lists[i][0], lists[i][1], ui->overlay_top, true);
    }
    if (!three)
        draw_list(ui, canvas, area, entries, 0, SECTIONS, ui->overlay_top, true);
}

static void draw(struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area) {
    struct entries entries;
    struct text title = TEXT_EMPTY;
    (void)scene;
    open_entries(ui, &entries);
    if (ui->overlay == OVERLAY_FIND)
        text_append_string(&title, "Find a command");
    else
        text_append_format(&title, "Help · %d %s has the focus", ui->focus + 1, ui_panes[ui->focus]->title);
    overlay_frame(ui, canvas, area, text_string(&title),
                  canvas->columns < 100 ? "type to search" : "type to search keys and commands",
                  "Enter does it   ↑↓ move   Tab next section   Esc close");
    text_free(&title);
    int x = canvas_print(canvas, area.x + 2, area.y + 1, ROLE_INFO, "search: ");
    x = canvas_put(canvas, x, area.y + 1, ROLE_TEXT, text_view(&ui->search));
    if (entries.list.count == 0)
        canvas_put(canvas, area.x + 2, area.y + 3, ROLE_DIM, VIEW("nothing is named so"));
    draw_lists(ui, canvas, (struct rectangle){area.x + 1, area.y + 2, area.columns - 2, area.rows - 4}, &entries);
    if (entries.list.count) {
        const struct entry *chosen = &entries.list.items[ui->overlay_cursor];
        struct text line = TEXT_EMPTY;
        text_append_format(&line, "Selected: %s         as a command:  :%s %s", chosen->text, chosen->command,
                           chosen->row ? chosen->row->usage : "");
        canvas_put_cut(canvas, area.x + 2, area.y + area.rows - 2, area.columns - 4, ROLE_DIM, text_view(&line));
        text_free(&line);
    }
    canvas->cursor_x = x;
    canvas->cursor_y = area.y + 1;
    canvas->cursor_shown = true;
    close_entries(&entries);
}

/* --- keys --- */

static void next_section(struct ui *ui, const struct entries *entries) {
    size_t at = ui->overlay_cursor, count = entries->list.count;
    while (at < count && entries->list.items[at].section == entries->list.items[ui->overlay_cursor].section)
        at++;
    ui->overlay_cursor = at < count ? at : 0;
}

/* What wants words behind it goes to the command line first. */
static void run_entry(struct ui *ui, const struct scene *scene, const struct entries *entries) {
    struct text line = TEXT_EMPTY;
    if (entries->list.count == 0)
        return;
    const struct entry *entry = &entries->list.items[ui->overlay_cursor];
    const char *reason = why_not(ui, entry->command);
    bool wants = entry->row && *entry->row->usage;
    text_append_format(&line, "%s%s", wants ? "command-line " : "", entry->command);
    ui->overlay = OVERLAY_NONE;
    if (reason)
        ui_say(ui, scene, MESSAGE_WARN, reason);
    else
        ui_run_and_say(ui, scene, text_string(&line));
    text_free(&line);
}

static bool key(struct ui *ui, const struct scene *scene, const char *name) {
    struct entries entries;
    const char *letter = strcmp(name, "Space") == 0 ? " " : name;
    bool taken = true;
    open_entries(ui, &entries);
    if (strcmp(name, "Down") == 0)
        ui->overlay_cursor += ui->overlay_cursor + 1 < entries.list.count;
    else if (strcmp(name, "Up") == 0)
        ui->overlay_cursor -= ui->overlay_cursor > 0;
    else if (strcmp(name, "PgDn") == 0 || strcmp(name, "PgUp") == 0)
        ui->overlay_cursor = name[2] == 'D'            ? ui->overlay_cursor + 10
                             : ui->overlay_cursor > 10 ? ui->overlay_cursor - 10
                                                       : 0;
    else if (strcmp(name, "Tab") == 0)
        next_section(ui, &entries);
    else if (strcmp(name, "Enter") == 0)
        run_entry(ui, scene, &entries);
    else if (strcmp(name, "Backspace") == 0 && ui->search.size) {
        while (ui->search.size && ((unsigned char)ui->search.data[--ui->search.size] & 0xC0) == 0x80)
            continue;
        ui->search.data[ui->search.size] = '\0';
        ui->overlay_cursor = 0;
    } else if (strcmp(name, "C-u") == 0) {
        text_clear(&ui->search);
    } else if (utf8_length(view_of(letter)) == 1 && ui->search.size < 64) {
        text_append_string(&ui->search, letter);
        ui->overlay_cursor = 0;
        ui->overlay_top = 0;
    } else {
        taken = false;
    }
    close_entries(&entries);
    return taken;
}

const struct overlay overlay_help = {NULL, draw, key}, overlay_find = {NULL, draw, key};
