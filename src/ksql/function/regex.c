/* REGEXP_EXTRACT, REGEXP_EXTRACT_ALL, REGEXP_REPLACE, REGEXP_SPLIT_TO_ARRAY. */
#include "foundation/base/vector.h"
#include "ksql/function/family.h"
#include "pattern_match.h"

static struct view group_of(struct view text, const struct regex_match *match, size_t group) {
    return match->start[group] > match->end[group]
               ? (struct view){0}
               : (struct view){text.data + match->start[group], match->end[group] - match->start[group]};
}

static struct value text_or_null(struct view view) {
    return view.data == NULL ? value_null() : value_string(view);
}

static int open(const struct value *arguments, size_t pattern, const struct value *group, struct arena *arena,
                struct regex **regex, size_t *number, struct error *error) {
    *number = group == NULL ? 0 : (size_t)group->integer;
    if ((*regex = regex_new(value_view(arguments[pattern]), arena, error)) == NULL)
        return -1;
    if (group != NULL && (group->integer < 0 || *number > regex_groups(*regex)))
        return error_set(error, ERROR_INVALID, "No group %lld", (long long)group->integer);
    return 0;
}

/* Behind an empty match the search goes on one character later. */
static size_t behind(struct view text, const struct regex_match *match) {
    size_t at = match->end[0];
    if (match->end[0] > match->start[0])
        return at;
    at++;
    while (at < text.size && ((unsigned char)text.data[at] & 0xC0) == 0x80)
        at++;
    return at;
}

SCALAR(extract) {
    struct regex *regex;
    struct regex_match match;
    struct view text = value_view(arguments[1]);
    size_t group;
    if (open(arguments, 0, call->argument_count > 2 ? &arguments[2] : NULL, arena, &regex, &group, error) != 0)
        return -1;
    int found = regex_search(regex, text, 0, &match, error);
    if (found == 1)
        *result = text_or_null(group_of(text, &match, group));
    return found < 0 ? -1 : 0;
}

static int collect(const struct regex *regex, struct view text, size_t group, bool between, struct arena *arena,
                   struct value *result, struct error *error) {
    VECTOR(struct value) items = {0};
    struct regex_match match;
    size_t at = 0, last = 0;
    int found = 0;
    while (at <= text.size && (found = regex_search(regex, text, at, &match, error)) == 1) {
        at = behind(text, &match);
        if (between && match.end[0] == match.start[0] && match.start[0] == 0)
            continue;
        struct view piece =
            between ? (struct view){text.data + last, match.start[0] - last} : group_of(text, &match, group);
        vector_push(&items, text_or_null(piece));
        last = match.end[0];
    }
    if (between)
        vector_push(&items, value_string((struct view){text.data + last, text.size - last}));
    const struct value *kept =
        items.count == 0
            ? NULL
            : (const struct value *)arena_copy_bytes(arena, items.items, items.count * sizeof *items.items);
    *result = function_list(kept, items.count);
    vector_free(&items);
    return found < 0 ? -1 : 0;
}

SCALAR(extract_all) {
    struct regex *regex;
    size_t group;
    if (open(arguments, 0, call->argument_count > 2 ? &arguments[2] : NULL, arena, &regex, &group, error) != 0)
        return -1;
    return collect(regex, value_view(arguments[1]), group, false, arena, result, error);
}

SCALAR(split_to_array) {
    struct regex *regex;
    size_t group;
    if (open(arguments, 1, NULL, arena, &regex, &group, error) != 0)
        return -1;
    return collect(regex, value_view(arguments[0]), 0, true, arena, result, error);
}

/* $1 is a group, \$ a dollar. */
static int put_replacement(struct text *out, struct view new, struct view text, const struct regex_match *match,
                           size_t groups, struct error *error) {
    for (size_t i = 0; i < new.size; i++) {
        char c = new.data[i];
        if (c == '\\' && i + 1 < new.size) {
            text_append_char(out, new.data[++i]);
        } else if (c == '$') {
            char digit = i + 1 < new.size ? new.data[++i] : ' ';
            if (digit < '0' || digit > '9')
                return error_set(error, ERROR_INVALID, "Illegal group reference");
            if ((size_t)(digit - '0') > groups)
                return error_set(error, ERROR_INVALID, "No group %c", digit);
            text_append(out, group_of(text, match, (size_t)(digit - '0')));
        } else {
            text_append_char(out, c);
        }
    }
    return 0;
}

SCALAR(replace) {
    struct regex *regex;
    struct regex_match match;
    struct view text = value_view(arguments[0]);
    struct text out = TEXT_EMPTY;
    size_t group, at = 0, last = 0;
    int found = 0, status = 0;
    if (open(arguments, 1, NULL, arena, &regex, &group, error) != 0)
        return -1;
    while (status == 0 && at <= text.size && (found = regex_search(regex, text, at, &match, error)) == 1) {
        text_append(&out, (struct view){text.data + last, match.start[0] - last});
        status = put_replacement(&out, value_view(arguments[2]), text, &match, regex_groups(regex), error);
        last = match.end[0];
        at = behind(text, &match);
    }
    text_append(&out, (struct view){text.data + last, text.size - last});
    *result = function_text(arena, &out);
    return status != 0 || found < 0 ? -1 : 0;
}

static const struct sql_type string_array = {.base = SQL_ARRAY, .element = &sql_string};

static const struct function_signature extract_rows[] = {
    SIGNATURE(&sql_string, extract, TAKES(STRING, "pattern"), TAKES(STRING, "input")),
    SIGNATURE(&sql_string, extract, TAKES(STRING, "pattern"), TAKES(STRING, "input"), TAKES(INTEGER, "group")),
};
static const struct function_signature extract_all_rows[] = {
    SIGNATURE(&string_array, extract_all, TAKES(STRING, "pattern"), TAKES(STRING, "input")),
    SIGNATURE(&string_array, extract_all, TAKES(STRING, "pattern"), TAKES(STRING, "input"), TAKES(INTEGER, "group")),
};
static const struct function_signature replace_rows[] = {
    SIGNATURE(&sql_string, replace, TAKES(STRING, "str"), TAKES(STRING, "pattern"), TAKES(STRING, "newStr")),
};
static const struct function_signature split_rows[] = {
    SIGNATURE(&string_array, split_to_array, TAKES(STRING, "input"), TAKES(STRING, "pattern")),
};

static const struct function functions[] = {
    {"REGEXP_EXTRACT", FUNCTION_SCALAR, "REGULAR EXPRESSION", "The first match of a pattern, or one of its groups.",
     FAMILY_SIGNATURES(extract_rows)},
    {"REGEXP_EXTRACT_ALL", FUNCTION_SCALAR, "REGULAR EXPRESSION", "All matches of a pattern, or one group of each.",
     FAMILY_SIGNATURES(extract_all_rows)},
    {"REGEXP_REPLACE", FUNCTION_SCALAR, "REGULAR EXPRESSION", "All matches of a pattern replaced by a text.",
     FAMILY_SIGNATURES(replace_rows)},
    {"REGEXP_SPLIT_TO_ARRAY", FUNCTION_SCALAR, "REGULAR EXPRESSION", "The pieces between the matches of a pattern.",
     FAMILY_SIGNATURES(split_rows)},
};
const struct function_family function_family_regex = {functions, FAMILY_COUNT(functions)};
