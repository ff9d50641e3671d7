/* A console without servers: a fixed clock, recorded events, keys from a string. What is drawn can be compared with the
 * grids in expected/; FRAUDSCOPE_REWRITE=1 writes them anew. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "console/action/action.h"
#include "console/guide/defaults.h"
#include "console/model/event.h"
#include "console/ui/ui.h"
#include "foundation/base/file.h"
#include "foundation/base/memory.h"

#define NOW_MS 1741954471000LL /* 2025-03-14 12:14:31 UTC */

struct stage {
    struct model *model;
    struct guide *guide;
    struct keymap *keymap;
    struct settings settings;
    struct command_context context;
    struct scene scene;
    struct ui *ui;
    struct canvas canvas;
    char last_line[512], copied[1024], entered[256], looked[64];
    int lines, suspended, redrawn;
};

static inline int note_line(void *context, struct view line, struct error *error) {
    struct stage *stage = context;
    stage->lines++;
    snprintf(stage->last_line, sizeof stage->last_line, "%.*s", VIEW_ARGS(line));
    return strncmp(stage->last_line, "fail", 4) == 0 ? error_set(error, ERROR_INVALID, "it failed as asked") : 0;
}
static inline bool ask_as_actions_do(void *context, struct view line, struct question *question) {
    return action_ask(&((struct stage *)context)->context, line, question);
}
static const char *why_not_as_actions_say(void *context, const char *line) {
    return action_why_not(&((struct stage *)context)->context, line);
}
static inline void values_as_actions_know(void *context, const char *placeholder, const char *prefix, ui_emit emit,
                                          void *to) {
    (void)prefix;
    action_values(&((struct stage *)context)->context, placeholder, emit, to);
}
static inline int note_copy(void *context, struct view text, struct error *error) {
    struct stage *stage = context;
    (void)error;
    snprintf(stage->copied, sizeof stage->copied, "%.*s", VIEW_ARGS(text));
    return 0;
}
static inline void note_entered(void *context, const char *line) {
    struct stage *stage = context;
    snprintf(stage->entered, sizeof stage->entered, "%s", line);
}
static inline int note_look(void *context, const char *what, const char *value, struct error *error) {
    struct stage *stage = context;
    (void)error;
    snprintf(stage->looked, sizeof stage->looked, "%s %s", what, value ? value : "next");
    return 0;
}
static inline void count_suspend(void *context) {
    ((struct stage *)context)->suspended++;
}
static inline void count_redraw(void *context) {
    ((struct stage *)context)->redrawn++;
}
static inline void mark_seen(void *context, uint64_t number) {
    model_mark_alert_seen(((struct stage *)context)->model, number);
}
static const char *enter_guide(void *context) {
    return guide_enter(((struct stage *)context)->guide);
}
static inline void move_guide(void *context, int delta) {
    guide_move_part(((struct stage *)context)->guide, delta);
}
static inline void drop_guide(void *context) {
    guide_drop(((struct stage *)context)->guide);
}

static inline void post(struct stage *stage, void *event) {
    model_apply(stage->model, event, stage->scene.now_ms);
    message_free(event);
    guide_update(stage->guide, stage->model, stage->scene.now_ms);
}

/* --- the world --- */

static inline void post_servers(struct stage *stage, enum model_server_state state) {
    for (int i = 0; i < SERVER_COUNT; i++) {
        struct event_server *server = event_new(&event_server_kind);
        server->server = (enum model_server_id)i;
        server->observed.state = state;
        server->observed.latency_ns = 1000000;
        server->observed.error = state == SERVER_DOWN ? memory_copy_string("no answer") : NULL;
        post(stage, server);
    }
}

static const char *const stage_topics[] = {
    "AGGREGATE_TRANS", "FEATURE_SET", "REKEY_CUSTOMER",          "_schemas",    "cdc.public.customers",
    "connect-status",  "customers",   "fraudulent_transactions", "transactions"};
enum { STAGE_TOPICS = sizeof stage_topics / sizeof *stage_topics };

