#include <string.h>

#include "console/ui/private.h"

enum { STRIP_ROWS = 3, STRIP_SPARK = 12 };

/* The lab's topics in the order of their way first, then other people's, the worker's own last. */
static size_t rank_of(const char *name) {
    static const char *const way[] = {"transactions", "cdc.public.customers", "REKEY_CUSTOMER", "AGGREGATE_TRANS", "FEATURE_SET",
                                      "fraudulent_transactions"};
    size_t known = sizeof way / sizeof *way;
    for (size_t i = 0; i < known; i++)
        if (strcmp(way[i], name) == 0)
            return i;
    return strncmp(name, "connect-", 8) == 0 ? known + 1 : known;
}

static size_t visible(const struct scene *scene, size_t index) { /* index of the n-th topic that is not internal */
    for (size_t rank = 0; rank <= rank_of("connect-"); rank++)
        for (size_t i = 0; i < scene->model->topics.count; i++)
            if (!scene->model->topics.items[i].internal && rank_of(scene->model->topics.items[i].name) == rank && index-- == 0)
                return i;
    return scene->model->topics.count;
}

static size_t count(const struct ui *ui, const struct scene *scene) {
    size_t found = 0;
    (void)ui;
    for (size_t i = 0; i < scene->model->topics.count; i++)
        found += !scene->model->topics.items[i].internal;
    return found;
}

static void title_right(const struct ui *ui, const struct scene *scene, struct text *out) {
    char rate[FORMAT_SIZE];
    double sum = 0;
    for (size_t i = 0; i < scene->model->topics.count; i++)
        sum += scene->model->topics.items[i].internal ? 0 : scene->model->topics.items[i].rate;
    text_append_format(out, "%zu topics · %s", count(ui, scene), format_rate(sum, rate));
}

static void take_spark(const struct model_topic *topic, uint32_t *spark, size_t cells) {
    size_t known = topic->seconds_count < cells ? topic->seconds_count : cells;
    for (size_t j = 0; j < known; j++)
        spark[cells - 1 - j] = topic->seconds[(topic->seconds_at + MODEL_SECONDS - j) % MODEL_SECONDS];
}

/* Three rows or less: two topics side by side, the first ones down the left half. */
static void draw_strip(struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area, size_t total) {
    int half = area.columns / 2, name_columns = half - 10 - STRIP_SPARK - 1;
    size_t top = pane_top(&ui->views[PANE_TOPICS], total, area.rows * 2);
    for (size_t i = 0; i < (size_t)area.rows * 2 && top + i < total; i++) {
        const struct model_topic *topic = &scene->model->topics.items[visible(scene, top + i)];
        int x = area.x + ((int)i >= area.rows ? half : 0), y = area.y + (int)i % area.rows;
        uint32_t spark[STRIP_SPARK] = {0};
        char rate[FORMAT_SIZE];
        take_spark(topic, spark, STRIP_SPARK);
        canvas_put_cut(canvas, x + 1, y, name_columns, ROLE_TEXT, view_of(topic->name));
        canvas_print(canvas, x + 2 + name_columns, y, ROLE_TEXT, "%6s", format_rate(topic->rate, rate));
        canvas_spark(canvas, x + 9 + name_columns, y, spark, STRIP_SPARK);
        if (ui->focus == PANE_TOPICS && top + i == ui->views[PANE_TOPICS].cursor)
            canvas_set_role(canvas, (struct rectangle){x, y, half, 1}, ROLE_SELECT);
    }
}

static void draw(struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area) {
    size_t total = count(ui, scene);
    int rows = area.rows, name_columns = area.columns - 36, y = area.y;
    char rate[FORMAT_SIZE], lag[FORMAT_SIZE], age[FORMAT_SIZE];
    if (total == 0) {
        canvas_put(canvas, area.x + 1, area.y, ROLE_DIM,
                   scene->model->topics_observed_ms ? VIEW("no topics: t c creates them") : VIEW("not connected yet"));
        return;
    }
    if (rows <= STRIP_ROWS && area.columns >= 70) {
        draw_strip(ui, scene, canvas, area, total);
        return;
    }
    if (rows > 3) {
        canvas_print(canvas, area.x + 1, y++, ROLE_DIM, "%-*s %8s  %-16s %3s %3s", name_columns, "topic", "msg/s",
                     "last 16 s", "lag", "age");
        rows--;
    }
    size_t top = pane_top(&ui->views[PANE_TOPICS], total, rows);
    for (int i = 0; i < rows && top + (size_t)i < total; i++, y++) {
        const struct model_topic *topic = &scene->model->topics.items[visible(scene, top + (size_t)i)];
        uint32_t spark[16] = {0};
        take_spark(topic, spark, 16);
        canvas_put_cut(canvas, area.x + 1, y, name_columns, ROLE_TEXT, view_of(topic->name));
        canvas_print(canvas, area.x + 2 + name_columns, y, ROLE_TEXT, "%8s", format_rate(topic->rate, rate));
        canvas_spark(canvas, area.x + 12 + name_columns, y, spark, 16);
        canvas_print(canvas, area.x + 29 + name_columns, y, topic->lag > 0 ? ROLE_WARN : ROLE_TEXT, "%3s %3s",
                     topic->lag < 0     ? "-"
                     : topic->lag > 999 ? "###"
                                        : format_count(topic->lag, lag),
                     topic->last_change_ms ? format_age(scene->now_ms - topic->last_change_ms, age) : "-");
        if (ui->focus == PANE_TOPICS && top + (size_t)i == ui->views[PANE_TOPICS].cursor)
            canvas_set_role(canvas, (struct rectangle){area.x, y, area.columns, 1}, ROLE_SELECT);
    }
}

const struct pane pane_topics = {"topics", "Topics", count, title_right, draw};
