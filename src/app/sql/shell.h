/* A ksqlDB shell: takes statements one by one, keeps what was set, prints results. Main thread. */
#pragma once

#include "app/session.h"
#include "app/sql/sheet.h"
#include "client/ksqldb.h"
#include "console/service/sql_session.h"
#include "foundation/base/vector.h"

struct shell {
    struct session *session;
    struct ksqldb_client *client;
    struct sql_session *kept; /* SET, DEFINE */
    struct sheet_options sheet;
    bool interactive; /* errors do not end it, and there is somebody to tell how things went */
    bool left;        /* exit was said */
    bool begun;       /* a result was printed: a blank line comes before the next */
    int depth;        /* of RUN SCRIPT */
    void (*clear)(void);
    VECTOR(char *) history; /* of this run */
};
int shell_open(struct shell *shell, struct session *session, enum sql_format format, struct error *error);
void shell_close(struct shell *shell);

/* Text that comes in pieces; statements run as soon as their `;` is there. */
struct script {
    const char *name; /* of the file, for complaints; NULL = typed */
    struct text pending;
    int line, column; /* where pending begins */
};
#define SCRIPT_INIT                                                                                                    \
    { .line = 1, .column = 1 }
/* Both return an exit status; a script that is not typed by a person ends with its first failure. */
int script_feed(struct shell *shell, struct script *script, struct view piece);
int script_end(struct shell *shell, struct script *script); /* the last statement may leave its `;` out */
bool script_waits(const struct script *script);             /* a statement is begun */
void script_drop(struct script *script);
int shell_run_file(struct shell *shell, const char *path);

/* One whole statement; an exit status. line, column: where it begins in `script`. */
int shell_statement(struct shell *shell, const struct script *script, struct view statement, int line);
/* SELECT and PRINT. ^C ends the query, a signal to end the program too. */
int shell_query(struct shell *shell, struct view statement, struct error *error);
/* Before each result in the format for people. */
void shell_separate(struct shell *shell);
/* Commands of the shell itself: help, exit, output ... False when the line is none. */
bool shell_local(struct shell *shell, struct view line, int *result);
/* The prompt on a terminal, until exit or end of input. */
int shell_prompt(struct shell *shell);
void shell_show_error(const struct error *error, struct view statement, const char *file, int line);
int shell_exit_of(const struct error *error);

/* Words that may stand where `word` is: keywords, functions, sources, columns of the sources that the text names. */
struct completer;
struct completer *completer_new(struct shell *shell);
void completer_free(struct completer *completer);
void completer_forget(struct completer *completer); /* after a statement: sources may be others now */
/* Candidate by index, NULL after the last; lent until the next call with index 0. */
const char *completer_next(struct completer *completer, struct view text, const char *word, size_t index);
