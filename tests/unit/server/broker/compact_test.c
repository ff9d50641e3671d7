/* Compaction: the latest record of each key stays where it was, tombstones go in their time, nothing else changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "batches.h"
#include "foundation/base/file.h"
#include "foundation/base/memory.h"
#include "server/broker/compact.h"
#include "server/broker/partition.h"
#include "server/broker/records.h"

enum { MOST = 256 };
struct scene {
    char folder[64], path[80];
    struct partition *partition;
    int64_t now_ms;
    size_t keys_most;
    int64_t delete_retention_ms;
};

static void open_partition(struct scene *scene) {
    struct error error = {0};
    scene->partition = partition_open(scene->path, TRUST_CLOSED, NULL, NULL, &error);
    if (!scene->partition)
        fail_msg("%s", error.message);
    struct partition_limits limits = {.segment_bytes = 400, .segment_ms = INT64_MAX};
    partition_set_limits(scene->partition, &limits);
}

static int open_scene(void **state) {
    struct scene *scene = memory_zero(1, sizeof *scene);
    snprintf(scene->folder, sizeof scene->folder, "/tmp/fraudscope-test-XXXXXX");
    if (!mkdtemp(scene->folder))
        return -1;
    snprintf(scene->path, sizeof scene->path, "%s/t-0", scene->folder);
    scene->now_ms = 1000000;
    scene->keys_most = 1000;
    scene->delete_retention_ms = 5000;
    open_partition(scene);
    *state = scene;
    return 0;
}

static int close_scene(void **state) {
    struct scene *scene = *state;
    partition_close(scene->partition, false);
    file_remove_tree(scene->folder, NULL);
    memory_free(scene);
    return 0;
}

static void append(struct scene *scene, const struct sample *samples, int32_t count, int codec) {
    struct text text = TEXT_EMPTY;
    struct batch_header header;
    struct error error = {0};
    int64_t offset;
    sample_batch(&text, &(struct sample_batch){.records = samples, .count = count, .producer_id = -1, .codec = codec},
                 &header);
    if (partition_append(scene->partition, text.data, text.size, &header, &offset, &error) != 0)
        fail_msg("%s", error.message);
    text_free(&text);
}

static void append_one(struct scene *scene, const char *key, const char *value) {
    append(scene, &(struct sample){key, value, 1000 + partition_end_offset(scene->partition)}, 1, CODEC_NONE);
}

/* What is written to stays out of it, so a few records are put behind what the test is about. */
static void close_segment(struct scene *scene) {
    size_t closed = partition_closed_count(scene->partition);
    while (partition_closed_count(scene->partition) == closed)
        append_one(scene, "~", "~");
}

static void start(struct scene *scene, struct compaction *compaction) {
    *compaction = (struct compaction){.folder = memory_copy_string(scene->path),
                                      .dirty_from = partition_clean_until(scene->partition),
                                      .segment_bytes = 1000,
                                      .now_ms = scene->now_ms,
                                      .delete_retention_ms = scene->delete_retention_ms,
                                      .keys_most = scene->keys_most};
    for (size_t i = 0; i < partition_closed_count(scene->partition); i++)
        assert_int_equal(compaction_add(compaction, partition_closed(scene->partition, i), NULL), 0);
    struct error error = {0};
    if (compaction_run(compaction, &error) != 0)
        fail_msg("%s", error.message);
}

static int finish(struct scene *scene, struct compaction *compaction) {
    struct error error = {0};
    int result = 0;
    for (size_t i = 0; i < compaction->results.count && result == 0; i++) {
        struct compaction_result *made = &compaction->results.items[i];
        result = partition_replace(scene->partition, made->first, made->last, made->path, &made->segment, &error);
        memory_free(made->path);
        made->path = NULL;
    }
    if (result == 0)
        partition_set_clean_until(scene->partition, compaction->clean_until);
    compaction_free(compaction);
    return result;
}

static void compact(struct scene *scene) {
    struct compaction compaction;
    start(scene, &compaction);
    assert_int_equal(finish(scene, &compaction), 0);
}

