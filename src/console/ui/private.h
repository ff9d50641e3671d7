/* What the files of the picture share. */
#pragma once

#include "console/ui/filter.h"
#include "console/ui/format.h"
#include "console/ui/ui.h"
#include "foundation/base/vector.h"

/* The panes in the order of their numbers: a row each, `pane_NAME` in its own file. */
#define UI_PANES(X)                                                                                                    \
    X(TOPICS, topics)                                                                                                  \
    X(TRANSACTIONS, transactions)                                                                                      \
    X(WINDOWS, windows)                                                                                                \
    X(ALERTS, alerts)                                                                                                  \
    X(KSQLDB, ksqldb)                                                                                                  \
    X(GUIDE, guide)

#define PANE_ID(id, name) PANE_##id,
enum { UI_PANES(PANE_ID) PANE_COUNT };
#undef PANE_ID
enum { MARKS = 64, GROUP_MENU_MS = 250, TWICE_MS = 2000, REVEAL_MS = 10000 };

struct pane_view {         /* state of the view, kept over zoom and resize */
    size_t cursor;         /* in the rows that pass the filter */
    size_t top;            /* first row drawn */
    size_t shown;          /* rows drawn last time: a page */
    uint64_t chosen;       /* identity of the row under the cursor; 0: the first one, whichever it is */
    int sideways, scroll;  /* scroll: of a text, against where it stands by itself */
    struct filter *filter; /* NULL = none */
    VECTOR(size_t) rows;   /* what passes the filter, by index of the pane's own; valid for the stamp */
    uint64_t rows_revision, rows_serial;
    int64_t rows_second;
};
struct tail_view { /* what pane 2 has beside its list */
    char topic[256];
    bool frozen, wrap;
    uint64_t held_sequence; /* newest row shown while not following; 0 = follow */
    int64_t held_ms;
    VECTOR(uint64_t) passed; /* sequences that passed the filter, oldest first */
    uint64_t tested;         /* up to here */
    uint64_t marks[MARKS];
    size_t mark_count;
};
enum ui_mode { MODE_PANES, MODE_LINE, MODE_FILTER, MODE_EDITOR };
/* What lies over the panes: a row each, `overlay_NAME`. */
#define UI_OVERLAYS(X)                                                                                                 \
    X(HELP, help)                                                                                                      \
    X(FIND, find)                                                                                                      \
    X(INSPECTOR, inspector)                                                                                            \
    X(MESSAGES, messages)

#define OVERLAY_ID(id, name) OVERLAY_##id,
enum ui_overlay { OVERLAY_NONE, UI_OVERLAYS(OVERLAY_ID) };
#undef OVERLAY_ID

struct ui {
    struct ui_callbacks callbacks;
    const struct keymap *keymap;
    const struct command *commands;
    int focus, main_tab; /* main_tab: what the one-column layout shows in the middle */
    bool zoomed, dirty, ascii;
    enum ui_mode mode;
    enum ui_overlay overlay;
    int overlay_top; /* first line shown */
    size_t overlay_cursor;
    bool overlay_open;  /* messages: one is shown in full */
    struct text search; /* help and find */
    uint64_t inspected; /* sequence of the row */
    int inspector_view; /* fields, JSON, hex */
    int64_t reveal_until_ms;
    char group[2]; /* "p" while a second key is awaited */
    int64_t group_ms;
    int64_t interrupt_ms; /* of the last ^C */
    struct pane_view views[PANE_COUNT];
    uint64_t serial; /* grows with every change of filter, topic or window: rows are chosen anew */
    struct tail_view tail;
    int64_t window_start; /* pane 3; 0 = the newest */
    struct question question;
    struct text answer;    /* typed so far */
    struct text candidate; /* lent to the line */
    struct text editor;
    size_t editor_at;
    enum message_level level;
    struct text message;
    int64_t message_ms;
    uint64_t dismissed; /* messages of the model up to this one were answered by a key */
    uint64_t drawn_revision, drawn_guide;
    int64_t drawn_second;
    int last_columns, last_rows;
};

struct pane { /* one const row a pane, in its own file */
    const char *name, *title;
    /* The pane's own indexes that pass its filter, in the order shown, into view->rows. NULL: no list. */
    void (*rows)(struct ui *ui, const struct scene *scene, struct pane_view *view);
    uint64_t (*identity)(const struct ui *ui, const struct scene *scene, size_t own);
    size_t (*total)(const struct ui *ui, const struct scene *scene); /* before the filter */
    /* What y (field) and Y copy; NULL: nothing to copy. */
    void (*copy)(const struct ui *ui, const struct scene *scene, size_t own, bool field, struct text *out);
    void (*title_right)(struct ui *ui, const struct scene *scene, struct text *out);
    void (*draw)(struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area);
};
#define PANE_ROW(id, name) extern const struct pane pane_##name;
UI_PANES(PANE_ROW)
#undef PANE_ROW
extern const struct pane *const ui_panes[PANE_COUNT];

