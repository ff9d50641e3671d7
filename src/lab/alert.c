#include "lab/alert.h"

#include <string.h>

void alert_print(const struct alert *alert, struct text *out) {
    text_append_format(out,
                       "Possible fraud: credit card number %s customer %s total spend %lld average spend %lld "
                       "total number of transactions %lld time period %s to %s",
                       alert->card, alert->email, (long long)alert->total, (long long)alert->average,
                       (long long)alert->count, alert->window_start, alert->window_end);
}

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Finds a label whose words may be apart by any white space; *before ends where it begins, *text goes on behind it. */
static bool find_label(struct view *text, const char *label, struct view *before) {
    for (size_t start = 0; start < text->size; start++) {
        if (start && !is_space(text->data[start - 1]))
            continue;
        size_t at = start;
        const char *word = label;
        while (*word && at < text->size) {
            if (*word == ' ') {
                if (!is_space(text->data[at]))
                    break;
                while (at < text->size && is_space(text->data[at]))
                    at++;
                word++;
            } else if ((text->data[at] | 0x20) == *word) {
                at++;
                word++;
            } else {
                break;
            }
        }
        if (*word || (at < text->size && !is_space(text->data[at]) && text->data[at] != ':'))
            continue;
        if (at < text->size && text->data[at] == ':')
            at++;
        *before = view_trim((struct view){text->data, start});
        *text = (struct view){text->data + at, text->size - at};
        return true;
    }
    return false;
}

static bool copy(char *to, size_t size, struct view from) {
    while (from.size &&
           (from.data[from.size - 1] == ',' || from.data[from.size - 1] == '.' || from.data[from.size - 1] == ';'))
        from.size--;
    if (from.size == 0 || from.size >= size)
        return false;
    memcpy(to, from.data, from.size);
    to[from.size] = '\0';
    return true;
}

static bool number(struct view text, int64_t *to) {
    double real;
    while (text.size && (text.data[text.size - 1] == ',' || text.data[text.size - 1] == '.'))
        text.size--;
    if (view_to_int64(text, to))
        return true;
    if (!view_to_double(text, &real) || real < -9e15 || real > 9e15)
        return false;
    *to = (int64_t)real;
    return true;
}

bool alert_parse(struct view text, struct alert *alert) {
    static const char *const labels[] = {"credit card number",           "customer",    "total spend", "average spend",
                                         "total number of transactions", "time period", "to"};
    struct view parts[sizeof labels / sizeof *labels + 1];
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (!find_label(&text, labels[i], &parts[i]))
            return false;
    parts[7] = view_trim(text);
    *alert = (struct alert){0};
    return copy(alert->card, sizeof alert->card, parts[1]) && copy(alert->email, sizeof alert->email, parts[2]) &&
           number(parts[3], &alert->total) && number(parts[4], &alert->average) && number(parts[5], &alert->count) &&
           copy(alert->window_start, sizeof alert->window_start, parts[6]) &&
           copy(alert->window_end, sizeof alert->window_end, parts[7]);
}