/* "OFFSET:KEY=VALUE@TIME " of all but the fillers; a tombstone has "-" for its value. */
static void print_all(const struct scene *scene, struct text *out) {
    struct text piece = TEXT_EMPTY;
    text_clear(out);
    for (int64_t offset = 0; offset < partition_end_offset(scene->partition);) {
        struct batch_header header;
        struct records records;
        struct record record;
        size_t size;
        text_clear(&piece);
        assert_int_equal(partition_read(scene->partition, offset, 1, &piece, NULL), 0);
        if (piece.size == 0)
            break;
        assert_int_equal(batch_check(text_view(&piece), &header, &size), BATCH_GOOD);
        assert_true(header.base_offset + header.last_offset_delta >= offset);
        records_open(&records, text_view(&piece), &header);
        while (records_next(&records, &record)) {
            struct view value = record.value.data ? record.value : VIEW("-");
            if (!view_equal(record.key, VIEW("~")))
                text_append_format(out, "%lld:%.*s=%.*s@%lld ", (long long)record.offset, VIEW_ARGS(record.key),
                                   VIEW_ARGS(value), (long long)record.timestamp);
        }
        assert_false(records.reader.broken);
        records_close(&records);
        offset = header.base_offset + header.last_offset_delta + 1;
    }
    text_free(&piece);
}

static void assert_holds(const struct scene *scene, const char *expected) {
    struct text text = TEXT_EMPTY;
    print_all(scene, &text);
    assert_string_equal(text_string(&text), expected);
    text_free(&text);
}

static void of_records_with_one_key_the_latest_stays_at_its_offset(void **state) {
    struct scene *scene = *state;
    append_one(scene, "a", "1");
    append_one(scene, "b", "2");
    append_one(scene, "a", "3");
    append_one(scene, "c", "4");
    append_one(scene, "b", "5");
    close_segment(scene);
    compact(scene);
    assert_holds(scene, "2:a=3@1002 3:c=4@1003 4:b=5@1004 ");
    append_one(scene, "a", "6");
    close_segment(scene);
    compact(scene);
    struct text text = TEXT_EMPTY;
    print_all(scene, &text);
    assert_null(strstr(text_string(&text), "a=3"));
    assert_non_null(strstr(text_string(&text), "a=6"));
    text_free(&text);
}

static void batches_are_opened_and_packed_again_as_they_were(void **state) {
    struct scene *scene = *state;
    for (int codec = CODEC_NONE; codec <= CODEC_ZSTD; codec++) {
        const struct sample samples[] = {{"a", "old", 10 + codec}, {"b", "old", 20 + codec}, {"a", "new", 30 + codec}};
        append(scene, samples, 3, codec);
    }
    close_segment(scene);
    compact(scene);
    assert_holds(scene, "13:b=old@24 14:a=new@34 ");
    struct text piece = TEXT_EMPTY;
    struct batch_header header;
    assert_int_equal(partition_read(scene->partition, 0, 1, &piece, NULL), 0);
    assert_true(batch_header_read(text_view(&piece), &header));
    assert_int_equal(header.attributes & BATCH_CODEC, CODEC_ZSTD);
    assert_int_equal(header.base_offset, 12); /* offsets inside of a batch are relative to its own */
    assert_int_equal(header.record_count, 2);
    text_free(&piece);
}

static void what_is_written_to_is_left_alone(void **state) {
    struct scene *scene = *state;
    append_one(scene, "a", "1");
    close_segment(scene);
    append_one(scene, "a", "2");
    int64_t last = partition_end_offset(scene->partition) - 1;
    compact(scene);
    char expected[64];
    snprintf(expected, sizeof expected, "0:a=1@1000 %lld:a=2@%lld ", (long long)last, (long long)(1000 + last));
    assert_holds(scene, expected);
}

