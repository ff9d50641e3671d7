/* The console without a terminal: a script of keys, waits and pictures. The clock moves by `advance` alone. */
#include <stdio.h>
#include <string.h>

#include "app/console.h"
#include "app/runs.h"
#include "foundation/base/file.h"
#include "foundation/base/memory.h"
#include "foundation/base/utf8.h"

enum { TURN_MS = 20, WAIT_MS = 60000, COLUMNS = 80, ROWS = 24 };
/* Where nothing else is said a script runs at this time with this seed, so that it shows the same screens each time. */
static const int64_t default_now_ms = 1773489600000; /* 2026-03-14T12:00:00Z */
static const uint64_t default_seed = 1;

/* Until the services have answered what they were asked; what comes by itself is waited for by `wait`. */
static void settle(struct console *console) {
    int64_t until = clock_monotonic_ms() + WAIT_MS;
    do
        session_turn(&console->session, services_pending(console->session.services) > 0 ? TURN_MS : 0);
    while (services_pending(console->session.services) > 0 && clock_monotonic_ms() < until && !session_interrupted());
    session_turn(&console->session, 0);
}

/* Everything that goes by the clock sees its new time: the first look does what is due, the next ones see what that
 * has changed. */
static void settle_clock(struct console *console) {
    enum { LOOKS = 3 };
    for (int i = 0; i < LOOKS; i++) {
        services_look(console->session.services);
        settle(console);
    }
}

static void press(struct console *console, const char *key) {
    struct scene scene = console_scene(console);
    ui_handle_key(console->ui, &scene, key);
    session_turn(&console->session, 0);
}

static int do_key(struct console *console, struct view rest, struct error *error) {
    struct view key;
    while (view_split(&rest, ' ', &key)) {
        char name[16];
        if (key.size == 0)
            continue;
        if (key.size >= sizeof name)
            return error_set(error, ERROR_INVALID, "`%.*s` is no key", VIEW_ARGS(key));
        snprintf(name, sizeof name, "%.*s", VIEW_ARGS(key));
        press(console, name);
    }
    settle(console);
    return 0;
}

static int do_type(struct console *console, struct view rest, struct error *error) {
    (void)error;
    while (rest.size) {
        uint32_t code_point;
        char name[16];
        size_t size = utf8_decode(rest, &code_point);
        size = size ? size : 1;
        snprintf(name, sizeof name, "%.*s", (int)size, rest.data);
        press(console, strcmp(name, " ") == 0 ? "Space" : name);
        rest = (struct view){rest.data + size, rest.size - size};
    }
    settle(console);
    return 0;
}

static int do_paste(struct console *console, struct view rest, struct error *error) {
    struct scene scene = console_scene(console);
    (void)error;
    ui_paste(console->ui, &scene, rest);
    return 0;
}

static bool shows(struct console *console, struct view wanted) {
    struct text screen = TEXT_EMPTY;
    struct scene scene = console_scene(console);
    ui_draw(console->ui, &scene, &console->canvas);
    canvas_dump(&console->canvas, &screen);
    bool found = screen.data && memmem(screen.data, screen.size, wanted.data, wanted.size);
    text_free(&screen);
    return found;
}

static int do_wait(struct console *console, struct view rest, struct error *error) {
    int64_t until = clock_monotonic_ms() + WAIT_MS;
    while (!shows(console, rest)) {
        if (session_interrupted())
            return error_set(error, ERROR_CLOSED, "interrupted while waiting for `%.*s`", VIEW_ARGS(rest));
        if (clock_monotonic_ms() > until) {
            struct text screen = TEXT_EMPTY;
            canvas_dump(&console->canvas, &screen);
            fprintf(stderr, "%s", text_string(&screen));
            text_free(&screen);
            return error_set(error, ERROR_TIMEOUT, "`%.*s` did not come within %d s; the screen stands above",
                             VIEW_ARGS(rest), WAIT_MS / 1000);
        }
        session_turn(&console->session, TURN_MS);
    }
    return 0;
}

