#define NCURSES_WIDECHAR 1
#include "console/ui/screen.h"

#include <locale.h>
#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "foundation/base/memory.h"
#include "foundation/base/utf8.h"

/* term.h would bring macros named columns and lines. */
extern int setupterm(const char *term, int descriptor, int *status);

enum { KEY_PASTE_BEGIN = KEY_MAX + 1, KEY_PASTE_END, PASTE_LIMIT = 1 << 20, COPY_LIMIT = 50000 };
static const char restore_bytes[] =
    "\033[?2004l\033[?1006l\033[?1002l\033[?1000l\033[0m\033[?25h\033[?1049l\033[?1l\033>";

/* The terminal belongs to the process, and a signal handler can reach it only through statics. */
static volatile sig_atomic_t active;
static struct termios saved_terminal;
static SCREEN *screen;
static enum colour_mode mode;
static char crash_note[512];
static size_t crash_note_size;
static struct cell *painted; /* what the terminal shows */
static int painted_columns, painted_rows;
static struct role_look {
    attr_t attributes;
    int pair;
} looks[ROLE_COUNT];

void screen_restore(void) {
    if (!active)
        return;
    active = 0;
    ssize_t written = write(STDOUT_FILENO, restore_bytes, sizeof restore_bytes - 1);
    (void)written;
    tcsetattr(STDIN_FILENO, TCSANOW, &saved_terminal);
}

static void on_fatal_signal(int number) {
    bool shown = active;
    screen_restore();
    ssize_t written = shown ? write(STDOUT_FILENO, crash_note, crash_note_size) : 0; /* standard error is held back */
    (void)written;
    signal(number, SIG_DFL);
    raise(number);
}

static void write_string(const char *bytes) {
    fputs(bytes, stdout);
    fflush(stdout);
}

int screen_open(const char *colours, struct error *error) {
    const char *term = getenv("TERM");
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || !term || !*term || strcmp(term, "dumb") == 0)
        return error_set(error, ERROR_UNSUPPORTED, "no terminal for the full screen; use --plain");
    tcgetattr(STDIN_FILENO, &saved_terminal);
    static const int fatal_signals[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT};
    for (size_t i = 0; i < sizeof fatal_signals / sizeof *fatal_signals; i++)
        signal(fatal_signals[i], on_fatal_signal);
    setlocale(LC_CTYPE, "");
    unsetenv("LINES");
    unsetenv("COLUMNS");
    setenv("NCURSES_NO_UTF8_ACS", "1", 0);
    const char *deep = getenv("COLORTERM");
    char direct_name[80];
    bool direct = false;
    if (deep && (strcmp(deep, "truecolor") == 0 || strcmp(deep, "24bit") == 0)) {
        size_t size = strcspn(term, "-");
        if (strcmp(term + size, "-256color") != 0)
            size = strlen(term);
        snprintf(direct_name, sizeof direct_name, "%.*s-direct", (int)(size > 60 ? 60 : size), term);
        int status;
        direct = theme_choose_mode(colours, getenv("NO_COLOR"), 256, true) == COLOUR_DIRECT &&
                 setupterm(direct_name, STDOUT_FILENO, &status) == OK;
    }
    screen = direct ? newterm(direct_name, stdout, stdin) : NULL;
    direct = screen != NULL;
    if (!screen && !(screen = newterm(term, stdout, stdin)))
        return error_set(error, ERROR_UNSUPPORTED,
                         "the terminal type %s is not known here; set TERM=xterm or use --plain", term);
    set_term(screen);
    active = 1;
    raw();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(25);
    curs_set(0);
    define_key("\033[200~", KEY_PASTE_BEGIN);
    define_key("\033[201~", KEY_PASTE_END);
    int count = has_colors() && start_color() == OK ? COLORS : 0;
    mode = theme_choose_mode(colours, getenv("NO_COLOR"), count, direct);
    write_string("\033[?2004h");
    return 0;
}

void screen_close(void) {
    if (!screen)
        return;
    write_string("\033[?2004l");
    curs_set(1);
    endwin();
    active = 0;
    delscreen(screen);
    screen = NULL;
    memory_free(painted);
    painted = NULL;
    painted_columns = painted_rows = 0;
}

void screen_size(int *columns, int *rows) {
    *columns = COLS;
    *rows = LINES;
}

