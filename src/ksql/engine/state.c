/* A record of a query's memory: version, positions of every input's partitions, then the changes of state.
 * Layout: u8 version, u32 count, count times (u32 input, u32 partition, i64 position), changes; little-endian as all
 * machines are that we build for. */
#include <string.h>

#include "ksql/engine/private.h"

enum { VERSION = 1, HEAD = 5, POSITION = 16 };

static void put_positions(const struct job *job, struct text *record) {
    uint32_t count = 0;
    for (size_t i = 0; i < job->inputs.count; i++)
        count += (uint32_t)job->inputs.items[i]->partition_count;
    text_append_char(record, VERSION);
    text_append_bytes(record, &count, sizeof count);
    for (size_t i = 0; i < job->inputs.count; i++)
        for (size_t j = 0; j < job->inputs.items[i]->partition_count; j++) {
            uint32_t place[2] = {(uint32_t)i, (uint32_t)j};
            text_append_bytes(record, place, sizeof place);
            text_append_bytes(record, &job->inputs.items[i]->partitions[j].done, sizeof(int64_t));
        }
}

int job_save(struct job *job, struct error *error) {
    const struct engine_memory *memory = job->engine->options.memory;
    struct text *record = &job->engine->record;
    if (memory == NULL)
        return 0;
    text_clear(record);
    put_positions(job, record);
    task_take_changes(job->task, record);
    return memory->save(memory->context, view_of(job->id), text_view(record), error);
}

void job_whole_state(const struct job *job, struct text *record) {
    put_positions(job, record);
    task_take_all(job->task, record);
}

static void set_position(struct job *job, uint32_t input, uint32_t partition, int64_t position) {
    if (input >= job->inputs.count || partition > 100000)
        return;
    struct input *in = job->inputs.items[input];
    if (partition >= in->partition_count) {
        in->partitions = memory_resize(in->partitions, partition + 1, sizeof *in->partitions);
        for (size_t i = in->partition_count; i <= partition; i++)
            in->partitions[i] = (struct input_partition){.done = ENGINE_EARLIEST};
        in->partition_count = partition + 1;
    }
    in->partitions[partition].done = position;
}

static int load_record(void *context, struct view record, struct error *error) {
    struct job *job = context;
    uint32_t count;
    if (record.size < HEAD || record.data[0] != VERSION)
        return error_set(error, ERROR_CORRUPT, "%s: a record of its kept state is of an unknown version", job->id);
    memcpy(&count, record.data + 1, sizeof count);
    if (count > (record.size - HEAD) / POSITION)
        return error_set(error, ERROR_CORRUPT, "%s: a record of its kept state is cut off", job->id);
    const char *at = record.data + HEAD;
    for (uint32_t i = 0; i < count; i++, at += POSITION) {
        uint32_t place[2];
        int64_t position;
        memcpy(place, at, sizeof place);
        memcpy(&position, at + sizeof place, sizeof position);
        set_position(job, place[0], place[1], position);
    }
    struct view changes = {at, record.size - HEAD - (size_t)count * POSITION};
    return task_apply(job->task, changes, error);
}

int job_load(struct job *job, struct error *error) {
    const struct engine_memory *memory = job->engine->options.memory;
    if (memory == NULL || job->push)
        return 0;
    return memory->load(memory->context, view_of(job->id), load_record, job, error);
}
