/* The command language: lines are split into words, words find a row of a command table. No handler lives here. Any
 * thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "foundation/base/error.h"
#include "foundation/base/text.h"

struct command_line { /* one command with its arguments */
    char **words;
    size_t count;
    char *rest; /* everything behind the first word as it was typed: SQL keeps its quotes */
    bool bang;  /* `quit!` */
};
struct command_list {
    struct command_line *lines;
    size_t count;
};

struct command_context;
/* 0 done or under way; -1: the error says what was wrong with the words. Never blocks. */
typedef int (*command_handler)(struct command_context *context, const struct command_line *line, struct error *error);

enum command_flags {
    COMMAND_RAW = 1,        /* the rest of the line belongs to it, `;` and quotes too */
    COMMAND_DESTRUCTIVE = 2 /* asks before it runs */
};
struct command {
    const char *name;
    const char *usage; /* "start [RATE] | stop | rate N" */
    const char *area;  /* heading in help */
    const char *help;
    unsigned flags;
    unsigned needs; /* bits of what must answer before it can work; their meaning is the table's owner's */
    command_handler run;
};

/* Splits at `;` outside of quotes; words by white space, "..." and '...' keep it, \ takes the next character. A raw
 * command (looked up in table, may be NULL) takes the whole rest. Errors have the column. */
int command_parse(struct view text, const struct command *table, struct command_list *list, struct error *error);
void command_list_free(struct command_list *list);
/* Exact name, else the only one that begins so. ERROR_NOT_FOUND names near ones, ERROR_INVALID the candidates. table
 * ends with a zero row. */
const struct command *command_find(const struct command *table, const char *name, struct error *error);
/* Appends help for all rows, by area. */
void command_print_help(const struct command *table, struct text *out);
