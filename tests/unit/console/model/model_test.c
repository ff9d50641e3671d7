#include "console/model/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "console/model/event.h"
#include "foundation/base/memory.h"

static void post(struct model *model, void *event, int64_t now_ms) {
    model_apply(model, event, now_ms);
    message_free(event);
}

static void see_topics(struct model *model, const char *names) {
    struct event_cluster *cluster = event_new(&event_cluster_kind);
    struct view rest = view_of(names), name;
    cluster->topics = memory_zero(8, sizeof *cluster->topics);
    while (view_split(&rest, ' ', &name)) {
        struct text copy = TEXT_EMPTY;
        text_append(&copy, name);
        cluster->topics[cluster->topic_count++] = (struct event_topic){text_take(&copy), 1, 1, false};
    }
    post(model, cluster, 1);
}

static void see_high(struct model *model, const char *topic, int64_t high, int64_t at_ms) {
    struct event_rates *rates = event_new(&event_rates_kind);
    rates->at_ms = at_ms;
    rates->count = 1;
    rates->rates = memory_zero(1, sizeof *rates->rates);
    rates->rates[0] = (struct event_rate){memory_copy_string(topic), high, high, -1, -1};
    post(model, rates, at_ms);
}

static void a_look_within_the_same_second_adds_to_it_and_seconds_without_a_look_were_empty(void **state) {
    struct model *model = model_new();
    (void)state;
    see_topics(model, "b");
    see_high(model, "b", 10, 1000);
    see_high(model, "b", 20, 2000);
    see_high(model, "b", 25, 2000);
    const struct model_topic *topic = model_find_topic(model, "b");
    assert_int_equal(topic->seconds_count, 2);
    assert_int_equal(topic->seconds[topic->seconds_at], 15);
    see_high(model, "b", 45, 6010);
    assert_int_equal(topic->seconds_count, 6);
    assert_int_equal(topic->seconds[topic->seconds_at], 20);
    assert_true(topic->rate > 6.9 && topic->rate < 7.1);
    see_high(model, "b", 46, 900); /* a clock that is put back does not hold the seconds up */
    assert_int_equal(topic->seconds_count, 7);
    assert_int_equal(topic->seconds[topic->seconds_at], 1);
    model_free(model);
}

static void topics_stay_sorted_and_keep_their_past(void **state) {
    struct model *model = model_new();
    (void)state;
    see_topics(model, "b a");
    for (int i = 0; i <= 6; i++)
        see_high(model, "b", 10 * i, 1000 * i);
    assert_string_equal(model->topics.items[0].name, "a");
    see_topics(model, "c b");
    assert_null(model_find_topic(model, "a"));
    const struct model_topic *topic = model_find_topic(model, "b");
    assert_int_equal(topic->high, 60);
    assert_true(topic->rate > 9.9 && topic->rate < 10.1); /* the average of five seconds */
    assert_int_equal(topic->last_change_ms, 6000);
    model_free(model);
}

static void a_topic_made_anew_has_no_negative_rate(void **state) {
    struct model *model = model_new();
    (void)state;
    see_topics(model, "t");
    see_high(model, "t", 100, 1000);
    see_high(model, "t", 5, 2000);
    assert_true(model_find_topic(model, "t")->rate >= 0);
    model_free(model);
}

static void add_rows(struct model *model, size_t count, uint64_t received) {
    struct event_tail *tail = event_new(&event_tail_kind);
    tail->topic = memory_copy_string("t");
    tail->count = count;
    tail->received = received;
    tail->rows = memory_zero(count, sizeof *tail->rows);
    for (size_t i = 0; i < count; i++) {
        tail->rows[i] = memory_zero(1, sizeof **tail->rows);
        tail->rows[i]->offset = (int64_t)(received - count + i);
    }
    post(model, tail, 1);
}

static void a_tail_keeps_the_newest_rows_and_numbers_them_without_gaps(void **state) {
    struct model *model = model_new();
    (void)state;
    add_rows(model, 6000, 6000);
    add_rows(model, 6000, 12000);
    const struct model_tail *tail = model_find_tail(model, "t");
    assert_int_equal(tail->count, MODEL_SCROLLBACK);
    assert_int_equal(model_tail_at(tail, 0)->offset, 2000);
    assert_int_equal(model_tail_at(tail, 0)->sequence, 2001);
    assert_int_equal(model_tail_at(tail, MODEL_SCROLLBACK - 1)->sequence, 12000);
    assert_null(model_tail_at(tail, MODEL_SCROLLBACK));
    model_free(model);
}

