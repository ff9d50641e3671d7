/* One frame of the dashboard at three sizes: a row and a rate arrive, everything is drawn into the canvas. */
#include <string.h>

#include "console/model/event.h"
#include "console/ui/ui.h"
#include "foundation/base/memory.h"
#include "measure.h"

enum { FRAMES = 300, TOPICS = 12, NOW_SECONDS = 1741928671 };

struct stage {
    struct model *model;
    struct guide *guide;
    struct keymap *keymap;
    struct settings settings;
    struct scene scene;
    struct ui *ui;
    struct canvas canvas;
    int64_t sequence;
};

static int ignore_line(void *context, struct view line, struct error *error) {
    (void)context, (void)line, (void)error;
    return 0;
}

static void post(struct stage *stage, void *event) {
    model_apply(stage->model, event, stage->scene.now_ms);
    message_free(event);
}

static void post_row(struct stage *stage) {
    struct event_tail *tail = event_new(&event_tail_kind);
    struct tail_row *row = memory_zero(1, sizeof *row);
    tail->topic = memory_copy_string("transactions");
    tail->count = tail->received = 1;
    tail->rows = memory_zero(1, sizeof *tail->rows);
    tail->rows[0] = row;
    *row = (struct tail_row){.timestamp = stage->scene.now_ms,
                             .offset = stage->sequence,
                             .sequence = (uint64_t)++stage->sequence,
                             .how = "JSON_SR",
                             .schema_id = 1,
                             .is_transaction = true};
    row->json = memory_copy_string("{\"transaction_id\":1,\"amount\":3000}");
    row->transaction = (struct transaction){.id = 100, .card = "5031 9467 5978 2983", .amount = 3000};
    snprintf(row->transaction.location, sizeof row->transaction.location, "Oslo");
    post(stage, tail);
}

static void post_rates(struct stage *stage) {
    struct event_rates *rates = event_new(&event_rates_kind);
    rates->at_ms = stage->scene.now_ms;
    rates->count = TOPICS;
    rates->rates = memory_zero(TOPICS, sizeof *rates->rates);
    for (int i = 0; i < TOPICS; i++) {
        char name[16];
        snprintf(name, sizeof name, "topic-%d", i);
        rates->rates[i] =
            (struct event_rate){memory_copy_string(name), stage->sequence * i, stage->sequence * i, -1, -1};
    }
    post(stage, rates);
}

static void raise_stage(struct stage *stage, int columns, int rows) {
    *stage =
        (struct stage){.model = model_new(), .guide = guide_new(), .keymap = keymap_new(), .settings = SETTINGS_INIT};
    stage->scene = (struct scene){stage->model, stage->guide, &stage->settings, NOW_SECONDS * 1000LL, 0};
    struct text complaints = TEXT_EMPTY;
    keymap_load(stage->keymap, keymap_shipped(), "default.keys", &complaints);
    text_free(&complaints);
    struct event_cluster *cluster = event_new(&event_cluster_kind);
    cluster->cluster_id = memory_copy_string("bench");
    cluster->brokers = 1;
    cluster->topic_count = TOPICS;
    cluster->topics = memory_zero(TOPICS, sizeof *cluster->topics);
    for (int i = 0; i < TOPICS; i++) {
        char name[16];
        snprintf(name, sizeof name, "topic-%d", i);
        cluster->topics[i] = (struct event_topic){memory_copy_string(name), 1, 1, false};
    }
    post(stage, cluster);
    for (int i = 0; i < 500; i++)
        post_row(stage);
    struct ui_callbacks callbacks = {.context = stage, .run = ignore_line};
    stage->ui = ui_new(&callbacks, stage->keymap, NULL);
    canvas_resize(&stage->canvas, columns, rows);
}

static void strike_stage(struct stage *stage) {
    ui_free(stage->ui);
    keymap_free(stage->keymap);
    guide_free(stage->guide);
    model_free(stage->model);
    canvas_free(&stage->canvas);
}

static void draw(void *context, size_t frames) {
    struct stage *stage = context;
    for (size_t i = 0; i < frames; i++) {
        stage->scene.now_ms += 100;
        post_row(stage);
        if (i % 10 == 0)
            post_rates(stage);
        ui_draw(stage->ui, &stage->scene, &stage->canvas);
    }
}

int main(void) {
    static const int sizes[][2] = {{80, 24}, {120, 36}, {200, 60}};
    enum { SIZES = sizeof sizes / sizeof *sizes };
    struct stage stages[SIZES];
    double ns[SIZES][MEASURE_RUNS];
    for (int i = 0; i < SIZES; i++) {
        raise_stage(&stages[i], sizes[i][0], sizes[i][1]);
        draw(&stages[i], FRAMES / 10);
    }
    for (int run = 0; run < MEASURE_RUNS; run++)
        for (int i = 0; i < SIZES; i++)
            ns[i][run] = measure_once(draw, &stages[i], FRAMES);
    for (int i = 0; i < SIZES; i++) {
        qsort(ns[i], MEASURE_RUNS, sizeof **ns, measure_compare);
        double median = ns[i][MEASURE_RUNS / 2];
        printf("frame of the dashboard %3dx%-3d median %8.1f us  ratio to the 50 ms a key may take %8.0f\n",
               sizes[i][0], sizes[i][1], median / 1e3, 50e6 / median);
        strike_stage(&stages[i]);
    }
    return 0;
}
