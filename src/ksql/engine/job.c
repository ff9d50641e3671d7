/* A running query: its inputs in the order of their times, its task, its output. */
#include <stdio.h>
#include <string.h>

#include "ksql/engine/private.h"

void job_trouble(struct job *job, const struct error *error) {
    job->errors++;
    job->error = *error;
    if (job->engine->options.trouble != NULL)
        job->engine->options.trouble(job->engine->options.context, view_of(job->id), error);
}

void job_fail(struct job *job, const struct error *error) {
    job_trouble(job, error);
    job_pause(job);
    job->state = ENGINE_ERROR;
}

static void log_write(void *context, const struct error *error) {
    struct job *job = context;
    if (job->doomed)
        return; /* the reason is told already */
    job->doomed = error->fatal;
    job_trouble(job, error);
}

static void to_handler(struct job *job, struct batch *rows) {
    if (job->finished)
        return;
    size_t kept = 0;
    for (size_t i = 0; i < rows->count && job->limit != 0; i++) {
        if (rows->rows[i].tombstone && !job->plan->table)
            continue; /* a stream's record without a value is no row */
        rows->rows[kept++] = rows->rows[i];
        job->limit -= job->limit > 0;
    }
    rows->count = kept;
    job->rows_out += kept;
    if ((kept != 0 && !job->results.rows(job->results.context, job->plan, rows)) || job->limit == 0)
        job->finished = true;
}

static void out(void *context, struct batch *rows) {
    struct job *job = context;
    if (job->push) {
        to_handler(job, rows);
        return;
    }
    for (size_t i = 0; i < rows->count; i++) {
        struct error error = {0};
        struct engine_record record;
        job->rows_out++;
        if (output_encode(&job->output, &rows->rows[i], &record, &error) != 0) {
            job_trouble(job, &error);
            continue;
        }
        if (job->broken)
            return; /* it will be read again from what was saved last */
        if (output_write(job->engine, &job->output, &record, &error) != 0) {
            job_trouble(job, &error);
            job->broken = true;
        }
    }
}

struct job *job_find(const struct engine *engine, struct view id) {
    for (size_t i = 0; i < engine->queries.count; i++)
        if (view_equal_ignoring_case(view_of(engine->queries.items[i]->id), id))
            return engine->queries.items[i];
    return NULL;
}

static bool keeps_rows(const struct plan *plan) {
    return plan->root->kind == STEP_SINK && plan->root->sink.kind == SOURCE_TABLE;
}

/* Kafka Streams' record cache: a query may do without it. */
static bool coalesces(const struct job *job) {
    static const char *const names[] = {"cache.max.bytes.buffering", "ksql.streams.cache.max.bytes.buffering",
                                        "statestore.cache.max.bytes", "ksql.streams.statestore.cache.max.bytes"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *bytes = properties_get(job->properties, names[i]);
        if (bytes != NULL && strcmp(bytes, "0") == 0)
            return false;
    }
    return job->engine->options.coalesce;
}

static int build(struct job *job, struct error *error) {
    struct engine *engine = job->engine;
    const struct step *root = job->plan->root;
    job->task = task_new(&(struct task_options){.plan = job->plan,
                                                .out = out,
                                                .context = job,
                                                .log = {job, log_write},
                                                .coalesce = coalesces(job),
                                                .journal = engine->options.memory != NULL && !job->push,
                                                .keep_result = keeps_rows(job->plan)});
    for (size_t i = 0; i < task_source_count(job->task); i++) {
        struct input *input = input_new(engine, task_source(job->task, i), i, error);
        if (input == NULL)
            return -1;
        vector_push(&job->inputs, input);
    }
    return root->kind == STEP_SINK ? output_start(engine, &job->output, root, error) : 0;
}

