#include "app/sql/shell.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "app/sql/entity.h"
#include "foundation/base/file.h"
#include "foundation/base/memory.h"
#include "foundation/base/utf8.h"
#include "ksql/language/parse.h"
#include "ksql/language/split.h"

enum { DEPTH_MOST = 16 };

int shell_open(struct shell *shell, struct session *session, enum sql_format format, struct error *error) {
    struct winsize size;
    *shell = (struct shell){.session = session, .sheet = {.format = format, .out = stdout}};
    shell->interactive = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        shell->sheet.columns = size.ws_col;
    shell->client = ksqldb_client_new(session->profile, session->http, error);
    if (!shell->client)
        return -1;
    shell->kept = sql_session_new(true);
    return 0;
}

void shell_close(struct shell *shell) {
    ksqldb_client_free(shell->client);
    sql_session_free(shell->kept);
    for (size_t i = 0; i < shell->history.count; i++)
        memory_free(shell->history.items[i]);
    vector_free(&shell->history);
}

int shell_exit_of(const struct error *error) {
    bool away = error->code == ERROR_UNREACHABLE || error->code == ERROR_TIMEOUT || error->code == ERROR_DENIED;
    return away ? EXIT_REACH : EXIT_FAILED;
}

/* --- errors: the server's words, the line they are about, a caret --- */

static void show_place(struct view statement, int line, int column) {
    struct view source = parse_line_of(statement, line);
    struct text plain = TEXT_EMPTY, shown = TEXT_EMPTY;
    text_append(&plain, source);
    for (size_t i = 0; i < plain.size; i++)
        if (plain.data[i] == '\t')
            plain.data[i] = ' ';
    size_t bytes = 0;
    for (int i = 1; i < column && bytes < plain.size; i++) {
        uint32_t code;
        size_t size = utf8_decode((struct view){plain.data + bytes, plain.size - bytes}, &code);
        bytes += size ? size : 1;
    }
    utf8_display(&shown, text_view(&plain));
    fprintf(stderr, "  %s\n  %*s^\n", text_string(&shown), utf8_width((struct view){plain.data, bytes}), "");
    text_free(&plain);
    text_free(&shown);
}

void shell_show_error(const struct error *error, struct view statement, const char *file, int line) {
    struct view rest = view_of(error->message), one;
    bool first = true;
    fflush(stdout);
    while (view_split(&rest, '\n', &one)) {
        fputs(first ? "error: " : "  ", stderr);
        sheet_line(stderr, one);
        first = false;
    }
    if (file)
        fprintf(stderr, "  in %s line %d\n", file, line + (error->line > 0 ? error->line - 1 : 0));
    if (error->line > 0 && error->column > 0)
        show_place(statement, error->line, error->column);
}

/* --- one statement --- */

void shell_separate(struct shell *shell) {
    if (shell->begun && shell->sheet.format == SQL_TABLE)
        fputc('\n', shell->sheet.out);
    shell->begun = true;
}

static int send(struct shell *shell, struct view statement, struct error *error) {
    struct text json = TEXT_EMPTY, say = TEXT_EMPTY;
    int taken = sql_session_take(shell->kept, shell->client, statement, &say, error), result = taken < 0 ? -1 : 0;
    if (taken == 1 && say.size && shell->interactive)
        sheet_line(stdout, text_view(&say));
    if (taken == 0)
        result = ksqldb_client_execute(shell->client, statement, sql_session_wire(shell->kept), &json, error);
    if (result == 0 && json.size && !view_equal(view_trim(text_view(&json)), VIEW("[]"))) {
        shell_separate(shell);
        entities_print(&shell->sheet, text_view(&json));
    }
    text_free(&json);
    text_free(&say);
    return result ? shell_exit_of(error) : EXIT_DONE;
}

/* ^C ends a run without a prompt. At the prompt it ends a script; a single statement has none left to keep back. */
static int interrupted_before(const struct shell *shell, const struct script *script, int line) {
    if (session_ended() || (!shell->interactive && session_interrupted()))
        return EXIT_INTERRUPTED;
    if (!shell->interactive || shell->depth == 0 || !session_take_interrupt())
        return EXIT_DONE;
    fprintf(stderr, "%s: ended by ^C, line %d and what follows did not run\n", script->name, line);
    return EXIT_FAILED;
}

