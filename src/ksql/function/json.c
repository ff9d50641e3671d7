/* JSON in texts: EXTRACTJSONFIELD, IS_JSON_STRING, JSON_ARRAY_CONTAINS, JSON_ARRAY_LENGTH, JSON_CONCAT, JSON_ITEMS,
 * JSON_KEYS, JSON_RECORDS, TO_JSON_STRING. A text that is no JSON gives NULL and a line in the processing log. */
#include "foundation/base/vector.h"
#include "json_tree.h"
#include "ksql/function/family.h"

static const struct json *open(struct value text, struct arena *arena, struct error *error) {
    return json_read(value_view(text), arena, error);
}

static struct value printed(const struct json *json, struct arena *arena) {
    struct text out = TEXT_EMPTY;
    json_print(&out, json);
    return function_text(arena, &out);
}

/* --- paths: $.name, $["name"], $[0] --- */

static const struct json *member(const struct json *json, struct view name) {
    const struct json *found = NULL;
    for (size_t i = 0; json->kind == JSON_OBJECT && i < json->count; i++)
        if (view_equal(json->items[i].name, name))
            found = &json->items[i];
    return found;
}

static const struct json *element(const struct json *json, struct view index) {
    int64_t at;
    if (json->kind != JSON_ARRAY || !view_to_int64(index, &at) || at < 0 || at >= (int64_t)json->count)
        return NULL;
    return &json->items[at];
}

static bool take_name(struct view *path, struct view *name) {
    size_t size = 0;
    while (size < path->size && path->data[size] != '.' && path->data[size] != '[')
        size++;
    *name = (struct view){path->data, size};
    *path = (struct view){path->data + size, path->size - size};
    return size != 0;
}

static bool take_bracket(struct view *path, struct view *inside, bool *quoted) {
    const char *end = memchr(path->data, ']', path->size);
    *quoted = path->size > 1 && (path->data[1] == '"' || path->data[1] == '\'');
    if (end == NULL)
        return false;
    *inside = (struct view){path->data + 1, (size_t)(end - path->data) - 1};
    *path = (struct view){end + 1, path->size - inside->size - 2};
    if (*quoted) {
        if (inside->size < 2 || inside->data[inside->size - 1] != inside->data[0])
            return false;
        *inside = (struct view){inside->data + 1, inside->size - 2};
    }
    return true;
}

static int follow(struct view path, const struct json **json, struct error *error) {
    struct view all = path;
    bool right = path.size != 0 && path.data[0] == '$', quoted;
    path = right ? (struct view){path.data + 1, path.size - 1} : path;
    while (right && path.size != 0) {
        struct view part;
        const struct json *from = *json;
        if (path.data[0] == '.') {
            path = (struct view){path.data + 1, path.size - 1};
            right = take_name(&path, &part);
            *json = !right || from == NULL ? NULL : member(from, part);
        } else {
            right = path.data[0] == '[' && take_bracket(&path, &part, &quoted);
            *json = !right || from == NULL ? NULL : quoted ? member(from, part) : element(from, part);
        }
    }
    return right ? 0 : error_set(error, ERROR_INVALID, "Invalid JSON path: %.*s", VIEW_ARGS(all));
}

SCALAR(extract_field) {
    const struct json *json = json_read_first(value_view(arguments[0]), arena, error);
    if (json == NULL || follow(value_view(arguments[1]), &json, error) != 0)
        return -1;
    if (json != NULL && json->kind != JSON_NULL)
        *result = json->kind == JSON_STRING ? value_string(json->text) : printed(json, arena);
    return 0;
}

SCALAR(is_json) {
    *result = value_boolean(!value_is_null(arguments[0]) && open(arguments[0], arena, NULL) != NULL);
    return 0;
}

static bool is_whole(struct view number) {
    return memchr(number.data, '.', number.size) == NULL && memchr(number.data, 'e', number.size) == NULL &&
           memchr(number.data, 'E', number.size) == NULL;
}

static bool same(const struct json *json, struct value value) {
    int64_t whole;
    double real;
    switch (value.tag) {
    case VALUE_NULL:
        return json->kind == JSON_NULL;
    case VALUE_BOOLEAN:
        return json->kind == (value.boolean ? JSON_TRUE : JSON_FALSE);
    case VALUE_STRING:
        return json->kind == JSON_STRING && view_equal(json->text, value_view(value));
    case VALUE_INTEGER:
    case VALUE_BIGINT:
        return json->kind == JSON_NUMBER && view_to_int64(json->text, &whole) && whole == value.integer;
    case VALUE_DOUBLE:
        return json->kind == JSON_NUMBER && !is_whole(json->text) && view_to_double(json->text, &real) &&
               real == value.real;
    default:
        return false;
    }
}

SCALAR(array_contains) {
    *result = value_boolean(false);
    if (value_is_null(arguments[0]))
        return 0;
    const struct json *json = open(arguments[0], arena, error);
    if (json == NULL)
        return -1;
    for (size_t i = 0; json->kind == JSON_ARRAY && i < json->count && !result->boolean; i++)
        result->boolean = same(&json->items[i], arguments[1]);
    return 0;
}

SCALAR(array_length) {
    const struct json *json = open(arguments[0], arena, error);
    if (json == NULL)
        return -1;
    if (json->kind == JSON_ARRAY)
        *result = value_integer((int32_t)json->count);
    return 0;
}

static void add_member(struct json *members, size_t *count, const struct json *member) {
    size_t at = 0;
    while (at < *count && !view_equal(members[at].name, member->name))
        at++;
    members[at] = *member;
    *count += at == *count;
}

