/* A partition's log: what was appended stays, torn ends go, damage is named, offsets are never given twice. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "batches.h"
#include "failing_disk.h"
#include "foundation/base/clock.h"
#include "foundation/base/file.h"
#include "foundation/base/memory.h"
#include "server/broker/partition.h"
#include "server/broker/segment.h"

struct scene {
    char folder[64];
    struct partition *partition;
    struct partition_limits limits;
    int64_t checked;
};

static void add_checked(void *context, int64_t bytes) {
    ((struct scene *)context)->checked += bytes;
}

static int try_open(struct scene *scene, enum partition_trust trust, struct error *error) {
    char *folder = file_join(scene->folder, "t-0");
    scene->checked = 0;
    scene->partition = partition_open(folder, trust, add_checked, scene, error);
    memory_free(folder);
    if (!scene->partition)
        return -1;
    partition_set_limits(scene->partition, &scene->limits);
    return 0;
}

static void reopen(struct scene *scene, bool clean, enum partition_trust trust) {
    struct error error = {0};
    partition_close(scene->partition, clean);
    if (try_open(scene, trust, &error) != 0)
        fail_msg("%s", error.message);
}

static int open_scene(void **state) {
    struct scene *scene = memory_zero(1, sizeof *scene);
    snprintf(scene->folder, sizeof scene->folder, "/tmp/fraudscope-test-XXXXXX");
    scene->limits = (struct partition_limits){.segment_bytes = 1 << 20, .segment_ms = INT64_MAX};
    *state = scene;
    return mkdtemp(scene->folder) && try_open(scene, TRUST_ALL, NULL) == 0 ? 0 : -1;
}

static int close_scene(void **state) {
    struct scene *scene = *state;
    partition_close(scene->partition, false);
    file_remove_tree(scene->folder, NULL);
    memory_free(scene);
    return 0;
}

static char *path_of(const struct scene *scene, int64_t base, enum segment_file file) {
    char *folder = file_join(scene->folder, "t-0"), *path = segment_path(folder, base, file);
    memory_free(folder);
    return path;
}

static int append_batch(struct scene *scene, const struct sample_batch *batch, int64_t *offset, struct error *error) {
    struct text text = TEXT_EMPTY;
    struct batch_header header;
    sample_batch(&text, batch, &header);
    int result = partition_append(scene->partition, text.data, text.size, &header, offset, error);
    text_free(&text);
    return result;
}

static int64_t append_at(struct scene *scene, int64_t timestamp) {
    int64_t offset = -1;
    struct error error = {0};
    struct sample sample = {"key", "a value that takes some room", timestamp};
    struct sample_batch batch = {.records = &sample, .count = 1, .producer_id = -1};
    if (append_batch(scene, &batch, &offset, &error) != 0)
        fail_msg("%s", error.message);
    return offset;
}

static void append_many(struct scene *scene, int count) {
    for (int i = 0; i < count; i++)
        append_at(scene, 1000 + partition_end_offset(scene->partition));
}

/* Offsets of the batches that are read from there on, one by one. */
static void assert_reads(const struct scene *scene, int64_t from, int64_t to) {
    struct text out = TEXT_EMPTY;
    for (int64_t offset = from; offset < to; offset++) {
        struct batch_header header;
        size_t size;
        text_clear(&out);
        assert_int_equal(partition_read(scene->partition, offset, 1, &out, NULL), 0);
        assert_int_equal(batch_check(text_view(&out), &header, &size), BATCH_GOOD);
        assert_int_equal(header.base_offset, offset);
        assert_int_equal(size, out.size);
    }
    text_free(&out);
}

