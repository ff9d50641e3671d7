#include "ksql/function/function.h"

#include "ksql/function/cast.h"
#include "ksql/function/family.h"

static const struct function_family *const families[] = {
    &function_family_string,      &function_family_text,       &function_family_mask,     &function_family_bytes,
    &function_family_regex,       &function_family_url,        &function_family_math,     &function_family_rounding,
    &function_family_extreme,     &function_family_time,       &function_family_calendar, &function_family_array,
    &function_family_set,         &function_family_map,        &function_family_lambda,   &function_family_json,
    &function_family_conditional, &function_family_aggregate,  &function_family_offset,   &function_family_collect,
    &function_family_top,         &function_family_statistics, &function_family_table,
};

const struct function *function_at(size_t index) {
    for (size_t i = 0; i < FAMILY_COUNT(families); i++) {
        if (index < families[i]->count)
            return &families[i]->functions[index];
        index -= families[i]->count;
    }
    return NULL;
}

const struct function *function_find(struct view name) {
    const struct function *function;
    for (size_t i = 0; (function = function_at(i)); i++)
        if (view_equal_ignoring_case(name, view_of(function->name)))
            return function;
    return NULL;
}

static size_t parameter_count(const struct function_signature *signature) {
    size_t count = 0;
    while (count < FUNCTION_PARAMETERS && signature->parameters[count].kind != PARAMETER_END)
        count++;
    return count;
}

const char *function_parameter_text(enum parameter_kind kind) {
    switch (kind) {
    case PARAMETER_BOOLEAN:
        return "BOOLEAN";
    case PARAMETER_INTEGER:
        return "INT";
    case PARAMETER_BIGINT:
        return "BIGINT";
    case PARAMETER_DOUBLE:
        return "DOUBLE";
    case PARAMETER_DECIMAL:
        return "DECIMAL";
    case PARAMETER_STRING:
        return "VARCHAR";
    case PARAMETER_BYTES:
        return "BYTES";
    case PARAMETER_DATE:
        return "DATE";
    case PARAMETER_TIME:
        return "TIME";
    case PARAMETER_TIMESTAMP:
        return "TIMESTAMP";
    case PARAMETER_ARRAY:
    case PARAMETER_ARRAY_SAME:
        return "ARRAY<T>";
    case PARAMETER_ARRAY_STRING:
        return "ARRAY<VARCHAR>";
    case PARAMETER_MAP:
    case PARAMETER_MAP_SAME:
        return "MAP<K, V>";
    case PARAMETER_STRUCT:
        return "STRUCT";
    case PARAMETER_UNIT:
        return "INTERVAL UNIT";
    case PARAMETER_LAMBDA:
        return "LAMBDA";
    case PARAMETER_ANY:
    case PARAMETER_SAME:
    case PARAMETER_END:
        break;
    }
    return "T";
}

void function_print_signature(struct text *out, const struct function *function,
                              const struct function_signature *signature) {
    size_t count = parameter_count(signature);
    text_append_format(out, "%s(", function->name);
    for (size_t i = 0; i < count; i++)
        text_append_format(out, "%s%s%s %s", i ? ", " : "", function_parameter_text(signature->parameters[i].kind),
                           signature->variadic && i + 1 == count ? "..." : "", signature->parameters[i].name);
    text_append_char(out, ')');
}

/* The shared type that a scalar parameter asks for; NULL for the open kinds. */
static const struct sql_type *parameter_type(enum parameter_kind kind) {
    switch (kind) {
    case PARAMETER_BOOLEAN:
        return &sql_boolean;
    case PARAMETER_INTEGER:
        return &sql_integer;
    case PARAMETER_BIGINT:
        return &sql_bigint;
    case PARAMETER_DOUBLE:
        return &sql_double;
    case PARAMETER_STRING:
    case PARAMETER_UNIT:
        return &sql_string;
    case PARAMETER_BYTES:
        return &sql_bytes;
    case PARAMETER_DATE:
        return &sql_date;
    case PARAMETER_TIME:
        return &sql_time;
    case PARAMETER_TIMESTAMP:
        return &sql_timestamp;
    default:
        return NULL;
    }
}

static bool widens_to(enum sql_base from, enum sql_base to) {
    return (from == SQL_INTEGER && (to == SQL_BIGINT || to == SQL_DOUBLE)) ||
           ((from == SQL_BIGINT || from == SQL_DECIMAL) && to == SQL_DOUBLE);
}

static bool is_same(const struct sql_type *given, bool widen, const struct sql_type **same) {
    if (!*same)
        *same = given;
    return sql_type_equal(*same, given) || (widen && widens_to(given->base, (*same)->base));
}