static void rows_that_were_dropped_on_the_way_show_as_skipped(void **state) {
    struct model *model = model_new();
    (void)state;
    add_rows(model, 10, 10);
    add_rows(model, 10, 50); /* 30 were dropped by a full mailbox */
    assert_int_equal(model_tail_at(model_find_tail(model, "t"), 10)->skipped_before, 30);
    model_free(model);
}

static void a_tail_that_begins_anew_goes_on_counting(void **state) {
    struct model *model = model_new();
    (void)state;
    add_rows(model, 3, 3);
    struct event_tail_state *begin = event_new(&event_tail_state_kind);
    begin->topic = memory_copy_string("t");
    begin->loading = true;
    post(model, begin, 2);
    assert_int_equal(model_find_tail(model, "t")->count, 0);
    add_rows(model, 1, 1);
    assert_int_equal(model_tail_at(model_find_tail(model, "t"), 0)->sequence, 4);
    model_free(model);
}

static void see_window(struct model *model, const char *card, int64_t start, int64_t count, int64_t total,
                       int64_t now_ms) {
    struct event_window *window = event_new(&event_window_kind);
    window->count = 1;
    window->rows = memory_zero(1, sizeof *window->rows);
    snprintf(window->rows[0].card, sizeof window->rows[0].card, "%s", card);
    window->rows[0].window_start = start;
    window->rows[0].window_end = start + 300000;
    window->rows[0].count = count;
    window->rows[0].total = total;
    window->rows[0].average = 100;
    post(model, window, now_ms);
}

static void windows_keep_the_last_value_of_each_card_and_what_changed(void **state) {
    struct model *model = model_new();
    (void)state;
    see_window(model, "a", 0, 1, 50, 1000);
    see_window(model, "b", 0, 1, 70, 1000);
    see_window(model, "a", 0, 3, 90, 2000);
    see_window(model, "a", 0, 3, 90, 9000); /* repeated output changes nothing */
    assert_int_equal(model->windows.count, 1);
    assert_int_equal(model->windows.items[0].rows.count, 2);
    const struct model_window_row *row = &model->windows.items[0].rows.items[0];
    assert_int_equal(row->count, 3);
    assert_int_equal(row->added_count, 2);
    assert_int_equal(row->added_total, 40);
    assert_int_equal(row->changed_ms, 2000);
    see_window(model, "a", 0, 4, 95, 300001);
    assert_int_equal(model->windows.items[0].late, 1);
    model_free(model);
}

static void only_the_newest_windows_are_kept_in_order(void **state) {
    struct model *model = model_new();
    (void)state;
    for (int i = 20; i >= 1; i--)
        see_window(model, "a", i * 300000LL, 1, 1, 1);
    assert_int_equal(model->windows.count, 12);
    for (size_t i = 1; i < model->windows.count; i++)
        assert_true(model->windows.items[i - 1].start < model->windows.items[i].start);
    assert_int_equal(model->windows.items[11].start, 20 * 300000LL);
    model_free(model);
}

static void raise_alert(struct model *model, const char *card, int64_t total, int64_t now_ms) {
    struct event_alert *alert = event_new(&event_alert_kind);
    snprintf(alert->alert.card, sizeof alert->alert.card, "%s", card);
    snprintf(alert->alert.window_start, sizeof alert->alert.window_start, "w");
    alert->alert.total = total;
    alert->alert.last_ms = now_ms;
    post(model, alert, now_ms);
}

static void records_of_one_card_and_window_are_one_alert(void **state) {
    struct model *model = model_new();
    (void)state;
    raise_alert(model, "a", 10, 1);
    raise_alert(model, "b", 10, 2);
    raise_alert(model, "a", 20, 3);
    assert_int_equal(model->alerts.count, 2);
    assert_int_equal(model->alert_records, 3);
    assert_string_equal(model->alerts.items[1].card, "a"); /* the newest news comes last */
    assert_int_equal(model->alerts.items[1].records, 2);
    assert_int_equal(model_unseen_alerts(model), 2);
    model_mark_alert_seen(model, model->alerts.items[1].number);
    assert_int_equal(model_unseen_alerts(model), 1);
    model_free(model);
}

static void post_result(struct model *model, int state, const char *statement, const char *column, int64_t now_ms) {
    struct event_result *event = event_new(&event_result_kind);
    event->result.state = (__typeof__(event->result.state))state;
    event->result.statement = memory_copy_string(statement);
    if (column) {
        event->result.columns = memory_zero(1, sizeof(char *));
        event->result.types = memory_zero(1, sizeof(char *));
        event->result.columns[0] = memory_copy_string(column);
        event->result.types[0] = memory_copy_string("STRING");
        event->result.column_count = 1;
    }
    post(model, event, now_ms);
}

