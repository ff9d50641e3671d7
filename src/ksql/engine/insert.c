/* INSERT INTO ... VALUES: one record, written as a query's sink writes. */
#include "ksql/engine/private.h"

struct trial {
    struct error *error;
    bool failed;
};

static void note(void *context, const struct error *error) {
    struct trial *trial = context;
    if (!trial->failed && trial->error != NULL)
        *trial->error = *error;
    trial->failed = true;
}

int insert_values(struct engine *engine, const struct statement *statement, struct arena *arena, struct error *error) {
    struct analysis analysis = engine_analysis(engine, arena);
    struct insert_definition definition;
    struct trial trial = {error, false};
    struct processing_log log = {&trial, note};
    if (analyse_insert(&analysis, statement, &definition, error) != 0)
        return -1;
    const struct source *source = definition.source;
    struct row row = {.timestamp = clock_wall_ms(engine->options.clock)};
    row.values = arena_zero(arena, schema_count(source->schema) * sizeof *row.values);
    for (size_t i = 0; i < schema_count(source->schema); i++)
        if (definition.values[i] != NULL)
            row.values[i] = evaluate(definition.values[i], NULL, arena, &log);
    struct value time =
        definition.timestamp == NULL ? value_bigint(row.timestamp) : evaluate(definition.timestamp, NULL, arena, &log);
    if (trial.failed)
        return error_wrap(error, "Failed to insert values into '%.*s'", VIEW_ARGS(source->name));
    if (time.tag == VALUE_BIGINT)
        row.timestamp = time.integer;
    if (engine->sandbox)
        return 0;
    struct step sink = {.kind = STEP_SINK, .schema = source->schema};
    sink.sink = (struct step_sink){
        .name = source->name, .topic = source->topic, .format = source->format, .timestamp_index = -1};
    struct output output = {0};
    struct engine_record record;
    int status = output_start(engine, &output, &sink, error);
    if (status == 0)
        status = output_encode(&output, &row, &record, error);
    if (status == 0)
        status = output_write(engine, &output, &record, error);
    output_stop(&output);
    const struct engine_topics *topics = engine->options.topics;
    if (status == 0 && topics->flush != NULL)
        status = topics->flush(topics->context, error);
    return status == 0 ? 0 : error_wrap(error, "Failed to insert values into '%.*s'", VIEW_ARGS(source->name));
}
