#include "ksql/operator/store.h"

#include <string.h>

#include "foundation/base/arena.h"
#include "foundation/base/memory.h"
#include "foundation/base/vector.h"

/* Key values, row values and all bytes they point to lie in one block behind the entry. A row that fits into its block
 * is written over the old one, so that counters and sums allocate nothing. */
struct entry {
    struct stored row;
    uint64_t hash;
    size_t capacity; /* bytes for key and values with all that belongs to them */
    size_t key_bytes;
    size_t dirty_at; /* in the store's list */
    bool dirty, removed;
};
struct slot {
    uint64_t hash; /* here too: most slots that are not the one are passed over without a look at their entry */
    struct entry *entry;
};
struct store {
    struct slot *slots;
    size_t slot_count, count; /* of entries, removed ones too */
    size_t live;
    size_t key_count, value_count;
    bool journal;
    VECTOR(struct entry *) dirty;
    struct entry *spare; /* the block of the row replaced last, for the next one: rows that change cost no allocation */
};

struct store *store_new(size_t key_count, size_t value_count, bool journal) {
    struct store *store = memory_zero(1, sizeof *store);
    store->key_count = key_count;
    store->value_count = value_count;
    store->journal = journal;
    store->slot_count = 64;
    store->slots = memory_zero(store->slot_count, sizeof *store->slots);
    return store;
}

void store_free(struct store *store) {
    if (store == NULL)
        return;
    for (size_t i = 0; i < store->slot_count; i++)
        memory_free(store->slots[i].entry);
    memory_free(store->slots);
    memory_free(store->spare);
    vector_free(&store->dirty);
    memory_free(store);
}

size_t store_count(const struct store *store) {
    return store->live;
}

static uint64_t hash_key(const struct store *store, const struct value *key, int64_t window_start) {
    uint64_t hash = (uint64_t)window_start * 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < store->key_count; i++)
        hash = (hash ^ value_hash(key[i])) * 0xff51afd7ed558ccdu + 0x2545f4914f6cdd1du;
    return hash ^ hash >> 29;
}

static bool same_key(const struct store *store, const struct entry *entry, const struct value *key,
                     int64_t window_start) {
    if (entry->row.window_start != window_start)
        return false;
    for (size_t i = 0; i < store->key_count; i++)
        if (!value_equal(entry->row.key[i], key[i]))
            return false;
    return true;
}

static size_t find(const struct store *store, uint64_t hash, const struct value *key, int64_t window_start) {
    size_t mask = store->slot_count - 1, at = hash & mask;
    while (store->slots[at].entry != NULL &&
           !(store->slots[at].hash == hash && same_key(store, store->slots[at].entry, key, window_start)))
        at = (at + 1) & mask;
    return at;
}

static void grow(struct store *store) {
    struct slot *old = store->slots;
    size_t old_count = store->slot_count;
    store->slot_count *= 2;
    store->slots = memory_zero(store->slot_count, sizeof *store->slots);
    for (size_t i = 0; i < old_count; i++) {
        if (old[i].entry == NULL)
            continue;
        size_t at = old[i].hash & (store->slot_count - 1);
        while (store->slots[at].entry != NULL)
            at = (at + 1) & (store->slot_count - 1);
        store->slots[at] = old[i];
    }
    memory_free(old);
}

/* Linear probing: entries behind the hole move up when their home lies before it. */
static void take_out(struct store *store, size_t hole) {
    size_t mask = store->slot_count - 1;
    for (size_t at = (hole + 1) & mask; store->slots[at].entry != NULL; at = (at + 1) & mask) {
        size_t home = store->slots[at].hash & mask;
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            store->slots[hole] = store->slots[at];
            hole = at;
        }
    }
    store->slots[hole] = (struct slot){0};
    store->count--;
}

static bool has_items(struct value value) {
    return value.tag == VALUE_ARRAY || value.tag == VALUE_MAP || value.tag == VALUE_STRUCT;
}

static size_t item_count(struct value value) {
    return (size_t)value.size * (value.tag == VALUE_MAP ? 2 : 1);
}

static size_t rounded(size_t size) {
    return (size + 15) & ~(size_t)15;
}

static size_t extra_bytes(struct value value) {
    if (value.tag == VALUE_STRING || value.tag == VALUE_BYTES)
        return rounded(value.size);
    if (value.tag == VALUE_DECIMAL)
        return 16;
    if (!has_items(value))
        return 0;
    size_t bytes = rounded(item_count(value) * sizeof value);
    for (size_t i = 0; i < item_count(value); i++)
        bytes += extra_bytes(value.items[i]);
    return bytes;
}

