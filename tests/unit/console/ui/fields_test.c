#include "console/ui/fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void expect_fields(const char *json, const char *expected) {
    struct view rest = view_of(json);
    struct json_field field;
    struct text out = TEXT_EMPTY;
    while (json_field_next(&rest, &field)) {
        text_append_format(&out, "%s(%s)=%s;", text_string(&field.name), field.type, text_string(&field.value));
        json_field_free(&field);
    }
    assert_string_equal(text_string(&out), expected);
    text_free(&out);
}

static void members_come_one_by_one_with_their_types(void **state) {
    (void)state;
    expect_fields("{\"a\":1,\"b\":\"x y\",\"c\":null,\"d\":true,\"e\":1.5,\"f\":1e3}",
                  "a(integer)=1;b(string)=x y;c(null)=null;d(boolean)=true;e(number)=1.5;f(number)=1e3;");
    expect_fields(" { \"a\" : -7 , \"b\" : { \"c\" : [1,2] } , \"d\" : [\"x,y\", \"}\"] } ",
                  "a(integer)=-7;b(object)={ \"c\" : [1,2] };d(array)=[\"x,y\", \"}\"];");
}

static void escapes_are_undone(void **state) {
    (void)state;
    expect_fields("{\"a\\\"b\":\"1\\n2\\\\\\u00e4\\ud83d\\ude00\"}", "a\"b(string)=1\n2\\ä😀;");
    expect_fields("{\"a\":\"\\ud83d\"}", "a(string)=\xEF\xBF\xBD;");
}

static void what_is_no_object_has_no_members_and_damage_ends_the_list(void **state) {
    static const char *const texts[] = {"",   "7",    "[1]",    "\"x\"",     "{",    "{}",
                                        "{x", "{\"a", "{\"a\"", "{\"a\" 1}", "null", ",,"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_fields(texts[i], "");
    expect_fields("{\"a\":", "a(number)=;");
    expect_fields("{\"a\":\"x", "a(string)=;");
    expect_fields("{\"a\":1 \"b\":2", "a(integer)=1 \"b\":2;");
}

static void indentation_shows_the_depth(void **state) {
    struct text out = TEXT_EMPTY;
    (void)state;
    json_indent(VIEW("{\"a\":[1,{\"b\":\"x, {y}\"}],\"c\":{},\"d\":[]}"), &out);
    assert_string_equal(
        text_string(&out),
        "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"x, {y}\"\n    }\n  ],\n  \"c\": {},\n  \"d\": []\n}\n");
    text_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_come_one_by_one_with_their_types),
        cmocka_unit_test(escapes_are_undone),
        cmocka_unit_test(what_is_no_object_has_no_members_and_damage_ends_the_list),
        cmocka_unit_test(indentation_shows_the_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
