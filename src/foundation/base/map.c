#include "foundation/base/map.h"

#include "foundation/base/memory.h"

/* Entries in order of insertion; a table of indexes finds them. Removed entries leave a hole until the next growth. */
struct entry {
    char *key;
    size_t size;
    uint64_t hash;
    void *value;
    bool used;
};
struct map {
    void (*free_value)(void *value);
    struct entry *entries;
    uint32_t *slots; /* index + 1; 0 = empty */
    size_t entry_count, entry_capacity, slot_count, live;
};

struct map *map_new(void (*free_value)(void *value)) {
    struct map *map = memory_zero(1, sizeof *map);
    map->free_value = free_value;
    return map;
}

void map_clear(struct map *map) {
    for (size_t i = 0; i < map->entry_count; i++) {
        if (!map->entries[i].used)
            continue;
        memory_free(map->entries[i].key);
        if (map->free_value)
            map->free_value(map->entries[i].value);
    }
    map->entry_count = map->live = 0;
    if (map->slots)
        memset(map->slots, 0, map->slot_count * sizeof *map->slots);
}

void map_free(struct map *map) {
    if (!map)
        return;
    map_clear(map);
    memory_free(map->entries);
    memory_free(map->slots);
    memory_free(map);
}

/* Slot of the key, or of the first empty place. A removed entry keeps its slot so that chains stay whole. */
static size_t slot_of(const struct map *map, struct view key, uint64_t hash) {
    size_t at = hash & (map->slot_count - 1);
    while (map->slots[at]) {
        const struct entry *entry = &map->entries[map->slots[at] - 1];
        if (entry->used && entry->hash == hash && view_equal((struct view){entry->key, entry->size}, key))
            return at;
        at = (at + 1) & (map->slot_count - 1);
    }
    return at;
}

static void rebuild(struct map *map) {
    size_t kept = 0;
    for (size_t i = 0; i < map->entry_count; i++)
        if (map->entries[i].used)
            map->entries[kept++] = map->entries[i];
    map->entry_count = kept;
    size_t wanted = 16;
    while (wanted < (kept + 1) * 3)
        wanted *= 2;
    memory_free(map->slots);
    map->slots = memory_zero(wanted, sizeof *map->slots);
    map->slot_count = wanted;
    for (size_t i = 0; i < kept; i++) {
        size_t at = map->entries[i].hash & (wanted - 1);
        while (map->slots[at])
            at = (at + 1) & (wanted - 1);
        map->slots[at] = (uint32_t)(i + 1);
    }
}

static struct entry *find(const struct map *map, struct view key) {
    if (map->live == 0)
        return NULL;
    size_t at = slot_of(map, key, view_hash(key));
    return map->slots[at] ? &map->entries[map->slots[at] - 1] : NULL;
}

void *map_get(const struct map *map, struct view key) {
    const struct entry *entry = find(map, key);
    return entry ? entry->value : NULL;
}

bool map_has(const struct map *map, struct view key) {
    return find(map, key) != NULL;
}

void map_put(struct map *map, struct view key, void *value) {
    struct entry *old = find(map, key);
    if (old) {
        if (map->free_value && old->value != value)
            map->free_value(old->value);
        old->value = value;
        return;
    }
    if ((map->entry_count + 1) * 2 > map->slot_count)
        rebuild(map);
    if (map->entry_count == map->entry_capacity) {
        map->entry_capacity = map->entry_capacity ? map->entry_capacity * 2 : 8;
        map->entries = memory_resize(map->entries, map->entry_capacity, sizeof *map->entries);
    }
    uint64_t hash = view_hash(key);
    size_t at = slot_of(map, key, hash);
    char *copy = memory_allocate(key.size + 1);
    if (key.size)
        memcpy(copy, key.data, key.size);
    copy[key.size] = '\0';
    map->entries[map->entry_count] = (struct entry){copy, key.size, hash, value, true};
    map->slots[at] = (uint32_t)++map->entry_count;
    map->live++;
}

bool map_remove(struct map *map, struct view key) {
    struct entry *entry = find(map, key);
    if (!entry)
        return false;
    memory_free(entry->key);
    if (map->free_value)
        map->free_value(entry->value);
    entry->key = NULL;
    entry->used = false;
    map->live--;
    return true;
}

size_t map_count(const struct map *map) {
    return map->live;
}

bool map_next(const struct map *map, size_t *at, struct view *key, void **value) {
    while (*at < map->entry_count && !map->entries[*at].used)
        (*at)++;
    if (*at >= map->entry_count)
        return false;
    if (key)
        *key = (struct view){map->entries[*at].key, map->entries[*at].size};
    if (value)
        *value = map->entries[*at].value;
    (*at)++;
    return true;
}
