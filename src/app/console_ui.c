/* What the ui asks of the program: commands, look, pictures, clipboard, history, names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/console.h"
#include "console/command/keymap.h"
#include "console/model/event.h"
#include "console/ui/picture.h"
#include "console/ui/screen.h"
#include "foundation/base/file.h"
#include "foundation/base/memory.h"

enum { ASK_GROUND_MS = 100, QUARTER_MS = 15 * 60 * 1000 };

/* The offset of a zone comes from a file: it is looked up when the zone changes, and every quarter of an hour. */
static int zone_offset(struct console *console, const char *zone, int64_t now_ms) {
    int64_t quarter = now_ms / QUARTER_MS;
    if (quarter != console->zone_quarter || strcmp(zone, console->zone) != 0) {
        console->zone_quarter = quarter;
        snprintf(console->zone, sizeof console->zone, "%s", zone);
        clock_zone_offset(zone, now_ms, &console->zone_offset, NULL);
    }
    return console->zone_offset;
}

struct scene console_scene(struct console *console) {
    struct session *session = &console->session;
    int64_t now_ms = clock_wall_ms(session_clock(session));
    return (struct scene){
        .model = session->model,
        .guide = session->guide,
        .settings = &session->settings,
        .now_ms = now_ms,
        .zone_offset = zone_offset(console, session->settings.zone, now_ms),
    };
}

static int on_run(void *context, struct view line, struct error *error) {
    struct console *console = context;
    return action_run(&console->session.context, line, error);
}

static bool on_ask(void *context, struct view line, struct question *question) {
    struct console *console = context;
    return action_ask(&console->session.context, line, question);
}

static const char *on_why_not(void *context, const char *line) {
    struct console *console = context;
    return action_why_not(&console->session.context, line);
}

/* What else stands still while this process does. */
static void on_suspend(void *context) {
    struct console *console = context;
    const struct model *model = console->session.model;
    struct text note = TEXT_EMPTY;
    int64_t began = clock_monotonic_ms();
    if (!console->on_screen)
        return;
    text_append_string(&note, "fraudscope is suspended; fg goes on.");
    if (model->producer.running || model->detector.running || console->session.embedded)
        text_append_format(&note, " Until then pause:%s%s%s", model->producer.running ? " the producer" : "",
                           model->detector.running ? ", the detector" : "",
                           console->session.embedded ? ", the servers that were started here" : "");
    text_append_char(&note, '\n');
    screen_suspend(text_string(&note));
    text_clear(&note);
    struct scene scene = console_scene(console);
    text_append_format(&note, "Back after %lld s.", (long long)(clock_monotonic_ms() - began) / 1000);
    ui_say(console->ui, &scene, MESSAGE_INFO, text_string(&note));
    text_free(&note);
}

static void on_redraw(void *context) {
    struct console *console = context;
    if (console->on_screen)
        screen_redraw();
}

static void apply_look(struct console *console) {
    console->canvas.ascii = look_ascii(&console->look);
    if (console->on_screen)
        screen_set_theme(&console->look.theme);
}

static int set_colours(struct console *console, const char *value, struct error *error) {
    if (!theme_is_mode(value))
        return error_set(error, ERROR_INVALID, "'%s' is no number of colours: auto, mono, 8, 16, 256 or 24", value);
    snprintf(console->look.colours, sizeof console->look.colours, "%s", value);
    if (!console->on_screen) {
        console->mode = theme_choose_mode(value, NULL, 256, strcmp(value, "256") != 0);
        return 0;
    }
    screen_close(); /* another description of the terminal may be needed */
    if (screen_open(value, error) != 0)
        return -1;
    fatal_set_hook(screen_restore);
    return 0;
}