static void a_tombstone_stays_for_its_time_and_then_goes(void **state) {
    struct scene *scene = *state;
    append_one(scene, "a", "1");
    append_one(scene, "b", "2");
    append_one(scene, "a", NULL);
    close_segment(scene);
    compact(scene);
    assert_holds(scene, "1:b=2@1001 2:a=-@1002 ");
    scene->now_ms += 4000;
    partition_set_clean_until(scene->partition, 0);
    compact(scene);
    assert_holds(scene, "1:b=2@1001 2:a=-@1002 ");
    scene->now_ms += 2000; /* its five seconds since the first compaction are over */
    partition_set_clean_until(scene->partition, 0);
    compact(scene);
    assert_holds(scene, "1:b=2@1001 ");
}

static void a_tombstone_that_is_to_be_kept_for_ever_is_kept(void **state) {
    struct scene *scene = *state;
    scene->delete_retention_ms = INT64_MAX;
    append_one(scene, "a", NULL);
    append_one(scene, "b", "2");
    close_segment(scene);
    for (int round = 0; round < 3; round++) {
        compact(scene);
        scene->now_ms += 1000000000;
        partition_set_clean_until(scene->partition, 0);
        assert_holds(scene, "0:a=-@1000 1:b=2@1001 ");
    }
}

/* Who reads a topic up to its end waits for the record before the end: it never goes. */
static void the_last_record_of_a_log_stays_though_its_time_is_over(void **state) {
    struct scene *scene = *state;
    append_one(scene, "b", "2");
    append_one(scene, "a", NULL);
    struct partition_limits limits = {.segment_bytes = 400, .segment_ms = 1};
    partition_set_limits(scene->partition, &limits);
    assert_int_equal(partition_roll_if_old(scene->partition, INT64_MAX / 2, NULL), 0);
    assert_int_equal(partition_closed_count(scene->partition), 1);
    for (int round = 0; round < 3; round++) {
        compact(scene);
        scene->now_ms += 1000000000;
        partition_set_clean_until(scene->partition, 0);
        assert_holds(scene, "0:b=2@1000 1:a=-@1001 ");
    }
}

static void records_without_a_key_go(void **state) {
    struct scene *scene = *state;
    append_one(scene, NULL, "1");
    append_one(scene, "b", "2");
    close_segment(scene);
    compact(scene);
    assert_holds(scene, "1:b=2@1001 ");
}

static void offsets_and_times_are_found_around_the_gaps_and_after_a_restart(void **state) {
    struct scene *scene = *state;
    for (int i = 0; i < 30; i++) {
        char key[8];
        snprintf(key, sizeof key, "%d", i < 15 ? 0 : i);
        append_one(scene, key, "some value");
    }
    close_segment(scene);
    compact(scene);
    for (int round = 0; round < 2; round++) {
        struct text piece = TEXT_EMPTY;
        struct batch_header header;
        int64_t offset, timestamp;
        assert_int_equal(partition_start_offset(scene->partition), 0);
        assert_int_equal(partition_read(scene->partition, 3, 1, &piece, NULL), 0);
        assert_true(batch_header_read(text_view(&piece), &header));
        assert_int_equal(header.base_offset, 14);
        assert_int_equal(partition_find_time(scene->partition, 1003, &offset, &timestamp, NULL), 0);
        assert_int_equal(offset, 14);
        assert_int_equal(timestamp, 1014);
        assert_int_equal(partition_find_time(scene->partition, 1020, &offset, &timestamp, NULL), 0);
        assert_int_equal(offset, 20);
        text_free(&piece);
        int64_t end = partition_end_offset(scene->partition);
        partition_close(scene->partition, false);
        open_partition(scene);
        assert_int_equal(partition_end_offset(scene->partition), end);
    }
}

static void small_segments_are_put_together(void **state) {
    struct scene *scene = *state;
    for (int i = 0; i < 40; i++)
        append_one(scene, "a", "v");
    size_t before = partition_closed_count(scene->partition);
    compact(scene);
    assert_true(partition_closed_count(scene->partition) < before);
    assert_true(partition_bytes(scene->partition) < 1500);
}

