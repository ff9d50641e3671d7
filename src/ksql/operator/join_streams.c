/* Stream-stream: rows of both sides are kept for as long as a partner may come; a row is joined with those of the other
 * side whose times lie around its own. Without GRACE PERIOD a row without a partner goes out at once, with it only when
 * its window has closed, which the times of both streams tell (KStreamKStreamJoin of Kafka Streams).
 *
 * Kept row: key (side, join key, window start, window end, number), its time as window start and end; values are the
 * side's columns, then whether it still waits for a partner. */
#include <string.h>

#include "ksql/operator/private.h"
#include "multimap.h"

enum { SIDE, JOIN_KEY, WINDOW_FROM, WINDOW_TO, NUMBER, KEYS };
enum { DAY_MS = 86400000 };

struct waiting_row { /* for its window to close */
    int64_t time, number;
    struct value key[KEYS]; /* owned */
};
struct streams {
    struct multimap *index; /* key without the number to (time, number) */
    VECTOR(struct waiting_row) heap;
    int64_t now, number;
    int64_t seen[2], expire_at[2]; /* of each side: how long a row is kept is told by the times of its own side */
    size_t flag;                   /* of the values */
};

static size_t columns_of(const struct stage *stage, bool right) {
    return schema_count((right ? stage->step->right : stage->step->below)->schema);
}

static void start(struct stage *stage) {
    size_t left = columns_of(stage, false), right = columns_of(stage, true), most = left > right ? left : right;
    struct streams *streams = memory_zero(1, sizeof *streams);
    streams->flag = most;
    streams->now = streams->seen[0] = streams->seen[1] = INT64_MIN;
    streams->expire_at[0] = streams->expire_at[1] = INT64_MIN;
    stage->state = streams;
    operator_store(stage, KEYS, most + 1);
}

static void drop(struct waiting_row *waiting) {
    for (size_t i = 0; i < KEYS; i++)
        value_disown(&waiting->key[i]);
}

static void stop(struct stage *stage) {
    struct streams *streams = stage->state;
    for (size_t i = 0; i < streams->heap.count; i++)
        drop(&streams->heap.items[i]);
    vector_free(&streams->heap);
    multimap_free(streams->index);
    memory_free(streams);
}

/* --- rows whose windows close, the earliest first --- */

static int order_of(const struct waiting_row *a, const struct waiting_row *b) {
    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    if (a->key[SIDE].boolean != b->key[SIDE].boolean)
        return a->key[SIDE].boolean ? -1 : 1; /* the right side's first */
    int order = value_compare(a->key[JOIN_KEY], b->key[JOIN_KEY]);
    return order != 0 ? order : (a->number > b->number) - (a->number < b->number);
}

static void swap(struct streams *streams, size_t a, size_t b) {
    struct waiting_row kept = streams->heap.items[a];
    streams->heap.items[a] = streams->heap.items[b];
    streams->heap.items[b] = kept;
}

static void push(struct streams *streams, const struct value *key, int64_t time) {
    struct waiting_row waiting = {.time = time, .number = key[NUMBER].integer};
    for (size_t i = 0; i < KEYS; i++)
        waiting.key[i] = value_own(key[i]);
    vector_push(&streams->heap, waiting);
    for (size_t at = streams->heap.count - 1;
         at > 0 && order_of(&streams->heap.items[at], &streams->heap.items[(at - 1) / 2]) < 0; at = (at - 1) / 2)
        swap(streams, at, (at - 1) / 2);
}

static void pop(struct streams *streams) {
    drop(&streams->heap.items[0]);
    streams->heap.items[0] = streams->heap.items[--streams->heap.count];
    for (size_t at = 0;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < streams->heap.count; child++)
            if (order_of(&streams->heap.items[child], &streams->heap.items[least]) < 0)
                least = child;
        if (least == at)
            return;
        swap(streams, at, least);
        at = least;
    }
}

/* --- kept rows --- */

static void advance(struct streams *streams, bool right, int64_t time) {
    if (time > streams->now)
        streams->now = time;
    if (time > streams->seen[right])
        streams->seen[right] = time;
}

static void note(struct stage *stage, const struct stored *row) {
    struct streams *streams = stage->state;
    struct value item[2] = {value_bigint(row->window_start), row->key[NUMBER]};
    multimap_add(streams->index, row->key, item);
    if (row->values[streams->flag].boolean)
        push(streams, row->key, row->window_start);
    if (row->key[NUMBER].integer >= streams->number)
        streams->number = row->key[NUMBER].integer + 1;
    advance(streams, row->key[SIDE].boolean, row->window_start);
}

/* What was kept before the query was stopped. */
static struct streams *open(struct stage *stage) {
    struct streams *streams = stage->state;
    const struct stored *row;
    if (streams->index != NULL)
        return streams;
    streams->index = multimap_new(NUMBER, 2);
    for (size_t at = 0; (row = store_next(stage->store, &at)) != NULL;)
        note(stage, row);
    return streams;
}

static bool late_results(const struct stage *stage) {
    return stage->step->join.grace >= 0;
}

static int64_t kept_for(const struct step_join *join) {
    return join->before + join->after + (join->grace >= 0 ? join->grace : DAY_MS);
}

static bool keeps_side(const struct stage *stage, bool right) {
    enum join_kind kind = stage->step->join.kind;
    return kind == JOIN_OUTER || kind == (right ? JOIN_RIGHT : JOIN_LEFT);
}

