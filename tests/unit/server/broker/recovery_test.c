/* What a start believes of what it finds: indexes, segments, snapshots, the list of topics; and what it checks after a
 * stop, a kill, a failed disk and another run of the machine. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "batches.h"
#include "failing_disk.h"
#include "foundation/base/file.h"
#include "foundation/base/memory.h"
#include "server/broker/segment.h"
#include "server/broker/store.h"

enum { RECORDS = 700 }; /* three segments with several entries in each index */

struct scene {
    char folder[64];
    struct store store;
    struct partition *partition;
};

static int try_start(struct scene *scene, struct error *error) {
    if (store_open(&scene->store, scene->folder, true, NULL, NULL, error) != 0)
        return -1;
    store_begin(&scene->store);
    scene->partition = store_partition(&scene->store, VIEW("t"), 0);
    return 0;
}

static void start(struct scene *scene) {
    struct error error = {0};
    if (try_start(scene, &error) != 0)
        fail_msg("%s", error.message);
}

static void restart(struct scene *scene, bool clean) {
    store_close(&scene->store, clean);
    start(scene);
}

static int open_scene(void **state) {
    struct scene *scene = memory_zero(1, sizeof *scene);
    struct properties *config = properties_new();
    snprintf(scene->folder, sizeof scene->folder, "/tmp/fraudscope-test-XXXXXX");
    if (!mkdtemp(scene->folder))
        return -1;
    start(scene);
    properties_set(config, "segment.bytes", "30000");
    int result = store_create(&scene->store, VIEW("t"), 1, config, NULL);
    scene->partition = store_partition(&scene->store, VIEW("t"), 0);
    properties_free(config);
    *state = scene;
    return result;
}

static int close_scene(void **state) {
    struct scene *scene = *state;
    store_close(&scene->store, false);
    file_remove_tree(scene->folder, NULL);
    memory_free(scene);
    return 0;
}

/* Record N has the time 1000 + N. */
static void append(struct scene *scene, int count) {
    for (int i = 0; i < count; i++) {
        struct sample sample = {"key", "a value that takes some room", 1000 + partition_end_offset(scene->partition)};
        struct text text = TEXT_EMPTY;
        struct batch_header header;
        int64_t offset;
        sample_batch(&text, &(struct sample_batch){.records = &sample, .count = 1, .producer_id = -1}, &header);
        assert_int_equal(partition_append(scene->partition, text.data, text.size, &header, &offset, NULL), 0);
        text_free(&text);
    }
}

/* Each record is found by its offset and by its time. */
static void assert_finds_all(const struct scene *scene, int64_t count) {
    struct text out = TEXT_EMPTY;
    assert_int_equal(partition_end_offset(scene->partition), count);
    for (int64_t i = 0; i < count; i++) {
        struct batch_header header;
        int64_t offset, timestamp;
        text_clear(&out);
        assert_int_equal(partition_read(scene->partition, i, 1, &out, NULL), 0);
        assert_true(batch_header_read(text_view(&out), &header));
        assert_int_equal(header.base_offset, i);
        assert_int_equal(partition_find_time(scene->partition, 1000 + i, &offset, &timestamp, NULL), 0);
        assert_int_equal(offset, i);
    }
    text_free(&out);
}

static char *path_of(const struct scene *scene, int64_t base, enum segment_file file) {
    char *folder = file_join(scene->folder, "t-0"), *path = segment_path(folder, base, file);
    memory_free(folder);
    return path;
}

static struct text content_of(const char *path) {
    struct text text = TEXT_EMPTY;
    assert_int_equal(file_read(path, &text, NULL), 0);
    return text;
}

static void write_all(const char *path, struct view bytes) {
    assert_int_equal(file_write_atomic(path, bytes, 0600, NULL), 0);
}

/* --- indexes --- */

enum damage { GONE, EMPTY, CUT, EXCHANGED, NEXT_OFFSET, DAMAGES };