struct job *job_new(struct engine *engine, const char *id, struct plan *plan, const struct properties *properties,
                    bool held, struct error *error) {
    struct job *job = memory_zero(1, sizeof *job);
    job->engine = engine;
    job->id = memory_copy_string(id);
    job->plan = plan_hold(plan);
    job->properties = properties == NULL ? properties_new() : properties_copy(properties);
    job->push = plan->root->kind != STEP_SINK;
    job->sink = job->push ? (struct view){"", 0} : plan->root->sink.name;
    job->limit = plan->limit;
    job->started_ms = clock_wall_ms(engine->options.clock);
    job->held = held;
    if (!engine->sandbox && !held && build(job, error) != 0) {
        job_free(job);
        return NULL;
    }
    return job;
}

/* Its topic may have gone while nobody ran: the query makes it again, as Kafka Streams would not. */
static int make_sink_topic(struct job *job, struct error *error) {
    const struct engine_topics *topics = job->engine->options.topics;
    const struct step_sink *sink = &job->plan->root->sink;
    struct topic_facts facts;
    struct error problem = {0};
    if (topics->describe(topics->context, sink->topic, &facts, &problem) == 0)
        return 0;
    if (problem.code != ERROR_NOT_FOUND) {
        if (error != NULL)
            *error = problem;
        return -1;
    }
    char policy[32];
    snprintf(policy, sizeof policy, "%.*s", VIEW_ARGS(sink->cleanup_policy));
    struct engine_topic topic = {sink->topic, sink->partitions, sink->replicas, sink->retention_ms, policy};
    return topics->create(topics->context, &topic, error);
}

void job_start(struct job *job) {
    struct error error = {0};
    job->held = false;
    if (make_sink_topic(job, &error) != 0 || build(job, &error) != 0) {
        job_trouble(job, &error);
        job->broken = true; /* the next commit tries again */
        return;
    }
    if (job_load(job, &error) != 0) {
        job_fail(job, &error); /* RESUME loads again */
        return;
    }
    if (job->state != ENGINE_PAUSED && job_open(job, &error) != 0) {
        job_trouble(job, &error);
        job->state = ENGINE_RUNNING;
        job->broken = true;
    }
}

/* Without a setting streams begin at their end, tables at their beginning, as ksqlDB has it. */
static int64_t first_offset(const struct job *job, const struct input *input) {
    static const char *const names[] = {"auto.offset.reset", "ksql.streams.auto.offset.reset"};
    for (size_t i = 0; i < 2; i++) {
        const char *reset = properties_get(job->properties, names[i]);
        if (reset != NULL)
            return strcmp(reset, "earliest") == 0 ? ENGINE_EARLIEST : ENGINE_LATEST;
    }
    return job->bounded || input->step->source.kind == SOURCE_TABLE ? ENGINE_EARLIEST : ENGINE_LATEST;
}

static int open(struct job *job, struct error *error) {
    if (job->task == NULL)
        return 0;
    for (size_t i = 0; i < job->inputs.count; i++) {
        struct input *input = job->inputs.items[i];
        if (input->reader == 0 && input_open(job->engine, input, first_offset(job, input), error) != 0) {
            job_pause(job);
            return -1;
        }
    }
    job->state = ENGINE_RUNNING;
    job->doomed = false;
    job->moved = true; /* where it began is kept, too */
    return 0;
}

static int begin_again(struct job *job, struct error *error) {
    enum engine_query_state before = job->state;
    for (size_t i = 0; i < job->inputs.count; i++) {
        input_close(job->engine, job->inputs.items[i]);
        input_free(job->inputs.items[i]);
    }
    vector_clear(&job->inputs);
    output_stop(&job->output);
    task_free(job->task);
    job->task = NULL;
    job->unloaded = true;
    if (build(job, error) != 0 || job_load(job, error) != 0 || open(job, error) != 0) {
        job->state = before; /* a try that failed is no PAUSE */
        return -1;
    }
    job->broken = job->lost = false;
    return 0;
}

int job_open(struct job *job, struct error *error) {
    return job->unloaded ? begin_again(job, error) : open(job, error);
}

void job_pause(struct job *job) {
    for (size_t i = 0; i < job->inputs.count; i++)
        input_close(job->engine, job->inputs.items[i]);
    job->state = ENGINE_PAUSED;
}