static bool accepts(enum parameter_kind kind, const struct sql_type *given, bool widen, const struct sql_type **same) {
    if (!given)
        return true;
    const struct sql_type *wanted = parameter_type(kind);
    if (wanted)
        return wanted->base == given->base || (widen && widens_to(given->base, wanted->base));
    switch (kind) {
    case PARAMETER_DECIMAL:
        return given->base == SQL_DECIMAL;
    case PARAMETER_ARRAY:
        return given->base == SQL_ARRAY;
    case PARAMETER_MAP:
        return given->base == SQL_MAP;
    case PARAMETER_ARRAY_STRING:
        return given->base == SQL_ARRAY && given->element->base == SQL_STRING;
    case PARAMETER_STRUCT:
        return given->base == SQL_STRUCT;
    case PARAMETER_LAMBDA:
        return true;
    case PARAMETER_ARRAY_SAME:
        return given->base == SQL_ARRAY && is_same(given->element, widen, same);
    case PARAMETER_MAP_SAME:
        return given->base == SQL_MAP && is_same(given, widen, same);
    case PARAMETER_SAME:
        return is_same(given, widen, same);
    default:
        return kind == PARAMETER_ANY;
    }
}

static bool matches(const struct function_signature *signature, const struct sql_type *const *types, size_t count,
                    bool widen, const struct sql_type **same) {
    size_t parameters = parameter_count(signature);
    if (signature->variadic ? count < parameters : count != parameters)
        return false;
    *same = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t at = i < parameters ? i : parameters - 1;
        if (!accepts(signature->parameters[at].kind, types[i], widen, same))
            return false;
    }
    return true;
}

static int refuse(const struct function *function, struct view name, const struct sql_type *const *types, size_t count,
                  bool ambiguous, struct error *error) {
    struct text given = TEXT_EMPTY, alternatives = TEXT_EMPTY;
    for (size_t i = 0; i < count; i++) {
        if (i)
            text_append_string(&given, ", ");
        if (types[i])
            sql_type_print(&given, types[i]);
        else
            text_append_string(&given, "null");
    }
    for (size_t i = 0; i < function->signature_count; i++) {
        function_print_signature(&alternatives, function, &function->signatures[i]);
        text_append_char(&alternatives, '\n');
    }
    error_set(error, ERROR_INVALID,
              "Function '%.*s' %s parameters (%s).\nValid alternatives are:\n%s"
              "For detailed information on a function run: DESCRIBE FUNCTION <Function-Name>;",
              VIEW_ARGS(name), ambiguous ? "cannot be resolved due to ambiguous method" : "does not accept",
              text_string(&given), text_string(&alternatives));
    text_free(&given);
    text_free(&alternatives);
    return -1;
}

static const struct sql_type *first_type(const struct function_call *call) {
    for (size_t i = 0; i < call->argument_count; i++)
        if (call->argument_types[i])
            return call->argument_types[i];
    return &sql_string;
}

int function_bind(const struct function *function, struct view name, const struct sql_type *const *types,
                  const struct value *constants, size_t count, const struct function_context *context,
                  struct arena *arena, struct function_call **out, struct error *error) {
    const struct function_signature *signature = NULL;
    const struct sql_type *same = NULL, *other = NULL;
    size_t found = 0;
    for (int widen = 0; widen < 2 && !signature; widen++)
        for (size_t i = 0; i < function->signature_count; i++) {
            if (!matches(&function->signatures[i], types, count, widen, found == 0 ? &same : &other))
                continue;
            if (found++ == 0)
                signature = &function->signatures[i];
        }
    if (!signature || (function->picky && found > 1))
        return refuse(function, name, types, count, signature != NULL, error);

    struct function_call *call = arena_zero(arena, sizeof *call);
    const struct sql_type **given = arena_zero(arena, (count + 1) * sizeof *given);
    const struct sql_type **wanted = arena_zero(arena, (count + 1) * sizeof *wanted);
    struct value *literals = arena_zero(arena, (count + 1) * sizeof *literals);
    size_t parameters = parameter_count(signature);
    for (size_t i = 0; i < count; i++) {
        given[i] = types[i] ? sql_type_copy(arena, types[i]) : NULL;
        enum parameter_kind kind = signature->parameters[i < parameters ? i : parameters - 1].kind;
        const struct sql_type *type = parameter_type(kind);
        wanted[i] = type ? type : kind == PARAMETER_SAME && same && given[i] ? sql_type_copy(arena, same) : given[i];
        call->widens |= given[i] && wanted[i]->base != given[i]->base;
        if (constants)
            literals[i] = value_copy(arena, constants[i]);
    }
    call->function = function;
    call->signature = signature;
    call->argument_types = given;
    call->parameter_types = wanted;
    call->constants = literals;
    call->argument_count = count;
    call->context = context;
    call->result_type = signature->returns   ? signature->returns
                        : signature->resolve ? signature->resolve(call, arena, error)
                                             : first_type(call);
    if (!call->result_type)
        return -1;
    *out = call;
    return 0;
}

