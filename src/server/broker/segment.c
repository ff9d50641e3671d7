#include "server/broker/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "foundation/base/file.h"
#include "foundation/base/log.h"
#include "foundation/base/memory.h"
#include "server/broker/cursor.h"
#include "server/broker/records.h"

enum {
    INDEX_EVERY = 4096,
    SCAN_PIECE = 1 << 20,
    WALK_PIECE = 2 * INDEX_EVERY,
    NAME_SIZE = 64,
    INDEX_ENTRY = 8,
    TIME_ENTRY = 12
};

bool segment_offset_fits(int64_t offset) {
    return offset >= 0 && offset <= INT64_MAX / 2;
}

char *segment_path(const char *folder, int64_t base_offset, enum segment_file file) {
    static const char *const endings[] = {
        [SEGMENT_LOG] = "log", [SEGMENT_INDEX] = "index", [SEGMENT_TIMES] = "timeindex"};
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%020lld.%s", (long long)base_offset, endings[file]);
    return file_join(folder, name);
}

int segment_open(struct segment *segment, const char *path, int64_t base_offset, struct error *error) {
    struct stat status;
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), result = 0;
    if (descriptor < 0 || fstat(descriptor, &status) != 0) {
        result = error_set_errno(error, errno, "cannot open %s", path);
        if (descriptor >= 0)
            close(descriptor);
    } else {
        *segment = (struct segment){.base_offset = base_offset,
                                    .end_offset = base_offset,
                                    .size = status.st_size,
                                    .max_timestamp = -1,
                                    .max_timestamp_offset = -1,
                                    .began_ms = (int64_t)status.st_mtim.tv_sec * 1000,
                                    .descriptor = descriptor};
    }
    return result;
}

void segment_close(struct segment *segment) {
    close(segment->descriptor);
    vector_free(&segment->marks);
    vector_free(&segment->times);
}

void segment_remove_files(const char *folder, int64_t base_offset) {
    for (int file = SEGMENT_LOG; file <= SEGMENT_TIMES; file++) {
        char *path = segment_path(folder, base_offset, (enum segment_file)file);
        unlink(path);
        memory_free(path);
    }
}

/* --- the index --- */

static void note_batch(struct segment *segment, const struct batch_header *header, int64_t position) {
    if (header->max_timestamp > segment->max_timestamp) {
        segment->max_timestamp = header->max_timestamp;
        segment->max_timestamp_offset = header->base_offset + header->last_offset_delta;
    }
    segment->end_offset = header->base_offset + header->last_offset_delta + 1;
    if (segment->marks.count && position - segment->marks.items[segment->marks.count - 1].position < INDEX_EVERY)
        return;
    vector_push(&segment->marks, (struct mark){segment->end_offset - 1, position, segment->max_timestamp});
    if (segment->max_timestamp_offset >= 0 &&
        (!segment->times.count || segment->times.items[segment->times.count - 1].timestamp < segment->max_timestamp))
        vector_push(&segment->times, (struct time_mark){segment->max_timestamp, segment->max_timestamp_offset});
}

struct walk { /* bytes of the file, so that small batches are passed over in memory and not by a call each */
    int64_t from;
    ssize_t held; /* begin at 0 */
    char piece[WALK_PIECE];
};

static int read_header(const struct segment *segment, const char *folder, struct walk *walk, int64_t position,
                       struct batch_header *header, struct error *error) {
    if (walk->held <= 0 || position < walk->from || position + BATCH_HEADER > walk->from + walk->held) {
        walk->from = position;
        walk->held = pread(segment->descriptor, walk->piece, sizeof walk->piece, position);
    }
    if (position + BATCH_HEADER > walk->from + walk->held ||
        !batch_header_read((struct view){walk->piece + (position - walk->from), BATCH_HEADER}, header) ||
        !segment_offset_fits(header->base_offset) || header->last_offset_delta < 0 ||
        header->length < BATCH_HEADER - BATCH_FRAME || position + header->length + BATCH_FRAME > segment->size)
        return error_set(error, ERROR_CORRUPT, "%s: no batch at byte %lld of segment %lld", folder, (long long)position,
                         (long long)segment->base_offset);
    return 0;
}