static void a_result_keeps_its_statement_when_its_columns_come_and_a_new_one_clears_it(void **state) {
    struct model *model = model_new();
    (void)state;
    post_result(model, RESULT_RUNNING, "SELECT A", NULL, 1);
    post_result(model, RESULT_RUNNING, NULL, "A", 2);
    assert_string_equal(model->result.statement, "SELECT A");
    struct event_result_rows *rows = event_new(&event_result_rows_kind);
    rows->rows = memory_zero(1, sizeof *rows->rows);
    rows->rows[0] = memory_zero(1, sizeof **rows->rows);
    rows->rows[0][0] = memory_copy_string("x");
    rows->count = rows->column_count = 1;
    post(model, rows, 3);
    assert_int_equal(model->result.count, 1);
    post_result(model, RESULT_STOPPED, NULL, NULL, 9);
    assert_int_equal(model->result.ended_ms, 9);
    post_result(model, RESULT_RUNNING, "SELECT B", NULL, 10);
    assert_string_equal(model->result.statement, "SELECT B");
    assert_int_equal(model->result.count, 0);
    assert_int_equal(model->result.column_count, 0);
    model_free(model);
}

static void latencies_of_the_last_minute_count(void **state) {
    struct model *model = model_new();
    (void)state;
    assert_int_equal(model_latency_percentile(&model->to_alert, 1000, 50), -1);
    for (int i = 0; i < 300; i++) {
        struct event_latency *latency = event_new(&event_latency_kind);
        latency->to_alert = true;
        latency->at_ms = 1000 * i;
        latency->ms = i;
        post(model, latency, 1000 * i);
    }
    assert_int_equal(model_latency_percentile(&model->to_alert, 299000, 0), 239);
    assert_int_equal(model_latency_percentile(&model->to_alert, 299000, 100), 299);
    assert_int_equal(model_latency_percentile(&model->to_alert, 299000 + 61000, 50), -1);
    model_free(model);
}

static void messages_are_counted_beyond_those_that_are_kept(void **state) {
    struct model *model = model_new();
    (void)state;
    for (int i = 0; i < 1500; i++) {
        struct event_message *message = event_new(&event_message_kind);
        message->text = memory_copy_string("m");
        post(model, message, i);
    }
    assert_int_equal(model->messages.count, 1000);
    assert_int_equal(model->message_total, 1500);
    model_free(model);
}

static void the_ledger_and_jobs_hold_what_is_there_now(void **state) {
    struct model *model = model_new();
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct event_ledger *entry = event_new(&event_ledger_kind);
        entry->what = memory_copy_string("topic t");
        entry->removed = i == 2;
        post(model, entry, 1);
        assert_int_equal(model->created.count, i < 2 ? 1 : 0);
    }
    for (int i = 0; i < 2; i++) {
        struct event_job *job = event_new(&event_job_kind);
        job->job.id = 7;
        job->job.text = memory_copy_string("Work");
        job->ended = i == 1;
        post(model, job, 1);
        assert_int_equal(model->jobs.count, i == 0 ? 1 : 0);
    }
    model_free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_look_within_the_same_second_adds_to_it_and_seconds_without_a_look_were_empty),
        cmocka_unit_test(topics_stay_sorted_and_keep_their_past),
        cmocka_unit_test(a_topic_made_anew_has_no_negative_rate),
        cmocka_unit_test(a_tail_keeps_the_newest_rows_and_numbers_them_without_gaps),
        cmocka_unit_test(rows_that_were_dropped_on_the_way_show_as_skipped),
        cmocka_unit_test(a_tail_that_begins_anew_goes_on_counting),
        cmocka_unit_test(windows_keep_the_last_value_of_each_card_and_what_changed),
        cmocka_unit_test(only_the_newest_windows_are_kept_in_order),
        cmocka_unit_test(records_of_one_card_and_window_are_one_alert),
        cmocka_unit_test(a_result_keeps_its_statement_when_its_columns_come_and_a_new_one_clears_it),
        cmocka_unit_test(latencies_of_the_last_minute_count),
        cmocka_unit_test(messages_are_counted_beyond_those_that_are_kept),
        cmocka_unit_test(the_ledger_and_jobs_hold_what_is_there_now),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
