/* The registry on our broker, both stopped and started again over the same folder. */
#include "server/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/kafka.h"
#include "client/registry.h"
#include "foundation/base/file.h"
#include "foundation/base/memory.h"
#include "lab/topics.h"
#include "server/broker.h"

enum { LONG_MS = 10000 };

struct scene {
    char folder[64], log[96];
    const char *user, *password; /* of the registry; NULL = none asked for */
    struct broker *broker;
    struct registry_server *registry;
    struct http_server *http;
    struct http_client *client;
    struct profile *profile; /* of both servers */
    struct registry_client *asking;
    struct error error;
};

static struct profile *make_profile(const struct scene *scene, bool credentials) {
    char address[64];
    struct properties *properties = properties_new();
    snprintf(address, sizeof address, "127.0.0.1:%u", broker_port(scene->broker));
    properties_set(properties, "bootstrap.servers", address);
    if (scene->registry) {
        snprintf(address, sizeof address, "http://127.0.0.1:%u", registry_server_port(scene->registry));
        properties_set(properties, "schema.registry.url", address);
    }
    if (scene->user && credentials) {
        properties_set(properties, "schema.registry.username", scene->user);
        properties_set(properties, "schema.registry.password", scene->password);
    }
    struct profile *profile = profile_from_properties("scene", properties, 0, NULL);
    properties_free(properties);
    assert_non_null(profile);
    return profile;
}

static void start(struct scene *scene) {
    struct broker_options broker = {.folder = scene->log, .address = "127.0.0.1"};
    scene->broker = broker_start(&broker, &scene->error);
    if (!scene->broker)
        fail_msg("%s", scene->error.message);
    struct profile *kafka = make_profile(scene, false);
    struct registry_server_options registry = {.profile = kafka,
                                               .http = scene->http,
                                               .address = "127.0.0.1",
                                               .user = scene->user,
                                               .password = scene->password};
    scene->registry = registry_server_start(&registry, &scene->error);
    profile_release(kafka);
    if (!scene->registry)
        fail_msg("%s", scene->error.message);
    scene->profile = make_profile(scene, true);
    scene->asking = registry_client_new(scene->profile, scene->client, &scene->error);
    assert_non_null(scene->asking);
}

static void stop(struct scene *scene) {
    registry_client_free(scene->asking);
    registry_server_stop(scene->registry);
    broker_stop(scene->broker);
    profile_release(scene->profile);
    scene->registry = NULL;
}

static int set_up_with(void **state, const char *user, const char *password) {
    struct scene *scene = memory_zero(1, sizeof *scene);
    scene->user = user;
    scene->password = password;
    snprintf(scene->folder, sizeof scene->folder, "/tmp/registry-broker-XXXXXX");
    assert_non_null(mkdtemp(scene->folder));
    snprintf(scene->log, sizeof scene->log, "%s/log", scene->folder);
    scene->http = http_server_new(&scene->error);
    scene->client = http_client_new(&scene->error);
    assert_non_null(scene->client);
    start(scene);
    *state = scene;
    return 0;
}

static int set_up(void **state) {
    return set_up_with(state, NULL, NULL);
}

static int set_up_secured(void **state) {
    return set_up_with(state, "room", "right-secret");
}

static int tear_down(void **state) {
    struct scene *scene = *state;
    stop(scene);
    http_client_free(scene->client);
    http_server_free(scene->http);
    file_remove_tree(scene->folder, NULL);
    memory_free(scene);
    return 0;
}

static int32_t registered(struct scene *scene, const char *subject, const char *type, const char *schema) {
    int32_t id = 0;
    if (registry_client_register(scene->asking, subject, type, view_of(schema), &id, &scene->error) != 0)
        fail_msg("%s", scene->error.message);
    return id;
}

