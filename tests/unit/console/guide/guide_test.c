#include "console/guide/guide.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "console/guide/defaults.h"
#include "console/model/event.h"
#include "foundation/base/memory.h"

static int load(struct guide *guide, const char *text, struct error *error) {
    return guide_load(guide, view_of(text), "s.step", "kafka registry serves", error);
}

static void see_topic(struct model *model, const char *name, int partitions) {
    struct event_cluster *cluster = event_new(&event_cluster_kind);
    cluster->cluster_id = memory_copy_string("c");
    cluster->brokers = 1;
    cluster->topic_count = name ? 1 : 0;
    cluster->topics = memory_zero(1, sizeof *cluster->topics);
    if (name)
        cluster->topics[0] = (struct event_topic){memory_copy_string(name), partitions, 1, false};
    model_apply(model, &cluster->message, 1000);
    message_free(&cluster->message);
}

static const char two_steps[] =
    "[step 1] First, 3\n[explain]\nSome words.\n[run]\n:one\n:two\n[check] topic a 1\n[notes]\nsay it\n";

static void the_shipped_steps_load_in_order_with_commands_and_checks(void **state) {
    struct guide *guide = guide_new();
    (void)state;
    for (size_t i = guide_defaults_count; i-- > 0;) {
        struct error error = {0};
        if (guide_load(guide, (struct view){guide_defaults[i].text, guide_defaults[i].size}, guide_defaults[i].name,
                       "kafka registry ksqldb connect serves", &error) != 0)
            fail_msg("%s", error.message);
    }
    assert_int_equal(guide->count, 11);
    for (int i = 0; i < 11; i++) {
        assert_int_equal(guide->steps[i].number, i + 1);
        assert_true(guide->steps[i].command_count > 0);
        assert_true(guide->steps[i].explanation[0]);
        for (size_t j = 0; j < guide->steps[i].check_count; j++)
            assert_null(strstr(guide->steps[i].checks[j].label, "%s"));
    }
    assert_int_equal(guide->steps[7].command_count, 6);
    assert_non_null(strstr(guide->steps[7].commands[5], "CREATE TABLE FEATURE_SET"));
    guide_free(guide);
}