/* Headers from the last mark to the end: the segment must end with a whole batch. */
static bool walk_to_end(struct segment *segment, const char *folder) {
    const struct mark *last = segment->marks.count ? &segment->marks.items[segment->marks.count - 1] : NULL;
    int64_t position = last ? last->position : 0, expected = segment->base_offset;
    int64_t indexed = last ? last->offset : -1; /* last points into what note_batch may move */
    struct batch_header header;
    struct walk walk;
    walk.held = 0;
    for (bool first = true; position < segment->size; first = false) {
        if (read_header(segment, folder, &walk, position, &header, NULL) != 0 || header.base_offset < expected ||
            header.magic != 2 || (first && indexed >= 0 && header.base_offset + header.last_offset_delta != indexed) ||
            header.max_timestamp > segment->max_timestamp) /* the last time that was saved is the largest */
            return false;
        note_batch(segment, &header, position);
        expected = segment->end_offset;
        position += header.length + BATCH_FRAME;
    }
    return true; /* read_header lets no batch reach beyond the end */
}

static bool load_file(const char *folder, int64_t base_offset, enum segment_file file, struct text *text) {
    char *path = segment_path(folder, base_offset, file);
    bool loaded = file_exists(path) && file_read(path, text, NULL) == 0;
    memory_free(path);
    return loaded;
}

bool segment_load_index(struct segment *segment, const char *folder) {
    struct text marks = TEXT_EMPTY, times = TEXT_EMPTY;
    bool good = load_file(folder, segment->base_offset, SEGMENT_INDEX, &marks) &&
                load_file(folder, segment->base_offset, SEGMENT_TIMES, &times) && marks.size % INDEX_ENTRY == 0 &&
                times.size % TIME_ENTRY == 0 && (marks.size > 0 || segment->size == 0);
    struct reader reader = {.at = times.data, .end = times.data + times.size, .broken = !good};
    while (good && reader.at < reader.end) {
        struct time_mark time = {.timestamp = read_int64(&reader)};
        time.offset = segment->base_offset + read_int32(&reader);
        good = time.timestamp > segment->max_timestamp && time.offset > segment->max_timestamp_offset;
        segment->max_timestamp = time.timestamp;
        segment->max_timestamp_offset = time.offset;
        vector_push(&segment->times, time);
    }
    reader = (struct reader){.at = marks.data, .end = marks.data + marks.size, .broken = !good};
    size_t time_at = 0;
    while (good && reader.at < reader.end) {
        struct mark mark = {.offset = segment->base_offset + read_int32(&reader)};
        mark.position = read_int32(&reader);
        const struct mark *before = segment->marks.count ? &segment->marks.items[segment->marks.count - 1] : NULL;
        good = before
                   ? mark.offset > before->offset && mark.position > before->position && mark.position < segment->size
                   : mark.offset >= segment->base_offset && mark.position == 0;
        vector_push(&segment->marks, mark);
    }
    for (size_t i = 0; i < segment->marks.count; i++) {
        while (time_at < segment->times.count && segment->times.items[time_at].offset <= segment->marks.items[i].offset)
            time_at++;
        segment->marks.items[i].max_timestamp = time_at ? segment->times.items[time_at - 1].timestamp : -1;
    }
    good = good && walk_to_end(segment, folder);
    if (!good) {
        vector_clear(&segment->marks);
        vector_clear(&segment->times);
        segment->end_offset = segment->base_offset;
        segment->max_timestamp = segment->max_timestamp_offset = -1;
    }
    text_free(&marks);
    text_free(&times);
    return good;
}

