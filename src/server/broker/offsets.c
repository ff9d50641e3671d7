#include "server/broker/offsets.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "foundation/base/crc32c.h"
#include "foundation/base/file.h"
#include "foundation/base/log.h"
#include "foundation/base/map.h"
#include "foundation/base/memory.h"
#include "foundation/base/vector.h"
#include "server/broker/cursor.h"

enum { REWRITE_AFTER = 20000 };

struct entry {
    char *topic, *metadata;
    int32_t partition;
    int64_t offset;
};
struct kept { /* one group's */
    VECTOR(struct entry) entries;
};
struct offsets {
    char *path;
    int descriptor;
    struct map *groups;
    size_t written; /* records in the file */
};

static void kept_free(void *value) {
    struct kept *kept = value;
    for (size_t i = 0; i < kept->entries.count; i++) {
        memory_free(kept->entries.items[i].topic);
        memory_free(kept->entries.items[i].metadata);
    }
    vector_free(&kept->entries);
    memory_free(kept);
}

static char *copy_view(struct view view) {
    struct text text = TEXT_EMPTY;
    text_append(&text, view);
    return text_take(&text);
}

static struct entry *find(const struct kept *kept, struct view topic, int32_t partition) {
    for (size_t i = 0; kept && i < kept->entries.count; i++)
        if (kept->entries.items[i].partition == partition && view_equal(view_of(kept->entries.items[i].topic), topic))
            return &kept->entries.items[i];
    return NULL;
}

static void drop(struct kept *kept, size_t at) {
    memory_free(kept->entries.items[at].topic);
    memory_free(kept->entries.items[at].metadata);
    vector_remove(&kept->entries, at);
}

static void apply(struct offsets *offsets, struct view group, struct view topic, int32_t partition, int64_t offset,
                  struct view metadata) {
    struct kept *kept = map_get(offsets->groups, group);
    if (!topic.data) { /* the whole group */
        map_remove(offsets->groups, group);
        return;
    }
    struct entry *entry = find(kept, topic, partition);
    if (offset < 0) {
        if (entry)
            drop(kept, (size_t)(entry - kept->entries.items));
        return;
    }
    if (!kept) {
        kept = memory_zero(1, sizeof *kept);
        map_put(offsets->groups, group, kept);
    }
    if (!entry) {
        vector_push(&kept->entries, (struct entry){copy_view(topic), NULL, partition, 0});
        entry = &kept->entries.items[kept->entries.count - 1];
    }
    entry->offset = offset;
    memory_free(entry->metadata);
    entry->metadata = copy_view(metadata.data ? metadata : VIEW(""));
}

/* size, crc, group, topic (null: the group goes), partition, offset, metadata */
static void print_record(struct text *out, struct view group, struct view topic, int32_t partition, int64_t offset,
                         struct view metadata) {
    size_t from = out->size;
    write_int32(out, 0);
    write_int32(out, 0);
    write_view(out, group);
    write_view(out, topic);
    write_int32(out, partition);
    write_int64(out, offset);
    write_view(out, metadata);
    set_int32(out, from, (int32_t)(out->size - from - 8));
    set_int32(out, from + 4, (int32_t)crc32c(0, out->data + from + 8, out->size - from - 8));
}

static size_t replay(struct offsets *offsets, struct view bytes) {
    size_t at = 0;
    while (bytes.size - at > 8) {
        struct reader frame = {bytes.data + at, bytes.data + bytes.size, false};
        int32_t size = read_int32(&frame);
        uint32_t crc = (uint32_t)read_int32(&frame);
        if (size < 0 || (size_t)size > bytes.size - at - 8 || crc32c(0, bytes.data + at + 8, (size_t)size) != crc)
            break;
        struct reader reader = {bytes.data + at + 8, bytes.data + at + 8 + size, false};
        struct view group = read_string(&reader), topic = read_string(&reader);
        int32_t partition = read_int32(&reader);
        int64_t offset = read_int64(&reader);
        struct view metadata = read_string(&reader);
        if (reader.broken)
            break;
        apply(offsets, group, topic, partition, offset, metadata);
        offsets->written++;
        at += (size_t)size + 8;
    }
    return at;
}

