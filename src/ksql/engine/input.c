/* Records of a topic to rows of a source step: decoded, pseudo columns filled in. Records of a query that joins wait
 * here until it is their turn. */
#include <string.h>

#include "ksql/engine/private.h"
#include "ksql/function/pattern.h"

enum { WAITING_MOST = 20000 }; /* records of one input that wait before its reader is held */

static struct source as_source(const struct step *step, struct schema *own) {
    *own = *step->schema;
    own->value_count -= step->source.format.window.kind == WINDOW_NONE ? 3 : 5;
    return (struct source){
        .name = step->source.name, .topic = step->source.topic, .format = step->source.format, .schema = own};
}

static size_t own_count(const struct step *step) {
    return schema_count(step->schema) - (step->source.format.window.kind == WINDOW_NONE ? 3 : 5);
}

struct input *input_new(struct engine *engine, const struct step *step, size_t source, struct error *error) {
    struct input *input = memory_zero(1, sizeof *input);
    struct schema schema;
    struct source side = as_source(step, &schema);
    struct codec_options key_options = source_codec_options(&side, true);
    struct codec_options value_options = source_codec_options(&side, false);
    struct schema_source *schemas = engine->options.schemas->source;
    input->step = step;
    input->source = source;
    input->batch = batch_new();
    input->key =
        format_find(side.format.key_format)->compile(schema.columns, schema.key_count, &key_options, schemas, error);
    input->value = input->key == NULL ? NULL
                                      : format_find(side.format.value_format)
                                            ->compile(schema.columns + schema.key_count, schema.value_count,
                                                      &value_options, schemas, error);
    if (input->value != NULL)
        return input;
    input_free(input);
    return NULL;
}

static void drop_waiting(struct input *input) {
    for (size_t i = 0; i < input->partition_count; i++) {
        struct input_partition *partition = &input->partitions[i];
        while (partition->first != NULL) {
            struct waiting *next = partition->first->next;
            memory_free(partition->first);
            partition->first = next;
        }
        partition->last = NULL;
        partition->fed = partition->done;
    }
    input->waiting = 0;
    input->held = false;
}

void input_free(struct input *input) {
    if (input == NULL)
        return;
    drop_waiting(input);
    codec_free(input->key);
    codec_free(input->value);
    batch_free(input->batch);
    memory_free(input->partitions);
    memory_free(input);
}

int input_open(struct engine *engine, struct input *input, int64_t fallback, struct error *error) {
    const struct engine_topics *topics = engine->options.topics;
    struct topic_facts facts;
    if (topics->describe(topics->context, input->step->source.topic, &facts, error) != 0)
        return -1;
    size_t known = input->partition_count, count = (size_t)facts.partitions;
    if (count > known) {
        input->partitions = memory_resize(input->partitions, count, sizeof *input->partitions);
        for (size_t i = known; i < count; i++)
            input->partitions[i] = (struct input_partition){.done = known == 0 ? fallback : ENGINE_EARLIEST};
        input->partition_count = count;
    }
    int64_t *offsets = memory_zero(count, sizeof *offsets), *ends = memory_zero(count, sizeof *ends);
    for (size_t i = 0; i < count; i++)
        offsets[i] = input->partitions[i].done;
    uint64_t reader = ++engine->next_reader;
    int status = topics->open(topics->context, reader, input->step->source.topic, offsets, ends, count, error);
    for (size_t i = 0; status == 0 && i < count; i++) {
        input->partitions[i].done = input->partitions[i].fed = offsets[i];
        input->partitions[i].caught_up = ends[i];
    }
    if (status == 0)
        input->reader = reader;
    memory_free(offsets);
    memory_free(ends);
    return status;
}

void input_close(struct engine *engine, struct input *input) {
    if (input->reader != 0)
        engine->options.topics->close(engine->options.topics->context, input->reader);
    input->reader = 0;
    drop_waiting(input);
}

static void hold(struct engine *engine, struct input *input, bool held) {
    if (input->held == held || engine->options.topics->hold == NULL)
        return;
    input->held = held;
    engine->options.topics->hold(engine->options.topics->context, input->reader, held);
}

static struct view copy_bytes(char **at, struct view bytes) {
    if (bytes.data == NULL)
        return bytes;
    memcpy(*at, bytes.data, bytes.size);
    struct view copy = {*at, bytes.size};
    *at += bytes.size;
    return copy;
}

void input_keep(struct engine *engine, struct input *input, const struct engine_record *records, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct engine_record *record = &records[i];
        struct waiting *waiting = memory_allocate(sizeof *waiting + record->key.size + record->value.size);
        char *at = (char *)(waiting + 1);
        *waiting = (struct waiting){.record = *record};
        waiting->record.key = copy_bytes(&at, record->key);
        waiting->record.value = copy_bytes(&at, record->value);
        waiting->record.headers = NULL;
        waiting->record.header_count = 0;
        struct input_partition *partition = &input->partitions[record->partition];
        if (partition->last == NULL)
            partition->first = waiting;
        else
            partition->last->next = waiting;
        partition->last = waiting;
        partition->fed = record->offset + 1;
        input->waiting++;
    }
    if (input->waiting >= WAITING_MOST)
        hold(engine, input, true);
}

bool input_caught_up(const struct input *input) {
    for (size_t i = 0; i < input->partition_count; i++)
        if (input->partitions[i].fed < input->partitions[i].caught_up && input->partitions[i].first == NULL)
            return false;
    return true;
}

