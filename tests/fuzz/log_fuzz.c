/* What a start finds on the disk: a partition's segment, its indexes, the producers' snapshot and the start file,
 * believed or not; and committed offsets. Input: a byte of settings, four sizes of two bytes, the index, the time
 * index, the snapshot, `start`, and the segment. A log that was opened takes a batch, and can be opened again with it.
 */
#include <stdio.h>

#include "foundation/base/crc32c.h"
#include "foundation/base/file.h"
#include "foundation/base/memory.h"
#include "fuzz/batch_mend.h"
#include "fuzz/fuzz.h"
#include "server/broker/groups.h"
#include "server/broker/partition.h"
#include "server/broker/records.h"
#include "server/broker/store.h"

enum { TRUST = 3, LEAVES_CHECKSUMS = 4, IS_OFFSETS = 8, READ_MOST = 1 << 20, READS_MOST = 50 };

static void put_file(const char *folder, const char *name, struct view bytes) {
    struct error error = {0};
    char *path = file_join(folder, name);
    if (file_write_atomic(path, bytes, 0600, &error) != 0)
        fatal("%s", error.message);
    memory_free(path);
}

static void put_files(const char *folder, struct fuzz_input *input, bool mend) {
    static const char *const names[] = {"00000000000000000000.index", "00000000000000000000.timeindex",
                                        "00000000000000000003.snapshot", "start"};
    uint16_t sizes[sizeof names / sizeof *names];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        sizes[i] = fuzz_short(input);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct view piece = fuzz_piece(input, sizes[i]);
        char *copy = fuzz_copy(piece);
        if (i == 2 && mend && piece.size > 4) {
            uint32_t crc = crc32c(0, copy + 4, piece.size - 4);
            for (int byte = 0; byte < 4; byte++)
                copy[byte] = (char)(crc >> (24 - 8 * byte));
        }
        if (piece.size)
            put_file(folder, names[i], (struct view){copy, piece.size});
        memory_free(copy);
    }
    struct view log = fuzz_rest(input);
    char *copy = fuzz_copy(log);
    if (mend)
        mend_checksums(copy, log.size);
    put_file(folder, "00000000000000000000.log", (struct view){copy, log.size});
    memory_free(copy);
}

static void read_through(const struct partition *partition) {
    struct error error = {0};
    struct text out = TEXT_EMPTY;
    int64_t offset = partition_start_offset(partition), found, timestamp;
    for (int i = 0; i < READS_MOST && offset < partition_end_offset(partition); i++) {
        struct batch_header header;
        text_clear(&out);
        if (partition_read(partition, offset, READ_MOST, &out, &error) != 0 || out.size == 0)
            break;
        batch_header_read(text_view(&out), &header);
        offset = header.base_offset + header.last_offset_delta + 1;
    }
    partition_find_time(partition, 0, &found, &timestamp, &error);
    partition_find_time(partition, 1773500000001, &found, &timestamp, &error);
    text_free(&out);
}

static void append(struct partition *partition) {
    struct text batch = TEXT_EMPTY;
    struct batch_header header;
    struct error error = {0};
    int64_t offset, end = partition_end_offset(partition);
    batch_of_one(&batch, VIEW("k"), VIEW("v"), 1773500000000, &header);
    if (partition_append(partition, batch.data, batch.size, &header, &offset, &error) != 0 || offset != end ||
        partition_end_offset(partition) != end + 1)
        fuzz_broken("a log that was opened takes a batch at its end");
    text_clear(&batch);
    if (partition_read(partition, offset, READ_MOST, &batch, &error) != 0 || batch.size == 0)
        fuzz_broken("what was appended can be read");
    text_free(&batch);
}

/* What a clean stop's marker covers is believed: damage that was there before may be named by a later start only. */
static bool is_damaged(const char *folder) {
    struct error error = {0};
    struct partition *partition = partition_open(folder, TRUST_CLOSED, NULL, NULL, &error);
    partition_close(partition, false);
    return !partition && error.code == ERROR_CORRUPT;
}

static void open_partition(const char *folder, enum partition_trust trust) {
    struct error error = {0};
    struct partition *partition = partition_open(folder, trust, NULL, NULL, &error);
    if (!partition)
        return;
    read_through(partition);
    append(partition);
    int64_t end = partition_end_offset(partition);
    partition_close(partition, true);
    partition = partition_open(folder, TRUST_ALL, NULL, NULL, &error);
    if (partition ? partition_end_offset(partition) != end : !is_damaged(folder))
        fuzz_broken("a log that was closed can be opened again, and ends where it ended");
    partition_close(partition, true);
}

static void open_offsets(const char *folder) {
    struct error error = {0};
    struct store store;
    put_file(folder, "topics",
             VIEW("__consumer_offsets 1 id=00112233445566778899aabbccddeeff cleanup.policy=compact\n"));
    if (store_open(&store, folder, false, NULL, NULL, &error) == 0) {
        struct loop *loop = loop_new(&error);
        struct groups_options options = {.loop = loop, .offsets = {.store = &store}};
        struct groups *groups = groups_open(&options, &error);
        struct group_facts facts;
        for (size_t at = 0; groups && groups_next(groups, &at, &facts);)
            ;
        groups_close(groups);
        loop_free(loop);
    }
    store_close(&store, false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = fuzz_input(data, size);
    uint8_t settings = fuzz_byte(&input);
    struct error error = {0};
    char folder[64];
    fuzz_folder(folder);
    char *inner = file_join(folder, "__consumer_offsets-0");
    file_make_folders(inner, 0700, &error);
    put_files(inner, &input, !(settings & LEAVES_CHECKSUMS));
    if (settings & IS_OFFSETS)
        open_offsets(folder);
    else
        open_partition(inner, (enum partition_trust)((settings & TRUST) % 3));
    memory_free(inner);
    file_remove_tree(folder, NULL);
    return 0;
}
