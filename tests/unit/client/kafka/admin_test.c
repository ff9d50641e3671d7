/* What the mock cluster can answer. Topics, settings and groups of a real broker: tests/servers. */
#include "mock.h"

static void the_cluster_shows_its_brokers_and_topics(void **state) {
    struct mock *mock = *state;
    struct kafka_admin *admin = kafka_admin_new(mock->profile, &mock->error);
    assert_non_null(admin);
    rd_kafka_mock_topic_create(mock->cluster, "_schemas", 1, 1);
    rd_kafka_mock_topic_create(mock->cluster, "single", 1, 1);
    rd_kafka_mock_topic_create(mock->cluster, "transactions", 3, 1);
    struct kafka_cluster cluster;
    assert_int_equal(kafka_admin_cluster(admin, 5000, &cluster, &mock->error), 0);
    assert_int_equal(cluster.broker_count, 1);
    assert_string_equal(cluster.brokers[0].host, "127.0.0.1");
    assert_true(cluster.brokers[0].port > 0);
    assert_int_equal(cluster.topic_count, 3);
    for (size_t i = 0; i < cluster.topic_count; i++) {
        const struct kafka_topic_info *topic = &cluster.topics[i];
        assert_int_equal(topic->partitions, strcmp(topic->name, "transactions") == 0 ? 3 : 1);
        assert_int_equal(topic->replicas, 1);
        assert_int_equal(topic->internal, strcmp(topic->name, "_schemas") == 0);
    }
    kafka_cluster_free(&cluster);
    kafka_admin_free(admin);
}

static void partitions_and_watermarks_of_a_topic(void **state) {
    struct mock *mock = *state;
    struct kafka_admin *admin = kafka_admin_new(mock->profile, &mock->error);
    int32_t partitions;
    assert_int_equal(kafka_admin_topic_partitions(admin, "transactions", 5000, &partitions, &mock->error), 0);
    assert_int_equal(partitions, 3);
    struct kafka_producer *producer = kafka_producer_new(mock->profile, NULL, NULL, NULL, &mock->error);
    struct kafka_record record = {.topic = "transactions", .partition = 1, .value = VIEW("v")};
    for (int i = 0; i < 7; i++)
        assert_int_equal(kafka_producer_send(producer, &record, &mock->error), 0);
    assert_int_equal(kafka_producer_flush(producer, 5000, &mock->error), 0);
    kafka_producer_free(producer);
    int64_t low, high;
    assert_int_equal(kafka_admin_watermarks(admin, "transactions", 1, 5000, &low, &high, &mock->error), 0);
    assert_int_equal(low, 0);
    assert_int_equal(high, 7);
    assert_int_equal(kafka_admin_watermarks(admin, "transactions", 2, 5000, &low, &high, &mock->error), 0);
    assert_int_equal(high, 0);
    /* The mock never finds an offset by time, which is the case "none": the end. */
    int64_t offset;
    assert_int_equal(kafka_admin_offset_at(admin, "transactions", 1, 1, 5000, &offset, &mock->error), 0);
    assert_int_equal(offset, 7);
    kafka_admin_free(admin);
}

static void a_dead_broker_is_unreachable_or_late_in_every_call(void **state) {
    struct mock *mock = *state;
    struct profile *dead = mock_dead_profile();
    struct kafka_admin *admin = kafka_admin_new(dead, &mock->error);
    assert_non_null(admin);
    struct kafka_cluster cluster;
    int32_t partitions;
    int64_t low, high;
    struct kafka_group_info *groups;
    size_t count;
    const int short_time = 60;
    int failed[] = {
        kafka_admin_cluster(admin, short_time, &cluster, &mock->error),
        kafka_admin_topic_partitions(admin, "t", short_time, &partitions, &mock->error),
        kafka_admin_watermarks(admin, "t", 0, short_time, &low, &high, &mock->error),
        kafka_admin_offset_at(admin, "t", 0, 0, short_time, &low, &mock->error),
        kafka_admin_groups(admin, short_time, &groups, &count, &mock->error),
        kafka_admin_create_topic(admin, "t", 1, -1, NULL, short_time, &mock->error),
        kafka_admin_delete_topic(admin, "t", short_time, &mock->error),
        kafka_admin_group_offset(admin, "g", "t", 0, short_time, &low, &mock->error),
        kafka_admin_delete_group(admin, "g", short_time, &mock->error),
    };
    for (size_t i = 0; i < sizeof failed / sizeof failed[0]; i++)
        assert_int_equal(failed[i], -1);
    assert_int_equal(mock->error.code, ERROR_UNREACHABLE);
    assert_non_null(strstr(mock->error.message, "Connection refused"));
    assert_true(mock->error.retriable);
    kafka_admin_free(admin);
    profile_release(dead);
}

static void a_topic_without_partitions_is_refused_without_asking(void **state) {
    struct mock *mock = *state;
    struct kafka_admin *admin = kafka_admin_new(mock->profile, &mock->error);
    assert_int_equal(kafka_admin_create_topic(admin, "t", 0, -1, NULL, 1000, &mock->error), -1);
    assert_int_equal(mock->error.code, ERROR_INVALID);
    assert_non_null(strstr(mock->error.message, "creating topic t"));
    kafka_admin_free(admin);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cluster_shows_its_brokers_and_topics),
        cmocka_unit_test(partitions_and_watermarks_of_a_topic),
        cmocka_unit_test(a_dead_broker_is_unreachable_or_late_in_every_call),
        cmocka_unit_test(a_topic_without_partitions_is_refused_without_asking),
    };
    return cmocka_run_group_tests(tests, mock_start, mock_stop);
}
