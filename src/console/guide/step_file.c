#include <string.h>

#include "console/guide/private.h"
#include "foundation/base/memory.h"
#include "foundation/base/vector.h"
#include "lab/statements.h"

typedef VECTOR(char *) string_vector;

void step_free(struct step *step, struct step_private *private) {
    for (size_t i = 0; private->looks && i < step->check_count; i++) {
        for (size_t j = 0; j < private->looks[i].count; j++)
            memory_free(private->looks[i].words[j]);
        memory_free(private->looks[i].words);
        memory_free((char *)(uintptr_t)step->checks[i].name);
        memory_free(step->checks[i].label);
    }
    memory_free(private->looks);
    memory_free(step->checks);
    for (size_t i = 0; i < step->command_count; i++)
        memory_free(step->commands[i]);
    memory_free(step->commands);
    memory_free(step->title);
    memory_free(step->explanation);
    memory_free(step->notes);
    *step = (struct step){0};
    *private = (struct step_private){0};
}

/* "topic %s exists" with the first argument in its place. */
static char *label_of(const struct check_row *row, const string_vector *words) {
    const char *place = strstr(row->label, "%s");
    struct text label = TEXT_EMPTY;
    text_append(&label, (struct view){row->label, place ? (size_t)(place - row->label) : strlen(row->label)});
    if (place) {
        text_append_string(&label, words->count > 1 ? words->items[1] : "");
        text_append_string(&label, place + 2);
    }
    return text_take(&label);
}

static bool has_word(const char *words, struct view word) {
    struct view rest = view_of(words), piece;
    while (view_split(&rest, ' ', &piece))
        if (view_equal(piece, word))
            return true;
    return false;
}

static void split_words(struct view line, string_vector *words) {
    struct view piece;
    while (view_split(&line, ' ', &piece)) {
        piece = view_trim(piece);
        if (piece.size) {
            struct text copy = TEXT_EMPTY;
            text_append(&copy, piece);
            vector_push(words, text_take(&copy));
        }
    }
}

/* {statement:NAME} stands for the lab's statement, so that its text lives in one place. */
static int expand_statements(struct view line, const char *file, int number, struct text *out, struct error *error) {
    const struct view mark = VIEW("{statement:");
    while (line.size) {
        const char *open = memmem(line.data, line.size, mark.data, mark.size);
        const char *close = open ? memchr(open, '}', line.size - (size_t)(open - line.data)) : NULL;
        if (!close) {
            text_append(out, line);
            return 0;
        }
        text_append_bytes(out, line.data, (size_t)(open - line.data));
        char name[64] = "";
        size_t size = (size_t)(close - open) - mark.size;
        if (size < sizeof name)
            memcpy(name, open + mark.size, size);
        const char *statement = lab_statement(name);
        if (!statement)
            return error_set_at(error, ERROR_INVALID, number, 0, "%s:%d: the lab has no statement '%s'", file, number,
                                name);
        text_append_string(out, statement);
        size_t done = (size_t)(close + 1 - line.data);
        line = (struct view){line.data + done, line.size - done};
    }
    return 0;
}

static int parse_title(struct view line, const char *file, int number, struct step *step, struct error *error) {
    /* [step N] title, minutes */
    struct view inside = {line.data + 6, line.size - 6}, digits;
    int64_t value = 0, minutes = 0;
    if (!view_split(&inside, ']', &digits) || !view_to_int64(view_trim(digits), &value) || value < 1 || value > 99)
        return error_set_at(error, ERROR_INVALID, number, 0, "%s:%d: a step begins with `[step N] title, minutes`",
                            file, number);
    struct view title = view_trim(inside);
    size_t comma = title.size;
    while (comma > 0 && title.data[comma - 1] != ',')
        comma--;
    if (comma == 0 || !view_to_int64(view_trim((struct view){title.data + comma, title.size - comma}), &minutes))
        return error_set_at(error, ERROR_INVALID, number, 0, "%s:%d: the planned minutes are missing after the title",
                            file, number);
    struct text copy = TEXT_EMPTY;
    text_append(&copy, view_trim((struct view){title.data, comma - 1}));
    step->number = (int)value;
    step->minutes = (int)minutes;
    step->title = text_take(&copy);
    return 0;
}

