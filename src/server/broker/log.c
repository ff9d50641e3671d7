#include "server/broker/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "foundation/base/file.h"
#include "foundation/base/log.h"
#include "foundation/base/memory.h"
#include "foundation/base/vector.h"
#include "server/broker/cursor.h"
#include "server/broker/records.h"

enum { INDEX_EVERY = 4096, SCAN_PIECE = 1 << 20, NAME_SIZE = 64 };

struct mark { /* sparse index: a batch that begins there */
    int64_t offset;
    int64_t position;
    int64_t max_timestamp; /* over everything before and in this batch */
};
struct segment {
    int64_t base_offset, end_offset, size, max_timestamp;
    int descriptor;
    VECTOR(struct mark) marks;
};
struct log {
    char *folder;
    VECTOR(struct segment) segments; /* oldest first, at least one */
    int64_t start_offset;
    int64_t segment_bytes;
    struct producers *producers;
    bool dirty; /* written since the last sync */
};

static char *path_of(const struct log *log, int64_t base_offset, const char *ending) {
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%020lld.%s", (long long)base_offset, ending);
    return file_join(log->folder, name);
}

static struct segment *active(const struct log *log) {
    return &log->segments.items[log->segments.count - 1];
}

static void add_mark(struct segment *segment, int64_t offset, int64_t position, int64_t max_timestamp) {
    if (max_timestamp > segment->max_timestamp)
        segment->max_timestamp = max_timestamp;
    if (segment->marks.count && position - segment->marks.items[segment->marks.count - 1].position < INDEX_EVERY)
        return;
    vector_push(&segment->marks, (struct mark){offset, position, segment->max_timestamp});
}

static int open_segment(struct log *log, int64_t base_offset, struct error *error) {
    char *path = path_of(log, base_offset, "log");
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct stat status;
    int result = 0;
    if (descriptor < 0 || fstat(descriptor, &status) != 0) {
        result = error_set_errno(error, errno, "cannot open %s", path);
        if (descriptor >= 0)
            close(descriptor);
    } else {
        vector_push(&log->segments, (struct segment){.base_offset = base_offset, .end_offset = base_offset, .size = status.st_size,
                                                     .max_timestamp = -1, .descriptor = descriptor});
    }
    memory_free(path);
    return result;
}

/* --- opening --- */

static void load_index(struct log *log, struct segment *segment, int64_t *covered) {
    char *path = path_of(log, segment->base_offset, "index");
    struct text text = TEXT_EMPTY;
    *covered = 0;
    if (file_exists(path) && file_read(path, &text, NULL) == 0) {
        struct reader reader = {text.data, text.data + text.size, false};
        int64_t size = read_int64(&reader), end = read_int64(&reader), newest = read_int64(&reader);
        int32_t count = read_array(&reader, 24);
        if (size == segment->size) { /* else the file was written after its index */
            for (int32_t i = 0; i < count; i++) {
                struct mark mark = {read_int64(&reader), read_int64(&reader), read_int64(&reader)};
                vector_push(&segment->marks, mark);
            }
            if (!reader.broken) {
                *covered = size;
                segment->end_offset = end;
                segment->max_timestamp = newest;
            } else {
                vector_clear(&segment->marks);
            }
        }
    }
    text_free(&text);
    memory_free(path);
}

static void save_index(struct log *log, const struct segment *segment) {
    char *path = path_of(log, segment->base_offset, "index");
    struct text text = TEXT_EMPTY;
    struct error error = {0};
    write_int64(&text, segment->size);
    write_int64(&text, segment->end_offset);
    write_int64(&text, segment->max_timestamp);
    write_int32(&text, (int32_t)segment->marks.count);
    for (size_t i = 0; i < segment->marks.count; i++) {
        write_int64(&text, segment->marks.items[i].offset);
        write_int64(&text, segment->marks.items[i].position);
        write_int64(&text, segment->marks.items[i].max_timestamp);
    }
    if (file_write_atomic(path, text_view(&text), 0600, &error) != 0)
        log_warn("broker", "%s; the next start reads the segment instead", error.message);
    text_free(&text);
    memory_free(path);
}

