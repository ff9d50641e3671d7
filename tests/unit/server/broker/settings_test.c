/* Settings of topics: what is honoured is read, what is not is refused by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/broker/settings.h"

static void refused(const char *name, const char *value, const char *why) {
    struct properties *config = properties_new();
    struct error error = {0};
    assert_int_equal(topic_setting_put(config, view_of(name), view_of(value), &error), -1);
    assert_int_equal(error.code, ERROR_INVALID);
    if (!strstr(error.message, why) || !strstr(error.message, name))
        fail_msg("'%s' is not in: %s", why, error.message);
    assert_int_equal(properties_count(config), 0);
    properties_free(config);
}

static void what_is_not_known_or_not_honoured_is_refused_by_name(void **state) {
    (void)state;
    refused("retention.hours", "1", "Unknown topic config name: retention.hours");
    refused("compression.type", "zstd", "this broker knows producer");
    refused("flush.ms", "1000", "this broker knows 9223372036854775807");
    refused("min.insync.replicas", "2", "this broker knows 1");
    refused("message.timestamp.type", "logappendtime", "this broker knows CreateTime LogAppendTime");
    refused("cleanup.policy", "compact,shred", "String must be one of: delete compact");
    refused("cleanup.policy", "", "");
    refused("retention.ms", "a week", "Not a number of type LONG");
    refused("segment.bytes", "1.5", "Not a number of type INT");
    refused("retention.ms", "-2", "Value must be at least -1");
    refused("segment.bytes", "13", "Value must be at least 14");
    refused("segment.bytes", "2147483648", "Value must be no more than");
    refused("segment.ms", "0", "Value must be at least 1");
    refused("min.cleanable.dirty.ratio", "1.01", "Value must be no more than 1");
    refused("min.compaction.lag.ms", "-1", "Value must be at least 0");
}

static void what_is_honoured_is_read(void **state) {
    (void)state;
    static const char *const given[][2] = {{"cleanup.policy", " compact , delete "},
                                           {"message.timestamp.type", "LogAppendTime"},
                                           {"max.message.bytes", "1"},
                                           {"retention.bytes", "2"},
                                           {"retention.ms", "3"},
                                           {"segment.bytes", "14"},
                                           {"segment.ms", "5"},
                                           {"delete.retention.ms", "6"},
                                           {"min.compaction.lag.ms", "7"},
                                           {"max.compaction.lag.ms", "8"},
                                           {"message.timestamp.after.max.ms", "9"},
                                           {"min.cleanable.dirty.ratio", "0.25"},
                                           {"flush.ms", "9223372036854775807"}};
    struct properties *config = properties_new();
    struct topic_policy policy;
    topic_policy_read(&policy, config);
    assert_true(policy.deletes && !policy.compacts && !policy.append_time);
    assert_int_equal(policy.retention_ms, -1); /* nothing goes unless it is asked for */
    assert_int_equal(policy.retention_bytes, -1);
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        assert_int_equal(topic_setting_put(config, view_of(given[i][0]), view_of(given[i][1]), NULL), 0);
    assert_string_equal(properties_get(config, "cleanup.policy"), "compact,delete");
    topic_policy_read(&policy, config);
    assert_true(policy.deletes && policy.compacts && policy.append_time);
    const int64_t read[] = {policy.message_most,
                            policy.retention_bytes,
                            policy.retention_ms,
                            policy.segment_bytes,
                            policy.segment_ms,
                            policy.delete_retention_ms,
                            policy.compaction_lag_least_ms,
                            policy.compaction_lag_most_ms,
                            policy.time_ahead_most_ms};
    const int64_t expected[] = {1, 2, 3, 14, 5, 6, 7, 8, 9};
    for (size_t i = 0; i < sizeof read / sizeof *read; i++)
        assert_int_equal(read[i], expected[i]);
    assert_true(policy.dirty_ratio > 0.249 && policy.dirty_ratio < 0.251);
    properties_free(config);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_known_or_not_honoured_is_refused_by_name),
        cmocka_unit_test(what_is_honoured_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