int step_parse(struct view text, const char *file, const char *capabilities, struct step *step,
               struct step_private *private, struct error *error) {
    enum { NOWHERE, EXPLAIN, RUN, SKIP, NOTES } place = NOWHERE;
    struct text explanation = TEXT_EMPTY, notes = TEXT_EMPTY;
    string_vector commands = {0};
    VECTOR(struct step_look) looks = {0};
    VECTOR(struct step_check) checks = {0};
    bool run_taken = false;
    int number = 0, result = -1;
    struct view line;
    while (view_split(&text, '\n', &line)) {
        number++;
        if (line.size && line.data[line.size - 1] == '\r')
            line.size--;
        if (line.size && line.data[0] == '#' && place == NOWHERE)
            continue;
        if (line.size && line.data[0] == '[') {
            if (view_starts_with(line, VIEW("[step "))) {
                if (parse_title(line, file, number, step, error) != 0)
                    goto cleanup;
                place = NOWHERE;
            } else if (view_equal(view_trim(line), VIEW("[explain]"))) {
                place = EXPLAIN;
            } else if (view_equal(view_trim(line), VIEW("[notes]"))) {
                place = NOTES;
            } else if (view_starts_with(line, VIEW("[run"))) {
                struct view word = view_trim(line);
                word = view_trim((struct view){word.data + 4, word.size >= 5 ? word.size - 5 : 0});
                bool fits = word.size == 0 || has_word(capabilities, word);
                place = fits && !run_taken ? RUN : SKIP;
                run_taken = run_taken || fits;
            } else if (view_starts_with(line, VIEW("[check]"))) {
                string_vector words = {0};
                split_words((struct view){line.data + 7, line.size - 7}, &words);
                const struct check_row *row = words.count ? check_find(words.items[0]) : NULL;
                if (!row) {
                    error_set_at(error, ERROR_INVALID, number, 0,
                                 "%s:%d: no check is named '%s'; `help checks` lists them", file, number,
                                 words.count ? words.items[0] : "");
                    for (size_t i = 0; i < words.count; i++)
                        memory_free(words.items[i]);
                    vector_free(&words);
                    goto cleanup;
                }
                struct text name = TEXT_EMPTY;
                text_append(&name, view_trim((struct view){line.data + 7, line.size - 7}));
                char *label = label_of(row, &words);
                memory_free(words.items[0]);
                memmove(&words.items[0], &words.items[1], (words.count - 1) * sizeof *words.items);
                vector_push(&looks, (struct step_look){row, words.items, words.count - 1});
                vector_push(&checks, (struct step_check){.name = text_take(&name), .label = label});
                place = NOWHERE;
            } else {
                error_set_at(
                    error, ERROR_INVALID, number, 0,
                    "%s:%d: unknown section; known are [step N], [explain], [run CAPABILITY], [check] and [notes]",
                    file, number);
                goto cleanup;
            }
            continue;
        }
        if (place == EXPLAIN || place == NOTES) {
            struct text *to = place == EXPLAIN ? &explanation : &notes;
            if (expand_statements(line, file, number, to, error) != 0)
                goto cleanup;
            text_append_char(to, '\n');
        } else if (place == RUN && view_trim(line).size) {
            struct text command = TEXT_EMPTY;
            if (expand_statements(view_trim(line), file, number, &command, error) != 0) {
                text_free(&command);
                goto cleanup;
            }
            vector_push(&commands, text_take(&command));
        } else if (place == NOWHERE && view_trim(line).size) {
            error_set_at(error, ERROR_INVALID, number, 0, "%s:%d: text outside of a section", file, number);
            goto cleanup;
        }
    }
    if (!step->title) {
        error_set(error, ERROR_INVALID, "%s: no `[step N] title, minutes` line", file);
        goto cleanup;
    }
    result = 0;
cleanup:
    step->explanation = text_take(&explanation);
    step->notes = text_take(&notes);
    step->commands = commands.items;
    step->command_count = commands.count;
    step->checks = checks.items;
    step->check_count = checks.count;
    private->looks = looks.items;
    return result;
}
