/* Analysis: raw trees to sources and plans, against a catalog. No thread, no server of its own: what it must know of
 * topics and registered schemas it asks through `struct analysis_world`. Errors carry ksqlDB's texts. */
#pragma once

#include "foundation/base/arena.h"
#include "foundation/base/error.h"
#include "foundation/format/format.h"
#include "ksql/analysis/catalog.h"
#include "ksql/analysis/plan.h"
#include "ksql/language/tree.h"

struct topic_facts {
    int partitions, replicas;
};
struct schema_facts {
    int32_t id;
    struct view type, text; /* "AVRO"; in the caller's arena */
};
struct analysis_world {
    void *context;
    /* ERROR_NOT_FOUND when there is none. */
    int (*topic)(void *context, struct view topic, struct topic_facts *facts, struct error *error);
    /* Latest schema of "<topic>-key" or "-value", or the one of `id` when it is not 0. ERROR_NOT_FOUND. */
    int (*schema)(void *context, struct view topic, bool is_key, int32_t id, struct arena *arena,
                  struct schema_facts *facts, struct error *error);
};
struct analysis_settings {
    const struct function_context *functions;
    const char *default_key_format, *default_value_format; /* NULL: KAFKA; none, as ksqlDB's defaults are */
    int default_partitions;                                /* 0 = the left-most source's */
    bool wrap_single_values;                               /* ksql.persistence.wrap.single.values */
    const char *topic_prefix;                              /* ksql.output.topic.name.prefix; NULL = none */
    bool keys_as_projected;                                /* ksql.new.query.planner.enabled */
    bool no_table_scans; /* ksql.query.pull.table.scan.enabled=false: pull queries name the key */
    bool rewritten;      /* statements come back as they were rewritten, with what people may not set */
};
struct analysis {
    struct arena *arena; /* for everything that is made here */
    const struct catalog *catalog;
    const struct analysis_world *world;
    const struct analysis_settings *settings;
};

/* CREATE STREAM, CREATE TABLE: the source that it makes. *rewritten is the statement with what was inferred. When the
 * topic is to be made, *create_topic; when value or key schemas are to be registered, *register_*. All in the arena. */
struct source_definition {
    struct source source;
    struct view rewritten;
    bool create_topic;
    int partitions, replicas;
    int64_t retention_ms; /* -1 = not given */
    bool register_key, register_value;
};
int analyse_source(const struct analysis *analysis, const struct statement *statement,
                   struct source_definition *definition, struct error *error);

/* A query: C...AS and INSERT INTO get a sink. The plan owns its arena; the caller releases it. */
struct query_definition {
    struct plan *plan;
    struct source sink; /* C...AS: what it makes; in the plan's arena */
    bool has_sink, create_topic;
    int64_t retention_ms;
    const struct source *const *reads; /* in the catalog */
    size_t read_count;
    struct view rewritten;
    struct view source_name; /* left-most, for ids */
};
int analyse_query(const struct analysis *analysis, const struct statement *statement, const char *query_id,
                  struct query_definition *definition, struct error *error);
/* A pull query on a table: a plan whose source is the table's kept rows. */
int analyse_pull(const struct analysis *analysis, const struct statement *statement, const char *query_id,
                 struct query_definition *definition, struct error *error);

/* INSERT VALUES: one expression a column of the source, of its type, without columns in it; NULL: not named. */
struct insert_definition {
    const struct source *source;
    const struct expression *const *values;
    const struct expression *timestamp; /* BIGINT; NULL = now */
};
int analyse_insert(const struct analysis *analysis, const struct statement *statement,
                   struct insert_definition *definition, struct error *error);

/* A written type, custom types looked up. */
int analyse_type(const struct analysis *analysis, const struct type_node *node, const struct sql_type **type,
                 struct error *error);
/* Codec options of one side of a source, as the formats expect them. */
struct codec_options source_codec_options(const struct source *source, bool is_key);
bool format_unwraps(const struct topic_format *format, const struct schema *schema, bool is_key);
