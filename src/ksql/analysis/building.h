/* A query on its way to a plan: shared by query.c (the order of things), from.c (sources and joins), group.c (GROUP BY
 * and windows), select.c (projection), keys.c and sink.c. */
#pragma once

#include "ksql/analysis/private.h"

struct item { /* one column of the result, stars expanded */
    const struct node *node;
    struct view name;
    const struct expression *expression;
    size_t position; /* of the select item it came from */
    bool from_star;
    bool is_key; /* pull queries mark them */
};
struct joined { /* a source of FROM or JOIN */
    struct relation relation;
    const struct source *source;
    size_t base; /* of its columns in the rows of the last join */
};
/* ON: the side of what was joined before and that of the new source; and both as they were written. */
struct criterion {
    const struct node *left, *right, *first, *second;
    bool foreign; /* a table's column that is not its key looks the other table up */
};
struct building {
    const struct analysis *analysis;
    const struct statement *statement;
    struct arena *arena; /* the plan's */
    struct plan *plan;
    struct query *query; /* rewritten */
    bool persistent, pull;
    VECTOR(struct joined) sources; /* the first one is FROM's */
    VECTOR(struct criterion) criteria;
    const struct source *left; /* of the first */
    /* of a join: the expressions that may be its key, the index of its value in the rows, the name of a key that no
     * column has */
    const struct node *const *viable;
    size_t viable_count, key_index;
    const struct sql_type *key_type;
    bool synthetic, foreign;
    struct scope scope;
    struct grouping grouping;
    bool aggregated, partitioned, has_star;
    const struct node *const *group_keys;
    size_t group_key_count;
    struct step *top; /* the last step so far */
    VECTOR(struct item) items;
    struct error *error;
};

static inline bool building_joins(const struct building *building) {
    return building->sources.count > 1;
}
bool building_table(const struct building *building); /* the result is one */
struct binder building_binder(struct building *building, bool grouped, const char *clause);
struct step *building_step(struct building *building, enum step_kind kind, const struct schema *schema);

/* from.c: finds the sources, then what their columns are called. */
int building_sources(struct building *building, const struct query *query);
/* Checks joins' conditions in the order that ksqlDB has; makes the steps up to the last join. */
int building_criteria(struct building *building);
int building_join_key(struct building *building);
int building_from(struct building *building);
/* What ksqlDB finds wrong only when the topology is built: partitions, WITHIN. */
int building_check_joins(struct building *building);
const struct relation *building_relation(const struct building *building, struct view alias);

/* group.c */
int building_group(struct building *building);
/* Below the sink, tables that are filtered or aggregated must know the rows that change. */
void building_materialise(struct building *building);
bool query_aggregates(const struct query *query);

/* select.c: refuses reserved names for columns of a sink. */
int building_check_names(struct building *building);
/* Expands stars, binds items, puts STEP_PROJECT on top. */
int building_expand(struct building *building);
int building_bind_items(struct building *building);
int building_project(struct building *building, const struct with_properties *with);
const struct node *building_column_node(struct building *building, struct view source, struct view name);
/* keys.c: places of the key's items in the order of the key. */
int building_find_keys(struct building *building, const struct with_properties *with, size_t *order, size_t *count);
/* sink.c: formats of a sink, checked before its columns are known; then the sink source, STEP_SINK, the rewritten text.
 */
int building_check_timestamp(struct building *building, const struct with_properties *with);
int building_sink_formats(struct building *building, const struct with_properties *with);
int building_sink(struct building *building, const struct with_properties *with, struct query_definition *definition);
struct view building_text(struct building *building, const struct with_properties *with);
