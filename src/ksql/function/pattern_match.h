/* Regular expressions as Java's Pattern reads them, by a machine that backtracks. Signs that are not there
 * (look-behind, intersections of classes, possessive repeats) are refused by name. Steps are bounded: a pattern that
 * explodes fails. */
#pragma once

#include "foundation/base/arena.h"
#include "foundation/base/error.h"

enum { REGEX_GROUPS = 20 };
struct regex;
struct regex_match {
    size_t start[REGEX_GROUPS], end[REGEX_GROUPS]; /* group 0 is all; start > end: the group took no part */
};
struct regex *regex_new(struct view pattern, struct arena *arena, struct error *error);
size_t regex_groups(const struct regex *regex); /* without group 0 */
/* 1 with the first match at or after `from`, 0 without, -1 after too many steps. */
int regex_search(const struct regex *regex, struct view text, size_t from, struct regex_match *match,
                 struct error *error);