/* Reads the whole segment, checks every batch, cuts what is torn at the end. */
static int scan_segment(struct log *log, struct segment *segment, void (*checked)(void *, int64_t), void *context,
                        struct error *error) {
    char *piece = memory_allocate(SCAN_PIECE);
    size_t held = 0, room = SCAN_PIECE;
    int64_t position = 0;
    bool good = true;
    while (good) {
        ssize_t got = pread(segment->descriptor, piece + held, room - held, position + (int64_t)held);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            memory_free(piece);
            return error_set_errno(error, errno, "cannot read segment %lld of %s", (long long)segment->base_offset, log->folder);
        }
        held += (size_t)got;
        size_t used = 0;
        for (;;) {
            struct batch_header header;
            size_t size = 0;
            enum batch_check verdict = batch_check((struct view){piece + used, held - used}, &header, &size);
            if (verdict == BATCH_SHORT && got > 0) {
                if (size > room - used && size < (size_t)1 << 30) { /* one batch larger than the piece */
                    memmove(piece, piece + used, held - used);
                    position += (int64_t)used;
                    held -= used;
                    used = 0;
                    if (size > room) {
                        room = size;
                        piece = memory_resize(piece, room, 1);
                    }
                }
                break;
            }
            if (verdict != BATCH_GOOD || header.base_offset < segment->end_offset) {
                good = false;
                break;
            }
            add_mark(segment, header.base_offset, position + (int64_t)used, header.max_timestamp);
            producers_add(log->producers, &header, header.base_offset);
            segment->end_offset = header.base_offset + header.last_offset_delta + 1;
            used += size;
        }
        memmove(piece, piece + used, held - used);
        position += (int64_t)used;
        held -= used;
        if (checked)
            checked(context, (int64_t)used);
        if (got == 0)
            good = false;
    }
    memory_free(piece);
    if (position < segment->size) {
        log_warn("broker", "%s: %lld bytes at the end of segment %lld were never acknowledged or are damaged and are cut off",
                 log->folder, (long long)(segment->size - position), (long long)segment->base_offset);
        if (ftruncate(segment->descriptor, position) != 0)
            return error_set_errno(error, errno, "cannot cut segment %lld of %s", (long long)segment->base_offset, log->folder);
        segment->size = position;
    }
    return 0;
}