/* list.c */
size_t list_count(struct ui *ui, const struct scene *scene, int pane);
size_t list_own(const struct ui *ui, int pane, size_t index); /* after list_count; the pane's own index of a row */
void list_move(struct ui *ui, const struct scene *scene, const char *how);
/* Keeps the cursor on its row and in view; gives the first row to draw. */
size_t list_top(struct ui *ui, const struct scene *scene, int pane, int rows);
void list_go(struct ui *ui, const struct scene *scene, int pane, size_t index);
/* Paints the row under the cursor of the focused pane. */
void list_mark(const struct ui *ui, struct canvas *canvas, int pane, size_t index, struct rectangle row);
/* "all hidden by the filter" when that is why nothing is there; true when it was written. */
bool list_hidden(const struct ui *ui, const struct scene *scene, struct canvas *canvas, int pane,
                 struct rectangle area);

/* view.c */
const struct command *view_find(const char *name);
int view_run(struct ui *ui, const struct scene *scene, const struct command_line *line, struct error *error);
int view_send(struct ui *ui, const struct scene *scene, struct error *error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Runs what a question held back. */
int view_answered(struct ui *ui, const struct scene *scene, struct view line, struct error *error);
bool view_has_what_stops(const struct scene *scene); /* a query streams or a job goes on: ^C ends it */

/* transactions.c */
const struct model_tail *transactions_tail(const struct ui *ui, const struct scene *scene);
const struct tail_row *transactions_chosen(struct ui *ui, const struct scene *scene);
const struct tail_row *transactions_row(const struct ui *ui, const struct scene *scene, uint64_t sequence);
void transactions_hold(struct ui *ui, const struct scene *scene);
void transactions_follow(struct ui *ui);
void transactions_show(struct ui *ui, const char *topic);
/* windows.c, alerts.c, ksqldb.c: what the row under the cursor is; NULL = none */
const struct model_window *windows_shown(const struct ui *ui, const struct scene *scene);
const struct model_window_row *windows_chosen(struct ui *ui, const struct scene *scene);
const struct model_alert *alerts_chosen(struct ui *ui, const struct scene *scene);
const struct model_query *ksqldb_chosen(struct ui *ui, const struct scene *scene);
const struct model_topic *topics_chosen(struct ui *ui, const struct scene *scene);

/* question.c */
void question_take(struct ui *ui, struct question *question); /* moves it into the ui */
void question_key(struct ui *ui, const struct scene *scene, const char *key);
void question_paste(struct ui *ui, struct view text);
void question_draw(struct ui *ui, struct canvas *canvas);

/* editor.c */
void editor_key(struct ui *ui, const struct scene *scene, const char *key);
void editor_insert(struct ui *ui, struct view text);
void editor_set(struct ui *ui, const char *text);
void editor_load(struct ui *ui, const char *statement); /* broken into lines; the cursor at its begin */
void editor_draw(struct ui *ui, struct canvas *canvas, struct rectangle area);

/* overlay.c and the files of its rows */
struct overlay {
    const char *place; /* of the key map; NULL: all keys are its own */
    void (*draw)(struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area);
    bool (*key)(struct ui *ui, const struct scene *scene, const char *key); /* true: taken; may be NULL */
};
#define OVERLAY_ROW(id, name) extern const struct overlay overlay_##name;
UI_OVERLAYS(OVERLAY_ROW)
#undef OVERLAY_ROW
const struct overlay *overlay_of(const struct ui *ui); /* NULL when none is open */
void overlay_show(struct ui *ui, enum ui_overlay overlay);
void overlay_frame(const struct ui *ui, struct canvas *canvas, struct rectangle area, const char *title,
                   const char *right, const char *bottom);
void inspector_move(struct ui *ui, const struct scene *scene, const char *how);
void inspector_copy(struct ui *ui, const struct scene *scene, bool field, struct text *out);

/* frame.c, bar.c */
void frame_panes(struct ui *ui, const struct scene *scene, struct canvas *canvas);
void bar_title(const struct ui *ui, const struct scene *scene, struct canvas *canvas);
void bar_message(struct ui *ui, const struct scene *scene, struct canvas *canvas, int y);
void bar_footer(struct ui *ui, const struct scene *scene, struct canvas *canvas, int y);
void bar_group(struct ui *ui, const struct scene *scene, struct canvas *canvas, int y);
/* Puts "key hint" when it fits whole; the column behind it. */
int bar_hint(struct canvas *canvas, int x, int y, int right, const char *key, const char *hint, bool dim);

/* mask.c: cards and e-mails anywhere in a text or in bytes */
bool ui_masks(const struct ui *ui, const struct scene *scene);
void mask_text(struct view text, bool mask, struct text *out);
/* hidden[i] is set where a byte must not be shown */
void mask_bytes(const unsigned char *bytes, size_t size, bool *hidden);

/* line_hint.c: completion and the line above the command line */
void line_hint_draw(struct ui *ui, const struct scene *scene, struct canvas *canvas, int y);
const char *line_hint_candidate(void *context, const char *word, size_t index); /* for line_open */

int ui_wrap(struct canvas *canvas, struct rectangle area, int y, enum role role, struct view text);
int ui_wrap_lines(int columns, struct view text); /* lines that ui_wrap would take */
uint64_t ui_hash(const char *name);               /* never 0 */
void ui_run_and_say(struct ui *ui, const struct scene *scene, const char *line);
