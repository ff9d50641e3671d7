#include "ksql/operator/evaluate.h"

#include <math.h>

#include "ksql/function/cast.h"

struct frame { /* parameters of a lambda at work */
    const struct value *values;
    const struct frame *outer;
};
struct evaluation {
    const struct value *row;
    struct arena *arena;
    const struct processing_log *log;
    const struct frame *frame;
    bool *broken; /* of the outermost call with lambdas: nothing can be made of one of its elements; NULL = outside */
};
struct closure {
    const struct evaluation *evaluation;
    const struct expression *body;
};

static struct value run(const struct evaluation *e, const struct expression *expression);

static struct value fail(const struct evaluation *e, const struct error *error) {
    if (e->log != NULL && e->log->write != NULL)
        e->log->write(e->log->context, error);
    if (e->broken != NULL)
        *e->broken = true;
    return value_null();
}

static struct value fail_text(const struct evaluation *e, const char *message) {
    struct error error = {0};
    error_set(&error, ERROR_INVALID, "%s", message);
    return fail(e, &error);
}

static struct value argument(const struct evaluation *e, const struct expression *expression, size_t index) {
    return run(e, expression->arguments[index]);
}

static struct value apply(void *context, const struct value *values, struct arena *arena) {
    const struct closure *closure = context;
    struct evaluation inner = *closure->evaluation;
    struct frame frame = {values, inner.frame};
    inner.frame = &frame;
    inner.arena = arena;
    return run(&inner, closure->body);
}

/* As ksqlDB: an element that a lambda cannot work out (a sum with NULL, a division by zero) makes the whole call NULL.
 */
static struct value call_with_lambdas(const struct evaluation *outside, const struct expression *expression) {
    struct evaluation inside = *outside;
    const struct evaluation *e = &inside;
    bool broken = false;
    if (inside.broken == NULL)
        inside.broken = &broken;
    struct value arguments[FUNCTION_PARAMETERS], result;
    struct closure closures[FUNCTION_PARAMETERS];
    struct function_lambda lambdas[FUNCTION_PARAMETERS];
    struct error error = {0};
    for (size_t i = 0; i < expression->argument_count; i++) {
        const struct expression *given = expression->arguments[i];
        bool lambda = given->kind == EXPRESSION_LAMBDA;
        closures[i] = (struct closure){e, lambda ? given->arguments[0] : NULL};
        lambdas[i] = (struct function_lambda){&closures[i], apply};
        arguments[i] = lambda ? value_null() : run(outside, given);
    }
    if (function_evaluate_with(expression->call, arguments, lambdas, e->arena, &result, &error) != 0)
        return fail(e, &error);
    return broken ? value_null() : result;
}

static struct value call(const struct evaluation *e, const struct expression *expression) {
    enum { FEW = 8 };
    if (expression->call->signature->evaluate_with != NULL)
        return call_with_lambdas(e, expression);
    struct value few[FEW], *arguments = few, result;
    if (expression->argument_count > FEW)
        arguments = arena_allocate(e->arena, expression->argument_count * sizeof *arguments);
    for (size_t i = 0; i < expression->argument_count; i++)
        arguments[i] = argument(e, expression, i);
    struct error error = {0};
    if (function_evaluate(expression->call, arguments, e->arena, &result, &error) != 0)
        return fail(e, &error);
    return result;
}

/* As ksqlDB: what is compared with NULL is neither equal nor different, so the answer is false. */
static struct value compare(const struct evaluation *e, const struct expression *expression) {
    struct value left = argument(e, expression, 0), right = argument(e, expression, 1);
    if (value_is_null(left) || value_is_null(right))
        return value_boolean(false);
    if (left.tag == VALUE_DOUBLE && (isnan(left.real) || isnan(right.real)))
        return value_boolean(expression->compare == COMPARE_UNEQUAL);
    switch (expression->compare) {
    case COMPARE_EQUAL:
        return value_boolean(value_equal(left, right));
    case COMPARE_UNEQUAL:
        return value_boolean(!value_equal(left, right));
    case COMPARE_LESS:
        return value_boolean(value_compare(left, right) < 0);
    case COMPARE_LESS_EQUAL:
        return value_boolean(value_compare(left, right) <= 0);
    case COMPARE_GREATER:
        return value_boolean(value_compare(left, right) > 0);
    case COMPARE_GREATER_EQUAL:
        return value_boolean(value_compare(left, right) >= 0);
    }
    return value_null();
}

