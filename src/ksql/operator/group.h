/* What the parts of GROUP BY share: aggregate.c keeps groups and aligned windows, session.c the windows that grow,
 * final.c the closing of EMIT FINAL. */
#pragma once

#include "ksql/operator/private.h"
#include "multimap.h"

struct pending {       /* changed since the last flush */
    struct value *key; /* with `old` in one arena */
    int64_t window_start, window_end;
    const struct value *old; /* the row as it was handed out last; NULL = never */
};
struct finals {     /* EMIT FINAL */
    bool open;      /* read from the store */
    int64_t now;    /* the greatest time of all rows */
    int64_t newest; /* start of the newest window */
    int64_t next_end;
};
struct aggregation {
    size_t slot_count;
    bool needs_old;              /* a HAVING above asks what was there before */
    VECTOR(int64_t) stream_time; /* by partition */
    VECTOR(struct pending) pending;
    VECTOR(struct pending) gone; /* sessions that were handed out and are other windows now */
    struct arena pending_arena;
    int64_t expire_at;
    struct finals finals;
    struct multimap *sessions; /* (start, end) by key; NULL: not read from the store yet */
};

/* keys, WINDOWSTART, WINDOWEND, ROWTIME, results */
struct value *group_row(struct stage *stage, const struct stored *group, struct arena *arena);
/* The group's row, or a row that says it is gone, on its way; `old` is copied, NULL = none. */
void group_hand_out(struct stage *stage, const struct stored *group, const struct value *old);
void group_hand_out_gone(struct stage *stage, const struct value *key, int64_t window_start, int64_t window_end,
                         const struct value *old);
struct value *group_copy_key(struct stage *stage, const struct value *key, struct arena *arena);
/* The row into (undo: out of) an aggregate's slots. */
void group_apply(struct stage *stage, const struct aggregate_column *column, struct value *slots,
                 const struct value *values, bool undo, struct arena *arena);
int64_t group_stream_time(struct stage *stage, const struct row *row); /* of its partition, with this row */

int64_t final_time(struct stage *stage, const struct row *row);   /* of all rows, with this one */
void final_note(struct stage *stage, const struct stored *group); /* a row was put into it */
void final_close(struct stage *stage);                            /* hands out what has closed */

void session_window_add(struct stage *stage, const struct row *row, const struct value *key, struct arena *arena);
void session_window_flush(struct stage *stage);
void session_window_expire(struct stage *stage, int64_t before);