static void write_bytes_at(const char *path, int64_t at, const char *bytes, size_t size) {
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    fseek(file, at, at < 0 ? SEEK_END : SEEK_SET);
    if (at < 0)
        fseek(file, 0, SEEK_END);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

static int64_t size_of(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 ? status.st_size : -1;
}

static void what_was_appended_is_read_after_a_stop_and_after_a_kill(void **state) {
    struct scene *scene = *state;
    append_many(scene, 500);
    reopen(scene, true, TRUST_ALL);
    assert_int_equal(partition_end_offset(scene->partition), 500);
    append_many(scene, 100);
    reopen(scene, false, TRUST_CLOSED);
    assert_int_equal(partition_end_offset(scene->partition), 600);
    append_many(scene, 1);
    reopen(scene, false, TRUST_NOTHING);
    assert_int_equal(partition_end_offset(scene->partition), 601);
    assert_reads(scene, 0, 601);
}

static void a_torn_end_is_cut_at_the_last_whole_batch(void **state) {
    struct scene *scene = *state;
    static const enum partition_trust trusts[] = {TRUST_CLOSED, TRUST_NOTHING};
    for (size_t i = 0; i < 2; i++) {
        append_many(scene, 10);
        int64_t end = partition_end_offset(scene->partition);
        char *path = path_of(scene, 0, SEGMENT_LOG);
        int64_t size = size_of(path);
        struct text batch = TEXT_EMPTY;
        struct batch_header header;
        struct sample sample = {"k", "half of it", 5};
        sample_batch(&batch, &(struct sample_batch){.records = &sample, .count = 1, .producer_id = -1}, &header);
        write_bytes_at(path, -1, batch.data, batch.size - 3);
        text_free(&batch);
        reopen(scene, false, trusts[i]);
        assert_int_equal(partition_end_offset(scene->partition), end);
        assert_int_equal(size_of(path), size);
        memory_free(path);
    }
    assert_reads(scene, 0, 20);
}

static void every_length_of_a_torn_end_leaves_the_whole_batches(void **state) {
    struct scene *scene = *state;
    append_many(scene, 2);
    char *path = path_of(scene, 0, SEGMENT_LOG);
    int64_t whole = size_of(path) / 2;
    struct text file = TEXT_EMPTY;
    assert_int_equal(file_read(path, &file, NULL), 0);
    for (int64_t size = 2 * whole - 1; size >= whole; size--) {
        partition_close(scene->partition, false);
        assert_int_equal(file_write_atomic(path, (struct view){file.data, (size_t)size}, 0600, NULL), 0);
        assert_int_equal(try_open(scene, TRUST_CLOSED, NULL), 0);
        assert_int_equal(partition_end_offset(scene->partition), 1);
    }
    text_free(&file);
    memory_free(path);
}

static void damage_with_whole_batches_behind_it_is_an_error_that_names_file_and_byte(void **state) {
    struct scene *scene = *state;
    struct error error = {0};
    append_many(scene, 100);
    char *path = path_of(scene, 0, SEGMENT_LOG);
    int64_t one = size_of(path) / 100;
    write_bytes_at(path, 3 * one + 70, "\xff", 1);
    partition_close(scene->partition, false);
    assert_int_equal(try_open(scene, TRUST_CLOSED, &error), -1);
    assert_int_equal(error.code, ERROR_CORRUPT);
    assert_non_null(strstr(error.message, path));
    char where[32];
    snprintf(where, sizeof where, "at byte %lld", (long long)(3 * one));
    assert_non_null(strstr(error.message, where));
    assert_int_equal(size_of(path), 100 * one); /* nothing was touched */
    /* the machine went down: what was not forced to the disk may lie there in any order */
    assert_int_equal(try_open(scene, TRUST_NOTHING, &error), 0);
    assert_int_equal(partition_end_offset(scene->partition), 3);
    memory_free(path);
}

static void after_a_clean_stop_and_after_a_kill_closed_segments_are_believed(void **state) {
    struct scene *scene = *state;
    scene->limits.segment_bytes = 2000;
    reopen(scene, true, TRUST_ALL);
    append_many(scene, 200);
    assert_true(partition_closed_count(scene->partition) > 3);
    char *path = path_of(scene, 0, SEGMENT_LOG);
    write_bytes_at(path, 70, "\xff", 1); /* inside a record: only its checksum tells */
    reopen(scene, true, TRUST_ALL);
    assert_int_equal(partition_end_offset(scene->partition), 200);
    reopen(scene, false, TRUST_CLOSED);
    assert_int_equal(partition_end_offset(scene->partition), 200);
    struct error error = {0};
    char *index = path_of(scene, 0, SEGMENT_INDEX);
    unlink(index); /* without its index a segment must be read, and then the damage shows */
    partition_close(scene->partition, false);
    assert_int_equal(try_open(scene, TRUST_CLOSED, &error), -1);
    assert_int_equal(error.code, ERROR_CORRUPT);
    memory_free(index);
    memory_free(path);
}

static void a_missing_or_wrong_index_is_made_anew(void **state) {
    struct scene *scene = *state;
    scene->limits.segment_bytes = 40000;
    reopen(scene, true, TRUST_ALL);
    append_many(scene, 1000);
    static const char *const wrongs[] = {NULL, "", "123", "\0\0\0\1\0\0\0\1\0\0\0\0\0\0\0\0",
                                         "\0\0\0\0\0\0\0\0\0\0\0\x7f\0\0\x20\0"};
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        for (int file = SEGMENT_INDEX; file <= SEGMENT_TIMES; file++) {
            char *path = path_of(scene, 0, (enum segment_file)file);
            unlink(path);
            if (wrongs[i])
                file_write_atomic(path, (struct view){wrongs[i], i < 3 ? strlen(wrongs[i]) : 16}, 0600, NULL);
            memory_free(path);
            reopen(scene, false, TRUST_CLOSED);
            assert_int_equal(partition_end_offset(scene->partition), 1000);
            assert_reads(scene, 0, 1000);
        }
    }
}

