#include "app/sql/sheet.h"

#include "foundation/base/memory.h"
#include "foundation/base/utf8.h"
#include "foundation/base/vector.h"

struct sheet {
    struct sheet_options options;
    struct sheet_column {
        char *name, *shown; /* as the server has it; safe for a terminal */
        bool right;
        int width;
    } * columns;
    size_t count, printed, rows;
    VECTOR(char *) waiting; /* rows of a table that wait for their widths */
    bool flushed, vertical;
    struct text line;
};

static int width_of(const char *text) {
    return utf8_width(view_of(text));
}

struct sheet *sheet_new(const struct sheet_options *options, const char *const *names, const bool *right,
                        size_t count) {
    struct sheet *sheet = memory_zero(1, sizeof *sheet);
    sheet->options = *options;
    sheet->count = count;
    sheet->columns = memory_zero(count + 1, sizeof *sheet->columns);
    for (size_t i = 0; i < count; i++) {
        struct text shown = TEXT_EMPTY;
        utf8_display(&shown, view_of(names[i]));
        sheet->columns[i] =
            (struct sheet_column){memory_copy_string(names[i]), text_take(&shown), right && right[i], 0};
        sheet->columns[i].width = width_of(sheet->columns[i].shown);
    }
    return sheet;
}

size_t sheet_count(const struct sheet *sheet) {
    return sheet->rows;
}

/* --- cells --- */

/* NULL, an empty string and a string that reads NULL look different. */
static void append_cell(const struct sheet *sheet, struct text *out, struct view item) {
    struct text plain = TEXT_EMPTY;
    bool null, string = item.size && item.data[0] == '"';
    json_plain(item, &plain, &null);
    bool odd = string && (plain.size == 0 || view_equal(text_view(&plain), VIEW("NULL")) ||
                          view_equal(text_view(&plain), VIEW("''")));
    if (sheet->options.blanks)
        utf8_display(out, text_view(&plain));
    else if (null)
        text_append_string(out, "NULL");
    else if (odd)
        text_append_format(out, "'%s'", text_string(&plain));
    else
        utf8_display(out, text_view(&plain));
    text_free(&plain);
}

static void append_csv(struct text *out, struct view item) {
    struct text plain = TEXT_EMPTY;
    bool null;
    json_plain(item, &plain, &null);
    bool quoted = !null && plain.size == 0;
    for (size_t i = 0; i < plain.size && !quoted; i++)
        quoted = plain.data[i] == '"' || plain.data[i] == ',' || plain.data[i] == '\n' || plain.data[i] == '\r';
    if (quoted)
        text_append_char(out, '"');
    for (size_t i = 0; i < plain.size; i++) {
        if (plain.data[i] == '"')
            text_append_char(out, '"');
        text_append_char(out, plain.data[i]);
    }
    if (quoted)
        text_append_char(out, '"');
    text_free(&plain);
}

static struct view items_of(struct view json_array) {
    json_array = view_trim(json_array);
    if (json_array.size == 0 || json_array.data[0] != '[')
        return (struct view){0};
    return (struct view){json_array.data + 1, json_array.size - 1};
}

static struct view take(struct view *rest) {
    struct view item;
    return json_next(rest, &item) ? item : VIEW("null");
}

static void put_line(struct sheet *sheet) {
    size_t size = sheet->line.size;
    while (sheet->options.format == SQL_TABLE && size && sheet->line.data[size - 1] == ' ')
        size--;
    fwrite(sheet->line.data, 1, size, sheet->options.out);
    fputc('\n', sheet->options.out);
    text_clear(&sheet->line);
}

void sheet_line(FILE *out, struct view line) {
    struct text safe = TEXT_EMPTY;
    utf8_display(&safe, line);
    fprintf(out, "%s\n", text_string(&safe));
    text_free(&safe);
}

/* --- table --- */

static void pad(struct text *out, int columns) {
    while (columns-- > 0)
        text_append_char(out, ' ');
}

static void append_padded(struct sheet *sheet, size_t at, const char *cell) {
    const struct sheet_column *column = &sheet->columns[at];
    int room = column->width - width_of(cell);
    text_append_string(&sheet->line, at ? " | " : " ");
    if (column->right)
        pad(&sheet->line, room);
    text_append_string(&sheet->line, cell);
    if (!column->right)
        pad(&sheet->line, room);
}

static void measure(struct sheet *sheet, struct view json_array) {
    struct view rest = items_of(json_array);
    struct text cell = TEXT_EMPTY;
    for (size_t i = 0; i < sheet->count; i++) {
        text_clear(&cell);
        append_cell(sheet, &cell, take(&rest));
        int width = width_of(text_string(&cell));
        if (width > sheet->columns[i].width)
            sheet->columns[i].width = width;
    }
    text_free(&cell);
}

static int whole_width(const struct sheet *sheet) {
    int width = 1;
    for (size_t i = 0; i < sheet->count; i++)
        width += sheet->columns[i].width + (i ? 3 : 0);
    return width;
}

