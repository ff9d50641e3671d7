#include <math.h>
#include <stdio.h>
#include <string.h>

#include "case.h"

static bool differs(struct text *difference, const char *path, const json_t *expected, const json_t *actual) {
    char *wanted = expected == NULL ? NULL : json_dumps(expected, JSON_ENCODE_ANY | JSON_COMPACT);
    char *got = actual == NULL ? NULL : json_dumps(actual, JSON_ENCODE_ANY | JSON_COMPACT);
    text_append_format(difference, "%s: expected %s, got %s", path, wanted == NULL ? "nothing" : wanted,
                       got == NULL ? "nothing" : got);
    free(wanted);
    free(got);
    return false;
}

/* ksqlDB's sinks write upper-case names: a field is looked up by its exact, then by its upper-case name. */
static const json_t *member(const json_t *object, const char *name) {
    const json_t *found = json_object_get(object, name);
    const char *key;
    json_t *value;
    if (found != NULL)
        return found;
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        if (strcasecmp(key, name) == 0)
            return value;
    }
    return NULL;
}

static bool object_matches(const json_t *expected, const json_t *actual, const char *path, bool subset,
                           struct text *difference) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)expected, key, value) {
        char below[512];
        const json_t *other = subset ? json_object_get(actual, key) : member(actual, key);
        snprintf(below, sizeof below, "%s.%s", path, key);
        if (other == NULL && json_is_null(value))
            continue;
        if (other == NULL)
            return differs(difference, below, value, NULL);
        if (!(subset ? json_contains(value, other, below, difference) : json_matches(value, other, below, difference)))
            return false;
    }
    json_object_foreach((json_t *)(uintptr_t)actual, key, value) {
        char below[512];
        snprintf(below, sizeof below, "%s.%s", path, key);
        if (!subset && member(expected, key) == NULL && !json_is_null(value))
            return differs(difference, below, NULL, value);
    }
    return true;
}

static bool array_matches(const json_t *expected, const json_t *actual, const char *path, bool subset,
                          struct text *difference) {
    if (json_array_size(expected) != json_array_size(actual))
        return differs(difference, path, expected, actual);
    for (size_t i = 0; i < json_array_size(expected); i++) {
        char below[512];
        snprintf(below, sizeof below, "%s[%zu]", path, i);
        const json_t *wanted = json_array_get(expected, i), *got = json_array_get(actual, i);
        if (!(subset ? json_contains(wanted, got, below, difference) : json_matches(wanted, got, below, difference)))
            return false;
    }
    return true;
}

static bool same(const json_t *expected, const json_t *actual, const char *path, bool subset, struct text *difference) {
    if (json_is_number(expected) && json_is_number(actual)) {
        if (json_is_integer(expected) && json_is_integer(actual))
            return json_integer_value(expected) == json_integer_value(actual) ||
                   differs(difference, path, expected, actual);
        double a = json_number_value(expected), b = json_number_value(actual);
        return fabs(a - b) <= 1e-6 * fmax(1, fabs(a)) || differs(difference, path, expected, actual);
    }
    if (json_is_number(expected) && json_is_string(actual)) { /* AVRO's decimals are read as text, to the last digit */
        char *end;
        double a = json_number_value(expected), b = strtod(json_string_value(actual), &end);
        if (end != json_string_value(actual) && *end == '\0')
            return fabs(a - b) <= 1e-6 * fmax(1, fabs(a)) || differs(difference, path, expected, actual);
    }
    if (json_typeof(expected) != json_typeof(actual))
        return differs(difference, path, expected, actual);
    if (json_is_object(expected))
        return object_matches(expected, actual, path, subset, difference);
    if (json_is_array(expected))
        return array_matches(expected, actual, path, subset, difference);
    return json_equal(expected, actual) || differs(difference, path, expected, actual);
}

bool json_matches(const json_t *expected, const json_t *actual, const char *path, struct text *difference) {
    return same(expected, actual, path, false, difference);
}

bool json_contains(const json_t *expected, const json_t *actual, const char *path, struct text *difference) {
    return same(expected, actual, path, true, difference);
}