static void producers_are_known_after_a_stop_a_kill_and_a_lost_snapshot(void **state) {
    struct scene *scene = *state;
    struct sample sample = {"k", "v", 1};
    struct batch_header repeated = {.producer_id = 7, .base_sequence = 41, .record_count = 1};
    struct batch_header gap = {.producer_id = 7, .base_sequence = 50, .record_count = 1};
    int64_t offset;
    scene->limits.segment_bytes = 1000;
    reopen(scene, true, TRUST_ALL);
    for (int32_t i = 0; i < 42; i++)
        assert_int_equal(
            append_batch(scene,
                         &(struct sample_batch){.records = &sample, .count = 1, .producer_id = 7, .base_sequence = i},
                         &offset, NULL),
            0);
    for (int round = 0; round < 4; round++) {
        if (round == 3) { /* snapshots are only a short cut */
            partition_close(scene->partition, false);
            char *command = file_join(scene->folder, "t-0");
            struct text shell = TEXT_EMPTY;
            text_append_format(&shell, "rm -f %s/*.snapshot", command);
            assert_int_equal(system(text_string(&shell)), 0);
            text_free(&shell);
            memory_free(command);
            assert_int_equal(try_open(scene, TRUST_CLOSED, NULL), 0);
        } else {
            reopen(scene, round == 0, round == 0 ? TRUST_ALL : round == 1 ? TRUST_CLOSED : TRUST_NOTHING);
        }
        assert_int_equal(producers_judge(partition_producers(scene->partition), &repeated, &offset),
                         PRODUCER_DUPLICATE);
        assert_int_equal(offset, 41);
        assert_int_equal(producers_judge(partition_producers(scene->partition), &gap, &offset), PRODUCER_OUT_OF_ORDER);
    }
}

/* One record of a producer, and what is known of it when the same comes again. */
static void append_sequence(struct scene *scene, int32_t sequence) {
    struct sample sample = {"k", "v", 1};
    struct sample_batch batch = {.records = &sample, .count = 1, .producer_id = 7, .base_sequence = sequence};
    int64_t offset;
    assert_int_equal(append_batch(scene, &batch, &offset, NULL), 0);
    assert_int_equal(offset, sequence);
}

