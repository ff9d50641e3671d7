#include "server/broker/compact.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "foundation/base/crc32c.h"
#include "foundation/base/file.h"
#include "foundation/base/memory.h"
#include "server/broker/records.h"

enum { PIECE = 1 << 20, FIRST_SLOTS = 1024 };

/* --- the latest offset of each key, by two hashes and the length: the keys themselves would not fit --- */

struct slot {
    uint64_t hash;
    uint32_t check, size;
    int64_t offset; /* -1: free */
};
struct latest {
    struct slot *slots;
    size_t room, count, most;
};

static struct slot *find_slot(const struct latest *latest, uint64_t hash, uint32_t check, uint32_t size) {
    size_t at = hash & (latest->room - 1);
    while (latest->slots[at].offset >= 0 &&
           (latest->slots[at].hash != hash || latest->slots[at].check != check || latest->slots[at].size != size))
        at = (at + 1) & (latest->room - 1);
    return &latest->slots[at];
}

static struct slot *slot_of(const struct latest *latest, struct view key) {
    return find_slot(latest, view_hash(key), crc32c(0, key.data, key.size), (uint32_t)key.size);
}

static void make_room(struct latest *latest, size_t room) {
    struct latest old = *latest;
    latest->room = room;
    latest->slots = memory_allocate(room * sizeof *latest->slots);
    for (size_t i = 0; i < room; i++)
        latest->slots[i].offset = -1;
    for (size_t i = 0; i < old.room; i++)
        if (old.slots[i].offset >= 0)
            *find_slot(latest, old.slots[i].hash, old.slots[i].check, old.slots[i].size) = old.slots[i];
    memory_free(old.slots);
}

/* False when there is no room for another key. */
static bool note_key(struct latest *latest, struct view key, int64_t offset) {
    struct slot *slot = slot_of(latest, key);
    if (slot->offset < 0) {
        if (latest->count >= latest->most)
            return false;
        if (latest->count * 4 >= latest->room * 3) {
            make_room(latest, latest->room * 2);
            slot = slot_of(latest, key);
        }
        *slot = (struct slot){view_hash(key), crc32c(0, key.data, key.size), (uint32_t)key.size, offset};
        latest->count++;
    }
    slot->offset = offset;
    return true;
}

/* --- going through segments --- */

typedef int (*batch_function)(void *context, struct view batch, const struct batch_header *header, struct error *error);

/* Stops at the first function that does not give 0, and gives that. */
static int each_batch(const struct compaction *compaction, const struct segment *segment, batch_function function,
                      void *context, struct error *error) {
    struct text piece = TEXT_EMPTY;
    int64_t expected = segment->base_offset;
    int result = 0;
    for (int64_t position = 0; result == 0 && position < segment->size;) {
        text_clear(&piece);
        result = segment_read(segment, compaction->folder, position, PIECE, &piece, error);
        position += (int64_t)piece.size;
        for (struct view rest = text_view(&piece); result == 0 && rest.size;) {
            struct batch_header header;
            size_t size = 0;
            if (batch_check(rest, &header, &size) != BATCH_GOOD || header.base_offset < expected ||
                header.base_offset + header.last_offset_delta >= segment->end_offset)
                result = error_set(error, ERROR_CORRUPT, "%s: segment %lld is damaged and is not compacted",
                                   compaction->folder, (long long)segment->base_offset);
            else
                result = function(context, (struct view){rest.data, size}, &header, error);
            expected = header.base_offset + header.last_offset_delta + 1;
            rest = (struct view){rest.data + size, rest.size - size};
        }
    }
    text_free(&piece);
    return result;
}

struct learning {
    struct latest latest;
    int64_t from, until; /* keys of these offsets are known */
};
enum { FULL = 1 };

static int learn_batch(void *context, struct view batch, const struct batch_header *header, struct error *error) {
    struct learning *learning = context;
    struct records records;
    struct record record;
    int result = 0;
    (void)error;
    if (header->base_offset + header->last_offset_delta < learning->from)
        return 0;
    records_open(&records, batch, header);
    while (result == 0 && records_next(&records, &record))
        if (record.key.data && !note_key(&learning->latest, record.key, record.offset))
            result = FULL; /* the rest is for the next time */
    records_close(&records);
    if (result == 0)
        learning->until = header->base_offset + header->last_offset_delta + 1;
    return result;
}

/* --- rewriting --- */

struct rewriting {
    struct compaction *compaction;
    const struct learning *learning;
    struct segment *out;
    struct text made;
};

static bool is_superseded(const struct learning *learning, const struct record *record) {
    if (!record->key.data)
        return true; /* it could never be compacted: Kafka drops it too */
    if (record->offset >= learning->until)
        return false;
    const struct slot *slot = slot_of(&learning->latest, record->key);
    return slot->offset > record->offset;
}

static int put(struct rewriting *rewriting, struct view batch, const struct batch_header *header, struct error *error) {
    return segment_append(rewriting->out, rewriting->compaction->folder, batch, header, rewriting->compaction->now_ms,
                          error);
}

/* The last record of all stays whatever it is: who reads up to the end of the log waits for it. */
static bool stays_on(const struct rewriting *rewriting, const struct record *record, bool expired) {
    const struct compaction *compaction = rewriting->compaction;
    int64_t end = compaction->segments.items[compaction->segments.count - 1].end_offset;
    return !is_superseded(rewriting->learning, record) && (record->value.data || !expired || record->offset == end - 1);
}

