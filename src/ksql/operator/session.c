/* SESSION windows: a session lasts while rows of its key come no further apart than the gap, from its first row to its
 * last, both included. A row between two sessions makes them one. A session that has grown is another window: a row
 * without a value says that the old one is gone (KStreamSessionWindowAggregate of Kafka Streams).
 *
 * Kept by key and start; `sessions` finds those of a key by time. */
#include <string.h>

#include "group.h"

enum { PENDING = 1, FRESH = 2 }; /* marks of a kept session: waits for the flush; nobody has seen it */

struct around {                 /* the sessions that a row meets, and the window that they make with it */
    const struct value *bounds; /* start and end of each, in the order of their times */
    size_t count;
    int64_t start, end;
};

static void open(struct stage *stage) {
    struct aggregation *state = stage->state;
    const struct stored *session;
    if (state->sessions != NULL)
        return;
    state->sessions = multimap_new(stage->step->aggregate.key_count, 2);
    for (size_t at = 0; (session = store_next(stage->store, &at)) != NULL;) {
        struct value bounds[2] = {value_bigint(session->window_start), value_bigint(session->window_end)};
        multimap_add(state->sessions, session->key, bounds);
    }
}

/* Sessions of a key do not overlap, so their ends are in order as their starts are. */
static size_t first_ending(struct span sessions, int64_t time) {
    size_t low = 0, high = sessions.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (sessions.values[2 * middle + 1].integer < time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct around look_around(struct stage *stage, const struct value *key, int64_t time, struct arena *arena) {
    struct aggregation *state = stage->state;
    int64_t gap = stage->step->aggregate.window.size;
    struct span all = multimap_get(state->sessions, key);
    struct around found = {.start = time, .end = time};
    size_t from = first_ending(all, time - gap), to = from;
    for (; to < all.count && all.values[2 * to].integer <= time + gap; to++) {
        int64_t start = all.values[2 * to].integer, end = all.values[2 * to + 1].integer;
        found.start = start < found.start ? start : found.start;
        found.end = end > found.end ? end : found.end;
    }
    found.count = to - from;
    struct value *bounds = arena_allocate(arena, (2 * found.count + 1) * sizeof *bounds);
    if (found.count != 0)
        memcpy(bounds, all.values + 2 * from, 2 * found.count * sizeof *bounds);
    found.bounds = bounds;
    return found;
}

static const struct stored *nth(struct stage *stage, const struct value *key, const struct around *around, size_t i) {
    return store_get(stage->store, key, around->bounds[2 * i].integer);
}

/* The sessions' states as one, with the row in it: copies, since the sessions go. */
static struct value *joined(struct stage *stage, const struct row *row, const struct value *key,
                            const struct around *around, struct arena *arena) {
    const struct step_aggregate *step = &stage->step->aggregate;
    const struct aggregation *state = stage->state;
    const struct processing_log *log = &stage->task->options.log;
    struct value *slots = arena_allocate(arena, (state->slot_count + 1) * sizeof *slots);
    struct value later[AGGREGATE_SLOTS];
    for (size_t i = 0, slot = 0; i < step->aggregate_count; slot += aggregate_slots(step->aggregates[i].call), i++) {
        const struct function_call *call = step->aggregates[i].call;
        if (around->count == 0)
            aggregate_init(call, &slots[slot]);
        for (size_t j = 0; j < around->count; j++) {
            const struct stored *session = nth(stage, key, around, j);
            struct value *to = j == 0 ? &slots[slot] : later;
            struct error error = {0};
            for (size_t k = 0; k < aggregate_slots(call); k++)
                to[k] = value_copy(arena, session->values[slot + k]);
            if (j != 0 && aggregate_merge(call, &slots[slot], later, arena, &error) != 0 && log->write != NULL)
                log->write(log->context, &error);
        }
        group_apply(stage, &step->aggregates[i], &slots[slot], row->values, false, arena);
    }
    return slots;
}

/* As it was handed out last. */
static const struct value *seen_row(struct stage *stage, const struct stored *session, struct arena *arena) {
    struct aggregation *state = stage->state;
    if (!state->needs_old)
        return NULL;
    for (size_t i = state->pending.count; (session->marked & PENDING) && i-- > 0;) {
        const struct pending *pending = &state->pending.items[i];
        bool same = pending->window_start == session->window_start && pending->window_end == session->window_end;
        for (size_t j = 0; same && j < stage->step->aggregate.key_count; j++)
            same = value_equal(pending->key[j], session->key[j]);
        if (same)
            return pending->old;
    }
    return group_row(stage, session, arena);
}

static void note(struct stage *stage, bool gone, const struct stored *session, const struct value *old) {
    struct aggregation *state = stage->state;
    struct pending pending = {group_copy_key(stage, session->key, &state->pending_arena), session->window_start,
                              session->window_end, old};
    if (gone)
        vector_push(&state->gone, pending);
    else
        vector_push(&state->pending, pending);
}

/* It is not this window any more: whoever has seen it hears of that. */
static void retire(struct stage *stage, const struct stored *session, struct arena *arena) {
    struct aggregation *state = stage->state;
    if (!stage->task->options.coalesce)
        group_hand_out_gone(stage, session->key, session->window_start, session->window_end,
                            seen_row(stage, session, arena));
    else if ((session->marked & FRESH) == 0)
        note(stage, true, session, seen_row(stage, session, &state->pending_arena));
}

/* The sessions that were go, but for the one whose place in the store the new one takes. */
static void replace(struct stage *stage, const struct value *key, const struct around *around, struct arena *arena) {
    struct aggregation *state = stage->state;
    struct value bounds[2] = {value_bigint(around->start), value_bigint(around->end)};
    for (size_t i = 0; i < around->count; i++) {
        retire(stage, nth(stage, key, around, i), arena);
        multimap_remove(state->sessions, key, &around->bounds[2 * i]);
        if (around->bounds[2 * i].integer != around->start)
            store_remove(stage->store, key, around->bounds[2 * i].integer);
    }
    multimap_add(state->sessions, key, bounds);
}

/* Whether the row only changes a session that is there: a second row at the one time it has; of those that are handed
 * out later, any row within it. */
static bool stays(const struct stage *stage, const struct around *around) {
    return around->count == 1 && around->bounds[0].integer == around->start &&
           around->bounds[1].integer == around->end && (stage->task->options.coalesce || around->start == around->end);
}

void session_window_add(struct stage *stage, const struct row *row, const struct value *key, struct arena *arena) {
    const struct window *window = &stage->step->aggregate.window;
    struct aggregation *state = stage->state;
    int64_t now = group_stream_time(stage, row);
    open(stage);
    if (row->timestamp < 0)
        return;
    struct around around = look_around(stage, key, row->timestamp, arena);
    if (around.end < now - window->grace - window->size)
        return; /* closed */
    const struct stored *before = store_get(stage->store, key, around.start);
    uint8_t marks = before == NULL ? 0 : before->marked;
    bool same = stays(stage, &around), coalesce = stage->task->options.coalesce;
    const struct value *old = NULL;
    const struct value *slots = joined(stage, row, key, &around, arena);
    if (same && coalesce && marks == 0)
        note(stage, false, before, seen_row(stage, before, &state->pending_arena));
    else if (same && !coalesce)
        old = seen_row(stage, before, arena);
    if (!same)
        replace(stage, key, &around, arena);
    struct stored *session = store_put(stage->store, key, around.start, around.end, around.end, slots);
    if (!coalesce) {
        group_hand_out(stage, session, old);
        return;
    }
    session->marked = (uint8_t)(PENDING | (same ? marks & FRESH : FRESH));
    if (!same && (marks & PENDING) == 0)
        note(stage, false, session, NULL);
}

/* What is gone first, so that a reader never has two sessions where one is. */
void session_window_flush(struct stage *stage) {
    struct aggregation *state = stage->state;
    for (size_t i = 0; i < state->gone.count; i++) {
        const struct pending *gone = &state->gone.items[i];
        group_hand_out_gone(stage, gone->key, gone->window_start, gone->window_end, gone->old);
    }
    for (size_t i = 0; i < state->pending.count; i++) {
        const struct pending *pending = &state->pending.items[i];
        struct stored *session = store_get(stage->store, pending->key, pending->window_start);
        if (session == NULL || (session->marked & PENDING) == 0)
            continue;
        session->marked = 0;
        group_hand_out(stage, session, session->window_end == pending->window_end ? pending->old : NULL);
    }
}

struct expiry {
    struct aggregation *state;
    int64_t before;
};

static bool too_old(void *context, const struct stored *session) {
    const struct expiry *expiry = context;
    if (session->window_end >= expiry->before)
        return false;
    struct value bounds[2] = {value_bigint(session->window_start), value_bigint(session->window_end)};
    multimap_remove(expiry->state->sessions, session->key, bounds);
    return true;
}

void session_window_expire(struct stage *stage, int64_t before) {
    struct expiry expiry = {stage->state, before};
    store_drop(stage->store, too_old, &expiry);
}
