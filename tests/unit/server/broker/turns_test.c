/* The order in which clients are served: the loop's turns are looked at one by one, over pairs of sockets, so nothing
 * depends on how fast the machine is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "foundation/base/file.h"
#include "foundation/base/memory.h"
#include "foundation/net/loop.h"
#include "server/broker.h"
#include "server/broker/connection.h"
#include "server/broker/cursor.h"
#include "server/broker/records.h"

enum {
    READERS = 150,
    ASKS = 3,
    RECORD = 300 << 10,
    TURNS_MOST = 20000,
    LEAVING = 7,
    TURNS_POURED = 200,
    HELD_MOST = 1 << 20
};

struct client {
    int end;
    struct connection *connection;
    size_t got; /* bytes */
};
struct scene {
    struct broker_core core;
    struct clock clock;
    char folder[64];
    struct client readers[READERS], small;
    struct loop_watch *observer;
    int always; /* a descriptor that is always ready, so that every turn of the loop is looked at */
    size_t answer, turns;
    bool (*look)(struct scene *scene); /* after each turn; false ends the loop */
    /* of the tests */
    size_t before;
    bool asked;
};

static void written(void *context, struct partition *partition) {
    broker_core_appended(context, partition);
}

static void trouble(void *context, const struct error *error) {
    broker_core_trouble(context, error);
}

static void nobody_told(void *context) {
    (void)context;
}

static void fill(struct scene *scene) {
    struct text batch = TEXT_EMPTY;
    struct batch_header header;
    struct error error = {0};
    int64_t offset;
    char *value = memory_zero(RECORD, 1);
    assert_int_equal(store_create(&scene->core.store, VIEW("big"), 1, NULL, &error), 0);
    batch_of_one(&batch, VIEW("key"), (struct view){value, RECORD}, 1000, &header);
    assert_int_equal(partition_append(store_partition(&scene->core.store, VIEW("big"), 0), batch.data, batch.size,
                                      &header, &offset, &error),
                     0);
    scene->answer = batch.size;
    memory_free(value);
    text_free(&batch);
}

static void dial(struct scene *scene, struct client *client) {
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    client->end = pair[0];
    client->connection = connection_open(&scene->core, pair[1], "127.0.0.1:1", nobody_told, NULL);
    assert_non_null(client->connection);
}

static void drain(struct client *client) {
    char piece[64 << 10];
    ssize_t got;
    while (client->end >= 0 && (got = recv(client->end, piece, sizeof piece, 0)) > 0)
        client->got += (size_t)got;
}

static void observe(void *context, unsigned events) {
    struct scene *scene = context;
    (void)events;
    for (size_t i = 0; i < READERS; i++)
        drain(&scene->readers[i]);
    drain(&scene->small);
    assert_true(++scene->turns < TURNS_MOST);
    if (!scene->look(scene))
        loop_stop(scene->core.loop);
}

static int open_scene(void **state) {
    struct scene *scene = memory_zero(1, sizeof *scene);
    struct broker_core *core = &scene->core;
    struct error error = {0};
    snprintf(scene->folder, sizeof scene->folder, "/tmp/fraudscope-test-XXXXXX");
    if (!mkdtemp(scene->folder))
        return -1;
    clock_fix(&scene->clock, 1773500000000);
    core->loop = loop_new(&error);
    core->clock = &scene->clock;
    struct groups_options groups = {core->loop, {&core->store, &scene->clock, written, trouble, core}};
    if (broker_limits_read(&core->limits, NULL, &error) != 0 ||
        store_open(&core->store, scene->folder, false, &scene->clock, NULL, &error) != 0 ||
        !(core->groups = groups_open(&groups, &error)))
        return -1;
    fill(scene);
    for (size_t i = 0; i < READERS; i++)
        dial(scene, &scene->readers[i]);
    dial(scene, &scene->small);
    scene->always = eventfd(1, EFD_CLOEXEC);
    scene->observer = loop_watch_add(core->loop, scene->always, LOOP_READ, observe, scene);
    *state = scene;
    return 0;
}

static int close_scene(void **state) {
    struct scene *scene = *state;
    loop_watch_remove(scene->observer);
    while (scene->core.connections)
        connection_close(scene->core.connections);
    for (size_t i = 0; i < READERS; i++)
        if (scene->readers[i].end >= 0)
            close(scene->readers[i].end);
    close(scene->small.end);
    close(scene->always);
    groups_close(scene->core.groups);
    store_close(&scene->core.store, false);
    loop_free(scene->core.loop);
    vector_free(&scene->core.unsynced);
    peers_free(&scene->core.peers);
    file_remove_tree(scene->folder, NULL);
    memory_free(scene);
    return 0;
}

/* --- requests --- */

/* Bytes that were sent; 0 when the system takes no more. */
static size_t send_request(const struct client *client, int16_t key, int16_t version, const struct text *body) {
    struct text frame = TEXT_EMPTY;
    write_int32(&frame, (int32_t)(10 + body->size));
    write_int16(&frame, key);
    write_int16(&frame, version);
    write_int32(&frame, 1); /* correlation */
    write_int16(&frame, 0); /* client id */
    text_append_bytes(&frame, body->data ? body->data : "", body->size);
    ssize_t sent = send(client->end, frame.data, frame.size, MSG_NOSIGNAL);
    assert_true(sent < 0 || sent == (ssize_t)frame.size);
    text_free(&frame);
    return sent < 0 ? 0 : (size_t)sent;
}