static struct value logic(const struct evaluation *e, const struct expression *expression) {
    struct value left = argument(e, expression, 0);
    if (expression->logic == LOGIC_NOT)
        return value_is_null(left) ? left : value_boolean(!left.boolean);
    bool decides = expression->logic == LOGIC_OR; /* the value that makes the other side not matter */
    if (!value_is_null(left) && left.boolean == decides)
        return left;
    struct value right = argument(e, expression, 1);
    if (!value_is_null(right) && right.boolean == decides)
        return right;
    return value_is_null(left) ? left : right;
}

static struct value whole(const struct evaluation *e, const struct expression *expression, int64_t a, int64_t b) {
    bool narrow = expression->type->base == SQL_INTEGER;
    uint64_t x = (uint64_t)a, y = (uint64_t)b, result = 0; /* wraps, as Java does */
    switch (expression->arithmetic) {
    case ARITHMETIC_ADD:
        result = x + y;
        break;
    case ARITHMETIC_SUBTRACT:
        result = x - y;
        break;
    case ARITHMETIC_MULTIPLY:
        result = x * y;
        break;
    case ARITHMETIC_DIVIDE:
    case ARITHMETIC_MODULUS:
        if (b == 0)
            return fail_text(e, "/ by zero");
        if (b == -1)
            result = expression->arithmetic == ARITHMETIC_DIVIDE ? 0 - x : 0;
        else
            result = (uint64_t)(expression->arithmetic == ARITHMETIC_DIVIDE ? a / b : a % b);
        break;
    }
    return narrow ? value_integer((int32_t)(uint32_t)result) : value_bigint((int64_t)result);
}

static struct value real(const struct expression *expression, double a, double b) {
    switch (expression->arithmetic) {
    case ARITHMETIC_ADD:
        return value_double(a + b);
    case ARITHMETIC_SUBTRACT:
        return value_double(a - b);
    case ARITHMETIC_MULTIPLY:
        return value_double(a * b);
    case ARITHMETIC_DIVIDE:
        return value_double(a / b);
    case ARITHMETIC_MODULUS:
        return value_double(fmod(a, b));
    }
    return value_null();
}

static struct value decimal(const struct evaluation *e, const struct expression *expression, __int128 a, __int128 b) {
    const struct sql_type *x = expression->arguments[0]->type, *y = expression->arguments[1]->type;
    const struct sql_type *type = expression->type;
    __int128 *result = arena_allocate(e->arena, sizeof *result);
    __int128 wide, left, right;
    int scale = x->scale > y->scale ? x->scale : y->scale;
    bool fits;
    switch (expression->arithmetic) {
    case ARITHMETIC_ADD:
    case ARITHMETIC_SUBTRACT:
    case ARITHMETIC_MODULUS:
        fits = decimal_rescale(a, x->scale, scale, 38, &left) && decimal_rescale(b, y->scale, scale, 38, &right);
        if (fits && expression->arithmetic == ARITHMETIC_MODULUS) {
            if (right == 0)
                return fail_text(e, "/ by zero");
            wide = left % right;
        } else if (fits) {
            fits = expression->arithmetic == ARITHMETIC_ADD ? !__builtin_add_overflow(left, right, &wide)
                                                            : !__builtin_sub_overflow(left, right, &wide);
        }
        break;
    case ARITHMETIC_MULTIPLY:
        fits = !__builtin_mul_overflow(a, b, &wide);
        scale = x->scale + y->scale;
        break;
    default:
        if (b == 0)
            return fail_text(e, "Division by zero");
        /* one digit more than the result has, so that rounding sees it */
        scale = type->scale + 1;
        int up = scale + y->scale - x->scale;
        fits = up >= 0 && up <= 38 && !__builtin_mul_overflow(a, decimal_power(up > 38 ? 38 : up), &left);
        wide = fits ? left / b : 0;
        break;
    }
    if (!fits || !decimal_rescale(wide, scale, type->scale, type->precision, result))
        return fail_text(e, "Numeric field overflow");
    return (struct value){.tag = VALUE_DECIMAL, .decimal = result};
}

