#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "app/sql/sheet.h"

struct page {
    char *text;
    size_t size;
    struct sheet_options options;
};

static void page_open(struct page *page, enum sql_format format, int columns) {
    page->text = NULL;
    page->options = (struct sheet_options){.format = format, .columns = columns};
    page->options.out = open_memstream(&page->text, &page->size);
}

static void page_is(struct page *page, const char *expected) {
    fclose(page->options.out);
    assert_string_equal(page->text, expected);
    free(page->text);
}

static void items_are_cut_at_commas_outside_of_strings_and_brackets(void **state) {
    (void)state;
    struct view rest = VIEW(" 1, \"a,\\\"]\" ,[2,{\"x\":[3]}],null , 12345678901234567890.10] "), item;
    static const char *const expected[] = {"1", "\"a,\\\"]\"", "[2,{\"x\":[3]}]", "null", "12345678901234567890.10"};
    for (size_t i = 0; i < 5; i++) {
        assert_true(json_next(&rest, &item));
        assert_true(view_equal(item, view_of(expected[i])));
    }
    assert_false(json_next(&rest, &item));
}

static void broken_json_ends_instead_of_running_away(void **state) {
    static const char *const rows[] = {"", "[", "[\"", "[\"a\\", "[1", "[[[", "]", "[,", "no array", "[{\"a\""};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int format = SQL_TABLE; format <= SQL_CSV; format++) {
            struct page page;
            page_open(&page, (enum sql_format)format, 0);
            struct sheet *sheet = sheet_new(&page.options, (const char *const[]){"A", "B"}, NULL, 2);
            sheet_row(sheet, view_of(rows[i]));
            sheet_free(sheet);
            fclose(page.options.out);
            free(page.text);
        }
    }
}

static void text_that_could_steer_the_terminal_is_shown_as_what_it_is(void **state) {
    (void)state;
    struct page page;
    page_open(&page, SQL_TABLE, 0);
    struct sheet *sheet = sheet_new(&page.options, (const char *const[]){"A\x1b"}, NULL, 1);
    sheet_row(sheet, VIEW("[\"\\u001b[2J\\n\"]"));
    sheet_free(sheet);
    page_is(&page, " A<1B>\n-------------\n <1B>[2J<0A>\n");
}

static void a_row_that_comes_after_the_flush_widens_its_columns(void **state) {
    (void)state;
    struct page page;
    page_open(&page, SQL_TABLE, 0);
    struct sheet *sheet = sheet_new(&page.options, (const char *const[]){"A", "B"}, (const bool[]){true, false}, 2);
    sheet_row(sheet, VIEW("[1,\"x\"]"));
    sheet_flush(sheet);
    sheet_row(sheet, VIEW("[1000,\"x\"]"));
    sheet_row(sheet, VIEW("[2,\"x\"]"));
    sheet_free(sheet);
    page_is(&page, " A | B\n-------\n 1 | x\n 1000 | x\n    2 | x\n");
}

static void a_table_wider_than_the_terminal_is_one_field_a_line(void **state) {
    (void)state;
    struct page page;
    page_open(&page, SQL_TABLE, 20);
    struct sheet *sheet = sheet_new(&page.options, (const char *const[]){"CARD", "N"}, (const bool[]){false, true}, 2);
    sheet_row(sheet, VIEW("[\"5031 9467 5978 2983\",1]"));
    sheet_row(sheet, VIEW("[null,2]"));
    sheet_free(sheet);
    page_is(&page, "--- row 1 ---\n CARD : 5031 9467 5978 2983\n N    : 1\n--- row 2 ---\n CARD : NULL\n N    : 2\n");
}

static void a_row_with_too_few_items_is_filled_with_null(void **state) {
    (void)state;
    struct page page;
    page_open(&page, SQL_JSON, 0);
    struct sheet *sheet = sheet_new(&page.options, (const char *const[]){"A", "B\""}, NULL, 2);
    sheet_row(sheet, VIEW("[1]"));
    sheet_row(sheet, VIEW("[1,2,3]"));
    sheet_free(sheet);
    page_is(&page, "{\"A\":1,\"B\\\"\":null}\n{\"A\":1,\"B\\\"\":2}\n");
}

static void csv_quotes_what_needs_it_and_keeps_null_apart_from_empty(void **state) {
    (void)state;
    struct page page;
    page_open(&page, SQL_CSV, 0);
    struct sheet *sheet = sheet_new(&page.options, (const char *const[]){"A,1", "B"}, NULL, 2);
    sheet_row(sheet, VIEW("[\"a\\nb\",null]"));
    sheet_row(sheet, VIEW("[\"\",{\"x\":\"y\"}]"));
    sheet_free(sheet);
    page_is(&page, "\"A,1\",B\r\n\"a\nb\",\r\n\"\",\"{\"\"x\"\":\"\"y\"\"}\"\r\n");
}

static void a_result_without_rows_still_has_its_head(void **state) {
    (void)state;
    struct page page;
    page_open(&page, SQL_TABLE, 80);
    sheet_free(sheet_new(&page.options, (const char *const[]){"A"}, NULL, 1));
    page_is(&page, " A\n---\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_cut_at_commas_outside_of_strings_and_brackets),
        cmocka_unit_test(broken_json_ends_instead_of_running_away),
        cmocka_unit_test(text_that_could_steer_the_terminal_is_shown_as_what_it_is),
        cmocka_unit_test(a_row_that_comes_after_the_flush_widens_its_columns),
        cmocka_unit_test(a_table_wider_than_the_terminal_is_one_field_a_line),
        cmocka_unit_test(a_row_with_too_few_items_is_filled_with_null),
        cmocka_unit_test(csv_quotes_what_needs_it_and_keeps_null_apart_from_empty),
        cmocka_unit_test(a_result_without_rows_still_has_its_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
