#include "server/broker/partition.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "foundation/base/clock.h"
#include "foundation/base/crc32c.h"
#include "foundation/base/file.h"
#include "foundation/base/log.h"
#include "foundation/base/memory.h"
#include "server/broker/cursor.h"
#include "server/broker/segment.h"

enum { NAME_SIZE = 64, DIGITS = 20, SNAPSHOTS_KEPT = 2 };

struct partition {
    char *folder;
    VECTOR(struct segment) segments; /* oldest first, at least one; the last is written to */
    int64_t start_offset, clean_until;
    struct partition_limits limits;
    struct producers *producers;
    bool dirty;  /* written since the last sync */
    bool failed; /* a sync failed */
};

static struct segment *active(const struct partition *partition) {
    return &partition->segments.items[partition->segments.count - 1];
}

static int add_segment(struct partition *partition, int64_t base_offset, struct error *error) {
    struct segment segment;
    char *path = segment_path(partition->folder, base_offset, SEGMENT_LOG);
    int result = segment_open(&segment, path, base_offset, error);
    if (result == 0)
        vector_push(&partition->segments, segment);
    memory_free(path);
    return result;
}

/* --- producers' snapshots: OFFSET.snapshot has their state before that offset --- */

static int compare_offsets(const void *a, const void *b) {
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

struct offsets_found {
    VECTOR(int64_t) offsets; /* ascending */
};

static int list_files(const char *folder, struct view ending, struct offsets_found *found, struct error *error) {
    DIR *handle = opendir(folder);
    if (!handle)
        return error_set_errno(error, errno, "cannot read the folder %s", folder);
    for (struct dirent *entry; (entry = readdir(handle));) {
        int64_t offset;
        struct view name = view_of(entry->d_name);
        if (name.size == DIGITS + ending.size && view_ends_with(name, ending) &&
            view_to_int64((struct view){name.data, DIGITS}, &offset))
            vector_push(&found->offsets, offset);
    }
    closedir(handle);
    if (found->offsets.count)
        qsort(found->offsets.items, found->offsets.count, sizeof *found->offsets.items, compare_offsets);
    return 0;
}

static char *snapshot_path(const struct partition *partition, int64_t offset) {
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%020lld.snapshot", (long long)offset);
    return file_join(partition->folder, name);
}

static void remove_snapshot(const struct partition *partition, int64_t offset) {
    char *path = snapshot_path(partition, offset);
    unlink(path);
    memory_free(path);
}

static void save_snapshot(const struct partition *partition) {
    struct offsets_found old = {0};
    struct text text = TEXT_EMPTY;
    struct error error = {0};
    int64_t offset = active(partition)->end_offset;
    write_int32(&text, 0);
    producers_save(partition->producers, &text);
    set_int32(&text, 0, (int32_t)crc32c(0, text.data + 4, text.size - 4));
    char *path = snapshot_path(partition, offset);
    if (file_write_atomic(path, text_view(&text), 0600, &error) != 0)
        log_warn("broker", "%s; the next start reads more of the log instead", error.message);
    else if (list_files(partition->folder, VIEW(".snapshot"), &old, NULL) == 0)
        for (size_t i = 0; i + SNAPSHOTS_KEPT < old.offsets.count; i++)
            remove_snapshot(partition, old.offsets.items[i]);
    vector_free(&old.offsets);
    memory_free(path);
    text_free(&text);
}

static bool load_snapshot(struct partition *partition, int64_t offset) {
    char *path = snapshot_path(partition, offset);
    struct text text = TEXT_EMPTY;
    bool loaded = false;
    if (file_read(path, &text, NULL) == 0 && text.size > 4) {
        struct reader reader = {.at = text.data, .end = text.data + 4};
        loaded = (uint32_t)read_int32(&reader) == crc32c(0, text.data + 4, text.size - 4) &&
                 producers_load(partition->producers, (struct view){text.data + 4, text.size - 4});
    }
    if (!loaded) {
        producers_free(partition->producers);
        partition->producers = producers_new();
    }
    text_free(&text);
    memory_free(path);
    return loaded;
}

/* Newest snapshot that is not past `most`; its offset, or 0 when the whole log must be gone through. Later ones are of
 * a log that was longer: they go. */
static int64_t load_newest_snapshot(struct partition *partition, int64_t most) {
    struct offsets_found found = {0};
    int64_t from = 0;
    if (list_files(partition->folder, VIEW(".snapshot"), &found, NULL) == 0) {
        for (size_t i = found.offsets.count; i-- > 0 && from == 0;) {
            if (found.offsets.items[i] <= most && load_snapshot(partition, found.offsets.items[i]))
                from = found.offsets.items[i];
            else
                remove_snapshot(partition, found.offsets.items[i]);
        }
    }
    vector_free(&found.offsets);
    return from;
}

/* --- opening --- */

static int open_segments(struct partition *partition, struct error *error) {
    struct offsets_found found = {0};
    int result = list_files(partition->folder, VIEW(".log"), &found, error);
    for (size_t i = 0; i < found.offsets.count && result == 0; i++)
        result = add_segment(partition, found.offsets.items[i], error);
    vector_free(&found.offsets);
    if (result == 0 && partition->segments.count == 0)
        result = add_segment(partition, 0, error);
    return result;
}

/* FIRST-LAST.swap holds what shall stand for the segments FIRST to LAST: it was complete before it got this name. */
static int finish_swap(const char *folder, const char *swap, int64_t first, int64_t last, struct error *error) {
    struct offsets_found found = {0};
    char *path = segment_path(folder, first, SEGMENT_LOG);
    int result = list_files(folder, VIEW(".log"), &found, error);
    for (size_t i = 0; result == 0 && i < found.offsets.count; i++)
        if (found.offsets.items[i] >= first && found.offsets.items[i] <= last)
            segment_remove_files(folder, found.offsets.items[i]);
    if (result == 0 && rename(swap, path) != 0)
        result = error_set_errno(error, errno, "cannot rename %s", swap);
    if (result == 0)
        result = file_sync_folder(folder, error);
    vector_free(&found.offsets);
    memory_free(path);
    return result;
}

/* What a crash cut short: half-made files go, complete replacements are finished. */
static int settle(const struct partition *partition, struct error *error) {
    DIR *handle = opendir(partition->folder);
    int result = 0;
    for (struct dirent *entry; handle && result == 0 && (entry = readdir(handle));) {
        struct view name = view_of(entry->d_name);
        char *path = file_join(partition->folder, entry->d_name);
        int64_t first, last;
        if (view_ends_with(name, VIEW(".cleaned")) || view_ends_with(name, VIEW(".new")))
            unlink(path);
        else if (name.size == 2 * DIGITS + 6 && view_ends_with(name, VIEW(".swap")) &&
                 view_to_int64((struct view){name.data, DIGITS}, &first) &&
                 view_to_int64((struct view){name.data + DIGITS + 1, DIGITS}, &last))
            result = finish_swap(partition->folder, path, first, last, error);
        memory_free(path);
    }
    if (handle)
        closedir(handle);
    return result;
}

struct replay {
    struct partition *partition;
    int64_t from; /* what a snapshot knows already */
    void (*checked)(void *context, int64_t bytes);
    void *context;
};

static void replay_batch(void *context, const struct batch_header *header) {
    struct replay *replay = context;
    if (header->base_offset >= replay->from)
        producers_add(replay->partition->producers, header, header->base_offset, clock_wall_ms(NULL));
}

static void replay_checked(void *context, int64_t bytes) {
    struct replay *replay = context;
    if (replay->checked)
        replay->checked(replay->context, bytes);
}

static int recover(struct partition *partition, enum partition_trust trust, struct replay *replay,
                   struct error *error) {
    size_t count = partition->segments.count, first_to_scan = count;
    struct segment_visitor visitor = {replay_batch, replay_checked, replay};
    for (size_t i = 0; i < count && first_to_scan == count; i++) { /* from the first doubtful one on all are checked */
        struct segment *segment = &partition->segments.items[i];
        bool closed = i + 1 < count;
        if (!(trust == TRUST_ALL || (trust == TRUST_CLOSED && closed)) ||
            !segment_load_index(segment, partition->folder))
            first_to_scan = i;
    }
    int64_t sure =
        first_to_scan < count ? partition->segments.items[first_to_scan].base_offset : active(partition)->end_offset;
    replay->from = load_newest_snapshot(partition, sure);
    for (size_t i = 0; i < count; i++) {
        struct segment *segment = &partition->segments.items[i];
        if (i >= first_to_scan) {
            if (segment_scan(segment, partition->folder, trust != TRUST_NOTHING, &visitor, error) != 0)
                return -1;
        } else {
            if (segment->end_offset > replay->from && segment_walk(segment, partition->folder, &visitor, error) != 0)
                return -1;
            replay_checked(replay, segment->size);
        }
        if (i + 1 < count && segment->end_offset > partition->segments.items[i + 1].base_offset)
            return error_set(error, ERROR_CORRUPT,
                             "%s: segment %lld runs into the next one; move the folder away or start with --fresh",
                             partition->folder, (long long)segment->base_offset);
        if (i >= first_to_scan && i + 1 < count)
            segment_save_index(segment, partition->folder);
    }
    return 0;
}

static void load_start(struct partition *partition) {
    char *path = file_join(partition->folder, "start");
    struct text text = TEXT_EMPTY;
    int64_t offset;
    partition->start_offset = partition->segments.items[0].base_offset;
    if (file_exists(path) && file_read(path, &text, NULL) == 0 && view_to_int64(view_trim(text_view(&text)), &offset) &&
        offset > partition->start_offset && segment_offset_fits(offset))
        partition->start_offset = offset;
    text_free(&text);
    memory_free(path);
}

/* What was cut off lay beyond the start: offsets go on from there, they are never given twice. */
static int close_gap(struct partition *partition, struct error *error) {
    if (partition->start_offset <= active(partition)->end_offset)
        return 0;
    return add_segment(partition, partition->start_offset, error);
}

static void remove_below_start(struct partition *partition) {
    while (partition->segments.count > 1 && partition->segments.items[1].base_offset <= partition->start_offset) {
        int64_t base = partition->segments.items[0].base_offset;
        segment_close(&partition->segments.items[0]);
        vector_remove(&partition->segments, 0);
        segment_remove_files(partition->folder, base);
    }
}

struct partition *partition_open(const char *folder, enum partition_trust trust,
                                 void (*checked)(void *context, int64_t bytes), void *context, struct error *error) {
    struct partition *partition = memory_zero(1, sizeof *partition);
    struct replay replay = {partition, 0, checked, context};
    partition->folder = memory_copy_string(folder);
    partition->limits = (struct partition_limits){(int64_t)1 << 30, INT64_MAX, false, NULL};
    partition->producers = producers_new();
    if (file_make_folders(folder, 0700, error) != 0)
        goto failed;
    if (settle(partition, error) != 0 || open_segments(partition, error) != 0 ||
        recover(partition, trust, &replay, error) != 0)
        goto failed;
    load_start(partition);
    if (close_gap(partition, error) != 0)
        goto failed;
    remove_below_start(partition); /* a kill came between the new start and that */
    return partition;
failed:
    partition_close(partition, false);
    return NULL;
}

void partition_close(struct partition *partition, bool clean) {
    if (!partition)
        return;
    if (clean) {
        segment_save_index(active(partition), partition->folder);
        save_snapshot(partition);
    }
    for (size_t i = 0; i < partition->segments.count; i++)
        segment_close(&partition->segments.items[i]);
    vector_free(&partition->segments);
    producers_free(partition->producers);
    memory_free(partition->folder);
    memory_free(partition);
}

void partition_set_limits(struct partition *partition, const struct partition_limits *limits) {
    partition->limits = *limits;
}

/* --- facts --- */

const char *partition_folder(const struct partition *partition) {
    return partition->folder;
}

int64_t partition_start_offset(const struct partition *partition) {
    return partition->start_offset;
}

int64_t partition_end_offset(const struct partition *partition) {
    return active(partition)->end_offset;
}

int64_t partition_bytes(const struct partition *partition) {
    int64_t bytes = 0;
    for (size_t i = 0; i < partition->segments.count; i++)
        bytes += partition->segments.items[i].size;
    return bytes;
}

void partition_newest(const struct partition *partition, int64_t *timestamp, int64_t *offset) {
    *timestamp = *offset = -1;
    for (size_t i = 0; i < partition->segments.count; i++) {
        if (partition->segments.items[i].max_timestamp > *timestamp) {
            *timestamp = partition->segments.items[i].max_timestamp;
            *offset = partition->segments.items[i].max_timestamp_offset;
        }
    }
}

struct producers *partition_producers(struct partition *partition) {
    return partition->producers;
}

bool partition_has_failed(const struct partition *partition) {
    return partition->failed;
}

/* --- appending --- */

static int roll(struct partition *partition, struct error *error) {
    int64_t base = active(partition)->end_offset;
    if (partition->limits.sync && partition_sync(partition, error) != 0)
        return -1;
    segment_save_index(active(partition), partition->folder);
    if (add_segment(partition, base, error) != 0 ||
        (partition->limits.sync && file_sync_folder(partition->folder, error) != 0))
        return -1;
    save_snapshot(partition);
    return 0;
}

int partition_append(struct partition *partition, char *batch, size_t size, const struct batch_header *header,
                     int64_t *offset, struct error *error) {
    struct segment *segment = active(partition);
    int64_t now_ms = clock_wall_ms(partition->limits.clock);
    if (partition->failed)
        return error_set(error, ERROR_IO, "%s could not be written to the disk earlier; start the program again",
                         partition->folder);
    bool full = segment->size + (int64_t)size > partition->limits.segment_bytes ||
                now_ms - segment->began_ms >= partition->limits.segment_ms ||
                segment->end_offset + header->last_offset_delta - segment->base_offset > INT32_MAX;
    if (segment->size > 0 && full) {
        if (roll(partition, error) != 0)
            return -1;
        segment = active(partition);
    }
    struct batch_header stored = *header;
    stored.base_offset = *offset = segment->end_offset;
    batch_set_base_offset(batch, *offset);
    batch_set_leader_epoch(batch, 0);
    if (segment_append(segment, partition->folder, (struct view){batch, size}, &stored, now_ms, error) != 0)
        return -1;
    producers_add(partition->producers, header, *offset, now_ms);
    partition->dirty = true;
    return 0;
}

int partition_sync(struct partition *partition, struct error *error) {
    if (partition->failed) /* the system tells of a failure once only: a second call would seem to work */
        return error_set(error, ERROR_IO, "%s could not be written to the disk earlier; start the program again",
                         partition->folder);
    if (!partition->dirty)
        return 0;
    if (fdatasync(active(partition)->descriptor) != 0) {
        partition->failed = true;
        return error_set_errno(error, errno, "cannot write %s to the disk", partition->folder);
    }
    partition->dirty = false;
    return 0;
}

/* --- reading --- */

int partition_read(const struct partition *partition, int64_t offset, size_t most, struct text *out,
                   struct error *error) {
    size_t low = 0, high = partition->segments.count; /* first segment that ends after the offset */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (partition->segments.items[middle].end_offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < partition->segments.count; low++) {
        const struct segment *segment = &partition->segments.items[low];
        int64_t position;
        if (segment_find(segment, partition->folder, offset, &position, error) != 0)
            return -1;
        if (position < segment->size) /* else all that followed was compacted away */
            return segment_read(segment, partition->folder, position, most, out, error);
    }
    return 0;
}

int partition_find_time(const struct partition *partition, int64_t time, int64_t *offset, int64_t *timestamp,
                        struct error *error) {
    *offset = *timestamp = -1;
    for (size_t i = 0; i < partition->segments.count && *offset < 0; i++)
        if (segment_find_time(&partition->segments.items[i], partition->folder, time, partition->start_offset, offset,
                              timestamp, error) != 0)
            return -1;
    return 0;
}

/* --- trimming --- */

static int save_start(const struct partition *partition, int64_t start_offset, struct error *error) {
    char *path = file_join(partition->folder, "start");
    char text[32];
    int size = snprintf(text, sizeof text, "%lld\n", (long long)start_offset);
    int result = file_write_atomic(path, (struct view){text, (size_t)size}, 0600, error);
    if (result == 0)
        result = file_sync_folder(partition->folder, error); /* before what is below it goes */
    memory_free(path);
    return result;
}

int partition_trim(struct partition *partition, int64_t start_offset, struct error *error) {
    if (start_offset <= partition->start_offset)
        return 0;
    if (save_start(partition, start_offset, error) != 0)
        return -1;
    partition->start_offset = start_offset;
    remove_below_start(partition);
    return 0;
}

/* Records without a time are as old as their file. */
static bool is_old(const struct segment *segment, int64_t oldest_ms) {
    int64_t newest = segment->max_timestamp >= 0 ? segment->max_timestamp : segment->began_ms;
    return oldest_ms >= 0 && newest < oldest_ms;
}

int partition_retain(struct partition *partition, int64_t bytes, int64_t oldest_ms, struct error *error) {
    if (partition->segments.count == 1 && active(partition)->size > 0 && is_old(active(partition), oldest_ms) &&
        roll(partition, error) != 0)
        return -1;
    while (partition->segments.count > 1) {
        const struct segment *first = &partition->segments.items[0];
        bool large = bytes >= 0 && partition_bytes(partition) - first->size >= bytes;
        if (!is_old(first, oldest_ms) && !large)
            return 0;
        if (partition_trim(partition, partition->segments.items[1].base_offset, error) != 0)
            return -1;
    }
    return 0;
}

int partition_roll_if_old(struct partition *partition, int64_t now_ms, struct error *error) {
    const struct segment *segment = active(partition);
    bool old = segment->size > 0 && now_ms - segment->began_ms >= partition->limits.segment_ms;
    return old ? roll(partition, error) : 0;
}

/* --- compaction --- */

size_t partition_closed_count(const struct partition *partition) {
    return partition->segments.count - 1;
}

const struct segment *partition_closed(const struct partition *partition, size_t at) {
    return &partition->segments.items[at];
}

int64_t partition_clean_until(const struct partition *partition) {
    return partition->clean_until;
}

void partition_set_clean_until(struct partition *partition, int64_t offset) {
    partition->clean_until = offset;
}

int partition_replace(struct partition *partition, int64_t first, int64_t last, const char *path,
                      struct segment *cleaned, struct error *error) {
    size_t from = 0, to;
    char name[NAME_SIZE];
    while (from < partition_closed_count(partition) && partition->segments.items[from].base_offset != first)
        from++;
    for (to = from; to < partition_closed_count(partition) && partition->segments.items[to].base_offset != last;)
        to++;
    if (to >= partition_closed_count(partition)) {
        segment_close(cleaned);
        unlink(path);
        return error_set(error, ERROR_CONFLICT, "%s: segments %lld to %lld went away while they were compacted",
                         partition->folder, (long long)first, (long long)last);
    }
    snprintf(name, sizeof name, "%020lld-%020lld.swap", (long long)first, (long long)last);
    char *swap = file_join(partition->folder, name);
    int result = 0;
    if (rename(path, swap) != 0) {
        result = error_set_errno(error, errno, "cannot rename %s", path);
        segment_close(cleaned);
    } else if ((result = file_sync_folder(partition->folder, error)) == 0 &&
               (result = finish_swap(partition->folder, swap, first, last, error)) == 0) {
        for (size_t i = to + 1; i-- > from;) {
            segment_close(&partition->segments.items[i]);
            if (i > from)
                vector_remove(&partition->segments, i);
        }
        partition->segments.items[from] = *cleaned;
        segment_save_index(cleaned, partition->folder);
    } else {
        segment_close(cleaned);
        error->fatal = true; /* files are gone that memory still names: the next start settles it */
    }
    memory_free(swap);
    return result;
}
