/* Literals to values. */
#include "ksql/analysis/private.h"
#include "ksql/function/cast.h"

static const struct expression *decimal_literal(struct binder *binder, const struct node *node) {
    struct view text = node->text;
    int digits = 0, scale = 0;
    bool point = false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '.')
            point = true;
        else if (text.data[i] != '-') {
            digits += !(digits == 0 && text.data[i] == '0' && !point);
            scale += point;
        }
    }
    int precision = digits > scale ? digits : scale > 0 ? scale : 1;
    if (precision > 38) {
        error_set_at(binder->error, ERROR_INVALID, node->line, node->column,
                     "Line: %d, Col: %d: a DECIMAL has 38 digits at most: %.*s", node->line, node->column,
                     VIEW_ARGS(text));
        return NULL;
    }
    const struct sql_type *type = sql_type_decimal(binder->arena, precision, scale);
    struct value value;
    if (cast_value(&sql_string, type, value_string(text), binder->arena, &value, binder->error) != 0)
        return NULL;
    return bind_constant(binder, type, value);
}

const struct expression *bind_literal(struct binder *binder, const struct node *node) {
    int64_t whole;
    double real;
    switch (node->kind) {
    case NODE_NULL:
        return bind_constant(binder, NULL, value_null());
    case NODE_BOOLEAN:
        return bind_constant(binder, &sql_boolean, value_boolean(node->flag));
    case NODE_INTEGER:
        if (!view_to_int64(node->text, &whole))
            break;
        if (whole >= INT32_MIN && whole <= INT32_MAX)
            return bind_constant(binder, &sql_integer, value_integer((int32_t)whole));
        return bind_constant(binder, &sql_bigint, value_bigint(whole));
    case NODE_DECIMAL:
        return decimal_literal(binder, node);
    case NODE_FLOAT:
        if (!view_to_double(node->text, &real))
            break;
        return bind_constant(binder, &sql_double, value_double(real));
    case NODE_STRING:
        return bind_constant(binder, &sql_string, value_string(node->text));
    default:
        break;
    }
    error_set_at(binder->error, ERROR_INVALID, node->line, node->column,
                 "Line: %d, Col: %d: Invalid numeric literal: %.*s", node->line, node->column, VIEW_ARGS(node->text));
    return NULL;
}

const struct expression *bind_typed_literal(struct binder *binder, const struct node *node) {
    const struct sql_type *type = name_is(node->name, "DATE")        ? &sql_date
                                  : name_is(node->name, "TIME")      ? &sql_time
                                  : name_is(node->name, "TIMESTAMP") ? &sql_timestamp
                                                                     : NULL;
    struct value value;
    if (type == NULL) {
        error_set_at(binder->error, ERROR_INVALID, node->line, node->column, "Line: %d, Col: %d: Unknown type: %.*s",
                     node->line, node->column, VIEW_ARGS(node->name));
        return NULL;
    }
    if (cast_value(&sql_string, type, value_string(node->text), binder->arena, &value, binder->error) != 0)
        return NULL;
    return bind_constant(binder, type, value);
}
