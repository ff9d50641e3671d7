/* The SQL engine: sources, running queries, their offsets and state, results of push and pull queries.
 *
 * One thread owns an engine and makes every call; the engine calls the function tables below on that thread. It knows
 * topics, schemas, kept state and time through them alone, so that its cases run without a server. Facts: ksqlDB's
 * documentation of statements, and recorded replies of a 7.4.0 server. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "foundation/base/clock.h"
#include "foundation/base/error.h"
#include "foundation/base/properties.h"
#include "foundation/format/format.h"
#include "foundation/value/batch.h"
#include "ksql/analysis/analyse.h"
#include "ksql/language/tree.h"

struct engine;

struct engine_record {
    int32_t partition; /* writing: -1 = by key, as Kafka's default partitioner does */
    int64_t offset;    /* writing: not read */
    int64_t timestamp;
    struct view key, value; /* data NULL = null */
    const struct header *headers;
    uint32_t header_count;
};
struct engine_topic {
    struct view name;
    int partitions, replicas;   /* replicas -1: the broker's default */
    int64_t retention_ms;       /* -1 = not given */
    const char *cleanup_policy; /* "delete", "compact", "compact,delete" */
};
enum { ENGINE_EARLIEST = -2, ENGINE_LATEST = -1 };

struct engine_topics {
    void *context;
    int (*describe)(void *context, struct view topic, struct topic_facts *facts, struct error *error); /* NOT_FOUND */
    int (*create)(void *context, const struct engine_topic *topic, struct error *error); /* EXISTS counts as made */
    int (*remove)(void *context, struct view topic, struct error *error);
    /* Reads every partition of a topic until `close`; its records come to engine_feed under this number, in order
     * within a partition. offsets: wanted ones in (or EARLIEST, LATEST), the real ones out; ends: where each partition
     * ends now. */
    int (*open)(void *context, uint64_t reader, struct view topic, int64_t *offsets, int64_t *ends, size_t partitions,
                struct error *error);
    void (*close)(void *context, uint64_t reader);
    void (*hold)(void *context, uint64_t reader, bool held); /* no more records for now; may be NULL */
    /* Copies. Failures that come later are reported by `flush`. */
    int (*write)(void *context, struct view topic, const struct engine_record *record, struct error *error);
    /* Until all that was written is acknowledged. A retriable error: it is still on its way and the next call waits for
     * it again; else some of it is lost, and what follows the last save is read and written anew. */
    int (*flush)(void *context, struct error *error);
};
struct engine_schemas {
    void *context;
    /* As in struct analysis_world. */
    int (*latest)(void *context, struct view topic, bool is_key, int32_t id, struct arena *arena,
                  struct schema_facts *facts, struct error *error);
    int (*enter)(void *context, struct view topic, bool is_key, const char *type, struct view text, int32_t *id,
                 struct error *error); /* registers; an equal one gives its id again */
    int (*remove)(void *context, struct view topic, bool is_key, struct error *error);
    struct schema_source *source; /* by id, for decoding */
};
/* What queries keep beyond a restart: one series of opaque records a query. A record holds the positions up to which
 * everything has been read and written, with the changes of state since the record before: loading all in order, or a
 * whole record (engine_whole_state) and those after it, gives the state that belongs to those positions. A save may be
 * several records, none above 600 kB; only a whole state may be larger. */
struct engine_memory {
    void *context;
    int (*save)(void *context, struct view query_id, struct view record, struct error *error); /* kept on return */
    int (*load)(void *context, struct view query_id, int (*each)(void *query, struct view record, struct error *error),
                void *query, struct error *error);
    void (*forget)(void *context, struct view query_id);
};
struct engine_options {
    const struct clock *clock;                             /* NULL = real */
    const char *zone;                                      /* IANA; NULL = UTC */
    const char *default_key_format, *default_value_format; /* NULL: KAFKA; none */
    int default_partitions;                                /* of topics made for sources and sinks; 0 = as the source */
    bool wrap_single_values;
    const char *topic_prefix; /* of topics that C...AS names after its sink; NULL = none */
    bool coalesce;            /* updates of one key within a commit interval go out once: ksqlDB's record cache */
    int64_t query_step;       /* numbers of query ids without a number of their own: next, next + step, ... */
    const struct engine_topics *topics;
    const struct engine_schemas *schemas;
    const struct engine_memory *memory; /* NULL: nothing is kept, cases run so */
    /* Records that do not decode, expressions that fail: counted by the engine, told here. May be NULL. */
    void (*trouble)(void *context, struct view query_id, const struct error *error);
    void *context;
};
struct engine *engine_new(const struct engine_options *options); /* tables are lent for the engine's life */
void engine_free(struct engine *engine);                         /* closes readers; does not commit */