void job_free(struct job *job) {
    if (job == NULL)
        return;
    job_pause(job);
    for (size_t i = 0; i < job->inputs.count; i++)
        input_free(job->inputs.items[i]);
    vector_free(&job->inputs);
    output_stop(&job->output);
    task_free(job->task);
    properties_free(job->properties);
    plan_release(job->plan);
    memory_free(job->id);
    memory_free(job);
}

void job_remove(struct job *job, bool forget) {
    struct engine *engine = job->engine;
    catalog_unlink(engine->catalog, view_of(job->id));
    if (forget && engine->options.memory != NULL && !job->push && !engine->sandbox)
        engine->options.memory->forget(engine->options.memory->context, view_of(job->id));
    for (size_t i = 0; i < engine->queries.count; i++)
        if (engine->queries.items[i] == job) {
            vector_remove(&engine->queries, i);
            break;
        }
    job_free(job);
}

static struct input *next_input(const struct job *job, int64_t *until) {
    struct input *next = NULL;
    int64_t first = 0, time;
    *until = INT64_MAX;
    for (size_t i = 0; i < job->inputs.count; i++) {
        struct input *input = job->inputs.items[i];
        if (!input_first(input, &time)) {
            if (!input_caught_up(input))
                return NULL; /* what it had at the start may come before what waits elsewhere */
            continue;
        }
        /* of equal times the table's record goes first, so that a join sees it */
        bool table = input->step->source.kind == SOURCE_TABLE;
        if (next == NULL || time < first || (time == first && table)) {
            if (next != NULL)
                *until = first < *until ? first : *until;
            next = input;
            first = time;
        } else {
            *until = time < *until ? time : *until;
        }
    }
    return next;
}

static void feed(struct job *job, struct input *input) {
    job->moved = true;
    job->last_in_ms = clock_wall_ms(job->engine->options.clock);
    if (input->batch->count != 0)
        task_feed(job->task, input->source, input->batch);
    if (job->doomed) {
        job_pause(job);
        job->state = ENGINE_ERROR;
    }
}

static bool reached_end(const struct job *job) {
    for (size_t i = 0; i < job->inputs.count; i++)
        for (size_t j = 0; j < job->inputs.items[i]->partition_count; j++) {
            const struct input_partition *partition = &job->inputs.items[i]->partitions[j];
            if (partition->done < partition->caught_up)
                return false;
        }
    return true;
}

static void finish(struct job *job) {
    struct engine_results results = job->results;
    bool limit = job->limit == 0;
    job_remove(job, true);
    results.ended(results.context, limit, NULL);
}

void job_run(struct job *job) {
    struct input *input;
    int64_t until;
    if (job->state != ENGINE_RUNNING || job->task == NULL || job->held)
        return;
    while (!job->finished && (input = next_input(job, &until)) != NULL && input_take(job, input, until) != 0)
        feed(job, input);
    if (job->bounded && reached_end(job)) {
        task_flush(job->task);
        job->finished = true;
    }
    if (job->finished && job->push)
        finish(job);
}

/* --- records come in --- */

static struct input *input_of(const struct engine *engine, uint64_t reader, struct job **job) {
    for (size_t i = 0; i < engine->queries.count; i++) {
        *job = engine->queries.items[i];
        for (size_t j = 0; j < (*job)->inputs.count; j++)
            if ((*job)->inputs.items[j]->reader == reader)
                return (*job)->inputs.items[j];
    }
    return NULL;
}

/* Nothing waits anywhere, nothing of the beginning is outstanding: what comes now is next. */
static bool is_next(const struct job *job, const struct input *input) {
    for (size_t i = 0; i < job->inputs.count; i++) {
        const struct input *other = job->inputs.items[i];
        if (other->waiting != 0 || (other != input && !input_caught_up(other)))
            return false;
    }
    return true;
}