static enum producer_verdict judge(const struct scene *scene, int32_t sequence, int64_t *offset) {
    struct batch_header header = {.producer_id = 7, .base_sequence = sequence, .record_count = 1};
    return producers_judge(partition_producers(scene->partition), &header, offset);
}

static void producers_are_known_though_their_records_went(void **state) {
    struct scene *scene = *state;
    int64_t offset = -1;
    scene->limits.segment_bytes = 1000;
    reopen(scene, true, TRUST_ALL);
    for (int32_t i = 0; partition_closed_count(scene->partition) < 3; i++)
        append_sequence(scene, i);
    int64_t end = partition_end_offset(scene->partition);
    assert_int_equal(partition_trim(scene->partition, end, NULL), 0);
    reopen(scene, false, TRUST_CLOSED); /* the last record is left in its segment; of those before the snapshot knows */
    assert_int_equal(judge(scene, (int32_t)end - 2, &offset), PRODUCER_DUPLICATE);
    assert_int_equal(offset, end - 2);
}

static void a_snapshot_of_a_longer_log_and_a_damaged_one_are_not_believed(void **state) {
    struct scene *scene = *state;
    int64_t offset = -1;
    for (int32_t i = 0; i < 3; i++)
        append_sequence(scene, i);
    partition_close(scene->partition, true);
    char *folder = file_join(scene->folder, "t-0"), *snapshot = file_join(folder, "00000000000000000003.snapshot");
    char *log = path_of(scene, 0, SEGMENT_LOG);
    write_bytes_at(snapshot, size_of(snapshot) - 1, "\x09", 1); /* the last batch's offset */
    assert_int_equal(try_open(scene, TRUST_ALL, NULL), 0);
    assert_int_equal(judge(scene, 2, &offset), PRODUCER_DUPLICATE);
    assert_int_equal(offset, 2);
    partition_close(scene->partition, true);
    assert_int_equal(truncate(log, size_of(log) - 1), 0);
    assert_int_equal(try_open(scene, TRUST_NOTHING, NULL), 0);
    assert_int_equal(partition_end_offset(scene->partition), 2);
    assert_int_equal(judge(scene, 2, &offset), PRODUCER_NEW);
    memory_free(folder);
    memory_free(snapshot);
    memory_free(log);
}

static void a_write_that_fails_leaves_nothing_and_the_next_one_works(void **state) {
    struct scene *scene = *state;
    struct rlimit before, small;
    struct error error = {0};
    int64_t offset;
    append_many(scene, 10);
    char *path = path_of(scene, 0, SEGMENT_LOG);
    int64_t size = size_of(path);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = (rlim_t)size + 20; /* the disk ends in the middle of the next batch */
    setrlimit(RLIMIT_FSIZE, &small);
    struct sample sample = {"k", "v", 1};
    struct sample_batch batch = {.records = &sample, .count = 1, .producer_id = 3};
    int result = append_batch(scene, &batch, &offset, &error);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(result, -1);
    assert_int_equal(error.code, ERROR_IO);
    assert_int_equal(size_of(path), size);
    assert_int_equal(partition_end_offset(scene->partition), 10);
    /* the producer tries again: new, not a duplicate */
    struct batch_header again = {.producer_id = 3, .record_count = 1};
    assert_int_equal(producers_judge(partition_producers(scene->partition), &again, &offset), PRODUCER_NEW);
    assert_int_equal(append_batch(scene, &batch, &offset, &error), 0);
    assert_int_equal(offset, 10);
    reopen(scene, false, TRUST_CLOSED);
    assert_reads(scene, 0, 11);
    memory_free(path);
}

