#include <stdio.h>

#include "console/ui/private.h"

enum { STRIP_ROWS = 3, STRIP_SPARK = 13, STRIP_NAME = 15, SPARK_MOST = 18 };

/* The lab's topics in the order of their way first, then other people's. */
static size_t rank_of(const char *name) {
    static const char *const way[] = {"transactions", "cdc.public.customers",    "REKEY_CUSTOMER", "AGGREGATE_TRANS",
                                      "FEATURE_SET",  "fraudulent_transactions", "customers"};
    size_t known = sizeof way / sizeof *way;
    for (size_t i = 0; i < known; i++)
        if (strcmp(way[i], name) == 0)
            return i;
    return known;
}

static size_t total(const struct ui *ui, const struct scene *scene) {
    size_t found = 0;
    (void)ui;
    for (size_t i = 0; i < scene->model->topics.count; i++)
        found += !scene->model->topics.items[i].internal;
    return found;
}

static void rows(struct ui *ui, const struct scene *scene, struct pane_view *view) {
    (void)ui;
    for (size_t rank = 0; rank <= rank_of(""); rank++)
        for (size_t i = 0; i < scene->model->topics.count; i++) {
            const struct model_topic *topic = &scene->model->topics.items[i];
            struct filter_row row = {.text = view_of(topic->name), .amount = FILTER_UNKNOWN, .age_ms = FILTER_UNKNOWN};
            if (topic->last_change_ms)
                row.age_ms = scene->now_ms - topic->last_change_ms;
            if (!topic->internal && rank_of(topic->name) == rank && filter_match(view->filter, &row))
                vector_push(&view->rows, i);
        }
}

static uint64_t identity(const struct ui *ui, const struct scene *scene, size_t own) {
    (void)ui;
    return ui_hash(scene->model->topics.items[own].name);
}

static void copy(const struct ui *ui, const struct scene *scene, size_t own, bool field, struct text *out) {
    const struct model_topic *topic = &scene->model->topics.items[own];
    (void)ui;
    text_append_string(out, topic->name);
    if (!field)
        text_append_format(out, "\t%d\t%lld", topic->partitions, (long long)topic->high);
}

const struct model_topic *topics_chosen(struct ui *ui, const struct scene *scene) {
    size_t at = ui->views[PANE_TOPICS].cursor;
    return at < list_count(ui, scene, PANE_TOPICS) ? &scene->model->topics.items[list_own(ui, PANE_TOPICS, at)] : NULL;
}

static void title_right(struct ui *ui, const struct scene *scene, struct text *out) {
    char figure[FORMAT_SIZE];
    double sum = 0, bytes = 0;
    for (size_t i = 0; i < scene->model->topics.count; i++) {
        const struct model_topic *topic = &scene->model->topics.items[i];
        sum += topic->internal ? 0 : topic->rate;
        bytes += topic->internal || topic->bytes_rate < 0 ? 0 : topic->bytes_rate;
    }
    size_t count = total(ui, scene);
    text_append_format(out, "%zu topic%s · %s", count, count == 1 ? "" : "s", format_rate(sum, figure));
    if (bytes > 0)
        text_append_format(out, " · %s", format_bytes_rate(bytes, figure));
}

static void draw_spark(struct canvas *canvas, int x, int y, const struct model_topic *topic, size_t cells,
                       bool blank_zero) {
    uint32_t spark[SPARK_MOST] = {0};
    size_t known = topic->seconds_count < cells ? topic->seconds_count : cells;
    bool any = !blank_zero;
    for (size_t j = 0; j < known; j++) {
        spark[cells - 1 - j] = topic->seconds[(topic->seconds_at + MODEL_SECONDS - j) % MODEL_SECONDS];
        any = any || spark[cells - 1 - j];
    }
    if (any)
        canvas_spark(canvas, x, y, spark, cells);
}

