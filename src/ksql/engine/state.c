/* A record of a query's memory: version, positions of every input's partitions, then the changes of state.
 * Layout: u8 version, u32 count, count times (u32 input, u32 partition, i64 position), changes; little-endian as all
 * machines are that we build for. Changes beyond what a Kafka record holds by default go before it in parts: u8 PART,
 * u8 first, changes. They count when the record after them is there, whose version then is LAST. */
#include <string.h>

#include "ksql/engine/private.h"

enum { VERSION = 1, PART = 2, LAST = 3, HEAD = 5, PART_HEAD = 2, POSITION = 16, RECORD_MOST = 512 * 1024 };

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

static int save_parts(const struct job *job, struct view *changes, struct error *error) {
    const struct engine_memory *memory = job->engine->options.memory;
    struct text part = TEXT_EMPTY;
    int status = 0;
    for (bool first = true; status == 0 && changes->size > RECORD_MOST; first = false) {
        text_clear(&part);
        text_append_char(&part, PART);
        text_append_char(&part, (char)first);
        text_append(&part, (struct view){changes->data, RECORD_MOST});
        *changes = (struct view){changes->data + RECORD_MOST, changes->size - RECORD_MOST};
        status = memory->save(memory->context, view_of(job->id), text_view(&part), error);
    }
    text_free(&part);
    return status;
}

int job_save(struct job *job, struct error *error) {
    const struct engine_memory *memory = job->engine->options.memory;
    struct text *record = &job->engine->record;
    if (memory == NULL)
        return 0;
    text_clear(record);
    put_positions(job, record);
    size_t head = record->size;
    task_take_changes(job->task, record);
    struct view changes = {record->data + head, record->size - head};
    if (save_parts(job, &changes, error) != 0)
        return -1;
    if (changes.data != record->data + head)
        record->data[0] = LAST;
    memmove(record->data + head, changes.data, changes.size);
    record->size = head + changes.size;
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
    if (record.size >= PART_HEAD && record.data[0] == PART) {
        if (record.data[1])
            text_clear(&job->parts);
        text_append(&job->parts, (struct view){record.data + PART_HEAD, record.size - PART_HEAD});
        return 0;
    }
    if (record.size < HEAD || (record.data[0] != VERSION && record.data[0] != LAST))
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
    if (record.data[0] == VERSION)
        return task_apply(job->task, changes, error);
    text_append(&job->parts, changes);
    int status = task_apply(job->task, text_view(&job->parts), error);
    text_clear(&job->parts);
    return status;
}

int job_load(struct job *job, struct error *error) {
    const struct engine_memory *memory = job->engine->options.memory;
    if (memory == NULL || job->push) {
        job->unloaded = false;
        return 0;
    }
    int status = memory->load(memory->context, view_of(job->id), load_record, job, error);
    text_free(&job->parts);
    job->unloaded = status != 0;
    return status;
}
