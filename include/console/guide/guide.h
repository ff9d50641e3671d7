/* The eleven steps: read from step files, decided by looking at the model again and again, never by a key having been
 * pressed. The only owner of steps and progress. UI thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "console/model/model.h"
#include "foundation/base/error.h"

enum step_state { STEP_OPEN, STEP_RUNNING, STEP_DONE, STEP_FAILED, STEP_BY_HAND };

struct step_check {
    const char *name; /* "topic customers 1" as written in the step file */
    char *label;      /* "customers exists", for people */
    bool ok;
    char detail[160]; /* "lag 0", "subject transactions-value is missing" */
};
struct step {
    int number;
    char *title;
    int minutes;
    char *explanation; /* paragraphs */
    char *notes;
    char **commands; /* parts, of the capability in force, in order */
    size_t command_count;
    struct step_check *checks;
    size_t check_count;
    enum step_state state;
    int64_t done_ms; /* when it became done; 0 = not */
    size_t part;     /* next command to show */
    bool staged;     /* the command of `part` is shown, the next Enter runs it */
};
struct guide {
    struct step *steps;
    size_t count;
    size_t current;                            /* index */
    int64_t timer_started_ms, timer_paused_ms; /* wall clock; 0 = not started; not paused */
    uint64_t revision;
};

struct guide *guide_new(void);
void guide_free(struct guide *guide);
/* Step file text; replaces a step of the same number. `capabilities` are the profile's, as words ("kafka registry
 * serves"): the first [run CAPABILITY] section that names one of them is taken, [run] without a word always fits. */
int guide_load(struct guide *guide, struct view text, const char *file, const char *capabilities, struct error *error);
/* Looks at the model; changes states, reopens what is no longer true. True when anything changed. */
bool guide_update(struct guide *guide, const struct model *model, int64_t now_ms);
void guide_select(struct guide *guide, int number); /* clamps */
/* First call stages the command and returns NULL, the second returns the line to run (lent) and moves to the next part.
 */
const char *guide_enter(struct guide *guide);
void guide_drop(struct guide *guide);                 /* Esc: unstage */
void guide_move_part(struct guide *guide, int delta); /* Space, Backspace */
void guide_mark(struct guide *guide, int number, bool done);
enum guide_timer { TIMER_START, TIMER_PAUSE, TIMER_RESET };
void guide_timer(struct guide *guide, enum guide_timer what, int64_t now_ms); /* start goes on after a pause */
int64_t guide_timer_ms(const struct guide *guide, int64_t now_ms);            /* run so far; 0 = not started */
const struct step *guide_step(const struct guide *guide, int number);         /* NULL when none */
/* Names a step file may use, with help: for the manual and for complaints. */
size_t guide_check_count(void);
const char *guide_check_name(size_t index, const char **help);
