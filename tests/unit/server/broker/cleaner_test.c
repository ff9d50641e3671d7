/* What is due for compaction, by the settings of its topic, and when retention and ages close segments. Whether the
 * cleaner began is told by the file that it writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "batches.h"
#include "foundation/base/file.h"
#include "foundation/base/memory.h"
#include "server/broker/cleaner.h"

enum { HOUR = 3600 * 1000, NOW = 500 * HOUR, DECOY_CLEAN = 9 };

struct scene {
    char folder[64];
    struct store store;
    struct clock clock;
};

static int open_scene(void **state) {
    struct scene *scene = memory_zero(1, sizeof *scene);
    scene->clock.fixed = true;
    clock_fix(&scene->clock, NOW);
    snprintf(scene->folder, sizeof scene->folder, "/tmp/fraudscope-test-XXXXXX");
    if (!mkdtemp(scene->folder) || store_open(&scene->store, scene->folder, false, &scene->clock, NULL, NULL) != 0)
        return -1;
    *state = scene;
    return 0;
}

static int close_scene(void **state) {
    struct scene *scene = *state;
    store_close(&scene->store, false);
    file_remove_tree(scene->folder, NULL);
    memory_free(scene);
    return 0;
}

static struct properties *settings_of(const char *settings) {
    struct properties *config = properties_new();
    struct view rest = view_of(settings), value, name;
    while (view_split(&rest, ' ', &value))
        if (view_split(&value, '=', &name))
            assert_int_equal(topic_setting_put(config, name, value, NULL), 0);
    return config;
}

/* settings: NAME=VALUE, a blank between them. */
static struct partition *create(struct scene *scene, const char *name, const char *settings) {
    struct properties *config = settings_of(settings);
    assert_int_equal(store_create(&scene->store, view_of(name), 1, config, NULL), 0);
    properties_free(config);
    return store_partition(&scene->store, view_of(name), 0);
}

static void alter(struct scene *scene, const char *name, const char *settings) {
    struct topic *topic = store_topic(&scene->store, view_of(name));
    assert_int_equal(store_configure(&scene->store, topic, settings_of(settings), NULL), 0);
}

/* A record of the time that the clock shows; with segment.bytes=14 it closes the segment before. */
static void append(struct scene *scene, struct partition *partition) {
    struct sample sample = {"key", "value", clock_wall_ms(&scene->clock)};
    struct text text = TEXT_EMPTY;
    struct batch_header header;
    int64_t offset;
    sample_batch(&text, &(struct sample_batch){.records = &sample, .count = 1, .producer_id = -1}, &header);
    assert_int_equal(partition_append(partition, text.data, text.size, &header, &offset, NULL), 0);
    text_free(&text);
}

struct look {
    struct loop *loop;
    struct loop_timer *timer;
    const struct partition *asked, *other;
    int64_t before;
};

static void look_again(void *context) {
    struct look *look = context;
    if (partition_clean_until(look->asked) != look->before || partition_clean_until(look->other) != DECOY_CLEAN)
        loop_stop(look->loop);
    else
        loop_timer_set(look->timer, 2);
}

/* One at a time is compacted, the one with most that is new. Another one that is always due, with little, is taken when
 * the one asked about is not due: so there is no waiting for what does not come. */
static bool compacts(struct scene *scene, const struct partition *partition, int64_t now_ms) {
    char name[32];
    snprintf(name, sizeof name, "decoy%zu", map_count(scene->store.topics));
    struct partition *decoy =
        create(scene, name, "segment.bytes=14 cleanup.policy=compact min.cleanable.dirty.ratio=0");
    for (int i = 0; i < DECOY_CLEAN + 2; i++)
        append(scene, decoy);
    partition_set_clean_until(decoy, DECOY_CLEAN);
    struct look look = {loop_new(NULL), NULL, partition, decoy, partition_clean_until(partition)};
    look.timer = loop_timer_add(look.loop, look_again, &look);
    struct cleaner *cleaner = cleaner_new(&scene->store, look.loop);
    cleaner_consider(cleaner, now_ms);
    loop_timer_set(look.timer, 0);
    loop_run(look.loop);
    cleaner_free(cleaner);
    loop_timer_remove(look.timer);
    loop_free(look.loop);
    partition_set_clean_until(decoy, partition_end_offset(decoy)); /* it has served */
    return partition_clean_until(partition) != look.before;
}

static void only_topics_that_are_to_be_compacted_are(void **state) {
    struct scene *scene = *state;
    struct partition *kept = create(scene, "kept", "segment.bytes=14"),
                     *compacted = create(scene, "compacted", "segment.bytes=14 cleanup.policy=compact");
    for (int i = 0; i < 3; i++)
        append(scene, kept);
    assert_false(compacts(scene, kept, NOW));
    for (int i = 0; i < 3; i++)
        append(scene, compacted);
    assert_true(compacts(scene, compacted, NOW));
    assert_false(compacts(scene, compacted, NOW)); /* nothing is left to do */
    alter(scene, "kept", "cleanup.policy=compact,delete");
    assert_true(compacts(scene, kept, NOW));
}

