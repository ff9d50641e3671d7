#include "client/kafka/partition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <librdkafka/rdkafka.h>

#include "client/kafka.h"
#include "foundation/base/random.h"

static void murmur2_gives_what_kafkas_java_client_gives(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int32_t hash;
    } known[] = {
        {"21", -973932308},
        {"foobar", -790332482},
        {"a-little-bit-long-string", -985981536},
        {"a-little-bit-longer-string", -1486304829},
        {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
        {"abc", 479470107},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        assert_int_equal((int32_t)kafka_murmur2(view_of(known[i].text)), known[i].hash);
}

static void a_partition_is_the_hash_without_its_sign_modulo_the_count(void **state) {
    (void)state;
    assert_int_equal(kafka_partition_for(VIEW("21"), 7), (-973932308 & 0x7fffffff) % 7);
    assert_int_equal(kafka_partition_for(VIEW("abc"), 6), 479470107 % 6);
    assert_int_equal(kafka_partition_for(VIEW("abc"), 1), 0);
}

static void an_empty_key_and_an_unknown_count_do_no_harm(void **state) {
    (void)state;
    assert_in_range(kafka_partition_for(VIEW(""), 5), 0, 4);
    assert_int_equal(kafka_partition_for(VIEW("abc"), 0), 0);
}

static void any_bytes_go_where_librdkafkas_partitioner_puts_them(void **state) {
    (void)state;
    struct random random;
    random_seed(&random, 7);
    for (int i = 0; i < 20000; i++) {
        char key[40];
        struct view view = {key, (size_t)random_between(&random, 0, sizeof key)};
        for (size_t j = 0; j < view.size; j++)
            key[j] = (char)random_between(&random, -128, 127);
        int32_t count = (int32_t)random_between(&random, 1, 500);
        assert_int_equal(kafka_partition_for(view, count),
                         rd_kafka_msg_partitioner_murmur2(NULL, view.data, view.size, count, NULL, NULL));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(murmur2_gives_what_kafkas_java_client_gives),
        cmocka_unit_test(a_partition_is_the_hash_without_its_sign_modulo_the_count),
        cmocka_unit_test(an_empty_key_and_an_unknown_count_do_no_harm),
        cmocka_unit_test(any_bytes_go_where_librdkafkas_partitioner_puts_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