static struct value copy_in(struct value value, char **at) {
    if (value.tag == VALUE_STRING || value.tag == VALUE_BYTES) {
        if (value.size != 0)
            memcpy(*at, value.bytes, value.size);
        value.bytes = *at;
        *at += rounded(value.size);
    } else if (value.tag == VALUE_DECIMAL) {
        memcpy(*at, value.decimal, 16);
        value.decimal = (const __int128 *)(const void *)*at;
        *at += 16;
    } else if (has_items(value)) {
        struct value *items = (struct value *)(void *)*at;
        const struct value *from = value.items;
        *at += rounded(item_count(value) * sizeof value);
        for (size_t i = 0; i < item_count(value); i++)
            items[i] = copy_in(from[i], at);
        value.items = items;
    }
    return value;
}

static size_t all_bytes(const struct value *values, size_t count) {
    size_t bytes = rounded(count * sizeof *values);
    for (size_t i = 0; i < count; i++)
        bytes += extra_bytes(values[i]);
    return bytes;
}

static struct value *copy_all(const struct value *values, size_t count, char *at) {
    struct value *copy = (struct value *)(void *)at;
    at += rounded(count * sizeof *values);
    for (size_t i = 0; i < count; i++)
        copy[i] = copy_in(values[i], &at);
    return copy;
}

static char *block_of(struct entry *entry) {
    return (char *)entry + rounded(sizeof *entry);
}

static void mark(struct store *store, struct entry *entry) {
    if (!store->journal || entry->dirty)
        return;
    entry->dirty = true;
    entry->dirty_at = store->dirty.count;
    vector_push(&store->dirty, entry);
}

struct stored *store_get(const struct store *store, const struct value *key, int64_t window_start) {
    struct entry *entry = store->slots[find(store, hash_key(store, key, window_start), key, window_start)].entry;
    return entry == NULL || entry->removed ? NULL : &entry->row;
}

static struct entry *take_block(struct store *store, size_t bytes) {
    struct entry *spare = store->spare;
    if (spare != NULL && spare->capacity >= bytes && spare->capacity / 2 <= bytes) {
        store->spare = NULL;
        return spare;
    }
    size_t capacity = bytes + bytes / 8; /* numbers and texts grow a little */
    struct entry *entry = memory_allocate(rounded(sizeof *entry) + capacity);
    entry->capacity = capacity;
    return entry;
}

/* The new values may point into the entry itself (an aggregate's state that was partly replaced): they are copied to a
 * block of their own before the old one goes. */
static struct entry *write_entry(struct store *store, size_t slot, uint64_t hash, const struct value *key,
                                 const struct value *values) {
    struct entry *old = store->slots[slot].entry;
    bool scalar = true;
    for (size_t i = 0; i < store->value_count; i++)
        scalar &= extra_bytes(values[i]) == 0;
    if (old != NULL && scalar) {
        if (values != old->row.values)
            memmove(old->row.values, values, store->value_count * sizeof *values);
        return old;
    }
    size_t key_bytes = all_bytes(key, store->key_count), bytes = key_bytes + all_bytes(values, store->value_count);
    struct entry *entry = take_block(store, bytes);
    size_t capacity = entry->capacity;
    *entry = old != NULL ? *old : (struct entry){0};
    entry->hash = hash;
    entry->capacity = capacity;
    entry->key_bytes = key_bytes;
    char *block = block_of(entry);
    entry->row.key = copy_all(key, store->key_count, block);
    entry->row.values = copy_all(values, store->value_count, block + key_bytes);
    store->slots[slot] = (struct slot){hash, entry};
    if (old == NULL) {
        store->count++;
    } else {
        if (old->dirty)
            store->dirty.items[old->dirty_at] = entry;
        memory_free(store->spare);
        store->spare = old;
    }
    return entry;
}

struct stored *store_put(struct store *store, const struct value *key, int64_t window_start, int64_t window_end,
                         int64_t timestamp, const struct value *values) {
    if (store->count * 2 >= store->slot_count)
        grow(store);
    uint64_t hash = hash_key(store, key, window_start);
    size_t slot = find(store, hash, key, window_start);
    bool fresh = store->slots[slot].entry == NULL || store->slots[slot].entry->removed;
    struct entry *entry = write_entry(store, slot, hash, key, values);
    entry->row.window_start = window_start;
    entry->row.window_end = window_end;
    entry->row.timestamp = timestamp;
    entry->removed = false;
    store->live += fresh;
    mark(store, entry);
    return &entry->row;
}

