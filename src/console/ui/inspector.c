/* One message: where it stands, its fields, its JSON, its bytes. The stream goes on behind it. */
#include "console/ui/fields.h"
#include "console/ui/private.h"
#include "foundation/base/clock.h"
#include "foundation/base/memory.h"
#include "foundation/base/utf8.h"

enum { VIEW_FIELDS, VIEW_JSON, VIEW_HEX, HEX_COLUMNS = 16, HEX_MOST = 65536, FIELD_COLUMNS = 24, TYPE_COLUMNS = 10 };

static const struct tail_row *shown_row(const struct ui *ui, const struct scene *scene) {
    return transactions_row(ui, scene, ui->inspected);
}

static const char *type_words(const char *how) {
    static const struct {
        const char *how, *words;
    } rows[] = {{"JSON_SR", "JSON Schema"},
                {"AVRO", "Avro"},
                {"JSON", "JSON, no schema"},
                {"NONE", "bytes"},
                {"NULL", "no value"}};
    for (size_t i = 0; how && i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].how, how) == 0)
            return rows[i].words;
    return how ? how : "unknown";
}

static void head_text(const struct ui *ui, const struct scene *scene, const struct tail_row *row, struct text *out) {
    char figure[FORMAT_SIZE];
    int year, month, day, zone = scene->zone_offset, minutes = (zone < 0 ? -zone : zone) / 60;
    int64_t local;
    if (__builtin_add_overflow(row->timestamp, zone * 1000LL, &local)) /* a record's time is what its producer wrote */
        local = row->timestamp;
    int64_t days = local / 86400000 - (local % 86400000 < 0);
    clock_civil_from_days(days, &year, &month, &day);
    text_append_format(out, "topic      %s, partition %d, offset %lld\n", ui->tail.topic, row->partition,
                       (long long)row->offset);
    text_append_format(out, "timestamp  %04d-%02d-%02dT%s%c%02d:%02d", year, month, day,
                       format_time(row->timestamp, zone, true, figure), zone < 0 ? '-' : '+', minutes / 60,
                       minutes % 60);
    int64_t age;
    if (__builtin_sub_overflow(scene->now_ms, row->timestamp, &age))
        age = row->timestamp < 0 ? INT64_MAX : 0;
    text_append_format(out, "  %s ago\n", format_age(age, figure));
    if (row->key) {
        text_append_string(out, "key        \"");
        mask_text(view_of(row->key), ui_masks(ui, scene), out);
        text_append_format(out, "\"  %zu bytes\n", strlen(row->key));
    } else {
        text_append_string(out, "key        NULL\n");
    }
    text_append_format(out, "value      %zu bytes, %s", row->raw_size, type_words(row->how));
    if (row->schema_id && row->raw && row->raw_size >= 5)
        text_append_format(out, ", schema id %d (%02X %02X %02X %02X %02X)", row->schema_id, row->raw[0], row->raw[1],
                           row->raw[2], row->raw[3], row->raw[4]);
    text_append_string(out, "\n\n");
}

static void hex_line(const struct tail_row *row, const bool *hidden, size_t at, struct text *out) {
    text_append_format(out, "%06zx ", at);
    for (size_t i = at; i < at + HEX_COLUMNS; i++)
        if (i >= row->raw_size)
            text_append_string(out, "   ");
        else if (hidden[i])
            text_append_string(out, " ••");
        else
            text_append_format(out, " %02x", row->raw[i]);
    text_append_string(out, "  ");
    for (size_t i = at; i < at + HEX_COLUMNS && i < row->raw_size; i++)
        if (hidden[i])
            text_append_string(out, "•");
        else
            text_append_char(out, row->raw[i] >= ' ' && row->raw[i] < 127 ? (char)row->raw[i] : '.');
    text_append_char(out, '\n');
}

static void hex_text(const struct tail_row *row, bool mask, struct text *out) {
    bool *hidden = memory_zero(row->raw_size + 1, sizeof *hidden);
    if (mask && row->raw)
        mask_bytes(row->raw, row->raw_size, hidden);
    for (size_t at = 0; row->raw && at < row->raw_size && at < HEX_MOST; at += HEX_COLUMNS)
        hex_line(row, hidden, at, out);
    memory_free(hidden);
}

/* The card's average, as the windows know it; 0 = not known. */
static int64_t average_of(const struct scene *scene, const char *card) {
    for (size_t i = scene->model->windows.count; i-- > 0;) {
        const struct model_window *window = &scene->model->windows.items[i];
        for (size_t j = 0; j < window->rows.count; j++)
            if (strcmp(window->rows.items[j].card, card) == 0)
                return window->rows.items[j].average;
    }
    return 0;
}