static inline void post_topics(struct stage *stage) {
    static const int rates[STAGE_TOPICS] = {13, 13, 0, 0, 0, 0, 0, 1, 13};
    struct event_cluster *cluster = event_new(&event_cluster_kind);
    cluster->cluster_id = memory_copy_string("workshop");
    cluster->brokers = 1;
    cluster->topic_count = STAGE_TOPICS;
    cluster->topics = memory_zero(STAGE_TOPICS, sizeof *cluster->topics);
    for (int i = 0; i < STAGE_TOPICS; i++)
        cluster->topics[i] = (struct event_topic){memory_copy_string(stage_topics[i]), 1, 1, stage_topics[i][0] == '_'};
    post(stage, cluster);
    int64_t high[STAGE_TOPICS] = {0};
    for (int second = 20; second >= 0; second--) {
        struct event_rates *event = event_new(&event_rates_kind);
        event->at_ms = NOW_MS - 1000 * second;
        event->count = STAGE_TOPICS;
        event->rates = memory_zero(STAGE_TOPICS, sizeof *event->rates);
        for (int i = 0; i < STAGE_TOPICS; i++) {
            high[i] += rates[i] ? rates[i] + (second * (i + 3)) % 7 - 3 : second == 18;
            event->rates[i] =
                (struct event_rate){memory_copy_string(stage_topics[i]), high[i], high[i], i == 1 ? 2 : -1, -1};
        }
        post(stage, event);
    }
}

static inline struct tail_row *new_transaction(int64_t offset, int64_t timestamp, int id, int amount, const char *card,
                                               const char *town) {
    struct tail_row *row = memory_zero(1, sizeof *row);
    struct text json = TEXT_EMPTY, raw = TEXT_EMPTY;
    *row = (struct tail_row){
        .timestamp = timestamp, .offset = offset, .how = "JSON_SR", .schema_id = 100012, .is_transaction = true};
    row->transaction = (struct transaction){.id = id, .amount = amount};
    snprintf(row->transaction.card, sizeof row->transaction.card, "%s", card);
    snprintf(row->transaction.location, sizeof row->transaction.location, "%s", town);
    text_append_format(
        &json,
        "{\"transaction_id\":%d,\"transaction_timestamp\":\"2025-03-14 15:41:02.114\",\"credit_card_number\":\"%s\","
        "\"amount\":%d,\"location\":\"%s\",\"note\":null}",
        id, card, amount, town);
    text_append_bytes(&raw, "\0\0\1\206\254", 5);
    text_append(&raw, text_view(&json));
    row->raw_size = raw.size;
    row->raw = memory_copy(raw.data, raw.size);
    text_free(&raw);
    text_append_format(&raw, "%d", id);
    row->key = text_take(&raw);
    row->json = text_take(&json);
    return row;
}

static const char *const stage_cards[] = {"5031 9467 5978 2983", "8127 1111 2222 4410", "1037 3333 4444 6225",
                                          "4420 5555 6666 9071"};

/* count more rows, one each 700 ms, the newest now. */
static inline void post_rows(struct stage *stage, size_t count, uint64_t skipped) {
    static const char *const towns[] = {"Oslo", "Berlin", "Rio", "Stockholm", "Nairobi"};
    const struct model_tail *known = model_find_tail(stage->model, "transactions");
    uint64_t before = known ? known->received : 0;
    struct event_tail *tail = event_new(&event_tail_kind);
    tail->topic = memory_copy_string("transactions");
    tail->count = count;
    tail->received = before + skipped + count;
    tail->skipped = skipped;
    tail->rows = memory_zero(count, sizeof *tail->rows);
    for (size_t i = 0; i < count; i++) {
        int n = (int)(before + i);
        tail->rows[i] =
            new_transaction(88400 + n, stage->scene.now_ms - 700 * (int64_t)(count - 1 - i) - 69, 1000000 + n * 7919,
                            n % 5 == 3 ? 5000 + n * 37 % 5000 : 500 + n * 131 % 1500, stage_cards[n % 4], towns[n % 5]);
    }
    tail->rows[0]->skipped_before = skipped;
    post(stage, tail);
}