static void what_a_failing_disk_was_told_once_is_not_acknowledged_afterwards(void **state) {
    struct scene *scene = *state;
    struct error error = {0};
    int64_t offset;
    struct sample sample = {"key", "a value that takes some room", 1000};
    struct sample_batch batch = {.records = &sample, .count = 1, .producer_id = -1};
    scene->limits.sync = true;
    scene->limits.segment_bytes = 150;
    partition_set_limits(scene->partition, &scene->limits);
    append_many(scene, 1); /* of this turn, not yet acknowledged */
    syncs_to_fail = 1;
    assert_int_equal(append_batch(scene, &batch, &offset, &error),
                     -1); /* a new segment wants the old one on the disk */
    assert_true(partition_has_failed(scene->partition));
    assert_int_equal(partition_sync(scene->partition, &error), -1);
    assert_non_null(strstr(error.message, "start the program again"));
}

static void a_trim_cut_short_is_finished_by_the_next_start(void **state) {
    struct scene *scene = *state;
    scene->limits.segment_bytes = 300;
    partition_set_limits(scene->partition, &scene->limits);
    append_many(scene, 20);
    int64_t second = partition_closed(scene->partition, 1)->base_offset;
    char *folder = file_join(scene->folder, "t-0"), *start = file_join(folder, "start");
    char *first = path_of(scene, 0, SEGMENT_LOG), text[32];
    int size = snprintf(text, sizeof text, "%lld\n", (long long)second);
    assert_int_equal(file_write_atomic(start, (struct view){text, (size_t)size}, 0600, NULL), 0);
    reopen(scene, false, TRUST_CLOSED);
    assert_int_equal(partition_start_offset(scene->partition), second);
    assert_false(file_exists(first));
    memory_free(first);
    memory_free(start);
    memory_free(folder);
}

static void trimming_moves_the_start_and_offsets_go_on(void **state) {
    struct scene *scene = *state;
    scene->limits.segment_bytes = 1000;
    reopen(scene, true, TRUST_ALL);
    append_many(scene, 100);
    assert_int_equal(partition_trim(scene->partition, 55, NULL), 0);
    assert_int_equal(partition_start_offset(scene->partition), 55);
    char *first = path_of(scene, 0, SEGMENT_LOG);
    assert_false(file_exists(first));
    memory_free(first);
    assert_int_equal(partition_trim(scene->partition, 30, NULL), 0);
    assert_int_equal(partition_start_offset(scene->partition), 55);
    assert_int_equal(partition_trim(scene->partition, 100, NULL), 0);
    reopen(scene, false, TRUST_CLOSED);
    assert_int_equal(partition_start_offset(scene->partition), 100);
    assert_int_equal(append_at(scene, 1), 100);
}

static void a_log_that_lost_more_than_its_start_goes_on_at_its_start(void **state) {
    struct scene *scene = *state;
    char *path = path_of(scene, 0, SEGMENT_LOG);
    append_many(scene, 10);
    assert_int_equal(partition_trim(scene->partition, 7, NULL), 0);
    assert_int_equal(truncate(path, 0), 0);
    reopen(scene, false, TRUST_CLOSED);
    assert_int_equal(partition_start_offset(scene->partition), 7);
    assert_int_equal(partition_end_offset(scene->partition), 7);
    assert_int_equal(append_at(scene, 1), 7);
    assert_reads(scene, 7, 8);
    memory_free(path);
}

static void an_empty_log_is_not_closed_by_the_age_of_its_file(void **state) {
    struct scene *scene = *state;
    assert_int_equal(partition_retain(scene->partition, -1, INT64_MAX, NULL), 0);
    assert_int_equal(partition_closed_count(scene->partition), 0);
    assert_int_equal(append_at(scene, 1), 0);
    assert_reads(scene, 0, 1);
}

