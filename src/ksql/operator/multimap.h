/* Several items a key, in order: where an operator finds rows of its store by something else than their whole key.
 * Rebuilt from the store when a query starts again. One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "foundation/value/value.h"

struct multimap;
struct span { /* item i begins at values[i * item_count]; good until the next change */
    const struct value *values;
    size_t count;
};
struct multimap *multimap_new(size_t key_count, size_t item_count);
void multimap_free(struct multimap *map);
struct span multimap_get(const struct multimap *map, const struct value *key);
/* Copies. An item that is there already stays once. */
void multimap_add(struct multimap *map, const struct value *key, const struct value *item);
void multimap_remove(struct multimap *map, const struct value *key, const struct value *item);
