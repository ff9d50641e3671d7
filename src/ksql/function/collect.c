/* COLLECT_LIST, COLLECT_SET, SUM_LIST, COUNT_DISTINCT, HISTOGRAM, ATTR: aggregates whose state grows with what they
 * see. */
#include <math.h>

#include "ksql/function/family.h"

static bool same(struct value a, struct value b) {
    return value_is_null(a) || value_is_null(b) ? value_is_null(a) && value_is_null(b) : value_equal(a, b);
}

/* --- lists and sets --- */

static void list_init(const struct function_call *call, struct value *state) {
    (void)call;
    state[0] = (struct value){.tag = VALUE_ARRAY};
}

static void append(struct value *list, struct value item, struct arena *arena) {
    struct value *items = arena_allocate(arena, ((size_t)list->size + 1) * sizeof *items);
    if (list->size != 0)
        memcpy(items, list->items, list->size * sizeof *items);
    items[list->size] = item;
    *list = function_list(items, (size_t)list->size + 1);
}

static int64_t limit_of(int64_t limit) {
    return limit > 0 ? limit : FUNCTION_ITEMS_MAX;
}

static int list_update(const struct function_call *call, struct value *state, const struct value *arguments,
                       struct arena *arena, struct error *error) {
    (void)error;
    if (state[0].size < limit_of(call->context == NULL ? 0 : call->context->list_limit))
        append(&state[0], arguments[0], arena);
    return 0;
}

/* The last of equal items goes. */
static int list_undo(const struct function_call *call, struct value *state, const struct value *arguments,
                     struct arena *arena, struct error *error) {
    (void)call, (void)error;
    size_t at = state[0].size;
    while (at > 0 && !same(state[0].items[at - 1], arguments[0]))
        at--;
    if (at == 0)
        return 0;
    struct value *items = arena_allocate(arena, (size_t)state[0].size * sizeof *items);
    memcpy(items, state[0].items, (at - 1) * sizeof *items);
    memcpy(items + at - 1, state[0].items + at, (state[0].size - at) * sizeof *items);
    state[0] = function_list(items, (size_t)state[0].size - 1);
    return 0;
}

static int list_merge(const struct function_call *call, struct value *state, const struct value *later,
                      struct arena *arena, struct error *error) {
    for (size_t i = 0; i < later[0].size; i++)
        list_update(call, state, &later[0].items[i], arena, error);
    return 0;
}

static int set_update(const struct function_call *call, struct value *state, const struct value *arguments,
                      struct arena *arena, struct error *error) {
    (void)error;
    for (size_t i = 0; i < state[0].size; i++)
        if (same(state[0].items[i], arguments[0]))
            return 0;
    if (state[0].size < limit_of(call->context == NULL ? 0 : call->context->set_limit))
        append(&state[0], arguments[0], arena);
    return 0;
}

static int set_merge(const struct function_call *call, struct value *state, const struct value *later,
                     struct arena *arena, struct error *error) {
    for (size_t i = 0; i < later[0].size; i++)
        set_update(call, state, &later[0].items[i], arena, error);
    return 0;
}

static const struct sql_type *list_type(const struct function_call *call, struct arena *arena, struct error *error) {
    (void)error;
    return sql_type_array(arena, call->argument_types[0] == NULL ? &sql_string : call->argument_types[0]);
}

/* --- sums of lists --- */

static void sum_init(const struct function_call *call, struct value *state) {
    enum sql_base base = call->result_type->base;
    state[0] = base == SQL_INTEGER ? value_integer(0) : base == SQL_DOUBLE ? value_double(0) : value_bigint(0);
}

static int sum_list(struct value *state, struct value list, int64_t sign) {
    for (size_t i = 0; !value_is_null(list) && i < list.size; i++) {
        struct value item = list.items[i];
        if (value_is_null(item))
            continue;
        if (state[0].tag == VALUE_DOUBLE)
            state[0].real += sign < 0 ? -item.real : item.real;
        else if (state[0].tag == VALUE_INTEGER)
            state[0] = value_integer((int32_t)((uint32_t)state[0].integer + (uint32_t)(item.integer * sign)));
        else
            state[0] = value_bigint((int64_t)((uint64_t)state[0].integer + (uint64_t)item.integer * (uint64_t)sign));
    }
    return 0;
}

static int sum_update(const struct function_call *call, struct value *state, const struct value *arguments,
                      struct arena *arena, struct error *error) {
    (void)call, (void)arena, (void)error;
    return sum_list(state, arguments[0], 1);
}