static inline void post_windows(struct stage *stage) {
    for (int w = 1; w >= 0; w--) {
        struct event_window *window = event_new(&event_window_kind);
        int64_t start = NOW_MS / 300000 * 300000 - w * 300000;
        window->count = 4;
        window->rows = memory_zero(4, sizeof *window->rows);
        for (int i = 0; i < 4; i++) {
            struct model_window_row *row = &window->rows[i];
            snprintf(row->card, sizeof row->card, "%s", stage_cards[i]);
            *row = (struct model_window_row){.window_start = start,
                                             .window_end = start + 300000,
                                             .count = 4 - i,
                                             .total = 23907 / (i * 4 + 1),
                                             .average = 1820 + 100 * i};
            snprintf(row->card, sizeof row->card, "%s", stage_cards[i]);
            row->breaks_rule = row->count >= 2 && row->total > row->average;
        }
        int64_t now = stage->scene.now_ms;
        stage->scene.now_ms = now - 20000; /* not just changed */
        post(stage, window);
        stage->scene.now_ms = now;
    }
}

static inline void raise_alert(struct stage *stage, const char *card, int64_t total, int64_t age_ms) {
    struct event_alert *event = event_new(&event_alert_kind);
    event->alert = (struct model_alert){
        .count = 4, .total = total, .average = 1820, .first_ms = NOW_MS - age_ms, .last_ms = NOW_MS - age_ms};
    snprintf(event->alert.card, sizeof event->alert.card, "%s", card);
    snprintf(event->alert.window_start, sizeof event->alert.window_start, "2025-03-14 12:10:00 +0000");
    snprintf(event->alert.window_end, sizeof event->alert.window_end, "2025-03-14 12:15:00 +0000");
    int64_t now = stage->scene.now_ms;
    stage->scene.now_ms = NOW_MS - age_ms;
    post(stage, event);
    stage->scene.now_ms = now;
}

static inline void post_ksqldb(struct stage *stage) {
    static const char *const ids[] = {"CSAS_REKEY_CUSTOMER_5", "CSAS_AGGREGATE_TRANSACTIONS_9", "CTAS_FEATURE_SET_11",
                                      "CTAS_BROKEN_13"},
                             *const sinks[] = {"REKEY_CUSTOMER", "AGGREGATE_TRANSACTIONS", "FEATURE_SET", "BROKEN"};
    struct event_ksqldb *event = event_new(&event_ksqldb_kind);
    event->query_count = event->source_count = 4;
    event->queries = memory_zero(4, sizeof *event->queries);
    event->sources = memory_zero(4, sizeof *event->sources);
    for (int i = 0; i < 4; i++) {
        event->queries[i] = (struct model_query){.id = memory_copy_string(ids[i]),
                                                 .state = memory_copy_string(i < 3 ? "RUNNING" : "ERROR"),
                                                 .text = memory_copy_string("CREATE TABLE FEATURE_SET AS SELECT 1;"),
                                                 .sink = memory_copy_string(sinks[i]),
                                                 .rate = i ? 13.1 : 0,
                                                 .errors = i == 3};
        event->sources[i] = (struct model_source){
            .name = memory_copy_string(sinks[i]), .topic = memory_copy_string(stage_topics[i]), .is_table = i == 2};
    }
    post(stage, event);
}

