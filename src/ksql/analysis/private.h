/* What the rooms of analysis share: scopes, binding of expressions, texts for messages. */
#pragma once

#include "foundation/base/vector.h"
#include "ksql/analysis/analyse.h"
#include "ksql/language/print.h"

/* --- names in reach --- */
struct scope_column {
    struct view source; /* alias */
    struct view name;
    const struct sql_type *type;
    size_t index; /* in the rows of the step */
    bool key, pseudo;
};
struct scope {
    VECTOR(struct scope_column) columns;
    size_t source_count;
};
void scope_free(struct scope *scope);
/* Adds the columns of a source's rows as a STEP_SOURCE lays them out, from `index` on. Gives back the next index. */
size_t scope_add_source(struct scope *scope, struct view alias, const struct source *source, size_t index);
const struct scope_column *scope_find(const struct scope *scope, struct view source, struct view name);
size_t scope_count(const struct scope *scope, struct view name); /* of sources that have it */

/* --- binding --- */
/* GROUP BY: expressions bind to the rows of the aggregate step: keys, WINDOWSTART and WINDOWEND when windowed, ROWTIME,
 * then one column an aggregate call. */
struct grouping {
    const struct node *const *keys; /* qualified */
    const struct sql_type *const *key_types;
    size_t key_count;
    bool windowed;                     /* the rows have window bounds */
    bool bounds_hidden;                /* behind a join they have no name, as in ksqlDB */
    VECTOR(const struct node *) calls; /* qualified, one an aggregate */
    VECTOR(struct aggregate_column) aggregates;
};
void grouping_free(struct grouping *grouping);

/* Table functions: calls become columns behind those of the rows below. */
struct flattening {
    size_t base; /* columns of the rows below */
    VECTOR(const struct node *) nodes;
    VECTOR(const struct expression *) calls; /* over the rows below */
};
struct lambda_frame { /* lambdas around what is bound, the innermost first */
    const struct node *lambda;
    const struct sql_type *types[3];
    const struct lambda_frame *outer;
};
struct binder {
    const struct analysis *analysis;
    struct arena *arena; /* the plan's */
    const struct scope *scope;
    struct grouping *grouping; /* NULL: rows of the scope itself */
    const char *clause;        /* "SELECT", "WHERE", ... */
    bool in_aggregate;
    const struct lambda_frame *lambdas;
    struct flattening *flattening; /* NULL: table functions are refused here */
    struct error *error;
};
/* As messages name a node: columns without their source, behind a join with it in front. In the arena. */
struct view binder_text(const struct binder *binder, const struct node *node);
int bind_no_function(struct binder *binder, const struct node *node); /* -1 */
int bind_unresolved(struct binder *binder, const struct node *node);  /* -1 */
/* NULL with *error. A NULL literal has no type. */
const struct expression *bind_node(struct binder *binder, const struct node *node);
/* The same, and of the type BOOLEAN. */
const struct expression *bind_condition(struct binder *binder, const struct node *node);
const struct expression *bind_cast(struct binder *binder, const struct expression *expression,
                                   const struct sql_type *type);
struct expression *bind_new(struct binder *binder, enum expression_kind kind, const struct sql_type *type,
                            size_t argument_count);
static inline const struct expression **bind_arguments(struct expression *expression) {
    return (const struct expression **)(uintptr_t)expression->arguments;
}
const struct expression *bind_column(struct binder *binder, size_t index, const struct sql_type *type);
const struct expression *bind_literal(struct binder *binder, const struct node *node);
const struct expression *bind_typed_literal(struct binder *binder, const struct node *node);
/* The error gets the words of ksqlDB's code generator before it: "Invalid Select: ...". */
int bind_invalid(struct binder *binder);
const struct expression *bind_constant(struct binder *binder, const struct sql_type *type, struct value value);
/* bind_call.c */
const struct expression *bind_call(struct binder *binder, const struct node *node);
/* bind_compare.c */
const struct expression *bind_comparison(struct binder *binder, const struct node *node);
const struct expression *bind_between(struct binder *binder, const struct node *node);
const struct expression *bind_in(struct binder *binder, const struct node *node);
/* bind_coerce.c: binds every step-th node to one type; NULL when all are untyped NULLs. */
int bind_list(struct binder *binder, const struct node *const *nodes, const struct expression **expressions,
              size_t count, size_t step, const struct sql_type **type);
