/* A query on its way to a plan: shared by query.c (sources, join, grouping), select.c (projection, keys) and sink.c. */
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
struct building {
    const struct analysis *analysis;
    const struct statement *statement;
    struct arena *arena; /* the plan's */
    struct plan *plan;
    struct query *query; /* rewritten */
    bool persistent, pull;
    const struct source *left, *right; /* right NULL: no join */
    struct relation left_relation, right_relation;
    const struct node *left_key, *right_key; /* of the join */
    struct scope scope;
    struct grouping grouping;
    bool aggregated, partitioned;
    const struct node *const *group_keys;
    size_t group_key_count;
    struct step *top; /* the last step so far */
    VECTOR(struct item) items;
    struct error *error;
};

static inline bool building_table(const struct building *building) {
    return building->aggregated || (building->left->kind == SOURCE_TABLE && !building->partitioned);
}
struct binder building_binder(struct building *building, bool grouped, const char *clause);
struct step *building_step(struct building *building, enum step_kind kind, const struct schema *schema);
/* select.c: refuses reserved names for columns of a sink. */
int building_check_names(struct building *building);
/* Expands stars, binds items, puts STEP_PROJECT on top. */
int building_expand(struct building *building);
int building_bind_items(struct building *building);
int building_project(struct building *building);
/* sink.c: formats, sink source, STEP_SINK, the rewritten text. */
int building_sink(struct building *building, const struct with_properties *with, struct query_definition *definition);
struct view building_text(struct building *building, const struct with_properties *with);