static int on_look(void *context, const char *what, const char *value, struct error *error) {
    struct console *console = context;
    int result = 0;
    if (strcmp(what, "theme") == 0)
        result = look_set_theme(&console->look, value, -1, error);
    else if (!value)
        return error_set(error, ERROR_INVALID, "%s wants a value behind it", what);
    else if (strcmp(what, "colour") == 0)
        result = set_colours(console, value, error);
    else if (strcmp(value, "auto") == 0 || strcmp(value, "unicode") == 0 || strcmp(value, "ascii") == 0)
        console->look.glyphs = *value == 'a' && value[1] == 'u' ? "auto" : *value == 'u' ? "unicode" : "ascii";
    else
        return error_set(error, ERROR_INVALID, "glyphs are auto, unicode or ascii");
    if (result != 0)
        return result;
    apply_look(console);
    if (console->look.complaints.size)
        return error_set(error, ERROR_INVALID, "%s", text_string(&console->look.complaints));
    return 0;
}

void console_picture(struct console *console, struct text *out) {
    struct scene scene = console_scene(console);
    ui_draw(console->ui, &scene, &console->canvas);
    picture_print(&console->canvas, &console->look.theme, console->on_screen ? screen_colours() : console->mode, out);
}

static int on_picture(void *context, const char *path, struct error *error) {
    struct console *console = context;
    struct text picture = TEXT_EMPTY;
    (void)error;
    console_picture(console, &picture);
    struct request *request = request_new(SERVICE_FILES, REQUEST_WRITE, path);
    request->more = text_take(&picture);
    request->count = 0644;
    services_send(console->session.services, request);
    return 0;
}

static int on_copy(void *context, struct view text, struct error *error) {
    struct console *console = context;
    return console->on_screen ? screen_copy(text, error) : 0;
}

/* The history outlives the run; the file is written by a service. */
static void on_entered(void *context, const char *line) {
    struct console *console = context;
    char *path = file_join(console->session.folder, "history");
    struct text text = TEXT_EMPTY;
    text_append(&text, view_trim(view_of(line)));
    text_append_char(&text, '\n');
    struct request *request = request_new(SERVICE_FILES, REQUEST_APPEND, path);
    request->more = text_take(&text);
    services_send(console->session.services, request);
    memory_free(path);
}

/* A folder's names come from a service: the first time they are only asked for. */
static void emit_files(struct console *console, const char *prefix, ui_emit emit, void *to) {
    const struct model *model = console->session.model;
    const char *slash = strrchr(prefix, '/');
    struct text folder = TEXT_EMPTY, value = TEXT_EMPTY;
    text_append(&folder, slash ? (struct view){prefix, (size_t)(slash - prefix) + 1} : VIEW("./"));
    if (model->listing.folder && strcmp(model->listing.folder, text_string(&folder)) == 0) {
        for (size_t i = 0; i < model->listing.count; i++) {
            text_clear(&value);
            text_append_format(&value, "%s%s", slash ? text_string(&folder) : "", model->listing.names[i]);
            emit(to, text_string(&value));
        }
    } else if (!console->listing_asked || strcmp(console->listing_asked, text_string(&folder)) != 0) {
        memory_free(console->listing_asked);
        console->listing_asked = memory_copy_string(text_string(&folder));
        services_send(console->session.services, request_new(SERVICE_FILES, REQUEST_LIST, text_string(&folder)));
    }
    text_free(&folder);
    text_free(&value);
}

