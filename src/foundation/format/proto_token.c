#include "foundation/format/proto_token.h"

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static void pass_line(struct proto_scanner *scanner) {
    scanner->line++;
    scanner->line_start = scanner->at + 1;
}

static const char *pass_block(struct proto_scanner *scanner) {
    struct proto_scanner before = *scanner;
    for (scanner->at += 2; scanner->end - scanner->at >= 2; scanner->at++) {
        if (scanner->at[0] == '*' && scanner->at[1] == '/') {
            scanner->at += 2;
            return NULL;
        }
        if (*scanner->at == '\n')
            pass_line(scanner);
    }
    *scanner = before;
    return "the comment has no end";
}

/* Why the text cannot go on, or NULL. */
static const char *pass_space(struct proto_scanner *scanner) {
    const char *wrong = NULL;
    while (!wrong && scanner->at < scanner->end) {
        char c = *scanner->at, after = scanner->end - scanner->at > 1 ? scanner->at[1] : '\0';
        if (c == '/' && after == '*') {
            wrong = pass_block(scanner);
        } else if (c == '/' && after == '/') {
            while (scanner->at < scanner->end && *scanner->at != '\n')
                scanner->at++;
        } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v') {
            if (c == '\n')
                pass_line(scanner);
            scanner->at++;
        } else {
            break;
        }
    }
    return wrong;
}

static void take_string(struct proto_scanner *scanner) {
    char quote = *scanner->at++;
    while (scanner->at < scanner->end && *scanner->at != quote && *scanner->at != '\n')
        scanner->at += *scanner->at == '\\' && scanner->end - scanner->at > 1 ? 2 : 1;
    if (scanner->at < scanner->end && *scanner->at == quote) {
        scanner->at++;
        scanner->kind = PROTO_STRING;
    } else {
        scanner->kind = PROTO_WRONG;
        scanner->wrong = "the string has no end";
    }
}

static void take_number(struct proto_scanner *scanner) {
    while (scanner->at < scanner->end &&
           (is_letter(*scanner->at) || is_digit(*scanner->at) || *scanner->at == '.' ||
            ((*scanner->at == '-' || *scanner->at == '+') && (scanner->at[-1] == 'e' || scanner->at[-1] == 'E'))))
        scanner->at++;
    scanner->kind = PROTO_NUMBER;
}

void proto_next(struct proto_scanner *scanner) {
    static const char symbols[] = "{}[]()<>=;,.:-+/";
    if (scanner->kind == PROTO_WRONG)
        return;
    scanner->wrong = pass_space(scanner);
    const char *start = scanner->at;
    scanner->word_line = scanner->line;
    scanner->word_column = (int)(start - scanner->line_start) + 1;
    if (scanner->wrong) {
        scanner->kind = PROTO_WRONG;
    } else if (start == scanner->end) {
        scanner->kind = PROTO_END;
    } else if (is_letter(*start)) {
        while (scanner->at < scanner->end && (is_letter(*scanner->at) || is_digit(*scanner->at)))
            scanner->at++;
        scanner->kind = PROTO_NAME;
    } else if (is_digit(*start) || (*start == '.' && scanner->end - start > 1 && is_digit(start[1]))) {
        take_number(scanner);
    } else if (*start == '"' || *start == '\'') {
        take_string(scanner);
    } else if (memchr(symbols, *start, sizeof symbols - 1)) {
        scanner->at++;
        scanner->kind = PROTO_SYMBOL;
    } else {
        scanner->kind = PROTO_WRONG;
        scanner->wrong = "this character means nothing here";
    }
    scanner->word = (struct view){start, (size_t)(scanner->at - start)};
}

void proto_scan(struct proto_scanner *scanner, struct view text) {
    *scanner =
        (struct proto_scanner){.at = text.data, .end = text.data + text.size, .line = 1, .line_start = text.data};
    proto_next(scanner);
}

bool proto_at(const struct proto_scanner *scanner, const char *word) {
    return (scanner->kind == PROTO_NAME || scanner->kind == PROTO_SYMBOL) && view_equal(scanner->word, view_of(word));
}