static struct value arithmetic(const struct evaluation *e, const struct expression *expression) {
    struct value a = argument(e, expression, 0), b = argument(e, expression, 1);
    if (value_is_null(a) || value_is_null(b)) {
        if (e->broken != NULL)
            *e->broken = true;
        return value_null();
    }
    switch (expression->type->base) {
    case SQL_DOUBLE:
        return real(expression, a.real, b.real);
    case SQL_DECIMAL:
        return decimal(e, expression, *a.decimal, *b.decimal);
    case SQL_STRING: {
        char *text = arena_allocate(e->arena, (size_t)a.size + b.size + 1);
        memcpy(text, a.bytes, a.size);
        memcpy(text + a.size, b.bytes, b.size);
        return value_string((struct view){text, (size_t)a.size + b.size});
    }
    default:
        return whole(e, expression, a.integer, b.integer);
    }
}

static struct value negate(const struct evaluation *e, const struct expression *expression) {
    struct value value = argument(e, expression, 0);
    switch (value.tag) {
    case VALUE_INTEGER:
        return value_integer((int32_t)(uint32_t)(0 - (uint64_t)value.integer));
    case VALUE_BIGINT:
        return value_bigint((int64_t)(0 - (uint64_t)value.integer));
    case VALUE_DOUBLE:
        return value_double(-value.real);
    case VALUE_DECIMAL: {
        __int128 *number = arena_allocate(e->arena, sizeof *number);
        *number = -*value.decimal;
        value.decimal = number;
        return value;
    }
    default:
        return value;
    }
}

static struct value choose(const struct evaluation *e, const struct expression *expression) {
    size_t arms = expression->argument_count / 2;
    for (size_t i = 0; i < arms; i++) {
        struct value when = argument(e, expression, 2 * i);
        if (!value_is_null(when) && when.boolean)
            return argument(e, expression, 2 * i + 1);
    }
    return expression->has_else ? argument(e, expression, expression->argument_count - 1) : value_null();
}

static struct value cast(const struct evaluation *e, const struct expression *expression) {
    struct value result;
    struct error error = {0};
    if (cast_value(expression->arguments[0]->type, expression->type, argument(e, expression, 0), e->arena, &result,
                   &error) != 0)
        return fail(e, &error);
    return result;
}

static struct value in(const struct evaluation *e, const struct expression *expression) {
    struct value value = argument(e, expression, 0);
    bool found = false;
    for (size_t i = 1; !value_is_null(value) && i < expression->argument_count && !found; i++) {
        struct value item = argument(e, expression, i);
        found = !value_is_null(item) && value_equal(value, item);
    }
    return value_boolean(found != expression->negated);
}

static size_t step(const char *at, const char *end) {
    size_t size = 1;
    while (at + size < end && ((unsigned char)at[size] & 0xc0) == 0x80)
        size++;
    return size;
}

/* % any text, _ one character; the last % seen is where a mismatch goes back to. */
static bool matches(struct view text, struct view pattern, char escape) {
    const char *t = text.data, *t_end = t + text.size, *p = pattern.data, *p_end = p + pattern.size;
    const char *back_p = NULL, *back_t = NULL;
    while (t < t_end) {
        bool escaped = p < p_end && escape != '\0' && *p == escape && p + 1 < p_end;
        const char *literal = escaped ? p + 1 : p;
        if (!escaped && p < p_end && *p == '%') {
            back_p = ++p;
            back_t = t;
        } else if (!escaped && p < p_end && *p == '_') {
            t += step(t, t_end);
            p++;
        } else if (literal < p_end && *literal == *t) {
            t++;
            p = literal + 1;
        } else if (back_p != NULL) {
            back_t += step(back_t, t_end);
            t = back_t;
            p = back_p;
        } else {
            return false;
        }
    }
    while (p < p_end && *p == '%')
        p++;
    return p == p_end;
}