static void a_wrong_step_file_is_told_with_file_and_line(void **state) {
    static const struct {
        const char *text, *said;
    } rows[] = {
        {"", "s.step: no `[step N]"},
        {"[step x] T, 3\n", "s.step:1: a step begins"},
        {"[step 0] T, 3\n", "s.step:1: a step begins"},
        {"[step 1] T\n", "s.step:1: the planned minutes"},
        {"[step 1] T, many\n", "s.step:1: the planned minutes"},
        {"[step 1] T, 3\n[what]\n", "s.step:2: unknown section"},
        {"[step 1] T, 3\n[check] nonsense\n", "s.step:2: no check is named 'nonsense'"},
        {"[step 1] T, 3\nloose words\n", "s.step:2: text outside"},
        {"[step 1] T, 3\n[run]\n:sql {statement:NOPE}\n", "s.step:3: the lab has no statement 'NOPE'"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct guide *guide = guide_new();
        struct error error = {0};
        assert_int_equal(load(guide, rows[i].text, &error), -1);
        if (!strstr(error.message, rows[i].said))
            fail_msg("%s: %s", rows[i].text, error.message);
        assert_int_equal(guide->count, 0);
        guide_free(guide);
    }
}

static void the_first_run_section_whose_capability_is_there_is_taken(void **state) {
    struct guide *guide = guide_new();
    (void)state;
    assert_int_equal(load(guide, "[step 1] T, 1\n[run cloud]\n:cloud\n[run serves]\n:here\n[run]\n:any\n", NULL), 0);
    assert_int_equal(guide->steps[0].command_count, 1);
    assert_string_equal(guide->steps[0].commands[0], ":here");
    assert_int_equal(load(guide, "[step 1] T again, 1\n[run cloud]\n:cloud\n[run]\n:any\n", NULL), 0);
    assert_int_equal(guide->count, 1); /* the same number replaces */
    assert_string_equal(guide->steps[0].commands[0], ":any");
    guide_free(guide);
}

static void the_first_enter_shows_and_the_second_runs(void **state) {
    struct guide *guide = guide_new();
    (void)state;
    load(guide, two_steps, NULL);
    assert_null(guide_enter(guide));
    assert_true(guide->steps[0].staged);
    guide_drop(guide);
    assert_false(guide->steps[0].staged);
    assert_null(guide_enter(guide));
    assert_string_equal(guide_enter(guide), ":one");
    assert_null(guide_enter(guide));
    assert_string_equal(guide_enter(guide), ":two");
    assert_null(guide_enter(guide)); /* a step that ran may run again */
    assert_string_equal(guide_enter(guide), ":one");
    guide_move_part(guide, -1);
    guide_move_part(guide, -1);
    assert_int_equal(guide->steps[0].part, 0);
    guide_move_part(guide, 1);
    guide_move_part(guide, 1);
    assert_int_equal(guide->steps[0].part, 1);
    guide_free(guide);
}

static void done_is_what_the_system_shows_and_the_step_reopens_when_it_goes(void **state) {
    struct guide *guide = guide_new();
    struct model *model = model_new();
    (void)state;
    load(guide, two_steps, NULL);
    guide_update(guide, model, 1);
    assert_int_equal(guide->steps[0].state, STEP_OPEN);
    assert_string_equal(guide->steps[0].checks[0].label, "topic a exists");
    see_topic(model, "a", 1);
    assert_true(guide_update(guide, model, 5));
    assert_int_equal(guide->steps[0].state, STEP_DONE);
    assert_int_equal(guide->steps[0].done_ms, 5);
    assert_false(guide_update(guide, model, 6));
    see_topic(model, "a", 3);
    guide_update(guide, model, 7);
    assert_int_equal(guide->steps[0].state, STEP_FAILED);
    see_topic(model, NULL, 0);
    guide_update(guide, model, 8);
    assert_int_equal(guide->steps[0].state, STEP_OPEN);
    assert_string_equal(guide->steps[0].checks[0].detail, "not there yet");
    guide_mark(guide, 1, true);
    guide_update(guide, model, 9);
    assert_int_equal(guide->steps[0].state, STEP_BY_HAND);
    guide_free(guide);
    model_free(model);
}

static void the_tour_goes_on_by_itself_only_from_a_step_that_is_through(void **state) {
    struct guide *guide = guide_new();
    struct model *model = model_new();
    (void)state;
    load(guide, two_steps, NULL);
    load(guide, "[step 2] Second, 1\n[run]\n:x\n[check] topic b\n", NULL);
    see_topic(model, "a", 1);
    guide_update(guide, model, 1);
    assert_int_equal(guide->current, 1); /* what is done already is passed at the start */
    guide_select(guide, 1);
    guide_update(guide, model, 2);
    assert_int_equal(guide->current, 0); /* a person who went back is left there */
    guide_enter(guide);
    guide_enter(guide);
    guide_update(guide, model, 3);
    assert_int_equal(guide->current, 0); /* one part is left */
    guide_enter(guide);
    guide_enter(guide);
    guide_update(guide, model, 4);
    assert_int_equal(guide->current, 1);
    guide_select(guide, 99);
    assert_int_equal(guide->current, 1);
    guide_free(guide);
    model_free(model);
}

static void the_timer_runs_stands_and_goes_on(void **state) {
    struct guide *guide = guide_new();
    (void)state;
    assert_int_equal(guide_timer_ms(guide, 100), 0);
    guide_timer(guide, TIMER_PAUSE, 500);
    guide_timer(guide, TIMER_START, 1000);
    assert_int_equal(guide_timer_ms(guide, 3000), 2000);
    guide_timer(guide, TIMER_PAUSE, 4000);
    assert_int_equal(guide_timer_ms(guide, 9000), 3000);
    guide_timer(guide, TIMER_START, 10000);
    assert_int_equal(guide_timer_ms(guide, 11000), 4000);
    guide_timer(guide, TIMER_RESET, 11000);
    assert_int_equal(guide_timer_ms(guide, 12000), 0);
    guide_free(guide);
}

static void an_empty_guide_takes_every_call(void **state) {
    struct guide *guide = guide_new();
    struct model *model = model_new();
    (void)state;
    guide_update(guide, model, 1);
    guide_select(guide, 3);
    assert_null(guide_enter(guide));
    guide_drop(guide);
    guide_move_part(guide, 1);
    guide_mark(guide, 1, true);
    assert_null(guide_step(guide, 1));
    guide_free(guide);
    guide_free(NULL);
    model_free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_steps_load_in_order_with_commands_and_checks),
        cmocka_unit_test(a_wrong_step_file_is_told_with_file_and_line),
        cmocka_unit_test(the_first_run_section_whose_capability_is_there_is_taken),
        cmocka_unit_test(the_first_enter_shows_and_the_second_runs),
        cmocka_unit_test(done_is_what_the_system_shows_and_the_step_reopens_when_it_goes),
        cmocka_unit_test(the_tour_goes_on_by_itself_only_from_a_step_that_is_through),
        cmocka_unit_test(the_timer_runs_stands_and_goes_on),
        cmocka_unit_test(an_empty_guide_takes_every_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