static void save_file(const struct segment *segment, const char *folder, enum segment_file file,
                      const struct text *text) {
    char *path = segment_path(folder, segment->base_offset, file);
    struct error error = {0};
    if (file_write_atomic(path, text_view(text), 0600, &error) != 0) {
        unlink(path);
        log_warn("broker", "%s; the next start reads the segment instead", error.message);
    }
    memory_free(path);
}

void segment_save_index(const struct segment *segment, const char *folder) {
    struct text marks = TEXT_EMPTY, times = TEXT_EMPTY;
    for (size_t i = 0; i < segment->marks.count; i++) {
        write_int32(&marks, (int32_t)(segment->marks.items[i].offset - segment->base_offset));
        write_int32(&marks, (int32_t)segment->marks.items[i].position);
    }
    for (size_t i = 0; i < segment->times.count; i++) {
        write_int64(&times, segment->times.items[i].timestamp);
        write_int32(&times, (int32_t)(segment->times.items[i].offset - segment->base_offset));
    }
    if (segment->max_timestamp_offset >= 0 &&
        (!segment->times.count || segment->times.items[segment->times.count - 1].timestamp < segment->max_timestamp)) {
        write_int64(&times, segment->max_timestamp);
        write_int32(&times, (int32_t)(segment->max_timestamp_offset - segment->base_offset));
    }
    save_file(segment, folder, SEGMENT_INDEX, &marks);
    save_file(segment, folder, SEGMENT_TIMES, &times);
    text_free(&marks);
    text_free(&times);
}

/* --- reading it through --- */

struct scan { /* bytes of the file from `position` on */
    char *piece;
    size_t held, room;
    int64_t position;
    bool at_end;
};

/* A small file needs no large piece; the byte more tells its end. */
static struct scan scan_from(const struct segment *segment, int64_t position) {
    int64_t left = segment->size - position;
    size_t room = left < 0 ? 1 : left < SCAN_PIECE ? (size_t)left + 1 : SCAN_PIECE;
    return (struct scan){.piece = memory_allocate(room), .room = room, .position = position};
}

static int fill(const struct segment *segment, const char *folder, struct scan *scan, struct error *error) {
    ssize_t got;
    do
        got = pread(segment->descriptor, scan->piece + scan->held, scan->room - scan->held,
                    scan->position + (int64_t)scan->held);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return error_set_errno(error, errno, "cannot read segment %lld of %s", (long long)segment->base_offset, folder);
    scan->at_end = got == 0;
    scan->held += (size_t)got;
    return 0;
}

static void use_up(struct scan *scan, size_t used) {
    memmove(scan->piece, scan->piece + used, scan->held - used);
    scan->position += (int64_t)used;
    scan->held -= used;
}

/* Takes the whole batches of the piece; false at the first that is none. */
static bool take_batches(struct segment *segment, struct scan *scan, const struct segment_visitor *visitor,
                         size_t *used) {
    for (;;) {
        struct batch_header header;
        size_t size = 0;
        enum batch_check verdict = batch_check((struct view){scan->piece + *used, scan->held - *used}, &header, &size);
        if (verdict == BATCH_SHORT && !scan->at_end) {
            if (size > scan->room && (int64_t)size <= segment->size) { /* one batch larger than the piece */
                scan->room = size;
                scan->piece = memory_resize(scan->piece, scan->room, 1);
            }
            return true;
        }
        if (verdict != BATCH_GOOD || header.base_offset < segment->end_offset ||
            !segment_offset_fits(header.base_offset))
            return false;
        note_batch(segment, &header, scan->position + (int64_t)*used);
        if (visitor->batch)
            visitor->batch(visitor->context, &header);
        *used += size;
    }
}