static struct input_partition *first_partition(const struct input *input) {
    struct input_partition *found = NULL;
    for (size_t i = 0; input->waiting != 0 && i < input->partition_count; i++) {
        struct input_partition *partition = &input->partitions[i];
        if (partition->first != NULL &&
            (found == NULL || partition->first->record.timestamp < found->first->record.timestamp))
            found = partition;
    }
    return found;
}

bool input_first(const struct input *input, int64_t *timestamp) {
    const struct input_partition *partition = first_partition(input);
    if (partition != NULL)
        *timestamp = partition->first->record.timestamp;
    return partition != NULL;
}

/* --- decoding --- */

static void trouble(struct job *job, const struct input *input, const struct engine_record *record, struct error *error,
                    const char *what) {
    error_wrap(
        error, "%.*s, partition %d, offset %lld: the %s does not decode as %.*s, the record is left out",
        VIEW_ARGS(input->step->source.topic), record->partition, (long long)record->offset, what,
        VIEW_ARGS(what[0] == 'k' ? input->step->source.format.key_format : input->step->source.format.value_format));
    job_trouble(job, error);
}

/* Windowed keys end with the window's start, session keys with end and start, 8 bytes each. */
static bool take_window(const struct window *window, struct view *key, struct row *row) {
    size_t tail = window->kind == WINDOW_SESSION ? 16 : 8;
    uint64_t times[2] = {0, 0};
    if (key->size < tail)
        return false;
    const unsigned char *bytes = (const unsigned char *)key->data + key->size - tail;
    for (size_t i = 0; i < tail; i++)
        times[i / 8] = times[i / 8] << 8 | bytes[i];
    key->size -= tail;
    row->window_start = (int64_t)(window->kind == WINDOW_SESSION ? times[1] : times[0]);
    row->window_end = window->kind == WINDOW_SESSION ? (int64_t)times[0] : row->window_start + window->size;
    return true;
}

static bool row_time(struct job *job, const struct input *input, struct row *row, struct error *error) {
    const struct step_source *source = &input->step->source;
    if (source->timestamp_index < 0)
        return true;
    struct value value = row->values[source->timestamp_index];
    int64_t time = -1;
    if (value.tag == VALUE_BIGINT || value.tag == VALUE_TIMESTAMP)
        time = value.integer;
    else if (value.tag == VALUE_STRING &&
             pattern_parse(source->timestamp_format, value_view(value), job->engine->functions.zone, &time, error) != 0)
        return false;
    if (time < 0)
        return error_set(error, ERROR_INVALID, "the TIMESTAMP column is NULL or before 1970") == 0;
    row->timestamp = time;
    return true;
}

void input_decode(struct job *job, struct input *input, const struct engine_record *record) {
    const struct step *step = input->step;
    struct batch *batch = input->batch;
    struct row *row = batch_add(batch);
    struct error error = {0};
    struct view key = record->key;
    size_t own = own_count(step), keys = step->schema->key_count;
    bool windowed = step->source.format.window.kind != WINDOW_NONE;
    job->rows_in++;
    row->timestamp = record->timestamp;
    row->offset = record->offset;
    row->partition = record->partition;
    row->tombstone = record->value.data == NULL;
    row->key_null = record->key.data == NULL;
    row->headers = record->headers;
    row->header_count = record->header_count;
    if (windowed && key.data != NULL && !take_window(&step->source.format.window, &key, row))
        error_set(&error, ERROR_CORRUPT, "the key is shorter than the window bounds at its end");
    if (error.code != ERROR_NONE || codec_decode(input->key, key, &batch->arena, row->values, &error) != 0) {
        trouble(job, input, record, &error, "key");
        batch->count--;
        return;
    }
    if (codec_decode(input->value, record->value, &batch->arena, row->values + keys, &error) != 0) {
        trouble(job, input, record, &error, "value");
        batch->count--;
        return;
    }
    if (!row->tombstone && !row_time(job, input, row, &error)) {
        trouble(job, input, record, &error, "value");
        batch->count--;
        return;
    }
    row->values[own] = value_bigint(row->timestamp);
    row->values[own + 1] = value_integer(row->partition);
    row->values[own + 2] = value_bigint(row->offset);
    if (windowed) {
        row->values[own + 3] = value_bigint(row->window_start);
        row->values[own + 4] = value_bigint(row->window_end);
    }
}

size_t input_take(struct job *job, struct input *input, int64_t until) {
    size_t taken = 0;
    struct input_partition *partition;
    batch_reset(input->batch, input->step->schema);
    while (input->batch->count < BATCH_ROWS && (partition = first_partition(input)) != NULL &&
           (taken == 0 || partition->first->record.timestamp <= until)) {
        struct waiting *waiting = partition->first;
        /* the row borrows the record's bytes until the batch is done with */
        struct engine_record record = waiting->record;
        record.key = record.key.data == NULL ? record.key : arena_copy_view(&input->batch->arena, record.key);
        record.value = record.value.data == NULL ? record.value : arena_copy_view(&input->batch->arena, record.value);
        input_decode(job, input, &record);
        partition->first = waiting->next;
        if (partition->first == NULL)
            partition->last = NULL;
        partition->done = record.offset + 1;
        memory_free(waiting);
        input->waiting--;
        taken++;
    }
    if (input->waiting < WAITING_MOST / 2)
        hold(job->engine, input, false);
    return taken;
}
