/* TOPK and TOPKDISTINCT: the greatest values, with columns beside them when they are given. */
#include "ksql/function/family.h"

enum { TOP_MOST = 10000 };

static void init(const struct function_call *call, struct value *state) {
    (void)call;
    state[0] = (struct value){.tag = VALUE_ARRAY};
}

static struct value sort_value(struct value item) {
    return item.tag == VALUE_STRUCT ? item.items[0] : item;
}

/* Behind those that are equal. */
static void insert(const struct function_call *call, struct value *list, struct value item, bool distinct,
                   struct arena *arena) {
    size_t most = (size_t)call->constants[call->argument_count - 1].integer, at = 0;
    struct value key = sort_value(item);
    while (at < list->size && value_compare(sort_value(list->items[at]), key) >= 0) {
        if (distinct && value_equal(sort_value(list->items[at]), key))
            return;
        at++;
    }
    if (at >= most)
        return;
    size_t count = list->size < most ? (size_t)list->size + 1 : most;
    struct value *items = arena_allocate(arena, (count + 1) * sizeof *items);
    for (size_t i = 0; i < at; i++)
        items[i] = list->items[i];
    items[at] = item;
    for (size_t i = at + 1; i < count; i++)
        items[i] = list->items[i - 1];
    *list = function_list(items, count);
}

static struct value item_of(const struct function_call *call, const struct value *arguments, struct arena *arena) {
    size_t columns = call->argument_count - 1;
    if (columns == 1)
        return arguments[0];
    struct value *items = (struct value *)arena_copy_bytes(arena, arguments, columns * sizeof *items);
    return (struct value){.tag = VALUE_STRUCT, .size = (uint32_t)columns, .items = items};
}

static int update(const struct function_call *call, struct value *state, const struct value *arguments,
                  struct arena *arena, struct error *error) {
    (void)error;
    if (!value_is_null(arguments[0]))
        insert(call, &state[0], item_of(call, arguments, arena), false, arena);
    return 0;
}

static int update_distinct(const struct function_call *call, struct value *state, const struct value *arguments,
                           struct arena *arena, struct error *error) {
    (void)error;
    if (!value_is_null(arguments[0]))
        insert(call, &state[0], arguments[0], true, arena);
    return 0;
}

static int merge(const struct function_call *call, struct value *state, const struct value *later, struct arena *arena,
                 struct error *error) {
    (void)error;
    for (size_t i = 0; i < later[0].size; i++)
        insert(call, &state[0], later[0].items[i], false, arena);
    return 0;
}

static int merge_distinct(const struct function_call *call, struct value *state, const struct value *later,
                          struct arena *arena, struct error *error) {
    (void)error;
    for (size_t i = 0; i < later[0].size; i++)
        insert(call, &state[0], later[0].items[i], true, arena);
    return 0;
}

static const struct sql_type *list_type(const struct function_call *call, struct arena *arena, struct error *error) {
    size_t columns = call->argument_count - 1;
    struct value most = call->constants[columns];
    const struct sql_type *last = call->argument_types[columns];
    if (last == NULL || last->base != SQL_INTEGER || value_is_null(most) || most.integer < 1 ||
        most.integer > TOP_MOST) {
        error_set(error, ERROR_INVALID, "%s: the number of values must be a literal between 1 and %d",
                  call->function->name, TOP_MOST);
        return NULL;
    }
    const struct sql_type *first = call->argument_types[0] == NULL ? &sql_string : call->argument_types[0];
    if (columns == 1)
        return sql_type_array(arena, first);
    struct sql_field *fields = arena_zero(arena, columns * sizeof *fields);
    for (size_t i = 0; i < columns; i++) {
        const struct sql_type *type = call->argument_types[i];
        fields[i] = (struct sql_field){i == 0 ? VIEW("sort_col") : view_of(arena_format(arena, "col%zu", i - 1)),
                                       type == NULL ? &sql_string : type};
    }
    return sql_type_array(arena, sql_type_struct(arena, fields, columns));
}

static const struct aggregate top = {1, init, update, NULL, merge, NULL, true};
static const struct aggregate top_distinct = {1, init, update_distinct, NULL, merge_distinct, NULL, true};

/* Behind the value come any number of columns, then how many: bound by `list_type`. */
static const struct function_signature top_rows[] = {
    {.parameters = {TAKES(ANY, "val"), TAKES(ANY, "k")},
     .variadic = true,
     .resolve = list_type,
     .aggregate = &top,
     .values = (size_t)-1},
};
static const struct function_signature distinct_rows[] = {
    {.parameters = {TAKES(ANY, "val"), TAKES(INTEGER, "k")}, .resolve = list_type, .aggregate = &top_distinct},
};

static const struct function functions[] = {
    {"TOPK", FUNCTION_AGGREGATE, "AGGREGATE", "The k greatest values, the greatest first.",
     FAMILY_SIGNATURES(top_rows)},
    {"TOPKDISTINCT", FUNCTION_AGGREGATE, "AGGREGATE", "The k greatest different values, the greatest first.",
     FAMILY_SIGNATURES(distinct_rows)},
};
const struct function_family function_family_top = {functions, FAMILY_COUNT(functions)};
