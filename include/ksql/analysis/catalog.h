/* Catalog: the sources and types that statements have made. Owned by the engine, used on its thread only.
 * Sources are immutable and stay valid until they are replaced or dropped; who needs one longer copies it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "foundation/base/error.h"
#include "ksql/analysis/plan.h"

struct source {
    struct view name; /* resolved */
    enum source_kind kind;
    bool read_only; /* CREATE SOURCE ... */
    const struct schema *schema;
    struct view topic;
    struct topic_format format;
    struct view timestamp_column, timestamp_format;
    struct view statement;    /* as rewritten */
    struct view made_by;      /* id of the query that writes it (C...AS); empty = none */
    int partitions, replicas; /* of the topic, as known when the source was made */
    bool queryable;           /* pull queries: made by a query that keeps its rows */
};

struct catalog;
struct catalog *catalog_new(void);
void catalog_free(struct catalog *catalog);
/* Deep copy, for checking a script before it is run. */
struct catalog *catalog_copy(const struct catalog *catalog);

const struct source *catalog_find(const struct catalog *catalog, struct view name); /* NULL when there is none */
const struct source *catalog_at(const struct catalog *catalog, size_t index);       /* by name; NULL after the last */
/* Copies the source. ERROR_EXISTS unless `replace`. */
int catalog_add(struct catalog *catalog, const struct source *source, bool replace, struct error *error);
/* ERROR_NOT_FOUND. */
int catalog_drop(struct catalog *catalog, struct view name, struct error *error);

/* Which queries read and write a source, for DROP and DESCRIBE. */
void catalog_link(struct catalog *catalog, struct view source, struct view query_id, bool writes);
void catalog_unlink(struct catalog *catalog, struct view query_id);
/* The index-th query of a source; false after the last. */
bool catalog_query_at(const struct catalog *catalog, struct view source, size_t index, struct view *query_id,
                      bool *writes);

const struct sql_type *catalog_type(const struct catalog *catalog, struct view name); /* NULL when there is none */
bool catalog_type_at(const struct catalog *catalog, size_t index, struct view *name, const struct sql_type **type);
int catalog_add_type(struct catalog *catalog, struct view name, const struct sql_type *type, struct error *error);
int catalog_drop_type(struct catalog *catalog, struct view name, struct error *error);
