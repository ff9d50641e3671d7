#include "foundation/format/json_compatibility.h"

#include <math.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/base/vector.h"
#include "foundation/format/differences.h"

enum { DEPTH_MOST = 200, STEPS_MOST = 50000, HOPS_MOST = 32, PATTERN_MOST = 200, PARTS_MOST = 256 };

struct pair {
    const json_t *newer, *older;
};
/* One question, with all its questions inside. */
struct judgement {
    VECTOR(struct pair) open; /* under comparison: schemas that hold themselves come back to the same two */
    int steps;
    bool too_much;
};
struct judging {
    struct judgement *whole;
    json_t *newer_root, *older_root; /* where references point into */
    struct text *reasons;            /* NULL: only the number matters */
    int depth, found;
};

static void reason(struct judging *judging, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void reason(struct judging *judging, const char *path, const char *format, ...) {
    va_list arguments;
    judging->found++;
    va_start(arguments, format);
    difference_append(judging->reasons, path, format, arguments);
    va_end(arguments);
}

static void judge(struct judging *judging, json_t *newer, json_t *older, const char *path);

/* judge at PATH/STEP. */
static void judge_inside(struct judging *judging, json_t *newer, json_t *older, const char *path, const char *step) {
    struct text inner = TEXT_EMPTY;
    text_append_format(&inner, "%s/%s", path, step);
    judge(judging, newer, older, text_string(&inner));
    text_free(&inner);
}

static bool allows(const struct judging *judging, json_t *newer, json_t *older) {
    struct judging silent = {judging->whole, judging->newer_root, judging->older_root, NULL, judging->depth, 0};
    judge(&silent, newer, older, "");
    return silent.found == 0;
}

/* --- references --- */

/* One step of a JSON pointer, ~1 and ~0 resolved. */
static json_t *step_into(json_t *at, struct view step) {
    struct text name = TEXT_EMPTY;
    for (size_t i = 0; i < step.size; i++) {
        bool escaped = step.data[i] == '~' && i + 1 < step.size;
        if (escaped)
            i++;
        text_append_char(&name, !escaped ? step.data[i] : step.data[i] == '1' ? '/' : '~');
    }
    int64_t index;
    json_t *next = json_is_array(at) && view_to_int64(text_view(&name), &index) && index >= 0
                       ? json_array_get(at, (size_t)index)
                       : json_object_get(at, text_string(&name));
    text_free(&name);
    return next;
}

json_t *json_pointer_find(json_t *root, struct view pointer) {
    struct view rest = pointer, step;
    if (rest.size == 0)
        return root;
    if (rest.data[0] != '/')
        return NULL;
    rest = (struct view){rest.data + 1, rest.size - 1};
    while (root && view_split(&rest, '/', &step))
        root = step_into(root, step);
    return root;
}

/* Inside of the document; NULL: it leads nowhere, or outside. */
static json_t *target_of(json_t *root, const char *reference) {
    return reference[0] == '#' ? json_pointer_find(root, view_of(reference + 1)) : NULL;
}

/* --- a schema taken apart: what all must hold --- */

struct part {
    json_t *plain;       /* keywords of its own; or */
    json_t *branches;    /* one of which must hold; or */
    const char *unknown; /* a reference that leads nowhere here */
};
struct parts {
    VECTOR(struct part) items;
    bool never;    /* false: nothing holds */
    bool too_much; /* to be taken apart */
};

static bool has_keywords(json_t *schema) {
    static const char *const silent[] = {"$ref",      "$schema",     "$id",        "id",      "$comment",
                                         "$defs",     "definitions", "title",      "default", "description",
                                         "examples",  "allOf",       "anyOf",      "oneOf",   "readOnly",
                                         "writeOnly", "$anchor",     "deprecated", "format",  "$vocabulary"};
    const char *name;
    json_t *value;
    json_object_foreach(schema, name, value) {
        bool says = strncmp(name, "connect.", 8) != 0;
        for (size_t i = 0; i < sizeof silent / sizeof *silent && says; i++)
            says = strcmp(silent[i], name) != 0;
        if (says)
            return true;
    }
    return false;
}

static void take_apart(struct parts *parts, json_t *root, json_t *schema, int hops) {
    if (json_is_false(schema))
        parts->never = true;
    if (hops > HOPS_MOST || parts->items.count > PARTS_MOST)
        parts->too_much = true;
    if (!json_is_object(schema) || parts->too_much)
        return;
    const char *reference = json_string_value(json_object_get(schema, "$ref"));
    if (reference) {
        json_t *target = target_of(root, reference);
        if (target)
            take_apart(parts, root, target, hops + 1);
        else
            vector_push(&parts->items, (struct part){.unknown = reference});
    }
    if (has_keywords(schema))
        vector_push(&parts->items, (struct part){.plain = schema});
    json_t *all = json_object_get(schema, "allOf");
    for (size_t i = 0; i < json_array_size(all); i++)
        take_apart(parts, root, json_array_get(all, i), hops + 1);
    static const char *const choices[] = {"anyOf", "oneOf"};
    for (size_t i = 0; i < 2; i++)
        if (json_object_get(schema, choices[i]))
            vector_push(&parts->items, (struct part){.branches = json_object_get(schema, choices[i])});
}

/* --- keywords of any type --- */

static bool has_text(json_t *list, const char *text) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *item = json_string_value(json_array_get(list, i));
        if (item && strcmp(item, text) == 0)
            return true;
    }
    return false;
}

