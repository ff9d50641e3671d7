/* EMIT FINAL: a window's row goes out once, when its end and grace lie behind the greatest time that was seen, and the
 * window takes no more rows. The time is that of all rows: ksqlDB's groups read what was repartitioned.
 *
 * As with Kafka Streams a window that the time leaps over, so that it closes when it is not kept any more (size and
 * grace, or RETENTION, before the newest one), has no final row; that is told. */
#include <stdlib.h>

#include "group.h"

static void note(struct aggregation *state, const struct stored *group) {
    struct finals *finals = &state->finals;
    if (group->timestamp > finals->now)
        finals->now = group->timestamp;
    if (group->window_start > finals->newest)
        finals->newest = group->window_start;
    if (group->window_end < finals->next_end)
        finals->next_end = group->window_end;
}

/* What was kept before the query was stopped. */
static void open(struct stage *stage) {
    struct aggregation *state = stage->state;
    const struct stored *group;
    if (state->finals.open)
        return;
    state->finals = (struct finals){true, INT64_MIN, INT64_MIN, INT64_MAX};
    for (size_t at = 0; (group = store_next(stage->store, &at)) != NULL;)
        note(state, group);
}

int64_t final_time(struct stage *stage, const struct row *row) {
    struct aggregation *state = stage->state;
    open(stage);
    if (row->timestamp > state->finals.now)
        state->finals.now = row->timestamp;
    return state->finals.now;
}

void final_note(struct stage *stage, const struct stored *group) {
    note(stage->state, group);
}

/* --- closing --- */

static int by_time(const void *a, const void *b, void *count) {
    const struct stored *left = *(const struct stored *const *)a, *right = *(const struct stored *const *)b;
    if (left->window_start != right->window_start)
        return left->window_start < right->window_start ? -1 : 1;
    for (size_t i = 0; i < *(const size_t *)count; i++) {
        int order = value_compare(left->key[i], right->key[i]);
        if (order != 0)
            return order;
    }
    return 0;
}

static void hand_out(struct stage *stage, const struct stored *group) {
    const struct aggregation *state = stage->state;
    const struct processing_log *log = &stage->task->options.log;
    struct error error = {0};
    if (group->window_start >= state->finals.newest - stage->step->aggregate.window.retention) {
        group_hand_out(stage, group, NULL);
        return;
    }
    error_set(&error, ERROR_INVALID,
              "the window from %lld to %lld has no final row: the time went from %lld to %lld at once, beyond what is "
              "kept; a longer RETENTION keeps more",
              (long long)group->window_start, (long long)group->window_end, (long long)group->timestamp,
              (long long)state->finals.now);
    if (log->write != NULL)
        log->write(log->context, &error);
}

void final_close(struct stage *stage) {
    struct aggregation *state = stage->state;
    int64_t closed = state->finals.now - stage->step->aggregate.window.grace;
    size_t keys = stage->step->aggregate.key_count;
    VECTOR(struct stored *) done = {0};
    struct stored *group;
    if (state->finals.next_end > closed)
        return;
    state->finals.next_end = INT64_MAX;
    for (size_t at = 0; (group = store_next(stage->store, &at)) != NULL;) {
        if (group->window_end <= closed)
            vector_push(&done, group);
        else if (group->window_end < state->finals.next_end)
            state->finals.next_end = group->window_end;
    }
    if (done.count != 0)
        qsort_r(done.items, done.count, sizeof *done.items, by_time, &keys);
    for (size_t i = 0; i < done.count; i++)
        hand_out(stage, done.items[i]);
    for (size_t i = 0; i < done.count; i++)
        store_remove(stage->store, done.items[i]->key, done.items[i]->window_start);
    vector_free(&done);
}