static int cut(struct segment *segment, const char *folder, int64_t position, struct error *error) {
    log_warn("broker",
             "%s: %lld bytes at the end of segment %lld were never acknowledged or are damaged and are cut off", folder,
             (long long)(segment->size - position), (long long)segment->base_offset);
    if (ftruncate(segment->descriptor, position) != 0)
        return error_set_errno(error, errno, "cannot cut segment %lld of %s", (long long)segment->base_offset, folder);
    segment->size = position;
    return 0;
}

/* Does a whole batch begin anywhere after that position? Then what is there was not torn by a kill. */
static bool whole_batch_follows(const struct segment *segment, const char *folder, int64_t position) {
    struct scan scan = scan_from(segment, position + 1);
    bool found = false;
    while (!found && !scan.at_end && fill(segment, folder, &scan, NULL) == 0) {
        size_t at = 0;
        for (; !found && at + BATCH_HEADER <= scan.held; at++) {
            struct batch_header header;
            size_t size = 0;
            if (scan.piece[at + 16] != 2)
                continue;
            enum batch_check verdict = batch_check((struct view){scan.piece + at, scan.held - at}, &header, &size);
            found = verdict == BATCH_GOOD;
            if (verdict == BATCH_SHORT && size > 0 && (int64_t)size <= segment->size - scan.position - (int64_t)at) {
                char *batch = memory_allocate(size); /* it runs beyond the piece */
                found = pread(segment->descriptor, batch, size, scan.position + (int64_t)at) == (ssize_t)size &&
                        batch_check((struct view){batch, size}, &header, &size) == BATCH_GOOD;
                memory_free(batch);
            }
        }
        use_up(&scan, at < scan.held ? at : scan.held);
    }
    memory_free(scan.piece);
    return found;
}

int segment_scan(struct segment *segment, const char *folder, bool only_torn, const struct segment_visitor *visitor,
                 struct error *error) {
    struct scan scan = scan_from(segment, 0);
    int result = 0;
    for (bool good = true; good && !scan.at_end && result == 0;) {
        size_t used = 0;
        if ((result = fill(segment, folder, &scan, error)) != 0)
            break;
        good = take_batches(segment, &scan, visitor, &used);
        use_up(&scan, used);
        if (visitor->checked)
            visitor->checked(visitor->context, (int64_t)used);
    }
    memory_free(scan.piece);
    if (result == 0 && scan.position < segment->size && only_torn &&
        whole_batch_follows(segment, folder, scan.position))
        return error_set(error, ERROR_CORRUPT,
                         "%s/%020lld.log is damaged at byte %lld, with whole records behind it; put the file back from "
                         "a copy, move the "
                         "data folder away, or start with --fresh",
                         folder, (long long)segment->base_offset, (long long)scan.position);
    if (result == 0 && scan.position < segment->size)
        result = cut(segment, folder, scan.position, error);
    return result;
}

int segment_walk(const struct segment *segment, const char *folder, const struct segment_visitor *visitor,
                 struct error *error) {
    struct batch_header header;
    struct walk walk;
    walk.held = 0;
    for (int64_t position = 0; position < segment->size; position += header.length + BATCH_FRAME) {
        if (read_header(segment, folder, &walk, position, &header, error) != 0)
            return -1;
        visitor->batch(visitor->context, &header);
    }
    return 0;
}

/* --- appending --- */

int segment_append(struct segment *segment, const char *folder, struct view batch, const struct batch_header *header,
                   int64_t now_ms, struct error *error) {
    for (size_t done = 0; done < batch.size;) {
        ssize_t wrote =
            pwrite(segment->descriptor, batch.data + done, batch.size - done, segment->size + (int64_t)done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0) {
            int number = wrote < 0 ? errno : ENOSPC;
            /* Half a batch must not stay behind. Should this fail too, the next batch is written over it. */
            if (done && ftruncate(segment->descriptor, segment->size) != 0)
                log_error("broker", "%s: cannot cut a half-written batch", folder);
            return error_set_errno(error, number, "cannot write to %s", folder);
        }
        done += (size_t)wrote;
    }
    if (segment->size == 0)
        segment->began_ms = now_ms;
    note_batch(segment, header, segment->size);
    segment->size += (int64_t)batch.size;
    return 0;
}

