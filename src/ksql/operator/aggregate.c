/* GROUP BY, with and without windows. State of a group and window: the slots of every aggregate. Windows are aligned to
 * the epoch, [start, end), but for sessions (session.c); a row that comes after a window's end and grace, by the stream
 * time of its partition, is dropped. */
#include <stdint.h>
#include <string.h>

#include "group.h"

enum { SLOTS_MAX = 256, PARTITIONS_MAX = 100000 };

static void start(struct stage *stage) {
    const struct step_aggregate *step = &stage->step->aggregate;
    struct aggregation *state = memory_zero(1, sizeof *state);
    for (size_t i = 0; i < step->aggregate_count; i++)
        state->slot_count += aggregate_slots(step->aggregates[i].call);
    state->needs_old = stage->above != NULL && stage->above->step->kind == STEP_FILTER;
    stage->state = state;
    operator_store(stage, step->key_count, state->slot_count);
}

static void stop(struct stage *stage) {
    struct aggregation *state = stage->state;
    vector_free(&state->stream_time);
    vector_free(&state->pending);
    vector_free(&state->gone);
    multimap_free(state->sessions);
    arena_free(&state->pending_arena);
    memory_free(state);
}

/* The columns that every row of a group has; gives the place of the first result. */
static size_t put_head(struct stage *stage, const struct stored *group, struct value *values, struct arena *arena) {
    const struct step_aggregate *step = &stage->step->aggregate;
    size_t at = 0;
    for (size_t i = 0; i < step->key_count; i++)
        values[at++] = value_copy(arena, group->key[i]);
    if (step->window.kind != WINDOW_NONE) {
        values[at++] = value_bigint(group->window_start);
        values[at++] = value_bigint(group->window_end);
    }
    values[at++] = value_bigint(group->timestamp);
    return at;
}

struct value *group_row(struct stage *stage, const struct stored *group, struct arena *arena) {
    const struct step_aggregate *step = &stage->step->aggregate;
    struct value *values = arena_allocate(arena, schema_count(stage->step->schema) * sizeof *values);
    size_t at = put_head(stage, group, values, arena), slot = 0;
    for (size_t i = 0; i < step->aggregate_count; i++) {
        const struct function_call *call = step->aggregates[i].call;
        values[at++] = value_copy(arena, aggregate_result(call, &group->values[slot], arena));
        slot += aggregate_slots(call);
    }
    return values;
}

static struct row *new_row(struct stage *stage, const struct stored *group, const struct value *old) {
    struct batch *spare = stage->task->spare;
    if (spare->count == BATCH_ROWS) {
        operator_emit(stage, spare);
        batch_reset(spare, NULL);
    }
    spare->schema = NULL;
    struct row *row = batch_add(spare);
    row->timestamp = group->timestamp;
    row->window_start = group->window_start;
    row->window_end = group->window_end;
    if (old != NULL) {
        struct value *copy = arena_allocate(&spare->arena, schema_count(stage->step->schema) * sizeof *copy);
        for (size_t i = 0; i < schema_count(stage->step->schema); i++)
            copy[i] = value_copy(&spare->arena, old[i]);
        row->old = copy;
    }
    return row;
}

void group_hand_out(struct stage *stage, const struct stored *group, const struct value *old) {
    struct row *row = new_row(stage, group, old);
    row->values = group_row(stage, group, &stage->task->spare->arena);
}

void group_hand_out_gone(struct stage *stage, const struct value *key, int64_t window_start, int64_t window_end,
                         const struct value *old) {
    struct stored group = {.key = key, .timestamp = window_end, .window_start = window_start, .window_end = window_end};
    struct row *row = new_row(stage, &group, old);
    struct arena *arena = &stage->task->spare->arena;
    row->values = arena_zero(arena, schema_count(stage->step->schema) * sizeof *row->values);
    put_head(stage, &group, row->values, arena);
    row->tombstone = true;
}

static void hand_on(struct stage *stage) {
    struct batch *spare = stage->task->spare;
    spare->schema = stage->step->schema;
    operator_emit(stage, spare);
    batch_reset(spare, NULL);
}

struct value *group_copy_key(struct stage *stage, const struct value *key, struct arena *arena) {
    size_t count = stage->step->aggregate.key_count;
    struct value *copy = arena_allocate(arena, (count + 1) * sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i] = value_copy(arena, key[i]);
    return copy;
}