/* size: of an entry. */
static void damage_index(const char *path, enum damage damage, size_t size) {
    struct text text = content_of(path);
    assert_true(text.size > 4 * size);
    if (damage == GONE) {
        unlink(path);
    } else if (damage == EMPTY) {
        text_clear(&text);
    } else if (damage == CUT) {
        text.size -= 3;
    } else if (damage == EXCHANGED) {
        for (size_t i = 0; i < size; i++) {
            char other = text.data[size + i];
            text.data[size + i] = text.data[3 * size + i];
            text.data[3 * size + i] = other;
        }
    } else { /* the last entry's */
        text.data[text.size - (size == 8 ? 5 : 1)]++;
    }
    if (damage != GONE)
        write_all(path, text_view(&text));
    text_free(&text);
}

static void an_index_that_is_missing_or_wrong_is_made_anew(void **state) {
    struct scene *scene = *state;
    append(scene, RECORDS);
    assert_true(partition_closed_count(scene->partition) >= 2);
    for (enum segment_file file = SEGMENT_INDEX; file <= SEGMENT_TIMES; file++) {
        char *path = path_of(scene, 0, file);
        struct text good = content_of(path);
        for (enum damage damage = GONE; damage < DAMAGES; damage++) {
            if (file == SEGMENT_TIMES && damage == NEXT_OFFSET)
                continue; /* the last one's offset is told to nobody but Kafka's tools */
            damage_index(path, damage, file == SEGMENT_INDEX ? 8 : 12);
            restart(scene, false);
            assert_finds_all(scene, RECORDS);
            struct text now = content_of(path);
            assert_true(view_equal(text_view(&now), text_view(&good)));
            text_free(&now);
        }
        text_free(&good);
        memory_free(path);
    }
}

/* --- segments --- */

static void segments_that_run_into_each_other_are_an_error_with_their_names(void **state) {
    struct scene *scene = *state;
    struct error error = {0};
    append(scene, RECORDS);
    int64_t second = partition_closed(scene->partition, 1)->base_offset;
    char *path = path_of(scene, second, SEGMENT_LOG), *wrong = path_of(scene, second - 1, SEGMENT_LOG);
    store_close(&scene->store, false);
    assert_int_equal(rename(path, wrong), 0);
    assert_int_equal(try_start(scene, &error), -1);
    assert_int_equal(error.code, ERROR_CORRUPT);
    assert_non_null(strstr(error.message, "segment 0 runs into the next one"));
    store_close(&scene->store, false);
    assert_int_equal(rename(wrong, path), 0);
    start(scene);
    assert_finds_all(scene, RECORDS);
    memory_free(path);
    memory_free(wrong);
}

static void an_older_batch_behind_the_end_is_cut_off_and_no_offset_is_given_twice(void **state) {
    struct scene *scene = *state;
    append(scene, 10);
    char *path = path_of(scene, 0, SEGMENT_LOG);
    struct text whole = content_of(path), longer = TEXT_EMPTY;
    text_append(&longer, text_view(&whole));
    text_append(&longer, (struct view){whole.data, whole.size / 10});
    write_all(path, text_view(&longer));
    restart(scene, false);
    assert_finds_all(scene, 10);
    append(scene, 1);
    assert_finds_all(scene, 11);
    text_free(&whole);
    text_free(&longer);
    memory_free(path);
}

static void two_snapshots_of_producers_are_kept(void **state) {
    struct scene *scene = *state;
    int count = 0;
    append(scene, 2 * RECORDS);
    assert_true(partition_closed_count(scene->partition) >= 4);
    DIR *folder = opendir(partition_folder(scene->partition));
    for (struct dirent *entry; (entry = readdir(folder));)
        count += view_ends_with(view_of(entry->d_name), VIEW(".snapshot"));
    closedir(folder);
    assert_int_equal(count, 2);
}

/* --- what is checked --- */

static void flip(const char *path, long at, int whence) {
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    fseek(file, at, whence);
    int byte = fgetc(file);
    fseek(file, at, whence);
    fputc(byte ^ 0xff, file);
    fclose(file);
}

static void after_a_kill_that_follows_a_clean_stop_the_end_is_checked(void **state) {
    struct scene *scene = *state;
    append(scene, 10);
    restart(scene, true);
    append(scene, 10);
    char *path = path_of(scene, 0, SEGMENT_LOG);
    flip(path, -1, SEEK_END); /* only its checksum tells */
    restart(scene, false);
    assert_finds_all(scene, 19);
    memory_free(path);
}