void screen_set_theme(const struct theme *theme) {
    use_default_colors();
    for (int i = 0; i < ROLE_COUNT; i++) {
        struct theme_look from = theme_look(theme, (enum role)i, mode);
        looks[i] = (struct role_look){
            (from.bold ? A_BOLD : 0) | (from.underline ? A_UNDERLINE : 0) | (from.reverse ? A_REVERSE : 0), 0};
        if (mode != COLOUR_MONO) {
            looks[i].pair = i + 1;
            init_extended_pair(looks[i].pair, from.text, from.ground);
        }
    }
    screen_redraw();
}

void screen_redraw(void) {
    memory_free(painted);
    painted = NULL;
    clearok(stdscr, TRUE);
}

static void paint_cell(const struct cell *cell, int x, int y) {
    wchar_t wide[CCHARW_MAX + 1];
    size_t count = 0;
    struct view rest = view_of(cell->text);
    uint32_t code_point;
    for (size_t size; rest.size && count < CCHARW_MAX && (size = utf8_decode(rest, &code_point)) > 0;) {
        wide[count++] = (wchar_t)code_point;
        rest.data += size;
        rest.size -= size;
    }
    wide[count] = 0;
    cchar_t glyph;
    int pair = looks[cell->role].pair;
    if (setcchar(&glyph, wide, looks[cell->role].attributes, 0, &pair) == OK)
        mvadd_wch(y, x, &glyph);
}

void screen_paint(const struct canvas *canvas) {
    size_t count = (size_t)canvas->columns * (size_t)canvas->rows;
    bool whole = !painted || painted_columns != canvas->columns || painted_rows != canvas->rows;
    if (whole) {
        painted = memory_resize(painted, count, sizeof *painted);
        painted_columns = canvas->columns;
        painted_rows = canvas->rows;
        erase();
    }
    for (int y = 0; y < canvas->rows && y < LINES; y++)
        for (int x = 0; x < canvas->columns && x < COLS; x++) {
            size_t at = (size_t)y * (size_t)canvas->columns + (size_t)x;
            const struct cell *cell = &canvas->cells[at];
            if (cell->text[0] && (whole || cell->role != painted[at].role || strcmp(cell->text, painted[at].text) != 0))
                paint_cell(cell, x, y);
        }
    memcpy(painted, canvas->cells, count * sizeof *painted);
    curs_set(canvas->cursor_shown && canvas->cursor_x >= 0);
    if (canvas->cursor_x >= 0)
        move(canvas->cursor_y, canvas->cursor_x);
    wnoutrefresh(stdscr);
    doupdate();
}

static const struct {
    int code;
    const char *name;
} named_keys[] = {
    {KEY_UP, "Up"},     {KEY_DOWN, "Down"},  {KEY_LEFT, "Left"},           {KEY_RIGHT, "Right"},   {KEY_HOME, "Home"},
    {KEY_END, "End"},   {KEY_PPAGE, "PgUp"}, {KEY_NPAGE, "PgDn"},          {KEY_BTAB, "S-Tab"},    {KEY_ENTER, "Enter"},
    {KEY_DC, "Delete"}, {KEY_IC, "Insert"},  {KEY_BACKSPACE, "Backspace"}, {KEY_RESIZE, "Resize"},
};

static void take_paste(struct text *paste) {
    wint_t wide;
    char bytes[4];
    int idle = 0;
    text_clear(paste);
    while (idle < 20) {
        int kind = get_wch(&wide);
        if (kind == ERR) { /* the end mark may still be on its way, but not for ever */
            idle++;
            napms(5);
            continue;
        }
        if (kind == KEY_CODE_YES && wide == KEY_PASTE_END)
            return;
        idle = 0;
        if (kind == OK && wide == '\r')
            wide = '\n';
        if (kind == OK && (wide >= ' ' || wide == '\n' || wide == '\t') && wide != 127 && paste->size < PASTE_LIMIT)
            text_append_bytes(paste, bytes, utf8_encode((uint32_t)wide, bytes));
    }
}

