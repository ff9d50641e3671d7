/* Keys, a fixed clock and recorded events make the same screens every time. FRAUDSCOPE_REWRITE=1 writes them anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "console/model/event.h"
#include "console/ui/ui.h"
#include "foundation/base/file.h"
#include "foundation/base/memory.h"

enum { NOW_SECONDS = 1741928671 };
struct stage {
    struct model *model;
    struct guide *guide;
    struct keymap *keymap;
    struct settings settings;
    struct scene scene;
    struct ui *ui;
    struct canvas canvas;
    char last_line[256];
};

static int note_line(void *context, struct view line, struct error *error) {
    (void)error;
    snprintf(((struct stage *)context)->last_line, 256, "%.*s", VIEW_ARGS(line));
    return 0;
}

static void post(struct stage *stage, void *event) {
    model_apply(stage->model, event, stage->scene.now_ms);
    message_free(event);
}

/* Servers, topics with three seconds of rates, the open window: what a running lab looks like. */
static void post_world(struct stage *stage) {
    static const char *const names[] = {
        "FEATURE_SET", "_schemas", "cdc.public.customers", "connect-status", "fraudulent_transactions", "transactions"};
    enum { TOPICS = sizeof names / sizeof *names };
    for (int i = 0; i < SERVER_COUNT; i++) {
        struct event_server *server = event_new(&event_server_kind);
        server->server = (enum model_server_id)i;
        server->observed.state = SERVER_READY;
        server->observed.latency_ns = 1000000;
        post(stage, server);
    }
    struct event_cluster *cluster = event_new(&event_cluster_kind);
    cluster->cluster_id = memory_copy_string("workshop");
    cluster->brokers = 1;
    cluster->topic_count = TOPICS;
    cluster->topics = memory_zero(TOPICS, sizeof *cluster->topics);
    for (int i = 0; i < TOPICS; i++)
        cluster->topics[i] = (struct event_topic){memory_copy_string(names[i]), 1, 1, names[i][0] == '_'};
    post(stage, cluster);
    for (int second = 1; second <= 3; second++) {
        struct event_rates *rates = event_new(&event_rates_kind);
        rates->at_ms = NOW_SECONDS * 1000LL - 1000 * (3 - second);
        rates->count = TOPICS;
        rates->rates = memory_zero(TOPICS, sizeof *rates->rates);
        for (int i = 0; i < TOPICS; i++)
            rates->rates[i] =
                (struct event_rate){memory_copy_string(names[i]), 10 * second * i, 10 * second * i, i ? -1 : 2, -1};
        post(stage, rates);
    }
    struct event_window *window = event_new(&event_window_kind);
    window->count = 2;
    window->rows = memory_zero(2, sizeof *window->rows);
    window->rows[0] = (struct model_window_row){.card = "5031 9467 5978 2983",
                                                .email = "b@example.com",
                                                .count = 3,
                                                .total = 18000,
                                                .average = 1000,
                                                .breaks_rule = true};
    window->rows[1] = (struct model_window_row){
        .card = "4420 1111 2222 9071", .email = "c@example.com", .count = 1, .total = 900, .average = 1640};
    for (int i = 0; i < 2; i++) {
        window->rows[i].window_start = NOW_SECONDS / 300 * 300000LL;
        window->rows[i].window_end = window->rows[i].window_start + 300000;
    }
    post(stage, window);
}

static void raise_stage(struct stage *stage, int columns, int rows) {
    static const char *const towns[] = {"Oslo", "Berlin", "Rio"};
    *stage =
        (struct stage){.model = model_new(), .guide = guide_new(), .keymap = keymap_new(), .settings = SETTINGS_INIT};
    stage->scene = (struct scene){stage->model, stage->guide, &stage->settings, NOW_SECONDS * 1000LL, 0};
    struct text complaints = TEXT_EMPTY;
    keymap_load(stage->keymap, keymap_shipped(), "default.keys", &complaints);
    assert_string_equal(text_string(&complaints), "");
    struct event_tail_state *begin = event_new(&event_tail_state_kind);
    begin->topic = memory_copy_string("transactions");
    begin->loading = true;
    post(stage, begin);
    struct event_tail *tail = event_new(&event_tail_kind);
    tail->topic = memory_copy_string("transactions");
    tail->count = tail->received = 3;
    tail->rows = memory_zero(3, sizeof *tail->rows);
    for (int i = 0; i < 3; i++) {
        struct tail_row *row = tail->rows[i] = memory_zero(1, sizeof *row);
        *row = (struct tail_row){.timestamp = NOW_SECONDS * 1000LL - 1000 * (3 - i),
                                 .offset = 40 + i,
                                 .sequence = (uint64_t)i + 1,
                                 .how = "JSON_SR",
                                 .schema_id = 1,
                                 .is_transaction = true};
        row->json = memory_copy_string(towns[i]);
        row->transaction = (struct transaction){.id = 100 + i, .card = "5031 9467 5978 2983", .amount = 3000 * (i + 1)};
        snprintf(row->transaction.location, sizeof row->transaction.location, "%s", towns[i]);
    }
    post(stage, tail);
    struct event_alert *alert = event_new(&event_alert_kind);
    alert->alert = (struct model_alert){.card = "5031 9467 5978 2983",
                                        .count = 3,
                                        .total = 18000,
                                        .average = 1000,
                                        .first_ms = NOW_SECONDS * 1000LL - 2000,
                                        .last_ms = NOW_SECONDS * 1000LL - 2000,
                                        .arrived_ms = NOW_SECONDS * 1000LL - 1000};
    post(stage, alert);
    post_world(stage);
    struct ui_callbacks callbacks = {.context = stage, .run = note_line};
    stage->ui = ui_new(&callbacks, stage->keymap, NULL);
    canvas_resize(&stage->canvas, columns, rows);
}

