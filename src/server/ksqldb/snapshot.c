#include "server/ksqldb/snapshot.h"

#include "foundation/base/crc32c.h"
#include "foundation/base/file.h"

/* "FSKSNAP1", crc32c of the rest, offset, size of the cluster's id, id, record; numbers big-endian. */
static const char mark[] = "FSKSNAP1";
enum { MARK_SIZE = sizeof mark - 1, CRC_SIZE = 4, HEAD_SIZE = MARK_SIZE + CRC_SIZE, FIXED_SIZE = HEAD_SIZE + 10 };

static void put(struct text *out, uint64_t number, int size) {
    for (int shift = (size - 1) * 8; shift >= 0; shift -= 8)
        text_append_char(out, (char)(number >> shift));
}

static uint64_t get(const char *bytes, int size) {
    uint64_t number = 0;
    for (int i = 0; i < size; i++)
        number = number << 8 | (unsigned char)bytes[i];
    return number;
}

int snapshot_write(const char *path, struct view cluster, int64_t offset, struct view record, struct error *error) {
    struct text body = TEXT_EMPTY, file = TEXT_EMPTY;
    put(&body, (uint64_t)offset, 8);
    put(&body, cluster.size, 2);
    text_append(&body, cluster);
    text_append(&body, record);
    text_reserve(&file, body.size + HEAD_SIZE);
    text_append_string(&file, mark);
    put(&file, crc32c(0, body.data, body.size), CRC_SIZE);
    text_append(&file, text_view(&body));
    int result = file_write_atomic(path, text_view(&file), 0600, error);
    text_free(&body);
    text_free(&file);
    return result;
}

static int take(struct view file, const char *path, struct view cluster, struct snapshot *snapshot,
                struct error *error) {
    if (file.size < FIXED_SIZE || !view_starts_with(file, VIEW("FSKSNAP1")) ||
        get(file.data + MARK_SIZE, CRC_SIZE) != crc32c(0, file.data + HEAD_SIZE, file.size - HEAD_SIZE))
        return error_set(error, ERROR_CORRUPT, "%s is damaged", path);
    size_t size = get(file.data + HEAD_SIZE + 8, 2);
    if (size > file.size - FIXED_SIZE)
        return error_set(error, ERROR_CORRUPT, "%s is damaged", path);
    if (!view_equal((struct view){file.data + FIXED_SIZE, size}, cluster))
        return error_set(error, ERROR_CONFLICT, "%s belongs to another Kafka", path);
    snapshot->offset = (int64_t)get(file.data + HEAD_SIZE, 8);
    text_append(&snapshot->record, (struct view){file.data + FIXED_SIZE + size, file.size - FIXED_SIZE - size});
    return 0;
}

int snapshot_read(const char *path, struct view cluster, struct snapshot *snapshot, struct error *error) {
    struct text file = TEXT_EMPTY;
    *snapshot = (struct snapshot){0};
    if (!file_exists(path))
        return error_set(error, ERROR_NOT_FOUND, "%s does not exist", path);
    int result = file_read(path, &file, error);
    if (result == 0)
        result = take(text_view(&file), path, cluster, snapshot, error);
    text_free(&file);
    return result;
}