static struct value like(const struct evaluation *e, const struct expression *expression) {
    struct value text = argument(e, expression, 0), pattern = argument(e, expression, 1);
    if (value_is_null(text) || value_is_null(pattern))
        return value_boolean(false);
    return value_boolean(matches(value_view(text), value_view(pattern), (char)expression->escape) !=
                         expression->negated);
}

static struct value distinct(const struct evaluation *e, const struct expression *expression) {
    struct value left = argument(e, expression, 0), right = argument(e, expression, 1);
    bool same = value_is_null(left) || value_is_null(right) ? value_is_null(left) && value_is_null(right)
                                                            : value_equal(left, right);
    return value_boolean(same == expression->negated);
}

static struct value subscript(const struct evaluation *e, const struct expression *expression) {
    struct value base = argument(e, expression, 0), index = argument(e, expression, 1);
    if (value_is_null(base) || value_is_null(index))
        return value_null();
    if (base.tag == VALUE_ARRAY) { /* from 1; from the end when negative */
        int64_t at = index.integer > 0 ? index.integer - 1 : (int64_t)base.size + index.integer;
        return index.integer != 0 && at >= 0 && at < (int64_t)base.size ? base.items[at] : value_null();
    }
    for (size_t i = 0; i < base.size; i++)
        if (value_equal(base.items[2 * i], index))
            return base.items[2 * i + 1];
    return value_null();
}

static struct value collect(const struct evaluation *e, const struct expression *expression, enum value_tag tag) {
    size_t count = expression->argument_count;
    struct value *items = arena_allocate(e->arena, (count + 1) * sizeof *items);
    for (size_t i = 0; i < count; i++)
        items[i] = argument(e, expression, i);
    return (struct value){
        .tag = (uint8_t)tag, .size = (uint32_t)(tag == VALUE_MAP ? count / 2 : count), .items = items};
}

static struct value run(const struct evaluation *e, const struct expression *expression) {
    struct value value;
    switch (expression->kind) {
    case EXPRESSION_LITERAL:
        return expression->literal;
    case EXPRESSION_COLUMN:
        return e->row[expression->index];
    case EXPRESSION_CALL:
        return call(e, expression);
    case EXPRESSION_COMPARE:
        return compare(e, expression);
    case EXPRESSION_LOGIC:
        return logic(e, expression);
    case EXPRESSION_ARITHMETIC:
        return arithmetic(e, expression);
    case EXPRESSION_NEGATE:
        return negate(e, expression);
    case EXPRESSION_CASE:
        return choose(e, expression);
    case EXPRESSION_CAST:
        return cast(e, expression);
    case EXPRESSION_IN:
        return in(e, expression);
    case EXPRESSION_LIKE:
        return like(e, expression);
    case EXPRESSION_IS_NULL:
        return value_boolean(value_is_null(argument(e, expression, 0)) != expression->negated);
    case EXPRESSION_DISTINCT:
        return distinct(e, expression);
    case EXPRESSION_SUBSCRIPT:
        return subscript(e, expression);
    case EXPRESSION_FIELD:
        value = argument(e, expression, 0);
        return value_is_null(value) ? value : value.items[expression->index];
    case EXPRESSION_STRUCT:
        return collect(e, expression, VALUE_STRUCT);
    case EXPRESSION_ARRAY:
        return collect(e, expression, VALUE_ARRAY);
    case EXPRESSION_MAP:
        return collect(e, expression, VALUE_MAP);
    case EXPRESSION_VARIABLE: {
        const struct frame *frame = e->frame;
        for (size_t i = 0; i < expression->depth; i++)
            frame = frame->outer;
        return frame->values[expression->index];
    }
    case EXPRESSION_LAMBDA:
        break;
    }
    return value_null();
}

struct value evaluate(const struct expression *expression, const struct value *row, struct arena *arena,
                      const struct processing_log *log) {
    if (expression->kind == EXPRESSION_COLUMN)
        return row[expression->index];
    return run(&(struct evaluation){row, arena, log, NULL, NULL}, expression);
}

bool evaluate_true(const struct expression *expression, const struct value *row, struct arena *arena,
                   const struct processing_log *log) {
    struct value value = evaluate(expression, row, arena, log);
    return !value_is_null(value) && value.boolean;
}
