/* The Kafka client against our broker, each with nothing but the protocol between them. */
#include "client/kafka.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "foundation/base/clock.h"
#include "foundation/base/file.h"
#include "foundation/base/memory.h"
#include "server/broker.h"

enum { MOST = 100, LONG_MS = 10000 };

/* One broker on a free port over a folder of its own, and a client of each kind that asks. */
struct scene {
    char folder[64], log[96];
    struct broker *broker;
    struct profile *profile;
    struct kafka_admin *admin;
    struct error error;
    const char *user, *password; /* of the broker; NULL = none asked for */
    uint16_t port;
    bool strict;
};

static void start_broker(struct scene *scene) {
    struct broker_options options = {.folder = scene->log,
                                     .address = "127.0.0.1",
                                     .port = scene->port,
                                     .explicit_port = scene->port != 0,
                                     .strict_replication = scene->strict,
                                     .user = scene->user,
                                     .password = scene->password};
    scene->broker = broker_start(&options, &scene->error);
    if (!scene->broker)
        fail_msg("%s", scene->error.message);
    scene->port = broker_port(scene->broker);
}

static struct profile *profile_with(const struct scene *scene, const char *user, const char *password) {
    char bootstrap[64];
    struct properties *properties = properties_new();
    snprintf(bootstrap, sizeof bootstrap, "127.0.0.1:%u", scene->port);
    properties_set(properties, "bootstrap.servers", bootstrap);
    if (user) {
        properties_set(properties, "security.protocol", "SASL_PLAINTEXT");
        properties_set(properties, "sasl.mechanism", "PLAIN");
        properties_set(properties, "sasl.username", user);
        properties_set(properties, "sasl.password", password);
    }
    struct profile *profile = profile_from_properties("scene", properties, 0, NULL);
    properties_free(properties);
    return profile;
}

static int set_up_with(void **state, const char *user, const char *password) {
    struct scene *scene = memory_zero(1, sizeof *scene);
    scene->user = user;
    scene->password = password;
    snprintf(scene->folder, sizeof scene->folder, "/tmp/client-kafka-XXXXXX");
    assert_non_null(mkdtemp(scene->folder));
    snprintf(scene->log, sizeof scene->log, "%s/log", scene->folder);
    start_broker(scene);
    scene->profile = profile_with(scene, user, password);
    scene->admin = kafka_admin_new(scene->profile, &scene->error);
    assert_non_null(scene->admin);
    *state = scene;
    return 0;
}

static int set_up(void **state) {
    return set_up_with(state, NULL, NULL);
}

static int set_up_secured(void **state) {
    return set_up_with(state, "workshop", "right-secret");
}

static int tear_down(void **state) {
    struct scene *scene = *state;
    kafka_admin_free(scene->admin);
    profile_release(scene->profile);
    broker_stop(scene->broker);
    file_remove_tree(scene->folder, NULL);
    memory_free(scene);
    return 0;
}