static void with_room_for_few_keys_a_part_is_compacted_and_the_rest_next_time(void **state) {
    struct scene *scene = *state;
    scene->keys_most = 3;
    for (int i = 0; i < 12; i++) {
        char key[8];
        snprintf(key, sizeof key, "%c", 'a' + i / 2); /* each key twice */
        append_one(scene, key, i % 2 ? "new" : "old");
    }
    close_segment(scene);
    compact(scene);
    assert_holds(
        scene,
        "1:a=new@1001 3:b=new@1003 5:c=new@1005 6:d=old@1006 7:d=new@1007 8:e=old@1008 9:e=new@1009 10:f=old@1010 "
        "11:f=new@1011 ");
    compact(scene);
    compact(scene);
    assert_holds(scene, "1:a=new@1001 3:b=new@1003 5:c=new@1005 7:d=new@1007 9:e=new@1009 11:f=new@1011 ");
}

static void when_retention_was_faster_nothing_changes(void **state) {
    struct scene *scene = *state;
    struct compaction compaction;
    for (int i = 0; i < 20; i++)
        append_one(scene, "a", "v");
    start(scene, &compaction);
    int64_t start_offset = partition_closed(scene->partition, 1)->base_offset;
    assert_int_equal(partition_trim(scene->partition, start_offset, NULL), 0);
    assert_int_not_equal(finish(scene, &compaction), 0);
    assert_int_equal(partition_start_offset(scene->partition), start_offset);
    struct text piece = TEXT_EMPTY;
    struct batch_header header;
    assert_int_equal(partition_read(scene->partition, start_offset, 1, &piece, NULL), 0);
    assert_true(batch_header_read(text_view(&piece), &header));
    assert_int_equal(header.base_offset, start_offset);
    text_free(&piece);
}

static void damage_is_left_as_it_is(void **state) {
    struct scene *scene = *state;
    static const long places[] = {65, 70}; /* in a record, and in the second batch's offset, which no checksum covers */
    for (int i = 0; i < 20; i++)
        append_one(scene, "a", "v");
    char *path = segment_path(scene->path, 0, SEGMENT_LOG);
    for (size_t i = 0; i < 2; i++) {
        FILE *file = fopen(path, "r+b");
        fseek(file, places[i], SEEK_SET);
        int before = fgetc(file);
        fseek(file, places[i], SEEK_SET);
        fputc(0xff, file);
        fflush(file);
        struct compaction compaction = {
            .folder = memory_copy_string(scene->path), .segment_bytes = 1000, .keys_most = 10};
        struct error error = {0};
        for (size_t j = 0; j < partition_closed_count(scene->partition); j++)
            assert_int_equal(compaction_add(&compaction, partition_closed(scene->partition, j), NULL), 0);
        assert_int_equal(compaction_run(&compaction, &error), -1);
        assert_int_equal(error.code, ERROR_CORRUPT);
        assert_int_equal(compaction.results.count, 0);
        compaction_free(&compaction);
        fseek(file, places[i], SEEK_SET);
        fputc(before, file);
        fclose(file);
    }
    memory_free(path);
}

int main(void) {
#define SENTENCE(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)
    const struct CMUnitTest tests[] = {
        SENTENCE(of_records_with_one_key_the_latest_stays_at_its_offset),
        SENTENCE(batches_are_opened_and_packed_again_as_they_were),
        SENTENCE(what_is_written_to_is_left_alone),
        SENTENCE(a_tombstone_stays_for_its_time_and_then_goes),
        SENTENCE(a_tombstone_that_is_to_be_kept_for_ever_is_kept),
        SENTENCE(the_last_record_of_a_log_stays_though_its_time_is_over),
        SENTENCE(records_without_a_key_go),
        SENTENCE(offsets_and_times_are_found_around_the_gaps_and_after_a_restart),
        SENTENCE(small_segments_are_put_together),
        SENTENCE(with_room_for_few_keys_a_part_is_compacted_and_the_rest_next_time),
        SENTENCE(when_retention_was_faster_nothing_changes),
        SENTENCE(damage_is_left_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
