/* Arrays as sets: ARRAY_DISTINCT, ARRAY_EXCEPT, ARRAY_INTERSECT, ARRAY_UNION. The first occurrence gives the order. */
#include "ksql/function/family.h"

struct seen { /* open addressing over the items of a list */
    const struct value *items;
    uint32_t *slots; /* index + 1; 0 = free */
    size_t mask;
};

static bool same(struct value a, struct value b) {
    return value_is_null(a) || value_is_null(b) ? value_is_null(a) && value_is_null(b) : value_equal(a, b);
}

static struct seen new_seen(size_t most, const struct value *items, struct arena *arena) {
    size_t slots = 16;
    while (slots < most * 2)
        slots *= 2;
    return (struct seen){items, arena_zero(arena, slots * sizeof(uint32_t)), slots - 1};
}

static uint32_t *place(const struct seen *seen, struct value item) {
    size_t at = value_hash(item) & seen->mask;
    while (seen->slots[at] != 0 && !same(seen->items[seen->slots[at] - 1], item))
        at = (at + 1) & seen->mask;
    return &seen->slots[at];
}

static struct seen seen_of(struct value array, struct arena *arena) {
    struct seen seen = new_seen(array.size, array.items, arena);
    for (uint32_t i = 0; i < array.size; i++) {
        uint32_t *slot = place(&seen, array.items[i]);
        *slot = *slot == 0 ? i + 1 : *slot;
    }
    return seen;
}

static void add(struct value *items, size_t *count, const struct seen *seen, struct value item) {
    uint32_t *slot = place(seen, item);
    if (*slot != 0)
        return;
    items[(*count)++] = item;
    *slot = (uint32_t)*count;
}

/* Those of `array` that are in `other` (wanted 1), not in it (0), or all (-1); then those of `more`. */
static struct value build(struct value array, const struct seen *other, int wanted, struct value more,
                          struct arena *arena) {
    struct value *items = arena_allocate(arena, ((size_t)array.size + more.size + 1) * sizeof *items);
    struct seen kept = new_seen((size_t)array.size + more.size, items, arena);
    size_t count = 0;
    for (size_t i = 0; i < array.size; i++)
        if (wanted < 0 || (*place(other, array.items[i]) != 0) == wanted)
            add(items, &count, &kept, array.items[i]);
    for (size_t i = 0; i < more.size; i++)
        add(items, &count, &kept, more.items[i]);
    return function_list(items, count);
}

static const struct value nothing = {.tag = VALUE_ARRAY};

SCALAR(distinct) {
    *result = build(arguments[0], NULL, -1, nothing, arena);
    return 0;
}

SCALAR(except) {
    struct seen other = seen_of(arguments[1], arena);
    *result = build(arguments[0], &other, 0, nothing, arena);
    return 0;
}

SCALAR(intersect) {
    struct seen other = seen_of(arguments[1], arena);
    *result = build(arguments[0], &other, 1, nothing, arena);
    return 0;
}

SCALAR(unite) {
    *result = build(arguments[0], NULL, -1, arguments[1], arena);
    return 0;
}

#define TWO(name, function)                                                                                            \
    static const struct function_signature name[] = {                                                                  \
        SIGNATURE(NULL, function, TAKES(ARRAY_SAME, "left"), TAKES(ARRAY_SAME, "right"))}
static const struct function_signature distinct_rows[] = {SIGNATURE(NULL, distinct, TAKES(ARRAY, "array"))};
TWO(except_rows, except);
TWO(intersect_rows, intersect);
TWO(union_rows, unite);

static const struct function functions[] = {
    {"ARRAY_DISTINCT", FUNCTION_SCALAR, "ARRAY", "Every element once.", FAMILY_SIGNATURES(distinct_rows)},
    {"ARRAY_EXCEPT", FUNCTION_SCALAR, "ARRAY", "Elements that another array does not have.",
     FAMILY_SIGNATURES(except_rows)},
    {"ARRAY_INTERSECT", FUNCTION_SCALAR, "ARRAY", "Elements that both arrays have.", FAMILY_SIGNATURES(intersect_rows)},
    {"ARRAY_UNION", FUNCTION_SCALAR, "ARRAY", "Elements of both arrays, each once.", FAMILY_SIGNATURES(union_rows)},
};
const struct function_family function_family_set = {functions, FAMILY_COUNT(functions)};
