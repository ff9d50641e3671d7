/* What the guide keeps for a step beside what panes see. */
#pragma once

#include "console/guide/check.h"

struct step_look { /* one check of a step, split into words */
    const struct check_row *row;
    char **words;
    size_t count;
};
struct step_private {
    struct step_look *looks; /* as many as step.check_count */
};

void step_free(struct step *step, struct step_private *private);
/* Parses one step file into *step and *private. */
int step_parse(struct view text, const char *file, const char *capabilities, struct step *step,
               struct step_private *private, struct error *error);
