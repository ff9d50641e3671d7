#include "ksql/engine/private.h"

static int world_topic(void *context, struct view topic, struct topic_facts *facts, struct error *error) {
    const struct engine_topics *topics = ((const struct engine *)context)->options.topics;
    return topics->describe(topics->context, topic, facts, error);
}

static int world_schema(void *context, struct view topic, bool is_key, int32_t id, struct arena *arena,
                        struct schema_facts *facts, struct error *error) {
    const struct engine_schemas *schemas = ((const struct engine *)context)->options.schemas;
    return schemas->latest(schemas->context, topic, is_key, id, arena, facts, error);
}

struct engine *engine_new(const struct engine_options *options) {
    struct engine *engine = memory_zero(1, sizeof *engine);
    engine->options = *options;
    if (engine->options.query_step == 0)
        engine->options.query_step = 1;
    engine->catalog = catalog_new();
    engine->functions.clock = options->clock;
    engine->arrivals = clock_wall_ms(options->clock) * 1000000; /* beyond what any run before has counted to */
    engine->functions.arrivals = &engine->arrivals;
    engine->functions.zone = options->zone == NULL ? "UTC" : options->zone;
    engine->world = (struct analysis_world){engine, world_topic, world_schema};
    engine->settings = (struct analysis_settings){.functions = &engine->functions,
                                                  .default_key_format = options->default_key_format,
                                                  .default_value_format = options->default_value_format,
                                                  .default_partitions = options->default_partitions,
                                                  .wrap_single_values = options->wrap_single_values,
                                                  .topic_prefix = options->topic_prefix};
    return engine;
}

void engine_free(struct engine *engine) {
    if (engine == NULL)
        return;
    for (size_t i = 0; i < engine->queries.count; i++)
        job_free(engine->queries.items[i]);
    vector_free(&engine->queries);
    catalog_free(engine->catalog);
    text_free(&engine->record);
    sandbox_free(engine->overlay);
    memory_free(engine);
}

const struct catalog *engine_catalog(const struct engine *engine) {
    return engine->catalog;
}

struct analysis engine_analysis(const struct engine *engine, struct arena *arena) {
    return (struct analysis){arena, engine->catalog, &engine->world, &engine->settings};
}

static void describe(const struct job *job, struct engine_query_info *info) {
    *info = (struct engine_query_info){
        .id = view_of(job->id),
        .statement = job->plan->statement,
        .sink = job->sink,
        .sink_topic = job->push ? (struct view){"", 0} : job->plan->root->sink.topic,
        .push = job->push,
        .state = job->state,
        .plan = job->plan,
        .properties = job->properties,
        .error = job->error.code == ERROR_NONE ? NULL : &job->error,
        .rows_in = job->rows_in,
        .rows_out = job->rows_out,
        .errors = job->errors,
        .last_in_ms = job->last_in_ms,
        .started_ms = job->started_ms,
    };
}

bool engine_query_at(const struct engine *engine, size_t index, struct engine_query_info *info) {
    if (index >= engine->queries.count)
        return false;
    describe(engine->queries.items[index], info);
    return true;
}

bool engine_query_find(const struct engine *engine, struct view id, struct engine_query_info *info) {
    const struct job *job = job_find(engine, id);
    if (job != NULL)
        describe(job, info);
    return job != NULL;
}

bool engine_query_position(const struct engine *engine, struct view id, size_t source, int32_t partition,
                           struct view *topic, int64_t *position) {
    const struct job *job = job_find(engine, id);
    if (job == NULL || source >= job->inputs.count)
        return false;
    const struct input *input = job->inputs.items[source];
    if (partition < 0 || (size_t)partition >= input->partition_count)
        return false;
    *topic = input->step->source.topic;
    *position = input->partitions[partition].done;
    return true;
}

void engine_start(struct engine *engine) {
    for (size_t i = 0; i < engine->queries.count; i++)
        if (engine->queries.items[i]->held)
            job_start(engine->queries.items[i]);
}

int engine_whole_state(struct engine *engine, struct view query_id, struct text *record, struct error *error) {
    const struct job *job = job_find(engine, query_id);
    if (job == NULL || job->push || job->task == NULL)
        return error_set(error, ERROR_NOT_FOUND, "no query %.*s keeps state", VIEW_ARGS(query_id));
    if (job->unloaded || job->broken) /* what it has in hand is not what was kept */
        return error_set(error, ERROR_NOT_FOUND, "%s has to begin again from what was kept", job->id);
    job_whole_state(job, record);
    return 0;
}