static int compare_offsets(const void *a, const void *b) {
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

static int list_segments(struct log *log, struct error *error) {
    DIR *folder = opendir(log->folder);
    VECTOR(int64_t) offsets = {0};
    int result = 0;
    if (!folder)
        return error_set_errno(error, errno, "cannot read the folder %s", log->folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        int64_t offset;
        struct view name = view_of(entry->d_name);
        if (name.size == 24 && view_ends_with(name, VIEW(".log")) && view_to_int64((struct view){name.data, 20}, &offset))
            vector_push(&offsets, offset);
    }
    closedir(folder);
    if (offsets.count)
        qsort(offsets.items, offsets.count, sizeof *offsets.items, compare_offsets);
    for (size_t i = 0; i < offsets.count && result == 0; i++)
        result = open_segment(log, offsets.items[i], error);
    vector_free(&offsets);
    if (result == 0 && log->segments.count == 0)
        result = open_segment(log, 0, error);
    return result;
}

static void load_start(struct log *log) {
    char *path = file_join(log->folder, "start");
    struct text text = TEXT_EMPTY;
    log->start_offset = log->segments.items[0].base_offset;
    int64_t offset;
    if (file_exists(path) && file_read(path, &text, NULL) == 0 && view_to_int64(view_trim(text_view(&text)), &offset) &&
        offset > log->start_offset)
        log->start_offset = offset;
    text_free(&text);
    memory_free(path);
}

static bool load_producers(struct log *log) {
    char *path = file_join(log->folder, "producers");
    struct text text = TEXT_EMPTY;
    bool loaded = file_exists(path) && file_read(path, &text, NULL) == 0 && producers_load(log->producers, text_view(&text));
    unlink(path); /* true only until the next append */
    text_free(&text);
    memory_free(path);
    return loaded;
}

struct log *log_open_folder(const char *folder, bool trusted, void (*checked)(void *context, int64_t bytes), void *context,
                            struct error *error) {
    struct log *log = memory_zero(1, sizeof *log);
    log->folder = memory_copy_string(folder);
    log->segment_bytes = (int64_t)1 << 30;
    log->producers = producers_new();
    if (file_make_folders(folder, 0700, error) != 0 || list_segments(log, error) != 0)
        goto failed;
    bool known = load_producers(log) && trusted;
    if (!known) {
        producers_free(log->producers);
        log->producers = producers_new();
    }
    for (size_t i = 0; i < log->segments.count; i++) {
        struct segment *segment = &log->segments.items[i];
        int64_t covered = 0;
        if (known)
            load_index(log, segment, &covered);
        if (covered == segment->size && (known || segment->size == 0)) {
            if (checked)
                checked(context, segment->size);
            continue;
        }
        if (scan_segment(log, segment, checked, context, error) != 0)
            goto failed;
        if (i + 1 < log->segments.count && segment->end_offset > log->segments.items[i + 1].base_offset) {
            error_set(error, ERROR_CORRUPT, "%s: segment %lld runs into the next one; move the folder away or start with --fresh",
                      folder, (long long)segment->base_offset);
            goto failed;
        }
    }
    load_start(log);
    return log;
failed:
    log_close_folder(log, false);
    return NULL;
}

static void close_segment(struct segment *segment) {
    close(segment->descriptor);
    vector_free(&segment->marks);
}

void log_close_folder(struct log *log, bool clean) {
    if (!log)
        return;
    if (clean) {
        struct text text = TEXT_EMPTY;
        char *path = file_join(log->folder, "producers");
        for (size_t i = 0; i < log->segments.count; i++)
            save_index(log, &log->segments.items[i]);
        producers_save(log->producers, &text);
        file_write_atomic(path, text_view(&text), 0600, NULL);
        text_free(&text);
        memory_free(path);
    }
    for (size_t i = 0; i < log->segments.count; i++)
        close_segment(&log->segments.items[i]);
    vector_free(&log->segments);
    producers_free(log->producers);
    memory_free(log->folder);
    memory_free(log);
}

int log_delete_folder(struct log *log, struct error *error) {
    char *folder = memory_copy_string(log->folder);
    log_close_folder(log, false);
    int result = file_remove_tree(folder, error);
    memory_free(folder);
    return result;
}

/* --- facts --- */

int64_t log_start_offset(const struct log *log) {
    return log->start_offset;
}

int64_t log_end_offset(const struct log *log) {
    return active(log)->end_offset;
}

int64_t log_bytes(const struct log *log) {
    int64_t bytes = 0;
    for (size_t i = 0; i < log->segments.count; i++)
        bytes += log->segments.items[i].size;
    return bytes;
}

int64_t log_max_timestamp(const struct log *log) {
    int64_t newest = -1;
    for (size_t i = 0; i < log->segments.count; i++)
        if (log->segments.items[i].max_timestamp > newest)
            newest = log->segments.items[i].max_timestamp;
    return newest;
}

struct producers *log_producers(struct log *log) {
    return log->producers;
}

void log_set_segment_bytes(struct log *log, int64_t bytes) {
    log->segment_bytes = bytes;
}

/* --- appending --- */

int log_append(struct log *log, char *batch, size_t size, const struct batch_header *header, int64_t *offset, struct error *error) {
    struct segment *segment = active(log);
    if (segment->size > 0 && segment->size + (int64_t)size > log->segment_bytes) {
        save_index(log, segment);
        if (open_segment(log, segment->end_offset, error) != 0)
            return -1;
        segment = active(log);
    }
    *offset = segment->end_offset;
    batch_set_base_offset(batch, *offset);
    batch_set_leader_epoch(batch, 0);
    for (size_t done = 0; done < size;) {
        ssize_t wrote = pwrite(segment->descriptor, batch + done, size - done, segment->size + (int64_t)done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0) {
            int number = errno;
            if (ftruncate(segment->descriptor, segment->size) != 0) /* half a batch must not stay behind */
                log_error("broker", "%s: cannot cut a half-written batch", log->folder);
            return error_set_errno(error, number, "cannot write to %s", log->folder);
        }
        done += (size_t)wrote;
    }
    add_mark(segment, *offset, segment->size, header->max_timestamp);
    segment->size += (int64_t)size;
    segment->end_offset = *offset + header->last_offset_delta + 1;
    producers_add(log->producers, header, *offset);
    log->dirty = true;
    return 0;
}

int log_sync(struct log *log, struct error *error) {
    if (!log->dirty)
        return 0;
    if (fdatasync(active(log)->descriptor) != 0)
        return error_set_errno(error, errno, "cannot write %s to the disk", log->folder);
    log->dirty = false;
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

static int read_header(const struct log *log, const struct segment *segment, int64_t position, struct batch_header *header,
                       struct error *error) {
    char bytes[BATCH_HEADER];
    if (pread(segment->descriptor, bytes, sizeof bytes, position) != (ssize_t)sizeof bytes ||
        !batch_header_read((struct view){bytes, sizeof bytes}, header) || header->length < BATCH_HEADER - BATCH_FRAME)
        return error_set(error, ERROR_CORRUPT, "%s: no batch at byte %lld of segment %lld", log->folder, (long long)position,
                         (long long)segment->base_offset);
    return 0;
}

/* Position of the batch that holds the offset, or of the first after it. */
static int find_batch(const struct log *log, const struct segment *segment, int64_t offset, int64_t *position, struct error *error) {
    *position = position_before(segment, offset);
    while (*position < segment->size) {
        struct batch_header header;
        if (read_header(log, segment, *position, &header, error) != 0)
            return -1;
        if (header.base_offset + header.last_offset_delta >= offset)
            return 0;
        *position += header.length + BATCH_FRAME;
    }
    return 0;
}

int log_read(struct log *log, int64_t offset, size_t most, struct text *out, struct error *error) {
    size_t from = out->size;
    for (size_t i = 0; i < log->segments.count; i++) {
        struct segment *segment = &log->segments.items[i];
        int64_t position;
        if (segment->end_offset <= offset || segment->size == 0)
            continue;
        if (find_batch(log, segment, offset, &position, error) != 0)
            return -1;
        if (position >= segment->size)
            continue;
        struct batch_header header;
        if (read_header(log, segment, position, &header, error) != 0)
            return -1;
        int64_t want = segment->size - position, first = header.length + BATCH_FRAME;
        if (want > (int64_t)most)
            want = first > (int64_t)most ? first : (int64_t)most;
        text_reserve(out, (size_t)want);
        ssize_t got = pread(segment->descriptor, out->data + out->size, (size_t)want, position);
        if (got < first)
            return error_set_errno(error, got < 0 ? errno : EIO, "cannot read %s", log->folder);
        /* only whole batches leave */
        size_t whole = 0;
        while (whole + BATCH_FRAME <= (size_t)got) {
            struct reader reader = {out->data + out->size + whole + 8, out->data + out->size + got, false};
            size_t size = (size_t)read_int32(&reader) + BATCH_FRAME;
            if (whole + size > (size_t)got)
                break;
            whole += size;
        }
        out->size += whole;
        out->data[out->size] = '\0';
        return 0;
    }
    (void)from;
    return 0;
}

int log_find_time(struct log *log, int64_t time, int64_t *offset, int64_t *timestamp, struct error *error) {
    *offset = *timestamp = -1;
    for (size_t i = 0; i < log->segments.count; i++) {
        struct segment *segment = &log->segments.items[i];
        int64_t position = 0;
        if (segment->max_timestamp < time)
            continue;
        for (size_t j = 0; j < segment->marks.count && segment->marks.items[j].max_timestamp < time; j++)
            position = segment->marks.items[j].position;
        while (position < segment->size) {
            struct batch_header header;
            if (read_header(log, segment, position, &header, error) != 0)
                return -1;
            if (header.max_timestamp >= time && header.base_offset + header.last_offset_delta >= log->start_offset) {
                struct text batch = TEXT_EMPTY;
                size_t size = (size_t)header.length + BATCH_FRAME;
                text_reserve(&batch, size);
                int result = 0;
                if (pread(segment->descriptor, batch.data, size, position) != (ssize_t)size)
                    result = error_set_errno(error, errno, "cannot read %s", log->folder);
                else
                    result = records_find_time((struct view){batch.data, size}, &header, time, log->start_offset, offset, timestamp);
                text_free(&batch);
                if (result != 0 || *offset >= 0)
                    return result;
            }
            position += header.length + BATCH_FRAME;
        }
    }
    return 0;
}

/* --- trimming --- */

static int save_start(struct log *log, struct error *error) {
    char *path = file_join(log->folder, "start");
    char text[32];
    int size = snprintf(text, sizeof text, "%lld\n", (long long)log->start_offset);
    int result = file_write_atomic(path, (struct view){text, (size_t)size}, 0600, error);
    memory_free(path);
    return result;
}

static void drop_first_segment(struct log *log) {
    static const char *const endings[] = {"log", "index"};
    struct segment *segment = &log->segments.items[0];
    for (size_t i = 0; i < 2; i++) {
        char *path = path_of(log, segment->base_offset, endings[i]);
        unlink(path);
        memory_free(path);
    }
    close_segment(segment);
    vector_remove(&log->segments, 0);
}

int log_trim(struct log *log, int64_t start_offset, struct error *error) {
    if (start_offset <= log->start_offset)
        return 0;
    log->start_offset = start_offset;
    if (save_start(log, error) != 0)
        return -1;
    while (log->segments.count > 1 && log->segments.items[0].end_offset <= start_offset)
        drop_first_segment(log);
    return 0;
}

int log_retain(struct log *log, int64_t bytes, int64_t oldest_ms, struct error *error) {
    while (log->segments.count > 1) {
        struct segment *first = &log->segments.items[0];
        bool old = oldest_ms >= 0 && first->max_timestamp < oldest_ms;
        bool large = bytes >= 0 && log_bytes(log) - first->size >= bytes;
        if (!old && !large)
            return 0;
        if (log_trim(log, first->end_offset, error) != 0)
            return -1;
    }
    return 0;
}
