#include "client/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "foundation/base/file.h"
#include "foundation/base/memory.h"

static const char *const variables[] = {
    "CONFLUENT_CLOUD_API_KEY",    "CONFLUENT_CLOUD_API_SECRET",    "KAFKA_API_KEY",
    "KAFKA_API_SECRET",           "SCHEMA_REGISTRY_REST_ENDPOINT", "SCHEMA_REGISTRY_API_KEY",
    "SCHEMA_REGISTRY_API_SECRET",
};

/* A folder of its own as XDG_CONFIG_HOME, and a clean environment. */
struct scene {
    char folder[64];
    struct error error;
};

static int set_up(void **state) {
    struct scene *scene = memory_zero(1, sizeof *scene);
    snprintf(scene->folder, sizeof scene->folder, "/tmp/profile-test-XXXXXX");
    assert_non_null(mkdtemp(scene->folder));
    setenv("XDG_CONFIG_HOME", scene->folder, 1);
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        unsetenv(variables[i]);
    *state = scene;
    return 0;
}

static int tear_down(void **state) {
    struct scene *scene = *state;
    file_remove_tree(scene->folder, NULL);
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        unsetenv(variables[i]);
    memory_free(scene);
    return 0;
}

/* Writes into the profile "lab" below the configuration folder. */
static void put(struct scene *scene, const char *file, const char *content) {
    char path[256];
    snprintf(path, sizeof path, "%s/fraudscope/profiles/lab", scene->folder);
    assert_int_equal(file_make_folders(path, 0700, NULL), 0);
    snprintf(path, sizeof path, "%s/fraudscope/profiles/lab/%s", scene->folder, file);
    assert_int_equal(file_write_atomic(path, view_of(content), 0600, NULL), 0);
}

static struct profile *load(struct scene *scene) {
    return profile_load("lab", &scene->error);
}

static bool any_warning_has(const struct profile *profile, const char *words) {
    for (size_t i = 0; i < profile_warning_count(profile); i++) {
        if (strstr(profile_warning(profile, i), words))
            return true;
    }
    return false;
}

static void a_name_is_looked_up_and_gives_addresses_and_capabilities(void **state) {
    struct scene *scene = *state;
    put(scene, "client.properties", "# cloud\n\nbootstrap.servers=localhost:9092\nsession.timeout.ms=45000\n");
    put(scene, "schema.properties",
        "\nschema.registry.url=http://localhost:8081/\nksqldb.url = http://localhost:8088\ndatabase.hostname=db\n");
    struct profile *profile = load(scene);
    assert_non_null(profile);
    assert_string_equal(profile_name(profile), "lab");
    assert_int_equal(profile_capabilities(profile),
                     PROFILE_KAFKA | PROFILE_REGISTRY | PROFILE_KSQLDB | PROFILE_DATABASE);
    assert_string_equal(profile_get(profile, "bootstrap.servers"), "localhost:9092");
    assert_string_equal(profile_get(profile, "schema.registry.url"), "http://localhost:8081");
    assert_string_equal(profile_get(profile, "ksqldb.url"), "http://localhost:8088");
    assert_null(profile_get(profile, "connect.url"));
    assert_int_equal(profile_warning_count(profile), 0);
    const struct properties *kafka = profile_kafka(profile);
    assert_int_equal(properties_count(kafka), 2);
    const char *name, *value;
    properties_at(kafka, 1, &name, &value);
    assert_string_equal(name, "session.timeout.ms");
    assert_string_equal(value, "45000");
    profile_release(profile);
}

static void a_folder_serves_as_well_as_a_name(void **state) {
    struct scene *scene = *state;
    put(scene, "client.properties", "bootstrap.servers=a:1\n");
    char path[128];
    snprintf(path, sizeof path, "%s/fraudscope/profiles/lab/", scene->folder);
    struct profile *profile = profile_load(path, &scene->error);
    assert_non_null(profile);
    assert_string_equal(profile_name(profile), "lab");
    assert_int_equal(profile_capabilities(profile), PROFILE_KAFKA);
    profile_release(profile);
}