/* The batch with those of its records that stay; as it was when all do. */
static int rewrite_batch(void *context, struct view batch, const struct batch_header *header, struct error *error) {
    struct rewriting *rewriting = context;
    struct compaction *compaction = rewriting->compaction;
    bool had_horizon = header->attributes & BATCH_DELETE_HORIZON;
    bool expired = had_horizon && header->base_timestamp < compaction->now_ms;
    int64_t retention = compaction->delete_retention_ms, room = INT64_MAX - compaction->now_ms;
    int64_t horizon = had_horizon        ? header->base_timestamp
                      : retention < room ? compaction->now_ms + retention
                                         : INT64_MAX;
    struct records records;
    struct record record;
    int32_t kept = 0, tombstones = 0;
    records_open(&records, batch, header);
    for (; records_next(&records, &record);) {
        bool stays = stays_on(rewriting, &record, expired);
        kept += stays;
        tombstones += stays && !record.value.data;
    }
    bool broken = records.reader.broken;
    records_close(&records);
    if (broken || (kept == header->record_count && (tombstones == 0 || had_horizon))) {
        compaction->kept += header->record_count;
        return put(rewriting, batch, header, error);
    }
    compaction->kept += kept;
    compaction->dropped += header->record_count - kept;
    if (kept == 0)
        return 0;
    struct batch_builder builder = {.header = header, .base_timestamp = header->base_timestamp};
    if (tombstones > 0) {
        builder.horizon = true;
        builder.base_timestamp = horizon;
    }
    records_open(&records, batch, header);
    while (records_next(&records, &record))
        if (stays_on(rewriting, &record, expired))
            batch_builder_add(&builder, &record);
    records_close(&records);
    struct batch_header made;
    text_clear(&rewriting->made);
    batch_builder_finish(&builder, &rewriting->made, &made);
    return put(rewriting, text_view(&rewriting->made), &made, error);
}

static int begin_result(struct compaction *compaction, int64_t first, struct error *error) {
    struct compaction_result result = {.first = first};
    char name[64];
    snprintf(name, sizeof name, "%020lld.cleaned", (long long)first);
    result.path = file_join(compaction->folder, name);
    unlink(result.path);
    if (segment_open(&result.segment, result.path, first, error) != 0) {
        memory_free(result.path);
        return -1;
    }
    vector_push(&compaction->results, result);
    return 0;
}

static int end_result(const struct compaction_result *result, struct error *error) {
    if (fsync(result->segment.descriptor) != 0)
        return error_set_errno(error, errno, "cannot write %s to the disk", result->path);
    return 0;
}

/* Old segments go into one new one as long as they surely fit. */
static int rewrite_all(struct compaction *compaction, const struct learning *learning, struct error *error) {
    struct rewriting rewriting = {.compaction = compaction, .learning = learning};
    struct compaction_result *result = NULL;
    int code = 0;
    for (size_t i = 0; i < compaction->segments.count && code == 0; i++) {
        const struct segment *old = &compaction->segments.items[i];
        bool fits = result && result->segment.size + old->size <= compaction->segment_bytes &&
                    old->end_offset - result->first <= INT32_MAX;
        if (!fits) {
            code = result ? end_result(result, error) : 0;
            if (code == 0)
                code = begin_result(compaction, old->base_offset, error);
            if (code != 0)
                break;
            result = &compaction->results.items[compaction->results.count - 1];
        }
        rewriting.out = &result->segment;
        result->last = old->base_offset;
        code = each_batch(compaction, old, rewrite_batch, &rewriting, error);
    }
    if (code == 0 && result)
        code = end_result(result, error);
    text_free(&rewriting.made);
    return code;
}

int compaction_add(struct compaction *compaction, const struct segment *segment, struct error *error) {
    int descriptor = fcntl(segment->descriptor, F_DUPFD_CLOEXEC, 0);
    if (descriptor < 0)
        return error_set_errno(error, errno, "%s: cannot compact segment %lld", compaction->folder,
                               (long long)segment->base_offset);
    vector_push(&compaction->segments, (struct segment){.base_offset = segment->base_offset,
                                                        .end_offset = segment->end_offset,
                                                        .size = segment->size,
                                                        .max_timestamp = segment->max_timestamp,
                                                        .descriptor = descriptor});
    return 0;
}

static void drop_results(struct compaction *compaction) {
    for (size_t i = 0; i < compaction->results.count; i++) {
        struct compaction_result *result = &compaction->results.items[i];
        if (!result->path)
            continue;
        segment_close(&result->segment);
        unlink(result->path);
        memory_free(result->path);
    }
    vector_clear(&compaction->results);
}

int compaction_run(struct compaction *compaction, struct error *error) {
    struct learning learning = {.from = compaction->dirty_from, .until = compaction->dirty_from};
    learning.latest.most = compaction->keys_most;
    make_room(&learning.latest, FIRST_SLOTS);
    int code = 0;
    for (size_t i = 0; i < compaction->segments.count && code == 0; i++)
        if (compaction->segments.items[i].end_offset > compaction->dirty_from)
            code = each_batch(compaction, &compaction->segments.items[i], learn_batch, &learning, error);
    if (code == FULL)
        code = 0;
    if (code == 0)
        code = rewrite_all(compaction, &learning, error);
    if (code != 0)
        drop_results(compaction);
    compaction->clean_until = learning.until;
    memory_free(learning.latest.slots);
    return code;
}

void compaction_free(struct compaction *compaction) {
    drop_results(compaction);
    vector_free(&compaction->results);
    for (size_t i = 0; i < compaction->segments.count; i++)
        segment_close(&compaction->segments.items[i]);
    vector_free(&compaction->segments);
    memory_free(compaction->folder);
}
