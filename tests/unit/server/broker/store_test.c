/* The list of topics and their folders: on a disk that takes nothing more both stay as they were. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "foundation/base/file.h"
#include "foundation/base/memory.h"
#include "server/broker/store.h"

struct scene {
    char folder[64];
    struct store store;
};

static void open_store(struct scene *scene) {
    struct error error = {0};
    if (store_open(&scene->store, scene->folder, false, NULL, NULL, &error) != 0)
        fail_msg("%s", error.message);
    store_begin(&scene->store);
}

static int open_scene(void **state) {
    struct scene *scene = memory_zero(1, sizeof *scene);
    snprintf(scene->folder, sizeof scene->folder, "/tmp/fraudscope-test-XXXXXX");
    if (!mkdtemp(scene->folder))
        return -1;
    open_store(scene);
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

/* No file may grow any more. */
static void fill_the_disk(bool full) {
    struct rlimit limit;
    signal(SIGXFSZ, full ? SIG_IGN : SIG_DFL);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = full ? 0 : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_topic_whose_deletion_cannot_be_noted_stays(void **state) {
    struct scene *scene = *state;
    struct error error = {0};
    assert_int_equal(store_create(&scene->store, VIEW("kept"), 3, NULL, NULL), 0);
    assert_int_equal(store_create(&scene->store, VIEW("other"), 1, NULL, NULL), 0); /* an empty list needs no room */
    fill_the_disk(true);
    int result = store_delete(&scene->store, VIEW("kept"), &error);
    fill_the_disk(false);
    assert_int_equal(result, -1);
    assert_non_null(strstr(error.message, "cannot write"));
    assert_non_null(store_partition(&scene->store, VIEW("kept"), 2));
    store_close(&scene->store, false);
    open_store(scene); /* a list with a topic whose folders are gone would be refused */
    assert_non_null(store_partition(&scene->store, VIEW("kept"), 2));
    assert_int_equal(store_delete(&scene->store, VIEW("kept"), NULL), 0);
    assert_null(store_topic(&scene->store, VIEW("kept")));
    store_close(&scene->store, false);
    open_store(scene);
    assert_null(store_topic(&scene->store, VIEW("kept")));
}

static void the_reserve_is_made_at_the_start_and_again_after_a_deletion(void **state) {
    struct scene *scene = *state;
    char *reserve = file_join(scene->folder, "reserve");
    assert_true(file_exists(reserve));
    assert_int_equal(remove(reserve), 0);
    assert_int_equal(store_create(&scene->store, VIEW("t"), 1, NULL, NULL), 0);
    assert_int_equal(store_delete(&scene->store, VIEW("t"), NULL), 0);
    assert_true(file_exists(reserve));
    memory_free(reserve);
}

int main(void) {
#define SENTENCE(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)
    const struct CMUnitTest tests[] = {
        SENTENCE(a_topic_whose_deletion_cannot_be_noted_stays),
        SENTENCE(the_reserve_is_made_at_the_start_and_again_after_a_deletion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