static inline void post_result(struct stage *stage) {
    static const char *const names[] = {"ROWKEY", "CUSTOMER_EMAIL", "TRANSACTION_COUNT", "TOTAL_AMOUNT"},
                             *const types[] = {"STRING", "STRING", "BIGINT", "INTEGER"};
    static const char *const cells[][4] = {{"1037 3333 4444 6225", "c@example.com", "2", "1514"},
                                           {"5031 9467 5978 2983", "b@example.com", "3", "16495"},
                                           {"4420 5555 6666 9071", NULL, "1", "1890"},
                                           {"5031 9467 5978 2983", "b@example.com", "4", "23907"}};
    struct event_result *event = event_new(&event_result_kind);
    event->result.state = RESULT_RUNNING;
    event->result.statement = memory_copy_string("SELECT * FROM FEATURE_SET EMIT CHANGES;");
    event->result.columns = memory_zero(4, sizeof(char *));
    event->result.types = memory_zero(4, sizeof(char *));
    event->result.column_count = 4;
    for (int i = 0; i < 4; i++) {
        event->result.columns[i] = memory_copy_string(names[i]);
        event->result.types[i] = memory_copy_string(types[i]);
    }
    post(stage, event);
    struct event_result_rows *rows = event_new(&event_result_rows_kind);
    rows->count = rows->column_count = 4;
    rows->rows = memory_zero(4, sizeof *rows->rows);
    for (int i = 0; i < 4; i++) {
        rows->rows[i] = memory_zero(4, sizeof **rows->rows);
        for (int j = 0; j < 4; j++)
            rows->rows[i][j] = memory_copy_string(cells[i][j]);
    }
    post(stage, rows);
}

static inline void post_running(struct stage *stage) {
    struct event_producer *producer = event_new(&event_producer_kind);
    producer->state = (struct model_producer){.running = true, .rate = 12, .actual = 12};
    post(stage, producer);
    struct event_detector *detector = event_new(&event_detector_kind);
    detector->state = (struct model_detector){.running = true, .lag = 0, .rule_count = 2, .rule_ratio = 1};
    post(stage, detector);
    struct event_latency *latency = event_new(&event_latency_kind);
    latency->to_alert = true;
    latency->at_ms = NOW_MS;
    latency->ms = 1800;
    post(stage, latency);
}

static inline void post_message(struct stage *stage, enum message_level level, const char *text) {
    struct event_message *message = event_new(&event_message_kind);
    message->level = level;
    message->text = memory_copy_string(text);
    post(stage, message);
}

static inline void post_profile(struct stage *stage) {
    struct event_profile *profile = event_new(&event_profile_kind);
    profile->name = memory_copy_string("embedded");
    profile->data_folder = memory_copy_string("d");
    for (int i = 0; i < SERVER_COUNT; i++)
        profile->addresses[i] = memory_copy_string("127.0.0.1");
    post(stage, profile);
    for (int i = 0; i < 3; i++) {
        static const char *const made[] = {"topic transactions", "connector CDC_Postgresql", "source FEATURE_SET"};
        struct event_ledger *entry = event_new(&event_ledger_kind);
        entry->what = memory_copy_string(made[i]);
        post(stage, entry);
    }
}

/* --- the stage --- */

static inline void raise_empty(struct stage *stage, int columns, int rows) {
    *stage =
        (struct stage){.model = model_new(), .guide = guide_new(), .keymap = keymap_new(), .settings = SETTINGS_INIT};
    stage->scene = (struct scene){stage->model, stage->guide, &stage->settings, NOW_MS, 0};
    stage->context =
        (struct command_context){.model = stage->model, .guide = stage->guide, .settings = &stage->settings};
    struct text complaints = TEXT_EMPTY;
    keymap_load(stage->keymap, keymap_shipped(), "default.keys", &complaints);
    assert_string_equal(text_string(&complaints), "");
    for (size_t i = 0; i < guide_defaults_count; i++)
        assert_int_equal(guide_load(stage->guide, (struct view){guide_defaults[i].text, guide_defaults[i].size},
                                    guide_defaults[i].name, "kafka registry ksqldb connect serves", NULL),
                         0);
    const struct ui_callbacks callbacks = {.context = stage,
                                           .run = note_line,
                                           .ask = ask_as_actions_do,
                                           .why_not = why_not_as_actions_say,
                                           .suspend = count_suspend,
                                           .redraw = count_redraw,
                                           .look = note_look,
                                           .copy = note_copy,
                                           .entered = note_entered,
                                           .values = values_as_actions_know,
                                           .alert_seen = mark_seen,
                                           .guide_enter = enter_guide,
                                           .guide_part = move_guide,
                                           .guide_drop = drop_guide};
    stage->ui = ui_new(&callbacks, stage->keymap, action_commands);
    canvas_resize(&stage->canvas, columns, rows);
}