const struct sql_type *common_number(struct arena *arena, const struct sql_type *a, const struct sql_type *b);
bool is_moment_column(const struct expression *expression, const struct node *node);
int bind_moment_text(struct binder *binder, const struct node *node, int64_t *ms);

bool node_equal(const struct node *a, const struct node *b);
bool node_is_aggregate_call(const struct node *node);
bool node_has_aggregate(const struct node *node);
bool name_is(struct view name, const char *word);
bool name_is_window_bound(struct view name);
bool name_is_pseudo(struct view name);

/* --- rewriting: columns qualified, items named (rewrite.c) --- */
struct lambda_scope { /* lambdas around a node, the innermost first; its parameters are marked by node.flag */
    const struct node *lambda;
    const struct lambda_scope *outer;
};
struct rewriter {
    const struct analysis *analysis;
    struct arena *arena;
    const struct scope *scope;
    const struct lambda_scope *lambdas;
    struct error *error;
};
const struct node *rewrite_node(struct rewriter *rewriter, const struct node *node); /* NULL with *error */
int rewrite_query(struct rewriter *rewriter, const struct query *query, bool persistent, struct query **rewritten);

/* --- texts, all in the arena --- */
struct view node_text(struct arena *arena, const struct node *node);
struct view type_text(struct arena *arena, const struct sql_type *type);
/* "[`A` INTEGER KEY, `B` STRING]" as Persistence{columns=...} prints it. */
struct view columns_text(struct arena *arena, const struct column *columns, size_t count, bool key);
/* Keys must not have maps in them: their bytes differ from writer to writer. */
int key_check(const struct analysis *analysis, const struct schema *schema, struct error *error);
/* WITH (TIMESTAMP='...'): the column's name as SQL reads it; type NULL = there is none of that name. */
struct view timestamp_name(struct arena *arena, struct view written);
int timestamp_check(struct arena *arena, struct view name, const struct sql_type *type, struct view format,
                    struct error *error);
int side_check(const struct analysis *analysis, const struct source *source, bool is_key, struct error *error);
/* Without table scans a pull query's WHERE must name the table's key. */
int pull_check_keys(const struct analysis *analysis, const struct source *source, const struct node *where,
                    struct error *error);
/* The columns that the registered schema of a side has; an id in the format says which. */
int schema_of_side(const struct analysis *analysis, const struct source *source, bool is_key, struct column **columns,
                   size_t *count, struct error *error);

/* --- WITH (with.c) --- */
struct with_properties {
    struct view kafka_topic, format, key_format, value_format, key_delimiter, value_delimiter, key_schema_name,
        value_schema_name, timestamp, timestamp_format, window_type, window_size, query_id;
    int64_t partitions, replicas, retention_ms, key_schema_id, value_schema_id; /* -1 = not given */
    int wrap;                                                                   /* 1, 0; -1 = not given */
    bool full_name_given;
};
int with_read(const struct analysis *analysis, const struct statement *statement, bool as_select,
              struct with_properties *with, struct error *error);
/* "KAFKA_TOPIC='x', PARTITIONS=1" in the order of names, `extra` rows put in: name, value text. */
struct extra_property {
    const char *name;
    struct view value; /* as it is printed: quoted or not; empty = leave out */
};
void with_print(struct text *out, const struct statement *statement, const struct extra_property *extra, size_t count);
/* WRAP_SINGLE_VALUE, or what the settings say. */
int format_wrap(const struct analysis *analysis, const struct with_properties *with, size_t value_count,
                struct topic_format *format, struct error *error);
int format_from_with(const struct analysis *analysis, const struct with_properties *with, struct view name,
                     const struct topic_format *inherited, struct topic_format *format, struct error *error);