static bool accepts_type(json_t *type, const char *kind) {
    const char *one = json_string_value(type);
    if (!type || (one && strcmp(one, kind) == 0) || has_text(type, kind))
        return true;
    return strcmp(kind, "integer") == 0 && accepts_type(type, "number"); /* an integer is a number too */
}

static const char *kind_of(const json_t *value) {
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "object";
    case JSON_ARRAY:
        return "array";
    case JSON_STRING:
        return "string";
    case JSON_INTEGER:
        return "integer";
    case JSON_REAL:
        return "number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "boolean";
    default:
        return "null";
    }
}

static void judge_types(struct judging *judging, json_t *newer, json_t *older, const char *path) {
    json_t *now = json_object_get(newer, "type"), *before = json_object_get(older, "type");
    json_t *values = json_object_get(older, "enum"), *single = json_object_get(older, "const");
    if (!now)
        return;
    if (!before && single && accepts_type(now, kind_of(single)))
        return;
    if (!before && json_array_size(values)) {
        bool all = true;
        for (size_t i = 0; i < json_array_size(values); i++)
            all = all && accepts_type(now, kind_of(json_array_get(values, i)));
        if (all)
            return;
    }
    if (!before) {
        reason(judging, path, "TYPE_NARROWED: any type was allowed");
        return;
    }
    const char *one = json_string_value(before);
    if (one && !accepts_type(now, one))
        reason(judging, path, "TYPE_CHANGED: %s is no longer allowed", one);
    for (size_t i = 0; i < json_array_size(before); i++) {
        const char *kind = json_string_value(json_array_get(before, i));
        if (kind && !accepts_type(now, kind))
            reason(judging, path, "TYPE_NARROWED: %s is no longer allowed", kind);
    }
}

static bool holds(json_t *schema, json_t *value) {
    json_t *values = json_object_get(schema, "enum"), *single = json_object_get(schema, "const");
    bool found = !values || (single && json_equal(single, value));
    for (size_t i = 0; i < json_array_size(values) && !found; i++)
        found = json_equal(json_array_get(values, i), value);
    return found && (!single || json_equal(single, value));
}

static void judge_values(struct judging *judging, json_t *newer, json_t *older, const char *path) {
    json_t *before = json_object_get(older, "enum"), *single = json_object_get(older, "const");
    if (!json_object_get(newer, "enum") && !json_object_get(newer, "const"))
        return;
    if (!before && !single)
        reason(judging, path, "ENUM_ARRAY_ADDED: any value was allowed");
    else if (single ? !holds(newer, single) : false)
        reason(judging, path, "ENUM_ARRAY_CHANGED: the value is another");
    for (size_t i = 0; !single && i < json_array_size(before); i++)
        if (!holds(newer, json_array_get(before, i)))
            reason(judging, path, "ENUM_ARRAY_NARROWED: a value is gone");
}

