#include "console/ui/private.h"

static void help_text(const struct ui *ui, struct text *out) {
    text_append_format(out, "KEYS\n");
    for (size_t i = 0; i < keymap_count(ui->keymap); i++) {
        const struct key_row *row = keymap_at(ui->keymap, i);
        text_append_format(out, "  %-12s %s %-10s %s\n", row->place, strlen(row->place) == 1 ? row->place : " ",
                           row->key, row->command);
    }
    text_append_string(out, "\nVIEW COMMANDS\n");
    for (const struct command *row = ui_commands; row->name; row++)
        text_append_format(out, "  :%s %s  %s\n", row->name, row->usage, row->help);
    text_append_string(out, "\nCOMMANDS\n");
    for (const struct command *row = ui->commands; row && row->name; row++)
        text_append_format(out, "  :%s %s  %s\n", row->name, row->usage, row->help);
}

static void hex_text(const struct tail_row *row, struct text *out) {
    for (size_t at = 0; at < row->raw_size && at < 65536; at += 16) {
        text_append_format(out, "%06zx ", at);
        for (size_t i = at; i < at + 16; i++)
            if (i < row->raw_size)
                text_append_format(out, " %02x", row->raw[i]);
            else
                text_append_string(out, "   ");
        text_append_string(out, "  ");
        for (size_t i = at; i < at + 16 && i < row->raw_size; i++)
            text_append_char(out, row->raw[i] >= ' ' && row->raw[i] < 127 ? (char)row->raw[i] : '.');
        text_append_char(out, '\n');
    }
}

static void inspector_text(const struct ui *ui, const struct scene *scene, const struct tail_row *row,
                           struct text *out) {
    char time[FORMAT_SIZE], card[FORMAT_SIZE], amount[FORMAT_SIZE];
    text_append_format(out, "partition %d, offset %lld, %s\n", row->partition, (long long)row->offset,
                       format_time(row->timestamp, scene->zone_offset, true, time));
    text_append_format(out, "key   %s\nvalue %zu bytes, %s, schema id %d\n\n", row->key ? row->key : "NULL",
                       row->raw_size, row->how ? row->how : "unknown", row->schema_id);
    if (ui->inspector_view == 2)
        hex_text(row, out);
    else if (row->error)
        text_append_format(out, "does not decode: %s\n", row->error);
    else if (row->is_transaction && ui->inspector_view == 0)
        text_append_format(out, "%-22s %d\n%-22s %s\n%-22s %s\n%-22s %s\n%-22s %s\n", "transaction_id",
                           row->transaction.id, "transaction_timestamp", row->transaction.timestamp,
                           "credit_card_number", format_card(row->transaction.card, scene->settings->mask, card),
                           "amount", format_count(row->transaction.amount, amount), "location",
                           row->transaction.location);
    else if (row->is_transaction && scene->settings->mask)
        text_append_format(out,
                           "{\n  \"transaction_id\": %d,\n  \"credit_card_number\": \"%s\",\n  \"amount\": %d,\n  "
                           "\"location\": \"%s\"\n}\n",
                           row->transaction.id, format_card(row->transaction.card, true, card), row->transaction.amount,
                           row->transaction.location);
    else
        text_append_format(out, "%s\n", row->json ? row->json : "NULL");
}

void overlay_draw(struct ui *ui, const struct scene *scene, struct canvas *canvas, struct rectangle area) {
    struct text text = TEXT_EMPTY;
    bool help = ui->overlay == OVERLAY_HELP;
    canvas_fill(canvas, area, ROLE_TEXT);
    canvas_border(canvas, area, true);
    if (help) {
        help_text(ui, &text);
    } else {
        const struct tail_row *row = NULL;
        for (size_t i = 0; scene->model->tails.count && i < scene->model->tails.items[0]->count && !row; i++) {
            const struct tail_row *candidate = model_tail_at(scene->model->tails.items[0], i);
            if (candidate->sequence == ui->inspected)
                row = candidate;
        }
        if (row)
            inspector_text(ui, scene, row, &text);
        else
            text_append_string(&text, "this row has left the rows kept; Esc goes back\n");
    }
    canvas_put(canvas, area.x + 2, area.y, ROLE_TITLE, help ? VIEW(" ► Help ") : VIEW(" ► Message "));
    canvas_put(canvas, area.x + 2, area.y + area.rows - 1, ROLE_DIM,
               help ? VIEW(" j k move   Esc back ") : VIEW(" 1 fields  2 JSON  3 hex   Esc back "));
    int lines = 0, inner = area.rows - 2;
    for (size_t i = 0; i < text.size; i++)
        lines += text.data[i] == '\n';
    if (ui->overlay_top > lines - inner)
        ui->overlay_top = lines - inner;
    if (ui->overlay_top < 0)
        ui->overlay_top = 0;
    struct view rest = text_view(&text), line;
    for (int i = 0; view_split(&rest, '\n', &line); i++)
        if (i >= ui->overlay_top && i < ui->overlay_top + inner)
            canvas_put_cut(canvas, area.x + 2, area.y + 1 + i - ui->overlay_top, area.columns - 4, ROLE_TEXT, line);
    text_free(&text);
}