struct offsets *offsets_open(const char *folder, struct error *error) {
    struct offsets *offsets = memory_zero(1, sizeof *offsets);
    struct text text = TEXT_EMPTY;
    offsets->path = file_join(folder, "group-offsets");
    offsets->groups = map_new(kept_free);
    offsets->descriptor = open(offsets->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (offsets->descriptor < 0) {
        error_set_errno(error, errno, "cannot open %s", offsets->path);
        goto failed;
    }
    if (file_read(offsets->path, &text, error) != 0)
        goto failed;
    size_t good = replay(offsets, text_view(&text));
    if (good < text.size) {
        log_warn("broker", "%s: a torn end of %zu bytes is cut off", offsets->path, text.size - good);
        if (ftruncate(offsets->descriptor, (off_t)good) != 0) {
            error_set_errno(error, errno, "cannot cut %s", offsets->path);
            goto failed;
        }
    }
    lseek(offsets->descriptor, 0, SEEK_END);
    text_free(&text);
    return offsets;
failed:
    text_free(&text);
    offsets_close(offsets);
    return NULL;
}

void offsets_close(struct offsets *offsets) {
    if (!offsets)
        return;
    if (offsets->descriptor >= 0)
        close(offsets->descriptor);
    map_free(offsets->groups);
    memory_free(offsets->path);
    memory_free(offsets);
}

static void rewrite(struct offsets *offsets) {
    struct text text = TEXT_EMPTY;
    struct view group;
    void *value;
    size_t at = 0, live = 0;
    while (map_next(offsets->groups, &at, &group, &value)) {
        const struct kept *kept = value;
        for (size_t i = 0; i < kept->entries.count; i++, live++)
            print_record(&text, group, view_of(kept->entries.items[i].topic), kept->entries.items[i].partition,
                         kept->entries.items[i].offset, view_of(kept->entries.items[i].metadata));
    }
    if (live * 2 < offsets->written &&
        file_write_atomic(offsets->path, (struct view){text_string(&text), text.size}, 0600, NULL) == 0) {
        int descriptor = open(offsets->path, O_RDWR | O_CLOEXEC);
        if (descriptor >= 0) {
            close(offsets->descriptor);
            offsets->descriptor = descriptor;
            lseek(descriptor, 0, SEEK_END);
            offsets->written = live;
        }
    }
    text_free(&text);
}

static int append(struct offsets *offsets, struct view group, struct view topic, int32_t partition, int64_t offset,
                  struct view metadata, struct error *error) {
    struct text text = TEXT_EMPTY;
    int result = 0;
    off_t end = lseek(offsets->descriptor, 0, SEEK_END);
    print_record(&text, group, topic, partition, offset, metadata);
    if (write(offsets->descriptor, text.data, text.size) != (ssize_t)text.size) {
        result = error_set_errno(error, errno, "cannot write %s", offsets->path);
        if (ftruncate(offsets->descriptor, end) != 0)
            log_error("broker", "%s: cannot cut a half-written record", offsets->path);
    }
    text_free(&text);
    if (result == 0) {
        apply(offsets, group, topic, partition, offset, metadata);
        if (++offsets->written % REWRITE_AFTER == 0)
            rewrite(offsets);
    }
    return result;
}

int offsets_set(struct offsets *offsets, struct view group, struct view topic, int32_t partition, int64_t offset,
                struct view metadata, struct error *error) {
    return append(offsets, group, topic.data ? topic : VIEW(""), partition, offset, metadata, error);
}

int offsets_delete_group(struct offsets *offsets, struct view group, struct error *error) {
    return append(offsets, group, (struct view){0}, 0, -1, (struct view){0}, error);
}

bool offsets_get(const struct offsets *offsets, struct view group, struct view topic, int32_t partition,
                 int64_t *offset, const char **metadata) {
    const struct entry *entry = find(group.data ? map_get(offsets->groups, group) : NULL, topic, partition);
    if (!entry)
        return false;
    *offset = entry->offset;
    *metadata = entry->metadata;
    return true;
}

bool offsets_next(const struct offsets *offsets, struct view group, size_t *at, const char **topic, int32_t *partition,
                  int64_t *offset, const char **metadata) {
    const struct kept *kept = group.data ? map_get(offsets->groups, group) : NULL;
    if (!kept || *at >= kept->entries.count)
        return false;
    const struct entry *entry = &kept->entries.items[(*at)++];
    *topic = entry->topic;
    *partition = entry->partition;
    *offset = entry->offset;
    *metadata = entry->metadata;
    return true;
}

bool offsets_has_group(const struct offsets *offsets, struct view group) {
    return group.data && map_has(offsets->groups, group);
}

bool offsets_next_group(const struct offsets *offsets, size_t *at, struct view *group) {
    return map_next(offsets->groups, at, group, NULL);
}

void offsets_forget_topic(struct offsets *offsets, struct view topic) {
    size_t at = 0;
    struct view group;
    void *value;
    while (map_next(offsets->groups, &at, &group, &value)) {
        struct kept *kept = value;
        for (size_t i = kept->entries.count; i-- > 0;)
            if (view_equal(view_of(kept->entries.items[i].topic), topic))
                append(offsets, group, topic, kept->entries.items[i].partition, -1, (struct view){0}, NULL);
    }
}