/* A group stands in `pending` once: its row is marked. */
static void note(struct stage *stage, const struct value *key, const struct stored *before, int64_t window_start,
                 int64_t window_end) {
    struct aggregation *state = stage->state;
    if (before != NULL && before->marked)
        return;
    struct pending pending = {group_copy_key(stage, key, &state->pending_arena), window_start, window_end, NULL};
    if (before != NULL && state->needs_old)
        pending.old = group_row(stage, before, &state->pending_arena);
    vector_push(&state->pending, pending);
}

static void flush_groups(struct stage *stage) {
    struct aggregation *state = stage->state;
    for (size_t i = 0; i < state->pending.count; i++) {
        const struct pending *pending = &state->pending.items[i];
        struct stored *group = store_get(stage->store, pending->key, pending->window_start);
        if (group == NULL)
            continue;
        group->marked = 0;
        group_hand_out(stage, group, pending->old);
    }
}

static bool waiting(const struct stage *stage) {
    const struct aggregation *state = stage->state;
    return state->pending.count != 0 || state->gone.count != 0;
}

static void flush(struct stage *stage) {
    struct aggregation *state = stage->state;
    bool any = waiting(stage);
    if (stage->step->aggregate.window.kind == WINDOW_SESSION)
        session_window_flush(stage);
    else
        flush_groups(stage);
    vector_clear(&state->pending);
    vector_clear(&state->gone);
    arena_reset(&state->pending_arena);
    if (any)
        hand_on(stage);
}

void group_apply(struct stage *stage, const struct aggregate_column *column, struct value *slots,
                 const struct value *values, bool undo, struct arena *arena) {
    const struct processing_log *log = &stage->task->options.log;
    struct value *arguments = arena_allocate(arena, (column->argument_count + 1) * sizeof *arguments);
    struct error error = {0};
    for (size_t j = 0; j < column->argument_count; j++)
        arguments[j] = evaluate(column->arguments[j], values, arena, log);
    int status = undo ? aggregate_undo(column->call, slots, arguments, arena, &error)
                      : aggregate_update(column->call, slots, arguments, arena, &error);
    if (status != 0 && log->write != NULL)
        log->write(log->context, &error);
}

/* Takes `gone` out of the group's state, then adds `come`; either may be NULL. */
static void change(struct stage *stage, const struct value *key, const struct row *row, const struct value *gone,
                   const struct value *come, int64_t window_start, int64_t window_end, struct arena *arena) {
    const struct step_aggregate *step = &stage->step->aggregate;
    struct aggregation *state = stage->state;
    const struct stored *before = store_get(stage->store, key, window_start);
    struct value few[SLOTS_MAX], *slots = few;
    const struct value *old = NULL;
    size_t slot = 0;
    gone = before == NULL ? NULL : gone;
    if (gone == NULL && come == NULL)
        return;
    if (state->slot_count > SLOTS_MAX)
        slots = arena_allocate(arena, state->slot_count * sizeof *slots);
    if (before != NULL)
        memcpy(slots, before->values, state->slot_count * sizeof *slots);
    if (before != NULL && state->needs_old && !stage->task->options.coalesce)
        old = group_row(stage, before, arena);
    for (size_t i = 0; i < step->aggregate_count; i++) {
        const struct aggregate_column *column = &step->aggregates[i];
        if (before == NULL)
            aggregate_init(column->call, &slots[slot]);
        if (gone != NULL)
            group_apply(stage, column, &slots[slot], gone, true, arena);
        if (come != NULL)
            group_apply(stage, column, &slots[slot], come, false, arena);
        slot += aggregate_slots(column->call);
    }
    int64_t timestamp = before != NULL && before->timestamp > row->timestamp ? before->timestamp : row->timestamp;
    bool later = stage->task->options.coalesce && !step->final;
    if (later)
        note(stage, key, before, window_start, window_end);
    struct stored *group = store_put(stage->store, key, window_start, window_end, timestamp, slots);
    if (step->final)
        final_note(stage, group);
    else if (later)
        group->marked = 1;
    else
        group_hand_out(stage, group, old);
}

