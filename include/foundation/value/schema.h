/* Columns of a source or of rows in flight: keys first, then values. Lives in the arena it was made in, read-only
 * after. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "foundation/base/arena.h"
#include "foundation/value/type.h"

struct column {
    struct view name; /* as resolved: unquoted names are upper case */
    const struct sql_type *type;
};
struct schema {
    const struct column *columns; /* key_count key columns, then the value columns */
    size_t key_count, value_count;
};

static inline size_t schema_count(const struct schema *schema) {
    return schema->key_count + schema->value_count;
}
int schema_find(const struct schema *schema, struct view name); /* index or -1; exact name */
bool schema_equal(const struct schema *a, const struct schema *b);
struct schema *schema_copy(struct arena *arena, const struct schema *schema);
/* "`ID` BIGINT KEY, `X` STRING" as ksqlDB prints it; PRIMARY KEY for tables. */
void schema_print(struct text *out, const struct schema *schema, const char *key_mark);