static void a_missing_profile_says_where_it_was_looked_for(void **state) {
    struct scene *scene = *state;
    assert_null(profile_load("nowhere", &scene->error));
    assert_int_equal(scene->error.code, ERROR_NOT_FOUND);
    assert_non_null(strstr(scene->error.message, "fraudscope/profiles/nowhere"));
    assert_null(profile_load("/no/such/folder", &scene->error));
    assert_int_equal(scene->error.code, ERROR_NOT_FOUND);
    assert_null(profile_load("", &scene->error));
    assert_int_equal(scene->error.code, ERROR_INVALID);
    put(scene, "other.txt", "");
    assert_null(load(scene));
    assert_int_equal(scene->error.code, ERROR_NOT_FOUND);
    assert_non_null(strstr(scene->error.message, "client.properties"));
}

static void a_wrong_address_is_refused_with_file_and_line(void **state) {
    struct scene *scene = *state;
    put(scene, "schema.properties", "# one\n\nschema.registry.url=localhost:8081\n");
    assert_null(load(scene));
    assert_int_equal(scene->error.code, ERROR_INVALID);
    assert_non_null(strstr(scene->error.message, "schema.properties:3: "));
    assert_non_null(strstr(scene->error.message, "http://"));
    put(scene, "schema.properties", "connect.url=https:///\n");
    assert_null(load(scene));
    assert_non_null(strstr(scene->error.message, "schema.properties:1: connect.url names no host"));
    put(scene, "schema.properties", "database.hostname=db\ndatabase.port=99999\n");
    assert_null(load(scene));
    assert_non_null(strstr(scene->error.message, "schema.properties:2: "));
    put(scene, "schema.properties", "basic.auth.user.info=onlyuser-secret\n");
    assert_null(load(scene));
    assert_non_null(strstr(scene->error.message, "schema.properties:1: basic.auth.user.info must be USER:PASSWORD"));
    assert_null(strstr(scene->error.message, "onlyuser-secret"));
}

static void a_line_that_is_no_property_is_refused_with_file_and_line(void **state) {
    struct scene *scene = *state;
    put(scene, "client.properties", "bootstrap.servers=a:1\n\n=nothing\n");
    struct profile *profile = load(scene);
    assert_null(profile);
    assert_int_equal(scene->error.code, ERROR_INVALID);
    assert_non_null(strstr(scene->error.message, "client.properties"));
    assert_non_null(strstr(scene->error.message, "3"));
}

static void unknown_names_are_warned_of_once_and_skipped(void **state) {
    struct scene *scene = *state;
    put(scene, "client.properties",
        "bootstrap.servers=a:1\nclient.dns.lookup=use_all_dns_ips\n"
        "basic.auth.credentials.source=USER_INFO\nkey.serializer=x\n");
    struct profile *profile = load(scene);
    assert_int_equal(profile_warning_count(profile), 3);
    assert_non_null(strstr(profile_warning(profile, 0), "client.properties:2: client.dns.lookup"));
    assert_null(profile_warning(profile, 3));
    assert_int_equal(properties_count(profile_kafka(profile)), 1);
    profile_release(profile);
}

static void a_java_jaas_line_becomes_user_and_password(void **state) {
    struct scene *scene = *state;
    put(scene, "client.properties",
        "bootstrap.servers=a:1\nsecurity.protocol=SASL_SSL\n"
        "sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username='KEY' "
        "password=\"s\\\\\"ec ret\";\n");
    struct profile *profile = load(scene);
    assert_non_null(profile);
    assert_int_equal(profile_warning_count(profile), 0);
    assert_string_equal(profile_get(profile, "sasl.username"), "KEY");
    assert_string_equal(profile_get(profile, "sasl.password"), "s\"ec ret");
    assert_string_equal(profile_get(profile, "sasl.mechanism"), "PLAIN");
    assert_null(profile_get(profile, "sasl.jaas.config"));
    profile_release(profile);
}

static void librdkafkas_own_names_win_over_jaas(void **state) {
    struct scene *scene = *state;
    put(scene, "client.properties",
        "sasl.username=mine\nsasl.mechanisms=SCRAM-SHA-256\nsecurity.protocol=SASL_SSL\n"
        "sasl.jaas.config=x.PlainLoginModule required username=theirs password=p;\nbootstrap.servers=a:1\n");
    struct profile *profile = load(scene);
    assert_string_equal(profile_get(profile, "sasl.username"), "mine");
    assert_string_equal(profile_get(profile, "sasl.password"), "p");
    assert_string_equal(profile_get(profile, "sasl.mechanism"), "SCRAM-SHA-256");
    profile_release(profile);
}

