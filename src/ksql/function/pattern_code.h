/* What pattern_compile.c writes and pattern_match.c runs: instructions of the machine that backtracks. A regex lies
 * whole in the arena it was made in and is read-only from then on. */
#pragma once

#include <stdint.h>

#include "foundation/base/vector.h"
#include "ksql/function/pattern_match.h"

enum code {
    CODE_CHAR,
    CODE_ANY,
    CODE_SET,
    CODE_SPLIT,
    CODE_JUMP,
    CODE_SAVE,
    CODE_MARK,
    CODE_MOVED,
    CODE_LINE_START,
    CODE_LINE_END,
    CODE_TEXT_START,
    CODE_TEXT_END,
    CODE_BOUNDARY,
    CODE_NO_BOUNDARY,
    CODE_BACK,
    CODE_AHEAD,
    CODE_NOT_AHEAD,
    CODE_MATCH
};

struct range {
    uint32_t low, high;
};
struct set {
    struct range ranges[64];
    size_t count;
    bool negated;
};
struct instruction {
    enum code code;
    bool ignore_case, dot_all, lines;
    uint32_t letter;
    size_t a, b; /* SPLIT: tried first, then; JUMP, AHEAD: to; SAVE, BACK, MARK, MOVED: slot */
    const struct set *set;
};
struct regex {
    VECTOR(struct instruction) code;
    size_t groups, marks;
};
