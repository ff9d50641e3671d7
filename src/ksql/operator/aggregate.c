/* GROUP BY, with and without windows. State of a group and window: the slots of every aggregate. Windows are aligned to
 * the epoch, [start, end); a row that comes after a window's end and grace, by the stream time of its partition, is
 * dropped. */
#include <stdint.h>
#include <string.h>

#include "foundation/base/memory.h"
#include "ksql/operator/private.h"

struct pending {       /* changed since the last flush */
    struct value *key; /* with `old` in one arena */
    int64_t window_start;
    const struct value *old; /* the row as it was handed out last; NULL = never */
};
struct aggregation {
    size_t slot_count;
    bool needs_old;              /* a HAVING above asks what was there before */
    VECTOR(int64_t) stream_time; /* by partition */
    VECTOR(struct pending) pending;
    struct arena pending_arena;
    int64_t expire_at;
};
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
    arena_free(&state->pending_arena);
    memory_free(state);
}

/* keys, WINDOWSTART, WINDOWEND, ROWTIME, results */
static struct value *result_row(struct stage *stage, const struct stored *group, struct arena *arena) {
    const struct step_aggregate *step = &stage->step->aggregate;
    struct value *values = arena_allocate(arena, schema_count(stage->step->schema) * sizeof *values);
    size_t at = 0, slot = 0;
    for (size_t i = 0; i < step->key_count; i++)
        values[at++] = value_copy(arena, group->key[i]);
    if (step->window.kind != WINDOW_NONE) {
        values[at++] = value_bigint(group->window_start);
        values[at++] = value_bigint(group->window_end);
    }
    values[at++] = value_bigint(group->timestamp);
    for (size_t i = 0; i < step->aggregate_count; i++) {
        const struct function_call *call = step->aggregates[i].call;
        values[at++] = value_copy(arena, aggregate_result(call, &group->values[slot], arena));
        slot += aggregate_slots(call);
    }
    return values;
}

static void hand_out(struct stage *stage, const struct stored *group, const struct value *old) {
    struct batch *spare = stage->task->spare;
    if (spare->count == BATCH_ROWS) {
        operator_emit(stage, spare);
        batch_reset(spare, NULL);
    }
    spare->schema = NULL;
    struct row *row = batch_add(spare);
    row->values = result_row(stage, group, &spare->arena);
    row->timestamp = group->timestamp;
    row->window_start = group->window_start;
    row->window_end = group->window_end;
    if (old != NULL) {
        struct value *copy = arena_allocate(&spare->arena, schema_count(stage->step->schema) * sizeof *copy);
        for (size_t i = 0; i < schema_count(stage->step->schema); i++)
            copy[i] = value_copy(&spare->arena, old[i]);
        row->old = copy;
    }
}

static void hand_on(struct stage *stage) {
    struct batch *spare = stage->task->spare;
    spare->schema = stage->step->schema;
    operator_emit(stage, spare);
    batch_reset(spare, NULL);
}

/* A group stands in `pending` once: its row is marked. */
static void note(struct stage *stage, const struct value *key, const struct stored *before, int64_t window_start) {
    struct aggregation *state = stage->state;
    if (before != NULL && before->marked)
        return;
    size_t count = stage->step->aggregate.key_count;
    struct value *copy = arena_allocate(&state->pending_arena, (count + 1) * sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i] = value_copy(&state->pending_arena, key[i]);
    struct pending pending = {copy, window_start, NULL};
    if (before != NULL && state->needs_old)
        pending.old = result_row(stage, before, &state->pending_arena);
    vector_push(&state->pending, pending);
}

static void flush(struct stage *stage) {
    struct aggregation *state = stage->state;
    for (size_t i = 0; i < state->pending.count; i++) {
        const struct pending *pending = &state->pending.items[i];
        struct stored *group = store_get(stage->store, pending->key, pending->window_start);
        if (group == NULL)
            continue;
        group->marked = false;
        hand_out(stage, group, pending->old);
    }
    bool any = state->pending.count != 0;
    vector_clear(&state->pending);
    arena_reset(&state->pending_arena);
    if (any)
        hand_on(stage);
}

static bool waiting(const struct stage *stage) {
    const struct aggregation *state = stage->state;
    return state->pending.count != 0;
}

static void apply(struct stage *stage, const struct aggregate_column *column, struct value *slots,
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
        old = result_row(stage, before, arena);
    for (size_t i = 0; i < step->aggregate_count; i++) {
        const struct aggregate_column *column = &step->aggregates[i];
        if (before == NULL)
            aggregate_init(column->call, &slots[slot]);
        if (gone != NULL)
            apply(stage, column, &slots[slot], gone, true, arena);
        if (come != NULL)
            apply(stage, column, &slots[slot], come, false, arena);
        slot += aggregate_slots(column->call);
    }
    int64_t timestamp = before != NULL && before->timestamp > row->timestamp ? before->timestamp : row->timestamp;
    if (stage->task->options.coalesce)
        note(stage, key, before, window_start);
    struct stored *group = store_put(stage->store, key, window_start, window_end, timestamp, slots);
    if (stage->task->options.coalesce)
        group->marked = true;
    else
        hand_out(stage, group, old);
}

static int64_t stream_time(struct stage *stage, const struct row *row) {
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
    state->expire_at = least + window->size;
    int64_t before = least - window->retention;
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
    int64_t time = row->timestamp, now = stream_time(stage, row);
    if (time < 0)
        return;
    int64_t first = time - window->size + window->advance;
    first = first > 0 ? first - first % window->advance : 0;
    for (int64_t start = first; start <= time; start += window->advance) {
        if (start + window->size <= now - window->grace)
            continue; /* closed */
        change(stage, key, row, NULL, row->values, start, start + window->size, arena);
    }
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
        else
            into_windows(stage, row, key, &rows->arena);
    }
    if (stage->task->spare->count != 0)
        hand_on(stage);
}

const struct operator_kind operator_aggregate = {
    .kind = STEP_AGGREGATE, .run = run, .flush = flush, .waiting = waiting, .start = start, .stop = stop};
