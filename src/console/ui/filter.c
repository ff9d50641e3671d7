#include "console/ui/filter.h"

#include <ctype.h>
#include <regex.h>
#include <strings.h>

#include "foundation/base/memory.h"
#include "foundation/base/vector.h"

enum field { FIELD_WORD, FIELD_REGEX, FIELD_AMOUNT, FIELD_AGE, FIELD_CARD, FIELD_LOCATION };

struct term {
    enum field field;
    bool negated, exact;
    char compare; /* < > = */
    bool or_equal;
    int64_t number;
    char *text; /* word or glob */
    regex_t regex;
};
struct filter {
    char *text;
    VECTOR(struct term) terms;
};

static bool has_capital(struct view word) {
    for (size_t i = 0; i < word.size; i++)
        if (isupper((unsigned char)word.data[i]))
            return true;
    return false;
}

static char *copy(struct view view) {
    struct text text = TEXT_EMPTY;
    text_append(&text, view);
    return text_take(&text);
}

/* A term ends at a space; one that begins with / ends at the next / that no \ stands before. */
static struct view take_term(struct view *rest) {
    *rest = view_trim(*rest);
    size_t at = rest->size && rest->data[0] == '!' ? 1 : 0;
    bool regex = at < rest->size && rest->data[at] == '/' && memchr(rest->data + at + 1, '/', rest->size - at - 1);
    if (regex) {
        for (at++; at < rest->size && rest->data[at] != '/'; at++)
            at += rest->data[at] == '\\';
        at = at < rest->size ? at + 1 : rest->size;
    } else {
        while (at < rest->size && rest->data[at] != ' ' && rest->data[at] != '\t')
            at++;
    }
    struct view term = {rest->data, at};
    *rest = (struct view){rest->data + at, rest->size - at};
    return term;
}

static int read_regex(struct view word, struct term *term, struct error *error) {
    char reason[128];
    struct view pattern = {word.data + 1,
                           word.size > 2 && word.data[word.size - 1] == '/' ? word.size - 2 : word.size - 1};
    char *text = copy(pattern);
    int flags = REG_EXTENDED | REG_NOSUB | (has_capital(pattern) ? 0 : REG_ICASE);
    int failed = regcomp(&term->regex, text, flags);
    memory_free(text);
    if (failed) {
        regerror(failed, &term->regex, reason, sizeof reason);
        return error_set(error, ERROR_INVALID, "filter: %.*s is no regular expression: %s", VIEW_ARGS(word), reason);
    }
    term->field = FIELD_REGEX;
    return 0;
}

static bool read_age(struct view value, int64_t *ms) {
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}};
    for (size_t i = 0; value.size && i < sizeof units / sizeof *units; i++)
        if (value.data[value.size - 1] == units[i].unit &&
            view_to_int64((struct view){value.data, value.size - 1}, ms) && *ms >= 0 && *ms < 100000) {
            *ms *= units[i].ms;
            return true;
        }
    return false;
}

/* amount>5000, age<=30s: 1 when the word is one, 0 when it is something else, -1 when it is a wrong one. */
static int read_number_field(struct view word, struct term *term, struct error *error) {
    static const struct {
        struct view name;
        enum field field;
    } fields[] = {{{"amount", 6}, FIELD_AMOUNT}, {{"age", 3}, FIELD_AGE}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        size_t at = fields[i].name.size;
        if (!view_starts_with(word, fields[i].name) || word.size <= at || !strchr("<>=", word.data[at]))
            continue;
        term->field = fields[i].field;
        term->compare = word.data[at++];
        term->or_equal = at < word.size && word.data[at] == '=' && term->compare != '=';
        at += term->or_equal;
        struct view value = {word.data + at, word.size - at};
        bool good = term->field == FIELD_AGE ? read_age(value, &term->number) : view_to_int64(value, &term->number);
        if (good)
            return 1;
        return error_set(error, ERROR_INVALID, "filter: %.*s: %s", VIEW_ARGS(word),
                         term->field == FIELD_AGE ? "an age is written as 30s, 5m, 2h or 1d"
                                                  : "an amount is a whole number");
    }
    return 0;
}