static int sum_undo(const struct function_call *call, struct value *state, const struct value *arguments,
                    struct arena *arena, struct error *error) {
    (void)call, (void)arena, (void)error;
    return sum_list(state, arguments[0], -1);
}

static int sum_merge(const struct function_call *call, struct value *state, const struct value *later,
                     struct arena *arena, struct error *error) {
    (void)call, (void)arena, (void)error;
    return sum_list(state, function_list(later, 1), 1);
}

static const struct sql_type *element_type(const struct function_call *call, struct arena *arena, struct error *error) {
    (void)arena;
    const struct sql_type *type = call->argument_types[0] == NULL ? &sql_bigint : call->argument_types[0]->element;
    if (type->base == SQL_INTEGER || type->base == SQL_BIGINT || type->base == SQL_DOUBLE)
        return type;
    error_set(error, ERROR_INVALID, "SUM_LIST takes an ARRAY of INTEGER, BIGINT or DOUBLE, not of %s",
              sql_base_name(type->base));
    return NULL;
}

/* --- distinct values, counted by HyperLogLog: 4096 registers, about 1.6 % off --- */

enum { REGISTERS = 4096, REGISTER_BITS = 12 };

static void distinct_init(const struct function_call *call, struct value *state) {
    static const char empty[REGISTERS];
    (void)call;
    state[0] = value_bytes((struct view){empty, REGISTERS});
}

static uint64_t mix(uint64_t hash) {
    hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccdu;
    hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53u;
    return hash ^ hash >> 33;
}

static void raise(struct value *state, size_t at, unsigned char rank, struct arena *arena) {
    if ((unsigned char)state[0].bytes[at] >= rank)
        return;
    char *registers = arena_copy_bytes(arena, state[0].bytes, REGISTERS);
    registers[at] = (char)rank;
    state[0] = value_bytes((struct view){registers, REGISTERS});
}

static int distinct_update(const struct function_call *call, struct value *state, const struct value *arguments,
                           struct arena *arena, struct error *error) {
    (void)call, (void)error;
    if (value_is_null(arguments[0]))
        return 0;
    uint64_t hash = mix(value_hash(arguments[0])), rest = hash << REGISTER_BITS | 1u << (REGISTER_BITS - 1);
    raise(state, hash >> (64 - REGISTER_BITS), (unsigned char)(__builtin_clzll(rest) + 1), arena);
    return 0;
}

static int distinct_merge(const struct function_call *call, struct value *state, const struct value *later,
                          struct arena *arena, struct error *error) {
    (void)call, (void)error;
    for (size_t i = 0; i < REGISTERS; i++)
        raise(state, i, (unsigned char)later[0].bytes[i], arena);
    return 0;
}

static struct value distinct_result(const struct function_call *call, const struct value *state, struct arena *arena) {
    (void)call, (void)arena;
    double sum = 0, m = REGISTERS;
    size_t zeros = 0;
    for (size_t i = 0; i < REGISTERS; i++) {
        sum += ldexp(1, -(int)state[0].bytes[i]);
        zeros += state[0].bytes[i] == 0;
    }
    double estimate = 0.7213 / (1 + 1.079 / m) * m * m / sum;
    if (estimate <= 2.5 * m && zeros != 0)
        estimate = m * log(m / (double)zeros);
    return value_bigint((int64_t)llround(estimate));
}

/* --- counts of values: HISTOGRAM and ATTR --- */

enum { HISTOGRAM_MOST = 1000 };

static void map_init(const struct function_call *call, struct value *state) {
    (void)call;
    state[0] = (struct value){.tag = VALUE_MAP};
}

static int count(struct value *state, struct value key, int64_t by, size_t most, struct arena *arena) {
    size_t pairs = state[0].size, at = 0;
    while (at < pairs && !same(state[0].items[2 * at], key))
        at++;
    if (at == pairs && (by < 0 || pairs >= most))
        return 0;
    struct value *items = arena_allocate(arena, 2 * (pairs + 1) * sizeof *items);
    if (pairs != 0)
        memcpy(items, state[0].items, 2 * pairs * sizeof *items);
    items[2 * at] = key;
    items[2 * at + 1] = value_bigint(by + (at == pairs ? 0 : items[2 * at + 1].integer));
    pairs += at == pairs;
    if (items[2 * at + 1].integer < 1) {
        memmove(&items[2 * at], &items[2 * at + 2], 2 * (pairs - at - 1) * sizeof *items);
        pairs--;
    }
    state[0] = (struct value){.tag = VALUE_MAP, .size = (uint32_t)pairs, .items = items};
    return 0;
}