static void judge_bound(struct judging *judging, json_t *newer, json_t *older, const char *name, bool upper,
                        const char *path) {
    json_t *now = json_object_get(newer, name), *before = json_object_get(older, name);
    if (json_is_true(now) && !json_is_true(before)) /* draft 4's exclusiveMinimum */
        reason(judging, path, "%s is narrower than before", name);
    if (!json_is_number(now))
        return;
    double limit = json_number_value(now);
    if (!json_is_number(before) || (upper ? limit < json_number_value(before) : limit > json_number_value(before)))
        reason(judging, path, "%s is narrower than before", name);
}

static void judge_scalars(struct judging *judging, json_t *newer, json_t *older, const char *path) {
    static const char *const upper[] = {"maxLength",     "maximum",          "maxItems",
                                        "maxProperties", "exclusiveMaximum", "maxContains"};
    static const char *const lower[] = {"minLength",     "minimum",          "minItems",
                                        "minProperties", "exclusiveMinimum", "minContains"};
    json_t *step = json_object_get(newer, "multipleOf"), *old_step = json_object_get(older, "multipleOf");
    json_t *pattern = json_object_get(newer, "pattern");
    for (size_t i = 0; i < sizeof upper / sizeof *upper; i++) {
        judge_bound(judging, newer, older, upper[i], true, path);
        judge_bound(judging, newer, older, lower[i], false, path);
    }
    if (pattern && !json_equal(pattern, json_object_get(older, "pattern")))
        reason(judging, path, "PATTERN_CHANGED");
    if (json_is_number(step) && json_number_value(step) > 0 &&
        (!json_is_number(old_step) || fmod(json_number_value(old_step), json_number_value(step)) != 0))
        reason(judging, path, "MULTIPLE_OF_CHANGED: what was allowed is no multiple of it");
    if (json_is_true(json_object_get(newer, "uniqueItems")) && !json_is_true(json_object_get(older, "uniqueItems")))
        reason(judging, path, "UNIQUE_ITEMS_ADDED: equal ones were allowed");
    json_t *banned = json_object_get(newer, "not"), *was_banned = json_object_get(older, "not");
    if (banned && !was_banned) {
        reason(judging, path, "NOT_TYPE_ADDED: what it bans was allowed");
    } else if (banned) { /* what is banned may only shrink */
        struct judging turned = {judging->whole, judging->older_root, judging->newer_root, NULL, judging->depth, 0};
        judge(&turned, was_banned, banned, "");
        if (turned.found)
            reason(judging, path, "NOT_TYPE_EXTENDED: more is banned than before");
    }
}

/* --- what is said of all the rest: absent and true allow anything --- */

static bool is_open(const json_t *rest) {
    return !rest || json_is_true(rest) || (json_is_object(rest) && json_object_size(rest) == 0);
}

static void judge_rest(struct judging *judging, json_t *newer, json_t *older, const char *path, const char *step,
                       const char *what) {
    if (is_open(newer) || json_is_false(older))
        return;
    if (json_is_false(newer))
        reason(judging, path, "%s_REMOVED: others were allowed", what);
    else if (is_open(older))
        reason(judging, path, "%s_NARROWED: they may have been anything", what);
    else
        judge_inside(judging, newer, older, path, step);
}

/* --- objects --- */