int shell_statement(struct shell *shell, const struct script *script, struct view statement, int line) {
    struct error error = {0};
    char word[32];
    int result;
    if (shell_local(shell, statement, &result))
        return result;
    if ((result = interrupted_before(shell, script, line)))
        return result;
    split_first_word(statement, word);
    if (strcmp(word, "SELECT") == 0 || strcmp(word, "PRINT") == 0)
        result = shell_query(shell, statement, &error);
    else
        result = send(shell, statement, &error);
    if (error.code)
        shell_show_error(&error, statement, script->name, line);
    return result;
}

/* --- scripts --- */

static void remember(struct shell *shell, struct view statement) {
    struct text copy = TEXT_EMPTY;
    text_append(&copy, statement);
    vector_push(&shell->history, text_take(&copy));
}

static bool goes_on(const struct shell *shell, int result) {
    return !shell->left && result != EXIT_INTERRUPTED &&
           (result == EXIT_DONE || (shell->interactive && shell->depth == 0));
}

static void drop(struct script *script, size_t size, int line, int column) {
    script->line = line;
    script->column = column;
    if (script->pending.size == 0)
        return;
    memmove(script->pending.data, script->pending.data + size, script->pending.size - size);
    script->pending.size -= size;
    script->pending.data[script->pending.size] = '\0';
}

/* Runs what is whole in the pending text; at the end also what only lacks its `;`. */
static int run_whole(struct shell *shell, struct script *script, bool ended) {
    int result = EXIT_DONE;
    while (goes_on(shell, result)) {
        struct view rest = text_view(&script->pending);
        struct split split;
        int line = script->line, column = script->column;
        if (!split_next(&rest, &line, &column, &split)) {
            drop(script, script->pending.size, line, column);
            break;
        }
        if (!split.complete && !ended)
            break;
        if (split.open) {
            struct error error = {0};
            error_set(&error, ERROR_INVALID,
                      "the statement is incomplete: what is opened by %c in line %d column %d is not closed",
                      split.open, split.line, split.column);
            shell_show_error(&error, split.statement, script->name, split.line);
            script_drop(script);
            return EXIT_FAILED;
        }
        struct text whole = TEXT_EMPTY;
        text_append(&whole, split.statement);
        if (!split.complete)
            text_append_char(&whole, ';');
        drop(script, (size_t)(rest.data - script->pending.data), line, column);
        remember(shell, text_view(&whole));
        result = shell_statement(shell, script, text_view(&whole), split.line);
        text_free(&whole);
    }
    return result;
}

int script_feed(struct shell *shell, struct script *script, struct view piece) {
    struct view line;
    int result = EXIT_DONE;
    while (goes_on(shell, result) && piece.size) {
        const char *end = memchr(piece.data, '\n', piece.size);
        line = (struct view){piece.data, end ? (size_t)(end - piece.data) + 1 : piece.size};
        piece = (struct view){piece.data + line.size, piece.size - line.size};
        if (end && !script_waits(script) && shell_local(shell, line, &result)) {
            remember(shell, view_trim(line));
            script_drop(script);
            script->line++;
            continue;
        }
        text_append(&script->pending, line);
        result = run_whole(shell, script, false);
    }
    return result;
}

int script_end(struct shell *shell, struct script *script) {
    int result = EXIT_DONE;
    if (!script_waits(script) || !shell_local(shell, text_view(&script->pending), &result))
        result = run_whole(shell, script, true);
    text_free(&script->pending);
    return result;
}

bool script_waits(const struct script *script) {
    struct view rest = text_view(&script->pending);
    struct split split;
    int line = 1, column = 1;
    return split_next(&rest, &line, &column, &split);
}

void script_drop(struct script *script) {
    text_clear(&script->pending);
    script->column = 1;
}

int shell_run_file(struct shell *shell, const char *path) {
    struct script script = SCRIPT_INIT;
    struct text text = TEXT_EMPTY;
    struct error error = {0};
    int result;
    if (shell->depth >= DEPTH_MOST)
        error_set(&error, ERROR_INVALID, "%s: scripts run scripts, %d deep: does one run itself?", path, DEPTH_MOST);
    else
        file_read(path, &text, &error);
    if (error.code) {
        shell_show_error(&error, (struct view){0}, NULL, 0);
        return EXIT_FAILED;
    }
    shell->depth++;
    script.name = path;
    result = script_feed(shell, &script, text_view(&text));
    if (result == EXIT_DONE && !shell->left)
        result = script_end(shell, &script);
    shell->depth--;
    text_free(&script.pending);
    text_free(&text);
    return result;
}
