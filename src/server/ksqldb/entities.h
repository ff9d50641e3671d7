/* Entities of /ksql: what statements answer, each as an object with its "@type". One file a family. */
#pragma once

#include "server/ksqldb/core.h"
#include "server/ksqldb/json.h"

/* A request at work. In the trial the engine is a copy, and what is written is thrown away. */
struct work {
    struct core *core;
    struct engine *engine;
    bool trial;
    int64_t number; /* of the next command, in a trial */
    struct properties *properties, *variables;
    struct arena *arena;
    struct text *out; /* the array's inside */
    struct fault *fault;
};
/* 0, or -1 with the fault. */
typedef int entity(struct work *work, const struct statement *statement);

/* "@type" and "statementText"; the caller adds fields, then ends it with the warnings. */
void entity_begin(struct work *work, const char *type, struct view text);
void entity_end(struct work *work);
/* Of an error that the statement itself is to blame for. */
int entity_refuse(struct work *work, const struct statement *statement, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int entity_fail(struct work *work, const struct statement *statement, const struct error *error);

/* shared pieces */
void put_type(struct text *out, const struct sql_type *type);               /* {"type","fields",...} */
void put_fields(struct text *out, const struct schema *schema, bool marks); /* marks: keys are told */
void put_query(struct text *out, const struct engine_query_info *info);     /* as LIST QUERIES has it */
void put_source(struct text *out, struct work *work, const struct source *source, bool extended);
const char *window_word(enum window_kind kind); /* "TUMBLING"; NULL = none */
const char *state_word(enum engine_query_state state);
/* The index-th source that a plan reads; NULL after the last. */
const struct step_source *plan_source_at(const struct plan *plan, size_t index);

int entity_list_sources(struct work *, const struct statement *);
int entity_describe_source(struct work *, const struct statement *);
int entity_describe_sources(struct work *, const struct statement *);
int entity_list_queries(struct work *, const struct statement *);
int entity_explain(struct work *, const struct statement *);
int entity_list_topics(struct work *, const struct statement *);
int entity_list_functions(struct work *, const struct statement *);
int entity_describe_function(struct work *, const struct statement *);
int entity_list_types(struct work *, const struct statement *);
int entity_list_properties(struct work *, const struct statement *);
int entity_list_variables(struct work *, const struct statement *);
int entity_list_connectors(struct work *, const struct statement *);
int entity_list_plugins(struct work *, const struct statement *);
int entity_describe_connector(struct work *, const struct statement *);
int entity_create_connector(struct work *, const struct statement *);
int entity_drop_connector(struct work *, const struct statement *);
int entity_assert_topic(struct work *, const struct statement *);
int entity_assert_schema(struct work *, const struct statement *);
