/* `fraudscope sql`: statements of -e, -f or standard input, or a prompt on a terminal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/runs.h"
#include "app/sql/shell.h"

static enum sql_format format_of(const char *output) {
    return !output || strcmp(output, "table") == 0 ? SQL_TABLE : strcmp(output, "json") == 0 ? SQL_JSON : SQL_CSV;
}

static int run_given(struct shell *shell, const struct options *options) {
    int result = EXIT_DONE;
    for (int i = 0; i < options->source_count && result == EXIT_DONE && !shell->left; i++) {
        const struct option_source *source = &options->sources[i];
        struct script script = SCRIPT_INIT;
        if (source->file) {
            result = shell_run_file(shell, source->text);
            continue;
        }
        result = script_feed(shell, &script, view_of(source->text));
        if (result == EXIT_DONE && !shell->left)
            result = script_end(shell, &script);
        text_free(&script.pending);
    }
    return result;
}

/* Whole lines as they come, so that a program can talk to the shell through a pipe. */
static int run_input(struct shell *shell) {
    struct script script = SCRIPT_INIT;
    char *line = NULL;
    size_t room = 0;
    ssize_t size;
    int result = EXIT_DONE;
    while (result == EXIT_DONE && !shell->left && (size = getline(&line, &room, stdin)) > 0)
        result = script_feed(shell, &script, (struct view){line, (size_t)size});
    if (result == EXIT_DONE && !shell->left)
        result = script_end(shell, &script);
    text_free(&script.pending);
    free(line);
    return result;
}

int run_sql(struct options *options) {
    struct session session;
    struct shell shell = {0};
    struct error error = {0};
    int result;
    if (options->word_count > 1) {
        fprintf(stderr, "fraudscope sql: '%s' is no option; statements go behind -e, files behind -f\n",
                options->words[1]);
        return EXIT_USE;
    }
    session_catch_signals();
    if (session_open(&session, options, 0, &error) != 0 ||
        shell_open(&shell, &session, format_of(options->output), &error) != 0) {
        fprintf(stderr, "fraudscope sql: %s\n", error.message);
        session_close(&session);
        return session_exit_of(&error);
    }
    shell.interactive = shell.interactive && options->source_count == 0;
    if (session.joined && shell.interactive)
        fprintf(stderr, "Joined the servers of another fraudscope on this machine.\n");
    if (options->source_count)
        result = run_given(&shell, options);
    else
        result = shell.interactive ? shell_prompt(&shell) : run_input(&shell);
    shell_close(&shell);
    session_close(&session);
    return result;
}