static void jaas_that_cannot_be_translated_is_a_warning_without_its_secret(void **state) {
    struct scene *scene = *state;
    static const char *const lines[] = {
        "com.sun.security.auth.module.Krb5LoginModule required keyTab=hunter2;",
        "x.PlainLoginModule username=u password=hunter2;",
        "x.PlainLoginModule required username=u;",
        "x.PlainLoginModule required password=hunter2;",
        "x.PlainLoginModule required username=u password='hunter2",
        "x.PlainLoginModule required username u hunter2;",
        "",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char content[256];
        snprintf(content, sizeof content, "bootstrap.servers=a:1\nsasl.jaas.config=%s\n", lines[i]);
        put(scene, "client.properties", content);
        struct profile *profile = load(scene);
        assert_non_null(profile);
        assert_true(any_warning_has(profile, "client.properties:2: sasl.jaas.config is skipped"));
        assert_false(any_warning_has(profile, "hunter2"));
        assert_null(profile_get(profile, "sasl.password"));
        profile_release(profile);
    }
}

static void the_environment_fills_only_what_files_leave_open(void **state) {
    struct scene *scene = *state;
    put(scene, "client.properties", "bootstrap.servers=a:1\nsasl.username=file-key\nsecurity.protocol=SASL_SSL\n");
    put(scene, "schema.properties", "schema.registry.url=http://file\nbasic.auth.user.info=file-user:file:secret\n");
    setenv("KAFKA_API_KEY", "env-key", 1);
    setenv("KAFKA_API_SECRET", "env-secret", 1);
    setenv("SCHEMA_REGISTRY_REST_ENDPOINT", "http://env", 1);
    setenv("SCHEMA_REGISTRY_API_KEY", "env-user", 1);
    setenv("CONFLUENT_CLOUD_API_KEY", "cloud-key", 1);
    setenv("CONFLUENT_CLOUD_API_SECRET", "cloud-secret", 1);
    struct profile *profile = load(scene);
    assert_string_equal(profile_get(profile, "sasl.username"), "file-key");
    assert_string_equal(profile_get(profile, "sasl.password"), "env-secret");
    assert_string_equal(profile_get(profile, "schema.registry.url"), "http://file");
    assert_string_equal(profile_get(profile, "schema.registry.username"), "file-user");
    assert_string_equal(profile_get(profile, "schema.registry.password"), "file:secret");
    assert_string_equal(profile_get(profile, "cloud.api.key"), "cloud-key");
    assert_true(profile_capabilities(profile) & PROFILE_CLOUD);
    profile_release(profile);
}

static void an_environment_address_without_scheme_is_a_warning(void **state) {
    struct scene *scene = *state;
    put(scene, "client.properties", "bootstrap.servers=a:1\n");
    setenv("SCHEMA_REGISTRY_REST_ENDPOINT", "psrc-1.example.com", 1);
    struct profile *profile = load(scene);
    assert_false(profile_capabilities(profile) & PROFILE_REGISTRY);
    assert_true(any_warning_has(profile, "SCHEMA_REGISTRY_REST_ENDPOINT"));
    profile_release(profile);
}

static void credentials_in_an_address_are_taken_out_of_it(void **state) {
    struct scene *scene = *state;
    put(scene, "schema.properties",
        "ksqldb.url=https://user:pa:ss@ksql.example.com:443/\nschema.registry.url=http://a:1,http://b:2\n");
    struct profile *profile = load(scene);
    assert_string_equal(profile_get(profile, "ksqldb.url"), "https://ksql.example.com:443");
    assert_string_equal(profile_get(profile, "ksqldb.username"), "user");
    assert_string_equal(profile_get(profile, "ksqldb.password"), "pa:ss");
    assert_string_equal(profile_get(profile, "schema.registry.url"), "http://a:1");
    assert_true(any_warning_has(profile, "only the first is used"));
    profile_release(profile);
}

static void printing_masks_secrets_and_says_how_long_they_are(void **state) {
    struct scene *scene = *state;
    put(scene, "client.properties",
        "bootstrap.servers=a:1\nsasl.username=key\nsasl.password=hunter2\n"
        "security.protocol=SASL_SSL\nssl.key.pem=hunter2\n");
    put(scene, "schema.properties",
        "schema.registry.password=hunter2\ncloud.api.secret=hunter2hunter2\n"
        "database.password=hunter2\nksqldb.url=http://u:hunter2@host\n");
    struct profile *profile = load(scene);
    struct text out = TEXT_EMPTY;
    profile_print(profile, &out);
    assert_null(strstr(text_string(&out), "hunter2"));
    assert_non_null(strstr(text_string(&out), "bootstrap.servers=a:1\n"));
    assert_non_null(strstr(text_string(&out), "sasl.username=key\n"));
    assert_non_null(strstr(text_string(&out), "sasl.password=••••••••, set, 7 characters\n"));
    assert_non_null(strstr(text_string(&out), "cloud.api.secret=••••••••, set, 14 characters\n"));
    text_free(&out);
    profile_release(profile);
}