static void on_values(void *context, const char *placeholder, const char *prefix, ui_emit emit, void *to) {
    struct console *console = context;
    char name[64];
    if (strcmp(placeholder, "THEME") == 0) {
        for (size_t i = 0; look_theme_name(&console->look, i, name); i++)
            emit(to, name);
        emit(to, "auto");
    } else if (strcmp(placeholder, "FILE") == 0 || strcmp(placeholder, "FOLDER") == 0) {
        emit_files(console, prefix, emit, to);
    } else {
        action_values(&console->session.context, placeholder, emit, to);
    }
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

static void on_guide_drop(void *context) {
    struct console *console = context;
    guide_drop(console->session.guide);
}

/* --- start and end --- */

/* A person's own key file comes after the shipped one, so its lines win. */
static void load_keys(struct console *console) {
    char *path = look_config_path("keys");
    struct text text = TEXT_EMPTY;
    console->keymap = keymap_new();
    keymap_load(console->keymap, keymap_shipped(), "default.keys", &console->complaints);
    if (file_exists(path) && file_read(path, &text, NULL) == 0)
        keymap_load(console->keymap, text_view(&text), path, &console->complaints);
    text_free(&text);
    memory_free(path);
}

int console_prepare(struct console *console, struct options *options, struct error *error) {
    const char *wanted = options->colour ? options->colour : "auto";
    console->thread = pthread_self();
    look_open(&console->look);
    load_keys(console);
    console->look.glyphs = options->glyphs ? options->glyphs : "auto";
    snprintf(console->look.colours, sizeof console->look.colours, "%s", wanted);
    if (options->script)
        console->mode = theme_choose_mode(wanted, getenv("NO_COLOR"), 256, strcmp(wanted, "256") != 0);
    else if (screen_open(wanted, error) != 0)
        return -1;
    console->on_screen = !options->script;
    bool ask = console->on_screen && options->theme && strcmp(options->theme, "auto") == 0;
    if (look_set_theme(&console->look, options->theme ? options->theme : "dark",
                       ask ? screen_ground(ASK_GROUND_MS) : -1, error) != 0)
        return -1;
    text_append(&console->complaints, text_view(&console->look.complaints));
    apply_look(console);
    return 0;
}

static void load_history(struct console *console) {
    char *path = file_join(console->session.folder, "history");
    struct text text = TEXT_EMPTY;
    struct view rest, line;
    if (file_exists(path) && file_read(path, &text, NULL) == 0) {
        rest = text_view(&text);
        while (view_split(&rest, '\n', &line)) {
            struct text one = TEXT_EMPTY;
            text_append(&one, line);
            ui_remember(console->ui, text_string(&one));
            text_free(&one);
        }
    }
    text_free(&text);
    memory_free(path);
}

/* `set NAME VALUE` a line, as they are typed. */
static void load_settings(struct console *console) {
    char *path = look_config_path("settings");
    struct text text = TEXT_EMPTY;
    struct view rest, line;
    if (file_exists(path) && file_read(path, &text, NULL) == 0) {
        rest = text_view(&text);
        for (int number = 1; view_split(&rest, '\n', &line); number++) {
            struct error error = {0};
            line = view_trim(line);
            if (line.size == 0 || line.data[0] == '#')
                continue;
            if (!view_starts_with(line, VIEW("set ")))
                error_set(&error, ERROR_INVALID, "a line here is `set NAME VALUE`");
            else
                action_run(&console->session.context, line, &error);
            if (error.code)
                text_append_format(&console->complaints, "%s:%d: %s\n", path, number, error.message);
        }
    }
    text_free(&text);
    memory_free(path);
}

void console_connect(struct console *console) {
    const struct ui_callbacks callbacks = {
        .context = console,
        .run = on_run,
        .ask = on_ask,
        .why_not = on_why_not,
        .suspend = on_suspend,
        .redraw = on_redraw,
        .look = on_look,
        .picture = on_picture,
        .copy = on_copy,
        .entered = on_entered,
        .values = on_values,
        .alert_seen = on_alert_seen,
        .guide_enter = on_guide_enter,
        .guide_part = on_guide_part,
        .guide_drop = on_guide_drop,
    };
    console->ui = ui_new(&callbacks, console->keymap, action_commands);
    load_history(console);
    load_settings(console);
    struct scene scene = console_scene(console);
    struct view rest = text_view(&console->complaints), line;
    while (view_split(&rest, '\n', &line))
        event_post_message(console->session.events, MESSAGE_WARN, "%.*s", VIEW_ARGS(line));
    if (console->session.joined)
        ui_say(console->ui, &scene, MESSAGE_INFO, "Joined the servers of another fraudscope on this machine.");
}

void console_close(struct console *console) {
    ui_free(console->ui);
    canvas_free(&console->canvas);
    keymap_free(console->keymap);
    look_free(&console->look);
    text_free(&console->complaints);
    memory_free(console->listing_asked);
}