static void after_the_machine_went_down_every_record_is_checked(void **state) {
    struct scene *scene = *state;
    append(scene, RECORDS);
    char *path = path_of(scene, 0, SEGMENT_LOG), *boot = file_join(scene->folder, "boot");
    int64_t bytes = partition_bytes(scene->partition);
    flip(path, 80, SEEK_SET); /* inside the first record */
    restart(scene, false);
    assert_int_equal(partition_bytes(scene->partition), bytes); /* the program was killed: what is closed is believed */
    store_close(&scene->store, false);
    write_all(boot, VIEW("another run\n"));
    start(scene);
    assert_true(partition_bytes(scene->partition) < bytes);
    bytes = partition_bytes(scene->partition);
    char *second = path_of(scene, partition_closed(scene->partition, 1)->base_offset, SEGMENT_LOG);
    flip(second, 80, SEEK_SET);
    store_close(&scene->store, false);
    unlink(boot); /* nor when nothing tells of the run */
    start(scene);
    assert_true(partition_bytes(scene->partition) < bytes);
    memory_free(second);
    memory_free(path);
    memory_free(boot);
}

static void after_a_disk_failed_to_keep_something_nothing_is_believed(void **state) {
    struct scene *scene = *state;
    char *clean = file_join(scene->folder, "clean"), *boot = file_join(scene->folder, "boot");
    append(scene, 1);
    syncs_to_fail = 1;
    assert_int_equal(partition_sync(scene->partition, NULL), -1);
    store_close(&scene->store, true);
    assert_false(file_exists(clean));
    assert_false(file_exists(boot));
    start(scene);
    append(scene, 1);
    assert_int_equal(partition_sync(scene->partition, NULL), 0);
    store_close(&scene->store, true);
    assert_true(file_exists(clean));
    start(scene);
    assert_false(file_exists(clean));
    memory_free(clean);
    memory_free(boot);
}

static void a_list_of_topics_that_cannot_be_true_is_named_with_its_line(void **state) {
    struct scene *scene = *state;
    char *path = file_join(scene->folder, "topics");
    struct text good = content_of(path);
    static const char *const wrongs[] = {"t 1 id=00000000000000000000000000000001", /* the same topic again */
                                         "u 0",
                                         "u 1001",
                                         "u one",
                                         "u",
                                         "a/b 1",
                                         "u 1 id=0123",
                                         "u 1 id=zz000000000000000000000000000001"};
    for (size_t i = 0; i <= sizeof wrongs / sizeof *wrongs; i++) {
        struct error error = {0};
        struct text list = TEXT_EMPTY;
        text_append(&list, text_view(&good));
        if (i < sizeof wrongs / sizeof *wrongs) {
            text_append_format(&list, "%s\n", wrongs[i]);
        } else { /* another topic with the same id */
            text_append(&list, text_view(&good));
            list.data[good.size] = 'u';
        }
        store_close(&scene->store, false);
        write_all(path, text_view(&list));
        assert_int_equal(try_start(scene, &error), -1);
        assert_int_equal(error.code, ERROR_CORRUPT);
        assert_non_null(strstr(error.message, "topics:2 is damaged"));
        text_free(&list);
        store_close(&scene->store, false);
        write_all(path, text_view(&good));
        start(scene);
    }
    text_free(&good);
    memory_free(path);
}

int main(void) {
#define SENTENCE(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)
    const struct CMUnitTest tests[] = {
        SENTENCE(an_index_that_is_missing_or_wrong_is_made_anew),
        SENTENCE(segments_that_run_into_each_other_are_an_error_with_their_names),
        SENTENCE(an_older_batch_behind_the_end_is_cut_off_and_no_offset_is_given_twice),
        SENTENCE(two_snapshots_of_producers_are_kept),
        SENTENCE(after_a_kill_that_follows_a_clean_stop_the_end_is_checked),
        SENTENCE(after_the_machine_went_down_every_record_is_checked),
        SENTENCE(after_a_disk_failed_to_keep_something_nothing_is_believed),
        SENTENCE(a_list_of_topics_that_cannot_be_true_is_named_with_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