static int histogram_update(const struct function_call *call, struct value *state, const struct value *arguments,
                            struct arena *arena, struct error *error) {
    (void)call, (void)error;
    return value_is_null(arguments[0]) ? 0 : count(state, arguments[0], 1, HISTOGRAM_MOST, arena);
}

static int histogram_undo(const struct function_call *call, struct value *state, const struct value *arguments,
                          struct arena *arena, struct error *error) {
    (void)call, (void)error;
    return value_is_null(arguments[0]) ? 0 : count(state, arguments[0], -1, HISTOGRAM_MOST, arena);
}

static int map_merge(const struct function_call *call, struct value *state, const struct value *later,
                     struct arena *arena, struct error *error) {
    (void)call, (void)error;
    for (size_t i = 0; i < later[0].size; i++)
        count(state, later[0].items[2 * i], later[0].items[2 * i + 1].integer, HISTOGRAM_MOST, arena);
    return 0;
}

static int attr_update(const struct function_call *call, struct value *state, const struct value *arguments,
                       struct arena *arena, struct error *error) {
    (void)call, (void)error;
    return count(state, arguments[0], 1, FUNCTION_ITEMS_MAX, arena);
}

static int attr_undo(const struct function_call *call, struct value *state, const struct value *arguments,
                     struct arena *arena, struct error *error) {
    (void)call, (void)error;
    return count(state, arguments[0], -1, FUNCTION_ITEMS_MAX, arena);
}

static struct value attr_result(const struct function_call *call, const struct value *state, struct arena *arena) {
    (void)call, (void)arena;
    return state[0].size == 1 ? state[0].items[0] : value_null();
}

static const struct aggregate list = {1, list_init, list_update, list_undo, list_merge, NULL, true};
static const struct aggregate set = {1, list_init, set_update, NULL, set_merge, NULL, true};
static const struct aggregate sum = {1, sum_init, sum_update, sum_undo, sum_merge, NULL, false};
static const struct aggregate distinct = {1,   distinct_init, distinct_update, NULL, distinct_merge, distinct_result,
                                          true};
static const struct aggregate histogram = {1, map_init, histogram_update, histogram_undo, map_merge, NULL, true};
static const struct aggregate attr = {1, map_init, attr_update, attr_undo, map_merge, attr_result, true};

static const struct sql_type string_counts = {.base = SQL_MAP, .key = &sql_string, .element = &sql_bigint};

static const struct function_signature list_rows[] = {
    {.parameters = {TAKES(ANY, "val")}, .resolve = list_type, .aggregate = &list},
};
static const struct function_signature set_rows[] = {
    {.parameters = {TAKES(ANY, "val")}, .resolve = list_type, .aggregate = &set},
};
static const struct function_signature sum_rows[] = {
    {.parameters = {TAKES(ARRAY, "valueList")}, .resolve = element_type, .aggregate = &sum},
};
static const struct function_signature distinct_rows[] = {
    {.parameters = {TAKES(ANY, "val")}, .returns = &sql_bigint, .aggregate = &distinct},
};
static const struct function_signature histogram_rows[] = {
    {.parameters = {TAKES(STRING, "val")}, .returns = &string_counts, .aggregate = &histogram},
};
static const struct function_signature attr_rows[] = {
    {.parameters = {TAKES(ANY, "val")}, .aggregate = &attr},
};

#define ROW(name, help, rows)                                                                                          \
    { name, FUNCTION_AGGREGATE, "AGGREGATE", help, FAMILY_SIGNATURES(rows) }
static const struct function functions[] = {
    ROW("COLLECT_LIST", "All values as a list.", list_rows),
    ROW("COLLECT_SET", "Every value once, as a list.", set_rows),
    ROW("SUM_LIST", "The sum of all elements of lists.", sum_rows),
    ROW("COUNT_DISTINCT", "About how many different values there are.", distinct_rows),
    ROW("HISTOGRAM", "How often each text comes, of 1000 texts at most.", histogram_rows),
    ROW("ATTR", "The value that all rows have, NULL when they differ.", attr_rows),
};
const struct function_family function_family_collect = {functions, FAMILY_COUNT(functions)};
