#include "console/ui/line.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "console/command/complete.h"
#include "foundation/base/memory.h"
#include "foundation/base/utf8.h"

/* readline keeps its state in globals and calls back without a context: this bridge is the counterpart. */
static unsigned char queue[32];
static size_t queue_at, queue_count;
static enum line_state state;
static char *entered;
static const char *preset;
static const char *(*candidates)(void *context, const char *word, size_t index);
static void *candidates_context;
static bool prepared;
static char *history_path;
static char *before_cursor;

static const struct {
    const char *key, *bytes;
} sequences[] = {{"Enter", "\r"},  {"Tab", "\t"},      {"Space", " "},       {"Backspace", "\177"},
                 {"Up", "\033[A"}, {"Down", "\033[B"}, {"Right", "\033[C"},  {"Left", "\033[D"},
                 {"Home", "\001"}, {"End", "\005"},    {"Delete", "\033[3~"}};

static int take_byte(FILE *stream) {
    (void)stream;
    return queue_at < queue_count ? queue[queue_at++] : EOF;
}
static int input_waits(void) {
    return queue_at < queue_count;
}
static void draw_nothing(void) {}
static int put_preset(void) {
    if (preset)
        rl_insert_text(preset);
    preset = NULL;
    return 0;
}
static void take_line(char *line) {
    entered = memory_copy_string(line ? line : "");
    free(line);
    state = LINE_ENTERED;
    rl_callback_handler_remove();
}
static char *next_candidate(const char *word, int again) {
    static size_t index;
    index = again ? index + 1 : 0;
    const char *found = candidates ? candidates(candidates_context, word, index) : NULL;
    return found ? strdup(found) : NULL; /* readline frees it with free */
}
static char **complete_word(const char *word, int start, int end) {
    (void)start, (void)end;
    rl_attempted_completion_over = 1;
    char **matches = rl_completion_matches(word, next_candidate);
    size_t size = matches && matches[0] ? strlen(matches[0]) : 0;
    rl_completion_suppress_append = size && matches[0][size - 1] == '/'; /* a folder: its files come next */
    return matches;
}
static void show_no_list(char **matches, int count, int longest) {
    (void)matches, (void)count, (void)longest;
}

static void prepare_history(void) {
    if (history_is_stifled())
        return;
    using_history();
    stifle_history(1000);
}

/* What both ways of editing have in common. */
static void prepare_editing(void) {
    prepared = true;
    prepare_history();
    rl_attempted_completion_function = complete_word;
    rl_variable_bind("show-all-if-ambiguous", "on");
    rl_variable_bind("bell-style", "none");
}

static void prepare(void) {
    if (prepared)
        return;
    prepare_editing();
    rl_catch_signals = 0;
    rl_catch_sigwinch = 0;
    rl_change_environment = 0;
    rl_prep_term_function = NULL;
    rl_deprep_term_function = NULL;
    rl_instream = fopen("/dev/null", "r");
    rl_outstream = fopen("/dev/null", "w");
    rl_getc_function = take_byte;
    rl_input_available_hook = input_waits;
    rl_redisplay_function = draw_nothing;
    rl_completion_display_matches_hook = show_no_list;
    rl_startup_hook = put_preset;
    rl_completer_word_break_characters = " ;";
    rl_variable_bind("enable-bracketed-paste", "off");
}

void line_open(const char *initial, const char *(*complete)(void *context, const char *word, size_t index),
               void *context) {
    prepare();
    line_close();
    candidates = complete;
    candidates_context = context;
    preset = initial;
    state = LINE_EDITING;
    rl_callback_handler_install("", take_line);
    put_preset();
}

void line_close(void) {
    if (state == LINE_EDITING)
        rl_callback_handler_remove();
    memory_free(entered);
    memory_free(before_cursor);
    entered = before_cursor = NULL;
    state = LINE_CLOSED;
}

enum line_state line_key(const char *key) {
    if (state != LINE_EDITING)
        return state;
    const char *bytes = strlen(key) <= 4 ? key : "";
    char control[2] = "";
    for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++)
        if (strcmp(sequences[i].key, key) == 0)
            bytes = sequences[i].bytes;
    if (key[0] == 'C' && key[1] == '-' && key[2] && !key[3]) {
        control[0] = (char)(key[2] & 0x1f);
        bytes = control;
    } else if (strlen(key) > 1 && bytes == key && (unsigned char)key[0] < 0x80) {
        bytes = ""; /* a named key that readline has no use for */
    }
    queue_at = 0;
    queue_count = strlen(bytes);
    memcpy(queue, bytes, queue_count);
    while (state == LINE_EDITING && queue_at < queue_count)
        rl_callback_read_char();
    if (state == LINE_ENTERED && candidates)
        line_remember(entered);
    return state;
}

void line_paste(struct view text) {
    if (state != LINE_EDITING)
        return;
    struct text clean = TEXT_EMPTY;
    for (size_t i = 0; i < text.size; i++)
        text_append_char(&clean, (unsigned char)text.data[i] < ' ' ? ' ' : text.data[i]);
    rl_insert_text(text_string(&clean));
    text_free(&clean);
}

const char *line_text(void) {
    return state == LINE_ENTERED ? entered : state == LINE_EDITING && rl_line_buffer ? rl_line_buffer : "";
}

const char *line_before_cursor(void) {
    struct text text = TEXT_EMPTY;
    memory_free(before_cursor);
    if (state == LINE_EDITING && rl_line_buffer)
        text_append_bytes(&text, rl_line_buffer, (size_t)rl_point);
    before_cursor = text_take(&text);
    return before_cursor;
}

int line_cursor(void) {
    if (state != LINE_EDITING)
        return 0;
    return utf8_width((struct view){rl_line_buffer, (size_t)rl_point});
}

/* --- on a terminal of its own --- */

static void take_prompted(char *line) {
    take_line(line);
    if (!line)
        state = LINE_CLOSED;
}

enum line_state line_prompt(const char *prompt, const char *(*complete)(void *context, const char *word, size_t index),
                            bool (*key_waits)(void *context), void *context) {
    if (!prepared) {
        prepare_editing();
        rl_completer_word_break_characters = " \t\n\"'`(),;=<>!+-*/%|.";
        rl_variable_bind("completion-ignore-case", "on");
    }
    line_close();
    candidates = complete;
    candidates_context = context;
    state = LINE_EDITING;
    rl_callback_handler_install(prompt, take_prompted);
    while (state == LINE_EDITING && key_waits(context))
        rl_callback_read_char();
    if (state == LINE_EDITING)
        rl_callback_handler_remove();
    return state;
}

void line_remember_in(const char *path) {
    prepare_history();
    history_comment_char = '#';
    history_write_timestamps = 1;
    memory_free(history_path);
    history_path = memory_copy_string(path);
    read_history(path);
}

void line_remember(const char *text) {
    if (!history_may_keep(view_of(text)))
        return;
    prepare_history();
    const HIST_ENTRY *last = history_length ? history_get(history_base + history_length - 1) : NULL;
    if (!last || strcmp(last->line, text) != 0)
        add_history(text);
    if (!history_path)
        return;
    int descriptor = open(history_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600); /* for its owner alone */
    if (descriptor >= 0 && close(descriptor) == 0)
        append_history(1, history_path);
}