/* The whole topic, so many times one behind the other, as far as the system takes it; bytes. */
static size_t ask_for_all(const struct client *client, int times) {
    size_t sent = 0;
    struct text body = TEXT_EMPTY;
    write_int32(&body, -1);        /* replica */
    write_int32(&body, 1);         /* wait */
    write_int32(&body, 1);         /* least */
    write_int32(&body, INT32_MAX); /* most */
    write_int8(&body, 0);          /* isolation */
    write_int32(&body, 1);
    write_int16(&body, 3);
    text_append_string(&body, "big");
    write_int32(&body, 1);
    write_int32(&body, 0);
    write_int64(&body, 0);
    write_int32(&body, INT32_MAX);
    for (size_t last = 1; times > 0 && last > 0; times--)
        sent += last = send_request(client, KEY_FETCH, 4, &body);
    text_free(&body);
    return sent;
}

static void ask_for_versions(const struct client *client) {
    send_request(client, KEY_API_VERSIONS, 0, &(struct text){0});
}

static size_t answers(const struct scene *scene, size_t reader) {
    return scene->readers[reader].got / scene->answer;
}

static size_t all_bytes(const struct scene *scene) {
    size_t all = 0;
    for (size_t i = 0; i < READERS; i++)
        all += scene->readers[i].got;
    return all;
}

static size_t least(const struct scene *scene) {
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < READERS; i++)
        if (scene->readers[i].end >= 0 && answers(scene, i) < least)
            least = answers(scene, i);
    return least;
}

static size_t most(const struct scene *scene) {
    size_t most = 0;
    for (size_t i = 0; i < READERS; i++)
        if (answers(scene, i) > most)
            most = answers(scene, i);
    return most;
}

static void run(struct scene *scene, bool (*look)(struct scene *scene)) {
    scene->look = look;
    loop_run(scene->core.loop);
}

/* --- the tests --- */

static bool all_in_step(struct scene *scene) {
    assert_true(most(scene) <= least(scene) + 2);
    return least(scene) < ASKS;
}

static void readers_that_ask_many_times_at_once_are_all_served_and_none_gets_ahead(void **state) {
    struct scene *scene = *state;
    for (size_t i = 0; i < READERS; i++)
        ask_for_all(&scene->readers[i], ASKS);
    run(scene, all_in_step);
    assert_int_equal(most(scene), ASKS);
}

static bool until_small_is_answered(struct scene *scene) {
    if (!scene->asked && least(scene) >= 1) {
        ask_for_versions(&scene->small);
        scene->asked = true;
        scene->before = all_bytes(scene);
    }
    return !scene->small.got;
}

static void who_asks_little_waits_for_few_large_answers_and_not_for_one_of_each(void **state) {
    struct scene *scene = *state;
    for (size_t i = 0; i < READERS; i++)
        ask_for_all(&scene->readers[i], ASKS);
    run(scene, until_small_is_answered);
    assert_in_range(all_bytes(scene) - scene->before, 0, 4 * scene->answer);
    assert_true(least(scene) < ASKS);
}

static bool some_leave(struct scene *scene) {
    if (!scene->asked && least(scene) >= 1) {
        for (size_t i = 0; i < READERS; i += LEAVING) {
            close(scene->readers[i].end);
            scene->readers[i].end = -1;
        }
        scene->asked = true;
    }
    return least(scene) < ASKS;
}

static void those_who_leave_while_they_wait_for_their_turn_stop_nobody(void **state) {
    struct scene *scene = *state;
    for (size_t i = 0; i < READERS; i++)
        ask_for_all(&scene->readers[i], ASKS);
    run(scene, some_leave);
    assert_true(least(scene) == ASKS);
}

/* Asks all the time for more than can be answered, and takes what is. */
static bool pour(struct scene *scene) {
    struct broker_peer peer;
    if (!scene->before)
        scene->before = ask_for_all(&scene->small, 1);
    ask_for_all(&scene->small, INT32_MAX);
    connection_describe(scene->small.connection, &peer);
    size_t done = scene->small.got / scene->answer * scene->before;
    assert_true((size_t)peer.in - done < HELD_MOST);
    return scene->turns < TURNS_POURED;
}

static void of_requests_that_wait_for_their_turn_only_so_many_are_read(void **state) {
    struct scene *scene = *state;
    run(scene, pour);
    assert_true(scene->small.got > scene->answer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(readers_that_ask_many_times_at_once_are_all_served_and_none_gets_ahead,
                                        open_scene, close_scene),
        cmocka_unit_test_setup_teardown(who_asks_little_waits_for_few_large_answers_and_not_for_one_of_each, open_scene,
                                        close_scene),
        cmocka_unit_test_setup_teardown(those_who_leave_while_they_wait_for_their_turn_stop_nobody, open_scene,
                                        close_scene),
        cmocka_unit_test_setup_teardown(of_requests_that_wait_for_their_turn_only_so_many_are_read, open_scene,
                                        close_scene),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
