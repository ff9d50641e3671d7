#include "client/rest.h"

#include "unit/client/fake_service.h"

static struct rest *rest_on(struct fake *fake) {
    const struct rest_options options = {"ksqldb", "ksqlDB", "application/vnd.ksql.v1+json"};
    struct rest *rest = rest_new(fake->profile, fake->http, &options, &fake->error);
    assert_non_null(rest);
    return rest;
}

static int get(struct fake *fake, struct rest *rest, const char *path, struct text *answer) {
    const struct rest_call call = {.path = path, .timeout_ms = 5000};
    return rest_send(rest, &call, answer, NULL, &fake->error);
}

static void a_call_carries_address_credentials_and_media_type(void **state) {
    struct fake *fake = *state;
    fake_on(fake, "POST", "/ksql", 200, "[]");
    struct rest *rest = rest_on(fake);
    struct text answer = TEXT_EMPTY;
    int64_t latency = 0;
    const struct rest_call call = {.method = "POST", .path = "/ksql", .body = VIEW("{}")};
    assert_int_equal(rest_send(rest, &call, &answer, &latency, &fake->error), 0);
    assert_string_equal(text_string(&answer), "[]");
    assert_true(latency > 0);
    fake_expect(fake, "POST", "/ksql", "{}");
    assert_string_equal(text_string(&fake->content_type), "application/vnd.ksql.v1+json");
    assert_string_equal(text_string(&fake->accept), "application/vnd.ksql.v1+json");
    text_free(&answer);
    rest_free(rest);
}

static void each_status_becomes_its_own_code_with_the_servers_words(void **state) {
    struct fake *fake = *state;
    static const struct {
        int status;
        enum error_code code;
        bool retriable;
    } rows[] = {
        {400, ERROR_INVALID, false},     {403, ERROR_DENIED, false},     {404, ERROR_NOT_FOUND, false},
        {405, ERROR_UNSUPPORTED, false}, {409, ERROR_CONFLICT, false},   {422, ERROR_INVALID, false},
        {429, ERROR_BUSY, true},         {500, ERROR_INTERNAL, true},    {502, ERROR_UNREACHABLE, true},
        {503, ERROR_UNREACHABLE, true},  {504, ERROR_UNREACHABLE, true},
    };
    struct rest *rest = rest_on(fake);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fake_forget(fake);
        fake_on(fake, "GET", "/x", rows[i].status, "{\"error_code\":1,\"message\":\"the reason\"}");
        error_clear(&fake->error);
        assert_int_equal(get(fake, rest, "/x", NULL), -1);
        assert_int_equal(fake->error.code, rows[i].code);
        assert_int_equal(fake->error.retriable, rows[i].retriable);
        assert_non_null(strstr(fake->error.message, "the reason"));
    }
    rest_free(rest);
}

static void refused_credentials_name_the_settings_to_check_and_not_their_values(void **state) {
    struct fake *fake = *state;
    fake_on(fake, "GET", "/x", 401, "{\"error_code\":40100,\"message\":\"Unauthorized\"}");
    struct rest *rest = rest_on(fake);
    assert_int_equal(get(fake, rest, "/x", NULL), -1);
    assert_int_equal(fake->error.code, ERROR_DENIED);
    assert_non_null(strstr(fake->error.message, "Unauthorized"));
    assert_non_null(strstr(fake->error.message, "ksqldb.username"));
    assert_null(strstr(fake->error.message, "s3cret"));
    rest_free(rest);
}

static void a_refusal_that_is_not_json_is_shown_without_harming_the_terminal(void **state) {
    struct fake *fake = *state;
    struct rest *rest = rest_on(fake);
    fake_on(fake, "GET", "/page", 500, "\x1b[2J<html>broken");
    assert_int_equal(get(fake, rest, "/page", NULL), -1);
    assert_int_equal(fake->error.code, ERROR_INTERNAL);
    assert_null(strchr(fake->error.message, '\x1b'));
    assert_non_null(strstr(fake->error.message, "<html>broken"));
    fake_on(fake, "GET", "/empty", 500, "");
    assert_int_equal(get(fake, rest, "/empty", NULL), -1);
    assert_non_null(strstr(fake->error.message, "status 500"));
    rest_free(rest);
}

static void a_server_that_never_answers_ends_in_a_time_out(void **state) {
    struct fake *fake = *state;
    fake_on(fake, "GET", "/slow", 200, "");
    fake->replies[0].never = true;
    struct rest *rest = rest_on(fake);
    const struct rest_call call = {.path = "/slow", .timeout_ms = 100};
    assert_int_equal(rest_send(rest, &call, NULL, NULL, &fake->error), -1);
    assert_int_equal(fake->error.code, ERROR_TIMEOUT);
    assert_non_null(strstr(fake->error.message, "ksqlDB"));
    rest_free(rest);
}

static void a_server_that_is_gone_is_unreachable_by_name(void **state) {
    struct fake *fake = *state;
    struct profile *nobody = fake_profile(1);
    const struct rest_options options = {"connect", "Connect", "application/json"};
    struct rest *rest = rest_new(nobody, fake->http, &options, &fake->error);
    assert_int_equal(get(fake, rest, "/", NULL), -1);
    assert_int_equal(fake->error.code, ERROR_UNREACHABLE);
    assert_non_null(strstr(fake->error.message, "Connect"));
    assert_non_null(strstr(fake->error.message, "127.0.0.1"));
    rest_free(rest);
    profile_release(nobody);
}

static void a_profile_without_the_address_says_which_setting_is_missing(void **state) {
    struct fake *fake = *state;
    struct properties *none = properties_new();
    struct profile *profile = profile_from_properties("empty", none, 0, NULL);
    const struct rest_options options = {"connect", "Connect", "application/json"};
    assert_null(rest_new(profile, fake->http, &options, &fake->error));
    assert_int_equal(fake->error.code, ERROR_INVALID);
    assert_non_null(strstr(fake->error.message, "connect.url"));
    profile_release(profile);
    properties_free(none);
}

static void a_path_segment_is_encoded_byte_by_byte(void **state) {
    (void)state;
    struct text path = TEXT_EMPTY;
    rest_append_segment(&path, "cdc.public-customers_~");
    rest_append_segment(&path, "a/b c%ü?");
    assert_string_equal(text_string(&path), "cdc.public-customers_~a%2Fb%20c%25%C3%BC%3F");
    text_free(&path);
    rest_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_start, fake_stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_call_carries_address_credentials_and_media_type),
        TEST(each_status_becomes_its_own_code_with_the_servers_words),
        TEST(refused_credentials_name_the_settings_to_check_and_not_their_values),
        TEST(a_refusal_that_is_not_json_is_shown_without_harming_the_terminal),
        TEST(a_server_that_never_answers_ends_in_a_time_out),
        TEST(a_server_that_is_gone_is_unreachable_by_name),
        TEST(a_profile_without_the_address_says_which_setting_is_missing),
        cmocka_unit_test(a_path_segment_is_encoded_byte_by_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