/* Arguments as the signature wants them; the given ones when nothing widens, so the common path copies nothing. */
static const struct value *widened(const struct function_call *call, const struct value *arguments,
                                   struct arena *arena) {
    if (!call->widens)
        return arguments;
    struct value *copy = arena_allocate(arena, call->argument_count * sizeof *copy);
    for (size_t i = 0; i < call->argument_count; i++) {
        copy[i] = arguments[i];
        if (value_is_null(copy[i]) || !call->parameter_types[i])
            continue;
        if (call->parameter_types[i]->base == SQL_BIGINT)
            copy[i] = value_bigint(copy[i].integer);
        else if (call->parameter_types[i]->base == SQL_DOUBLE && copy[i].tag == VALUE_DECIMAL)
            copy[i] = value_double(decimal_real(*copy[i].decimal, call->argument_types[i]->scale));
        else if (call->parameter_types[i]->base == SQL_DOUBLE && copy[i].tag != VALUE_DOUBLE)
            copy[i] = value_double((double)copy[i].integer);
    }
    return copy;
}

int function_evaluate(const struct function_call *call, const struct value *arguments, struct arena *arena,
                      struct value *result, struct error *error) {
    *result = value_null();
    if (!call->signature->nulls)
        for (size_t i = 0; i < call->argument_count; i++)
            if (value_is_null(arguments[i]))
                return 0;
    if (call->signature->evaluate(call, widened(call, arguments, arena), arena, result, error) == 0)
        return 0;
    *result = value_null();
    return -1;
}

int function_evaluate_with(const struct function_call *call, const struct value *arguments,
                           const struct function_lambda *lambdas, struct arena *arena, struct value *result,
                           struct error *error) {
    *result = value_null();
    if (call->signature->evaluate_with(call, widened(call, arguments, arena), lambdas, arena, result, error) == 0)
        return 0;
    *result = value_null();
    return -1;
}

const struct function_signature *function_with_lambdas(const struct function *function,
                                                       const struct sql_type *const *types, const size_t *parameters,
                                                       size_t count) {
    for (size_t i = 0; i < function->signature_count; i++) {
        const struct function_signature *signature = &function->signatures[i];
        const struct sql_type *given[3], *same = NULL;
        bool fits = signature->lambda != NULL && parameter_count(signature) == count;
        for (size_t j = 0; fits && j < count; j++) {
            bool lambda = signature->parameters[j].kind == PARAMETER_LAMBDA;
            fits = lambda == (parameters[j] != 0) &&
                   (lambda ? signature->lambda(types, j, given) == parameters[j]
                           : accepts(signature->parameters[j].kind, types[j], true, &same));
        }
        if (fits)
            return signature;
    }
    return NULL;
}

size_t aggregate_slots(const struct function_call *call) {
    return call->signature->aggregate->slots;
}

void aggregate_init(const struct function_call *call, struct value *state) {
    call->signature->aggregate->init(call, state);
}

int aggregate_update(const struct function_call *call, struct value *state, const struct value *arguments,
                     struct arena *arena, struct error *error) {
    return call->signature->aggregate->update(call, state, widened(call, arguments, arena), arena, error);
}

bool aggregate_can_undo(const struct function_call *call) {
    return call->signature->aggregate->undo != NULL;
}

int aggregate_undo(const struct function_call *call, struct value *state, const struct value *arguments,
                   struct arena *arena, struct error *error) {
    return call->signature->aggregate->undo(call, state, widened(call, arguments, arena), arena, error);
}

bool aggregate_can_merge(const struct function_call *call) {
    return call->signature->aggregate->merge != NULL;
}

int aggregate_merge(const struct function_call *call, struct value *state, const struct value *later,
                    struct arena *arena, struct error *error) {
    return call->signature->aggregate->merge(call, state, later, arena, error);
}

struct value aggregate_result(const struct function_call *call, const struct value *state, struct arena *arena) {
    const struct aggregate *aggregate = call->signature->aggregate;
    return aggregate->result ? aggregate->result(call, state, arena) : state[0];
}