/* A copy for checking a script before it is run: sources, types, ids; topics and schemas that statements would make are
 * only noted, no query runs. */
struct engine *engine_sandbox(const struct engine *engine);

/* --- statements --- */
struct engine_request {
    const struct properties *properties; /* streamsProperties, with or without "ksql.streams."; may be NULL */
    int64_t number;                      /* of the query id: CSAS_X_<number>; -1 = the engine's own counter */
    bool replay;                         /* done before: topics, schemas are there, state is loaded */
    bool hold;                           /* queries are made but do not read until engine_start */
};
struct engine_outcome { /* in the caller's arena */
    /* The statement with what was inferred; running it again gives the same. After an error: as far as that went. */
    struct view rewritten;
    struct view message;            /* "Stream created"; empty: no answer (INSERT VALUES) */
    struct view kind, name, action; /* of the command id: "stream", "X", "create" */
    struct view query_id;           /* made, ended, paused by it; empty = none */
    bool existed;                   /* IF NOT EXISTS, IF EXISTS: nothing was done, message says so */
};
/* CREATE ..., INSERT INTO, INSERT VALUES, DROP ..., TERMINATE, PAUSE, RESUME, CREATE TYPE, DROP TYPE, ALTER. What is
 * known and not supported is ERROR_UNSUPPORTED with its name. Errors carry ksqlDB's text. Nothing is half done: a
 * failed statement leaves no source and no query behind. */
int engine_execute(struct engine *engine, const struct statement *statement, const struct engine_request *request,
                   struct arena *arena, struct engine_outcome *outcome, struct error *error);
void engine_start(struct engine *engine); /* after a replay: queries load their state and read on */

/* --- looking --- */
const struct catalog *engine_catalog(const struct engine *engine);
/* Settings and look-ups as the engine has them, for analyses of one's own (EXPLAIN of a statement). */
struct analysis engine_analysis(const struct engine *engine, struct arena *arena);
enum engine_query_state { ENGINE_RUNNING, ENGINE_PAUSED, ENGINE_ERROR };
struct engine_query_info {                       /* lent until the next call that changes the engine */
    struct view id, statement, sink, sink_topic; /* sink empty: a push query */
    bool push;
    enum engine_query_state state;
    const struct plan *plan;
    const struct properties *properties;
    const struct error *error;          /* the last one; NULL = none */
    uint64_t rows_in, rows_out, errors; /* rows_in and rows_out: records read, results handed out */
    int64_t last_in_ms;                 /* wall clock; 0 = never */
    int64_t started_ms;
};
bool engine_query_at(const struct engine *engine, size_t index, struct engine_query_info *info); /* false: no more */
bool engine_query_find(const struct engine *engine, struct view id, struct engine_query_info *info); /* any case */
/* Next offset to read of a source's partition; false when it has none. For lag. */
bool engine_query_position(const struct engine *engine, struct view id, size_t source, int32_t partition,
                           struct view *topic, int64_t *position);

/* --- results --- */
struct engine_results {
    void *context;
    /* Rows of plan->root, lent for the call; values as its schema has them. False: enough, the query ends. */
    bool (*rows)(void *context, const struct plan *plan, const struct batch *rows);
    /* Once, last; error NULL: all rows have come (pull), or the limit was reached. Not after engine_query_close. */
    void (*ended)(void *context, bool limit, const struct error *error);
};
/* SELECT: a push query with EMIT CHANGES, else a pull query over a kept table (answered within the call) or over a
 * stream (reads up to where its topic ends now). *plan is held for the caller. id: capital letters as ksqlDB's
 * "transient_X_123". */
int engine_select(struct engine *engine, const struct statement *statement, const struct engine_request *request,
                  struct engine_results results, char id[128], struct plan **plan, struct error *error);
bool engine_query_close(struct engine *engine, struct view id); /* push queries; false: no such query */

/* --- work --- */
void engine_feed(struct engine *engine, uint64_t reader, const struct engine_record *records,
                 size_t count); /* copies */
/* The topic cannot be read any more: its query goes to ERROR and says why. */
void engine_reader_failed(struct engine *engine, uint64_t reader, const struct error *error);
/* Runs what waits. Results of push queries come from within. */
void engine_run(struct engine *engine);
bool engine_dirty(const struct engine *engine); /* engine_commit has something to do */
/* Hands out what was kept back, waits until it is acknowledged, saves positions and state. On an error nothing is
 * saved, the next call tries again. */
int engine_commit(struct engine *engine, struct error *error);
/* The whole state of a query as one record of its memory; ERROR_NOT_FOUND. Call right after a commit. */
int engine_whole_state(struct engine *engine, struct view query_id, struct text *record, struct error *error);
