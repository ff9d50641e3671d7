#include "console/ui/private.h"

static size_t visible(const struct scene *scene, size_t index) { /* index of the n-th topic that is not internal */
    for (size_t i = 0; i < scene->model->topics.count; i++)
        if (!scene->model->topics.items[i].internal && index-- == 0)
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

static void draw(struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area) {
    size_t total = count(ui, scene);
    int rows = area.rows, name_columns = area.columns - 36, y = area.y;
    char rate[FORMAT_SIZE], lag[FORMAT_SIZE], age[FORMAT_SIZE];
    if (total == 0) {
        canvas_put(canvas, area.x + 1, area.y, ROLE_DIM,
                   scene->model->topics_observed_ms ? VIEW("no topics: t c creates them") : VIEW("not connected yet"));
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
        size_t cells = topic->seconds_count < 16 ? topic->seconds_count : 16;
        for (size_t j = 0; j < cells; j++)
            spark[15 - j] = topic->seconds[(topic->seconds_at + MODEL_SECONDS - j) % MODEL_SECONDS];
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
