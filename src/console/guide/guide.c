#include "console/guide/guide.h"

#include <stdio.h>
#include <string.h>

#include "console/guide/private.h"
#include "foundation/base/memory.h"

struct guide_owner {
    struct guide guide; /* first: what others see */
    struct step_private *privates;
    bool touched; /* a person moved: no more automatic choice of the current step */
    bool ran;     /* the last part of the current step was just run: go on when its checks hold */
};

static struct guide_owner *owner_of(struct guide *guide) {
    return (struct guide_owner *)guide;
}

struct guide *guide_new(void) {
    return &((struct guide_owner *)memory_zero(1, sizeof(struct guide_owner)))->guide;
}

void guide_free(struct guide *guide) {
    if (!guide)
        return;
    struct guide_owner *owner = owner_of(guide);
    for (size_t i = 0; i < guide->count; i++)
        step_free(&guide->steps[i], &owner->privates[i]);
    memory_free(guide->steps);
    memory_free(owner->privates);
    memory_free(owner);
}

int guide_load(struct guide *guide, struct view text, const char *file, const char *capabilities, struct error *error) {
    struct guide_owner *owner = owner_of(guide);
    struct step step = {0};
    struct step_private private = {0};
    if (step_parse(text, file, capabilities, &step, &private, error) != 0) {
        step_free(&step, &private);
        return -1;
    }
    size_t at = 0;
    while (at < guide->count && guide->steps[at].number < step.number)
        at++;
    if (at < guide->count && guide->steps[at].number == step.number) {
        step_free(&guide->steps[at], &owner->privates[at]);
    } else {
        guide->steps = memory_resize(guide->steps, guide->count + 1, sizeof *guide->steps);
        owner->privates = memory_resize(owner->privates, guide->count + 1, sizeof *owner->privates);
        memmove(&guide->steps[at + 1], &guide->steps[at], (guide->count - at) * sizeof *guide->steps);
        memmove(&owner->privates[at + 1], &owner->privates[at], (guide->count - at) * sizeof *owner->privates);
        guide->count++;
    }
    guide->steps[at] = step;
    owner->privates[at] = private;
    guide->revision++;
    return 0;
}

static bool update_step(struct step *step, struct step_private *private, const struct model *model, int64_t now_ms) {
    bool changed = false, all = step->check_count > 0, broken = false;
    for (size_t i = 0; i < step->check_count; i++) {
        struct step_check *check = &step->checks[i];
        struct step_look *look = &private->looks[i];
        char detail[sizeof check->detail] = "";
        enum check_outcome outcome = look->row->look(model, step, look->words, look->count, detail, sizeof detail);
        if (check->ok != (outcome == CHECK_OK) || strcmp(check->detail, detail) != 0) {
            check->ok = outcome == CHECK_OK;
            memcpy(check->detail, detail, sizeof detail);
            changed = true;
        }
        all = all && check->ok;
        broken = broken || outcome == CHECK_BROKEN;
    }
    enum step_state state = step->state;
    if (all)
        state = STEP_DONE;
    else if (state != STEP_BY_HAND)
        state = broken ? STEP_FAILED : step->part > 0 ? STEP_RUNNING : STEP_OPEN;
    if (state != step->state) {
        step->state = state;
        step->done_ms = state == STEP_DONE ? now_ms : 0;
        changed = true;
    }
    return changed;
}

bool guide_update(struct guide *guide, const struct model *model, int64_t now_ms) {
    struct guide_owner *owner = owner_of(guide);
    bool changed = false;
    size_t current = guide->current;
    for (size_t i = 0; i < guide->count; i++)
        changed |= update_step(&guide->steps[i], &owner->privates[i], model, now_ms);
    /* The tour goes on by itself when a step is through; it never pulls a person away from a step that is not. */
    while (guide->current + 1 < guide->count) {
        const struct step *step = &guide->steps[guide->current];
        if (step->state != STEP_DONE || step->staged || (owner->touched && !owner->ran))
            break;
        guide->current++;
        owner->ran = false;
    }
    changed |= guide->current != current;
    guide->revision += changed;
    return changed;
}

void guide_select(struct guide *guide, int number) {
    if (guide->count == 0)
        return;
    size_t at = 0;
    while (at + 1 < guide->count && guide->steps[at].number < number)
        at++;
    owner_of(guide)->touched = true;
    owner_of(guide)->ran = false;
    guide->current = at;
    guide->revision++;
}

const char *guide_enter(struct guide *guide) {
    if (guide->count == 0)
        return NULL;
    struct step *step = &guide->steps[guide->current];
    owner_of(guide)->touched = true;
    guide->revision++;
    if (step->command_count == 0)
        return NULL;
    if (!step->staged) {
        if (step->part >= step->command_count)
            step->part = 0; /* a finished step may be run again: it says what already exists */
        step->staged = true;
        return NULL;
    }
    step->staged = false;
    owner_of(guide)->ran = step->part + 1 == step->command_count;
    return step->commands[step->part++];
}

void guide_drop(struct guide *guide) {
    if (guide->count && guide->steps[guide->current].staged) {
        guide->steps[guide->current].staged = false;
        guide->revision++;
    }
}

void guide_move_part(struct guide *guide, int delta) {
    if (guide->count == 0)
        return;
    struct step *step = &guide->steps[guide->current];
    if (delta > 0 && step->part + 1 < step->command_count)
        step->part++;
    else if (delta < 0 && step->part > 0)
        step->part--;
    step->staged = false;
    guide->revision++;
}

void guide_mark(struct guide *guide, int number, bool done) {
    for (size_t i = 0; i < guide->count; i++) {
        if (guide->steps[i].number == number) {
            guide->steps[i].state = done ? STEP_BY_HAND : STEP_OPEN;
            guide->revision++;
        }
    }
}

const struct step *guide_step(const struct guide *guide, int number) {
    for (size_t i = 0; i < guide->count; i++)
        if (guide->steps[i].number == number)
            return &guide->steps[i];
    return NULL;
}

void guide_timer(struct guide *guide, enum guide_timer what, int64_t now_ms) {
    guide->revision++;
    if (what == TIMER_RESET) {
        guide->timer_started_ms = guide->timer_paused_ms = 0;
    } else if (what == TIMER_PAUSE) {
        if (guide->timer_started_ms && !guide->timer_paused_ms)
            guide->timer_paused_ms = now_ms;
    } else if (!guide->timer_started_ms) {
        guide->timer_started_ms = now_ms;
    } else if (guide->timer_paused_ms) {
        guide->timer_started_ms += now_ms - guide->timer_paused_ms;
        guide->timer_paused_ms = 0;
    }
}

int64_t guide_timer_ms(const struct guide *guide, int64_t now_ms) {
    if (!guide->timer_started_ms)
        return 0;
    return (guide->timer_paused_ms ? guide->timer_paused_ms : now_ms) - guide->timer_started_ms;
}
