/* What a broken or hostile client can send: the broker closes that connection or answers, and serves the next one. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "foundation/base/file.h"
#include "foundation/base/memory.h"
#include "foundation/base/random.h"
#include "server/broker.h"
#include "server/broker/batch_header.h"
#include "server/broker/cursor.h"
#include "server/broker/handler.h"
#include "server/broker/producers.h"

struct scene {
    char folder[64];
    struct broker *broker;
};

static int open_scene(void **state) {
    struct scene *scene = memory_zero(1, sizeof *scene);
    struct error error = {0};
    snprintf(scene->folder, sizeof scene->folder, "/tmp/fraudscope-test-XXXXXX");
    if (!mkdtemp(scene->folder))
        return -1;
    struct broker_options options = {.folder = scene->folder, .address = "127.0.0.1"};
    scene->broker = broker_start(&options, &error);
    *state = scene;
    return scene->broker ? 0 : -1;
}

static int close_scene(void **state) {
    struct scene *scene = *state;
    broker_stop(scene->broker);
    file_remove_tree(scene->folder, NULL);
    memory_free(scene);
    return 0;
}

static int dial(const struct scene *scene) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(broker_port(scene->broker))};
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void write_head(struct text *out, int16_t key, int16_t version) {
    text_clear(out);
    write_int32(out, 0);
    write_int16(out, key);
    write_int16(out, version);
    write_int32(out, 7);
    write_string(out, "test");
}

static void send_frame(int fd, struct text *frame) {
    set_int32(frame, 0, (int32_t)frame->size - 4);
    assert_true(send(fd, frame->data, frame->size, MSG_NOSIGNAL) >= 0);
}

/* Bytes of the answer, 0 when the broker closed, -1 when it says nothing in time. */
static ssize_t hear(int fd, char *buffer, size_t size, int timeout_ms) {
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    return poll(&wait, 1, timeout_ms) == 1 ? recv(fd, buffer, size, 0) : -1;
}

static void assert_still_serving(const struct scene *scene) {
    struct text frame = TEXT_EMPTY;
    char answer[4096];
    int fd = dial(scene);
    write_head(&frame, KEY_API_VERSIONS, 0);
    send_frame(fd, &frame);
    assert_true(hear(fd, answer, sizeof answer, 5000) > 14);
    close(fd);
    text_free(&frame);
}

static void an_unknown_request_closes_the_connection(void **state) {
    struct text frame = TEXT_EMPTY;
    char answer[64];
    int fd = dial(*state);
    write_head(&frame, 999, 0);
    send_frame(fd, &frame);
    assert_int_equal(hear(fd, answer, sizeof answer, 5000), 0);
    close(fd);
    text_free(&frame);
    assert_still_serving(*state);
}

static void a_size_that_cannot_be_true_closes_the_connection(void **state) {
    static const int32_t sizes[] = {-1, 0, 3, INT32_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct text frame = TEXT_EMPTY;
        char answer[64];
        int fd = dial(*state);
        write_int32(&frame, sizes[i]);
        write_int64(&frame, 0);
        send(fd, frame.data, frame.size, MSG_NOSIGNAL);
        assert_true(hear(fd, answer, sizeof answer, 5000) <= 0);
        close(fd);
        text_free(&frame);
    }
    assert_still_serving(*state);
}

static void an_unknown_version_of_api_versions_is_answered_in_the_oldest_shape(void **state) {
    struct text frame = TEXT_EMPTY;
    char answer[4096];
    int fd = dial(*state);
    write_head(&frame, KEY_API_VERSIONS, 99);
    send_frame(fd, &frame);
    ssize_t got = hear(fd, answer, sizeof answer, 5000);
    assert_true(got > 10);
    assert_int_equal(answer[9], KAFKA_UNSUPPORTED_VERSION);
    close(fd);
    text_free(&frame);
}

static void random_bodies_of_every_request_never_stop_the_broker(void **state) {
    enum { ROUNDS = 60, BODY_MOST = 200 };
    struct random random;
    struct text frame = TEXT_EMPTY;
    char answer[4096];
    random_seed(&random, 20260314);
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; handlers[i]; i++) {
            int fd = dial(*state);
            write_head(&frame, handlers[i]->key,
                       (int16_t)random_between(&random, handlers[i]->least, handlers[i]->most));
            int64_t size = random_between(&random, 0, BODY_MOST);
            for (int64_t j = 0; j < size; j++) /* small numbers are likelier: they pass for counts and lengths */
                write_int8(&frame, (int8_t)(random_next(&random) % 3 ? random_between(&random, 0, 2)
                                                                     : random_between(&random, -128, 127)));
            send_frame(fd, &frame);
            hear(fd, answer, sizeof answer, 0);
            close(fd);
        }
    }
    text_free(&frame);
    assert_still_serving(*state);
}

static void a_short_read_breaks_the_reader_and_gives_zero(void **state) {
    (void)state;
    const char *bytes = "\0\1";
    struct reader reader = {.at = bytes, .end = bytes + 2};
    assert_int_equal(read_int32(&reader), 0);
    assert_true(reader.broken);
    assert_int_equal(read_int8(&reader), 0);
    const char *count = "\x7f\xff\xff\xff";
    reader = (struct reader){.at = count, .end = count + 4};
    assert_int_equal(read_array(&reader, 4), 0);
    assert_true(reader.broken);
}

static void a_repeated_batch_is_known_and_a_gap_refused(void **state) {
    (void)state;
    struct producers *producers = producers_new();
    struct batch_header first = {.producer_id = 5, .base_sequence = 0, .last_offset_delta = 9, .record_count = 10};
    struct batch_header next = first, gap = first;
    next.base_sequence = 10;
    gap.base_sequence = 30;
    int64_t offset = -1;
    assert_int_equal(producers_judge(producers, &first, &offset), PRODUCER_NEW);
    producers_add(producers, &first, 100, 0);
    assert_int_equal(producers_judge(producers, &first, &offset), PRODUCER_DUPLICATE);
    assert_int_equal(offset, 100);
    assert_int_equal(producers_judge(producers, &next, &offset), PRODUCER_NEW);
    assert_int_equal(producers_judge(producers, &gap, &offset), PRODUCER_OUT_OF_ORDER);
    struct text saved = TEXT_EMPTY;
    producers_save(producers, &saved);
    struct producers *loaded = producers_new();
    assert_true(producers_load(loaded, text_view(&saved)));
    assert_int_equal(producers_judge(loaded, &first, &offset), PRODUCER_DUPLICATE);
    assert_false(producers_load(loaded, (struct view){saved.data, saved.size - 1}));
    text_free(&saved);
    producers_free(loaded);
    first.producer_epoch = 1;
    producers_add(producers, &first, 200, 0);
    assert_int_equal(producers_judge(producers, &next, &offset), PRODUCER_FENCED);
    producers_free(producers);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_unknown_request_closes_the_connection, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(a_size_that_cannot_be_true_closes_the_connection, open_scene, close_scene),
        cmocka_unit_test_setup_teardown(an_unknown_version_of_api_versions_is_answered_in_the_oldest_shape, open_scene,
                                        close_scene),
        cmocka_unit_test_setup_teardown(random_bodies_of_every_request_never_stop_the_broker, open_scene, close_scene),
        cmocka_unit_test(a_short_read_breaks_the_reader_and_gives_zero),
        cmocka_unit_test(a_repeated_batch_is_known_and_a_gap_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
