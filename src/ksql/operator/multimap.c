#include "multimap.h"

#include <stdint.h>
#include <string.h>

#include "foundation/base/memory.h"

struct bucket { /* key NULL: free */
    struct value *key, *items;
    size_t count, capacity;
    uint64_t hash;
};
struct multimap {
    size_t key_count, item_count;
    struct bucket *buckets;
    size_t bucket_count, used;
};

struct multimap *multimap_new(size_t key_count, size_t item_count) {
    struct multimap *map = memory_zero(1, sizeof *map);
    map->key_count = key_count;
    map->item_count = item_count;
    map->bucket_count = 64;
    map->buckets = memory_zero(map->bucket_count, sizeof *map->buckets);
    return map;
}

static void disown(struct value *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        value_disown(&values[i]);
}

static void empty(struct multimap *map, struct bucket *bucket) {
    disown(bucket->key, map->key_count);
    disown(bucket->items, bucket->count * map->item_count);
    memory_free(bucket->key);
    memory_free(bucket->items);
    *bucket = (struct bucket){0};
}

void multimap_free(struct multimap *map) {
    if (map == NULL)
        return;
    for (size_t i = 0; i < map->bucket_count; i++)
        if (map->buckets[i].key != NULL)
            empty(map, &map->buckets[i]);
    memory_free(map->buckets);
    memory_free(map);
}

static uint64_t hash_of(const struct multimap *map, const struct value *key) {
    uint64_t hash = 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < map->key_count; i++)
        hash = (hash ^ value_hash(key[i])) * 0xff51afd7ed558ccdu;
    return hash ^ hash >> 31;
}

static bool same(const struct value *a, const struct value *b, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!value_equal(a[i], b[i]))
            return false;
    return true;
}

static struct bucket *find(const struct multimap *map, const struct value *key, uint64_t hash) {
    size_t mask = map->bucket_count - 1, at = hash & mask;
    while (map->buckets[at].key != NULL &&
           !(map->buckets[at].hash == hash && same(map->buckets[at].key, key, map->key_count)))
        at = (at + 1) & mask;
    return &map->buckets[at];
}

struct span multimap_get(const struct multimap *map, const struct value *key) {
    const struct bucket *bucket = find(map, key, hash_of(map, key));
    return (struct span){bucket->items, bucket->count};
}

static void grow(struct multimap *map) {
    struct bucket *old = map->buckets;
    size_t count = map->bucket_count;
    map->bucket_count *= 2;
    map->buckets = memory_zero(map->bucket_count, sizeof *map->buckets);
    for (size_t i = 0; i < count; i++)
        if (old[i].key != NULL)
            *find(map, old[i].key, old[i].hash) = old[i];
    memory_free(old);
}

static void own(struct value *to, const struct value *from, size_t count) {
    for (size_t i = 0; i < count; i++)
        to[i] = value_own(from[i]);
}

/* Index of the first item that is not smaller. */
static size_t place_of(const struct multimap *map, const struct bucket *bucket, const struct value *item) {
    size_t low = 0, high = bucket->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = 0;
        for (size_t i = 0; order == 0 && i < map->item_count; i++)
            order = value_compare(bucket->items[middle * map->item_count + i], item[i]);
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void multimap_add(struct multimap *map, const struct value *key, const struct value *item) {
    if (map->used * 2 >= map->bucket_count)
        grow(map);
    uint64_t hash = hash_of(map, key);
    struct bucket *bucket = find(map, key, hash);
    size_t width = map->item_count;
    if (bucket->key == NULL) {
        bucket->key = memory_zero(map->key_count + 1, sizeof *bucket->key);
        own(bucket->key, key, map->key_count);
        bucket->hash = hash;
        map->used++;
    }
    size_t at = place_of(map, bucket, item);
    if (at < bucket->count && same(&bucket->items[at * width], item, width))
        return;
    if (bucket->count == bucket->capacity) {
        bucket->capacity = bucket->capacity == 0 ? 2 : bucket->capacity * 2;
        bucket->items = memory_resize(bucket->items, bucket->capacity * width, sizeof *bucket->items);
    }
    memmove(&bucket->items[(at + 1) * width], &bucket->items[at * width],
            (bucket->count - at) * width * sizeof *bucket->items);
    own(&bucket->items[at * width], item, width);
    bucket->count++;
}

/* Linear probing: buckets behind the hole move up when their home lies before it. */
static void take_out(struct multimap *map, struct bucket *bucket) {
    size_t mask = map->bucket_count - 1, hole = (size_t)(bucket - map->buckets);
    empty(map, bucket);
    map->used--;
    for (size_t at = (hole + 1) & mask; map->buckets[at].key != NULL; at = (at + 1) & mask) {
        size_t home = map->buckets[at].hash & mask;
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            map->buckets[hole] = map->buckets[at];
            map->buckets[at] = (struct bucket){0};
            hole = at;
        }
    }
}

void multimap_remove(struct multimap *map, const struct value *key, const struct value *item) {
    struct bucket *bucket = find(map, key, hash_of(map, key));
    size_t width = map->item_count;
    if (bucket->key == NULL)
        return;
    size_t at = place_of(map, bucket, item);
    if (at == bucket->count || !same(&bucket->items[at * width], item, width))
        return;
    disown(&bucket->items[at * width], width);
    memmove(&bucket->items[at * width], &bucket->items[(at + 1) * width],
            (bucket->count - at - 1) * width * sizeof *bucket->items);
    if (--bucket->count == 0)
        take_out(map, bucket);
}
