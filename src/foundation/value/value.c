#include "foundation/value/value.h"

#include <math.h>
#include <string.h>

#include "foundation/base/memory.h"

static size_t item_count(struct value v) {
    return v.tag == VALUE_MAP ? (size_t)v.size * 2 : v.tag == VALUE_ARRAY || v.tag == VALUE_STRUCT ? v.size : 0;
}

bool value_equal(struct value a, struct value b) {
    return a.tag == b.tag && value_compare(a, b) == 0;
}

static int order(int64_t a, int64_t b) {
    return a < b ? -1 : a > b;
}

int value_compare(struct value a, struct value b) {
    if (a.tag != b.tag)
        return order(a.tag, b.tag);
    switch (a.tag) {
    case VALUE_NULL:
        return 0;
    case VALUE_BOOLEAN:
        return order(a.boolean, b.boolean);
    case VALUE_DOUBLE: /* NaN sorts last and equals itself, as Java compares */
        if (a.real != a.real || b.real != b.real)
            return order(a.real != a.real, b.real != b.real);
        return a.real < b.real ? -1 : a.real > b.real;
    case VALUE_DECIMAL: {
        __int128 left, right;
        memcpy(&left, a.decimal, sizeof left);
        memcpy(&right, b.decimal, sizeof right);
        return left < right ? -1 : left > right;
    }
    case VALUE_STRING:
    case VALUE_BYTES:
        return view_compare(value_view(a), value_view(b));
    case VALUE_ARRAY:
    case VALUE_MAP:
    case VALUE_STRUCT: {
        size_t left = item_count(a), right = item_count(b);
        for (size_t i = 0; i < left && i < right; i++) {
            int found = value_compare(a.items[i], b.items[i]);
            if (found)
                return found;
        }
        return order((int64_t)left, (int64_t)right);
    }
    default:
        return order(a.integer, b.integer);
    }
}

static uint64_t mix(uint64_t hash) {
    hash ^= hash >> 33;
    hash *= 0xff51afd7ed558ccdu;
    hash ^= hash >> 33;
    hash *= 0xc4ceb9fe1a85ec53u;
    return hash ^ hash >> 33;
}

uint64_t value_hash(struct value v) {
    uint64_t hash = (uint64_t)v.tag * 0x9e3779b97f4a7c15u;
    switch (v.tag) {
    case VALUE_NULL:
        return hash;
    case VALUE_BOOLEAN:
        return mix(hash + v.boolean);
    case VALUE_DOUBLE: {
        double real = v.real == 0        ? 0
                      : v.real != v.real ? (double)NAN
                                         : v.real; /* -0.0 equals 0.0, any NaN any other */
        uint64_t bits;
        memcpy(&bits, &real, sizeof bits);
        return mix(hash ^ bits);
    }
    case VALUE_DECIMAL: {
        uint64_t halves[2];
        memcpy(halves, v.decimal, sizeof halves);
        return mix(mix(hash ^ halves[0]) ^ halves[1]);
    }
    case VALUE_STRING:
    case VALUE_BYTES:
        return hash ^ view_hash(value_view(v));
    case VALUE_ARRAY:
    case VALUE_MAP:
    case VALUE_STRUCT:
        for (size_t i = 0; i < item_count(v); i++)
            hash = mix(hash ^ value_hash(v.items[i]));
        return hash;
    default:
        return mix(hash ^ (uint64_t)v.integer);
    }
}

struct value value_copy(struct arena *arena, struct value v) {
    switch (v.tag) {
    case VALUE_STRING:
    case VALUE_BYTES:
        v.bytes = arena_copy_bytes(arena, v.bytes, v.size);
        break;
    case VALUE_DECIMAL: {
        __int128 *copy = arena_allocate(arena, sizeof *copy);
        memcpy(copy, v.decimal, sizeof *copy);
        v.decimal = copy;
        break;
    }
    case VALUE_ARRAY:
    case VALUE_MAP:
    case VALUE_STRUCT: {
        struct value *items = arena_allocate(arena, item_count(v) * sizeof *items);
        for (size_t i = 0; i < item_count(v); i++)
            items[i] = value_copy(arena, v.items[i]);
        v.items = items;
        break;
    }
    default:
        break;
    }
    return v;
}

struct value value_own(struct value v) {
    switch (v.tag) {
    case VALUE_STRING:
    case VALUE_BYTES:
        v.bytes = memory_copy(v.bytes, v.size);
        break;
    case VALUE_DECIMAL:
        v.decimal = memory_copy(v.decimal, sizeof *v.decimal);
        break;
    case VALUE_ARRAY:
    case VALUE_MAP:
    case VALUE_STRUCT: {
        struct value *items = memory_zero(item_count(v), sizeof *items);
        for (size_t i = 0; i < item_count(v); i++)
            items[i] = value_own(v.items[i]);
        v.items = items;
        break;
    }
    default:
        break;
    }
    return v;
}

void value_disown(struct value *v) {
    switch (v->tag) {
    case VALUE_STRING:
    case VALUE_BYTES:
        memory_free((char *)(uintptr_t)v->bytes);
        break;
    case VALUE_DECIMAL:
        memory_free((void *)(uintptr_t)v->decimal);
        break;
    case VALUE_ARRAY:
    case VALUE_MAP:
    case VALUE_STRUCT:
        for (size_t i = 0; i < item_count(*v); i++) {
            struct value item = v->items[i];
            value_disown(&item);
        }
        memory_free((void *)(uintptr_t)v->items);
        break;
    default:
        break;
    }
    *v = value_null();
}
