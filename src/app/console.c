/* The console: the one loop of the UI thread. Wait, apply events, act on keys, paint what changed. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/runs.h"
#include "console/command/keymap.h"
#include "console/ui/screen.h"
#include "console/ui/theme.h"
#include "console/ui/ui.h"
#include "foundation/base/clock.h"
#include "foundation/base/file.h"
#include "foundation/base/log.h"
#include "foundation/base/memory.h"

enum { TICK_MS = 100 };
static const char *const theme_names[] = {"dark", "light"};

struct console {
    struct session session;
    struct ui *ui;
    struct keymap *keymap;
    struct canvas canvas;
    struct theme theme;
    size_t theme_at;
    int64_t painted_ms;
};

static struct scene scene_of(struct console *console) {
    struct session *session = &console->session;
    struct scene scene = {
        .model = session->model,
        .guide = session->guide,
        .settings = &session->settings,
        .now_ms = clock_wall_ms(session->options->clock.fixed ? &session->options->clock : NULL),
    };
    clock_zone_offset(session->settings.zone, scene.now_ms, &scene.zone_offset, NULL);
    return scene;
}

static int on_run(void *context, struct view line, struct error *error) {
    struct console *console = context;
    return action_run(&console->session.context, line, error);
}

static void on_suspend(void *context) {
    (void)context;
    screen_suspend();
}

static void on_redraw(void *context) {
    (void)context;
    screen_redraw();
}

static int on_theme(void *context, const char *name, struct error *error) {
    struct console *console = context;
    size_t at = (console->theme_at + 1) % (sizeof theme_names / sizeof *theme_names);
    for (size_t i = 0; *name && i < sizeof theme_names / sizeof *theme_names; i++)
        if (strcmp(theme_names[i], name) == 0)
            at = i;
    const char *wanted = *name ? name : theme_names[at];
    struct view text = theme_shipped(wanted);
    if (text.size == 0)
        return error_set(error, ERROR_NOT_FOUND, "there is no theme '%s'; dark and light are shipped", wanted);
    console->theme_at = at;
    theme_init(&console->theme);
    theme_load(&console->theme, text, wanted, theme_shipped, NULL);
    screen_set_theme(&console->theme);
    return 0;
}

static void on_alert_seen(void *context, uint64_t number) {
    struct console *console = context;
    model_mark_alert_seen(console->session.model, number);
}

static const char *on_guide_enter(void *context) {
    struct console *console = context;
    return guide_enter(console->session.guide);
}

static void on_guide_part(void *context, int delta) {
    struct console *console = context;
    guide_move_part(console->session.guide, delta);
}

/* A person's own key file comes after the shipped one, so its lines win. */
static void load_keys(struct console *console, struct text *complaints) {
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    struct text path = TEXT_EMPTY, text = TEXT_EMPTY;
    keymap_load(console->keymap, keymap_shipped(), "default.keys", complaints);
    text_append_format(&path, "%s%s/fraudscope/keys", config && *config ? config : home ? home : "", config && *config ? "" : "/.config");
    if (file_exists(text_string(&path)) && file_read(text_string(&path), &text, NULL) == 0)
        keymap_load(console->keymap, text_view(&text), text_string(&path), complaints);
    text_free(&path);
    text_free(&text);
}

static void paint(struct console *console, bool at_once) {
    struct scene scene = scene_of(console);
    int64_t now = clock_monotonic_ms();
    int fps = console->session.settings.fps > 0 ? console->session.settings.fps : 10;
    if (!at_once && (now - console->painted_ms < 1000 / fps || !ui_needs_paint(console->ui, &scene)))
        return;
    ui_draw(console->ui, &scene, &console->canvas);
    screen_paint(&console->canvas);
    console->painted_ms = now;
}

static bool take_keys(struct console *console) {
    char key[16];
    struct text paste = TEXT_EMPTY;
    bool any = false;
    while (screen_key(key, &paste)) {
        struct scene scene = scene_of(console);
        any = true;
        if (strcmp(key, "Resize") == 0) {
            int columns, rows;
            screen_size(&columns, &rows);
            canvas_resize(&console->canvas, columns, rows);
            screen_redraw();
        } else if (strcmp(key, "Paste") == 0) {
            ui_paste(console->ui, text_view(&paste));
        } else {
            ui_handle_key(console->ui, &scene, key);
        }
        text_clear(&paste);
    }
    text_free(&paste);
    return any;
}

static void loop(struct console *console) {
    struct session *session = &console->session;
    paint(console, true);
    while (!session->context.quit && !session_interrupted()) {
        struct pollfd wait[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = mailbox_descriptor(session->events), .events = POLLIN}};
        poll(wait, 2, TICK_MS);
        session_turn(session, 0);
        bool keys = take_keys(console);
        paint(console, keys);
        if (wait[0].revents & (POLLHUP | POLLERR)) /* the terminal is gone */
            return;
        int64_t rest = 1000 / (session->settings.fps > 0 ? session->settings.fps : 10) - (clock_monotonic_ms() - console->painted_ms);
        if (!keys && rest > 0 && wait[1].revents) { /* news come faster than frames: keys only until the next */
            struct pollfd keyboard = {.fd = STDIN_FILENO, .events = POLLIN};
            poll(&keyboard, 1, (int)rest);
        }
    }
}

int run_console(struct options *options) {
    struct console console = {0};
    struct error error = {0};
    struct text complaints = TEXT_EMPTY;
    int columns, rows, result = EXIT_DONE;
    session_catch_signals();
    if (session_open(&console.session, options, SERVICES_ALL, &error) != 0) {
        fprintf(stderr, "fraudscope: %s\n", error.message);
        session_close(&console.session);
        return session_exit_of(&error);
    }
    console.keymap = keymap_new();
    load_keys(&console, &complaints);
    struct ui_callbacks callbacks = {&console, on_run, on_suspend, on_redraw, on_theme, on_alert_seen, on_guide_enter, on_guide_part};
    if (screen_open("auto", &error) != 0) {
        fprintf(stderr, "fraudscope: %s; `fraudscope plain` works without a full screen\n", error.message);
        result = EXIT_USE;
        goto cleanup;
    }
    fatal_set_hook(screen_restore);
    screen_size(&columns, &rows);
    canvas_resize(&console.canvas, columns, rows);
    console.ui = ui_new(&callbacks, console.keymap, action_commands);
    on_theme(&console, "dark", NULL);
    struct scene scene = scene_of(&console);
    if (complaints.size)
        ui_say(console.ui, &scene, MESSAGE_WARN, text_string(&complaints));
    else if (console.session.joined)
        ui_say(console.ui, &scene, MESSAGE_INFO, "Joined the servers of another fraudscope on this machine.");
    loop(&console);
    screen_close();
    fatal_set_hook(NULL);
    if (session_interrupted())
        result = EXIT_INTERRUPTED;
cleanup:
    ui_free(console.ui);
    canvas_free(&console.canvas);
    keymap_free(console.keymap);
    text_free(&complaints);
    session_close(&console.session);
    return result;
}
