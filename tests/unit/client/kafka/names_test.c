/* The names that a profile passes on are those that librdkafka takes. Here, since only this room may know librdkafka.
 */
#include "client/profile/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <librdkafka/rdkafka.h>
#include <string.h>

static void every_name_passed_on_is_known_to_librdkafka(void **state) {
    (void)state;
    rd_kafka_conf_t *config = rd_kafka_conf_new();
    for (size_t i = 0; profile_names_kafka_at(i); i++) {
        const char *name = profile_names_kafka_at(i);
        char reason[256];
        if (rd_kafka_conf_set(config, name, "", reason, sizeof reason) == RD_KAFKA_CONF_UNKNOWN)
            fail_msg("%s is not known", name);
    }
    rd_kafka_conf_destroy(config);
}

static void the_table_is_sorted_so_that_each_name_is_found(void **state) {
    (void)state;
    size_t count = 0;
    for (; profile_names_kafka_at(count); count++) {
        if (count)
            assert_true(strcmp(profile_names_kafka_at(count - 1), profile_names_kafka_at(count)) < 0);
        assert_true(profile_names_kafka(profile_names_kafka_at(count)));
    }
    assert_true(count > 100);
}

static void callbacks_and_what_the_clients_decide_cannot_be_set(void **state) {
    (void)state;
    static const char *const names[] = {
        "log_cb",    "opaque",      "delivery.report.only.error", "enable.partition.eof",
        "log.queue", "partitioner", "schema.registry.url",        "client.dns.lookup"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_false(profile_names_kafka(names[i]));
    assert_true(profile_names_setting("schema.registry.url"));
    assert_true(profile_names_setting("database.sslmode"));
    assert_false(profile_names_setting("bootstrap.servers"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_passed_on_is_known_to_librdkafka),
        cmocka_unit_test(the_table_is_sorted_so_that_each_name_is_found),
        cmocka_unit_test(callbacks_and_what_the_clients_decide_cannot_be_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