static void retention_takes_whole_segments_by_size_and_by_age(void **state) {
    struct scene *scene = *state;
    scene->limits.segment_bytes = 1000;
    reopen(scene, true, TRUST_ALL);
    append_many(scene, 100); /* times 1000 to 1099 */
    assert_int_equal(partition_retain(scene->partition, -1, -1, NULL), 0);
    assert_int_equal(partition_start_offset(scene->partition), 0);
    assert_int_equal(partition_retain(scene->partition, -1, 1050, NULL), 0);
    int64_t start = partition_start_offset(scene->partition);
    assert_in_range(start, 40, 50);
    assert_int_equal(partition_retain(scene->partition, 3000, -1, NULL), 0);
    assert_in_range(partition_bytes(scene->partition), 3000, 3999);
    assert_true(partition_start_offset(scene->partition) > start);
    /* the active one is closed when all in it is too old */
    assert_int_equal(partition_retain(scene->partition, -1, 2000, NULL), 0);
    assert_int_equal(partition_retain(scene->partition, -1, 2000, NULL), 0);
    assert_int_equal(partition_start_offset(scene->partition), 100);
    assert_int_equal(partition_bytes(scene->partition), 0);
    assert_int_equal(append_at(scene, 1), 100);
}

static void a_segment_is_closed_by_age_when_there_is_something_in_it(void **state) {
    struct scene *scene = *state;
    struct clock clock = {.fixed = true};
    clock_fix(&clock, 50000);
    scene->limits.segment_ms = 1000;
    scene->limits.clock = &clock;
    partition_set_limits(scene->partition, &scene->limits);
    assert_int_equal(partition_roll_if_old(scene->partition, 90000, NULL), 0);
    assert_int_equal(partition_closed_count(scene->partition), 0);
    append_many(scene, 1);
    assert_int_equal(partition_roll_if_old(scene->partition, 50999, NULL), 0);
    assert_int_equal(partition_closed_count(scene->partition), 0);
    assert_int_equal(partition_roll_if_old(scene->partition, 51000, NULL), 0);
    assert_int_equal(partition_closed_count(scene->partition), 1);
}

static void a_segment_is_closed_by_age_when_the_next_record_comes(void **state) {
    struct scene *scene = *state;
    struct clock clock = {.fixed = true};
    clock_fix(&clock, 50000);
    scene->limits.segment_ms = 1000;
    scene->limits.clock = &clock;
    partition_set_limits(scene->partition, &scene->limits);
    append_many(scene, 1);
    clock_fix(&clock, 50999);
    append_many(scene, 1);
    assert_int_equal(partition_closed_count(scene->partition), 0);
    clock_fix(&clock, 51000);
    append_many(scene, 1);
    assert_int_equal(partition_closed_count(scene->partition), 1);
}

static void records_without_a_time_are_as_old_as_their_file(void **state) {
    struct scene *scene = *state;
    struct clock clock = {.fixed = true};
    clock_fix(&clock, 50000);
    scene->limits.clock = &clock;
    partition_set_limits(scene->partition, &scene->limits);
    append_at(scene, -1);
    assert_int_equal(partition_retain(scene->partition, -1, 50000, NULL), 0);
    assert_int_equal(partition_start_offset(scene->partition), 0);
    assert_int_equal(partition_retain(scene->partition, -1, 50001, NULL), 0);
    assert_int_equal(partition_start_offset(scene->partition), 1);
}

static void a_time_finds_the_first_record_that_is_not_older(void **state) {
    struct scene *scene = *state;
    scene->limits.segment_bytes = 3000;
    reopen(scene, true, TRUST_ALL);
    for (int codec = CODEC_NONE; codec <= CODEC_ZSTD; codec++) {
        struct sample samples[10];
        int64_t offset;
        for (int i = 0; i < 10; i++)
            samples[i] = (struct sample){"key", "some value", 100 * codec + 10 * i};
        assert_int_equal(
            append_batch(scene,
                         &(struct sample_batch){.records = samples, .count = 10, .producer_id = -1, .codec = codec},
                         &offset, NULL),
            0);
    }
    for (int round = 0; round < 2; round++) {
        for (int64_t time = 0; time <= 490; time += 5) {
            int64_t offset, timestamp;
            assert_int_equal(partition_find_time(scene->partition, time, &offset, &timestamp, NULL), 0);
            assert_int_equal(offset, (time + 9) / 10);
            assert_int_equal(timestamp, (time + 9) / 10 * 10);
        }
        int64_t offset, timestamp;
        assert_int_equal(partition_find_time(scene->partition, 491, &offset, &timestamp, NULL), 0);
        assert_int_equal(offset, -1);
        reopen(scene, true, TRUST_ALL); /* by the index that was saved, too */
    }
}

