/* A state store: rows by key and window, in memory, with the changes since they were last taken. Only state owns
 * copies: keys and values are copied in. One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "foundation/base/error.h"
#include "foundation/value/value.h"

struct store;
struct stored {
    const struct value *key;
    struct value *values;
    int64_t timestamp, window_start, window_end;
    uint8_t marked; /* the caller's own: 0 in a new row, stays when the row is replaced, not kept beyond a restart */
};
/* journal: changes are kept for store_take_changes. */
struct store *store_new(size_t key_count, size_t value_count, bool journal);
void store_free(struct store *store);
size_t store_count(const struct store *store);

struct stored *store_get(const struct store *store, const struct value *key, int64_t window_start);
/* Makes or replaces the row. The pointer is good until the next change of this key. */
struct stored *store_put(struct store *store, const struct value *key, int64_t window_start, int64_t window_end,
                         int64_t timestamp, const struct value *values);
void store_remove(struct store *store, const struct value *key, int64_t window_start);
/* Rows whose window ended before this time go; they are no changes: whoever replays does the same. */
void store_expire(struct store *store, int64_t before);
/* The same for rows of which `gone` is true; it is asked for every row that has no change waiting to be taken. */
void store_drop(struct store *store, bool (*gone)(void *context, const struct stored *row), void *context);
/* for (size_t at = 0; (row = store_next(store, &at)) != NULL;) in no order; do not change the store meanwhile. */
struct stored *store_next(const struct store *store, size_t *at);

/* Appends what has changed since the last time, or everything, packed. */
void store_take_changes(struct store *store, struct text *out);
void store_take_all(const struct store *store, struct text *out);
/* One packed change off the front of *bytes; ERROR_CORRUPT when damaged. */
int store_apply(struct store *store, struct view *bytes, struct error *error);
