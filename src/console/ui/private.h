/* What the files of the picture share. */
#pragma once

#include "console/ui/format.h"
#include "console/ui/ui.h"

enum { PANE_TOPICS, PANE_TRANSACTIONS, PANE_WINDOWS, PANE_ALERTS, PANE_KSQLDB, PANE_GUIDE, PANE_COUNT };

struct pane_view { /* state of the view, kept over zoom and resize */
    size_t cursor; /* in the rows that pass the filter */
    size_t shown;  /* rows drawn last time: a page */
    char filter[128];
    bool frozen;
    uint64_t held_sequence; /* newest row shown while not following; 0 = follow */
    int64_t frozen_ms;
};
enum ui_mode { MODE_PANES, MODE_LINE, MODE_FILTER, MODE_EDITOR };
enum ui_overlay { OVERLAY_NONE, OVERLAY_HELP, OVERLAY_INSPECTOR };

struct ui {
    struct ui_callbacks callbacks;
    const struct keymap *keymap;
    const struct command *commands;
    int focus, main_tab; /* main_tab: what the one-column layout shows in the middle */
    bool zoomed, dirty;
    enum ui_mode mode;
    enum ui_overlay overlay;
    int overlay_top, inspector_view;
    uint64_t inspected; /* sequence of the row */
    char group[2];      /* "p" while a second key is awaited */
    struct pane_view views[PANE_COUNT];
    struct text editor;
    size_t editor_at;
    enum message_level level;
    struct text message;
    int64_t message_ms;
    uint64_t drawn_revision, drawn_guide;
    int64_t drawn_second;
};

struct pane { /* one const row a pane, in its own file */
    const char *name, *title;
    size_t (*count)(const struct ui *ui, const struct scene *scene); /* rows that pass filter and freeze */
    void (*title_right)(const struct ui *ui, const struct scene *scene, struct text *out);
    void (*draw)(struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area);
};
extern const struct pane pane_topics, pane_transactions, pane_windows, pane_alerts, pane_ksqldb, pane_guide;
extern const struct pane *const ui_panes[PANE_COUNT];

/* Words must all occur (a capital makes it exact), `!` negates, `amount>5000` and `amount<10` test the number. */
bool filter_match(const char *filter, struct view row, int64_t amount);
/* First row to show so that the cursor is in view; keeps the cursor in range. */
size_t pane_top(struct pane_view *view, size_t count, int rows);
const struct tail_row *transactions_chosen(const struct ui *ui, const struct scene *scene);
void overlay_draw(struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area);