/* --- reading --- */

static int64_t position_before(const struct segment *segment, int64_t offset) {
    size_t low = 0, high = segment->marks.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (segment->marks.items[middle].offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? segment->marks.items[low - 1].position : 0;
}

int segment_find(const struct segment *segment, const char *folder, int64_t offset, int64_t *position,
                 struct error *error) {
    struct walk walk;
    walk.held = 0;
    *position = position_before(segment, offset);
    while (*position < segment->size) {
        struct batch_header header;
        if (read_header(segment, folder, &walk, *position, &header, error) != 0)
            return -1;
        if (header.base_offset + header.last_offset_delta >= offset)
            return 0;
        *position += header.length + BATCH_FRAME;
    }
    return 0;
}

int segment_read(const struct segment *segment, const char *folder, int64_t position, size_t most, struct text *out,
                 struct error *error) {
    struct batch_header header;
    char head[BATCH_HEADER];
    if (pread(segment->descriptor, head, sizeof head, position) != (ssize_t)sizeof head ||
        !batch_header_read((struct view){head, sizeof head}, &header))
        return error_set_errno(error, EIO, "cannot read %s", folder);
    int64_t want = segment->size - position, first = header.length + BATCH_FRAME;
    if (want > (int64_t)most)
        want = first > (int64_t)most ? first : (int64_t)most;
    text_reserve(out, (size_t)want);
    ssize_t got = pread(segment->descriptor, out->data + out->size, (size_t)want, position);
    if (got < first)
        return error_set_errno(error, got < 0 ? errno : EIO, "cannot read %s", folder);
    size_t whole = 0; /* only whole batches leave */
    while (whole + BATCH_FRAME <= (size_t)got) {
        struct reader reader = {.at = out->data + out->size + whole + 8, .end = out->data + out->size + got};
        int32_t length = read_int32(&reader);
        size_t size = (size_t)length + BATCH_FRAME;
        if (length < BATCH_HEADER - BATCH_FRAME || whole + size > (size_t)got)
            break;
        whole += size;
    }
    out->size += whole;
    out->data[out->size] = '\0';
    return 0;
}

static int look_into(const struct segment *segment, const char *folder, int64_t position,
                     const struct batch_header *header, int64_t time, int64_t least, int64_t *offset,
                     int64_t *timestamp, struct error *error) {
    struct text batch = TEXT_EMPTY;
    size_t size = (size_t)header->length + BATCH_FRAME;
    int result = 0;
    text_reserve(&batch, size);
    if (pread(segment->descriptor, batch.data, size, position) != (ssize_t)size)
        result = error_set_errno(error, errno ? errno : EIO, "cannot read %s", folder);
    else
        records_find_time((struct view){batch.data, size}, header, time, least, offset, timestamp);
    text_free(&batch);
    return result;
}

int segment_find_time(const struct segment *segment, const char *folder, int64_t time, int64_t least, int64_t *offset,
                      int64_t *timestamp, struct error *error) {
    int64_t position = 0;
    struct walk walk;
    walk.held = 0;
    *offset = *timestamp = -1;
    if (segment->max_timestamp < time)
        return 0;
    for (size_t i = 0; i < segment->marks.count && segment->marks.items[i].max_timestamp < time; i++)
        position = segment->marks.items[i].position;
    while (position < segment->size && *offset < 0) {
        struct batch_header header;
        if (read_header(segment, folder, &walk, position, &header, error) != 0)
            return -1;
        if (header.max_timestamp >= time && header.base_offset + header.last_offset_delta >= least &&
            look_into(segment, folder, position, &header, time, least, offset, timestamp, error) != 0)
            return -1;
        position += header.length + BATCH_FRAME;
    }
    return 0;
}