/* Three rows or less: two topics side by side, the first ones down the left half. */
static void draw_strip(struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area) {
    int half = area.columns / 2, name_columns = half - (39 - STRIP_NAME);
    size_t count = list_count(ui, scene, PANE_TOPICS), top = list_top(ui, scene, PANE_TOPICS, area.rows * 2);
    for (size_t i = 0; i < (size_t)area.rows * 2 && top + i < count; i++) {
        const struct model_topic *topic = &scene->model->topics.items[list_own(ui, PANE_TOPICS, top + i)];
        int x = area.x + ((int)i >= area.rows ? half : 0), y = area.y + (int)i % area.rows;
        char rate[FORMAT_SIZE];
        canvas_put_cut(canvas, x + 1, y, name_columns, ROLE_TEXT, view_of(topic->name));
        canvas_print(canvas, x + 1 + name_columns, y, ROLE_TEXT, "%7s", format_rate(topic->rate, rate));
        draw_spark(canvas, x + 9 + name_columns, y, topic, STRIP_SPARK, true);
        list_mark(ui, canvas, PANE_TOPICS, top + i, (struct rectangle){x, y, half - 1, 1});
    }
}

static void draw_row(const struct scene *scene, struct canvas *canvas, const struct model_topic *topic,
                     struct rectangle row, bool wide) {
    char figure[FORMAT_SIZE], age[FORMAT_SIZE];
    int spark = wide ? SPARK_MOST : SPARK_MOST - 2, name_columns = row.columns - spark - (wide ? 26 : 18);
    int x = row.x + 1 + name_columns, y = row.y;
    canvas_put_cut(canvas, row.x + 1, y, name_columns, ROLE_TEXT, view_of(topic->name));
    x = canvas_print(canvas, x, y, ROLE_TEXT, "%6s", format_figure(topic->rate, figure));
    if (wide)
        x = topic->bytes_rate < 0
                ? canvas_print(canvas, x, y, ROLE_DIM, "%7s", "-")
                : canvas_print(canvas, x, y, ROLE_TEXT, "%7s", format_figure(topic->bytes_rate / 1000, figure));
    draw_spark(canvas, x + 2, y, topic, (size_t)spark, false);
    x += 2 + spark;
    x = canvas_print(canvas, x, y, topic->lag > 0 ? ROLE_WARN : ROLE_TEXT, wide ? "%5s" : "%4s",
                     topic->lag < 0 ? "-" : format_fit(format_count(topic->lag, figure), wide ? 5 : 4));
    canvas_print(canvas, x, y, ROLE_TEXT, wide ? "%5s" : "%4s",
                 topic->last_change_ms ? format_short_age(scene->now_ms - topic->last_change_ms, age) : "-");
}

static void draw(struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area) {
    size_t count = list_count(ui, scene, PANE_TOPICS);
    int y = area.y, shown = area.rows;
    bool wide = area.columns >= 66;
    if (count == 0) {
        if (!list_hidden(ui, scene, canvas, PANE_TOPICS, area))
            canvas_put(canvas, area.x + 1, area.y, ROLE_DIM,
                       scene->model->topics_observed_ms ? VIEW("no topics: t c creates them") : VIEW("not connected"));
        return;
    }
    if (area.rows <= STRIP_ROWS && area.columns >= 70) {
        draw_strip(ui, scene, canvas, area);
        return;
    }
    if (shown > STRIP_ROWS) {
        int spark = wide ? SPARK_MOST : SPARK_MOST - 2;
        char last[FORMAT_SIZE];
        snprintf(last, sizeof last, "last %d s", spark);
        canvas_print(canvas, area.x + 1, y++, ROLE_DIM, "%-*s%6s%s  %-*s %*s %*s",
                     area.columns - spark - (wide ? 26 : 18), "topic", "msg/s", wide ? "   kB/s" : "", spark, last,
                     wide ? 4 : 3, "lag", wide ? 4 : 3, "age");
        shown--;
    }
    size_t top = list_top(ui, scene, PANE_TOPICS, shown);
    for (int i = 0; i < shown && top + (size_t)i < count; i++, y++) {
        struct rectangle row = {area.x, y, area.columns, 1};
        draw_row(scene, canvas, &scene->model->topics.items[list_own(ui, PANE_TOPICS, top + (size_t)i)], row, wide);
        list_mark(ui, canvas, PANE_TOPICS, top + (size_t)i, row);
    }
}

const struct pane pane_topics = {"topics", "Topics", rows, identity, total, copy, title_right, draw};
