#include "console/command/keymap.h"

#include "console/command/defaults.h"
#include "foundation/base/memory.h"
#include "foundation/base/utf8.h"
#include "foundation/base/vector.h"

struct keymap {
    VECTOR(struct key_row) rows;
};

static const char *const key_names[] = {"Esc",    "Enter", "Space", "Tab",  "S-Tab", "Backspace", "Delete",
                                        "Insert", "Up",    "Down",  "Left", "Right", "Home",      "End",
                                        "PgUp",   "PgDn",  "F1",    "F2",   "F3",    "F4",        "F5",
                                        "F6",     "F7",    "F8",    "F9",   "F10",   "F11",       "F12"};

struct keymap *keymap_new(void) {
    return memory_zero(1, sizeof(struct keymap));
}

void keymap_free(struct keymap *keymap) {
    if (!keymap)
        return;
    for (size_t i = 0; i < keymap->rows.count; i++) {
        memory_free(keymap->rows.items[i].command);
        memory_free(keymap->rows.items[i].hint);
    }
    vector_free(&keymap->rows);
    memory_free(keymap);
}

static bool is_key(struct view word) {
    for (size_t i = 0; i < sizeof key_names / sizeof *key_names; i++)
        if (view_equal(word, view_of(key_names[i])))
            return true;
    if (word.size == 3 && word.data[0] == 'C' && word.data[1] == '-')
        return word.data[2] >= '@' && word.data[2] <= '~';
    return word.size <= 4 && utf8_valid(word) && utf8_length(word) == 1;
}

static struct view take_word(struct view *rest) {
    *rest = view_trim(*rest);
    size_t size = 0;
    while (size < rest->size && rest->data[size] != ' ' && rest->data[size] != '\t')
        size++;
    struct view word = {rest->data, size};
    rest->data += size;
    rest->size -= size;
    return word;
}

/* The shipped keys say which places there are. */
static bool is_place(struct view word) {
    struct view rest = keymap_shipped(), line;
    while (word.size && word.data[0] != '#' && view_split(&rest, '\n', &line))
        if (view_equal(take_word(&line), word))
            return true;
    return false;
}

static char *copy(struct view view) {
    struct text text = TEXT_EMPTY;
    text_append(&text, view);
    return text_take(&text);
}

/* Takes `  # hint` or `  ## text` off the end; true for the second. */
static bool take_hint(struct view *command, struct view *hint) {
    *hint = (struct view){0};
    for (size_t i = 1; i + 1 < command->size; i++) {
        bool quiet = command->data[i + 1] == '#';
        size_t end = i + 1 + quiet;
        if (command->data[i] != '#' || command->data[i - 1] != ' ' || end >= command->size || command->data[end] != ' ')
            continue;
        *hint = view_trim((struct view){command->data + end, command->size - end});
        *command = view_trim((struct view){command->data, i});
        return quiet;
    }
    return false;
}

void keymap_load(struct keymap *keymap, struct view text, const char *file, struct text *complaints) {
    struct view line;
    for (int number = 1; view_split(&text, '\n', &line); number++) {
        line = view_trim(line);
        if (line.size == 0 || line.data[0] == '#')
            continue;
        struct view place = take_word(&line), key = take_word(&line), command = view_trim(line), hint;
        bool quiet = take_hint(&command, &hint);
        if (!is_place(place)) {
            text_append_format(complaints, "%s:%d: unknown place `%.*s`\n", file, number, VIEW_ARGS(place));
        } else if (!is_key(key)) {
            text_append_format(complaints, "%s:%d: unknown key `%.*s`\n", file, number, VIEW_ARGS(key));
        } else if (command.size == 0) {
            text_append_format(complaints, "%s:%d: the key `%.*s` has no command\n", file, number, VIEW_ARGS(key));
        } else {
            struct key_row row = {.command = copy(command), .hint = hint.size ? copy(hint) : NULL, .quiet = quiet};
            memcpy(row.place, place.data, place.size);
            memcpy(row.key, key.data, key.size);
            for (size_t i = 0; i < keymap->rows.count; i++) {
                struct key_row *old = &keymap->rows.items[i];
                if (strcmp(old->place, row.place) == 0 && strcmp(old->key, row.key) == 0) {
                    memory_free(old->command);
                    memory_free(old->hint);
                    vector_remove(&keymap->rows, i);
                    break;
                }
            }
            vector_push(&keymap->rows, row);
        }
    }
}

const struct key_row *keymap_find(const struct keymap *keymap, const char *place, const char *key) {
    for (size_t i = 0; i < keymap->rows.count; i++)
        if (strcmp(keymap->rows.items[i].place, place) == 0 && strcmp(keymap->rows.items[i].key, key) == 0)
            return &keymap->rows.items[i];
    return NULL;
}

size_t keymap_count(const struct keymap *keymap) {
    return keymap->rows.count;
}

const struct key_row *keymap_at(const struct keymap *keymap, size_t index) {
    return index < keymap->rows.count ? &keymap->rows.items[index] : NULL;
}

struct view keymap_shipped(void) {
    return (struct view){command_defaults[0].text, command_defaults[0].size};
}