int64_t group_stream_time(struct stage *stage, const struct row *row) {
    struct aggregation *state = stage->state;
    size_t partition = row->partition < 0 || row->partition > PARTITIONS_MAX ? 0 : (size_t)row->partition;
    while (state->stream_time.count <= partition)
        vector_push(&state->stream_time, INT64_MIN);
    int64_t *time = &state->stream_time.items[partition];
    if (row->timestamp > *time)
        *time = row->timestamp;
    return *time;
}

/* Old windows go once a window's length of stream time, behind the slowest partition. */
static void expire(struct stage *stage) {
    struct aggregation *state = stage->state;
    const struct window *window = &stage->step->aggregate.window;
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < state->stream_time.count; i++)
        if (state->stream_time.items[i] != INT64_MIN && state->stream_time.items[i] < least)
            least = state->stream_time.items[i];
    if (least == INT64_MAX || least < state->expire_at)
        return;
    bool sessions = window->kind == WINDOW_SESSION; /* a gap may be far shorter than what is kept */
    state->expire_at = least + (sessions ? window->retention / 4 : 0) + window->size;
    int64_t before = least - window->retention;
    if (sessions)
        session_window_expire(stage, before);
    else if (!stage->step->aggregate.final) /* what has closed is gone already */
        store_expire(stage->store, before);
    if (stage->task->result != NULL)
        store_expire(stage->task->result, before);
}

static bool key_of(struct stage *stage, const struct value *values, struct arena *arena, struct value *key) {
    const struct step_aggregate *step = &stage->step->aggregate;
    for (size_t i = 0; i < step->key_count; i++) {
        key[i] = evaluate(step->keys[i], values, arena, &stage->task->options.log);
        if (value_is_null(key[i]))
            return false;
    }
    return true;
}

static void into_windows(struct stage *stage, const struct row *row, const struct value *key, struct arena *arena) {
    const struct window *window = &stage->step->aggregate.window;
    bool final = stage->step->aggregate.final;
    int64_t time = row->timestamp, own = group_stream_time(stage, row), now = final ? final_time(stage, row) : own;
    if (time < 0)
        return;
    int64_t first = time - window->size + window->advance;
    first = first > 0 ? first - first % window->advance : 0;
    for (int64_t start = first; start <= time; start += window->advance) {
        if (start + window->size <= now - window->grace)
            continue; /* closed */
        change(stage, key, row, NULL, row->values, start, start + window->size, arena);
    }
    if (final)
        final_close(stage);
    expire(stage);
}

static void into_session(struct stage *stage, const struct row *row, const struct value *key, struct arena *arena) {
    session_window_add(stage, row, key, arena);
    expire(stage);
}

/* A row that stays in its group changes it once; one that moves leaves the old one first. */
static void table_row(struct stage *stage, const struct row *row, struct arena *arena) {
    size_t count = stage->step->aggregate.key_count;
    struct value *old = arena_allocate(arena, (count + 1) * sizeof *old);
    struct value *key = arena_allocate(arena, (count + 1) * sizeof *key);
    bool leaves = row->old != NULL && key_of(stage, row->old, arena, old);
    bool comes = !row->tombstone && key_of(stage, row->values, arena, key), stays = leaves && comes;
    for (size_t i = 0; stays && i < count; i++)
        stays = value_equal(old[i], key[i]);
    if (leaves)
        change(stage, old, row, row->old, stays ? row->values : NULL, 0, 0, arena);
    if (comes && !stays)
        change(stage, key, row, NULL, row->values, 0, 0, arena);
}

static void run(struct stage *stage, struct batch *rows, bool from_right) {
    (void)from_right;
    const struct step_aggregate *step = &stage->step->aggregate;
    struct value *key = arena_allocate(&rows->arena, (step->key_count + 1) * sizeof *key);
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->rows[i];
        if (step->over_table) {
            table_row(stage, row, &rows->arena);
            continue;
        }
        if (row->tombstone || !key_of(stage, row->values, &rows->arena, key))
            continue;
        if (step->window.kind == WINDOW_NONE)
            change(stage, key, row, NULL, row->values, 0, 0, &rows->arena);
        else if (step->window.kind == WINDOW_SESSION)
            into_session(stage, row, key, &rows->arena);
        else
            into_windows(stage, row, key, &rows->arena);
    }
    if (stage->task->spare->count != 0)
        hand_on(stage);
}

const struct operator_kind operator_aggregate = {
    .kind = STEP_AGGREGATE, .run = run, .flush = flush, .waiting = waiting, .start = start, .stop = stop};