static int read_term(struct view word, struct term *term, struct error *error) {
    *term = (struct term){0};
    if (word.size > 1 && word.data[0] == '!') {
        term->negated = true;
        word = (struct view){word.data + 1, word.size - 1};
    }
    if (word.size > 1 && word.data[0] == '/')
        return read_regex(word, term, error);
    int number = read_number_field(word, term, error);
    if (number != 0)
        return number < 0 ? -1 : 0;
    struct view value = word;
    if (view_starts_with(word, VIEW("card:")) || view_starts_with(word, VIEW("loc:"))) {
        size_t prefix = word.data[0] == 'c' ? 5 : 4;
        term->field = prefix == 5 ? FIELD_CARD : FIELD_LOCATION;
        value = (struct view){word.data + prefix, word.size - prefix};
        if (value.size == 0)
            return error_set(error, ERROR_INVALID,
                             "filter: %.*s wants something behind it, like card:5031* or loc:Oslo", VIEW_ARGS(word));
    }
    term->exact = has_capital(value);
    term->text = copy(value);
    return 0;
}

struct filter *filter_new(struct view text, struct error *error) {
    struct filter *filter = memory_zero(1, sizeof *filter);
    struct view rest = view_trim(text), word;
    filter->text = copy(rest);
    while ((word = take_term(&rest)).size) {
        struct term term;
        if (read_term(word, &term, error) != 0) {
            filter_free(filter);
            return NULL;
        }
        vector_push(&filter->terms, term);
    }
    return filter;
}

void filter_free(struct filter *filter) {
    if (!filter)
        return;
    for (size_t i = 0; i < filter->terms.count; i++) {
        memory_free(filter->terms.items[i].text);
        if (filter->terms.items[i].field == FIELD_REGEX)
            regfree(&filter->terms.items[i].regex);
    }
    vector_free(&filter->terms);
    memory_free(filter->text);
    memory_free(filter);
}

const char *filter_text(const struct filter *filter) {
    return filter ? filter->text : "";
}

bool filter_has_age(const struct filter *filter) {
    for (size_t i = 0; filter && i < filter->terms.count; i++)
        if (filter->terms.items[i].field == FIELD_AGE)
            return true;
    return false;
}

static bool contains(struct view row, const char *word, bool exact) {
    size_t size = strlen(word);
    if (exact)
        return row.data && memmem(row.data, row.size, word, size) != NULL;
    for (size_t i = 0; i + size <= row.size; i++)
        if (strncasecmp(row.data + i, word, size) == 0)
            return true;
    return false;
}

/* `*` stands for anything; blanks of a card's groups count for nothing. */
static bool glob(const char *pattern, struct view text, bool skip_blanks) {
    while (skip_blanks && text.size && text.data[0] == ' ')
        text = (struct view){text.data + 1, text.size - 1};
    if (*pattern == '\0')
        return text.size == 0;
    if (*pattern == '*') {
        for (size_t i = 0; i <= text.size; i++)
            if (glob(pattern + 1, (struct view){text.data + i, text.size - i}, skip_blanks))
                return true;
        return false;
    }
    return text.size && tolower((unsigned char)*pattern) == tolower((unsigned char)text.data[0]) &&
           glob(pattern + 1, (struct view){text.data + 1, text.size - 1}, skip_blanks);
}

static bool compare(const struct term *term, int64_t value) {
    if (value == FILTER_UNKNOWN)
        return false;
    if (value == term->number)
        return term->or_equal || term->compare == '=';
    return term->compare == '<' ? value < term->number : term->compare == '>' && value > term->number;
}

static bool holds(const struct term *term, const struct filter_row *row) {
    switch (term->field) {
    case FIELD_REGEX: {
        regmatch_t range = {0, (regoff_t)row->text.size};
        return row->text.data && regexec(&term->regex, row->text.data, 1, &range, REG_STARTEND) == 0;
    }
    case FIELD_AMOUNT:
        return compare(term, row->amount);
    case FIELD_AGE:
        return compare(term, row->age_ms);
    case FIELD_CARD:
        return row->card.data && glob(term->text, row->card, true);
    case FIELD_LOCATION:
        return row->location.data && glob(term->text, row->location, false);
    case FIELD_WORD:
        break;
    }
    return contains(row->text, term->text, term->exact);
}

bool filter_match(const struct filter *filter, const struct filter_row *row) {
    for (size_t i = 0; filter && i < filter->terms.count; i++)
        if (holds(&filter->terms.items[i], row) == filter->terms.items[i].negated)
            return false;
    return true;
}