void store_remove(struct store *store, const struct value *key, int64_t window_start) {
    size_t slot = find(store, hash_key(store, key, window_start), key, window_start);
    struct entry *entry = store->slots[slot].entry;
    if (entry == NULL || entry->removed)
        return;
    store->live--;
    if (store->journal) { /* stays until the removal has been taken */
        entry->removed = true;
        mark(store, entry);
        return;
    }
    take_out(store, slot);
    memory_free(entry);
}

void store_drop(struct store *store, bool (*gone_by)(void *context, const struct stored *row), void *context) {
    VECTOR(struct entry *) gone = {0};
    for (size_t i = 0; i < store->slot_count; i++) {
        struct entry *entry = store->slots[i].entry;
        if (entry != NULL && !entry->removed && !entry->dirty && gone_by(context, &entry->row))
            vector_push(&gone, entry);
    }
    for (size_t i = 0; i < gone.count; i++) {
        struct entry *entry = gone.items[i];
        take_out(store, find(store, entry->hash, entry->row.key, entry->row.window_start));
        memory_free(entry);
        store->live--;
    }
    vector_free(&gone);
}

static bool ended_before(void *context, const struct stored *row) {
    return row->window_end < *(const int64_t *)context;
}

void store_expire(struct store *store, int64_t before) {
    store_drop(store, ended_before, &before);
}

struct stored *store_next(const struct store *store, size_t *at) {
    while (*at < store->slot_count) {
        struct entry *entry = store->slots[(*at)++].entry;
        if (entry != NULL && !entry->removed)
            return &entry->row;
    }
    return NULL;
}

static void put_number(struct text *out, int64_t number) {
    text_append_bytes(out, &number, sizeof number);
}

static void pack(const struct store *store, const struct entry *entry, struct text *out) {
    text_append_char(out, entry->removed ? 'R' : 'P');
    put_number(out, entry->row.window_start);
    for (size_t i = 0; i < store->key_count; i++)
        value_pack(out, entry->row.key[i]);
    if (entry->removed)
        return;
    put_number(out, entry->row.window_end);
    put_number(out, entry->row.timestamp);
    for (size_t i = 0; i < store->value_count; i++)
        value_pack(out, entry->row.values[i]);
}

void store_take_changes(struct store *store, struct text *out) {
    for (size_t i = 0; i < store->dirty.count; i++) {
        struct entry *entry = store->dirty.items[i];
        pack(store, entry, out);
        entry->dirty = false;
        if (entry->removed) {
            take_out(store, find(store, entry->hash, entry->row.key, entry->row.window_start));
            memory_free(entry);
        }
    }
    vector_clear(&store->dirty);
}

void store_take_all(const struct store *store, struct text *out) {
    for (size_t i = 0; i < store->slot_count; i++)
        if (store->slots[i].entry != NULL && !store->slots[i].entry->removed)
            pack(store, store->slots[i].entry, out);
}

static bool take_number(struct view *bytes, int64_t *number) {
    if (bytes->size < sizeof *number)
        return false;
    memcpy(number, bytes->data, sizeof *number);
    *bytes = (struct view){bytes->data + sizeof *number, bytes->size - sizeof *number};
    return true;
}

static bool take_values(struct view *bytes, struct arena *arena, struct value *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (value_unpack(bytes, arena, &values[i]) != 0)
            return false;
    return true;
}

int store_apply(struct store *store, struct view *bytes, struct error *error) {
    struct arena arena = ARENA_EMPTY;
    struct value *key = arena_zero(&arena, (store->key_count + 1) * sizeof *key);
    struct value *values = arena_zero(&arena, (store->value_count + 1) * sizeof *values);
    int64_t start, end, timestamp;
    char kind = bytes->size == 0 ? '\0' : bytes->data[0];
    bool right = kind == 'P' || kind == 'R';
    if (right) {
        *bytes = (struct view){bytes->data + 1, bytes->size - 1};
        right = take_number(bytes, &start) && take_values(bytes, &arena, key, store->key_count);
    }
    if (right && kind == 'P')
        right = take_number(bytes, &end) && take_number(bytes, &timestamp) &&
                take_values(bytes, &arena, values, store->value_count);
    if (right && kind == 'P')
        store_put(store, key, start, end, timestamp, values);
    else if (right)
        store_remove(store, key, start);
    arena_free(&arena);
    return right ? 0 : error_set(error, ERROR_CORRUPT, "a change of a state store does not decode");
}
