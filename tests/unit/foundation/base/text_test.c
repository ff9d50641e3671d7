#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "foundation/base/text.h"

static void a_json_string_is_utf8_whatever_the_bytes_are(void **state) {
    (void)state;
    static const struct {
        struct view bytes;
        const char *json;
    } rows[] = {
        {VIEW("plain and long enough for words"), "\"plain and long enough for words\""},
        {VIEW("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"), "\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\""},
        {VIEW("\xff"), "\"\xef\xbf\xbd\""},
        {VIEW("cut \xe2\x82"), "\"cut \xef\xbf\xbd\xef\xbf\xbd\""},
        {VIEW("half a pair \xed\xa0\x80"), "\"half a pair \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {VIEW("\"\\\n\x01\xc0\x80"), "\"\\\"\\\\\\n\\u0001\xef\xbf\xbd\xef\xbf\xbd\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text text = TEXT_EMPTY;
        text_append_json(&text, rows[i].bytes);
        assert_string_equal(text_string(&text), rows[i].json);
        text_free(&text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_json_string_is_utf8_whatever_the_bytes_are)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