static void keep(struct stage *stage, const struct row *row, struct value *key, bool waits, struct arena *arena) {
    struct streams *streams = stage->state;
    size_t count = columns_of(stage, key[SIDE].boolean);
    struct value *values = arena_zero(arena, (streams->flag + 1) * sizeof *values);
    memcpy(values, row->values, count * sizeof *values);
    values[streams->flag] = value_boolean(waits);
    key[NUMBER] = value_bigint(streams->number);
    note(stage, store_put(stage->store, key, row->timestamp, row->timestamp, row->timestamp, values));
}

/* --- results --- */

static void emit(struct stage *stage, const struct value *left, const struct value *right, const struct value *key,
                 int64_t timestamp) {
    struct batch *out = operator_batch(stage);
    struct row *row = batch_add(out);
    size_t left_count = columns_of(stage, false), right_count = columns_of(stage, true);
    for (size_t i = 0; left != NULL && i < left_count; i++)
        row->values[i] = value_copy(&out->arena, left[i]);
    for (size_t i = 0; right != NULL && i < right_count; i++)
        row->values[left_count + i] = value_copy(&out->arena, right[i]);
    row->values[left_count + right_count] = value_copy(&out->arena, key[JOIN_KEY]);
    row->timestamp = timestamp;
    row->window_start = key[WINDOW_FROM].integer;
    row->window_end = key[WINDOW_TO].integer;
}

static void close_windows(struct stage *stage) {
    struct streams *streams = stage->state;
    const struct step_join *join = &stage->step->join;
    while (streams->heap.count != 0) {
        const struct waiting_row *first = &streams->heap.items[0];
        bool right = first->key[SIDE].boolean;
        if (first->time + (right ? join->before : join->after) + join->grace >= streams->now)
            return;
        struct stored *row = store_get(stage->store, first->key, first->time);
        if (row != NULL && row->values[streams->flag].boolean) {
            emit(stage, right ? NULL : row->values, right ? row->values : NULL, row->key, first->time);
            row->values[streams->flag] = value_boolean(false);
            store_put(stage->store, first->key, first->time, first->time, first->time, row->values);
        }
        pop(streams);
    }
}

static bool too_old(void *context, const struct stored *row) {
    const struct stage *stage = context;
    struct streams *streams = stage->state;
    int64_t seen = streams->seen[row->key[SIDE].boolean];
    if (seen == INT64_MIN || row->window_end >= seen - kept_for(&stage->step->join))
        return false;
    struct value item[2] = {value_bigint(row->window_start), row->key[NUMBER]};
    multimap_remove(streams->index, row->key, item);
    return true;
}

static void expire(struct stage *stage, bool right) {
    struct streams *streams = stage->state;
    if (streams->seen[right] < streams->expire_at[right])
        return;
    streams->expire_at[right] = streams->seen[right] + kept_for(&stage->step->join) / 2 + 60000;
    store_drop(stage->store, too_old, stage);
}

/* Gives whether there was a partner. */
static bool find_partners(struct stage *stage, const struct row *row, const struct value *key) {
    struct streams *streams = stage->state;
    const struct step_join *join = &stage->step->join;
    bool right = key[SIDE].boolean, found = false;
    int64_t from = row->timestamp - (right ? join->after : join->before);
    int64_t to = row->timestamp + (right ? join->before : join->after);
    struct value other[KEYS];
    memcpy(other, key, sizeof other);
    other[SIDE].boolean = !right;
    struct span span = multimap_get(streams->index, other);
    for (size_t i = 0; i < span.count; i++) {
        int64_t time = span.values[2 * i].integer;
        if (time < from || time > to || time < 0)
            continue;
        other[NUMBER] = span.values[2 * i + 1];
        struct stored *partner = store_get(stage->store, other, time);
        if (partner == NULL)
            continue;
        found = true;
        emit(stage, right ? partner->values : row->values, right ? row->values : partner->values, key,
             time > row->timestamp ? time : row->timestamp);
        if (partner->values[streams->flag].boolean) {
            partner->values[streams->flag] = value_boolean(false);
            store_put(stage->store, other, time, time, time, partner->values);
        }
    }
    return found;
}

static void one_row(struct stage *stage, const struct row *row, bool right, struct arena *arena) {
    struct streams *streams = stage->state;
    const struct step_join *join = &stage->step->join;
    struct value key[KEYS] = {value_boolean(right)};
    key[JOIN_KEY] = evaluate(right ? join->right_key : join->left_key, row->values, arena, &stage->task->options.log);
    if (row->tombstone || value_is_null(key[JOIN_KEY]))
        return;
    key[WINDOW_FROM] = value_bigint(join->windowed ? row->window_start : 0);
    key[WINDOW_TO] = value_bigint(join->windowed ? row->window_end : 0);
    advance(streams, right, row->timestamp);
    if (late_results(stage))
        close_windows(stage);
    bool found = find_partners(stage, row, key), alone = !found && keeps_side(stage, right);
    bool closed = row->timestamp + (right ? join->before : join->after) < streams->now;
    bool waits = alone && late_results(stage) && !closed;
    if (alone && !waits)
        emit(stage, right ? NULL : row->values, right ? row->values : NULL, key, row->timestamp);
    if (row->timestamp >= streams->seen[right] - kept_for(join))
        keep(stage, row, key, waits, arena);
    expire(stage, right);
}

static void run(struct stage *stage, struct batch *rows, bool from_right) {
    open(stage);
    for (size_t i = 0; i < rows->count; i++)
        one_row(stage, &rows->rows[i], from_right, &rows->arena);
    operator_emit_batch(stage);
}

const struct operator_kind operator_join_streams = {
    .kind = STEP_JOIN_STREAMS, .run = run, .start = start, .stop = stop};
