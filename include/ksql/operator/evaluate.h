/* Expressions over rows. What goes wrong in one (a bad pattern, a division by zero) makes NULL and a line in the
 * processing log, never an end of the query.
 * One thread, that of the task: the expression is read-only and may be shared, row, arena and log belong to the caller.
 * The log's write runs on that thread; its error is lent for the call. */
#pragma once

#include "foundation/base/arena.h"
#include "ksql/analysis/plan.h"

struct processing_log {
    void *context;
    void (*write)(void *context, const struct error *error); /* NULL: nobody listens */
};
/* `row` has the columns of the step below. The result may borrow from the row, the plan and the arena. */
struct value evaluate(const struct expression *expression, const struct value *row, struct arena *arena,
                      const struct processing_log *log);
bool evaluate_true(const struct expression *expression, const struct value *row, struct arena *arena,
                   const struct processing_log *log); /* NULL is not true */
