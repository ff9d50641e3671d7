/* The console: the one loop of the UI thread. Wait, apply events, act on keys, paint what changed. */
#include "app/console.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "app/runs.h"
#include "console/command/keymap.h"
#include "console/ui/screen.h"
#include "foundation/base/file.h"
#include "foundation/base/memory.h"

enum { TICK_MS = 100, RESIZE_MS = 50, SLOW_WRITE_MS = 50, SLOW_WRITES = 2, SLOW_FPS = 2 };

static int frame_ms(const struct console *console) {
    return 1000 / (console->session.settings.fps > 0 ? console->session.settings.fps : 10);
}

static void note_slow_write(struct console *console, const struct scene *scene, int64_t took_ms) {
    if (took_ms <= SLOW_WRITE_MS || console->session.settings.fps <= SLOW_FPS || ++console->slow_writes < SLOW_WRITES)
        return;
    console->session.settings.fps = SLOW_FPS;
    ui_say(console->ui, scene, MESSAGE_WARN,
           "The terminal is slow: 2 frames a second from now on; :set fps N changes it.");
}

static void paint(struct console *console, bool at_once) {
    struct scene scene = console_scene(console);
    int64_t now = clock_monotonic_ms();
    if (!at_once && (now - console->painted_ms < frame_ms(console) || !ui_needs_paint(console->ui, &scene)))
        return;
    ui_draw(console->ui, &scene, &console->canvas);
    screen_paint(&console->canvas);
    console->painted_ms = clock_monotonic_ms();
    note_slow_write(console, &scene, console->painted_ms - now);
}

/* True when something is to be painted at once. Resizes are collected: the last one counts. */
static bool take_keys(struct console *console) {
    char key[16];
    struct text paste = TEXT_EMPTY;
    bool any = false;
    while (screen_key(key, &paste)) {
        struct scene scene = console_scene(console);
        if (strcmp(key, "Resize") == 0) {
            console->resized_ms = clock_monotonic_ms();
            continue;
        }
        any = true;
        if (strcmp(key, "Paste") == 0)
            ui_paste(console->ui, &scene, text_view(&paste));
        else
            ui_handle_key(console->ui, &scene, key);
        text_clear(&paste);
    }
    text_free(&paste);
    return any;
}

static bool take_resize(struct console *console) {
    int columns, rows;
    if (!console->resized_ms || clock_monotonic_ms() - console->resized_ms < RESIZE_MS)
        return false;
    console->resized_ms = 0;
    screen_size(&columns, &rows);
    canvas_resize(&console->canvas, columns, rows);
    screen_redraw();
    return true;
}

static void loop(struct console *console) {
    struct session *session = &console->session;
    paint(console, true);
    while (!session->context.quit && !session_interrupted()) {
        struct pollfd wait[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
                                 {.fd = mailbox_descriptor(session->events), .events = POLLIN}};
        poll(wait, 2, console->resized_ms ? RESIZE_MS : TICK_MS);
        session_turn(session, 0);
        bool keys = take_keys(console), resized = take_resize(console);
        if (!console->resized_ms) /* between two sizes nothing fits */
            paint(console, keys || resized);
        if (wait[0].revents & (POLLHUP | POLLERR)) /* the terminal is gone */
            return;
        int64_t rest = frame_ms(console) - (clock_monotonic_ms() - console->painted_ms);
        if (!keys && rest > 0 && wait[1].revents) { /* news come faster than frames: keys only until the next */
            struct pollfd keyboard = {.fd = STDIN_FILENO, .events = POLLIN};
            poll(&keyboard, 1, (int)rest);
        }
    }
}

/* --- start --- */

/* Libraries may write to standard error: that goes to memory while the screen is ours, and out when it is not. */
static int hold_errors(int *held) {
    int saved = dup(STDERR_FILENO);
    *held = memfd_create("stderr", MFD_CLOEXEC);
    if (*held >= 0)
        dup2(*held, STDERR_FILENO);
    return saved;
}

static void release_errors(int saved, int held) {
    char piece[4096];
    ssize_t got;
    if (saved >= 0)
        dup2(saved, STDERR_FILENO);
    for (off_t at = 0; held >= 0 && (got = pread(held, piece, sizeof piece, at)) > 0; at += got)
        if (write(STDERR_FILENO, piece, (size_t)got) != got)
            break;
    if (held >= 0)
        close(held);
    if (saved >= 0)
        close(saved);
}

/* A frame before there is anything to show, so that the screen answers at once while the servers start. */
static void paint_start(struct console *console, const char *text) {
    struct scene scene;
    struct settings settings = SETTINGS_INIT;
    int columns, rows;
    screen_size(&columns, &rows);
    canvas_resize(&console->canvas, columns, rows);
    scene = (struct scene){model_new(), guide_new(), &settings, clock_wall_ms(NULL), 0};
    clock_zone_offset(clock_system_zone(), scene.now_ms, &scene.zone_offset, NULL);
    const struct ui_callbacks none = {0};
    struct ui *ui = ui_new(&none, console->keymap, action_commands);
    ui_say(ui, &scene, MESSAGE_INFO, text);
    ui_draw(ui, &scene, &console->canvas);
    screen_paint(&console->canvas);
    ui_free(ui);
    guide_free((struct guide *)(uintptr_t)scene.guide);
    model_free((struct model *)(uintptr_t)scene.model);
}

static void on_starting(void *context, int64_t done, int64_t total) {
    struct console *console = context;
    char text[128];
    if (!pthread_equal(pthread_self(), console->thread) || clock_monotonic_ms() - console->painted_ms < TICK_MS)
        return;
    console->painted_ms = clock_monotonic_ms();
    snprintf(text, sizeof text, "The last run did not end in order: checking the log, %lld of %lld MB.",
             (long long)done >> 20, (long long)total >> 20);
    paint_start(console, text);
}

static void set_crash_note(const struct console *console) {
    struct text note = TEXT_EMPTY;
    text_append_format(&note, "fraudscope crashed. The last lines of %s/fraudscope.log say what it did before.\n",
                       console->session.folder);
    screen_set_crash_note(text_string(&note));
    text_free(&note);
}

static int start(struct console *console, struct options *options, struct error *error) {
    struct session *session = &console->session;
    if (console_prepare(console, options, error) != 0)
        return EXIT_USE;
    fatal_set_hook(screen_restore);
    paint_start(console, options->profile ? "Connecting." : "Starting the servers.");
    options->starting = on_starting;
    options->starting_context = console;
    if (session_open(session, options, SERVICES_ALL, error) != 0)
        return session_exit_of(error);
    options->starting = NULL;
    if (!options->zone) {
        int offset;
        const char *zone = clock_system_zone();
        if (clock_zone_offset(zone, 0, &offset, NULL) == 0)
            snprintf(session->settings.zone, sizeof session->settings.zone, "%s", zone);
    }
    set_crash_note(console);
    console_connect(console);
    return EXIT_DONE;
}

int run_console(struct options *options) {
    struct console console = {0};
    struct error error = {0};
    int held = -1, saved = hold_errors(&held);
    session_catch_signals();
    int result = start(&console, options, &error);
    if (result == EXIT_DONE) {
        loop(&console);
        result = session_interrupted() ? EXIT_INTERRUPTED : EXIT_DONE;
    }
    screen_close();
    fatal_set_hook(NULL);
    release_errors(saved, held);
    if (error.code)
        fprintf(stderr, "fraudscope: %s%s\n", error.message,
                error.code == ERROR_UNSUPPORTED ? "; `fraudscope plain` works without a full screen" : "");
    console_close(&console);
    session_close(&console.session);
    return result;
}