static inline void raise_stage(struct stage *stage, int columns, int rows) {
    raise_empty(stage, columns, rows);
    post_profile(stage);
    post_servers(stage, SERVER_READY);
    post_rows(stage, 40, 0);
    post_topics(stage);
    post_windows(stage);
    raise_alert(stage, stage_cards[1], 4102, 35000);
    raise_alert(stage, stage_cards[2], 27811, 28 * 60000);
    raise_alert(stage, stage_cards[0], 23907, 2000);
    model_mark_alert_seen(stage->model, 1);
    model_mark_alert_seen(stage->model, 2);
    post_ksqldb(stage);
    post_result(stage);
    post_running(stage);
}

static inline void strike_stage(struct stage *stage) {
    ui_free(stage->ui);
    keymap_free(stage->keymap);
    guide_free(stage->guide);
    model_free(stage->model);
    canvas_free(&stage->canvas);
}

/* Keys divided by blanks; "+300" lets 300 ms pass, "T:word" types it. */
static inline void press(struct stage *stage, const char *keys) {
    struct view rest = view_of(keys), key;
    while (view_split(&rest, ' ', &key)) {
        char name[16];
        if (key.size > 1 && key.data[0] == '+') {
            stage->scene.now_ms += atol(key.data + 1);
            continue;
        }
        if (view_starts_with(key, VIEW("T:"))) {
            for (size_t i = 2; i < key.size; i++)
                ui_handle_key(stage->ui, &stage->scene, key.data[i] == '_' ? "Space" : (char[]){key.data[i], '\0'});
            continue;
        }
        snprintf(name, sizeof name, "%.*s", VIEW_ARGS(key));
        if (*name)
            ui_handle_key(stage->ui, &stage->scene, name);
    }
}

static inline void draw_text(struct stage *stage, struct text *out) {
    text_clear(out);
    ui_draw(stage->ui, &stage->scene, &stage->canvas);
    canvas_dump(&stage->canvas, out);
}

static inline bool shows(struct stage *stage, const char *wanted) {
    struct text screen = TEXT_EMPTY;
    draw_text(stage, &screen);
    bool found = strstr(text_string(&screen), wanted) != NULL;
    text_free(&screen);
    return found;
}

static inline void expect_shown(struct stage *stage, const char *wanted) {
    struct text screen = TEXT_EMPTY;
    draw_text(stage, &screen);
    if (!strstr(text_string(&screen), wanted)) {
        fprintf(stderr, "%s", text_string(&screen)); /* a screen is longer than a message may be */
        fail_msg("`%s` is not on the screen", wanted);
    }
    text_free(&screen);
}

static inline void expect_picture(struct stage *stage, const char *name) {
    struct text screen = TEXT_EMPTY, expected = TEXT_EMPTY;
    char path[512];
    draw_text(stage, &screen);
    snprintf(path, sizeof path, "%s/tests/screens/expected/%s-%dx%d%s.txt", TEST_SOURCE_DIR, name,
             stage->canvas.columns, stage->canvas.rows, stage->canvas.ascii ? "-ascii" : "");
    if (getenv("FRAUDSCOPE_REWRITE"))
        assert_int_equal(file_write_atomic(path, text_view(&screen), 0644, NULL), 0);
    assert_int_equal(file_read(path, &expected, NULL), 0);
    assert_string_equal(text_string(&screen), text_string(&expected));
    text_free(&screen);
    text_free(&expected);
}

/* The same keys give the same picture, twice. */
static inline void expect_screen(int columns, int rows, const char *keys, const char *name) {
    for (int i = 0; i < 2; i++) {
        struct stage stage;
        raise_stage(&stage, columns, rows);
        press(&stage, keys);
        expect_picture(&stage, name);
        strike_stage(&stage);
    }
}