/* Objects are merged, arrays and anything else follow one another. */
SCALAR(concat) {
    const struct json **all = arena_allocate(arena, (call->argument_count + 1) * sizeof *all);
    size_t total = 0, count = 0;
    bool objects = true;
    for (size_t i = 0; i < call->argument_count; i++) {
        if (value_is_null(arguments[i]))
            return 0;
        if ((all[i] = open(arguments[i], arena, error)) == NULL)
            return -1;
        objects &= all[i]->kind == JSON_OBJECT;
        total += all[i]->count + 1;
    }
    struct json *items = arena_allocate(arena, (total + 1) * sizeof *items);
    for (size_t i = 0; i < call->argument_count; i++) {
        bool inside = objects || all[i]->kind == JSON_ARRAY;
        for (size_t j = 0; inside && j < all[i]->count; j++)
            if (objects)
                add_member(items, &count, &all[i]->items[j]);
            else
                items[count++] = all[i]->items[j];
        if (!inside)
            items[count++] = *all[i];
    }
    struct json whole = {.kind = objects ? JSON_OBJECT : JSON_ARRAY, .items = items, .count = count};
    *result = printed(&whole, arena);
    return 0;
}

SCALAR(items) {
    const struct json *json = open(arguments[0], arena, error);
    if (json == NULL)
        return -1;
    if (json->kind != JSON_ARRAY)
        return error_set(error, ERROR_INVALID, "JSON_ITEMS takes a JSON array");
    struct value *values = arena_allocate(arena, (json->count + 1) * sizeof *values);
    for (size_t i = 0; i < json->count; i++)
        values[i] = printed(&json->items[i], arena);
    *result = function_list(values, json->count);
    return 0;
}

SCALAR(keys) {
    const struct json *json = open(arguments[0], arena, error);
    if (json == NULL)
        return -1;
    if (json->kind != JSON_OBJECT)
        return 0;
    struct value *values = arena_allocate(arena, (json->count + 1) * sizeof *values);
    for (size_t i = 0; i < json->count; i++)
        values[i] = value_string(json->items[i].name);
    *result = function_list(values, json->count);
    return 0;
}

SCALAR(records) {
    const struct json *json = open(arguments[0], arena, error);
    if (json == NULL)
        return -1;
    if (json->kind != JSON_OBJECT)
        return 0;
    struct value *values = arena_allocate(arena, 2 * (json->count + 1) * sizeof *values);
    for (size_t i = 0; i < json->count; i++) {
        values[2 * i] = value_string(json->items[i].name);
        values[2 * i + 1] = printed(&json->items[i], arena);
    }
    *result = (struct value){.tag = VALUE_MAP, .size = (uint32_t)json->count, .items = values};
    return 0;
}

SCALAR(to_json) {
    struct text out = TEXT_EMPTY;
    if (value_is_null(arguments[0]))
        text_append_string(&out, "null");
    else
        value_print_json(&out, arguments[0], call->argument_types[0]);
    *result = function_text(arena, &out);
    return 0;
}

static const struct sql_type string_array = {.base = SQL_ARRAY, .element = &sql_string};
static const struct sql_type string_map = {.base = SQL_MAP, .key = &sql_string, .element = &sql_string};

#define TEXT_ROW(name, type, function)                                                                                 \
    static const struct function_signature name[] = {SIGNATURE(type, function, TAKES(STRING, "json"))}
static const struct function_signature extract_rows[] = {
    SIGNATURE(&sql_string, extract_field, TAKES(STRING, "input"), TAKES(STRING, "path")),
};
static const struct function_signature is_json_rows[] = {
    {.parameters = {TAKES(STRING, "input")}, .returns = &sql_boolean, .evaluate = is_json, .nulls = true},
};
static const struct function_signature contains_rows[] = {
    {.parameters = {TAKES(STRING, "json"), TAKES(ANY, "val")},
     .returns = &sql_boolean,
     .evaluate = array_contains,
     .nulls = true},
};
TEXT_ROW(length_rows, &sql_integer, array_length);
static const struct function_signature concat_rows[] = {
    VARIADIC(&sql_string, concat, TAKES(STRING, "jsonStrings")),
};
TEXT_ROW(items_rows, &string_array, items);
TEXT_ROW(keys_rows, &string_array, keys);
TEXT_ROW(records_rows, &string_map, records);
static const struct function_signature to_json_rows[] = {
    {.parameters = {TAKES(ANY, "val")}, .returns = &sql_string, .evaluate = to_json, .nulls = true},
};

#define ROW(name, help, rows)                                                                                          \
    { name, FUNCTION_SCALAR, "JSON", help, FAMILY_SIGNATURES(rows) }
static const struct function functions[] = {
    ROW("EXTRACTJSONFIELD", "What stands at a path such as $.a[0].b of a JSON text.", extract_rows),
    ROW("IS_JSON_STRING", "Whether a text is JSON.", is_json_rows),
    ROW("JSON_ARRAY_CONTAINS", "Whether a JSON array has a value.", contains_rows),
    ROW("JSON_ARRAY_LENGTH", "Number of elements of a JSON array.", length_rows),
    ROW("JSON_CONCAT", "JSON objects merged, or arrays one after the other.", concat_rows),
    ROW("JSON_ITEMS", "The elements of a JSON array as texts.", items_rows),
    ROW("JSON_KEYS", "The names of a JSON object.", keys_rows),
    ROW("JSON_RECORDS", "Names and values of a JSON object as a map.", records_rows),
    ROW("TO_JSON_STRING", "Any value as JSON text.", to_json_rows),
};
const struct function_family function_family_json = {functions, FAMILY_COUNT(functions)};