static void press(struct stage *stage, const char *keys) {
    struct view rest = view_of(keys), key;
    while (view_split(&rest, ' ', &key)) {
        char name[16];
        snprintf(name, sizeof name, "%.*s", VIEW_ARGS(key));
        ui_handle_key(stage->ui, &stage->scene, name);
    }
}

static void strike_stage(struct stage *stage) {
    ui_free(stage->ui);
    keymap_free(stage->keymap);
    guide_free(stage->guide);
    model_free(stage->model);
    canvas_free(&stage->canvas);
}

static void expect_screen(int columns, int rows, const char *keys, const char *name) {
    struct text screens[2] = {TEXT_EMPTY, TEXT_EMPTY}, expected = TEXT_EMPTY;
    char path[512];
    for (int i = 0; i < 2; i++) {
        struct stage stage;
        raise_stage(&stage, columns, rows);
        press(&stage, keys);
        ui_draw(stage.ui, &stage.scene, &stage.canvas);
        canvas_dump(&stage.canvas, &screens[i]);
        strike_stage(&stage);
    }
    assert_string_equal(screens[0].data, screens[1].data);
    snprintf(path, sizeof path, "%s/tests/screens/expected/%s-%dx%d.txt", TEST_SOURCE_DIR, name, columns, rows);
    if (getenv("FRAUDSCOPE_REWRITE"))
        assert_int_equal(file_write_atomic(path, text_view(&screens[0]), 0644, NULL), 0);
    assert_int_equal(file_read(path, &expected, NULL), 0);
    assert_string_equal(screens[0].data, text_string(&expected));
    for (int i = 0; i < 2; i++)
        text_free(&screens[i]);
    text_free(&expected);
}

static void the_dashboard_stands_at_three_sizes(void **state) {
    (void)state;
    expect_screen(80, 24, "", "dash");
    expect_screen(120, 36, "", "dash");
    expect_screen(200, 60, "", "dash");
    expect_screen(62, 18, "", "small");
}
static void a_filter_typed_in_the_line_hides_rows_and_says_so(void **state) {
    (void)state;
    expect_screen(80, 24, "/ a m o u n t > 4 0 0 0 Enter", "filter");
}
static void enter_inspects_the_chosen_message_and_hides_the_card(void **state) {
    (void)state;
    expect_screen(80, 24, "j Enter 2", "inspector");
    expect_screen(80, 24, "Space z", "frozen");
    expect_screen(120, 36, "?", "help");
}
static void keys_become_command_lines(void **state) {
    struct stage stage;
    (void)state;
    raise_stage(&stage, 80, 24);
    press(&stage, "p p");
    assert_string_equal(stage.last_line, "producer start");
    press(&stage, ": d e t e x Backspace Enter");
    assert_string_equal(stage.last_line, "dete");
    press(&stage, "s s S H O W Enter T ; C-x");
    assert_string_equal(stage.last_line, "sql SHOW\nT;");
    strike_stage(&stage);
}
static void a_broken_key_file_is_told_line_by_line_and_the_rest_is_taken(void **state) {
    struct text complaints = TEXT_EMPTY;
    struct keymap *keymap = keymap_new();
    (void)state;
    keymap_load(keymap, VIEW("global z zoom\nnowhere z zoom\nglobal Foo zoom\nglobal k\n"), "keys", &complaints);
    assert_string_equal(
        text_string(&complaints),
        "keys:2: unknown place `nowhere`\nkeys:3: unknown key `Foo`\nkeys:4: the key `k` has no command\n");
    assert_string_equal(keymap_find(keymap, "global", "z")->command, "zoom");
    text_free(&complaints);
    keymap_free(keymap);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_dashboard_stands_at_three_sizes),
        cmocka_unit_test(a_filter_typed_in_the_line_hides_rows_and_says_so),
        cmocka_unit_test(enter_inspects_the_chosen_message_and_hides_the_card),
        cmocka_unit_test(keys_become_command_lines),
        cmocka_unit_test(a_broken_key_file_is_told_line_by_line_and_the_rest_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
