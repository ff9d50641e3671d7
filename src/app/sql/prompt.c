/* The shell on a terminal: prompt, history over runs, completion. */
#include <poll.h>
#include <unistd.h>

#include "app/sql/shell.h"
#include "console/ui/line.h"
#include "foundation/base/file.h"
#include "foundation/base/memory.h"

enum { TURN_MS = 100 };

struct prompt {
    struct shell *shell;
    struct script script;
    struct completer *completer;
    bool asked; /* ^C on an empty line: the next one leaves */
};

static bool key_waits(void *context) {
    struct pollfd wait = {.fd = STDIN_FILENO, .events = POLLIN};
    (void)context;
    while (!session_take_interrupt() && !session_ended())
        if (poll(&wait, 1, TURN_MS) > 0)
            return true;
    return false;
}

static const char *complete(void *context, const char *word, size_t index) {
    struct prompt *prompt = context;
    struct text text = TEXT_EMPTY;
    if (index == 0) {
        text_append(&text, text_view(&prompt->script.pending));
        text_append_string(&text, line_text());
    }
    const char *found = completer_next(prompt->completer, text_view(&text), word, index);
    text_free(&text);
    return found;
}

static void clear_screen(void) {
    fputs("\033[H\033[2J", stdout);
}

/* ^C: throws away what was typed; on an empty line the second one leaves. */
static int interrupted(struct prompt *prompt) {
    bool typed = *line_text() || script_waits(&prompt->script);
    printf("^C\n");
    script_drop(&prompt->script);
    if (session_ended() || (!typed && prompt->asked))
        return EXIT_INTERRUPTED;
    if (!typed)
        printf("^C once more leaves, and so do ^D and exit\n");
    prompt->asked = !typed;
    return EXIT_DONE;
}

/* A whole statement is remembered as one, however many lines it has. */
static void keep_history(struct shell *shell, size_t before) {
    for (size_t i = before; i < shell->history.count; i++)
        line_remember(shell->history.items[i]);
}

static int take_line(struct prompt *prompt) {
    struct shell *shell = prompt->shell;
    struct text line = TEXT_EMPTY;
    size_t before = shell->history.count;
    text_append_format(&line, "%s\n", line_text());
    int result = script_feed(shell, &prompt->script, text_view(&line));
    text_free(&line);
    keep_history(shell, before);
    if (shell->history.count > before)
        completer_forget(prompt->completer);
    prompt->asked = false;
    return result;
}

int shell_prompt(struct shell *shell) {
    struct prompt prompt = {.shell = shell, .script = SCRIPT_INIT, .completer = completer_new(shell)};
    char *path = file_join(shell->session->folder, "sql-history");
    int result = EXIT_DONE;
    shell->clear = clear_screen;
    line_remember_in(path);
    while (!shell->left && result != EXIT_INTERRUPTED) {
        result = EXIT_DONE;
        enum line_state state =
            line_prompt(script_waits(&prompt.script) ? ">" : "ksql> ", complete, key_waits, &prompt);
        if (state == LINE_EDITING)
            result = interrupted(&prompt);
        else if (state == LINE_ENTERED)
            result = take_line(&prompt);
        else
            shell->left = true;
        fflush(stdout);
    }
    line_close();
    text_free(&prompt.script.pending);
    completer_free(prompt.completer);
    memory_free(path);
    return result == EXIT_INTERRUPTED ? EXIT_INTERRUPTED : EXIT_DONE;
}