static void a_log_is_compacted_when_enough_of_it_is_new(void **state) {
    struct scene *scene = *state;
    struct partition *partition =
        create(scene, "t", "segment.bytes=14 cleanup.policy=compact min.cleanable.dirty.ratio=0.5");
    for (int i = 0; i < 8; i++)
        append(scene, partition);
    partition_set_clean_until(partition, 4); /* 3 of 7 closed ones are new */
    assert_false(compacts(scene, partition, NOW));
    append(scene, partition);
    alter(scene, "t", "segment.bytes=14 cleanup.policy=compact min.cleanable.dirty.ratio=0.51");
    assert_false(compacts(scene, partition, NOW));
    alter(scene, "t", "segment.bytes=14 cleanup.policy=compact min.cleanable.dirty.ratio=0.5");
    assert_true(compacts(scene, partition, NOW));
}

static void what_is_new_waits_no_longer_than_the_largest_lag_says(void **state) {
    struct scene *scene = *state;
    struct partition *partition =
        create(scene, "t", "segment.bytes=14 cleanup.policy=compact max.compaction.lag.ms=3600000");
    for (int i = 0; i < 8; i++)
        append(scene, partition);
    partition_set_clean_until(partition, 4);
    assert_false(compacts(scene, partition, NOW + HOUR));
    assert_true(compacts(scene, partition, NOW + HOUR + 1));
}

static void records_are_left_for_as_long_as_the_least_lag_says(void **state) {
    struct scene *scene = *state;
    struct partition *first = create(scene, "first",
                                     "segment.bytes=14 cleanup.policy=compact min.compaction.lag.ms=3600000"),
                     *second = create(scene, "second",
                                      "segment.bytes=14 cleanup.policy=compact min.compaction.lag.ms=3600000");
    append(scene, first);
    append(scene, first);
    assert_false(compacts(scene, first, NOW + HOUR - 1));
    assert_true(compacts(scene, first, NOW + HOUR));
    append(scene, second);
    append(scene, second);
    assert_false(compacts(scene, second, NOW));
    alter(scene, "second", "cleanup.policy=compact");
    assert_true(compacts(scene, second, NOW));
}

static void a_segment_is_open_no_longer_than_its_age_and_the_largest_lag_allow(void **state) {
    struct scene *scene = *state;
    struct partition *compacted = create(scene, "compacted", "cleanup.policy=compact max.compaction.lag.ms=60000"),
                     *deleted = create(scene, "deleted", "max.compaction.lag.ms=60000"),
                     *aged = create(scene, "aged", "segment.ms=60000");
    append(scene, compacted);
    append(scene, deleted);
    append(scene, aged);
    store_retain(&scene->store, NOW + 59999);
    assert_int_equal(partition_closed_count(compacted) + partition_closed_count(aged), 0);
    store_retain(&scene->store, NOW + 60000);
    assert_int_equal(partition_closed_count(compacted), 1);
    assert_int_equal(partition_closed_count(aged), 1);
    assert_int_equal(partition_closed_count(deleted), 0);
    alter(scene, "deleted", "segment.ms=60000");
    store_retain(&scene->store, NOW + 60000);
    assert_int_equal(partition_closed_count(deleted), 1);
}

static void retention_holds_as_it_is_set_and_altered(void **state) {
    struct scene *scene = *state;
    struct partition *by_age = create(scene, "age", "segment.bytes=14 retention.ms=3600000"),
                     *by_size = create(scene, "size", "segment.bytes=14"),
                     *compacted =
                         create(scene, "compacted", "segment.bytes=14 retention.ms=3600000 cleanup.policy=compact");
    for (int i = 0; i < 4; i++) {
        append(scene, by_age);
        append(scene, by_size);
        append(scene, compacted);
    }
    store_retain(&scene->store, NOW + HOUR);
    assert_int_equal(partition_start_offset(by_age), 0);
    store_retain(&scene->store, NOW + HOUR + 1);
    assert_int_equal(partition_start_offset(by_age), 3); /* the last one is closed first, and goes next time */
    store_retain(&scene->store, NOW + HOUR + 1);
    assert_int_equal(partition_start_offset(by_age), 4);
    assert_int_equal(partition_start_offset(by_size), 0);
    assert_int_equal(partition_start_offset(compacted), 0);
    alter(scene, "size", "retention.bytes=1");
    store_retain(&scene->store, NOW);
    assert_int_equal(partition_start_offset(by_size), 3);
}

int main(void) {
#define SENTENCE(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)
    const struct CMUnitTest tests[] = {
        SENTENCE(only_topics_that_are_to_be_compacted_are),
        SENTENCE(a_log_is_compacted_when_enough_of_it_is_new),
        SENTENCE(what_is_new_waits_no_longer_than_the_largest_lag_says),
        SENTENCE(records_are_left_for_as_long_as_the_least_lag_says),
        SENTENCE(a_segment_is_open_no_longer_than_its_age_and_the_largest_lag_allow),
        SENTENCE(retention_holds_as_it_is_set_and_altered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
