/* Lists whose elements must have one type: ARRAY[...], MAP(...), x IN (...). Numbers take the widest of them, structs
 * get the fields of all, texts among other literals are read as those (CoercionUtil of ksqlDB). */
#include <string.h>

#include "ksql/analysis/private.h"
#include "ksql/function/cast.h"

static const struct sql_type *failed(struct binder *binder, const struct node *node, const struct sql_type *type,
                                     const struct sql_type *target) {
    error_set_at(binder->error, ERROR_INVALID, node->line, node->column,
                 "operator does not exist: %.*s = %.*s (%.*s)\nHint: You might need to add explicit type casts.",
                 VIEW_ARGS(type_text(binder->arena, target)), VIEW_ARGS(type_text(binder->arena, type)),
                 VIEW_ARGS(binder_text(binder, node)));
    return NULL;
}

static const struct sql_type *bad_literal(struct binder *binder, const struct node *node, const struct sql_type *type) {
    error_set_at(binder->error, ERROR_INVALID, node->line, node->column, "invalid input syntax for type %s: \"%.*s\".",
                 sql_base_name(type->base), VIEW_ARGS(node->text));
    return NULL;
}

/* A text among numbers is read as the narrowest number that holds it. */
static const struct expression *number_of_text(struct binder *binder, const struct node *node) {
    struct view text = view_trim(node->text);
    struct node number = {.line = node->line, .column = node->column, .text = text, .kind = NODE_INTEGER};
    int64_t whole;
    double real;
    if (view_to_int64(text, &whole))
        return bind_literal(binder, &number);
    if (text.size == 0 || !view_to_double(text, &real))
        return NULL;
    number.kind = memchr(text.data, 'e', text.size) || memchr(text.data, 'E', text.size) ? NODE_FLOAT : NODE_DECIMAL;
    return bind_literal(binder, &number);
}

static bool is_literal(const struct node *node) {
    return (node->kind <= NODE_STRING && node->kind != NODE_NULL) || node->kind == NODE_TYPED;
}

static const struct sql_field *field_of(const struct sql_type *type, struct view name) {
    for (size_t i = 0; i < type->field_count; i++)
        if (view_equal(type->fields[i].name, name))
            return &type->fields[i];
    return NULL;
}

static const struct sql_type *wider(struct arena *arena, const struct sql_type *a, const struct sql_type *b);

/* The fields of both. */
static const struct sql_type *wider_struct(struct arena *arena, const struct sql_type *a, const struct sql_type *b) {
    struct sql_field *fields = arena_zero(arena, (a->field_count + b->field_count + 1) * sizeof *fields);
    size_t count = 0;
    for (size_t i = 0; i < a->field_count; i++) {
        const struct sql_field *other = field_of(b, a->fields[i].name);
        fields[count] = a->fields[i];
        if (other != NULL && (fields[count].type = wider(arena, a->fields[i].type, other->type)) == NULL)
            return NULL;
        count++;
    }
    for (size_t i = 0; i < b->field_count; i++)
        if (field_of(a, b->fields[i].name) == NULL)
            fields[count++] = b->fields[i];
    return sql_type_struct(arena, fields, count);
}

/* The type that both can be read as without saying so. NULL: none. */
static const struct sql_type *wider(struct arena *arena, const struct sql_type *a, const struct sql_type *b) {
    if (sql_type_equal(a, b))
        return a;
    if (sql_type_is_number(a) && sql_type_is_number(b))
        return common_number(arena, a, b);
    if (a->base != b->base)
        return NULL;
    if (a->base == SQL_ARRAY || a->base == SQL_MAP) {
        const struct sql_type *element = wider(arena, a->element, b->element);
        const struct sql_type *key = a->base == SQL_MAP ? wider(arena, a->key, b->key) : NULL;
        if (element == NULL || (a->base == SQL_MAP && key == NULL))
            return NULL;
        return a->base == SQL_ARRAY ? sql_type_array(arena, element) : sql_type_map(arena, key, element);
    }
    return a->base == SQL_STRUCT ? wider_struct(arena, a, b) : NULL;
}

static const struct sql_type *common(struct binder *binder, const struct node *node, const struct sql_type *type,
                                     const struct sql_type *target);

/* Of the parts of a constructor, every step-th of them from the first. */
static const struct sql_type *common_parts(struct binder *binder, const struct node *node, size_t first, size_t step,
                                           const struct sql_type *target) {
    for (size_t i = first; target != NULL && i < node->child_count; i += step) {
        const struct expression *part = bind_node(binder, node->children[i]);
        if (part == NULL)
            return NULL;
        if (part->type != NULL)
            target = common(binder, node->children[i], part->type, target);
    }
    return target;
}