/* Reports what failed in the client's own words. */
#define OK(scene, call)                                                                                                \
    do {                                                                                                               \
        if (call)                                                                                                      \
            fail_msg("%s: %s", #call, (scene)->error.message);                                                         \
    } while (0)

static void make_topic(struct scene *scene, const char *name, int32_t partitions) {
    OK(scene, kafka_admin_create_topic(scene->admin, name, partitions, -1, NULL, LONG_MS, &scene->error));
}

static void count_delivery(void *context, const struct kafka_delivery *delivery) {
    size_t *delivered = context;
    if (!delivery->error)
        (*delivered)++;
}

/* Records "FIRST", "FIRST+1", ... with timestamps of one second each, from 1000 s on. */
static void produce(struct scene *scene, const char *topic, int32_t partition, int first, int count) {
    size_t delivered = 0;
    struct kafka_producer *producer =
        kafka_producer_new(scene->profile, NULL, count_delivery, &delivered, &scene->error);
    assert_non_null(producer);
    for (int i = first; i < first + count; i++) {
        char text[16];
        struct view value = {text, (size_t)snprintf(text, sizeof text, "%d", i)};
        struct kafka_record record = {
            .topic = topic, .partition = partition, .value = value, .timestamp = 1000000 + 1000LL * i};
        OK(scene, kafka_producer_send(producer, &record, &scene->error));
    }
    OK(scene, kafka_producer_flush(producer, LONG_MS, &scene->error));
    assert_int_equal(delivered, count);
    kafka_producer_free(producer);
}

struct heard {
    size_t assignments, partitions, troubles;
};

static void hear_assigned(void *context, size_t partitions) {
    struct heard *heard = context;
    heard->assignments++;
    heard->partitions = partitions;
}

static void hear_trouble(void *context, const struct error *error) {
    (void)error;
    ((struct heard *)context)->troubles++;
}

static struct kafka_consumer *consumer_of(struct scene *scene, const char *group, struct heard *heard) {
    struct properties *overrides = properties_new();
    properties_set(overrides, "heartbeat.interval.ms", "200"); /* how soon a member hears of another */
    struct kafka_consumer_options options = {.group = group,
                                             .offset_reset = "earliest",
                                             .overrides = overrides,
                                             .assigned = hear_assigned,
                                             .trouble = hear_trouble,
                                             .context = heard};
    struct kafka_consumer *consumer = kafka_consumer_new(scene->profile, &options, &scene->error);
    properties_free(overrides);
    assert_non_null(consumer);
    return consumer;
}

static void subscribe(struct scene *scene, struct kafka_consumer *consumer, const char *topic) {
    OK(scene, kafka_consumer_subscribe(consumer, &topic, 1, &scene->error));
}

/* Receives into messages until `wanted` came or ten seconds passed; the values of the last batch are lent. */
static int receive(struct scene *scene, struct kafka_consumer *consumer, struct kafka_message *messages, int wanted) {
    int64_t deadline = clock_monotonic_ms() + LONG_MS;
    int count = 0;
    while (count < wanted && clock_monotonic_ms() < deadline) {
        int got = kafka_consumer_receive(consumer, messages, MOST, 100, &scene->error);
        assert_true(got >= 0);
        count += got;
    }
    return count;
}

static void a_topic_is_there_when_create_returns_and_gone_when_delete_returns(void **state) {
    struct scene *scene = *state;
    make_topic(scene, "transactions", 3);
    int32_t partitions;
    OK(scene, kafka_admin_topic_partitions(scene->admin, "transactions", LONG_MS, &partitions, &scene->error));
    assert_int_equal(partitions, 3);
    struct kafka_cluster cluster;
    OK(scene, kafka_admin_cluster(scene->admin, LONG_MS, &cluster, &scene->error));
    assert_string_equal(cluster.cluster_id, broker_cluster_id(scene->broker));
    assert_int_equal(cluster.broker_count, 1);
    assert_int_equal(cluster.controller, cluster.brokers[0].id);
    assert_int_equal(cluster.brokers[0].port, scene->port);
    assert_int_equal(cluster.topic_count, 1);
    assert_string_equal(cluster.topics[0].name, "transactions");
    assert_int_equal(cluster.topics[0].replicas, 1);
    assert_false(cluster.topics[0].internal);
    kafka_cluster_free(&cluster);

    OK(scene, kafka_admin_delete_topic(scene->admin, "transactions", LONG_MS, &scene->error));
    assert_int_equal(kafka_admin_topic_partitions(scene->admin, "transactions", LONG_MS, &partitions, &scene->error),
                     -1);
    assert_int_equal(scene->error.code, ERROR_NOT_FOUND);
    assert_int_equal(kafka_admin_delete_topic(scene->admin, "transactions", LONG_MS, &scene->error), -1);
    assert_int_equal(scene->error.code, ERROR_NOT_FOUND);
    make_topic(scene, "transactions", 1); /* and may be made again */
}

static void a_topic_that_exists_and_a_name_that_cannot_be_are_told_apart(void **state) {
    struct scene *scene = *state;
    make_topic(scene, "customers", 1);
    assert_int_equal(kafka_admin_create_topic(scene->admin, "customers", 1, -1, NULL, LONG_MS, &scene->error), -1);
    assert_int_equal(scene->error.code, ERROR_EXISTS);
    assert_non_null(strstr(scene->error.message, "customers"));
    assert_int_equal(kafka_admin_create_topic(scene->admin, "a/b", 1, -1, NULL, LONG_MS, &scene->error), -1);
    assert_int_equal(scene->error.code, ERROR_INVALID);
}

static void three_replicas_may_be_asked_for_and_one_is_made_unless_the_broker_is_strict(void **state) {
    struct scene *scene = *state;
    OK(scene, kafka_admin_create_topic(scene->admin, "three", 1, 3, NULL, LONG_MS, &scene->error));
    struct kafka_cluster cluster;
    OK(scene, kafka_admin_cluster(scene->admin, LONG_MS, &cluster, &scene->error));
    assert_int_equal(cluster.topics[0].replicas, 1);
    kafka_cluster_free(&cluster);
    broker_stop(scene->broker);
    scene->strict = true;
    start_broker(scene);
    assert_int_equal(kafka_admin_create_topic(scene->admin, "strict", 1, 3, NULL, LONG_MS, &scene->error), -1);
    assert_int_equal(scene->error.code, ERROR_INVALID);
    OK(scene, kafka_admin_create_topic(scene->admin, "strict", 1, 1, NULL, LONG_MS, &scene->error));
}

static void asking_for_a_topic_does_not_create_it(void **state) {
    struct scene *scene = *state;
    int32_t partitions;
    int64_t low, high;
    assert_int_equal(kafka_admin_topic_partitions(scene->admin, "nope", LONG_MS, &partitions, &scene->error), -1);
    assert_int_equal(scene->error.code, ERROR_NOT_FOUND);
    assert_int_equal(kafka_admin_watermarks(scene->admin, "nope", 0, LONG_MS, &low, &high, &scene->error), -1);
    struct kafka_cluster cluster;
    OK(scene, kafka_admin_cluster(scene->admin, LONG_MS, &cluster, &scene->error));
    assert_int_equal(cluster.topic_count, 0);
    kafka_cluster_free(&cluster);
}

static void changing_one_setting_keeps_the_others(void **state) {
    struct scene *scene = *state;
    struct properties *configs = properties_new();
    properties_set(configs, "cleanup.policy", "compact");
    properties_set(configs, "retention.ms", "604800000");
    OK(scene, kafka_admin_create_topic(scene->admin, "t", 1, -1, configs, LONG_MS, &scene->error));
    properties_free(configs);

    configs = properties_new();
    properties_set(configs, "retention.ms", "1000");
    OK(scene, kafka_admin_set_topic_config(scene->admin, "t", configs, LONG_MS, &scene->error));
    properties_free(configs);

    configs = properties_new();
    OK(scene, kafka_admin_topic_config(scene->admin, "t", LONG_MS, configs, &scene->error));
    assert_string_equal(properties_get(configs, "retention.ms"), "1000");
    assert_string_equal(properties_get(configs, "cleanup.policy"), "compact");
    properties_free(configs);

    configs = properties_new();
    assert_int_equal(kafka_admin_topic_config(scene->admin, "nope", LONG_MS, configs, &scene->error), -1);
    assert_int_equal(scene->error.code, ERROR_NOT_FOUND);
    properties_free(configs);
}

static void the_first_record_to_a_new_topic_is_acknowledged_at_once(void **state) {
    struct scene *scene = *state;
    size_t delivered = 0;
    struct kafka_producer *producer =
        kafka_producer_new(scene->profile, NULL, count_delivery, &delivered, &scene->error);
    int64_t quickest = INT64_MAX;
    for (int i = 0; i < 5; i++) {
        char topic[16];
        snprintf(topic, sizeof topic, "new-%d", i);
        make_topic(scene, topic, 1);
        int64_t before = clock_monotonic_ms();
        struct kafka_record record = {.topic = topic, .partition = -1, .key = VIEW("k"), .value = VIEW("v")};
        OK(scene, kafka_producer_send(producer, &record, &scene->error));
        OK(scene, kafka_producer_flush(producer, LONG_MS, &scene->error));
        int64_t took = clock_monotonic_ms() - before;
        quickest = took < quickest ? took : quickest;
    }
    assert_true(quickest < 900); /* librdkafka's own pause is a whole second, each time */
    assert_int_equal(delivered, 5);
    kafka_producer_free(producer);
}

static void a_record_to_a_topic_that_is_not_there_is_refused_by_name(void **state) {
    struct scene *scene = *state;
    struct kafka_producer *producer = kafka_producer_new(scene->profile, NULL, NULL, NULL, &scene->error);
    struct kafka_record record = {.topic = "nope", .partition = -1, .value = VIEW("v")};
    assert_int_equal(kafka_producer_send(producer, &record, &scene->error), -1);
    assert_int_equal(scene->error.code, ERROR_NOT_FOUND);
    assert_non_null(strstr(scene->error.message, "nope"));
    make_topic(scene, "nope", 1);
    OK(scene, kafka_producer_send(producer, &record, &scene->error));
    OK(scene, kafka_producer_flush(producer, LONG_MS, &scene->error));
    kafka_producer_free(producer);
}

static void offsets_are_found_by_time(void **state) {
    struct scene *scene = *state;
    make_topic(scene, "t", 2);
    produce(scene, "t", 1, 0, 10); /* at 1000 s, 1001 s, ... 1009 s */
    int64_t low, high, offset;
    OK(scene, kafka_admin_watermarks(scene->admin, "t", 1, LONG_MS, &low, &high, &scene->error));
    assert_int_equal(low, 0);
    assert_int_equal(high, 10);
    static const struct {
        int64_t time, offset;
    } rows[] = {{0, 0}, {1000000, 0}, {1000001, 1}, {1004000, 4}, {1008001, 9}, {1009001, 10}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        OK(scene, kafka_admin_offset_at(scene->admin, "t", 1, rows[i].time, LONG_MS, &offset, &scene->error));
        assert_int_equal(offset, rows[i].offset);
    }
    OK(scene, kafka_admin_offset_at(scene->admin, "t", 0, 5, LONG_MS, &offset, &scene->error));
    assert_int_equal(offset, 0);
}

static void a_waiting_consumer_gets_a_new_record_without_delay(void **state) {
    struct scene *scene = *state;
    make_topic(scene, "t", 1);
    produce(scene, "t", 0, 0, 1);
    struct kafka_consumer *consumer = consumer_of(scene, NULL, &(struct heard){0});
    struct kafka_partition partition = {"t", 0, KAFKA_EARLIEST};
    OK(scene, kafka_consumer_assign(consumer, &partition, 1, &scene->error));
    struct kafka_message messages[MOST];
    assert_int_equal(receive(scene, consumer, messages, 1), 1);
    struct kafka_producer *producer = kafka_producer_new(scene->profile, NULL, NULL, NULL, &scene->error);
    int64_t quickest = INT64_MAX;
    for (int i = 0; i < 5; i++) {
        struct kafka_record record = {.topic = "t", .partition = 0, .value = VIEW("v")};
        OK(scene, kafka_producer_send(producer, &record, &scene->error));
        OK(scene, kafka_producer_flush(producer, LONG_MS, &scene->error));
        int64_t before = clock_monotonic_ms();
        assert_int_equal(kafka_consumer_receive(consumer, messages, MOST, LONG_MS, &scene->error), 1);
        int64_t took = clock_monotonic_ms() - before;
        quickest = took < quickest ? took : quickest;
    }
    assert_true(quickest < 400); /* a broker that does not wake up takes 500, each time */
    kafka_producer_free(producer);
    kafka_consumer_free(consumer);
}

static void a_group_is_listed_commits_goes_on_and_can_be_deleted(void **state) {
    struct scene *scene = *state;
    make_topic(scene, "t", 1);
    produce(scene, "t", 0, 0, 5);
    struct heard heard = {0};
    struct kafka_message messages[MOST];
    struct kafka_consumer *consumer = consumer_of(scene, "FraudDetectorApplication", &heard);
    subscribe(scene, consumer, "t");
    assert_int_equal(receive(scene, consumer, messages, 5), 5);
    assert_int_equal(heard.assignments, 1);
    assert_int_equal(heard.partitions, 1);
    int64_t offset;
    OK(scene,
       kafka_admin_group_offset(scene->admin, "FraudDetectorApplication", "t", 0, LONG_MS, &offset, &scene->error));
    assert_int_equal(offset, -1);
    struct kafka_partition next = {"t", 0, 3};
    OK(scene, kafka_consumer_commit(consumer, &next, 1, &scene->error));
    OK(scene,
       kafka_admin_group_offset(scene->admin, "FraudDetectorApplication", "t", 0, LONG_MS, &offset, &scene->error));
    assert_int_equal(offset, 3);

    struct kafka_group_info *groups;
    size_t count;
    OK(scene, kafka_admin_groups(scene->admin, LONG_MS, &groups, &count, &scene->error));
    assert_int_equal(count, 1);
    assert_string_equal(groups[0].name, "FraudDetectorApplication");
    assert_string_equal(groups[0].state, "Stable");
    assert_int_equal(groups[0].members, 1);
    kafka_groups_free(groups, count);
    assert_int_equal(kafka_admin_delete_group(scene->admin, "FraudDetectorApplication", LONG_MS, &scene->error), -1);
    assert_int_equal(scene->error.code, ERROR_CONFLICT);
    kafka_consumer_free(consumer);

    consumer = consumer_of(scene, "FraudDetectorApplication", &heard);
    subscribe(scene, consumer, "t");
    assert_int_equal(receive(scene, consumer, messages, 2), 2);
    assert_int_equal(messages[0].offset, 3);
    assert_int_equal(heard.troubles, 0);
    kafka_consumer_free(consumer);

    OK(scene, kafka_admin_delete_group(scene->admin, "FraudDetectorApplication", LONG_MS, &scene->error));
    OK(scene, kafka_admin_groups(scene->admin, LONG_MS, &groups, &count, &scene->error));
    assert_int_equal(count, 0);
    kafka_groups_free(groups, count);
}

static void a_reader_without_a_group_leaves_no_group_behind(void **state) {
    struct scene *scene = *state;
    make_topic(scene, "t", 1);
    produce(scene, "t", 0, 0, 1);
    struct kafka_consumer *consumer = consumer_of(scene, NULL, &(struct heard){0});
    struct kafka_partition partition = {"t", 0, KAFKA_EARLIEST};
    OK(scene, kafka_consumer_assign(consumer, &partition, 1, &scene->error));
    struct kafka_message messages[MOST];
    assert_int_equal(receive(scene, consumer, messages, 1), 1);
    struct kafka_group_info *groups;
    size_t count;
    OK(scene, kafka_admin_groups(scene->admin, LONG_MS, &groups, &count, &scene->error));
    assert_int_equal(count, 0);
    kafka_groups_free(groups, count);
    kafka_consumer_free(consumer);
}

static void two_members_share_the_partitions_and_one_takes_over(void **state) {
    struct scene *scene = *state;
    make_topic(scene, "t", 4);
    struct heard first = {0}, second = {0};
    struct kafka_message messages[MOST];
    struct kafka_consumer *a = consumer_of(scene, "g", &first), *b = consumer_of(scene, "g", &second);
    subscribe(scene, a, "t");
    subscribe(scene, b, "t");
    int64_t deadline = clock_monotonic_ms() + 3 * LONG_MS;
    while (!(first.partitions == 2 && second.partitions == 2) && clock_monotonic_ms() < deadline) {
        assert_true(kafka_consumer_receive(a, messages, MOST, 20, &scene->error) >= 0);
        assert_true(kafka_consumer_receive(b, messages, MOST, 20, &scene->error) >= 0);
    }
    assert_int_equal(first.partitions, 2);
    assert_int_equal(second.partitions, 2);
    kafka_consumer_free(b);
    while (first.partitions != 4 && clock_monotonic_ms() < deadline)
        assert_true(kafka_consumer_receive(a, messages, MOST, 20, &scene->error) >= 0);
    assert_int_equal(first.partitions, 4);
    kafka_consumer_free(a);
}

static void a_restarted_broker_is_trouble_that_passes_and_nothing_is_lost_or_doubled(void **state) {
    struct scene *scene = *state;
    make_topic(scene, "t", 1);
    size_t delivered = 0;
    struct heard heard = {0};
    struct kafka_producer *producer =
        kafka_producer_new(scene->profile, NULL, count_delivery, &delivered, &scene->error);
    struct kafka_consumer *consumer = consumer_of(scene, NULL, &heard);
    struct kafka_partition partition = {"t", 0, KAFKA_EARLIEST};
    OK(scene, kafka_consumer_assign(consumer, &partition, 1, &scene->error));
    struct kafka_message messages[MOST];
    struct kafka_record record = {.topic = "t", .partition = 0, .value = VIEW("v")};
    OK(scene, kafka_producer_send(producer, &record, &scene->error));
    OK(scene, kafka_producer_flush(producer, LONG_MS, &scene->error));
    assert_int_equal(receive(scene, consumer, messages, 1), 1);

    broker_stop(scene->broker);
    scene->broker = NULL;
    int64_t deadline = clock_monotonic_ms() + LONG_MS;
    while (!heard.troubles && clock_monotonic_ms() < deadline)
        assert_int_equal(kafka_consumer_receive(consumer, messages, MOST, 50, &scene->error), 0);
    assert_true(heard.troubles > 0);
    for (int i = 0; i < 10; i++)
        OK(scene, kafka_producer_send(producer, &record, &scene->error));
    assert_int_equal(kafka_producer_waiting(producer), 10);

    start_broker(scene);
    OK(scene, kafka_producer_flush(producer, LONG_MS, &scene->error));
    assert_int_equal(delivered, 11);
    assert_int_equal(receive(scene, consumer, messages, 10), 10);
    int64_t low, high;
    OK(scene, kafka_admin_watermarks(scene->admin, "t", 0, LONG_MS, &low, &high, &scene->error));
    assert_int_equal(high, 11);
    kafka_consumer_free(consumer);
    kafka_producer_free(producer);
}

static void the_right_password_opens_and_a_wrong_one_is_denied_with_what_to_check(void **state) {
    struct scene *scene = *state;
    make_topic(scene, "t", 1);
    produce(scene, "t", 0, 0, 1);
    struct profile *wrong = profile_with(scene, "workshop", "wrong-secret");
    struct kafka_admin *admin = kafka_admin_new(wrong, &scene->error);
    struct kafka_cluster cluster;
    assert_int_equal(kafka_admin_cluster(admin, 1000, &cluster, &scene->error), -1);
    assert_int_equal(scene->error.code, ERROR_DENIED);
    assert_non_null(strstr(scene->error.message, "user name or password"));
    assert_null(strstr(scene->error.message, "wrong-secret"));
    kafka_admin_free(admin);
    profile_release(wrong);
}

/* librdkafka up to 2.6.0 by itself would never return from that. */
static void a_consumer_whose_topic_was_deleted_ends_at_once(void **state) {
    struct scene *scene = *state;
    for (int round = 0; round < 6; round++) {
        bool grouped = round % 2, heard_of_it = round / 2 % 3 > 0, made_again = round / 2 % 3 == 2;
        struct heard heard = {0};
        struct kafka_message messages[MOST];
        make_topic(scene, "t", 2);
        produce(scene, "t", 0, 0, 5);
        struct kafka_consumer *consumer = consumer_of(scene, grouped ? "g" : NULL, &heard);
        const struct kafka_partition partitions[] = {{"t", 0, KAFKA_EARLIEST}, {"t", 1, KAFKA_EARLIEST}};
        if (grouped)
            subscribe(scene, consumer, "t");
        else
            OK(scene, kafka_consumer_assign(consumer, partitions, 2, &scene->error));
        assert_int_equal(receive(scene, consumer, messages, 5), 5);
        OK(scene, kafka_admin_delete_topic(scene->admin, "t", LONG_MS, &scene->error));
        if (made_again)
            make_topic(scene, "t", 1);
        for (int i = 0; heard_of_it && i < 5; i++)
            kafka_consumer_receive(consumer, messages, MOST, 100, NULL);
        int64_t began = clock_monotonic_ms();
        kafka_consumer_free(consumer);
        assert_true(clock_monotonic_ms() - began < LONG_MS);
        kafka_admin_delete_topic(scene->admin, "t", LONG_MS, NULL);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_topic_is_there_when_create_returns_and_gone_when_delete_returns),
        TEST(a_topic_that_exists_and_a_name_that_cannot_be_are_told_apart),
        TEST(three_replicas_may_be_asked_for_and_one_is_made_unless_the_broker_is_strict),
        TEST(asking_for_a_topic_does_not_create_it),
        TEST(changing_one_setting_keeps_the_others),
        TEST(the_first_record_to_a_new_topic_is_acknowledged_at_once),
        TEST(a_record_to_a_topic_that_is_not_there_is_refused_by_name),
        TEST(offsets_are_found_by_time),
        TEST(a_waiting_consumer_gets_a_new_record_without_delay),
        TEST(a_group_is_listed_commits_goes_on_and_can_be_deleted),
        TEST(a_reader_without_a_group_leaves_no_group_behind),
        TEST(a_consumer_whose_topic_was_deleted_ends_at_once),
        TEST(two_members_share_the_partitions_and_one_takes_over),
        TEST(a_restarted_broker_is_trouble_that_passes_and_nothing_is_lost_or_doubled),
        cmocka_unit_test_setup_teardown(the_right_password_opens_and_a_wrong_one_is_denied_with_what_to_check,
                                        set_up_secured, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
