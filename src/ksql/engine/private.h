/* What the rooms of the engine share: queries, their inputs, results. */
#pragma once

#include "foundation/base/map.h"
#include "foundation/base/memory.h"
#include "foundation/base/vector.h"
#include "ksql/engine/engine.h"
#include "ksql/operator/task.h"

/* --- reading: one input a source step of the plan (input.c) --- */
struct waiting { /* a record that waits for its turn; bytes lie behind it in one block */
    struct engine_record record;
    struct waiting *next;
};
struct input_partition {
    int64_t fed;       /* next offset that will be fed */
    int64_t done;      /* next offset to process: what is saved */
    int64_t caught_up; /* where the topic ended when reading began */
    struct waiting *first, *last;
};
struct input {
    const struct step *step; /* a STEP_SOURCE */
    size_t source;           /* of the task */
    uint64_t reader;         /* 0 = not reading */
    struct codec *key, *value;
    struct view timestamp_format;
    struct input_partition *partitions;
    size_t partition_count;
    size_t waiting;
    bool held;
    struct batch *batch;
    struct value *scratch; /* one side's columns */
};

/* --- writing (output.c) --- */
struct output {
    const struct step *sink; /* NULL: results go to a handler */
    struct codec *key, *value;
    const char *zone; /* of times in texts */
    bool unwraps;     /* the one value column is the record's value, so NULL is a record without one */
    struct text key_bytes, value_bytes;
};

struct job {
    struct engine *engine;
    char *id;
    struct plan *plan;
    struct task *task; /* NULL in a sandbox */
    struct properties *properties;
    VECTOR(struct input *) inputs;
    struct output output;
    struct engine_results results;
    struct view sink; /* of the plan */
    bool push;        /* results go to a handler */
    bool bounded;     /* a pull query on a stream: ends when it has caught up */
    bool finished;    /* enough rows: it goes at the next chance */
    int64_t limit;    /* rows still wanted; -1 = all */
    enum engine_query_state state;
    bool held;         /* made during a replay, not started */
    bool moved;        /* since the last save */
    struct text parts; /* of a record that is being loaded */
    bool unloaded;     /* its kept state could not be loaded whole: it does not go on without */
    bool lost;         /* a topic of it could not be read on: ERROR until a try succeeds */
    bool resting;      /* broken before this commit, told then */
    int tries, rest;   /* of beginning again: how often, commits until the next */
    bool doomed;       /* a row cannot be worked on, and none after it: the query ends in ERROR */
    bool broken;       /* a write or a save failed: it begins again from the last save */
    struct error error;
    uint64_t rows_in, rows_out, errors;
    int64_t last_in_ms, started_ms;
};

struct engine {
    struct engine_options options;
    struct catalog *catalog;
    struct function_context functions;
    int64_t arrivals; /* of *_BY_OFFSET */
    struct analysis_world world;
    struct analysis_settings settings;
    VECTOR(struct job *) queries;
    int64_t next_query;
    uint64_t next_reader, next_transient;
    struct text record; /* of a save, kept for the next one */
    bool sandbox;
    struct sandbox *overlay; /* owned, sandboxes only */
};

/* --- input.c --- */
struct input *input_new(struct engine *engine, const struct step *step, size_t source, struct error *error);
void input_free(struct input *input);
/* positions: where to begin; EARLIEST or LATEST for partitions without one. */
int input_open(struct engine *engine, struct input *input, int64_t fallback, struct error *error);
void input_close(struct engine *engine, struct input *input);
void input_keep(struct engine *engine, struct input *input, const struct engine_record *records, size_t count);
bool input_caught_up(const struct input *input); /* nothing is outstanding of what was there at the start */
/* Time of the first record that waits; false when none does. */
bool input_first(const struct input *input, int64_t *timestamp);
/* Takes records up to `until` into the batch, decoded; gives how many were taken. */
size_t input_take(struct job *job, struct input *input, int64_t until);
/* Decodes straight from lent records. */
void input_decode(struct job *job, struct input *input, const struct engine_record *record);

/* --- output.c --- */
int output_start(struct engine *engine, struct output *output, const struct step *sink, struct error *error);
void output_stop(struct output *output);
/* Bytes of the record are good until the next call. */
int output_encode(struct output *output, const struct row *row, struct engine_record *record, struct error *error);
int output_write(struct engine *engine, const struct output *output, const struct engine_record *record,
                 struct error *error);

/* --- query.c --- */
struct job *job_find(const struct engine *engine, struct view id);
/* Takes over nothing: the plan is held. Does not read yet. */
/* held: not built before job_start. */
struct job *job_new(struct engine *engine, const char *id, struct plan *plan, const struct properties *properties,
                    bool held, struct error *error);
void job_start(struct job *job); /* of a held one: makes its sink's topic when it is not there, loads, reads */
int job_open(struct job *job, struct error *error); /* loads state, starts reading */
void job_pause(struct job *job);
void job_free(struct job *job); /* stops reading; does not save */
void job_remove(struct job *job, bool forget);
void job_trouble(struct job *job, const struct error *error);
void job_run(struct job *job);
void job_fail(struct job *job, const struct error *error);

/* --- state.c --- */
int job_save(struct job *job, struct error *error);
int job_load(struct job *job, struct error *error);
void job_whole_state(const struct job *job, struct text *record);

/* --- insert.c --- */
int insert_values(struct engine *engine, const struct statement *statement, struct arena *arena, struct error *error);

/* --- sandbox.c --- */
void sandbox_free(struct sandbox *sandbox);
