#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ksql/function/function.h"

struct scene {
    struct arena arena;
    struct function_context context;
    struct error error;
};

static int scene_start(void **state) {
    struct scene *scene = calloc(1, sizeof *scene);
    scene->context.zone = "UTC";
    *state = scene;
    return 0;
}
static int scene_stop(void **state) {
    struct scene *scene = *state;
    arena_free(&scene->arena);
    free(scene);
    return 0;
}

#define S(literal) value_string(VIEW(literal))

static const struct sql_type *type_of(struct value v) {
    static const struct sql_type *const types[] = {
        [VALUE_BOOLEAN] = &sql_boolean, [VALUE_INTEGER] = &sql_integer, [VALUE_BIGINT] = &sql_bigint,
        [VALUE_DOUBLE] = &sql_double,   [VALUE_STRING] = &sql_string,   [VALUE_BYTES] = &sql_bytes};
    return v.tag <= VALUE_BYTES ? types[v.tag] : NULL;
}

static struct function_call *bound(struct scene *scene, const char *name, const struct value *arguments, size_t count) {
    const struct sql_type *types[8] = {0};
    for (size_t i = 0; i < count; i++)
        types[i] = type_of(arguments[i]);
    const struct function *function = function_find(view_of(name));
    assert_non_null(function);
    struct function_call *call = NULL;
    return function_bind(function, view_of(name), types, NULL, count, &scene->context, &scene->arena, &call,
                         &scene->error)
               ? NULL
               : call;
}

/* The result as text; "error: ..." when the row fails. */
static const char *call_text(struct scene *scene, const char *name, const struct value *arguments, size_t count) {
    struct function_call *call = bound(scene, name, arguments, count);
    if (!call)
        return arena_format(&scene->arena, "refused: %s", scene->error.message);
    struct value result;
    if (function_evaluate(call, arguments, &scene->arena, &result, &scene->error))
        return arena_format(&scene->arena, "error: %s", scene->error.message);
    struct text text = TEXT_EMPTY;
    value_print(&text, result, call->result_type);
    char *copy = arena_copy_string(&scene->arena, text_string(&text));
    text_free(&text);
    return copy;
}
#define EXPECT(text, name, ...)                                                                                        \
    do {                                                                                                               \
        struct value given[] = {__VA_ARGS__};                                                                          \
        assert_string_equal(call_text(*state, name, given, sizeof given / sizeof *given), text);                       \
    } while (0)

static void names_are_found_in_any_case_and_unknown_ones_are_not(void **state) {
    (void)state;
    assert_string_equal(function_find(VIEW("sUm"))->name, "SUM");
    assert_null(function_find(VIEW("SUMM")));
    assert_null(function_find(VIEW("")));
}

static void every_row_has_help_and_can_be_called(void **state) {
    (void)state;
    const struct function *function;
    for (size_t i = 0; (function = function_at(i)); i++) {
        assert_ptr_equal(function_find(view_of(function->name)), function);
        assert_true(strlen(function->description) > 5 && function->signature_count > 0);
        for (size_t s = 0; s < function->signature_count; s++)
            assert_true((function->kind == FUNCTION_AGGREGATE) == (function->signatures[s].aggregate != NULL) &&
                        (function->kind != FUNCTION_AGGREGATE) == (function->signatures[s].evaluate != NULL ||
                                                                   function->signatures[s].evaluate_with != NULL));
    }
}

static void wrong_arguments_are_refused_with_the_valid_alternatives(void **state) {
    EXPECT(
        "refused: Function 'lcase' does not accept parameters (INTEGER).\nValid alternatives are:\nLCASE(VARCHAR str)\n"
        "For detailed information on a function run: DESCRIBE FUNCTION <Function-Name>;",
        "lcase", value_integer(1));
    assert_memory_equal(call_text(*state, "COALESCE", NULL, 0),
                        "refused: Function 'COALESCE' does not accept parameters ()", 54);
    EXPECT("refused: Function 'IFNULL' does not accept parameters (STRING, INTEGER).\nValid alternatives are:\n"
           "IFNULL(T expression, T altValue)\nFor detailed information on a function run: DESCRIBE FUNCTION "
           "<Function-Name>;",
           "IFNULL", S("a"), value_integer(1));
}

