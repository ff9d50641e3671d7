#include "console/service/sql_session.h"

#include "unit/client/fake_service.h"

static const char *property(struct sql_session *session, const char *name) {
    return properties_get(sql_session_wire(session)->properties, name);
}

static int take(struct sql_session *session, const char *statement, struct text *say, struct error *error) {
    text_clear(say);
    error_clear(error);
    return sql_session_take(session, NULL, view_of(statement), say, error);
}

static void only_the_four_statements_are_taken(void **state) {
    static const char *const others[] = {"SELECT * FROM SET;", "SETTLE;", "SHOW VARIABLES;", "", ";",
                                         "CREATE STREAM A;"};
    struct sql_session *session = sql_session_new(true);
    struct text say = TEXT_EMPTY;
    struct error error = {0};
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(take(session, others[i], &say, &error), 0);
    text_free(&say);
    sql_session_free(session);
}

static void queries_read_from_the_beginning_until_set_says_otherwise(void **state) {
    struct sql_session *session = sql_session_new(true);
    struct text say = TEXT_EMPTY;
    struct error error = {0};
    (void)state;
    assert_string_equal(property(session, "auto.offset.reset"), "earliest");
    assert_int_equal(take(session, "SET 'auto.offset.reset'='latest';", &say, &error), 1);
    assert_string_equal(property(session, "auto.offset.reset"), "latest");
    assert_string_equal(text_string(&say),
                        "Successfully changed local property 'auto.offset.reset' from 'earliest' to 'latest'.");
    assert_int_equal(take(session, "unset 'auto.offset.reset';", &say, &error), 1);
    assert_null(property(session, "auto.offset.reset"));
    assert_int_equal(take(session, "UNSET 'auto.offset.reset';", &say, &error), -1);
    assert_string_equal(error.message,
                        "Cannot unset local property 'auto.offset.reset' which was never set by the user");
    text_free(&say);
    sql_session_free(session);
}

static void variables_have_no_case_keep_their_spelling_and_go_into_later_ones(void **state) {
    struct sql_session *session = sql_session_new(false);
    struct text say = TEXT_EMPTY, out = TEXT_EMPTY;
    struct error error = {0};
    (void)state;
    assert_int_equal(take(session, "DEFINE Card = '41''11';", &say, &error), 1);
    assert_string_equal(properties_get(sql_session_wire(session)->variables, "Card"), "41'11");
    assert_int_equal(take(session, "SET 'a'='${n}';", &say, &error), 1);
    assert_string_equal(property(session, "a"), "${n}");                          /* unknown ones stay */
    assert_int_equal(take(session, "DEFINE CARD='${card}x';", &say, &error), -1); /* the value brings a quote */
    assert_int_equal(take(session, "DEFINE n='1';", &say, &error), 1);
    assert_int_equal(take(session, "DEFINE card='2${N}';", &say, &error), 1);
    assert_int_equal(properties_count(sql_session_wire(session)->variables), 2);
    sql_session_substitute(session, VIEW("${CARD} ${nobody}"), &out);
    assert_string_equal(text_string(&out), "21 ${nobody}");
    assert_int_equal(take(session, "UNDEFINE CARD;", &say, &error), 1);
    assert_int_equal(properties_count(sql_session_wire(session)->variables), 1);
    text_free(&say);
    text_free(&out);
    sql_session_free(session);
}

static void wrong_ones_say_where(void **state) {
    static const struct {
        const char *statement;
        int line, column;
    } rows[] = {
        {"SET 'a';", 1, 8},
        {"SET a='b';", 1, 5},
        {"DEFINE\n 5='b';", 2, 2},
        {"UNSET;", 1, 6},
    };
    struct sql_session *session = sql_session_new(true);
    struct text say = TEXT_EMPTY;
    struct error error = {0};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(take(session, rows[i].statement, &say, &error), -1);
        assert_int_equal(error.line, rows[i].line);
        assert_int_equal(error.column, rows[i].column);
    }
    assert_int_equal(properties_count(sql_session_wire(session)->properties), 1);
    text_free(&say);
    sql_session_free(session);
}

static void the_server_is_asked_whether_a_property_may_be_set(void **state) {
    struct fake *fake = *state;
    struct sql_session *session = sql_session_new(true);
    struct ksqldb_client *client = ksqldb_client_new(fake->profile, fake->http, &fake->error);
    struct text say = TEXT_EMPTY;
    fake_on(fake, "GET", "/is_valid_property/good", 200, "true");
    fake_on(fake, "GET", "/is_valid_property/bad", 400, "{\"error_code\":40000,\"message\":\"prohibited: [bad]\"}");
    assert_int_equal(sql_session_take(session, client, VIEW("SET 'good'='1';"), &say, &fake->error), 1);
    assert_int_equal(sql_session_take(session, client, VIEW("SET 'bad'='1';"), &say, &fake->error), -1);
    assert_string_equal(fake->error.message, "prohibited: [bad]");
    assert_null(property(session, "bad"));
    text_free(&say);
    ksqldb_client_free(client);
    sql_session_free(session);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_four_statements_are_taken),
        cmocka_unit_test(queries_read_from_the_beginning_until_set_says_otherwise),
        cmocka_unit_test(variables_have_no_case_keep_their_spelling_and_go_into_later_ones),
        cmocka_unit_test(wrong_ones_say_where),
        cmocka_unit_test_setup_teardown(the_server_is_asked_whether_a_property_may_be_set, fake_start, fake_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
