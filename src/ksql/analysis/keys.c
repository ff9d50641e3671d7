/* Which items of the projection are the key of the result, and what is said when they are missing. */
#include <stdlib.h>
#include <string.h>

#include "ksql/analysis/building.h"

struct keys {
    const struct node **nodes;
    size_t count;
    const char *word; /* "key column", "grouping expression" */
    bool qualified;   /* as messages name them */
};

static struct keys keys_of(struct building *building) {
    struct keys keys = {.word = "key column"};
    const struct schema *schema = building->left->schema;
    if (building->aggregated) {
        keys.word = "grouping expression";
        keys.count = building->group_key_count;
        keys.nodes = (const struct node **)(uintptr_t)building->group_keys;
        keys.qualified = building_joins(building);
    } else if (building->partitioned) {
        keys.word = "partitioning expression";
        keys.qualified = true;
        keys.nodes = (const struct node **)(uintptr_t)building->query->partition_by;
        keys.count = keys.nodes[0]->kind == NODE_NULL ? 0 : building->query->partition_by_count;
    } else {
        keys.count = schema->key_count;
        keys.nodes = arena_zero(building->arena, (keys.count + 1) * sizeof *keys.nodes);
        for (size_t i = 0; i < keys.count; i++)
            keys.nodes[i] =
                building_column_node(building, building->sources.items[0].relation.alias, schema->columns[i].name);
    }
    return keys;
}

static struct view key_text(struct building *building, const struct keys *keys, size_t at) {
    struct binder binder = building_binder(building, false, "SELECT");
    return keys->qualified ? node_text(building->arena, keys->nodes[at]) : binder_text(&binder, keys->nodes[at]);
}

static int key_missing(struct building *building, const struct keys *keys, const char *joiner) {
    struct text names = TEXT_EMPTY, example = TEXT_EMPTY;
    bool join = strcmp(joiner, " or ") == 0;
    for (size_t i = 0; i < keys->count; i++) {
        struct view name = key_text(building, keys, i);
        text_append_format(&names, "%s%.*s", i == 0 ? "" : i + 1 == keys->count ? joiner : ", ", VIEW_ARGS(name));
        if (!join || i == 0)
            text_append_format(&example, "%s%.*s", i == 0 ? "" : ", ", VIEW_ARGS(name));
    }
    const char *more = "";
    if (join && building->synthetic)
        more =
            arena_format(building->arena,
                         "\n%s was added as a synthetic key column because the join criteria did not match any source "
                         "column. This expression must be included in the projection and may be aliased. ",
                         text_string(&names));
    error_set(
        building->error, ERROR_INVALID,
        "Key missing from projection (ie, SELECT). See https://cnfl.io/2LV7ouS.\nThe query used to build `%.*s` must "
        "include the %s%s %s in its projection (eg, SELECT %s...).%s",
        VIEW_ARGS(building->statement->name), keys->word, keys->count > 1 ? "s" : "", text_string(&names),
        text_string(&example), more);
    text_free(&names);
    text_free(&example);
    return -1;
}

static int by_name(const void *a, const void *b) {
    return view_compare(*(const struct view *)a, *(const struct view *)b);
}

static int key_twice(struct building *building, const struct node *key) {
    struct text list = TEXT_EMPTY;
    VECTOR(struct view) names = {0};
    struct binder binder = building_binder(building, false, "SELECT");
    bool grouped = building->aggregated;
    for (size_t i = 0; i < building->items.count; i++)
        if (node_equal(building->items.items[i].node, key))
            vector_push(&names, building->items.items[i].name);
    qsort(names.items, names.count, sizeof *names.items, by_name);
    for (size_t i = 0; i < names.count; i++)
        text_append_format(&list, grouped ? "%s`%.*s`" : "%s%.*s",
                           i == 0                 ? ""
                           : i + 1 == names.count ? " and "
                                                  : ", ",
                           VIEW_ARGS(names.items[i]));
    struct view name = binder_text(&binder, key);
    if (grouped)
        error_set(building->error, ERROR_INVALID,
                  "The projection contains a key column more than once: %s.\nEach key column must only be in the "
                  "projection once. If you intended to copy the key into the value, then consider using the AS_VALUE "
                  "function to indicate which key reference should be copied.",
                  text_string(&list));
    else
        error_set(building->error, ERROR_INVALID,
                  "The projection contains a key column (`%.*s`) more than once, aliased as: %s.\nEach key column must "
                  "only be in the projection once. If you intended to copy the key into the value, then consider using "
                  "the AS_VALUE function to indicate which key reference should be copied.",
                  VIEW_ARGS(name), text_string(&list));
    text_free(&list);
    vector_free(&names);
    return -1;
}

