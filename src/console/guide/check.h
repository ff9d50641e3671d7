/* Step checks: const rows of predicates over the model. */
#pragma once

#include "console/guide/guide.h"

enum check_outcome { CHECK_WAITING, CHECK_OK, CHECK_BROKEN };
struct check_row {
    const char *name;
    const char *arguments; /* "TOPIC [PARTITIONS]" for help */
    const char *help;
    const char *label; /* for people; %s is the first argument */
    /* detail: at least 160 bytes, says what is missing or what was seen */
    enum check_outcome (*look)(const struct model *model, const struct step *step, char *const *words, size_t count,
                               char *detail, size_t size);
};
extern const struct check_row check_rows[];
extern const size_t check_row_count;

const struct check_row *check_find(const char *name);
