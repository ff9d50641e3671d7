#include "console/command/command.h"

#include <string.h>

#include "foundation/base/memory.h"
#include "foundation/base/vector.h"

void command_list_free(struct command_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        for (size_t j = 0; j < list->lines[i].count; j++)
            memory_free(list->lines[i].words[j]);
        memory_free(list->lines[i].words);
        memory_free(list->lines[i].rest);
    }
    memory_free(list->lines);
    *list = (struct command_list){0};
}

const struct command *command_find(const struct command *table, const char *name, struct error *error) {
    const struct command *found = NULL;
    struct text candidates = TEXT_EMPTY;
    size_t size = strlen(name), count = 0;
    for (const struct command *row = table; row->name; row++) {
        if (strcmp(row->name, name) == 0) {
            text_free(&candidates);
            return row;
        }
        if (size && strncmp(row->name, name, size) == 0) {
            found = row;
            text_append_format(&candidates, "%s%s", count++ ? ", " : "", row->name);
        }
    }
    if (count > 1) {
        error_set(error, ERROR_INVALID, "`%s` may be %s; write more of it", name, text_string(&candidates));
        found = NULL;
    } else if (count == 0) {
        for (const struct command *row = table; size && row->name; row++)
            if (row->name[0] == name[0])
                text_append_format(&candidates, "%s%s", candidates.size ? ", " : "; near it are ", row->name);
        error_set(error, ERROR_NOT_FOUND, "there is no command `%s`%s; `help` lists all", name,
                  text_string(&candidates));
    }
    text_free(&candidates);
    return found;
}

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* One word from *at on; quotes are taken off. */
static int take_word(struct view text, size_t *at, struct text *word, struct error *error) {
    char quote = 0;
    size_t opened = 0;
    for (; *at < text.size; (*at)++) {
        char c = text.data[*at];
        if (c == '\\' && *at + 1 < text.size && quote != '\'') {
            text_append_char(word, text.data[++*at]);
        } else if (quote) {
            if (c == quote)
                quote = 0;
            else
                text_append_char(word, c);
        } else if (c == '"' || c == '\'') {
            quote = c;
            opened = *at + 1;
        } else if (is_space(c) || c == ';') {
            break;
        } else {
            text_append_char(word, c);
        }
    }
    if (quote)
        return error_set_at(error, ERROR_INVALID, 1, (int)opened, "the quote opened in column %zu does not close",
                            opened);
    return 0;
}

int command_parse(struct view text, const struct command *table, struct command_list *list, struct error *error) {
    VECTOR(struct command_line) lines = {0};
    VECTOR(char *) words = {0};
    size_t at = 0, rest_at = 0;
    int result = 0;
    *list = (struct command_list){0};
    while (result == 0) {
        while (at < text.size && is_space(text.data[at]))
            at++;
        bool over = at >= text.size || text.data[at] == ';';
        if (!over) {
            struct text word = TEXT_EMPTY;
            if (words.count == 0 && text.data[at] == ':')
                at++; /* a colon in front, as it is typed in the console */
            result = take_word(text, &at, &word, error);
            vector_push(&words, text_take(&word));
            if (words.count == 1) {
                rest_at = at;
                const struct command *row = table ? command_find(table, words.items[0], NULL) : NULL;
                if (row && row->flags & COMMAND_RAW)
                    at = text.size;
            }
            continue;
        }
        if (words.count) {
            struct text rest = TEXT_EMPTY;
            text_append(&rest, view_trim((struct view){text.data + rest_at, at - rest_at}));
            struct command_line line = {words.items, words.count, text_take(&rest), false};
            size_t size = strlen(line.words[0]);
            if (size > 1 && line.words[0][size - 1] == '!') {
                line.words[0][size - 1] = '\0';
                line.bang = true;
            }
            vector_push(&lines, line);
            words.items = NULL;
            words.count = words.capacity = 0;
        }
        if (at >= text.size)
            break;
        at++;
    }
    for (size_t i = 0; i < words.count; i++)
        memory_free(words.items[i]);
    vector_free(&words);
    list->lines = lines.items;
    list->count = lines.count;
    if (result != 0)
        command_list_free(list);
    return result;
}

void command_print_help(const struct command *table, struct text *out) {
    const char *area = "";
    for (const struct command *row = table; row->name; row++) {
        if (strcmp(area, row->area) != 0)
            text_append_format(out, "%s%s\n", out->size ? "\n" : "", row->area);
        area = row->area;
        text_append_format(out, "  %s %s\n      %s\n", row->name, row->usage, row->help);
    }
}
