/* The rule that turns a window into an alert. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct rule {
    int count;    /* TRANSACTION_COUNT >= count */
    double ratio; /* TOTAL_AMOUNT > ratio * AVERAGE_SPENDING_AMOUNT */
};
#define RULE_DEFAULT                                                                                                   \
    { .count = 2, .ratio = 1 }

static inline bool rule_is_broken(struct rule rule, int64_t count, int64_t total, int64_t average) {
    return count >= rule.count && (double)total > rule.ratio * (double)average;
}
