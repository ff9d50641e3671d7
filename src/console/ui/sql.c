#include "console/ui/sql.h"

#include <ctype.h>

#include "foundation/base/utf8.h"
#include "ksql/language/print.h"

enum { PROMPT = 6 };

static size_t piece_size(struct view rest) {
    size_t at = 1;
    unsigned char first = (unsigned char)rest.data[0];
    if (first == '-' && rest.size > 1 && rest.data[1] == '-')
        return rest.size;
    if (first == '\'') {
        while (at < rest.size && rest.data[at] != '\'')
            at++;
        return at < rest.size ? at + 1 : at;
    }
    bool word = isalnum(first) || first == '_';
    while (at < rest.size && word && (isalnum((unsigned char)rest.data[at]) || strchr("_.", rest.data[at])))
        at++;
    while (!word && at < rest.size && !isalnum((unsigned char)rest.data[at]) && !strchr("'-_", rest.data[at]))
        at++;
    return at;
}

static enum role role_of(struct view piece) {
    unsigned char first = (unsigned char)piece.data[0];
    if (first == '-' && piece.size > 1 && piece.data[1] == '-')
        return ROLE_DIM;
    if (first == '\'')
        return ROLE_SQL_STRING;
    if (isdigit(first))
        return ROLE_SQL_NUMBER;
    return isalpha(first) && print_is_keyword(piece) ? ROLE_INFO : ROLE_TEXT;
}

void sql_put(struct canvas *canvas, int x, int y, int columns, struct view line) {
    int right = x + columns;
    while (line.size && x < right) {
        struct view piece = {line.data, piece_size(line)};
        bool last = utf8_width(line) <= right - x;
        if (!last && utf8_width(piece) >= right - x) {
            canvas_put_cut(canvas, x, y, right - x, role_of(piece), piece.size < line.size ? line : piece);
            return;
        }
        x = canvas_put(canvas, x, y, role_of(piece), piece);
        line = (struct view){line.data + piece.size, line.size - piece.size};
    }
}

static size_t break_at(struct view line, int columns) {
    int width;
    size_t size = utf8_fit(line, columns, &width), space = size;
    if (size == line.size)
        return size;
    while (space > 0 && line.data[space] != ' ')
        space--;
    return space ? space : size;
}

int sql_put_statement(struct canvas *canvas, struct rectangle area, int y, int rows, struct view statement) {
    struct view line, rest = view_trim(statement);
    int columns = area.columns - PROMPT - 2, end = y + rows;
    canvas_put(canvas, area.x + 1, y, ROLE_INFO, VIEW("ksql>"));
    if (rest.size == 0)
        return y + 1;
    while (columns > 0 && view_split(&rest, '\n', &line)) {
        do {
            size_t size = break_at(line, columns);
            bool more = size < line.size || rest.size;
            if (size == 0 && line.size)
                return y;
            if (y + 1 == end && more) { /* the last line that fits says that there is more */
                sql_put(canvas, area.x + 1 + PROMPT, y, columns - 2, line);
                canvas_put(canvas, area.x + 1 + PROMPT + columns - 2, y, ROLE_DIM, VIEW(" …"));
                return end;
            }
            sql_put(canvas, area.x + 1 + PROMPT, y++, columns, (struct view){line.data, size});
            line = view_trim((struct view){line.data + size, line.size - size});
        } while (line.size);
    }
    return y;
}