static int do_advance(struct console *console, struct view rest, struct error *error) {
    char text[32];
    int64_t ms;
    snprintf(text, sizeof text, "%.*s", VIEW_ARGS(rest));
    if (rest.size >= sizeof text || !options_parse_time(text, &ms))
        return error_set(error, ERROR_INVALID, "`%.*s` is no time, write 250ms, 30s or 5m", VIEW_ARGS(rest));
    clock_advance(&console->session.options->clock, ms);
    settle_clock(console);
    return 0;
}

static int do_resize(struct console *console, struct view rest, struct error *error) {
    int size[2];
    if (!options_parse_size(rest, size))
        return error_set(error, ERROR_INVALID, "`%.*s` is no size, write 120x36", VIEW_ARGS(rest));
    canvas_resize(&console->canvas, size[0], size[1]);
    press(console, "Resize");
    return 0;
}

static int write_picture(struct console *console, const char *path, struct error *error) {
    struct text picture = TEXT_EMPTY;
    console_picture(console, &picture);
    int result = file_write_atomic(path, text_view(&picture), 0644, error);
    text_free(&picture);
    return result;
}

static int do_picture(struct console *console, struct view rest, struct error *error) {
    struct text path = TEXT_EMPTY;
    text_append(&path, rest);
    int result = write_picture(console, text_string(&path), error);
    text_free(&path);
    return result;
}

static const struct {
    const char *word;
    int (*run)(struct console *console, struct view rest, struct error *error);
} rows[] = {{"key", do_key},         {"type", do_type},     {"paste", do_paste},    {"wait", do_wait},
            {"advance", do_advance}, {"resize", do_resize}, {"picture", do_picture}};

static int run_line(struct console *console, struct view line, struct error *error) {
    size_t size = 0;
    while (size < line.size && line.data[size] != ' ')
        size++;
    struct view word = {line.data, size}, rest = view_trim((struct view){line.data + size, line.size - size});
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (view_equal(view_of(rows[i].word), word))
            return rows[i].run(console, rest, error);
    return error_set(error, ERROR_INVALID,
                     "`%.*s` is no line of a script; key, type, paste, wait, advance, resize and picture are",
                     VIEW_ARGS(word));
}

static int run_lines(struct console *console, const char *path, struct error *error) {
    struct text script = TEXT_EMPTY;
    int result = file_read(path, &script, error);
    struct view rest = text_view(&script), line;
    for (int number = 1; result == 0 && view_split(&rest, '\n', &line) && !console->session.context.quit; number++) {
        line = view_trim(line);
        if (line.size == 0 || line.data[0] == '#')
            continue;
        result = run_line(console, line, error);
        if (result != 0)
            error_wrap(error, "%s:%d", path, number);
    }
    text_free(&script);
    return result;
}

int run_script(struct options *options) {
    struct console console = {0};
    struct error error = {0};
    int result = EXIT_USE;
    session_catch_signals();
    if (!options->clock.fixed)
        clock_fix(&options->clock, default_now_ms);
    if (!options->seed)
        options->seed = default_seed;
    canvas_resize(&console.canvas, options->columns ? options->columns : COLUMNS, options->rows ? options->rows : ROWS);
    if (console_prepare(&console, options, &error) != 0)
        goto cleanup;
    if (session_open(&console.session, options, SERVICES_ALL, &error) != 0) {
        result = session_exit_of(&error);
        goto cleanup;
    }
    console_connect(&console);
    result = EXIT_DONE;
    if (run_lines(&console, options->script, &error) != 0)
        result = error.code == ERROR_INVALID ? EXIT_USE : error.code == ERROR_CLOSED ? EXIT_INTERRUPTED : EXIT_FAILED;
    if (result == EXIT_DONE && options->picture && write_picture(&console, options->picture, &error) != 0)
        result = EXIT_FAILED;
cleanup:
    if (error.code)
        fprintf(stderr, "fraudscope: %s\n", error.message);
    console_close(&console);
    session_close(&console.session);
    return result;
}