/* Index of the item that is the key, -1 when it is missing, -2 when it is there twice. */
static long find_key(const struct building *building, const struct node *key) {
    long found = -1;
    for (size_t i = 0; i < building->items.count; i++) {
        if (!node_equal(building->items.items[i].node, key))
            continue;
        if (found >= 0)
            return -2;
        found = (long)i;
    }
    return found;
}

static struct keys join_keys(struct building *building) {
    struct keys keys = {(const struct node **)(uintptr_t)building->viable, building->viable_count, "join expression",
                        true};
    if (!building->synthetic)
        return keys;
    const struct scope_column *column = &building->scope.columns.items[building->scope.columns.count - 1];
    struct node *node = arena_zero(building->arena, sizeof *node);
    keys.nodes = arena_zero(building->arena, sizeof *keys.nodes);
    *node = (struct node){.kind = NODE_COLUMN, .name = column->name, .qualifier = column->source};
    keys.nodes[0] = node;
    keys.count = 1;
    return keys;
}

/* The join's key: the first of the columns that may be it that the projection has, left first. */
static int join_key(struct building *building, const struct with_properties *with, size_t *order, size_t *count) {
    struct keys keys = join_keys(building);
    for (size_t i = 0; i < keys.count; i++) {
        long at = find_key(building, keys.nodes[i]);
        if (at == -2)
            return key_twice(building, keys.nodes[i]);
        if (at < 0)
            continue;
        struct binder binder = building_binder(building, false, "SELECT");
        building->items.items[at].expression = bind_column(&binder, building->key_index, building->key_type);
        order[0] = (size_t)at;
        *count = 1;
        return 0;
    }
    return building_check_timestamp(building, with) != 0 ? -1 : key_missing(building, &keys, " or ");
}

static int foreign_missing(struct building *building, const struct keys *keys) {
    struct text names = TEXT_EMPTY;
    size_t missing = 0;
    for (size_t i = 0; i < keys->count; i++)
        if (find_key(building, keys->nodes[i]) == -1)
            text_append_format(&names, "%s`%.*s`", missing++ == 0 ? "" : ", ", VIEW_ARGS(keys->nodes[i]->name));
    int status = 0;
    if (missing != 0)
        status = error_set(
            building->error, ERROR_INVALID,
            "Primary key column%s missing in projection. For foreign-key table-table joins, the "
            "projection must include all primary key columns from the left input table (`%.*s`). Missing "
            "column%s: %s.",
            missing > 1 ? "s" : "", VIEW_ARGS(building->left->name), missing > 1 ? "s" : "", text_string(&names));
    text_free(&names);
    return status;
}

/* GROUP BY names what is missing, other clauses name all their keys. */
static struct keys missing_keys(struct building *building, struct keys keys) {
    struct keys missing = keys;
    if (!building->aggregated)
        return keys;
    missing.count = 0;
    missing.nodes = arena_zero(building->arena, (keys.count + 1) * sizeof *missing.nodes);
    for (size_t i = 0; i < keys.count; i++)
        if (find_key(building, keys.nodes[i]) == -1)
            missing.nodes[missing.count++] = keys.nodes[i];
    return missing;
}

int building_find_keys(struct building *building, const struct with_properties *with, size_t *order, size_t *count) {
    bool plain = !building->aggregated && !building->partitioned;
    if (building_joins(building) && plain && !building->foreign)
        return join_key(building, with, order, count);
    struct keys keys = keys_of(building), missing = {.count = 0};
    for (size_t i = 0; i < keys.count; i++) {
        long at = find_key(building, keys.nodes[i]);
        if (at == -2)
            return key_twice(building, keys.nodes[i]);
        if (at == -1)
            missing = missing_keys(building, keys);
        order[i] = at < 0 ? 0 : (size_t)at;
    }
    *count = keys.count;
    if (missing.count == 0)
        return 0;
    if (building_check_timestamp(building, with) != 0)
        return -1;
    return building->foreign && plain ? foreign_missing(building, &keys) : key_missing(building, &missing, " and ");
}