static void field_value(const struct ui *ui, const struct scene *scene, const struct tail_row *row,
                        const struct json_field *field, bool mask, struct text *out) {
    char figure[FORMAT_SIZE], ratio[FORMAT_SIZE];
    int64_t number;
    (void)ui;
    bool amount = row->is_transaction && strcmp(text_string(&field->name), "amount") == 0;
    if (amount && view_to_int64(text_view(&field->value), &number)) {
        text_append_string(out, format_count(number, figure));
        int64_t average = average_of(scene, row->transaction.card);
        if (number >= scene->settings->high)
            text_append_string(out, "   ▲");
        else if (average > 0)
            text_append_string(out, "  ");
        if (average > 0)
            text_append_format(out, " %s times this card's average",
                               format_figure((double)number / (double)average, ratio));
    } else if (strcmp(field->type, "string") == 0 && field->value.size == 0) {
        text_append_string(out, "''");
    } else if (strcmp(field->type, "null") == 0) {
        text_append_string(out, "NULL");
    } else {
        struct text masked = TEXT_EMPTY;
        mask_text(text_view(&field->value), mask, &masked);
        bool hidden = mask && !view_equal(text_view(&masked), text_view(&field->value));
        text_append(out, text_view(&masked));
        if (hidden)
            text_append_string(out, "   R reveals");
        text_free(&masked);
    }
}

static struct view object_of(const struct tail_row *row) {
    return view_of(row->json && row->json[0] == '{' ? row->json : "");
}

static size_t field_count(const struct tail_row *row) {
    struct view rest = object_of(row);
    struct json_field field;
    size_t count = 0;
    for (; json_field_next(&rest, &field); count++)
        json_field_free(&field);
    return count;
}

static int draw_fields(struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area,
                       const struct tail_row *row) {
    struct view rest = object_of(row);
    struct json_field field;
    size_t count = field_count(row);
    int y = area.y;
    if (ui->overlay_cursor >= count)
        ui->overlay_cursor = count ? count - 1 : 0;
    size_t top = ui->overlay_cursor + 2 > (size_t)area.rows ? ui->overlay_cursor + 2 - (size_t)area.rows : 0;
    canvas_print(canvas, area.x + 1, y++, ROLE_DIM, "%-*s%-*s%s", FIELD_COLUMNS, "field", TYPE_COLUMNS, "type",
                 "value");
    for (size_t i = 0; json_field_next(&rest, &field); i++) {
        if (i >= top && y < area.y + area.rows) {
            struct text value = TEXT_EMPTY;
            field_value(ui, scene, row, &field, ui_masks(ui, scene), &value);
            canvas_put_cut(canvas, area.x + 1, y, FIELD_COLUMNS - 1, ROLE_TEXT, text_view(&field.name));
            canvas_put(canvas, area.x + 1 + FIELD_COLUMNS, y, ROLE_DIM, view_of(field.type));
            canvas_put_cut(canvas, area.x + 1 + FIELD_COLUMNS + TYPE_COLUMNS, y,
                           area.columns - FIELD_COLUMNS - TYPE_COLUMNS - 2,
                           strcmp(field.type, "null") == 0 ? ROLE_DIM : ROLE_TEXT, text_view(&value));
            if (i == ui->overlay_cursor) {
                canvas_put(canvas, area.x, y, ROLE_SELECT, VIEW("►"));
                canvas_set_role(canvas, (struct rectangle){area.x, y, area.columns, 1}, ROLE_SELECT);
                canvas->cursor_x = area.x;
                canvas->cursor_y = y;
            }
            text_free(&value);
            y++;
        }
        json_field_free(&field);
    }
    return y;
}

static void draw_lines(struct ui *ui, struct canvas *canvas, struct rectangle area, struct view text, bool wrap) {
    struct view rest = text, line;
    int lines = wrap ? ui_wrap_lines(area.columns, text) : 0;
    for (size_t i = 0; !wrap && i < text.size; i++)
        lines += text.data[i] == '\n';
    if (ui->overlay_top > lines - area.rows)
        ui->overlay_top = lines - area.rows;
    if (ui->overlay_top < 0)
        ui->overlay_top = 0;
    struct rectangle whole = canvas->clip;
    canvas->clip = area;
    if (wrap)
        ui_wrap(canvas, (struct rectangle){area.x, area.y - ui->overlay_top, area.columns, area.rows + ui->overlay_top},
                area.y - ui->overlay_top, ROLE_TEXT, text);
    for (int i = 0; !wrap && view_split(&rest, '\n', &line); i++)
        canvas_put_cut(canvas, area.x + 1, area.y + i - ui->overlay_top, area.columns - 2, ROLE_TEXT, line);
    canvas->clip = whole;
}

