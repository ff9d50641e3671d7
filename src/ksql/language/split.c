#include "ksql/language/split.h"

#include <stddef.h>

struct cursor {
    const char *at, *end;
    int line, column;
};

static void step(struct cursor *cursor) {
    if (*cursor->at == '\n') {
        cursor->line++;
        cursor->column = 1;
    } else if (((unsigned char)*cursor->at & 0xc0) != 0x80) { /* characters count, not bytes */
        cursor->column++;
    }
    cursor->at++;
}

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool next_is(const struct cursor *cursor, const char *two) {
    return cursor->end - cursor->at >= 2 && cursor->at[0] == two[0] && cursor->at[1] == two[1];
}

/* Over one comment; false when a block comment does not end. */
static bool pass_comment(struct cursor *cursor) {
    bool block = *cursor->at == '/';
    while (cursor->at < cursor->end) {
        if (!block && *cursor->at == '\n')
            return true;
        if (block && next_is(cursor, "*/")) {
            step(cursor);
            step(cursor);
            return true;
        }
        step(cursor);
    }
    return !block;
}

/* Over a quoted piece; a doubled quote stays inside. */
static bool pass_quoted(struct cursor *cursor) {
    char quote = *cursor->at;
    step(cursor);
    while (cursor->at < cursor->end) {
        if (*cursor->at == quote) {
            step(cursor);
            if (cursor->at >= cursor->end || *cursor->at != quote)
                return true;
        }
        step(cursor);
    }
    return false;
}

bool split_next(struct view *text, int *line, int *column, struct split *split) {
    struct cursor cursor = {text->data, text->data + text->size, *line, *column};
    const char *start = NULL, *last = NULL;
    int depth = 0;
    *split = (struct split){0};
    while (cursor.at < cursor.end) {
        struct cursor before = cursor;
        bool comment = next_is(&cursor, "--") || next_is(&cursor, "/*");
        char c = *cursor.at;
        if (!comment && !is_space(c) && !start) {
            start = cursor.at;
            split->line = cursor.line;
            split->column = cursor.column;
        }
        if (comment || c == '\'' || c == '"' || c == '`') {
            bool closed = comment ? pass_comment(&cursor) : pass_quoted(&cursor);
            if (!closed) {
                split->open = comment ? '*' : c;
                split->line = before.line;
                split->column = before.column;
                start = start ? start : before.at;
                break;
            }
            if (!comment)
                last = cursor.at;
            continue;
        }
        step(&cursor);
        if (c == '(' && depth++ == 0 && split->open == 0) {
            split->open = '(';
        } else if (c == ')' && depth > 0 && --depth == 0) {
            split->open = 0;
        } else if (c == ';') {
            split->complete = true;
            split->open = 0;
            last = cursor.at;
            break;
        }
        if (!is_space(c))
            last = cursor.at;
    }
    *text = (struct view){cursor.at, (size_t)(cursor.end - cursor.at)};
    *line = cursor.line;
    *column = cursor.column;
    if (!start)
        return false;
    if (split->open && split->open != '(')
        last = cursor.end;
    split->statement = (struct view){start, (size_t)((last && last > start ? last : cursor.at) - start)};
    /* a `;` alone is no statement */
    return split->statement.size > 1 || start[0] != ';' ? true : split_next(text, line, column, split);
}

void split_first_word(struct view statement, char word[32]) {
    size_t size = 0;
    for (size_t i = 0; i < statement.size && size < 31; i++) {
        char c = statement.data[i];
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 32);
        if (c < 'A' || c > 'Z')
            break;
        word[size++] = c;
    }
    word[size] = '\0';
}
