/* A line of the log is read in a terminal: what strangers say in it is shown, not obeyed. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "foundation/base/log.h"
#include "foundation/base/memory.h"

static const char *logged(const char *words, char *line, size_t size) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    log_open_descriptor(ends[1]);
    log_warn("test", "%s", words);
    log_open_descriptor(-1);
    close(ends[1]);
    ssize_t got = read(ends[0], line, size - 1);
    close(ends[0]);
    assert_true(got > 0);
    line[got] = '\0';
    assert_ptr_equal(strchr(line, '\n'), line + got - 1); /* one line, whatever was in it */
    return line;
}

static void control_bytes_and_what_is_no_text_are_named(void **state) {
    (void)state;
    char line[4096];
    assert_non_null(strstr(logged("topic \x1b[31mred\x1b[0m", line, sizeof line), "topic <1B>[31mred<1B>[0m"));
    assert_non_null(strstr(logged("two\nlines\r\x7f", line, sizeof line), "two lines <7F>"));
    assert_non_null(strstr(logged("\xff\xfe", line, sizeof line), "<FF><FE>"));
    assert_non_null(strstr(logged("\xe2\x80\xae"
                                  "abc",
                                  line, sizeof line),
                           "<U+202E>abc"));
    assert_non_null(strstr(logged("\xc2\x9b"
                                  "31m",
                                  line, sizeof line),
                           "31m"));
    assert_null(strstr(line, "\xc2\x9b"));
}

static void text_is_left_as_it_is(void **state) {
    (void)state;
    char line[4096];
    assert_non_null(strstr(logged("Grüße, 世界", line, sizeof line), "warn  test: Grüße, 世界\n"));
}

static void a_long_line_is_cut_and_stays_one_line(void **state) {
    (void)state;
    char line[16384], *words = memory_zero(1, 5001);
    memset(words, 0x1b, 5000);
    logged(words, line, sizeof line);
    assert_in_range(strlen(line), 1000, 10000);
    memory_free(words);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control_bytes_and_what_is_no_text_are_named),
        cmocka_unit_test(text_is_left_as_it_is),
        cmocka_unit_test(a_long_line_is_cut_and_stays_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