bool screen_key(char key[16], struct text *paste) {
    wint_t wide;
    for (;;) {
        int kind = get_wch(&wide);
        if (kind == ERR)
            return false;
        if (kind == KEY_CODE_YES) {
            if (wide == KEY_PASTE_BEGIN) {
                take_paste(paste);
                snprintf(key, 16, "Paste");
                return true;
            }
            if (wide > KEY_F0 && wide <= KEY_F0 + 12) {
                snprintf(key, 16, "F%d", (int)wide - KEY_F0);
                return true;
            }
            for (size_t i = 0; i < sizeof named_keys / sizeof *named_keys; i++)
                if ((wint_t)named_keys[i].code == wide) {
                    snprintf(key, 16, "%s", named_keys[i].name);
                    return true;
                }
            continue;
        }
        if (wide == '\r' || wide == '\n')
            snprintf(key, 16, "Enter");
        else if (wide == '\t')
            snprintf(key, 16, "Tab");
        else if (wide == 27)
            snprintf(key, 16, "Esc");
        else if (wide == 127 || wide == 8)
            snprintf(key, 16, "Backspace");
        else if (wide == ' ')
            snprintf(key, 16, "Space");
        else if (wide < 32)
            snprintf(key, 16, "C-%c", wide == 0 ? '@' : (char)(wide | 0x60));
        else {
            char bytes[5] = "";
            bytes[utf8_encode((uint32_t)wide, bytes)] = '\0';
            snprintf(key, 16, "%s", bytes);
        }
        return true;
    }
}

void screen_suspend(const char *note) {
    write_string("\033[?2004l");
    curs_set(1);
    endwin();
    active = 0;
    write_string(note);
    void (*old)(int) = signal(SIGTSTP, SIG_DFL); /* ncurses' own handler would leave the screen a second time */
    raise(SIGTSTP);
    signal(SIGTSTP, old);
    active = 1;
    write_string("\033[?2004h");
    refresh();
    screen_redraw();
}

enum colour_mode screen_colours(void) {
    return mode;
}

void screen_set_crash_note(const char *note) {
    crash_note_size = strlen(note) < sizeof crash_note ? strlen(note) : sizeof crash_note - 1;
    memcpy(crash_note, note, crash_note_size);
}

/* "ESC ] 11 ; rgb:rrrr/gggg/bbbb" and BEL or ESC \. */
static int read_ground(const char *answer) {
    const char *found = strstr(answer, "rgb:");
    unsigned parts[3];
    if (!found || sscanf(found + 4, "%4x/%4x/%4x", &parts[0], &parts[1], &parts[2]) != 3)
        return -1;
    int digits = (int)strcspn(found + 4, "/"), colour = 0;
    for (int i = 0; i < 3; i++)
        colour = colour << 8 | (int)(digits == 4 ? parts[i] >> 8 : digits == 1 ? parts[i] * 17 : parts[i] & 255);
    return colour;
}

int screen_ground(int timeout_ms) {
    char answer[128] = "";
    size_t size = 0;
    write_string("\033]11;?\033\\");
    for (int left = timeout_ms; left > 0 && size + 1 < sizeof answer; left -= 5) {
        struct pollfd wait = {.fd = STDIN_FILENO, .events = POLLIN};
        if (poll(&wait, 1, 5) <= 0)
            continue;
        ssize_t got = read(STDIN_FILENO, answer + size, sizeof answer - 1 - size);
        if (got <= 0)
            break;
        size += (size_t)got;
        answer[size] = '\0';
        if (answer[size - 1] == '\a' || answer[size - 1] == '\\')
            break;
    }
    return read_ground(answer);
}

int screen_copy(struct view text, struct error *error) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct text out = TEXT_EMPTY;
    if (text.size > COPY_LIMIT)
        return error_set(error, ERROR_INVALID, "%zu bytes are more than terminals take at once (%d)", text.size,
                         COPY_LIMIT);
    text_append_string(&out, "\033]52;c;");
    for (size_t i = 0; i < text.size; i += 3) {
        uint32_t three = 0;
        for (size_t j = 0; j < 3; j++)
            three = three << 8 | (i + j < text.size ? (unsigned char)text.data[i + j] : 0);
        for (size_t j = 0; j < 4; j++)
            text_append_char(&out, i + j > text.size ? '=' : digits[three >> (18 - 6 * j) & 63]);
    }
    text_append_char(&out, '\a');
    write_string(text_string(&out));
    text_free(&out);
    return 0;
}