static void the_labs_contracts_survive_a_restart_of_broker_and_registry(void **state) {
    struct scene *scene = *state;
    struct registry_schema schema;
    int32_t transactions = registered(scene, "transactions-value", "JSON", lab_transaction_schema());
    int32_t customers = registered(scene, "cdc.public.customers-value", "AVRO", lab_customer_schema());
    int32_t alerts = registered(scene, "fraudulent_transactions-value", "AVRO", lab_alert_schema());
    assert_true(transactions != customers && customers != alerts && transactions != alerts);
    stop(scene);
    start(scene);
    assert_int_equal(registry_client_latest(scene->asking, "transactions-value", &schema, &scene->error), 0);
    assert_int_equal(schema.id, transactions);
    assert_string_equal(schema.type, "JSON");
    assert_string_equal(schema.text, lab_transaction_schema());
    registry_schema_free(&schema);
    assert_int_equal(registered(scene, "cdc.public.customers-value", "AVRO", lab_customer_schema()), customers);
    assert_int_equal(registered(scene, "another-value", "AVRO", lab_alert_schema()), alerts);
}

static void state_is_kept_in_a_compacted_topic_of_one_partition(void **state) {
    struct scene *scene = *state;
    int32_t partitions = 0;
    struct properties *config = properties_new();
    struct kafka_admin *admin = kafka_admin_new(scene->profile, &scene->error);
    assert_int_equal(kafka_admin_topic_partitions(admin, "_schemas", LONG_MS, &partitions, &scene->error), 0);
    assert_int_equal(partitions, 1);
    assert_int_equal(kafka_admin_topic_config(admin, "_schemas", LONG_MS, config, &scene->error), 0);
    assert_string_equal(properties_get_or(config, "cleanup.policy", "(none)"), "compact");
    properties_free(config);
    kafka_admin_free(admin);
}

static void without_the_right_name_and_password_nothing_is_answered(void **state) {
    struct scene *scene = *state;
    int32_t id = 0;
    struct profile *stranger = make_profile(scene, false);
    struct registry_client *client = registry_client_new(stranger, scene->client, &scene->error);
    assert_int_not_equal(
        registry_client_register(client, "x-value", "AVRO", view_of(lab_alert_schema()), &id, &scene->error), 0);
    assert_int_equal(scene->error.code, ERROR_DENIED);
    registry_client_free(client);
    profile_release(stranger);
    static const char *const wrong[][2] = {{"room", "wrong-secret"}, {"room", ""}, {"other", "right-secret"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *user = scene->user, *password = scene->password;
        scene->user = wrong[i][0];
        scene->password = wrong[i][1];
        stranger = make_profile(scene, true);
        scene->user = user;
        scene->password = password;
        client = registry_client_new(stranger, scene->client, &scene->error);
        error_clear(&scene->error);
        assert_int_not_equal(
            registry_client_register(client, "x-value", "AVRO", view_of(lab_alert_schema()), &id, &scene->error), 0);
        assert_int_equal(scene->error.code, ERROR_DENIED);
        registry_client_free(client);
        profile_release(stranger);
    }
    assert_true(registered(scene, "x-value", "AVRO", lab_alert_schema()) > 0);
}

static void a_server_that_is_gone_is_said_and_the_registry_goes_on_when_it_is_back(void **state) {
    struct scene *scene = *state;
    uint16_t port = broker_port(scene->broker);
    int32_t id = 0, before = registered(scene, "a-value", "AVRO", "\"int\"");
    broker_stop(scene->broker);
    struct registry_schema schema;
    /* Reading needs no Kafka. */
    assert_int_equal(registry_client_latest(scene->asking, "a-value", &schema, &scene->error), 0);
    registry_schema_free(&schema);
    struct broker_options broker = {.folder = scene->log, .address = "127.0.0.1", .port = port, .explicit_port = true};
    scene->broker = broker_start(&broker, &scene->error);
    assert_non_null(scene->broker);
    if (registry_client_register(scene->asking, "b-value", "AVRO", VIEW("\"long\""), &id, &scene->error) != 0)
        fail_msg("%s", scene->error.message);
    assert_int_equal(id, before + 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_labs_contracts_survive_a_restart_of_broker_and_registry, set_up, tear_down),
        cmocka_unit_test_setup_teardown(state_is_kept_in_a_compacted_topic_of_one_partition, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_the_right_name_and_password_nothing_is_answered, set_up_secured,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_server_that_is_gone_is_said_and_the_registry_goes_on_when_it_is_back, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