static void texts_are_cut_joined_and_changed(void **state) {
    EXPECT("string", "SUBSTRING", S("some_string"), value_integer(6));
    EXPECT("str", "SUBSTRING", S("some_string"), value_integer(6), value_integer(3));
    EXPECT("", "SUBSTRING", S("short"), value_integer(6));
    EXPECT("so", "SUBSTRING", S("some string"), value_integer(0), value_integer(2));
    EXPECT("ort", "SUBSTRING", S("short"), value_integer(-3));
    EXPECT("short", "SUBSTRING", S("short"), value_integer(-30));
    EXPECT("äö", "SUBSTRING", S("xäöx"), value_integer(2), value_integer(2));
    EXPECT("", "SUBSTRING", S("short"), value_integer(2), value_integer(-1));
    EXPECT("null", "SUBSTRING", S("short"), value_null());
    EXPECT("prefix-s1", "CONCAT", S("prefix-"), value_null(), S("s1"));
    EXPECT("", "CONCAT", value_null(), value_null());
    EXPECT("GRÖSSE Я", "UCASE", S("grösse я"));
    EXPECT("größe", "LCASE", S("GRÖßE"));
    EXPECT("a\xff", "LCASE", S("A\xff"));
    EXPECT("a b", "TRIM", S(" \ta b\n"));
    EXPECT("3", "LEN", S("aä€"));
    EXPECT("null", "LEN", value_null());
}

static void nulls_are_replaced_by_the_next_argument(void **state) {
    EXPECT("b", "COALESCE", value_null(), S("b"), S("c"));
    EXPECT("7", "IFNULL", value_null(), value_integer(7));
    EXPECT("null", "NULLIF", value_integer(7), value_integer(7));
    EXPECT("7", "NULLIF", value_integer(7), value_null());
    EXPECT("k", "AS_VALUE", S("k"));
    EXPECT("null", "AS_VALUE", value_null());
}

static void numbers_are_rounded_as_java_does(void **state) {
    EXPECT("2", "ROUND", value_double(1.5));
    EXPECT("-1", "ROUND", value_double(-1.5));
    EXPECT("0", "ROUND", value_double(0.49999999999999994));
    EXPECT("9223372036854775807", "ROUND", value_double(1e300));
    EXPECT("-2147483648", "ABS", value_integer(INT32_MIN));
    EXPECT("3", "ABS", value_bigint(-3));
    EXPECT("2.0", "SQRT", value_integer(4)); /* widened */
}

static void timestamps_are_written_with_javas_letters(void **state) {
    struct value ms = value_bigint(1773489600123); /* 2026-03-14T12:00:00.123Z, a Saturday */
    EXPECT("2026-03-14 12:00:00.123", "TIMESTAMPTOSTRING", ms, S("yyyy-MM-dd HH:mm:ss.SSS"));
    EXPECT("13:00 +0100 Europe/Berlin", "TIMESTAMPTOSTRING", ms, S("HH:mm Z VV"), S("Europe/Berlin"));
    EXPECT("Sat Mar 14 T 12 PM Z +00:00 73", "TIMESTAMPTOSTRING", ms, S("EEE MMM d 'T' h a X xxx D"));
    EXPECT("1969-12-31 23:59:59.999 o'clock", "TIMESTAMPTOSTRING", value_bigint(-1),
           S("yyyy-MM-dd HH:mm:ss.SSS 'o''clock'"));
    EXPECT("error: TIMESTAMPTOSTRING: Pattern ends with an incomplete string literal: 'x", "TIMESTAMPTOSTRING", ms,
           S("'x"));
    EXPECT("error: TIMESTAMPTOSTRING: Pattern letter 'q' is not supported; use y M d H h m s S a E D n X x Z z V",
           "TIMESTAMPTOSTRING", ms, S("q"));
    EXPECT("error: TIMESTAMPTOSTRING: 9223372036854775807 is not between the years 1 and 9999", "TIMESTAMPTOSTRING",
           value_bigint(INT64_MAX), S("yyyy"));
    EXPECT("null", "TIMESTAMPTOSTRING", value_null(), S("yyyy"));
    assert_memory_equal(call_text(*state, "TIMESTAMPTOSTRING", (struct value[]){ms, S("HH"), S("Mars/Base")}, 3),
                        "error", 5);
}