static void put_rule(struct sheet *sheet, int width) {
    while (width-- > 0)
        text_append_char(&sheet->line, '-');
    put_line(sheet);
}

static void put_head(struct sheet *sheet) {
    for (size_t i = 0; i < sheet->count; i++)
        append_padded(sheet, i, sheet->columns[i].shown);
    put_line(sheet);
    put_rule(sheet, whole_width(sheet) + 1);
}

static void put_flat(struct sheet *sheet, struct view json_array) {
    struct view rest = items_of(json_array);
    struct text cell = TEXT_EMPTY;
    for (size_t i = 0; i < sheet->count; i++) {
        text_clear(&cell);
        append_cell(sheet, &cell, take(&rest));
        append_padded(sheet, i, text_string(&cell));
    }
    put_line(sheet);
    text_free(&cell);
}

static void put_vertical(struct sheet *sheet, struct view json_array) {
    struct view rest = items_of(json_array);
    int widest = 0;
    for (size_t i = 0; i < sheet->count; i++)
        widest = width_of(sheet->columns[i].shown) > widest ? width_of(sheet->columns[i].shown) : widest;
    text_append_format(&sheet->line, "--- row %zu ---", sheet->printed + 1);
    put_line(sheet);
    for (size_t i = 0; i < sheet->count; i++) {
        text_append_format(&sheet->line, " %s", sheet->columns[i].shown);
        pad(&sheet->line, widest - width_of(sheet->columns[i].shown));
        text_append_string(&sheet->line, " : ");
        append_cell(sheet, &sheet->line, take(&rest));
        put_line(sheet);
    }
}

static void put_row(struct sheet *sheet, struct view json_array) {
    if (sheet->vertical)
        put_vertical(sheet, json_array);
    else
        put_flat(sheet, json_array);
    sheet->printed++;
}

/* --- the two formats for programs --- */

static void put_json(struct sheet *sheet, struct view json_array) {
    struct view rest = items_of(json_array);
    for (size_t i = 0; i < sheet->count; i++) {
        text_append_char(&sheet->line, i ? ',' : '{');
        text_append_json(&sheet->line, view_of(sheet->columns[i].name));
        text_append_char(&sheet->line, ':');
        text_append(&sheet->line, take(&rest));
    }
    text_append_char(&sheet->line, '}');
    put_line(sheet);
}

static void put_csv_head(struct sheet *sheet) {
    for (size_t i = 0; i < sheet->count; i++) {
        struct text name = TEXT_EMPTY;
        text_append_json(&name, view_of(sheet->columns[i].name));
        if (i)
            text_append_char(&sheet->line, ',');
        append_csv(&sheet->line, text_view(&name));
        text_free(&name);
    }
    text_append_char(&sheet->line, '\r');
    put_line(sheet);
}

static void put_csv(struct sheet *sheet, struct view json_array) {
    struct view rest = items_of(json_array);
    for (size_t i = 0; i < sheet->count; i++) {
        if (i)
            text_append_char(&sheet->line, ',');
        append_csv(&sheet->line, take(&rest));
    }
    text_append_char(&sheet->line, '\r');
    put_line(sheet);
}

/* --- sheet --- */

void sheet_flush(struct sheet *sheet) {
    if (sheet->flushed)
        return;
    sheet->flushed = true;
    if (sheet->options.format == SQL_CSV)
        put_csv_head(sheet);
    if (sheet->options.format != SQL_TABLE)
        return;
    for (size_t i = 0; i < sheet->waiting.count; i++)
        measure(sheet, view_of(sheet->waiting.items[i]));
    sheet->vertical = sheet->options.columns > 0 && whole_width(sheet) > sheet->options.columns && sheet->waiting.count;
    if (!sheet->vertical)
        put_head(sheet);
    for (size_t i = 0; i < sheet->waiting.count; i++) {
        put_row(sheet, view_of(sheet->waiting.items[i]));
        memory_free(sheet->waiting.items[i]);
    }
    vector_free(&sheet->waiting);
    fflush(sheet->options.out);
}

void sheet_row(struct sheet *sheet, struct view json_array) {
    sheet->rows++;
    if (sheet->options.format == SQL_TABLE && !sheet->flushed) {
        struct text copy = TEXT_EMPTY;
        text_append(&copy, json_array);
        vector_push(&sheet->waiting, text_take(&copy));
        return;
    }
    sheet_flush(sheet);
    if (sheet->options.format == SQL_JSON) {
        put_json(sheet, json_array);
    } else if (sheet->options.format == SQL_CSV) {
        put_csv(sheet, json_array);
    } else {
        measure(sheet, json_array);
        put_row(sheet, json_array);
    }
}

void sheet_free(struct sheet *sheet) {
    if (!sheet)
        return;
    sheet_flush(sheet);
    fflush(sheet->options.out);
    for (size_t i = 0; i < sheet->count; i++)
        memory_free(sheet->columns[i].name), memory_free(sheet->columns[i].shown);
    memory_free(sheet->columns);
    text_free(&sheet->line);
    memory_free(sheet);
}
