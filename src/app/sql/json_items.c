/* JSON as it was written: jansson would turn 12345678901234567890.12 into a double. */
#include <jansson.h>
#include <stdlib.h>

#include "app/sql/sheet.h"

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool json_next(struct view *rest, struct view *item) {
    size_t at = 0, depth = 0, start;
    bool quoted = false;
    while (at < rest->size && (is_space(rest->data[at]) || rest->data[at] == ','))
        at++;
    start = at;
    for (; at < rest->size; at++) {
        char c = rest->data[at];
        if (quoted) {
            if (c == '\\')
                at++;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            depth++;
        } else if (c == ']' || c == '}') {
            if (depth == 0)
                break;
            depth--;
        } else if (c == ',' && depth == 0) {
            break;
        }
    }
    at = at < rest->size ? at : rest->size;
    *item = view_trim((struct view){rest->data + start, at - start});
    bool any = item->size > 0;
    if (at < rest->size && rest->data[at] != ',')
        at = rest->size; /* the closing bracket */
    *rest = (struct view){rest->data + at, rest->size - at};
    return any;
}

void json_plain(struct view item, struct text *out, bool *null) {
    *null = view_equal(item, VIEW("null"));
    if (*null)
        return;
    json_t *string = item.size && item.data[0] == '"'
                         ? json_loadb(item.data, item.size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL)
                         : NULL;
    if (string)
        text_append(out, (struct view){json_string_value(string), json_string_length(string)});
    else
        text_append(out, item);
    json_decref(string);
}
