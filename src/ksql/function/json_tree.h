/* JSON texts of rows as trees, for the JSON functions. Everything lies in the arena and borrows the text. */
#pragma once

#include "foundation/base/arena.h"
#include "foundation/base/error.h"

enum json_kind { JSON_NULL, JSON_TRUE, JSON_FALSE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };
struct json {
    enum json_kind kind;
    struct view name; /* of a member, escapes undone */
    struct view text; /* of a string, escapes undone; of a number as written */
    const struct json *items;
    size_t count;
};
/* NULL with the error: no JSON, or more than one value. */
const struct json *json_read(struct view text, struct arena *arena, struct error *error);
/* The first value; whatever comes behind it is not looked at. */
const struct json *json_read_first(struct view text, struct arena *arena, struct error *error);
/* Compact, as Jackson writes a tree. */
void json_print(struct text *out, const struct json *json);