/* Straight through, no copy. */
static void feed_lent(struct job *job, struct input *input, const struct engine_record *records, size_t count) {
    for (size_t i = 0; i < count && !job->finished;) {
        batch_reset(input->batch, input->step->schema);
        for (; i < count && input->batch->count < BATCH_ROWS; i++) {
            struct input_partition *partition = &input->partitions[records[i].partition];
            if (records[i].offset < partition->fed)
                continue; /* read again after a reader's restart */
            partition->fed = partition->done = records[i].offset + 1;
            input_decode(job, input, &records[i]);
        }
        feed(job, input);
    }
}

void engine_feed(struct engine *engine, uint64_t reader, const struct engine_record *records, size_t count) {
    struct job *job;
    struct input *input = input_of(engine, reader, &job);
    if (input == NULL || job->state != ENGINE_RUNNING)
        return;
    for (size_t i = 0; i < count; i++)
        if (records[i].partition < 0 || (size_t)records[i].partition >= input->partition_count) {
            struct error error = {0};
            error_set(&error, ERROR_UNSUPPORTED,
                      "%.*s has got more partitions since %s started: RESUME it after a PAUSE to read them",
                      VIEW_ARGS(input->step->source.topic), job->id);
            job_trouble(job, &error);
            return;
        }
    if (is_next(job, input))
        feed_lent(job, input, records, count);
    else
        input_keep(engine, input, records, count);
}

void engine_reader_failed(struct engine *engine, uint64_t reader, const struct error *error) {
    struct job *job;
    if (input_of(engine, reader, &job) == NULL)
        return;
    job_fail(job, error);
    job->broken = job->lost = !job->push; /* tried again, further and further apart: its topic may come back */
}

void engine_run(struct engine *engine) {
    /* a query that ends leaves the list */
    for (size_t i = engine->queries.count; i-- > 0;)
        if (i < engine->queries.count)
            job_run(engine->queries.items[i]);
}

/* --- commits --- */

static bool wants_to_run(const struct job *job) {
    return job->state == ENGINE_RUNNING || job->lost;
}

static bool job_dirty(const struct job *job) {
    return !job->held && wants_to_run(job) &&
           (job->broken || (job->task != NULL && (job->moved || task_waiting(job->task))));
}

/* What was written after the last save is in doubt: state and positions go back to that save, output may repeat. */
static void revive(struct job *job) {
    struct error error = {0};
    if (begin_again(job, &error) != 0)
        job_trouble(job, &error);
}

bool engine_dirty(const struct engine *engine) {
    for (size_t i = 0; i < engine->queries.count; i++)
        if (job_dirty(engine->queries.items[i]))
            return true;
    return false;
}

/* 0, 1, 2, 4 ... 128 commits apart. */
static bool may_try(struct job *job) {
    if (job->rest > 0) {
        job->rest--;
        return false;
    }
    job->rest = job->tries == 0 ? 0 : 1 << (job->tries < 8 ? job->tries - 1 : 7);
    job->tries++;
    return true;
}

int engine_commit(struct engine *engine, struct error *error) {
    const struct engine_topics *topics = engine->options.topics;
    int status = 0;
    for (size_t i = 0; i < engine->queries.count; i++) {
        struct job *job = engine->queries.items[i];
        if (job->broken && wants_to_run(job) && may_try(job))
            revive(job);
        job->resting = job->broken;
        if (job_dirty(job))
            task_flush(job->task);
    }
    engine_run(engine);
    struct error problem = {0};
    if (topics->flush != NULL && topics->flush(topics->context, &problem) != 0) {
        status = -1;
        if (error != NULL)
            *error = problem;
    }
    for (size_t i = 0; i < engine->queries.count; i++) {
        struct job *job = engine->queries.items[i];
        if (job->broken && !job->resting && wants_to_run(job) && status == 0) {
            status = -1;
            if (error != NULL)
                *error = job->error;
        }
        if (job->task == NULL || !job->moved || job->held || job->broken)
            continue;
        if (!job->push && problem.retriable)
            continue; /* still on its way: saved when it has arrived */
        job->moved = false;
        if (!job->push && (status != 0 || job_save(job, error) != 0)) {
            job->broken = true;
            status = -1;
            continue;
        }
        job->tries = job->rest = 0;
    }
    return status;
}