static void what_is_written_can_be_read_by_its_owner_only_and_loads_the_same(void **state) {
    struct scene *scene = *state;
    put(scene, "client.properties", "bootstrap.servers=a:1\nsasl.password=p\\\\q #!=:\nsecurity.protocol=SASL_SSL\n");
    put(scene, "schema.properties", "schema.registry.url=http://r\nschema.registry.password=x y\n");
    struct profile *profile = load(scene);
    char folder[128], path[160];
    snprintf(folder, sizeof folder, "%s/fraudscope/profiles/copy", scene->folder);
    assert_int_equal(profile_write(profile, folder, &scene->error), 0);
    static const char *const files[] = {"client.properties", "schema.properties"};
    for (size_t i = 0; i < 2; i++) {
        struct stat status;
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
    }
    struct profile *copy = profile_load("copy", &scene->error);
    assert_non_null(copy);
    static const char *const names[] = {"bootstrap.servers", "sasl.password", "schema.registry.url",
                                        "schema.registry.password"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_string_equal(profile_get(copy, names[i]), profile_get(profile, names[i]));
    profile_release(copy);
    profile_release(profile);
}

static void writing_where_nobody_may_write_is_an_error_with_the_path(void **state) {
    struct scene *scene = *state;
    put(scene, "client.properties", "bootstrap.servers=a:1\n");
    struct profile *profile = load(scene);
    assert_int_equal(profile_write(profile, "/dev/null/folder", &scene->error), -1);
    assert_non_null(strstr(scene->error.message, "/dev/null"));
    profile_release(profile);
}

static void properties_of_started_servers_make_a_profile_without_the_environment(void **state) {
    struct scene *scene = *state;
    setenv("KAFKA_API_KEY", "env-key", 1);
    struct properties *properties = properties_new();
    properties_set(properties, "bootstrap.servers", "127.0.0.1:9092");
    properties_set(properties, "connect.url", "http://127.0.0.1:8083");
    struct profile *profile = profile_from_properties("embedded", properties, PROFILE_SERVES, &scene->error);
    properties_free(properties);
    assert_int_equal(profile_capabilities(profile), PROFILE_KAFKA | PROFILE_CONNECT | PROFILE_SERVES);
    assert_null(profile_get(profile, "sasl.username"));
    struct profile *second = profile_reference(profile);
    profile_release(profile);
    assert_string_equal(profile_get(second, "connect.url"), "http://127.0.0.1:8083");
    profile_release(second);
    profile_release(NULL);
}

static void a_user_without_sasl_is_warned_of(void **state) {
    struct scene *scene = *state;
    put(scene, "client.properties", "bootstrap.servers=a:1\nsasl.username=u\nsasl.password=p\n");
    struct profile *profile = load(scene);
    assert_true(any_warning_has(profile, "security.protocol=SASL_SSL"));
    profile_release(profile);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_name_is_looked_up_and_gives_addresses_and_capabilities),
        TEST(a_folder_serves_as_well_as_a_name),
        TEST(a_missing_profile_says_where_it_was_looked_for),
        TEST(a_wrong_address_is_refused_with_file_and_line),
        TEST(a_line_that_is_no_property_is_refused_with_file_and_line),
        TEST(unknown_names_are_warned_of_once_and_skipped),
        TEST(a_java_jaas_line_becomes_user_and_password),
        TEST(librdkafkas_own_names_win_over_jaas),
        TEST(jaas_that_cannot_be_translated_is_a_warning_without_its_secret),
        TEST(the_environment_fills_only_what_files_leave_open),
        TEST(an_environment_address_without_scheme_is_a_warning),
        TEST(credentials_in_an_address_are_taken_out_of_it),
        TEST(printing_masks_secrets_and_says_how_long_they_are),
        TEST(what_is_written_can_be_read_by_its_owner_only_and_loads_the_same),
        TEST(writing_where_nobody_may_write_is_an_error_with_the_path),
        TEST(properties_of_started_servers_make_a_profile_without_the_environment),
        TEST(a_user_without_sasl_is_warned_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
