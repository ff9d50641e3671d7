/* Commands of the shell itself; they never reach a server. */
#include <string.h>

#include "app/sql/shell.h"
#include "foundation/base/utf8.h"

struct local {
    const char *words, *usage, *help;
    int (*run)(struct shell *shell, struct view rest);
};

static int help(struct shell *shell, struct view rest);

static int leave(struct shell *shell, struct view rest) {
    (void)rest;
    shell->left = true;
    return EXIT_DONE;
}

static int history(struct shell *shell, struct view rest) {
    (void)rest;
    for (size_t i = 0; i < shell->history.count; i++) {
        struct text shown = TEXT_EMPTY;
        for (const char *at = shell->history.items[i]; *at; at++)
            text_append_char(&shown, *at == '\n' || *at == '\t' ? ' ' : *at);
        printf("%4zu: ", i + 1);
        sheet_line(stdout, text_view(&shown));
        text_free(&shown);
    }
    return EXIT_DONE;
}

static const struct {
    const char *name;
    enum sql_format format;
} formats[] = {{"table", SQL_TABLE}, {"tabular", SQL_TABLE}, {"json", SQL_JSON}, {"csv", SQL_CSV}};

static int output(struct shell *shell, struct view rest) {
    for (size_t i = 0; i < sizeof formats / sizeof *formats && rest.size; i++)
        if (view_equal_ignoring_case(rest, view_of(formats[i].name))) {
            shell->sheet.format = formats[i].format;
            return EXIT_DONE;
        }
    if (rest.size) {
        fprintf(stderr, "error: output is table, json or csv, not '%.*s'\n", VIEW_ARGS(rest));
        return EXIT_FAILED;
    }
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (formats[i].format == shell->sheet.format) {
            printf("%s\n", formats[i].name);
            break;
        }
    return EXIT_DONE;
}

static int server(struct shell *shell, struct view rest) {
    if (rest.size) {
        fprintf(stderr, "error: another server is another profile: fraudscope sql --profile NAME\n");
        return EXIT_FAILED;
    }
    printf("%s\n", profile_get(shell->session->profile, "ksqldb.url"));
    return EXIT_DONE;
}

static int version(struct shell *shell, struct view rest) {
    struct ksqldb_info info;
    struct error error = {0};
    (void)rest;
    if (ksqldb_client_info(shell->client, &info, &error) != 0) {
        shell_show_error(&error, (struct view){0}, NULL, 0);
        return shell_exit_of(&error);
    }
    printf("fraudscope %s, ksqlDB server %s, %s\n", FRAUDSCOPE_VERSION, info.version, info.status);
    return EXIT_DONE;
}

static int clear(struct shell *shell, struct view rest) {
    (void)rest;
    if (shell->clear)
        shell->clear();
    return EXIT_DONE;
}

static int run_file(struct shell *shell, struct view rest) {
    struct text path = TEXT_EMPTY;
    if (rest.size > 1 && rest.data[0] == '\'' && rest.data[rest.size - 1] == '\'')
        rest = (struct view){rest.data + 1, rest.size - 2};
    text_append(&path, rest);
    int result = EXIT_FAILED;
    if (path.size)
        result = shell_run_file(shell, text_string(&path));
    else
        fprintf(stderr, "error: usage: run script 'FILE'\n");
    text_free(&path);
    return result;
}

static int refuse(struct shell *shell, struct view rest) {
    (void)shell, (void)rest;
    fprintf(stderr,
            "error: ksqlDB's own shell has this, fraudscope does not: results go to a file by > FILE, columns are as "
            "wide as their data, statements wait for each other\n");
    return EXIT_FAILED;
}

static const struct local locals[] = {
    {"help", "", "this list", help},
    {"exit", "", "leaves; so does ^D", leave},
    {"quit", "", "the same", leave},
    {"history", "", "what was sent in this run", history},
    {"output", "[table|json|csv]", "shows or sets how results are printed", output},
    {"run script", "'FILE'", "runs the statements of a file", run_file},
    {"server", "", "the address that statements go to", server},
    {"version", "", "versions of this program and the server", version},
    {"clear", "", "clears the terminal", clear},
    {"spool", NULL, NULL, refuse},
    {"set cli", NULL, NULL, refuse},
    {"request-pipelining", NULL, NULL, refuse},
    {"request_pipelining", NULL, NULL, refuse},
};

static int help(struct shell *shell, struct view rest) {
    (void)shell, (void)rest;
    for (size_t i = 0; i < sizeof locals / sizeof *locals; i++)
        if (locals[i].help) {
            int width = printf("%s %s", locals[i].words, locals[i].usage);
            printf("%*s%s\n", width < 28 ? 28 - width : 1, "", locals[i].help);
        }
    printf("Everything else is a statement for ksqlDB and ends with ;  SET, UNSET, DEFINE and UNDEFINE are kept here.\n"
           "Tab completes, Up and ^R look through the history, ^C ends a query, ^D leaves.\n");
    return EXIT_DONE;
}

/* The rest of the line when it begins with the words, in any case and with any blanks between them. */
static bool begins(struct view line, const char *words, struct view *rest) {
    for (const char *at = words; *at;) {
        const char *end = strchr(at, ' ');
        size_t size = end ? (size_t)(end - at) : strlen(at);
        if (line.size < size || !view_equal_ignoring_case((struct view){line.data, size}, (struct view){at, size}))
            return false;
        line = (struct view){line.data + size, line.size - size};
        if (line.size && line.data[0] != ' ' && line.data[0] != '\t' && line.data[0] != '\'')
            return false;
        line = view_trim(line);
        at += size + (end ? 1 : 0);
    }
    *rest = line;
    return true;
}

bool shell_local(struct shell *shell, struct view line, int *result) {
    line = view_trim(line);
    while (line.size && line.data[line.size - 1] == ';')
        line = view_trim((struct view){line.data, line.size - 1});
    for (size_t i = 0; i < sizeof locals / sizeof *locals; i++) {
        struct view rest;
        if (!begins(line, locals[i].words, &rest))
            continue;
        *result = locals[i].run(shell, rest);
        fflush(stdout);
        return true;
    }
    return false;
}