static void a_replacement_cut_short_is_dropped_before_and_finished_after_its_name_changed(void **state) {
    struct scene *scene = *state;
    scene->limits.segment_bytes = 1000;
    reopen(scene, true, TRUST_ALL);
    append_many(scene, 50);
    int64_t second = partition_closed(scene->partition, 1)->base_offset,
            third = partition_closed(scene->partition, 2)->base_offset;
    char *first_path = path_of(scene, 0, SEGMENT_LOG), *folder = file_join(scene->folder, "t-0");
    struct text first = TEXT_EMPTY, name = TEXT_EMPTY;
    assert_int_equal(file_read(first_path, &first, NULL), 0);
    text_append_format(&name, "%s/00000000000000000000.cleaned", folder);
    assert_int_equal(file_write_atomic(text_string(&name), (struct view){first.data, 100}, 0600, NULL), 0);
    reopen(scene, false, TRUST_CLOSED);
    assert_reads(scene, 0, 50);
    assert_false(file_exists(text_string(&name)));
    /* complete: stands for the first two segments */
    text_clear(&name);
    text_append_format(&name, "%s/%020d-%020lld.swap", folder, 0, (long long)second);
    assert_int_equal(file_write_atomic(text_string(&name), text_view(&first), 0600, NULL), 0);
    reopen(scene, false, TRUST_CLOSED);
    assert_false(file_exists(text_string(&name)));
    assert_reads(scene, 0, second);
    assert_reads(scene, third, 50);
    struct text out = TEXT_EMPTY;
    struct batch_header header;
    assert_int_equal(partition_read(scene->partition, second, 1, &out, NULL), 0);
    assert_true(batch_header_read(text_view(&out), &header));
    assert_int_equal(header.base_offset, third);
    text_free(&out);
    text_free(&first);
    text_free(&name);
    memory_free(first_path);
    memory_free(folder);
}

int main(void) {
#define SENTENCE(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)
    const struct CMUnitTest tests[] = {
        SENTENCE(what_was_appended_is_read_after_a_stop_and_after_a_kill),
        SENTENCE(a_torn_end_is_cut_at_the_last_whole_batch),
        SENTENCE(every_length_of_a_torn_end_leaves_the_whole_batches),
        SENTENCE(damage_with_whole_batches_behind_it_is_an_error_that_names_file_and_byte),
        SENTENCE(after_a_clean_stop_and_after_a_kill_closed_segments_are_believed),
        SENTENCE(a_missing_or_wrong_index_is_made_anew),
        SENTENCE(producers_are_known_after_a_stop_a_kill_and_a_lost_snapshot),
        SENTENCE(producers_are_known_though_their_records_went),
        SENTENCE(a_snapshot_of_a_longer_log_and_a_damaged_one_are_not_believed),
        SENTENCE(a_write_that_fails_leaves_nothing_and_the_next_one_works),
        SENTENCE(what_a_failing_disk_was_told_once_is_not_acknowledged_afterwards),
        SENTENCE(a_trim_cut_short_is_finished_by_the_next_start),
        SENTENCE(trimming_moves_the_start_and_offsets_go_on),
        SENTENCE(a_log_that_lost_more_than_its_start_goes_on_at_its_start),
        SENTENCE(an_empty_log_is_not_closed_by_the_age_of_its_file),
        SENTENCE(retention_takes_whole_segments_by_size_and_by_age),
        SENTENCE(a_segment_is_closed_by_age_when_there_is_something_in_it),
        SENTENCE(a_segment_is_closed_by_age_when_the_next_record_comes),
        SENTENCE(records_without_a_time_are_as_old_as_their_file),
        SENTENCE(a_time_finds_the_first_record_that_is_not_older),
        SENTENCE(a_replacement_cut_short_is_dropped_before_and_finished_after_its_name_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