static void sums_start_at_zero_skip_nulls_wrap_and_are_undone(void **state) {
    struct scene *scene = *state;
    struct value row[] = {value_integer(INT32_MAX)}, one[] = {value_integer(1)}, none[] = {value_null()},
                 slots[AGGREGATE_SLOTS];
    struct function_call *call = bound(scene, "SUM", row, 1);
    assert_ptr_equal(call->result_type, &sql_integer);
    aggregate_init(call, slots);
    assert_int_equal(aggregate_result(call, slots, &scene->arena).integer, 0);
    aggregate_update(call, slots, row, &scene->arena, NULL);
    aggregate_update(call, slots, none, &scene->arena, NULL);
    aggregate_update(call, slots, one, &scene->arena, NULL);
    assert_int_equal(slots[0].integer, INT32_MIN);
    assert_true(aggregate_can_undo(call));
    aggregate_undo(call, slots, one, &scene->arena, NULL);
    assert_int_equal(slots[0].integer, INT32_MAX);
}

static void count_counts_rows_or_values_and_average_divides(void **state) {
    struct scene *scene = *state;
    struct value rows[] = {value_bigint(1), value_null(), value_bigint(4)}, all[AGGREGATE_SLOTS],
                 given[AGGREGATE_SLOTS], mean[AGGREGATE_SLOTS], other[AGGREGATE_SLOTS];
    struct function_call *count_all = bound(scene, "COUNT", NULL, 0), *count = bound(scene, "COUNT", rows, 1),
                         *average = bound(scene, "AVG", rows, 1);
    aggregate_init(count_all, all);
    aggregate_init(count, given);
    aggregate_init(average, mean);
    aggregate_init(average, other);
    assert_true(aggregate_result(average, mean, &scene->arena).real == 0);
    for (size_t i = 0; i < 3; i++) {
        aggregate_update(count_all, all, &rows[i], &scene->arena, NULL);
        aggregate_update(count, given, &rows[i], &scene->arena, NULL);
        aggregate_update(average, mean, &rows[i], &scene->arena, NULL);
    }
    assert_int_equal(all[0].integer, 3);
    assert_int_equal(given[0].integer, 2);
    assert_true(aggregate_result(average, mean, &scene->arena).real == 2.5);
    aggregate_update(average, other, &rows[2], &scene->arena, NULL);
    aggregate_merge(average, mean, other, &scene->arena, NULL);
    assert_true(aggregate_result(average, mean, &scene->arena).real == 3);
}

static void latest_earliest_and_extremes_keep_one_value(void **state) {
    struct scene *scene = *state;
    static const struct {
        const char *name;
        size_t arguments;
        const char *kept;
    } rows[] = {{"LATEST_BY_OFFSET", 1, "b"},
                {"LATEST_BY_OFFSET", 2, NULL},
                {"EARLIEST_BY_OFFSET", 1, "c"},
                {"EARLIEST_BY_OFFSET", 2, NULL},
                {"MIN", 1, "a"},
                {"MAX", 1, "c"}};
    struct value values[] = {value_null(), S("c"), S("a"), S("b"), value_null()}, slots[AGGREGATE_SLOTS];
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        struct value pattern[] = {S("x"), value_boolean(false)};
        struct function_call *call = bound(scene, rows[r].name, pattern, rows[r].arguments);
        aggregate_init(call, slots);
        for (size_t i = 0; i < 5; i++)
            aggregate_update(call, slots, (struct value[]){values[i], value_boolean(false)}, &scene->arena, NULL);
        struct value result = aggregate_result(call, slots, &scene->arena);
        if (rows[r].kept)
            assert_true(view_equal(value_view(result), view_of(rows[r].kept)));
        else
            assert_true(value_is_null(result));
        assert_false(aggregate_can_undo(call));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_start, scene_stop)
        TEST(names_are_found_in_any_case_and_unknown_ones_are_not),
        TEST(every_row_has_help_and_can_be_called),
        TEST(wrong_arguments_are_refused_with_the_valid_alternatives),
        TEST(texts_are_cut_joined_and_changed),
        TEST(nulls_are_replaced_by_the_next_argument),
        TEST(numbers_are_rounded_as_java_does),
        TEST(timestamps_are_written_with_javas_letters),
        TEST(sums_start_at_zero_skip_nulls_wrap_and_are_undone),
        TEST(count_counts_rows_or_values_and_average_divides),
        TEST(latest_earliest_and_extremes_keep_one_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