static void draw_body(struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area,
                      const struct tail_row *row) {
    struct text text = TEXT_EMPTY, raw = TEXT_EMPTY;
    bool mask = ui_masks(ui, scene);
    if (ui->inspector_view == VIEW_HEX) {
        hex_text(row, mask, &text);
    } else if (row->error) {
        text_append_format(&text, "does not decode: %s\n", row->error);
    } else if (ui->inspector_view == VIEW_FIELDS && object_of(row).size) {
        draw_fields(ui, scene, canvas, area, row);
        return;
    } else {
        json_indent(view_of(row->json ? row->json : "null"), &raw);
        mask_text(text_view(&raw), mask, &text);
    }
    draw_lines(ui, canvas, area, text_view(&text), ui->inspector_view != VIEW_HEX);
    text_free(&text);
    text_free(&raw);
}

static void draw(struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area) {
    const struct tail_row *row = shown_row(ui, scene);
    struct text title = TEXT_EMPTY, right = TEXT_EMPTY, head = TEXT_EMPTY;
    struct view rest, line;
    int y = area.y + 1;
    if (!row) {
        overlay_frame(ui, canvas, area, "Message", "", "Esc back");
        canvas_put(canvas, area.x + 2, y, ROLE_DIM, VIEW("this row has left the rows that are kept"));
        return;
    }
    text_append_format(&title, "Message %d:%lld · %s", row->partition, (long long)row->offset, ui->tail.topic);
    if (ui->views[PANE_TRANSACTIONS].filter)
        text_append_format(&right, "hit %zu of %zu", ui->views[PANE_TRANSACTIONS].cursor + 1,
                           list_count(ui, scene, PANE_TRANSACTIONS));
    overlay_frame(ui, canvas, area, text_string(&title), text_string(&right), "1 fields  2 JSON  3 hex");
    head_text(ui, scene, row, &head);
    rest = text_view(&head);
    for (; view_split(&rest, '\n', &line); y++)
        canvas_put_cut(canvas, area.x + 2, y, area.columns - 4, ROLE_TEXT, line);
    draw_body(ui, scene, canvas, (struct rectangle){area.x + 1, y, area.columns - 2, area.y + area.rows - 1 - y}, row);
    text_free(&title);
    text_free(&right);
    text_free(&head);
}

/* j: the next older, k: the next newer; the cursor of the list goes along. */
void inspector_move(struct ui *ui, const struct scene *scene, const char *how) {
    struct pane_view *view = &ui->views[PANE_TRANSACTIONS];
    size_t count = list_count(ui, scene, PANE_TRANSACTIONS);
    bool next = strcmp(how, "next") == 0;
    if (next ? view->cursor + 1 >= count : view->cursor == 0)
        return;
    list_go(ui, scene, PANE_TRANSACTIONS, next ? view->cursor + 1 : view->cursor - 1);
    ui->inspected = transactions_chosen(ui, scene)->sequence;
    ui->overlay_top = 0;
}

void inspector_copy(struct ui *ui, const struct scene *scene, bool field, struct text *out) {
    const struct tail_row *row = shown_row(ui, scene);
    struct view rest = row ? object_of(row) : (struct view){0};
    struct json_field one;
    if (!row)
        return;
    if (!field || rest.size == 0 || ui->inspector_view != VIEW_FIELDS) {
        mask_text(view_of(row->json ? row->json : "NULL"), ui_masks(ui, scene), out);
        return;
    }
    for (size_t i = 0; json_field_next(&rest, &one); i++) {
        if (i == ui->overlay_cursor)
            mask_text(text_view(&one.value), ui_masks(ui, scene), out);
        json_field_free(&one);
    }
}

/* Up and Down choose a field; in the other views they move the text. */
static bool key(struct ui *ui, const struct scene *scene, const char *name) {
    const struct tail_row *row = shown_row(ui, scene);
    bool fields = row && ui->inspector_view == VIEW_FIELDS && object_of(row).size;
    if (!fields || (strcmp(name, "Up") != 0 && strcmp(name, "Down") != 0))
        return false;
    if (strcmp(name, "Down") == 0)
        ui->overlay_cursor += ui->overlay_cursor + 1 < field_count(row);
    else
        ui->overlay_cursor -= ui->overlay_cursor > 0;
    return true;
}

const struct overlay overlay_inspector = {"inspector", draw, key};