/* Patterns that cost little to look for; others count as not matching. */
static bool matches(const char *pattern, const char *name) {
    regex_t expression;
    if (strlen(pattern) > PATTERN_MOST || strpbrk(pattern, "{\\") ||
        regcomp(&expression, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return false;
    bool found = regexec(&expression, name, 0, NULL, 0) == 0;
    regfree(&expression);
    return found;
}

static json_t *rest_of(json_t *schema, const char *keyword, const char *unevaluated) {
    json_t *rest = json_object_get(schema, keyword);
    return rest ? rest : json_object_get(schema, unevaluated); /* 2019-09 and later */
}

static json_t *other_properties(json_t *schema) {
    return rest_of(schema, "additionalProperties", "unevaluatedProperties");
}

static bool is_open_content(json_t *schema) {
    return is_open(other_properties(schema)) && json_object_size(json_object_get(schema, "patternProperties")) == 0;
}

/* What such a content says of a property that is not named; NULL: there is none. */
static json_t *covering(json_t *schema, const char *name) {
    const char *pattern;
    json_t *value, *rest = other_properties(schema);
    json_object_foreach(json_object_get(schema, "patternProperties"), pattern, value) {
        if (matches(pattern, name))
            return value;
    }
    return json_is_false(rest) ? NULL : rest;
}

static void judge_added(struct judging *judging, json_t *newer, json_t *older, const char *name, const char *path) {
    json_t *property = json_object_get(json_object_get(newer, "properties"), name), *cover = covering(older, name);
    bool required = has_text(json_object_get(newer, "required"), name) && !json_object_get(property, "default");
    if (is_open_content(older)) {
        if (!is_open(property))
            reason(judging, path, "PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL: it may have held anything before");
        return;
    }
    if (cover && !allows(judging, property, cover))
        reason(judging, path,
               "PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL: it may have held something else");
    if (required)
        reason(judging, path, "REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL: it was not there before");
}

static void judge_removed(struct judging *judging, json_t *newer, json_t *property, const char *name,
                          const char *path) {
    json_t *cover = covering(newer, name);
    if (is_open_content(newer))
        return;
    if (cover && !allows(judging, cover, property))
        reason(judging, path,
               "PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL: %s may hold something else", name);
    else if (!cover && !json_is_false(property))
        reason(judging, path, "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL: %s", name);
}

static void judge_properties(struct judging *judging, json_t *newer, json_t *older, const char *path) {
    json_t *now = json_object_get(newer, "properties"), *before = json_object_get(older, "properties"), *property;
    json_t *needed = json_object_get(newer, "required"), *needed_before = json_object_get(older, "required");
    const char *name;
    judge_rest(judging, other_properties(newer), other_properties(older), path, "additionalProperties",
               "ADDITIONAL_PROPERTIES");
    json_object_foreach(now, name, property) {
        struct text inner = TEXT_EMPTY;
        text_append_format(&inner, "%s/properties/%s", path, name);
        if (json_object_get(before, name))
            judge(judging, property, json_object_get(before, name), text_string(&inner));
        else
            judge_added(judging, newer, older, name, text_string(&inner));
        text_free(&inner);
    }
    json_object_foreach(before, name, property) {
        if (!json_object_get(now, name))
            judge_removed(judging, newer, property, name, path);
    }
    for (size_t i = 0; i < json_array_size(needed); i++) {
        const char *one = json_string_value(json_array_get(needed, i));
        if (one && json_object_get(now, one) && json_object_get(before, one) && !has_text(needed_before, one) &&
            !json_object_get(json_object_get(now, one), "default"))
            reason(judging, path, "REQUIRED_ATTRIBUTE_ADDED: %s", one);
    }
    json_t *names = json_object_get(newer, "propertyNames");
    if (names && !is_open(names))
        judge_rest(judging, names, json_object_get(older, "propertyNames"), path, "propertyNames", "PROPERTY_NAMES");
}

/* Who has one property must have others, or hold to a schema. */
static void judge_dependencies(struct judging *judging, json_t *newer, json_t *older, const char *path,
                               const char *keyword) {
    json_t *before = json_object_get(older, keyword), *now;
    const char *name;
    json_object_foreach(json_object_get(newer, keyword), name, now) {
        json_t *old = json_object_get(before, name);
        if (!old) {
            reason(judging, path, "DEPENDENCY_ADDED: of %s", name);
        } else if (json_is_array(now)) {
            for (size_t i = 0; i < json_array_size(now); i++) {
                const char *other = json_string_value(json_array_get(now, i));
                if (other && !has_text(old, other))
                    reason(judging, path, "DEPENDENCY_ARRAY_EXTENDED: %s needs %s", name, other);
            }
        } else {
            judge_inside(judging, now, old, path, keyword);
        }
    }
}

/* --- arrays: the first items, each with its schema, and all the rest --- */

static json_t *first_items(json_t *schema) {
    json_t *items = json_object_get(schema, "items");
    return json_is_array(items) ? items : json_object_get(schema, "prefixItems");
}

static json_t *other_items(json_t *schema) {
    json_t *items = json_object_get(schema, "items");
    return items && !json_is_array(items) ? items : rest_of(schema, "additionalItems", "unevaluatedItems");
}

static void judge_item(struct judging *judging, json_t *now, json_t *before, json_t *rest_now, json_t *rest_before,
                       const char *path) {
    if (now && before)
        judge(judging, now, before, path);
    else if (now && is_open(rest_before) && !is_open(now))
        reason(judging, path, "ITEM_ADDED_TO_OPEN_CONTENT_MODEL: it may have held anything before");
    else if (now && !is_open(rest_before) && !json_is_false(rest_before) && !allows(judging, now, rest_before))
        reason(judging, path, "ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL");
    else if (before && json_is_false(rest_now) && !json_is_false(before))
        reason(judging, path, "ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL");
    else if (before && !is_open(rest_now) && !allows(judging, rest_now, before))
        reason(judging, path, "ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL");
}

static void judge_items(struct judging *judging, json_t *newer, json_t *older, const char *path) {
    json_t *now = first_items(newer), *before = first_items(older);
    json_t *rest_now = other_items(newer), *rest_before = other_items(older);
    size_t most = json_array_size(now) > json_array_size(before) ? json_array_size(now) : json_array_size(before);
    for (size_t i = 0; i < most; i++) {
        struct text inner = TEXT_EMPTY;
        text_append_format(&inner, "%s/items/%zu", path, i);
        judge_item(judging, json_array_get(now, i), json_array_get(before, i), rest_now, rest_before,
                   text_string(&inner));
        text_free(&inner);
    }
    judge_rest(judging, rest_now, rest_before, path, "items", "ADDITIONAL_ITEMS");
    json_t *contained = json_object_get(newer, "contains");
    if (contained && !json_object_get(older, "contains"))
        reason(judging, path, "CONTAINS_ADDED: there need not have been one");
    else if (contained)
        judge_inside(judging, contained, json_object_get(older, "contains"), path, "contains");
}

/* --- all together --- */

static void judge_plain(struct judging *judging, json_t *newer, json_t *older, const char *path) {
    static const char *const dependencies[] = {"dependencies", "dependentRequired", "dependentSchemas"};
    int before = judging->found;
    judge_types(judging, newer, older, path);
    if (judging->found > before)
        return; /* the rest is of another type */
    judge_values(judging, newer, older, path);
    judge_scalars(judging, newer, older, path);
    judge_properties(judging, newer, older, path);
    for (size_t i = 0; i < sizeof dependencies / sizeof *dependencies; i++)
        judge_dependencies(judging, newer, older, path, dependencies[i]);
    judge_items(judging, newer, older, path);
}

static bool is_branch(const struct judging *judging, json_t *branches, json_t *older) {
    bool found = false;
    for (size_t i = 0; i < json_array_size(branches) && !found; i++)
        found = allows(judging, json_array_get(branches, i), older);
    return found;
}

/* A list of types is a choice among them. */
static bool is_branch_by_type(const struct judging *judging, json_t *branches, json_t *older) {
    json_t *types = json_object_get(older, "type");
    bool all = json_array_size(types) > 1;
    for (size_t i = 0; i < json_array_size(types) && all; i++) {
        json_t *one = json_copy(older);
        json_object_set(one, "type", json_array_get(types, i));
        all = is_branch(judging, branches, one);
        json_decref(one);
    }
    return all;
}

static void judge_parts(struct judging *judging, const struct part *newer, const struct part *older, const char *path) {
    json_t *empty = json_object();
    json_t *plain = older->plain ? older->plain : empty;
    if (newer->unknown || older->unknown) {
        if (!newer->unknown || !older->unknown || strcmp(newer->unknown, older->unknown) != 0)
            reason(judging, path, "REFERENCE_CHANGED: %s leads outside",
                   newer->unknown ? newer->unknown : older->unknown);
    } else if (older->branches) { /* each of them must still be allowed */
        for (size_t i = 0; i < json_array_size(older->branches); i++) {
            json_t *old = json_array_get(older->branches, i);
            if (newer->branches ? !is_branch(judging, newer->branches, old) : !allows(judging, newer->plain, old))
                reason(judging, path, "SUM_TYPE_NARROWED: branch %zu is no longer allowed", i + 1);
        }
    } else if (newer->branches) {
        if (!is_branch(judging, newer->branches, plain) && !is_branch_by_type(judging, newer->branches, plain))
            reason(judging, path, "SUM_TYPE_NARROWED: no branch allows what was allowed");
    } else {
        judge_plain(judging, newer->plain, plain, path);
    }
    json_decref(empty);
}

/* Each part of the new schema must follow from a part of the old one. */
static void judge_all(struct judging *judging, const struct parts *newer, const struct parts *older, const char *path) {
    const struct part anything = {0};
    for (size_t i = 0; i < newer->items.count; i++) {
        const struct part *part = &newer->items.items[i];
        if (older->items.count <= 1) {
            judge_parts(judging, part, older->items.count ? &older->items.items[0] : &anything, path);
            continue;
        }
        bool follows = false;
        for (size_t j = 0; j < older->items.count && !follows; j++) {
            struct judging silent = {judging->whole, judging->newer_root, judging->older_root, NULL, judging->depth, 0};
            judge_parts(&silent, part, &older->items.items[j], path);
            follows = silent.found == 0;
        }
        if (!follows)
            reason(judging, path, "COMBINED_TYPE_SUBSCHEMAS_CHANGED: part %zu was not asked for before", i + 1);
    }
}

/* A schema of a few pages can ask for more comparisons than anybody waits for: then the answer is no, by name. */
static bool is_too_much(struct judging *judging) {
    if (judging->depth < DEPTH_MOST && ++judging->whole->steps < STEPS_MOST)
        return false;
    judging->whole->too_much = true;
    judging->found++;
    return true;
}

static void judge(struct judging *judging, json_t *newer, json_t *older, const char *path) {
    struct judgement *whole = judging->whole;
    struct parts now = {0}, before = {0};
    if (is_open(newer) || json_is_false(older))
        return;
    for (size_t i = 0; i < whole->open.count; i++)
        if (whole->open.items[i].newer == newer && whole->open.items[i].older == older)
            return;
    if (is_too_much(judging))
        return;
    judging->depth++;
    vector_push(&whole->open, (struct pair){newer, older});
    take_apart(&now, judging->newer_root, newer, 0);
    take_apart(&before, judging->older_root, older, 0);
    if (now.too_much || before.too_much) {
        whole->too_much = true;
        judging->found++;
    } else if (now.never && !before.never) {
        reason(judging, path, "SCHEMA_CLOSED: nothing is allowed any more");
    } else if (!before.never) {
        judge_all(judging, &now, &before, path);
    }
    vector_free(&now.items);
    vector_free(&before.items);
    whole->open.count--;
    judging->depth--;
}

int json_compatibility(json_t *newer, json_t *older, struct text *reasons) {
    struct judgement whole = {0};
    struct judging judging = {&whole, newer, older, reasons, 0, 0};
    if (!json_equal(newer, older))
        judge(&judging, newer, older, "#");
    if (whole.too_much)
        reason(&judging, "#", "TOO_COMPLEX: nested too deeply or with too many branches to be compared");
    vector_free(&whole.open);
    return judging.found;
}
