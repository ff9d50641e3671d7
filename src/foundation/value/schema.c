#include "foundation/value/schema.h"

int schema_find(const struct schema *schema, struct view name) {
    for (size_t i = 0; i < schema_count(schema); i++)
        if (view_equal(schema->columns[i].name, name))
            return (int)i;
    return -1;
}

bool schema_equal(const struct schema *a, const struct schema *b) {
    if (a->key_count != b->key_count || a->value_count != b->value_count)
        return false;
    for (size_t i = 0; i < schema_count(a); i++)
        if (!view_equal(a->columns[i].name, b->columns[i].name) ||
            !sql_type_equal(a->columns[i].type, b->columns[i].type))
            return false;
    return true;
}

struct schema *schema_copy(struct arena *arena, const struct schema *schema) {
    struct schema *copy = arena_zero(arena, sizeof *copy);
    size_t count = schema_count(schema);
    struct column *columns = arena_allocate(arena, count * sizeof *columns);
    for (size_t i = 0; i < count; i++)
        columns[i] = (struct column){arena_copy_view(arena, schema->columns[i].name),
                                     sql_type_copy(arena, schema->columns[i].type)};
    *copy = (struct schema){columns, schema->key_count, schema->value_count};
    return copy;
}

void schema_print(struct text *out, const struct schema *schema, const char *key_mark) {
    for (size_t i = 0; i < schema_count(schema); i++) {
        text_append_format(out, "%s`%.*s` ", i ? ", " : "", VIEW_ARGS(schema->columns[i].name));
        sql_type_print(out, schema->columns[i].type);
        if (i < schema->key_count && key_mark)
            text_append_format(out, " %s", key_mark);
    }
}