static const struct sql_type *common_struct(struct binder *binder, const struct node *node, const struct sql_type *type,
                                            const struct sql_type *target) {
    struct sql_field *fields = arena_zero(binder->arena, (type->field_count + target->field_count) * sizeof *fields);
    size_t count = 0;
    for (size_t i = 0; i < type->field_count; i++) {
        const struct sql_field *other = field_of(target, type->fields[i].name);
        fields[count] = type->fields[i];
        if (other != NULL)
            fields[count].type = common(binder, node->children[i], type->fields[i].type, other->type);
        if (fields[count++].type == NULL)
            return NULL;
    }
    for (size_t i = 0; i < target->field_count; i++)
        if (field_of(type, target->fields[i].name) == NULL)
            fields[count++] = target->fields[i];
    return sql_type_struct(binder->arena, fields, count);
}

static const struct sql_type *common_inside(struct binder *binder, const struct node *node, const struct sql_type *type,
                                            const struct sql_type *target) {
    if (node->kind == NODE_STRUCT)
        return common_struct(binder, node, type, target);
    if (node->kind == NODE_ARRAY) {
        const struct sql_type *element = common_parts(binder, node, 0, 1, target->element);
        return element == NULL ? NULL : sql_type_array(binder->arena, element);
    }
    const struct sql_type *key = common_parts(binder, node, 0, 2, target->key);
    const struct sql_type *element = key == NULL ? NULL : common_parts(binder, node, 1, 2, target->element);
    return element == NULL ? NULL : sql_type_map(binder->arena, key, element);
}

/* What does not fit inside is told of the whole. */
static const struct sql_type *common_constructed(struct binder *binder, const struct node *node,
                                                 const struct sql_type *type, const struct sql_type *target) {
    if (type->base != target->base)
        return failed(binder, node, type, target);
    const struct sql_type *both = common_inside(binder, node, type, target);
    if (both == NULL && binder->error != NULL && strncmp(binder->error->message, "operator ", 9) == 0)
        return failed(binder, node, type, target);
    return both;
}

static const struct sql_type *common_text(struct binder *binder, const struct node *node,
                                          const struct sql_type *target) {
    bool flag;
    if (sql_type_is_number(target)) {
        const struct expression *number = number_of_text(binder, node);
        return number == NULL ? bad_literal(binder, node, target) : common_number(binder->arena, number->type, target);
    }
    if (target->base == SQL_BOOLEAN)
        return cast_boolean_text(view_trim(node->text), &flag) ? target : bad_literal(binder, node, target);
    if (target->base >= SQL_DATE && target->base <= SQL_TIMESTAMP)
        return target;
    return failed(binder, node, &sql_string, target);
}

/* NULL with the error set. */
static const struct sql_type *common(struct binder *binder, const struct node *node, const struct sql_type *type,
                                     const struct sql_type *target) {
    if (node->kind == NODE_ARRAY || node->kind == NODE_MAP || node->kind == NODE_STRUCT)
        return common_constructed(binder, node, type, target);
    const struct sql_type *both = wider(binder->arena, target, type);
    if (both != NULL)
        return both;
    if (node->kind == NODE_STRING)
        return common_text(binder, node, target);
    if (is_literal(node) && target->base == SQL_STRING)
        return target;
    return failed(binder, node, type, target);
}

static const struct expression *convert(struct binder *binder, const struct node *node,
                                        const struct expression *expression, const struct sql_type *type) {
    if (expression->type != NULL && node->kind == NODE_STRING && sql_type_is_number(type))
        expression = number_of_text(binder, node);
    const struct expression *result = expression == NULL ? NULL : bind_cast(binder, expression, type);
    if (result == NULL || (result->kind == EXPRESSION_CAST && is_literal(node))) {
        bad_literal(binder, node, type);
        return NULL;
    }
    return result;
}

int bind_list(struct binder *binder, const struct node *const *nodes, const struct expression **expressions,
              size_t count, size_t step, const struct sql_type **type) {
    *type = NULL;
    for (size_t i = 0; i < count; i += step) {
        if ((expressions[i] = bind_node(binder, nodes[i])) == NULL)
            return -1;
        const struct sql_type *own = expressions[i]->type;
        if (own == NULL)
            continue;
        *type = *type == NULL ? own : common(binder, nodes[i], own, *type);
        if (*type == NULL)
            return -1;
    }
    for (size_t i = 0; *type != NULL && i < count; i += step)
        if ((expressions[i] = convert(binder, nodes[i], expressions[i], *type)) == NULL)
            return -1;
    return 0;
}
