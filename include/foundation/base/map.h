/* Hash map from bytes to a pointer; keys are copied. Insertion order is kept for iteration. One owner. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "foundation/base/text.h"

struct map;

struct map *map_new(void (*free_value)(void *value)); /* free_value may be NULL: values are borrowed */
void map_free(struct map *map);
void *map_get(const struct map *map, struct view key); /* NULL when absent */
bool map_has(const struct map *map, struct view key);
void map_put(struct map *map, struct view key, void *value); /* frees a value that it replaces */
bool map_remove(struct map *map, struct view key);
size_t map_count(const struct map *map);
void map_clear(struct map *map);

/* for (size_t at = 0; map_next(map, &at, &key, &value);) ... ; do not change the map meanwhile. */
bool map_next(const struct map *map, size_t *at, struct view *key, void **value);
